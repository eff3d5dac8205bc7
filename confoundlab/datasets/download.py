"""A downloader for `pooch.retrieve` that goes on where an earlier one was interrupted.

What has arrived lies in a part file, with notes beside it on which file of which server it is. A
server is asked for the rest only if it named a version of the file (ETag or Last-Modified), and
what it sends is taken only if that is still the version.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import urllib3
from tqdm import tqdm

from confoundlab.errors import RunFailedError
from confoundlab.storage.files import need_space

_CHUNK = 2**16
_PATIENCE = {408, 425, 429, 500, 502, 503, 504}  # answers after which another try can help


class DownloadError(RunFailedError):
    """An address gave no file; the message says why in a few words."""


class _BrokenError(Exception):
    """One try failed; another can work."""


@dataclass
class Resuming:
    """Download into a part file, in several tries and several runs.

    Parameters
    ----------
    part : Path
        Where the bytes are collected; ``<part>.json`` holds the notes.
    limit : int
        Give up on a server that sends more bytes than this.
    timeout : tuple of float
        Seconds to wait for a connection, and for the next bytes.
    tries : int
        Connections to one address.
    pause : float
        Seconds before the second try; doubled before each further one.
    """

    part: Path
    limit: int
    timeout: tuple[float, float] = (10.0, 30.0)
    tries: int = 4
    pause: float = 1.0

    def __call__(self, url: str, output_file: str, pooch: Any, check_only: bool = False) -> None:
        """Download `url` and move it to `output_file`, as pooch asks of a downloader.

        Raises
        ------
        DownloadError
            No file at the address, or the connection broke in every try. The part is kept.
        """
        reason = ""
        for attempt in range(self.tries):
            if attempt:
                time.sleep(self.pause * 2 ** (attempt - 1))
            try:
                self._attempt(url)
                break
            except _BrokenError as error:
                reason = str(error)
            except (requests.Timeout, urllib3.exceptions.TimeoutError):
                reason = f"nothing came for {self.timeout[1]:g} seconds"
            except (requests.ConnectionError, urllib3.exceptions.HTTPError):
                reason = f"the connection broke, with {self._size():,} bytes here"
            except requests.RequestException as error:
                raise DownloadError(str(error)) from None
        else:
            raise DownloadError(f"{reason} ({self.tries} tries)")
        self.part.replace(output_file)
        self._notes_file.unlink()

    @property
    def _notes_file(self) -> Path:
        return self.part.with_name(self.part.name + ".json")

    def _size(self) -> int:
        return self.part.stat().st_size if self.part.is_file() else 0

    def _forget(self) -> None:
        self._notes_file.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)

    def _notes(self, url: str) -> dict[str, Any]:
        """Return what is known of a part that can be continued from this address, or nothing."""
        try:
            notes: dict[str, Any] = json.loads(self._notes_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        known = notes.get("url") == url and bool(notes.get("version"))
        return notes if known and 0 < self._size() <= notes.get("total", 0) else {}

    def _attempt(self, url: str) -> None:
        notes = self._notes(url)
        size = self._size() if notes else 0
        if notes and size == notes["total"]:
            return
        headers = {"Accept-Encoding": "identity"}
        if notes:
            headers |= {"Range": f"bytes={size}-", "If-Range": notes["version"]}
        with requests.get(url, headers=headers, stream=True, timeout=self.timeout) as answer:
            length = answer.headers.get("Content-Length", "")
            coming = int(length) if length.isdecimal() else 0
            if answer.status_code == 206 and _continues(answer, size, notes):
                need_space(self.part.parent, coming, "The download")
                self._receive(answer, size, notes["total"])
            elif answer.status_code == 200:
                self._forget()
                need_space(self.part.parent, coming, "The download")
                new = {"url": url, "version": _version(answer), "total": coming}
                self._notes_file.write_text(json.dumps(new), encoding="utf-8")
                self._receive(answer, 0, coming)
            elif answer.status_code in {206, 416}:
                self._forget()
                raise _BrokenError("the server does not send the rest of the file")
            elif answer.status_code in _PATIENCE:
                raise _BrokenError(f"the server answers {answer.status_code} {answer.reason}")
            else:
                raise DownloadError(f"the server answers {answer.status_code} {answer.reason}")

    def _receive(self, answer: requests.Response, size: int, total: int) -> None:
        with (
            self.part.open("ab") as file,
            tqdm(total=total or None, initial=size, unit="B", unit_scale=True, delay=2) as bar,
        ):
            # The bytes as they are sent: some servers call a .tar.gz file a compressed .tar, and
            # decoding that would change the file.
            for chunk in answer.raw.stream(_CHUNK, decode_content=False):
                size += len(chunk)
                if size > self.limit:
                    self._forget()
                    raise DownloadError(f"the server sends more than {self.limit:,} bytes")
                file.write(chunk)
                bar.update(len(chunk))
        if total and size != total:
            raise _BrokenError(f"{size:,} of {total:,} bytes came")


def _version(answer: requests.Response) -> str:
    """Return what names the version of a file in an If-Range header, or nothing."""
    etag: str = answer.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):  # a weak tag may stand for different bytes
        return etag
    modified: str = answer.headers.get("Last-Modified", "")
    return modified


def _continues(answer: requests.Response, size: int, notes: dict[str, Any]) -> bool:
    span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
    if not notes or span is None:
        return False
    same = (int(span[1]), int(span[2])) == (size, notes["total"])
    return same and _version(answer) == notes["version"]

"""Fetch a published image set: download, unpack safely, prove, and only then put it into place."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pooch
from filelock import FileLock, Timeout

from confoundlab.catalog import Archive, Dataset, Packed
from confoundlab.datasets.copies import find_folder, row_of
from confoundlab.datasets.download import DownloadError, Resuming
from confoundlab.datasets.proof import compare
from confoundlab.datasets.references import reference
from confoundlab.datasets.unpacking import Limits, RefusedArchiveError, unpack
from confoundlab.errors import InputError, RunFailedError
from confoundlab.images.listing import list_images
from confoundlab.storage.files import (
    DATA_VARIABLE,
    cache_root,
    data_root,
    folder_aside,
    nearest,
    need_space,
    replace_folder,
)

pooch.get_logger().setLevel(logging.WARNING)
_UNPACKED = 2  # bytes on the disk for each byte of an archive, roughly: images hardly pack


def terms(entry: Dataset) -> str:
    """Return what to know and accept before fetching: address, size, terms, citation."""
    archive = _archive(entry)
    size = f", about {archive.n_bytes / 1e6:,.0f} MB" if archive.n_bytes else ""
    unknown = (
        ""
        if archive.known_hash
        else "\nChecksum: nobody published one; what arrives is proved by its content"
    )
    return (
        f"{entry.title}: {entry.n_images:,} images{size}\n"
        f"From:     {archive.urls[0]}\n"
        f"Terms:    {entry.terms}\n"
        f"Cite:     {reference(entry.citation)}{unknown}"
    )


def target(entry: Dataset, into: Path | None = None, *, overwrite: bool = False) -> Path:
    """Return the folder that `fetch` would make, after all checks that need no network.

    Parameters
    ----------
    entry : Dataset
        From the catalog.
    into : Path, optional
        The folder; by default the data set's own below ``CONFOUNDLAB_DATA``.
    overwrite : bool
        Whether a copy that is there may be replaced.

    Raises
    ------
    InputError
        No archive is known; no folder is named; it is there; it cannot be written, or replaced
        without loss.
    """
    _archive(entry)
    root = data_root()
    if into is None and root is None:
        raise InputError(
            f"{DATA_VARIABLE} is not set. Set it to the folder for image sets, or pass --into."
        )
    folder = into or find_folder(entry) or Path(root or "") / entry.folders[0]
    folder = folder.expanduser().resolve()
    if folder.exists():
        if not overwrite:
            raise InputError(f"{folder} is there already. Pass --overwrite to replace it.")
        _check_replaceable(entry, folder)
    if not os.access(nearest(folder.parent), os.W_OK):
        raise InputError(f"{nearest(folder.parent)} cannot be written to. Name another folder.")
    return folder


def _check_replaceable(entry: Dataset, folder: Path) -> None:
    here = (path.resolve() for path in (Path.cwd(), Path.home(), data_root() or Path.cwd()))
    if not folder.is_dir() or any(path.is_relative_to(folder) for path in here):
        raise InputError(f"{folder} is not replaced: it is no folder for one image set.")
    images = list_images(folder).images
    if any(folder.iterdir()) and not any(row_of(entry, path) for path in images):
        raise InputError(f"{folder} is not replaced: it holds no image of {entry.title}.")


def fetch(
    entry: Dataset,
    folder: Path,
    *,
    limits: Limits | None = None,
    tell: Callable[[str], object] = print,
) -> str:
    """Download a data set, unpack it, prove it, and move it to `folder`.

    Parameters
    ----------
    entry : Dataset
        With an archive.
    folder : Path
        From `target`; what is there is replaced in the last step.
    limits : Limits, optional
        For unpacking.
    tell : callable
        Takes what a person wants to know on the way.

    Returns
    -------
    str
        What was proved of the copy.

    Raises
    ------
    RunFailedError
        No address gave the file, or it is damaged, unsafe or not the data set, or another command
        fetches it now; `folder` is as before. An incomplete download is kept for the next try.
    """
    archive = _archive(entry)
    downloads = cache_root() / "downloads"
    size = archive.n_bytes or 0
    need_space(downloads, size, "The download")
    need_space(folder.parent, _UNPACKED * size, "Unpacking")
    file = downloads / f"{entry.name}.{archive.format}"
    with _alone(entry, file):
        try:
            _download(entry, archive, file)
            if archive.known_hash is None:
                tell(f"The file's SHA-256, for your records: {pooch.file_hash(str(file))}")
            proved = _unpack(entry, archive, file, folder, limits)
        except KeyboardInterrupt:
            raise KeyboardInterrupt("The same command goes on from what has arrived.") from None
        except RefusedArchiveError:
            file.unlink(missing_ok=True)
            raise
        file.unlink()
    return proved


@contextmanager
def _alone(entry: Dataset, file: Path) -> Iterator[None]:
    """Keep other processes from the same download; the empty lock file stays, as locks do."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise RunFailedError(
            f"{entry.title} is being fetched by another command now. Wait until that has finished."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _unpack(
    entry: Dataset, archive: Archive, file: Path, folder: Path, limits: Limits | None
) -> str:
    """Unpack a download, prove it, move it to `folder`, and return what was proved."""
    with folder_aside(folder) as aside:
        unpack(file, aside, archive.format, limits)
        if not archive.keep_strays and not isinstance(entry.layout, Packed):
            _remove_strays(entry, aside)
        found = compare(entry, aside)
        if not found.whole:
            raise RefusedArchiveError(
                f"What arrived is not {entry.title}, and is removed:\n{found.details()}"
            )
        replace_folder(aside, folder)
    return found.summary()


def _archive(entry: Dataset) -> Archive:
    if entry.archive is None:
        raise InputError(
            f"{entry.title} has no archive of its own to fetch. Where it comes from: "
            f"{entry.source}. A copy is proved by `confoundlab data verify {entry.name} FOLDER`."
        )
    return entry.archive


def _download(entry: Dataset, archive: Archive, file: Path) -> None:
    limit = 2 * archive.n_bytes if archive.n_bytes else Limits().n_bytes
    downloader = Resuming(file.with_name(file.name + ".part"), limit)
    problems = []
    for url in archive.urls:
        try:
            pooch.retrieve(url, archive.known_hash, file.name, file.parent, downloader=downloader)
            return
        except DownloadError as error:
            problems.append(f"  {url}: {error}")
        except ValueError:  # pooch's word for another checksum; it has removed the file
            problems.append(f"  {url}: the checksum is not {archive.known_hash}; removed")
    raise RunFailedError(
        f"{entry.title} could not be fetched:\n" + "\n".join(problems) + "\n"
        "The same command tries again, from what has arrived. A copy from elsewhere is proved by "
        f"`confoundlab data verify {entry.name} FOLDER`."
    )


def _remove_strays(entry: Dataset, folder: Path) -> None:
    own = {folder / path for path in list_images(folder).images if row_of(entry, path)}
    for path in sorted(folder.rglob("*"), reverse=True):  # a folder after what is in it
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in own:
            path.unlink()

"""Unpack an archive that nobody vouches for: regular files only, inside one folder, within limits.

The files are written here, from the bytes of each member, and not by `tarfile` or `zipfile`: no
mode, owner, link or device of the archive reaches the disk, and the bytes are counted as they come
out, whatever the headers say.
"""

from __future__ import annotations

import errno
import gzip
import stat
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from tqdm import tqdm

from confoundlab.errors import RunFailedError
from confoundlab.storage.files import need_space

_CHUNK = 2**20
_FREE_RATIO = 2**20  # so few bytes are no bomb, however well they pack
_DAMAGED = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    OverflowError,
    NotImplementedError,  # zipfile raises it for a member that is a patch, not a file
    ValueError,  # zipfile's and tarfile's too, for a damaged name or number
)
Member = tuple[str, IO[bytes] | None]  # name, and its bytes unless it is a folder


@dataclass(frozen=True)
class Limits:
    """What an archive may grow to.

    Parameters
    ----------
    members : int
        Files and folders.
    n_bytes : int
        All files together.
    ratio : int
        Bytes unpacked for each byte of the archive; images hardly pack at all.
    """

    members: int = 100_000
    n_bytes: int = 20 * 2**30
    ratio: int = 100


class RefusedArchiveError(RunFailedError):
    """The archive is damaged, or holds what no archive of images has; the message says what."""


def unpack(archive: Path, folder: Path, form: str, limits: Limits | None = None) -> None:
    """Unpack into an empty folder; after an error its content is incomplete.

    Parameters
    ----------
    archive : Path
        The file.
    folder : Path
        Must be there.
    form : {"zip", "tar.gz"}
        How the file is packed.
    limits : Limits, optional
        The default suits any data set of the catalog.

    Raises
    ------
    RefusedArchiveError
        A path that is absolute or leads out of the folder, a name given twice (also if only in
        another case), a link, a device, a password, too much of anything, or a damaged file.
    RunFailedError
        No room on the disk.
    """
    limits = limits or Limits()
    members = _zip_members(archive, folder, limits) if form == "zip" else _tar_members(archive)
    places = _Places()
    n_bytes = 0
    try:
        with tqdm(desc="unpacking", unit="B", unit_scale=True, delay=2, leave=False) as bar:
            for count, (name, stream) in enumerate(members, start=1):
                if count > limits.members:
                    raise RefusedArchiveError(f"more than {limits.members:,} files")
                target = folder / places.place(name, is_folder=stream is None)
                if stream is None:
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with target.open("xb") as file:
                    while chunk := stream.read(_CHUNK):
                        n_bytes += len(chunk)
                        _check_size(n_bytes, archive, limits)
                        file.write(chunk)
                        bar.update(len(chunk))
    except RefusedArchiveError as error:
        raise RefusedArchiveError(f"{archive.name} is not unpacked: {error}.") from None
    except (*_DAMAGED, OSError) as error:
        # A place in the file that cannot be is an OSError too, but a full disk is no damage.
        if isinstance(error, OSError) and error.errno not in {None, errno.EINVAL}:
            raise
        raise RefusedArchiveError(
            f"{archive.name} is damaged, or no {form} archive: {error}."
        ) from None


def _check_size(n_bytes: int, archive: Path, limits: Limits) -> None:
    if n_bytes > limits.n_bytes:
        raise RefusedArchiveError(f"it grows to more than {limits.n_bytes:,} bytes")
    if n_bytes > max(_FREE_RATIO, limits.ratio * archive.stat().st_size):
        raise RefusedArchiveError(f"it grows to more than {limits.ratio} times its size")


class _Places:
    """The paths given so far, to refuse one that leads astray or that is taken."""

    def __init__(self) -> None:
        self.spelled: dict[str, str] = {}
        self.files: set[str] = set()

    def place(self, name: str, *, is_folder: bool) -> PurePosixPath:
        path = PurePosixPath(name)
        # A backslash or a colon leads out of the folder on another system. What cannot be printed
        # can hide a path in a message.
        if path.is_absolute() or ".." in path.parts or set(name) & {"\\", ":"}:
            raise RefusedArchiveError(f"the path {name!r} can lead out of the folder")
        if not name.isprintable() or (not path.parts and not is_folder):
            raise RefusedArchiveError(f"{name!r} is no name for a file")
        for part in [path, *path.parents][:-1]:
            folded = unicodedata.normalize("NFC", str(part)).casefold()
            is_file = part is path and not is_folder
            if folded in self.files or (is_file and folded in self.spelled):
                raise RefusedArchiveError(f"{str(part)!r} is in it twice, perhaps in another case")
            spelled = self.spelled.setdefault(folded, str(part))
            if spelled != str(part):
                raise RefusedArchiveError(f"{spelled!r} and {name!r} are one name on some systems")
            if is_file:
                self.files.add(folded)
        return path


def _zip_members(archive: Path, folder: Path, limits: Limits) -> Iterator[Member]:
    with zipfile.ZipFile(archive) as packed:
        infos = packed.infolist()
        claimed = sum(info.file_size for info in infos)
        if claimed > limits.n_bytes:
            raise RefusedArchiveError(f"it says that it grows to {claimed:,} bytes")
        need_space(folder, claimed, f"Unpacking {archive.name}")
        for info in infos:
            name = info.orig_filename  # as it is in the file; zipfile cuts `filename` at a zero
            kind = stat.S_IFMT(info.external_attr >> 16)
            if info.flag_bits & 0x41:  # by a password, or strongly
                raise RefusedArchiveError(f"{name!r} is encrypted")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise RefusedArchiveError(f"{name!r} is packed in a way that is not read here")
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise RefusedArchiveError(f"{name!r} is a link or a device")
            if name.endswith("/"):
                yield name, None
            else:
                with packed.open(info) as stream:
                    yield name, stream


def _tar_members(archive: Path) -> Iterator[Member]:
    with _SmallReads(archive) as unzipped, tarfile.open(fileobj=unzipped, mode="r:") as packed:
        for member in packed:
            if member.isdir():
                yield member.name, None
            elif member.isreg() and not member.issparse():
                stream = packed.extractfile(member)
                assert stream is not None
                yield member.name, stream
            else:
                raise RefusedArchiveError(f"{member.name!r} is a link or a device")


class _SmallReads(gzip.GzipFile):
    """Refuse large reads: tarfile takes an extended header into memory, whatever its size."""

    def read(self, size: int | None = -1) -> bytes:
        if size is None or not 0 <= size <= _CHUNK:  # less than 0 would be all
            raise RefusedArchiveError(f"it has a header of {size} bytes")
        return super().read(size)

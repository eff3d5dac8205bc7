"""Where files live, and how they are written: aside, then moved, so that none is half there.

What is being written has a hidden name that tells its process. If that was killed, the next one
clears it away.
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import platformdirs

from confoundlab.errors import InputError, RunFailedError

DATA_VARIABLE = "CONFOUNDLAB_DATA"
CACHE_VARIABLE = "CONFOUNDLAB_CACHE"
Contents = frozenset[tuple[str, int, int]] | None
_LEFT = re.compile(r"\.(.+)-([0-9a-f]{8})-(\d+)-[a-z0-9_]{8}(?:\.\w+)?")
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}  # what a folder cannot be moved onto


def data_root() -> Path | None:
    """Return the folder that ``CONFOUNDLAB_DATA`` names, or None where it is not set.

    Raises
    ------
    InputError
        The variable is set, but there is no such folder.
    """
    named = os.environ.get(DATA_VARIABLE)
    if not named:
        return None
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise InputError(
            f"{DATA_VARIABLE} names {named!r}, but there is no such folder. "
            "Correct it, or unset it to work on simulated twins."
        )
    return folder.resolve()


def cache_root() -> Path:
    """Return the folder for prepared arrays and computations; ``CONFOUNDLAB_CACHE`` moves it.

    Raises
    ------
    InputError
        There is something else in its place.
    """
    named = os.environ.get(CACHE_VARIABLE)
    folder = Path(named).expanduser() if named else platformdirs.user_cache_path("confoundlab")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"The cache {folder} is no folder. Name one by {CACHE_VARIABLE}.")
    return folder.absolute()


def roots() -> dict[str, str]:
    """Return both variables so that they mean the same to a process in another folder."""
    data = data_root()
    return {CACHE_VARIABLE: str(cache_root())} | ({DATA_VARIABLE: str(data)} if data else {})


def file_name(name: str) -> str:
    """Return a part of a file name that recalls `name`, and is no path, on any system."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name)[:60] or "_"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in words what a full disk, or one that may not be written, did to `path`.

    Raises
    ------
    RunFailedError
        For any `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise RunFailedError(
            f"{error.filename or path} cannot be written: {error.strerror or error}. Make room, or "
            f"name another folder; {CACHE_VARIABLE} names that of the cache."
        ) from error


def write_aside(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a temporary file beside `path`, then move it into place in one step.

    The disk has all of it before it is moved, so that not even a power cut leaves half of it.

    Raises
    ------
    RunFailedError
        It cannot be written; what was there still is.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_once(path.parent)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=_own(path.stem[:60]), suffix=path.suffix
        )
        os.close(handle)
        aside = Path(name)
        try:
            write(aside)
            aside.chmod(0o644)  # mkstemp makes files that only their owner can read
            _flush(aside)
            aside.replace(path)
            _flush(path.parent)
        finally:
            aside.unlink(missing_ok=True)
    return path


def _flush(path: Path) -> None:
    """Have the disk write what it holds of a file or, for its names, of a folder."""
    if path.is_dir() and os.name != "posix":  # Windows opens no folders
        return
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def folder_aside(out: Path) -> Iterator[Path]:
    """Give an empty folder beside `out`, to be filled and moved; what is not moved is removed.

    Leftovers of killed processes beside `out` are cleared first.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    clear_leftovers(out.parent)
    around = Path(tempfile.mkdtemp(dir=out.parent, prefix=_own(out.name)))
    try:
        (around / "new").mkdir()
        yield around / "new"
    finally:
        shutil.rmtree(around, ignore_errors=True)


def replace_folder(new: Path, out: Path) -> None:
    """Move `new`, of `folder_aside`, to `out`; a folder that was there goes only after that.

    Raises
    ------
    OSError
        It cannot be moved. What was there is there again; or, if another process has taken the
        place in between, beside it.
    """
    if not out.is_dir():
        new.replace(out)
        return
    before = out.replace(new.with_name("old"))
    try:
        new.replace(out)
    except BaseException:
        settle(before, out)
        raise


def settle(folder: Path, wanted: Path) -> Path:
    """Move a folder to `wanted` or, where anything is in its place, beside it; return where to.

    Nothing is replaced, for a folder moves onto nothing but an empty folder.
    """
    for number in itertools.count(1):
        place = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            return folder.rename(place)
        except OSError as error:
            if error.errno not in _TAKEN:
                raise
    raise AssertionError("numbers end never")


def contents(folder: Path) -> Contents:
    """Return names, sizes and times of all that is in a folder, or None where nothing is."""
    if not os.path.lexists(folder):
        return None
    stats = [(str(path), path.lstat()) for path in (folder, *folder.rglob("*"))]
    return frozenset((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def clear_leftovers(folder: Path) -> None:
    """Remove what killed processes of this machine were writing in a folder.

    One that was killed while it put a new folder in an old one's place: the old one comes back.
    """
    for path in folder.glob(".*-*-*-*"):
        name = _LEFT.fullmatch(path.name)
        if name is None or name[2] != _machine() or _alive(int(name[3])):
            continue
        if path.is_dir():
            if (path / "old").exists() and not os.path.lexists(folder / name[1]):
                settle(path / "old", folder / name[1])
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@lru_cache
def _clear_once(folder: Path) -> None:
    clear_leftovers(folder)


def _own(name: str) -> str:
    return f".{name}-{_machine()}-{os.getpid()}-"


@lru_cache
def _machine() -> str:
    """Return a mark of where a process's number means something: containers have their own."""
    numbers = Path("/proc/self/ns/pid")  # Linux only
    return text_digest(platform.node(), str(numbers.readlink()) if numbers.exists() else "")[:8]


def _alive(process: int) -> bool:
    if os.name != "posix":  # there is no harmless signal on Windows
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is somebody else's
        return True
    return True


def need_space(folder: Path, n_bytes: int, what: str) -> None:
    """Raise `RunFailedError` if a folder, there or yet to be made, has no room for `n_bytes`."""
    there = nearest(folder)
    free = shutil.disk_usage(there).free
    if free < n_bytes:
        raise RunFailedError(
            f"{what} needs {n_bytes / 1e6:,.0f} MB, but {there} has {free / 1e6:,.0f} MB free. "
            "Make room, or choose another folder."
        )


def nearest(folder: Path) -> Path:
    """Return the folder itself if it is there, else the nearest one above it that is."""
    return next(path for path in (folder, *folder.absolute().parents) if path.is_dir())


def text_digest(*parts: str) -> str:
    """Return the SHA-256 of some texts, kept apart: ab+c differs from a+bc."""
    sha = hashlib.sha256()
    for part in parts:
        sha.update(len(part.encode()).to_bytes(8, "big") + part.encode())
    return sha.hexdigest()


def code_digest() -> str:
    """Return the SHA-256 of this package's source, the same in a checkout and installed.

    An installed package carries the notebooks as well; they are not what computes.
    """
    return text_digest(*(path.read_text(encoding="utf-8") for path in sources()))


def sources() -> list[Path]:
    """Return the files of this package's source, of all rooms, in order."""
    package = Path(__file__).parents[1]
    return [
        path
        for path in sorted(package.rglob("*"))
        if path.suffix in {".py", ".yaml", ".csv", ".json"}
        and path.relative_to(package).parts[0] != "notebooks"
    ]

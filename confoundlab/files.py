"""Where files live, and how they are written: aside, then moved, so that none is half there."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import platformdirs

from confoundlab.errors import InputError, RunFailedError

DATA_VARIABLE = "CONFOUNDLAB_DATA"
CACHE_VARIABLE = "CONFOUNDLAB_CACHE"


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
    """Return the folder for prepared arrays and computations; ``CONFOUNDLAB_CACHE`` moves it."""
    named = os.environ.get(CACHE_VARIABLE)
    return Path(named).expanduser() if named else platformdirs.user_cache_path("confoundlab")


def write_aside(path: Path, write: Callable[[Path], object]) -> Path:
    """Let `write` fill a temporary file beside `path`, then move it into place in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    aside = Path(name)
    try:
        write(aside)
        aside.chmod(0o644)  # mkstemp makes files that only their owner can read
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path


def replace_folder(new: Path, old: Path) -> None:
    """Move `new` to `old` in one step; a folder that was there goes only after that worked."""
    if not old.is_dir():
        new.replace(old)
        return
    with tempfile.TemporaryDirectory(
        dir=old.parent, prefix=f".{old.name}-", ignore_cleanup_errors=True
    ) as scratch:
        before = old.replace(Path(scratch) / "before")
        try:
            new.replace(old)
        except BaseException:
            before.replace(old)
            raise


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
    package = Path(__file__).parent
    files = [
        path
        for path in sorted(package.rglob("*"))
        if path.suffix in {".py", ".yaml", ".csv", ".json"}
        and path.relative_to(package).parts[0] != "notebooks"
    ]
    return text_digest(*(path.read_text(encoding="utf-8") for path in files))

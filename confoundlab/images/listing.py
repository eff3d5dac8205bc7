"""Which files below a folder are images of a set: one rule for reading, proving and fetching.

Whatever is left out is named with its reason, so that no picture is lost without a word:

- Hidden files and folders, and what operating systems leave behind (``.ipynb_checkpoints``,
  ``._001.png``, ``__MACOSX``, ``Thumbs.db``), are not of the set.
- A file is an image if its suffix says so. A link is what it leads to; one that leads nowhere is an
  image that cannot be read.
- A link to a folder is entered, unless it leads back into the set or above it, or to a folder that
  was entered already: no image comes twice, and no walk is endless.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from confoundlab.errors import InputError
from confoundlab.images.decoding import SUFFIXES

# In lower case. Windows, macOS, Synology's thumbnails, and Linux's file systems.
_CLUTTER = frozenset(
    {
        "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information",
        "__macosx", "icon\r", "@eadir", "lost+found",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """What lies below a folder.

    Parameters
    ----------
    images : list of Path
        Files that say that they are images, below the folder, in order of their names.
    left_out : dict of str to str
        Other files, and folders that are not entered: path below the folder to the reason.
    unreadable : dict of str to str
        Folders that cannot be listed, with the reason.
    """

    images: list[Path]
    left_out: dict[str, str]
    unreadable: dict[str, str]


def list_images(folder: Path) -> Listing:
    """List the images below a folder, and what is none.

    Raises
    ------
    InputError
        There is no such folder.
    """
    if not folder.is_dir():
        what = f"{folder} is a file" if folder.is_file() else f"There is no folder {folder}"
        raise InputError(f"{what}. Name the folder that holds the images.")
    walk = _Walk(folder)
    while walk.waiting:
        walk.enter(walk.waiting.pop())
    return Listing(
        sorted(walk.images), dict(sorted(walk.left_out.items())), dict(sorted(walk.closed.items()))
    )


def counted(reasons: Mapping[str, str]) -> str:
    """Return how many have each reason, the most frequent first: ``3 of format .txt, 1 hidden``."""
    return ", ".join(f"{count:,} {why}" for why, count in Counter(reasons.values()).most_common())


@dataclass
class _Walk:
    root: Path
    waiting: list[Path] = field(default_factory=lambda: [Path()])
    images: list[Path] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    closed: dict[str, str] = field(default_factory=dict)
    entered: set[tuple[int, int]] = field(default_factory=set)

    def enter(self, below: Path) -> None:
        """Sort what lies in one folder; its folders wait to be entered."""
        try:
            known = (self.root / below).stat()
            if (known.st_dev, known.st_ino) in self.entered:
                self.left_out[below.as_posix()] = "linked twice"
                return
            self.entered.add((known.st_dev, known.st_ino))
            entries = sorted(os.scandir(self.root / below), key=lambda entry: entry.name)
        except OSError as error:
            self.closed[below.as_posix()] = f"a folder that cannot be listed ({error.strerror})"
            return
        for entry in entries:
            path, is_folder = below / entry.name, _is_folder(entry)
            if why := self._why_not(path, is_folder, entry.is_symlink()):
                self.left_out[path.as_posix()] = why
            else:
                (self.waiting if is_folder else self.images).append(path)

    def _why_not(self, path: Path, is_folder: bool, is_link: bool) -> str:
        """Return why a file or folder is not of the set; an empty text if it is."""
        if path.name.startswith("."):
            return "hidden"
        if path.name.lower() in _CLUTTER:
            return "of the operating system"
        if is_folder and is_link:
            root, leads_to = self.root.resolve(), (self.root / path).resolve()
            if root.is_relative_to(leads_to) or leads_to.is_relative_to(root):
                return "linked to a folder of the set or above it"
        elif not is_folder and path.suffix.lower() not in SUFFIXES:
            return f"of format {path.suffix.lower()}" if path.suffix else "without a suffix"
        return ""


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False

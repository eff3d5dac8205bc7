"""What a catalog entry says: declarations only, no reading of pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

DataState = Literal["real", "rebuilt", "derivative", "stand-in", "simulated"]
SessionLayout = Literal["class", "image", "crossed"]


@dataclass(frozen=True)
class Twin:
    """How the simulated stand-in of a data set is laid out.

    Parameters
    ----------
    scene : str
        The scene painter of `confoundlab.simulate`.
    classes : int
        Number of classes.
    angles : tuple of int
        One image a class and turntable angle, in degrees.
    size : int
        Height and width of an image in pixels.
    channels : int
        1 for gray, 3 for colour.
    dials : mapping of str to float
        Strength of each component of a session; 0 switches it off (`confoundlab.simulate.Dials`).
    """

    scene: str
    classes: int
    angles: tuple[int, ...]
    size: int
    channels: int
    dials: Mapping[str, float]


@dataclass(frozen=True)
class Archive:
    """The file in which a data set is published, for `confoundlab data fetch`.

    Parameters
    ----------
    urls : tuple of str
        The main address, then mirrors of the same file, tried in this order.
    format : {"zip", "tar.gz"}
        How it is packed.
    known_hash : str or None
        ``"sha256:..."`` or ``"sha1:..."`` as somebody else published it. None where nobody did:
        then the file's own SHA-256 is shown, and only names and decoded pixels prove the copy.
    n_bytes : int or None
        Its size, about, for the check of free space; None if not known.
    keep_strays : bool
        Whether files that `Dataset.describe` does not know (scripts, readmes) are unpacked too.

    Notes
    -----
    Folders stay as they are in the archive, so `Dataset.describe` has to know its images below
    them. An archive whose checksum only its authors' page gives, as SHA-1::

        Archive(("http://host/rnai.tar.gz",), "tar.gz", known_hash="sha1:8de7f55c...")
    """

    urls: tuple[str, ...]
    format: Literal["zip", "tar.gz"]
    known_hash: str | None = None
    n_bytes: int | None = None
    keep_strays: bool = False


@dataclass(frozen=True)
class Dataset:
    """A published image set: how its files are named, how many there are, and on which terms.

    Parameters
    ----------
    name, title : str
        The word used on the command line, and the one used in the book.
    folders : tuple of str
        Names under which it may lie in the data folder.
    describe : callable
        Path below the folder to the table's row (label, group, factors), or None for a stray file.
    expected : frozenset of str
        The names of all images of a complete copy.
    state : str
        What a complete copy is, measured against the paper's own data.
    paper_row : str or None
        Id in ``paper_results.yaml``; None where the paper has no comparable row.
    source, terms, citation : str
        Where it came from, what may be done with it, how to cite it.
    defects : tuple of str
        What a user has to know before trusting a number.
    twin : Twin
        Its simulated stand-in.
    archive : Archive or None
        Where it can be fetched; None where no address is known to last.
    """

    name: str
    title: str
    folders: tuple[str, ...]
    describe: Callable[[Path], dict[str, Any] | None]
    expected: frozenset[str]
    state: DataState
    paper_row: str | None
    source: str
    terms: str
    citation: str
    defects: tuple[str, ...]
    twin: Twin
    archive: Archive | None = None


@dataclass(frozen=True)
class Study:
    """A notebook, the data sets that it can run on, and its profiles.

    Parameters
    ----------
    name, title : str
        The notebook is ``notebooks/<name>.py``.
    datasets : tuple of Dataset
        The first is the default.
    profiles : mapping of str to mapping
        Profile to notebook parameters: smoke (seconds), quick (minutes), paper (the paper's own).
    """

    name: str
    title: str
    datasets: tuple[Dataset, ...]
    profiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

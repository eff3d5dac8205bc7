"""What a catalog entry says: declarations only, no reading of pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

DataState = Literal["real", "rebuilt", "derivative", "stand-in", "simulated"]
SessionLayout = Literal["class", "image", "crossed", "twice"]
# A row of an image set's table: label, perhaps image and group, and factors.
Row = dict[str, Any]
# The dials of a twin's camera (`camera.Dials`) that most twins have: lamp, sensor, tone curve.
EXPOSURE = ("level", "gain", "offset", "noise", "gamma")


def lone(label: str, name: str) -> Row:
    """Return the row of an image that is a group by itself, in a folder named by its label."""
    image = f"{label}/{name}"
    return {"image": image, "label": label, "group": image}


@dataclass(frozen=True)
class Twin:
    """How the simulated stand-in of a data set is laid out.

    Parameters
    ----------
    scene : str
        The scene painter of `confoundlab.simulation.painters`.
    counts : tuple of int
        Images of each class.
    row : callable
        (class number, image number within the class) to the table's row: image, label, group and
        factors.
    size : (int, int)
        Height and width of an image in pixels. Originals larger than some 256 pixels have a
        smaller twin: corners are cropped at the paper's size in pixels either way.
    channels : int
        1 for gray, 3 for colour.
    dials : mapping of str to float
        Strength of each component of a session (`camera.Dials`); 0 switches it off.
    sessions : {"class", "image", "crossed", "twice"}
        How the original's sessions lie over its classes (`camera.lay_sessions`).
    """

    scene: str
    counts: tuple[int, ...]
    row: Callable[[int, int], Row]
    size: tuple[int, int]
    channels: int
    dials: Mapping[str, float]
    sessions: SessionLayout = "class"


@dataclass(frozen=True)
class Packed:
    """Images that lie in one array beside a table, in the same order, not in files of their own.

    Parameters
    ----------
    array, key : str
        The NumPy archive in the data set's folder and the name of the array in it: uint8, shape
        (n, height, width), or (n, 4, height, width) for the corners of each image (top left, top
        right, bottom left, bottom right), which are laid out as one picture.
    table : str
        The CSV file in the same folder.
    describe : callable
        Its lines to rows of the table, as many; None for an image that is left out.
    """

    array: str
    key: str
    table: str
    describe: Callable[[Sequence[Mapping[str, str]]], list[Row | None]]


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
        Whether files that `Dataset.layout` does not know (scripts, readmes) are unpacked too.

    Notes
    -----
    Folders stay as they are in the archive, so `Dataset.layout` has to know its images below
    them. An archive whose checksum only its authors' page gives, as SHA-1::

        Archive(("http://host/rnai.tar.gz",), "tar.gz", known_hash="sha1:8de7f55c...")
    """

    urls: tuple[str, ...]
    format: Literal["zip", "tar.gz"]
    known_hash: str | None = None
    n_bytes: int | None = None
    keep_strays: bool = False


@dataclass(frozen=True)
class Pictures:
    """Whether pictures cut from a set's images may be shown in the published book.

    Numbers, curves, maps of accuracy and means over classes are results, and are shown whatever is
    said here. Where pictures may not be shown, the twin's stand in their place.

    Parameters
    ----------
    allowed : bool
        Never where a picture is of a single face or of a patient who can be identified.
    why : str
        The licence, or what forbids it; a sentence.
    source : str
        Where that is said.
    only : (str, str) or None
        The factor and its level that an image must have to be shown; None where all may be.

    Examples
    --------
    >>> from confoundlab.catalog import dataset
    >>> dataset("mitocheck").pictures.shows({"label": "Apoptosis"})
    True
    >>> dataset("covid4").pictures.shows({"session": "ieee8023"})
    False
    """

    allowed: bool
    why: str
    source: str
    only: tuple[str, str] | None = None

    def shows(self, row: Mapping[Any, Any]) -> bool:
        """Return whether the image of a row of the set's table may be shown."""
        return self.allowed and (self.only is None or row.get(self.only[0]) == self.only[1])


@dataclass(frozen=True)
class Dataset:
    """A published image set: how its files are named, how many there are, and on which terms.

    Parameters
    ----------
    name, title : str
        The word used on the command line, and the one used in the book.
    folders : tuple of str
        Names under which it may lie in the data folder.
    layout : callable or Packed
        Path below the folder to the table's row (label, group, factors), or None for a stray file;
        or where the array lies.
    n_images, n_classes : int
        Of a complete copy.
    state : str
        What a complete copy is, measured against the paper's own data.
    paper_row : str or None
        Id in ``paper_results.yaml``; None where the paper has no comparable row.
    source, terms, citation : str
        Where it came from, what may be done with it, the key of its reference in the book.
    pictures : Pictures
        Whether pictures of it may be published.
    defects : tuple of str
        What a user has to know before trusting a number.
    twin : Twin
        Its simulated stand-in.
    expected : frozenset of str
        The names of all images of a complete copy, where they are known.
    archive : Archive or None
        Where it can be fetched; None where no address is known to last.
    stands_in : mapping of str to (str, tuple of str)
        Id of a row of the paper that is of other images to the view and the splits with which these
        images ask the same.
    departs : mapping of {"crop", "whole"} to str
        Why the paper's number need not be found again on these images, a sentence. Its fields, such
        as ``{chance}``, are filled from records and paper (`report.paper.explained`).
    """

    name: str
    title: str
    folders: tuple[str, ...]
    layout: Callable[[Path], Row | None] | Packed
    n_images: int
    n_classes: int
    state: DataState
    paper_row: str | None
    source: str
    terms: str
    citation: str
    pictures: Pictures
    defects: tuple[str, ...]
    twin: Twin
    expected: frozenset[str] = frozenset()
    archive: Archive | None = None
    stands_in: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    departs: Mapping[Literal["crop", "whole"], str] = field(default_factory=dict)


@dataclass(frozen=True)
class TableSet:
    """A published set of measurements, not of images; parameters as of `Dataset`.

    It stands in for screens that were never released, and lies in a folder of its name. Its
    `pictures` are None where it holds no image.
    """

    name: str
    title: str
    source: str
    terms: str
    citation: str
    pictures: Pictures | None
    defects: tuple[str, ...]
    state: DataState = "stand-in"

    @property
    def folders(self) -> tuple[str, ...]:
        """Names of its folder."""
        return (self.name,)


@dataclass(frozen=True)
class Page:
    """A page of the book: a study's run that is stored in ``results/<name>``, and shown.

    Parameters
    ----------
    name : str
        Of the page and of what is stored; a study's main page has the study's name.
    dataset : str
        What the run is of.
    about : str
        In a word or two, what tells it from the study's main page; added to the title.
    profile : {"smoke", "quick", "paper"}
        Of the run.
    parameters : mapping
        What the run changes of its profile.
    """

    name: str
    dataset: str
    about: str = ""
    profile: str = "paper"
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Study:
    """A notebook, the data sets that it can run on, and its profiles.

    Parameters
    ----------
    name, title : str
        The notebook is ``notebooks/<name>.py``.
    datasets : tuple of Dataset
        The first is the default; none where the study is of tables.
    tables : tuple of TableSet
        Measurements that it reads; what is not at hand is left out.
    profiles : mapping of str to mapping
        Profile to notebook parameters: smoke (seconds), quick (minutes), paper (the paper's own).
    pages : tuple of Page
        Its runs that are stored and shown, the main one first.
    data : {"auto", "simulated"}
        "simulated" where the notebook runs on twins only.
    """

    name: str
    title: str
    datasets: tuple[Dataset, ...] = ()
    tables: tuple[TableSet, ...] = ()
    profiles: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    pages: tuple[Page, ...] = ()
    data: Literal["auto", "simulated"] = "auto"

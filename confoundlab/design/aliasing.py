"""Can these data answer the question at all: the label-by-factor table, read before training.

If every class was imaged in a batch of its own, class and batch are the same column with two names,
and no test can separate them. Two classes can be compared where they share a level of the factor,
or through a chain of classes and levels: the table must be connected (Weeks and Williams 1964,
doi:10.1080/00401706.1964.10490188). What is missing is said in words, with the smallest extra
acquisition that would mend it. A single stray image connects a table, too; what hangs on how many
groups, and how much wider it makes an interval, is said beside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.inference.power import ALPHA

Status = Literal["constant", "aliased", "nested", "partly aliased", "connected", "crossed"]
_WIDER = 2.0  # inflation of variance that is worth a word: intervals 1.4 times as wide
_NAMED = 5  # classes, levels or cells spelled out before "and n more"


@dataclass(frozen=True, eq=False)
class Identifiability:
    """What a label-by-factor table allows.

    Parameters
    ----------
    factor : str
        Name of the factor.
    images, groups : DataFrame
        Numbers of images and of groups: a row a class, a column a level.
    status : str
        "crossed": every class in every level. "connected": not so, yet every two classes can be
        compared. "partly aliased": some can. "aliased": each class has one level of its own.
        "nested": each level holds one class, and some classes have several. "constant": one level.
    parts : list of (list, list)
        Classes and levels that hang together; classes of different parts cannot be compared.
    straddling : bool
        Whether a level holds several groups, so that a split by group can train and test inside it.
    unit : str
        What a group is, in a word that takes an s.
    """

    factor: str
    images: pd.DataFrame
    groups: pd.DataFrame
    status: Status
    parts: list[tuple[list[str], list[str]]]
    straddling: bool
    unit: str = "group"

    @property
    def separable(self) -> bool:
        """Whether label and factor can be told apart for all classes.

        A nested factor can, if its levels are the sample: whole levels permuted and left out.
        """
        if self.status == "nested":
            return not self.straddling
        return self.status in ("constant", "connected", "crossed")

    @property
    def thinnest(self) -> int:
        """Groups that the weakest comparison hangs on, 0 where classes cannot be compared.

        A link is the rarer cell of two classes in one level. Every two classes are compared along
        the chain whose weakest link is strongest; this is the weakest of them all.
        """
        if len(self.parts) > 1:
            return 0
        counts = self.groups.to_numpy()
        links = np.minimum(counts[:, None], counts[None]).max(axis=2)
        # the strongest chain between two classes runs along the maximum spanning tree
        there = np.triu(links, 1)
        tree = minimum_spanning_tree(csr_matrix(np.where(there > 0, 1 / np.maximum(there, 1), 0)))
        return int(np.rint(1 / tree.data.max()))

    @property
    def inflation(self) -> float:
        """How many times the variance of a difference of two classes grows by the factor, at most.

        Of the least-squares estimate of one class against the others together, with the factor's
        levels in the model and without (the variance inflation factor of Marquardt 1970,
        doi:10.1080/00401706.1970.10488699), by groups; infinite where the two are aliased.
        """
        counts = self.groups.to_numpy(np.float64)
        levels, n = counts.sum(axis=0), counts.sum()
        own = counts.sum(axis=1)
        before = own * (n - own) / n
        after = (counts - counts**2 / levels).sum(axis=1)
        return float(np.max(np.divide(before, after, np.full(len(own), np.inf), where=after > 0)))

    @property
    def empty(self) -> list[tuple[str, str]]:
        """Cells without an image: (class, level)."""
        return [
            (str(self.images.index[row]), str(self.images.columns[column]))
            for row, column in np.argwhere(self.images.to_numpy() == 0)
        ]

    @property
    def missing(self) -> list[tuple[str, str, int]]:
        """The smallest extra acquisition that connects all classes: (class, level, groups).

        One cell fewer than there are parts: a class of each part in a level of the first. The
        number of groups is the fewest, two or more, with which that level alone allows a p-value
        of both tails below 0.05. Where one group only is there, a second one of it is asked for,
        since a class is learned in one group and tested in another.
        """
        if len(self.parts) < 2:
            return []
        levels = max(self.parts, key=lambda part: self.groups[part[1]].to_numpy().sum())[1]
        level = self.groups[levels].sum().idxmax()
        there = int(self.groups[level].sum())
        others = [part for part in self.parts if level not in part[1]]
        needed = _groups_needed(max(there, 2))
        found = [(part[0][0], str(level), needed) for part in others]
        second = [(str(self.groups[level].idxmax()), str(level), 1)] if there < 2 else []
        return found + second

    def __str__(self) -> str:
        return " ".join(self.words())

    def words(self) -> list[str]:
        """Say what the table allows, a sentence each."""
        f, table = self.factor, self.images
        if self.status == "constant":
            return [f"All images share one {f}: it cannot explain anything here."]
        if self.status == "crossed":
            return [
                f"Every class was imaged in every {f}: the two can be told apart.",
                *self._linked(),
            ]
        found = []
        if self.status == "connected":
            found.append(
                f"{len(self.empty)} of {table.size} combinations of class and {f} have no image "
                f"({_listed([f'{a} in {b}' for a, b in self.empty])}), yet every two classes can "
                f"be compared inside a {f} or through a chain of them."
            )
            found += self._linked()
        alone = [
            (label, str(table.columns[row.to_numpy() > 0][0]))
            for label, row in table.iterrows()
            if (row > 0).sum() == 1
        ]
        own = [(a, b) for a, b in alone if (table[b] > 0).sum() == 1]
        if own:
            found.append(
                f"Every image of {_listed([f'class {a} comes from {f} {b}' for a, b in own])}, "
                f"which {'holds' if len(own) == 1 else 'hold'} nothing else: no test on these data "
                "can separate the two."
            )
        if self.status == "nested":
            found.append(
                f"Each {f} holds one class only, and some classes have several: classes can be "
                f"compared only with each {f} as a whole, permuted and left out."
            )
            if self.straddling:
                found.append(f"Here one {f} lies in several groups: take the {f} as the group.")
        if self.status == "partly aliased":
            sets = [f"{{{_listed(part[0])}}}" for part in self.parts]
            found.append(f"Classes can be compared inside these sets only: {_listed(sets)}.")
        if self.missing and not self.separable:
            cells = [
                f"class {a} in {f} {b} "
                f"({self._counted(n)}{' more' if self.groups.loc[a, b] else ''})"
                for a, b, n in self.missing
            ]
            found.append(f"The smallest extra acquisition that would do: {_listed(cells)}.")
        return found

    def _linked(self) -> list[str]:
        """Say how much of the table links the classes."""
        wider = (
            f", and holding the {self.factor} fixed makes the variance of a difference of classes "
            f"up to {self.inflation:.1f} times as large"
            if self.inflation > _WIDER
            else ""
        )
        return [
            f"The comparison rests on {self._counted(self.thinnest)} of the rarer class where two "
            f"classes share a {self.factor}{wider}."
        ]

    def _counted(self, n: int) -> str:
        return f"{n} {self.unit}{'' if n == 1 else 's'}"


def identifiability(
    labels: npt.ArrayLike,
    factor: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    name: str = "batch",
    unit: str = "group",
) -> Identifiability:
    """Read the label-by-factor table.

    Parameters
    ----------
    labels, factor : array-like, shape (n,)
        Classes of the label and levels of the factor.
    groups : array-like, shape (n,), optional
        What is split and permuted as a whole; every image is its own group if missing.
    name, unit : str
        Of the factor and of a group, for the words.

    Returns
    -------
    Identifiability

    Raises
    ------
    InputError
        Lengths that differ, missing values, types mixed, a single class.
    """
    y = np.asarray(labels)
    label = columns.codes(y, None, "label")
    level = columns.codes(factor, len(label), name)
    group = np.arange(len(y)) if groups is None else columns.codes(groups, len(y), "groups")
    if label.max() == 0:
        raise InputError("There is one class only: there is nothing to tell apart.")
    names = [str(one) for one in np.unique(y)], [str(one) for one in np.unique(np.asarray(factor))]
    cells = np.unique(np.c_[label, level, group], axis=0)
    images, counts = (_table(one, *map(len, names)) for one in (np.c_[label, level], cells))
    there = counts > 0
    parts = _parts(there, *names)
    status: Status
    if there.shape[1] == 1:
        status = "constant"
    elif len(parts) == 1:
        status = "crossed" if there.all() else "connected"
    elif any(len(part[0]) > 1 for part in parts):
        status = "partly aliased"
    else:
        status = "aliased" if (there.sum(axis=1) == 1).all() else "nested"
    straddling = bool((np.bincount(np.unique(np.c_[level, group], axis=0)[:, 0]) > 1).any())
    return Identifiability(
        name,
        pd.DataFrame(images, *names),
        pd.DataFrame(counts, *names),
        status,
        parts,
        straddling,
        unit,
    )


def _table(rows: npt.NDArray[np.int64], n: int, m: int) -> npt.NDArray[np.int64]:
    """Count rows by class (first column) and level (second)."""
    counts = np.zeros((n, m), np.int64)
    np.add.at(counts, (rows[:, 0], rows[:, 1]), 1)
    return counts


def _parts(
    there: npt.NDArray[np.bool_], classes: list[str], levels: list[str]
) -> list[tuple[list[str], list[str]]]:
    """Find the connected parts of the graph of classes and levels."""
    n, m = there.shape
    graph = np.zeros((n + m, n + m), np.int8)
    graph[:n, n:] = there
    number, part = connected_components(csr_matrix(graph), directed=False)
    return [
        (
            [classes[one] for one in np.flatnonzero(part[:n] == which)],
            [levels[one] for one in np.flatnonzero(part[n:] == which)],
        )
        for which in range(number)
    ]


def _groups_needed(there: int, alpha: float = ALPHA) -> int:
    """Return the fewest groups beside those there, of two or more, that allow p below alpha.

    The smallest p-value is one over the number of labellings; verdicts count both tails, and
    renaming the two classes gives the same labelling where they have as many groups.
    """
    new = 2
    while 2 * (2 if new == there else 1) >= alpha * math.comb(there + new, new):
        new += 1
    return new


def _listed(items: list[str]) -> str:
    shown = ", ".join(items[:_NAMED])
    more = len(items) - _NAMED
    return f"{shown} and {more} more" if more > 0 else shown

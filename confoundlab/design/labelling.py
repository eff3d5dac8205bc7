"""The level at which labels were assigned, and the permutations that this allows.

A permutation test is only as honest as its permutations. Where a patient, a plate or a turn of the
turntable was labelled as a whole, labels move between whole groups; where labels were given inside
groups, they move inside them, and groups of one size swap theirs as a whole; and where the design
has blocks (batches, sites), they stay in their block. Anderson and ter Braak (2003,
doi:10.1080/00949650215733) and Winkler et al. (2015, doi:10.1016/j.neuroimage.2015.05.092) give the
rules for such designs.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Literal

import numpy as np

from confoundlab.errors import InputError
from confoundlab.types import Indices

# What carries a label, and whether labels stay in their group.
Level = Literal["groups", "images", "units", "images within groups", "units within groups"]


class NoPermutationError(InputError):
    """There is a single way to assign the labels, so there is no permutation test."""


@dataclass(frozen=True, eq=False)
class Labelling:
    """Units that carry one label each, and the blocks inside which their labels may be swapped.

    Parameters
    ----------
    unit : ndarray of int, shape (n,)
        The unit that each image belongs to.
    labels : ndarray of int, shape (units,)
        Label of each unit.
    blocks : list of ndarray of int
        Units that may swap labels.
    alike : list of ndarray of int, shape (blocks, units)
        Blocks of as many units that may swap all their labels: groups that hold several labels.
    level : {"groups", "images", "units", "images within groups", "units within groups"}
        What carries a label, and whether labels stay in their group.
    permuted : str
        The level, in a few words.
    why : str
        How the level was chosen, in a sentence.
    """

    unit: Indices
    labels: Indices
    blocks: list[Indices]
    alike: list[Indices]
    level: Level
    permuted: str
    why: str

    @classmethod
    def of(
        cls,
        labels: Indices,
        groups: Indices,
        blocks: Indices | None = None,
        units: Indices | None = None,
        *,
        called: str = "blocks",
    ) -> Labelling:
        """Find the level.

        Parameters
        ----------
        labels, groups : ndarray of int, shape (n,)
            Of the images.
        blocks : ndarray of int, shape (n,), optional
            Labels stay inside their block.
        units : ndarray of int, shape (n,), optional
            What was labelled as a whole where that is less than a group, as a well of a plate.
        called : str
            What the blocks are, in a word.

        Raises
        ------
        InputError
            A unit with several labels, or in several groups or blocks; nothing can be swapped.
        """
        group = np.unique(groups, return_inverse=True)[1]
        whole = bool((labels == labels[_first(group)][group]).all())
        if units is not None:
            unit, what, names = np.unique(units, return_inverse=True)[1], "unit", units
            _constant(labels, unit, names, what, "labels")
            _constant(group, unit, names, what, "groups")
            why = "Labels were given to units, as stated"
        elif whole:
            unit, what, names = group, "group", groups
            why = "Every group has one label, so groups were labelled as a whole"
        else:
            unit, what, names = np.arange(len(labels)), "image", np.arange(len(labels))
            why = "Groups hold several labels, so labels were given to images"
        inside = np.zeros(len(group), np.intp) if whole else group
        level: Level = "units" if what == "unit" else "images"
        if what == "group":
            level, permuted = "groups", "whole groups"
        elif whole:
            permuted = level
        else:
            level = "units within groups" if what == "unit" else "images within groups"
            permuted, why = f"{what}s within their groups", f"{why} and stay in their group"
        if blocks is not None:
            _constant(blocks, unit, names, what, "blocks")
            inside = np.unique(np.c_[inside, blocks], axis=0, return_inverse=True)[1].ravel()
            permuted, why = f"{permuted}, inside {called}", f"{why} and inside their block"
        first = _first(unit)
        swaps = [np.flatnonzero(inside[first] == number) for number in np.unique(inside)]
        alike = (
            []
            if whole
            else _alike(swaps, np.zeros_like(group) if blocks is None else blocks, first)
        )
        if alike:
            permuted = f"{permuted}, and groups of one size"
            why = f"{why}; groups of one size swap theirs as a whole"
        found = cls(unit, labels[first], swaps, alike, level, permuted, f"{why}.")
        if found.log_distinct == 0:
            raise NoPermutationError(
                f"No label can be swapped ({permuted}): there is a single way to assign these "
                "labels, so there is no permutation test. Every block needs two labels or more."
            )
        return found

    def draw(self, size: int, rng: np.random.Generator) -> Indices:
        """Return permuted labels of the units, shape (size, units)."""
        shuffled = np.repeat(self.labels[None], size, axis=0)
        for cells in self.alike:
            order = rng.permuted(np.tile(np.arange(len(cells)), (size, 1)), axis=1)
            shuffled[:, cells] = self.labels[cells[order]]
        for block in self.blocks:
            if len(block) > 1:
                shuffled[:, block] = rng.permuted(shuffled[:, block], axis=1)
        return shuffled

    @property
    def log_distinct(self) -> float:
        """Logarithm of the number of distinct labellings: a product of multinomials."""
        counts = [np.unique(self.labels[block], return_counts=True)[1] for block in self.blocks]
        for cells in self.alike:  # which block has which labels, whatever their order
            held = np.sort(self.labels[cells], axis=1)
            counts.append(np.unique(held, axis=0, return_counts=True)[1])
        return float(
            sum(math.lgamma(c.sum() + 1) - sum(math.lgamma(one + 1) for one in c) for c in counts)
        )

    def smallest_p(self, n_permutations: int, *, renamed: bool) -> float:
        """Return the smallest p-value that this design and so many permutations can give.

        Parameters
        ----------
        n_permutations : int
            Drawn.
        renamed : bool
            Whether the statistic stays the same when classes are renamed, as that of a refitted
            probe does. Then labellings that differ only by names are as good as the observed one.
        """
        alike = 0.0
        if renamed:
            moved = {int(unit) for cells in self.alike for unit in cells.ravel()}
            fixed = [block for block in self.blocks if int(block[0]) not in moved]
            profiles = Counter(
                (
                    tuple(int((self.labels[block] == label).sum()) for block in fixed),
                    # of blocks that swap, only how often each count occurs stays the same
                    *(
                        tuple(sorted((self.labels[cells] == label).sum(axis=1).tolist()))
                        for cells in self.alike
                    ),
                )
                for label in np.unique(self.labels)
            )
            alike = sum(math.lgamma(times + 1) for times in profiles.values())
        return max(math.exp(min(0.0, alike - self.log_distinct)), 1 / (1 + n_permutations))


def _first(unit: Indices) -> Indices:
    return np.asarray(np.unique(unit, return_index=True)[1], np.intp)


def _alike(swaps: list[Indices], blocks: Indices, first: Indices) -> list[Indices]:
    """Gather blocks of units of the same size and the same block of the design, two or more."""
    kinds: dict[tuple[int, int], list[Indices]] = {}
    for units in swaps:
        kinds.setdefault((len(units), int(blocks[first[units[0]]])), []).append(units)
    return [np.stack(cells) for cells in kinds.values() if len(cells) > 1]


def _constant(values: Indices, unit: Indices, names: Indices, what: str, of: str) -> None:
    mixed = values != values[_first(unit)][unit]
    if mixed.any():
        rows = np.flatnonzero(mixed)[:5].tolist()
        raise InputError(
            f"A {what} must lie in one of the {of}, but {np.unique(names[mixed]).size} {what}(s) "
            f"lie in several, for example at row(s) {rows}; they cannot be permuted."
        )

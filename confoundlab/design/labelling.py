"""The level at which labels were assigned, and the permutations that this allows.

A permutation test is only as honest as its permutations. Where a patient, a plate or a turn of the
turntable was labelled as a whole, labels move between whole groups; where labels were given inside
groups, they move inside them, and groups of one size swap theirs as a whole; and where the design
has blocks (batches, sites), they stay in their block. Anderson and ter Braak (2003,
doi:10.1080/00949650215733) and Winkler et al. (2015, doi:10.1016/j.neuroimage.2015.05.092) give the
rules for such designs.

A few images that contradict their group (a slip of the pen) do not make it one that holds several
labels. Where at most one image in twenty does, and at most one in five of any class, and every
group has a majority, groups were labelled as a whole: what is permuted is their majority's label.
If groups' labels have nothing to do with what is measured, any order of the majorities is as likely
as any other, so the test of them is exact, whatever the few images say. The second share keeps a
class that is rare inside all groups from being taken for a slip. Groups of unlike size whose labels
differ inside cannot swap them: the sets of labels do not fit, and classes would change their sizes.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from confoundlab.errors import InputError
from confoundlab.types import Indices

# What carries a label, and whether labels stay in their group.
Level = Literal["groups", "images", "units", "images within groups", "units within groups"]

# Shares of images, of all and of any class, that may contradict their groups' majorities.
_SLIPS, _SLIPS_OF_A_CLASS = 1 / 20, 1 / 5


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
        Label of each unit: its majority's where few images contradict it.
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
    mixed : ndarray of int
        Groups that hold an image or two of another label than their majority's.
    """

    unit: Indices
    labels: Indices
    blocks: list[Indices]
    alike: list[Indices]
    level: Level
    permuted: str
    why: str
    mixed: Indices = field(default_factory=lambda: np.array([], np.intp))

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
            Labels stay inside their block. Where a group lies in several, as a patient who was
            imaged by two scanners, it swaps with groups that lie in the same ones, with the same
            share of images in each: such groups differ by nothing that the blocks could explain.
        units : ndarray of int, shape (n,), optional
            What was labelled as a whole where that is less than a group, as a well of a plate.
        called : str
            What the blocks are, in a word.

        Raises
        ------
        InputError
            A unit with several labels, or in several groups; units inside groups that have one
            label each; nothing can be swapped.
        """
        group = np.unique(groups, return_inverse=True)[1]
        major = _majorities(labels, group)
        if units is not None and (major is None or (major[group] != labels).any()):
            major = None  # labels that differ between stated units are no slips
        whole = major is not None
        given = labels if major is None else major[group]
        mixed = np.unique(np.asarray(groups)[given != labels])
        inside = np.zeros(len(group), np.intp) if whole else group
        level: Level
        if units is not None:
            unit = np.unique(units, return_inverse=True)[1]
            _constant(labels, unit, units, "labels")
            _constant(group, unit, units, "groups")
            if whole and unit.max() > group.max():
                raise InputError(
                    "Every group has one label, so labels were given to groups and not to units: "
                    "units of a group are no replicates. Leave units out, so that whole groups "
                    "are permuted."
                )
            level = "units" if whole else "units within groups"
            why = "Labels were given to units, as stated"
        elif whole:
            unit, level = group, "groups"
            why = "Every group has one label, so groups were labelled as a whole"
            if len(mixed):
                why = (
                    f"Every group has one label, but for {(given != labels).sum()} of "
                    f"{len(labels)} images, so groups were labelled as a whole; those images are "
                    "taken for slips, and their groups count with the label of the others"
                )
        else:
            unit, level = np.arange(len(labels)), "images within groups"
            why = "Groups hold several labels, so labels were given to images"
        permuted = level.replace("groups", "whole groups" if whole else "their groups")
        if not whole:
            why = f"{why} and stay in their group"
        first = _first(unit)
        crossed = blocks is not None and (blocks != blocks[first][unit]).any()
        block = np.zeros_like(group) if blocks is None else blocks
        if blocks is not None:
            if crossed:
                block = _mixtures(blocks, unit)[unit]
            inside = np.unique(np.c_[inside, block], axis=0, return_inverse=True)[1].ravel()
            permuted = (
                f"{permuted}, {f'alike in their {called}' if crossed else f'inside {called}'}"
            )
            why = f"{why} and " + (
                f"swap only with such as lie in the same {called} in the same shares"
                if crossed
                else "inside their block"
            )
        swaps = [np.flatnonzero(inside[first] == number) for number in np.unique(inside)]
        alike = [] if whole else _alike(swaps, block, first)
        if alike:
            permuted = f"{permuted}, and groups of one size"
            why = f"{why}; groups of one size swap theirs as a whole"
        found = cls(unit, given[first], swaps, alike, level, permuted, f"{why}.", mixed)
        if found.log_distinct == 0:
            raise NoPermutationError(
                f"No label can be swapped ({permuted}): there is a single way to assign these "
                "labels, so there is no permutation test. "
                + (
                    f"Groups with the same shares of images in the {called} need two labels or "
                    "more; conditional.partial_confounder_test asks whether predictions depend "
                    "on a factor that varies inside groups."
                    if crossed
                    else "Every block needs two labels or more."
                )
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


def _majorities(labels: Indices, group: Indices) -> Indices | None:
    """Return the label of each group; None where groups hold several, beyond a few slips."""
    held, times = np.unique(np.c_[group, labels], axis=0, return_counts=True)
    held, times = held[np.argsort(times, kind="stable")], np.sort(times, kind="stable")
    major, most = np.zeros((2, int(group.max()) + 1), np.intp)
    major[held[:, 0]], most[held[:, 0]] = held[:, 1], times  # the last, and commonest, stays
    slips = np.bincount(labels[labels != major[group]], minlength=int(labels.max()) + 1)
    if (
        slips.sum() <= _SLIPS * len(labels)
        and (slips <= _SLIPS_OF_A_CLASS * np.bincount(labels)).all()
        and (2 * most > np.bincount(group)).all()
    ):
        return major
    return None


def _mixtures(blocks: Indices, unit: Indices) -> Indices:
    """Return a number for each unit, shape (units,): that of its mixture of blocks, by share."""
    counts = np.zeros((int(unit.max()) + 1, int(blocks.max()) + 1), np.int64)
    np.add.at(counts, (unit, blocks), 1)
    shares = counts // np.gcd.reduce(counts, axis=1, keepdims=True)
    return np.asarray(np.unique(shares, axis=0, return_inverse=True)[1].ravel(), np.intp)


def _constant(values: Indices, unit: Indices, names: Indices, of: str) -> None:
    mixed = values != values[_first(unit)][unit]
    if mixed.any():
        rows = np.flatnonzero(mixed)[:5].tolist()
        raise InputError(
            f"A unit must lie in one of the {of}, but {np.unique(names[mixed]).size} unit(s) "
            f"lie in several, for example at row(s) {rows}; they cannot be permuted."
        )

"""Simulated studies with a leak of known size: answers and scores of several fits, and their tests.

Units carry one label each, images are near copies within their unit, and each fit is tested on some
of the units; its answers or scores know the label a little.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from confoundlab.types import Indices, Numbers


@dataclass(frozen=True, eq=False)
class Layout:
    """What does not differ between the studies.

    Parameters
    ----------
    labels : ndarray of int, shape (units,)
        Of all units, in random order.
    parts : sequence of ndarray of int, shape (tested,)
        Units that each fit is tested on.
    images : int
        Of each unit.
    classes : int
        At least two.
    correlation : float
        Of a unit's images in one fit, 0 to 1.
    agreement : float
        Of two fits about one unit, 0 to 1.
    """

    labels: Indices
    parts: Sequence[Indices]
    images: int
    classes: int
    correlation: float
    agreement: float


@dataclass(frozen=True, eq=False)
class Fit:
    """What one fit answered in each study.

    Parameters
    ----------
    value : ndarray, shape (studies, units, classes)
        What a unit adds to the metric if its label is that class, beside a constant.
    estimate : ndarray, shape (studies,)
        The metric.
    pull : ndarray, shape (studies, units)
        What a unit adds to it beyond its share: the metric's error is the root of its squares.
    step : float
        By which the metric of permuted labels rises, 0 where it rises smoothly.
    """

    value: Numbers
    estimate: Numbers
    pull: Numbers
    step: float = 0.0

    def null(self, labels: Indices, smallest: float) -> tuple[Numbers, Numbers, Numbers]:
        """Return p-values, and mean and spread of the metric, shapes (studies,), over permutations.

        Mean and variance over all permutations of the labels are those of Hoeffding (1951,
        doi:10.1214/aoms/1177729545); the p-value is the normal tail beyond them, from a step below,
        because ties count against a test; it is never below `smallest`.
        """
        units = len(labels)
        counts = np.bincount(labels, minlength=self.value.shape[2]).astype(np.float64)
        centred = self.value - self.value.mean(axis=1, keepdims=True)
        centred -= (centred @ (counts / units))[..., None]
        spread = np.sqrt(((centred**2).sum(axis=1) @ counts) / max(units - 1, 1))
        mean = self.value.mean(axis=1) @ counts
        own = self.value[:, np.arange(units), labels].sum(axis=1)
        above = own - mean - self.step
        z = np.divide(above, spread, out=np.zeros_like(own), where=spread > 0)
        p = np.where(spread > 0, np.maximum(norm.sf(z), smallest), 1.0)
        return p, self.estimate - own + mean, spread


def smallest_p(labels: Indices) -> float:
    """Return one in all distinct orders of these labels."""
    counts = np.bincount(labels)
    ways = math.lgamma(len(labels) + 1) - sum(math.lgamma(one + 1) for one in counts)
    return math.exp(-ways)


def answering(
    layout: Layout, effect: float, guess: Numbers, *, balanced: bool, size: int,
    rng: np.random.Generator,
) -> Iterator[Fit]:  # fmt: skip
    """Let fits name classes: right by knowledge with the effect as probability, else by guess.

    Images follow their unit's answer with the root of the correlation as probability, so that two
    images of a unit share it with the correlation as probability; and so do fits of a unit.

    Parameters
    ----------
    layout : Layout
        Of units and fits.
    effect : float
        0 to 1.
    guess : ndarray, shape (classes,)
        How often each class is guessed.
    balanced : bool
        Whether the metric is balanced accuracy, or plain.
    size : int
        Number of studies.
    rng : Generator
        Of the answers.
    """
    steps = np.cumsum(guess)[:-1]

    def named(labels: Indices) -> Indices:
        def answers(columns: int) -> Indices:
            guessed = np.searchsorted(steps, rng.random((size, len(labels), columns)), "right")
            return np.where(rng.random(guessed.shape) < effect, labels[:, None], guessed)

        shape = (size, len(labels), layout.images)
        return np.where(
            rng.random(shape) < np.sqrt(layout.correlation), answers(1), answers(layout.images)
        )

    shared = named(layout.labels)
    for rows in layout.parts:
        own, called = layout.labels[rows], shared[:, rows]
        if len(layout.parts) > 1 and layout.agreement < 1:
            follows = rng.random((size, len(rows), 1)) < np.sqrt(layout.agreement)
            called = np.where(follows, called, named(own))
        at = np.arange(size * len(rows)).reshape(size, -1, 1) * layout.classes + called
        votes = np.bincount(at.ravel(), minlength=size * len(rows) * layout.classes)
        counts = np.bincount(own, minlength=layout.classes)
        asked = np.full(layout.classes, len(rows) * layout.images)
        if balanced:
            asked = np.maximum(counts, 1) * layout.images * int((counts > 0).sum())
        value = votes.reshape(size, len(rows), layout.classes) / asked
        right = value[:, np.arange(len(rows)), own]
        column = own if balanced else np.zeros_like(own)
        member = (column[:, None] == np.arange(layout.classes)).astype(np.float64)
        typical = (right @ member) / np.maximum(member.sum(axis=0), 1)
        # two units that swap their labels: among two classes, both were right or both become so
        steps_up = np.sort(1 / asked)
        step = float(steps_up[: 2 if layout.classes == 2 else 1].sum())
        yield Fit(value, right.sum(axis=1), right - typical[:, column], step)


def ranking(
    layout: Layout, auc: float, *, folds: int, size: int, rng: np.random.Generator
) -> Iterator[Fit]:
    """Let fits score images: normally, those of a class's own raised so that its AUC is the stated.

    An AUC is a sum of ranks: of n images, m of them of the class, the area less one half is the sum
    of (rank - (n + 1) / 2) over them, by m (n - m). Its pull is that of placements (DeLong, DeLong
    and Clarke-Pearson 1988, doi:10.2307/2531595).

    Parameters
    ----------
    layout, size, rng
        As in `answering`.
    auc : float
        Of one class against the rest, below 1.
    folds : int
        Of each fit; pairs are compared inside them only.
    """
    columns = np.arange(layout.classes) if layout.classes > 2 else np.array([1])
    raised = np.sqrt(2) * norm.ppf(auc)

    def scores(labels: Indices) -> Numbers:
        shape = (size, len(labels), layout.images, len(columns))
        common: Numbers = rng.normal(size=(*shape[:2], 1, len(columns)))
        common *= np.sqrt(layout.correlation)
        own: Numbers = rng.normal(size=shape) * np.sqrt(1 - layout.correlation)
        return common + own

    shared = scores(layout.labels)
    for rows in layout.parts:
        own, given = layout.labels[rows], shared[:, rows]
        if len(layout.parts) > 1 and layout.agreement < 1:
            given = given * np.sqrt(layout.agreement)
            given += scores(own) * np.sqrt(1 - layout.agreement)
        value, pull = np.zeros((size, len(rows), layout.classes)), np.zeros((size, len(rows)))
        estimate = np.zeros(size)
        for number, column in enumerate(columns):
            line = given[..., number] + raised * (own == column)[:, None]
            wins, area, pairs = _placements(line, own == column, folds)
            if pairs:
                value[..., column] = wins[0] / pairs / len(columns)
                pull += wins[1] / pairs / len(columns)
                estimate += area / len(columns)
        yield Fit(value, estimate, pull)


def _placements(
    line: Numbers, own: npt.NDArray[np.bool_], folds: int
) -> tuple[Numbers, Numbers, float]:
    """Return centred rank sums and pulls, shape (2, studies, units), the AUC, and pairs."""
    size, _, images = line.shape
    ranks, beaten = np.zeros(line.shape), np.zeros(line.shape)
    rest_size, own_size = np.zeros((2, len(own), 1))
    for fold in range(folds):
        inside = np.flatnonzero(np.arange(len(own)) % folds == fold)
        ranks[:, inside] = _ranks(line[:, inside])
        for chosen in (True, False):  # images of the other kind that lie below
            rows = inside[own[inside] == chosen]
            beaten[:, rows] = ranks[:, rows] - _ranks(line[:, rows])
        ranks[:, inside] -= (len(inside) * images + 1) / 2
        own_size[inside] = own[inside].sum() * images
        rest_size[inside] = (~own[inside]).sum() * images
    pairs = float(rest_size[own].sum() * images)
    if not pairs:
        return np.zeros((2, size, len(own))), np.full(size, 0.5), 0.0
    area: Numbers = 0.5 + ranks[:, own].sum(axis=(1, 2)) / pairs
    share = area[:, None, None]
    pull = np.where(own[:, None], beaten - share * rest_size, (1 - share) * own_size - beaten)
    return np.stack([ranks.sum(axis=2), pull.sum(axis=2)]), area, pairs


def _ranks(line: Numbers) -> Numbers:
    """Rank the images of each study, from 1; there are no ties."""
    flat = line.reshape(len(line), -1)
    ranks: Numbers = flat.argsort(axis=1).argsort(axis=1).astype(np.float64) + 1
    return ranks.reshape(line.shape)

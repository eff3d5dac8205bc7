"""What a design can find: power and the minimum detectable effect, by simulation.

"No leak found" is worth something only where a leak would have been found. A design is simulated
with a planted effect of known size: units with one label each, images that are near copies within
their unit, scores or answers that know the label a little. Each simulated study gets the same
permutation test as a real one, and its power is the share of studies with p <= alpha.

A table of power takes a second or so; it is kept in the cache, one file a design.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.stats import norm

from confoundlab.cache import load_table, save_table
from confoundlab.errors import InputError, one_of
from confoundlab.files import cache_root, text_digest
from confoundlab.types import Numbers
from confoundlab.versions import computed_by

Metric = Literal["accuracy", "balanced accuracy", "ROC AUC"]
METRICS: tuple[Metric, ...] = ("accuracy", "balanced accuracy", "ROC AUC")
POWER = 0.8
ALPHA = 0.05
# Intraclass correlations and majority shares that have a table of their own; others are rounded,
# the correlation upwards, so that power is not promised too high.
_CORRELATIONS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0)
# Beyond so many units the effect that is found shrinks with the root of their number, and beyond so
# many images a unit only its mean's variance matters.
_MOST_UNITS, _MOST_IMAGES = 200, 10
_PERMUTATIONS = 199
# Planted effects as shares of the way from chance to certainty; dense where power rises.
_EFFECTS = (0, 0.03, 0.06, 0.1, 0.14, 0.18, 0.22, 0.27, 0.33, 0.4, 0.5, 0.65, 0.8, 1)


@dataclass(frozen=True)
class Design:
    """What a test has to work with.

    Parameters
    ----------
    n_units : int
        What carries one label each: groups, or images where each was labelled by itself.
    images_per_unit : float
        Mean number.
    classes : int
        At least two.
    majority : float
        Share of the commonest class among the units, 1 / classes where they are balanced.
    correlation : float
        Of the images of a unit, from 0 (independent) to 1 (copies): the intraclass correlation.
    metric : {"accuracy", "balanced accuracy", "ROC AUC"}
        That is tested.
    folds : int
        Of cross-validation; pairs for an AUC are compared inside folds only. 1 for a single test.
    alpha : float
        Level of the test.
    """

    n_units: int
    images_per_unit: float = 1.0
    classes: int = 2
    majority: float = 0.0
    correlation: float = 1.0
    metric: Metric = "accuracy"
    folds: int = 1
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        one_of("metric", self.metric, METRICS)
        object.__setattr__(self, "majority", max(self.majority, 1 / self.classes))
        if self.classes < 2 or self.n_units < self.classes:
            raise InputError(f"{self.n_units} units cannot carry {self.classes} classes.")
        if not (0 < self.alpha < 1 and 0 <= self.correlation <= 1 and self.majority < 1):
            raise InputError("alpha, correlation and majority are shares between 0 and 1.")
        if self.images_per_unit < 1 or self.folds < 1:
            raise InputError("There is at least one image a unit, and one fold.")

    @property
    def chance(self) -> float:
        """What naming without knowing gives."""
        if self.metric == "ROC AUC":
            return 0.5
        return self.majority if self.metric == "accuracy" else 1 / self.classes

    @property
    def null(self) -> float:
        """What permuted labels give on average: below the majority's share for accuracy."""
        if self.metric != "accuracy":
            return self.chance
        return self.majority**2 + (1 - self.majority) ** 2 / (self.classes - 1)

    def rounded(self) -> Design:
        """Return the design whose table serves this one."""
        images = min(_MOST_IMAGES, round(self.images_per_unit))
        correlation = 1.0
        if images > 1:  # the same variance of a unit's mean
            variance = self.correlation + (1 - self.correlation) / self.images_per_unit
            least = max(0.0, (variance - 1 / images) / (1 - 1 / images))
            correlation = min(value for value in _CORRELATIONS if value >= least - 1e-9)
        units = min(self.n_units, _MOST_UNITS)
        return dataclasses.replace(
            self,
            n_units=units if units < 50 else round(units / 10) * 10,
            images_per_unit=float(images),
            majority=round(self.majority, 2) if self.majority > 1 / self.classes + 0.02 else 0.0,
            correlation=correlation,
        )


def power(design: Design, true: float) -> float:
    """Return how often a test of this design finds an effect whose true value is `true`."""
    return float(np.interp(_unscaled(design, true), *_curve(design.rounded())))


def minimum_detectable(design: Design, wanted: float = POWER) -> float:
    """Return the smallest true value of the metric that is found so often; 1 if none is.

    Parameters
    ----------
    design : Design
        Of the test.
    wanted : float
        Power, 0.8 by custom.
    """
    true, found = _curve(design.rounded())
    if found.max() < wanted:
        return 1.0
    least = float(np.interp(wanted, found, true))
    return float(min(1.0, design.null + (least - design.rounded().null) * _shrink(design)))


def power_table(design: Design) -> pd.DataFrame:
    """Return true values of the metric and the power to find them, rising with it.

    The table of the nearest simulated design: see `Design.rounded`.
    """
    true, found = _curve(design.rounded())
    return pd.DataFrame({"true": true, "power": found})


def intraclass_correlation(values: npt.ArrayLike, units: npt.ArrayLike) -> float:
    """Return the intraclass correlation of values within units, by analysis of variance.

    Donner (1986, doi:10.2307/1403259), equation for unequal sizes; cut to 0..1. Units of one image
    each, or values that are all alike, give 1: nothing says that images are independent.
    """
    x = np.asarray(values, np.float64)
    unit = np.unique(np.asarray(units), return_inverse=True)[1]
    sizes = np.bincount(unit).astype(np.float64)
    n, k = len(x), len(sizes)
    if n == k or k < 2 or np.ptp(x) == 0:
        return 1.0
    means = np.bincount(unit, x) / sizes
    between = np.sum(sizes * (means - x.mean()) ** 2) / (k - 1)
    within = np.sum((x - means[unit]) ** 2) / (n - k)
    typical = (n - np.sum(sizes**2) / n) / (k - 1)
    total = between + (typical - 1) * within
    return float(np.clip((between - within) / total, 0, 1)) if total > 0 else 1.0


def _shrink(design: Design) -> float:
    return float(np.sqrt(min(design.n_units, _MOST_UNITS) / design.n_units))


def _unscaled(design: Design, true: float) -> float:
    return design.rounded().null + (true - design.null) / _shrink(design)


@lru_cache(maxsize=512)
def _curve(design: Design) -> tuple[Numbers, Numbers]:
    """Read or simulate the table of a rounded design."""
    key = text_digest(json.dumps(dataclasses.asdict(design), sort_keys=True), computed_by("power"))
    path = cache_root() / "power" / f"{key[:32]}.parquet"
    kept = load_table(path, lambda table: (table["true"].to_numpy(), table["power"].to_numpy()))
    if kept is not None:
        return kept
    true, found = _simulate(design, np.random.default_rng(0))
    save_table(path, pa.table({"true": true, "power": found}))
    return true, found


def _simulate(design: Design, rng: np.random.Generator) -> tuple[Numbers, Numbers]:
    """Return the true values of planted effects, and the shares of studies that find them."""
    units, images, classes = design.n_units, int(design.images_per_unit), design.classes
    shares = np.full(classes, (1 - design.majority) / (classes - 1))
    shares[0] = design.majority
    labels = np.searchsorted(np.cumsum(shares)[:-1], (np.arange(units) + 0.5) / units)
    counts = np.bincount(labels, minlength=classes)
    weights = np.full(classes, 1 / (units * images))
    if design.metric != "accuracy":
        weights = 1 / (np.maximum(counts, 1) * images * (counts > 0).sum())
    # the same permutations for all studies, so that their nulls are one matrix product
    shuffled = rng.permuted(np.tile(labels, (_PERMUTATIONS, 1)), axis=1)
    marks = (shuffled[:, :, None] == np.arange(classes)).reshape(_PERMUTATIONS, -1)
    marks = marks.astype(np.float32)
    true: list[float] = []
    found: list[float] = []
    for effect in _EFFECTS:
        if found[-2:] == [1.0, 1.0]:  # certain from here on
            break
        if design.metric == "ROC AUC":
            value = 0.5 + effect / 2
            sums = _rank_sums(design, min(value, 0.9999), labels, images, rng)
        else:
            value = effect + (1 - effect) * design.null
            sums = _answers(design, effect, shares, labels, images, rng)
        sums = sums * weights  # [study, unit, c]: what the unit adds if its label is c
        observed = sums[:, np.arange(units), labels].sum(axis=1)
        null = marks @ sums.reshape(len(sums), -1).T.astype(np.float32)
        as_good = (null >= observed - 1e-6).sum(axis=0)
        true.append(value)
        found.append(float(np.mean((1 + as_good) / (1 + _PERMUTATIONS) <= design.alpha)))
    # power rises with the effect: what wobbles is the simulation
    return np.array([*true, 1.0]), np.maximum.accumulate([*found, found[-1]])


def _studies(values: int) -> int:
    """Return how many studies to simulate: 400, fewer where one holds very many values."""
    return int(np.clip(4_000_000 // values, 100, 400))


def _answers(
    design: Design,
    effect: float,
    shares: Numbers,
    labels: npt.NDArray[np.intp],
    images: int,
    rng: np.random.Generator,
) -> Numbers:
    """Count how often each unit is called each class: right by knowledge, else by the shares.

    Images follow their unit's answer with the root of the correlation as probability, so that two
    images of a unit share it with the correlation as probability.
    """
    size, units, classes = _studies(len(labels) * images), len(labels), design.classes

    def answers(columns: int) -> npt.NDArray[np.intp]:
        guess = np.searchsorted(np.cumsum(shares)[:-1], rng.random((size, units, columns)))
        return np.where(rng.random(guess.shape) < effect, labels[:, None], guess)

    follows = rng.random((size, units, images)) < np.sqrt(design.correlation)
    named = np.where(follows, answers(1), answers(images))
    at = np.arange(size * units).reshape(size, units, 1) * classes + named
    counts = np.bincount(at.ravel(), minlength=size * units * classes)
    return counts.reshape(size, units, classes).astype(np.float64)


def _rank_sums(
    design: Design,
    auc: float,
    labels: npt.NDArray[np.intp],
    images: int,
    rng: np.random.Generator,
) -> Numbers:
    """Sum the centred ranks of each unit's images in each class's scores, inside folds.

    Scores are normal, those of a class's own images raised so that its AUC is the stated one; an
    AUC is a sum of ranks.
    """
    units = len(labels)
    columns = design.classes if design.classes > 2 else 1
    size = _studies(units * images * columns)
    own = labels[:, None] == (np.arange(columns) if columns > 1 else np.array([1]))
    common = rng.normal(size=(size, units, 1, columns)) * np.sqrt(design.correlation)
    alone = rng.normal(size=(size, units, images, columns)) * np.sqrt(1 - design.correlation)
    scores = (common + alone + np.sqrt(2) * norm.ppf(auc) * own[:, None, :]).astype(np.float32)
    fold = rng.permutation(units) % design.folds
    sums = np.empty((size, units, columns))
    for number in range(design.folds):
        inside = fold == number
        part = scores[:, inside].reshape(size, -1, columns)
        ranks = part.argsort(axis=1).argsort(axis=1) / part.shape[1] - 0.5
        sums[:, inside] = ranks.reshape(size, -1, images, columns).sum(axis=2)
    return np.concatenate([-sums, sums], axis=2) if columns == 1 else sums

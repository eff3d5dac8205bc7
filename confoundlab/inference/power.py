"""What a design can find: power and the minimum detectable effect, by simulation.

"No leak found" is worth something only where a leak would have been found. A design is simulated
with a planted effect of known size (`simulated_studies`). A study finds it if it would be called
LEAK: the fits' p-values combined, both tails counted, are below alpha, and the whole 95% interval
lies above chance. Power is the share of studies that do.

A table of power takes a second or so; it is kept in the cache, one file a design.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from scipy.stats import norm

from confoundlab.errors import InputError, one_of
from confoundlab.inference.combining import combined, logit_ends
from confoundlab.inference.simulated_studies import Fit, Layout, answering, ranking, smallest_p
from confoundlab.storage.cache import load_table, save_table
from confoundlab.storage.files import cache_root, text_digest
from confoundlab.storage.versions import computed_by
from confoundlab.types import Numbers

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
_MOST_CLASSES = 100  # with more, a mean over classes is surer, and takes long to simulate
# Planted effects as shares of the way from chance to certainty; dense where power rises.
_EFFECTS = (0, 0.02, 0.04, 0.07, 0.1, 0.14, 0.18, 0.22, 0.27, 0.33, 0.4, 0.5, 0.65, 0.8, 1)
_FITS = (1, 2, 3, 5, 10, 20, 30)  # that have a table; others are rounded down
_SMALLEST = (1e-4, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 1.0)  # p-values, rounded up
_TAIL = 0.025  # of a 95% interval


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
    fits : int
        Each tested by itself on `n_units`, and their p-values combined.
    spread : float
        Units that all fits together are tested on, by `n_units`: 1 where all are tested on the
        same, as many as fits where no unit is tested twice.
    agreement : float
        Of two fits' answers about one image, 0 (independent) to 1 (the same).
    smallest_p : float
        That each fit's test can give: of its permutations.
    alpha : float
        Level of the test, both tails together.
    """

    n_units: int
    images_per_unit: float = 1.0
    classes: int = 2
    majority: float = 0.0
    correlation: float = 1.0
    metric: Metric = "accuracy"
    folds: int = 1
    fits: int = 1
    spread: float = 1.0
    agreement: float = 1.0
    smallest_p: float = 1e-4
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        one_of("metric", self.metric, METRICS)
        object.__setattr__(self, "majority", max(self.majority, 1 / self.classes))
        if self.classes < 2 or self.n_units < self.classes:
            raise InputError(f"{self.n_units} units cannot carry {self.classes} classes.")
        if not (
            0 < self.alpha < 1
            and 0 <= self.correlation <= 1
            and 0 <= self.agreement <= 1
            and 0 <= self.smallest_p <= 1
            and self.majority < 1
        ):
            raise InputError(
                "alpha, correlation, agreement, smallest_p and majority are shares between 0 and 1."
            )
        if self.images_per_unit < 1 or self.folds < 1 or not 1 <= self.spread <= self.fits:
            raise InputError(
                "There is at least one image a unit, one fold and one fit, and fits are tested on "
                "1 to `fits` times as many units as one of them."
            )

    @property
    def chance(self) -> float:
        """What naming without knowing gives."""
        if self.metric == "ROC AUC":
            return 0.5
        return self.majority if self.metric == "accuracy" else 1 / self.classes

    def rounded(self) -> Design:
        """Return the design whose table serves this one."""
        images = min(_MOST_IMAGES, round(self.images_per_unit))
        correlation = 1.0
        if images > 1:  # the same variance of a unit's mean
            variance = self.correlation + (1 - self.correlation) / self.images_per_unit
            least = max(0.0, (variance - 1 / images) / (1 - 1 / images))
            correlation = min(value for value in _CORRELATIONS if value >= least - 1e-9)
        units = min(self.n_units, _MOST_UNITS)
        fits = max(value for value in _FITS if value <= self.fits)
        classes = min(self.classes, _MOST_CLASSES)
        return dataclasses.replace(
            self,
            classes=classes,
            # never fewer than one a class, which no table is simulated for
            n_units=units if units < 50 else max(classes, round(units / 10) * 10),
            images_per_unit=float(images),
            majority=round(self.majority, 2) if self.majority > 1 / self.classes + 0.02 else 0.0,
            correlation=correlation,
            fits=fits,
            spread=min(float(fits), np.floor(2 * self.spread) / 2),
            agreement=min(value for value in _CORRELATIONS if value >= self.agreement - 1e-9),
            smallest_p=min(value for value in _SMALLEST if value >= self.smallest_p - 1e-9),
        )


def imbalanced(majority: float, classes: int) -> bool:
    """Say whether one class is so common that plain accuracy says little of the others.

    A learner that names the commonest class always is right as often as `majority`, and few answers
    are left by which a better one shows (Brodersen et al. 2010, doi:10.1109/ICPR.2010.764). The
    bounds, 0.6 of two classes and 1.5 times an equal share of more, are a judgement.
    """
    return majority > (0.6 if classes == 2 else 1.5 / classes)


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
    return float(min(1.0, design.chance + (least - design.rounded().chance) * _shrink(design)))


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
    return design.rounded().chance + (true - design.chance) / _shrink(design)


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
    """Return true values, rising, and the shares of studies that find them.

    An accuracy among uneven classes can be had by naming them by their shares, or by naming the
    commonest where nothing is known. The learner that is found less often counts.
    """
    n = round(design.n_units * design.spread)
    shares = np.full(design.classes, (1 - design.majority) / (design.classes - 1))
    shares[0] = design.majority
    ordered = np.searchsorted(np.cumsum(shares)[:-1], (np.arange(n) + 0.5) / n)
    fits = [(np.arange(design.n_units) + fit * design.n_units) % n for fit in range(design.fits)]
    layout = Layout(
        rng.permutation(ordered), fits, int(design.images_per_unit), design.classes,
        design.correlation, design.agreement,
    )  # fmt: skip
    uneven = design.majority > 1 / design.classes
    guesses = [shares, np.eye(design.classes)[0]] if uneven else [shares]
    true: list[float] = []
    found: list[float] = []
    for effect in _EFFECTS:
        if found[-2:] == [1.0, 1.0]:  # certain from here on
            break
        true.append(design.chance + effect * (1 - design.chance))
        if design.metric == "ROC AUC":
            size = _studies(n * layout.images * design.classes)
            auc = min(true[-1], 0.9999)
            scored = ranking(layout, auc, folds=design.folds, size=size, rng=rng)
            found.append(_found(design, layout, scored))
            continue
        balanced = design.metric == "balanced accuracy"
        size = _studies(n * max(layout.images, design.classes))
        each = []
        for guess in guesses:
            base = 1 / design.classes if balanced else float(shares @ guess)
            known = (true[-1] - base) / (1 - base)
            answered = answering(layout, known, guess, balanced=balanced, size=size, rng=rng)
            each.append(_found(design, layout, answered))
        found.append(min(each))
    # power rises with the effect: what wobbles is the simulation
    return np.array([*true, 1.0]), np.maximum.accumulate([*found, found[-1]])


def _found(design: Design, layout: Layout, fits: Iterable[Fit]) -> float:
    """Return the share of studies that are called LEAK."""
    p_values, smallest, estimates, bars = [], [], [], []
    pull: Numbers = np.zeros(1)
    for fit, rows in zip(fits, layout.parts, strict=True):
        least = max(smallest_p(layout.labels[rows]), design.smallest_p)
        p, mean, spread = fit.null(layout.labels[rows], least)
        p_values.append(p)
        smallest.append(least)
        estimates.append(fit.estimate)
        bars.append(mean + norm.isf(ALPHA) * spread)
        if len(pull) == 1:
            pull = np.zeros((len(p), len(layout.labels)))
        pull[:, rows] += fit.pull / len(layout.parts)
    bar = np.minimum(np.mean(bars, axis=0), design.chance)
    low, _ = logit_ends(
        np.mean(estimates, axis=0), np.sqrt((pull**2).sum(axis=1)), len(layout.labels), _TAIL
    )
    above = low > (bar if design.metric == "accuracy" else design.chance)
    significant = 2 * combined(np.stack(p_values, axis=1), smallest) < design.alpha
    return float(np.mean(significant & above))


def _studies(values: int) -> int:
    """Return how many studies to simulate: 400, fewer where one holds very many values."""
    return int(np.clip(4_000_000 // values, 100, 400))

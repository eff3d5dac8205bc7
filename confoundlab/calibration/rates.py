"""Calibration: how often each test of this package raises a false alarm, and what it finds.

An audit should publish its own error rates. Each test (`trials`) is run on many draws of a design
with known truth (`designs`). Without a leak, p-values must be uniform and LEAK verdicts rare; with
one, the share found is the power; and intervals must hold the truth as often as they say.
`make calibration` runs all designs and stores the table.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from confoundlab.calibration.designs import (
    APART,
    DIFFERENCES,
    FACTORS,
    INTERVALS,
    PROBES,
    Cell,
    Sizes,
    draw,
    group_sizes,
)
from confoundlab.calibration.trials import PERMUTATIONS, TESTS
from confoundlab.errors import InputError, one_of
from confoundlab.evidence import conditional, differences, factor_share, held_out
from confoundlab.evidence.probes import Probe, ProbeMetric
from confoundlab.evidence.record import interval_given
from confoundlab.inference.intervals import Interval, Method
from confoundlab.inference.power import ALPHA
from confoundlab.types import Indices, Numbers

_LAYOUTS = 20  # of labels over groups of some sizes: the power of each is simulated once
_REFITS = 99  # of a null that tells the interval of a probe its spread
_FITS = 400  # draws that tell what a probe scores on average
_LEAN = 0.6  # how often a factor follows the label, rather than a coin
Found = tuple[float, float, float]  # the truth, and the ends of an interval


@dataclass(frozen=True)
class Coverage:
    """A design whose truth is known, to see how often an interval holds it.

    Parameters
    ----------
    metric : str
        That is estimated, one of `INTERVALS`; two are the parts of
        `factor_share.explained_by_factor`, and the last two are of a `probe` in five folds.
    n_groups, images_per_group : int
        Sizes.
    truth : float
        Of the metric; of a difference, the first experiment's, where the second's is 0.5. For the
        parts of an accuracy, 0.5 plus the share of answers that follow the factor, and as many
        follow the label. Of a probe it follows from the leak, by simulation.
    correlation : float
        Of right answers, or scores, inside a group.
    method : {"logit", "t", "percentile", "bca"}
        Of the interval.
    sizes : str
        Of the groups, as in `designs.Cell`; `images_per_group` is their mean.
    classes : int
        That a probe tells apart; two otherwise.
    leak : float
        That a probe can find, as in `designs.Cell`.
    """

    metric: str
    n_groups: int
    images_per_group: int = 10
    truth: float = 0.7
    correlation: float = 0.4
    method: Method = "logit"
    sizes: Sizes = "equal"
    classes: int = 2
    leak: float = 0.0


def covered(cell: Coverage, seed: int) -> dict[str, Any]:
    """Draw held-out answers of known quality and say whether the interval holds the truth.

    An interval that is the whole range says nothing: the draw counts as refused (NaN).
    """
    one_of("metric", cell.metric, INTERVALS)
    truth, low, high = _of_probe(cell, seed) if cell.metric in PROBES else _of_images(cell, seed)
    given = interval_given(cell.metric, low, high)
    return {"inside": low <= truth <= high if given else np.nan}


def _of_images(cell: Coverage, seed: int) -> Found:
    rng = np.random.default_rng([seed, APART])
    layout = np.random.default_rng([seed % _LAYOUTS, APART, 1])
    label = layout.permutation(np.arange(cell.n_groups) % 2)
    sizes = group_sizes(cell.sizes, label, cell.images_per_group, layout)
    drawn = _Images(cell, label, np.repeat(np.arange(cell.n_groups), sizes), seed, rng)
    if cell.metric == "partial R²":
        return _partial_r2(drawn)
    if cell.metric in FACTORS:
        return _parts(drawn)
    return _of_scores(drawn) if cell.metric.endswith("AUC") else _of_answers(drawn)


@dataclass(frozen=True, eq=False)
class _Images:
    """One draw: labels of the groups, shape (groups,), and the group of each image, shape (n,)."""

    cell: Coverage
    label: Indices
    group: Indices
    seed: int
    rng: np.random.Generator

    @property
    def y(self) -> Indices:
        """Label of each image, shape (n,)."""
        return self.label[self.group]

    @property
    def options(self) -> dict[str, Any]:
        """What every test is given: the interval is asked for, not the p-value."""
        return {"n_permutations": 1, "seed": self.seed, "interval": self.cell.method}

    def noise(self) -> Numbers:
        """Draw normal noise that is correlated inside groups, shape (n,)."""
        common = self.rng.normal(size=len(self.label))[self.group] * np.sqrt(self.cell.correlation)
        own = self.rng.normal(size=len(self.group)) * np.sqrt(1 - self.cell.correlation)
        return np.asarray(common + own)

    def alike(self, own: Any, common: Any) -> Any:
        """Let images take their group's answer, with the root of the correlation as probability."""
        follows = self.rng.random(len(self.group)) < np.sqrt(self.cell.correlation)
        return np.where(follows, common[self.group], own)


def _of_probe(cell: Coverage, seed: int) -> Found:
    data = draw(_cell(cell), seed)
    ready = Probe(data.features, groups=data.groups, random_state=seed)
    found = ready.test(
        data.labels, n_permutations=_REFITS, interval=cell.method, metric=_metric(cell)
    )
    return _expected(cell), found.ci_low, found.ci_high


def _metric(cell: Coverage) -> ProbeMetric:
    return "ROC AUC" if cell.metric.startswith("ROC AUC") else "balanced accuracy"


def _cell(cell: Coverage) -> Cell:
    return Cell(
        cell.n_groups * cell.images_per_group, cell.images_per_group, cell.classes,
        correlation=cell.correlation, leak=cell.leak, sizes=cell.sizes,
    )  # fmt: skip


@lru_cache
def _expected(cell: Coverage) -> float:
    """Return what such a probe scores on average, over other draws than those that are tried.

    Each fold's images are new to its fit, so that the mean is what a probe scores on unseen groups
    that trained on the others: with one group fewer of the class that it is asked for, which counts
    where a class has two. Of few groups the balanced accuracy lies below chance where there is
    nothing: a group left out makes the other class the commoner one.
    """
    if not cell.leak and _metric(cell) == "ROC AUC":
        return 0.5
    found = []
    for seed in range(2**31, 2**31 + _FITS):
        data = draw(_cell(cell), seed)
        with suppress(InputError):  # as among the draws that are tried
            ready = Probe(data.features, groups=data.groups, random_state=seed)
            tested = ready.test(data.labels, n_permutations=1, metric=_metric(cell))
            found.append(tested.estimate)
    return float(np.mean(found))


def _of_scores(drawn: _Images) -> Found:
    cell, y = drawn.cell, drawn.y
    shift = np.sqrt(2) * stats.norm.ppf(cell.truth)
    scores = drawn.noise() + shift * y
    if cell.metric in DIFFERENCES:
        other = drawn.noise()
        found = differences.difference_in_auc(scores, other, y, drawn.group, **drawn.options)
        return cell.truth - 0.5, found.ci_low, found.ci_high
    found = held_out.roc_auc(scores, y, drawn.group, **drawn.options)
    return cell.truth, found.ci_low, found.ci_high


def _of_answers(drawn: _Images) -> Found:
    cell, y = drawn.cell, drawn.y
    options = drawn.options | {"balanced": "balanced" in cell.metric}
    tables = []
    for right in (cell.truth, 0.5) if cell.metric in DIFFERENCES else (cell.truth,):
        own, common = (drawn.rng.random(many) < right for many in (len(y), cell.n_groups))
        named = np.where(drawn.alike(own, common), y, 1 - y)
        tables.append(pd.DataFrame({"image": np.arange(len(y)), "repeat": 0, "predicted": named}))
    if cell.metric in DIFFERENCES:
        found = differences.difference(tables[0], tables[1], y, drawn.group, **options)
        return cell.truth - 0.5, found.ci_low, found.ci_high
    found = held_out.accuracy(tables[0], y, drawn.group, **options)
    return cell.truth, found.ci_low, found.ci_high


def _partial_r2(drawn: _Images) -> Found:
    """Scores are the label, a measured factor of the group, and noise that is alike inside it."""
    truth, y = drawn.cell.truth, drawn.y
    dose = drawn.rng.normal(size=len(drawn.label))[drawn.group]
    scores = np.sqrt(truth) * dose + np.sqrt(1 - truth) * drawn.noise()
    found = conditional.partial_confounder_test(
        scores + y, pd.DataFrame({"dose": dose}), y, drawn.group, n_permutations=1, seed=drawn.seed
    )
    return truth, found.ci_low, found.ci_high


def _parts(drawn: _Images) -> Found:
    """Answers follow the label, the factor or a coin; so does the factor, without the second."""
    rng, label, n_groups = drawn.rng, drawn.label, len(drawn.label)
    share, coin = drawn.cell.truth - 0.5, rng.integers(0, 2, n_groups)
    factor = np.where(rng.random(n_groups) < _LEAN, label, coin)

    def said(y: Indices, level: Indices) -> Indices:
        which = rng.random(len(y))
        rest = np.where(which < 2 * share, level, rng.integers(0, 2, len(y)))
        return np.where(which < share, y, rest)

    y, level = drawn.y, factor[drawn.group]
    named = drawn.alike(said(y, level), said(label, factor))
    found = factor_share.explained_by_factor(
        named, y, level, drawn.group, n_permutations=1, seed=drawn.seed
    )
    if drawn.cell.metric == "beyond a factor":
        return share * (1 - _LEAN**2) / 2, *_ends(found.beyond)
    return share * (1 + _LEAN) * _LEAN / 2, *_ends(found.by_factor)


def _ends(interval: Interval | None) -> tuple[float, float]:
    assert interval is not None, "designs have as many groups as it takes"
    return interval.low, interval.high


def replicate(test: str, cell: Cell | Coverage, seeds: range) -> pd.DataFrame:
    """Run a test on draws of a cell; a row a draw, empty where the test refused the draw."""
    if isinstance(cell, Coverage):
        one_of("metric", cell.metric, INTERVALS)
    else:
        one_of("test", test, TESTS)
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        try:
            if isinstance(cell, Coverage):
                rows.append(covered(cell, seed))
            else:
                rows.append(TESTS[test](draw(cell, seed)))
        except InputError:  # for example, a held-out half without the rare class
            rows.append({"inside" if isinstance(cell, Coverage) else "p": np.nan})
    return pd.DataFrame(rows)


def summary(test: str, cell: Cell | Coverage, trials: pd.DataFrame) -> dict[str, Any]:
    """Return one row of the stored table: rates with exact (Clopper-Pearson) 95% intervals.

    Parameters
    ----------
    test, cell
        What was run.
    trials : DataFrame
        From `replicate`.
    """
    asked = "p" if "p" in trials else "inside"
    refused = int(trials[asked].isna().sum())
    trials = trials.dropna(subset=[asked]) if refused else trials
    n = len(trials)
    row: dict[str, Any] = {"test": test, "replicates": n, "refused": refused} | asdict(cell)
    for name, hits in (
        ("rejected", trials["p"] <= ALPHA if "p" in trials else None),
        ("rejected_below", trials["p_below"] <= ALPHA if "p_below" in trials else None),
        ("leak_verdicts", trials.get("leak")),
        ("inverted_verdicts", trials.get("inverted")),
        ("no_leak_verdicts", trials.get("no_leak")),
        ("inside", trials.get("inside")),
    ):
        if hits is not None and n:
            hits = hits.astype(bool)  # beside refused draws they were objects, of which 1 + 1 is 1
            exact = stats.binomtest(int(hits.sum()), n).proportion_ci(method="exact")
            row |= {name: float(hits.mean()), f"{name}_low": exact.low, f"{name}_high": exact.high}
    if "p" in trials:
        # p-values are multiples of 1 / 200: spread evenly over their step they must be uniform
        rng = np.random.default_rng(0)
        p = trials["p"].to_numpy() - rng.random(n) / (1 + PERMUTATIONS)
        row["uniform_p"] = float(stats.kstest(p, "uniform").pvalue)
    for name in ("estimate", "minimum_detectable", "smallest_p"):
        if name in trials:
            row[f"mean_{name}"] = float(trials[name].mean())
    return row

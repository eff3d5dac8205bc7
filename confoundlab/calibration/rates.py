"""Calibration: how often each test of this package raises a false alarm, and what it finds.

An audit should publish its own error rates. Each test (`trials`) is run on many draws of a design
with known truth (`designs`). Without a leak, p-values must be uniform and LEAK verdicts rare; with
one, the share found is the power; and intervals must hold the truth as often as they say.
`make calibration` runs all designs and stores the table.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from confoundlab.calibration.designs import APART, Cell, draw
from confoundlab.calibration.trials import PERMUTATIONS, TESTS
from confoundlab.design.power import ALPHA
from confoundlab.errors import InputError, one_of
from confoundlab.evidence import conditional, differences, factor_share, held_out
from confoundlab.evidence.intervals import Method
from confoundlab.types import Indices, Numbers

METRICS = ("accuracy", "balanced accuracy", "ROC AUC")
DIFFERENCES = tuple(f"difference in {metric}" for metric in METRICS)
FACTORS = ("partial R²", "owed to a factor", "beyond a factor")
INTERVALS = (*METRICS, *DIFFERENCES, *FACTORS)
_LEAN = 0.6  # how often a factor follows the label, rather than a coin
Found = tuple[float, float, float]  # the truth, and the ends of an interval


@dataclass(frozen=True)
class Coverage:
    """A design whose truth is known, to see how often an interval holds it.

    Parameters
    ----------
    metric : str
        That is estimated, one of `INTERVALS`; the last two are the parts of
        `factor_share.explained_by_factor`.
    n_groups, images_per_group : int
        Sizes.
    truth : float
        Of the metric; of a difference, the first experiment's, where the second's is 0.5. For the
        parts of an accuracy, 0.5 plus the share of answers that follow the factor, and as many
        follow the label.
    correlation : float
        Of right answers, or scores, inside a group.
    method : {"logit", "percentile", "bca"}
        Of the interval.
    """

    metric: str
    n_groups: int
    images_per_group: int = 10
    truth: float = 0.7
    correlation: float = 0.4
    method: Method = "logit"

    @property
    def group(self) -> Indices:
        """The group of each image, shape (n,)."""
        return np.repeat(np.arange(self.n_groups), self.images_per_group)


def covered(cell: Coverage, seed: int) -> dict[str, Any]:
    """Draw held-out answers of known quality and say whether the interval holds the truth."""
    one_of("metric", cell.metric, INTERVALS)
    rng = np.random.default_rng([seed, APART])
    label = rng.permutation(np.arange(cell.n_groups) % 2)
    if cell.metric == "partial R²":
        found = _partial_r2(cell, label, seed, rng)
    elif cell.metric in FACTORS:
        found = _parts(cell, label, seed, rng)
    elif cell.metric.endswith("AUC"):
        found = _of_scores(cell, label, seed, rng)
    else:
        found = _of_answers(cell, label, seed, rng)
    truth, low, high = found
    return {"inside": low <= truth <= high}


def _of_scores(cell: Coverage, label: Indices, seed: int, rng: np.random.Generator) -> Found:
    y, options = label[cell.group], _options(cell, seed)
    shift = np.sqrt(2) * stats.norm.ppf(cell.truth)
    scores = _noise(cell, rng) + shift * y
    if cell.metric in DIFFERENCES:
        other = _noise(cell, rng)
        found = differences.difference_in_auc(scores, other, y, cell.group, **options)
        return cell.truth - 0.5, found.ci_low, found.ci_high
    found = held_out.roc_auc(scores, y, cell.group, **options)
    return cell.truth, found.ci_low, found.ci_high


def _of_answers(cell: Coverage, label: Indices, seed: int, rng: np.random.Generator) -> Found:
    y, options = label[cell.group], _options(cell, seed)
    options["balanced"] = "balanced" in cell.metric
    tables = []
    for right in (cell.truth, 0.5) if cell.metric in DIFFERENCES else (cell.truth,):
        own, common = rng.random(len(y)) < right, rng.random(cell.n_groups) < right
        named = np.where(_alike(cell, own, common, rng), y, 1 - y)
        tables.append(pd.DataFrame({"image": np.arange(len(y)), "repeat": 0, "predicted": named}))
    if cell.metric in DIFFERENCES:
        found = differences.difference(tables[0], tables[1], y, cell.group, **options)
        return cell.truth - 0.5, found.ci_low, found.ci_high
    found = held_out.accuracy(tables[0], y, cell.group, **options)
    return cell.truth, found.ci_low, found.ci_high


def _partial_r2(cell: Coverage, label: Indices, seed: int, rng: np.random.Generator) -> Found:
    """Scores are the label, a measured factor of the group, and noise that is alike inside it."""
    dose = rng.normal(size=cell.n_groups)
    scores = np.sqrt(cell.truth) * dose[cell.group] + np.sqrt(1 - cell.truth) * _noise(cell, rng)
    y = label[cell.group]
    found = conditional.partial_confounder_test(
        scores + y, pd.DataFrame({"dose": dose[cell.group]}), y, cell.group,
        n_permutations=1, seed=seed,
    )  # fmt: skip
    return cell.truth, found.ci_low, found.ci_high


def _parts(cell: Coverage, label: Indices, seed: int, rng: np.random.Generator) -> Found:
    """Answers follow the label, the factor or a coin; so does the factor, without the second."""
    share, coin = cell.truth - 0.5, rng.integers(0, 2, cell.n_groups)
    factor = np.where(rng.random(cell.n_groups) < _LEAN, label, coin)

    def said(y: Indices, level: Indices) -> Indices:
        which = rng.random(len(y))
        rest = np.where(which < 2 * share, level, rng.integers(0, 2, len(y)))
        return np.where(which < share, y, rest)

    y, level = label[cell.group], factor[cell.group]
    named = _alike(cell, said(y, level), said(label, factor), rng)
    found = factor_share.explained_by_factor(
        named, y, level, cell.group, n_permutations=1, seed=seed
    )
    if cell.metric == "beyond a factor":
        assert found.beyond is not None, "designs have as many groups as it takes"
        return share * (1 - _LEAN**2) / 2, found.beyond.low, found.beyond.high
    return share * (1 + _LEAN) * _LEAN / 2, found.by_factor.low, found.by_factor.high


def _options(cell: Coverage, seed: int) -> dict[str, Any]:
    return {"n_permutations": 1, "seed": seed, "interval": cell.method}


def _noise(cell: Coverage, rng: np.random.Generator) -> Numbers:
    """Draw normal noise that is correlated inside groups, shape (n,)."""
    common = rng.normal(size=cell.n_groups)[cell.group] * np.sqrt(cell.correlation)
    own = rng.normal(size=len(cell.group)) * np.sqrt(1 - cell.correlation)
    return np.asarray(common + own)


def _alike(cell: Coverage, own: Any, common: Any, rng: np.random.Generator) -> Any:
    """Let images take their group's answer, with the root of the correlation as probability."""
    follows = rng.random(len(cell.group)) < np.sqrt(cell.correlation)
    return np.where(follows, common[cell.group], own)


def replicate(test: str, cell: Cell | Coverage, seeds: range) -> pd.DataFrame:
    """Run a test on draws of a cell; a row a draw, empty where the test refused the draw."""
    if isinstance(cell, Coverage):
        return pd.DataFrame([covered(cell, seed) for seed in seeds])
    one_of("test", test, TESTS)
    rows: list[dict[str, Any]] = []
    for seed in seeds:
        try:
            rows.append(TESTS[test](draw(cell, seed)))
        except InputError:  # for example, a held-out half without the rare class
            rows.append({"p": np.nan})
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
    refused = int(trials["p"].isna().sum()) if "p" in trials else 0
    trials = trials.dropna(subset=["p"]) if refused else trials
    n = len(trials)
    row: dict[str, Any] = {"test": test, "replicates": n, "refused": refused} | asdict(cell)
    for name, hits in (
        ("rejected", trials["p"] <= ALPHA if "p" in trials else None),
        ("leak_verdicts", trials.get("leak")),
        ("inside", trials.get("inside")),
    ):
        if hits is not None:
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

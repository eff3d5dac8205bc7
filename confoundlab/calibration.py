"""Calibration: how often each test of this package raises a false alarm, and what it finds.

An audit should publish its own error rates. Each test is run on many draws of a design with known
truth (`trials`). Without a leak, p-values must be uniform and LEAK verdicts rare; with one, the
share found is the power; and intervals must hold the truth as often as they say. `make calibration`
runs all designs and stores the table.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from confoundlab import differences, held_out
from confoundlab.errors import InputError, one_of
from confoundlab.intervals import Method
from confoundlab.power import ALPHA
from confoundlab.trials import APART, PERMUTATIONS, TESTS, Cell, draw

INTERVALS = ("accuracy", "balanced accuracy", "ROC AUC", "difference in accuracy")


@dataclass(frozen=True)
class Coverage:
    """A design whose truth is known, to see how often an interval holds it.

    Parameters
    ----------
    metric : {"accuracy", "balanced accuracy", "ROC AUC", "difference in accuracy"}
        Estimated.
    n_groups, images_per_group : int
        Sizes.
    truth : float
        Of the metric.
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


def covered(cell: Coverage, seed: int) -> dict[str, Any]:
    """Draw held-out answers of known quality and say whether the interval holds the truth."""
    one_of("metric", cell.metric, INTERVALS)
    rng = np.random.default_rng([seed, APART])
    n, m = cell.n_groups, cell.images_per_group
    label = rng.permutation(np.arange(n) % 2)
    group = np.repeat(np.arange(n), m)
    if cell.metric == "ROC AUC":
        shift = np.sqrt(2) * stats.norm.ppf(cell.truth)
        common = rng.normal(size=n)[group] * np.sqrt(cell.correlation)
        scores = common + rng.normal(size=n * m) * np.sqrt(1 - cell.correlation)
        found = held_out.roc_auc(
            scores + shift * label[group], label[group], group,
            n_permutations=1, seed=seed, interval=cell.method,
        )  # fmt: skip
        return {"inside": found.ci_low <= cell.truth <= found.ci_high}
    tables = []
    for right in (cell.truth, 0.5) if cell.metric.startswith("difference") else (cell.truth,):
        # follows its group's answer with the root of the correlation as probability
        follows = rng.random(n * m) < np.sqrt(cell.correlation)
        own, common = rng.random(n * m) < right, (rng.random(n) < right)[group]
        hit = np.where(follows, common, own)
        named = np.where(hit, label[group], 1 - label[group])
        tables.append(pd.DataFrame({"image": np.arange(n * m), "repeat": 0, "predicted": named}))
    options: dict[str, Any] = {"n_permutations": 1, "seed": seed, "interval": cell.method}
    if len(tables) == 2:
        found = differences.difference(tables[0], tables[1], label[group], group, **options)
        truth = cell.truth - 0.5
    else:
        balanced = cell.metric == "balanced accuracy"
        found = held_out.accuracy(tables[0], label[group], group, balanced=balanced, **options)
        truth = cell.truth
    return {"inside": found.ci_low <= truth <= found.ci_high}


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

"""What predictions owe to the laboratory that a line came from.

Serves Figure 4b of Venugopalan et al. (2019): the one fold that failed was the one whose two lines
came from the same laboratory. One fold in twelve is weak evidence by itself, which is said here in
numbers; with a simulator the dial can be turned to zero, and the same folds tell the truth.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from confoundlab.design import columns
from confoundlab.design.aliasing import Identifiability, identifiability
from confoundlab.errors import InputError, one_of
from confoundlab.escape import markdown
from confoundlab.evidence import conditional
from confoundlab.evidence.record import Evidence
from confoundlab.plates.analysis.fold_tests import over_folds
from confoundlab.plates.analysis.folds import Features, Fold, FoldResult, linear
from confoundlab.plates.simulator.plateset import PlateSet

# Dials at zero, and what is left to find then.
WORLDS: Mapping[str, Mapping[str, float]] = {
    "no phenotype": {"phenotype": 0.0},
    "no laboratory effect": {"laboratory": 0.0},
    "neither": {"phenotype": 0.0, "laboratory": 0.0},
}


class Gap(NamedTuple):
    """A difference of two mean AUCs over the same folds, with its 95% interval over folds."""

    estimate: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.estimate:+.2f} (95% interval {self.low:+.2f} to {self.high:+.2f})"


def by_source(result: FoldResult) -> pd.DataFrame:
    """Return the mean AUC of folds whose lines come from one laboratory, and from two.

    Returns
    -------
    DataFrame
        ``lines from`` ("two laboratories" or "one laboratory"), ``folds``, ``auc``, ``ci_low``,
        ``ci_high``: folds resampled; of a single fold, its wells.
    """
    rows = []
    for same, words in ((False, "two laboratories"), (True, "one laboratory")):
        own = result.table[result.table["same_laboratory"].eq(same)]
        if own.empty:
            continue
        auc = own["auc"].to_numpy(float)
        low, high = float(own["ci_low"].iloc[0]), float(own["ci_high"].iloc[0])
        if len(own) > 1:
            found = over_folds(auc, np.random.default_rng(0))
            low, high = found.low, found.high
        rows.append(
            {"lines from": words, "folds": len(own), "auc": auc.mean(), "ci_low": low,
             "ci_high": high}
        )  # fmt: skip
    return pd.DataFrame(rows)


def rank_of_same(result: FoldResult) -> tuple[float, float]:
    """Return how unusual the fold of one laboratory is, and how unusual it could be.

    Returns
    -------
    p_value, smallest_p : float
        Share of the folds whose AUC is as low, and one over their number. Exact, if all folds are
        alike.

    Raises
    ------
    InputError
        Other than one fold of one laboratory.
    """
    same = result.table["same_laboratory"].eq(True).to_numpy()
    if same.sum() != 1:
        raise InputError(f"{same.sum()} folds are of one laboratory; a rank is of a single one.")
    auc = result.table["auc"].to_numpy(float)
    return float((auc <= auc[same][0]).mean()), 1 / len(auc)


def depends(
    result: FoldResult,
    folds: Sequence[Fold],
    table: pd.DataFrame,
    *,
    n_permutations: int = 999,
    seed: int = 0,
) -> Evidence:
    """Test whether scores of held-out patches depend on the laboratory, the condition held fixed.

    Parameters
    ----------
    result : FoldResult
        Of a model with two conditions; scores of folds are taken as they are.
    folds : sequence of Fold
        The same.
    table : DataFrame
        Of all patches: line, laboratory, condition.
    n_permutations, seed : int
        Of `conditional.partial_confounder_test`. Lines got the laboratories, and move inside
        their condition: where all but one line of a condition share a laboratory, as few
        arrangements exist as the condition has lines.

    Raises
    ------
    InputError
        Scores of more than two conditions.
    """
    if any(one.shape[1] != 1 for one in result.scores):
        raise InputError("Scores of more than two conditions have no single direction.")
    rows = np.concatenate([fold.split.test for fold in folds])
    own = table.iloc[rows].reset_index(drop=True)
    return conditional.partial_confounder_test(
        np.concatenate([one[:, 0] for one in result.scores]),
        own[["laboratory"]],
        own["condition"],
        own["line"],
        n_permutations=n_permutations,
        seed=seed,
    )


def design(table: pd.DataFrame) -> Identifiability:
    """Read the table of conditions and laboratories; a line counts once, control wells not."""
    lines = table[~columns.flags(table["control"], "control")].drop_duplicates("line")
    return identifiability(
        lines["condition"], lines["laboratory"], lines["line"], name="laboratory", unit="line"
    )


def design_words(found: Identifiability) -> str:
    """Say in Markdown what a design of lines allows, with their numbers in each laboratory."""
    inside = [
        f"in laboratory {name} are "
        + " and ".join(
            f"{count} {condition} line{'' if count == 1 else 's'}"
            for condition, count in counts.items()
        )
        for name, counts in found.groups.items()
    ]
    return markdown(
        f"{found} By lines, {'; '.join(inside)}. Whatever is peculiar to the lines of the rarer "
        "condition in a laboratory cannot be told from the laboratory."
    )


def world(plates: PlateSet, name: str) -> PlateSet:
    """Return the same wells with dials at zero, control wells left out; `name` is of `WORLDS`."""
    used = plates.subset(~plates.sites["control"].to_numpy(bool))
    dials = used.dials.turned(**WORLDS[one_of("world", name, WORLDS)])
    return PlateSet(used.design, dials, used.seed, used.sites)


def unseen_people(
    features: Features,
    table: pd.DataFrame,
    folds: Sequence[Fold],
    *,
    n_permutations: int = 999,
    seed: int = 0,
) -> FoldResult:
    """Name the condition of lines that were never trained on: `folds.linear`, lines labelled."""
    return linear(
        features, table["condition"], folds, **labelled(table),
        n_permutations=n_permutations, seed=seed,
    )  # fmt: skip


def labelled(table: pd.DataFrame) -> dict[str, Any]:
    """Return who got the labels: lines, exchanged inside pairs, with wells resampled."""
    return {"wells": table["well_id"], "units": table["line"], "blocks": table["pair"]}


def gap(first: FoldResult, second: FoldResult, *, seed: int = 0) -> Gap:
    """Return the first mean AUC less the second, the same folds resampled in both.

    Raises
    ------
    InputError
        Folds of other names.
    """
    if list(first.table["fold"]) != list(second.table["fold"]):
        raise InputError("A difference needs the same folds in both results.")
    each = first.table["auc"].to_numpy(float) - second.table["auc"].to_numpy(float)
    found = over_folds((each + 1) / 2, np.random.default_rng(seed))
    return Gap(float(each.mean()), 2 * found.low - 1, 2 * found.high - 1)

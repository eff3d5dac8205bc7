"""What a review of the statistics found in November 2026, beside what the stored table says now."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from confoundlab.calibration.designs import DIFFERENCES, PROBES
from confoundlab.inference.power import METRICS
from confoundlab.plotting.evidence import latest_nulls
from confoundlab.report.calibration import reached

_UNTRIED = "not in the stored table: make calibration"


class _Finding(NamedTuple):
    """A fault that a review found in November 2026: its rate then, and where the table has today's.

    Of several designs the worst one is shown: the lowest rate of what should be high.
    """

    what: str
    before: str
    kind: str
    column: str
    words: str
    where: dict[str, tuple[object, ...]]

    @property
    def is_high(self) -> bool:
        """Whether the rate should be high: leaks found, truths held."""
        return self.kind != "null"


_UNEQUAL = ("one giant", "log-normal")
_FINDINGS = (
    _Finding(
        "Nets that had named one class only outweighed the others",
        "p = 0.68, where the five nets of ten that had learned gave 0.0001",
        "power", "rejected", "of strong leaks found with half of the nets dead",
        {"test": ("held-out accuracy, half of the fits dead",), "leak": (2.0,)},
    ),
    _Finding(
        "A split that cut groups made memory a leak",
        "LEAK in 200 of 200 draws without a leak",
        "null", "leak_verdicts", "of draws called LEAK", {"test": ("WRONG: split cuts groups",)},
    ),
    _Finding(
        "INVERTED was not corrected for the other controls of a page",
        "INVERTED on 38% of honest pages of 20 controls",
        "null", "rejected", "of honest pages with a significant control, either tail",
        {"test": ("page of twenty controls",)},
    ),
    _Finding(
        "Accuracy was blind where nine images in ten are of one class",
        "LEAK in 2 of 150 draws with a leak of 1.5 standard deviations",
        "power", "leak_verdicts", "of draws called LEAK",
        {"test": ("held-out accuracy",), "majority": (0.9,), "leak": (1.5,)},
    ),
    _Finding(
        "Sizes of groups that go with the class",
        "7.8% false alarms with one giant group of one class",
        "null", "rejected", "false alarms",
        {"test": ("probe, ROC AUC",), "sizes": ("giant of one class", "by class")},
    ),
    _Finding(
        "Intervals of a probe took folds for independent",
        "held the truth in 69% to 90% of draws without a leak",
        "coverage", "inside", "of intervals hold the truth",
        {"metric": PROBES[:1], "leak": (0.0,), "images_per_group": (1,)},
    ),
    _Finding(
        "Intervals took groups of unequal size for equal",
        "held the truth in 81% to 89% of draws",
        "coverage", "inside", "of intervals hold the truth",
        {"metric": METRICS, "sizes": _UNEQUAL},
    ),
    _Finding(
        "So did those of a difference",
        "missed the truth in 9.3% of draws",
        "coverage", "inside", "of intervals hold the truth",
        {"metric": DIFFERENCES, "sizes": _UNEQUAL},
    ),
)  # fmt: skip


def mended(table: pd.DataFrame) -> pd.DataFrame:
    """Return what was wrong before, and what the stored table says now.

    Returns
    -------
    DataFrame
        A row a finding: ``what was wrong``, ``before`` (the review's own numbers, of November
        2026), ``now`` (the worst design's rate with its exact 95% interval, or that the table has
        none) and ``designs``.
    """
    rows = []
    for one in _FINDINGS:
        own = latest_nulls(table) if one.kind == "null" else table[table["kind"] == one.kind]
        for column, wanted in one.where.items():
            own = own[own[column].isin(wanted)] if column in own else own[:0]
        own = own.dropna(subset=[one.column]) if one.column in own else own[:0]
        now = _UNTRIED
        if len(own):
            worst = own.sort_values(one.column, ascending=one.is_high).iloc[0]
            low, high = (100 * worst[f"{one.column}_{end}"] for end in ("low", "high"))
            now = f"{worst[one.column]:.1%} ({low:.1f}–{high:.1f}) {one.words}"
        rows.append((one.what, one.before, now, len(own)))
    stated = (
        "What would have been found four times in five was not what LEAK asks for",
        "stated an accuracy of 0.636 for 200 images, reached at 0.673",
        *_stated_and_reached(table),
    )
    return pd.DataFrame([*rows, stated], columns=["what was wrong", "before", "now", "designs"])


def _stated_and_reached(table: pd.DataFrame) -> tuple[str, int]:
    """Return the smallest accuracy said to be found in 200 images, and the one that LEAK finds."""
    own = table[
        (table["kind"] == "power")
        & (table["test"] == "held-out accuracy")
        & (table["n_images"] == 200)
        & (table["images_per_group"] == 1)
        & ~(table["majority"] > 0)
    ].sort_values("leak")
    if own.empty or "leak_verdicts" not in own:
        return _UNTRIED, 0
    said = f"states {own['mean_minimum_detectable'].iloc[0]:.3f}"
    found = reached(own, "leak_verdicts")
    return f"{said}, {'not reached' if np.isnan(found) else f'reached at {found:.3f}'}", 1

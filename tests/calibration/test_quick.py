"""The calibration in small: every test on one design or two; `run.py` does the rest."""

import pandas as pd
import pytest
from calibration_cells import COVERAGE, NULLS, POWER
from scipy import stats

from confoundlab.calibration.designs import PROBES, Cell
from confoundlab.calibration.rates import Coverage, replicate, summary
from confoundlab.calibration.trials import TESTS
from confoundlab.inference.power import ALPHA

# A first look at few draws settles what is clearly in order; all others are drawn in full. A test
# that calls 20 % passes the first look once in 25 times, intervals that hold 85 % as seldom.
DRAWS, FIRST = 100, 30
INTERVALS, FIRST_INTERVALS = 200, 60
QUICK = [
    ("probe, ROC AUC", Cell(120, images_per_group=6)),
    ("probe, ROC AUC", Cell(120, majority=0.9)),
    ("probe, ROC AUC", Cell(160, images_per_group=4, n_batches=4, layout="partly aliased")),
    ("probe, ROC AUC", Cell(160, images_per_group=4, n_batches=10, layout="nested")),
    ("probe, balanced accuracy", Cell(120, classes=4)),
    ("probe, stopped early", Cell(120)),
    ("held-out accuracy", Cell(160, images_per_group=4)),
    ("held-out accuracy, five fits", Cell(120)),
    ("held-out ROC AUC", Cell(160, images_per_group=4)),
    ("difference of two learners", Cell(160, images_per_group=4)),
    ("difference in balanced accuracy", Cell(160, images_per_group=4)),
    ("difference in ROC AUC", Cell(160, images_per_group=4)),
    ("partial confounder test", Cell(160, images_per_group=4)),
    ("factor given the label", Cell(160, images_per_group=4)),
    ("label from factors", Cell(160, images_per_group=4)),
    ("five columns, Holm", Cell(80)),
    ("probe, ROC AUC", Cell(120, images_per_group=6, sizes="giant of one class")),
    ("LeNet, held-out accuracy", Cell(80, images_per_group=2)),
]


@pytest.mark.parametrize(("test", "cell"), QUICK)
def test_false_alarms_stay_below_what_luck_allows(test, cell):
    trials = replicate(test, cell, range(10_000, 10_000 + FIRST))
    found = summary(test, cell, trials)
    if found["rejected"] * FIRST > 2 or verdicts_on_nothing(found) > 0.07:
        more = replicate(test, cell, range(10_000 + FIRST, 10_000 + DRAWS))
        found = summary(test, cell, pd.concat([trials, more], ignore_index=True))
    # an exact test exceeds this once in two thousand times
    assert found["rejected"] * found["replicates"] <= stats.binom.ppf(0.9995, DRAWS, ALPHA)
    assert verdicts_on_nothing(found) <= 0.14


def verdicts_on_nothing(found):
    return found.get("leak_verdicts", 0) + found.get("inverted_verdicts", 0)


def test_the_corrected_t_is_near_its_level_and_the_usual_one_is_far():
    cell = Cell(120)
    right, wrong = (
        summary(name, cell, replicate(name, cell, range(draws)))["rejected"]
        for name, draws in (("corrected resampled t", 60), ("WRONG: usual t over splits", 30))
    )
    assert right < 0.17 and wrong > 0.2


def test_near_copies_counted_one_by_one_cry_wolf():
    cell = Cell(160, images_per_group=8)
    trials = replicate("WRONG: groups ignored", cell, range(40))
    assert summary("WRONG: groups ignored", cell, trials)["rejected"] > 0.5


@pytest.mark.parametrize(
    "name", ["page of twenty controls", "held-out accuracy, half of the fits dead"]
)
def test_many_controls_and_dead_fits_raise_no_false_verdicts(name):
    found = summary(name, Cell(80), replicate(name, Cell(80), range(10)))
    assert found["leak_verdicts"] + found["inverted_verdicts"] <= 0.3
    assert found.get("no_leak_verdicts", 0) == 0


def test_memory_of_groups_on_both_sides_is_no_leak():
    cell = Cell(160, images_per_group=4)
    found = summary(
        "WRONG: split cuts groups", cell, replicate("WRONG: split cuts groups", cell, range(40))
    )
    assert found["rejected"] > 0.5 and found["leak_verdicts"] == 0


def test_a_planted_leak_is_found():
    cell = Cell(160, images_per_group=4, leak=2.0)
    for name in ("probe, ROC AUC", "held-out accuracy"):
        assert summary(name, cell, replicate(name, cell, range(20)))["leak_verdicts"] > 0.8


@pytest.mark.parametrize(
    "cell",
    [
        Coverage("accuracy", 40),
        Coverage("accuracy", 20, truth=0.9),
        Coverage("balanced accuracy", 40),
        Coverage("ROC AUC", 40),
        Coverage("ROC AUC", 20, truth=0.9),
        Coverage("difference in accuracy", 40, method="t"),
        Coverage("difference in balanced accuracy", 40, method="t"),
        Coverage("difference in ROC AUC", 40, method="t"),
        Coverage("difference in ROC AUC", 40, method="bca"),
        Coverage("partial R²", 100, method="percentile"),
        Coverage("owed to a factor", 100, method="percentile"),
        Coverage("beyond a factor", 200, images_per_group=1, method="percentile"),
        Coverage("accuracy", 40, method="bca"),
        Coverage("accuracy", 20, sizes="log-normal"),
        Coverage("ROC AUC", 40, sizes="log-normal"),
        Coverage("difference in accuracy", 20, method="t", sizes="log-normal"),
        Coverage(PROBES[0], 100, images_per_group=1, classes=5),
        Coverage(PROBES[0], 100, images_per_group=1, leak=0.5),
        Coverage(PROBES[0], 20, leak=1.0, correlation=0.8),
        Coverage(PROBES[1], 100, images_per_group=1, classes=5),
    ],
)
def test_intervals_hold_the_truth(cell):
    trials = replicate("interval", cell, range(FIRST_INTERVALS))
    if not 1 <= (~trials["inside"].astype(bool)).sum() <= 4:
        more = replicate("interval", cell, range(FIRST_INTERVALS, INTERVALS))
        trials = pd.concat([trials, more], ignore_index=True)
    found = summary("interval", cell, trials)
    assert 0.885 < found["inside"] < 0.995  # 94 % in truth give less once in a thousand times


def test_all_tests_are_calibrated():
    listed = {name for name, _ in NULLS}
    assert listed == set(TESTS)
    assert {name for name, _ in POWER} <= listed
    assert len({*NULLS, *POWER, *COVERAGE}) >= len(NULLS) + len(COVERAGE)

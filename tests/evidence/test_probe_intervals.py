import numpy as np
import pytest
from scipy import stats

from confoundlab.evidence.probe_intervals import of_refitted
from confoundlab.inference.intervals import Interval

OF_GROUPS = Interval(0.6, 0.8, 0.05)


def of(estimate, null, classes=2, metric="ROC AUC", found=OF_GROUPS):
    return of_refitted(found, estimate, null, classes, metric)


def test_the_interval_holds_chance_where_the_null_does_as_well(rng):
    """Near chance it refuses what a two-sided test at 5 % by the null's spread refuses."""
    null = rng.normal(0.5, 0.1, 20_000)
    for steps in np.linspace(-1.99, 1.99, 9):
        found = of(0.5 + steps * null.std(ddof=1), null)
        assert (found.low <= 0.5 <= found.high) == (abs(steps) < stats.t.isf(0.025, 19_999))


@pytest.mark.parametrize(("metric", "end"), [("ROC AUC", 4), ("balanced accuracy", 8)])
def test_the_null_gives_way_to_the_groups_as_the_learner_is_sure(rng, metric, end):
    null = rng.normal(0.5, 0.05, 999)
    wide = null.std(ddof=1)
    centre = null.mean()
    assert of(centre + 1.001 * end * wide, null, metric=metric) == OF_GROUPS
    near = of(centre + 0.5 * end * wide, null, metric=metric)
    between = of(centre + 0.75 * end * wide, null, metric=metric)
    alone = of(centre + 0.75 * end * wide, null, metric=metric, found=Interval(9, 9, 9)).low
    assert near.low < 0.6  # the null's alone
    assert between.low == pytest.approx(alone + (0.6 - 9) / 2, abs=1e-9)


def test_more_columns_take_longer_to_be_sure(rng):
    null = rng.normal(0.5, 0.05, 999)
    estimate = null.mean() + 4.5 * null.std(ddof=1)
    assert of(estimate, null) == OF_GROUPS
    assert of(estimate, null, classes=9) != OF_GROUPS


@pytest.mark.parametrize(
    ("null", "found"),
    [
        (np.full(99, 0.5), OF_GROUPS),  # a statistic that does not move
        (np.array([0.4]), OF_GROUPS),
        (np.linspace(0.3, 0.7, 99), Interval(0.0, 1.0, np.inf)),  # too few groups compared
    ],
)
def test_without_a_spread_or_groups_nothing_is_changed(null, found):
    assert of(0.6, null, found=found) == found


@pytest.mark.parametrize("estimate", [0.0, 1.0])
def test_ends_stay_in_range_and_hold_the_estimate(rng, estimate):
    found = of(estimate, rng.normal(0.5, 0.3, 99), found=Interval(0.0, 1.0, 0.0))
    assert 0 <= found.low <= estimate <= found.high <= 1

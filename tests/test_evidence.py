import numpy as np
import pytest
from scipy import stats

from confoundlab.evidence import NullTest, combined, design_of, from_shift, score_correlation
from confoundlab.intervals import Interval


def test_p_values_count_ties_and_are_never_zero():
    test = NullTest(0.5, np.array([0.1, 0.5 + 1e-12, 0.9, 0.2]), 0.2)
    assert (test.above, test.below) == (3 / 5, 4 / 5)
    assert NullTest(1.0, np.zeros(99), 0.01).above == 1 / 100
    assert NullTest(1.0, np.zeros(9), 0.1, p_value=0.25).above == 0.25


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.99])
def test_twice_the_median_is_valid_however_tests_depend_on_each_other(rng, correlation):
    common = rng.normal(size=(4000, 1)) * np.sqrt(correlation)
    p = stats.norm.sf(common + rng.normal(size=(4000, 5)) * np.sqrt(1 - correlation))
    found = np.array([combined(row) for row in p])
    for level in (0.01, 0.05, 0.2):
        assert (found <= level).mean() <= level + 3 * np.sqrt(level / 4000)


def test_one_p_value_stays_and_none_exceeds_one():
    assert combined([0.03]) == 0.03
    assert combined([0.9, 0.8, 0.7]) == 1.0
    assert combined([0.01, 0.02, 0.9]) == pytest.approx(0.04)


def test_the_design_of_several_fits_pays_for_their_combination():
    labels = np.r_[np.zeros(30, int), np.ones(10, int)]
    one = design_of(labels, "accuracy", images_per_unit=2, correlation=0.5)
    many = design_of(labels, "accuracy", images_per_unit=2, correlation=0.5, fits=5)
    assert (one.n_units, one.classes, one.majority, one.alpha) == (40, 2, 0.75, 0.05)
    assert many.alpha == 0.025


def test_scores_that_follow_their_group_are_correlated_when_the_label_is_taken_out(rng):
    group = np.repeat(np.arange(40), 5)
    labels = (np.arange(40) % 2)[group]
    shared = rng.normal(size=40)[group] + 10 * labels
    scores = (shared + 0.1 * rng.normal(size=200)).astype(np.float32)[:, None]
    assert score_correlation(scores, labels, group) > 0.9
    free = (10 * labels + rng.normal(size=200)).astype(np.float32)[:, None]
    assert score_correlation(free, labels, group) < 0.2


def test_a_shift_is_found_four_times_in_five_at_its_stated_minimum(rng):
    null = rng.normal(size=4000)
    found = from_shift(
        "difference in accuracy", Interval(-2, 2, 1.0), 0.0, null / 10,
        chance=0.0, smallest_p=0.001, permuted="", permuted_why="", n_images=9, n_groups=9, seed=0,
    )  # fmt: skip
    least = found.minimum_detectable
    assert least == pytest.approx(min(1.0, 0.1645 + 0.8416), abs=0.02)
    assert found.p_value == pytest.approx(0.5, abs=0.03)

import numpy as np
import pytest
from scipy import stats

from confoundlab.design.power import minimum_detectable
from confoundlab.evidence.record import (
    NullTest,
    combined,
    design_of,
    least_refitted,
    least_shift,
    score_correlation,
)


def test_p_values_count_ties_and_are_never_zero():
    test = NullTest(0.5, np.array([0.1, 0.5 + 1e-12, 0.9, 0.2]), 0.2)
    assert (test.above, test.below) == (3 / 5, 4 / 5)
    assert NullTest(1.0, np.zeros(99), 0.01).above == 1 / 100
    assert NullTest(1.0, np.zeros(9), 0.1, p_value=0.25).above == 0.25


@pytest.mark.parametrize("fits", [2, 5, 10, 30])
@pytest.mark.parametrize("correlation", [0.0, 0.2, 0.4, 0.6, 0.9])
def test_the_combination_is_valid_however_tests_depend_on_each_other(rng, fits, correlation):
    common = rng.normal(size=(20_000, 1)) * np.sqrt(correlation)
    p = stats.norm.sf(common + rng.normal(size=(20_000, fits)) * np.sqrt(1 - correlation))
    found = np.array([combined(row, np.full(fits, 1e-4)) for row in p])
    for level in (0.01, 0.05):
        assert (found <= level).mean() <= level + 3 * np.sqrt(level / 20_000)


def test_the_combination_is_valid_for_tests_that_contradict_each_other(rng):
    z = rng.normal(size=(20_000, 5))
    p = stats.norm.sf((z - z.mean(axis=1, keepdims=True)) * np.sqrt(5 / 4))
    found = np.array([combined(row, np.full(5, 1e-4)) for row in p])
    assert (found <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 / 20_000)


def test_p_values_are_combined_as_by_the_cauchy_distribution():
    p = np.array([0.01, 0.2, 0.6])
    mean = stats.cauchy.sf(stats.cauchy.isf(p).mean())
    assert combined(p, [1e-9] * 3) == pytest.approx((1 + 0.16 * np.log(3)) * mean, rel=1e-9)
    assert combined([0.03], [0.01]) == 0.03
    assert combined([0.9] * 4, [0.01] * 4) == 1.0


def test_a_test_that_cannot_find_anything_is_not_combined():
    assert combined([0.03, 1.0], [0.01, 1.0]) == 0.03
    assert combined([1.0, 1.0], [1.0, 1.0]) == 1.0


def test_one_hopeless_fit_does_not_outweigh_the_others():
    assert combined([0.001, 0.001, 1.0], [0.001] * 3) < 0.01


def test_the_design_of_a_test_is_that_of_its_units():
    labels = np.r_[np.zeros(30, int), np.ones(10, int)]
    one = design_of(labels, "accuracy", images_per_unit=2, correlation=0.5)
    assert (one.n_units, one.classes, one.majority, one.alpha) == (40, 2, 0.75, 0.05)


def test_scores_that_follow_their_group_are_correlated_when_the_label_is_taken_out(rng):
    group = np.repeat(np.arange(40), 5)
    labels = (np.arange(40) % 2)[group]
    shared = rng.normal(size=40)[group] + 10 * labels
    scores = (shared + 0.1 * rng.normal(size=200)).astype(np.float32)[:, None]
    assert score_correlation(scores, labels, group) > 0.9
    free = (10 * labels + rng.normal(size=200)).astype(np.float32)[:, None]
    assert score_correlation(free, labels, group) < 0.2


def test_a_shift_is_found_four_times_in_five_at_its_stated_minimum(rng):
    null = rng.normal(size=4000) / 10
    found = least_shift(null, 0.2)
    assert found == pytest.approx(0.1645 + 0.2 * 0.8416, abs=0.01)
    estimates = found + 0.2 * rng.normal(size=4000)
    assert (estimates > np.quantile(null, 0.95)).mean() == pytest.approx(0.8, abs=0.02)
    assert least_shift(null, 9.0) == 1


def test_a_refitted_null_asks_for_more_than_the_design_where_it_is_wider(rng):
    design = design_of(np.arange(60) % 2, "ROC AUC", images_per_unit=1, correlation=0)
    least = minimum_detectable(design)
    assert least_refitted(design, rng.normal(0.5, 0.001, 999)) == least
    null = rng.normal(0.5, 0.15, 999)
    assert least_refitted(design, null) == pytest.approx(0.5 + 0.15 * (1.645 + 0.842), abs=0.03)
    assert least_refitted(design, np.r_[null[:99], np.full(900, 0.5)]) == 1


def test_no_p_value_is_smaller_than_the_design_allows():
    """Twelve labellings: one in twelve draws is as good as what was observed, by luck fewer."""
    null = np.r_[np.ones(70), np.zeros(929)]
    test = NullTest(1.0, null, smallest_p=1 / 12)
    assert (1 + 70) / 1000 < 1 / 12 == test.above
    assert NullTest(1.0, np.ones(999), smallest_p=1 / 12).above == 1
    assert NullTest(0.0, 1 - null, smallest_p=1 / 12).below == 1 / 12

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from confoundlab.inference.combining import combined, logit_ends, score_ends


@pytest.mark.parametrize("fits", [2, 5, 10, 30])
@pytest.mark.parametrize("correlation", [0.0, 0.2, 0.4, 0.6, 0.9])
def test_the_combination_is_valid_however_tests_depend_on_each_other(rng, fits, correlation):
    common = rng.normal(size=(50_000, 1)) * np.sqrt(correlation)
    p = stats.norm.sf(common + rng.normal(size=(50_000, fits)) * np.sqrt(1 - correlation))
    found = combined(p, np.full(fits, 1e-4))
    for level in (0.01, 0.05):
        assert (found <= level).mean() <= level + 3 * np.sqrt(level / 50_000)


def test_the_combination_is_valid_for_tests_that_contradict_each_other(rng):
    z = rng.normal(size=(50_000, 5))
    p = stats.norm.sf((z - z.mean(axis=1, keepdims=True)) * np.sqrt(5 / 4))
    found = combined(p, np.full(5, 1e-4))
    assert (found <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 / 50_000)


def test_p_values_are_combined_as_by_the_cauchy_distribution():
    p = np.array([0.01, 0.2, 0.6])
    mean = stats.cauchy.sf(stats.cauchy.isf(p).mean())
    assert combined(p, [1e-9] * 3) == pytest.approx((1 + 0.16 * np.log(3)) * mean, rel=1e-9)
    assert combined([0.03], [0.01]) == 0.03
    assert combined([0.9] * 4, [0.01] * 4) == 1.0


def test_a_test_that_cannot_find_anything_is_not_combined():
    assert combined([0.03, 1.0], [0.01, 1.0]) == 0.03
    assert combined([1.0, 1.0], [1.0, 1.0]) == 1.0


@pytest.mark.parametrize("dead", [1, 3, 5, 6])
def test_fits_that_learned_nothing_do_not_outweigh_those_that_did(dead):
    p = np.r_[np.full(10 - dead, 1e-4), np.ones(dead)]
    assert combined(p, np.full(10, 1e-4)) < 0.01
    assert combined([0.001, 0.001, 1.0], [0.001] * 3) < 0.01


@pytest.mark.parametrize("dead", [0.3, 0.7])
def test_the_combination_is_valid_among_fits_that_learned_nothing(rng, dead):
    p = rng.random((50_000, 10))
    p[rng.random(p.shape) < dead] = 1
    found = combined(p, np.full(10, 1e-3))
    assert (found <= 0.05).mean() <= 0.05 + 3 * np.sqrt(0.05 / 50_000)


@pytest.mark.parametrize("truth", [0.5, 0.8])
def test_logit_ends_hold_a_share_of_independent_groups(rng, truth):
    right = rng.random((4000, 40)) < truth
    shares = right.mean(axis=1)
    low, high = logit_ends(shares, right.std(axis=1) / np.sqrt(40), 40, 0.025)
    assert 0.94 < ((low <= truth) & (truth <= high)).mean() < 0.985


@pytest.mark.parametrize(("right", "answers"), [(0, 5), (3, 7.5), (40, 40), (120, 400)])
def test_score_ends_are_wilsons(right, answers):
    expected = proportion_confint(right, answers, method="wilson")
    assert score_ends(right / answers, answers, 1.959964) == pytest.approx(expected, abs=1e-6)

import numpy as np
import pytest
from scipy import stats

from confoundlab.errors import InputError
from confoundlab.inference.intervals import (
    bootstrap,
    difference,
    effective_by_class,
    effective_number,
    mean_recall,
)


def t_level(n):
    """The confidence that scipy must be asked for to use the levels of Hesterberg (2015)."""
    return 1 - 2 * stats.norm.cdf(np.sqrt(n / (n - 1)) * stats.t.ppf(0.025, n - 1))


@pytest.mark.parametrize(("ours", "theirs"), [("percentile", "percentile"), ("bca", "BCa")])
@pytest.mark.parametrize("n", [25, 200])
def test_intervals_agree_with_scipy_where_every_image_is_a_group(rng, ours, theirs, n):
    values = rng.beta(2, 0.5, n)
    found = bootstrap(
        mean_recall(values[:, None], np.ones((n, 1))), n, rng, method=ours, n_resamples=20_000
    )
    scipy = stats.bootstrap(
        (values,), np.mean, method=theirs, confidence_level=t_level(n), n_resamples=20_000, rng=rng
    )
    assert found.low == pytest.approx(scipy.confidence_interval.low, abs=0.006)
    assert found.high == pytest.approx(scipy.confidence_interval.high, abs=0.006)
    assert found.error == pytest.approx(scipy.standard_error, rel=0.05)


def test_the_logit_interval_is_that_of_the_bootstrapped_error(rng):
    hits = (np.arange(100) < 80).astype(float)[:, None]
    found = bootstrap(mean_recall(hits, np.ones((100, 1))), 100, rng, method="logit")
    half = stats.t.ppf(0.975, 99) * np.sqrt(0.8 * 0.2 / 100) / (0.8 * 0.2)
    odds = np.log(4)
    assert found.low == pytest.approx(1 / (1 + np.exp(half - odds)), abs=0.01)
    assert found.high == pytest.approx(1 / (1 + np.exp(-half - odds)), abs=0.01)


def test_nothing_wrong_in_any_group_gives_the_exact_bound(rng):
    for successes in (12, 0):
        hits = np.full((12, 1), successes / 12)
        found = bootstrap(mean_recall(hits, np.ones((12, 1))), 12, rng)
        exact = stats.binomtest(successes, 12).proportion_ci(method="exact")
        assert (found.low, found.high) == pytest.approx((exact.low, exact.high))


def test_rounding_does_not_hide_that_nothing_went_wrong(rng):
    for truth in (0.0, 1.0):
        found = bootstrap(
            lambda weights, truth=truth: np.abs(truth - 1e-8 * weights[:, 0]),
            12, rng, method="logit",
        )  # fmt: skip
        assert max(found.low, 1 - found.high) == pytest.approx(0.025 ** (1 / 12))


def test_a_paired_difference_is_narrower_than_two_intervals(rng):
    skill = rng.random((60, 1))
    first, second = (mean_recall(skill + gain, np.ones((60, 1))) for gain in (0.1, 0.0))
    found = bootstrap(difference(first, second), 60, rng, method="percentile")
    assert (found.low, found.high) == pytest.approx((0.1, 0.1), abs=1e-5)


def test_a_class_that_a_resample_lacks_is_left_out(rng):
    statistic = mean_recall([[1, 0], [0, 1]], [[1, 0], [0, 2]])
    assert statistic(np.array([[1, 1], [2, 0], [0, 2]], np.float32)).tolist() == [0.75, 1.0, 0.5]


def test_one_group_has_no_interval(rng):
    with pytest.raises(InputError, match="two groups"):
        bootstrap(mean_recall([[1]], [[1]]), 1, rng)
    with pytest.raises(InputError, match="Did you mean 'bca'"):
        bootstrap(mean_recall([[1], [0]], [[1], [1]]), 2, rng, method="bac")


def test_a_giant_counts_for_little():
    assert effective_number(np.full(20, 7)) == pytest.approx(20)
    assert effective_number([285, *[10] * 19]) == pytest.approx(1 / (0.36 + 0.16 / 19))
    assert effective_number([3, 3, 0, 0]) == 2 and effective_number([0, 0]) == 0


def test_the_t_interval_of_a_mean_is_the_textbooks(rng):
    values = rng.normal(size=30)
    found = bootstrap(
        lambda weights: weights @ values / weights.sum(axis=1), 30, rng, method="t",
        n_resamples=20_000, effective=30, ends=(-9, 9),
    )  # fmt: skip
    low, high = stats.t.interval(0.95, 29, values.mean(), stats.sem(values))
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.01)


@pytest.mark.parametrize("sizes", [[200, 10, 10], [285, *[10] * 19], [10, 10]])
def test_less_than_three_effective_groups_give_the_whole_range(rng, sizes):
    sizes = np.array(sizes)[:, None]
    found = bootstrap(
        mean_recall(sizes * 0.7, sizes),
        len(sizes),
        rng,
        method="logit",
        effective=effective_number(sizes),
    )
    assert (found.low, found.high) == (0, 1)


def test_where_classes_count_alike_the_rarer_one_says_how_sure_a_mean_is():
    own = np.eye(2)[[0, 0, 1, 1, 1]]  # of five groups two are of the one class
    assert effective_by_class(own) == 4
    assert effective_by_class(np.eye(2)[np.arange(20) % 2]) == 20
    assert effective_by_class(np.eye(2)[[0] * 9 + [1]]) == 2
    assert (
        effective_by_class(np.eye(3)[[0, 0, 1, 1]]) == 4
    )  # a class that is not there says nothing
    assert effective_by_class([[9, 0], [1, 0], [0, 5], [0, 5]]) < 4  # one giant group

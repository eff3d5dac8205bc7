import numpy as np
import pandas as pd
import pytest
from scipy import stats

from confoundlab import differences
from confoundlab.differences import corrected_resampled_t
from confoundlab.errors import InputError


def predictions(image, predicted):
    return pd.DataFrame({"image": image, "repeat": 0, "predicted": predicted})


def guesses(rng, labels, right):
    """Predictions that are right with a given probability, else drawn at random."""
    return np.where(rng.random(len(labels)) < right, labels, rng.permutation(labels))


def test_a_difference_agrees_with_mcnemar_where_every_image_is_a_group(rng):
    labels = rng.integers(0, 2, 200)
    first, second = guesses(rng, labels, 0.4), guesses(rng, labels, 0.2)
    rows = np.arange(200)
    found = differences.difference(
        predictions(rows, first), predictions(rows, second), labels, rows, n_permutations=9999
    )
    a, b = first == labels, second == labels
    only, other = (a & ~b).sum(), (~a & b).sum()
    assert found.estimate == pytest.approx(a.mean() - b.mean())
    # swapping answers at random is the exact McNemar test
    exact = stats.binomtest(only, only + other, alternative="greater").pvalue
    assert found.p_value == pytest.approx(exact, abs=0.015)
    gap = a.astype(float) - b
    theirs = stats.bootstrap((gap,), np.mean, method="percentile", rng=rng).confidence_interval
    assert (found.ci_low, found.ci_high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_a_difference_pairs_what_both_experiments_tested():
    labels, groups = np.array([0, 1] * 10), np.arange(20) // 2
    first = predictions(np.arange(20), labels)
    second = predictions(np.arange(10), 1 - labels[:10])
    found = differences.difference(first, second, labels, groups)
    assert (found.estimate, found.n_groups, found.n_images) == (1.0, 5, 10)
    with pytest.raises(InputError, match="0 group"):
        differences.difference(
            predictions([0, 1], [0, 1]), predictions([4, 5], [0, 1]), labels, groups
        )


def test_corrected_t_is_the_usual_t_with_a_wider_variance(rng):
    """scikit-learn's example of two learners over repeated folds widens the error alike."""
    values = rng.normal(0.02, 0.05, 30)
    found = corrected_resampled_t(values, n_train=180, n_test=20)
    usual = stats.ttest_1samp(values, 0)
    widened = np.sqrt(1 + 30 * 20 / 180)
    assert found.t == pytest.approx(usual.statistic / widened)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(found.t), 29))
    low, high = usual.confidence_interval()
    assert found.ci_high - found.ci_low == pytest.approx((high - low) * widened)


def test_corrected_t_of_differences_that_do_not_vary():
    assert corrected_resampled_t([0.0, 0.0], n_train=8, n_test=2).p_value == 1
    sure = corrected_resampled_t([0.1, 0.1], n_train=8, n_test=2)
    assert 0 < sure.p_value < 1e-9 and sure.estimate == sure.ci_low == sure.ci_high


@pytest.mark.parametrize(
    ("values", "sizes", "why"),
    [
        ([0.1], (8, 2), "two numbers"),
        ([0.1, np.nan], (8, 2), r"place\(s\) \[1\]"),
        ([0.1, 0.2], (0, 2), "must be positive"),
    ],
)
def test_odd_differences_are_refused(values, sizes, why):
    with pytest.raises(InputError, match=why):
        corrected_resampled_t(values, n_train=sizes[0], n_test=sizes[1])

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from confoundlab.errors import InputError
from confoundlab.evidence import differences, held_out
from confoundlab.evidence.differences import corrected_resampled_t


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
        predictions(rows, first),
        predictions(rows, second),
        labels,
        rows,
        n_permutations=9999,
        interval="percentile",
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


def test_balanced_differences_agree_with_scikit_learn(rng):
    labels = rng.permutation(np.repeat([0, 1, 2], [60, 30, 12]))
    groups = np.arange(102) // 2
    first, second = guesses(rng, labels, 0.5), guesses(rng, labels, 0.2)
    rows = np.arange(102)
    tables = [predictions(rows, named) for named in (first, second)]
    found = differences.difference(*tables, labels, groups, balanced=True, n_permutations=1999)
    theirs = balanced_accuracy_score(labels, first) - balanced_accuracy_score(labels, second)
    assert found.metric == "difference in balanced accuracy"
    assert found.estimate == pytest.approx(theirs)
    null = []
    for _ in range(1000):
        swap = (rng.random(51) < 0.5)[groups]
        one, other = np.where(swap, second, first), np.where(swap, first, second)
        null.append(balanced_accuracy_score(labels, one) - balanced_accuracy_score(labels, other))
    assert found.null_q95 == pytest.approx(np.quantile(null, 0.95), abs=0.02)
    assert found.null_mean == pytest.approx(0, abs=0.01)


def test_a_balanced_interval_agrees_with_scipy(rng):
    labels = rng.permutation(np.repeat([0, 1], [140, 60]))
    first, second = guesses(rng, labels, 0.6), guesses(rng, labels, 0.3)
    rows = np.arange(200)
    found = differences.difference(
        predictions(rows, first),
        predictions(rows, second),
        labels,
        rows,
        balanced=True,
        interval="percentile",
    )

    def gap(y, one, other):
        return np.mean([(one == y)[y == c].mean() - (other == y)[y == c].mean() for c in (0, 1)])

    theirs = stats.bootstrap(
        (labels, first, second), gap, paired=True, vectorized=False, method="percentile",
        n_resamples=2000, rng=rng,
    ).confidence_interval  # fmt: skip
    assert (found.ci_low, found.ci_high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def scored(rng, labels, classes, strength):
    """Scores that know the label a little, with ties; a column a class, one where there are two."""
    own = labels[:, None] == np.arange(classes)
    table = np.round(rng.normal(size=(len(labels), classes)) + strength * own, 1)
    return np.round(table[:, 1] - table[:, 0], 1) if classes == 2 else table


@pytest.mark.parametrize("classes", [2, 4])
def test_a_difference_in_auc_agrees_with_scikit_learn(rng, classes):
    labels = rng.permutation(np.arange(120) % classes)
    first, second = scored(rng, labels, classes, 1.0), scored(rng, labels, classes, 0.5)
    found = differences.difference_in_auc(first, second, labels, np.arange(120) // 3)

    def auc(scores):
        columns = scores.reshape(120, -1)
        each = range(classes) if classes > 2 else [1]
        return np.mean([roc_auc_score(labels == c, columns[:, c % columns.shape[1]]) for c in each])

    assert found.metric == "difference in ROC AUC"
    assert found.estimate == pytest.approx(auc(first) - auc(second), abs=1e-12)
    assert (found.n_images, found.n_groups, found.chance) == (120, 40, 0)
    apart = [held_out.roc_auc(s, labels, np.arange(120) // 3).estimate for s in (first, second)]
    assert found.estimate == pytest.approx(apart[0] - apart[1], abs=1e-12)


def test_the_null_of_a_difference_in_auc_is_that_of_all_swaps(rng):
    """Six groups can be swapped in 64 ways: each scored by scikit-learn on ranks."""
    labels, groups = rng.permutation(np.arange(36) % 2), np.arange(36) // 6
    first, second = scored(rng, labels, 2, 1.2), 100 * scored(rng, labels, 2, 0.6)
    found = differences.difference_in_auc(first, second, labels, groups, n_permutations=4999)
    a, b = stats.rankdata(first), stats.rankdata(second)
    every = []
    for swap in itertools.product([False, True], repeat=6):
        own = np.array(swap)[groups]
        one, other = np.where(own, b, a), np.where(own, a, b)
        every.append(roc_auc_score(labels, one) - roc_auc_score(labels, other))
    exact = np.mean(np.array(every) >= every[0] - 1e-9)
    assert found.p_value == pytest.approx(exact, abs=0.02)
    assert found.smallest_p == 1 / 64
    assert found.null_q95 == pytest.approx(np.quantile(every, 0.95), abs=0.02)


def test_an_interval_of_a_difference_in_auc_agrees_with_scipy(rng):
    labels = rng.permutation(np.arange(150) % 2)
    first, second = scored(rng, labels, 2, 1.0), scored(rng, labels, 2, 0.5)
    found = differences.difference_in_auc(
        first, second, labels, np.arange(150), interval="percentile"
    )

    def gap(y, one, other):
        won = [stats.rankdata(scores)[y == 1].mean() for scores in (one, other)]
        return (won[0] - won[1]) / (y == 0).sum()

    theirs = stats.bootstrap(
        (labels, first, second), gap, paired=True, vectorized=False, method="percentile",
        n_resamples=2000, rng=rng,
    ).confidence_interval  # fmt: skip
    assert (found.ci_low, found.ci_high) == pytest.approx((theirs.low, theirs.high), abs=0.02)


def test_scales_order_and_names_change_no_difference(rng):
    labels, groups, fold = np.arange(90) % 3, np.arange(90) // 5, np.arange(90) // 5 % 2
    first, second = scored(rng, labels, 3, 1.0), scored(rng, labels, 3, 0.5)
    found = differences.difference_in_auc(first, second, labels, groups, folds=fold)
    bent = differences.difference_in_auc(
        np.exp(first) + 1000 * fold[:, None], second**3, labels, groups, folds=fold
    )
    moved = rng.permutation(90)
    shuffled = differences.difference_in_auc(
        first[moved], second[moved], labels[moved], groups[moved], folds=fold[moved]
    )
    assert found == bent == shuffled
    names = np.array([2, 0, 1])
    renamed = differences.difference_in_auc(
        first[:, np.argsort(names)], second[:, np.argsort(names)], names[labels], groups, folds=fold
    )
    reverse = differences.difference_in_auc(second, first, labels, groups, folds=fold)
    for other, sign in ((renamed, 1), (reverse, -1)):
        assert other.estimate == pytest.approx(sign * found.estimate, abs=1e-12)
    assert renamed.p_value == found.p_value
    assert reverse.p_value == pytest.approx(found.p_below, abs=0.05)


@pytest.mark.parametrize("balanced", [False, True])
def test_renamed_and_reordered_predictions_change_no_difference(rng, balanced):
    labels, groups, names = np.arange(90) % 3, np.arange(90) // 5, np.array([2, 0, 1])
    called = [guesses(rng, labels, right) for right in (0.6, 0.3)]
    found, renamed, shuffled = (
        differences.difference(*tables, y, groups, balanced=balanced)
        for tables, y in (
            ([predictions(np.arange(90), one) for one in called], labels),
            ([predictions(np.arange(90), names[one]) for one in called], names[labels]),
            ([predictions(np.arange(90), one).sample(frac=1) for one in called], labels),
        )
    )
    assert found == shuffled
    assert renamed.estimate == pytest.approx(found.estimate, abs=1e-12)
    assert renamed.p_value == found.p_value


def test_experiments_that_agree_everywhere_do_not_differ(rng):
    labels, groups = np.arange(40) % 2, np.arange(40) // 4
    scores = scored(rng, labels, 2, 0.5)
    table = predictions(np.arange(40), guesses(rng, labels, 0.3))
    for found in (
        differences.difference_in_auc(scores, 2 * scores, labels, groups),
        differences.difference(table, table, labels, groups, balanced=True),
    ):
        assert (found.estimate, found.p_value) == (0, 1)
        assert found.ci_low == -found.ci_high < 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"first": np.full(8, np.nan)}, r"'first'.*row\(s\) \[0, 1, 2, 3, 4\]"),
        ({"second": [0, 1, 2, np.inf, 0, 1, 2, 3]}, r"'second'.*row\(s\) \[3\]"),
        ({"second": np.zeros((8, 3))}, r"'second' must have shape \(8, 2\)"),
        ({"first": list("abcdefgh")}, "'first' must be numbers"),
        ({"labels": np.zeros(8, int)}, "two classes"),
        ({"labels": np.array([0, 1, 0, -1, 0, 1, 0, 1])}, r"labels.*row\(s\) \[3\]"),
        ({"groups": np.zeros(8, int)}, "two groups"),
        ({"groups": np.arange(7)}, "'groups'"),
        ({"folds": np.arange(7)}, "'folds'"),
        ({"folds": np.arange(8)}, "inside a fold"),
        ({"n_permutations": 0}, "permutation"),
        ({"interval": "logit"}, "interval"),
    ],
)
def test_odd_scores_are_refused(change, why):
    given = {"first": np.arange(8), "second": np.arange(8), "labels": np.arange(8) % 2}
    given |= {"groups": np.arange(8) // 2} | change
    with pytest.raises(InputError, match=why):
        differences.difference_in_auc(**given)


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


@pytest.mark.parametrize("sizes", [[10] * 3, [300, *[5] * 12]])
def test_few_groups_have_no_interval_of_a_difference(rng, sizes):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = np.arange(len(groups)) % 2
    rows = np.arange(len(groups))
    tables = [predictions(rows, guesses(rng, labels, skill)) for skill in (0.9, 0.1)]
    found = differences.difference(*tables, labels, groups)
    assert (found.ci_low, found.ci_high) == (-1, 1) and found.minimum_detectable == 1


def test_intervals_hold_no_difference_where_groups_are_of_unlike_sizes():
    missed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sizes = np.maximum(1, np.round(10 * np.exp(rng.normal(size=20)))).astype(int)
        groups = np.repeat(np.arange(20), sizes)
        labels, rows = np.zeros(len(groups), int), np.arange(len(groups))
        labels[groups % 2 == 1] = 1
        right = [
            np.where(rng.random(len(groups)) < 0.7, (rng.random(20) < 0.6)[groups], 0)
            for _ in range(2)
        ]
        tables = [predictions(rows, np.where(one, labels, 1 - labels)) for one in right]
        found = differences.difference(*tables, labels, groups, n_permutations=1, seed=seed)
        missed += not found.ci_low <= 0 <= found.ci_high
    assert missed <= stats.binom.ppf(0.999, 200, 0.06)

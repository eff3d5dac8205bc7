import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from confoundlab.errors import InputError
from confoundlab.evidence import held_out


def predictions(image, predicted, repeat=0):
    return pd.DataFrame({"image": image, "repeat": repeat, "predicted": predicted})


def guesses(rng, labels, right):
    """Predictions that are right with a given probability, else drawn at random."""
    return np.where(rng.random(len(labels)) < right, labels, rng.permutation(labels))


def test_estimate_chance_and_counts(rng):
    labels, groups = np.repeat([0, 1, 2], [50, 30, 20]), np.arange(100) // 5
    rows = np.arange(100)
    found = held_out.accuracy(predictions(rows, labels), labels, groups)
    # as many groups, all right: the exact binomial bound
    exact = stats.binomtest(20, 20).proportion_ci(method="exact")
    assert (found.estimate, found.ci_high) == (1, 1)
    assert found.ci_low == pytest.approx(exact.low)
    assert found.chance == 0.5
    assert (found.n_images, found.n_groups, found.n_repeats) == (100, 20, 1)
    assert found.repeat_sd is None
    assert found.p_value == 1 / 1000  # the smallest that 999 permutations allow, and not zero


def test_repeats_are_pooled_and_their_spread_reported():
    labels = np.array([0, 0, 1, 1])
    both = pd.concat([predictions([0, 2], [0, 1], 0), predictions([1, 3], [0, 0], 1)])
    found = held_out.accuracy(both, labels, np.arange(4))
    assert found.estimate == 0.75
    assert found.repeat_sd == pytest.approx(np.std([1.0, 0.5], ddof=1))


def test_interval_agrees_with_scipy_where_every_image_is_a_group(rng):
    labels = rng.integers(0, 2, 300)
    predicted = guesses(rng, labels, 0.6)
    found = held_out.accuracy(
        predictions(np.arange(300), predicted), labels, np.arange(300), interval="percentile"
    )
    correct = (predicted == labels).astype(float)
    scipy = stats.bootstrap((correct,), np.mean, method="percentile", rng=rng).confidence_interval
    assert found.ci_low == pytest.approx(scipy.low, abs=0.012)
    assert found.ci_high == pytest.approx(scipy.high, abs=0.012)


def test_p_value_agrees_with_scipy_where_every_image_is_a_group(rng):
    labels = rng.integers(0, 3, 120)
    predicted = guesses(rng, labels, 0.1)
    found = held_out.accuracy(
        predictions(np.arange(120), predicted), labels, np.arange(120), n_permutations=4999
    )
    scipy = stats.permutation_test(
        (labels,),
        lambda shuffled: np.mean(shuffled == predicted),
        permutation_type="pairings",
        alternative="greater",
        n_resamples=4999,
        rng=rng,
    )
    assert 0.01 < scipy.pvalue < 0.99
    assert found.p_value == pytest.approx(scipy.pvalue, abs=0.03)
    assert found.null_mean == pytest.approx(scipy.null_distribution.mean(), abs=0.005)


def grouped_null(rng, n_groups=24, size=10):
    """Groups of near copies with one label each; predictions follow the group, not the label."""
    groups = np.repeat(np.arange(n_groups), size)
    labels = rng.permutation(np.arange(n_groups) % 2)[groups]
    predicted = rng.permutation(np.arange(n_groups) % 2)[groups]
    return predictions(np.arange(len(groups)), predicted), labels, groups


def test_correlated_groups_are_no_evidence():
    """With 24 groups of ten copies, counting images one by one finds leaks that are not there."""
    by_group, by_image, covered = [], [], []
    for seed in range(200):
        rows, labels, groups = grouped_null(np.random.default_rng(seed))
        right = held_out.accuracy(rows, labels, groups, n_permutations=199, seed=seed)
        wrong = held_out.accuracy(
            rows, labels, np.arange(len(labels)), n_permutations=199, seed=seed
        )
        by_group.append(right.p_value)
        by_image.append(wrong.p_value)
        covered.append(right.ci_low <= 0.5 <= right.ci_high)
        assert right.permuted == "whole groups"
    # 20 of 200 is beyond three standard errors of 5 %
    assert (np.array(by_group) <= 0.05).sum() < 20
    assert (np.array(by_image) <= 0.05).sum() > 40
    assert np.mean(covered) > 0.88


def test_p_values_are_uniform_on_a_null_without_groups():
    values = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 4, 200)
        rows = predictions(np.arange(200), rng.integers(0, 4, 200))
        values.append(held_out.accuracy(rows, labels, np.arange(200), n_permutations=99).p_value)
    assert stats.kstest(values, "uniform").pvalue > 0.001


def test_labels_that_vary_within_groups_are_permuted_within_them(rng):
    """Predictions that only know each group's label mix are worth nothing within groups."""
    groups = np.repeat([0, 1], [200, 210])
    labels = np.r_[rng.random(200) < 0.9, rng.random(210) < 0.1].astype(int)
    found = held_out.accuracy(predictions(np.arange(410), 1 - groups), labels, groups)
    assert found.permuted == "images within their groups"
    assert found.estimate > 0.8 and found.p_value == 1


def test_a_mixture_that_holds_for_many_groups_of_one_size_is_found(rng):
    """Most patients have one image, some two: their labels vary between patients and within."""
    groups = np.r_[np.arange(200), np.repeat(np.arange(200, 230), 2)]
    labels = rng.integers(0, 2, 260)
    right = predictions(np.arange(260), np.where(rng.random(260) < 0.65, labels, 1 - labels))
    found = held_out.accuracy(right, labels, groups)
    assert found.permuted == "images within their groups, and groups of one size"
    assert found.p_value < 0.01
    wrong = predictions(np.arange(260), rng.integers(0, 2, 260))
    assert held_out.accuracy(wrong, labels, groups).p_value > 0.01


def test_many_fits_of_the_same_images_are_no_news():
    labels = np.array([0, 1] * 4)
    one = predictions(np.arange(8), labels)
    many = pd.concat([one.assign(repeat=repeat) for repeat in range(50)])
    few = held_out.accuracy(one, labels, np.arange(8), n_permutations=9999)
    found = held_out.accuracy(many, labels, np.arange(8), n_permutations=9999)
    # 4!4!/8! = 1/70 of all labellings are perfect, however often each image was tested
    assert few.p_value == pytest.approx(1 / 70, abs=0.005)
    assert few.p_value <= found.p_value < 2 * few.p_value


def test_renaming_and_reordering_change_nothing(rng):
    labels, groups = rng.integers(0, 3, 90), np.arange(90) // 3
    predicted = guesses(rng, labels, 0.3)
    rows = predictions(np.arange(90), predicted)
    before = held_out.accuracy(rows, labels, groups)
    swapped = np.array([2, 0, 1])
    after = held_out.accuracy(
        predictions(np.arange(90), swapped[predicted]), swapped[labels], groups
    )
    shuffled = held_out.accuracy(rows.sample(frac=1, random_state=0), labels, groups)
    assert before == shuffled
    assert after.estimate == before.estimate
    assert (after.ci_low, after.ci_high) == (before.ci_low, before.ci_high)
    assert after.p_value == pytest.approx(before.p_value, abs=0.03)


def test_minimum_detectable_is_found_four_times_in_five():
    """Planted accuracies at the stated minimum are significant in about 80 % of studies."""
    n, hits, stated = 200, 0, []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 2, n)
        correct = rng.random(n) < 0.588
        rows = predictions(np.arange(n), np.where(correct, labels, 1 - labels))
        found = held_out.accuracy(rows, labels, np.arange(n), n_permutations=199, seed=seed)
        hits += found.p_value <= 0.05
        stated.append(found.minimum_detectable)
    assert np.mean(stated) == pytest.approx(0.588, abs=0.01)
    assert 0.7 < hits / 200 < 0.9


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (predictions([], []), "no predictions"),
        (predictions([0, 9], [0, 1]), "must be 0..3"),
        (predictions([0], [0]).drop(columns="repeat"), "lack the column"),
    ],
)
def test_bad_predictions_are_refused(rows, why):
    with pytest.raises(InputError, match=why):
        held_out.accuracy(rows, np.array([0, 0, 1, 1]), np.arange(4))


def test_labels_and_groups_must_match():
    with pytest.raises(InputError, match="4 labels, but 3"):
        held_out.accuracy(predictions([0], [0]), np.array([0, 0, 1, 1]), np.arange(3))


def test_balanced_accuracy_and_its_null_agree_with_scikit_learn_and_scipy(rng):
    labels = rng.permutation(np.repeat([0, 1, 2], [60, 30, 10]))
    predicted = guesses(rng, labels, 0.1)
    found = held_out.accuracy(
        predictions(np.arange(100), predicted), labels, np.arange(100), balanced=True,
        n_permutations=1999,
    )  # fmt: skip
    assert found.estimate == pytest.approx(balanced_accuracy_score(labels, predicted))
    assert (found.metric, found.chance) == ("balanced accuracy", 1 / 3)
    null = [balanced_accuracy_score(rng.permutation(labels), predicted) for _ in range(1000)]
    assert found.null_mean == pytest.approx(np.mean(null), abs=0.01)
    assert found.null_q95 == pytest.approx(np.quantile(null, 0.95), abs=0.02)


@pytest.mark.parametrize("classes", [2, 4])
def test_roc_auc_and_its_null_agree_with_scikit_learn(rng, classes):
    labels = np.arange(120) % classes
    scores = rng.random((120, classes)) + 0.3 * (labels[:, None] == np.arange(classes))
    scores = scores / scores.sum(1, keepdims=True)
    given = np.round(scores[:, 1], 2) if classes == 2 else scores  # with ties, and without
    found = held_out.roc_auc(given, labels, np.arange(120), n_permutations=999)

    def theirs(y):
        return (
            roc_auc_score(y, given, multi_class="ovr") if classes > 2 else roc_auc_score(y, given)
        )

    assert found.estimate == pytest.approx(theirs(labels), abs=1e-6)
    null = [theirs(rng.permutation(labels)) for _ in range(400)]
    assert found.null_mean == pytest.approx(np.mean(null), abs=0.01)
    assert found.null_q95 == pytest.approx(np.quantile(null, 0.95), abs=0.02)
    assert found.ci_low < found.estimate < found.ci_high


def test_images_of_different_folds_are_not_compared(rng):
    """Two folds, each ranked perfectly, with zero points far apart."""
    labels, fold = np.arange(40) % 2, np.repeat([0, 1], 20)
    scores = labels + 100.0 * fold
    assert held_out.roc_auc(scores, labels, np.arange(40), folds=fold).estimate == 1
    assert held_out.roc_auc(scores, labels, np.arange(40)).estimate < 0.8


def test_evidence_prints_itself():
    labels = np.array([0, 1] * 20)
    words = str(held_out.accuracy(predictions(np.arange(40), labels), labels, np.arange(40)))
    assert "accuracy 1.000" in words and "p = 0.001" in words and "whole groups permuted" in words


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"predicted": [0.0, np.nan]}, "'predicted'.*row"),
        ({"predicted": [0, -1]}, "'predicted'.*row"),
        ({"image": ["a", "b"]}, "'image'.*row"),
        ({"image": [0, 2]}, "same label"),
    ],
)
def test_odd_columns_are_refused_with_their_name(change, why):
    rows = predictions([0, 1], [0, 1]).assign(**change)
    with pytest.raises(InputError, match=why):
        held_out.accuracy(rows, np.array([0, 1, 0]), np.arange(3))


@pytest.mark.parametrize(
    ("scores", "labels", "why"),
    [
        (np.zeros((3, 2)), [0, 1, 0, 1], "shape"),
        ([0, 1, np.nan, 2], [0, 1, 0, 1], r"row\(s\) \[2\]"),
        (np.zeros(4), [0, 0, 0, 0], "classes|shape"),
    ],
)
def test_odd_scores_are_refused(scores, labels, why):
    with pytest.raises(InputError, match=why):
        held_out.roc_auc(scores, np.array(labels), np.arange(4))


def test_among_equal_accuracies_the_surer_right_answers_win(rng):
    """A net that gives all images one name is right as often whatever the labels are."""
    labels = np.arange(60) % 2
    same = predictions(np.arange(60), np.zeros(60, int))
    assert held_out.accuracy(same, labels, np.arange(60)).p_value == 1
    knows = same.assign(confidence=0.5 + 0.3 * (labels == 0) + 0.01 * rng.random(60))
    found = held_out.accuracy(knows, labels, np.arange(60))
    assert found.estimate == 0.5 and found.p_value == 1 / 1000
    scaled = knows.assign(confidence=knows["confidence"] ** 3 / 7)
    assert held_out.accuracy(scaled, labels, np.arange(60)) == found


def test_confidences_do_not_change_an_accuracy_that_is_not_tied(rng):
    labels, groups = np.arange(200) % 2, np.arange(200) // 4
    table = predictions(np.arange(200), guesses(rng, labels, 0.8))
    plain = held_out.accuracy(table, labels, groups)
    sure = held_out.accuracy(table.assign(confidence=rng.random(200)), labels, groups)
    assert (plain.estimate, plain.ci_low, plain.ci_high) == (
        sure.estimate, sure.ci_low, sure.ci_high,
    )  # fmt: skip
    assert sure.p_value <= plain.p_value and sure.null_mean == pytest.approx(
        plain.null_mean, abs=1e-4
    )


def test_confidences_that_are_missing_are_named():
    table = predictions(np.arange(4), np.array([0, 1, 0, 1])).assign(confidence=[1, 1, np.nan, 1])
    with pytest.raises(InputError, match=r"'confidence'.*\[2\]"):
        held_out.accuracy(table, np.array([0, 1, 0, 1]), np.arange(4))

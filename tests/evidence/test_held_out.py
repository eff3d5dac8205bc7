import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from confoundlab.calibration.designs import Cell
from confoundlab.calibration.rates import replicate
from confoundlab.errors import InputError
from confoundlab.evidence import held_out
from confoundlab.evidence.reading import both_tails, detectable
from confoundlab.evidence.verdicts import Verdict, verdict


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


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (predictions([0, 1, 0], [0, 1, 1]), r"named twice in one repeat.*row\(s\) \[2\]"),
        (predictions([], []), "no predictions"),
        (predictions([0, 9], [0, 1]), "must be 0..3"),
        (predictions([0], [0]).drop(columns="repeat"), "lack the column"),
    ],
)
def test_bad_predictions_are_refused(rows, why):
    with pytest.raises(InputError, match=why):
        held_out.accuracy(rows, np.array([0, 0, 1, 1]), np.arange(4))


@pytest.mark.parametrize(
    "labels", [np.array(["a", "b"] * 2), np.array([0.0, 1.0] * 2), np.array([-1, 1] * 2)]
)
def test_labels_that_are_no_numbers_from_zero_are_refused_in_words(labels):
    with pytest.raises(InputError, match="labels must be one column of numbers 0, 1, 2"):
        held_out.accuracy(predictions(np.arange(4), [0, 1, 0, 1]), labels, np.arange(4))
    with pytest.raises(InputError, match="labels must be one column of numbers 0, 1, 2"):
        held_out.roc_auc(np.arange(4), labels, np.arange(4))


def test_columns_of_a_table_with_any_index_are_taken(rng):
    labels, groups = rng.integers(0, 2, 60), np.repeat(np.arange(20), 3)
    rows, scores = predictions(np.arange(60), guesses(rng, labels, 0.5)), rng.random(60)
    table = pd.DataFrame({"label": labels, "group": groups}, index=np.arange(60) + 500)
    names = table["group"].map("patient {:02}".format)
    for given in (table["group"], names):
        assert held_out.accuracy(rows, table["label"], given).p_value == (
            held_out.accuracy(rows, labels, groups).p_value
        )
        assert held_out.roc_auc(scores, table["label"], given).p_value == (
            held_out.roc_auc(scores, labels, groups).p_value
        )


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


def test_fits_that_named_one_class_only_are_counted_and_do_not_hide_the_others(rng):
    """Half of the nets never left the commonest class; the rest are right in half of the images."""
    labels = rng.integers(0, 8, 400)
    fits = []
    for repeat in range(10):
        rows = rng.permutation(400)[:100]
        named = guesses(rng, labels[rows], 0.4) if repeat % 2 else np.full(100, 3)
        fits.append(predictions(rows, named, repeat))
    found = held_out.accuracy(pd.concat(fits), labels, np.arange(400))
    assert (found.n_fits, found.n_dead, found.n_classes) == (10, 5, 8)
    assert found.p_value < 0.01 and verdict(found).verdict == Verdict.LEAK
    assert "5 of 10 nets learned" in str(found) and "one-sided" in str(found)
    dead = pd.concat(fits[::2])
    judged = verdict(held_out.accuracy(dead, labels, np.arange(400)))
    assert judged.verdict == Verdict.INCONCLUSIVE
    assert "5 of 5 nets named one class only" in judged.reasons[0]


def test_few_images_of_one_name_are_no_sign_of_a_dead_net():
    pairs = pd.concat([predictions([2 * one, 2 * one + 1], [0, 0], one) for one in range(10)])
    assert held_out.accuracy(pairs, np.arange(20) % 2, np.arange(20)).n_dead == 0
    labels = np.arange(40) % 2
    fold = np.arange(40) // 10
    scores = np.where(fold == 0, 0.5, np.random.default_rng(0).random(40))
    assert held_out.roc_auc(scores, labels, np.arange(40), folds=fold).n_dead == 1


def test_what_is_judged_by_plain_accuracy_is_even():
    assert held_out.default_metric(np.repeat([0, 1], [55, 45])) == "accuracy"
    assert held_out.default_metric(np.repeat([0, 1], [90, 10])) == "balanced accuracy"
    assert held_out.default_metric(np.repeat([0, 2, 5], [60, 20, 20])) == "balanced accuracy"


def nine_to_one(seed, leak, n=500):
    """A threshold on one feature, best for nine images to one, named on images it never saw."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % 10 == 0).astype(int)
    x = rng.normal(size=n) + leak * labels
    best = leak / 2 + np.log(9) / leak if leak else stats.norm.isf(0.05)
    rows = predictions(np.arange(n), (x > best).astype(int))
    balanced = held_out.default_metric(labels) == "balanced accuracy"
    found = held_out.accuracy(
        rows, labels, np.arange(n), balanced=balanced, n_permutations=199, seed=seed
    )
    return verdict(found).verdict


@pytest.mark.slow
def test_a_leak_among_nine_to_one_is_found_and_none_where_there_is_none():
    assert sum(nine_to_one(seed, 1.5) == Verdict.LEAK for seed in range(150)) >= 140
    # 14 of 150 is beyond three standard errors of 5 %
    assert sum(nine_to_one(seed, 0.0) == Verdict.LEAK for seed in range(150)) < 8


DESIGNS = {
    "one fit": {"n": 200},
    "ten tests": {"n": 600, "n_tests": 10},
    "near copies": {"n": 400, "size": 10},
    "ten folds of four classes": {"n": 500, "classes": 4, "fits": 10, "share": 0.1},
    "ten random fifths": {"n": 500, "fits": 10, "share": 0.2, "random": True},
    "uneven, named by their shares": {"n": 300, "majority": 0.7},
    "uneven, the commonest named": {"n": 300, "majority": 0.7, "lazy": True},
}


def planted(seed, accuracy, *, n, classes=2, size=1, fits=1, share=1.0, random=False,
            majority=0.0, lazy=False, n_tests=1):  # fmt: skip
    """Answers that are right by knowledge, or else guessed, so often that the accuracy is that."""
    rng = np.random.default_rng(seed)
    groups = np.arange(n) // size
    shares = np.full(classes, (1 - majority) / (classes - 1)) if majority else np.ones(classes)
    shares[0] = majority or 1
    shares /= shares.sum()
    own = np.searchsorted(np.cumsum(shares)[:-1], (np.arange(n // size) + 0.5) / (n // size))
    labels = rng.permutation(own)[groups]
    guess = np.eye(classes)[0] if lazy else shares
    base = float(shares @ guess)
    known = (accuracy - base) / (1 - base)
    places = rng.permutation(n)
    tables = []
    for fit in range(fits):
        many = round(n * share)
        rows = rng.permutation(n)[:many] if random else places[fit * many : (fit + 1) * many]
        follows = rng.random((2, n // size if size > 1 else n))
        group = groups if size > 1 else np.arange(n)
        knows = np.where(rng.random(n) < np.sqrt(0.5), follows[0][group], rng.random(n)) < known
        guessed = rng.choice(classes, n // size, p=guess)[groups]
        guessed = np.where(rng.random(n) < 0.5, guessed, rng.choice(classes, n, p=guess))
        tables.append(predictions(rows, np.where(knows, labels, guessed)[rows], fit))
    found = held_out.accuracy(
        pd.concat(tables), labels, groups, n_permutations=1999 if n_tests > 1 else 999, seed=seed
    )
    return found, verdict(found, p_adjusted=min(1, n_tests * both_tails(found)), n_tests=n_tests)


@pytest.mark.slow
@pytest.mark.parametrize("name", DESIGNS)
def test_what_would_have_been_found_is_called_leak_four_times_in_five(name):
    options = DESIGNS[name]
    first, _ = planted(0, 0.75, **options)
    stated = detectable(first, options.get("n_tests", 1))
    assert first.chance < stated < 1
    leaks = [planted(seed, stated, **options)[1].verdict == Verdict.LEAK for seed in range(80)]
    assert np.mean(leaks) > 0.68  # 2.7 standard errors below 80 %


@pytest.mark.slow
def test_no_leak_is_found_only_where_the_margin_is_excluded():
    """A leak of exactly the margin is denied in 2.5 % of studies, and no leak mostly."""
    denied = [planted(seed, 0.6, n=500)[1].verdict for seed in range(150)]
    assert denied.count(Verdict.NO_LEAK_FOUND) <= 9  # 2.5 % and three standard errors
    honest = [planted(seed, 0.5, n=1000)[1].verdict for seed in range(60)]
    assert honest.count(Verdict.NO_LEAK_FOUND) >= 45


@pytest.mark.slow
def test_very_many_images_fit_into_memory(rng):
    n = 100_000
    labels = rng.integers(0, 2, n)
    rows = predictions(np.arange(n), guesses(rng, labels, 0.02))
    tracemalloc.start()
    held_out.accuracy(rows, labels, np.arange(n), n_permutations=49)
    held_out.roc_auc(rng.random(n), labels, np.arange(n), n_permutations=49)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1e9


@pytest.mark.parametrize("correlation", [0.2, 0.8])
def test_sizes_of_groups_that_go_with_the_class_are_no_leak_and_no_inversion(correlation):
    """Three images a group of one class, twenty of the other, and answers that know nothing."""
    cell = Cell(280, 7, majority=0.75, sizes="by class", correlation=correlation)
    found = replicate("held-out accuracy", cell, range(60))
    assert (found["p"] <= 0.05).sum() <= 8  # 3 are expected; more than 8 once in 250 times
    assert (found["p_below"] <= 0.05).sum() <= 9
    assert found["leak"].sum() + found["inverted"].sum() <= 8


def test_unlike_sizes_move_the_null_and_not_the_accuracy(rng):
    sizes = np.array([3] * 6 + [20] * 6)
    group = np.repeat(np.arange(12), sizes)
    label = (group >= 6).astype(int)
    named = np.where(rng.random(len(group)) < 0.8, label, 1 - label)
    table = pd.DataFrame({"image": np.arange(len(group)), "repeat": 0, "predicted": named})
    found = held_out.accuracy(table, label, group, n_permutations=999)
    assert found.estimate == pytest.approx((named == label).mean())
    # who names one class for all has nothing to gain or to lose by any order of the labels
    alone = held_out.accuracy(table.assign(predicted=1), label, group, n_permutations=99)
    assert alone.null_mean == pytest.approx(label.mean()) and alone.p_value == 1

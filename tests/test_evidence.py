import numpy as np
import pandas as pd
import pytest
from scipy import stats

from confoundlab import evidence
from confoundlab.errors import InputError
from confoundlab.evidence import Verdict, judge


def predictions(image, predicted, repeat=0):
    return pd.DataFrame({"image": image, "repeat": repeat, "predicted": predicted})


def guesses(rng, labels, right):
    """Predictions that are right with a given probability, else drawn at random."""
    return np.where(rng.random(len(labels)) < right, labels, rng.permutation(labels))


def test_estimate_chance_and_counts(rng):
    labels, groups = np.repeat([0, 1, 2], [50, 30, 20]), np.arange(100) // 5
    rows = np.arange(100)
    found = evidence.accuracy(predictions(rows, labels), labels, groups)
    assert (found.estimate, found.ci_low, found.ci_high) == (1, 1, 1)
    assert found.chance == 0.5
    assert (found.n_images, found.n_groups, found.n_repeats) == (100, 20, 1)
    assert found.repeat_sd is None
    assert found.p_value == 1 / 1000  # the smallest that 999 permutations allow, and not zero


def test_repeats_are_pooled_and_their_spread_reported():
    labels = np.array([0, 0, 1, 1])
    both = pd.concat([predictions([0, 2], [0, 1], 0), predictions([1, 3], [0, 0], 1)])
    found = evidence.accuracy(both, labels, np.arange(4))
    assert found.estimate == 0.75
    assert found.repeat_sd == pytest.approx(np.std([1.0, 0.5], ddof=1))


def test_interval_agrees_with_scipy_where_every_image_is_a_group(rng):
    labels = rng.integers(0, 2, 300)
    predicted = guesses(rng, labels, 0.6)
    found = evidence.accuracy(predictions(np.arange(300), predicted), labels, np.arange(300))
    correct = (predicted == labels).astype(float)
    scipy = stats.bootstrap((correct,), np.mean, method="percentile", rng=rng).confidence_interval
    assert found.ci_low == pytest.approx(scipy.low, abs=0.012)
    assert found.ci_high == pytest.approx(scipy.high, abs=0.012)


def test_p_value_agrees_with_scipy_where_every_image_is_a_group(rng):
    labels = rng.integers(0, 3, 120)
    predicted = guesses(rng, labels, 0.1)
    found = evidence.accuracy(
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
        right = evidence.accuracy(rows, labels, groups, n_permutations=199, seed=seed)
        wrong = evidence.accuracy(
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
        values.append(evidence.accuracy(rows, labels, np.arange(200), n_permutations=99).p_value)
    assert stats.kstest(values, "uniform").pvalue > 0.001


def test_labels_that_vary_within_groups_are_permuted_within_them(rng):
    """Predictions that only know each group's label mix are worth nothing within groups."""
    groups = np.repeat([0, 1], 200)
    labels = np.r_[rng.random(200) < 0.9, rng.random(200) < 0.1].astype(int)
    found = evidence.accuracy(predictions(np.arange(400), 1 - groups), labels, groups)
    assert found.permuted == "images within their groups"
    assert found.estimate > 0.8 and found.p_value == 1


def test_permuting_an_image_takes_its_label_along_in_all_repeats():
    labels = np.array([0, 1] * 4)
    one = predictions(np.arange(8), labels)
    many = pd.concat([one.assign(repeat=repeat) for repeat in range(50)])
    few = evidence.accuracy(one, labels, np.arange(8), n_permutations=9999)
    found = evidence.accuracy(many, labels, np.arange(8), n_permutations=9999)
    # 4!4!/8! = 1/70 of all labellings are perfect, however often each image was tested
    assert few.p_value == pytest.approx(1 / 70, abs=0.005)
    assert found.p_value == pytest.approx(1 / 70, abs=0.005)


def test_renaming_and_reordering_change_nothing(rng):
    labels, groups = rng.integers(0, 3, 90), np.arange(90) // 3
    predicted = guesses(rng, labels, 0.3)
    rows = predictions(np.arange(90), predicted)
    before = evidence.accuracy(rows, labels, groups)
    swapped = np.array([2, 0, 1])
    after = evidence.accuracy(
        predictions(np.arange(90), swapped[predicted]), swapped[labels], groups
    )
    shuffled = evidence.accuracy(rows.sample(frac=1, random_state=0), labels, groups)
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
        found = evidence.accuracy(rows, labels, np.arange(n), n_permutations=199, seed=seed)
        hits += found.p_value <= 0.05
        stated.append(found.minimum_detectable)
    assert np.mean(stated) == pytest.approx(0.588, abs=0.01)
    assert 0.7 < hits / 200 < 0.9


def made(p=0.5, low=0.4, high=0.6, below=0.5, detectable=0.55):
    return evidence.Evidence(
        "accuracy", (low + high) / 2, low, high, 0.5, 0.5, 0.55, p, below, "whole groups",
        100, 20, 999, 1, None, detectable, 0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "options", "verdict", "words"),
    [
        (made(p=0.01, low=0.55, high=0.7), {}, Verdict.LEAK, "still named"),
        (made(p=0.01, low=0.45, high=0.7), {}, Verdict.INCONCLUSIVE, "reaches chance"),
        (made(p=0.2, detectable=0.58), {}, Verdict.NO_LEAK_FOUND, "58.0%"),
        (made(p=0.2, detectable=0.7), {}, Verdict.INCONCLUSIVE, "Collect more groups"),
        (made(p=0.2, detectable=0.7), {"margin": 0.25}, Verdict.NO_LEAK_FOUND, "70.0%"),
        (made(p=0.99, below=0.01, low=0.2, high=0.4), {}, Verdict.INVERTED, "below chance"),
        (made(p=0.01, low=0.55, high=0.7), {"vacuous": "all black"}, Verdict.VACUOUS, "all black"),
        (made(p=0.01, low=0.55, high=0.7), {"is_control": False}, None, "no sign of a leak"),
        (
            made(p=0.01, low=0.9, high=1),
            {"is_control": False, "aliased_with": "session"},
            Verdict.NOT_IDENTIFIABLE,
            "one session only",
        ),
        (made(p=0.02, low=0.55, high=0.7), {"alpha": 0.01}, Verdict.NO_LEAK_FOUND, "55.0%"),
    ],
)
def test_verdicts(found, options, verdict, words):
    judged = judge(found, **({"is_control": True} | options))
    assert judged.verdict == verdict
    assert words in " ".join(judged.reasons)


@pytest.mark.parametrize(
    ("labels", "factor", "tied"),
    [
        (["a", "a", "b", "b"], ["1", "1", "2", "2"], True),
        (["a", "a", "b", "b"], ["1", "2", "3", "3"], False),
        (["a", "b", "c"], ["1", "1", "2"], True),
        (["a", "b"], ["1", "1"], False),
    ],
)
def test_aliased(labels, factor, tied):
    assert evidence.aliased(labels, factor) is tied


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
        evidence.accuracy(rows, np.array([0, 0, 1, 1]), np.arange(4))


def test_labels_and_groups_must_match():
    with pytest.raises(InputError, match="4 labels, but 3"):
        evidence.accuracy(predictions([0], [0]), np.array([0, 0, 1, 1]), np.arange(3))

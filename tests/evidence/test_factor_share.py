import numpy as np
import pytest
from scipy import stats

from confoundlab.errors import InputError
from confoundlab.evidence.factor_share import FEWEST_GROUPS, FEWEST_OWED, explained_by_factor


def test_accuracy_is_cut_into_chance_factor_and_the_rest(rng):
    n = 600
    labels = rng.integers(0, 2, n)
    factor = np.where(rng.random(n) < 0.8, labels, 1 - labels)
    driven = explained_by_factor(factor, labels, factor)
    assert driven.accuracy == pytest.approx((factor == labels).mean())
    assert driven.beyond_estimate == pytest.approx(0, abs=1e-6)
    assert driven.evidence.p_value > 0.05
    honest = explained_by_factor(labels, labels, factor)
    assert honest.evidence.p_value == 1 / 1000 and honest.beyond.low > 0.2
    few = explained_by_factor(labels, labels, factor, np.arange(n) % (FEWEST_GROUPS - 1))
    assert few.beyond is None and f"under {FEWEST_GROUPS} groups" in str(few)
    assert few.beyond_estimate == honest.beyond_estimate and few.by_factor is not None
    fewer = explained_by_factor(labels, labels, factor, np.arange(n) % (FEWEST_OWED - 1))
    assert fewer.by_factor is None and f"under {FEWEST_OWED} groups" in str(fewer)
    for found in (driven, honest):
        parts = found.chance + found.by_factor_estimate + found.beyond_estimate
        assert parts == pytest.approx(found.accuracy)
        assert "factor" in str(found)


def test_what_the_factor_explains_is_the_mean_of_labels_permuted_inside_it(rng):
    labels, factor = rng.integers(0, 3, 300), rng.integers(0, 2, 300)
    predicted = (labels + factor) % 3
    found = explained_by_factor(predicted, labels, factor)
    null = []
    for _ in range(400):
        moved = labels.copy()
        for level in (0, 1):
            moved[factor == level] = rng.permutation(labels[factor == level])
        null.append((moved == predicted).mean())
    assert found.chance + found.by_factor_estimate == pytest.approx(np.mean(null), abs=0.005)
    table = stats.contingency.crosstab(predicted, labels).count / 300
    assert found.chance == pytest.approx((table.sum(0) * table.sum(1)).sum())


def test_an_aliased_factor_explains_all_and_leaves_no_test():
    labels = np.array([0, 1] * 20)
    found = explained_by_factor(labels, labels, labels)
    assert found.evidence is None and found.beyond_estimate == pytest.approx(0)
    assert found.by_factor_estimate == pytest.approx(0.5)


def test_a_factor_may_vary_inside_groups_of_one_label():
    """Each patient has images from both scanners; the net knows the scanner, or the patient."""
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        patient, scanner = np.repeat(np.arange(30), 4), np.tile([0, 1], 60)
        labels = rng.permutation(np.arange(30) % 2)[patient]
        named = explained_by_factor(scanner, labels, scanner, patient, n_permutations=99, seed=seed)
        assert named.by_factor_estimate == pytest.approx(0)  # labels and scanners are crossed
        guessed = rng.integers(0, 2, 30)[patient]
        found = explained_by_factor(guessed, labels, scanner, patient, n_permutations=99, seed=seed)
        alarms += found.evidence.p_value <= 0.05
    assert alarms <= stats.binom.ppf(0.999, 60, 0.05)
    assert found.evidence.permuted == "whole groups, alike in their blocks"
    known = explained_by_factor(labels, labels, scanner, patient, n_permutations=99)
    assert known.evidence.p_value == 0.01


@pytest.mark.parametrize(
    ("code", "why"),
    [(int, "one column holds numbers, the other text"), (bool, "holds booleans"),
     (lambda named: np.array(["Sick", "Healthy"])[named], "no value in common")],
)  # fmt: skip
def test_predictions_of_other_names_than_the_labels_are_refused(rng, code, why):
    truth = np.repeat([0, 1], 60)
    labels = np.array(["healthy", "sick"])[truth]
    named = truth.astype(code) if isinstance(code, type) else code(truth)
    with pytest.raises(InputError, match=why):
        explained_by_factor(named, labels, np.arange(120) % 3, n_permutations=9)
    with pytest.raises(InputError, match="119 predicted classes, but 120"):
        explained_by_factor(labels[1:], labels, np.arange(120) % 3, n_permutations=9)

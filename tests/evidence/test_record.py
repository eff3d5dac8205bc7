from dataclasses import replace

import numpy as np
import pytest

from confoundlab.evidence import Verdict, detectable, held_out, verdict
from confoundlab.evidence.record import (
    NullTest,
    design_of,
    interval_given,
    least_refitted,
    least_shift,
    score_correlation,
)
from confoundlab.inference.power import minimum_detectable


def test_p_values_count_ties_and_are_never_zero():
    test = NullTest(0.5, np.array([0.1, 0.5 + 1e-12, 0.9, 0.2]), 0.2)
    assert (test.above, test.below) == (3 / 5, 4 / 5)
    assert NullTest(1.0, np.zeros(99), 0.01).above == 1 / 100
    assert NullTest(1.0, np.zeros(9), 0.1, p_value=0.25).above == 0.25


def test_the_design_of_a_test_is_that_of_its_units():
    labels = np.r_[np.zeros(30, int), np.ones(10, int)]
    one = design_of(labels, "accuracy", images_per_unit=2, correlation=0.5)
    assert (one.n_units, one.classes, one.majority, one.alpha) == (40, 2, 0.75, 0.05)
    many = design_of(
        labels, "accuracy", images_per_unit=2, correlation=0.5, fits=4, spread=9.0, agreement=0.3
    )
    assert (many.fits, many.spread, many.agreement) == (4, 4.0, 0.3)  # no more than all apart


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
    assert found == pytest.approx(0.2 * (1.96 + 0.8416), abs=0.01)
    estimates = found + 0.2 * rng.normal(size=4000)
    assert (estimates - 1.96 * 0.2 > 0).mean() == pytest.approx(0.8, abs=0.02)
    assert least_shift(null, 0.01) == pytest.approx(0.196 + 0.0084, abs=0.02)  # the wider null
    assert least_shift(null, 9.0) == 1


def test_a_refitted_null_asks_for_more_than_the_design_where_it_is_wider(rng):
    design = design_of(np.arange(60) % 2, "ROC AUC", images_per_unit=1, correlation=0)
    least = minimum_detectable(design)
    assert least_refitted(design, rng.normal(0.5, 0.001, 999)) == least
    null = rng.normal(0.5, 0.15, 999)
    assert least_refitted(design, null) == pytest.approx(0.5 + 0.15 * (1.96 + 0.842), abs=0.03)
    assert least_refitted(design, np.r_[null[:99], np.full(900, 0.5)]) == 1


def test_no_p_value_is_smaller_than_the_design_allows():
    """Twelve labellings: one in twelve draws is as good as what was observed, by luck fewer."""
    null = np.r_[np.ones(70), np.zeros(929)]
    test = NullTest(1.0, null, smallest_p=1 / 12)
    assert (1 + 70) / 1000 < 1 / 12 == test.above
    assert NullTest(1.0, np.ones(999), smallest_p=1 / 12).above == 1
    assert NullTest(0.0, 1 - null, smallest_p=1 / 12).below == 1 / 12


@pytest.mark.parametrize(
    ("smallest", "sided", "finds"),
    [(0.02, "one-sided", True), (0.025, "one-sided", False), (0.04, "two-sided", True),
     (0.05, "two-sided", False), (1.0, "two-sided", False)],
)  # fmt: skip
def test_a_test_whose_p_cannot_be_small_finds_nothing(smallest, sided, finds):
    """LEAK asks for p of both tails below 5 %, so that a one-sided p counts twice."""
    found = held_out.roc_auc(np.arange(40.0), np.arange(40) % 2, np.arange(40), n_permutations=199)
    assert found.minimum_detectable < 1
    now = replace(found, smallest_p=smallest, sided=sided)
    assert now.minimum_detectable == (found.minimum_detectable if finds else 1)
    assert ("or more is found four times in five" in str(now)) == finds
    assert ("nothing is ever found" in str(now)) != finds
    assert (detectable(now) < 1) == finds


def test_what_is_found_counts_how_many_tests_there_are():
    found = held_out.roc_auc(np.arange(40.0), np.arange(40) % 2, np.arange(40), n_permutations=199)
    now = replace(found, smallest_p=0.01)
    assert found.minimum_detectable < detectable(now, 2) < detectable(now, 3) == 1


def test_an_evidence_of_one_group_says_so_in_words():
    found = held_out.roc_auc(np.arange(40.0), np.arange(40) % 2, np.arange(40), n_permutations=199)
    assert "40 images in 1 group;" in str(replace(found, n_groups=1))
    assert "no value is found four times" in str(replace(found, minimum_detectable=1.0))


def test_an_evidence_in_words_leaves_the_full_stop_to_who_says_it():
    found = held_out.roc_auc(np.arange(40.0), np.arange(40) % 2, np.arange(40), n_permutations=199)
    said = str(replace(found, remarks=("Factors were taken as x: classes.", "One is in doubt.")))
    assert said.endswith("four times in five). Factors were taken as x: classes. One is in doubt")


def test_without_an_interval_nothing_is_called_so_nothing_is_said_to_be_found(rng):
    """One patient has more than half of the images: how patients differ cannot be told."""
    group = np.repeat(np.arange(20), [285, *[10] * 19])
    labels = (np.arange(20) % 2)[group]
    found = held_out.roc_auc(labels + rng.normal(size=len(labels)), labels, group)
    assert not found.has_interval and found.p_value < 0.05
    assert found.minimum_detectable == detectable(found) == 1
    assert "no 95% interval" in str(found) and "no value is found" in str(found)
    judged = verdict(found)
    assert judged.verdict == Verdict.INCONCLUSIVE and "no interval" in judged.reasons[0]
    assert "no 95% interval" in judged.reasons[0] and len(judged.reasons) == 2


@pytest.mark.parametrize(
    ("metric", "low", "high", "given"),
    [
        ("accuracy", 0.0, 1.0, False),
        ("accuracy", 0.001, 1.0, True),
        ("difference in ROC AUC", -1.0, 1.0, False),
        ("difference in ROC AUC", -0.2, 1.0, True),
        ("rank correlation", -1.0, 1.0, False),
        ("rank correlation", 0.0, 1.0, True),
    ],
)
def test_the_whole_range_of_a_metric_stands_for_no_interval(metric, low, high, given):
    assert interval_given(metric, low, high) == given

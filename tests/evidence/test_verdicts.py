from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from confoundlab.design.aliasing import identifiability
from confoundlab.errors import InputError
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Planted, Verdict, verdict, verdicts


def made(p=0.5, low=0.42, high=0.58, below=0.5, detectable=0.56, smallest=0.001, **changes):
    plain = Evidence(
        "accuracy", (low + high) / 2, low, high, 0.5, 0.5, 0.55, p, below, smallest,
        "whole groups", "Because.", 100, 20, 999, 1, None, detectable, 0,
    )  # fmt: skip
    return replace(plain, **changes)


def correlation(estimate, low, high, p):
    return made(
        metric="rank correlation", estimate=estimate, low=low, high=high, p=p, below=1.0,
        chance=0.0, detectable=0.05, sided="two-sided",
    )  # fmt: skip


TIED = identifiability(["a", "a", "b", "b"], ["1", "1", "2", "2"], name="session")
FREE = identifiability(["a", "a", "b", "b"], ["1", "2", "1", "2"], name="session")
LEAKS = {"p": 0.01, "low": 0.55, "high": 0.7, "below": 1.0}
INVERTS = {"p": 0.99, "below": 0.01, "low": 0.2, "high": 0.4}
SEEN = "18 of 20 tested groups were trained on; groups apart would decide"
FOUND = Planted(0.2, True, 0.71, "a level for each class")
MISSED = replace(FOUND, found=False, estimate=0.51)


@pytest.mark.parametrize(
    ("found", "options", "said", "words"),
    [
        (made(**LEAKS), {}, Verdict.LEAK, "still named"),
        (made(p=0.03, low=0.55, high=0.7), {}, Verdict.INCONCLUSIVE, "beyond 56.0%"),
        (made(p=0.01, low=0.45, high=0.7), {}, Verdict.INCONCLUSIVE, "reaches chance"),
        (made(p=0.2), {}, Verdict.NO_LEAK_FOUND, "56.0% or more"),
        (made(p=0.2), {}, Verdict.NO_LEAK_FOUND, "rules out 60.0%"),
        # a design that finds little may still leave an interval that leaves no room
        (made(p=0.2, detectable=0.7), {}, Verdict.NO_LEAK_FOUND, "70.0% or more"),
        (made(p=0.2, high=0.61), {}, Verdict.INCONCLUSIVE, "60.0% was to be ruled out"),
        (made(p=0.2, high=0.61, detectable=0.7), {}, Verdict.INCONCLUSIVE, "Collect more groups"),
        (made(p=0.2, high=0.61), {"margin": 0.25}, Verdict.NO_LEAK_FOUND, "rules out 75.0%"),
        (made(p=0.2, estimate=0.57), {}, Verdict.INCONCLUSIVE, "beyond 56.0%"),
        (made(p=0.2, low=0.51), {}, Verdict.INCONCLUSIVE, "interval lies above chance"),
        (made(**INVERTS), {}, Verdict.INVERTED, "opposite labels"),
        (made(**INVERTS), {"p_adjusted": 0.06}, Verdict.NO_LEAK_FOUND, "rules out"),
        (made(p=0.2, smallest=0.1), {}, Verdict.INCONCLUSIVE, "too few ways"),
        (made(p=0.2, high=0.61, smallest=0.1), {}, Verdict.INCONCLUSIVE, "no leak of any size"),
        (made(p=0.2, high=0.61), {"n_tests": 60}, Verdict.INCONCLUSIVE, "no leak of any size"),
        (made(p=0.2), {"n_tests": 60}, Verdict.INCONCLUSIVE, "Draw more permutations"),
        (made(p=0.2, smallest=0.0011, n_fits=2), {"n_tests": 30}, Verdict.INCONCLUSIVE, "Draw mor"),
        (made(p=0.2, smallest=0.1, n_permutations=9, n_allowed=999), {}, Verdict.INCONCLUSIVE,
         "too few ways"),
        (made(**LEAKS), {"vacuous": "all black"}, Verdict.VACUOUS, "all black"),
        (made(**LEAKS), {"is_control": False}, None, "no sign of a leak"),
        (made(**LEAKS), {"is_control": False, "design": FREE}, None, "no sign of a leak"),
        (made(**LEAKS), {"is_control": False, "design": TIED}, Verdict.NOT_IDENTIFIABLE,
         "no test on these data"),
        (made(**LEAKS), {"design": TIED}, Verdict.LEAK, "still named"),
        (made(**LEAKS), {"p_adjusted": 0.3}, Verdict.INCONCLUSIVE, "interval lies above chance"),
        (made(p=0.01), {"alpha": 0.01}, Verdict.NO_LEAK_FOUND, "Not significant"),
    ],
)  # fmt: skip
def test_verdicts_follow_the_table(found, options, said, words):
    judged = verdict(found, **options)
    assert judged.verdict == said
    printed = str(judged)
    assert words in printed and "because: " in printed and "next: " in printed


def test_nets_that_did_not_train_find_nothing():
    dead = {"n_fits": 10, "n_dead": 7}
    judged = verdict(made(p=0.5, **dead))
    assert judged.verdict == Verdict.INCONCLUSIVE
    assert judged.reasons[0] == (
        "7 of 10 nets named one class only; what did not train can find nothing."
    )
    assert verdict(made(**LEAKS, **dead)).verdict == Verdict.LEAK
    assert verdict(made(**INVERTS, **dead)).verdict == Verdict.INCONCLUSIVE


@pytest.mark.parametrize("judge", [verdict, lambda e, **options: verdicts([(e, options)])[0]])
def test_a_leak_under_a_split_that_cuts_groups_may_be_memory(judge):
    judged = judge(made(**LEAKS), straddling=SEEN)
    assert judged.verdict == Verdict.INCONCLUSIVE and SEEN in judged.reasons[0]
    assert judge(made(), straddling=SEEN).verdict == Verdict.NO_LEAK_FOUND
    assert judge(made(**LEAKS), straddling=SEEN, vacuous="black").verdict == Verdict.VACUOUS


@pytest.mark.parametrize("judge", [verdict, lambda e, **options: verdicts([(e, options)])[0]])
def test_a_planted_leak_shows_whether_the_nets_could_see_one(judge):
    found, missed = (judge(made(), planted=planted) for planted in (FOUND, MISSED))
    assert found.verdict == Verdict.NO_LEAK_FOUND
    assert "did find a planted leak of 20.0% (a level for each class: 71.0%)" in str(found)
    assert "No leak was planted" in str(judge(made())) and "No leak was" not in str(found)
    assert missed.verdict == Verdict.INCONCLUSIVE
    assert missed.reasons[0].startswith("The same learner did not find a planted leak of 20.0%")
    assert judge(made(**LEAKS), planted=MISSED).verdict == Verdict.LEAK


@pytest.mark.parametrize(
    ("found", "said", "words"),
    [
        (correlation(-0.996, -0.996, -0.995, 0.001), Verdict.LEAK, "correlation -1.00, chance 0.0"),
        (correlation(-0.996, -0.996, -0.995, 0.001), Verdict.LEAK, "falls with the other"),
        (correlation(0.9, 0.8, 0.95, 0.04), Verdict.LEAK, "rises with the other"),
        (correlation(-0.01, -0.09, 0.07, 0.7), Verdict.NO_LEAK_FOUND, "rules out 0.10"),
        (correlation(-0.04, -0.2, 0.05, 0.7), Verdict.INCONCLUSIVE, "0.10 was to be ruled out"),
        (correlation(-0.06, -0.09, 0.05, 0.7), Verdict.INCONCLUSIVE, "beyond 0.05"),
    ],
)
def test_correlations_count_in_either_direction_and_are_no_percentages(found, said, words):
    judged = verdict(found)
    assert judged.verdict == said and judged.p_adjusted == found.p_value
    assert words in str(judged) and "%" not in str(judged).replace("95%", "")


def test_an_accuracy_among_uneven_classes_is_judged_by_its_null():
    uneven = {"chance": 0.9, "null_mean": 0.85, "null_q95": 0.86, "n_classes": 2}
    assert verdict(made(p=0.01, low=0.87, high=0.93, **uneven)).verdict == Verdict.LEAK
    missed = verdict(made(p=0.2, low=0.84, high=0.9, detectable=0.93, **uneven))
    assert missed.verdict == Verdict.INCONCLUSIVE and "balanced accuracy" in missed.next_step


def test_what_is_tested_together_is_corrected_together_and_for_both_tails():
    cases = [
        (made(p=0.015, low=0.55, high=0.7), {}),
        (made(p=0.02, low=0.55, high=0.7), {}),
        (made(p=0.001), {"is_control": False}),
        (made(p=0.001), {"vacuous": "all black"}),
    ]
    judged = verdicts(cases)
    assert [one.p_adjusted for one in judged] == [pytest.approx(0.06)] * 2 + [None, None]
    assert [one.verdict for one in judged] == [
        Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE, None, Verdict.VACUOUS,
    ]  # fmt: skip
    assert verdicts(cases[:1])[0].verdict == Verdict.LEAK
    alone = (made(p=0.99, below=0.02, low=0.2, high=0.4), {})
    assert verdicts([alone])[0].verdict == Verdict.INVERTED
    assert verdicts([alone, (made(), {})])[0].verdict != Verdict.INVERTED


def test_screening_corrects_the_share_of_false_leaks():
    cases = [(made(p=p, low=0.55, high=0.7), {}) for p in (0.01, 0.015, 0.02)]
    screened = verdicts(cases, correction="benjamini-hochberg")
    assert [one.verdict for one in screened] == [Verdict.LEAK] * 3
    assert [one.verdict for one in verdicts(cases)] == [
        Verdict.INCONCLUSIVE if one.p_adjusted >= 0.05 else Verdict.LEAK for one in verdicts(cases)
    ]
    assert verdicts(cases)[0].verdict == Verdict.INCONCLUSIVE
    with pytest.raises(InputError, match="Did you mean 'holm'"):
        verdicts(cases, correction="hol")


def test_twenty_honest_controls_give_any_alarm_in_one_family_of_twenty(rng):
    """No leak: estimates are normal around chance, intervals and both tails as they should be."""
    z = rng.normal(size=(300, 20))
    alarms = 0
    for family in z:
        cases = [
            (made(p=norm.sf(one), below=norm.cdf(one), estimate=0.5 + 0.035 * one,
                  low=0.5 + 0.035 * (one - 1.96), high=0.5 + 0.035 * (one + 1.96), smallest=1e-5),
             {})
            for one in family
        ]  # fmt: skip
        judged = {one.verdict for one in verdicts(cases)}
        alarms += bool(judged & {Verdict.LEAK, Verdict.INVERTED})
    assert alarms <= 300 * 0.05 + 3 * np.sqrt(300 * 0.05)

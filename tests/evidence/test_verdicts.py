import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from confoundlab.design.aliasing import identifiability
from confoundlab.errors import InputError
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Verdict, benjamini_hochberg, holm, verdict, verdicts


@pytest.mark.parametrize(("ours", "theirs"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_corrections_are_those_of_statsmodels(rng, ours, theirs, n):
    p = np.round(rng.random(n) ** 3, 2)  # with ties
    assert ours(p) == pytest.approx(multipletests(p, method=theirs)[1])


@pytest.mark.parametrize("p", [[-0.1], [0.5, 1.2], [np.nan]])
def test_p_values_outside_zero_and_one_are_refused(p):
    with pytest.raises(InputError, match=r"place\(s\)"):
        holm(p)


def made(p=0.5, low=0.4, high=0.6, below=0.5, detectable=0.55, smallest=0.001):
    return Evidence(
        "accuracy", (low + high) / 2, low, high, 0.5, 0.5, 0.55, p, below, smallest,
        "whole groups", "Because.", 100, 20, 999, 1, None, detectable, 0,
    )  # fmt: skip


TIED = identifiability(["a", "a", "b", "b"], ["1", "1", "2", "2"], name="session")
FREE = identifiability(["a", "a", "b", "b"], ["1", "2", "1", "2"], name="session")
LEAKS = {"p": 0.01, "low": 0.55, "high": 0.7}


@pytest.mark.parametrize(
    ("found", "options", "said", "words"),
    [
        (made(**LEAKS), {}, Verdict.LEAK, "still named"),
        (made(p=0.01, low=0.45, high=0.7), {}, Verdict.INCONCLUSIVE, "reaches chance"),
        (made(p=0.2, detectable=0.58), {}, Verdict.NO_LEAK_FOUND, "58.0%"),
        (made(p=0.2, detectable=0.7), {}, Verdict.INCONCLUSIVE, "Collect more groups"),
        (made(p=0.2, detectable=0.7), {"margin": 0.25}, Verdict.NO_LEAK_FOUND, "70.0%"),
        (made(p=0.99, below=0.01, low=0.2, high=0.4), {}, Verdict.INVERTED, "opposite labels"),
        (made(p=0.2, smallest=0.1), {}, Verdict.INCONCLUSIVE, "too few ways"),
        (made(p=0.2), {"n_tests": 60}, Verdict.INCONCLUSIVE, "Draw more permutations"),
        (made(p=0.2, smallest=0.002), {"n_tests": 30}, Verdict.INCONCLUSIVE, "Draw more perm"),
        (made(**LEAKS), {"vacuous": "all black"}, Verdict.VACUOUS, "all black"),
        (made(**LEAKS), {"is_control": False}, None, "no sign of a leak"),
        (made(**LEAKS), {"is_control": False, "design": FREE}, None, "no sign of a leak"),
        (
            made(**LEAKS),
            {"is_control": False, "design": TIED},
            Verdict.NOT_IDENTIFIABLE,
            "no test on these data",
        ),
        (made(**LEAKS), {"design": TIED}, Verdict.LEAK, "still named"),
        (made(**LEAKS), {"p_adjusted": 0.3}, Verdict.NO_LEAK_FOUND, "55.0%"),
        (made(p=0.02, low=0.55), {"alpha": 0.01}, Verdict.NO_LEAK_FOUND, "55.0%"),
    ],
)
def test_verdicts_follow_the_table(found, options, said, words):
    judged = verdict(found, **options)
    assert judged.verdict == said
    printed = str(judged)
    assert words in printed and "because: " in printed and "next: " in printed


def test_what_is_tested_together_is_corrected_together():
    cases = [
        (made(p=0.03, low=0.55, high=0.7), {}),
        (made(p=0.04, low=0.55, high=0.7), {}),
        (made(p=0.001), {"is_control": False}),
        (made(p=0.001), {"vacuous": "all black"}),
    ]
    judged = verdicts(cases)
    assert [one.p_adjusted for one in judged] == [pytest.approx(0.06)] * 2 + [None, None]
    assert [one.verdict for one in judged] == [
        Verdict.NO_LEAK_FOUND, Verdict.NO_LEAK_FOUND, None, Verdict.VACUOUS,
    ]  # fmt: skip
    assert verdicts(cases[:1])[0].verdict == Verdict.LEAK


def test_screening_corrects_the_share_of_false_leaks():
    cases = [(made(p=p, low=0.55, high=0.7), {}) for p in (0.02, 0.03, 0.04)]
    screened = verdicts(cases, correction="benjamini-hochberg")
    assert [one.verdict for one in screened] == [Verdict.LEAK] * 3
    assert [one.verdict for one in verdicts(cases)] == [Verdict.NO_LEAK_FOUND] * 3
    with pytest.raises(InputError, match="Did you mean 'holm'"):
        verdicts(cases, correction="hol")

import dataclasses
import re

import numpy as np
import pytest

from confoundlab import report
from confoundlab.design.aliasing import identifiability
from confoundlab.errors import InputError
from confoundlab.evidence import probe
from confoundlab.evidence.verdicts import Verdict


@pytest.fixture
def record(published):
    named = (one for run in published for one in run["evidence"] if one["metric"] == "accuracy")
    return next(named) | {"reasons": ["Because."], "p_adjusted": 0.0123}


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_has_a_badge_with_its_word_and_a_sign(verdict, record):
    shown = report.badge(verdict)
    assert str(verdict) in shown and f"verdict-{verdict.lower().replace(' ', '-')}" in shown
    assert not re.search(r">\s*LEAK", shown)  # never by colour and word alone: a sign stands first
    assert shown in report.answer({"The class": record | {"verdict": str(verdict)}})


def test_badges_differ_without_colours():
    signs = {re.search(r">(\S)", report.badge(one))[1] for one in Verdict}
    assert len(signs) == len(Verdict)
    assert "not a control" in report.badge(None)


def test_a_card_has_a_row_a_result_and_folds_its_reasons(record):
    rows = {"crop": record, "whole image": record | {"verdict": None, "p_adjusted": None}}
    shown = report.card(rows)
    assert shown.count('<th scope="row">') == 2 and ">Crop<" in shown
    before, after = shown.split("<details>")
    assert report.percent(record["estimate"]) in before and "0.012" in before
    assert "Because." not in before and "Because." in after
    assert before.count("<td>–</td>") == 1  # what is no control has no corrected p-value
    assert f"{record['n_groups']:,} groups" in after
    assert after.count("Because.") == 1  # both have this reason
    other = report.card(rows | {"ring": record | {"reasons": ["For another."]}})
    assert other.count("Because.") == other.count("For another.") == 1


def test_results_of_several_metrics_name_theirs(record):
    area = record | {"metric": "ROC AUC", "estimate": 0.8, "ci_low": 0.7, "ci_high": 0.9}
    assert "ROC AUC 0.80" in report.card({"crop": record, "plate": area})


def test_the_answer_says_what_was_named_and_what_chance_is(record):
    words = report.answer({"The object, from a corner": record | {"verdict": "LEAK"}})
    share, chance = (report.percent(record[key]) for key in ("estimate", "chance"))
    assert f"The object, from a corner: <strong>{share} named right (chance {chance})" in words


def test_names_are_text_in_cards(record):
    shown = report.card({"<script>$x$\x00": record | {"reasons": ["<b>"]}})
    assert "<script>" not in shown and "<b>" not in shown and "\x00" not in shown


@pytest.mark.parametrize(
    ("factor", "words"),
    [
        (["a", "a", "b", "b"], "one session of its own"),
        (["a", "b", "a", "b"], "was imaged in every session"),
        (["a", "a", "a", "a"], "share one session"),
        (["a", "b", "c", "d"], "holds one class only"),
    ],
)
def test_what_the_design_allows_is_one_sentence_and_the_rest_folded(factor, words):
    found = identifiability(np.array([0, 0, 1, 1]), np.array(factor), name="session")
    before, after = report.design_card(found).split("<details>")
    assert words in before
    assert all(len(one) > 10 for one in found.words()) and "<li>" in after


def test_a_plain_card_has_no_verdict_and_folds_what_its_numbers_rest_on():
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 2
    found = probe(rng.normal(size=(60, 3)) + labels[:, None], labels, n_permutations=19)
    shown = report.plain_card("the class from", {"<b>width</b>": found})
    before, after = shown.split("<details>")
    assert "&lt;b&gt;width" in before and f"{found.estimate:.2f}" in before
    assert "permuted" not in before and str(found) in after and "verdict" not in shown
    other = dataclasses.replace(found, metric="accuracy")
    with pytest.raises(InputError, match="one metric"):
        report.plain_card("", {"a": found, "b": other})

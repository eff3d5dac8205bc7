import json

import pytest

from confoundlab import report
from confoundlab.catalog import paper_rows
from confoundlab.studies.run import RUN_VARIABLE, StudyRun


def test_the_page_says_what_its_data_are(twin):
    line = report.data_line(twin)
    assert "SIMULATED" in line and "**not** the published images" in line
    assert twin.digest[:23] in line and f"{len(twin):,} images of 4 classes" in line


@pytest.mark.parametrize(("fraction", "text"), [(0.3542, "35.4%"), (1, "100.0%"), (None, "–")])
def test_percent(fraction, text):
    assert report.percent(fraction) == text


def test_the_papers_row_in_words():
    first, counts, note = report.paper_row(paper_rows()["yale_a"], "persons")
    assert "15 persons, 132 training and 33 test images, crop 22x29" in first
    assert "54.6% of the crops and 96.97% of the whole" in first
    assert "165 images, 11 for each of the persons" in counts and "54.55" in note
    assert len(report.paper_row(paper_rows()["yale_b"], "persons")) == 2


def test_sentences_carry_interval_chance_p_and_verdict(published):
    record = published[0]["evidence"][0]
    words = report.sentence("Crop", record)
    for part in ("95% interval", "chance", "p = ", record["verdict"], record["reasons"][0]):
        assert part in words


def test_the_rerun_command_names_only_what_differs(monkeypatch):
    values = {"epochs": 2, "repeats": 2, "permutations": 99, "seed": 0, "data": "simulated"}
    order = {"folder": ".", "study": "coil", "profile": "smoke", "parameters": values}
    monkeypatch.setenv(RUN_VARIABLE, json.dumps(order))
    text = report.rerun(StudyRun())
    assert "confoundlab run coil --profile smoke -p data=simulated --out runs/again\n" in text
    assert "| `epochs` | passes over the training images | <code>2</code> |" in text
    monkeypatch.delenv(RUN_VARIABLE)
    assert "command line" in report.rerun(StudyRun())


@pytest.fixture
def record(published):
    return published[0]["evidence"][0] | {"verdict": "INCONCLUSIVE", "p_adjusted": 0.04}


def test_nets_that_did_not_learn_are_counted(record):
    assert "1 of 3 nets learned" in report.sentence("Crop", record | {"n_fits": 3, "n_dead": 2})
    assert "learned" not in report.sentence("Crop", record | {"n_fits": 3, "n_dead": 0})


def test_a_p_value_says_its_sides_its_floor_and_what_it_is_corrected_for(record):
    floor = record | {"p_value": 0.2, "smallest_p": 0.2, "sided": "two-sided"}
    assert "two-sided p = 0.2 (cannot be below 0.2)" in report.sentence("Crop", floor)
    assert "cannot be" not in report.sentence("Crop", floor | {"smallest_p": 0.001})
    sure = {"p_value": 0.001, "smallest_p": 0.001, "verdict": "LEAK"}
    assert "one-sided p = 0.001;" in report.sentence("Crop", record | sure)
    going = record | {"n_controls": 7, "so_far": True}
    assert "corrected for 7 controls measured until here" in report.sentence("Crop", going)
    assert "corrected for 7 controls)" in report.sentence("Crop", going | {"so_far": False})


def test_less_that_does_better_than_all_of_it_is_warned_of():
    def made(estimate):
        low, high = estimate - 0.05, estimate + 0.05
        return {"estimate": estimate, "ci_low": low, "ci_high": high, "metric": "accuracy"}

    steps = {"the full crop": made(0.5), "low": made(0.55), "histogram": made(0.87)}
    words = report.overtaken("the full crop", steps)
    assert "histogram (87.0%) did better than the full crop (50.0%)" in words
    assert "low" not in words
    assert report.overtaken("histogram", steps) == ""

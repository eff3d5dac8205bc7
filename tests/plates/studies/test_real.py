"""What the page asks: planted ties on small plates; the quick trials' numbers on the real ones."""

import json

import nbformat
import numpy as np
import pandas as pd
import pytest

from confoundlab.catalog import TABLES, study
from confoundlab.errors import InputError
from confoundlab.notebook import execution
from confoundlab.plates.analysis.forests import cut_drop, lonely
from confoundlab.plates.features.tables import PlateTable
from confoundlab.plates.studies import real
from confoundlab.studies.run import StudyRun
from confoundlab.studies.store import read_results


@pytest.fixture
def run():
    return StudyRun(permutations=999)


def hearts(plates=4):
    """One donor and one row of wells a class, as on the real plates."""
    rng = np.random.default_rng(0)
    rows = [
        {
            "plate": f"p{plate}", "well": f"{'BE'[sick]}{column:02d}", "row": 1 + 3 * sick,
            "column": column - 1, "line": ("heart 7", "heart 19")[sick],
            "condition": ("healthy", "failing")[sick], "x": sick + rng.normal(0, 0.3),
        }
        for plate in range(plates) for sick in (0, 1) for column in (2, 5, 8, 11) for _ in range(5)
    ]  # fmt: skip
    return PlateTable("cardiac_fibroblast_screen", pd.DataFrame(rows), ("x",))


def test_leaving_plates_out_does_not_make_a_tied_design_identifiable(run):
    found = real.heart_answers(run, hearts(), folds=4, repeats=1)
    at_random, out, row = (one.record for one in found.values())
    assert at_random["estimate"] > 0.85 and out["estimate"] > 0.85
    assert at_random["verdict"] == out["verdict"] == "NOT IDENTIFIABLE"
    assert row["estimate"] == 1 and row["verdict"] == "LEAK"


def test_without_data_everything_is_left_out_by_name(run):
    assert real.at_hand(run) == {} and real.focus_at_hand(run) is None
    said = real.data_lines(run)
    assert all(name in said for name in TABLES)
    assert said.count("MISSING") == len(TABLES)


def test_a_plate_without_edge_wells_has_no_line_about_edges():
    wells = pd.DataFrame(
        [
            {"plate": "p", "row": r, "column": c, "v": float(r * c)}
            for r in (2, 3)
            for c in (4, 5, 6)
        ]
    )
    words = real.places(wells, "v", n_permutations=99, seed=0)
    assert len(words) == 1 and words[0].startswith("centre")


def test_real_data_that_are_asked_for_must_be_there():
    with pytest.raises(InputError, match="not at hand"):
        execution.settings(study("plates_real"), "smoke", {"data": "real"})


@pytest.mark.slow
def test_the_page_runs_on_a_machine_without_data(tmp_path):
    out = execution.run_study(
        study("plates_real"), tmp_path / "out", profile="smoke", parameters={}
    )
    results = read_results(out / "results.json")
    assert results["data"] == [] and results["evidence"] == []
    page = json.dumps(nbformat.read(out / "plates_real.ipynb", as_version=4))
    assert page.count("left out.") >= len(TABLES)


def holds(measured, value):
    return measured.record["ci_low"] <= value <= measured.record["ci_high"]


@pytest.mark.real
def test_bbbc021_gives_the_numbers_of_the_quick_trials(run, real_data):
    bbbc = real.READERS["bbbc021_profiles"]()
    weeks = real.week_answers(run, bbbc, folds=5, repeats=1)
    moa = real.mechanism_answers(run, bbbc, folds=5, repeats=1)
    at_random, apart = weeks.values()
    assert holds(at_random, 0.933) and holds(apart, 0.815)
    assert at_random.record["verdict"] == apart.record["verdict"] == "LEAK"
    for words, value in zip(moa, (0.963, 0.812, 0.625, 0.470), strict=True):
        assert holds(moa[words], value), words
    asked = real.mechanism(run, bbbc)
    alone = lonely(asked.table["condition"], asked.table["batch"])
    assert set(asked.table["condition"][alone]) == {"Cholesterol-lowering", "Kinase inhibitors"}
    first, second = (moa[words].predictions for words in real.DROP)
    cut = cut_drop(first, second, asked.labels, asked.groups, alone)
    assert cut.total_estimate == pytest.approx(cut.forced_estimate + cut.rest_estimate)
    assert 0 < cut.forced_estimate <= alone.mean()


@pytest.mark.real
def test_hearts_and_genotypes_are_not_identifiable(run, real_data):
    screen = real.READERS["cardiac_fibroblast_screen"]()
    found = real.heart_answers(run, screen, folds=5, repeats=1)
    at_random, out, _ = found.values()
    assert holds(at_random, 0.944) and holds(out, 0.933)
    nf1 = real.READERS["nf1_qc"]()
    answers = real.nf1_answers(run, nf1, folds=2, repeats=1)
    tied = [one for words, one in answers.items() if "quality" in words and "plate 4" not in words]
    assert len(tied) == 4
    for one in [at_random, out, *tied]:
        assert one.record["verdict"] == "NOT IDENTIFIABLE"
    mixed = answers["plate 4, wells apart: genotype from the image quality"].record
    assert mixed["verdict"] is None

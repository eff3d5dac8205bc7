import numpy as np
import pandas as pd
import pytest

from confoundlab import report
from confoundlab.plates.analysis import after_remedies, laboratory
from confoundlab.plates.analysis.folds import leave_pair_out
from confoundlab.plates.features import survey
from confoundlab.plates.features.survey import SiteTable
from confoundlab.plates.nuisance.wells import nuisance_in_controls
from confoundlab.plates.simulator.layout import SMA_MAIN, lay_out
from confoundlab.plates.simulator.plateset import SETS
from confoundlab.plates.studies import sma
from confoundlab.studies.parameters import declared, notebook_source, read_notebook
from confoundlab.studies.run import StudyRun


@pytest.fixture(scope="module")
def table():
    return lay_out(SMA_MAIN.shrunk(plates=1, wells_a_line=2, sites=1))


@pytest.fixture(scope="module")
def features(table):
    x = np.random.default_rng(0).normal(size=(len(table), 4))
    x[:, 0] += 3 * (table["batch"] == "2")
    return x


def test_the_pages_dials_are_those_of_the_simulator():
    parameters = declared(read_notebook(notebook_source("sma")))
    for name in ("laboratory", "phenotype", "batch_gain", "focus"):
        assert parameters[name].default == getattr(SETS["sma_main"][1], name)


def test_pilot_plates_are_six_and_hold_six_lines():
    pilot = sma.plates("sma_pilot", "smoke", 3, seed=0, focus=0.5)
    assert pilot.sites["plate"].nunique() == 6 and pilot.sites["line"].nunique() == 6
    assert len(pilot) == 6 * 96 and pilot.dials.focus == 0.5 and not pilot.design.z_stack
    main = sma.plates("sma_main", "default", 1, seed=0)
    assert main.design.wells_a_line == 1 and main.dials == SETS["sma_main"][1]
    assert list(sma.layouts(main)) == ["b1p01", "b2p01"]
    for own in sma.layouts(main).values():
        assert (own["content"].eq("control line") == own["control"]).all()


def test_six_plates_are_shown_of_both_batches():
    table = lay_out(SMA_MAIN).assign(focus=1.0)
    assert list(sma.shown_plates(SiteTable(table))) == [
        "b1p01", "b1p02", "b1p03", "b2p01", "b2p02", "b2p03"
    ]  # fmt: skip


def test_focus_is_kept_with_the_truth_beside_it():
    design = SMA_MAIN.shrunk(plates=2, wells_a_line=1, sites=1)
    table = lay_out(design)
    away = np.hypot(table["row"] - 3.5, table["column"] - 5.5)
    noise = np.random.default_rng(0).normal(0, 0.02, len(table))
    sites = SiteTable(table.assign(blur=away, focus=np.exp(-away / 4) + noise, n_cells=30))
    run = StudyRun(permutations=199)
    records = sma.judge_focus(run, sites, "sma_pilot")
    assert len(records) == 4 == len(run.records)
    assert records["focus towards the centre"]["estimate"] > 0.9
    assert records["focus score and planted sharpness"]["estimate"] > 0.9
    assert records["planted sharpness towards the centre"]["estimate"] == pytest.approx(1)
    assert all(one["state"] == "simulated" and one["verdict"] is None for one in records.values())


def test_mixing_permutes_what_was_labelled(table, features):
    own = ~table["control"].to_numpy()
    found = sma.mixed(features[own], table[own], n_permutations=19)
    assert found["label"].tolist() == ["batch"] * 3 + ["condition"] * 3
    batch, condition = found.iloc[0], found.iloc[3]
    assert batch["n_groups"] == 2 and condition["n_groups"] == 27
    assert batch["estimate"] > 0.8 and abs(condition["estimate"] - condition["null_mean"]) < 0.1


def test_controls_are_judged_and_people_are_not(table, features):
    run = StudyRun(permutations=199)
    found = laboratory.unseen_people(features, table, leave_pair_out(table), n_permutations=199)
    (record,) = sma.judge_people(run, {"CNN": found}, table, "sma_main").values()
    assert record["learner"] == "LeNet-5" and record["verdict"] is None
    assert sma.judge_world(run, "no laboratory effect", found, "x")["verdict"] is None
    assert sma.judge_world(run, "neither", found, "x")["verdict"] is not None
    nuisances = nuisance_in_controls(features, table, targets=("batch",), n_permutations=199)
    (batch,) = sma.judge_nuisance(run, nuisances, "sma_main")
    assert batch["verdict"] == "LEAK" and batch["learner"] == "ridge"


def test_remedies_are_tried_kept_and_printed(table, features, monkeypatch):
    monkeypatch.setattr(after_remedies, "at_hand", lambda: ("none", "ComBat"))
    run = StudyRun(permutations=9)
    folds = leave_pair_out(table)[:2]
    found = sma.remedies(run, features, table, folds, "pairs")
    assert list(dict.fromkeys(found["remedy"])) == [
        "none",
        "ComBat",
        "ComBat, unprotected",
        "ComBat, unprotected, no control wells",
    ]
    assert len(run.records) == len(found) == 8
    assert {one["view"] for one in run.records} >= {"batch after none", "condition after ComBat"}
    shown = sma.remedies_table(found, found)
    assert len(shown) == 4 and shown.iloc[0]["batch, confounded"].startswith("1.00")


def test_words_about_the_fold_of_one_laboratory(table, features):
    found = laboratory.unseen_people(features, table, leave_pair_out(table), n_permutations=1)
    words = sma.rank_words(found)
    assert "of 12 from below" in words and "less than 0.083" in words
    shown = sma.sources_table({"a model": laboratory.by_source(found)})
    assert shown.columns.tolist() == [
        "model", "lines from two laboratories (folds: 11)", "lines from one laboratory (folds: 1)"
    ]  # fmt: skip


def test_the_first_line_says_simulated():
    plates = sma.plates("sma_main", "smoke", 1, seed=0).subset(np.arange(2))
    sites, cells = survey.cells(plates, size=32, per_site=2)
    line = sma.data_line(cells, sites)
    assert "SIMULATED" in line and "never released" in line
    assert f"{len(cells):,} cells of {cells.table['line'].nunique()} lines" in line
    assert isinstance(sites.table, pd.DataFrame)


def test_wells_are_means_of_their_cells_without_controls(table):
    cells = pd.concat([table, table, table[:50]]).sort_values("sample").reset_index(drop=True)
    x = np.random.default_rng(0).normal(size=(len(cells), 3))
    means, wells = sma.by_well(x, cells)
    expected = pd.DataFrame(x).groupby(cells["well_id"]).mean()
    assert np.allclose(means, expected.loc[wells["well_id"]])
    assert not wells["control"].any() and len(wells) == 2 * 27 * 2
    assert (cells.loc[wells.index, "well_id"] == wells["well_id"]).all()


def test_the_fold_of_one_laboratory_is_said_for_every_world(table, features):
    found = laboratory.unseen_people(features, table, leave_pair_out(table), n_permutations=1)
    words = sma.same_fold_words({"as planted": found, "neither": found})
    auc = found.table.loc[found.table["same_laboratory"], "auc"].item()
    assert words.count(f"{auc:.2f} (") == 2 and "neither" in words


def test_measures_are_said_without_reasons():
    run = StudyRun(permutations=19)
    table = lay_out(SMA_MAIN.shrunk(plates=1, wells_a_line=1, sites=1))
    sites = SiteTable(table.assign(blur=table["row"], focus=-table["row"], n_cells=30))
    record = sma.judge_focus(run, sites, "x")["focus score and planted sharpness"]
    assert "rank correlation 1.00" in report.measured("score", record)
    assert "subject" not in report.measured("score", record)

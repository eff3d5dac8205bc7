"""Drops whose parts are known, and questions whose answer is planted."""

import numpy as np
import pandas as pd
import pytest

from confoundlab.design import splits
from confoundlab.errors import InputError
from confoundlab.evidence.verdicts import Verdict
from confoundlab.plates.analysis.forests import Question, cut_drop, lonely, named_by_forest
from confoundlab.plates.features.tables import PlateTable
from confoundlab.studies.run import StudyRun


def table(n=120, seed=0):
    """Wells of four classes; x tells the class, z is noise; class d lives in one week."""
    rng = np.random.default_rng(seed)
    label = np.repeat(list("abcd"), n // 4)
    week = np.where(label == "d", 0, np.arange(n) % 3).astype(str)
    return pd.DataFrame(
        {
            "condition": label,
            "batch": week,
            "well_id": [f"w{number // 2:03d}" for number in range(n)],
            "x": np.unique(label, return_inverse=True)[1] + rng.normal(0, 0.1, n),
            "z": rng.normal(size=n),
        }
    )


def ask(rows, features, run=None, **options):
    source = PlateTable("nf1_qc", rows, tuple(features))
    run = run or StudyRun(permutations=199)
    return Question(run, source, rows, "condition", "well_id", features, "view", **options)


def test_classes_of_one_level_are_lonely():
    alone = lonely(["a", "a", "b", "b"], [1, 2, 1, 1])
    assert alone.tolist() == [False, False, True, True]


def test_a_forest_names_what_is_there_and_not_what_is_not():
    rows = table()
    for features, low, high in ((["x"], 0.95, 1.0), (["z"], 0.1, 0.42)):
        asked = ask(rows, features)
        parts = splits.grouped_folds(asked.labels, asked.groups, folds=4)
        record = asked.measure("wells apart", parts).record
        assert low <= record["estimate"] <= high
        assert (record["p_value"] < 0.05) == (features == ["x"])
        assert record["learner"] == "random forest" and record["n_groups"] == 60


def test_no_leak_is_found_by_a_forest_that_finds_a_planted_one():
    asked = ask(table(n=1200), ["z"], is_control=True)
    parts = splits.grouped_folds(asked.labels, asked.groups, folds=4)
    record = asked.measure("wells apart", parts).record
    assert record["verdict"] == Verdict.NO_LEAK_FOUND
    told = " ".join(record["reasons"])
    assert "did find a planted leak of 10.0% (further columns that name the class" in told


def test_every_row_is_tested_once_a_seed():
    asked = ask(table(), ["x"])
    parts = splits.k_fold(asked.labels, folds=3)
    seen = np.random.default_rng(0).random((120, 2)).astype(np.float32)
    found = named_by_forest(seen, asked.labels, parts, [0, 1])
    assert found["image"].value_counts().eq(2).all() and found["repeat"].nunique() == 6


def test_a_label_that_is_its_factor_is_not_identifiable():
    rows = table().assign(place=lambda t: t["condition"] + "1")
    asked = ask(rows, ["x"], factor="place")
    parts = splits.grouped_folds(asked.labels, asked.groups, folds=4)
    assert asked.measure("wells apart", parts).record["verdict"] == Verdict.NOT_IDENTIFIABLE
    control = ask(rows, ["place"], run=asked.run, factor="place", is_control=True)
    assert control.measure("wells apart", parts).record["verdict"] == Verdict.LEAK


def test_a_drop_is_cut_into_its_parts():
    labels = np.repeat([0, 1], 50)
    groups = np.arange(100) // 5
    first = pd.DataFrame({"image": np.arange(100), "predicted": labels, "repeat": 0})
    wrong = np.r_[np.ones(20, bool), np.zeros(30, bool), np.ones(50, bool)]
    second = first.assign(predicted=np.where(wrong, 1 - labels, labels))
    cut = cut_drop(first, second, labels, groups, labels == 1)
    assert cut.total_estimate == pytest.approx(0.7)
    assert cut.forced_estimate == pytest.approx(0.5)
    assert cut.rest_estimate == pytest.approx(0.2)
    for part, value in ((cut.total, 0.7), (cut.forced, 0.5), (cut.rest, 0.2)):
        assert part.low < value < part.high
    assert "70.0 points" in str(cut) and "50.0 points forced" in str(cut)


def test_a_drop_needs_the_same_rows_and_rows_that_were_truly_forced():
    labels = np.array([0, 0, 1, 1])
    first = pd.DataFrame({"image": np.arange(4), "predicted": labels, "repeat": 0})
    with pytest.raises(InputError, match="different rows"):
        cut_drop(first, first[:3], labels, np.arange(4), labels == 1)
    with pytest.raises(InputError, match="trained on after all"):
        cut_drop(first, first, labels, np.arange(4), labels == 1)

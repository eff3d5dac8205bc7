import datetime

import numpy as np
import pandas as pd
import pytest

from confoundlab.design.factors import kinds_of
from confoundlab.design.kinds import in_words, taken
from confoundlab.errors import InputError

DAYS = [datetime.date(2024, 3, day) for day in (1, 2, 2, 5)]


def evenly(levels, times):
    return np.repeat(np.asarray(levels), times)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "b"], "classes"),
        ([True, False], "classes"),
        ([1, 2], "classes"),
        ([1.0, 2.0, 2.0], "classes"),
        ([1.0, np.nan, 2.0], "classes"),
        (pd.array([1, 2, None], "Int64"), "classes"),
        (np.array([1, 2], object), "classes"),
        (pd.Categorical([1.5, 2.5]), "classes"),
        ([0, 1, 3, 10, 30, 100], "classes"),  # six doses: each its own level
        (list(range(20)), "classes"),
        (np.arange(20.0), "classes"),
        (list(range(21)), "measured"),
        (evenly(np.arange(41744, 41774), 8), "classes"),  # barcodes of plates
        (evenly(np.arange(41744, 41774), 3), "measured"),
        (evenly(np.arange(40), 8), "classes"),  # codes that count from 0 ...
        (evenly(np.arange(1, 22), 4), "classes"),  # ... or from 1
        (evenly(np.arange(40), 3), "measured"),
        (evenly(np.delete(np.arange(41), 7), 8), "measured"),  # a gap
        (evenly(np.arange(18, 90), 8), "measured"),  # years of age
        (np.round(40 + 15 * np.random.default_rng(0).normal(size=400)), "measured"),
        (np.random.default_rng(0).binomial(90, 0.5, 9000), "measured"),
        (np.arange(21.0), "measured"),
        ([0.1, 0.2], "measured"),
        ([0.0, 0.1, 1.0, 10.0], "measured"),  # doses
        (DAYS, "time"),
        (pd.to_datetime(["2024-03-01", "2024-03-02"]), "time"),
        (pd.to_datetime(["2024-03-01", "2024-03-02"], utc=True), "time"),
        ([datetime.time(9, 30), datetime.time(14)], "time"),
        (pd.to_timedelta([1, 2], "h"), "time"),
        (pd.period_range("2024-03", periods=2, freq="M"), "time"),
        (["2024-03-01", "2024-03-02"], "classes"),
        ([np.nan, np.nan], "classes"),
        ([1.0, np.inf], "measured"),
    ],
)
def test_what_is_not_stated_is_guessed_by_the_rule(values, kind):
    table = pd.DataFrame({"x": values})
    assert kinds_of(table) == {"x": kind}
    found = taken(table)["x"]
    assert not found.stated and found.why
    said = taken(table, {"x": "measured"})["x"]
    assert said.kind == "measured" and said.stated and not said.doubt


@pytest.mark.parametrize("levels", [20, 21, 40, 200])
@pytest.mark.parametrize(
    "name",
    ["session", "session_id", "Session 2", "session no", "plateBarcode", "Metadata_Plate", "siteID",
     "patient", "centre"],
)  # fmt: skip
@pytest.mark.parametrize("kind", [int, float])
def test_a_name_for_a_thing_is_of_codes(levels, name, kind):
    values = np.random.default_rng(levels).integers(0, levels, 3 * levels).astype(kind)
    assert kinds_of(pd.DataFrame({name: values})) == {name: "classes"}


def test_decimals_may_be_names_of_batches():
    assert kinds_of(pd.DataFrame({"batch": [1.1, 1.2, 2.1]})) == {"batch": "classes"}


@pytest.mark.parametrize(
    "name", ["age", "patient_age", "AgeYears", "plate temperature", "batch_size", "exposure time",
             "dose", "session_minutes", "width", "file_bytes"],
)  # fmt: skip
def test_a_name_for_a_quantity_is_of_measurements_without_doubt(name):
    for values in (evenly(np.arange(40), 8), evenly(np.arange(1990, 2024), 5)):
        found = taken(pd.DataFrame({name: values}))[name]
        assert found.kind == "measured" and not found.doubt


@pytest.mark.parametrize(
    "values", [evenly(np.arange(30), 2), np.r_[evenly(np.arange(40), 8), 3], evenly([3 * one for
               one in range(40)], 9)],
)  # fmt: skip
def test_whole_numbers_that_repeat_are_measured_in_doubt(values):
    rng = np.random.default_rng(0)
    shuffled = rng.permutation(np.r_[values, np.full(9 * len(values) // 20, values[0])])
    found = taken(pd.DataFrame({"x": shuffled}))["x"]
    assert found.kind == "measured" and "kinds={'x': 'classes'}" in found.doubt
    assert "kinds={'x': 'measured'}" in found.doubt


@pytest.mark.parametrize("values", [np.arange(40), np.arange(40) / 3, evenly(range(15), 9)])
def test_other_numbers_are_not_in_doubt(values):
    assert not taken(pd.DataFrame({"x": values}))["x"].doubt


def test_words_name_every_kind_and_every_doubt():
    table = pd.DataFrame({"site": [1, 2] * 60, "x": np.arange(120) // 3, "dose": [1, 2] * 60})
    table["x"] *= 3
    first, *doubts = in_words(taken(table, {"dose": "measured"}))
    assert "site: classes (guessed: the name says site)" in first
    assert "dose: measured (as stated)" in first and "x: measured (guessed: 40 diff" in first
    assert len(doubts) == 1


@pytest.mark.parametrize(
    ("kinds", "why"),
    [({"y": "classes"}, "no factor 'y'"), ({"x": "class"}, "Did you mean 'classes'")],
)
def test_kinds_that_there_are_not(kinds, why):
    with pytest.raises(InputError, match=why):
        kinds_of(pd.DataFrame({"x": [1, 2]}), kinds)


def test_names_are_text_and_each_is_there_once():
    assert kinds_of(pd.DataFrame({5: [0.1, 1]}), {5: "classes"}) == {"5": "classes"}
    with pytest.raises(InputError, match="Two factors have one name: 'x'"):
        kinds_of(pd.DataFrame([[1, 2]], columns=["x", "x"]))

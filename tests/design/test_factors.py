import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confoundlab.design.factors import coded, levels_of, quantities, sparsely_coded
from confoundlab.errors import InputError

DAYS = [datetime.date(2024, 3, day) for day in (1, 2, 2, 5)]


@pytest.mark.parametrize("coding", [str, int, float, bool])
def test_a_batch_is_the_same_in_every_coding(coding):
    batch = np.array([0, 1, 1, 0, 1])
    numbers, names = coded(pd.DataFrame({"batch": batch.astype(coding)}))
    assert (numbers == np.c_[batch == 0, batch == 1]).all() and names == ["batch"] * 2


def test_sparse_codes_are_the_same_numbers(rng):
    table = pd.DataFrame(
        {"site": list("abcab"), "level": rng.normal(size=5), "day": DAYS + DAYS[:1]}
    )
    numbers, _ = coded(table)
    assert (sparsely_coded(table).toarray() == numbers).all()


def test_many_whole_numbers_are_classes_if_that_is_stated():
    table = pd.DataFrame({"x": np.repeat(np.arange(21), 2)})
    with pytest.warns(UserWarning, match="kinds={'x': 'classes'}"):
        assert coded(table)[0].shape == (42, 2)
    assert coded(table, {"x": "measured"})[0].shape == (42, 2)
    marks, _ = coded(table, {"x": "classes"})
    assert (marks == np.repeat(np.eye(21), 2, axis=0)).all()


@pytest.mark.parametrize(
    "times",
    [
        DAYS,
        pd.to_datetime(DAYS),
        pd.to_datetime(DAYS, utc=True),
        [str(day) for day in DAYS],
        pd.to_datetime(DAYS) - pd.Timestamp("2024-03-01"),
    ],
)
def test_times_are_days(times):
    found = quantities(pd.Series(times), "time", "taken")
    assert found.tolist() == [0, 1, 1, 4]
    assert coded(pd.DataFrame({"taken": times}), {"taken": "time"})[0].shape == (4, 2)


def test_times_of_day_are_parts_of_a_day():
    taken = pd.Series([datetime.time(6), datetime.time(18, 0, 0)])
    assert quantities(taken, "time", "taken").tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    ("values", "kind", "why"),
    [
        (["a", "b"], "measured", "'x' cannot be measured: its values are no numbers"),
        (["1", "2"], "measured", "no numbers"),
        (["soon", "late"], "time", "'x' is no time: one of its values is 'soon'"),
        ([True, False], "time", "no times, such as 2024"),
        (pd.to_datetime(DAYS), "measured", "no numbers"),
        ([1.0, np.nan], "measured", r"'x' is missing in 1 row\(s\)"),
        ([DAYS[0], None], "time", r"'x' is missing in 1 row\(s\)"),
    ],
)
def test_values_that_are_not_of_their_kind(values, kind, why):
    with pytest.raises(InputError, match=why):
        quantities(pd.Series(values), kind, "x")


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40))
def test_thirds_keep_order_and_ties_and_are_never_constant(values):
    given = pd.Series(values)
    if len(set(values)) == 1:
        with pytest.raises(InputError, match="'x' is constant"):
            levels_of(given, "measured", "x")
        return
    found = levels_of(given, "measured", "x")
    assert len(set(found)) >= 2 and set(found) <= {0, 1, 2}
    order = np.argsort(values, kind="stable")
    assert (np.diff(found[order]) >= 0).all()
    assert pd.Series(found).groupby(given.to_numpy()).nunique().max() == 1


def test_thirds_are_thirds_where_nothing_is_tied():
    assert np.bincount(levels_of(pd.Series(np.arange(30.0)), "measured", "x")).tolist() == [10] * 3
    mostly = pd.Series(np.r_[np.zeros(75), np.arange(1, 26)])
    assert np.bincount(levels_of(mostly, "measured", "x")).tolist() == [0, 75, 25]


def test_marks_and_bends():
    table = pd.DataFrame({"site": ["a", "b", "a", "b"], "dose": [0.5, 1.0, 2.0, 5.0]})
    numbers, names = coded(table)
    assert names == ["site", "site", "dose", "dose"]
    assert numbers[:, :2].tolist() == [[1, 0], [0, 1], [1, 0], [0, 1]]
    assert numbers[:, 2].mean() == pytest.approx(0) and numbers[:, 2].std() == pytest.approx(1)
    assert numbers[:, 3] == pytest.approx(numbers[:, 2] ** 2)


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"site": ["a", "a"]}, "'site' is constant"),
        ({"dose": [1.5, 1.5]}, "'dose' is constant"),
        ({"name": ["a", "b", "c"]}, "'name' has another level in each of its 3 rows"),
        ({"dose": [1.0, np.nan]}, r"'dose' is missing in 1 row\(s\)"),
        ({}, "a table"),
    ],
)
def test_odd_factors_are_refused(table, why):
    with pytest.raises(InputError, match=why):
        coded(pd.DataFrame(table))

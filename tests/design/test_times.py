import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confoundlab.design.times import times_of_text
from confoundlab.errors import InputError

FORMS = (
    "%Y-%m-%d", "%Y/%m/%d %H:%M", "%Y:%m:%d %H:%M:%S", "%Y%m%d", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M",
    "%d.%m.%Y", "%d/%m/%Y %H:%M", "%m/%d/%Y", "%m/%d/%Y %I:%M %p", "%d %b %Y", "%d-%b-%Y",
    "%B %d, %Y %H:%M",
)  # fmt: skip


def times(*values):
    return times_of_text(pd.Series(values, dtype=object), "taken")


@pytest.mark.parametrize("form", FORMS)
@settings(max_examples=20)
@given(days=st.lists(st.dates(datetime.date(1990, 1, 1), datetime.date(2029, 12, 31)), min_size=1))
def test_what_python_writes_is_read_back(form, days):
    # the 25th tells which number is the day
    points = [
        pd.Timestamp(day) + pd.Timedelta(hours=15) for day in [*days, pd.Timestamp("2024-03-25")]
    ]
    whole = [one if "%H" in form or "%I" in form else one.normalize() for one in points]
    found = times(*(one.strftime(form) for one in points))
    assert [one.tz_localize(None) for one in found] == whole


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2", "10"], [1, 2, 10]),  # an order
        (["2021", "2023"], [2021, 2023]),
        (["1614556800", "1614556801.5"], [1614556800, 1614556801.5]),
        (["6:00", "18:00:00"], [pd.Timedelta(hours=6), pd.Timedelta(hours=18)]),
        (
            ["5/5/2021", "06/06/2021"],
            [pd.Timestamp("2021-05-05", tz="UTC"), pd.Timestamp("2021-06-06", tz="UTC")],
        ),
        (
            ["2021-03-01T10:00+02:00", "2021-03-02"],
            [pd.Timestamp("2021-03-01 08:00", tz="UTC"), pd.Timestamp("2021-03-02", tz="UTC")],
        ),
    ],
)
def test_numbers_hours_and_zones(values, expected):
    assert times(*values).tolist() == expected


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["01/02/2021", "03/04/2021"], r"in two ways: '01/02/2021' is 2021-02-01 or 2021-01-02"),
        (["12.05.21"], "in two ways"),
        (["13/02/2021", "02/13/2021"], "several forms"),
        (["2021-03-01", "14:30"], "several forms|one of its values is '14:30'"),
        (["2021-13-05"], "one of its values is '2021-13-05'"),
        (["2021-03-01", "now"], "one of its values is 'now'"),
        (["today"], "no time"),
        (["Mon"], "no time"),
        (["1", "soon"], "one of its values is"),
        (["inf"], "no time"),
        (["9999999999999-01-01"], "no time"),
    ],
)
def test_what_could_mean_two_things_or_none_is_refused(values, why):
    with pytest.raises(InputError, match=why):
        times(*values)


@given(st.lists(st.text(max_size=12), min_size=1, max_size=3))
def test_any_text_is_read_or_refused_in_words(values):
    try:
        assert len(times(*values)) == len(values)
    except InputError as error:
        assert "'taken'" in str(error)

import pandas as pd
import pytest

from confoundlab.auditing.readers.roles import Roles, columns_of
from confoundlab.errors import InputError


def table(**columns):
    return pd.DataFrame(columns, dtype=object)


def test_what_is_not_said_is_assumed_and_told():
    found = columns_of(
        table(name=list("abcd"), diagnosis=list("xyxy"), Patient=list("1122"), site=list("pqqp")),
        Roles(),
    )
    assert found.roles == Roles("diagnosis", "Patient", ("site",))
    said = " ".join(found.assumed)
    assert "'diagnosis'" in said and "'Patient'" in said and "site" in said
    assert "names of the images" in said  # of the first column


def test_what_is_said_is_taken():
    asked = Roles("b", "c", ("d",), split="e")
    found = columns_of(
        table(b=list("xy"), c=list("12"), d=["0.5", "2"], e=["train", "test"], f=list("uv")), asked
    )
    assert found.roles == asked and not found.assumed
    assert found.factors["d"].tolist() == [0.5, 2.0]
    assert list(found.split) == ["train", "test"]


def test_without_group_and_factors_a_table_is_wished_for():
    said = " ".join(columns_of(table(label=list("xyxy")), Roles()).assumed)
    assert "--group" in said and "--factor" in said


@pytest.mark.parametrize(
    ("columns", "roles", "why"),
    [
        ({"a": "xy"}, Roles(), "Nothing says what the classes are"),
        ({"label": "xx"}, Roles(), "nothing to tell apart"),
        ({"label": ["x", None]}, Roles(), r"'label' is empty for 1 images.*\[3\]"),
        ({"label": "xy", "patient": ["1", None]}, Roles(), "'patient' is empty"),
        ({"label": "xy"}, Roles("labels"), "Did you mean 'label'"),
        ({"label": "xy", "site": "pq"}, Roles(factors=("sites",)), "Did you mean 'site'"),
        ({"label": "xy"}, Roles("label", factors=("label",)), "at once"),
        ({"label": "xy", "day": "ab"}, Roles(time="day"), "is no time"),
    ],
)
def test_bad_columns_are_one_line(columns, roles, why):
    with pytest.raises(InputError, match=why) as caught:
        columns_of(table(**{name: list(values) for name, values in columns.items()}), roles)
    assert "\n" not in str(caught.value)


def test_too_many_columns_are_not_all_tested():
    many = {f"c{number}": list("pq") * 2 for number in range(25)}
    with pytest.raises(InputError, match="25 columns"):
        columns_of(table(label=list("xyxy"), **many), Roles())

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confoundlab.design import columns
from confoundlab.errors import InputError

wild = st.one_of(st.integers(-3, 3), st.text(max_size=2), st.none(), st.floats(), st.booleans())


@given(st.lists(wild, max_size=12))
def test_codes_are_names_in_order_or_an_error_in_words(values):
    try:
        found = columns.codes(pd.Series(values, dtype=object), None, "batch")
    except InputError as error:
        assert "'batch'" in str(error)
        return
    assert len(found) == len(values)
    for a, b in zip(values, found, strict=True):
        assert all((a == other) == (b == code) for other, code in zip(values, found, strict=True))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["a", None, "b", np.nan], r"missing in 2 row\(s\), for example \[1, 3\]"),
        ([1.0, np.nan], r"missing in 1 row\(s\), for example \[1\]"),
        ([1.0, np.inf], r"infinite in row\(s\) \[1\]"),
        (np.array([1, "a", 2], object), "mixes types: int at row 0, str at row 1"),
        ([[1, 2], [3, 4]], "one column"),
        ([], "is empty"),
        ([1 + 2j, 3], "complex"),
    ],
)
def test_odd_columns_name_themselves_and_their_rows(values, why):
    with pytest.raises(InputError, match=f"'batch'.*{why}"):
        columns.codes(values, None, "batch")


def test_lengths_must_match():
    with pytest.raises(InputError, match=r"shape \(3,\)"):
        columns.codes(["a", "b"], 3, "batch")


def test_categories_are_codes():
    values = pd.Categorical(["b", "a", "b"])
    assert columns.codes(pd.Series(values), 3, "batch").tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("values", "groups", "why"),
    [
        (["a", "a"], [0, 1], "one class only"),
        (
            ["a", "a", "b"],
            [0, 1, 2],
            r"1 of 2 levels lie in one group only \(b; first at row\(s\) \[2\]",
        ),
        (["a", "b", "c"], [0, 1, 2], "Every level is such a one"),
    ],
)
def test_classes_must_be_testable(values, groups, why):
    with pytest.raises(InputError, match=why):
        columns.classes(values, None, "label", np.array(groups))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.zeros((3, 2)), "Every feature is constant"),
        (pd.DataFrame({"a": [1.0, 2], "b": [1, np.nan]}), r"row\(s\) \[1\], column\(s\) \['b'\]"),
        ([["x", "y"]], "must be numbers"),
        ([1, 2], "shape"),
    ],
)
def test_odd_features_are_refused(values, why):
    with pytest.raises(InputError, match=why):
        columns.features(values)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0, 1, 1], ["a", "b"]),
        ([1.0, 2.0], ["1", "2"]),
        ([True, False], ["yes", "no"]),
        ([True, False], [1, 2]),
        (np.array([0, 1]), pd.Categorical(["a", "b"])),
    ],
)
def test_columns_of_different_types_are_not_compared(first, second):
    for pair in ((first, second), (second, first)):
        with pytest.raises(InputError, match="Labels cannot be compared: one column holds"):
            columns.shared_codes(*pair, "Labels")


def test_columns_without_a_common_value_are_not_compared():
    with pytest.raises(InputError, match="have no value in common"):
        columns.shared_codes(["a", "b"], ["A", "B"], "Labels")


@pytest.mark.parametrize("coding", [str, int, float])
def test_columns_of_one_type_share_their_codes(coding):
    first, second = (np.array(values).astype(coding) for values in ([3, 1], [1, 2, 3]))
    a, b = columns.shared_codes(first, second, "Labels")
    assert a.tolist() == [2, 0] and b.tolist() == [0, 1, 2]
    a, b = columns.shared_codes([3, 1], [1.0, 2.0, 3.0], "Labels")
    assert a.tolist() == [2, 0]


def test_levels_of_a_single_group_are_merged():
    values = pd.Series(["a", "a", "b", "b", "c", "d"], index=range(3, 9))
    merged = columns.merge_rare(values, [0, 1, 2, 2, 3, 4])
    assert merged.tolist() == ["a", "a", "rare", "rare", "rare", "rare"]
    assert merged.index.equals(values.index)
    assert columns.merge_rare(values, range(6), least=1).equals(values)

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confoundlab.design.aliasing import identifiability
from confoundlab.errors import InputError


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=25))
def test_parts_are_the_rank_that_the_two_way_design_lacks(pairs):
    """Classes can be compared exactly where the additive model can estimate their difference."""
    labels, levels = np.array(pairs).T
    if len(np.unique(labels)) < 2:
        return
    found = identifiability(labels, levels)
    design = np.hstack([pd.get_dummies(labels), pd.get_dummies(levels)]).astype(float)
    assert len(found.parts) == design.shape[1] - np.linalg.matrix_rank(design)
    # the extra acquisition connects everything, and no smaller one could
    more = [(int(a), int(b)) for a, b, _ in found.missing]
    assert len(more) == len(found.parts) - 1
    if more:
        again = identifiability(
            np.r_[labels, [a for a, _ in more]], np.r_[levels, [b for _, b in more]]
        )
        assert len(again.parts) == 1


@pytest.mark.parametrize(
    ("labels", "factor", "groups", "status", "separable", "words"),
    [
        ("aabb", "1212", None, "crossed", True, "Every class was imaged in every batch"),
        ("aabb", "1111", None, "constant", True, "share one batch"),
        ("aabb", "1122", None, "aliased", False, "class a comes from batch 1"),
        ("aabb", "1123", "1123", "nested", True, "whole batchs as the sample"),
        ("aabb", "1133", "1234", "aliased", False, "no test on these data"),
        ("aaabbb", "112334", "123456", "nested", False, "take the batch as the group"),
        ("aabbcc", "121233", None, "partly aliased", False, "class c comes from batch 3"),
        ("aabbcc", "122331", None, "connected", True, "through a chain"),
    ],
)
def test_designs_are_named_in_words(labels, factor, groups, status, separable, words):
    given = None if groups is None else list(groups)
    found = identifiability(list(labels), list(factor), given)
    assert (found.status, found.separable) == (status, separable)
    assert words in str(found)


def test_the_smallest_acquisition_is_said_with_its_groups():
    found = identifiability(list("a" * 6 + "b" * 6), list("1" * 6 + "2" * 6))
    ((label, level, groups),) = found.missing
    assert {label, level} in ({"b", "1"}, {"a", "2"})
    assert groups == 2  # 8 choose 2 is 28 ways, more than 1 / 0.05; 7 choose 1 is not
    assert f"class {label} in batch {level} (2 groups)" in str(found)
    assert found.empty == [("a", "2"), ("b", "1")]
    assert found.images.loc["a", "1"] == 6 and found.groups.loc["b", "2"] == 6


@pytest.mark.parametrize(
    ("labels", "factor", "why"),
    [
        (["a", "a"], ["1", "2"], "one class only"),
        (["a", "b"], ["1"], "'batch' must have shape"),
        (["a", "b"], ["1", None], r"'batch' is missing in 1 row\(s\), for example \[1\]"),
        (["a", "b"], np.array([1, "x"], object), "mixes types: int at row 0, str at row 1"),
    ],
)
def test_odd_columns_are_refused(labels, factor, why):
    with pytest.raises(InputError, match=why):
        identifiability(labels, factor)

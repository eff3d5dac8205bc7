import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.api import OLS

from confoundlab.design import columns
from confoundlab.design.aliasing import identifiability
from confoundlab.design.labelling import Labelling
from confoundlab.errors import InputError


@settings(max_examples=80)
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
    alone = bool(more) and int(found.groups[str(more[0][1])].sum()) == 1
    assert len(more) == len(found.parts) - 1 + alone
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
        ("aabb", "1123", "1123", "nested", True, "only with each batch as a whole"),
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
    assert groups == 3  # 9 choose 3 is 84 ways, more than 2 / 0.05; 8 choose 2 is 28
    assert f"class {label} in batch {level} (3 groups)" in str(found)
    assert found.empty == [("a", "2"), ("b", "1")]
    assert found.images.loc["a", "1"] == 6 and found.groups.loc["b", "2"] == 6


@pytest.mark.parametrize("there", [1, 2, 3, 5, 9, 19, 20, 40])
def test_what_is_asked_for_can_be_tested_by_a_probe_and_called(there):
    """The advice is followed to the letter; the best p-value, twice, must lie below 0.05."""
    labels, batch = ["a"] * there + ["b"], ["1"] * there + ["2"]
    found = identifiability(labels, batch)
    here = [("a", "1")] * there if found.missing[0][1] == "1" else [("b", "2")]
    for label, level, groups in found.missing:
        assert level == found.missing[0][1]
        here += [(label, level)] * groups
    y = np.unique([label for label, _ in here], return_inverse=True)[1]
    assert np.bincount(y).min() >= 2
    columns.classes(y, None, "label", np.arange(len(y)))
    level = Labelling.of(y, np.arange(len(y)))
    smallest = level.smallest_p(10**9, renamed=True)
    assert 2 * smallest < 0.05
    fewer = np.delete(y, np.flatnonzero(y == y[-1])[-1])
    if there > 1 and np.bincount(fewer).min() >= 2:
        least = Labelling.of(fewer, np.arange(len(fewer))).smallest_p(10**9, renamed=True)
        assert 2 * least >= 0.05 or found.missing[0][2] == 2


def test_a_stray_image_links_batches_and_is_said():
    labels, batch = ["a"] * 101 + ["b"] * 101, ["1"] * 100 + ["2"] + ["1"] + ["2"] * 100
    found = identifiability(labels, batch)
    assert found.status == "crossed" and found.thinnest == 1
    assert "rests on 1 group of the rarer class" in str(found)
    assert f"{found.inflation:.1f} times as large" in str(found)
    even = identifiability(list("abab") * 10, list("1122") * 10)
    assert even.thinnest == 10 and even.inflation == pytest.approx(1)
    assert "10 groups of the rarer class" in str(even) and "times as large" not in str(even)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=4, max_size=40))
def test_the_inflation_is_that_of_statsmodels_and_the_thinnest_link_of_all_chains(pairs):
    labels, levels = np.array(pairs).T
    if len(np.unique(labels)) < 2:
        return
    found = identifiability(labels, levels)
    design = pd.get_dummies(levels).to_numpy(float)
    worst = 1.0
    for one in np.unique(labels):
        residual = OLS((labels == one).astype(float), design).fit().rsquared
        worst = max(worst, np.inf if residual > 1 - 1e-9 else 1 / (1 - residual))
    assert found.inflation == pytest.approx(worst)
    counts = found.groups.to_numpy()
    names = range(len(counts))
    links = {(a, b): np.minimum(counts[a], counts[b]).max() for a in names for b in names}
    for middle in names:  # the strongest chains, by Floyd and Warshall
        links |= {
            (a, b): max(links[a, b], min(links[a, middle], links[middle, b]))
            for a in names for b in names
        }  # fmt: skip
    assert found.thinnest == min(links[a, b] for a in names for b in names if a != b)


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

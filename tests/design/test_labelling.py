import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confoundlab.design.labelling import Labelling
from confoundlab.errors import InputError

A = np.array


@pytest.mark.parametrize(
    ("labels", "groups", "blocks", "units", "permuted", "n_units"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1], None, None, "whole groups", 2),
        ([0, 1, 0, 1, 1], [0, 0, 1, 1, 1], None, None, "images within their groups", 5),
        (
            [0, 1, 0, 0],
            [0, 0, 1, 1],
            None,
            None,
            "images within their groups, and groups of one size",
            4,
        ),
        ([0, 1, 0, 1], [0, 1, 2, 3], [0, 0, 1, 1], None, "whole groups, inside blocks", 4),
        ([0, 0, 1, 1], [0, 0, 0, 0], None, [0, 0, 1, 1], "units within their groups", 2),
        (
            [0, 1, 0, 0],
            [0, 0, 1, 1],
            [0, 0, 1, 1],
            None,
            "images within their groups, inside blocks",
            4,
        ),
        ([0, 0, 1, 1], [0, 0, 1, 1], None, [0, 0, 1, 1], "units", 2),
        (
            [0, 0, 1, 1, 1, 1],
            [0, 0, 1, 1, 1, 1],
            [0, 1, 0, 1, 0, 1],
            None,
            "whole groups, alike in their blocks",
            2,
        ),
    ],
)
def test_the_level_is_found_and_explained(labels, groups, blocks, units, permuted, n_units):
    some = [None if part is None else A(part) for part in (blocks, units)]
    level = Labelling.of(A(labels), A(groups), *some)
    assert (level.permuted, len(level.labels)) == (permuted, n_units)
    assert level.why.endswith(".")
    assert level.level == permuted.removeprefix("whole ").split(",")[0].replace(" their", "")
    assert (level.labels[level.unit] == A(labels)).all()


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=2, max_size=7))
def test_distinct_labellings_are_counted_and_drawn_inside_blocks(pairs):
    labels, blocks = A([p[0] for p in pairs]), A([p[1] for p in pairs])
    possible = {
        order
        for order in itertools.permutations(range(len(pairs)))
        if (blocks[list(order)] == blocks).all()
    }
    distinct = {tuple(labels[list(order)]) for order in possible}
    if len(distinct) == 1:
        with pytest.raises(InputError, match="No label can be swapped"):
            Labelling.of(labels, np.arange(len(pairs)), blocks)
        return
    level = Labelling.of(labels, np.arange(len(pairs)), blocks)
    assert np.exp(level.log_distinct) == pytest.approx(len(distinct))
    drawn = level.draw(200, np.random.default_rng(0))
    assert {tuple(row) for row in drawn[:, level.unit]} <= distinct

    # the same up to the names of classes: as many labellings as the largest renamed family
    def alike(one):
        names = dict(zip(one, labels.tolist(), strict=True))
        return len(set(names.values())) == len(names) and all(
            names[a] == b for a, b in zip(one, labels.tolist(), strict=True)
        )

    renamed = sum(alike(one) for one in distinct)
    assert level.smallest_p(10**6, renamed=True) == pytest.approx(renamed / len(distinct), rel=1e-3)
    assert level.smallest_p(10**6, renamed=False) == pytest.approx(1 / len(distinct), rel=1e-3)


@settings(max_examples=60)
@given(
    labels=st.lists(st.integers(0, 2), min_size=2, max_size=7),
    sizes=st.lists(st.integers(1, 3), min_size=7, max_size=7),
)
def test_mixed_groups_swap_inside_and_with_groups_of_their_size(labels, sizes):
    y = A(labels)
    group = np.repeat(np.arange(7), sizes)[: len(y)]
    parts = [np.flatnonzero(group == one) for one in np.unique(group)]
    if all(len(set(y[part])) == 1 for part in parts):
        return  # labels of whole groups: the test above
    # every order of groups that keeps sizes, and every order inside the groups
    distinct = {
        tuple(y[list(order)])
        for order in itertools.permutations(range(len(y)))
        if all(len(set(group[list(A(order)[part])])) == 1 for part in parts)
    }
    try:
        level = Labelling.of(y, group)
    except InputError:
        assert len(distinct) == 1
        return
    assert np.exp(level.log_distinct) == pytest.approx(len(distinct))
    drawn = level.draw(300, np.random.default_rng(0))
    assert {tuple(row) for row in drawn} <= distinct
    if len(distinct) < 12:
        assert len({tuple(row) for row in drawn}) == len(distinct)


def test_the_smallest_p_is_bound_by_the_permutations_drawn():
    level = Labelling.of(np.arange(40) % 2, np.arange(40))
    assert level.smallest_p(999, renamed=True) == 1 / 1000


@pytest.mark.parametrize(
    ("labels", "groups", "blocks", "units", "why"),
    [
        (
            [0, 0, 1, 1],
            [0, 0, 1, 1],
            [0, 1, 1, 1],
            None,
            r"No label can be swapped \(whole groups, alike in",
        ),
        ([0, 1, 1, 1], [0, 0, 0, 0], None, [0, 0, 1, 1], r"unit must lie in one of the labels"),
        ([0, 0, 1, 1], [0, 1, 1, 1], None, [0, 0, 1, 1], r"unit must lie in one of the groups"),
        ([0, 0, 1, 1], [0, 1, 2, 3], [0, 0, 1, 1], None, "No label can be swapped"),
        ([0, 0, 1, 1], [0, 0, 1, 1], None, [0, 1, 2, 3], "given to groups and not to units"),
    ],
)
def test_designs_that_cannot_be_permuted_are_refused(labels, groups, blocks, units, why):
    some = [None if part is None else A(part) for part in (blocks, units)]
    with pytest.raises(InputError, match=why):
        Labelling.of(A(labels), A(groups), *some)


def slipped(sizes, slips):
    """Labels of groups that alternate, but for the last images of the groups named."""
    groups = np.repeat(np.arange(len(sizes)), sizes)
    labels = groups % 2
    last = np.cumsum(sizes) - 1
    labels[last[list(slips)]] = 1 - labels[last[list(slips)]]
    return labels, groups


@pytest.mark.parametrize(
    ("sizes", "slips", "level"),
    [
        ([10] * 10, [3], "groups"),
        ([10] * 10, [0, 2, 4, 6, 9], "groups"),  # one in twenty
        ([10] * 10, [0, 1, 2, 3, 4, 5], "images within groups"),  # more
        ([2, *[10] * 10], [0], "images within groups"),  # a group without a majority
        ([98, 2, 20], [0], "images within groups"),  # one of three of its class
    ],
)
def test_few_slips_leave_groups_whole(sizes, slips, level):
    labels, groups = slipped(sizes, slips)
    found = Labelling.of(labels, groups)
    assert found.level == level
    if level == "groups":
        assert found.mixed.tolist() == sorted(slips)
        assert found.labels.tolist() == (np.arange(len(sizes)) % 2).tolist()
        assert f"but for {len(slips)} of" in found.why

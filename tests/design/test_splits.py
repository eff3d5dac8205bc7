import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from confoundlab.design.splits import (
    Split,
    apart,
    grouped,
    grouped_folds,
    k_fold,
    leave_arc_out,
    leave_out,
    straddling,
    stratified,
    two_sessions,
)
from confoundlab.errors import InputError

LABELS = np.repeat(np.arange(20), 72)
ANGLES = np.tile(np.arange(0, 360, 5), 20)


def test_the_papers_split_has_the_papers_counts():
    split = stratified(LABELS, seed=3)
    assert (len(split.train), len(split.test)) == (1152, 288)  # Table 4
    assert set(np.bincount(LABELS[split.test])) <= {14, 15}
    assert not np.intersect1d(split.train, split.test).size


def test_a_seed_is_a_split():
    assert (stratified(LABELS, seed=1).test == stratified(LABELS, seed=1).test).all()
    assert (stratified(LABELS, seed=1).test != stratified(LABELS, seed=2).test).any()


def test_folds_test_every_row_once():
    folds = k_fold(LABELS, folds=10, seed=0)
    assert (np.sort(np.concatenate([fold.test for fold in folds])) == np.arange(1440)).all()


@given(seed=st.integers(0, 50), size=st.integers(2, 9))
def test_groups_never_straddle(seed, size):
    groups = np.arange(90) // size
    split = grouped(np.arange(90) % 3, groups, test_share=0.3, seed=seed)
    assert not np.intersect1d(groups[split.train], groups[split.test]).size
    assert len(split.train) + len(split.test) == 90


def test_two_sessions_share_what_they_train_on():
    takes = np.tile(["first", "second"], 720)
    same, other = two_sessions(LABELS, takes, "second", seed=2)
    assert (same.train == other.train).all() and set(takes[same.train]) == {"second"}
    assert set(takes[same.test]) == {"second"} and set(takes[other.test]) == {"first"}
    assert (len(same.train), len(same.test), len(other.test)) == (576, 144, 720)
    assert not np.intersect1d(same.train, same.test).size
    with pytest.raises(InputError, match="third"):
        two_sessions(LABELS, takes, "third")


def test_leave_out():
    split = leave_out(["a", "b", "a", "c"], "a")
    assert split.test.tolist() == [0, 2] and split.train.tolist() == [1, 3]
    with pytest.raises(InputError, match="no split"):
        leave_out(["a", "b"], "d")
    with pytest.raises(InputError, match="in 2 of 2"):
        leave_out(["a", "a"], "a")


@pytest.mark.parametrize("start", [0, 72, 340])
@pytest.mark.parametrize("gap", [0, 10, 30])
def test_no_training_view_is_near_the_arc(start, gap):
    split = leave_arc_out(ANGLES, start=start, width=60, gap=gap)
    train, test = np.unique(ANGLES[split.train]), np.unique(ANGLES[split.test])
    assert len(test) == 12
    apart = np.abs(train[:, None] - test)
    assert np.minimum(apart, 360 - apart).min() >= max(gap, 5)
    assert (np.bincount(LABELS[split.test]) == 12).all()


def test_an_arc_that_leaves_nothing_is_refused():
    with pytest.raises(InputError, match="leaves nothing"):
        leave_arc_out(ANGLES, start=0, width=350, gap=10)


def test_too_few_members_is_said_in_words():
    with pytest.raises(InputError, match="cannot be split"):
        stratified(np.array([0, 1, 2, 3]))


def test_groups_are_apart_and_classes_in_proportion():
    groups = LABELS * 6 + ANGLES // 60
    split = apart(LABELS, groups, seed=2)
    assert not np.intersect1d(groups[split.train], groups[split.test]).size
    assert set(LABELS[split.test]) == set(LABELS[split.train]) == set(range(20))
    assert 0.1 < len(split.test) / len(LABELS) < 0.3
    assert (split.test != apart(LABELS, groups, seed=3).test).any()


def test_where_groups_are_images_it_is_the_random_split():
    ours, theirs = apart(LABELS, np.arange(1440), seed=4), stratified(LABELS, seed=4)
    assert (ours.train == theirs.train).all() and (ours.test == theirs.test).all()


def test_a_class_of_one_group_cannot_be_kept_apart():
    with pytest.raises(InputError, match="Class 0 lies in one group only"):
        apart(LABELS, np.where(LABELS == 0, 0, 1 + np.arange(1440) // 2))


def test_groups_that_train_and_test_are_counted():
    groups = np.array([0, 0, 1, 1, 2, 2, 3, 3])
    first = Split(np.array([0, 2, 4, 5]), np.array([1, 3, 6]))  # 0 and 1 on both sides
    second = Split(np.array([0, 1, 6]), np.array([4, 7]))  # 3 on both sides
    assert straddling([first], groups) == (2, 3)
    assert straddling([first, second], groups) == (3, 4)
    assert straddling([first], np.arange(8)) == (0, 3)


@pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
@given(seed=st.integers(0, 10_000), few=st.booleans())
def test_no_fold_is_empty_and_no_group_straddles(seed, few):
    """Sizes and labels of groups at random: some of these draws gave scikit-learn an empty fold."""
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 5))
    groups = np.repeat(np.arange(k), rng.integers(2, 7, k))
    labels = rng.integers(0, int(rng.integers(2, 4)), len(groups))
    folds = 2 if few else k
    try:
        parts = grouped_folds(labels, groups, folds=folds, seed=seed)
    except InputError:  # a class with fewer rows than folds
        return
    assert len(parts) == folds and min(len(part.test) for part in parts) > 0
    assert np.sort(np.concatenate([part.test for part in parts])).tolist() == [*range(len(groups))]
    for part in parts:
        assert not np.intersect1d(groups[part.train], groups[part.test]).size
        assert len(part.train) + len(part.test) == len(groups)


@pytest.mark.filterwarnings("ignore:The least populated class:UserWarning")
def test_a_draw_that_scikit_learn_leaves_with_an_empty_fold():
    rng = np.random.default_rng(17)
    k = int(rng.integers(2, 5))
    groups = np.repeat(np.arange(k), rng.integers(2, 7, k))
    labels = rng.integers(0, int(rng.integers(2, 4)), len(groups))
    parts = grouped_folds(labels, groups, folds=k, seed=17)
    assert sorted(len(part.test) for part in parts) == sorted(np.bincount(groups))


@pytest.mark.parametrize("folds", [1, 4, 2.5])
def test_folds_need_groups(folds):
    labels, groups = np.array([0, 1] * 30), np.repeat(["a", "b", "c"], 20)
    with pytest.raises(InputError, match=f"3 groups cannot be cut into {folds} folds"):
        grouped_folds(labels, groups, folds=folds)


@pytest.mark.parametrize("odd", [[None, "a", "b"], [np.nan, 1.0, 2.0], [1, "1", "b"]])
def test_groups_of_a_split_are_a_sound_column(odd):
    with pytest.raises(InputError, match="'group'"):
        grouped_folds(np.array([0, 1] * 30), np.repeat(np.array(odd, object), 20), folds=2)

import numpy as np
import pandas as pd
import pytest

from confoundlab.errors import InputError
from confoundlab.evidence.remedies import Removed, removed


def predictions(image, predicted):
    return pd.DataFrame({"image": image, "repeat": 0, "predicted": predicted})


def named(labels, right):
    """Predictions of two classes that are right where they are told to be."""
    return np.where(right, labels, 1 - labels)


def some_right(n, share):
    return np.arange(n) % 100 < 100 * share


LABELS = np.tile([0, 1], 200)
GROUPS = np.arange(400)
ROWS = np.arange(400)


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        (0.9, 0.5, 1.0),  # at chance: nothing left
        (0.9, 0.9, 0.0),
        (0.9, 0.7, 0.5),
        (0.7, 0.9, -1.0),  # more leaks than before
        (0.75, 0.25, 2.0),  # below chance
    ],
)
def test_the_share_is_that_of_the_accuracy_above_chance(before, after, share):
    tables = [predictions(ROWS, named(LABELS, some_right(400, right))) for right in (before, after)]
    found = removed(*tables, LABELS, GROUPS, chance=0.5)
    assert found.estimate == pytest.approx(share)
    assert found.ci_low <= share <= found.ci_high
    paired = found.ci_high - found.ci_low < 0.01  # the same answers: only the exact bound is left
    assert paired == (before == after)


def test_words():
    assert str(Removed(0.954, 0.9, 1.012)) == (
        "95% of the leak removed (95% interval 90 to 101)"
    )  # fmt: skip


def test_order_of_rows_names_of_groups_and_number_of_repeats_do_not_matter(rng):
    before = predictions(ROWS, named(LABELS, rng.random(400) < 0.8))
    after = predictions(ROWS, named(LABELS, rng.random(400) < 0.6))
    groups = GROUPS // 4
    found = removed(before, after, LABELS, groups, chance=0.5)
    shuffled = [table.iloc[rng.permutation(400)] for table in (before, after)]
    assert removed(*shuffled, LABELS, groups, chance=0.5) == found
    assert removed(before, after, LABELS, 7 + 3 * groups, chance=0.5) == found
    twice = pd.concat([after, after.assign(repeat=1)], ignore_index=True)
    again = removed(before, twice, LABELS, groups, chance=0.5)
    assert again.estimate == pytest.approx(found.estimate)
    assert (again.ci_low, again.ci_high) == pytest.approx((found.ci_low, found.ci_high))


def test_groups_that_only_one_experiment_tested_count_in_that_one():
    right = np.r_[np.ones(100, bool), some_right(300, 0.6)]
    before = predictions(ROWS[:100], LABELS[:100])
    after = predictions(ROWS[100:], named(LABELS, right)[100:])
    found = removed(before, after, LABELS, GROUPS, chance=0.5)
    assert found.estimate == pytest.approx(1 - 0.1 / 0.5)


def test_near_copies_widen_the_interval(rng):
    groups = GROUPS // 10
    right = np.repeat(rng.random((2, 40)) < [[0.9], [0.65]], 10, axis=1)
    tables = [predictions(ROWS, named(LABELS, one)) for one in right]
    together = removed(*tables, LABELS, groups, chance=0.5)
    alone = removed(*tables, LABELS, GROUPS, chance=0.5)
    assert together.estimate == alone.estimate
    assert together.ci_high - together.ci_low > 1.5 * (alone.ci_high - alone.ci_low)


def test_the_interval_holds_the_truth(rng):
    """Groups of five near copies, a true share of one half; 95% of 300 draws, give or take 3%."""
    n_groups, each, inside = 80, 5, 0
    groups = np.repeat(np.arange(n_groups), each)
    labels = np.tile([0, 1], n_groups * each // 2)
    rows = np.arange(len(labels))
    for draw in range(300):
        skill = rng.normal(0, 0.1, n_groups)  # some groups are easier, before and after
        tables = [
            predictions(rows, named(labels, rng.random(len(labels)) < (mean + skill)[groups]))
            for mean in (0.8, 0.65)
        ]
        found = removed(*tables, labels, groups, chance=0.5, seed=draw)
        inside += found.ci_low <= 0.5 <= found.ci_high
    assert 0.92 <= inside / 300 <= 0.98


@pytest.mark.parametrize("right", [0.5, 0.3])
def test_without_a_leak_there_is_nothing_to_remove(right):
    table = predictions(ROWS, named(LABELS, some_right(400, right)))
    with pytest.raises(InputError, match="nothing to remove"):
        removed(table, table, LABELS, GROUPS, chance=0.5)


def test_malformed_predictions_are_refused():
    table = predictions(ROWS, LABELS)
    with pytest.raises(InputError):
        removed(table, table.drop(columns="predicted"), LABELS, GROUPS, chance=0.5)
    with pytest.raises(InputError):
        removed(table.assign(image=400), table, LABELS, GROUPS, chance=0.5)

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from confoundlab.errors import InputError
from confoundlab.evidence.verdicts import Verdict, verdict
from confoundlab.plates.analysis import folds


def lines(pairs=6, wells=4, sites=3, shared=2):
    """Make pairs of lines over two batches, a line without a pair, and control wells of it."""
    rows = []
    for pair in range(pairs):
        for condition in ("healthy", "SMA"):
            laboratory = "A" if condition == "SMA" and pair != shared else "B"
            rows += [(f"{condition}-{pair}", condition, laboratory, pair, False)] * wells
    rows += [("healthy-x", "healthy", "B", -1, False)] * wells
    rows += [("healthy-x", "healthy", "B", -1, True)] * wells
    table = pd.DataFrame(rows, columns=["line", "condition", "laboratory", "pair", "control"])
    table["well_id"] = [f"w{number}" for number in range(len(table))]
    table["batch"] = np.where(np.arange(len(table)) % 2, "1", "2")
    return table.loc[table.index.repeat(sites)].reset_index(drop=True)


def by_pair(features, table, **options):
    return folds.linear(
        features, table["condition"], folds.leave_pair_out(table),
        wells=table["well_id"], units=table["line"], blocks=table["pair"], **options,
    )  # fmt: skip


def test_a_pair_is_held_out_whole_and_controls_take_no_part():
    table = lines()
    found = folds.leave_pair_out(table)
    assert [fold.same_laboratory for fold in found] == [False, False, True, False, False, False]
    for fold in found:
        train, test = table.loc[fold.split.train], table.loc[fold.split.test]
        assert set(test["condition"]) == {"healthy", "SMA"} and test["line"].nunique() == 2
        assert not set(train["line"]) & set(test["line"]) and "healthy-x" in set(train["line"])
        assert not train["control"].any() and not test["control"].any()


def test_a_batch_is_held_out_whole():
    table = lines()
    first, second = folds.leave_batch_out(table)
    assert set(table.loc[first.split.test, "batch"]) == {"1"}
    assert sorted(first.split.test) == sorted(second.split.train)


@pytest.mark.parametrize(
    ("model", "sklearn"),
    [("ridge", RidgeClassifier(alpha=5.0)), ("logistic", LogisticRegression(C=0.2, max_iter=1000))],
)
def test_the_area_of_each_fold_is_scikit_learns(rng, model, sklearn):
    table = lines()
    sick = (table["condition"] == "SMA").to_numpy()
    x = rng.normal(size=(len(table), 5)) * [1, 10, 0.1, 1, 1] + 0.5 * sick[:, None]
    found = by_pair(x, table, model=model, penalty=5.0, n_permutations=3)
    for fold, row in zip(folds.leave_pair_out(table), found.table.to_dict("records"), strict=True):
        train, test = fold.split
        fit = make_pipeline(StandardScaler(), sklearn).fit(x[train], sick[train])
        assert row["auc"] == pytest.approx(
            roc_auc_score(sick[test], fit.decision_function(x[test])), abs=0.02
        )
        assert row["ci_low"] <= row["auc"] <= row["ci_high"] and row["n_wells"] == 8
    assert found.evidence.estimate == pytest.approx(found.table["auc"].mean())


def test_what_lines_carry_of_their_own_is_no_disease(rng):
    """Lines differ, conditions do not: p-values of unseen lines must be uniform."""
    table = lines(pairs=8, wells=2)
    codes = table["line"].astype("category").cat.codes
    p = []
    for _ in range(120):
        own = rng.normal(size=(codes.max() + 1, 6))[codes] + rng.normal(size=(len(table), 6))
        p.append(by_pair(own, table, n_permutations=39).evidence.p_value)
    assert stats.kstest(np.array(p) - rng.random(120) / 40, "uniform").pvalue > 0.001


def test_a_disease_is_found_and_two_classes_may_have_any_names(rng):
    table = lines(pairs=8)
    x = rng.normal(size=(len(table), 6)) + (table["condition"] == "SMA").to_numpy()[:, None]
    found = by_pair(x, table).evidence
    assert found.ci_low > 0.5 and found.p_value < 0.02 and found.n_groups == 8
    assert found.permuted == "whole groups, inside blocks, models refitted"
    # a line without a partner keeps its name, so that exchanging all names is no other labelling
    assert found.smallest_p == pytest.approx(1 / 2**8)


@pytest.mark.parametrize("model", ["ridge", "logistic"])
def test_exchanging_all_names_is_as_good_as_the_truth(rng, model):
    """Five perfect pairs: two of 32 labellings fit as well, and no fewer can."""
    table = lines(pairs=5, wells=2)
    table = table[table["line"] != "healthy-x"].reset_index(drop=True)
    x = rng.normal(size=(len(table), 3)) + 9 * (table["condition"] == "SMA").to_numpy()[:, None]
    found = by_pair(x, table, model=model, n_permutations=63).evidence
    assert found.estimate == 1 and found.smallest_p == pytest.approx(2 / 32)
    assert found.p_value >= 2 / 32
    assert "smallest p-value" in str(verdict(found, is_control=True))


def with_slips(table, count, rng):
    rows = rng.choice(np.flatnonzero(~table["control"]), count, replace=False)
    other = table["condition"].map({"healthy": "SMA", "SMA": "healthy"})
    return table.assign(condition=np.where(table.index.isin(rows), other, table["condition"]))


def test_a_slip_changes_the_estimate_and_not_the_level_of_the_test(rng):
    table = lines(pairs=8)
    x = rng.normal(size=(len(table), 3)) + 6 * (table["condition"] == "SMA").to_numpy()[:, None]
    clean, found = (by_pair(x, one).evidence for one in (table, with_slips(table, 2, rng)))
    assert clean.estimate == 1 > found.estimate
    assert found.smallest_p == clean.smallest_p and found.p_value == clean.p_value
    assert "for 2 of" in found.permuted_why


def test_slips_call_no_null_a_finding():
    p = []
    for seed in range(120):
        rng = np.random.default_rng(seed)
        table = with_slips(lines(pairs=8, wells=2), 3, rng)
        codes = table["line"].astype("category").cat.codes
        own = rng.normal(size=(codes.max() + 1, 6))[codes] + rng.normal(size=(len(table), 6))
        p.append(by_pair(own, table, n_permutations=39, seed=seed).evidence.p_value)
    assert np.mean(np.array(p) <= 0.05) <= stats.binom.ppf(0.999, 120, 0.05) / 120


def test_a_laboratory_that_sides_with_the_disease_fails_where_both_share_it(rng):
    table = lines(pairs=8)
    x = rng.normal(size=(len(table), 3)) + 3 * (table["laboratory"] == "A").to_numpy()[:, None]
    found = by_pair(x, table).table
    assert (found.loc[~found["same_laboratory"].astype(bool), "auc"] > 0.9).all()
    assert found.loc[found["same_laboratory"].astype(bool), "auc"].item() < 0.8


def test_a_function_of_the_fold_gives_the_features(rng):
    table = lines()
    x = rng.normal(size=(len(table), 4))
    seen = []

    def of(fold):
        seen.append(fold.name)
        return x

    assert (
        by_pair(of, table, n_permutations=9).evidence
        == by_pair(x, table, n_permutations=9).evidence
    )
    assert seen == [fold.name for fold in folds.leave_pair_out(table)]


def test_more_than_two_classes_are_ranked_one_against_the_rest(rng):
    table = lines()
    third = pd.factorize(table["well_id"])[0] % 3
    x = rng.normal(size=(len(table), 4)) + 4 * np.eye(4)[third]
    found = folds.linear(
        x, third, folds.leave_batch_out(table), wells=table["well_id"], units=table["well_id"],
        n_permutations=9,
    )  # fmt: skip
    assert found.evidence.estimate > 0.95 and found.scores[0].shape[1] == 3


def test_a_net_names_what_was_painted_into_patches_and_refits_its_null(rng):
    table = lines(pairs=5, wells=3, sites=4)
    sick = (table["condition"] == "SMA").to_numpy()
    pixels = rng.integers(0, 60, (len(table), 16, 16, 5)).astype(np.uint8)
    pixels[sick, 4:12, 4:12, 2] += 120
    found = folds.cnn(
        pixels, table["condition"], folds.leave_pair_out(table), wells=table["well_id"],
        units=table["line"], blocks=table["pair"], epochs=12, refits=3,
    )  # fmt: skip
    assert found.evidence.estimate > 0.9 and found.evidence.n_permutations == 3
    assert found.scores[0].shape == (24, 1)


def test_labels_moved_under_the_answers_of_each_fold_need_no_refit(rng):
    table = lines(pairs=4, wells=10, sites=1)
    table["batch"] = (np.arange(len(table)) % 8).astype(str)
    sick = (table["condition"] == "SMA").to_numpy()
    pixels = rng.integers(0, 60, (len(table), 16, 16, 5)).astype(np.uint8)
    pixels[sick, 4:12, 4:12, 2] += 120
    found = folds.cnn(
        pixels, table["condition"], folds.leave_batch_out(table), wells=table["well_id"],
        units=table["well_id"], epochs=12, n_permutations=499,
    ).evidence  # fmt: skip
    assert found.estimate > 0.9 and found.n_fits == 8 and found.permuted.endswith("fold by fold")
    assert verdict(found, is_control=True).verdict == Verdict.LEAK


def test_names_of_lines_and_pairs_may_be_numbers_or_words():
    table = lines()
    first = folds.leave_pair_out(table)
    numbered = table.assign(line=table["line"].astype("category").cat.codes)
    lettered = table.assign(pair=table["pair"].map(lambda one: None if one < 0 else f"p{one}"))
    decimal = table.assign(pair=table["pair"].where(table["pair"] >= 0).astype(float))
    for other in (numbered, lettered, decimal):
        found = folds.leave_pair_out(other)
        for one, same in zip(found, first, strict=True):
            np.testing.assert_array_equal(one.split.test, same.split.test)
            np.testing.assert_array_equal(one.split.train, same.split.train)
    assert folds.leave_pair_out(numbered)[0].name == "6 / 0"


@pytest.mark.parametrize(
    "change",
    [
        lambda control: control.map({True: "yes", False: "no"}),
        lambda control: control.astype(str),
        lambda control: control.astype(object).where(control.index > 9),
        lambda control: control.astype(int) + 1,
    ],
)
def test_no_well_becomes_a_control_by_accident(change):
    table = lines()
    wrong = table.assign(control=change(table["control"]))
    for hold_out in (folds.leave_pair_out, folds.leave_batch_out):
        with pytest.raises(InputError, match=r"'control'.*row"):
            hold_out(wrong)
        numbers = table.assign(control=table["control"].astype(int))
        assert len(hold_out(numbers)) == len(hold_out(table))


def test_a_missing_batch_is_no_batch():
    table = lines()
    gap = table.assign(batch=table["batch"].where(table.index > 2))
    with pytest.raises(InputError, match="'batch' is missing"):
        folds.leave_batch_out(gap)


def test_one_pair_or_one_batch_cannot_be_held_out():
    table = lines(pairs=1)
    with pytest.raises(InputError, match="Two pairs"):
        folds.leave_pair_out(table)
    with pytest.raises(InputError, match="Two batches"):
        folds.leave_batch_out(table.assign(batch="1"))
    with pytest.raises(InputError, match=r"Pair 0 has 1 line"):
        folds.leave_pair_out(table[table["condition"] == "SMA"])

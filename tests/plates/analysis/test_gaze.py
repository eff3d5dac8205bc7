from dataclasses import replace

import numpy as np
import pytest
from sown import sown

from confoundlab.errors import InputError
from confoundlab.plates.analysis import gaze
from confoundlab.plates.analysis.background import empty_background
from confoundlab.plates.analysis.folds import cnn, leave_batch_out


@pytest.fixture(scope="module")
def sites():
    return sown(density=2.0, wells=4)


@pytest.fixture(scope="module")
def folds(sites):
    return leave_batch_out(sites.table)


@pytest.fixture(scope="module")
def looked(sites, folds):
    return gaze.look(sites.pixels, sites.table["condition"], folds, epochs=15, seed=1)


def test_nets_are_those_of_the_folds(sites, folds, looked):
    wells = sites.table["well_id"]
    same = cnn(
        sites.pixels, sites.table["condition"], folds,
        wells=wells, units=wells, epochs=15, refits=1, seed=1,
    )  # fmt: skip
    second = np.concatenate([scores[:, 0] for scores in same.scores]) > 0.5
    assert (second == (looked.named == "TDPwt")).mean() > 0.95
    assert sorted(looked.rows) == list(range(len(sites)))
    assert looked.maps.shape == (len(sites), 24, 24)


def test_each_named_condition_has_its_own_share(sites, looked):
    found = gaze.on_empty(looked, sites, n_permutations=19)
    assert set(found) == set(looked.named)
    assert sum(one.n_images + one.n_blank for one in found.values()) == len(sites)


def test_maps_that_lie_on_the_background_are_found(sites, looked):
    empty = empty_background(sites.pixels[looked.rows]).astype(np.float32)
    wild = (looked.named == "TDPwt")[:, None, None]
    planted = replace(looked, maps=np.where(wild, empty, 1 - empty))
    found = gaze.on_empty(planted, sites, n_permutations=19)
    assert found["TDPwt"].share == pytest.approx(1) and found["TDPwt"].ci_low > 0
    assert found["TDPmut"].share == pytest.approx(0) and found["TDPmut"].ci_high < 0


def test_a_condition_without_maps_is_left_out(sites, looked):
    wild = (looked.named == "TDPwt")[:, None, None]
    blank = replace(looked, maps=np.where(wild, 0, looked.maps + 1e-3).astype(np.float32))
    assert set(gaze.on_empty(blank, sites, n_permutations=9)) == {"TDPmut"}
    with pytest.raises(InputError, match="blank"):
        gaze.on_empty(replace(looked, maps=looked.maps * 0), sites)


def test_a_fold_with_blank_maps_only_is_left_out(sites, folds, looked):
    test = np.isin(looked.rows, folds[0].split.test)[:, None, None]
    some = replace(looked, maps=np.where(test, 0, looked.maps))
    found = gaze.without_learning(some, sites, folds, repeats=1)
    assert set(found["fold"]) == {fold.name for fold in folds[1:]}
    with pytest.raises(InputError, match="All maps"):
        gaze.without_learning(replace(looked, maps=looked.maps * 0), sites, folds)


def test_random_nets_give_other_maps(sites, folds, looked):
    found = gaze.without_learning(looked, sites, folds, repeats=1)
    assert found["fold"].nunique() == 5 and sorted(found["layers"].unique()) == [1, 2, 3, 4, 5]
    assert (found.loc[found["layers"] == 5, "correlation"] < 0.9).all()


def test_what_goes_together_is_missed_together(sites, folds):
    lost = gaze.statistics_lost(sites, folds, repeats=2)
    means = lost.groupby(["how", "features"])["lost"].mean()
    assert set(lost["fold"]) == {fold.name for fold in folds}
    assert means["together"].idxmax() == "empty, nuclei"
    assert means["together"]["empty, nuclei"] > means["alone"][["empty", "nuclei"]].max()
    alone = lost[(lost["how"] == "alone") & (lost["features"] == "nuclei")]
    assert alone["goes_with"].str.contains("empty").all()


def test_dependence_rises_with_what_tells_the_condition(sites, folds):
    found = gaze.statistics_set(sites, folds, ["nuclei", "DNA area"])
    ends = found.groupby(["feature", "fold"])["probability"].agg(["first", "last"])
    fall = ends["first"] - ends["last"]  # of TDPwt, the sparser one
    assert (fall["nuclei"] > 0.05).all()
    assert np.abs(fall["DNA area"]).mean() < fall["nuclei"].mean()

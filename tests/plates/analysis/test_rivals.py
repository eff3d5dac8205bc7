import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from sown import sown

from confoundlab.errors import InputError
from confoundlab.plates.analysis import rivals
from confoundlab.plates.analysis.folds import FoldResult, leave_batch_out


@pytest.fixture(scope="module")
def sites():
    return sown(sites=2)


@pytest.fixture(scope="module")
def models(sites):
    noise = np.random.default_rng(1).normal(size=(len(sites), 4)).astype(np.float32)
    return rivals.four_models(sites, embeddings=noise, epochs=3, n_permutations=99)


def given(sites, models, scores):
    """Answers of a model that said `scores`, shape (n,)."""
    folds = leave_batch_out(sites.table)
    each = [scores[fold.split.test][:, None] for fold in folds]
    one = models[rivals.DENSITY]
    return rivals.answers(FoldResult(one.table, each, one.evidence), folds, sites)


def test_four_models_on_the_same_folds(sites, models):
    assert list(models) == ["cell density", "63 statistics", "embeddings", "CNN"]
    assert all(len(one.table) == 5 for one in models.values())
    test = leave_batch_out(sites.table)[2].split.test
    sick = (sites.table["condition"] == "TDPwt").to_numpy()  # the second class by name
    expected = roc_auc_score(sick[test], -sites.table["cells"].to_numpy()[test])
    assert models["cell density"].table["auc"][2] == pytest.approx(expected, abs=1e-6)
    assert models["cell density"].evidence.p_value == 1 / 100
    assert models["embeddings"].evidence.p_value > 0.05
    for one in models.values():
        how = "fold by fold" if one is models["CNN"] else "models refitted"
        assert one.evidence.permuted == f"whole groups, inside blocks, {how}"


@pytest.mark.parametrize("name", [rivals.EMBEDDINGS, rivals.CNN])
def test_a_planted_leak_is_told_from_none(sites, models, name):
    """A model that found nothing is asked again, with a leak of ten points in what it is given."""
    noise = np.random.default_rng(1).normal(size=(len(sites), 4)).astype(np.float32)
    options = {"embeddings": noise, "epochs": 3, "n_permutations": 199}
    leak = rivals.planted(name, 0.5, sites=sites, **options)
    assert leak.size == pytest.approx(0.1)
    plain = models[name].evidence.estimate
    if name == rivals.EMBEDDINGS:  # noise, so that all there is was planted
        assert 0.53 < leak.found.estimate < 0.67 and abs(plain - 0.5) < 0.08
        assert "further columns" in leak.words
    else:
        assert leak.found.estimate != plain and "gray levels" in leak.words


def test_answers_are_one_site_a_well_on_one_scale(sites, models):
    one = given(sites, models, np.arange(len(sites)) * 1.0)
    assert len(one) == sites.table["well_id"].nunique() and one["well_id"].is_unique
    by_fold = one.groupby("fold")["score"]
    np.testing.assert_allclose(by_fold.mean(), 0, atol=1e-12)
    np.testing.assert_allclose(by_fold.std(ddof=0), 1)
    half = one.groupby("fold")["named"].apply(lambda names: (names == "TDPwt").mean())
    assert half.tolist() == [0.5] * 5


def test_a_model_that_counts_follows_density_and_knows_nothing_beyond_it(sites, models):
    one = given(sites, models, -sites.table["cells"].to_numpy(float))
    follows = rivals.follows_density(one, n_permutations=99)
    assert follows.estimate > 0.9 and follows.p_value == 1 / 100
    beyond = rivals.beyond_density(one, n_permutations=99)
    assert beyond.by_factor_estimate > 0.2 and beyond.by_factor.low > 0
    assert abs(beyond.beyond_estimate) < 0.06 and beyond.evidence.p_value > 0.05


def test_a_model_that_sees_the_genotype_does_not_follow_density(sites, models):
    rng = np.random.default_rng(0)
    sick = (sites.table["condition"] == "TDPwt").to_numpy()
    one = given(sites, models, sick + rng.normal(0, 0.3, len(sites)))
    assert rivals.follows_density(one, n_permutations=99).p_value > 0.05
    beyond = rivals.beyond_density(one, n_permutations=99)
    assert beyond.beyond.low > 0 and beyond.evidence.p_value == 1 / 100


def test_scores_of_more_than_two_classes_are_refused(sites, models):
    folds = leave_batch_out(sites.table)
    one = models[rivals.DENSITY]
    wide = FoldResult(one.table, [np.zeros((len(f.split.test), 3)) for f in folds], one.evidence)
    with pytest.raises(InputError, match="two conditions"):
        rivals.answers(wide, folds, sites)


def test_counts_against_the_truth():
    sites = sown(wells=2)
    assert rivals.against_truth(sites).to_dict() == pytest.approx(
        {"correlation": 1, "bias": 0, "error": 0, "exact": 1}
    )
    sites.table.loc[sites.table.index[::2], "cells"] += 1
    found = rivals.against_truth(sites)
    assert found[["bias", "error", "exact"]].tolist() == [0.5, 0.5, 0.5]

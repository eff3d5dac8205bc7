import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import norm, spearmanr
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LogisticRegression

from confoundlab.errors import InputError
from confoundlab.plates.analysis.partial_dependence import clusters, dependence, importance, warning


def density_story(rng, n=600):
    """Density decides; its near copy and a bystander do not; two more go together."""
    density = rng.normal(size=n)
    pair = rng.normal(size=n)
    features = pd.DataFrame(
        {
            "density": density,
            "area": density + 0.2 * rng.normal(size=n),
            "bystander": rng.normal(size=n),
            "mean": pair,
            "p95": -pair + 0.2 * rng.normal(size=n),
        }
    )
    labels = np.where(rng.random(n) < expit(3 * density), "TDPwt", "TDPmut")
    return features, labels, np.arange(n) // 10


@pytest.fixture
def fitted(rng):
    features, labels, groups = density_story(rng)
    model = LogisticRegression().fit(features[["density", "bystander", "mean"]], labels)
    return model, features[["density", "bystander", "mean"]], labels, groups


def test_dependence_is_the_mean_answer_at_each_value(fitted):
    model, features, _, groups = fitted
    found = dependence(model, features, groups, ["density", "bystander"], grid=7)
    assert len(found) == 14
    rest = features.to_numpy() @ model.coef_[0] + model.intercept_[0]
    for name, own in found.groupby("feature"):
        weight = model.coef_[0][list(features).index(name)]
        expected = [expit(rest + weight * (v - features[name])).mean() for v in own["value"]]
        assert own["probability"].to_numpy() == pytest.approx(expected)
        ends = np.quantile(features[name], [0.05, 0.95])
        assert own["value"].iloc[[0, -1]].to_numpy() == pytest.approx(ends, rel=0.02)
    assert (
        (found["ci_low"] < found["probability"]) & (found["probability"] < found["ci_high"])
    ).all()
    rising = found[found["feature"] == "density"]["probability"]
    assert (np.diff(rising) > 0).all() and np.ptp(rising) > 0.6
    assert np.ptp(found[found["feature"] == "bystander"]["probability"]) < 0.15


def test_dependence_on_the_other_class_is_what_is_left(fitted):
    model, features, _, groups = fitted
    one, other = (
        dependence(model, features, groups, ["density"], positive=name)
        for name in ("TDPwt", "TDPmut")
    )
    assert (one["probability"] + other["probability"]).to_numpy() == pytest.approx(1)


def test_dependence_with_three_classes_asks_for_the_one_named(rng):
    features = pd.DataFrame({"a": rng.normal(size=300), "b": rng.normal(size=300)})
    labels = np.digitize(features["a"], [-0.5, 0.5])
    model = LogisticRegression(C=100).fit(features, labels)
    middle = dependence(model, features, np.arange(300), ["a"], positive=1, grid=9)
    assert middle["probability"].argmax() in (3, 4, 5)


def test_a_feature_that_is_nearly_always_one_value(rng):
    features = pd.DataFrame({"a": np.where(np.arange(200) < 5, np.arange(200.0), 0)})
    features["b"] = rng.normal(size=200)
    model = LogisticRegression().fit(features, features["b"] > 0)
    found = dependence(model, features, np.arange(200), ["a"], grid=3)
    assert found["value"].iloc[0] == 0 and found["value"].iloc[-1] == 4


def test_clusters_are_the_features_that_go_together(rng):
    features, *_ = density_story(rng)
    features["constant"] = 3.0
    assert clusters(features).tolist() == [0, 0, 1, 2, 2, 3]
    rho = abs(spearmanr(features["density"], features["area"]).statistic)
    pair = features[["density", "area"]]
    assert clusters(pair, threshold=rho).tolist() == [0, 0]
    assert clusters(pair, threshold=rho + 1e-6).tolist() == [0, 1]
    assert clusters(features[["area"]]).tolist() == [0]
    with pytest.raises(InputError, match="threshold"):
        clusters(features, threshold=0)


def test_what_is_lost_is_what_scikit_learn_finds(fitted):
    model, features, labels, groups = fitted
    own = importance(model, features, labels, groups, repeats=20, seed=1)
    theirs = permutation_importance(
        model, features, labels, scoring="roc_auc", n_repeats=20, random_state=0
    )
    assert own["features"].tolist()[0] == "density"
    for place, name in enumerate(features):
        lost = own.set_index("features")["lost"][name]
        error = 4 * theirs.importances_std[place] / np.sqrt(10)
        assert lost == pytest.approx(theirs.importances_mean[place], abs=error + 1e-4)
    assert own["lost"][0] > 0.3 and own["ci_low"][0] > 0.25
    assert (own["goes_with"] == "").all() and warning(own) == ""


def test_a_single_feature_loses_all_that_it_gave(rng):
    """One normal feature: the AUC is known before, and is one half after shuffling."""
    labels = np.arange(4000) % 2
    features = pd.DataFrame({"x": rng.normal(size=4000) + 1.5 * labels})
    model = LogisticRegression().fit(features, labels)
    (row,) = importance(model, features, labels, np.arange(4000) // 40, repeats=3).itertuples()
    truth = norm.cdf(1.5 / np.sqrt(2)) - 0.5
    assert row.lost == pytest.approx(truth, abs=0.02) and row.ci_low < truth < row.ci_high


def test_twins_hide_each_other_until_they_are_shuffled_together(rng):
    features, labels, groups = density_story(rng)
    model = RandomForestClassifier(80, max_features=1, random_state=0).fit(features, labels)
    new, labels, groups = density_story(np.random.default_rng(1))
    alone = importance(model, new, labels, groups, repeats=5).set_index("features")
    assert alone["goes_with"]["density"] == "area" and alone["goes_with"]["area"] == "density"
    assert alone["goes_with"]["mean"] == "p95" and alone["goes_with"]["bystander"] == ""
    said = warning(alone.reset_index())
    assert "density (goes with area)" in said and "bystander" not in said
    both = importance(model, new, labels, groups, together=clusters(new), repeats=5)
    assert both["features"].tolist()[0] == "density, area" and both["goes_with"][0] == ""
    assert both["lost"][0] > 1.5 * alone["lost"]["density"] > 0
    assert both["ci_low"][0] > 0 and len(both) == 3


def test_the_interval_resamples_wells(rng):
    """Cells of a well are near copies: fifty wells of ten are fifty, not five hundred."""
    well = np.repeat(np.arange(50), 10)
    features = pd.DataFrame({"x": rng.normal(size=50)[well] + 0.01 * rng.normal(size=500)})
    labels = (rng.random(50)[well] < expit(2 * features["x"])).astype(int)
    model = LogisticRegression().fit(features, labels)
    by_well = importance(model, features, labels, well, repeats=2)
    by_cell = importance(model, features, labels, np.arange(500), repeats=2)
    width = [float((t["ci_high"] - t["ci_low"]).iloc[0]) for t in (by_well, by_cell)]
    assert width[0] > 1.5 * width[1]


def test_what_cannot_be_asked_is_refused(fitted):
    model, features, labels, groups = fitted
    for wrong in (
        lambda: dependence(model, features, groups, ["no such"]),
        lambda: dependence(model, features, groups, ["density"], positive="other"),
        lambda: dependence(model, features, groups, ["density"], grid=1),
        lambda: dependence(model, features.to_numpy(), groups, ["density"]),
        lambda: importance(model, features, labels[:-1], groups),
        lambda: importance(model, features, np.full(len(labels), "TDPwt"), groups),
        lambda: importance(model, features, labels, groups, repeats=0),
        lambda: importance(model, features, labels, groups, together=pd.Series([0], ["x"])),
    ):
        with pytest.raises(InputError):
            wrong()

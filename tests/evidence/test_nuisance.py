import numpy as np
import pandas as pd
import pytest
from dython.nominal import cramers_v as reference
from sklearn.linear_model import RidgeClassifier
from sklearn.metrics import roc_auc_score

from confoundlab.design.factors import coded
from confoundlab.errors import InputError
from confoundlab.evidence import nuisance
from confoundlab.evidence.nuisance import (
    cramers_v,
    factor_map,
    label_from_factors,
    probe_within_classes,
)
from confoundlab.evidence.probes import Probe
from confoundlab.inference import auc
from confoundlab.inference.multiplicity import holm
from confoundlab.models import linear


@pytest.mark.parametrize("levels", [2, 3, 7])
@pytest.mark.parametrize("tie", [0.0, 0.3, 0.9])
def test_cramers_v_is_dythons(rng, levels, tie):
    a = rng.integers(0, levels, 200)
    b = np.where(rng.random(200) < tie, a, rng.integers(0, 4, 200))
    found = cramers_v(a, b)
    assert found.estimate == pytest.approx(reference(a, b, bias_correction=True), abs=1e-6)
    assert 0 <= found.ci_low <= found.ci_high <= 1


def test_cramers_v_of_copies_is_as_wide_as_their_groups(rng):
    a, b = rng.integers(0, 2, 30), rng.integers(0, 2, 30)
    group = np.repeat(np.arange(30), 20)
    once, copied = cramers_v(a, b), cramers_v(a[group], b[group], group)
    wrong = cramers_v(a[group], b[group])
    assert copied.ci_high == pytest.approx(once.ci_high, abs=0.12)
    assert wrong.ci_high - wrong.ci_low < 0.6 * (copied.ci_high - copied.ci_low)


def study(rng, n=200):
    label = rng.integers(0, 2, n)
    table = pd.DataFrame(
        {
            "camera": np.where(rng.random(n) < 0.9, label, 1 - label),  # tells label, and is told
            "clerk": np.where(
                rng.random(n) < 0.9, label, 1 - label
            ),  # tells label, leaves no trace
            "lamp": rng.normal(size=n),  # leaves a trace, says nothing
        }
    )
    features = rng.normal(size=(n, 6))
    features[:, 0] += 3 * table["camera"]
    features[:, 1] += 3 * table["lamp"]
    return features, table, label


def test_label_from_factors_is_ridge_on_their_marks(rng):
    _, table, label = study(rng)
    found = label_from_factors(table[["camera"]], label)
    marks, _ = coded(table[["camera"]])
    ready = Probe(marks)
    scores = np.empty(200)
    for split in ready.splits:
        fit = RidgeClassifier().fit(marks[split.train], label[split.train])
        scores[split.test] = fit.decision_function(marks[split.test])
    inside = [roc_auc_score(label[s.test], scores[s.test]) for s in ready.splits]
    assert found.estimate == pytest.approx(np.mean(inside), abs=0.02)
    assert found.p_value == 1 / 1001
    assert label_from_factors(table[["lamp"]], label).p_value > 0.02


def test_within_a_class_the_label_is_no_disguise(rng):
    """Features that know the label alone name the site over all classes, and inside none."""
    label = np.repeat([0, 1], 100)
    site = np.where(rng.random(200) < 0.8, label, 1 - label)
    features = rng.normal(size=(200, 3)) + 2 * label[:, None]
    assert Probe(features).test(site).p_value == 1 / 1001
    inside = probe_within_classes(features, site, label)
    assert (inside["p_adjusted"] > 0.05).all()
    assert inside["p_adjusted"].tolist() == holm(inside["p_value"]).tolist()
    features[:, 0] += 2 * site
    assert (probe_within_classes(features, site, label)["p_adjusted"] < 0.05).all()


def test_a_class_that_cannot_be_tested_says_why(rng):
    label = np.repeat([0, 1], 40)
    site = np.r_[np.arange(40) % 2, np.zeros(40, int)]
    found = probe_within_classes(rng.normal(size=(80, 2)), site, label).set_index("class")
    assert "one class only" in found.loc["1", "untested"] and found.loc["0", "untested"] == ""
    with pytest.raises(InputError, match="No class allows"):
        probe_within_classes(rng.normal(size=(80, 2)), label, label)


def test_the_map_tells_utility_from_detectability(rng):
    found = factor_map(*study(rng), n_permutations=199).set_index("factor")
    told, said = found["detectability_p"] < 0.05, found["utility_p"] < 0.05
    assert said.to_dict() == {"camera": True, "clerk": True, "lamp": False}
    assert told["camera"] and told["lamp"]
    # the clerk leaves no trace; what is told of the clerk is told by way of the label
    assert found.loc["clerk", "detectability"] < found.loc["camera", "detectability"] - 0.1
    assert found.loc["lamp", "detectability"] > 0.8 and found.loc["camera", "utility"] > 0.7
    assert (found["utility_low"] <= found["utility"]).all()


@pytest.mark.parametrize(("first", "why"), [(["a"] * 4, "constant"), ([1, 2], "must have shape")])
def test_bad_columns_are_refused(first, why):
    with pytest.raises(InputError, match=why):
        cramers_v(first, [1, 2, 1, 2])


def test_a_factor_that_cannot_be_tested_says_why(rng):
    features, table, label = study(rng)
    table["name"] = [f"image {number}" for number in range(200)]
    found = factor_map(features, table[["camera", "name"]], label, n_permutations=19)
    assert "another level in each of its 200 rows" in found["untested"][1]
    assert np.isnan(found["utility"][1]) and found["untested"][0] == ""
    with pytest.raises(InputError, match="No factor can be tested"):
        factor_map(features, table[["name"]], label)


@pytest.mark.parametrize(("classes", "sessions"), [(2, 2), (2, 40), (10, 20), (5, 5)])
def test_a_full_association_reaches_what_it_says_is_attainable(classes, sessions):
    session = np.repeat(np.arange(sessions), 5)
    found = cramers_v(session % classes, session)
    assert found.estimate == pytest.approx(found.attainable)
    assert (found.attainable == pytest.approx(1)) is (classes == sessions)


def test_a_batch_says_the_same_in_every_coding_and_its_kind_is_shown(rng):
    sick = np.repeat([0, 1], 60)
    batch = np.where(rng.random(120) < 0.9, sick, 1 - sick) + 1
    pixels = rng.normal(size=(120, 6))
    pixels[:, 0] += 2 * batch
    table = pd.DataFrame(
        {"text": batch.astype(str), "whole": batch, "decimal": batch * 1.0, "flag": batch == 2}
    )
    found = factor_map(pixels, table, sick, n_permutations=99, kinds={"text": "classes"})
    assert found["kind"].tolist() == ["classes"] * 4
    assert found["kind_stated"].tolist() == [True, False, False, False]
    for column in ("utility", "detectability"):
        assert len(set(found[column])) == 1 and found[column].notna().all()


def test_a_factor_of_mostly_one_value_is_told(rng):
    """Three quarters are zero: the amount is known from a pixel, and says the label."""
    label = np.arange(120) % 2
    amount = np.where((label == 1) & (rng.random(120) < 0.5), rng.random(120), 0.0)
    pixels = rng.normal(size=(120, 4))
    pixels[:, 0] += 5 * (amount > 0)
    found = factor_map(pixels, pd.DataFrame({"amount": amount}), label, n_permutations=99)
    assert found["untested"][0] == "" and found["kind"][0] == "measured"
    assert found["utility_p"][0] == found["detectability_p"][0] == 0.01


@pytest.mark.parametrize("sessions", [20, 21, 24, 40])
@pytest.mark.parametrize("kind", [int, float])
def test_many_sessions_by_number_say_the_label(rng, sessions, kind):
    session = np.repeat(np.arange(sessions), 10)
    label = rng.permutation(sessions)[session] % 2
    for name in ("session", "x"):
        found = label_from_factors(
            pd.DataFrame({name: session.astype(kind)}), label, n_permutations=99
        )
        assert found.estimate > 0.99
        assert found.remarks[0].startswith(f"Factors were taken as {name}: classes (guessed: ")
        assert found.remarks[0].removesuffix(".") in str(found)


def test_a_label_that_is_a_function_of_four_batches_is_said_in_every_coding(rng):
    batch = rng.integers(1, 5, 200)
    label = np.isin(batch, (1, 3)).astype(int)
    for name in ("batch", "x"):
        for values in (batch, batch.astype(float), batch.astype(str)):
            found = label_from_factors(pd.DataFrame({name: values}), label, n_permutations=99)
            assert found.estimate > 0.99


def test_whole_numbers_in_doubt_are_warned_of_and_said(rng):
    """Every third number is a code: the label is missed, and the words say how to find it."""
    session = np.repeat(3 * np.arange(24), 10)
    label = rng.permutation(24)[session // 3] % 2
    table = pd.DataFrame({"x": session})
    with pytest.warns(UserWarning, match="kinds={'x': 'classes'}"):
        guessed = label_from_factors(table, label, n_permutations=99)
    assert guessed.estimate < 0.8 and "kinds={'x': 'classes'}" in guessed.remarks[1]
    stated = label_from_factors(table, label, n_permutations=99, kinds={"x": "classes"})
    assert stated.estimate > 0.99 and len(stated.remarks) == 1
    with pytest.warns(UserWarning, match="'x' is taken as measured"):
        found = factor_map(rng.normal(size=(240, 3)), table, label, n_permutations=19)
    assert "kinds={'x': 'classes'}" in found["kind_doubt"][0]
    assert found["kind_why"][0] == "24 different whole numbers, more than 20"


def test_real_quantities_stay_quantities(rng):
    """A label that rises with dose, age or time is said by all of them."""
    n = 300
    table = pd.DataFrame(
        {
            "dose": rng.choice([0.1, 0.5, 2.5, 10], n),
            "age": rng.integers(18, 90, n),
            "taken": pd.Timestamp("2024-03-01") + pd.to_timedelta(rng.uniform(0, 90, n), "D"),
        }
    )
    for name, values in table.items():
        label = (values.rank(method="dense") > values.rank(method="dense").median()).astype(int)
        found = label_from_factors(pd.DataFrame({name: values}), label, n_permutations=99)
        kind = "time" if name == "taken" else "measured"
        assert found.estimate > 0.95 and f"{name}: {kind} (guessed" in found.remarks[0]


def test_a_factor_of_many_levels_is_placed_as_one_of_few(rng, monkeypatch):
    """Above 64 levels nothing is written out; what is found is the same, but for rounding."""
    n = 900
    levels = rng.integers(0, 80, n)
    x = np.c_[levels / 20 + rng.normal(size=n), rng.normal(size=(n, 3))]
    factors, labels = pd.DataFrame({"plate": [f"p{one}" for one in levels]}), levels % 2
    found = []
    for many in (64, 1000):
        for module in (auc, linear, nuisance):
            monkeypatch.setattr(module, "MANY", many)
        found.append(factor_map(x, factors, labels, n_permutations=19).iloc[0])
    for name in ("utility", "utility_low", "utility_high", "detectability_low", "detectability_p"):
        assert found[0][name] == pytest.approx(found[1][name], abs=1e-4)
    assert found[0]["detectability"] == pytest.approx(found[1]["detectability"], abs=1e-5)

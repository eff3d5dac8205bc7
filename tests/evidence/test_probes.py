import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import PredefinedSplit, cross_val_predict, permutation_test_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from confoundlab.errors import InputError
from confoundlab.evidence.probes import Probe, probe


def made(rng, n=120, d=10, k=3, strength=1.0, per_group=1):
    groups = np.arange(n) // per_group
    target = rng.integers(0, k, groups.max() + 1)[groups]
    features = rng.normal(size=(n, d))
    features[:, 0] += strength * target
    return features, target, groups


def as_sklearn(splits, n):
    fold = np.empty(n, int)
    for number, split in enumerate(splits):
        fold[split.test] = number
    return PredefinedSplit(fold)


@settings(max_examples=40)
@given(
    n=st.integers(20, 150),
    d=st.integers(1, 200),
    k=st.integers(2, 6),
    alpha=st.sampled_from([0.1, 1.0, 30.0]),
    per_group=st.integers(1, 4),
    seed=st.integers(0, 100),
)
def test_predictions_equal_ridge_classifier(n, d, k, alpha, per_group, seed):
    """Few features and many, two classes and more: primal, dual and low-rank maps."""
    rng = np.random.default_rng(seed)
    features, target, groups = made(rng, n, d, k, per_group=per_group)
    ours = Probe(features, groups=groups, alpha=alpha)
    for split in ours.splits:  # scikit-learn cannot name a class that a fold has not seen
        if len(np.unique(target[split.train])) < len(np.unique(target)):
            return
    if len(np.unique(target)) < 2:
        return
    theirs = cross_val_predict(
        make_pipeline(StandardScaler(), RidgeClassifier(alpha=alpha)),
        features,
        target,
        cv=as_sklearn(ours.splits, n),
    )
    assert (ours.predict(target) == theirs).all()


def test_balanced_accuracy_and_null_agree_with_permutation_test_score(rng):
    features, target, _ = made(rng, strength=0.15)
    ours = Probe(features)
    found = ours.test(target, n_permutations=999, metric="balanced accuracy")
    score, null, p_value = permutation_test_score(
        make_pipeline(StandardScaler(), RidgeClassifier()), features, target,
        cv=as_sklearn(ours.splits, 120),
        scoring=lambda fit, x, y: (fit.predict(x) == y).mean(), n_permutations=200, random_state=0,
    )  # fmt: skip
    named = ours.predict(target)
    assert found.estimate == pytest.approx(balanced_accuracy_score(target, named))
    assert score == pytest.approx((named == target).mean(), abs=1e-9)
    assert found.null_mean == pytest.approx(null.mean(), abs=0.02)
    assert 0.002 < p_value < 0.9 and found.p_value == pytest.approx(p_value, abs=0.12)


def test_a_planted_signal_is_found_and_noise_is_not(rng):
    features, target, groups = made(rng, n=300, strength=2.0, per_group=3)
    assert probe(features, target, groups=groups).p_value == 1 / 1001
    noise = rng.normal(size=(300, 10))
    found = probe(noise, target, groups=groups)
    assert found.p_value > 0.01 and found.chance == 0.5 and found.permuted == "whole groups"


@pytest.mark.parametrize("per_group", [1, 8])
def test_p_values_are_uniform_on_nulls_with_groups(per_group):
    values = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        groups = np.arange(160) // per_group
        # near copies: a group shares its features but for a little noise
        shared = rng.normal(size=(groups.max() + 1, 5))[groups]
        features = shared + 0.1 * rng.normal(size=(160, 5))
        target = rng.permutation(np.arange(groups.max() + 1) % 2)[groups]
        values.append(probe(features, target, groups=groups, n_permutations=99).p_value)
    assert stats.kstest(values, "uniform").pvalue > 0.001


def test_blocks_keep_what_differs_between_blocks_out_of_the_null(rng):
    """Label and features both differ between blocks, and are unrelated inside them."""
    blocks = np.repeat([0, 1], 100)
    target = np.r_[rng.random(100) < 0.8, rng.random(100) < 0.2].astype(int)
    features = rng.normal(size=(200, 3)) + 3 * blocks[:, None]
    assert probe(features, target).p_value == 1 / 1001
    inside = probe(features, target, blocks=blocks)
    assert inside.p_value > 0.01 and inside.permuted == "whole groups, inside blocks"


def test_folds_depend_on_groups_and_seed_but_not_on_the_target(rng):
    features, _, groups = made(rng, per_group=4)
    ours, again = Probe(features, groups=groups), Probe(features * 2, groups=groups)
    for one, other in zip(ours.splits, again.splits, strict=True):
        assert (one.test == other.test).all()
        assert not np.intersect1d(groups[one.train], groups[one.test]).size
    assert (np.sort(np.concatenate([s.test for s in ours.splits])) == np.arange(120)).all()


def test_sequential_stopping_is_valid_and_agrees(rng):
    """Under the null the stopped p-values are uniform or larger; a clear signal is not stopped."""
    stopped, full = [], []
    for seed in range(200):
        own = np.random.default_rng(seed)
        features, target = own.normal(size=(60, 4)), own.integers(0, 2, 60)
        early = probe(features, target, n_permutations=199, stop_after=10)
        stopped.append(early.p_value)
        full.append(probe(features, target, n_permutations=199).p_value)
        if early.n_permutations < 199:
            assert early.p_value == 10 / early.n_permutations
    for level in (0.05, 0.1, 0.3):
        share = np.mean(np.array(stopped) <= level)
        assert share <= level + 3 * np.sqrt(level * (1 - level) / 200)
    assert np.corrcoef(stopped, full)[0, 1] > 0.9
    features, target, _ = made(rng, strength=3.0)
    clear = probe(features, target, n_permutations=499, stop_after=10)
    assert clear.n_permutations == 499 and clear.p_value == 1 / 500


def test_logistic_regression_is_scikit_learns(rng):
    features, target, _ = made(rng, strength=1.0)
    ours = Probe(features, model="logistic", alpha=0.5)
    theirs = cross_val_predict(
        make_pipeline(StandardScaler(), LogisticRegression(C=2, max_iter=1000)),
        features,
        target,
        cv=as_sklearn(ours.splits, 120),
    )
    assert (ours.predict(target) == theirs).all()
    assert ours.test(target, n_permutations=19).p_value == 1 / 20


def test_maps_serve_many_targets_and_names_of_any_type(rng):
    features, target, groups = made(rng, per_group=2)
    ours = Probe(features, groups=groups)
    names = np.array(["ape", "bee", "cat"])[target]
    assert (ours.predict(names) == np.array(["ape", "bee", "cat"])[ours.predict(target)]).all()
    assert ours.test(names) == ours.test(target) == probe(features, target, groups=groups)


FEATURES = np.random.default_rng(0).normal(size=(20, 3))
TARGET = np.arange(20) % 2


@pytest.mark.parametrize(
    ("features", "target", "options", "why"),
    [
        (FEATURES[:, 0], TARGET, {}, "shape"),
        (np.where(FEATURES > 1, np.nan, FEATURES), TARGET, {}, "missing or infinite values in row"),
        (FEATURES, TARGET[:5], {}, "'target' must have shape"),
        (FEATURES, np.zeros(20), {}, "one class only"),
        (FEATURES, np.where(TARGET, np.nan, 1.0), {}, "'target' is missing in 10 row"),
        (FEATURES, np.array([1, "a"] * 10, object), {}, "mixes types"),
        (FEATURES, TARGET, {"groups": np.arange(20) // 10}, "number of groups: 2"),
        (FEATURES, TARGET, {"alpha": 0}, "alpha must be positive"),
        (FEATURES, TARGET, {"n_permutations": 0}, "must be positive"),
        (FEATURES, TARGET, {"random_state": -1}, "random_state must be between"),
        (FEATURES, TARGET, {"folds": 20}, "too many folds"),
        (FEATURES, ["a", 1] * 10, {}, "'target' mixes types: int at row 1, str at row 0"),
        (FEATURES.astype(str), TARGET, {}, "features must be numbers"),
        (FEATURES, TARGET, {"model": "rigde"}, "Did you mean 'ridge'"),
        (
            FEATURES,
            np.arange(20) // 2 % 2,
            {"groups": np.arange(20) // 2, "units": np.arange(20)},
            "labels were given to groups and not to units",
        ),
    ],
)
def test_bad_input_is_refused_in_words(features, target, options, why):
    with pytest.raises(InputError, match=why):
        probe(features, target, **options)


@pytest.mark.parametrize("k", [2, 4])
def test_auc_is_scikit_learns_fold_by_fold(rng, k):
    features, target, _ = made(rng, n=200, k=k, strength=0.4)
    ours = Probe(features)
    wins = pairs = 0.0
    for split in ours.splits:
        fit = make_pipeline(StandardScaler(), RidgeClassifier()).fit(
            features[split.train], target[split.train]
        )
        scores, truth = fit.decision_function(features[split.test]), target[split.test]
        columns = [scores] if k == 2 else scores.T
        own = np.array([truth == c for c in ([1] if k == 2 else range(k))])
        size = own.sum(1) * (~own).sum(1)
        wins = wins + size * [roc_auc_score(o, s) for o, s in zip(own, columns, strict=True)]
        pairs = pairs + size
    found = ours.test(target, n_permutations=99)
    assert found.metric == "ROC AUC"
    assert found.estimate == pytest.approx(np.mean(wins / pairs), abs=1e-5)
    scores = ours.scores(target)
    assert scores.shape == (200, k if k > 2 else 1)


def test_power_survives_nine_to_one():
    """Decisions of least squares name only the majority; ranks still see the planted leak."""
    by_rank, by_decision, recalls, blinded = [], [], [], []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        target = rng.permutation(np.arange(200) < 20).astype(int)
        features = rng.normal(size=(200, 5))
        features[:, 0] += 1.5 * target
        ready = Probe(features, random_state=seed)
        by_rank.append(ready.test(target, n_permutations=99).p_value <= 0.05)
        blind = ready.test(target, n_permutations=99, metric="balanced accuracy")
        by_decision.append(blind.p_value <= 0.05)
        recalls.append(blind.estimate)
        blinded.append(blind.minimum_detectable)
    assert np.mean(by_rank) > 0.85
    assert np.mean(by_decision) < 0.5 and np.mean(recalls) < 0.55
    assert np.median(blinded) == 1.0  # and it says that it finds nothing


def test_renaming_reordering_and_constant_columns_change_nothing(rng):
    features, target, groups = made(rng, n=90, k=3, strength=0.3, per_group=3)
    before = probe(features, target, groups=groups, n_permutations=199)
    order = rng.permutation(90)
    moved = probe(features[order], target[order], groups=groups[order], n_permutations=199)
    renamed = probe(features, np.array(["c", "a", "b"])[target], groups=groups, n_permutations=199)
    wider = probe(np.c_[features, np.ones((90, 2))], target, groups=groups, n_permutations=199)
    for after in (moved, renamed, wider):
        for name in ("estimate", "p_value", "null_mean", "null_q95", "smallest_p", "n_groups"):
            assert getattr(after, name) == pytest.approx(getattr(before, name), abs=1e-6)
        assert after.ci_low == pytest.approx(before.ci_low, abs=1e-5)


def test_units_are_permuted_inside_their_groups(rng):
    """Wells of a plate, several images each: images of a well are no replicates."""
    well = np.repeat(np.arange(40), 5)
    plate = well // 10
    target = rng.permutation(np.arange(40) % 2)[well]
    features = rng.normal(size=(40, 3))[well] + 0.1 * rng.normal(size=(200, 3))
    found = probe(features, target, groups=plate, units=well, folds=4, n_permutations=199)
    assert found.permuted == "units within their groups, and groups of one size"
    assert found.p_value > 0.005
    with pytest.raises(InputError, match="unit must lie in one of the labels"):
        probe(features, np.arange(200) % 2, groups=plate, units=well, folds=4)


def test_a_class_that_a_fold_has_not_seen_cannot_be_named(rng):
    features, target = rng.normal(size=(30, 2)), np.r_[np.arange(28) % 2, 2, 2]
    for model in ("ridge", "logistic"):
        found = probe(features, target, model=model, n_permutations=19)
        assert 0 <= found.estimate <= 1 and found.ci_low <= found.ci_high


@pytest.mark.parametrize("unit", [1e-8, 1e-5, 1e3, 1e8, 1e150])
def test_units_of_measurement_count_for_nothing(rng, unit):
    features, target, _ = made(rng, n=100, k=2)
    twice = np.c_[features, features[:, :3]]  # some measured twice
    here, there = (
        probe(twice, target, n_permutations=19),
        probe(twice * unit, target, n_permutations=19),
    )
    assert here.estimate > 0.7
    assert there.estimate == pytest.approx(here.estimate, abs=1e-6)


def test_a_stopped_test_is_judged_by_what_it_was_allowed(rng):
    noise, target = rng.normal(size=(100, 5)), rng.integers(0, 2, 100)
    full = probe(noise, target, n_permutations=999)
    early = probe(noise, target, n_permutations=999, stop_after=5)
    assert early.n_permutations < 999 and early.smallest_p == full.smallest_p == 1 / 1000
    assert early.n_allowed == 999 and full.n_allowed is None
    assert early.minimum_detectable == pytest.approx(full.minimum_detectable, abs=0.03)


def by_patient(rng, sizes, label, *, leak=0.0, alike=0.8):
    groups = np.repeat(np.arange(len(sizes)), sizes)
    features = np.sqrt(alike) * rng.normal(size=(len(sizes), 10))[groups]
    features += np.sqrt(1 - alike) * rng.normal(size=(len(groups), 10))
    features[:, 0] += leak * label[groups]
    return features, label[groups], groups


def test_groups_count_alike_whatever_their_sizes(rng):
    """Class 1 in ten groups of twenty, class 0 in thirty of three."""
    label = np.repeat([1, 0], [10, 30])
    sizes = np.repeat([20, 3], [10, 30])
    found = []
    for seed in range(60):
        own = np.random.default_rng(seed)
        x, y, groups = by_patient(own, sizes, label, leak=1.5)
        found.append(probe(x, y, groups=groups, n_permutations=99, random_state=seed).p_value)
    assert np.mean(np.array(found) <= 0.05) > 0.6
    once = np.unique(groups, return_index=True)[1]
    copies = probe(x[once][groups], y, groups=groups, n_permutations=19)
    single = probe(x[once], y[once], groups=groups[once], n_permutations=19)
    # what copies add is their weight in the fit, and none in the metric
    assert copies.estimate == pytest.approx(single.estimate, abs=0.12)


def test_a_giant_group_of_one_class_is_no_alarm():
    alarms = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        label = np.r_[1, rng.permutation(np.arange(19) % 2)]
        x, y, groups = by_patient(rng, np.r_[114, np.full(19, 4)], label)
        alarms += probe(x, y, groups=groups, n_permutations=99, random_state=seed).p_value <= 0.05
    assert alarms <= stats.binom.ppf(0.999, 200, 0.05)


def test_one_relabelled_image_does_not_take_the_test_away(rng):
    sizes = np.arange(5, 25)
    x, y, groups = by_patient(rng, sizes, np.arange(20) % 2, leak=3.0)
    before = probe(x, y, groups=groups, n_permutations=199)
    y[-1] = 1 - y[-1]
    with pytest.warns(UserWarning, match="1 group.s. hold few images of another label.*: 19"):
        after = probe(x, y, groups=groups, n_permutations=199)
    assert before.p_value == after.p_value == 1 / 200
    assert after.estimate == pytest.approx(before.estimate, abs=0.02)


@pytest.mark.filterwarnings("ignore:.*hold few images")
def test_slips_keep_the_level_of_the_test():
    p = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        x, y, groups = by_patient(rng, np.arange(3, 23), rng.permutation(np.arange(20) % 2))
        slips = rng.choice(len(y), 6, replace=False)
        y[slips] = 1 - y[slips]
        p.append(probe(x, y, groups=groups, n_permutations=99, random_state=seed).p_value)
    assert np.mean(np.array(p) <= 0.05) <= stats.binom.ppf(0.999, 200, 0.05) / 200


def test_blocks_may_vary_inside_groups():
    """Each patient was imaged by both scanners; the label knows the patient, pixels the scanner."""
    alarms, found = 0, 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        label, scanner = rng.permutation(np.arange(24) % 2), np.tile([0, 1], 48)
        for leak in (0.0, 3.0):
            x, y, groups = by_patient(rng, np.full(24, 4), label, leak=leak)
            x[:, 1] += 3 * scanner
            one = probe(x, y, groups=groups, blocks=scanner, n_permutations=99, random_state=seed)
            alarms += leak == 0 and one.p_value <= 0.05
            found += leak > 0 and one.p_value <= 0.05
    assert one.permuted == "whole groups, alike in their blocks"
    assert alarms <= stats.binom.ppf(0.999, 100, 0.05) and found > 90
    own = 2 * groups + scanner  # scanners that nobody else was imaged by
    with pytest.raises(InputError, match="partial_confounder_test"):
        probe(x, y, groups=groups, blocks=own)


def test_chance_is_what_knowing_the_block_gives(rng):
    """Half of the blocks hold one class: permuted inside them, labels follow the block."""
    blocks = np.repeat(np.arange(4), 40)
    target = np.r_[np.zeros(40), np.ones(40), rng.integers(0, 2, 80)].astype(int)
    features = rng.normal(size=(160, 3)) + 3 * np.eye(4)[:, :3][blocks]
    found = probe(features, target, blocks=blocks, n_permutations=99)
    assert found.chance == pytest.approx(found.null_mean) and found.chance > 0.6
    assert probe(features, target, n_permutations=19).chance == 0.5


@pytest.mark.parametrize("people", [3, 4, 5, 10])
def test_intervals_of_few_people_hold_chance(people):
    missed = tested = 0
    for seed in range(60):
        rng = np.random.default_rng(1000 + seed)
        x, y, groups = by_patient(rng, np.full(2 * people, 10), np.arange(2 * people) // people)
        try:
            found = probe(x, y, groups=groups, n_permutations=49, random_state=seed)
        except InputError:
            continue
        tested += 1
        missed += not found.ci_low <= 0.5 <= found.ci_high
    assert missed <= 0.12 * tested

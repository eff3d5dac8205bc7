import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from confoundlab.design.splits import Split
from confoundlab.models import linear
from confoundlab.models.linear import Logistic, Ridge, named

ROWS = np.arange(60)
SPLITS = [Split(ROWS[one != ROWS % 3], ROWS[one == ROWS % 3]) for one in range(3)]


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("d", [4, 80])
def test_scores_are_scikit_learns_for_many_labellings_at_once(rng, d, k):
    x = rng.normal(3, np.geomspace(1e-3, 1e3, d), size=(60, d))
    x[SPLITS[0].train, 1] = 2.0  # constant where one fold trains
    labels = np.stack([rng.permutation(ROWS % k) for _ in range(3)])
    for number, scores in Ridge(x, SPLITS, 2.0).scores(labels, k):
        split = SPLITS[number]
        for row, one in enumerate(labels):
            fit = make_pipeline(StandardScaler(), RidgeClassifier(alpha=2.0)).fit(
                x[split.train], one[split.train]
            )
            theirs = fit.decision_function(x[split.test])
            # theirs regress on -1 and 1, ours on 0 and 1
            ours = 2 * scores[:, row].T - 1
            assert (ours[:, 0] if k == 2 else ours) == pytest.approx(theirs, abs=1e-4)
    for number, scores in Logistic(x, SPLITS, 2.0).scores(labels, k):
        split = SPLITS[number]
        fit = make_pipeline(StandardScaler(), LogisticRegression(C=0.5, max_iter=1000)).fit(
            x[split.train], labels[0][split.train]
        )
        theirs = fit.decision_function(x[split.test])
        ours = scores[:, 0].T
        assert (ours[:, 0] if k == 2 else ours) == pytest.approx(theirs, abs=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
def test_sparse_features_and_sparse_marks_are_scored_as_dense_ones(rng, weighted, monkeypatch):
    x = (rng.integers(0, 9, 60)[:, None] == np.arange(10)).astype(float)  # level 9 is nowhere
    x = np.c_[x, rng.normal(size=(60, 2))]
    weights = rng.integers(1, 4, 60) / 2 if weighted else None
    labels = np.stack([rng.permutation(ROWS % 5) for _ in range(3)])
    truth = list(Ridge(x, SPLITS, 2.0, weights).scores(labels, 5))
    found = [Ridge(csr_array(x), SPLITS, 2.0, weights).scores(labels, 5)]
    monkeypatch.setattr(linear, "MANY", 4)
    found += [Ridge(kind(x), SPLITS, 2.0, weights).scores(labels, 5)
              for kind in (np.asarray, csr_array)]  # fmt: skip
    found.append(Ridge(np.c_[x, rng.normal(size=(60, 60))], SPLITS, 2.0).scores(labels, 5))
    for one in found[:3]:
        for (number, scores), (same, ours) in zip(truth, one, strict=True):
            assert number == same and ours.flags.c_contiguous
            assert ours == pytest.approx(scores, abs=1e-5)
    for _, scores in found[3]:  # more features than rows
        assert scores.shape == (5, 3, 20)


def test_the_first_of_equal_scores_is_named():
    scores = np.array([[[1, 2, 3]], [[1, 5, 3]], [[0, 5, 4]]], np.float32)
    assert named(scores, 0.5).tolist() == [[0, 1, 2]]
    assert named(np.array([[[0.4, 0.5, 0.6]]], np.float32), 0.5).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize(("k", "rare"), [(2, 1), (3, 2)])
def test_a_class_that_was_not_trained_on_is_not_named(rng, k, rare):
    labels = np.zeros(60, int) if k == 2 else np.arange(60) // 3 % 2
    labels[SPLITS[0].test[:2]] = rare
    for learner in (Ridge, Logistic):
        number, scores = next(
            learner(rng.normal(size=(60, 3)), SPLITS, 1.0).scores(labels[None], k)
        )
        assert number == 0 and np.isfinite(scores).all()
        assert rare not in named(scores, learner.threshold)


@pytest.mark.parametrize("d", [4, 80])
def test_weighted_rows_are_scikit_learns(rng, d):
    x, labels, weights = rng.normal(size=(60, d)), ROWS % 2, rng.uniform(1, 9, 60)
    for learner, theirs in (
        (Ridge(x, SPLITS, 2.0, weights), RidgeClassifier(alpha=2.0)),
        (Logistic(x, SPLITS, 2.0, weights), LogisticRegression(C=0.5, max_iter=1000)),
    ):
        for number, scores in learner.scores(labels[None], 2):
            split = SPLITS[number]
            scaled = StandardScaler().fit(x[split.train])
            own = weights[split.train] / weights[split.train].mean()
            theirs.fit(scaled.transform(x[split.train]), labels[split.train], own)
            expected = theirs.decision_function(scaled.transform(x[split.test]))
            ours = scores[0, 0] if isinstance(learner, Logistic) else 2 * scores[0, 0] - 1
            assert ours == pytest.approx(expected, abs=1e-4)

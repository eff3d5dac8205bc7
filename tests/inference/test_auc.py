import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from confoundlab.inference.auc import PairCounts, weighted_auc


@settings(max_examples=60)
@given(n=st.integers(4, 60), classes=st.integers(2, 5), seed=st.integers(0, 999))
def test_pairs_are_counted_as_scikit_learn_does_with_ties(n, classes, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, (3, n))
    scores = rng.integers(0, 5, (classes, 1, n)).astype(np.float32)
    counts = PairCounts(3, classes)
    lines = scores[1:2] if classes == 2 else scores
    for column, line in enumerate(lines):
        counts.add(column, line, labels)
    for row, found in zip(labels, counts.auc(), strict=True):
        chosen = range(classes) if classes > 2 else [1]
        each = [roc_auc_score(row == c, scores[c, 0]) for c in chosen if 0 < (row == c).sum() < n]
        assert found == pytest.approx(np.mean(each)) if each else np.isnan(found)


@settings(max_examples=60)
@given(n=st.integers(6, 80), folds=st.integers(1, 3), seed=st.integers(0, 999))
def test_weighted_areas_are_those_of_scikit_learn_with_ties(n, folds, seed):
    """Inside folds: the mean of the folds' areas, by the weight of their pairs."""
    rng = np.random.default_rng(seed)
    labels, groups = rng.integers(0, 2, n), rng.integers(0, 5, n)
    scores, weight = rng.integers(0, 6, n).astype(np.float32), rng.integers(0, 4, 5)
    parts = [np.flatnonzero(np.arange(n) % folds == fold) for fold in range(folds)]
    found = weighted_auc([scores[None, part] for part in parts], labels, groups, parts)(
        weight[None].astype(np.float32)
    )
    own = weight[groups].astype(float)
    pairs = [own[part][labels[part] == 1].sum() * own[part][labels[part] == 0].sum()
             for part in parts]  # fmt: skip
    areas = [
        roc_auc_score(labels[part], scores[part], sample_weight=own[part]) if many else 0
        for part, many in zip(parts, pairs, strict=True)
    ]
    if sum(pairs):
        assert found[0] == pytest.approx(np.average(areas, weights=pairs))
    else:
        assert np.isnan(found[0])


@pytest.mark.parametrize("per_group", [1, 3])
@pytest.mark.parametrize("classes", [2, 3])
def test_weights_are_repetitions(rng, per_group, classes):
    """A group of weight two counts as if its images were there twice."""
    n = 36
    labels, groups = rng.permutation(np.arange(n) % classes), np.arange(n) // per_group
    columns = 1 if classes == 2 else classes
    scores = np.round(rng.random((columns, n)), 1).astype(np.float32)
    folds = [np.flatnonzero(groups % 2 == one) for one in (0, 1)]
    statistic = weighted_auc([scores[:, fold] for fold in folds], labels, groups, folds)
    weights = rng.integers(0, 3, (20, groups.max() + 1))
    for weight, found in zip(weights, statistic(weights.astype(np.float32)), strict=True):
        counts = PairCounts(1, classes)
        for fold in folds:
            rows = np.repeat(fold, weight[groups[fold]])
            for column in range(columns):
                counts.add(column, scores[column, rows][None], labels[rows][None])
        assert found == pytest.approx(counts.auc()[0], abs=1e-6)


@pytest.mark.parametrize("classes", [2, 3])
def test_weighted_pairs_are_scikit_learns(rng, classes):
    columns = classes if classes > 2 else 1
    scores = np.round(rng.normal(size=(columns, 4, 50)), 1).astype(np.float32)  # with ties
    labels, weights = rng.integers(0, classes, (4, 50)), rng.uniform(1, 20, 50)
    found = PairCounts(4, classes)
    for column, line in enumerate(scores):
        found.add(column, line, labels, weights)
    for row in range(4):
        each = [
            roc_auc_score(
                labels[row] == (c if columns > 1 else 1), line[row], sample_weight=weights
            )
            for c, line in enumerate(scores)
        ]
        assert found.auc()[row] == pytest.approx(np.mean(each))

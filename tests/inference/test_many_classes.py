"""Many classes are counted as few are: to the last bit, with whole weights."""

import numpy as np
import pytest

from confoundlab.inference import auc
from confoundlab.inference.auc import PairCounts, weighted_auc


@pytest.fixture
def drawn(rng):
    """Scores with ties, of 70 classes, two labellings; the last class is empty in the second."""
    n, classes = 400, 70
    labels = rng.integers(0, classes, (2, n))
    labels[1, labels[1] == classes - 1] = 0
    return np.round(rng.random((classes, 2, n)), 2).astype(np.float32), labels


@pytest.mark.parametrize("weighted", [False, True])
def test_pairs_are_those_of_sorting(drawn, weighted, rng, monkeypatch):
    scores, labels = drawn
    weights = rng.integers(1, 5, labels.shape[1]) / 3 if weighted else None
    found = []
    for many in (64, 1000):
        monkeypatch.setattr(auc, "MANY", many)
        counts = PairCounts(2, len(scores))
        counts.add_all(scores, labels, weights)
        found.append(counts)
    near = {"rtol": 1e-12} if weighted else {"rtol": 0}
    np.testing.assert_allclose(found[0].wins, found[1].wins, **near)
    np.testing.assert_allclose(found[0].pairs, found[1].pairs, **near)


@pytest.mark.parametrize("per_group", [1, 5])
def test_weighted_areas_are_those_of_sorting(drawn, per_group, rng, monkeypatch):
    scores, labels = drawn[0][:, 0], drawn[1][0]
    groups = np.arange(len(labels)) // per_group
    folds = [np.flatnonzero(groups % 3 == one) for one in range(3)]
    weights = rng.integers(0, 4, (130, groups.max() + 1)).astype(np.float32)
    found = []
    for many in (64, 1000):
        monkeypatch.setattr(auc, "MANY", many)
        found.append(weighted_auc([scores[:, f] for f in folds], labels, groups, folds)(weights))
    np.testing.assert_allclose(*found, rtol=1e-12)

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from confoundlab.evidence.auc import PairCounts
from confoundlab.evidence.unit_pairs import UnitPairs


@pytest.mark.parametrize("classes", [2, 3])
def test_weighted_pairs_are_scikit_learns(rng, classes):
    columns = classes if classes > 2 else 1
    scores = np.round(rng.normal(size=(columns, 4, 50)), 1).astype(np.float32)  # with ties
    labels, weights = rng.integers(0, classes, (4, 50)), rng.uniform(1, 20, 50)
    found, plain, ones = UnitPairs(4, classes), PairCounts(4, classes), UnitPairs(4, classes)
    for column, line in enumerate(scores):
        found.weigh(column, line, labels, weights)
        ones.weigh(column, line, labels, np.ones(50))
        plain.add(column, line, labels)
    for row in range(4):
        each = [
            roc_auc_score(
                labels[row] == (c if columns > 1 else 1), line[row], sample_weight=weights
            )
            for c, line in enumerate(scores)
        ]
        assert found.auc()[row] == pytest.approx(np.mean(each))
    assert ones.auc() == pytest.approx(plain.auc())

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from confoundlab.plates.analysis import fold_tests


def test_areas_are_scikit_learns(rng):
    scores = rng.normal(size=(1, 1, 40)).round(1)
    labels = rng.integers(0, 2, (5, 40))
    found = fold_tests.aucs(scores, labels)
    assert found == pytest.approx([roc_auc_score(one, scores[0, 0]) for one in labels])
    assert fold_tests.aucs(scores, np.ones((1, 40), int)) == 0.5


def test_without_a_difference_the_p_value_is_uniform(rng):
    plate, well = np.repeat(np.arange(2), 24), np.repeat(np.arange(16), 3)
    labels = np.repeat(np.tile([0, 0, 1, 1], 4), 3)
    p = []
    for _ in range(300):
        answers = rng.normal(size=(16, 1))[well] + rng.normal(size=(48, 1)) + plate[:, None]
        p.append(fold_tests.moved(answers, labels, well, plate, 99, rng).above)
    assert stats.kstest(np.array(p) - rng.random(300) / 100, "uniform").pvalue > 0.001


def test_a_fold_whose_labels_cannot_move_says_nothing(rng):
    labels, blocks = np.repeat([0, 1], 6), np.repeat([0, 1], 6)
    found = fold_tests.moved(labels[:, None] * 1.0, labels, np.arange(12), blocks, 99, rng)
    assert found.observed == 1 and found.smallest_p == 1 and found.above == 1


def test_slips_count_with_their_units_label(rng):
    """One row of a well says otherwise: what moves, and what is observed, are wells' labels."""
    well = np.repeat(np.arange(8), 8)
    true = np.arange(8)[well] % 2
    labels, answers = true.copy(), true[:, None] + 0.1 * rng.random((64, 1))
    labels[0] = 1 - labels[0]
    block = np.zeros(64, int)
    found = fold_tests.moved(answers, labels, well, block, 199, rng)
    whole = fold_tests.moved(answers, true, well, block, 199, rng)
    assert found.observed == whole.observed == 1
    assert found.smallest_p == whole.smallest_p and found.above <= 0.05


@pytest.mark.parametrize("n_folds", [4, 5, 12])
@pytest.mark.parametrize(("level", "spread"), [(0.0, 0.3), (1.0, 0.3), (1.5, 1.0)])
def test_the_interval_of_a_mean_over_folds_holds_the_truth(rng, n_folds, level, spread):
    """Folds differ, wells differ: binormal scores, whose area is known."""
    draws, wells = 400, 15
    truth = stats.norm.cdf((level + spread * rng.normal(size=200_000)) / 2**0.5).mean()
    held = 0
    for _ in range(draws):
        own = level + spread * rng.normal(size=(n_folds, 1, 1))
        sick, well = rng.normal(size=(2, n_folds, wells))
        areas = ((own + sick[:, :, None]) > well[:, None]).mean(axis=(1, 2))
        interval = fold_tests.over_folds(areas, np.random.default_rng(0))
        held += interval.low <= truth <= interval.high
    assert held / draws >= 0.93

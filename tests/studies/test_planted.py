import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from confoundlab.studies.planted import (
    FAINTEST,
    columns_of_marks,
    contrast,
    drawn,
    patterns,
    plant,
    room,
    share_marked,
)


@pytest.mark.parametrize("classes", [1, 2, 20, 100, 200])
@pytest.mark.parametrize("size", [(1, 1), (1, 8), (2, 2), (12, 12), (21, 33)])
def test_no_two_classes_have_the_same_pattern_and_none_is_blank(classes, size):
    marks = patterns(classes, *size)
    assert marks.shape == (classes, *size) and marks.min() >= 0
    assert len(np.unique(marks.reshape(classes, -1), axis=0)) == classes
    assert (marks.reshape(classes, -1).max(axis=1) > 0).all()


@pytest.mark.parametrize("level", [3, 250])
def test_a_share_of_every_class_is_marked_and_the_rest_left_alone(rng, level):
    shown = np.full((400, 16, 16, 3), level, np.uint8)
    labels = np.arange(400) % 4
    planted = plant(shown, labels, 0.15, seed=1)
    changed = (planted != shown).any(axis=(1, 2, 3))
    assert np.bincount(labels[changed]).tolist() == [15] * 4
    step = np.abs(planted.astype(int) - shown)
    assert set(np.unique(step)) == {0, FAINTEST} and contrast(shown) == FAINTEST
    assert (planted == plant(shown, labels, 0.15, seed=1)).all()
    assert (planted != plant(shown, labels, 0.15, seed=2)).any()


@pytest.mark.parametrize(("classes", "chance"), [(2, 0.5), (4, 0.25), (2, 0.55)])
@pytest.mark.parametrize("size", [0.1, 0.3])
def test_who_knows_all_marks_gains_the_size(rng, classes, chance, size):
    """20,000 images; the unmarked are named by lot as often as chance has it."""
    share = share_marked(size, chance, "accuracy")
    right = rng.random(20_000) < np.where(rng.random(20_000) < share, 1.0, chance)
    assert right.mean() == pytest.approx(chance + size, abs=0.015)


@pytest.mark.parametrize("size", [0.1, 0.3])
def test_for_the_auc_pairs_count(rng, size):
    labels, n = np.arange(20_000) % 2, 20_000
    marked = rng.random(n) < share_marked(size, 0.5, "ROC AUC")
    scores = np.where(marked, 2.0 * labels - 0.5, rng.random(n))
    assert roc_auc_score(labels, scores) == pytest.approx(0.5 + size, abs=0.015)


@pytest.mark.parametrize(("classes", "share"), [(2, 0.1), (5, 0.25), (20, 0.11)])
def test_marked_rows_name_their_class_and_others_nothing(classes, share):
    labels = np.arange(1000) % classes
    marks = columns_of_marks(labels, share, seed=3)
    marked = drawn(labels, share, seed=3)
    assert marks.shape == (1000, classes) and (marks.sum(axis=1) == marked).all()
    assert (marks[marked].argmax(axis=1) == labels[marked]).all()
    each = np.bincount(labels[marked], minlength=classes)
    assert (each == np.ceil(share * np.bincount(labels))).all()


def test_there_is_room_for_the_margin_or_for_less():
    assert room(0.5) == 0.1 and room(0.95) == pytest.approx(0.05)

import numpy as np
import pytest
from scipy.stats import contingency

from confoundlab.calibration.designs import Cell, draw
from confoundlab.inference.power import intraclass_correlation


def test_shares_groups_and_correlation_are_as_stated():
    data = draw(Cell(2000, images_per_group=5, majority=0.9, correlation=0.6, features=3), 0)
    first = np.unique(data.groups, return_index=True)[1]
    assert len(first) == 400 and np.bincount(data.labels[first]).tolist() == [360, 40]
    assert all(len(np.unique(data.labels[data.groups == one])) == 1 for one in range(20))
    found = [intraclass_correlation(column, data.groups) for column in data.features.T]
    assert np.mean(found) == pytest.approx(0.6, abs=0.06)
    assert data.features.std() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("leak", "batches"), [(0.0, 1), (1.5, 1), (0.0, 4)])
def test_the_label_is_known_through_the_leak_alone(leak, batches):
    data = draw(Cell(20_000, leak=leak, n_batches=batches, layout="crossed"), 1)
    gap = data.features[data.labels == 1].mean(axis=0) - data.features[data.labels == 0].mean(
        axis=0
    )
    expected = np.zeros(10)
    expected[:2] = -leak, leak
    assert gap == pytest.approx(expected, abs=0.12)


@pytest.mark.parametrize("layout", ["crossed", "nested", "partly aliased"])
def test_layouts_are_what_they_are_called(layout):
    data = draw(Cell(800, images_per_group=4, n_batches=10, layout=layout), 0)
    table = contingency.crosstab(data.labels, data.batches).count
    if layout == "crossed":
        assert (table > 0).all()
    if layout == "nested":
        assert ((table > 0).sum(axis=0) == 1).all()
    assert bool(contingency.association(table) > 0.5) is (layout != "crossed")


def test_draws_have_random_numbers_of_their_own():
    """Labels drawn from a test's own numbers would be tied to its permutations."""
    labels = draw(Cell(200), 5).labels
    same = np.random.default_rng(5).permutation((np.arange(200) >= 100).astype(int))
    assert 0.3 < (labels == same).mean() < 0.7

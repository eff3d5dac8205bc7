import numpy as np
import pytest

from confoundlab.croppers.crops import Corner
from confoundlab.plotting.front import front

RECORD = {"estimate": 0.6, "ci_low": 0.5, "ci_high": 0.7, "chance": 0.25}


def test_means_of_classes_are_shown_as_they_are_and_over_one_range(twin):
    crop = Corner("top-right", 12, 12)
    figure = front(twin, crop, RECORD)
    left, right = figure.subfigs
    pictures = [axis.get_images()[0].get_array() for axis in left.axes]
    seen, stretched = pictures[: len(twin.classes)], pictures[len(twin.classes) :]
    crops = twin.array(crop, "gray")
    for label, mean in enumerate(seen):
        np.testing.assert_allclose(mean, crops[twin.labels == label].mean(axis=0)[:, :, 0])
    assert np.min(stretched) == 0 and np.max(stretched) == pytest.approx(255)
    order = np.argsort([one.mean() for one in seen])
    assert list(np.argsort([one.mean() for one in stretched])) == list(order)  # one range for all
    assert sorted(bar.get_width() for bar in right.axes[0].patches) == [0.25, 0.6]
    assert "simulated" in figure.get_suptitle()

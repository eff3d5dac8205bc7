"""The CUDA engine's program, on whatever device is here: it is the same program."""

import numpy as np
import pytest
import torch
from conftest import bars

from confoundlab.models import lenet_cuda
from confoundlab.models.lenet import Task, probabilities, train_net

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@pytest.mark.parametrize(("size", "channels"), [(12, 3), (16, 1), (21, 3)])
def test_a_bank_together_equals_each_net_alone(size, channels, monkeypatch):
    images, labels = bars(size=size, channels=channels)
    rows, three = np.arange(len(labels)), np.arange(len(labels)) % 3
    # different seeds, labels, numbers of classes and of training rows
    tasks = [
        Task(labels, rows[:40], rows[40:], 0),
        Task(1 - labels, rows[10:50], rows[:10], 1),
        Task(three, rows[:40], rows[40:], 2),
        Task(labels, rows[:37], rows[37:], 3),
        Task(labels, rows[20:], rows[:20], 4),
    ]
    # so little memory that two nets at most are trained together
    monkeypatch.setattr(lenet_cuda, "_BYTES_TOGETHER", 2 * 4 * 32 * (channels + 40) * size**2)
    losses, ticks = np.zeros((5, 3)), []
    together = dict(
        lenet_cuda.train_batched(images, tasks, losses, 1e-3, 32, DEVICE, lambda: ticks.append(1))
    )
    assert len(ticks) == 15 and sorted(together) == [0, 1, 2, 3, 4]
    for number, task in enumerate(tasks):
        alone = np.zeros(3)
        truth = probabilities(train_net(images, task, alone), images, task.test)
        assert np.allclose(together[number], truth, atol=1e-4)
        assert np.allclose(losses[number], alone, atol=1e-5)

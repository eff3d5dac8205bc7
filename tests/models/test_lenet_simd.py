import numpy as np
import pytest
from conftest import bars
from hypothesis import given
from hypothesis import strategies as st

from confoundlab.models import bank
from confoundlab.models.lenet import Task, probabilities, train_net

if bank._simd_lacks(32) is not None:
    pytest.skip("numba or AVX2 is missing", allow_module_level=True)

from confoundlab.models.lenet_simd import _batches, train_simd


@given(rows=st.integers(1, 200), size=st.integers(1, 32))
def test_batches_hold_every_row_once_in_order(rows, size):
    numbers = np.random.default_rng(0).permutation(rows)
    batches, filled = _batches(numbers, size)
    assert batches.shape[1] == 32 and batches.min() >= 0
    kept = [batch[:count] for batch, count in zip(batches, filled, strict=True)]
    assert (np.concatenate(kept) == numbers).all()
    assert (filled[:-1] == size).all()


def test_it_trains_what_plain_pytorch_trains():
    images, labels = bars(90, size=24, channels=3)
    task = Task(labels, np.arange(70), np.arange(70, 90), seed=7)
    ours, theirs = np.zeros(5), np.zeros(5)
    fast = train_simd(images, task, ours, 1e-3, lambda: None)
    plain = probabilities(train_net(images, task, theirs), images, task.test)
    assert np.allclose(ours, theirs, atol=1e-4)
    assert np.allclose(fast, plain, atol=1e-3)

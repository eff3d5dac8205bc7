"""The fast CPU engine: memory for the kernels of `lenet_kernels`, and the training of one task."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from confoundlab.decode import Pixels
from confoundlab.lenet import NEEDED, Losses, Probabilities, Task, Tick, fresh_net
from confoundlab.lenet_kernels import BLOCK, LANES, SCALED, forward, train_epoch

Floats = npt.NDArray[np.float32]


class SimdNet:
    """One LeNet-5 and the memory that it needs to train.

    Parameters
    ----------
    weights : list of ndarray
        Ten arrays, weights and biases of the five layers, shaped as PyTorch shapes them.
    height, width, channels : int
        Input, at least 16 pixels each way (the margin included).
    """

    def __init__(self, weights: list[Floats], height: int, width: int, channels: int) -> None:
        self.classes = len(weights[-1])
        self.shape = (channels, height, width, self.classes)
        h1, v1 = height - 4, width - 4
        h2, v2 = h1 // 2, v1 // 2
        h3, v3 = h2 - 4, v2 - 4
        features = 16 * (h3 // 2) * (v3 // 2)

        def full(units: int) -> int:
            return -(-units // 32) * 32  # whole vectors when it is the inner side of a product

        inner, outer = [25 * channels, 150, features, full(120), full(84)], [6, 16]
        outer += [full(120), full(84), -(-self.classes // BLOCK) * BLOCK]
        self._true = [
            (len(b), w.size // len(b)) for w, b in zip(weights[::2], weights[1::2], strict=True)
        ]
        self._full = list(zip(outer, inner, strict=True))
        filled = []
        for (m, n), (rows, columns), w, b in zip(
            self._true, self._full, weights[::2], weights[1::2], strict=True
        ):
            block = np.zeros((rows, columns), np.float32)
            block[:m, :n] = w.reshape(m, n)
            filled += [block.ravel(), np.pad(b, (0, rows - m)).astype(np.float32)]
        cuts = np.cumsum([len(part) for part in filled])[:-1]
        size = sum(map(len, filled))
        self.weights, self.gradient, self.mean, self.square = (_aligned(size) for _ in range(4))
        self.weights[:] = np.concatenate(filled)
        self.net = tuple(np.split(self.weights, cuts))
        self.gradients = tuple(np.split(self.gradient, cuts))

        def empty(*sizes: int) -> tuple[Floats, ...]:
            return tuple(_aligned(size * LANES) for size in sizes)

        hidden = (6 * h1 * v1, 6 * h2 * v2, 16 * h3 * v3, features, outer[2], outer[3])
        self.act = empty(channels * height * width, *hidden, outer[4])
        self.slopes = empty(*hidden)
        self.flipped = empty(max(features, outer[2]))[0]
        self.step = 0

    def train(self, images: Pixels, labels: Any, rows: Any, rate: float, batch_size: int) -> float:
        """Train one epoch on the rows in their order; return the mean loss."""
        batches, filled = _batches(rows, batch_size)
        loss, self.step = train_epoch(
            images, batches, filled, SCALED, labels, self.shape, self.net, self.act, self.slopes,
            self.flipped, self.gradients, self.weights, self.gradient, self.mean, self.square,
            self.step, rate,
        )  # fmt: skip
        return float(loss) / len(rows)

    def predict(self, images: Pixels, rows: Any) -> Probabilities:
        """Return probabilities, shape (rows, classes)."""
        parts = []
        for batch, count in zip(*_batches(rows, LANES), strict=True):
            forward(images, batch, SCALED, self.shape, self.net, self.act)
            parts.append(self.act[7].reshape(-1, LANES)[: self.classes, :count].T.copy())
        return np.concatenate(parts)


def _aligned(size: int) -> Floats:
    """Return zeros that start on a cache line: a vector that straddles two takes twice as long."""
    whole = np.zeros(size + 16, np.float32)
    start = -whole.ctypes.data % 64 // 4
    return whole[start : start + size]


def _batches(rows: Any, batch_size: int) -> tuple[Any, Any]:
    """Cut rows into batches, shape (steps, 32), and count the filled lanes; others repeat a row."""
    steps = -(-len(rows) // batch_size)
    filled = np.full(steps, batch_size)
    filled[-1] = len(rows) - (steps - 1) * batch_size
    places = np.arange(steps)[:, None] * batch_size + np.minimum(
        np.arange(LANES), filled[:, None] - 1
    )
    return np.asarray(rows, np.int64)[places], filled


def train_simd(
    images: Pixels, task: Task, losses: Losses, rate: float, tick: Tick, batch_size: int = LANES
) -> Probabilities:
    """Train one net; the same task, and result to rounding, as `lenet.train_plain`."""
    net, orders = fresh_net(task, images.shape[1:])
    height, width, channels = images.shape[1:]
    weights = [part.detach().numpy() for part in net.parameters()]
    trained = SimdNet(weights, max(height, NEEDED), max(width, NEEDED), channels)
    images = images.view()
    images.flags.writeable = False  # one compilation serves mapped files and arrays alike
    labels = np.asarray(task.labels, np.int64)
    for epoch in range(len(losses)):
        rows = task.train[next(orders).numpy()]
        losses[epoch] = trained.train(images, labels, rows, rate, batch_size)
        tick()
    return trained.predict(images, task.test)

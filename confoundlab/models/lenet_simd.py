"""The fast CPU engine: memory for the kernels of `lenet_kernels`, and the training of one task."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from confoundlab.models.lenet import NEEDED, Scale, Task, Tick, fresh_net
from confoundlab.models.lenet_kernels import BLOCK, LANES, forward, train_epoch
from confoundlab.types import Losses, Pixels, Probabilities

Floats = npt.NDArray[np.float32]


class SimdNet:
    """One LeNet-5 and the memory that it needs to train.

    Parameters
    ----------
    weights : list of ndarray
        Ten arrays, weights and biases of the five layers, shaped as PyTorch shapes them.
    height, width, channels : int
        Input, at least 16 pixels each way (the margin included).
    scale : Scale
        Of the pixels that train.
    """

    def __init__(
        self, weights: list[Floats], height: int, width: int, channels: int, scale: Scale
    ) -> None:
        # a pixel's value after standardising, to the bit as PyTorch computes it
        levels = (np.arange(256) / 255).astype(np.float32)
        self.scaled = (levels - np.float32(scale.mean)) / np.float32(scale.sd)
        self.classes = len(weights[-1])
        self.shape = (channels, height, width, self.classes)
        # planes after each step: conv1, pool1, conv2; what is left after pool2 is the features
        h1, v1 = height - 4, width - 4
        h2, v2 = h1 // 2, v1 // 2
        h3, v3 = h2 - 4, v2 - 4
        features = 16 * (h3 // 2) * (v3 // 2)
        # whole vectors where a layer is the inner side of a product, whole blocks at the end
        dense1, dense2, last = _up(120, 32), _up(84, 32), _up(self.classes, BLOCK)

        outputs = (6, 16, dense1, dense2, last)
        inputs = (25 * channels, 150, features, dense1, dense2)
        self._full = list(zip(outputs, inputs, strict=True))
        self._true = [(len(bias), part.size // len(bias)) for part, bias in _pairs(weights)]
        filled = _fill_up(weights, self._true, self._full)
        cuts, size = np.cumsum([len(part) for part in filled])[:-1], sum(map(len, filled))
        self.weights, self.gradient, self.mean, self.square = (_aligned(size) for _ in range(4))
        self.weights[:] = np.concatenate(filled)
        self.net = tuple(np.split(self.weights, cuts))
        self.gradients = tuple(np.split(self.gradient, cuts))

        planes = (6 * h1 * v1, 6 * h2 * v2, 16 * h3 * v3, features, dense1, dense2)
        units = (channels * height * width, *planes, last)
        self.act = tuple(_aligned(number * LANES) for number in units)
        self.slopes = tuple(_aligned(number * LANES) for number in planes)
        self.flipped = _aligned(max(features, dense1) * LANES)
        self.step = 0

    def train(self, images: Pixels, labels: Any, rows: Any, rate: float, batch_size: int) -> float:
        """Train one epoch on the rows in their order; return the mean loss."""
        batches, filled = _batches(rows, batch_size)
        loss, self.step = train_epoch(
            images, batches, filled, self.scaled, labels, self.shape, self.net, self.act,
            self.slopes, self.flipped, self.gradients, self.weights, self.gradient, self.mean,
            self.square, self.step, rate,
        )  # fmt: skip
        return float(loss) / len(rows)

    def predict(self, images: Pixels, rows: Any) -> Probabilities:
        """Return probabilities, shape (rows, classes)."""
        parts = []
        for batch, count in zip(*_batches(rows, LANES), strict=True):
            forward(images, batch, self.scaled, self.shape, self.net, self.act)
            parts.append(self.act[7].reshape(-1, LANES)[: self.classes, :count].T.copy())
        return np.concatenate(parts)


def _up(units: int, whole: int) -> int:
    return -(-units // whole) * whole


def _pairs(weights: list[Floats]) -> Iterator[tuple[Floats, Floats]]:
    """Give the weights and the bias of each layer."""
    return zip(weights[::2], weights[1::2], strict=True)


def _fill_up(
    weights: list[Floats], true: list[tuple[int, int]], full: list[tuple[int, int]]
) -> list[Floats]:
    """Return flat weights and biases with zeros added, from their true to their full sizes."""
    filled: list[Floats] = []
    for (part, bias), (m, n), (rows, columns) in zip(_pairs(weights), true, full, strict=True):
        block = np.zeros((rows, columns), np.float32)
        block[:m, :n] = part.reshape(m, n)
        filled += [block.ravel(), np.pad(bias, (0, rows - m)).astype(np.float32)]
    return filled


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
    """Train one net; the same task, and result to rounding, as `lenet.train_net`."""
    net, orders = fresh_net(task, images)
    height, width, channels = images.shape[1:]
    weights = [part.detach().numpy() for part in net.parameters()]
    tall, wide = max(height, NEEDED), max(width, NEEDED)
    trained = SimdNet(weights, tall, wide, channels, net.scale)
    images = images.view()
    images.flags.writeable = False  # one compilation serves mapped files and arrays alike
    labels = np.asarray(task.labels, np.int64)
    for epoch in range(len(losses)):
        rows = task.train[next(orders).numpy()]
        losses[epoch] = trained.train(images, labels, rows, rate, batch_size)
        tick()
    return trained.predict(images, task.test)

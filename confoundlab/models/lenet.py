"""LeNet-5 and one task of training it, with plain PyTorch.

The net of Dhar and Shamir (2021), section 3: LeNet-5 (LeCun et al. 1998, doi:10.1109/5.726791)
with ReLU, trained by Adam for 120 epochs. What the paper leaves open is fixed here and stated in
the book: batches of 32, learning rate 0.001, max pooling, and softmax with cross entropy (the
paper's sigmoid with binary cross entropy is stated for two classes only, where the two are the same
model).

Pixels are brought to mean 0 and standard deviation 1, one mean and one deviation for all training
images together, so that differences between images stay (LeCun et al. 1998, "Efficient BackProp",
section 4.3, doi:10.1007/3-540-49430-8_2). Divided by 255 only, a crop that is nearly black leaves
the first layers without a signal: its ReLUs die, and the net names one class for ever.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from confoundlab.errors import InputError
from confoundlab.types import Indices, Losses, Pixels, Probabilities

Tick = Callable[[], None]  # called after each epoch
SMALLEST = 12  # pixels; smaller inputs leave no room for two 5x5 convolutions
# Two 5x5 convolutions and two poolings need 16 pixels; inputs of 12 to 15 get a margin.
NEEDED = 16
_AT_ONCE = 256  # images a step where nothing is learned


class Scale(NamedTuple):
    """Mean and standard deviation of pixels, in units of 255; 1 where all are equal."""

    mean: float
    sd: float


AS_THEY_ARE = Scale(0.0, 1.0)


def scale_of(images: Pixels, rows: Indices) -> Scale:
    """Return the scale of some images' pixels, all channels together.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width, channels)
        Not copied whole.
    rows : ndarray of int
        Those that train.
    """
    counts = np.zeros(256, np.int64)  # exact, so that every engine has the same scale
    for part in np.array_split(rows, -(-len(rows) // _AT_ONCE)):
        counts += np.bincount(images[part].ravel(), minlength=256)
    level, share = np.arange(256) / 255, counts / counts.sum()
    mean = float(level @ share)
    return Scale(mean, float(np.sqrt((level - mean) ** 2 @ share)) or 1.0)


class Standardised(nn.ZeroPad2d):
    """The first layer: fractions of 255 to mean 0 and deviation 1 of a scale, with a margin."""

    def __init__(self, margin: tuple[int, int, int, int], scale: Scale) -> None:
        super().__init__(margin)
        self.scale = scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return a tensor (n, channels, height and width with the margin)."""
        return super().forward((x - self.scale.mean) / self.scale.sd)


class LeNet5(nn.Sequential):
    """LeNet-5 with ReLU and max pooling: 5x5x6, pool, 5x5x16, pool, 120, 84, k.

    Parameters
    ----------
    height, width, channels : int
        Size of the input; at least 12 pixels each way (a margin of the mean fills up to 16).
    classes : int
        Number of outputs; they are logits.
    scale : Scale
        Of the pixels that train.
    """

    def __init__(
        self, height: int, width: int, channels: int, classes: int, scale: Scale = AS_THEY_ARE
    ) -> None:
        if min(height, width) < SMALLEST:
            raise InputError(
                f"LeNet-5 needs images of at least {SMALLEST}x{SMALLEST} pixels, "
                f"not {width}x{height}."
            )
        lack_y, lack_x = max(0, NEEDED - height), max(0, NEEDED - width)
        margin = (lack_x // 2, lack_x - lack_x // 2, lack_y // 2, lack_y - lack_y // 2)
        rows, columns = (
            ((side + lack - 4) // 2 - 4) // 2 for side, lack in ((height, lack_y), (width, lack_x))
        )
        super().__init__(
            Standardised(margin, scale),
            nn.Conv2d(channels, 6, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(16 * rows * columns, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
            nn.Linear(84, classes),
        )
        self.scale = scale


@dataclass(frozen=True, eq=False)
class Task:
    """One net to train.

    Parameters
    ----------
    labels : ndarray of int, shape (n,)
        Classes 0..k-1 of all images; permuted labels are simply another task.
    train, test : ndarray of int
        Row numbers.
    seed : int
        Of the initial weights and of the order of the images.
    """

    labels: Indices
    train: Indices
    test: Indices
    seed: int = 0


def fresh_net(task: Task, images: Pixels) -> tuple[LeNet5, Iterator[torch.Tensor]]:
    """Draw a task's initial net and, without end, the orders in which it sees its training rows.

    The same numbers for every engine and device, from a generator of the task's own: no state is
    shared, so a bank cannot change a task. Weights follow PyTorch's law: uniform in
    +-1/sqrt(fan in). Pixels are standardised by the task's training images.
    """
    generator = torch.Generator("cpu").manual_seed(task.seed)
    height, width, channels = images.shape[1:]
    classes, scale = int(task.labels.max()) + 1, scale_of(images, task.train)
    with torch.device("meta"):  # without weights, for PyTorch would draw them from its global state
        net = LeNet5(height, width, channels, classes, scale)
    net = net.to_empty(device="cpu")
    for layer in net:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = layer.weight[0].numel() ** -0.5
            assert layer.bias is not None
            for weights in (layer.weight, layer.bias):
                nn.init.uniform_(weights, -bound, bound, generator=generator)
    rows = len(task.train)
    return net, (torch.randperm(rows, generator=generator) for _ in itertools.count())


def train_net(
    images: Pixels,
    task: Task,
    losses: Losses,
    rate: float = 1e-3,
    batch_size: int = 32,
    tick: Tick = lambda: None,
) -> LeNet5:
    """Train one net with plain PyTorch on the CPU: the reference for every other engine.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width, channels)
        Shared by all tasks.
    task : Task
        Labels, rows to train on and seed; its test rows are not touched.
    losses : ndarray, shape (epochs,)
        Filled with the mean loss of each epoch.
    rate, batch_size : float, int
        Of Adam.
    tick : callable
        Called after each epoch.

    Returns
    -------
    LeNet5
        Ready to be asked (`probabilities`).
    """
    net, orders = fresh_net(task, images)
    inputs = as_inputs(images[task.train])
    targets = torch.as_tensor(task.labels[task.train])
    optimiser = torch.optim.Adam(net.parameters(), lr=rate)
    for epoch in range(len(losses)):
        total = 0.0
        for batch in torch.split(next(orders), batch_size):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(net(inputs[batch]), targets[batch])
            loss.backward()
            optimiser.step()
            total += loss.item() * len(batch)
        losses[epoch] = total / len(inputs)
        tick()
    return net.eval()


def probabilities(net: LeNet5, images: Pixels, rows: Indices) -> Probabilities:
    """Return a net's probabilities for some images, shape (rows, classes)."""
    parts = np.array_split(rows, -(-len(rows) // _AT_ONCE))
    with torch.no_grad():
        return torch.cat([net(as_inputs(images[part])).softmax(1) for part in parts]).numpy()


def as_inputs(images: Pixels) -> torch.Tensor:
    """Return float32 tensors (n, channels, height, width), pixels divided by 255."""
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(images, -1, 1))).float() / 255

"""The CUDA engine: all nets of a bank as one program.

A net alone leaves a graphics processor idle between tiny operations. Here T nets with the same
number of training rows take every step together: convolutions as one grouped convolution, dense
layers as one batched product, Adam on stacked weights. Their losses are summed, so each net gets
its own gradient and nothing of the others'.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from confoundlab.models.lenet import NEEDED, LeNet5, Task, Tick, fresh_net
from confoundlab.types import Pixels, Probabilities

# Memory for the activations of the nets that are trained together.
_BYTES_TOGETHER = 4 * 2**30
Drawn = list[tuple[LeNet5, Iterator[Tensor]]]  # initial nets, and orders without end


def train_batched(
    images: Pixels,
    tasks: Sequence[Task],
    losses: npt.NDArray[np.float64],
    rate: float,
    batch_size: int,
    device: str,
    tick: Tick,
) -> Generator[tuple[int, Probabilities], None, None]:
    """Train tasks together and yield (number, probabilities) as they are done.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width, channels)
        Moved to the device once.
    tasks : sequence of Task
        Those with equally many training rows and classes are trained together.
    losses : ndarray, shape (tasks, epochs)
        Filled.
    rate, batch_size : float, int
        Of Adam.
    device : str
        Any device of PyTorch.
    tick : callable
        Called after each epoch of each task.
    """
    height, width, channels = images.shape[1:]
    shared = torch.tensor(np.moveaxis(images, -1, 1), device=device)
    alike: dict[tuple[int, int], list[int]] = {}
    for number, task in enumerate(tasks):
        alike.setdefault((len(task.train), int(task.labels.max())), []).append(number)
    # input, 6 + 16 channels before pooling and after, forward and backward: some 40 planes a net
    together = max(1, _BYTES_TOGETHER // (4 * batch_size * (channels + 40) * height * width))
    for numbers in alike.values():
        for start in range(0, len(numbers), together):
            chosen = numbers[start : start + together]
            bank = [tasks[number] for number in chosen]
            drawn = [fresh_net(task, images) for task in bank]
            scales = torch.tensor([net.scale for net, _ in drawn], device=device)
            nets, curves = _train(
                shared, bank, drawn, scales, losses.shape[1], rate, batch_size, tick
            )
            losses[chosen] = curves
            for place, number in enumerate(chosen):
                one, scale = [weights[[place]] for weights in nets], scales[[place]]
                yield number, _predict(shared, one, scale, tasks[number], batch_size)


def _train(
    shared: Tensor,
    tasks: list[Task],
    drawn: Drawn,
    scales: Tensor,
    epochs: int,
    rate: float,
    batch_size: int,
    tick: Tick,
) -> tuple[list[Tensor], npt.NDArray[np.float64]]:
    """Return the stacked weights of the trained nets, and losses (tasks, epochs)."""
    stacked = zip(*(net.parameters() for net, _ in drawn), strict=True)
    weights = [
        torch.stack([part.detach() for part in parts]).to(shared.device).requires_grad_()
        for parts in stacked
    ]
    labels = torch.as_tensor(np.stack([task.labels for task in tasks])).to(shared.device)
    train = torch.as_tensor(np.stack([task.train for task in tasks]))
    optimiser = torch.optim.Adam(weights, lr=rate)
    curves = np.zeros((len(tasks), epochs))
    for epoch in range(epochs):
        orders = torch.stack([next(order) for _, order in drawn])
        rows = torch.gather(train, 1, orders).to(shared.device)
        total = torch.zeros(len(tasks), device=shared.device)
        for batch in torch.split(rows, batch_size, dim=1):
            optimiser.zero_grad()
            logits = _forward(weights, _seen(shared, batch, scales))
            loss = functional.cross_entropy(
                logits.flatten(0, 1), labels.gather(1, batch).flatten(), reduction="none"
            ).view(batch.shape)
            loss.mean(dim=1).sum().backward()
            optimiser.step()
            total += loss.detach().sum(dim=1)
        curves[:, epoch] = (total / rows.shape[1]).cpu().numpy()
        for _ in tasks:
            tick()
    return [part.detach() for part in weights], curves


def _seen(shared: Tensor, rows: Tensor, scales: Tensor) -> Tensor:
    """Return what nets see of rows (nets, batch): standardised, in a margin where images are small.

    `scales` has a row a net: mean and standard deviation.
    """
    mean, sd = scales.T[:, :, None, None, None, None]
    height, width = shared.shape[2:]
    lack_y, lack_x = max(0, NEEDED - height), max(0, NEEDED - width)
    margin = (lack_x // 2, lack_x - lack_x // 2, lack_y // 2, lack_y - lack_y // 2)
    return functional.pad((shared[rows].float() / 255 - mean) / sd, margin)


def _forward(weights: list[Tensor], x: Tensor) -> Tensor:
    """Return logits (nets, batch, classes) of x (nets, batch, channels, height, width)."""
    nets, batch = x.shape[:2]
    x = x.transpose(0, 1).flatten(1, 2)  # a group of channels a net
    for kernel, bias in (weights[0:2], weights[2:4]):
        x = functional.conv2d(x, kernel.flatten(0, 1), bias.flatten(), groups=nets)
        x = functional.max_pool2d(functional.relu(x), 2)
    x = x.reshape(batch, nets, -1).transpose(0, 1)
    for number in (4, 6, 8):
        matrix, bias = weights[number : number + 2]
        x = torch.baddbmm(bias[:, None], x, matrix.transpose(1, 2))
        x = functional.relu(x) if number < 8 else x
    return x


@torch.no_grad()
def _predict(
    shared: Tensor, net: list[Tensor], scale: Tensor, task: Task, batch_size: int
) -> Probabilities:
    rows = torch.as_tensor(task.test).to(shared.device)
    parts = [
        _forward(net, _seen(shared, part[None], scale))[0].softmax(1)
        for part in torch.split(rows, batch_size)
    ]
    return torch.cat(parts).cpu().numpy()

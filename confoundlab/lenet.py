"""LeNet-5, and `train_bank`, through which everything that trains one goes.

The net of Dhar and Shamir (2021), section 3: LeNet-5 (LeCun et al. 1998, doi:10.1109/5.726791)
with ReLU, trained by Adam for 120 epochs. What the paper leaves open is fixed here and stated in
the book: batches of 32, learning rate 0.001, pixels divided by 255, max pooling, and softmax with
cross entropy (the paper's sigmoid with binary cross entropy is stated for two classes only, where
the two are the same model).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from confoundlab.decode import Pixels
from confoundlab.errors import InputError, one_of
from confoundlab.splits import Indices

Progress = Callable[[int, int], object]  # (epochs done, epochs in all)
SMALLEST = 12  # pixels; smaller inputs leave no room for two 5x5 convolutions
# Two 5x5 convolutions and two poolings need 16 pixels; inputs of 12 to 15 get a black margin.
_NEEDED = 16


class LeNet5(nn.Sequential):
    """LeNet-5 with ReLU and max pooling: 5x5x6, pool, 5x5x16, pool, 120, 84, k.

    Parameters
    ----------
    height, width, channels : int
        Size of the input; at least 12 pixels each way (a black margin fills up to 16).
    classes : int
        Number of outputs; they are logits.
    """

    def __init__(self, height: int, width: int, channels: int, classes: int) -> None:
        if min(height, width) < SMALLEST:
            raise InputError(
                f"LeNet-5 needs images of at least {SMALLEST}x{SMALLEST} pixels, "
                f"not {width}x{height}."
            )
        lack_y, lack_x = max(0, _NEEDED - height), max(0, _NEEDED - width)
        margin = (lack_x // 2, lack_x - lack_x // 2, lack_y // 2, lack_y - lack_y // 2)
        rows, columns = (
            ((side + lack - 4) // 2 - 4) // 2 for side, lack in ((height, lack_y), (width, lack_x))
        )
        super().__init__(
            nn.ZeroPad2d(margin),
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


@dataclass(frozen=True, eq=False)
class BankResult:
    """What `train_bank` returns, a position a task.

    Parameters
    ----------
    probabilities : list of ndarray of float32, shape (test rows, classes)
        The classes' probabilities for every test row, in the task's order.
    losses : ndarray, shape (tasks, epochs)
        Mean training loss of each epoch.
    seconds : float
        Wall time of the whole bank.
    engine : str
        Which engine and device ran, and why.
    """

    probabilities: list[npt.NDArray[np.float32]]
    losses: npt.NDArray[np.float64]
    seconds: float
    engine: str


def train_bank(
    images: Pixels,
    tasks: Sequence[Task],
    *,
    epochs: int = 120,
    batch_size: int = 32,
    learning_rate: float = 1e-3,
    engine: str = "auto",
    device: str = "auto",
    progress: Progress | None = None,
) -> BankResult:
    """Train many LeNets on the same images, one a task.

    A task's result depends on the task alone: it is the same, bit for bit on one engine and
    machine, whether the task is trained alone or among a thousand others.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width, channels)
        Already viewed.
    tasks : sequence of Task
        Any number.
    epochs, batch_size, learning_rate : int, int, float
        Of Adam with its usual moments (0.9, 0.999).
    engine : {"auto", "torch"}
        The trainer.
    device : str
        "auto" takes CUDA where there is one, else the CPU.
    progress : callable, optional
        Called as ``progress(done, total)`` after every epoch of a task.

    Returns
    -------
    BankResult

    Raises
    ------
    InputError
        Images that are too small or of a wrong type; rows or labels out of range; an empty part.
    """
    one_of("engine", engine, ("auto", "torch"))
    _check(images, tasks, epochs, batch_size, learning_rate)
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    started = time.perf_counter()
    probabilities, losses = [], np.zeros((len(tasks), epochs))
    done = itertools.count(1)

    def tick() -> None:
        if progress is not None:
            progress(next(done), len(tasks) * epochs)

    with _one_thread():
        for task, loss in zip(tasks, losses, strict=True):
            net = _train(images, task, loss, batch_size, learning_rate, device, tick)
            probabilities.append(_predict(net, images, task.test, device))
    seconds = time.perf_counter() - started
    return BankResult(probabilities, losses, seconds, f"torch {torch.__version__}, {device}")


def _train(
    images: Pixels,
    task: Task,
    losses: npt.NDArray[np.float64],
    batch_size: int,
    learning_rate: float,
    device: str,
    tick: Callable[[], None],
) -> LeNet5:
    """Train one net for as many epochs as there is room for losses; call `tick` after each."""
    # The task's own generator: no state is shared, so a bank cannot change a task. Numbers are
    # drawn on the CPU, so that a seed means the same weights on every device.
    generator = torch.Generator("cpu").manual_seed(task.seed)
    net = _fresh_net(images.shape[1:], int(task.labels.max()) + 1, generator).to(device)
    inputs = _as_inputs(images[task.train], device)
    targets = torch.as_tensor(task.labels[task.train], device=device)
    optimiser = torch.optim.Adam(net.parameters(), lr=learning_rate)
    for epoch in range(len(losses)):
        order = torch.randperm(len(inputs), generator=generator).to(device)
        total = torch.zeros((), device=device)
        for batch in torch.split(order, batch_size):
            optimiser.zero_grad()
            loss = nn.functional.cross_entropy(net(inputs[batch]), targets[batch])
            loss.backward()
            optimiser.step()
            total += loss.detach() * len(batch)
        losses[epoch] = total.item() / len(inputs)
        tick()
    return net


def _fresh_net(shape: tuple[int, ...], classes: int, generator: torch.Generator) -> LeNet5:
    """Draw PyTorch's default weights, uniform in +-1/sqrt(fan in), from a generator of our own."""
    with torch.device("meta"):  # without weights, for PyTorch would draw them from its global state
        net = LeNet5(shape[0], shape[1], shape[2], classes)
    net = net.to_empty(device="cpu")
    for layer in net:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = layer.weight[0].numel() ** -0.5
            assert layer.bias is not None
            for weights in (layer.weight, layer.bias):
                nn.init.uniform_(weights, -bound, bound, generator=generator)
    return net


def _as_inputs(images: Pixels, device: str) -> torch.Tensor:
    channels_first = np.ascontiguousarray(np.moveaxis(images, -1, 1))
    return torch.from_numpy(channels_first).to(device).float() / 255


@torch.no_grad()
def _predict(net: LeNet5, images: Pixels, rows: Indices, device: str) -> npt.NDArray[np.float32]:
    parts = [
        net(_as_inputs(images[part], device)).softmax(1).cpu().numpy()
        for part in np.array_split(rows, max(1, len(rows) // 256))
    ]
    return np.concatenate(parts).astype(np.float32)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep PyTorch to one thread: for nets this small, threads only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _check(
    images: Pixels, tasks: Sequence[Task], epochs: int, batch_size: int, learning_rate: float
) -> None:
    if images.dtype != np.uint8 or images.ndim != 4:
        raise InputError(
            "images must be uint8 of shape (n, height, width, channels), "
            f"not {images.dtype} {images.shape}."
        )
    if not tasks:
        raise InputError("There is no task to train.")
    if min(epochs, batch_size) < 1 or not learning_rate > 0:
        raise InputError("epochs, batch_size and learning_rate must be positive.")
    for number, task in enumerate(tasks):
        if len(task.labels) != len(images):
            raise InputError(f"Task {number}: {len(task.labels)} labels, {len(images)} images.")
        if task.labels.min() < 0:
            raise InputError(f"Task {number}: labels must be 0..k-1.")
        for part in (task.train, task.test):
            if len(part) == 0:
                raise InputError(f"Task {number}: train and test rows must not be empty.")
            if part.min() < 0 or part.max() >= len(images):
                raise InputError(f"Task {number}: row numbers must be 0..{len(images) - 1}.")
        if len(np.intersect1d(task.train, task.test)):
            raise InputError(f"Task {number}: some rows are in both train and test.")

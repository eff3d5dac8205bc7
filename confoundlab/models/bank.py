"""`train_bank`: many LeNets on the same images, in one call.

Controls are honest only with repeats, folds, crop positions and permuted labels: hundreds of small
nets. Everything that trains one goes through here, so that it is fast once, for all.

- ``simd``, on a CPU with AVX2 or AVX-512 and with numba: kernels of our own, a task a thread;
- ``torch`` on the CPU: plain PyTorch, the reference;
- ``torch`` on CUDA: all tasks of a bank as one batched program.
"""

from __future__ import annotations

import importlib.util
import itertools
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch

from confoundlab.errors import InputError, one_of
from confoundlab.models.lenet import SMALLEST, Task, Tick, probabilities, train_net
from confoundlab.storage.machine import cores
from confoundlab.types import Losses, Pixels, Probabilities

Progress = Callable[[int, int], object]
Finished = Callable[[int, Probabilities, Losses], object]
Trained = Generator[tuple[int, Probabilities], None, None]
_TrainOne = Callable[[Pixels, Task, Losses, float, Tick], Probabilities]


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

    probabilities: list[Probabilities]
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
    finished: Finished | None = None,
) -> BankResult:
    """Train many LeNets on the same images, one a task.

    On the CPU a task's result depends on the task alone: it is the same, bit for bit on one engine
    and machine, whether the task is trained alone or among a thousand others, on one thread or
    several. A seed means the same initial weights and order of images on every engine.

    Parameters
    ----------
    images : ndarray of uint8, shape (n, height, width, channels)
        Already viewed; shared by all tasks, never copied a task.
    tasks : sequence of Task
        Any number.
    epochs, batch_size, learning_rate : int, int, float
        Of Adam with its usual moments (0.9, 0.999).
    engine : {"auto", "simd", "torch"}
        "auto" takes CUDA where there is one, else simd where it runs, else PyTorch on the CPU; the
        result says which and why.
    device : str
        "auto", "cpu" or a CUDA device.
    progress : callable, optional
        Called as ``progress(done, total)`` after every epoch of a task.
    finished : callable, optional
        Called as ``finished(number, probabilities, losses)`` for each task that is done, in the
        calling thread; what it has kept survives an interrupt.

    Returns
    -------
    BankResult

    Raises
    ------
    InputError
        Images that are too small or of a wrong type; rows or labels out of range; an empty part;
        an engine that cannot run here.
    """
    _check(images, tasks, epochs, batch_size, learning_rate)
    images = np.ascontiguousarray(images)  # the order in memory must not change a result
    engine, device, why = _choose(engine, device, batch_size)
    started = time.perf_counter()
    losses = np.zeros((len(tasks), epochs))
    done, stop = itertools.count(1), threading.Event()

    def tick() -> None:
        if stop.is_set():
            raise _StoppedError
        if progress is not None:
            progress(next(done), len(tasks) * epochs)

    trained: Trained
    if device != "cpu":
        from confoundlab.models.lenet_cuda import train_batched

        trained = train_batched(images, tasks, losses, learning_rate, batch_size, device, tick)
    elif engine == "simd":
        from confoundlab.models.lenet_simd import train_simd

        one = partial(train_simd, batch_size=batch_size)
        trained = _in_threads(one, images, tasks, losses, learning_rate, tick, stop)
    else:
        plain = partial(train_net, rate=learning_rate, batch_size=batch_size, tick=tick)
        trained = (
            (number, probabilities(plain(images, task, losses[number]), images, task.test))
            for number, task in enumerate(tasks)
        )
    answers: dict[int, Probabilities] = {}
    # closed at once on any error, so that no thread works on for nobody
    with _one_thread(), closing(trained):
        for number, chances in trained:
            answers[number] = chances
            if finished is not None:
                finished(number, chances, losses[number])
    ordered = [answers[number] for number in range(len(tasks))]
    return BankResult(ordered, losses, time.perf_counter() - started, why)


class _StoppedError(Exception):
    """Another task failed or the user interrupted: end this one too."""


def _in_threads(
    train_one: _TrainOne,
    images: Pixels,
    tasks: Sequence[Task],
    losses: npt.NDArray[np.float64],
    rate: float,
    tick: Tick,
    stop: threading.Event,
) -> Trained:
    """Train tasks side by side; on any error, Ctrl-C included, wait until all threads end."""
    # Units that have died leave averages of gradients that shrink for ever. As denormal numbers
    # they would slow Adam down by a half; flushed, they are zero.
    flush = partial(torch.set_flush_denormal, True)
    with ThreadPoolExecutor(min(cores(), len(tasks)), initializer=flush) as pool:
        numbers = {
            pool.submit(train_one, images, task, losses[number], rate, tick): number
            for number, task in enumerate(tasks)
        }
        try:
            for future in as_completed(numbers):
                # taken out of the table, so that a finished task's memory is not kept twice
                yield numbers.pop(future), future.result()
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise


def engine_here(engine: str = "auto", device: str = "auto", batch_size: int = 32) -> str:
    """Return the engine that `train_bank` would use now, in the words of its result."""
    return _choose(engine, device, batch_size)[2]


def _choose(engine: str, device: str, batch_size: int) -> tuple[str, str, str]:
    """Return engine, device and the reason in words."""
    one_of("engine", engine, ("auto", "simd", "torch"))
    lack = _simd_lacks(batch_size)
    if engine == "simd":
        if lack:
            raise InputError(f"The engine 'simd' cannot run here: {lack}.")
        if device not in ("auto", "cpu"):
            raise InputError(f"The engine 'simd' runs on the CPU, not on {device!r}.")
        device = "cpu"
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu" and engine != "torch" and not lack:
        from confoundlab.models.simd import WIDTH

        reason = "asked for" if engine == "simd" else "no CUDA device"
        return "simd", "cpu", f"simd, {WIDTH} lanes, {cores()} threads, cpu ({reason})"
    why = f"torch {torch.__version__}, {device}"
    return "torch", device, f"{why} ({lack})" if device == "cpu" and engine == "auto" else why


def _simd_lacks(batch_size: int) -> str | None:
    if batch_size > 32:
        return "simd works on batches of up to 32 images"
    if importlib.util.find_spec("numba") is None:
        return "numba is not installed"
    from confoundlab.models.simd import cpu_features

    if not (cpu_features().get("avx2") and cpu_features().get("fma")):
        return "this processor has no AVX2"
    return None


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
    if min(images.shape[1:3]) < SMALLEST:
        raise InputError(
            f"LeNet-5 needs images of at least {SMALLEST}x{SMALLEST} pixels, "
            f"not {images.shape[2]}x{images.shape[1]}."
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

"""Work on many images by threads, one a core, in order and with little in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import TypeVar

from tqdm import tqdm

from confoundlab.storage.machine import cores

T = TypeVar("T")
_AHEAD = 64  # results a core that may wait to be taken
_BATCH = 8  # rows that a thread takes at once: each handing over costs a turn of the interpreter


def stream(work: Callable[[int], T], rows: Iterable[int], what: str) -> Generator[T]:
    """Map with threads and a progress bar that shows itself only after two seconds.

    Decoding releases the interpreter lock; more threads than cores gain nothing.
    """
    numbers = list(rows)
    size = max(1, min(_BATCH, len(numbers) // (_BATCH * cores())))  # few rows may be slow ones
    waiting: deque[Future[list[T]]] = deque()
    ended = Event()  # an interrupt waits for one row of each thread, not for its batch
    with (
        ThreadPoolExecutor(cores()) as pool,
        tqdm(total=len(numbers), desc=what, delay=2, leave=False) as bar,
    ):

        def together(batch: list[int]) -> list[T]:
            return [work(row) for row in batch if not ended.is_set()]

        def taken() -> Generator[T]:
            for result in waiting.popleft().result():
                yield result
                bar.update()

        try:
            for at in range(0, len(numbers), size):
                waiting.append(pool.submit(together, numbers[at : at + size]))
                if len(waiting) * size >= _AHEAD * cores():
                    yield from taken()
            while waiting:
                yield from taken()
        finally:
            ended.set()
            pool.shutdown(cancel_futures=True)


def in_order(work: Callable[[int], T], rows: Iterable[int], what: str) -> list[T]:
    """Return all results of `stream`."""
    return list(stream(work, rows, what))

"""Work on many images by threads, one a core, in order and with little in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from tqdm import tqdm

from confoundlab.storage.machine import cores

T = TypeVar("T")
_AHEAD = 64  # results a core that may wait to be taken


def stream(work: Callable[[int], T], rows: Iterable[int], what: str) -> Generator[T]:
    """Map with threads and a progress bar that shows itself only after two seconds.

    Decoding releases the interpreter lock; more threads than cores gain nothing.
    """
    numbers = list(rows)
    waiting: deque[Future[T]] = deque()
    with (
        ThreadPoolExecutor(cores()) as pool,
        tqdm(total=len(numbers), desc=what, delay=2, leave=False) as bar,
    ):
        try:
            for row in numbers:
                waiting.append(pool.submit(work, row))
                if len(waiting) >= _AHEAD * cores():
                    yield waiting.popleft().result()
                    bar.update()
            while waiting:
                yield waiting.popleft().result()
                bar.update()
        finally:
            pool.shutdown(cancel_futures=True)


def in_order(work: Callable[[int], T], rows: Iterable[int], what: str) -> list[T]:
    """Return all results of `stream`."""
    return list(stream(work, rows, what))

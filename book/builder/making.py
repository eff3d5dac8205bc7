"""Things to make for the book, some at a time, and again only when they have to be.

What a thing is made from goes into a fingerprint that is kept beside it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tqdm import tqdm

from confoundlab.storage.files import write_aside
from confoundlab.storage.machine import cores

LOGS = Path(__file__).parents[2] / "build" / "logs"
# While one notebook starts or draws, on one core, another computes. Each takes up to 2 GB.
AT_ONCE = 2


@dataclass(frozen=True)
class Job:
    """Something to make for the book.

    Parameters
    ----------
    name : str
        Of the page.
    target : Path
        What is made; its fingerprint lies beside it.
    mark : str
        The fingerprint of what it is made from.
    make : callable
        Makes it. Called in a process of its own, so that it can be pickled.
    about : str
        What it is made from, in words.
    """

    name: str
    target: Path
    mark: str
    make: Callable[[], object]
    about: str = ""

    @property
    def fingerprint(self) -> Path:
        """Where the mark of what was made last is kept."""
        return self.target.with_suffix(".fingerprint")

    @property
    def is_new(self) -> bool:
        """Whether it is to be made: it never was, or from something else."""
        kept = self.target.is_file() and self.fingerprint.is_file()
        return not (kept and self.fingerprint.read_text(encoding="utf-8") == self.mark)


def make_all(wanted: Sequence[Job], say: Callable[[str], None]) -> None:
    """Make what is new, some jobs at a time; what they print goes to ``build/logs``.

    Raises
    ------
    InputError
        Images that cannot be used.
    RunFailedError
        A page failed; what was made before is left as it was.
    """
    new = []
    for job in wanted:
        if job.is_new:
            new.append(job)
        else:
            say(f"{job.name}: unchanged, kept")
    LOGS.mkdir(parents=True, exist_ok=True)
    at_once = min(AT_ONCE, cores())
    running: dict[Future[float], Job] = {}
    with (
        ProcessPoolExecutor(at_once, get_context("spawn"), initializer=_prepare) as pool,
        tqdm(desc="pages", total=len(new), leave=False) as bar,
    ):
        # no more are handed over than run: an interrupted process would go on with the next one
        while new or running:
            while new and len(running) < at_once:
                job = new.pop(0)
                with bar.external_write_mode():  # the bar gives way to the line
                    say(f"{job.name}: making it from {job.about}")
                running[pool.submit(_make, job, LOGS / f"{job.name}.log")] = job
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                with bar.external_write_mode():
                    say(f"{running.pop(done).name}: {done.result():.0f} s")
                bar.update()


def _prepare() -> None:
    """Prepare a process: notebooks side by side shall not fight with as many threads each."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # of Ctrl-C one line tells


def _make(job: Job, log: Path) -> float:
    """Make one; return the seconds it took. Bars of jobs side by side would write over another."""
    started = time.perf_counter()
    with log.open("w", encoding="utf-8") as file, contextlib.redirect_stderr(file):
        job.make()
    write_aside(job.fingerprint, lambda aside: aside.write_text(job.mark, encoding="utf-8"))
    return time.perf_counter() - started

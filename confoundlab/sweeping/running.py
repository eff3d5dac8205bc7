"""Where the runs of a sweep are made: on the cores of this machine, or on a cluster with Dask.

A run is minutes of work, so that a scheduler never sees more tasks than there are runs. Each is the
command line's own ``confoundlab run``, in a process of its own. Its folder is named by what it
computes and appears only when it is whole: a run that died, or was made twice, changes nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from confoundlab.storage.cluster import Job, hand_out
from confoundlab.storage.files import roots
from confoundlab.storage.machine import cores
from confoundlab.sweeping.units import Unit

PROGRAM = (sys.executable, "-c", "from confoundlab.cli import main; main()")
_SAID = 2000  # characters of what a failed run said

Say = Callable[[str], None]


@dataclass(frozen=True)
class Outcome:
    """What became of a run: `problem` is empty where it is whole."""

    key: str
    problem: str = ""


def make(unit: Unit, out: Path, program: Sequence[str] = PROGRAM) -> Outcome:
    """Make one run, unless it is there; a failure is an outcome, and no exception."""
    folder = unit.folder(out)
    if (folder / "results.json").is_file():
        return Outcome(unit.key)
    done = subprocess.run(
        [*program, *unit.command(out)],
        env=os.environ | roots() | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if (folder / "results.json").is_file():  # made here, or meanwhile by another
        return Outcome(unit.key)
    return Outcome(unit.key, done.stderr[-_SAID:].strip() or f"exit code {done.returncode}")


def _told(unit: Unit, out: Path, program: Sequence[str]) -> str:
    return make(unit, out, program).problem


def make_all(
    units: Sequence[Unit],
    out: Path,
    scheduler: str | None = None,
    workers: int | None = None,
    program: Sequence[str] = PROGRAM,
) -> Iterator[Outcome]:
    """Make the runs that are missing; yield what became of each, as they end.

    Parameters
    ----------
    units : sequence of Unit
        Of the sweep.
    out : Path
        Its folder; on a cluster one that all workers share.
    scheduler : str or None
        Address of a Dask scheduler, or "local" for a Dask cluster on this machine. None: processes
        of this machine, without Dask.
    workers : int or None
        Runs at a time on this machine; as many as there are cores if missing.
    program : sequence of str
        What begins the command of a run: on a cluster perhaps another Python, or a container.

    Raises
    ------
    InputError
        Dask is not installed, or no scheduler answers.
    RunFailedError
        The scheduler was lost; what is finished is kept, and the same call goes on.
    """
    missing = [unit for unit in units if not (unit.folder(out) / "results.json").is_file()]
    if not missing:
        return
    at_once = min(workers or cores(), len(missing))
    if scheduler is not None:
        tasks = {unit.key: Job(_told, (unit, out, program)) for unit in missing}
        for key, problem in hand_out(tasks, scheduler, at_once):
            yield Outcome(key, problem)
        return
    with ThreadPoolExecutor(at_once) as pool:
        waiting = [pool.submit(make, unit, out, program) for unit in missing]
        try:
            for one in as_completed(waiting):
                yield one.result()
        finally:
            pool.shutdown(cancel_futures=True)

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
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confoundlab.errors import InputError, RunFailedError
from confoundlab.storage.files import roots
from confoundlab.storage.machine import cores
from confoundlab.sweeping.units import Unit

PROGRAM = (sys.executable, "-c", "from confoundlab.cli import main; main()")
# A task is given up after so many workers died under it; killing workers at random must not do.
_DEATHS = 100
_TRIES = 3  # of a run that fails, perhaps because this worker lacks the images
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
        yield from _with_dask(missing, out, scheduler, at_once, program)
        return
    with ThreadPoolExecutor(at_once) as pool:
        waiting = [pool.submit(make, unit, out, program) for unit in missing]
        try:
            for one in as_completed(waiting):
                yield one.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _with_dask(
    units: Sequence[Unit], out: Path, scheduler: str, at_once: int, program: Sequence[str]
) -> Iterator[Outcome]:
    distributed = _dask()
    with _client(distributed, scheduler, at_once) as client:
        by_key = {unit.key: unit for unit in units}
        tries = dict.fromkeys(by_key, 0)

        def ask(key: str) -> Any:
            tries[key] += 1
            name = f"run-{key}/{tries[key]}"
            return client.submit(make, by_key[key], out, program, pure=False, key=name)

        waiting = distributed.as_completed([ask(key) for key in by_key])
        try:
            for future in waiting:
                key = future.key.removeprefix("run-").partition("/")[0]
                lost = Outcome(key, f"its workers died, or the scheduler ({future.status})")
                outcome = future.result() if future.status == "finished" else lost
                if outcome.problem and tries[key] < _TRIES:
                    waiting.add(ask(key))
                else:
                    yield outcome
        except (OSError, distributed.comm.CommClosedError) as error:
            raise RunFailedError(
                f"The scheduler was lost ({error}). What is finished is kept in {out}; the same "
                "command goes on."
            ) from None


def _dask() -> Any:
    try:
        import dask
        import distributed
    except ImportError:
        raise InputError(
            "--scheduler needs Dask. Install it: pip install 'confoundlab[cluster]'."
        ) from None
    dask.config.set({"distributed.scheduler.allowed-failures": _DEATHS})
    return distributed


@contextmanager
def _client(distributed: Any, scheduler: str, at_once: int) -> Iterator[Any]:
    if scheduler != "local":
        try:
            client = distributed.Client(scheduler, timeout=20)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(f"No Dask scheduler answers at {scheduler}: {error}.") from None
        with client:
            yield client
        return
    with (
        distributed.LocalCluster(
            n_workers=at_once, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client

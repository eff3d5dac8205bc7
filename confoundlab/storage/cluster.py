"""Coarse jobs handed to Dask: on this machine, or on any scheduler that answers.

A job is minutes of work that leaves its result in a shared folder, named by what it is. So it may
die, or be done twice, and nothing changes. Serves sweeps and audits of very many files.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, Queue
from typing import Any, NamedTuple

from tqdm import tqdm

from confoundlab.errors import InputError, RunFailedError

# A job is given up after so many workers died under it; killing workers at random must not do.
_DEATHS = 100
_PATIENCE = 5  # seconds, after which scheduler and workers are looked at
_ALONE = 30  # seconds without a worker, after which that is said
TRIES = 3  # of a job that fails, perhaps because this worker lacks the images


class Job(NamedTuple):
    """What is done with which arguments, both of which a worker can be sent."""

    work: Callable[..., str]
    arguments: tuple[Any, ...]


def hand_out(jobs: Mapping[str, Job], scheduler: str, at_once: int) -> Iterator[tuple[str, str]]:
    """Have jobs done; yield the name of each as it ends, and why it failed: empty if it did not.

    Parameters
    ----------
    jobs : mapping of str to Job
        By name, without a slash. Each returns why it failed, or an empty text.
    scheduler : str
        Address of a Dask scheduler, or "local" for a Dask cluster on this machine.
    at_once : int
        Workers of a cluster on this machine.

    Raises
    ------
    InputError
        Dask is not installed, or no scheduler answers.
    RunFailedError
        The scheduler was lost.
    """
    distributed = _dask()
    with _client(distributed, scheduler, at_once) as (client, look_after):
        tries = dict.fromkeys(jobs, 0)
        asked: dict[str, Any] = {}
        ended: Queue[Any] = Queue()

        def ask(name: str) -> None:
            tries[name] += 1
            work, arguments = jobs[name]
            asked[name] = client.submit(work, *arguments, pure=False, key=f"{name}/{tries[name]}")
            asked[name].add_done_callback(ended.put)

        for name in jobs:
            ask(name)
        looked = time.monotonic()
        while asked:
            if time.monotonic() - looked > _PATIENCE:
                look_after()
                looked = time.monotonic()
            try:
                future = ended.get(timeout=_PATIENCE)
            except Empty:  # nobody says when a scheduler is gone
                _check(client, asked.values())
                continue
            _check(client, [future])
            name = future.key.partition("/")[0]
            died = f"its workers died ({future.status})"
            problem = future.result() if future.status == "finished" else died
            if problem and tries[name] < TRIES:
                ask(name)
            else:
                del asked[name]
                yield name, problem


def _check(client: Any, futures: Iterable[Any]) -> None:
    if client.status != "running" or any(one.status in ("lost", "cancelled") for one in futures):
        raise RunFailedError(
            "The scheduler was lost. What is finished is kept; the same command goes on."
        )


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
def _client(
    distributed: Any, scheduler: str, at_once: int
) -> Iterator[tuple[Any, Callable[[], None]]]:
    """Give a client, and what is to be called from time to time, so that workers do not run out."""
    if scheduler != "local":
        try:
            client = distributed.Client(scheduler, timeout=20)
        except (OSError, ValueError, TimeoutError) as error:
            raise InputError(f"No Dask scheduler answers at {scheduler}: {error}.") from None
        with client:
            yield client, _Lonely(client, scheduler)
        return
    with (
        distributed.LocalCluster(
            n_workers=at_once, threads_per_worker=1, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        # a worker that died while it began is not replaced by itself
        yield client, lambda: cluster.scale(at_once)


class _Lonely:
    """Says once that a scheduler has had no workers for a while: jobs wait for them, maybe long."""

    def __init__(self, client: Any, scheduler: str) -> None:
        self.client, self.scheduler = client, scheduler
        self.since: float | None = None
        self.is_said = False

    def __call__(self) -> None:
        if self.client.scheduler_info()["workers"]:
            self.since, self.is_said = None, False
            return
        self.since = self.since or time.monotonic()
        if time.monotonic() - self.since > _ALONE and not self.is_said:
            self.is_said = True
            tqdm.write(
                f"confoundlab: the scheduler at {self.scheduler} has no workers; jobs wait for "
                "them. Start some, or press Ctrl-C: the same command goes on later.",
                file=sys.stderr,
            )

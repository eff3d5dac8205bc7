"""Kill workers and schedulers, fill the disk, take data from a worker; compare what a sweep finds.

    python tests/reliability/cluster.py              1,000 runs and 200,000 files, half an hour
    python tests/reliability/cluster.py --runs 40 --files 4000     in small; stored nowhere

A run is a stand-in that writes ``results.json`` as a study does, in a process of its own, after
some work of the processor. Every trial but the first ends with the digest of the merged table,
which has to be that of the first, which nobody disturbed. Needs Linux, and Dask; the full disk is
mounted, and left out where that is not allowed. How two workers do beside one means something on
a quiet machine only, and is measured if `--overhead` asks for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
import distributed
import numpy as np
from kill import ROOT

from confoundlab.auditing.readers.handed_out import read_on_cluster
from confoundlab.catalog import study
from confoundlab.console import Command
from confoundlab.errors import RunFailedError
from confoundlab.images.imageset import ImageSet
from confoundlab.storage.cluster import Job, hand_out
from confoundlab.storage.files import CACHE_VARIABLE, write_aside
from confoundlab.storage.machine import cores
from confoundlab.sweeping.running import make_all
from confoundlab.sweeping.table import digest, merged
from confoundlab.sweeping.units import Unit, plan

STORE = ROOT / "results" / "reliability" / "cluster.json"
PERIOD = 2.0  # seconds between two kills
# `busy` seconds of the processor; a worker without the data fails, as one without images does.
STAND_IN = """
import json, os, sys, time
from pathlib import Path
if os.environ.get("LACKS_DATA"):
    sys.exit("confoundlab: the images are not at hand.")
words = sys.argv[1:]
given = dict(one.split("=") for one in words if "=" in one)
out, seed = Path(words[words.index("--out") + 1]), int(given["seed"])
while time.process_time() < {busy}:
    pass
results = json.loads({template!r})
record = results["evidence"][0] | {{"estimate": seed * 997 % 1000 / 1000}}
aside = out.with_name(f"{{out.name}}.{{os.getpid()}}")
aside.mkdir(parents=True)
(aside / "results.json").write_text(json.dumps(results | {{"evidence": [record]}}))
try:
    aside.rename(out)
except OSError:
    pass
"""
Program = tuple[str, ...]


def stand_in(busy: float = 0.05) -> Program:
    """Return the program of a run that takes so many seconds of the processor."""
    stored = json.loads((ROOT / "results" / "coil-twin" / "results.json").read_text())
    template = json.dumps(stored | {"evidence": stored["evidence"][:1]})
    return (sys.executable, "-I", "-S", "-c", STAND_IN.format(template=template, busy=busy))


def outcome(units: Sequence[Unit], out: Path) -> tuple[str, int]:
    """Return the digest of the merged table, and how many runs are in it."""
    table = merged(units, out)
    return digest(table), int(table["run"].nunique())


def swept(
    units: Sequence[Unit], out: Path, address: str, program: Program, most: int = 1
) -> dict[str, Any]:
    """Sweep, again and again while runs are missing, as a user would."""
    started, calls, failed, lost = time.perf_counter(), 0, 0, 0
    while calls < most and outcome(units, out)[1] < len(units):
        calls += 1
        try:
            failed += sum(bool(one.problem) for one in make_all(units, out, address, None, program))
        except RunFailedError:
            lost += 1
            time.sleep(1)
    found, n = outcome(units, out)
    return {"runs": n, "calls": calls, "failed": failed, "scheduler lost": lost,
            "seconds": round(time.perf_counter() - started, 1), "digest": found}  # fmt: skip


@contextlib.contextmanager
def local(workers: int) -> Iterator[distributed.LocalCluster]:
    """Start a cluster on this machine, a process a worker."""
    with distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, dashboard_address=None
    ) as lot:
        yield lot


@contextlib.contextmanager
def again_and_again(work: Callable[[], object]) -> Iterator[None]:
    """Do something every `PERIOD` seconds, beside what is inside."""
    stop = threading.Event()

    def repeat() -> None:
        while not stop.wait(PERIOD):
            work()

    beside = threading.Thread(target=repeat)
    beside.start()
    try:
        yield
    finally:
        stop.set()
        beside.join()


def killed_workers(units: Sequence[Unit], out: Path, program: Program) -> dict[str, Any]:
    """SIGKILL three of four workers, again and again; who died while it began is replaced."""
    deaths = [0]
    with local(4) as lot:

        def kill() -> None:
            lot.scale(4)
            for pid in [one.pid for one in lot.workers.values() if one.pid][:3]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    deaths[0] += 1

        with again_and_again(kill):
            found = swept(units, out, lot.scheduler_address, program, most=5)
    return found | {"workers killed": deaths[0]}


def started(*words: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start a part of Dask as its command line does."""
    return subprocess.Popen(
        [sys.executable, "-m", "distributed.cli." + words[0], *words[1:]],
        env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip


@contextlib.contextmanager
def by_hand(*lacks: bool) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and workers, of which some lack the data; scheduler first in the list."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    parts = [scheduler_at(address)]
    parts += [worker_of(address, **({"LACKS_DATA": "1"} if one else {})) for one in lacks]
    try:
        yield address, parts
    finally:
        for one in parts:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(one.pid, signal.SIGKILL)
            one.wait()


def worker_of(address: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start a worker of a scheduler."""
    return started("dask_worker", address, "--nthreads", "1", "--dashboard-address", ":0",
                   **environment)  # fmt: skip


def scheduler_at(address: str) -> subprocess.Popen[bytes]:
    """Start a scheduler at an address."""
    port = address.rpartition(":")[2]
    return started(
        "dask_scheduler", "--host", "127.0.0.1", "--port", port, "--dashboard-address", ":0"
    )


def killed_scheduler(units: Sequence[Unit], out: Path, program: Program) -> dict[str, Any]:
    """SIGKILL the scheduler when a third of the runs is there, start a cluster anew, and go on."""
    with by_hand(False, False) as (address, parts):

        def kill() -> None:
            while len(list((out / "runs").glob("*/results.json"))) < len(units) // 3:
                time.sleep(0.1)
            os.killpg(parts[0].pid, signal.SIGKILL)
            parts[0].wait()
            parts[0] = scheduler_at(address)
            parts.extend(worker_of(address) for _ in range(2))  # the others end with their master

        killer = threading.Thread(target=kill)
        (out / "runs").mkdir(parents=True)
        killer.start()
        found = swept(units, out, address, program, most=5)
        killer.join()
    return found


def full_disk(units: Sequence[Unit], out: Path, program: Program) -> dict[str, Any]:
    """Sweep onto a disk with room for some of the runs, then make room and go on."""
    out.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={2 * len(units)}k", "tmpfs", str(out)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        return {"left out": "no disk may be mounted here"}
    try:
        with local(2) as lot:
            first = swept(units, out, lot.scheduler_address, program)
            subprocess.run(["mount", "-o", "remount,size=1g", str(out)], check=True)
            found = swept(units, out, lot.scheduler_address, program, most=5)
        return found | {"runs before room was made": first["runs"]}
    finally:
        subprocess.run(["umount", str(out)], check=True)


def without_data(units: Sequence[Unit], out: Path, program: Program) -> dict[str, Any]:
    """Sweep with two workers, of which one lacks the data."""
    with by_hand(True, False) as (address, _):
        return swept(units, out, address, program, most=20)


def small_files(n: int, folder: Path) -> dict[str, Any]:
    """Read small files by the workers of a cluster, and compare with reading them here."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 24), dtype=np.uint8)
    for number in range(n):
        place = folder / "set" / f"class{number % 20:02d}"
        place.mkdir(parents=True, exist_ok=True)
        noise.ravel()[:4] = np.frombuffer(np.uint32(number).tobytes(), np.uint8)
        (place / f"{number:07d}.pgm").write_bytes(b"P5 24 24 255\n" + noise.tobytes())
    found: dict[str, Any] = {"files": n, "files a task": n // 8}
    digests = []
    for name in ("workers", "here"):
        os.environ[CACHE_VARIABLE] = str(folder / name)
        begun = time.perf_counter()
        if name == "workers":
            read_on_cluster(folder / "set", None, "local", files=n // 8)
            found["workers, seconds"] = round(time.perf_counter() - begun, 1)
        images = ImageSet.from_folder(
            folder / "set", lambda path: {"label": path.parts[0]}, name="small"
        )
        digests.append(images.digest)
    found["here, seconds"] = round(time.perf_counter() - begun, 1)
    del os.environ[CACHE_VARIABLE]
    return found | {"good": digests[0] == digests[1]}


def nothing(_: int) -> str:
    """Be a task that does nothing."""
    return ""


def overhead(n: int = 300) -> dict[str, Any]:
    """Measure what the scheduler takes for a task, and how two workers do beside one."""
    with local(1) as lot:
        tasks = {f"nothing-{number}": Job(nothing, (number,)) for number in range(n)}
        begun = time.perf_counter()
        list(hand_out(tasks, lot.scheduler_address, 1))
        found: dict[str, Any] = {"ms a task": round((time.perf_counter() - begun) / n * 1e3, 2)}
    units, program = plan(study("coil"), "smoke", {"seed": list(map(str, range(24)))}), stand_in(1)
    with tempfile.TemporaryDirectory() as scratch:
        for workers in (1, 2):
            with local(workers) as lot:
                swept(units[:workers], Path(scratch) / f"warm{workers}", lot.scheduler_address,
                      program)  # fmt: skip
                one = swept(units, Path(scratch) / str(workers), lot.scheduler_address, program)
            found[f"{workers} workers, seconds"] = one["seconds"]
    ratio = found["1 workers, seconds"] / found["2 workers, seconds"]
    return found | {"two over one": round(ratio, 2), "load before": os.getloadavg()[0]}


@click.command(cls=Command)
@click.option("--runs", type=click.IntRange(8), default=1000, show_default=True)
@click.option("--files", type=click.IntRange(80), default=200_000, show_default=True)
@click.option("--overhead", "timed", is_flag=True, help="Time the scheduler, and two workers.")
@click.option("--store", is_flag=True, help="Store also what was run in small.")
def main(runs: int, files: int, timed: bool, store: bool) -> None:
    """Disturb sweeps and audits on a cluster, and tell whether anything changed."""
    rows: dict[str, Any] = {"cores": cores()}
    if timed:
        rows["overhead"] = overhead()
        click.echo(json.dumps(rows["overhead"]))
    every = plan(study("coil"), "smoke", {"seed": list(map(str, range(runs)))})
    few, program = every[: max(8, runs // 5)], stand_in()
    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        with local(cores()) as lot:
            rows["not disturbed"] = swept(every, base / "all", lot.scheduler_address, program)
        click.echo(f"not disturbed: {json.dumps(rows['not disturbed'])}")
        truth = outcome(few, base / "all")[0]
        trials = (killed_workers, killed_scheduler, full_disk, without_data)
        for trial in trials:
            name = trial.__name__.replace("_", " ")
            rows[name] = trial(few, base / trial.__name__, program)
            rows[name]["good"] = rows[name].get("digest", truth) == truth
            click.echo(f"{name}: {json.dumps(rows[name])}")
        rows["small files"] = small_files(files, base / "files")
        click.echo(f"small files: {json.dumps(rows['small files'])}")
    if store or (runs >= 1000 and files >= 200_000):
        text = json.dumps(rows, indent=1) + "\n"
        write_aside(STORE, lambda aside: aside.write_text(text, encoding="utf-8"))
        click.echo(f"stored in {STORE}")
    bad = [
        name for name, row in rows.items() if isinstance(row, dict) and not row.get("good", True)
    ]
    if bad:
        raise RunFailedError(f"Not as promised: {', '.join(bad)}.")


if __name__ == "__main__":
    main()

"""Kill runs, fill and lock their disks, start two at once; store what is left of them.

    python tests/reliability/kill.py               30 moments, a quarter of an hour on two cores
    python tests/reliability/kill.py --moments 3   as every push is checked; stored nowhere

Each killed run starts with an empty cache. Afterwards every file of the cache is read, and the last
cache that each signal has left is used by a run that goes to its end. Needs Linux. Small and locked
disks are mounted where that is allowed; elsewhere the size of files is limited, and folders are
locked by their rights.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np
import pandas as pd

from confoundlab.console import Command
from confoundlab.errors import RunFailedError
from confoundlab.storage.cache import load_array, load_table
from confoundlab.storage.files import write_aside

ROOT = Path(__file__).parents[2]
STORE = ROOT / "results" / "reliability" / "kill.csv"
MOMENTS = 30
# A smoke run, smaller still.
RUN = [sys.executable, "-c", "from confoundlab.cli import main; main()", "run", "coil",
       "--profile", "smoke", *(word for pair in (
           "data=simulated", "epochs=1", "repeats=1", "map_stride=128",
           "permutations=19") for word in ("-p", pair))]  # fmt: skip
# Signal to exit code and message, as documented; nobody can answer to SIGKILL.
SIGNALS = {
    signal.SIGKILL: (-9, ""),
    signal.SIGTERM: (143, "confoundlab: stopped."),
    signal.SIGINT: (130, "confoundlab: stopped."),
}


def start(cache: Path, out: Path, limit: int | None = None) -> subprocess.Popen[str]:
    """Start a run; files may have `limit` bytes at most."""

    def prepare() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in the background
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    environment = os.environ | {"CONFOUNDLAB_CACHE": str(cache), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [*RUN, "--out", str(out)], env=environment, cwd=ROOT, text=True, preexec_fn=prepare,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def children(process: int) -> list[int]:
    """Return the processes that a process has started: of a run, its kernel."""
    try:
        return [
            int(n) for n in Path(f"/proc/{process}/task/{process}/children").read_text().split()
        ]
    except FileNotFoundError:
        return []


def kernel_of(run: subprocess.Popen[str]) -> int:
    """Wait until the kernel is up, and return its number."""
    while run.poll() is None:
        for child in children(run.pid):
            if b"ipykernel" in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
        time.sleep(0.02)
    raise RunFailedError(f"The run ended before its kernel was up: {run.communicate()[0]}")


def gone(process: int) -> float:
    """Return after how many seconds a process is gone; infinity after ten."""
    started = time.perf_counter()
    while time.perf_counter() - started < 10:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if ") Z " not in Path(f"/proc/{process}/stat").read_text():
                time.sleep(0.05)
                continue
        return round(time.perf_counter() - started, 1)
    return float("inf")


def damaged(cache: Path) -> int:
    """Return how many files of a cache cannot be read, or do not fit their checksums."""
    bad = 0
    for path in cache.rglob("[!.]*.*"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            load: Callable[[Path], Any] = (
                load_array if path.suffix == ".npy" else lambda at: load_table(at, lambda t: t)
            )
            bad += load(path) is None
    return bad


def hidden(folder: Path) -> int:
    """Return how many hidden files and folders there are."""
    return sum(1 for _ in folder.rglob(".*"))


def evidence(out: Path) -> list[dict[str, Any]]:
    """Return what a run found."""
    found: list[dict[str, Any]] = json.loads((out / "results.json").read_text())["evidence"]
    return found


def killed(folder: Path, which: signal.Signals, wait: float) -> dict[str, Any]:
    """Kill a run some seconds after its kernel is up; say what is left."""
    cache, out = folder / "cache", folder / "runs" / "out"
    run = start(cache, out)
    kernel = kernel_of(run)
    with contextlib.suppress(subprocess.TimeoutExpired):
        run.wait(wait)
    run.send_signal(which)
    said = run.communicate()[0]
    code, words = SIGNALS[which]
    left = {
        "seconds": round(wait, 1),
        "exit_code": run.returncode,
        "kernel_gone_s": gone(kernel),
        "cache_files": sum(1 for _ in cache.rglob("[!.]*.*")),
        "damaged": damaged(cache),
        "hidden": hidden(folder),
    }
    clean = which == signal.SIGKILL or left["hidden"] == 0
    whole = left["damaged"] == 0 and left["kernel_gone_s"] < 10 and not out.exists()
    ended = run.returncode == 0 and out.exists()  # it was faster than the signal
    return left | {"good": ended or (whole and clean and run.returncode == code and words in said)}


def again(folder: Path, truth: list[dict[str, Any]]) -> dict[str, Any]:
    """Let a run go to its end on what a killed one has left."""
    run = start(folder / "cache", folder / "runs" / "out")
    said = run.communicate()[0]
    same = run.returncode == 0 and evidence(folder / "runs" / "out") == truth
    return {
        "exit_code": run.returncode,
        "damaged": damaged(folder / "cache"),
        "hidden": hidden(folder),
        "good": same and hidden(folder) == 0 and "damaged" not in said,
    }


@contextlib.contextmanager
def disk(folder: Path, *, full: bool) -> Iterator[int | None]:
    """Make a folder a small disk, or a locked one; give a limit on files instead, if need be."""
    folder.mkdir(parents=True)
    options = "size=48k" if full else "ro"
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        try:
            yield None
        finally:
            subprocess.run(["umount", str(folder)], check=True)
    elif full:
        yield 2**15
    else:
        folder.chmod(0o555)
        yield None
        folder.chmod(0o755)


def on_disk(folder: Path, which: str, *, full: bool) -> dict[str, Any]:
    """Run with the cache, or with the output, on a disk that is full or locked."""
    cache, out = folder / "cache", folder / "runs"
    with disk(cache if which == "cache" else out, full=full) as limit:
        run = start(cache, out / "out", limit)
        said = run.communicate()[0]
        left = {"exit_code": run.returncode, "damaged": damaged(cache), "hidden": hidden(folder)}
        words = "cannot be written" in said and "Traceback" not in said
        nothing = not (out / "out").exists() and left["damaged"] == left["hidden"] == 0
        return left | {"good": run.returncode == 1 and words and nothing}


def together(folder: Path, truth: list[dict[str, Any]]) -> dict[str, Any]:
    """Start two runs with one cache and one name for their output."""
    out = folder / "runs" / "out"
    runs = [start(folder / "cache", out) for _ in range(2)]
    said = [run.communicate()[0] for run in runs]
    codes = sorted(run.returncode for run in runs)
    places = [out, out.with_name("out-2")]
    same = all(evidence(place) == truth for place in places if place.exists())
    return {
        "exit_code": codes[-1],
        "damaged": damaged(folder / "cache"),
        "hidden": hidden(folder),
        "good": same and codes == [0, 1] and all(place.exists() for place in places)
        and any("left as it is" in words for words in said) and hidden(folder) == 0,
    }  # fmt: skip


@click.command(cls=Command)
@click.option("--moments", type=click.IntRange(3), help="How many; nothing is stored.")
@click.option("--seed", default=0, help="Of the moments.")
@click.option("--store", is_flag=True, help="Store all the same.")
def main(moments: int | None, seed: int, store: bool) -> None:
    """Kill runs at random moments, and tell what is left."""
    rows: list[dict[str, Any]] = []

    def note(trial: str, found: dict[str, Any]) -> None:
        rows.append({"trial": trial, **found})
        click.echo(", ".join(f"{name} {value}" for name, value in rows[-1].items()))

    with tempfile.TemporaryDirectory() as scratch:
        base = Path(scratch)
        first = start(base / "first" / "cache", base / "first" / "runs" / "out")
        kernel_of(first)
        up = time.perf_counter()
        first.communicate()
        long = time.perf_counter() - up
        truth = evidence(base / "first" / "runs" / "out")
        note("not disturbed", {"seconds": round(long, 1), "exit_code": first.returncode,
                               "good": first.returncode == 0})  # fmt: skip
        waits = np.random.default_rng(seed).uniform(0, long, moments or MOMENTS)
        last = {}
        for number, wait in enumerate(waits):
            which = list(SIGNALS)[number % len(SIGNALS)]
            folder = last[which] = base / f"killed-{number}"
            note(which.name, killed(folder, which, float(wait)))
        for which, folder in last.items():
            if not (folder / "runs" / "out").exists():
                note(f"again after {which.name}", again(folder, truth))
        for place in ("cache", "output"):
            for full in (True, False):
                name = f"{'full' if full else 'locked'} {place}"
                note(name, on_disk(base / name, place, full=full))
        note("two runs, one name", together(base / "two", truth))
    table = pd.DataFrame(rows)
    if store or moments is None:
        text = table.to_csv(index=False)
        write_aside(STORE, lambda aside: aside.write_text(text, encoding="utf-8"))
        click.echo(f"stored in {STORE}")
    if not table["good"].all():
        raise RunFailedError(
            f"{(~table['good']).sum()} of {len(table)} trials are not as promised."
        )


if __name__ == "__main__":
    main()

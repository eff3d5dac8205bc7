"""Run the whole calibration and store its table; `make calibration`.

    python tests/calibration/run.py                 all cells, under an hour on two cores
    python tests/calibration/run.py --replicates 50 a rough look, stored nowhere

A cell whose false-alarm rate lies above 5 % with its whole 95% interval is run again on four times
as many fresh draws, and if it still does on sixteen times as many, because one cell in forty does
so by luck; all rows are stored. An interrupted run goes on where it stopped.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a process a core, so no threads inside
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pyarrow as pa
from calibration_cells import COVERAGE, NULLS, POWER
from tqdm import tqdm

from confoundlab.calibration.designs import Cell
from confoundlab.calibration.rates import Coverage, replicate, summary
from confoundlab.console import Command
from confoundlab.inference.power import ALPHA
from confoundlab.storage.cache import load_table, save_table
from confoundlab.storage.files import cache_root, text_digest, write_aside
from confoundlab.storage.machine import cores
from confoundlab.storage.versions import computed_by

STORE = Path(__file__).parents[2] / "results" / "calibration" / "calibration.csv"
REPLICATES, COVERED = 400, 1000
TIMES = (4, 16)  # as many draws in second and third runs


def work(
    kind: str, test: str, cell: Cell | Coverage, replicates: int, first: int
) -> dict[str, Any]:
    """Run one cell, or find it in the cache."""
    key = text_digest(
        kind,
        test,
        json.dumps(asdict(cell)),
        str((replicates, first)),
        computed_by("learners", "statistics", "power"),
    )
    kept = cache_root() / "calibration" / f"{key[:32]}.parquet"
    found: list[dict[str, Any]] | None = load_table(kept, lambda table: table.to_pylist())
    if found is not None:
        return found[0]
    row = {"kind": kind} | summary(
        test, cell, replicate(test, cell, range(first, first + replicates))
    )
    save_table(kept, pa.Table.from_pylist([row]))
    return row


def run_all(jobs: list[tuple[Any, ...]], name: str) -> list[dict[str, Any]]:
    """Run jobs on all cores, the long ones first."""
    jobs = sorted(jobs, key=lambda job: -getattr(job[2], "n_images", 0) * job[3])
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(work, *job) for job in jobs]
        try:
            return [one.result() for one in tqdm(as_completed(waiting), name, total=len(waiting))]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _of(row: dict[str, Any]) -> tuple[Any, ...]:
    return (row["test"], *(row[key] for key in asdict(Cell(1))))


@click.command(cls=Command)
@click.option("--replicates", type=click.IntRange(20), help="Draws a cell; nothing is stored.")
@click.option(
    "--only",
    type=click.Choice(("null", "power", "coverage")),
    help="Measure this again; other rows stay as they are stored.",
)
def main(replicates: int | None, only: str | None) -> None:
    """Measure false-alarm rates, power and coverage of every test."""
    n, covered = (replicates,) * 2 if replicates else (REPLICATES, COVERED)
    jobs = [("null", test, cell, n, 0) for test, cell in NULLS]
    jobs += [("power", test, cell, n, 0) for test, cell in POWER]
    jobs += [("coverage", test, cell, covered, 0) for test, cell in COVERAGE]
    rows = run_all([job for job in jobs if only in (None, job[0])], "calibration")
    nulls = NULLS if only in (None, "null") else []
    latest, drawn, above = rows, n, [one for one in nulls if not one[0].startswith("WRONG")]
    for times in TIMES:
        low = {_of(row): row["rejected_low"] for row in latest if row["kind"].startswith("null")}
        above = [(test, cell) for test, cell in above if low[test, *asdict(cell).values()] > ALPHA]
        jobs = [("null, again", test, cell, times * n, drawn) for test, cell in above]
        latest, drawn = (
            run_all(jobs, f"above {ALPHA:.0%}, again") if jobs else [],
            drawn + times * n,
        )
        rows += latest
        click.echo(f"above {ALPHA:.0%} and run again: {len(above)}")
    table = pd.DataFrame(rows).assign(computed_by=computed_by("statistics"))
    if only and not replicates:
        kept = pd.read_csv(STORE, keep_default_na=False, na_values=[""])  # "null" is a kind
        table = pd.concat([kept[~kept["kind"].str.startswith(only)], table])
    table = table.sort_values(["kind", "test", "n_images", "n_groups", "replicates"])
    click.echo(table[table["kind"] == "null"].groupby("test")["rejected"].describe().to_string())
    if not replicates:
        text = table.to_csv(index=False, float_format="%.6g")
        write_aside(STORE, lambda aside: aside.write_text(text, encoding="utf-8"))
        click.echo(f"stored in {STORE}")


if __name__ == "__main__":
    main()

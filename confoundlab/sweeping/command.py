"""What ``confoundlab sweep`` does: plan, run what is missing, and tell all of it as one."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from tqdm import tqdm

from confoundlab import catalog
from confoundlab.errors import InputError, RunFailedError
from confoundlab.sweeping import page, table
from confoundlab.sweeping.running import make, make_all
from confoundlab.sweeping.units import Unit, grid, plan


def sweep(
    study: str,
    pairs: Sequence[tuple[str, str]],
    out: Path,
    *,
    profile: str | None = None,
    scheduler: str | None = None,
    workers: int | None = None,
    only: int | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Make a sweep, or go on with it.

    Parameters
    ----------
    study, profile : str
        As of `run_study`.
    pairs : sequence of (str, str)
        Parameters and their values, as `units.grid` takes them.
    out : Path
        Folder of the sweep; runs that are there are kept.
    scheduler, workers
        As of `running.make_all`.
    only : int, optional
        Make this run alone, counted from 0, and no table: a task of an array job.
    say : callable
        Is told what happens.

    Raises
    ------
    InputError
        Bad values, before anything is run; no scheduler.
    RunFailedError
        Some runs failed; table and page have the others.
    """
    units = plan(catalog.study(study), profile, grid(pairs))
    if only is not None:
        if not 0 <= only < len(units):
            raise InputError(f"Run {only} is not of this sweep: it has runs 0 to {len(units) - 1}.")
        if (made := make(units[only], out)).problem:
            raise RunFailedError(f"Run {only} failed: {made.problem}")
        return
    problems: dict[str, str] = {}
    ready = sum((unit.folder(out) / "results.json").is_file() for unit in units)
    say(f"{len(units):,} runs, {ready:,} of them made before")
    try:
        with tqdm(total=len(units), initial=ready, desc="runs", delay=2, leave=False) as bar:
            for outcome in make_all(units, out, scheduler, workers):
                if outcome.problem:
                    problems[outcome.key] = outcome.problem
                bar.update()
    finally:  # what is finished is told, also after Ctrl-C
        _tell(units, out, study, profile, pairs, problems)
    say(f"{out / page.PAGE} has the curves, {out / table.TABLE} the numbers.")
    if problems:
        key, why = next(iter(problems.items()))
        raise RunFailedError(
            f"{len(problems):,} of {len(units):,} runs failed; {page.PAGE} lists them. The first, "
            f"{key}: {why}"
        )


def _tell(
    units: Sequence[Unit],
    out: Path,
    study: str,
    profile: str | None,
    pairs: Sequence[tuple[str, str]],
    problems: dict[str, str],
) -> None:
    found = table.merged(units, out)
    table.write(found, out)
    given = [word for name, values in pairs for word in ("-p", f"{name}={values}")]
    chosen = ["--profile", profile] if profile else []
    words = ["confoundlab", "sweep", study, *chosen, *given, "--out", str(out)]
    page.write_page(units, found, out, shlex.join(words), problems)

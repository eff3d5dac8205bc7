"""What a sweep found, as one table: a row for each piece of evidence of each run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from confoundlab.storage.files import text_digest, write_aside
from confoundlab.studies.store import read_results
from confoundlab.sweeping.units import Unit

TABLE = "sweep.csv"
_KEPT = (
    "row", "state", "view", "split", "learner", "metric", "estimate", "ci_low", "ci_high",
    "chance", "p_value", "p_adjusted", "verdict", "n_images", "n_groups", "n_fits", "n_dead",
)  # fmt: skip


def merged(units: Sequence[Unit], out: Path) -> pd.DataFrame:
    """Return the evidence of all runs that are there.

    Parameters
    ----------
    units : sequence of Unit
        Of the sweep.
    out : Path
        Its folder.

    Returns
    -------
    DataFrame
        A row for each piece of evidence of each run, in the plan's order: ``run`` (its key), the
        parameters that differ between runs (``parameter:name``), and of the evidence what
        ``results.json`` has of it. When and where a run was made is no part of it, so that the same
        sweep gives the same table wherever it ran.
    """
    varied = varying(units)
    rows: list[dict[str, Any]] = []
    for unit in units:
        path = unit.folder(out) / "results.json"
        if not path.is_file():
            continue
        for record in read_results(path)["evidence"]:
            values = {f"parameter:{name}": unit.settings[name] for name in varied}
            rows.append({"run": unit.key} | values | {name: record.get(name) for name in _KEPT})
    return pd.DataFrame(rows, columns=["run", *(f"parameter:{one}" for one in varied), *_KEPT])


def varying(units: Sequence[Unit]) -> list[str]:
    """Return the names of the parameters that are not the same in all runs."""
    names = units[0].settings if units else {}
    return [name for name in names if len({str(one.settings[name]) for one in units}) > 1]


def digest(table: pd.DataFrame) -> str:
    """Return the digest of a merged table: two sweeps that found the same have the same."""
    return "sha256:" + text_digest(table.to_csv(index=False, float_format="%.12g"))


def write(table: pd.DataFrame, out: Path) -> Path:
    """Write the table as CSV into the sweep's folder, aside first."""
    text = table.to_csv(index=False, float_format="%.12g")
    return write_aside(out / TABLE, partial(Path.write_text, data=text, encoding="utf-8"))

"""Try the audit on folders with a known truth, and store its first lines; `make audits`.

    python benchmarks/audit.py             the planted folders, and X-rays if they are at hand
    python benchmarks/audit.py --clean 100 also so many clean draws of three designs, half an hour

Probes and forests only: what nets add is measured elsewhere, and they take most of the time. Each
draw is kept in the cache, so that the same command goes on where it was stopped.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a process a core, so no threads inside
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import dataclasses
import json
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
from scipy.stats import binomtest
from tqdm import tqdm

from confoundlab.auditing import Audit, Effort, Kind, examine, headline, named_rightly
from confoundlab.auditing.findings import findings
from confoundlab.auditing.planted import FOLDERS, Planted
from confoundlab.auditing.readers import open_source
from confoundlab.auditing.report.page import SUMMARY
from confoundlab.catalog import DATASETS
from confoundlab.cli import main as confoundlab
from confoundlab.console import Command
from confoundlab.datasets.copies import find_folder
from confoundlab.storage.cache import load_table, save_table
from confoundlab.storage.files import cache_root, text_digest, write_aside
from confoundlab.storage.machine import cores
from confoundlab.storage.versions import computed_by
from confoundlab.studies.run import StudyRun
from confoundlab.studies.store import provenance, read_results

STORE = Path(__file__).parents[1] / "results" / "audit"
CHEAP = Effort(nets=0, shuffles=0)
DESIGNS = {
    "two classes, three scanners": FOLDERS["clean"],
    "nine to one": dataclasses.replace(FOLDERS["nine to one"], each=60),
    "patients of four images": dataclasses.replace(
        FOLDERS["patients"], table=lambda *drawn: _whole_patients(*drawn), name="whole patients"
    ),
}


def _whole_patients(labels: Any, rng: Any) -> dict[str, Any]:
    """Return the patients of `FOLDERS`, without the split that cuts them."""
    return {"patient": FOLDERS["patients"].table(labels, rng)["patient"]}


def audited(planted: Planted, seed: int) -> Audit:
    """Make a folder and audit it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = planted.write(Path(scratch) / "planted", seed=seed)
        roles = dataclasses.replace(planted.roles, split="" if seed else planted.roles.split)
        material = open_source(folder / "images", roles, table=folder / "table.csv")
        return examine(material, StudyRun(seed=seed), CHEAP)


@click.command(cls=Command)
@click.option("--clean", type=click.IntRange(0), default=0, help="Clean draws of each design.")
def main(clean: int) -> None:
    """Audit the planted folders, and clean draws if asked for."""
    rows = []
    for name, planted in tqdm(FOLDERS.items(), "planted folders"):
        started = time.perf_counter()
        found = findings(audited(planted, 0))
        rows.append(
            {
                "folder": name,
                "truth": planted.truth,
                "first line": headline(found),
                "right": named_rightly(found, planted),
                "seconds": round(time.perf_counter() - started, 1),
            }
        )
    store("planted.json", {"folders": rows})
    if clean:
        store("clean.json", {"designs": [draws(name, clean) for name in DESIGNS]})
    if folder := find_folder(DATASETS["covid4"]):
        store("covid.json", real(folder))
    else:
        click.echo("no X-rays at hand: the report that the book reads aloud stays as it is")


def real(folder: Path) -> dict[str, Any]:
    """Audit the original files of the X-rays as a stranger would, and return what it says."""
    words = ["--label", "cls", "--group", "patient", "--factor", "source", "--factor", "view"]
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "report"
        given = ["audit", folder / "originals", "--table", folder / "manifest.csv", *words]
        confoundlab([*map(str, given), "--out", str(out)], standalone_mode=False)
        summary = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
        results = read_results(out / "results.json")
    command = " ".join(["confoundlab audit originals --table manifest.csv", *words, "--out report"])
    return {"command": command, "n_images": results["data"][0]["n_images"], "summary": summary}


def draws(name: str, n: int) -> dict[str, Any]:
    """Count the clean draws of a design in which anything is called a leak."""
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        drawn = pool.map(leaks, [name] * n, range(1, n + 1))
        called = sum(tqdm(drawn, name, total=n))
    interval = binomtest(called, n).proportion_ci(method="exact")
    return {"design": name, "draws": n, "leaks": called, "low": interval.low, "high": interval.high}


def leaks(name: str, seed: int) -> bool:
    """Say whether a clean draw is called a leak, or find that in the cache."""
    key = text_digest(name, str(seed), computed_by("views", "learners", "statistics", "power"))
    kept = cache_root() / "audits" / f"{key[:32]}.parquet"
    found: bool | None = load_table(kept, lambda table: table["leak"][0].as_py())
    if found is None:
        found = any(one.kind == Kind.LEAK for one in findings(audited(DESIGNS[name], seed)))
        save_table(kept, pa.table({"leak": [found]}))
    return found


def store(name: str, content: dict[str, Any]) -> None:
    """Write what was found, with when and by what."""
    text = json.dumps({"provenance": provenance(), **content}, indent=1, ensure_ascii=False) + "\n"
    write_aside(STORE / name, lambda aside: aside.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()

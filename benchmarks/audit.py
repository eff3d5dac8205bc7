"""Try the audit on folders with a known truth, and store its first lines; `make audits`.

    python benchmarks/audit.py             the planted folders, a few minutes
    python benchmarks/audit.py --clean 100 also so many clean draws of three designs, an hour

Probes and forests only: what nets add is measured elsewhere, and they take most of the time.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import click
from scipy.stats import binomtest
from tqdm import tqdm

from confoundlab.auditing import Audit, Effort, Kind, examine, headline, named_rightly
from confoundlab.auditing.findings import findings
from confoundlab.auditing.planted import FOLDERS, Planted
from confoundlab.auditing.readers import open_source
from confoundlab.console import Command
from confoundlab.storage.files import write_aside
from confoundlab.studies.run import StudyRun
from confoundlab.studies.store import provenance

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


def draws(name: str, n: int) -> dict[str, Any]:
    """Count the clean draws of a design in which anything is called a leak."""
    called = sum(
        any(one.kind == Kind.LEAK for one in findings(audited(DESIGNS[name], seed)))
        for seed in tqdm(range(1, n + 1), name)
    )
    interval = binomtest(called, n).proportion_ci(method="exact")
    return {"design": name, "draws": n, "leaks": called, "low": interval.low, "high": interval.high}


def store(name: str, content: dict[str, Any]) -> None:
    """Write what was found, with when and by what."""
    text = json.dumps({"provenance": provenance(), **content}, indent=1, ensure_ascii=False) + "\n"
    write_aside(STORE / name, lambda aside: aside.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()

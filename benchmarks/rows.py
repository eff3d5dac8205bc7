"""Measure a factor map of a thousand levels, held-out evidence and a probe on 100,000 rows.

    python benchmarks/rows.py

Each is a process's only work here, so that nothing but what it needs is in memory: no PyTorch.
`benchmarks/scale.py` stores what this prints.
"""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from confoundlab.evidence import held_out, nuisance
from confoundlab.evidence.probes import probe

LEVELS, ROWS, FEATURES = 1000, 100_000, 50


def statistics() -> dict[str, Any]:
    """Measure a factor map of a thousand levels, held-out evidence and a probe on 100,000 rows."""
    rng = np.random.default_rng(0)
    labels, groups = rng.integers(0, 2, ROWS), np.arange(ROWS)
    features = rng.normal(size=(ROWS, FEATURES)).astype(np.float32)
    factor = pd.DataFrame({"session": rng.integers(0, LEVELS, ROWS).astype(str)})
    answers = pd.DataFrame(
        {"image": groups, "repeat": 0, "predicted": rng.integers(0, 2, ROWS),
         "confidence": rng.random(ROWS)}
    )  # fmt: skip
    work = {
        "factor map": lambda: nuisance.factor_map(features, factor, labels, n_permutations=99),
        "held-out evidence": lambda: held_out.accuracy(answers, labels, groups),
        "probe": lambda: probe(features, labels, n_permutations=999),
    }
    found: dict[str, Any] = {"rows": ROWS, "levels": LEVELS, "features": FEATURES}
    for name, one in work.items():
        started = time.perf_counter()
        one()
        found[name] = {"seconds": time.perf_counter() - started, "peak MB": peak()}
    return found


def peak() -> float:
    """Return the peak of this process's memory, in MB.

    As Linux tells it of the program that runs: what `getrusage` says begins with the memory of the
    process that started this one.
    """
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) / 1e3


if __name__ == "__main__":
    print(json.dumps(statistics()))

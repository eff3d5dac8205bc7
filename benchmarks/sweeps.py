"""How findings move with the settings of a study: the sweeps that the book shows, `make sweeps`.

    python benchmarks/sweeps.py             all of them; what was run before is kept
    python benchmarks/sweeps.py crop_size   one of them

Each is a `confoundlab sweep` of COIL-20 on the published images, in the quick profile and with the
smallest leak map, because only accuracies are shown. It leaves its table in `results/sweeps`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from confoundlab.errors import one_of
from confoundlab.storage.files import write_aside
from confoundlab.sweeping.command import sweep
from confoundlab.sweeping.table import TABLE

ROOT = Path(__file__).parents[1]
STORE = ROOT / "results" / "sweeps"
FIXED = [("data", "real"), ("map_stride", "64")]
SWEEPS = {
    "crop_size": "12,16,21,28,36",
    "whole_size": "16,24,32,48,64",
    "epochs": "10,30,60,120",
    "seed": "0:6",
}


@click.command()
@click.argument("names", nargs=-1)
def main(names: tuple[str, ...]) -> None:
    """Make sweeps and store their tables."""
    for name in [one_of("sweep", name, SWEEPS) for name in names or SWEEPS]:
        out = ROOT / "runs" / "sweeps" / name
        sweep("coil", [(name, SWEEPS[name]), *FIXED], out, profile="quick", say=click.echo)
        STORE.mkdir(parents=True, exist_ok=True)
        write_aside(
            STORE / f"{name}.csv", lambda aside, out=out: shutil.copyfile(out / TABLE, aside)
        )


if __name__ == "__main__":
    main()

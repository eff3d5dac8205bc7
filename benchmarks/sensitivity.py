"""How far each choice that the paper leaves open moves our numbers: `make sensitivity`.

    python benchmarks/sensitivity.py                all sets and choices: an hour of a core
    python benchmarks/sensitivity.py --epochs 2     a rough look, stored nowhere

COIL-20, Yale A and the four classes of X-rays are run with one choice changed at a time, and the
two classes of X-rays with the paper's sigmoid; whole images also at other sizes, which says what
resizing costs. Nets are kept in the cache, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a process a core, so no threads inside

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import pandas as pd
import torch
from tqdm import tqdm

from confoundlab.catalog import paper_rows
from confoundlab.croppers import AsIs, Corner, Whole, patches_at
from confoundlab.datasets.loading import load
from confoundlab.design.splits import stratified
from confoundlab.images.imageset import ImageSet, View
from confoundlab.models.lenet import Task
from confoundlab.storage.files import write_aside
from confoundlab.storage.machine import cores
from confoundlab.studies.variants import CHOICES, OURS, SIGMOID, Variant, measure

STORE = Path(__file__).parents[1] / "results" / "sensitivity" / "sensitivity.csv"
EPOCHS, REPEATS = 120, 3
SIZES = (64, 96)  # of whole images, beside our 32
Job = tuple[str, str, str, View, str, str, Variant]  # set, data set, what is seen, view, choice


def jobs() -> Iterator[Job]:
    """Yield what is run: set, data sets of the images, name of the view, view, choice, variant."""
    seen: dict[str, list[tuple[str, str, View]]] = {
        "coil20": [("coil20", "crop", Corner("top-right", 21, 21)), ("coil20", "whole", Whole())],
        "yale_a": [
            ("yale_a", "crop", AsIs("crop 22x29 forehead", is_control=True)),
            ("yale_a", "whole", Whole()),
        ],
        "covid4": [
            ("covid4", "crop", Corner("top-left", 20, 20)),
            ("covid4_whole", "whole", Whole()),
        ],
    }
    for row, views in seen.items():
        for name, words, view in views:
            for choice, value, variant in CHOICES:
                yield row, name, words, view, choice, value, variant
        name = views[1][0]
        for side in SIZES:
            yield row, name, "whole", Whole(side), "size of whole images", f"{side}x{side}", OURS
    for name, words, view in (
        ("covid2", "crop", Corner("top-left", 20, 20)),
        ("covid2_whole", "whole", Whole()),
    ):
        for choice, value, variant in (CHOICES[0], SIGMOID):
            yield "covid2", name, words, view, choice, value, variant


def run(job: Job, epochs: int) -> dict[str, Any]:
    """Run one job; return its line of the table."""
    torch.set_num_threads(1)
    row, name, words, view, choice, value, variant = job
    images = load(name, "real")
    printed = paper_rows()[row]
    counts = (printed["n_train"], printed["n_test"])
    tasks = [
        Task(images.labels, *stratified(images.labels, counts=counts, seed=seed), seed)
        for seed in range(REPEATS)
    ]
    shown = _foreheads(images) if isinstance(view, AsIs) else images
    found = measure(
        shown.array(view, "gray"), tasks, images.groups, variant, epochs, f"{shown.digest}, {view}"
    )
    return {
        "set": row,
        "view": words,
        "choice": choice,
        "value": value,
        "estimate": round(found.estimate, 4),
        "ci_low": round(found.ci_low, 4),
        "ci_high": round(found.ci_high, 4),
        "base": choice == "none",
    }


def _foreheads(faces: ImageSet) -> ImageSet:
    left, top = faces.table["forehead_left"], faces.table["forehead_top"]
    return patches_at(faces, left, top, width=22, height=29)


@click.command()
@click.option("--epochs", type=click.IntRange(1), help="Of training; nothing is stored.")
def main(epochs: int | None) -> None:
    """Change one choice at a time and see what it moves."""
    wanted = list(jobs())
    with ProcessPoolExecutor(cores(), mp_context=get_context("spawn")) as pool:
        waiting = [pool.submit(run, job, epochs or EPOCHS) for job in wanted]
        rows = [one.result() for one in tqdm(waiting, "choices")]
    table = pd.DataFrame(rows)
    click.echo(table.to_string(index=False))
    if epochs is None:
        text = table.to_csv(index=False)
        write_aside(STORE, lambda aside: aside.write_text(text, encoding="utf-8"))
        click.echo(f"stored in {STORE}")


if __name__ == "__main__":
    main()

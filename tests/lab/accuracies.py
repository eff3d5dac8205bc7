"""Compare the lab's nets with the package's on the same images and splits; store both accuracies.

    python tests/lab/accuracies.py             twenty seeds, about two minutes; needs Node
    python tests/lab/accuracies.py --seeds 3   a rough look, stored nowhere

Both train LeNet-5 as the page does: same pictures, same splits, same epochs. Initial weights are
drawn by other generators, so that single nets differ, and means over seeds must not.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import click
import numpy as np

from confoundlab.console import Command
from confoundlab.croppers import Corner
from confoundlab.datasets.loading import load
from confoundlab.design.splits import stratified
from confoundlab.errors import RunFailedError
from confoundlab.models import Task, train_bank
from confoundlab.storage.files import write_aside
from confoundlab.studies.store import provenance

HERE = Path(__file__).parent
STORE = HERE.parents[1] / "results" / "lab" / "accuracies.json"
EPOCHS, SIDE, CLASSES = 20, 14, 4
MOST = 0.01  # what means over seeds may differ by: a point


@click.command(cls=Command)
@click.option("--seeds", type=click.IntRange(1), default=20, show_default=True)
def main(seeds: int) -> None:
    """Compare the accuracies of the lab's nets with the package's."""
    images = load("coil20", "simulated")
    images = images.subset(np.flatnonzero(images.labels < CLASSES))
    crops, labels = images.array(Corner("top-left", SIDE, SIDE)), images.labels
    splits = [stratified(labels, seed=seed, test_share=0.5) for seed in range(seeds)]
    tasks = [Task(labels, one.train, one.test, seed) for seed, one in enumerate(splits)]
    bank = train_bank(crops, tasks, epochs=EPOCHS)
    ours = [
        float((found.argmax(axis=1) == labels[one.test]).mean())
        for found, one in zip(bank.probabilities, splits, strict=True)
    ]
    theirs = of_the_lab(crops, labels, splits)
    apart = float(np.mean(theirs) - np.mean(ours))
    found = {
        "provenance": provenance(), "seeds": seeds, "epochs": EPOCHS, "images": len(labels),
        "package": ours, "lab": theirs, "mean difference": apart,
    }  # fmt: skip
    click.echo(
        f"package {np.mean(ours):.4f}, lab {np.mean(theirs):.4f}: {100 * apart:+.2f} points "
        f"(standard error {100 * np.std(np.subtract(theirs, ours), ddof=1) / seeds**0.5:.2f})"
    )
    if seeds >= 20:
        text = json.dumps(found, indent=1) + "\n"
        write_aside(STORE, lambda aside: aside.write_text(text, encoding="utf-8"))
    if abs(apart) > MOST:
        raise RunFailedError(f"The lab lies {100 * apart:+.2f} points from the package.")


def of_the_lab(crops, labels, splits) -> list[float]:
    """Train the lab's nets on the same with Node."""
    task = {
        "height": SIDE, "width": SIDE, "classes": CLASSES, "epochs": EPOCHS,
        "images": crops.ravel().tolist(), "labels": labels.tolist(),
        "splits": [{"train": one.train.tolist(), "test": one.test.tolist()} for one in splits],
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tasks.json"
        path.write_text(json.dumps(task))
        done = subprocess.run(
            ["node", HERE / "train.mjs", path], capture_output=True, text=True, check=True
        )
    return json.loads(done.stdout)


if __name__ == "__main__":
    main()

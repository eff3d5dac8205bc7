"""What a study's notebook calls: load images, measure a view under a split, keep the results.

One call of `StudyRun.measure` walks the whole flow once: image set, view, split, LeNets, evidence,
verdict. Nets that were trained before on the same pixels with the same settings are found in the
store, not trained again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure
from tqdm import tqdm

from confoundlab import bank, data, held_out, store
from confoundlab.catalog import DATASETS, SessionLayout, paper_accuracy
from confoundlab.decode import Colour, Pixels
from confoundlab.evidence import Evidence
from confoundlab.files import text_digest
from confoundlab.identifiability import identifiability
from confoundlab.imageset import ImageSet, View
from confoundlab.judgement import verdicts
from confoundlab.lenet import Probabilities, Task
from confoundlab.splits import Split
from confoundlab.store import evidence_record, judgement_record, provenance, write_results
from confoundlab.views import Corner

# Set while a notebook is executed from the command line: JSON with the folder to write to, and the
# study, profile and parameters of the run. A live kernel has none, and writes nothing.
RUN_VARIABLE = "CONFOUNDLAB_RUN"
# COIL's background stays well below this gray level of 255 (0 to about 6).
BACKGROUND_LIMIT = 60


@dataclass(frozen=True, eq=False)
class Measured:
    """One row of results: the evidence as stored, and the predictions behind it."""

    record: dict[str, Any]
    predictions: pd.DataFrame


@dataclass(eq=False)
class StudyRun:
    """One run of a study: collects what is measured and, from the command line, writes it."""

    seed: int = 0
    permutations: int = 999
    records: list[dict[str, Any]] = field(default_factory=list)
    sources: dict[str, dict[str, Any]] = field(default_factory=dict)
    engines: set[str] = field(default_factory=set)
    cases: list[tuple[Evidence, dict[str, Any]]] = field(default_factory=list)
    order: dict[str, Any] = field(
        default_factory=lambda: json.loads(os.environ.get(RUN_VARIABLE, "{}"))
    )
    started: float = field(default_factory=time.perf_counter)

    @property
    def is_live(self) -> bool:
        """Whether somebody sits at the kernel: then this run shows, and writes nothing."""
        return not self.order

    def load(
        self, name: str, choice: data.DataChoice, sessions: SessionLayout | None = None
    ) -> ImageSet:
        """Load a data set (see `data.load`) and note what it was."""
        images = data.load(name, choice, sessions=sessions, seed=self.seed)
        self.sources[name] = {
            "name": name,
            "state": images.state,
            "digest": images.digest,
            "n_images": len(images),
        }
        return images

    def measure(
        self,
        images: ImageSet,
        view: View,
        split_name: str,
        splits: Sequence[Split],
        *,
        epochs: int,
        colour: Colour = "gray",
        only: tuple[str, npt.NDArray[np.bool_]] | None = None,
        session: str = "session",
    ) -> Measured:
        """Train one LeNet a split on a view, and judge its held-out accuracy.

        Verdicts are corrected for all controls that the run has measured so far: each further one
        is judged together with those before, and their records change with it.

        Parameters
        ----------
        images : ImageSet
            As loaded.
        view : View
            What the nets see.
        split_name : str
            For the results, for example ``random 80/20``.
        splits : sequence of Split
            One a repeat; the repeat's number, added to the run's seed, is the net's seed.
        epochs : int
            Of training.
        colour : {"gray", "rgb"}
            Channels.
        only : (str, ndarray of bool, shape (n,)), optional
            Score these images only, named in words; training is the same.
        session : str
            The column that may be aliased with the label.

        Returns
        -------
        Measured
        """
        shown = images.array(view, colour)
        seeds = [self.seed + repeat for repeat in range(len(splits))]
        predictions, engines = _train(images, shown, view, splits, seeds, epochs, colour)
        self.engines |= engines
        if only is not None:
            predictions = predictions[only[1][predictions["image"].to_numpy()]]
            split_name += f", {only[0]}"
        found = held_out.accuracy(
            predictions,
            images.labels,
            images.groups,
            n_permutations=self.permutations,
            seed=self.seed,
        )
        table = images.table
        design = None
        if session in table and len(images.classes) > 1:
            design = identifiability(table["label"], table[session], images.groups, name=session)
        options = {"is_control": view.is_control, "vacuous": vacuous(shown), "design": design}
        self.cases.append((found, options))
        entry = DATASETS.get(images.name)  # none for images of the user's own
        row = entry.paper_row if entry else None
        record = evidence_record(
            found,
            row=row or images.name,
            state=images.state,
            view=str(view),
            split=split_name,
            seeds=seeds,
            paper=None if only is not None else paper_accuracy(row, str(view), split_name),
        )
        self.records.append(record)
        for one, judged in zip(self.records, verdicts(self.cases), strict=True):
            one |= judgement_record(judged)
        return Measured(record, predictions)

    def keep(self, figure: Figure, name: str) -> None:
        """Save a figure beside the results, if this run writes any."""
        if not self.is_live:
            figure.savefig(Path(self.order["folder"]) / f"{name}.png", dpi=150, bbox_inches="tight")

    def keep_table(self, table: pd.DataFrame, name: str) -> None:
        """Save a table beside the results, if this run writes any."""
        if not self.is_live:
            table.to_csv(Path(self.order["folder"]) / f"{name}.csv", index=False)

    def finish(self) -> None:
        """Write ``results.json``, if this run writes anything."""
        if self.is_live:
            return
        made = provenance() | {"engine": "; ".join(sorted(self.engines))}
        results = {key: self.order[key] for key in ("study", "profile", "parameters")} | {
            "schema": 1,
            "seconds": round(time.perf_counter() - self.started, 1),
            "version": made["version"],
            "provenance": made,
            "data": list(self.sources.values()),
            "evidence": self.records,
        }
        write_results(Path(self.order["folder"]) / "results.json", results)


def constant_share(shown: Pixels) -> float:
    """Return the share of images that are one flat value: they hold a level and nothing else."""
    flat = shown.reshape(len(shown), -1)
    return float((flat.min(axis=1) == flat.max(axis=1)).mean())


def vacuous(shown: Pixels) -> str | None:
    """Return why images prove nothing as a control, or None.

    Flat images of different levels still leak a number; images that are all alike leak nothing.
    """
    if (shown == shown[0]).all():
        return f"all {len(shown):,} images are identical in this view"
    return None


def object_free(
    images: ImageSet, crop: Corner, brightest: int = BACKGROUND_LIMIT
) -> npt.NDArray[np.bool_]:
    """Say which crops hold no part of the object, shape (n,).

    A pixel brighter than `brightest` belongs to the object.
    """
    free: npt.NDArray[np.bool_] = images.array(crop).max(axis=(1, 2, 3)) <= brightest
    return free


def _train(
    images: ImageSet,
    shown: Pixels,
    view: View,
    splits: Sequence[Split],
    seeds: Sequence[int],
    epochs: int,
    colour: Colour,
) -> tuple[pd.DataFrame, set[str]]:
    """Return all repeats' predictions and their engines; keep each net's as soon as it ends."""
    tasks = [
        Task(images.labels, split.train, split.test, seed)
        for split, seed in zip(splits, seeds, strict=True)
    ]
    common = {
        "data": images.digest,
        "order": text_digest(*images.table["image"]),
        "view": str(view),
        "colour": colour,
        "epochs": epochs,
    }
    inputs = [
        common | {"split": text_digest(*(part.tobytes().hex() for part in split)), "seed": seed}
        for split, seed in zip(splits, seeds, strict=True)
    ]
    found = {place: known for place, one in enumerate(inputs) if (known := store.find(one))}
    missing = [place for place in range(len(tasks)) if place not in found]
    if missing:
        engine = bank.engine_here()

        def finished(number: int, chances: Probabilities, losses: object) -> None:
            place = missing[number]
            predictions = {
                "image": tasks[place].test,
                "predicted": chances.argmax(axis=1),
                "confidence": chances.max(axis=1),
            }
            kept = store.keep(inputs[place], pd.DataFrame(predictions), {"engine": engine})
            found[place] = kept

        with tqdm(total=len(missing) * epochs, desc=f"{view}: epochs", delay=2, leave=False) as bar:
            bank.train_bank(
                shown,
                [tasks[place] for place in missing],
                epochs=epochs,
                progress=lambda done, _: bar.update(done - bar.n),
                finished=finished,
            )
    tables = [found[place].table.assign(repeat=place) for place in range(len(tasks))]
    return pd.concat(tables, ignore_index=True), {c.provenance["engine"] for c in found.values()}

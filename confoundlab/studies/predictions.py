"""Held-out predictions of a learner on a view: found in the store, or trained and kept.

LeNet-5 is the papers' net. The random forest is what Noyan (2022, arXiv:2206.04374) trained on
eight pixels of the background: scikit-learn's, with its default settings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from tqdm import tqdm

from confoundlab.design.splits import Split
from confoundlab.files import text_digest
from confoundlab.images.imageset import ImageSet, View
from confoundlab.models import bank
from confoundlab.models.lenet import Task
from confoundlab.studies import store
from confoundlab.types import Colour, Pixels, Probabilities
from confoundlab.versions import computed_by

Learner = Literal["LeNet-5", "random forest"]


def held_out_predictions(
    images: ImageSet,
    view: View,
    splits: Sequence[Split],
    seeds: Sequence[int],
    *,
    epochs: int,
    colour: Colour = "gray",
    learner: Learner = "LeNet-5",
) -> tuple[pd.DataFrame, set[str]]:
    """Train a learner on each split and name the images that the split holds out.

    Parameters
    ----------
    images : ImageSet
        As loaded.
    view : View
        What the learner sees.
    splits, seeds : sequences of Split and of int
        One a repeat.
    epochs : int
        Of a net; a forest has none.
    colour : {"gray", "rgb"}
        Channels.
    learner : {"LeNet-5", "random forest"}
        See the module.

    Returns
    -------
    predictions : DataFrame
        A row a repeat and tested image: ``image`` (row number), ``predicted`` (class),
        ``confidence``, ``repeat``.
    engines : set of str
        What computed them.
    """
    tasks = [
        Task(images.labels, split.train, split.test, seed)
        for split, seed in zip(splits, seeds, strict=True)
    ]
    common: dict[str, Any] = {
        "computed_by": computed_by("views", "learners"),
        "data": images.digest,
        "order": text_digest(*images.table["image"]),
        "view": str(view),
        "colour": colour,
        "learner": learner,
        "epochs": epochs if learner == "LeNet-5" else None,
    }
    inputs = [
        common | {"split": text_digest(*(part.tobytes().hex() for part in split)), "seed": seed}
        for split, seed in zip(splits, seeds, strict=True)
    ]
    found = {place: known for place, one in enumerate(inputs) if (known := store.find(one))}
    missing = [place for place in range(len(tasks)) if place not in found]

    def keep(place: int, chances: Probabilities, engine: str) -> None:
        predictions = {
            "image": tasks[place].test,
            "predicted": chances.argmax(axis=1),
            "confidence": chances.max(axis=1),
        }
        found[place] = store.keep(inputs[place], pd.DataFrame(predictions), {"engine": engine})

    if missing and learner == "LeNet-5":
        engine = bank.engine_here()
        with tqdm(total=len(missing) * epochs, desc=f"{view}: epochs", delay=2, leave=False) as bar:
            bank.train_bank(
                images.array(view, colour),
                [tasks[place] for place in missing],
                epochs=epochs,
                progress=lambda done, _: bar.update(done - bar.n),
                finished=lambda number, chances, _: keep(missing[number], chances, engine),
            )
    elif missing:
        shown = images.array(view, colour)
        for place in tqdm(missing, desc=f"{view}: forests", delay=2, leave=False):
            keep(place, forest_probabilities(shown, tasks[place]), "scikit-learn")
    tables = [found[place].table.assign(repeat=place) for place in range(len(tasks))]
    return pd.concat(tables, ignore_index=True), {c.provenance["engine"] for c in found.values()}


def forest_probabilities(shown: Pixels, task: Task) -> Probabilities:
    """Train a random forest on a task; return probabilities, shape (tested images, classes)."""
    features = shown.reshape(len(shown), -1)
    forest = RandomForestClassifier(random_state=task.seed)
    forest.fit(features[task.train], task.labels[task.train])
    chances = np.zeros((len(task.test), int(task.labels.max()) + 1), np.float32)
    chances[:, forest.classes_] = forest.predict_proba(features[task.test])
    return chances

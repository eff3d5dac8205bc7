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
from confoundlab.images.imageset import ImageSet, View
from confoundlab.models import bank
from confoundlab.models.lenet import Task
from confoundlab.storage.files import text_digest
from confoundlab.storage.versions import computed_by
from confoundlab.studies import store
from confoundlab.types import Colour, Pixels, Probabilities

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
        ``confidence``, ``repeat``, and each class's probability, ``p0``, ``p1`` and so on.
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
        table = pd.DataFrame(chances, columns=_names(chances.shape[1]))
        table.insert(0, "image", tasks[place].test)
        found[place] = store.keep(inputs[place], table, {"engine": engine})

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
    named = pd.concat(tables, ignore_index=True)
    chances = probabilities(named)
    named = named.assign(predicted=chances.argmax(axis=1), confidence=chances.max(axis=1))
    return named, {known.provenance["engine"] for known in found.values()}


def _names(classes: int) -> list[str]:
    return [f"p{number}" for number in range(classes)]


def probabilities(predictions: pd.DataFrame) -> Probabilities:
    """Return the classes' probabilities that predictions hold, shape (rows, classes)."""
    classes = len(predictions.filter(regex=r"^p\d+$").columns)
    return predictions[_names(classes)].to_numpy(np.float32)


def named_predictions(predictions: pd.DataFrame, images: ImageSet) -> pd.DataFrame:
    """Return predictions that another run can be laid beside: names in place of numbers.

    Returns
    -------
    DataFrame
        A row a tested image and repeat: ``image``, ``label``, ``group`` and ``predicted`` by name,
        ``repeat``, ``confidence``, and the digest of the ``data``.
    """
    tested = images.table.iloc[predictions["image"].to_numpy()].reset_index(drop=True)
    return tested[["image", "label", "group"]].assign(
        predicted=np.array(images.classes)[predictions["predicted"].to_numpy()],
        repeat=predictions["repeat"].to_numpy(),
        confidence=predictions["confidence"].to_numpy(),
        data=images.digest,
    )


def forest_probabilities(shown: Pixels, task: Task) -> Probabilities:
    """Train a random forest on a task; return probabilities, shape (tested images, classes)."""
    features = shown.reshape(len(shown), -1)
    forest = RandomForestClassifier(random_state=task.seed)
    forest.fit(features[task.train], task.labels[task.train])
    chances = np.zeros((len(task.test), int(task.labels.max()) + 1), np.float32)
    chances[:, forest.classes_] = forest.predict_proba(features[task.test])
    return chances

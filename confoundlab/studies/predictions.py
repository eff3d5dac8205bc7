"""Held-out predictions of a learner on a view: found in the store, or trained and kept.

LeNet-5 is the papers' net. The random forest is what Noyan (2022, arXiv:2206.04374) trained on
eight pixels of the background: scikit-learn's, with its default settings. The frozen net asks
whether a leak is LeNet's alone (Okonoda et al. 2026, arXiv:2603.12445): EfficientNet-Lite0, trained
on photographs and on nothing here, and a linear discriminant of its features.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from tqdm import tqdm

from confoundlab.design.splits import Split
from confoundlab.images.imageset import ImageSet, View
from confoundlab.models import bank
from confoundlab.models.lenet import Task
from confoundlab.storage.files import text_digest
from confoundlab.storage.versions import Computing, computed_by
from confoundlab.studies import store
from confoundlab.types import Colour, Indices, Pixels, Probabilities

Features = npt.NDArray[Any]  # shape (n, d), or pixels

Learner = Literal["LeNet-5", "random forest", "frozen net, linear"]


_ALSO: dict[Learner, tuple[Computing, ...]] = {"frozen net, linear": ("embeddings",)}


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
    learner : {"LeNet-5", "random forest", "frozen net, linear"}
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
        "computed_by": computed_by("views", "learners", *_ALSO.get(learner, ())),
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
        table = table_of(tasks[place].test, chances)
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
        features: Features
        if learner == "frozen net, linear":
            from confoundlab.models import pretrained  # here: torchvision takes seconds

            features = pretrained.features(as_colours(shown), pretrained.load())
            named = discriminant_probabilities
        else:
            features, named = shown, forest_probabilities
        for place in tqdm(missing, desc=f"{view}: {learner}", delay=2, leave=False):
            keep(place, named(features, tasks[place]), "scikit-learn")
    tables = [found[place].table.assign(repeat=place) for place in range(len(tasks))]
    told = pd.concat(tables, ignore_index=True)
    chances = probabilities(told)
    told = told.assign(predicted=chances.argmax(axis=1), confidence=chances.max(axis=1))
    return told, {known.provenance["engine"] for known in found.values()}


def table_of(tested: Indices, chances: Probabilities) -> pd.DataFrame:
    """Return a net's probabilities as they are kept: ``image`` and a column a class, ``p0``..."""
    table = pd.DataFrame(chances, columns=_names(chances.shape[1]))
    table.insert(0, "image", tested)
    return table


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


def forest_probabilities(features: Features, task: Task) -> Probabilities:
    """Train a random forest on a task; return probabilities, shape (tested images, classes)."""
    forest = RandomForestClassifier(random_state=task.seed)
    return _probabilities(forest, features.reshape(len(features), -1), task)


def discriminant_probabilities(features: Features, task: Task) -> Probabilities:
    """Return the same of a linear discriminant, its covariance shrunk as the data ask for.

    There may be more features than images (Ledoit and Wolf 2004,
    doi:10.1016/S0047-259X(03)00096-4). Nothing is drawn at random.
    """
    return _probabilities(
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"), features, task
    )


def _probabilities(learner: Any, features: Features, task: Task) -> Probabilities:
    learner.fit(features[task.train], task.labels[task.train])
    chances = np.zeros((len(task.test), int(task.labels.max()) + 1), np.float32)
    chances[:, learner.classes_] = learner.predict_proba(features[task.test])
    return chances


def as_colours(shown: Pixels) -> Pixels:
    """Return pixels with three channels, (n, height, width, 3): gray is red, green and blue."""
    return np.repeat(shown, 3, axis=-1) if shown.shape[-1] == 1 else shown

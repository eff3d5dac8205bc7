"""One measurement as a question that can be asked again: of the images, or with a leak planted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd

from confoundlab.croppers.crops import AsIs
from confoundlab.design.splits import Split, straddling
from confoundlab.evidence import held_out
from confoundlab.evidence.record import Evidence
from confoundlab.images.imageset import ImageSet, View
from confoundlab.studies.planted import PlantedLeak, mark_in_words, plant, room, share_marked
from confoundlab.studies.predictions import Learner, held_out_predictions, probabilities
from confoundlab.types import Colour, Mask

Metric = Literal["accuracy", "balanced accuracy", "ROC AUC"]


@dataclass(frozen=True, eq=False)
class Answer:
    """Predictions, the evidence in them, and what computed them.

    `each` has the metric of each repeat, where it is an accuracy.
    """

    predictions: pd.DataFrame
    found: Evidence
    engines: set[str]
    each: list[float]


@dataclass(frozen=True, eq=False)
class Question:
    """Whether a learner names the class from a view under a split.

    Parameters
    ----------
    split_name : str
        In words.
    images, view, splits, seeds, epochs, colour, learner
        As `predictions.held_out_predictions` takes them.
    metric : {"accuracy", "balanced accuracy", "ROC AUC"}
        By which answers are scored.
    permutations, seed : int
        Of the null, and of it and the resampling.
    only : ndarray of bool, shape (n,), optional
        Score these images only.
    """

    images: ImageSet
    view: View
    split_name: str
    splits: Sequence[Split]
    seeds: Sequence[int]
    epochs: int
    colour: Colour
    learner: Learner
    metric: Metric
    permutations: int
    seed: int
    only: Mask | None = None

    def ask(self) -> Answer:
        """Train, or find what was trained, and score it."""
        predictions, engines = held_out_predictions(
            self.images,
            self.view,
            self.splits,
            self.seeds,
            epochs=self.epochs,
            colour=self.colour,
            learner=self.learner,
        )
        if self.only is not None:
            predictions = predictions[self.only[predictions["image"].to_numpy()]]
        return Answer(predictions, self._evidence(predictions), engines, self._each(predictions))

    def ask_planted(self, chance: float) -> PlantedLeak:
        """Ask the same with a leak planted into what the learner sees.

        It is as large as the margin of verdicts, if there is so much room above chance.
        """
        shown, size = self.images.array(self.view, self.colour), room(chance)
        share = share_marked(size, chance, self.metric)
        planted = ImageSet.from_arrays(
            plant(shown, self.images.labels, share, seed=self.seed),
            self.images.table[["image", "label", "group"]],
            name=self.images.name,
            state=self.images.state,
        )
        seen = AsIs(f"{self.view}, a leak planted", is_control=True)
        answer = replace(self, images=planted, view=seen).ask()
        return PlantedLeak(
            answer.found, size, mark_in_words(shown, share), frozenset(answer.engines)
        )

    @cached_property
    def straddling(self) -> str | None:
        """How many tested groups were trained on as well, in words, if any were."""
        both, tested = straddling(self.splits, self.images.groups)
        return f"{both:,} of {tested:,} tested groups were trained on as well" if both else None

    def differs_in_split(self, other: Question) -> bool:
        """Whether the two differ in their splits only, and all tested images are scored."""
        alike = ("colour", "learner", "epochs")
        return (
            self.only is None is other.only
            and self.images.digest == other.images.digest
            and str(self.view) == str(other.view)
            and all(getattr(self, name) == getattr(other, name) for name in alike)
        )

    def _evidence(self, predictions: pd.DataFrame) -> Evidence:
        labels, groups = self.images.labels, self.images.groups
        if self.metric == "ROC AUC":
            rows = predictions["image"].to_numpy()
            found = held_out.roc_auc(
                probabilities(predictions)[:, : labels[rows].max() + 1],
                labels[rows],
                groups[rows],
                folds=predictions["repeat"].to_numpy(),
                n_permutations=self.permutations,
                seed=self.seed,
            )
            return replace(found, n_images=len(np.unique(rows)))
        return held_out.accuracy(
            predictions,
            labels,
            groups,
            balanced=self.metric == "balanced accuracy",
            n_permutations=self.permutations,
            seed=self.seed,
        )

    def _each(self, predictions: pd.DataFrame) -> list[float]:
        if self.metric == "ROC AUC":
            return []
        label = self.images.labels[predictions["image"].to_numpy()]
        right = pd.DataFrame(
            {
                "repeat": predictions["repeat"].to_numpy(),
                "class": label if self.metric == "balanced accuracy" else 0,
                "right": predictions["predicted"].to_numpy() == label,
            }
        )
        recalls = right.groupby(["repeat", "class"])["right"].mean()
        return [round(float(one), 6) for one in recalls.groupby("repeat").mean()]

"""What a forest names from tables, judged; and how much of a drop in accuracy is forced.

Serves the real data beside Venugopalan et al. (2019). The learner is scikit-learn's random forest
with its default settings, as it needs no tuning and no scaling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from tqdm import tqdm

from confoundlab.design import columns
from confoundlab.design.aliasing import Identifiability, identifiability
from confoundlab.design.splits import Split
from confoundlab.errors import InputError
from confoundlab.evidence import held_out
from confoundlab.evidence.record import Evidence
from confoundlab.inference.intervals import Interval, Statistic, Weights, bootstrap
from confoundlab.plates.features.tables import PlateTable
from confoundlab.studies.planted import into_columns
from confoundlab.studies.run import Measured, StudyRun
from confoundlab.types import Indices, Numbers


@dataclass(frozen=True, eq=False)
class Question:
    """What a forest should name, of which rows, from which columns.

    Parameters
    ----------
    run : StudyRun
        Collects the answers.
    source : PlateTable
        Where the rows come from.
    table : DataFrame
        The rows asked about.
    label, group : str
        Columns: what is named; what is resampled and permuted as a whole.
    features : sequence of str
        Columns that the forest sees; text becomes a column a level.
    view : str
        What it sees, in words.
    is_control : bool
        Whether an honest data set would give chance only.
    factor : str or None
        The column that the label may be aliased with.
    """

    run: StudyRun
    source: PlateTable
    table: pd.DataFrame
    label: str
    group: str
    features: Sequence[str]
    view: str
    is_control: bool = False
    factor: str | None = None

    @property
    def labels(self) -> Indices:
        """Classes as numbers, shape (n,)."""
        return columns.codes(self.table[self.label], len(self.table), self.label)

    @property
    def groups(self) -> Indices:
        """Groups as numbers, shape (n,)."""
        return columns.codes(self.table[self.group], len(self.table), self.group)

    @property
    def design(self) -> Identifiability | None:
        """What the table of label by factor allows; None without a factor."""
        if self.factor is None:
            return None
        levels = self.table[self.factor].astype(str)
        return identifiability(self.table[self.label], levels, self.groups, name=self.factor)

    def measure(self, split_name: str, parts: Sequence[Split], repeats: int = 1) -> Measured:
        """Train forests on each split, and judge the accuracy of what they name.

        Parameters
        ----------
        split_name : str
            For the results.
        parts : sequence of Split
            Of the rows.
        repeats : int
            Forests a split, each with a seed of its own.
        """
        seen = pd.get_dummies(self.table[list(self.features)], dtype=float).to_numpy(np.float32)
        seeds = [self.run.seed + repeat for repeat in range(repeats)]

        def named(features: npt.NDArray[np.float32]) -> pd.DataFrame:
            return named_by_forest(features, self.labels, parts, seeds, words=self.view)

        def scored(predictions: pd.DataFrame) -> Evidence:
            return held_out.accuracy(
                predictions,
                self.labels,
                self.groups,
                n_permutations=self.run.permutations,
                seed=self.run.seed,
            )

        predictions = named(seen)
        found = scored(predictions)
        planter = into_columns(
            seen, self.labels, found.metric, lambda more: scored(named(more.astype(np.float32))),
            rows="rows", seed=self.run.seed,
        )  # fmt: skip
        self.run.engines.add("scikit-learn")
        record = self.run.judge(
            found,
            {"is_control": self.is_control, "design": self.design},
            planter=planter,
            row=f"{self.source.name}, {self.label}",
            state=self.source.state,
            view=self.view,
            split=split_name,
            learner="random forest",
            seeds=seeds,
        )
        return Measured(record, predictions)


def named_by_forest(
    features: npt.NDArray[np.float32],
    labels: Indices,
    parts: Sequence[Split],
    seeds: Sequence[int],
    *,
    words: str = "",
) -> pd.DataFrame:
    """Train a forest a split and seed, and name the rows that the split holds out.

    Returns
    -------
    DataFrame
        As `held_out.accuracy` takes it: ``image`` (row number), ``predicted``, ``repeat``.
    """
    found = []
    jobs = [(split, seed) for seed in seeds for split in parts]
    for number, (split, seed) in enumerate(
        tqdm(jobs, desc=f"{words}: forests", delay=2, leave=False)
    ):
        forest = RandomForestClassifier(random_state=seed)
        forest.fit(features[split.train], labels[split.train])
        called = forest.predict(features[split.test])
        found.append(pd.DataFrame({"image": split.test, "predicted": called, "repeat": number}))
    return pd.concat(found, ignore_index=True)


def lonely(labels: npt.ArrayLike, factor: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Say which rows have a class that lives in one level of the factor, shape (n,).

    If that level is left out, the class is not among those trained on, and cannot be named.
    """
    table = pd.DataFrame({"label": np.asarray(labels), "factor": np.asarray(factor)})
    return np.asarray(table.groupby("label")["factor"].transform("nunique") == 1)


@dataclass(frozen=True)
class Drop:
    """A drop in accuracy cut in two: what no learner could have kept, and the rest.

    Parameters
    ----------
    total_estimate, forced_estimate, rest_estimate : float
        Points of accuracy over all rows; forced and rest add up to the total.
    total, forced, rest : Interval
        95% intervals, groups resampled.
    """

    total_estimate: float
    total: Interval
    forced_estimate: float
    forced: Interval
    rest_estimate: float
    rest: Interval

    def __str__(self) -> str:
        shown = (
            f"{100 * value:.1f} points{words} ({100 * range_.low:.1f} to {100 * range_.high:.1f})"
            for value, range_, words in (
                (self.total_estimate, self.total, ""),
                (self.forced_estimate, self.forced, " forced"),
                (self.rest_estimate, self.rest, " not"),
            )
        )
        return "{} = {} + {}".format(*shown)


def cut_drop(
    first: pd.DataFrame,
    second: pd.DataFrame,
    labels: Indices,
    groups: Indices,
    forced: npt.NDArray[np.bool_],
    *,
    seed: int = 0,
) -> Drop:
    """Cut the drop from a first experiment to a second into a forced part and the rest.

    Parameters
    ----------
    first, second : DataFrame
        Predictions of the same rows, as in `held_out.accuracy`; repeats are averaged.
    labels, groups : ndarray of int, shape (n,)
        Of all rows.
    forced : ndarray of bool, shape (n,)
        Rows whose class the second experiment's training rows did not have (`lonely`).
    seed : int
        Of resampling.

    Raises
    ------
    InputError
        The experiments tested different rows, or a forced row was named in the second.
    """
    right = [
        (table["predicted"].to_numpy() == labels[table["image"]]).astype(float)
        for table in (first, second)
    ]
    one, other = (
        pd.Series(hits).groupby(table["image"].to_numpy()).mean()
        for hits, table in zip(right, (first, second), strict=True)
    )
    if not one.index.equals(other.index):
        raise InputError("The two experiments tested different rows; test the same in both.")
    rows = one.index.to_numpy()
    if other[forced[rows]].any():
        raise InputError("A forced row was named: its class was trained on after all.")
    lost, group = (one - other).to_numpy(), np.unique(groups[rows], return_inverse=True)[1]
    counts = np.bincount(group).astype(float)
    rng = np.random.default_rng(seed)
    found: list[tuple[float, Interval]] = []
    for part in (np.ones(len(rows), bool), forced[rows], ~forced[rows]):
        statistic = _share(np.bincount(group, lost * part, len(counts)).astype(float), counts)
        estimate = float(statistic(np.ones((1, len(counts)), np.float32))[0])
        found.append((estimate, bootstrap(statistic, len(counts), rng)))
    return Drop(*found[0], *found[1], *found[2])


def _share(sums: Numbers, counts: Numbers) -> Statistic:
    def statistic(weights: Weights) -> Numbers:
        return np.asarray((weights @ sums) / (weights @ counts))

    return statistic

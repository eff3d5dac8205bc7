"""What a study's notebook calls: load images, measure a view under a split, keep the results.

One call of `StudyRun.measure` walks the whole flow once: image set, view, split, learner, evidence,
verdict. What was trained before on the same pixels with the same settings is found in the store.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from confoundlab.catalog import DATASETS, DataState, SessionLayout, paper_accuracy
from confoundlab.croppers.crops import AsIs
from confoundlab.croppers.vacuity import unchanged, vacuous
from confoundlab.datasets import loading
from confoundlab.design.aliasing import identifiability
from confoundlab.design.splits import Split
from confoundlab.errors import InputError
from confoundlab.evidence import held_out
from confoundlab.evidence.record import Evidence
from confoundlab.images.imageset import ImageSet, View
from confoundlab.storage.files import file_name
from confoundlab.studies.judging import Judging
from confoundlab.studies.planted import Planter
from confoundlab.studies.predictions import Learner, named_predictions
from confoundlab.studies.question import Metric, Question
from confoundlab.studies.store import evidence_record, judgement_record, provenance, write_results
from confoundlab.types import Colour, Mask

# Set while a notebook is executed from the command line: JSON with the folder to write to, and the
# study, profile and parameters of the run. A live kernel has none, and writes nothing.
RUN_VARIABLE = "CONFOUNDLAB_RUN"
PREDICTIONS = "predictions.parquet"


class Source(Protocol):
    """What a run used: images, or a table."""

    @property
    def state(self) -> DataState:
        """What it is, measured against the published data."""

    @property
    def digest(self) -> str:
        """SHA-256 of its contents."""

    def __len__(self) -> int: ...


Noted = TypeVar("Noted", bound=Source)


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
    judging: Judging = field(default_factory=Judging)
    told: list[Callable[[], object]] = field(default_factory=list)  # tell again what was told
    kept: list[pd.DataFrame] = field(default_factory=list)  # predictions behind the records
    order: dict[str, Any] = field(
        default_factory=lambda: json.loads(os.environ.get(RUN_VARIABLE, "{}"))
    )
    started: float = field(default_factory=time.perf_counter)

    @property
    def is_live(self) -> bool:
        """Whether somebody sits at the kernel: then this run shows, and writes nothing."""
        return not self.order

    def load(
        self,
        name: str,
        choice: loading.DataChoice,
        sessions: SessionLayout | None = None,
        each: int | None = None,
    ) -> ImageSet:
        """Load a data set (see `loading.load`) and note what it was.

        A twin whose sessions are laid otherwise than in the catalog is noted under a name of its
        own, such as ``coil20, sessions twice``.
        """
        images = loading.load(name, choice, sessions=sessions, each=each, seed=self.seed)
        laid = sessions or DATASETS[name].twin.sessions
        other = images.state == "simulated" and laid != DATASETS[name].twin.sessions
        return self.note(images, f"{name}, sessions {laid}" if other else name)

    def note(self, images: Noted, name: str) -> Noted:
        """Note in the results what was used under a name, images or a table, and return it.

        Raises
        ------
        InputError
            Other images were noted under this name.
        """
        known = self.sources.get(name)
        if known is not None and known["digest"] != images.digest:
            raise InputError(f"The run has other images under the name {name!r} already.")
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
        learner: Learner = "LeNet-5",
        only: tuple[str, Mask] | None = None,
        row: str | None = None,
        session: str = "session",
        metric: Metric | Literal["auto"] = "auto",
        positive_control: bool = True,
    ) -> Measured:
        """Train one learner a split on a view, and judge how well it names the class.

        Verdicts are corrected for all controls that the run has measured so far: each further one
        is judged together with those before, and their records change with it. Where images of
        tested groups were trained on, memory of the groups is no LEAK; a split of the same view
        with groups apart tells more. NO LEAK FOUND is said only once the same learner, view and
        split have found a leak that was planted (`planted`), which costs another training.

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
        learner : {"LeNet-5", "random forest", "frozen net, linear"}
            See `predictions`.
        only : (str, ndarray of bool, shape (n,)), optional
            Score these images only, named in words; training is the same.
        row : str, optional
            Id of the paper's row that this answers, where it is not the data set's own.
        session : str
            The column that may be aliased with the label.
        metric : {"auto", "accuracy", "balanced accuracy", "ROC AUC"}
            "auto" takes accuracy where a paper prints one, else what suits how common the classes
            are (`held_out.default_metric`). The record says which.
        positive_control : bool
            Plant a leak where nothing was found.

        Returns
        -------
        Measured
        """
        shown = images.array(view, colour)
        why = vacuous(shown)
        if why is not None and images.levels:  # what was cut with the depth may have been the leak
            why = f"{why}. {images.levels.rstrip('.')}"
        cut_before = isinstance(view, AsIs)
        if why is None and view.is_control and not cut_before:
            why = unchanged(images, shown, colour)
        entry = DATASETS.get(images.name)  # none for images of the user's own
        row = row or (entry.paper_row if entry else None)
        if only is not None:
            split_name += f", {only[0]}"
        paper = paper_accuracy(row, str(view), split_name) if learner == "LeNet-5" else None
        tested = np.unique(np.concatenate([split.test for split in splits]))
        if metric == "auto":
            metric = "accuracy" if paper else held_out.default_metric(images.labels[tested])
        seeds = [self.seed + repeat for repeat in range(len(splits))]
        question = Question(
            images, view, split_name, splits, seeds, epochs, colour, learner, metric,
            self.permutations, self.seed, None if only is None else only[1],
        )  # fmt: skip
        answer = question.ask()
        self.engines |= answer.engines
        table = images.table
        design = None
        if session in table and len(images.classes) > 1:
            design = identifiability(table["label"], table[session], images.groups, name=session)
        record = self.judge(
            answer.found,
            {"is_control": view.is_control, "vacuous": why, "design": design},
            question,
            planter=question.ask_planted if positive_control else None,
            row=row or images.name,
            state=images.state,
            view=str(view),
            split=split_name,
            learner=learner,
            seeds=seeds,
            per_repeat=answer.each,
            paper=paper,
        )
        named = named_predictions(answer.predictions, images)
        self.kept.append(named.assign(evidence=len(self.records) - 1))
        return Measured(record, answer.predictions)

    def judge(
        self,
        found: Evidence,
        options: Mapping[str, object],
        question: Question | None = None,
        *,
        planter: Planter | None = None,
        paper: float | None = None,
        **where: Any,
    ) -> dict[str, Any]:
        """Keep evidence, judged together with all that the run has kept so far.

        Parameters
        ----------
        found : Evidence
            Of any measurement.
        options : mapping
            Of `verdicts.verdict`: is_control, vacuous, design.
        question, planter
            As `judging.Judging.add` takes them.
        paper : float, optional
            What a paper prints for it.
        **where
            The other fields of a record: row, state, view, split, learner, seeds.

        Returns
        -------
        dict
            The record, as in ``results.json``; its verdict may change as the run goes on.
        """
        record = evidence_record(found, paper=paper, **where)
        self.records.append(record)
        self.judging.add(found, options, question, planter=planter)
        for one, judged in zip(self.records, self.judging.judged(), strict=True):
            one |= judgement_record(judged)
            one |= {"n_controls": self.judging.n_controls, "so_far": True}
        return record

    def keep(self, figure: Figure, name: str) -> None:
        """Save a figure beside the results, if this run writes any."""
        if not self.is_live:
            path = Path(self.order["folder"]) / f"{file_name(name)}.png"
            figure.savefig(path, dpi=150, bbox_inches="tight")

    def keep_table(self, table: pd.DataFrame, name: str) -> None:
        """Save a table beside the results, if this run writes any."""
        if not self.is_live:
            table.to_csv(Path(self.order["folder"]) / f"{file_name(name)}.csv", index=False)

    def finish(self) -> None:
        """Tell what is final, and write ``results.json`` and ``predictions.parquet`` if told to.

        The latter has every prediction, by the place of its row in the evidence, so that runs can
        be compared image by image (`comparison`).
        """
        for record in self.records:
            record.pop("so_far", None)
        for tell_again in self.told:
            tell_again()
        if self.is_live:
            return
        planted = [leak.engines for leak in self.judging.planted.values()]
        made = provenance() | {"engine": "; ".join(sorted(self.engines.union(*planted)))}
        results = {key: self.order[key] for key in ("study", "profile", "parameters")} | {
            "schema": 1,
            "seconds": round(time.perf_counter() - self.started, 1),
            "version": made["version"],
            "provenance": made,
            "data": list(self.sources.values()),
            "evidence": self.records,
        }
        folder = Path(self.order["folder"])
        write_results(folder / "results.json", results)
        if self.kept:
            pd.concat(self.kept, ignore_index=True).to_parquet(folder / PREDICTIONS)

"""One audit while it goes on: what is audited, what was tested, and what could not be.

Every test is kept by the study's own `StudyRun.judge`, so that all columns and controls are judged
together, and a verdict changes as further tests are made.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

from confoundlab.auditing.readers.material import Material
from confoundlab.evidence.probes import Probe
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Verdict
from confoundlab.images.imageset import ImageSet, View
from confoundlab.studies.planted import Planter
from confoundlab.studies.run import StudyRun
from confoundlab.types import Indices, Numbers

Where = Literal["factor", "table", "files", "pixels", "whole images", "predictions"]
_FOLDS = 5


@dataclass(frozen=True, eq=False)
class Tested:
    """One test: what was asked, in words, and the record that the run keeps of it.

    Parameters
    ----------
    where : str
        What the label was named from.
    words : str
        Of what exactly, such as the control's name or the factor's.
    record : dict
        As in ``results.json``; its verdict is final once the audit is.
    view : View or None
        What was seen, where it was pixels.
    features : ndarray or None
        What a probe saw.
    """

    where: Where
    words: str
    record: dict[str, Any]
    view: View | None = None
    features: Numbers | None = None

    @property
    def verdict(self) -> str | None:
        """The verdict as it stands."""
        found: str | None = self.record["verdict"]
        return found


@dataclass(frozen=True)
class Untested:
    """What was to be tested and could not be: a verdict where that itself says something."""

    where: Where
    words: str
    verdict: Verdict | None
    why: str
    next_step: str = ""


@dataclass(frozen=True, eq=False)
class Effort:
    """How much is computed: what the profiles quick and full differ in.

    Parameters
    ----------
    nets, epochs : int
        LeNets a view, and passes over their training images; no nets at 0.
    every_control : bool
        Whether nets and forests see every control, or the corners only.
    shuffles : int
        Labellings on which the audit's own error rate is counted.
    """

    nets: int = 2
    epochs: int = 20
    every_control: bool = False
    shuffles: int = 400


@dataclass(eq=False)
class Audit:
    """What is audited and what was found so far."""

    run: StudyRun
    material: Material
    effort: Effort = field(default_factory=Effort)
    tested: list[Tested] = field(default_factory=list)
    untested: list[Untested] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    words: dict[str, list[str]] = field(default_factory=dict)  # of each step

    @cached_property
    def labels(self) -> Indices:
        """Class of every image, shape (n,)."""
        return self.material.labels

    @cached_property
    def straddling(self) -> str | None:
        """Why folds cannot keep groups apart, if they cannot, for the verdicts."""
        own = pd.DataFrame({"label": self.labels, "group": self.material.groups})
        held = own.drop_duplicates().groupby("label").size()
        alone = held[held < 2]
        if alone.empty:
            return None
        names = [self.material.classes[int(one)] for one in alone.index[:3]]
        return (
            f"{len(alone)} of {len(held)} classes lie in one group only ({', '.join(names)}), so "
            "that images of tested groups were trained on; only further groups of these classes "
            "can tell"
        )

    @cached_property
    def groups(self) -> Indices:
        """Group of every image in folds, shape (n,): images where groups cannot be kept apart."""
        if self.straddling is None:
            return self.material.groups
        copies = self.material.copies
        n = len(self.material)
        return np.arange(n) if copies is None else copies["cluster"].to_numpy(np.intp)

    @property
    def split_name(self) -> str:
        """How folds are made, in words."""
        if self.straddling is not None:
            return "5 folds at random"
        alone = len(np.unique(self.groups)) == len(self.groups)
        return "5 folds, images apart" if alone else "5 folds, groups apart"

    @property
    def folds(self) -> int:
        """Number of folds."""
        return min(_FOLDS, len(np.unique(self.groups)))

    def probe(self, features: Numbers) -> Probe:
        """Return a probe of features, shape (n, d), with the folds of this audit.

        The penalty grows with the number of columns, so that many that say nothing do not drown
        the few that do where images are few.
        """
        return Probe(
            features,
            groups=self.groups,
            folds=self.folds,
            random_state=self.run.seed,
            alpha=float(np.shape(features)[1]),
        )

    @property
    def images(self) -> ImageSet:
        """The images; only where there are any."""
        assert self.material.images is not None
        return self.material.images

    def judge(
        self,
        where: Where,
        words: str,
        found: Evidence,
        options: Mapping[str, object],
        learner: str,
        *,
        view: View | None = None,
        features: Numbers | None = None,
        split: str | None = None,
        planter: Planter | None = None,
    ) -> Tested:
        """Keep evidence, judged together with all that was tested so far.

        NO LEAK FOUND is said only where the planter's leak is found.
        """
        straddling = {"straddling": self.straddling} if self.straddling else {}
        record = self.run.judge(
            found,
            {**straddling, **options},
            planter=planter,
            row=self.material.name,
            state=self.material.state,
            view=words if view is None else str(view),
            split=split or self.split_name,
            learner=learner,
            seeds=[self.run.seed],
        )
        self.tested.append(Tested(where, words, record, view, features))
        return self.tested[-1]

    def tell(self, what: str) -> None:
        """Say to whoever waits what is being done."""
        print(f"audit: {what}", file=sys.stderr, flush=True)

    def say(self, step: str, *sentences: str) -> None:
        """Keep sentences of a step, for the report."""
        self.words.setdefault(step, []).extend(sentences)

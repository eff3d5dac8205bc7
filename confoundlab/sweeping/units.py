"""What a sweep runs: a study with one choice of values each, named by what it would compute."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from confoundlab.catalog import Study
from confoundlab.datasets.loading import available
from confoundlab.errors import InputError
from confoundlab.notebook.execution import settings
from confoundlab.storage.files import text_digest
from confoundlab.storage.versions import VERSIONS, computed_by

MOST = 100_000  # runs of a sweep; a slip such as seed=0:1000000 should not plan for a day
_RANGE = re.compile(r"(-?\d+):(-?\d+)(?::(\d+))?")


@dataclass(frozen=True)
class Unit:
    """One run of a sweep.

    Parameters
    ----------
    study, profile : str
        As of `run_study`; the profile may be None.
    given : mapping of str to Any
        Values that differ from the profile's, checked.
    settings : mapping of str to Any
        All values of the notebook's parameters.
    """

    study: str
    profile: str | None
    given: Mapping[str, Any]
    settings: Mapping[str, Any]

    @property
    def key(self) -> str:
        """Name of the run's folder: a digest of what it computes, and by which code."""
        told = json.dumps([self.study, self.profile, dict(self.settings)], sort_keys=True)
        return text_digest(told, computed_by(*VERSIONS))[:20]

    def folder(self, out: Path) -> Path:
        """Return the folder of the run in that of its sweep."""
        return out / "runs" / self.key

    def command(self, out: Path) -> list[str]:
        """Return the words after ``confoundlab`` that make this run."""
        profile = ["--profile", self.profile] if self.profile else []
        pairs = [word for name, value in self.given.items() for word in ("-p", f"{name}={value}")]
        return ["run", self.study, *profile, *pairs, "--out", str(self.folder(out))]


def grid(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the values of each parameter, as text: of lists ``12,16,20`` and ranges ``0:10``.

    Parameters
    ----------
    pairs : sequence of (str, str)
        Name and values. A range leaves its end out and may have a step, as Python's: ``0:10:2``.

    Raises
    ------
    InputError
        A name given twice; no value; the same value twice.
    """
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        if name in found:
            raise InputError(f"{name} is given twice. Give all its values at once: {name}=a,b.")
        values: list[str] = []
        for part in (one.strip() for one in text.split(",")):
            span = _RANGE.fullmatch(part)
            ends = [int(one) for one in span.groups(default="1")] if span else []
            values += map(str, range(*ends)) if span else [part]
        if not values or "" in values:
            raise InputError(f"{name}={text} has no value, or an empty one.")
        if len(set(values)) < len(values):
            raise InputError(f"{name}={text} has a value twice.")
        found[name] = values
    return found


def plan(study: Study, profile: str | None, values: Mapping[str, Sequence[str]]) -> list[Unit]:
    """Return all runs of a sweep, checked before anything is run.

    Parameters
    ----------
    study : Study
        From the catalog.
    profile : str or None
        smoke, quick or paper.
    values : mapping of str to sequence of str
        Of `grid`: each combination is a run.

    Raises
    ------
    InputError
        An unknown parameter, a value that does not fit, missing images; too many runs.
    """
    many = 1
    for some in values.values():
        many *= len(some)
    if many > MOST:
        raise InputError(f"These are {many:,} runs; a sweep has {MOST:,} at most.")
    found = {}
    for combination in itertools.product(*values.values()):
        given = dict(zip(values, combination, strict=True))
        full = settings(study, profile, given)
        given = {name: full[name] for name in given}
        if "data" in full and study.datasets and full["data"] == "auto":
            # a worker without the images must fail there, and not take the twin in silence
            state = available(full["dataset"], "auto")
            given["data"] = "simulated" if state == "simulated" else "real"
            full = settings(study, profile, given)
        unit = Unit(study.name, profile, given, full)
        found[unit.key] = unit
    return list(found.values())

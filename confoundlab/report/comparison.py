"""Two runs side by side: what was set otherwise, and how far the same rows lie apart.

The intervals of two runs tell how each estimate would vary, not how their difference would: most
runs share images, and then two estimates vary together. A difference has an interval here only
where both runs kept predictions of the same images, so that groups can be resampled in both at
once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from confoundlab.errors import InputError
from confoundlab.escape import storable
from confoundlab.evidence.differences import difference
from confoundlab.plotting import evidence
from confoundlab.studies.run import PREDICTIONS
from confoundlab.studies.store import read_results

# What makes two rows the same, besides how often a run has measured it before.
KEY = ("row", "view", "split", "learner", "metric")
_COLUMNS = ("image", "label", "group", "predicted", "repeat", "confidence", "data", "evidence")
PAIRED = "paired"


@dataclass(frozen=True, eq=False)
class Run:
    """What a run left; predictions are None if it is older than they are."""

    results: dict[str, Any]
    predictions: pd.DataFrame | None


def read_run(folder: Path) -> Run:
    """Read a run's folder.

    Raises
    ------
    InputError
        No folder, or results that are missing or malformed.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.")
    results, path = _storable(read_results(folder / "results.json")), folder / PREDICTIONS
    if not path.is_file():
        return Run(results, None)
    try:
        predictions = pd.read_parquet(path, columns=list(_COLUMNS))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {' '.join(str(error).split())[:200]}") from None
    if not predictions["evidence"].isin(range(len(results["evidence"]))).all():
        raise InputError(f"{path} does not belong to the results beside it.")
    return Run(results, predictions)


def _storable(value: Any) -> Any:
    """Return JSON's values, in which all text can be held by a table."""
    if isinstance(value, dict):
        return {storable(key): _storable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_storable(one) for one in value]
    return storable(value) if isinstance(value, str) else value


def settings(first: Run, second: Run) -> pd.DataFrame:
    """Return what the two runs were set to or ran on otherwise.

    Returns
    -------
    DataFrame
        A row a difference: ``what``, ``first``, ``second``; parameters first.
    """
    one, other = _settings(first.results), _settings(second.results)
    lines = [
        {"what": name, "first": one.get(name, "–"), "second": other.get(name, "–")}
        for name in dict.fromkeys([*one, *other])
        if one.get(name) != other.get(name)
    ]
    return pd.DataFrame(lines, columns=["what", "first", "second"])


def _settings(results: dict[str, Any]) -> dict[str, str]:
    made = results["provenance"]
    return (
        {f"parameter {name}": json.dumps(value) for name, value in results["parameters"].items()}
        | {name: str(results[name]) for name in ("study", "profile", "version")}
        | {name: made[name] for name in ("code", "engine", "python", "torch", "machine")}
        | {
            f"data {entry['name']}": f"{entry['state']}, {entry['n_images']:,} images, "
            f"{entry['digest'][:23]}"
            for entry in results["data"]
        }
    )


def rows(first: Run, second: Run, seed: int = 0) -> pd.DataFrame:
    """Lay the rows of two runs side by side.

    Parameters
    ----------
    first, second : Run
        As read.
    seed : int
        Of the resampling.

    Returns
    -------
    DataFrame
        A row for each that either run has: the key (row, view, split, learner, metric); of both
        runs ``state``, ``estimate``, ``ci_low``, ``ci_high`` and ``verdict`` with ``_first`` and
        ``_second``; ``difference``, second minus first; ``low`` and ``high``, its 95% interval
        where groups could be resampled in both runs at once; ``how``: "paired", or why not.
    """
    one, other = dict(_keyed(first.results["evidence"])), dict(_keyed(second.results["evidence"]))
    lines = []
    for key in dict.fromkeys([*one, *other]):
        line: dict[str, Any] = dict(zip(KEY, key, strict=False))
        for name, run, side in (("first", first, one), ("second", second, other)):
            if key in side:
                record = run.results["evidence"][side[key]]
                line |= {
                    f"{what}_{name}": record[what]
                    for what in ("state", "estimate", "ci_low", "ci_high", "verdict")
                }
        if key not in one or key not in other:
            line["how"] = f"only in the {'first' if key in one else 'second'}"
        else:
            line["difference"] = line["estimate_second"] - line["estimate_first"]
            line |= _resampled(first, second, one[key], other[key], seed)
        lines.append(line)
    sides = [f"{what}_{name}" for name in ("first", "second") for what in
             ("state", "estimate", "ci_low", "ci_high", "verdict")]  # fmt: skip
    return pd.DataFrame(lines, columns=[*KEY, *sides, "difference", "low", "high", "how"])


def _keyed(records: Iterable[dict[str, Any]]) -> Iterator[tuple[tuple[Any, ...], int]]:
    """Give the key of each record, with how often it came before, and its place."""
    seen: Counter[tuple[Any, ...]] = Counter()
    for place, record in enumerate(records):
        key = tuple(record[name] for name in KEY)
        yield (*key, seen[key]), place
        seen[key] += 1


def _resampled(first: Run, second: Run, place: int, other_place: int, seed: int) -> dict[str, Any]:
    """Return the paired difference and its interval, or why there is none."""
    if first.predictions is None or second.predictions is None:
        return {"how": "predictions were not kept"}
    tables = [
        run.predictions[run.predictions["evidence"] == at].reset_index(drop=True)
        for run, at in ((first, place), (second, other_place))
        if run.predictions is not None
    ]
    if set(tables[0]["data"]) != set(tables[1]["data"]):
        return {"how": "other images"}
    both = pd.concat(tables, ignore_index=True)
    image = both["image"].factorize()[0]
    once = both.drop_duplicates("image")
    known = once[["image", "label", "group"]]
    if len(both[["image", "label", "group"]].drop_duplicates()) > len(known):
        return {"how": "images in other groups"}
    named_classes = both[["label", "predicted"]].to_numpy(str)
    codes = np.unique(named_classes, return_inverse=True)[1].reshape(-1, 2)
    named = both.assign(image=image, predicted=codes[:, 1])[
        ["image", "predicted", "repeat", "confidence"]
    ]
    labels = codes[once.index, 0]
    groups = once["group"].factorize()[0].astype(np.intp)
    size = len(tables[0])
    try:
        found = difference(named[size:], named[:size], labels, groups, seed=seed)
    except InputError as error:
        return {"how": str(error)}
    shared = f"{found.n_groups:,} groups of {len(np.unique(groups)):,}"
    return {
        "difference": found.estimate,
        "low": found.ci_low,
        "high": found.ci_high,
        "how": PAIRED if found.n_groups == len(np.unique(groups)) else f"{PAIRED}, {shared}",
    }


def printed(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows as text: percent, with intervals in brackets; differences in points."""

    def estimate(line: pd.Series[Any], name: str) -> str:
        if pd.isna(line[f"estimate_{name}"]):
            return "–"
        low, high = line[f"ci_low_{name}"], line[f"ci_high_{name}"]
        verdict = line[f"verdict_{name}"]
        return (
            f"{line[f'estimate_{name}']:.1%} ({100 * low:.1f} to {100 * high:.1f})"
            f"{f' {verdict}' if verdict else ''}"
        )

    def points(line: pd.Series[Any]) -> str:
        if pd.isna(line["difference"]):
            return "–"
        said = f"{100 * line['difference']:+.1f}"
        if pd.isna(line["low"]):
            return said
        return f"{said} ({100 * line['low']:+.1f} to {100 * line['high']:+.1f})"

    return pd.DataFrame(
        [
            {
                **{name: line[name] for name in KEY[:4]},
                "first": estimate(line, "first"),
                "second": estimate(line, "second"),
                "second minus first, points": points(line),
                "how": line["how"],
            }
            for _, line in table.iterrows()
        ]
    )


def write(out: Path, first: Run, second: Run, table: pd.DataFrame) -> None:
    """Write rows, settings and figure of a comparison to a folder."""
    out.mkdir(parents=True, exist_ok=True)
    table.to_csv(out / "comparison.csv", index=False)
    settings(first, second).to_csv(out / "settings.csv", index=False)
    figure = evidence.compared(table)
    figure.savefig(out / "comparison.png", dpi=150, bbox_inches="tight")
    plt.close(figure)


def words(first: Run, second: Run, table: pd.DataFrame) -> str:
    """Return the comparison as text for a terminal."""
    changed = settings(first, second)
    paired = table["how"].str.startswith(PAIRED)
    notes = [
        "Brackets: 95% intervals, groups resampled, each row for itself: of twenty, one misses.",
        "Paired: the same groups resampled in both runs. Elsewhere a difference has no interval: "
        "those of the two runs do not add up to one.",
    ]
    if not paired.any():
        notes.append("No row could be paired; its last column says why.")
    said = changed.to_string(index=False) if len(changed) else "Nothing was set otherwise."
    return "\n\n".join([said, printed(table).to_string(index=False), "\n".join(notes)])

"""A stored run that answers in place: what a page lets its reader choose, and what was found there.

Serves the claim that no finding of a page was picked out: all that its run asked can be asked
again, and what was found with other settings stands beside it. Nothing is computed for it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from confoundlab import escape
from confoundlab.report.sentences import shown

# What is chosen, in this order: each choice leaves those below it that were asked with it.
CHOICES = {
    "setting": "Setting",
    "row": "Images",
    "view": "What the learner sees",
    "split": "Split",
    "learner": "Learner",
}
_OWN = "as on this page"
_SWEPT = "parameter:"  # of a column of a sweep's table


def records(
    results: Mapping[str, Any], sweeps: Sequence[pd.DataFrame] = ()
) -> list[dict[str, Any]]:
    """Return all that a run asked, and sweeps of the same images, as the page's script reads them.

    Parameters
    ----------
    results : mapping
        Of the run (`store.read_results`).
    sweeps : sequence of DataFrame
        Of `sweeping.table.merged`, each over one parameter; what is of other images is left out.

    Returns
    -------
    list of dict
        `CHOICES`; ``said`` and ``why``, in words; ``verdict``, or an empty text; ``estimate``,
        ``ci_low``, ``ci_high`` and ``chance``, -1..1 or None.
    """
    found = [_record(one, _OWN, " ".join(one["reasons"][:1])) for one in results["evidence"]]
    own = {(one["row"], one["state"]) for one in results["evidence"]}
    for table in sweeps:
        (column,) = [name for name in map(str, table) if name.startswith(_SWEPT)]
        rough = "A run in the quick profile: fewer nets, so a rougher number."
        found += [
            _record(one, f"{column.removeprefix(_SWEPT)} = {one[column]}", rough)
            for one in _rows(table)
            if (one["row"], one["state"]) in own
        ]
    return found


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def _record(one: Mapping[str, Any], setting: str, why: str) -> dict[str, Any]:
    names = ("estimate", "chance", "ci_low", "ci_high")
    numbers = {name: None if pd.isna(one[name]) else round(float(one[name]), 4) for name in names}
    said = f"{one['metric']} {shown(one)}"
    if numbers["ci_low"] is not None:
        said += f", 95% interval {shown(one, 'ci_low')} to {shown(one, 'ci_high')}"
    if numbers["chance"] is not None:
        said += f", chance {shown(one, 'chance')}"
    return {
        "setting": setting,
        **{name: str(one[name]) for name in list(CHOICES)[1:]},
        **numbers,
        "said": f"{said[:1].upper()}{said[1:]}; {one['n_images']:,} images ({one['state']}).",
        "verdict": one["verdict"] or "",
        "why": why,
    }


def form(found: Sequence[Mapping[str, Any]]) -> str:
    """Return the form in MyST Markdown; without scripts it says where the numbers are."""
    held = escape.script(json.dumps({"choices": CHOICES, "records": list(found)}))
    swept = ", with those of other settings" if any(one["setting"] != _OWN for one in found) else ""
    return (
        "## Ask this run\n\n"
        f"All that this run asked has {len(found)} answers{swept}. Nothing is computed here: "
        "choose, and read what was found.\n\n"
        "```{raw} html\n"
        '<div class="ask"><noscript>Without JavaScript the tables above have these '
        "numbers.</noscript></div>\n"
        f'<script type="application/json" class="ask-data">{held}</script>\n'
        "```"
    )


def read_sweeps(folder: Path) -> list[pd.DataFrame]:
    """Return the stored sweeps of a folder; none where there is no folder."""
    return [pd.read_csv(path) for path in sorted(folder.glob("*.csv"))]

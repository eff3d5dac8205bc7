"""The catalog: what each study is made of. One short file a study; declarations only.

`paper_rows` gives the numbers that the two papers print, the only ones in the book that were
typed by hand.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd
import yaml

from confoundlab.catalog import celegans, coil, covid, kvasir, plates_real, remedies, rnai, yale
from confoundlab.catalog.entry import (
    Archive,
    Dataset,
    DataState,
    Packed,
    Row,
    SessionLayout,
    Study,
    TableSet,
    Twin,
)
from confoundlab.errors import one_of

__all__ = [
    "DATASETS",
    "STUDIES",
    "TABLES",
    "Archive",
    "DataState",
    "Dataset",
    "Packed",
    "Row",
    "SessionLayout",
    "Study",
    "TableSet",
    "Twin",
    "dataset",
    "paper_accuracy",
    "paper_rows",
    "read_manifest",
    "study",
]

_WHOLE = re.compile(r"whole image \d+x\d+")  # and nothing done to it
_AT = re.compile(r" at \d+,\d+")
# In the order of the paper's tables; then the remedies, which take data sets of others, and plates.
STUDIES: dict[str, Study] = {
    each.STUDY.name: each.STUDY
    for each in (covid, kvasir, rnai, yale, coil, celegans, remedies, plates_real)
}
DATASETS: dict[str, Dataset] = {
    entry.name: entry for each in STUDIES.values() for entry in each.datasets
}


TABLES: dict[str, TableSet] = {
    entry.name: entry for each in STUDIES.values() for entry in each.tables
}


def study(name: str) -> Study:
    """Return a study by its name; raise `InputError` with the nearest name if there is none."""
    return STUDIES[one_of("study", name, STUDIES)]


def dataset(name: str) -> Dataset:
    """Return a data set by its name; raise `InputError` with the nearest name if there is none."""
    return DATASETS[one_of("data set", name, DATASETS)]


def paper_accuracy(row: str | None, view: str, split: str) -> float | None:
    """Return what the paper prints for a row of its tables, if view and split are the paper's.

    Parameters
    ----------
    row : str or None
        Id in ``paper_results.yaml``.
    view, split : str
        Names of the view and of the split. The tables' splits are random, or, in Table 5, by
        session; what is scored on some of the images only, named after a comma, is not the paper's.
    """
    printed = paper_rows().get(row or "")
    kind = "other session" if (row or "").endswith("other_session") else "random"
    if printed is None or not split.startswith(kind) or "," in split:
        return None
    if _WHOLE.fullmatch(view):
        return printed.get("full_accuracy")
    # Table 5 crops as Table 2 does; a remark in brackets is not part of the view's name
    table_2 = paper_rows().get((row or "").removesuffix("_other_session"), printed)
    where = table_2["where"].partition(" (")[0]
    shown = _AT.sub("", view)  # the paper gives no place in numbers
    return printed["crop_accuracy"] if shown == f"crop {printed['crop']} {where}" else None


def read_manifest(entry: Dataset) -> pd.Series[str] | None:
    """Return the SHA-256 of every image's decoded pixels, by image name, where it is known."""
    file = resources.files(__package__) / "manifests" / f"{entry.name}.csv"
    if not file.is_file():
        return None
    with file.open(encoding="utf-8") as lines:
        return pd.read_csv(lines, index_col="image")["sha256"]


@cache
def paper_rows() -> dict[str, dict[str, Any]]:
    """Return the rows of Dhar and Shamir's tables by id; accuracies are fractions, not percent."""
    text = (resources.files(__package__) / "paper_results.yaml").read_text(encoding="utf-8")
    rows = {}
    for row in yaml.safe_load(text)["dhar_shamir"]["rows"]:
        percent = {key: row[key] for key in ("crop_accuracy", "full_accuracy") if key in row}
        rows[row["id"]] = row | {key: round(value / 100, 6) for key, value in percent.items()}
    return rows

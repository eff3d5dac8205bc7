"""The rows of Dhar and Shamir's tables as the paper prints them: the only numbers typed by hand."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

# What a row's accuracies are of.
VIEWS: dict[Literal["crop", "whole"], str] = {"crop": "crop_accuracy", "whole": "full_accuracy"}
_WHOLE = re.compile(r"whole image \d+x\d+")  # and nothing done to it
_AT = re.compile(r" at \d+,\d+")


@cache
def _transcribed() -> dict[str, Any]:
    text = (resources.files(__package__) / "paper_results.yaml").read_text(encoding="utf-8")
    paper: dict[str, Any] = yaml.safe_load(text)["dhar_shamir"]
    return paper


def paper_inconsistencies() -> tuple[str, ...]:
    """Return where Dhar and Shamir's text, tables and counts disagree, a sentence or two each."""
    return tuple(_transcribed()["inconsistencies_to_state_in_the_book"])


@cache
def paper_rows() -> dict[str, dict[str, Any]]:
    """Return the rows of Dhar and Shamir's tables by id; accuracies are fractions, not percent."""
    rows = {}
    for row in _transcribed()["rows"]:
        percent = {key: row[key] for key in ("crop_accuracy", "full_accuracy") if key in row}
        rows[row["id"]] = row | {key: round(value / 100, 6) for key, value in percent.items()}
    return rows


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

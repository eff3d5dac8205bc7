"""Paper against ours: what Dhar and Shamir (2021) print, beside stored records of the same rows.

Serves the claim that their experiments were repeated, and says where they did not come out again.
Both numbers have an interval: ours of groups drawn again, the paper's of its own test count, since
18 right answers of 33 are anything between a third and three quarters.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy import stats

from confoundlab import escape
from confoundlab.catalog import DATASETS, VIEWS, Dataset, paper_rows, read_manifest
from confoundlab.report.sentences import _as_printed, percent

Kind = Literal["crop", "whole"]
NOT_RUN = "not run yet"


def binomial_interval(accuracy: float, n_test: int, level: float = 0.95) -> tuple[float, float]:
    """Return the Clopper-Pearson interval of an accuracy that was printed without one.

    Parameters
    ----------
    accuracy : float
        Between 0 and 1. The nearest whole number of right answers is taken.
    n_test : int
        How many images were tested.
    level : float
        How often the interval holds the truth, at least, where images are independent.

    References
    ----------
    Clopper and Pearson (1934), Biometrika 26(4), doi:10.1093/biomet/26.4.404.
    """
    test = stats.binomtest(round(accuracy * n_test), n_test)
    interval = test.proportion_ci(level, method="exact")
    return float(interval.low), float(interval.high)


def right_answers(accuracy: float, n_test: int) -> int | None:
    """Return how many right answers an accuracy stands for, or None if no whole number gives it.

    Parameters
    ----------
    accuracy : float
        As printed: a percentage with up to two decimals, as a fraction. Rounded or cut off.
    n_test : int
        How many images were tested.
    """
    printed = f"{100 * accuracy:.4g}"
    unit = 10.0 ** -len(printed.partition(".")[2])
    right = round(accuracy * n_test)
    return right if abs(100 * right / n_test - float(printed)) < unit else None


def against(results: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Lay every accuracy of the paper's tables beside ours.

    Parameters
    ----------
    results : sequence of mapping
        Stored results.

    Returns
    -------
    DataFrame
        A row for each record that repeats one of the paper's; one row with the state "not run yet"
        where none does. Below them, without a number of the paper, records of other real images
        that ask the same (`catalog.Dataset.stands_in`). Columns: ``row``, ``kind``, ``table``,
        ``name``, ``view``, ``split``, ``state``; ``paper``, ``paper_low``, ``paper_high`` (95%,
        from the test count); ``ours``, ``ours_low``, ``ours_high``, ``chance``, ``null_q95``
        (fractions); ``verdict``; and ``why``, the catalog's reason why they need not agree.
    """
    return pd.DataFrame([line for row in paper_rows() for line in _lines(row, results)])


def _lines(row: str, results: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    printed = paper_rows()[row]
    for kind, key in VIEWS.items():
        if key not in printed:
            continue
        low, high = binomial_interval(printed[key], printed["n_test"])
        line = {"row": row, "kind": kind, "table": printed["table"], "name": printed["title"]}
        line |= {"paper": printed[key], "paper_low": low, "paper_high": high}
        ours = [
            (result, record)
            for result in results
            for record in result["evidence"]
            if (record["row"], record["paper"]) == (row, printed[key])
            and record["learner"] == "LeNet-5"
            and record["view"].startswith("whole image") == (kind == "whole")
        ]
        for result, record in ours:
            yield line | _ours(record) | {"why": _why(row, kind, result, record)}
        if not ours:
            view = f"crop {printed['crop']}" if kind == "crop" else "whole image"
            yield line | {"view": view, "state": NOT_RUN, "why": ""}
    for record in (record for result in results for record in result["evidence"]):
        if _stands_in(record, row):
            name = f"{DATASETS[record['row']].title}, for {printed['title']}"
            line = {"row": row, "kind": "stand-in", "table": printed["table"], "name": name}
            yield line | _ours(record) | {"why": ""}


def _ours(record: Mapping[str, Any]) -> dict[str, Any]:
    names = ("view", "split", "state", "chance", "null_q95")
    return {
        **{name: record[name] for name in names},
        "ours": record["estimate"],
        "ours_low": record["ci_low"],
        "ours_high": record["ci_high"],
        "verdict": record["verdict"] or "not a control",
    }


def _stands_in(record: Mapping[str, Any], row: str) -> bool:
    entry = DATASETS.get(record["row"])
    view, splits = entry.stands_in.get(row, ("", ())) if entry else ("", ())
    return record["state"] == "stand-in" and record["view"] == view and record["split"] in splits


def _why(row: str, kind: Kind, result: Mapping[str, Any], record: Mapping[str, Any]) -> str:
    """Return the catalog's reason, with its numbers, or nothing: of a twin there is none."""
    if record["state"] == "simulated":
        return ""
    for source in result["data"]:
        entry = DATASETS.get(source["name"])
        if entry is not None and entry.paper_row == row and kind in entry.departs:
            return reason(entry, kind, record, source["n_images"])
    return ""


def reason(entry: Dataset, kind: Kind, record: Mapping[str, Any], n_images: int) -> str:
    """Return why the paper's number need not come out again on a set, its fields filled.

    Parameters
    ----------
    entry : Dataset
        With a row of the paper, and a reason for this kind of view.
    kind : {"crop", "whole"}
        What was shown to the nets.
    record : mapping
        What was measured.
    n_images : int
        Of the set that it was measured on.
    """
    printed = paper_rows()[str(entry.paper_row)]
    manifest = read_manifest(entry)
    return entry.departs[kind].format(
        chance=record["chance"],
        even=1 / printed["classes"],
        paper=_as_printed(printed[VIEWS[kind]]),
        n_test=printed["n_test"],
        n_paper=printed["n_train"] + printed["n_test"],
        n_images=n_images,
        copies=0 if manifest is None else len(manifest) - manifest.nunique(),
        size=record["view"].rpartition(" ")[2],
    )


def paper_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return rows of `against` as text to print: both numbers, their difference, who holds whom."""
    lines = []
    for one in table.to_dict("records"):
        line = {"row": one["name"], "view": one["view"]}
        if one["kind"] == "stand-in":
            line |= {"split": one["split"], "ours": _with_interval(one, "ours")}
        else:
            line |= {"paper": _with_interval(one, "paper")}
            line |= {"ours": NOT_RUN} if one["state"] == NOT_RUN else _compared(one)
        if one["state"] != NOT_RUN:
            line |= {"chance": percent(one["chance"]), "data": one["state"]}
            line |= {"verdict": one["verdict"]}
        lines.append(line)
    return pd.DataFrame(lines).fillna("")


def _with_interval(one: Mapping[Any, Any], of: str) -> str:
    value = _as_printed(one[of]) if of == "paper" else percent(one[of])
    return f"{value} ({100 * one[f'{of}_low']:.1f}–{100 * one[f'{of}_high']:.1f})"


def _compared(one: Mapping[Any, Any]) -> dict[str, str]:
    return {
        "ours": _with_interval(one, "ours"),
        "ours minus paper, points": f"{100 * (one['ours'] - one['paper']):+.1f}",
        "the paper's in our interval": "yes" if _inside(one, "paper", "ours") else "no",
        "ours in the paper's": "yes" if _inside(one, "ours", "paper") else "no",
    }


def _inside(one: Mapping[Any, Any], what: str, of: str) -> bool:
    return bool(one[f"{of}_low"] <= one[what] <= one[f"{of}_high"])


def explained(table: pd.DataFrame) -> str:
    """Return a line of Markdown for each real row whose number of the paper lies outside ours.

    It says both numbers, the catalog's reason, and whether the paper's own interval holds ours. A
    row without a reason in the catalog says that none is known.
    """
    said = []
    for one in table.to_dict("records"):
        compared = one["kind"] != "stand-in" and one["state"] not in (NOT_RUN, "simulated")
        if not compared or _inside(one, "paper", "ours"):
            continue
        agree = (
            "Ours lies in the paper's own interval: its few test images allow both."
            if _inside(one, "ours", "paper")
            else "Ours lies outside the paper's own interval as well."
        )
        name = escape.markdown(f"{one['name']}, {one['view']}")
        said.append(
            f"- **{name}**: {_as_printed(one['paper'])} in the paper, {percent(one['ours'])} here. "
            f"{one['why'] or 'No reason is known.'} {agree}"
        )
    return "\n".join(said) or "Every number of the paper lies in our interval."


def repeated(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `against` that have both numbers: real images first, then twins."""
    parted = states(table)
    both = pd.concat([parted["real"], parted["simulated"]])
    return both[both["state"] != NOT_RUN]


def states(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Part rows of `against` by what they say about the paper's images.

    Returns
    -------
    dict
        "real": measured on real images, or not run at all; "simulated": on a twin; "stand-in": on
        other real images.
    """
    kinds = np.where(table["state"].isin(("simulated", "stand-in")), table["state"], "real")
    return {name: table[kinds == name] for name in ("real", "simulated", "stand-in")}

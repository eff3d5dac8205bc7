"""Tables that pages print. Every number comes from a notebook's source or a stored record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from IPython.display import HTML

from confoundlab.catalog import DATASETS, STUDIES, paper_rows
from confoundlab.escape import terminal
from confoundlab.report.sentences import _as_printed, _interval, _shown, percent
from confoundlab.studies.experiment import Treated
from confoundlab.studies.parameters import Parameter, declared, notebook_source, read_notebook
from confoundlab.studies.store import read_results


def table(frame: pd.DataFrame) -> HTML:
    """Return a table as the book shows it: no row numbers, text escaped, `$` a dollar."""
    frame = frame.map(_printed).rename(columns=_printed)
    # MathJax 2 and 3 pass by what has these classes
    classes = ["table", "tex2jax_ignore", "mathjax_ignore"]
    return HTML(frame.to_html(index=False, border=0, classes=classes, justify="left"))


def _printed(value: Any) -> Any:
    """Return text in which what is not seen is written out; all else as it is."""
    return terminal(value) if isinstance(value, str) else value


def parameter_table() -> pd.DataFrame:
    """Return every study's parameters as its notebook declares them.

    Returns
    -------
    DataFrame
        A row a parameter: ``parameter``; ``what it is`` and ``values``, study by study where they
        do not say it alike; and the default of each study, or a dash.
    """
    sources = {name: declared(read_notebook(notebook_source(name))) for name in STUDIES}
    owners: dict[str, dict[str, Parameter]] = {}
    for study, source in sources.items():
        for name, known in source.items():
            owners.setdefault(name, {})[study] = known
    return pd.DataFrame(
        [
            {
                "parameter": name,
                "what it is": _said({study: one.comment for study, one in known.items()}),
                "values": _said({study: one.values for study, one in known.items()}),
            }
            | {study: str(known[study].default) if study in known else "–" for study in sources}
            for name, known in owners.items()
        ]
    )


def _said(words: Mapping[str, str]) -> str:
    """Return what all say, or else who says what."""
    alike: dict[str, list[str]] = {}
    for name, said in words.items():
        alike.setdefault(said, []).append(name)
    if len(alike) == 1:
        return next(iter(alike))
    return "; ".join(f"{', '.join(names)}: {said}" for said, names in alike.items())


def profile_table() -> pd.DataFrame:
    """Return what each study's profiles change, a row a study and profile."""
    return pd.DataFrame(
        [
            {
                "study": study.name,
                "profile": profile,
                "sets": ", ".join(f"{name} = {value}" for name, value in preset.items()),
            }
            for study in STUDIES.values()
            for profile, preset in study.profiles.items()
        ]
    )


def remedy_table(remedies: Mapping[str, Treated]) -> pd.DataFrame:
    """Return remedies as a table to print: one row each, numbers as text."""
    return pd.DataFrame(
        [
            {
                "remedy": words,
                "crop": percent(one.crop.record["estimate"]),
                "95% interval": _interval(one.crop.record),
                "verdict on the crop": one.crop.record["verdict"] or "not a control",
                "leak removed": "–" if one.removed is None else f"{one.removed.estimate:.0%}",
                "interval of the share": "–"
                if one.removed is None
                else f"{one.removed.ci_low:.0%} to {one.removed.ci_high:.0%}",
                "whole image": percent(one.whole.record["estimate"]),
                "its 95% interval": _interval(one.whole.record),
            }
            for words, one in remedies.items()
        ]
    )


def evidence_table(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return results as a table to print: one row each, numbers as text."""
    return pd.DataFrame(
        [
            {
                "set": record["row"],
                "data": record["state"],
                "view": record["view"],
                "split": record["split"],
                "learner": record["learner"],
                "paper": _as_printed(record["paper"]),
                "metric": record["metric"],
                "ours": _shown(record),
                "95% interval": _interval(record),
                "chance": _shown(record, "chance"),
                "p": f"{record['p_value']:.2g}",
                "p corrected": "–" if (p := record["p_adjusted"]) is None else f"{p:.2g}",
                "verdict": record["verdict"] or "not a control",
            }
            for record in records
        ]
    )


def published(folder: Path) -> list[dict[str, Any]]:
    """Return the stored results of all studies, by the name of their study."""
    return [read_results(path) for path in sorted(folder.glob("*.json"))]


def paper_table(results: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return every accuracy of Dhar and Shamir's tables beside ours, where ours is stored.

    Below a row stand the other real images that ask the same (`catalog.Dataset.stands_in`), without
    the paper's number, which is not about them.
    """
    records = [record for result in results for record in result["evidence"]]
    lines = []
    for row in paper_rows().values():
        for whole, key in ((False, "crop_accuracy"), (True, "full_accuracy")):
            if key not in row:
                continue
            line = {
                "table": row["table"],
                "set": row["id"],
                "view": "whole image" if whole else f"crop {row['crop']}",
                "paper": _as_printed(row[key]),
            }
            ours = [
                record
                for record in records
                if (record["row"], record["paper"]) == (row["id"], row[key])
                and record["learner"] == "LeNet-5"
                and record["view"].startswith("whole image") == whole
            ]
            lines += [line | _ours(record) for record in ours or [None]]
        lines += [
            {
                "table": row["table"],
                "set": f"{record['row']}, in its place",
                "view": f"{record['view']}, {record['split']}",
                "paper": _as_printed(None),
            }
            | _ours(record)
            for record in records
            if _stands_in(record, row["id"])
        ]
    return pd.DataFrame(lines)


def _stands_in(record: dict[str, Any], row: str) -> bool:
    entry = DATASETS.get(record["row"])
    view, splits = entry.stands_in.get(row, ("", ())) if entry else ("", ())
    return record["state"] == "stand-in" and record["view"] == view and record["split"] in splits


def _ours(record: dict[str, Any] | None) -> dict[str, str]:
    if record is None:
        names = ("95% interval", "chance", "verdict", "data")
        return {"ours": "not run yet"} | dict.fromkeys(names, "")
    return {
        "ours": percent(record["estimate"]),
        "95% interval": _interval(record),
        "chance": percent(record["chance"]),
        "verdict": record["verdict"] or "not a control",
        "data": record["state"],
    }

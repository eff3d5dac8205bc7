"""Tables that pages print. Every number comes from a notebook's source or a stored record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from IPython.display import HTML

from confoundlab import escape
from confoundlab.catalog import DATASETS, PAGES, STUDIES, TABLES, Dataset, TableSet, paper_rows
from confoundlab.escape import terminal
from confoundlab.report.changes import changed_since
from confoundlab.report.sentences import _as_printed, interval, percent, shown
from confoundlab.studies.parameters import Parameter, declared, notebook_source, read_notebook
from confoundlab.studies.store import read_results

if TYPE_CHECKING:  # it reaches torch, which takes seconds to import
    from confoundlab.studies.experiment import Treated


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
                "95% interval": interval(one.crop.record),
                "verdict on the crop": one.crop.record["verdict"] or "not a control",
                "leak removed": "–" if one.removed is None else f"{one.removed.estimate:.0%}",
                "interval of the share": "–"
                if one.removed is None
                else f"{one.removed.ci_low:.0%} to {one.removed.ci_high:.0%}",
                "whole image": percent(one.whole.record["estimate"]),
                "its 95% interval": interval(one.whole.record),
            }
            for words, one in remedies.items()
        ]
    )


def evidence_table(records: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return results as a table to print: one row each, numbers as text."""
    return pd.DataFrame(
        [
            {
                "set": label_of(record["row"]),
                "data": record["state"],
                "view": record["view"],
                "split": record["split"],
                "learner": record["learner"],
                "paper": _as_printed(record["paper"]),
                "metric": record["metric"],
                "ours": shown(record),
                "95% interval": interval(record),
                "chance": shown(record, "chance"),
                "p": f"{record['p_value']:.2g}",
                "p corrected": "–" if (p := record["p_adjusted"]) is None else f"{p:.2g}",
                "verdict": record["verdict"] or "not a control",
            }
            for record in records
        ]
    )


def published(folder: Path) -> list[dict[str, Any]]:
    """Return the stored results of all studies, by the name of their page, without their twins.

    A twin's page beside a real one asks nothing of the paper.
    """
    twins = {name for name, (_, page) in PAGES.items() if "data" in page.parameters}
    places = sorted(folder.glob("*/results.json"))
    return [read_results(path) for path in places if path.parent.name not in twins]


def varying(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Return a table without the columns that are the same in all its rows, and those in words."""
    same = [name for name in frame if len(frame) > 1 and (frame[name] == frame[name].iloc[0]).all()]
    said = "; ".join(f"{name} {escape.markdown(str(frame[name].iloc[0]))}" for name in same)
    return frame.drop(columns=same), f"In all rows: {said}." if same else ""


def label_of(row: str) -> str:
    """Return how a row of results is called on a page: by its title, where the catalog has one."""
    if row in paper_rows():
        return str(paper_rows()[row]["title"])
    known: dict[str, Dataset | TableSet] = {**DATASETS, **TABLES}
    return known[row].title if row in known else row.replace("_", " ")


def run_title(result: Mapping[str, Any]) -> str:
    """Return how a stored run is called: its study, and the data set that it was asked for."""
    study, name = STUDIES[result["study"]], result["parameters"]["dataset"]
    return f"{study.title} ({label_of(name)})" if study.datasets else study.title


def provenance_table(results: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return where stored results come from, a row a run."""
    lines = []
    for result in results:
        made, source = result["provenance"], result["data"][0]
        lines.append(
            {
                "run": run_title(result),
                "first set": f"{label_of(source['name'])}, {source['state']}",
                "images": f"{source['n_images']:,}",
                "digest": source["digest"].removeprefix("sha256:")[:12],
                "code": f"{result['version']}, {made['code'][:8]}",
                "engine": made["engine"] or "–",
                "Python, machine": f"{made['python']}, {made['machine']}",
                "made": made["created"][:10],
                "settings": result["profile"],
                "code changed since": "yes" if changed_since(result) else "no",
            }
        )
    return pd.DataFrame(lines)

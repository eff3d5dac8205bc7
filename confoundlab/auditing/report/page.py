"""What the cells of an audit's page show: the answer first, then each step with its picture.

Everything that comes from the user's files is text here, in Markdown, in tables and in figures.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown, display
from matplotlib.figure import Figure

from confoundlab.auditing.features import colour_of
from confoundlab.auditing.findings import findings, headline, summary, verdict_table
from confoundlab.auditing.pixels import leaking
from confoundlab.auditing.report import gallery, standards
from confoundlab.auditing.state import Audit
from confoundlab.croppers.crops import stretch
from confoundlab.escape import code, fenced, markdown, terminal
from confoundlab.evidence.verdicts import Verdict
from confoundlab.images.imageset import View
from confoundlab.plotting import evidence, nets
from confoundlab.plotting.nets import WIDE, as_text
from confoundlab.report.cards import badge
from confoundlab.report.tables import table
from confoundlab.storage.files import file_name, write_aside
from confoundlab.studies.store import read_results

SUMMARY, CROISSANT = "audit.json", "croissant-rai.json"
_SHOWN = 8  # pictures a row
_ROWS = 12  # rows of a table on the page; the file beside it has all
NOT_ESTABLISHED = (
    "**That a control hides the subject.** Controls take corners, borders and flat patches for "
    "background. Look at them above: where the subject reaches into one, its verdict is about the "
    "subject as well.",
    "**That your net uses what can be used.** A label that corners tell is a label that a net can "
    "learn from corners. Whether yours did is asked by its own answers (`--predictions`).",
    "**That nothing else leaks.** NO LEAK FOUND is about these controls, these learners and this "
    "many images. A session that shows in the middle of the picture only is not seen here.",
    "**That a column of the table is a cause.** What names the label may be an honest property of "
    "the subject, such as age. Only columns about acquisition should be named as factors.",
)


def top(audit: Audit) -> None:
    """Show the answer: the first line, what it was asked of, the verdicts, and the findings."""
    found, material = findings(audit), audit.material
    parts = [f"**{markdown(headline(found))}**"]
    what = "images" if material.images is not None else "embeddings"
    digest = "" if material.images is None else f" {code(material.images.digest[:23])}…"
    parts.append(
        f"{len(material):,} {what} of {len(material.classes)} classes in "
        f"{material.table['group'].nunique():,} groups.{digest}"
    )
    display(Markdown("\n\n".join(parts)))
    verdicts = verdict_table(audit)
    if len(verdicts):
        display(HTML(_with_badges(verdicts.drop(columns="next step"))))
    lines = [
        f"{number}. **{one.kind}**, {markdown(one.short)}. {markdown(one.words)} *Next:* "
        f"{markdown(one.next_step)}"
        for number, one in enumerate(found, 1)
    ]
    display(Markdown("\n".join(lines)))


def _with_badges(verdicts: pd.DataFrame) -> str:
    """Return a table of verdicts as HTML: each verdict with its sign and colour, all else text."""
    text = verdicts.map(lambda one: escape(terminal(str(one))))
    known = set(Verdict)
    text["verdict"] = [badge(one) if one in known else text_ for one, text_ in
                       zip(verdicts["verdict"], text["verdict"], strict=True)]  # fmt: skip
    classes = ["table", "tex2jax_ignore", "mathjax_ignore"]
    return text.to_html(index=False, border=0, classes=classes, justify="left", escape=False)


def steps(audit: Audit, step: str, otherwise: str) -> None:
    """Show the sentences of a step, a line each, or what is said where there are none."""
    lines = [f"- {markdown(one)}" for one in audit.words.get(step, [])] or [otherwise]
    display(Markdown("\n".join(lines)))


def assumed(audit: Audit) -> None:
    """Show what was assumed and left over."""
    display(Markdown("\n".join(f"- {markdown(one)}" for one in audit.material.notes) or "Nothing."))


def tables(audit: Audit, *names: str) -> None:
    """Show the beginning of tables of this name, or whose name begins with it."""
    for name, found in audit.tables.items():
        if any(name == one or name.startswith(f"{one} of ") for one in names):
            more = "" if len(found) <= _ROWS else f" (the first {_ROWS} of {len(found):,} rows)"
            display(Markdown(f"{markdown(name[:1].upper() + name[1:])}{more}:"))
            display(table(_rounded(found.head(_ROWS))))


def _rounded(found: pd.DataFrame) -> pd.DataFrame:
    shown = found.copy()
    for name in shown.columns[shown.dtypes == np.float64]:
        shown[name] = shown[name].map(lambda one: "" if pd.isna(one) else f"{one:.3g}")
    return shown


@as_text
def shown_views(audit: Audit) -> Figure | None:
    """Draw some images and what each control leaves of them, as it is and stretched."""
    views = {one.words: one.view for one in audit.tested if one.features is not None and one.view}
    if audit.material.images is None or not views:
        return None
    table_, colour = audit.material.table, colour_of(audit.images)
    rows = table_.groupby("label").head(max(1, _SHOWN // audit.labels.max() or 1)).index[:_SHOWN]
    if len(rows) < _SHOWN:
        rows = pd.Index(np.linspace(0, len(table_) - 1, min(_SHOWN, len(table_))).astype(int))
    figure, axes = plt.subplots(
        1 + len(views), len(rows), figsize=(WIDE, 0.95 * (1 + len(views))), squeeze=False,
        layout="constrained",
    )  # fmt: skip
    named: list[tuple[str, View | None]] = [("image", None), *views.items()]
    for line, (name, view) in zip(axes, named, strict=True):
        for axis, row in zip(line, rows, strict=True):
            image = audit.images.read(int(row), colour)
            seen = image if view is None else stretch(view(image))
            axis.imshow(seen.squeeze(), cmap="gray", vmin=0, vmax=255)
            axis.set(xticks=[], yticks=[])
        line[0].set_ylabel(name, fontsize=7)
    for axis, row in zip(axes[0], rows, strict=True):
        axis.set_title(str(table_["label"].iloc[row])[:14], fontsize=7)
    audit.run.keep(figure, "controls")
    return figure


def verdicts_drawn(audit: Audit) -> Figure | None:
    """Draw what was named without the subject, with intervals and chance."""
    rows = [one for one in audit.tested if one.where != "whole images"]
    if not rows:
        return None
    names = [f"{one.words}\n{one.record['metric']}" for one in rows]
    figure = nets.accuracies([one.record for one in rows], names)
    figure.axes[0].set_xlabel("accuracy, or ROC AUC where that is said")
    audit.run.keep(figure, "verdicts")
    return figure


def factors_drawn(audit: Audit) -> Figure | None:
    """Draw which factor can mislead."""
    if "factors" not in audit.tables:
        return None
    figure = evidence.factor_map(audit.tables["factors"], audit.material.state)
    audit.run.keep(figure, "factors")
    return figure


def map_drawn(audit: Audit) -> Figure | None:
    """Draw from where in the images the label can be named."""
    if "leak map" not in audit.tables:
        return None
    figure = nets.leak_map(audit.tables["leak map"], audit.images, metric="ROC AUC")
    audit.run.keep(figure, "leak-map")
    return figure


def given_away(audit: Audit) -> None:
    """Show the images that a control gives away (`gallery.gallery`)."""
    display(HTML(gallery.gallery(audit)) if leaking(audit) else Markdown("No control leaks."))


def finish(audit: Audit) -> None:
    """Write ``results.json``, ``audit.json`` and the tables as Parquet, if this run writes any."""
    audit.run.finish()
    if audit.run.is_live:
        return
    folder = Path(audit.run.order["folder"])
    for name, found in audit.tables.items():
        path = folder / f"{file_name(name)}.parquet"
        whole = found.reset_index(drop=True)
        whole.columns = whole.columns.map(str)
        write_aside(path, whole.to_parquet)
    if "proposed split" in audit.tables:
        audit.tables["proposed split"].to_csv(folder / "proposed_split.csv", index=False)
    said = summary(audit)
    results = read_results(folder / "results.json")
    _write(folder / SUMMARY, said)
    _write(folder / CROISSANT, standards.croissant(results, said))


def _write(path: Path, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    write_aside(path, lambda aside: aside.write_text(text, encoding="utf-8"))


def forms(audit: Audit) -> None:
    """Show the items of reporting standards that the audit fills in, from what was written."""
    if audit.run.is_live:
        display(Markdown("They are filled in when the audit is run from the command line."))
        return
    folder = Path(audit.run.order["folder"])
    found = standards.items(read_results(folder / "results.json"), summary(audit))
    display(table(standards.item_table(found)))


def again(order: dict[str, Any]) -> None:
    """Show the command that makes the page again."""
    if order:
        display(Markdown(fenced(command(order))))


def command(order: dict[str, Any]) -> str:
    """Return the command of an audit from its profile and parameters."""
    values = order["parameters"]
    words = ["confoundlab", "audit", values["source"]]
    for name in ("table", "label", "group", "time", "split", "features", "predictions"):
        words += [f"--{name}", values[name]] if values.get(name) else []
    for one in values["factors"]:
        words += ["--factor", one]
    for name, option in (("sample", "--sample"), ("bit_depth", "--bit-depth"), ("seed", "--seed")):
        words += [option, str(values[name])] if values[name] else []
    words += ["--profile", order["profile"], "--out", "report-again"]
    return shlex.join(words)

"""Sentences that pages print. Every number comes from an image set or a stored record."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from confoundlab import escape
from confoundlab.catalog import DATASETS, STUDIES
from confoundlab.evidence.record import Evidence, interval_given
from confoundlab.evidence.verdicts import Verdict
from confoundlab.images.imageset import ImageSet
from confoundlab.studies.parameters import declared, notebook_source, read_notebook

if TYPE_CHECKING:  # it reaches torch, which takes seconds to import
    from confoundlab.studies.experiment import Treated
    from confoundlab.studies.run import StudyRun

# A p-value that cannot be smaller than this is worth a word, whatever the verdict.
_COARSE = 0.01
PAPER_EPOCHS = 120  # Dhar and Shamir (2021), section 3


STATES = {
    "real": "the published images",
    "rebuilt": "put together again from the original sources",
    "derivative": "a processed copy of the published images",
    "stand-in": "another real data set with the same design problem",
    "simulated": "computer-made stand-ins (a twin), **not** the published images; no number here "
    "says anything about the real ones",
}


def data_line(images: ImageSet, epochs: int | None = None, repeats: int | None = None) -> str:
    """Return the line that opens a page: which data it ran on, in Markdown.

    Fewer `epochs` of training than the paper's are named, with the number of nets a view, so that
    nobody takes a quick run for its experiment.
    """
    title = DATASETS[images.name].title if images.name in DATASETS else images.name
    line = (
        f"> **Data on this page: {images.state.upper()}** — {escape.markdown(title)}, "
        f"{STATES[images.state]}. {len(images):,} images of {len(images.classes)} classes, "
        f"`{images.digest[:23]}…`."
    )
    if epochs is not None and epochs < PAPER_EPOCHS:
        nets = f", {repeats} nets a view" if repeats else ""
        line += (
            f" **Not the paper's settings:** {epochs} epochs{nets}, where the paper trained for "
            f"{PAPER_EPOCHS}; the numbers of such a run are rough."
        )
    return " ".join([line, *map(escape.markdown, images.remarks)])


def percent(fraction: float | None) -> str:
    """Return 0.354 as "35.4%", and None as a dash."""
    return "–" if fraction is None else f"{fraction:.1%}"


def _as_printed(fraction: float | None) -> str:
    """Return the paper's number with the digits that the paper gives: 0.3542 as "35.42%"."""
    return "–" if fraction is None else f"{100 * fraction:.4g}%"


def interval(record: Mapping[str, Any]) -> str:
    """Return a record's 95% interval, in the digits of its metric, or "none"."""
    if not interval_given(record["metric"], record["ci_low"], record["ci_high"]):
        return "none"
    if "accuracy" in record["metric"]:
        return f"{100 * record['ci_low']:.1f}–{100 * record['ci_high']:.1f}%"
    return f"{record['ci_low']:.2f} to {record['ci_high']:.2f}"


def shown(record: Mapping[str, Any], key: str = "estimate") -> str:
    """Return a value of a record: shares as percent, areas and correlations as they are."""
    value = record[key]
    return percent(value) if "accuracy" in record["metric"] else f"{value:.2f}"


def rerun(run: StudyRun) -> str:
    """Return the command that makes a page again, and what it took, in Markdown."""
    if run.is_live:
        return "The command is printed when the page is run from the command line."
    order = run.order
    source = declared(read_notebook(notebook_source(order["study"])))
    table_rows = "\n".join(
        f"| `{name}` | {source[name].comment} | {escape.code(str(value))} |"
        for name, value in order["parameters"].items()
    )
    return (
        f"{escape.fenced(command(order))}\n\n"
        f"| parameter | what it is | here |\n|---|---|---|\n{table_rows}"
    )


def command(order: Mapping[str, Any]) -> str:
    """Return the command that makes a run again, from its study, profile and parameters."""
    preset = STUDIES[order["study"]].profiles.get(order["profile"], {})
    profile = f" --profile {order['profile']}" if order["profile"] else ""
    source = declared(read_notebook(notebook_source(order["study"])))
    changes = "".join(
        f" -p {shlex.quote(f'{name}={value}')}"
        for name, value in order["parameters"].items()
        if name not in source or value != preset.get(name, source[name].default)
    )
    return f"confoundlab run {order['study']}{profile}{changes} --out runs/again"


def sentence(name: str, record: dict[str, Any]) -> str:
    """Return one result in words, in Markdown.

    It says how many nets learned, where some named one class only, and where the p-value could be
    no smaller. Verdicts of a run that goes on are corrected for what was measured until here.
    """
    reasons = escape.markdown(" ".join(record["reasons"]))
    verdict = f" **{record['verdict']}.**" if record["verdict"] else ""
    repeats, dead = record["n_repeats"], record.get("n_dead", 0)
    spread = f", standard deviation over {repeats} repeats {percent(record['repeat_sd'])}"
    learned = f"; {record.get('n_fits', 0) - dead} of {record.get('n_fits')} nets learned"
    value = f"{record['metric']} {shown(record)}"
    if record["metric"] == "accuracy":
        value = f"{shown(record)} right"
    return (
        f"{name}: {value} (95% interval {interval(record)}, "
        f"{record['n_groups']:,} groups{spread if repeats > 1 else ''}"
        f"{learned if dead else ''}; chance {shown(record, 'chance')}; "
        f"{_p_values(record)}).{verdict} {reasons}"
    )


def _p_values(record: dict[str, Any]) -> str:
    """Return the p-values in words: sides, least that is possible, and correction so far."""
    p, least = record["p_value"], record["smallest_p"]
    words = f"{record.get('sided', 'one-sided')} p = {p:.2g}"
    if p <= 1.001 * least and (least >= _COARSE or record["verdict"] == Verdict.INCONCLUSIVE):
        words += f" (cannot be below {least:.2g})"
    if record["p_adjusted"] is None:
        return words
    until = " measured until here" if record.get("so_far") else ""
    controls = f"{record['n_controls']} controls{until}"
    return f"{words}; {record['p_adjusted']:.2g} corrected for {controls}"


def overtaken(full: str, steps: Mapping[str, dict[str, Any]]) -> str:
    """Return a warning where less is named better than all of it, or nothing.

    Parameters
    ----------
    full : str
        The step that sees everything; all others see a part of that.
    steps : mapping of str to record
        What was measured.
    """
    whole = steps[full]
    better = [
        f"{name} ({shown(one)})"
        for name, one in steps.items()
        if name != full and one["ci_low"] > whole["ci_high"]
    ]
    if not better:
        return ""
    return (
        f"**Take care:** {listed(better)} did better than {full} ({shown(whole)}), which holds "
        "all that they hold. So the nets have not learned all there is to see in it: train longer "
        "before reading what carries the leak."
    )


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def measured(name: str, record: dict[str, Any]) -> str:
    """Return a measurement in words, without the reasons that belong to naming a class."""
    return sentence(name, record | {"reasons": []}).rstrip()


def gap(words: str, found: Evidence, shared: tuple[float, float] | None = None) -> str:
    """Return a difference between two experiments in words.

    `shared` has their accuracies on the groups that were tested in both, which need not be those
    on all that each tested.
    """
    both = "" if shared is None else f"{percent(shared[0])} minus {percent(shared[1])}, "
    estimate, low, high = (100 * one for one in (found.estimate, found.ci_low, found.ci_high))
    return (
        f"{words}: {both}{estimate:.1f} points (95% interval {low:.1f} to "
        f"{high:.1f}, {found.sided} p = {found.p_value:.2g}; the same "
        f"{found.n_groups:,} groups resampled in both)."
    )


def detectable(words: str, record: dict[str, Any]) -> str:
    """Return in words how large a leak would have been found."""
    if record["minimum_detectable"] >= 1:
        return f"{words} could have found no leak of any size four times in five."
    return (
        f"{words} could have found an accuracy of {percent(record['minimum_detectable'])} or more "
        f"four times in five; chance is {percent(record['chance'])}. A smaller leak may go unseen."
    )


def paper_row(row: dict[str, Any], classes: str) -> list[str]:
    """Return what the paper prints of one row of its tables, a sentence each."""
    n, whole = row["n_train"] + row["n_test"], row["full_accuracy"]
    said = [
        f"The paper's row: {row['classes']} {classes}, {row['n_train']:,} training and "
        f"{row['n_test']:,} test images, crop {row['crop']} (width x height), "
        f"{_as_printed(row['crop_accuracy'])} of the crops and {_as_printed(whole)} of the whole "
        "images named.",
        f"The paper's counts make {n:,} images, {n / row['classes']:g} for each of the {classes}.",
    ]
    if "note" in row:
        said.append(f"Of the same row, {row['note']}.")
    return said


def share(one: Treated) -> str:
    """Return the share of a leak that a remedy removed, in words."""
    return (
        "No leak was found before, so no share is gone."
        if one.removed is None
        else (f"{one.removed}.")
    )

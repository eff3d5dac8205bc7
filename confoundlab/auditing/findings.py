"""What an audit found, in the order of its weight: one sentence, one table, and what to do.

Serves the top of the report. A finding is of a closed list of kinds, so that a command can fail on
it, and each has its numbers in ``results.json`` or in a table beside the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from confoundlab.auditing.state import Audit, Tested
from confoundlab.evidence.record import interval_given
from confoundlab.evidence.verdicts import MARGIN, Verdict
from confoundlab.report.sentences import listed, percent


class Kind(StrEnum):
    """The closed list of what an audit can find, the gravest first."""

    NOT_IDENTIFIABLE = "NOT IDENTIFIABLE"
    LEAK = "LEAK"
    COPIES = "COPIES"
    STRADDLING = "STRADDLING"
    INVERTED = "INVERTED"
    LEVELS_LOST = "LEVELS LOST"
    INCONCLUSIVE = "INCONCLUSIVE"
    NO_LEAK_FOUND = "NO LEAK FOUND"


GRAVE = tuple(Kind)[:6]


@dataclass(frozen=True)
class Finding:
    """One finding.

    Parameters
    ----------
    kind : Kind
        Of the closed list.
    where : str
        In what: factor, table, files, pixels, predictions, split, label, levels.
    short, words, next_step : str
        A few words, for the first line; all, with the numbers; what to do.
    """

    kind: Kind
    where: str
    short: str
    words: str
    next_step: str


def findings(audit: Audit) -> list[Finding]:
    """Return all findings of an audit, the gravest first; one at least."""
    found = [*_unanswerable(audit), *_leaks(audit), *_twice(audit), *_lost(audit)]
    found += [_finding(Kind.INVERTED, one) for one in audit.tested if one.verdict == Kind.INVERTED]
    if not any(one.kind in (Kind.LEAK, Kind.INVERTED) for one in found):
        found.append(_nothing(audit))
    order = list(Kind)
    return sorted(found, key=lambda one: order.index(one.kind))


def headline(found: Sequence[Finding]) -> str:
    """Return the first line: the grave findings in a sentence, or the mildest one."""
    grave = [one for one in found if one.kind in GRAVE] or list(found[-1:])
    parts = [
        f"{kind}: {'; '.join(one.short for one in grave if one.kind == kind)}"
        for kind in dict.fromkeys(one.kind for one in grave)
    ]
    return ". ".join(parts) + "."


def _unanswerable(audit: Audit) -> list[Finding]:
    found = [
        Finding(
            Kind.NOT_IDENTIFIABLE,
            one.words,
            f"no test can tell the label from {one.words.removeprefix('factor ')}",
            one.why,
            one.next_step,
        )
        for one in audit.untested
        if one.verdict == Verdict.NOT_IDENTIFIABLE
    ]
    if audit.straddling:
        found.append(
            Finding(
                Kind.NOT_IDENTIFIABLE,
                "group",
                "a class lies in one group only",
                f"{audit.straddling[:1].upper()}{audit.straddling[1:]}.",
                "Take images of these classes in further groups.",
            )
        )
    return found


def _leaks(audit: Audit) -> list[Finding]:
    """Return one finding for each place that leaks: its surest control, and how many more."""
    found = []
    leaks = [one for one in audit.tested if one.verdict == Kind.LEAK]
    factors = [one for one in leaks if one.where == "factor"]
    for where in ("predictions", "pixels", "files", "factor", "table"):
        own = [one for one in leaks if one.where == where]
        if not own or (where == "table" and factors):
            continue
        short = _short(own, where)
        if where == "pixels" and "what carries the leak" in audit.tables:
            short += f", most by {_carrier(audit.tables['what carries the leak'])}"
        said = f"{own[0].words}: {value(own[0].record)}."
        if more := len(own) - 1:
            said += f" {more} more {'test says' if more == 1 else 'tests say'} so: see the table."
        said = " ".join([said, *_care(audit, where)])
        found.append(Finding(Kind.LEAK, where, short, said, own[0].record["next_step"]))
    return found


def _care(audit: Audit, where: str) -> list[str]:
    return audit.words.get("subject", []) if where == "pixels" else []


def _short(own: Sequence[Tested], where: str) -> str:
    if where in ("files", "table"):
        return f"the {where} {'name' if where == 'files' else 'names'} the label without a pixel"
    if where == "predictions":
        followed = listed([one.words.rpartition(", by ")[2] for one in own[:3]])
        return f"among images of one label your predictions follow {followed}"
    names = list(dict.fromkeys(one.words.partition(", ")[0] for one in own))
    where_from = listed([name.removeprefix("factor ") for name in names[:3]])
    without = "without a pixel" if where == "factor" else "without the subject"
    return f"the label is named {without}, from {where_from}"


def _carrier(table: pd.DataFrame) -> str:
    """Return the family that carries the leak: the first whose interval reaches the best one."""
    best = table["ROC AUC"].max()
    return str(table["seen"][(table["ci_high"] >= best).to_numpy()].iloc[0])


def _twice(audit: Audit) -> list[Finding]:
    found, counts = [], audit.counts
    said = " ".join(audit.words.get("copies", []))
    split = " ".join(audit.words.get("split", []))
    if n := counts.get("copied into test", 0):
        step = "Take the proposed split, which keeps copies on one side."
        short = f"{n:,} tested images have an exact copy in training"
        found.append(Finding(Kind.COPIES, "split", short, f"{said} {split}", step))
    if n := counts.get("copies across label", 0):
        found.append(
            Finding(
                Kind.COPIES, "label", f"{n:,} images are there under two labels", said,
                "Find out which label is right, and leave the other copy out.",
            )
        )  # fmt: skip
    if (n := counts.get("straddling", 0)) and audit.material.roles.group:
        found.append(
            Finding(
                Kind.STRADDLING, "split",
                f"{n:,} groups lie on both sides of the given split", split,
                "Take the proposed split, and train again: accuracies so far may be memory.",
            )
        )  # fmt: skip
    return found


def _lost(audit: Audit) -> list[Finding]:
    images = audit.material.images
    if images is None or "levels are left" not in images.levels:
        return []
    return [
        Finding(
            Kind.LEVELS_LOST, "levels", "16-bit files fill a part of their range only",
            images.levels, "Audit again with the camera's depth, such as --bit-depth 12.",
        )
    ]  # fmt: skip


def _finding(kind: Kind, one: Tested) -> Finding:
    record = one.record
    return Finding(
        kind, one.where, f"{one.words} does worse than chance",
        f"{one.words}: {value(record)}. {' '.join(record['reasons'])}", record["next_step"],
    )  # fmt: skip


def _nothing(audit: Audit) -> Finding:
    controls = [one for one in audit.tested if one.where in ("pixels", "files", "table", "factor")]
    unsure = [one for one in controls if one.verdict == Kind.INCONCLUSIVE]
    if not controls:
        why = "; ".join(f"{one.words}: {one.why}" for one in audit.untested) or "no test was made."
        return Finding(
            Kind.INCONCLUSIVE, "all", "nothing could be tested", why,
            "Read what was assumed, and name the columns that are there.",
        )  # fmt: skip
    if unsure:
        probes = [one for one in unsure if one.where == "pixels"] or unsure
        first = max(probes, key=lambda one: one.record["ci_high"] - one.record["chance"])
        return Finding(
            Kind.INCONCLUSIVE, first.where,
            f"no leak was found, and {len(unsure)} of {len(controls)} tests could have missed one",
            f"{first.words}: {value(first.record)}. {' '.join(first.record['reasons'])}",
            first.record["next_step"],
        )  # fmt: skip
    return Finding(
        Kind.NO_LEAK_FOUND, "all", f"none of {len(controls)} tests names the label",
        f"The whole interval of each lies less than {100 * MARGIN:.0f} points above chance, and "
        "each found a leak of that size that was planted.",
        "Read below what this does not establish.",
    )  # fmt: skip


def shown(record: dict[str, Any], key: str = "estimate") -> str:
    """Return a value of a record: accuracies as percent, areas as they are."""
    return percent(record[key]) if "accuracy" in record["metric"] else f"{record[key]:.2f}"


def interval(record: dict[str, Any]) -> str:
    """Return the 95% interval of a record in words."""
    if not interval_given(record["metric"], record["ci_low"], record["ci_high"]):
        return "none"
    return f"{shown(record, 'ci_low')} to {shown(record, 'ci_high')}"


def value(record: dict[str, Any]) -> str:
    """Return a record's estimate, interval, chance and corrected p-value in words."""
    p = record["p_adjusted"]
    many = record.get("n_controls", "all")  # runs of older versions do not say
    corrected = "" if p is None else f", p = {p:.2g} corrected for {many} tests"
    return (
        f"{record['metric']} {shown(record)} (95% interval {interval(record)}; chance "
        f"{shown(record, 'chance')}{corrected})"
    )


def verdict_table(audit: Audit) -> pd.DataFrame:
    """Return all that was asked, a row a test: verdict, number, interval and next step."""
    rows = [
        {
            "asked of": _WHERE[one.where],
            "test": one.words,
            "learner": one.record["learner"],
            "verdict": one.verdict or "not a control",
            "metric": one.record["metric"],
            "found": shown(one.record),
            "95% interval": interval(one.record),
            "chance": shown(one.record, "chance"),
            "next step": one.record["next_step"],
        }
        for one in audit.tested
    ]
    rows += [
        {
            "asked of": _WHERE[one.where],
            "test": one.words,
            "learner": "none",
            "verdict": one.verdict or "not tested",
            "metric": "",
            "found": "",
            "95% interval": "",
            "chance": "",
            "next step": one.next_step or one.why,
        }
        for one in audit.untested
    ]
    order = {name: number for number, name in enumerate([*GRAVE, Verdict.VACUOUS])}
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    rank = table["verdict"].map(lambda one: order.get(one, len(order)))
    return table.iloc[rank.argsort(kind="stable")].reset_index(drop=True)


_WHERE = {
    "factor": "the design",
    "table": "the table",
    "files": "the files",
    "pixels": "without the subject",
    "whole images": "whole images",
    "predictions": "your predictions",
}


def summary(audit: Audit) -> dict[str, Any]:
    """Return what ``audit.json`` holds: the first line, the findings, counts, what was assumed."""
    found = findings(audit)
    return {
        "schema": 1,
        "first_line": headline(found),
        "findings": [asdict(one) for one in found],
        "counts": audit.counts,
        "notes": audit.material.notes,
        "roles": asdict(audit.material.roles),
        "untested": [
            {"where": one.where, "test": one.words, "verdict": one.verdict, "why": one.why}
            for one in audit.untested
        ],
    }

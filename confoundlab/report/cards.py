"""Results as a reader wants them: a small table with a badge a row, and one plain sentence.

What a verdict rests on (its reasons, p-values, numbers of groups and nets) is folded below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from confoundlab.design.aliasing import Identifiability, Status
from confoundlab.errors import InputError
from confoundlab.escape import terminal
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Verdict
from confoundlab.report.sentences import _p_values, interval, percent, shown

Record = Mapping[str, Any]

# Each verdict has a sign beside its colour (book.css, webpage.py), for those who see no colours.
_SIGNS = {
    Verdict.LEAK: "▲",
    Verdict.NO_LEAK_FOUND: "✓",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_IDENTIFIABLE: "≡",
    Verdict.VACUOUS: "∅",
    Verdict.INVERTED: "▼",
}
_IN_SHORT = {
    Verdict.LEAK: "the view is to hide the subject, so something else gives the class away",
    Verdict.NO_LEAK_FOUND: "no more than chance, and a leak that matters would have been found",
    Verdict.INCONCLUSIVE: "these data do not decide it",
    Verdict.NOT_IDENTIFIABLE: "how much of that is the subject, and how much its session, cannot "
    "be told from these data",
    Verdict.VACUOUS: "the control proves nothing",
    Verdict.INVERTED: "less often than by chance, so something is wrong with the design",
}


# What a table of classes and levels of a factor allows, in a sentence that names no class.
_ALLOWS: dict[Status, str] = {
    "constant": "All images share one {0}, so that it cannot explain anything here.",
    "aliased": "Each class has one {0} of its own, so that no test on these data can tell the "
    "class from its {0}.",
    "nested": "Each {0} holds one class only, so that classes can be compared only with each {0} "
    "as a whole.",
    "partly aliased": "Some classes share no {0} with others, so that no test on these data can "
    "tell these classes from their {0}.",
    "connected": "Not every class was imaged in every {0}, yet every two can be compared.",
    "crossed": "Every class was imaged in every {0}, so that the two can be told apart.",
}


def badge(verdict: str | None) -> str:
    """Return a verdict as HTML: its word, a sign and a colour; of no control, plain words."""
    if not verdict:
        return '<span class="verdict">not a control</span>'
    name = verdict.lower().replace(" ", "-")
    return f'<span class="verdict verdict-{name}">{_SIGNS[Verdict(verdict)]} {verdict}</span>'


def right(record: Record) -> str:
    """Return what was found, in words: ``36.9% named right``, ``ROC AUC 0.81``."""
    value = shown(dict(record))
    return f"{value} named right" if record["metric"] == "accuracy" else _metric(record, value)


def _metric(record: Record, value: str) -> str:
    return f"{record['metric']} {value}"


def in_short(name: str, record: Record) -> str:
    """Return one result as a plain sentence, in HTML.

    Parameters
    ----------
    name : str
        What was asked, as the sentence begins: ``The object, from the crop alone``.
    record : mapping
        Of ``results.json``.
    """
    found = f"{right(record)} (chance {shown(dict(record), 'chance')})"
    why = _IN_SHORT.get(record["verdict"], "")
    return f"{_text(name)}: <strong>{found}</strong>{f'; {why}' if why else ''}."


def card(rows: Mapping[str, Record]) -> str:
    """Return results side by side as HTML: a row each, and their reasons folded below.

    Parameters
    ----------
    rows : mapping of str to record
        What each is called to what was found.
    """
    metrics = sorted({str(record["metric"]) for record in rows.values()})
    alone = len(metrics) == 1
    head = [metrics[0] if alone else "found", "95% interval", "chance", "p, corrected", "verdict"]
    lines = [
        "<tr>"
        f'<th scope="row">{_text(_capital(name))}</th>'
        f"<td>{shown(dict(one)) if alone else _metric(one, shown(dict(one)))}</td>"
        f"<td>{interval(dict(one))}</td><td>{shown(dict(one), 'chance')}</td>"
        f"<td>{_corrected(one)}</td><td>{badge(one['verdict'])}</td></tr>"
        for name, one in rows.items()
    ]
    return _folded(_table(["", *head], lines), "Why, and how sure", _whys(rows))


def plain_card(first: str, rows: Mapping[str, Evidence]) -> str:
    """Return results that have no verdict of their own as HTML; what they rest on is folded.

    Parameters
    ----------
    first : str
        What the first column names.
    rows : mapping of str to Evidence
        What each was measured from, all with one metric.

    Raises
    ------
    InputError
        Metrics that differ.
    """
    records = {name: vars(one) for name, one in rows.items()}
    metrics = {one["metric"] for one in records.values()}
    if len(metrics) != 1:
        raise InputError(f"One table shows one metric, not {len(metrics)}: {sorted(metrics)}.")
    head = [first, *metrics, "95% interval", "chance", "p"]
    lines = [
        f'<tr><th scope="row">{_text(name)}</th><td>{shown(one)}</td><td>{interval(one)}</td>'
        f"<td>{shown(one, 'chance')}</td><td>{one['p_value']:.2g}</td></tr>"
        for name, one in records.items()
    ]
    whole = [f"<strong>{_text(name)}</strong>: {_text(str(one))}." for name, one in rows.items()]
    return _folded(_table(head, lines), "In full", whole)


def _table(head: Sequence[str], lines: Sequence[str]) -> str:
    cells = "".join(f'<th scope="col">{_text(one)}</th>' for one in head)
    return (
        f'<table class="table"><thead><tr>{cells}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table>"
    )


def _folded(shown: str, summary: str, folded: Sequence[str]) -> str:
    """Return a card: what is seen at once, and items that open below it."""
    items = "".join(f"<li>{one}</li>" for one in folded)
    return (
        f'<div class="evidence-card tex2jax_ignore mathjax_ignore">{shown}'
        f"<details><summary>{summary}</summary><ul>{items}</ul></details></div>"
    )


def answer(rows: Mapping[str, Record]) -> str:
    """Return the sentences that a page opens with, in HTML: its answer before its question."""
    said = "".join(
        f"<p>{badge(one['verdict'])} {in_short(name, one)}</p>" for name, one in rows.items()
    )
    return f'<div class="answer tex2jax_ignore mathjax_ignore">{said}</div>'


def design_card(found: Identifiability) -> str:
    """Return what a label-by-factor table allows as HTML: a sentence, and all of it folded."""
    said = f"<p>Before any pixel is read: {_text(_ALLOWS[found.status].format(found.factor))}</p>"
    return _folded(said, "In full", [_text(one) for one in found.words()])


def _corrected(record: Record) -> str:
    """Return the corrected p-value; of what is no control, none was corrected."""
    p = record["p_adjusted"]
    return "–" if p is None else f"{p:.2g}"


def _whys(rows: Mapping[str, Record]) -> list[str]:
    """Return the reasons of verdicts in HTML; what several rows share is said once."""
    by_reason: dict[str, list[str]] = {}
    for name, one in rows.items():
        by_reason.setdefault(" ".join(one["reasons"]), []).append(_rests(name, one))
    return [f"{', '.join(who)}: {_text(why)}" for why, who in by_reason.items()]


def _rests(name: str, record: Record) -> str:
    """Return a row's name, and what its numbers rest on, in HTML."""
    repeats, dead = record["n_repeats"], record.get("n_dead", 0)
    rests = [f"{record['n_groups']:,} groups", f"{record['n_images']:,} images"]
    if repeats > 1:
        spread = f", standard deviation between them {percent(record['repeat_sd'])}"
        rests.append(f"{repeats} repeats{spread}")
    if dead:
        rests.append(f"{record['n_fits'] - dead} of {record['n_fits']} nets learned")
    told = "; ".join([_p_values(dict(record)), *rests])
    return f"<strong>{_text(_capital(name))}</strong> ({told})"


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _text(words: str) -> str:
    return escape(terminal(words.replace("\n", " "), keep=""))

"""A sweep as one page: a curve a parameter, and a table of all runs; HTML without network."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from functools import partial
from html import escape
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from confoundlab.escape import terminal
from confoundlab.plotting import sweeps
from confoundlab.storage.files import write_aside
from confoundlab.sweeping.table import TABLE, digest, varying
from confoundlab.sweeping.units import Unit

PAGE = "sweep.html"
_STYLE = """body { max-width: 60rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 sans-serif; }
img { max-width: 100%; height: auto; } figure { margin: 1rem 0; }
.scrolls { overflow-x: auto; } table { border-collapse: collapse; font-size: 0.85rem; }
th, td { text-align: left; padding: 0.2rem 0.6rem; border-bottom: 1px solid #ccc; }"""
_CAPTION = (
    "A mark a run, with its 95% interval from resampled groups; lines join the means of runs that "
    "share a value. Dashed: chance."
)


def write_page(
    units: Sequence[Unit], table: pd.DataFrame, out: Path, command: str, problems: dict[str, str]
) -> Path:
    """Write what a sweep found; return the path of the page.

    Parameters
    ----------
    units : sequence of Unit
        All that were planned.
    table : DataFrame
        Of `table.merged`.
    out : Path
        Folder of the sweep.
    command : str
        That makes it again, or goes on with it.
    problems : dict of str to str
        Of runs that failed: key to what they said.
    """
    done = table["run"].nunique()
    parts = [
        f"<h1>Sweep of {_text(units[0].study)}</h1>",
        f"<p>{done:,} of {len(units):,} runs are here. Each is a row of evidence or more in "
        f"<code>{TABLE}</code>, {_text(digest(table)[:23])}…</p>",
        f"<pre>{_text(command)}</pre>",
    ]
    if len(table):
        parts += [_figure(table, name) for name in varying(units)]
        parts.append(_numbers(table))
    if problems:
        told = "".join(f"<li>{_text(key)}: {_text(why)}</li>" for key, why in problems.items())
        parts.append(f"<h2>Runs that failed</h2><ul>{told}</ul>")
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<title>Sweep of {_text(units[0].study)}</title><style>{_STYLE}</style></head>"
        f"<body>{''.join(parts)}</body></html>"
    )
    return write_aside(out / PAGE, partial(Path.write_text, data=text, encoding="utf-8"))


def _figure(table: pd.DataFrame, name: str) -> str:
    drawn = sweeps.curves(table, name)
    kept = io.BytesIO()
    drawn.savefig(kept, dpi=110, bbox_inches="tight")
    plt.close(drawn)
    inside = base64.b64encode(kept.getvalue()).decode("ascii")
    alt = f"Accuracy with intervals against {name}, a line a question, beside chance."
    return (
        f"<h2>{_text(name)}</h2><figure>"
        f'<img alt="{_text(alt)}" src="data:image/png;base64,{inside}">'
        f"<figcaption>{_CAPTION}</figcaption></figure>"
    )


def _numbers(table: pd.DataFrame) -> str:
    shown = table.assign(asked=table.apply(sweeps.question, axis=1))
    shown = shown[shown["asked"].isin(sweeps.lead(table))]
    varied = [str(name) for name in table if str(name).startswith("parameter:")]
    head = [*(one.removeprefix("parameter:") for one in varied), "view", "split", "learner",
            "metric", "found", "95% interval", "chance", "verdict"]  # fmt: skip
    lines = []
    for _, one in shown.iterrows():
        cells = [*(str(one[name]) for name in varied), one["view"], one["split"], one["learner"],
                 one["metric"], f"{one['estimate']:.3f}",
                 f"{one['ci_low']:.3f} to {one['ci_high']:.3f}", f"{one['chance']:.3f}",
                 one["verdict"] or "–"]  # fmt: skip
        lines.append("<tr>" + "".join(f"<td>{_text(str(cell))}</td>" for cell in cells) + "</tr>")
    top = "".join(f'<th scope="col">{_text(one)}</th>' for one in head)
    return (
        '<h2>Numbers</h2><div class="scrolls"><table>'
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def _text(words: str) -> str:
    return escape(terminal(words, keep="\n"))

"""Words and tables of the page on other tools, from the stored table of `benchmarks/rivals.py`.

Serves the claim that tests which know the patients call what they promise to call: other auditors
are asked on the same draws, through their documented entry points. What a tool was not told is
said beside its rates, since a test cannot allow for what it does not know.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from confoundlab.errors import InputError
from confoundlab.escape import markdown
from confoundlab.inference.power import ALPHA

COLUMNS = ("tool", "version", "told", "question", "design", "truth", "draws", "called", "low",
           "high")  # fmt: skip
NULL, LEAK = "no leak", "leak"
_PATIENTS = "patients"
_TAKES_NONE = f"takes no {_PATIENTS}"
_NO_TEST = ("cleanlab, Datalab",)  # a score with a threshold: it promises no share of false alarms


def read(path: Path) -> pd.DataFrame:
    """Read the stored table.

    Returns
    -------
    DataFrame
        A row a tool, design and truth: its `COLUMNS`, and ``share`` of draws that were called.

    Raises
    ------
    InputError
        It is missing or empty, lacks columns, or has a truth or counts that cannot be.
    """
    if not path.is_file():
        raise InputError(f"There are no results of other tools at {path}. Make them: make rivals.")
    table = pd.read_csv(path, dtype={"version": str})
    if missing := set(COLUMNS) - set(table):
        raise InputError(f"{path} lacks the column(s) {', '.join(sorted(missing))}.")
    odd = sorted(set(table["truth"].astype(str)) - {NULL, LEAK})
    counts = table["called"].between(0, table["draws"]) & (table["draws"] > 0)
    if table.empty or odd or not counts.all():
        why = f"truths {', '.join(odd)}" if odd else "no rows, or counts that cannot be"
        raise InputError(f"{path} has {why}. Make it again: make rivals.")
    return table.assign(share=table["called"] / table["draws"])


def tools(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a tool: its version, what it was asked, and what it was and was not told."""
    rows = []
    for (name, version), own in table.groupby(["tool", "version"], sort=False):
        told = str(own["told"].iloc[0])
        grouped = own["design"].map(_has_patients).any()
        rows.append(
            {
                "tool": name,
                "version": version,
                "asked": own["question"].iloc[0],
                "told": told.partition(" (")[0],
                "not told": _not_told(told) if grouped else "",
                "draws of a design": " or ".join(f"{n:,}" for n in sorted(own["draws"].unique())),
            }
        )
    return pd.DataFrame(rows)


def rates(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a tool and design: false alarms and leaks found, with exact 95% intervals.

    A dash stands where a design was not tried.
    """
    rows = []
    keys = ["question", "design", "tool", "version"]
    for _, own in table.groupby(keys, sort=False):
        row = {key: own[key].iloc[0] for key in keys[1:3]}
        for truth, words in ((NULL, "false alarms"), (LEAK, "leaks found")):
            some = own[own["truth"] == truth]
            row[words] = _rate(some.iloc[-1]) if len(some) else "–"
        rows.append(row)
    return pd.DataFrame(rows)


def found(table: pd.DataFrame) -> str:
    """Return in Markdown what the table shows, with what the tools were not told."""
    every = table[table["truth"] == NULL]
    promises = ~every["tool"].isin(_NO_TEST)
    nulls = every[promises]
    grouped = nulls["design"].map(_has_patients)
    knows = nulls["told"].map(_was_told)
    lines = [
        _level("Independent images", nulls[~grouped], "every tool there"),
        _level(
            "Several images a patient, told the patients",
            nulls[grouped & knows],
            "every tool that was told them",
        ),
        _level(
            "Several images a patient, not told them",
            nulls[grouped & ~knows],
            "every tool that was not told them",
        ),
    ]
    if (grouped & ~knows).any():
        deaf = sorted(nulls.loc[grouped & nulls["told"].str.contains(_TAKES_NONE), "tool"].unique())
        names = " and ".join(markdown(name) for name in deaf)
        lines.append(
            "- **In fairness.** A test that was not told which images are near copies counts them "
            "as independent. What it then calls too often is no fault of its mathematics; it says "
            "what happens when such a test is asked about such data."
            + (f" {names} {'take' if len(deaf) > 1 else 'takes'} no patients." if deaf else "")
        )
    for name, own in every[~promises].groupby("tool", sort=False):
        called = _range(own["share"].min(), own["share"].max())
        lines.append(
            f"- **{markdown(str(name))}** gives a score and no p-value, so it promises no "
            f"{ALPHA:.0%}: it called {called} of the draws without a leak."
        )
    leaks = table[table["truth"] == LEAK]
    if len(leaks):
        own = leaks.groupby("tool", sort=False)["share"].agg(["min", "max"])
        each = "; ".join(
            f"{markdown(str(name))} {_range(row['min'], row['max'])}"
            for name, row in own.iterrows()
        )
        lines.append(
            f"- **Planted leaks found.** {each}. What a tool finds counts only on designs where it "
            "raises no more false alarms than it promises."
        )
    return "\n".join(line for line in lines if line)


def _level(name: str, own: pd.DataFrame, who: str) -> str:
    """Say whether tools hold their level on some designs; nothing where there are none."""
    if own.empty:
        return ""
    above = own[own["low"] > ALPHA]
    rates_of = f"{_range(own['share'].min(), own['share'].max())} of the draws without a leak"
    if above.empty:
        return f"- **{name}.** {rates_of} were called: {who} holds {ALPHA:.0%}."
    worst = "; ".join(
        f"{markdown(str(row['tool']))} on {markdown(str(row['design']))} {_rate(row)}"
        for _, row in above.sort_values("share", ascending=False).iterrows()
    )
    return (
        f"- **{name}.** {rates_of} were called. Above {ALPHA:.0%} with the whole interval, "
        f"{len(above)} of {len(own)}: {worst}."
    )


def _has_patients(design: str) -> bool:
    return _PATIENTS in design


def _was_told(told: str) -> bool:
    return _PATIENTS in told and _TAKES_NONE not in told


def _not_told(told: str) -> str:
    if _was_told(told):
        return ""
    return f"{_PATIENTS}; it takes none" if _TAKES_NONE in told else _PATIENTS


def _rate(row: pd.Series[float]) -> str:
    return f"{row['share']:.1%} ({100 * row['low']:.1f}–{100 * row['high']:.1f})"


def _range(low: float, high: float) -> str:
    return f"{low:.1%}" if f"{low:.1%}" == f"{high:.1%}" else f"{low:.1%} to {high:.1%}"

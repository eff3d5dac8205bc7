"""Words and tables of stored sweeps: how far a finding moves with one setting of its study.

Serves the claim that no finding of the book hangs on a number that somebody happened to choose.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from confoundlab.errors import InputError
from confoundlab.plotting.sweeps import lead, question
from confoundlab.report.sentences import percent

_NEEDED = ("view", "split", "learner", "metric", "estimate", "ci_low", "ci_high", "chance",
           "p_adjusted", "state")  # fmt: skip


def read(path: Path, name: str) -> pd.DataFrame:
    """Read the table of a sweep over one parameter (`sweeping.table.merged`).

    Raises
    ------
    InputError
        It is missing, empty or not of that parameter; its evidence is not of accuracies alone.
    """
    again = "Make it again: make sweeps."
    if not path.is_file():
        raise InputError(f"There is no stored sweep at {path}. Make it: make sweeps.")
    table = pd.read_csv(path)
    if missing := {*_NEEDED, f"parameter:{name}"} - set(table):
        raise InputError(f"{path} lacks the column(s) {', '.join(sorted(missing))}. {again}")
    table = table[table["metric"] == "accuracy"]
    if table.empty:
        raise InputError(f"{path} has no accuracies. {again}")
    return table


def moved(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a row a question: what was found at each value, with its 95% interval.

    Parameters
    ----------
    table : DataFrame
        Of `read`.
    name : str
        The parameter.

    Returns
    -------
    DataFrame
        ``asked``, and a column a value of the parameter.
    """
    column = f"parameter:{name}"
    asked = table.assign(asked=table.apply(question, axis=1))
    rows = []
    for words in lead(table):
        own = asked[asked["asked"] == words].drop_duplicates(column)
        shown = {
            f"{name} {one[column]}": f"{percent(one['estimate'])} "
            f"({100 * one['ci_low']:.1f}–{100 * one['ci_high']:.1f})"
            for _, one in own.iterrows()
        }
        rows.append({"asked": words} | shown)
    return pd.DataFrame(rows).fillna("–")


def words(table: pd.DataFrame, name: str) -> str:
    """Return in words how far the first question of a sweep moves, and how often it leaks."""
    column = f"parameter:{name}"
    asked = table.assign(asked=table.apply(question, axis=1))
    first = lead(table)[0]
    own = asked[asked["asked"] == first].drop_duplicates(column).sort_values("estimate")
    low, high = own.iloc[0], own.iloc[-1]
    above = int((own["ci_low"] > own["chance"]).sum())
    return (
        f"Asked with “{first}”, nets named {percent(low['estimate'])} right at {name} "
        f"{low[column]} and {percent(high['estimate'])} at {high[column]}, where chance is "
        f"{percent(own['chance'].mean())}. The interval lay above chance in {above} of {len(own)} "
        "runs."
    )

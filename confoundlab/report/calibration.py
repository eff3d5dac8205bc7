"""Words and tables of the calibration page, from the stored table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binom, binomtest

from confoundlab.calibration.designs import DIFFERENCES, FACTORS, PROBES
from confoundlab.errors import InputError
from confoundlab.inference.power import ALPHA, METRICS, POWER
from confoundlab.plotting.evidence import latest_nulls
from confoundlab.storage.versions import computed_by

_FIRST = "statistics 1"  # of tables that do not say
_LEAST = 1e-6  # smaller p-values are not told apart
_BAND = (0.93, 0.97)  # of coverage
_FEW = 10  # groups
# The interval that each metric gets unless another is asked for.
_USUAL = (
    dict.fromkeys((*METRICS, *PROBES), "logit")
    | dict.fromkeys(DIFFERENCES, "t")
    | dict.fromkeys(FACTORS, "percentile")
)


def read(path: Path) -> pd.DataFrame:
    """Read the stored calibration.

    Raises
    ------
    InputError
        It is missing, or lacks columns.
    """
    if not path.is_file():
        raise InputError(f"There is no calibration at {path}. Make it: make calibration.")
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])  # "null" is a kind of row
    missing = {"kind", "test", "replicates", "rejected", "inside"} - set(table)
    if missing:
        raise InputError(f"{path} lacks the column(s) {', '.join(sorted(missing))}.")
    table["layout"] = table["layout"].fillna("none")
    return table.fillna({"sizes": "equal"}) if "sizes" in table else table.assign(sizes="equal")


def measured_by(table: pd.DataFrame) -> str:
    """Return by which version a stored calibration, or its oldest row, was made: "statistics 2"."""
    if "computed_by" not in table:
        return _FIRST
    return str(min(table["computed_by"].unique(), key=lambda words: int(words.split()[-1])))


def standing(table: pd.DataFrame) -> str:
    """Say in Markdown whether today's tests are the ones that were measured."""
    now, then = computed_by("statistics"), measured_by(table)
    if now == then:
        return f"Measured with today's tests ({now})."
    return (
        f"**Measured before the tests were last changed ({then}; today's are {now}).** "
        "`make calibration` measures them again."
    )


def alarms(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a test: designs, mean and highest rate, how many are too high, LEAK verdicts."""
    rows = []
    for name, own in latest_nulls(table).groupby("test", sort=True):
        worst = own.sort_values("rejected").iloc[-1]
        leaks = own["leak_verdicts"].dropna()
        uniform = min(1.0, own["uniform_p"].min() * len(own))
        rows.append(
            {
                "test": name,
                "designs": len(own),
                "draws": f"{int(own['replicates'].sum()):,}",
                "mean rate": f"{own['rejected'].mean():.1%}",
                "highest": f"{worst['rejected']:.1%} ({100 * worst['rejected_low']:.1f}–"
                f"{100 * worst['rejected_high']:.1f})",
                f"above {ALPHA:.0%}": str(int((own["rejected_low"] > ALPHA).sum())),
                "LEAK, highest": f"{leaks.max():.1%}" if len(leaks) else "–",
                "uniform, p": f"{uniform:.2g}" if uniform >= _LEAST else f"< {_LEAST:.0e}",
            }
        )
    return pd.DataFrame(rows)


def designs(table: pd.DataFrame) -> str:
    """Say what the designs without a leak range over."""
    own = latest_nulls(table)
    draws = own["replicates"] + own["refused"]
    mixed = " In some, a group holds several labels." if "mixed" in set(own["layout"]) else ""
    return (
        f"{own['n_images'].min():,.0f} to {own['n_images'].max():,.0f} images, "
        f"{own['classes'].min():.0f} to {own['classes'].max():.0f} classes, groups of up to "
        f"{own['images_per_group'].max():.0f} near copies, up to {own['majority'].max():.0%} of "
        f"the images in one class, {own.loc[own['n_batches'] > 1, 'n_batches'].min():.0f} to "
        f"{own['n_batches'].max():.0f} batches that are crossed with the classes, nested in them, "
        f"or lean on them.{mixed} Each was drawn {draws.min():,.0f} times or more."
    )


def second_runs(table: pd.DataFrame) -> str:
    """Return what became of designs whose rate lay above 5 % in the first run, in Markdown."""
    first = table[(table["kind"] == "null") & ~table["test"].str.startswith("WRONG")]
    high = int((first["rejected_low"] > ALPHA).sum())
    again = table[table["kind"] == "null, again"]
    last = latest_nulls(table)
    still = last[(last["rejected_low"] > ALPHA) & ~last["test"].str.startswith("WRONG")]
    tests = ", ".join(sorted(still["test"].unique()))
    left = f"{len(still)} stayed above (tests: {tests})" if tests else "none stayed above"
    sizes = sorted(again["replicates"].round(-2).unique())
    draws = " and ".join(f"{size:,.0f}" for size in sizes) or "no"
    return (
        f"Of {len(first)} tests and designs, {high} lay above {ALPHA:.0%} with their whole "
        f"interval in the first run; about {0.025 * len(first):.0f} would by luck alone, were "
        f"every test exact. They were run again on {draws} fresh draws, for as long as they did; "
        f"{left}."
    )


def found(table: pd.DataFrame, trials: pd.DataFrame) -> str:
    """Return in Markdown what the calibration found, in short.

    Parameters
    ----------
    table : DataFrame
        As stored, of `read`.
    trials : DataFrame
        Rows of `plates.planted`.
    """
    nulls = latest_nulls(table)
    wrong = nulls["test"].str.startswith("WRONG")
    rates = nulls[~wrong].groupby("test")["rejected"].mean()
    ignored = nulls.loc[nulls["test"] == "WRONG: groups ignored", "rejected"].mean()
    logit = table[
        (table["kind"] == "coverage")
        & (table["method"] == "logit")
        & (table["sizes"] == "equal")
        & table["metric"].isin(METRICS)
    ]
    inside = logit.groupby("n_groups")["inside"].agg(["min", "max"])
    held = [f"{row['min']:.0%} to {row['max']:.0%}" for _, row in inside.iloc[[0, -1]].iterrows()]
    called = trials["p_value"] <= ALPHA
    strength = trials["strength"]
    return (
        f"- **False alarms.** On average over its designs, each test called {rates.min():.1%} to "
        f"{rates.max():.1%} of the draws without a leak; near copies counted one by one, "
        f"{ignored:.1%}.\n"
        f"- **Intervals.** Those of shares and areas (logit) held the truth in {held[0]} of the "
        f"draws of {inside.index[0]:.0f} groups, and in {held[1]} of those of "
        f"{inside.index[-1]:.0f}.\n"
        f"- **Plates.** With the dial at zero, {called[strength == 0].mean():.0%} of the answers "
        f"were called significant; with the dial turned up, "
        f"{called[strength == strength.max()].mean():.0%}."
    )


def covered(table: pd.DataFrame) -> pd.DataFrame:
    """Return the range of coverage over truths, by metric, method, sizes and number of groups.

    Numbers of groups rise from left to right. A dash stands where one was not tried, and "none"
    where no interval was given. Probes have a table of their own, `covered_probes`.
    """
    own = table[(table["kind"] == "coverage") & (table["images_per_group"] > 1)]
    own = own[~own["metric"].isin(PROBES)]
    rows = []
    for key, part in own.groupby(["metric", "method", "sizes"], sort=True):
        row = dict(zip(("metric", "interval", "sizes"), key, strict=True))
        for groups in sorted(own["n_groups"].unique()):
            inside = part.loc[part["n_groups"] == groups, "inside"]
            tried = _range(inside) if inside.notna().any() else "none"
            row[f"{groups:.0f} groups"] = tried if len(inside) else "–"
        rows.append(row)
    return pd.DataFrame(rows)


def detectable(table: pd.DataFrame) -> pd.DataFrame:
    """Return, for each power curve, the value found four times in five, stated and measured."""
    rows = []
    power = table[table["kind"] == "power"]
    keys = ["n_images", "images_per_group", "majority", "test"]
    for _, own in power.groupby(keys, sort=True):
        own = own.sort_values("leak")
        if own["leak"].iloc[0] > 0:  # tried at a few strengths only
            continue
        n, m, majority, test = own[keys].iloc[0]
        measured = reached(own, "rejected")
        rows.append(
            {
                "images": f"{n:.0f}" + (f" in groups of {m:.0f}" if m > 1 else ""),
                "commonest class": f"{majority or 0.5:.0%}",
                "test": test,
                "stated": f"{own['mean_minimum_detectable'].iloc[0]:.3f}",
                "measured": "not reached" if np.isnan(measured) else f"{measured:.3f}",
            }
        )
    return pd.DataFrame(rows)


def reached(own: pd.DataFrame, column: str) -> float:
    """Return the mean estimate at which a rising curve reaches the power; NaN if it does not."""
    found = np.maximum.accumulate(own[column].to_numpy())
    return float(np.interp(POWER, found, own["mean_estimate"])) if found[-1] >= POWER else np.nan


def covered_probes(table: pd.DataFrame) -> pd.DataFrame:
    """Return the coverage of intervals of probes: a row a design, the range over its leaks."""
    own = table[(table["kind"] == "coverage") & table["metric"].isin(PROBES)]
    own = own.dropna(subset=["leak"]) if "leak" in own else own[:0]
    rows = []
    sizes = ["metric", "n_groups", "images_per_group", "classes"]
    for _, part in own.groupby(sizes, sort=True):
        metric, groups, each, classes = part[sizes].iloc[0]
        rows.append(
            {
                "metric": metric.removesuffix(" of a probe"),
                "images": f"{groups * each:.0f}"
                + (f" in groups of {each:.0f}" if each > 1 else ""),
                "classes": f"{classes:.0f}",
                "leaks tried": str(len(part)),
                "interval holds the truth": _range(part["inside"]),
            }
        )
    return pd.DataFrame(
        rows, columns=["metric", "images", "classes", "leaks tried", "interval holds the truth"]
    )


def _range(shares: pd.Series[Any]) -> str:
    """Return the least and the greatest share in per cent, once where they are one."""
    least, greatest = (f"{100 * share:.0f}" for share in (shares.min(), shares.max()))
    return f"{least}%" if least == greatest else f"{least}–{greatest}%"


def outside(table: pd.DataFrame) -> str:
    """Say in Markdown which usual intervals are too long or too short, beside what is possible."""
    usual = table[table["kind"] == "coverage"]
    usual = usual[usual["method"] == usual["metric"].map(_USUAL)]
    own = usual[usual["inside"].notna()]
    low, high = _BAND
    short, long = own[own["inside"] < low], own[own["inside"] > high]
    few = int(own["n_groups"].min())
    truths = sorted(own.loc[own["n_groups"] == few, "truth"].unique())
    exact = ", ".join(f"{truth:g} in {_exactly(few, truth):.1%}" for truth in truths)
    least = f" ({short['inside'].min():.1%} at the least)" if len(short) else ""
    surely = short[short["inside_high"] < low], long[long["inside_low"] > high]
    small = int((surely[1]["n_groups"] <= _FEW).sum())
    return (
        f"Of {len(own)} designs, the usual interval held the truth in {low:.0%} to {high:.0%} of "
        f"the draws in {len(own) - len(short) - len(long)}, seldomer in {len(short)}{least}, and "
        f"oftener in {len(long)}. By more than so few draws can err, it is too short in "
        f"{len(surely[0])} and too long in {len(surely[1])}, of which {small} have {_FEW} groups "
        f"or fewer. In {len(usual) - len(own)} more, with most images in one group, none is given. "
        f"Some of that cannot be mended: a share of {few} answers takes {few + 1} values, and even "
        f"the exact interval of Clopper and Pearson holds the truth {exact} of the draws. An "
        "interval that is too long hides a leak; it never makes one."
    )


def _exactly(n: int, truth: float) -> float:
    """Return how often the exact binomial interval of n answers holds a share."""
    hits = np.arange(n + 1)
    ends = [binomtest(k, n).proportion_ci(method="exact") for k in hits.tolist()]
    holds = [one.low <= truth <= one.high for one in ends]
    return float(binom.pmf(hits, n, truth)[holds].sum())

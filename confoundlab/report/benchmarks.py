"""Words and tables of the stored benchmarks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def _times(ratio: dict[str, Any]) -> str:
    low, high = ratio["quartiles"]
    return f"{ratio['median']:.1f} ({low:.1f}–{high:.1f})"


def engine_table(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return the stored benchmark of LeNet engines: images a second and ratios with quartiles."""
    rivals = ("files, cropped as read", "files of crops", "plain PyTorch")
    lines = []
    for row in rows:
        line = {"input": row["input"], "classes": row["classes"]}
        line |= {f"{name}, images/s": f"{row[name]:,.0f}" if name in row else "" for name in rivals}
        line |= {"ours, images/s": f"{row['ours']:,.0f}"}
        line |= {
            f"times {name}": _times(row[f"over {name}"]) if name in row else "" for name in rivals
        }
        lines.append(line | {"of sgemm": f"{row['share of sgemm']:.0%}"})
    return pd.DataFrame(lines)


def probe_table(row: dict[str, Any]) -> pd.DataFrame:
    """Return the stored benchmark of the probe's null: seconds for 1,000 permutations."""
    names = [name for name in row if name.startswith(("scikit-learn", "ours"))]
    return pd.DataFrame(
        [
            {
                "how": name,
                "seconds for 1,000 permutations": f"{1001 / row[name]:,.2f}",
                "times ours": _times(row[f"over {name}"]) if f"over {name}" in row else "",
                "": "extrapolated" if name.startswith("scikit-learn") else "measured",
            }
            for name in names
        ]
    )


def benchmark_words(stored: dict[str, Any]) -> str:
    """Return what the tables do not show of the stored benchmarks, in Markdown."""
    versions = ", ".join(f"{name} {version}" for name, version in stored["versions"].items())
    lines = [
        f"- Two cores do {_times(stored['two cores']['over one core'])} times what one does.",
        f"- sgemm: {stored['sgemm'] / 1e9:,.0f} GFLOP/s on one core; "
        f"{stored['rounds']} rounds; {stored['machine']}; {versions}.",
    ]
    if (same := stored.get("same science")) is not None:
        low, high = same["95% interval"]
        gap = round(100 * same["mean difference"], 2) + 0.0  # no minus before a zero
        lines.append(
            f"- The engines do the same science: on the real COIL-20 crops, {same['seeds']} seeds "
            f"and {same['epochs']} epochs, the paired difference in accuracy is "
            f"{gap:.2f} points (95% interval {100 * low:.2f} to "
            f"{100 * high:.2f}; data `{same['data'][:23]}…`)."
        )
    return "\n".join(lines)


def scale_table(sizes: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return how reading files grows with their number: a line a tree, files a second and more."""
    lines = []
    for row in sizes:
        eight = row["ours"] / row["ours, eight views"]
        lines.append(
            {
                "files": f"{row['images']:,}",
                "bare loop, files/s": f"{row['bare loop']:,.0f}",
                "ImageFolder, files/s": f"{row['ImageFolder and DataLoader']:,.0f}",
                "ours, whole images": f"{row['ours, whole images']:,.0f}",
                "ours, a crop": f"{row['ours']:,.0f}",
                "of the bare loop": f"{row['over bare loop']['median']:.0%}",
                "eight views over one": f"{eight:.2f}",
                "again, s": f"{row['rerun, seconds']:,.1f}",
                "copies, s": f"{row['copies, seconds']:,.2f}",
                "imagededup, s": _both(row.get("imagededup")),
                "peak, MB": f"{row['memory']['peak MB']:,.0f}",
            }
        )
    return pd.DataFrame(lines)


def _both(rival: dict[str, Any] | None) -> str:
    if not rival:
        return ""
    return f"{rival['hashes, seconds']:,.1f} + {rival['copies, seconds']:,.1f}"


def scale_words(stored: dict[str, Any]) -> str:
    """Return what the table of growth does not show, in Markdown: ten million on paper, too."""
    last, near = stored["sizes"][-1], stored["near"]
    spent = last["ms of a core a file"]
    hours = 1e7 / last["ours"] / 3600
    lines = [
        f"- A file takes {spent['ours']:.1f} ms of a core with one crop, "
        f"{spent['ours, whole images']:.1f} resized whole, as `ImageFolder` does here, and "
        f"{spent['ours, eight views']:.1f} with eight views; {spent['bare loop']:.1f} in the bare "
        "loop, which keeps nothing.",
        f"- On paper: ten million such files are {hours:,.0f} hours on this machine. What bounds "
        f"them is decoding: {spent['bare loop'] / spent['ours']:.0%} of the cores' time.",
        f"- Near copies among {near['hashes']:,} hashes: {near['seconds']:.1f} s. All with all in "
        f"NumPy would take {near['all with all in NumPy, seconds, extrapolated'] / 60:,.0f} "
        "minutes (extrapolated).",
    ]
    if len(stored["sizes"]) > 1:
        first = stored["sizes"][-2]
        more = (last["memory"]["peak MB"] - first["memory"]["peak MB"]) * 1e3
        each = more / (last["images"] - first["images"])
        lines.append(
            f"- From {first['images']:,} to {last['images']:,} files the peak of memory grows by "
            f"{each:.2f} kB an image."
        )
    if "statistics" in stored:
        found = stored["statistics"]
        told = [
            f"{name} {found[name]['seconds']:,.0f} s ({found[name]['peak MB']:,.0f} MB)"
            for name in ("factor map", "held-out evidence", "probe")
        ]
        lines.append(
            f"- {found['rows']:,} rows, {found['features']} features: {'; '.join(told)}. The map "
            f"has a factor of {found['levels']:,} levels, at 99 permutations."
        )
    return "\n".join([*lines, f"- {stored['machine']}."])


def cluster_table(stored: Mapping[str, Any]) -> pd.DataFrame:
    """Return what was done to a cluster, and whether it found the same: a line a trial."""
    return pd.DataFrame(
        {
            "what was done": name,
            "runs or files": f"{one.get('runs', one.get('files')):,}",
            "calls": str(one.get("calls", 1)),
            "killed": str(one.get("workers killed", one.get("scheduler lost", 0))),
            "same": "yes" if one.get("good", True) else "no",
        }
        for name, one in stored.items()
        if isinstance(one, dict) and ("runs" in one or "files" in one)
    )


def cluster_words(stored: Mapping[str, Any]) -> str:
    """Say in Markdown what a cluster takes for itself."""
    timed, small = stored["overhead"], stored["small files"]
    a_second = small["files"] / small["workers, seconds"]
    return (
        f"- The scheduler takes {timed['ms a task']:.1f} ms for a job, so that jobs of minutes do "
        f"not feel it.\n- Two workers do {timed['two over one']:.2f} times what one does, in jobs "
        f"of a second.\n- {small['files']:,} small files: {a_second:,.0f} a second by "
        f"{stored['cores']} workers, their start counted; "
        f"{small['files'] / small['here, seconds']:,.0f} without Dask."
    )

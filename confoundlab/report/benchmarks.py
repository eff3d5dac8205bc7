"""Words and tables of the stored benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
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

"""What the papers leave open: choices that they do not state beside ours, and what each is worth.

Serves the claim that our experiments are the papers' as far as the papers tell. Our values are read
from the code and from stored records, so that this list cannot fall behind them.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from confoundlab.catalog import STUDIES, VIEWS, paper_rows
from confoundlab.catalog.covid import N_TWO
from confoundlab.errors import InputError
from confoundlab.models.bank import train_bank
from confoundlab.report.paper import binomial_interval, right_answers
from confoundlab.report.sentences import _as_printed, percent
from confoundlab.report.tables import label_of
from confoundlab.studies.parameters import declared, notebook_source, read_notebook

SENSITIVITY = ("set", "view", "choice", "value", "estimate", "ci_low", "ci_high", "base")
_NUMBERS = ("estimate", "ci_low", "ci_high")


def unstated_choices(results: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return what Dhar and Shamir (2021) do not state beside what is done here.

    Parameters
    ----------
    results : sequence of mapping
        Stored results; sizes of whole images, repeats and seeds are read from them.

    Returns
    -------
    DataFrame
        A row a choice: ``choice``, ``the paper``, ``ours``, ``in the code`` (a dotted name).
    """
    bank = inspect.signature(train_bank).parameters
    lenet = "confoundlab.models.lenet.LeNet5"
    lines = [
        (
            "learning rate",
            'Adam with "an adaptive learning rate"; no number',
            f"Adam, {bank['learning_rate'].default:g}, the same to the end",
            "confoundlab.models.bank.train_bank",
        ),
        (
            "images in a batch",
            "not stated",
            f"{bank['batch_size'].default}",
            "confoundlab.models.bank.train_bank",
        ),
        ("pooling", "not stated; the net of 1998 took means", "the largest of 2x2 pixels", lenet),
        (
            "output and loss",
            "sigmoid and binary cross entropy, as the task is binary; of more classes nothing",
            "softmax and cross entropy, for two classes as for more",
            lenet,
        ),
        (
            "scale of the pixels",
            "not stated",
            "mean 0 and standard deviation 1, of all training images together",
            "confoundlab.models.lenet.scale_of",
        ),
        (
            "size of whole images",
            "not stated",
            _whole_sizes(results),
            "confoundlab.croppers.crops.Whole",
        ),
        (
            "gray or colour",
            "not stated of crops",
            "gray, but for Kvasir, which is shown in colour",
            "confoundlab.studies.experiment.Experiment",
        ),
        (
            "seeds and repeats",
            "one split, one net; no seed",
            _repeats(results),
            "confoundlab.studies.run.StudyRun",
        ),
        (
            f"which {N_TWO} X-rays have two classes",
            "not stated",
            "all of COVID-19, the rest drawn once from the other three classes, seed 0",
            "confoundlab.catalog.covid.COVID2",
        ),
        (
            "orientation of sizes such as 22x29",
            "not stated",
            "width x height",
            "confoundlab.croppers.crops.Corner",
        ),
        (
            "place of the forehead (Yale A)",
            "not stated",
            "a place in each image, put and followed as the data sheet says",
            "confoundlab.catalog.yale.YALE_A",
        ),
        (
            "which patches have no cell (RNAi)",
            "objects of more than 40 pixels by Otsu's threshold; background without a cell",
            "the same threshold in each image; as many without a cell, at places drawn at random",
            "confoundlab.croppers.patches",
        ),
        (
            "which images of C. elegans are used",
            "57 of a class, not which",
            "in each repeat drawn anew",
            "confoundlab.catalog.celegans",
        ),
    ]
    return pd.DataFrame(lines, columns=["choice", "the paper", "ours", "in the code"])


def _whole_sizes(results: Sequence[Mapping[str, Any]]) -> str:
    """Return to what sizes stored results resize whole images, or what the notebooks declare."""
    sizes: dict[str, list[str]] = {}
    for result in results:
        for record in result["evidence"]:
            if record["paper"] is not None and record["view"].startswith("whole image"):
                size, name = record["view"].rpartition(" ")[2], label_of(record["row"])
                if name not in sizes.setdefault(size, []):
                    sizes[size].append(name)
    if not sizes:
        sides = {
            declared(read_notebook(notebook_source(name)))["whole_size"].default
            for name in ("coil", "covid", "yale", "kvasir", "celegans")
        }
        return "; ".join(f"{side}x{side}" for side in sorted(sides))
    if len(sizes) == 1:
        return f"{next(iter(sizes))}, all of them"
    return "; ".join(f"{size}: {', '.join(names)}" for size, names in sizes.items())


def _repeats(results: Sequence[Mapping[str, Any]]) -> str:
    counts = {
        record["n_repeats"]
        for result in results
        for record in result["evidence"]
        if record["paper"] is not None
    } or {STUDIES["coil"].profiles["paper"]["repeats"]}
    seeds = {result["parameters"]["seed"] for result in results} or {0}
    return (
        f"{' or '.join(map(str, sorted(counts)))} splits and nets a row, "
        f"seed {', '.join(map(str, sorted(seeds)))}"
    )


def printed_intervals() -> pd.DataFrame:
    """Return every accuracy that the paper prints with the interval of its own test count.

    Returns
    -------
    DataFrame
        A row a number: ``row``, ``view``, ``printed``, ``test images``, ``right answers`` (or that
        no whole number gives the percentage), ``95% interval`` (Clopper-Pearson), ``chance`` (one
        over the classes, as the paper has it).
    """
    lines = []
    for row in paper_rows().values():
        for kind, key in VIEWS.items():
            if key not in row:
                continue
            low, high = binomial_interval(row[key], row["n_test"])
            right = right_answers(row[key], row["n_test"])
            lines.append(
                {
                    "row": row["title"],
                    "view": f"crop {row['crop']}" if kind == "crop" else "whole image",
                    "printed": _as_printed(row[key]),
                    "test images": f"{row['n_test']:,}",
                    "right answers": "no whole number gives it" if right is None else f"{right:,}",
                    "95% interval": f"{percent(low)} to {percent(high)}",
                    "chance": percent(1 / row["classes"]),
                }
            )
    return pd.DataFrame(lines)


def sensitivity(path: Path) -> pd.DataFrame | None:
    """Read how far each unstated choice moves a number; return None if that was not run yet.

    Parameters
    ----------
    path : Path
        CSV with the columns `SENSITIVITY`: a set (id of a row of the paper), its view, the choice
        that was changed and its value, the accuracy with its interval (fractions), and ``base``:
        true in the row of our own settings, or in every row the accuracy with them.

    Returns
    -------
    DataFrame or None
        The same, with ``base`` the accuracy of our own settings as a fraction.

    Raises
    ------
    InputError
        A column is missing, a number is none, or a set has no row of our own settings.
    """
    if not path.is_file():
        return None
    table = pd.read_csv(path, dtype={"value": str})
    if missing := [name for name in SENSITIVITY if name not in table]:
        raise InputError(f"{path} lacks the columns {', '.join(missing)}.")
    for name in _NUMBERS:
        numbers = pd.to_numeric(table[name], errors="coerce")
        if not numbers.between(0, 1).all():
            row = int((~numbers.between(0, 1)).to_numpy().argmax()) + 2  # the first line has names
            raise InputError(f"{path}, line {row}: {name} should be a fraction from 0 to 1.")
        table[name] = numbers
    if pd.api.types.is_bool_dtype(table["base"]) or set(table["base"]) <= {0, 1}:
        own = table[table["base"].astype(bool)].drop_duplicates(["set", "view"])
        key = pd.MultiIndex.from_frame(table[["set", "view"]])
        table["base"] = own.set_index(["set", "view"])["estimate"].reindex(key).to_numpy()
    else:
        table["base"] = pd.to_numeric(table["base"], errors="coerce")
    if table["base"].isna().any():
        alone = table.loc[table["base"].isna(), "set"].iloc[0]
        raise InputError(f"{path}: set {alone!r} has no row whose base is true.")
    return table


def sensitivity_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a sensitivity run as text to print: percent, and points from our own settings."""
    return pd.DataFrame(
        [
            {
                "set": label_of(one["set"]),
                "view": one["view"],
                "choice": one["choice"],
                "value": one["value"],
                "accuracy": percent(one["estimate"]),
                "95% interval": f"{100 * one['ci_low']:.1f}–{100 * one['ci_high']:.1f}%",
                "points from ours": f"{100 * (one['estimate'] - one['base']):+.1f}",
            }
            for one in table.to_dict("records")
        ]
    )


def sensitivity_words(table: pd.DataFrame | None) -> str:
    """Return in a few sentences how far the choices move each set, or that it is not run yet."""
    if table is None:
        return (
            "This run was not made yet: no stored table says how far each choice moves our numbers."
        )
    said = []
    for (name, view), rows in table.groupby(["set", "view"], sort=False):
        most = rows.iloc[int((rows["estimate"] - rows["base"]).abs().to_numpy().argmax())]
        points = 100 * (most["estimate"] - most["base"])
        farthest = (
            f"Farthest from it is {most['choice']} = {most['value']}, by {points:+.1f} points."
            if points
            else "None of them moves it."
        )
        said.append(
            f"- **{label_of(str(name))}, {view}**: {percent(most['base'])} with our settings, and "
            f"{percent(rows['estimate'].min())} to {percent(rows['estimate'].max())} over all "
            f"that were tried. {farthest}"
        )
    return "\n".join(said)

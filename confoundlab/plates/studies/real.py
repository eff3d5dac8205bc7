"""What the page on real plates asks, set by set; serves the traps of Venugopalan et al. (2019).

Each function takes a set as `tables` reads it and returns what was measured, in order, with words
for a figure. A set that is not at hand is left out, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from confoundlab.catalog import TABLES
from confoundlab.datasets.copies import find_folder
from confoundlab.design.splits import grouped_folds, k_fold, leave_out
from confoundlab.plates.analysis.forests import Question
from confoundlab.plates.features import tables
from confoundlab.plates.features.tables import FocusSites, PlateTable
from confoundlab.plates.nuisance import heatmaps, trends
from confoundlab.studies.run import Measured, StudyRun

READERS: dict[str, Callable[[], PlateTable]] = {
    "nf1_qc": tables.nf1_quality,
    "cardiac_fibroblast_qc": tables.cardiac_quality,
    "cardiac_fibroblast_screen": tables.cardiac_screen,
    "bbbc021_profiles": tables.bbbc021,
    "lincs_cell_counts": tables.lincs_counts,
}
# The two experiments between which the mechanism's accuracy drops.
DROP = ("mechanism, random split", "mechanism, whole weeks out")
_SHAPE = (8, 12)  # of the plates of 96 wells
_ALIASED = ("3", "3 prime", "5")  # NF1 plates with one layout


def at_hand(run: StudyRun) -> dict[str, PlateTable]:
    """Read the tables that are at hand, by name, and note them in the run."""
    return {
        name: run.note(read(), name) for name, read in READERS.items() if find_folder(TABLES[name])
    }


def focus_at_hand(run: StudyRun) -> FocusSites | None:
    """Read the sites of known focus, if they are at hand, and note them in the run."""
    if not find_folder(TABLES["focus_quality"]):
        return None
    return run.note(tables.focus_sites(), "focus_quality")


def data_lines(run: StudyRun) -> str:
    """Return the lines that open the page: which sets it ran on, in Markdown."""
    lines = []
    for name, entry in TABLES.items():
        source = run.sources.get(name)
        found = (
            f"{source['n_images']:,} rows, `{source['digest'][:23]}…`"
            if source
            else f"**MISSING, left out**; a copy: {entry.source}"
        )
        lines.append(f"> - `{name}`: {entry.title}; {found}.")
    return (
        "> **Data on this page: STAND-IN** — other real data with the same design problems:\n>\n"
        + "\n".join(lines)
    )


def left_out(name: str) -> str:
    """Return that a set is missing, for the place where its numbers would be."""
    return f"*`{name}` is not at hand here: left out.*"


def places(
    table: pd.DataFrame, value: str, *, rings: int = 1, n_permutations: int, seed: int
) -> list[str]:
    """Return in words whether a value falls off from the centre, and at the edge if it has one."""
    options: dict[str, Any] = {"shape": _SHAPE, "n_permutations": n_permutations, "seed": seed}
    words = [f"centre: {trends.radial(table, value, **options)}"]
    if 0 < heatmaps.at_edge(table, _SHAPE, rings).mean() < 1:
        found = trends.edge(table, value, rings=rings, **options)
        which = "ring" if rings == 1 else f"{rings} rings"
        words.append(f"outermost {which}: {found}")
    return words


def _wells(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, (table["plate"] + ":" + table["well"]).rename("well_id")], axis=1)


def nf1_answers(run: StudyRun, nf1: PlateTable, *, folds: int, repeats: int) -> dict[str, Measured]:
    """Name the genotype from image quality, and from the column alone: in plates, and across."""
    found = {}
    wells = _wells(nf1.table)
    wells["column number"] = wells["column"] + 1  # as people count them
    asked: dict[str, pd.DataFrame] = {f"plate {name}": own for name, own in wells.groupby("plate")}
    asked["plates of one layout"] = wells[wells["plate"].isin(_ALIASED)]
    for words, rows in asked.items():
        table = rows.reset_index(drop=True)
        for view, features, control in (
            ("image quality", nf1.features, False),
            ("number of the column", ("column number",), True),
        ):
            question = Question(
                run, nf1, table, "condition", "well_id", features, view,
                is_control=control, factor="column number",
            )  # fmt: skip
            if words.startswith("plates"):
                split, parts = "leave-plate-out", [
                    leave_out(table["plate"], one) for one in _ALIASED
                ]  # fmt: skip
            else:
                split = "wells apart"
                parts = grouped_folds(question.labels, question.groups, folds=folds, seed=run.seed)
            name = f"{words}, {split}: genotype from the {view}"
            found[name] = question.measure(f"{words}, {split}", parts, repeats)
    return found


def heart_answers(
    run: StudyRun, screen: PlateTable, *, folds: int, repeats: int
) -> dict[str, Measured]:
    """Name failing and healthy cells at random, with whole plates out, and from the row alone."""
    table = _wells(screen.table)
    cells = Question(
        run, screen, table, "condition", "well_id", screen.features, "profile of a cell",
        factor="line",
    )  # fmt: skip
    row = Question(
        run, screen, table, "condition", "well_id", ("row",), "number of the row",
        is_control=True, factor="line",
    )  # fmt: skip
    plates = [leave_out(table["plate"], one) for one in sorted(table["plate"].unique())]
    at_random = k_fold(cells.labels, folds=folds, seed=run.seed)
    return {
        "failing or healthy, random split": cells.measure("random folds", at_random, repeats),
        "failing or healthy, whole plates out": cells.measure("leave-plate-out", plates, repeats),
        "failing or healthy from the row alone": row.measure("leave-plate-out", plates),
    }


def quality_answers(
    run: StudyRun, plate: PlateTable, *, folds: int, repeats: int
) -> dict[str, Measured]:
    """Name the heart from image quality and from its place, and the disease with hearts apart."""
    table = _wells(plate.table)
    found = {}
    for words, features, control in (
        ("heart from image quality", plate.features, False),
        ("heart from row and column alone", ("row", "column"), True),
    ):
        asked = Question(
            run, plate, table, "line", "well_id", features,
            words.removeprefix("heart from "), is_control=control,
        )  # fmt: skip
        parts = grouped_folds(asked.labels, asked.groups, folds=folds, seed=run.seed)
        found[f"{words}, wells apart"] = asked.measure("wells apart", parts, repeats)
    disease = Question(
        run, plate, table, "condition", "line", plate.features, "image quality", factor="line"
    )
    # two folds, as there are two healthy hearts
    parts = grouped_folds(disease.labels, disease.groups, folds=2, seed=run.seed)
    found["failing or healthy, hearts apart"] = disease.measure("hearts apart", parts, repeats)
    return found


def week_answers(
    run: StudyRun, bbbc: PlateTable, *, folds: int, repeats: int
) -> dict[str, Measured]:
    """Name the week from control wells, at random and with plates apart."""
    asked = Question(
        run, bbbc, bbbc.where(bbbc.table["control"]), "batch", "plate", bbbc.features,
        "profile of DMSO wells", is_control=True,
    )  # fmt: skip
    at_random = k_fold(asked.labels, folds=folds, seed=run.seed)
    apart = grouped_folds(asked.labels, asked.groups, folds=folds, seed=run.seed)
    return {
        "week from DMSO wells, random split": asked.measure("random folds", at_random, repeats),
        "week from DMSO wells, plates apart": asked.measure("plates apart", apart, repeats),
    }


def mechanism(run: StudyRun, bbbc: PlateTable) -> Question:
    """Return the question which mechanism of action a treated well has."""
    return Question(
        run, bbbc, bbbc.where(~bbbc.table["control"]), "condition", "compound", bbbc.features,
        "profile of treated wells", factor="batch",
    )  # fmt: skip


def mechanism_answers(
    run: StudyRun, bbbc: PlateTable, *, folds: int, repeats: int
) -> dict[str, Measured]:
    """Name the mechanism at random, with compounds and with weeks out, and from the week alone."""
    asked = mechanism(run, bbbc)
    weeks = asked.table["batch"]
    at_random = k_fold(asked.labels, folds=folds, seed=run.seed)
    apart = grouped_folds(asked.labels, asked.groups, folds=folds, seed=run.seed)
    out = [leave_out(weeks, week) for week in sorted(weeks.unique())]
    alone = Question(
        run, bbbc, asked.table, "condition", "compound", ("batch",), "number of the week",
        is_control=True, factor="batch",
    )  # fmt: skip
    return {
        DROP[0]: asked.measure("random folds", at_random, repeats),
        "mechanism, compounds apart": asked.measure("compounds apart", apart, repeats),
        DROP[1]: asked.measure("leave-week-out", out, repeats),
        "mechanism from the week alone": alone.measure("random folds", at_random, repeats),
    }

"""What the SMA study simulates, keeps and says: the thin layer between its page and the analyses.

Serves the claims of Venugopalan et al. (2019) on fibroblasts of people with spinal muscular
atrophy; here they are held against plates where the strength of each nuisance is known, and of the
disease.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.escape import markdown
from confoundlab.evidence.record import Evidence
from confoundlab.plates.analysis import after_remedies, laboratory
from confoundlab.plates.analysis.corrections import Name
from confoundlab.plates.analysis.folds import Fold, FoldResult
from confoundlab.plates.features.nuclei import Patches
from confoundlab.plates.features.survey import SiteTable
from confoundlab.plates.nuisance import heatmaps, trends
from confoundlab.plates.nuisance.batch_mixing import mixing
from confoundlab.plates.nuisance.wells import Nuisance
from confoundlab.plates.simulator.layout import SHAPE
from confoundlab.plates.simulator.plateset import SETS, PlateSet, Scale, simulate
from confoundlab.studies.run import StudyRun
from confoundlab.types import Numbers

PAIRS_APART, WELLS_APART, NO_TRAINING = "pairs of lines apart", "wells apart", "no training"
_SHOWN = 6  # plates of a side in Figure 2
_PILOT_WELLS = 5  # of each line, for each of the main plates': so the pilot's six lines fill them


def plates(name: str, scale: Scale, wells: int, *, seed: int, **dials: float) -> PlateSet:
    """Simulate the pilot's or the main plates.

    Parameters
    ----------
    name : {"sma_pilot", "sma_main"}
        Of the pilot, six plates are made: as many as are shown.
    scale : {"smoke", "default", "paper"}
        As in `plateset.simulate`.
    wells : int
        Of each line on a main plate, 1 to 3; the pilot has five times as many, 14 at most.
    seed : int
        Of everything.
    **dials
        Of `PlateDials`, in place of the set's own.
    """
    made = simulate(name, scale, SETS[name][1].turned(**dials), seed)
    if name == "sma_pilot":
        design = made.design.shrunk(plates=_SHOWN, wells_a_line=_PILOT_WELLS * wells)
    else:
        design = made.design.shrunk(wells_a_line=wells)
    return PlateSet(design, made.dials, seed)


def data_line(main: Patches, pilot: SiteTable) -> str:
    """Return the line that opens the page: what it ran on, in Markdown."""
    table = main.table
    return (
        f"> **Data on this page: {main.state.upper()}** — plates from the simulator, **not** the "
        "published screens, which were never released; no number here says anything about them. "
        f"Main: {len(main):,} cells of {table['line'].nunique()} lines in "
        f"{table['well_id'].nunique():,} wells on {table['plate'].nunique()} plates of "
        f"{table['batch'].nunique()} batches, `{main.digest[:23]}…`. Pilot: {len(pilot):,} sites "
        f"on {pilot.table['plate'].nunique()} plates, `{pilot.digest[:23]}…`."
    )


def layouts(plates: PlateSet) -> dict[str, pd.DataFrame]:
    """Return the first plate of each batch, by name, with what is in its wells (``content``)."""
    sites = plates.sites
    content = sites["condition"].where(~sites["control"], "control line")
    first = sites.groupby("batch")["plate"].transform("min") == sites["plate"]
    shown = sites.assign(content=content)[first].groupby("plate")
    return {str(name): own for name, own in shown}


def by_well(features: npt.ArrayLike, table: pd.DataFrame) -> tuple[Numbers, pd.DataFrame]:
    """Return the mean of each well's cells, control wells left out.

    Returns
    -------
    means : ndarray, shape (wells, d)
    table : DataFrame
        Of the wells' first cells, whose row number in `table` is the index.
    """
    used = table[~table["control"]]
    first = used.drop_duplicates("well_id")
    well = pd.Index(first["well_id"]).get_indexer(used["well_id"])
    sums = np.zeros((len(first), np.shape(features)[1]))
    np.add.at(sums, well, np.asarray(features, np.float64)[used.index])
    return sums / np.bincount(well)[:, None], first


def shown_plates(sites: SiteTable, value: str = "focus") -> dict[str, Any]:
    """Return the heat maps of six plates, the batches by turns, A1 at the top left."""
    names = sites.table[["batch", "plate"]].drop_duplicates()
    names["turn"] = names.groupby("batch").cumcount()
    chosen = sorted(names.sort_values(["turn", "batch"])["plate"].head(_SHOWN))
    by_plate = sites.table.groupby("plate")
    return {
        name: heatmaps.site_grid(by_plate.get_group(name), value, shape=SHAPE) for name in chosen
    }


def judge_focus(run: StudyRun, sites: SiteTable, row: str) -> dict[str, dict[str, Any]]:
    """Keep how focus falls off over the plate, and how the score ranks with the planted blur."""
    table = sites.table.dropna(subset=["focus"])
    options: dict[str, Any] = {"n_permutations": run.permutations, "seed": run.seed}
    placed: dict[str, Any] = options | {"shape": SHAPE}
    plate = table["plate"].factorize()[0]
    truth = trends.rank_correlation(
        -table["blur"], table["focus"], plate, blocks=plate, null="signs", **options
    )
    found = {
        "focus towards the centre": trends.radial(table, "focus", **placed),
        "focus of inner wells against edge wells": trends.edge(table, "focus", **placed),
        "focus score and planted sharpness": truth,
        "planted sharpness towards the centre": trends.radial(
            table.assign(sharp=-table["blur"]), "sharp", **placed
        ),
    }
    return {
        words: keep(run, one, row, words, NO_TRAINING, learner="none")
        for words, one in found.items()
    }


def mixed(
    features: npt.ArrayLike, table: pd.DataFrame, *, n_permutations: int = 999, seed: int = 0
) -> pd.DataFrame:
    """Measure how batches and conditions mix among wells, each at the level it was given.

    Batches were given to plates, conditions to lines.

    Returns
    -------
    DataFrame
        A row a number: ``label``, the fields of `batch_mixing.Mixing`, and ``words``.
    """
    few = {"neighbours": min(30, len(table) // 6), "perplexity": min(30, len(table) // 12)}
    return pd.DataFrame(
        [
            {"label": label} | vars(one) | {"words": str(one)}
            for label, level in (("batch", "plate"), ("condition", "line"))
            for one in mixing(
                features, table[label], groups=table[level], **few,
                n_permutations=n_permutations, seed=seed,
            )
        ]
    )  # fmt: skip


def judge_people(
    run: StudyRun, models: Mapping[str, FoldResult], table: pd.DataFrame, row: str
) -> dict[str, dict[str, Any]]:
    """Keep what models reached on unseen people; the design of laboratories goes with it."""
    found = laboratory.design(table)
    return {
        name: keep(
            run, one.evidence, row, name, PAIRS_APART, design=found,
            learner="LeNet-5" if name == "CNN" else "ridge",
        )
        for name, one in models.items()
    }  # fmt: skip


def judge_world(run: StudyRun, name: str, result: FoldResult, row: str) -> dict[str, Any]:
    """Keep what is reached with dials at zero: a control wherever there is no phenotype."""
    blind = "phenotype" in laboratory.WORLDS[name]
    return keep(run, result.evidence, row, "63 statistics", PAIRS_APART, is_control=blind)


def judge_nuisance(run: StudyRun, found: Sequence[Nuisance], row: str) -> list[dict[str, Any]]:
    """Keep how well control wells tell batch and place: they hold the same cells everywhere."""
    return [
        keep(
            run, one.evidence, row, f"{one.target} from control wells", WELLS_APART,
            is_control=True,
        )
        for one in found
    ]  # fmt: skip


def remedies(
    run: StudyRun,
    features: npt.ArrayLike,
    table: pd.DataFrame,
    folds: Sequence[Fold],
    split: str,
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Try every correction on folds, keep what is told after it; return `after_remedies.summary`.

    ComBat is tried with and without the condition held fixed, and without control wells.
    """
    tried: list[tuple[str, Name, bool, bool]] = [
        (name, name, True, True) for name in after_remedies.at_hand()
    ]
    tried.append(("ComBat, unprotected", "ComBat", False, True))
    tried.append(("ComBat, unprotected, no control wells", "ComBat", False, False))
    tables = []
    for words, name, protect, controls in tried:
        found = after_remedies.remedied(
            name, features, table, folds, protect=protect, controls=controls,
            n_permutations=run.permutations, seed=seed,
        )  # fmt: skip
        for told, result in (("condition", found.condition), ("batch", found.batch)):
            keep(run, result.evidence, "sma_main", f"{told} after {words}", split)
        tables.append(after_remedies.summary([replace(found, name=words)]))
    return pd.concat(tables, ignore_index=True)


def remedies_table(crossed: pd.DataFrame, confounded: pd.DataFrame) -> pd.DataFrame:
    """Return remedies in both layouts as a table to print: mean AUC and interval."""
    sides = {"layout as it is": crossed, "confounded": confounded}
    rows = []
    for name in dict.fromkeys(crossed["remedy"]):
        row = {"remedy": name}
        for words, table in sides.items():
            for told in ("batch", "condition"):
                (one,) = table[(table["remedy"] == name) & (table["told"] == told)].itertuples()
                row[f"{told}, {words}"] = _auc(one.auc, one.ci_low, one.ci_high)
        rows.append(row)
    return pd.DataFrame(rows)


def sources_table(sources: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return folds by the source of their lines as a table to print, a row a model."""
    return pd.DataFrame(
        [
            {"model": name}
            | {
                f"lines from {one['lines from']} (folds: {one['folds']})": _auc(
                    one["auc"], one["ci_low"], one["ci_high"]
                )
                for _, one in table.iterrows()
            }
            for name, table in sources.items()
        ]
    )


def same_fold_words(worlds: Mapping[str, FoldResult]) -> str:
    """Say what the fold of one laboratory reaches in each world."""
    reached = []
    for name, one in worlds.items():
        own = one.table[one.table["same_laboratory"].eq(True)].iloc[0]
        reached.append(f"{markdown(name)} {_auc(own['auc'], own['ci_low'], own['ci_high'])}")
    return f"**The fold of one laboratory**, by its wells: {', '.join(reached)}."


def rank_words(result: FoldResult) -> str:
    """Say where the fold of one laboratory lies among all, and what that can prove."""
    p, smallest = laboratory.rank_of_same(result)
    place, folds = round(p * len(result.table)), len(result.table)
    return (
        f"the fold of one laboratory is number {place} of {folds} from below: p = {p:.2g}, and a "
        f"single fold of {folds} cannot give less than {smallest:.2g}."
    )


def _auc(value: float, low: float, high: float) -> str:
    return f"{value:.2f} ({low:.2f} to {high:.2f})"


def keep(
    run: StudyRun,
    found: Evidence,
    row: str,
    view: str,
    split: str,
    *,
    learner: str = "ridge",
    **options: Any,
) -> dict[str, Any]:
    """Keep evidence of simulated plates; `options` as of `verdicts.verdict`."""
    return run.judge(
        found,
        {"is_control": False} | options,
        row=row,
        state="simulated",
        view=view,
        split=split,
        learner=learner,
        seeds=[run.seed],
    )

"""What the ALS study simulates, keeps and says: the thin layer between its page and the analyses.

Serves the claim of Venugopalan et al. (2019) that a net which tells neurons with ALS from those
without does so by the number of cells; here it is held against plates where the strength of density
and phenotype is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from confoundlab.escape import markdown
from confoundlab.evidence.factor_share import Explained
from confoundlab.evidence.record import Evidence
from confoundlab.plates.analysis import partial_dependence
from confoundlab.plates.analysis.background import OnBackground
from confoundlab.plates.analysis.folds import FoldResult
from confoundlab.plates.analysis.gaze import Gaze
from confoundlab.plates.analysis.rivals import CNN, DENSITY
from confoundlab.plates.features.sites import Sites, measure
from confoundlab.plates.nuisance.batch_mixing import mixing
from confoundlab.plates.simulator.plateset import SETS, PlateSet, Scale, simulate
from confoundlab.studies.planted import Planter
from confoundlab.studies.run import StudyRun

SPLIT = "batches apart"
ZEROS = {
    "density at zero": {"density": 0.0},
    "phenotype at zero": {"phenotype": 0.0},
    "both at zero": {"density": 0.0, "phenotype": 0.0},
}
"""Settings of the dials beside the planted ones."""
_TELLING = ("nuclei", "empty")  # the two statistics that are density by another name


def plates(scale: Scale, wells: int, *, side: int, seed: int, **dials: float) -> Sites:
    """Simulate the ALS plates and measure their sites.

    Parameters
    ----------
    scale : {"smoke", "default", "paper"}
        As in `plateset.simulate`.
    wells : int
        Of each genotype on a plate.
    side : int
        Of the small pictures, pixels.
    seed : int
        Of everything.
    **dials
        Of `PlateDials`, in place of the set's own.
    """
    made = simulate("als", scale, SETS["als"][1].turned(**dials), seed)
    return measure(PlateSet(made.design.shrunk(wells_a_line=wells), made.dials, seed), side)


def data_line(sites: Sites) -> str:
    """Return the line that opens the page: what it ran on, in Markdown."""
    table = sites.table
    return (
        f"> **Data on this page: {sites.state.upper()}** — plates from the simulator, **not** the "
        "published screen, which was never released; no number here says anything about it. "
        f"{len(sites):,} sites in {table['well_id'].nunique():,} wells on "
        f"{table['plate'].nunique()} plates of {table['batch'].nunique()} batches, "
        f"`{sites.digest[:23]}…`."
    )


def mixed(
    features: np.ndarray[Any, Any], sites: Sites, *, n_permutations: int = 999, seed: int = 0
) -> pd.DataFrame:
    """Measure how batches and genotypes mix among embeddings, each at the level it was given.

    Batches are given to whole plates; where each has one plate only, nothing can be permuted, and
    wells stand in, which are alike within any plate. Genotypes are given to wells, inside plates.

    Returns
    -------
    DataFrame
        A row a number: ``label``, the fields of `batch_mixing.Mixing`, and ``words``.
    """
    table = sites.table
    several = table["plate"].nunique() > table["batch"].nunique()
    asked = {
        "batch": (table["plate" if several else "well_id"], None),
        "condition": (table["well_id"], table["plate"]),
    }
    n = len(sites)  # several times as many images as neighbours
    return pd.DataFrame(
        [
            {"label": label} | vars(one) | {"words": str(one)}
            for label, (groups, blocks) in asked.items()
            for one in mixing(
                features, table[label], groups=groups, blocks=blocks, neighbours=min(30, n // 6),
                perplexity=min(30, n // 12), n_permutations=n_permutations, seed=seed,
            )
        ]
    )  # fmt: skip


def judge(
    run: StudyRun,
    model: str,
    result: FoldResult,
    row: str,
    *,
    setting: str = "",
    planter: Planter | None = None,
) -> dict[str, Any]:
    """Keep what a model reached, at one of `ZEROS` or as planted.

    Density alone shows no cell, and without a phenotype there is none to see: both are controls,
    and where they find nothing the planter is asked (`rivals.planted`).
    """
    blind = model == DENSITY or "phenotype" in ZEROS.get(setting, {})
    return _keep(run, result.evidence, model, row, model, is_control=blind, planter=planter)


def judge_beyond(run: StudyRun, model: str, follows: Evidence, beyond: Explained, row: str) -> None:
    """Keep what a model's answers owe to density, and whether anything lies beyond it."""
    _keep(run, follows, f"{model}: cells a site, given genotype", row, model)
    if beyond.evidence is not None:
        _keep(run, beyond.evidence, f"{model}: genotype, given cells a site", row, model)


def judge_gaze(run: StudyRun, name: str, found: OnBackground, row: str) -> None:
    """Keep the share of the maps that falls on empty background."""
    _keep(run, found.evidence(), f"GradCAM where {name} is named", row, CNN)


def _keep(
    run: StudyRun,
    found: Evidence,
    view: str,
    row: str,
    model: str,
    *,
    is_control: bool = False,
    planter: Planter | None = None,
) -> dict[str, Any]:
    return run.judge(
        found,
        {"is_control": is_control},
        planter=planter,
        row=row,
        state="simulated",
        view=view,
        split=SPLIT,
        learner="LeNet-5" if model == CNN else "ridge",
        seeds=[run.seed],
    )


def beyond_words(found: Explained) -> str:
    """Return whether anything lies beyond density, in words."""
    if found.evidence is None:
        return f"{found}; no two genotypes have as many cells, so nothing can be tested"
    return f"{found}; p = {found.evidence.p_value:.2g}"


def dials_table(found: Mapping[str, Mapping[str, FoldResult]]) -> pd.DataFrame:
    """Return the mean AUC of each model at each setting of the simulator's dials.

    Parameters
    ----------
    found : mapping of str to mapping of str to FoldResult
        Setting to what `rivals.four_models` returned there.

    Returns
    -------
    DataFrame
        A row a setting and model: ``setting``, ``model``, ``auc``, ``ci_low``, ``ci_high`` (folds
        resampled), ``p_value``.
    """
    fields = ("ci_low", "ci_high", "p_value")
    return pd.DataFrame(
        [
            {"setting": setting, "model": model, "auc": one.evidence.estimate}
            | {name: getattr(one.evidence, name) for name in fields}
            for setting, results in found.items()
            for model, one in results.items()
        ]
    )


def dials_words(table: pd.DataFrame) -> pd.DataFrame:
    """Return `dials_table` as a page prints it: a row a setting, a column a model."""
    words = [
        f"{auc:.2f} ({low:.2f} to {high:.2f}), p = {p:.2g}"
        for auc, low, high, p in table[["auc", "ci_low", "ci_high", "p_value"]].to_numpy(float)
    ]
    shown = table.assign(words=words)
    wide = shown.pivot_table("words", "setting", "model", aggfunc="first", sort=False)
    return wide.reset_index().rename_axis(columns=None)


def importance_words(lost: pd.DataFrame) -> str:
    """Return which cluster is missed most, and the warning about features that go together."""
    means = lost.groupby(["how", "features"])["lost"].mean()
    lines = []
    for how, words in (("alone", "Shuffled by itself"), ("together", "Shuffled together")):
        name, value = means[how].idxmax(), means[how].max()
        lines.append(f"- {words}, most is lost with **{markdown(few(name))}**: {value:.3f} of AUC.")
    held = [name for name in means["together"].index if "nuclei" in name.split(", ")]
    lines.append(f"- With the cluster that holds the number of nuclei: "
                 f"{means['together'][held[0]]:.3f}; with the number by itself: "
                 f"{means['alone']['nuclei']:.3f}.")  # fmt: skip
    alone = lost[lost["how"] == "alone"].drop_duplicates("features")
    near = alone[alone["features"].isin(telling(lost))]
    warned = partial_dependence.warning(near.assign(goes_with=near["goes_with"].map(few)))
    return "\n".join([*lines, f"- {markdown(warned)}"] if warned else lines)


def few(names: str, most: int = 3) -> str:
    """Return the first of several names with commas between, and how many more there are."""
    each = names.split(", ")
    more = f" and {len(each) - most} more" if len(each) > most else ""
    return ", ".join(each[:most]) + more


def telling(lost: pd.DataFrame, most: int = 4) -> list[str]:
    """Return the statistics to draw: number of nuclei, empty share, and those missed most."""
    alone = lost[lost["how"] == "alone"].groupby("features")["lost"].mean()
    others = alone.drop(list(_TELLING)).sort_values(ascending=False)
    return [*_TELLING, *others.index[: most - len(_TELLING)]]


def examples(gaze: Gaze, sites: Sites, *, each: int = 4, seed: int = 0) -> dict[str, list[int]]:
    """Choose maps to show by chance: of sites correctly named, whose map is not blank.

    Returns
    -------
    dict of str to list of int
        Named condition to numbers of maps, at most `each`.
    """
    rng = np.random.default_rng(seed)
    right = sites.table["condition"].to_numpy()[gaze.rows] == gaze.named
    there = right & (gaze.maps.max((1, 2)) > 0)
    found = {}
    for name in np.unique(gaze.named):
        own = np.flatnonzero(there & (gaze.named == name))
        found[str(name)] = sorted(rng.choice(own, min(each, len(own)), replace=False).tolist())
    return {name: own for name, own in found.items() if own}


def gaze_words(found: Mapping[str, OnBackground], gaze: Gaze, sites: Sites) -> str:
    """Return the share of each condition's maps, and which condition has none."""
    lines = []
    for name in sorted(sites.table["condition"].unique()):
        said = found.get(name, f"{(gaze.named == name).sum()} sites, in fewer than two wells with "
                               "a map that is not blank: left out")  # fmt: skip
        lines.append(f"- **Named {markdown(str(name))}**: {said}.")
    return "\n".join(lines)


def randomised_words(table: pd.DataFrame) -> str:
    """Return how much of the maps is left when the last layer, and all layers, are random."""
    means = table.groupby("layers")[["correlation", "blank"]].mean()
    lines = [
        f"{words}: rank correlation {means['correlation'][depth]:.2f}, mean of the folds "
        f"({means['blank'][depth]:.0%} of the pairs left out, as one map is blank)"
        for words, depth in (("Last layer random", means.index[0]), ("All random", means.index[-1]))
    ]
    return "\n".join(f"- {line}." for line in lines)

"""What was planted, and what the analyses of plates find of it: dial by dial, seed by seed.

Serves the claim that these analyses can be trusted on screens whose truth nobody knows. One
nuisance at a time is turned up, all others but the wells' own differences stay at zero; the
analysis that looks for it must find it, more of it where more was planted, and report chance where
the dial is at zero. `make calibration` runs it on 20 seeds and stores the table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd

from confoundlab.evidence.record import Evidence
from confoundlab.plates.analysis import folds
from confoundlab.plates.features.focus import focus_score
from confoundlab.plates.features.handcrafted import cell_density, statistics
from confoundlab.plates.features.nuclei import label_nuclei
from confoundlab.plates.nuisance import batch_mixing, trends
from confoundlab.plates.nuisance.wells import nuisance_in_controls
from confoundlab.plates.simulator.layout import ALS, SHAPE, SMA_MAIN, SMA_PILOT, PlateDesign
from confoundlab.plates.simulator.microscope import PlateDials
from confoundlab.plates.simulator.plateset import PlateSet

STRENGTHS = (0.0, 0.5, 1.0)
N_SEEDS = 20
N_PERMUTATIONS = 199


def _small(design: PlateDesign, **fewer: int) -> PlateDesign:
    """Return a design of some hundred small sites: 20 seeds of all dials take minutes."""
    return replace(design.shrunk(sites=1, **fewer), size=128, cells=16)


_MAIN = _small(SMA_MAIN, plates=2, wells_a_line=1)
_ALS = _small(ALS, plates=1, wells_a_line=6)
# The focus of a site is measured at the edges of its nuclei: it takes a whole site to have enough.
# Six plates are the fewest whose signs can give a p-value below 0.05.
_PILOT = replace(_small(SMA_PILOT, plates=6, wells_a_line=7), size=256, cells=35)


@dataclass(frozen=True, eq=False)
class Seen:
    """A rendered set, as analyses see it: sites with cells and focus, 63 statistics of each."""

    sites: pd.DataFrame
    features: pd.DataFrame


@lru_cache(maxsize=4)  # with the dial at zero, sets of a design are the same for all dials
def _measured(design: PlateDesign, dials: PlateDials, seed: int) -> Seen:
    plates = PlateSet(design, dials, seed)
    pictures = np.stack(list(plates.iter_sites()))
    nuclei = np.stack([label_nuclei(one[:, :, 0]) for one in pictures])
    focus = [focus_score(one[:, :, 0]) for one in pictures]
    sites = plates.sites.assign(cells=cell_density(nuclei), focus=focus)
    return Seen(sites, statistics(pictures))


def _from_controls(target: str) -> Callable[[Seen, int], Evidence]:
    def ask(seen: Seen, seed: int) -> Evidence:
        (found,) = nuisance_in_controls(
            seen.features, seen.sites, targets=[target], n_permutations=N_PERMUTATIONS, seed=seed
        )
        return found.evidence

    return ask


def _pairs(seen: Seen, seed: int) -> Evidence:
    return folds.linear(
        seen.features, seen.sites["condition"], folds.leave_pair_out(seen.sites),
        wells=seen.sites["well_id"], units=seen.sites["line"], blocks=seen.sites["pair"],
        n_permutations=N_PERMUTATIONS, seed=seed,
    ).evidence  # fmt: skip


def _density(seen: Seen, seed: int) -> Evidence:
    return folds.linear(
        seen.sites[["cells"]], seen.sites["condition"], folds.leave_batch_out(seen.sites),
        wells=seen.sites["well_id"], units=seen.sites["well_id"], blocks=seen.sites["plate"],
        n_permutations=N_PERMUTATIONS, seed=seed,
    ).evidence  # fmt: skip


def _radial(seen: Seen, seed: int) -> Evidence:
    return trends.radial(seen.sites, "focus", shape=SHAPE, n_permutations=N_PERMUTATIONS, seed=seed)


def _mixed(seen: Seen, seed: int) -> batch_mixing.Mixing:
    x = seen.features.to_numpy()
    spread = x.std(axis=0)
    scaled = (x - x.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return batch_mixing.mixing(
        scaled, seen.sites["batch"], groups=seen.sites["well_id"], neighbours=15, perplexity=10,
        n_permutations=N_PERMUTATIONS, seed=seed,
    )[0]  # fmt: skip


Ask = Callable[[Seen, int], Evidence | batch_mixing.Mixing]
# What is asked of each dial: the design it is planted in, and the analyses that look for it.
QUESTIONS: dict[str, tuple[PlateDesign, dict[str, Ask]]] = {
    "batch_gain": (
        _MAIN, {"batch from control wells": _from_controls("batch"), "batch mixing": _mixed}
    ),
    "batch_offset": (_MAIN, {"batch from control wells": _from_controls("batch")}),
    "row_gradient": (_MAIN, {"row from control wells": _from_controls("row")}),
    "column_gradient": (_MAIN, {"column from control wells": _from_controls("column")}),
    "laboratory": (_MAIN, {"condition of unseen pairs": _pairs}),
    "phenotype": (_MAIN, {"condition of unseen pairs": _pairs}),
    "focus": (_PILOT, {"focus from the centre outwards": _radial}),
    "density": (_ALS, {"condition by density, unseen batches": _density}),
}  # fmt: skip


def planted(dial: str, strength: float, seed: int) -> pd.DataFrame:
    """Plant one nuisance and ask for it.

    Parameters
    ----------
    dial : str
        One of `QUESTIONS`.
    strength : float
        Of the dial; at 0 nothing is planted.
    seed : int
        Of the set and of the analyses.

    Returns
    -------
    DataFrame
        A row an analysis: ``dial``, ``strength``, ``seed``, ``analysis``, ``metric``,
        ``estimate``, ``null_mean`` (what permuted labels give), ``p_value``.
    """
    design, questions = QUESTIONS[dial]
    dials = PlateDials(well=1.0).turned(**{dial: strength})
    seen = _measured(design, dials, seed)
    rows = []
    for name, ask in questions.items():
        found = ask(seen, seed)
        rows.append(
            {
                "dial": dial, "strength": strength, "seed": seed, "analysis": name,
                "metric": found.metric, "estimate": found.estimate,
                "null_mean": found.null_mean, "p_value": found.p_value,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def summary(trials: pd.DataFrame) -> pd.DataFrame:
    """Return how often each analysis calls each strength at 5 %, and what it finds on average.

    Column ``permuted`` is the mean under permuted labels.

    Parameters
    ----------
    trials : DataFrame
        Rows of `planted`, of many seeds.
    """
    by = trials.groupby(["dial", "analysis", "metric", "strength"], sort=False)
    found = by.agg(
        seeds=("seed", "size"),
        called=("p_value", lambda p: float((p <= 0.05).mean())),
        estimate=("estimate", "mean"),
        spread=("estimate", "std"),
        permuted=("null_mean", "mean"),
    ).reset_index()
    return found.assign(dial=found["dial"].str.replace("_", " "))

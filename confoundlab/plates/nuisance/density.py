"""Cell density of control wells by batch, date, plate and place; serves the ALS case study.

Venugopalan et al. (2019) found density alone to name genotypes. In wells with DMSO only there is no
compound, so that whatever their counts follow is acquisition.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from confoundlab.design import columns
from confoundlab.evidence.conditional import partial_confounder_test
from confoundlab.evidence.probes import probe
from confoundlab.evidence.record import Evidence
from confoundlab.plates.features.tables import PlateTable
from confoundlab.plates.nuisance import heatmaps, trends
from confoundlab.studies.planted import into_columns
from confoundlab.studies.run import StudyRun
from confoundlab.types import Numbers

_SHAPE = (16, 24)  # of the plates of 384 wells
_BINS = 8  # of the count: a linear probe of bins can see a date in the middle


def control_wells(counts: PlateTable) -> pd.DataFrame:
    """Return the control wells, with ``log``, the count's logarithm of base 2."""
    wells = counts.where(counts.table["control"])
    return wells.assign(log=np.log2(wells["cells"]))


def explained(
    counts: PlateTable, *, n_permutations: int = 999, seed: int = 0
) -> dict[str, Evidence]:
    """Return how much of the variance of the control wells' counts each factor explains.

    Returns
    -------
    dict of str to Evidence
        Partial R² with whole plates resampled; of plates, the rank correlation of two halves of
        their wells.
    """
    wells = control_wells(counts)
    first = wells[wells["batch"] == "1"].reset_index(drop=True)
    second = wells[wells["batch"] == "2"].reset_index(drop=True)
    same = wells[(wells["line"] == "A549") & (wells["hours"] == 48)].reset_index(drop=True)
    options: dict[str, Any] = {"n_permutations": n_permutations, "seed": seed}

    def share(table: pd.DataFrame, values: pd.Series[float], factor: pd.Series[str]) -> Evidence:
        one = np.zeros(len(table), np.intp)  # all wells have the same content: DMSO
        return partial_confounder_test(
            values, pd.DataFrame({"factor": factor}), one, table["plate"], **options
        )

    inside = first["log"] - first.groupby("plate")["log"].transform("mean")
    edge = pd.Series(heatmaps.at_edge(first, _SHAPE)).astype(str)
    halves = first.assign(half=first.groupby("plate").cumcount() % 2).pivot_table(
        index=["date", "plate"], columns="half", values="log", aggfunc="median"
    )
    return {
        "batch (A549 at 48 hours in both)": share(same, same["log"], same["batch"]),
        "date (batch 1)": share(first, first["log"], first["date"]),
        "cell line and hours (batch 2)": share(
            second, second["log"], second["line"] + " " + second["hours"].astype(str)
        ),
        "place in the plate, plate held fixed (batch 1)": share(first, inside, first["well"]),
        "edge, plate held fixed (batch 1)": share(first, inside, edge),
        "plate, date held fixed (batch 1): two halves of a plate's wells agree": (
            trends.rank_correlation(
                halves[0],
                halves[1],
                np.arange(len(halves)),
                blocks=np.unique(halves.index.get_level_values("date"), return_inverse=True)[1],
                **options,
            )
        ),
    }


def told_by_count(run: StudyRun, counts: PlateTable) -> dict[str, dict[str, Any]]:
    """Judge whether a control well's place, and a plate's date, are told by counts alone.

    Returns
    -------
    dict of str to dict
        What was asked, and the record.
    """
    wells = control_wells(counts)
    first = wells[wells["batch"] == "1"].reset_index(drop=True)
    options = {"n_permutations": run.permutations, "seed": run.seed}
    plates = first.groupby(["plate", "date"], as_index=False)["log"].median()
    bins = pd.get_dummies(pd.qcut(plates["log"], _BINS, labels=False), dtype=float)
    asked = partial(
        probe, target=plates["date"], n_permutations=run.permutations, random_state=run.seed
    )
    date = asked(bins)
    labels = columns.codes(plates["date"], len(plates), "date")
    planter = into_columns(bins, labels, date.metric, asked, rows="plates", seed=run.seed)
    where: dict[str, Any] = {"row": counts.name, "state": counts.state, "seeds": [run.seed]}
    control = {"is_control": True}
    return {
        "edge or not, from the count": run.judge(
            trends.edge(first, "log", shape=_SHAPE, **options), control,
            view="count of a control well", split="no training", learner="none", **where,
        ),
        "date of a plate, from its median count": run.judge(
            date, control, planter=planter,
            view="median count of control wells", split="plates apart", learner="ridge", **where,
        ),
    }  # fmt: skip


def plate_medians(counts: PlateTable) -> pd.DataFrame:
    """Return a row a plate: ``kind`` (batch and date, or batch, line and hours) and ``cells``."""
    wells = control_wells(counts)
    line = wells["line"] + ", " + wells["hours"].astype(str).str.zfill(2) + " h"
    kind = "batch " + wells["batch"] + ", " + wells["date"].where(wells["date"] != "", line)
    medians = wells.assign(kind=kind).groupby(["plate", "kind"])["cells"].median()
    return pd.DataFrame(medians.reset_index())


def position_grids(counts: PlateTable) -> dict[str, Numbers]:
    """Return, for each batch, the mean log2 count in each control well less its plate's mean."""
    wells = control_wells(counts)
    wells["log"] -= wells.groupby("plate")["log"].transform("mean")
    found = {}
    for batch, own in wells.groupby("batch"):
        means = own.groupby(["row", "column"], as_index=False)["log"].mean()
        grid = np.full(_SHAPE, np.nan)
        grid[means["row"], means["column"]] = means["log"]
        found[f"batch {batch}"] = grid
    return found

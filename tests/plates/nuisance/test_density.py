"""Counts with planted effects of date, plate and place, and without."""

import numpy as np
import pandas as pd
import pytest

from confoundlab.plates.features.tables import PlateTable
from confoundlab.plates.nuisance import density
from confoundlab.studies.run import StudyRun


def counts(date=0.0, edge=0.0, plate=0.0, batch=0.0, seed=0):
    """Two batches of 20 plates of 384 wells, each with 24 control wells; effects in log2 units."""
    rng = np.random.default_rng(seed)
    places = [(0, c) for c in range(6)] + [(r, c) for r in (5, 9, 12) for c in range(6, 12)]
    rows = []
    for name in ("1", "2"):
        for number in range(20):
            day = number % 4
            own = rng.normal(0, plate) + date * (day - 1.5) * (name == "1") + batch * (name == "2")
            for row, column in [*places, (15, 23)]:
                rows.append(
                    {
                        "batch": name, "plate": f"{name}-{number:02d}",
                        "well": f"{'ABCDEFGHIJKLMNOP'[row]}{column + 1:02d}",
                        "row": row, "column": column,
                        "date": f"2016-0{day + 1}-01" if name == "1" else "",
                        "line": "A549" if number % 2 or name == "1" else "U2OS",
                        "hours": 48, "control": (row, column) != (15, 23),
                        "cells": 2 ** (10 + own - edge * (row == 0) + rng.normal(0, 0.2)),
                    }
                )  # fmt: skip
    return PlateTable("lincs_cell_counts", pd.DataFrame(rows), ("cells",))


def find(found, start):
    return next(one for words, one in found.items() if words.startswith(start))


@pytest.mark.parametrize(
    ("dial", "names"),
    [
        ({"date": 0.3}, ["date"]),
        ({"edge": 0.5}, ["edge", "place"]),
        ({"plate": 0.4}, ["plate"]),
        ({"batch": 0.5}, ["batch"]),
    ],
)
def test_what_was_planted_is_found_and_nothing_else(dial, names):
    found = density.explained(counts(**dial), n_permutations=199)
    for start in ("date", "edge", "place", "plate", "batch"):
        one = find(found, start)
        if start in names:
            assert one.p_value == 1 / 200 and one.ci_low > one.chance
        else:
            assert one.p_value > 0.01


def test_the_share_explained_is_the_planted_one():
    found = find(density.explained(counts(edge=0.5), n_permutations=99), "edge")
    between = 0.5**2 * (6 / 24) * (18 / 24)
    assert found.estimate == pytest.approx(between / (between + 0.2**2), abs=0.06)


def test_edge_and_date_are_told_only_where_they_were_planted():
    for dial, name in (({"edge": 0.5}, "edge"), ({"date": 0.4}, "date"), ({}, "")):
        run = StudyRun(permutations=199)
        told = density.told_by_count(run, counts(**dial))
        for words, record in told.items():
            assert (record["verdict"] == "LEAK") == (name != "" and words.startswith(name))


def test_plates_and_places_are_summed_up():
    table = counts(edge=0.5)
    medians = density.plate_medians(table)
    assert len(medians) == 40 and medians["kind"].nunique() == 4 + 2
    shown = density.position_grids(table)["batch 1"]
    assert shown.shape == (16, 24) and np.isfinite(shown).sum() == 24
    assert shown[0, :6].mean() - np.nanmean(shown[5:]) == pytest.approx(-0.5, abs=0.05)

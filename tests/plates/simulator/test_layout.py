from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from confoundlab.errors import InputError
from confoundlab.plates.simulator.layout import (
    ALS,
    SMA_MAIN,
    SMA_PILOT,
    WELLS,
    Line,
    PlateDesign,
    lay_out,
)

DESIGNS = pytest.mark.parametrize("design", [SMA_PILOT, SMA_MAIN, ALS], ids=lambda d: d.name)
KEYS = ["plate", "well", "site"]


@DESIGNS
def test_each_plate_holds_each_line_in_as_many_wells_and_the_controls_in_theirs(
    design: PlateDesign,
) -> None:
    sites = lay_out(design, seed=3)
    assert not sites.duplicated(KEYS).any()
    assert not sites["sample"].duplicated().any()
    assert (sites["well"] == [WELLS[12 * r + c] for r, c in sites[["row", "column"]].values]).all()
    wells = sites.drop_duplicates("well_id")
    assert (sites.groupby("well_id").size() == design.sites).all()
    assert wells.groupby("batch")["plate"].nunique().tolist() == list(design.plates)
    for _, plate in wells.groupby("plate"):
        controls = plate[plate["control"]]
        assert tuple(sorted(controls["well"])) == tuple(sorted(design.control_wells))
        assert set(controls["line"]) == {design.control_line}
        dealt = plate[~plate["control"]]["line"].value_counts()
        assert dealt.to_dict() == {line.name: design.wells_a_line for line in design.lines}
        assert len(plate) == 96  # the three designs fill their plates


@DESIGNS
def test_rows_and_columns_of_control_wells_are_crossed(design: PlateDesign) -> None:
    rows = [well[0] for well in design.control_wells]
    columns = [well[1:] for well in design.control_wells]
    table = pd.crosstab(pd.Series(rows), pd.Series(columns))
    assert (table == 1).all(axis=None)
    assert min(table.shape) >= 3
    assert {"A", "H"} <= set(rows)
    assert {"01", "12"} <= set(columns)


def test_one_matched_pair_of_sma_shares_its_laboratory_and_no_other() -> None:
    lines = pd.DataFrame(SMA_MAIN.lines)
    assert lines["condition"].value_counts().to_dict() == {"healthy": 15, "SMA": 12}
    pairs = lines[lines["pair"] >= 0].groupby("pair")
    assert len(pairs) == 12
    assert (pairs["condition"].nunique() == 2).all()
    assert (pairs.size() == 2).all()
    shared = pairs["laboratory"].agg(lambda labs: len(set(labs)) == 1)
    assert shared.sum() == 1
    others = lines[~lines["pair"].isin(shared.index[shared])]
    assert len(others.drop_duplicates(["condition", "laboratory"])) == 2


def test_the_designs_are_the_papers() -> None:
    assert (len(SMA_PILOT.lines), SMA_PILOT.plates) == (6, (12,))
    assert (len(SMA_MAIN.lines), len(SMA_MAIN.plates)) == (27, 2)
    assert (len(ALS.plates), set(ALS.plates), ALS.sites) == (5, {1, 2}, 9)
    assert {line.condition for line in ALS.lines} == {"TDPwt", "TDPmut"}


def test_lines_are_dealt_to_wells_at_random() -> None:
    sites = lay_out(replace(ALS, plates=(30, 30), sites=1))
    dealt = sites[~sites["control"]]
    for place in ("row", "column"):
        table = pd.crosstab(dealt[place], dealt["line"])
        # A permutation of a plate varies less than independent wells do, so p is too large if
        # anything; a layout by rows or columns makes it zero.
        assert chisquare(table["TDPwt"], table.sum(axis=1) / 2).pvalue > 1e-3
    plates = dealt.groupby("plate")["line"].agg(tuple)
    assert plates.nunique() == len(plates)


@DESIGNS
def test_a_shrunk_design_is_a_part_of_the_whole(design: PlateDesign) -> None:
    whole = lay_out(design, seed=5)
    part = lay_out(design.shrunk(plates=1, wells_a_line=2, sites=1), seed=5)
    both = part.merge(whole, on=KEYS, suffixes=("", "_whole"))
    assert len(both) == len(part) < len(whole)
    for column in part.columns.difference(KEYS):
        assert (both[column] == both[f"{column}_whole"]).all()
    assert set(part["line"]) == set(whole["line"])
    assert set(part["batch"]) == set(whole["batch"])


def test_seeds_lay_out_differently_and_the_same_seed_alike() -> None:
    pd.testing.assert_frame_equal(lay_out(SMA_MAIN, 1), lay_out(SMA_MAIN, 1))
    assert (lay_out(SMA_MAIN, 1)["line"] != lay_out(SMA_MAIN, 2)["line"]).mean() > 0.5


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"wells_a_line": 4}, "fewer wells"),
        ({"sites": 0}, "at least 1"),
        ({"plates": ()}, "at least 1"),
        ({"control_line": "H-99"}, "H-99"),
        ({"control_wells": ("A13",)}, "A01 to H12"),
        ({"lines": (Line("H-15", "healthy", "C"),)}, "laboratories are A and B"),
        ({"lines": SMA_MAIN.lines[:1] * 2, "control_line": "SMA-01"}, "names of their own"),
    ],
)
def test_a_design_that_cannot_be_laid_out_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        replace(SMA_MAIN, **changes)


def test_numbers_of_samples_stay_apart_over_many_plates() -> None:
    many = replace(SMA_MAIN, plates=(99, 99), sites=1)
    assert not lay_out(many)["sample"].duplicated().any()
    assert np.issubdtype(lay_out(SMA_MAIN)["sample"].dtype, np.integer)

from __future__ import annotations

from dataclasses import asdict, fields, replace
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from confoundlab.errors import InputError
from confoundlab.plates.simulator.layout import ALS, SMA_MAIN, SMA_PILOT
from confoundlab.plates.simulator.microscope import PlateDials
from confoundlab.plates.simulator.plateset import SETS, PlateSet, simulate

SMALL = replace(SMA_MAIN, plates=(1, 1), wells_a_line=1, sites=1, size=96)
DIALS = [field.name for field in fields(PlateDials)]
EVERY = PlateDials(**dict.fromkeys(DIALS, 1.0))


def elsewhere(plates: PlateSet) -> PlateSet:
    """The same samples of cells, said to be another line's, in other places."""
    moved = plates.sites.iloc[::-1].reset_index(drop=True).assign(sample=plates.sites["sample"])
    return PlateSet(plates.design, plates.dials, plates.seed, moved)


def pictures(plates: PlateSet, rows: list[int]) -> np.ndarray:
    return np.array([plates.render(row) for row in rows])


def test_with_all_dials_at_zero_pixels_depend_on_nothing_that_the_table_says() -> None:
    plates = PlateSet(SMALL, PlateDials())
    moved = elsewhere(plates)
    rows = [0, 1, 17, 40, 60, len(plates) - 1]
    changed = plates.sites.iloc[rows] != moved.sites.iloc[rows]
    assert changed[["batch", "plate", "well", "row", "column", "well_id"]].all(axis=None)
    assert changed[["line", "condition", "laboratory"]].any().all()
    np.testing.assert_array_equal(pictures(plates, rows), pictures(moved, rows))


@pytest.mark.parametrize("dial", DIALS)
def test_each_dial_alone_reaches_the_pixels(dial: str) -> None:
    still = PlateSet(replace(SMALL, z_stack=False), PlateDials())
    turned = PlateSet(still.design, PlateDials(**{dial: 1.0}))
    sick = turned.sites["condition"] == "SMA"
    row = int(np.flatnonzero(sick & (turned.sites["well"].str[0] == "A"))[0])
    assert (still.render(row) != turned.render(row)).any()


def test_a_site_is_the_same_in_any_order_and_any_part_of_a_set() -> None:
    plates = PlateSet(SMALL, EVERY, seed=3)
    rows = [50, 2, 33]
    in_order = pictures(plates, rows)
    np.testing.assert_array_equal(list(plates.subset(rows).iter_sites()), in_order)
    np.testing.assert_array_equal(pictures(plates, rows[::-1])[::-1], in_order)
    mask = np.isin(np.arange(len(plates)), rows)
    assert plates.subset(mask).sites["sample"].tolist() == sorted(plates.sites["sample"][rows])
    pd.testing.assert_frame_equal(
        plates.subset(rows).truth, plates.truth.iloc[rows].reset_index(drop=True)
    )


@pytest.mark.parametrize("name", SETS)
def test_a_small_scale_is_a_part_of_a_large_one_pixel_for_pixel(name: str) -> None:
    small, large = simulate(name, "smoke", seed=2), simulate(name, "paper", seed=2)
    both = small.sites.reset_index().merge(
        large.sites.reset_index(), on="sample", suffixes=("", "_large")
    )
    assert len(both) == len(small) < len(large)
    for column in ("plate", "well", "site", "line"):
        assert (both[column] == both[f"{column}_large"]).all()
    for at, row in both[["index", "index_large"]].iloc[[0, 99, -1]].to_numpy().tolist():
        np.testing.assert_array_equal(small.render(at), large.render(row))


def test_seeds_give_other_pictures_and_the_same_seed_the_same() -> None:
    one, again, other = (PlateSet(SMALL, EVERY, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.render(5), again.render(5))
    assert (one.render(5) != other.render(5)).mean() > 0.2


def test_the_truth_is_what_was_painted() -> None:
    plates = PlateSet(SMALL, EVERY)
    assert len(plates.truth) == len(plates.sites) == len(plates)
    for row in (0, 30):
        assert len(plates.centres(row)) == plates.truth["n_cells"][row]
    assert plates.truth["n_cells"].between(10, 100).all()
    assert (plates.truth["sick"] == (plates.sites["condition"] == "SMA")).all()
    picture = plates.render(0)
    assert picture.shape == (96, 96, 5)
    assert picture.dtype == np.uint8


def test_density_differs_by_genotype_as_its_dial_says_and_not_at_zero() -> None:
    design = replace(ALS, sites=3)
    for strength in (0.0, 0.5, 1.0):
        plates = PlateSet(design, PlateDials(density=strength), seed=4)
        logs = np.log(plates.truth["n_cells"])
        means = logs.groupby(plates.sites["condition"]).mean()
        # The spread of a site is 0.25, so that of the difference is 0.25 sqrt(1/n1 + 1/n2).
        error = 0.25 * np.sqrt((1 / plates.sites["condition"].value_counts()).sum())
        found = means["TDPmut"] - means["TDPwt"]
        assert found == pytest.approx(0.6 * strength, abs=4 * error)


def test_wild_type_leaves_more_of_a_site_empty_at_the_dials_of_als() -> None:
    plates = simulate("als", "smoke")

    def empty(condition: str) -> float:
        rows = np.flatnonzero(plates.sites["condition"] == condition)[:15]
        return float(np.mean([(plates.render(row)[:, :, 1] < 25).mean() for row in rows]))

    assert empty("TDPwt") > empty("TDPmut") + 0.1


def test_defocus_takes_detail_out_of_the_pilots_corners_and_not_of_the_main_sets() -> None:
    def detail(z_stack: bool, well: str) -> float:
        dials = PlateDials(focus=1.0)
        plates = PlateSet(replace(SMA_PILOT, z_stack=z_stack, plates=(4,), sites=1), dials)
        rows = np.flatnonzero(plates.sites["well"] == well)
        return float(
            np.mean(
                [
                    abs(np.diff(plates.render(row)[:, :, 2].astype(float), axis=0)).mean()
                    for row in rows
                ]
            )
        )

    assert detail(False, "A01") < 0.8 * detail(False, "D06")
    assert detail(True, "A01") > 0.9 * detail(True, "D06")


def test_the_phenotype_is_in_cells_of_the_disease_only() -> None:
    without, with_it = (PlateSet(SMALL, PlateDials(phenotype=p)) for p in (0.0, 1.0))
    sick = with_it.sites["condition"] == "SMA"
    for row in np.flatnonzero(~sick)[:3]:
        np.testing.assert_array_equal(without.render(row), with_it.render(row))
    dimmer = [
        with_it.render(row)[:, :, 4].astype(float).sum() / without.render(row)[:, :, 4].sum()
        for row in np.flatnonzero(sick)[:6]
    ]
    assert np.mean(dimmer) < 0.95


def test_sets_by_name_have_the_papers_structure_at_every_scale() -> None:
    for name, (design, _) in SETS.items():
        sizes = []
        for scale in ("smoke", "default", "paper"):
            plates = simulate(name, scale)
            sizes.append(len(plates))
            assert plates.sites["line"].nunique() == len(design.lines)
            assert plates.sites["batch"].nunique() == len(design.plates)
            assert plates.sites.groupby("plate")["well"].nunique().eq(96).all()
        assert all(small < large for small, large in pairwise(sizes))
    assert simulate("als", "paper").sites["site"].nunique() == 9
    assert simulate("sma_pilot").sites["plate"].nunique() == 12


def test_dials_can_be_given_and_names_are_checked() -> None:
    assert simulate("als", dials=PlateDials()).dials == PlateDials()
    assert asdict(simulate("als").dials)["density"] > 0
    for arguments, says in ((("alz",), "als"), (("als", "smokey"), "smoke")):
        with pytest.raises(InputError, match=says):
            simulate(*arguments)

"""Real tables against their published counts; without them, errors that say what to do."""

import pandas as pd
import pytest

from confoundlab.catalog import TABLES
from confoundlab.errors import InputError
from confoundlab.plates.features import tables

READERS = {
    "focus_quality": tables.focus_sites,
    "nf1_qc": tables.nf1_quality,
    "cardiac_fibroblast_qc": tables.cardiac_quality,
    "cardiac_fibroblast_screen": tables.cardiac_screen,
    "bbbc021_profiles": tables.bbbc021,
    "lincs_cell_counts": tables.lincs_counts,
}


def test_every_set_of_the_catalog_has_a_reader():
    assert set(READERS) == set(TABLES)


@pytest.mark.parametrize("name", READERS)
def test_a_missing_set_says_where_a_copy_is(name, monkeypatch, tmp_path):
    with pytest.raises(InputError, match="CONFOUNDLAB_DATA is not set"):
        READERS[name]()
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    with pytest.raises(InputError, match=r"https://github\.com/"):
        READERS[name]()
    (tmp_path / TABLES[name].folders[0]).mkdir()
    with pytest.raises(InputError, match="not whole"):
        READERS[name]()


def test_wells_are_named_alike_however_they_were_written():
    placed = tables._placed(pd.Series(["p"] * 4), pd.Series(["A1", "B02", "H12", "P24"]))
    assert placed["well"].tolist() == ["A01", "B02", "H12", "P24"]
    assert placed[["row", "column"]].to_numpy().tolist() == [[0, 0], [1, 1], [7, 11], [15, 23]]
    with pytest.raises(InputError, match="Not a well: 'Z9'"):
        tables._placed(pd.Series(["p"]), pd.Series(["Z9"]))


def test_the_digest_follows_the_values():
    one = tables.PlateTable("nf1_qc", pd.DataFrame({"a": [1.0, 2.0]}), ("a",))
    same = tables.PlateTable("nf1_qc", pd.DataFrame({"a": [1.0, 2.0]}), ("a",))
    other = tables.PlateTable("nf1_qc", pd.DataFrame({"a": [1.0, 2.1]}), ("a",))
    assert one.digest == same.digest != other.digest
    assert one.state == "stand-in" and len(one) == 2


@pytest.mark.real
def test_bbbc021_as_published(real_data):
    table = tables.bbbc021()
    wells = table.table
    assert len(wells) == 632 and len(table.features) == 516
    assert wells["plate"].nunique() == 55 and wells["batch"].nunique() == 10
    assert wells["control"].sum() == 330 and wells["condition"].nunique() == 13
    counts = wells["condition"].value_counts()
    assert (counts["Eg5 inhibitors"], counts["Kinase inhibitors"]) == (36, 10)
    assert wells[~wells["control"]]["compound"].nunique() == 38


@pytest.mark.real
def test_nf1_as_published(real_data):
    sites = tables.nf1_quality().table
    assert sites.groupby("plate").size().tolist() == [1800, 1800, 1500, 1512]
    assert sites.drop_duplicates(["plate", "well"]).groupby("plate").size().tolist() == [
        72, 72, 60, 72
    ]  # fmt: skip
    third = sites[sites["plate"] == "3 prime"]
    assert third["condition"].value_counts().to_dict() == {"WT": 600, "HET": 600, "Null": 600}
    slopes = third.groupby("condition")["PowerLogLogSlope CY5"].median()
    assert slopes.round(2).to_dict() == {"WT": -1.55, "HET": -1.80, "Null": -1.67}
    assert third.groupby("condition")["column"].agg(["min", "max"]).loc["HET"].tolist() == [4, 7]


@pytest.mark.real
def test_hearts_as_published(real_data):
    plate = tables.cardiac_quality().table
    assert plate["line"].value_counts().to_dict() == {
        "heart 7": 240, **{f"heart {n}": 144 for n in (2, 4, 19, 23, 29)}
    }  # fmt: skip
    assert plate["condition"].value_counts().to_dict() == {"failing": 576, "healthy": 384}
    screen = tables.cardiac_screen()
    assert len(screen.features) == 474
    assert screen.table["condition"].value_counts().to_dict() == {"failing": 1476, "healthy": 516}
    assert screen.table.groupby("condition")["row"].unique().map(list).to_dict() == {
        "failing": [4], "healthy": [1]
    }  # fmt: skip


@pytest.mark.real
def test_lincs_as_published(real_data):
    wells = tables.lincs_counts().table
    assert len(wells) == 103_670 and wells["plate"].nunique() == 270
    assert wells["cells"].median() == 1353 and wells["cells"].max() == 4248
    first = wells[wells["batch"] == "1"]
    assert first["date"].nunique() == 5 and first["plate"].nunique() == 136
    assert (first["line"] == "A549").all() and (first["hours"] == 48).all()
    assert first.groupby("plate")["control"].sum().eq(24).all()
    assert not wells.isna().any(axis=None)


@pytest.mark.real
def test_focus_sites_as_published(real_data):
    sites = tables.focus_sites()
    assert sum(sites.in_focus) == 9 and len(sites) == 33
    assert sites.wells[:2] == ["a01", "a02"] and "p24" in sites.wells
    assert all(picture.shape == (520, 696) for picture in sites.pictures)

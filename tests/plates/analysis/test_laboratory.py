import numpy as np
import pandas as pd
import pytest

from confoundlab.errors import InputError
from confoundlab.plates.analysis import laboratory
from confoundlab.plates.analysis.folds import leave_batch_out, leave_pair_out
from confoundlab.plates.simulator.layout import SMA_MAIN, lay_out
from confoundlab.plates.simulator.plateset import simulate


@pytest.fixture(scope="module")
def table():
    return lay_out(SMA_MAIN.shrunk(plates=1, wells_a_line=2, sites=1))


def seen(table, *, sick=0.0, source=0.0, seed=0):
    """Features of which one is told the disease, and one the laboratory."""
    x = np.random.default_rng(seed).normal(size=(len(table), 4))
    x[:, 0] += sick * (table["condition"] == "SMA")
    x[:, 1] += source * (table["laboratory"] == "A")
    return x


def people(table, **planted):
    folds = leave_pair_out(table)
    return laboratory.unseen_people(seen(table, **planted), table, folds, n_permutations=99), folds


def test_a_laboratory_alone_is_told_in_all_folds_but_its_own(table):
    found, folds = people(table, source=3.0)
    sources = laboratory.by_source(found).set_index("lines from")
    assert sources["folds"].to_dict() == {"two laboratories": 11, "one laboratory": 1}
    assert sources.loc["two laboratories", "auc"] > 0.95
    assert sources.loc["two laboratories", "ci_low"] > 0.6
    assert sources.loc["one laboratory", "auc"] < 0.8
    assert laboratory.rank_of_same(found) == (pytest.approx(1 / 12), pytest.approx(1 / 12))
    depends = laboratory.depends(found, folds, table, n_permutations=199)
    assert depends.estimate > 0.2 and depends.p_value < 0.15
    # twelve lines have the disease, and one of them is from elsewhere
    assert depends.smallest_p >= 1 / 12


def test_a_disease_alone_is_told_in_all_folds(table):
    found, folds = people(table, sick=3.0)
    sources = laboratory.by_source(found)
    assert (sources["auc"] > 0.9).all()
    depends = laboratory.depends(found, folds, table, n_permutations=199)
    assert depends.estimate < 0.2


def test_the_gap_between_worlds_is_paired_by_fold(table):
    both, _ = people(table, sick=1.0, source=3.0)
    sick, _ = people(table, sick=1.0)
    found = laboratory.gap(both, sick)
    each = both.table["auc"] - sick.table["auc"]
    assert found.estimate == pytest.approx(each.mean()) and found.low > 0
    assert laboratory.gap(sick, sick).estimate == 0
    assert str(found).startswith("+0.")
    batches = laboratory.unseen_people(
        seen(table), table.assign(pair=0), leave_batch_out(table), n_permutations=1
    )
    with pytest.raises(InputError, match="same folds"):
        laboratory.gap(both, batches)
    with pytest.raises(InputError, match="0 folds are of one laboratory"):
        laboratory.rank_of_same(batches)


def test_the_design_is_said_in_lines(table):
    found = laboratory.design(table)
    assert found.status == "connected"
    assert found.groups.loc["SMA", "B"] == 1 and found.groups.loc["healthy", "B"] == 15
    words = laboratory.design_words(found)
    assert "rests on 1 line of the rarer class" in words and "in laboratory B are" in words
    apart = table[table["line"] != "SMA-11"]
    alone = laboratory.design(apart)
    assert not alone.separable and alone.thinnest == 0
    assert "no test on these data" in laboratory.design_words(alone)


@pytest.mark.parametrize("name", laboratory.WORLDS)
def test_a_world_has_the_same_wells_with_dials_at_zero(name):
    plates = simulate("sma_main", "smoke")
    world = laboratory.world(plates, name)
    used = plates.sites[~plates.sites["control"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(world.sites, used)
    for dial in ("phenotype", "laboratory", "batch_gain"):
        planted = getattr(plates.dials, dial)
        assert getattr(world.dials, dial) == laboratory.WORLDS[name].get(dial, planted)


def test_an_unknown_world_is_named(table):
    with pytest.raises(InputError, match="no phenotype"):
        laboratory.world(simulate("sma_main", "smoke"), "no phenotpe")

import pandas as pd
import pytest

from confoundlab.errors import InputError
from confoundlab.plates.nuisance.wells import nuisance_in_controls


def plates(wells=12, cells=4):
    """Make two batches of two plates; half of the wells are control wells."""
    rows = [
        (batch, f"b{batch}p{plate}", f"b{batch}p{plate}:{well}", well % 3, well % 4, well % 2 == 0)
        for batch in "12" for plate in range(2) for well in range(2 * wells)
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["batch", "plate", "well_id", "row", "column", "control"])
    return table.loc[table.index.repeat(cells)].reset_index(drop=True)


def test_what_was_planted_in_a_factor_is_named_and_nothing_else(rng):
    table = plates()
    x = rng.normal(size=(len(table), 6))
    x[:, 2] += 4 * (table["row"] == 1)
    x[:, 3] += 4 * (table["row"] == 2)
    found = {one.target: one for one in nuisance_in_controls(x, table, n_permutations=199)}
    assert list(found) == ["batch", "plate", "row", "column"]
    assert found["row"].evidence.estimate > 0.9 and found["row"].evidence.p_value == 1 / 200
    assert found["row"].permuted_columns == pytest.approx(1 / 3, abs=0.12)
    for name in ("batch", "plate"):
        assert found[name].evidence.p_value > 0.01
    assert found["plate"].evidence.chance == 1 / 4


def test_only_control_wells_are_read(rng):
    table = plates()
    x = rng.normal(size=(len(table), 6))
    other = x.copy()
    other[~table["control"]] = rng.normal(size=(int((~table["control"]).sum()), 6)) * 99
    one, two = (nuisance_in_controls(given, table, n_permutations=9) for given in (x, other))
    assert [each.evidence for each in one] == [each.evidence for each in two]


def test_a_factor_of_one_level_is_left_out(rng):
    table = plates().assign(batch="1")
    found = nuisance_in_controls(rng.normal(size=(len(table), 3)), table, n_permutations=9)
    assert "batch" not in [one.target for one in found]


def test_plates_without_controls_are_refused(rng):
    table = plates().assign(control=False)
    with pytest.raises(InputError, match="no control wells"):
        nuisance_in_controls(rng.normal(size=(len(table), 3)), table)
    with pytest.raises(InputError, match="in the features"):
        nuisance_in_controls(rng.normal(size=(5, 3)), plates())

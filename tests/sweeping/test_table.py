import pytest

from confoundlab.catalog import study
from confoundlab.sweeping.running import make_all
from confoundlab.sweeping.table import TABLE, digest, merged, varying, write
from confoundlab.sweeping.units import plan


def test_a_row_a_run_with_what_was_varied(tmp_path, program):
    units = plan(study("coil"), "smoke", {"crop_size": ["12", "20"], "seed": ["3"]})
    assert varying(units) == ["crop_size"]
    assert merged(units, tmp_path).empty
    list(make_all(units[:1], tmp_path, None, 1, program))
    some = merged(units, tmp_path)
    list(make_all(units, tmp_path, None, 1, program))
    table = merged(units, tmp_path)
    assert len(some) == 1 and table["parameter:crop_size"].tolist() == [12, 20]
    assert table["estimate"].tolist() == pytest.approx([0.123, 0.203])
    assert digest(some) != digest(table)
    assert write(table, tmp_path).name == TABLE

from pathlib import Path

import pytest

from confoundlab.catalog import study
from confoundlab.errors import InputError
from confoundlab.sweeping.units import MOST, grid, plan


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("12,16,20", ["12", "16", "20"]),
        ("0:4", ["0", "1", "2", "3"]),
        ("0:10:5,40", ["0", "5", "40"]),
        ("top-left, top-right", ["top-left", "top-right"]),
        ("-2:1", ["-2", "-1", "0"]),
    ],
)
def test_lists_and_ranges_of_values(text, values):
    assert grid([("name", text)]) == {"name": values}


@pytest.mark.parametrize(
    ("pairs", "why"),
    [
        ([("seed", "1"), ("seed", "2")], "given twice"),
        ([("seed", "3:3")], "no value"),
        ([("seed", "1,,2")], "empty"),
        ([("seed", "1,0:3")], "a value twice"),
    ],
)
def test_bad_values_are_said(pairs, why):
    with pytest.raises(InputError, match=why):
        grid(pairs)


def test_every_combination_is_a_run_with_a_name_of_its_own():
    units = plan(study("coil"), "smoke", {"crop_size": ["12", "16"], "seed": ["0", "1", "2"]})
    assert len({unit.key for unit in units}) == 6
    assert [unit.settings["crop_size"] for unit in units] == [12] * 3 + [16] * 3
    assert all(unit.settings["data"] in ("real", "simulated") for unit in units)  # never auto
    words = units[0].command(Path("sweep"))
    assert words[:4] == ["run", "coil", "--profile", "smoke"] and "crop_size=12" in words


def test_the_same_values_have_one_name_however_they_are_written():
    one, other = (plan(study("coil"), "smoke", {"seed": [text]}) for text in ("1", "01"))
    assert one[0].key == other[0].key
    assert len(plan(study("coil"), "smoke", {"seed": ["1", "01"]})) == 1
    assert plan(study("coil"), "quick", {"seed": ["1"]})[0].key != one[0].key


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"crop_sise": ["12"]}, "Did you mean 'crop_size'"),
        ({"crop_size": ["12", "2000"]}, "crop_size"),
        ({"seed": [str(n) for n in range(MOST + 1)]}, "at most"),
    ],
)
def test_all_is_checked_before_anything_runs(values, why):
    with pytest.raises(InputError, match=why):
        plan(study("coil"), "smoke", values)

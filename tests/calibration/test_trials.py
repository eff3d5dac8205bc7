import pytest

from confoundlab.calibration.designs import Cell, draw
from confoundlab.calibration.trials import TESTS
from confoundlab.evidence.record import Evidence


@pytest.mark.parametrize("name", TESTS)
def test_every_trial_gives_a_p_value_that_depends_on_the_seed_alone(name):
    cell = Cell(80, images_per_group=2)
    one, again = (TESTS[name](draw(cell, 3)) for _ in range(2))
    assert one == again and 0 < one["p"] <= 1


def test_evidence_of_a_strong_leak_is_told():
    found = TESTS["probe, ROC AUC"](draw(Cell(80, leak=4.0), 0))
    assert found["leak"] and found["p"] == 1 / 200
    assert {"estimate", "minimum_detectable", "smallest_p"} <= set(found)
    assert set(found) - {"p", "leak", "inverted", "no_leak"} <= set(Evidence.__dataclass_fields__)

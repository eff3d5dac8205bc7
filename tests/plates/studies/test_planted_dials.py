import numpy as np
import pandas as pd
import pytest

from confoundlab.plates.simulator.microscope import PlateDials
from confoundlab.plates.studies.planted_dials import QUESTIONS, STRENGTHS, planted, summary


def test_every_nuisance_with_a_dial_that_analyses_look_for_is_asked_about():
    dials = set(PlateDials.__dataclass_fields__)
    # lines and wells differ by themselves; drift and edges are read from the same control wells
    assert dials - set(QUESTIONS) == {"line", "well", "plate_drift", "edge"}
    assert STRENGTHS[0] == 0


@pytest.mark.parametrize("dial", ["laboratory", "density"])
def test_what_was_planted_is_found_and_what_was_not_is_not(dial):
    none, full = (planted(dial, strength, seed=3) for strength in (0.0, 1.0))
    assert (full["p_value"] <= 0.05).all() and (full["estimate"] > full["null_mean"] + 0.2).all()
    assert (none["p_value"] > 0.05).all()


def test_the_summary_counts_calls():
    p = [0.01, 0.04, 0.2, 0.9]
    trials = pd.DataFrame(
        {
            "dial": "batch_gain", "strength": [1.0, 1.0, 0.0, 0.0], "seed": [0, 1, 0, 1],
            "analysis": "any", "metric": "m", "estimate": [0.8, 0.6, 0.1, 0.1],
            "null_mean": 0.0, "p_value": p,
        }
    )  # fmt: skip
    found = summary(trials).set_index("strength")
    assert found["called"].to_dict() == {1.0: 1.0, 0.0: 0.0}
    assert found.loc[1.0, "estimate"] == pytest.approx(0.7)
    assert set(found["dial"]) == {"batch gain"} and set(found["permuted"]) == {0.0}
    assert found.loc[1.0, "spread"] == pytest.approx(np.sqrt(0.02))

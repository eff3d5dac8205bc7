import numpy as np
import pytest

from confoundlab.plates.features import survey
from confoundlab.plates.features.nuclei import patches
from confoundlab.plates.simulator.layout import SMA_PILOT
from confoundlab.plates.simulator.microscope import PlateDials
from confoundlab.plates.simulator.plateset import PlateSet


@pytest.fixture(scope="module")
def plates():
    design = SMA_PILOT.shrunk(plates=1, wells_a_line=1, sites=1)
    return PlateSet(design, PlateDials(focus=1.0))


def test_sites_keep_their_truth_and_a_score_that_follows_it(plates):
    found = survey.focus(plates)
    assert len(found) == len(plates) and found.state == "simulated"
    assert (found.table["blur"] == plates.truth["blur"]).all()
    assert found.table[["focus", "blur"]].corr("spearman").iloc[0, 1] < -0.95
    assert found.digest == survey.focus(plates).digest
    other = survey.focus(plates.subset(np.arange(3)))
    assert other.digest != found.digest
    assert (other.table["focus"] == found.table["focus"][:3]).all()


def test_one_look_cuts_the_same_cells_as_nuclei_does(plates):
    few = plates.subset(np.arange(4))
    table, cells = survey.cells(few, size=32, per_site=3)
    expected = patches(few, size=32, per_site=3)
    assert len(table) == 4 and (cells.pixels == expected.pixels).all()
    assert cells.table.equals(expected.table)
    assert cells.digest == expected.digest and cells.state == "simulated"

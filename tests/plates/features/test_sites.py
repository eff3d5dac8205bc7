from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sown import sown

from confoundlab.errors import InputError
from confoundlab.plates.features.handcrafted import statistics
from confoundlab.plates.features.nuclei import segment
from confoundlab.plates.features.sites import measure, smaller
from confoundlab.plates.simulator.layout import CONTROL_ROWS, crossed
from confoundlab.plates.simulator.plateset import SETS, PlateSet


def test_smaller_pictures_are_means_of_squares(rng):
    pixels = rng.integers(0, 256, (2, 12, 12, 5), dtype=np.uint8)
    found = smaller(pixels, 4)
    assert found.shape == (2, 4, 4, 5)
    assert found[1, 2, 3, 4] == round(pixels[1, 6:9, 9:12, 4].mean())
    assert (smaller(pixels, 12) == pixels).all()
    with pytest.raises(InputError, match="side is 5; it must divide the picture's 12 pixels"):
        smaller(pixels, 5)


def test_sites_are_measured_as_they_are_rendered():
    design, dials = SETS["als"]
    design = replace(design.shrunk(wells_a_line=1, sites=1), plates=(1, 1), size=128)
    plates = PlateSet(design, dials)
    found = measure(plates, 32)
    kept = plates.subset(~plates.sites["control"])
    large = np.stack(list(kept.iter_sites()))
    assert len(found) == 4 and not found.table["control"].any()
    assert (found.pixels == smaller(large, 32)).all()
    pd.testing.assert_frame_equal(found.statistics, statistics(large))
    assert found.table["planted"].tolist() == kept.truth["n_cells"].tolist()
    assert np.abs(found.table["cells"] - found.table["planted"]).max() <= 2
    assert found.state == "simulated"
    for row, patch in enumerate(found.patches):
        centres = segment(large[row][:, :, 0])
        y, x = centres[np.hypot(*(centres - 63.5).T).argmin()].round().astype(int)
        assert (patch[32, 32] == large[row][y, x]).all()


def test_a_digest_is_of_table_and_pictures():
    sites = sown(wells=1)
    brighter = replace(sites, pixels=sites.pixels + np.uint8(1))
    counted = replace(sites, table=sites.table.assign(cells=0))
    assert len({one.digest for one in (sites, brighter, counted)}) == 3
    assert sites.digest == replace(sites).digest


def test_what_cannot_be_measured_is_refused():
    design, dials = SETS["als"]
    plates = PlateSet(replace(design, plates=(1,), sites=1), dials)
    with pytest.raises(InputError, match="must divide the picture's 256"):
        measure(plates, 60)
    controls = plates.sites["well"].isin(crossed(CONTROL_ROWS, (1, 5, 8, 12)))
    with pytest.raises(InputError, match="control wells only"):
        measure(plates.subset(controls), 64)

"""Sites whose pictures are a few bright squares: quick to make, and their truth is known."""

import numpy as np
import pandas as pd

from confoundlab.plates.features.handcrafted import FEATURES
from confoundlab.plates.features.sites import Sites
from confoundlab.plates.simulator.plateset import SETS, PlateSet


def sown(*, density=1.0, wells=6, sites=1, side=24, seed=0):
    """Sites of the ALS design: as many squares of light as the simulator would sow cells.

    Of the statistics ``nuclei`` and ``empty`` tell their number, all others are noise.
    """
    design, dials = SETS["als"]
    design = design.shrunk(wells_a_line=wells, sites=sites)
    plates = PlateSet(design, dials.turned(density=density), seed)
    plates = plates.subset(~plates.sites["control"])
    cells = plates.truth["n_cells"].to_numpy()
    rng = np.random.default_rng(seed)
    pixels = rng.normal(20, 3, (len(plates), side, side, 5))
    for picture, number in zip(pixels, cells, strict=True):
        for y, x in rng.integers(0, side - 2, (number // 2, 2)):
            picture[y : y + 3, x : x + 3] += 120
    names = FEATURES["feature"].tolist()
    statistics = pd.DataFrame(rng.normal(size=(len(plates), len(names))), columns=names)
    statistics["nuclei"] = cells
    statistics["empty"] = 1 - 0.01 * cells + rng.normal(0, 0.01, len(plates))
    return Sites(
        plates.sites.assign(cells=cells, planted=cells),
        pixels.clip(0, 255).astype(np.uint8),
        pixels.clip(0, 255).astype(np.uint8),
        statistics,
    )

"""The SMA plates of Venugopalan et al. (2019), simulated: batch, focus and laboratory.

The published screens, pilot and main, were never released. What is simulated, and how strong, is in
the notebook's parameters and in `confoundlab.plates.simulator.plateset`.
"""

from __future__ import annotations

from confoundlab.catalog.entry import Study

STUDY = Study(
    name="sma",
    title="SMA: batch, focus and laboratory (simulated plates)",
    data="simulated",
    profiles={
        "smoke": {"wells": 1, "per_site": 4, "side": 64, "epochs": 2, "refits": 1,
                  "permutations": 199},
        "quick": {"wells": 2, "per_site": 4, "side": 64, "refits": 4},
        "paper": {"scale": "default", "side": 224, "permutations": 1999},
    },
)  # fmt: skip

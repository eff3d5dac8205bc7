"""The ALS plates of Venugopalan et al. (2019), simulated: density that follows the genotype.

The published screen was never released. What is simulated, and how strong, is in the notebook's
parameters and in `confoundlab.plates.simulator.plateset`.
"""

from __future__ import annotations

from confoundlab.catalog.entry import Study

STUDY = Study(
    name="als",
    title="ALS: the net counts cells (simulated plates)",
    data="simulated",
    profiles={
        "smoke": {"wells": 4, "side": 32, "embed_side": 64, "epochs": 4, "refits": 1,
                  "zero_refits": 1},
        "quick": {"wells": 8, "embed_side": 64, "refits": 4, "zero_refits": 1},
        "paper": {"scale": "default", "permutations": 1999},
    },
)  # fmt: skip

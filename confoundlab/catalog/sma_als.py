"""The SMA and ALS plates of Venugopalan et al. (2019), simulated: batch, focus, density.

The published screens were never released. What is simulated, and how strong, is in the notebooks'
parameters and in `confoundlab.plates.simulator.plateset`.
"""

from __future__ import annotations

from confoundlab.catalog.entry import Page, Study

SMA = Study(
    name="sma",
    title="SMA: batch, focus and laboratory (simulated plates)",
    data="simulated",
    pages=(Page("sma", "sma"),),
    profiles={
        "smoke": {"wells": 1, "per_site": 4, "side": 64, "epochs": 2, "refits": 1,
                  "permutations": 199},
        "quick": {"wells": 2, "per_site": 4, "side": 64, "refits": 4},
        "paper": {"scale": "default", "side": 224, "permutations": 1999},
    },
)  # fmt: skip

ALS = Study(
    name="als",
    title="ALS: the net counts cells (simulated plates)",
    data="simulated",
    pages=(Page("als", "als"),),
    profiles={
        "smoke": {"wells": 4, "side": 32, "embed_side": 64, "epochs": 4},
        "quick": {"wells": 8, "embed_side": 64},
        "paper": {"scale": "default", "permutations": 1999},
    },
)  # fmt: skip

"""What takes the leak away: section 4 and Table 5 of Dhar and Shamir (2021), on twins.

How much of a leak a remedy removes can be said only where the truth is known, so this study has no
real images: it lays the sessions of twins anew. Its data sets are those whose twins are cheap.
"""

from __future__ import annotations

from confoundlab.catalog.celegans import CELEGANS
from confoundlab.catalog.coil import COIL20
from confoundlab.catalog.entry import Page, Study
from confoundlab.catalog.yale import YALE_A

STUDY = Study(
    name="remedies",
    title="Remedies: what takes the leak away",
    datasets=(COIL20, CELEGANS, YALE_A),
    data="simulated",
    pages=(Page("remedies", "coil20"),),
    profiles={
        "smoke": {"dataset": "celegans", "epochs": 10, "repeats": 2, "permutations": 999},
        "quick": {"epochs": 30, "repeats": 4, "permutations": 999},
        "paper": {"epochs": 120, "repeats": 10, "permutations": 9999},
    },
)

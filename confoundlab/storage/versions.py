"""The version of what computes: the part of a kept result's key that stands for the code.

A computation is found again as long as what computes it means the same. So each kind of computing
states a version by hand, and no comment, name or move throws hours of nets away. Raise a version
when a result of its kind can come out otherwise (another rounding counts, another speed does not);
``tests/storage/test_versions.py`` compares stored samples of each kind and says when that is due.
"""

from __future__ import annotations

from typing import Literal

Computing = Literal["views", "learners", "embeddings", "plates", "statistics", "power"]

VERSIONS: dict[Computing, int] = {
    "views": 2,  # files to pixels, and what croppers and transforms leave of them
    "learners": 2,  # LeNet-5 on every engine, and the random forest
    "embeddings": 1,  # projection and pretrained nets
    "plates": 1,  # simulated sites, and what is measured on them
    "statistics": 4,  # probes, nulls, intervals and verdicts
    "power": 4,  # simulated power tables
}


def computed_by(*kinds: Computing) -> str:
    """Return kinds and their versions in words, for a key or a record: ``views 1, learners 1``."""
    return ", ".join(f"{kind} {VERSIONS[kind]}" for kind in kinds)

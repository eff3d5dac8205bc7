"""One permutation test a fit: its answers stay, the labels of the images it was tested on move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from confoundlab.design.labelling import Labelling, NoPermutationError
from confoundlab.evidence.record import NullTest, design_of
from confoundlab.inference.power import ALPHA, Metric, minimum_detectable
from confoundlab.types import Indices, Numbers

# From labels of the units, shape (permutations, units), to the metric of each permutation.
Score = Callable[[Indices], Numbers]
_CHUNK = 2_000_000  # labels held in memory at once


@dataclass(frozen=True, eq=False)
class Fit:
    """Images one fit was tested on, its metric for a labelling, and what it scores without one."""

    rows: Indices
    scorer: Callable[[Labelling], Score]
    alone: float


def each_tested(
    fits: Sequence[Fit],
    labels: Indices,
    groups: Indices,
    blocks: Indices | None,
    n_permutations: int,
    rng: np.random.Generator,
) -> tuple[list[NullTest], list[Labelling]]:
    """Test every fit; return also the labellings of those that can be tested."""
    tests, levels = [], []
    for fit in fits:
        inside = None if blocks is None else blocks[fit.rows]
        try:
            level = Labelling.of(labels[fit.rows], groups[fit.rows], inside)
        except NoPermutationError:
            tests.append(NullTest(fit.alone, np.full(n_permutations, fit.alone), 1.0))
            continue
        score = fit.scorer(level)
        null = _null(level, n_permutations, rng, score)
        smallest = level.smallest_p(n_permutations, renamed=False)
        tests.append(NullTest(float(score(level.labels[None])[0]), null, smallest))
        levels.append(level)
    return tests, levels


def fewest(levels: Sequence[Labelling]) -> Labelling | None:
    """Return the labelling of the fewest units, if there is any."""
    return min(levels, key=lambda level: len(level.labels), default=None)


def found_by(
    levels: Sequence[Labelling],
    metric: Metric,
    unit: Indices,
    *,
    chance: float,
    n_permutations: int,
    correlation: float,
    agreement: float = 1.0,
) -> float:
    """Return the smallest true value that the tests of all fits find together.

    unit : the unit of each tested image, over all fits; every fit is taken for that of the fewest.
    chance : of all tested images.
    """
    least = fewest(levels)
    if least is None:
        return 1.0
    design = design_of(
        least.labels,
        metric,
        images_per_unit=len(least.unit) / len(least.labels),
        correlation=correlation,
        fits=len(levels),
        spread=len(np.unique(unit)) / len(least.labels),
        agreement=agreement,
        smallest_p=float(
            np.median([level.smallest_p(n_permutations, renamed=False) for level in levels])
        ),
    )
    if metric == "accuracy":  # classes of one small fit are more uneven, by luck, than those of all
        design = replace(design, majority=chance)
    room = (1 - chance) / (1 - design.chance)  # units are not as uneven as images
    return chance + (minimum_detectable(design) - design.chance) * room


def names_one(named: Indices, labels: Indices) -> bool:
    """Say whether a fit gave all images one name where an even guess would seldom do that."""
    classes = len(np.unique(labels))
    return bool((named == named[0]).all()) and float(classes) ** (1 - len(named)) < ALPHA


def _null(level: Labelling, n_permutations: int, rng: np.random.Generator, score: Score) -> Numbers:
    most = max(1, _CHUNK // len(level.unit))
    sizes = [most] * (n_permutations // most) + [n_permutations % most]
    return np.concatenate([score(level.draw(size, rng)) for size in sizes if size])

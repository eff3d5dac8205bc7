"""Designs to draw data from, with known truth: what the tests are tried on.

A `Cell` is a design: images in groups, groups in batches, classes laid over both, a leak of known
strength or none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from confoundlab.types import Indices

METRICS = ("accuracy", "balanced accuracy", "ROC AUC")
DIFFERENCES = tuple(f"difference in {metric}" for metric in METRICS)
FACTORS = ("partial R²", "owed to a factor", "beyond a factor")
PROBES = tuple(f"{metric} of a probe" for metric in ("ROC AUC", "balanced accuracy"))
INTERVALS = (*METRICS, *DIFFERENCES, *FACTORS, *PROBES)
"""Whose intervals are tried."""
Sizes = Literal["equal", "one giant", "giant of one class", "by class", "log-normal"]
Layout = Literal["none", "crossed", "nested", "partly aliased", "mixed"]
# Beside the seed, for the data: a test that is given the same seed draws its permutations from the
# plain one, and they would be tied to the labels drawn here. (A 0 would be the plain seed again.)
APART = 9
_BATCH = 1.0  # spread of batch means, in standard deviations of an image
_TILT = 0.8  # partly aliased: share of a class's groups that lie in the class's own batches
_GIANT = 0.6  # share of the images that the giant group has
_BY_CLASS = (3 / 7, 20 / 7)  # images of a group of the first class and of others, over the mean
_OWN = 0.5  # mixed: share of images with a label of their own


@dataclass(frozen=True)
class Cell:
    """A design to draw data from.

    Parameters
    ----------
    n_images, images_per_group, classes : int
        Sizes; every group has one label, unless the layout is "mixed".
    majority : float
        Share of groups with the commonest class; 0 where classes are balanced.
    n_batches : int
        Batches with means of their own.
    layout : {"none", "crossed", "nested", "partly aliased", "mixed"}
        Batches independent of the label, each inside one class, or tilted towards a class. Mixed:
        no batches, and half of the images have a label of their own, not their group's.
    correlation : float
        Of the images of a group.
    leak : float
        Distance between class means, in standard deviations of an image; 0 is a null.
    features : int
        Columns.
    sizes : {"equal", "one giant", "giant of one class", "by class", "log-normal"}
        Of the groups. One may have 60 % of the images, and that one may always be of the last
        class; groups of the first class may have fewer than others, 3 to 20; or sizes are
        log-normal with a spread of 1 on the logarithmic scale.
    """

    n_images: int
    images_per_group: int = 1
    classes: int = 2
    majority: float = 0.0
    n_batches: int = 1
    layout: Layout = "none"
    correlation: float = 0.8
    leak: float = 0.0
    features: int = 10
    sizes: Sizes = "equal"


@dataclass(frozen=True, eq=False)
class Drawn:
    """One draw of a cell: features (n, d), and labels, groups, batches (n,)."""

    features: npt.NDArray[np.float64]
    labels: Indices
    groups: Indices
    batches: Indices
    seed: int


def group_sizes(
    sizes: Sizes, label: Indices, images_per_group: int, rng: np.random.Generator
) -> Indices:
    """Return the number of images of each group, shape (groups,); a giant comes first."""
    n_groups = len(label)
    share = np.ones(n_groups)
    if sizes in ("one giant", "giant of one class"):
        share[0] = _GIANT / (1 - _GIANT) * (n_groups - 1)
        share /= share.mean()
    elif sizes == "by class":
        share = np.where(label == 0, *_BY_CLASS)
    elif sizes == "log-normal":
        share = np.exp(rng.normal(size=n_groups))
    return np.maximum(1, np.round(share * images_per_group)).astype(np.intp)


def draw(cell: Cell, seed: int) -> Drawn:
    """Draw data: features know the batch and the group, and the label only through the leak."""
    rng = np.random.default_rng([seed, APART])
    n_groups = cell.n_images // cell.images_per_group
    shares = np.full(cell.classes, 1 / cell.classes)
    if cell.majority:
        shares[1:] = (1 - cell.majority) / (cell.classes - 1)
        shares[0] = cell.majority
    places = (np.arange(n_groups) + 0.5) / n_groups
    label = rng.permutation(np.searchsorted(np.cumsum(shares)[:-1], places))
    batch = rng.permutation(np.arange(n_groups) % cell.n_batches)
    if cell.layout == "nested":  # batches are dealt to classes, groups to the class's batches
        owner = rng.permutation(np.arange(cell.n_batches) % cell.classes)
        label = owner[batch]
    elif cell.layout == "partly aliased":
        own = rng.random(n_groups) < _TILT
        batch = np.where(own, (batch // cell.classes) * cell.classes + label, batch)
        batch = np.minimum(batch, cell.n_batches - 1)
    if cell.sizes == "giant of one class":
        here = np.flatnonzero(label == cell.classes - 1)[0]
        label[[0, here]] = label[[here, 0]]
    group = np.repeat(
        np.arange(n_groups), group_sizes(cell.sizes, label, cell.images_per_group, rng)
    )
    means = np.zeros((cell.classes, cell.features))
    means[np.arange(cell.classes), np.arange(cell.classes) % cell.features] = cell.leak
    x = rng.normal(size=(n_groups, cell.features))[group] * np.sqrt(cell.correlation)
    x += rng.normal(size=(len(group), cell.features)) * np.sqrt(1 - cell.correlation)
    if cell.n_batches > 1:
        x += _BATCH * rng.normal(size=(cell.n_batches, cell.features))[batch[group]]
    own_label = label[group]
    if cell.layout == "mixed":
        own_label = np.where(rng.random(len(group)) < _OWN, rng.permutation(own_label), own_label)
    x += means[own_label]
    return Drawn(x, own_label, group, batch[group], seed)

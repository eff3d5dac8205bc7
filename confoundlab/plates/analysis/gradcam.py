"""GradCAM: where a net looks, and whether that has to do with what it learned.

Serves the claim that saliency maps lie on empty regions where TDPwt is named correctly, so that the
net counts cells (Venugopalan et al. 2019, Figure 6). `background` has the number over a whole test
set; here stands what a map is worth at all: whether it changes when the net's weights are random.

GradCAM: Selvaraju et al. 2017, arXiv:1610.02391. The check: Adebayo et al. 2018, arXiv:1810.03292.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from scipy.stats import rankdata
from torch import nn

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.inference.intervals import Statistic, bootstrap, mean_recall
from confoundlab.models.lenet import LeNet5, as_inputs
from confoundlab.types import Indices, Maps, Numbers, Pixels

_AT_ONCE = 256  # images a step
_T = TypeVar("_T", bound=np.generic)


def named(net: LeNet5, images: Pixels) -> Indices:
    """Return the class that a net names for each image, shape (n,)."""
    with torch.no_grad():
        parts = [net(as_inputs(some)).argmax(1) for some in _some(images)]
    return torch.cat(parts).numpy()


def maps(net: LeNet5, images: Pixels, classes: npt.ArrayLike | None = None) -> Maps:
    """Return GradCAM's map of each image: what in it speaks for a class.

    Channels of the last convolution, after its ReLU, are summed with the mean slope of the class's
    logit as weight, cut at zero and enlarged to the picture by linear interpolation.

    Parameters
    ----------
    net : LeNet5
        Trained.
    images : ndarray of uint8, shape (n, height, width, channels)
        As the net takes them.
    classes : array of int, shape (n,), optional
        Whose evidence is mapped; by default what the net names.

    Returns
    -------
    ndarray of float32, shape (n, height, width)
        0 or more, in logits; comparable within an image, not between nets. All 0 where nothing
        that was seen speaks for the class: a net may name it for what it did not see. How often
        differs between nets trained from other seeds, so ask several.
    """
    asked = named(net, images) if classes is None else np.asarray(classes, np.intp)
    if asked.shape != (len(images),):
        raise InputError(f"{len(images)} images need as many classes, not {asked.size}.")
    last = net[-1]
    assert isinstance(last, nn.Linear)
    if not 0 <= asked.min() <= asked.max() < last.out_features:
        raise InputError(f"Classes must be 0..{last.out_features - 1}.")
    body, head = _halves(net)
    found = []
    for some, own in zip(_some(images), _some(asked), strict=True):
        with torch.no_grad():
            planes = body(as_inputs(some))
        planes.requires_grad_(True)
        logits = head(planes)[torch.arange(len(own)), torch.from_numpy(own)]
        (slopes,) = torch.autograd.grad(logits.sum(), planes)
        with torch.no_grad():
            small = (slopes.mean((2, 3), keepdim=True) * planes).sum(1, keepdim=True).relu()
            size = tuple(images.shape[1:3])
            large = nn.functional.interpolate(small, size, mode="bilinear")
        found.append(large[:, 0].numpy())
    return np.concatenate(found)


def scaled(found: Maps) -> Maps:
    """Stretch each map to 0..1 for a picture; a constant one becomes 0."""
    low, high = (side((1, 2), keepdims=True) for side in (found.min, found.max))
    stretched = np.divide(found - low, high - low, out=np.zeros_like(found), where=high > low)
    return np.asarray(stretched)


def randomised(
    net: LeNet5,
    images: Pixels,
    groups: npt.ArrayLike,
    *,
    repeats: int = 5,
    seed: int = 0,
) -> pd.DataFrame:
    """Compare maps with those of nets whose layers are random, from the last layer downwards.

    Maps that stay the same when what was learned is gone show edges of the picture, not what the
    net learned (Adebayo et al. 2018, cascading randomisation).

    Parameters
    ----------
    net : LeNet5
        Trained.
    images : ndarray of uint8, shape (n, height, width, channels)
        Of the test set. Maps are of the class that the trained net names.
    groups : array, shape (n,)
        Wells.
    repeats, seed : int
        Random nets a depth, and the first one's seed; weights as those of a net before training.

    Returns
    -------
    DataFrame
        A row a depth: ``layers`` (how many are random, 5 is the whole net), ``correlation`` of
        ranks of pixels, mean over images and repeats, ``ci_low``, ``ci_high`` (95%, groups
        resampled) and ``blank`` (share of pairs left out, because one map is constant). 1: the map
        does not depend on these weights; 0: nothing of it is left.

    Raises
    ------
    InputError
        All maps constant; fewer than two groups.
    """
    group = columns.codes(groups, len(images), "groups")
    if repeats < 1:
        raise InputError("At least one random net a depth is needed.")
    asked = named(net, images)
    trained = _ranks(maps(net, images, asked))
    learned = [number for number, layer in enumerate(net) if hasattr(layer, "weight")]
    alike = np.empty((len(learned), repeats, len(images)))
    for repeat in range(repeats):
        generator, changed = torch.Generator("cpu").manual_seed(seed + repeat), deepcopy(net)
        for depth, number in enumerate(reversed(learned)):
            _randomise(changed[number], generator)
            with np.errstate(invalid="ignore"):  # a constant map correlates with nothing
                alike[depth, repeat] = (trained * _ranks(maps(changed, images, asked))).sum(1)
    rng, rows = np.random.default_rng(seed), []
    for depth, each in enumerate(alike, start=1):
        there = np.isfinite(each)
        if not there.any():
            raise InputError(f"With {depth} random layer(s) every map is constant.")
        share = np.where(there, (each + 1) / 2, 0).sum(0)
        found = bootstrap(_by_group(share, there.sum(0), group), int(group.max()) + 1, rng)
        low, high = 2 * found.low - 1, 2 * found.high - 1
        rows.append((depth, float(each[there].mean()), low, high, float(1 - there.mean())))
    return pd.DataFrame(rows, columns=["layers", "correlation", "ci_low", "ci_high", "blank"])


def _randomise(layer: nn.Module, generator: torch.Generator) -> None:
    """Draw a layer anew, by the law of `lenet.fresh_net`."""
    assert isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None
    bound = layer.weight[0].numel() ** -0.5
    for weights in (layer.weight, layer.bias):
        nn.init.uniform_(weights, -bound, bound, generator=generator)


def _halves(net: LeNet5) -> tuple[nn.Sequential, nn.Sequential]:
    """Part a net after the ReLU of its last convolution."""
    layers = list(net)
    last = max(number for number, layer in enumerate(layers) if isinstance(layer, nn.Conv2d))
    return nn.Sequential(*layers[: last + 2]), nn.Sequential(*layers[last + 2 :])


def _some(rows: npt.NDArray[_T]) -> Iterator[npt.NDArray[_T]]:
    for first in range(0, len(rows), _AT_ONCE):
        yield rows[first : first + _AT_ONCE]


def _ranks(found: Maps) -> Numbers:
    """Rank each map's pixels, centred and of length 1, shape (n, pixels); NaN where constant."""
    ranks = rankdata(found.reshape(len(found), -1), axis=1)
    ranks -= ranks.mean(1, keepdims=True)
    length = np.linalg.norm(ranks, axis=1, keepdims=True)
    unit = np.divide(ranks, length, out=np.full_like(ranks, np.nan), where=length > 0)
    return np.asarray(unit)


def _by_group(sums: Numbers, counts: Indices, group: Indices) -> Statistic:
    """Make the mean a function of group weights."""
    return mean_recall(*(np.bincount(group, one)[:, None] for one in (sums, counts)))

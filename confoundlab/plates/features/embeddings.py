"""Embeddings of patches by nets that never saw a cell, and maps of them.

Serves the claim that unsupervised embeddings cluster by experimental batch (Venugopalan et al.
2019, Figure 3, with Inception-v4 trained on ImageNet). Such nets take three channels, so that five
are projected first, in a stated way; the paper does not state its own.

EfficientNet-Lite0 (`models.lite0`), the default, needs no network: its weights are installed as a
package. Any net of torchvision or timm is found by name (`models.pretrained`). Weights are read
without running code from their file: tensors only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from sklearn.decomposition import PCA

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.models import pretrained
from confoundlab.storage.versions import computed_by
from confoundlab.studies import store
from confoundlab.types import Numbers, Pixels

Embedding = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Projection:
    """Three channels out of five: each a weighted sum, plus an offset, cut to 0..255.

    Parameters
    ----------
    name : str
        For tables and captions.
    weights : tuple of 3 tuples of float
        Red, green and blue, each with a weight a channel.
    offset : tuple of 3 floats
        Gray levels.
    """

    name: str
    weights: tuple[tuple[float, ...], ...]
    offset: tuple[float, ...] = (0.0, 0.0, 0.0)

    def __call__(self, pixels: Pixels) -> Pixels:
        """Project pixels (n, height, width, channels) to (n, height, width, 3), uint8."""
        if pixels.dtype != np.uint8 or pixels.ndim != 4:
            raise InputError(
                "pixels must be uint8 of shape (n, height, width, channels), "
                f"not {pixels.dtype} {pixels.shape}."
            )
        if pixels.shape[-1] != len(self.weights[0]):
            raise InputError(
                f"Projection {self.name!r} takes {len(self.weights[0])} channels, "
                f"not {pixels.shape[-1]}."
            )
        weights = np.array(self.weights, np.float32).T
        mixed = pixels @ weights + np.array(self.offset, np.float32)
        return np.asarray(mixed.round().clip(0, 255), np.uint8)


FIRST_THREE = Projection("first three", ((1, 0, 0, 0, 0), (0, 1, 0, 0, 0), (0, 0, 1, 0, 0)))
"""DNA as red, ER as green, RNA as blue; AGP and mitochondria are not seen."""
MEAN = Projection("mean", ((0.2,) * 5,) * 3)
"""The mean of the five channels, gray."""
COLOURS = Projection(
    "colours",
    # columns: DNA, ER, RNA, AGP, Mito
    ((0, 0, 0, 0.5, 0.5), (0, 0.4, 0.4, 0.2, 0), (0.6, 0.2, 0, 0, 0.2)),
)
"""A picture in false colours: DNA blue, ER cyan, RNA green, AGP yellow, mitochondria purple.

A colour's weights add up to 1, so that nothing is cut.
"""


def principal(pixels: Pixels) -> Projection:
    """Fit the projection to the three principal components of the channels.

    A component's mean becomes gray level 127.5, three standard deviations on either side reach 0
    and 255, and its largest weight is positive. Fit it on training images only.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, height, width, channels)
        Three channels or more.

    Raises
    ------
    InputError
        Fewer than three channels vary apart from each other.
    """
    flat = pixels.reshape(-1, pixels.shape[-1])
    values, vectors = np.linalg.eigh(np.cov(flat, rowvar=False, dtype=np.float64))
    values, vectors = values[::-1][:3], vectors[:, ::-1][:, :3].T
    if len(values) < 3 or values[2] < 1e-9 * max(values[0], 1):
        raise InputError(
            "Three principal components need three channels that vary apart from each other."
        )
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], 1)
    weights = vectors * np.sign(largest) * 127.5 / (3 * np.sqrt(values)[:, None])
    offset = 127.5 - weights @ flat.mean(0)
    rows = tuple(tuple(map(float, row)) for row in weights)
    return Projection("principal components", rows, tuple(map(float, offset)))


def embed(
    pixels: Pixels,
    name: str = "efficientnet_lite0",
    *,
    projection: Projection = COLOURS,
    side: int | None = None,
    weights: Path | None = None,
    keep: bool = True,
) -> Embedding:
    """Return what a net trained on photographs sees in each patch, before its last layer.

    A patch is cut to its centre as the net was tested (87.5% of the side for the default), resized
    and normalised as it was trained.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, height, width, channels)
        Five channels to be projected, or three that already are.
    name : str
        `efficientnet_lite0`, or a net of torchvision or timm (``timm/inception_v4`` says which).
    projection : Projection
        Of five channels to three.
    side : int, optional
        Pixels of the net's input; as it was trained (224 for the default) if missing. Half the side
        takes a quarter of the time and gives other features: state it.
    weights : Path, optional
        File of the net's weights, ``.safetensors`` or PyTorch's; else they are fetched.
    keep : bool
        Look for the result in the cache, and put it there.

    Returns
    -------
    ndarray of float32, shape (n, d)
        1280 features of the default.

    Raises
    ------
    InputError
        An unknown net; weights that are missing, cannot be fetched or do not fit; a side that the
        net does not take; wrong pixels.
    """
    shown = pixels if pixels.shape[-1:] == (3,) else projection(pixels)
    if shown.dtype != np.uint8 or shown.ndim != 4 or not shown.size:
        raise InputError(
            f"pixels must be uint8 (n, height, width, channels), not {shown.dtype} {shown.shape}."
        )
    inputs = {
        "what": "embedding",
        "name": name,
        "side": side,
        "weights": None if weights is None else _digest(weights),
        "pixels": hashlib.sha256(shown.tobytes()).hexdigest(),
        "shape": list(shown.shape),
        "computed_by": computed_by("embeddings"),
    }
    found = store.find(inputs) if keep else None
    if found is not None:
        return found.table.to_numpy(np.float32)
    features = pretrained.features(shown, pretrained.load(name, side, weights))
    if keep:
        table = pd.DataFrame(features, columns=[f"f{n}" for n in range(features.shape[1])])
        store.keep(inputs, table, {"engine": f"torch {torch.__version__}, cpu"})
    return features


def tsne(
    features: npt.ArrayLike, *, perplexity: float = 30, components: int = 50, seed: int = 0
) -> Numbers:
    """Lay features out in two dimensions by t-SNE (van der Maaten and Hinton 2008, openTSNE).

    A picture, not a measurement: distances between clusters and their sizes mean little, and
    clusters appear in noise. `mixing` has the numbers that belong beside it.

    Parameters
    ----------
    features : array, shape (n, d)
        Finite numbers.
    perplexity : float
        Effective number of neighbours, from 2 to (n - 1) / 3.
    components : int
        Principal components that are kept first, where there are more features.
    seed : int
        Of everything; the same seed gives the same map on one machine.

    Returns
    -------
    ndarray, shape (n, 2)

    Raises
    ------
    InputError
        A perplexity that n points cannot have; features that are not finite.
    """
    from openTSNE import TSNE

    x = columns.features(features)
    most = (len(x) - 1) / 3
    if not 2 <= perplexity <= most:
        raise InputError(
            f"perplexity must lie between 2 and {most:.4g}, a third of the other {len(x) - 1} "
            f"points, not {perplexity:g}."
        )
    if x.shape[1] > components:
        kept = min(components, len(x) - 1)
        x = PCA(kept, svd_solver="full", random_state=seed).fit_transform(x)
    made = TSNE(perplexity=perplexity, random_state=seed, n_jobs=1).fit(x)
    return np.asarray(made, np.float64)


def _digest(weights: Path) -> str:
    if not weights.is_file():
        raise InputError(f"There is no file of weights at {weights}.")
    return hashlib.sha256(weights.read_bytes()).hexdigest()

"""Copies of an image within a set: found before the split, so that none is trained and tested on.

Exact copies have equal decoded pixels, whatever the file format. Near copies (compressed again,
rescaled) have almost the same perceptual hash: 64 bits, each saying whether one low frequency of
the image, shrunk to 32x32, is above the median of them all (`hashing`).
What is alike is linked, and linked images are one cluster, so a chain of neighbours is one, too.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from confoundlab.design.hamming import linked
from confoundlab.design.splits import Split
from confoundlab.errors import InputError
from confoundlab.images.hashing import hashes, shrunk
from confoundlab.images.imageset import ImageSet
from confoundlab.images.streaming import in_order
from confoundlab.types import Indices, Pixels

# Bits. The median makes distances even: 0, 2, 4, ... Copies of the COIL twin's images and of the
# Yale faces, compressed (JPEG quality 30 to 90) or rescaled (by 0.25 to 2), are within 2 in 98% of
# cases, but within 0 in as few as three quarters. Of pairs of different COIL objects 0.01% are
# within 2, and 0.06% within 4.
NEAR = 2


def exact(images: ImageSet) -> pd.DataFrame:
    """Cluster images whose decoded pixels are equal; the result is that of `clusters`."""
    numbers = pd.factorize(images.table["sha256"])[0].astype(np.intp)
    return _described(images, numbers)


def near(images: ImageSet, distance: int = NEAR) -> pd.DataFrame:
    """Cluster images that look alike at 32x32 pixels; the result is that of `clusters`.

    Hashes see shape, not level: all flat images are alike, and a brighter copy is a copy. Small
    turns are seen as copies as well: of COIL's neighbours at 5 degrees 7 of 10 are within the
    default distance, so that a turntable's views become chains. Look at clusters before you use
    them.

    Parameters
    ----------
    images : ImageSet
        n images of any size.
    distance : int
        Bits of 64 by which linked images may differ; two unlike images differ by 32 on average.
    """
    if not 0 <= distance < 64:
        raise InputError(f"distance is {distance}; it must be 0 or more bits, fewer than 64.")
    # the many images of empty fields have one hash
    hashes, of_image = np.unique(perceptual_hashes(images), return_inverse=True)
    return _described(images, linked(hashes, distance)[of_image])


def perceptual_hashes(images: ImageSet) -> npt.NDArray[np.uint64]:
    """Return the 64-bit perceptual hash of every image, shape (n,).

    Of files it is known since they were read.
    """
    if images.files is not None:
        return images.files["hash"].to_numpy(np.uint64)

    def one(row: int) -> Pixels:
        return shrunk(images.read(row, "gray"))

    found = in_order(one, range(len(images)), f"{images.name}: perceptual hashes")
    return hashes(np.stack(found))


def clusters(images: ImageSet, pairs: npt.ArrayLike) -> pd.DataFrame:
    """Cluster images that are linked, directly or over others.

    Parameters
    ----------
    images : ImageSet
        n images.
    pairs : array of int, shape (m, 2)
        Row numbers of images that are alike.

    Returns
    -------
    DataFrame
        A row an image, in the order of the set: ``image``, ``cluster`` (numbered from 0 in the
        order of the first member) and ``size`` (members of the cluster; 1 for an image alone).
    """
    links = np.asarray(pairs, np.intp).reshape(-1, 2)
    n = len(images)
    if links.size and not 0 <= links.min() <= links.max() < n:
        raise InputError(f"A pair names a row outside 0..{n - 1}.")
    return _described(images, _components(links[:, 0], links[:, 1], n))


def merge_groups(images: ImageSet, found: pd.DataFrame) -> ImageSet:
    """Return the image set with groups so large that no cluster straddles two of them.

    Parameters
    ----------
    images : ImageSet
        As given to `exact`, `near` or `clusters`.
    found : DataFrame
        Their result. To heed several, merge one after the other.

    Returns
    -------
    ImageSet
        The same images. Groups that share a cluster become one, named after the first of them.
    """
    if found["image"].tolist() != images.table["image"].tolist():
        raise InputError("These clusters are of other images, or of another order of them.")
    cluster = found["cluster"].to_numpy(np.intp)
    n_groups = int(images.groups.max(initial=-1)) + 1
    n_nodes = n_groups + int(cluster.max(initial=-1)) + 1
    joined = _components(images.groups, n_groups + cluster, n_nodes)[images.groups]
    name = images.table["group"].groupby(joined).transform("min")
    return dataclasses.replace(images, table=images.table.assign(group=name))


def copied(found: pd.DataFrame, split: Split) -> int:
    """Count the test images that have a duplicate among the training images."""
    cluster = found["cluster"].to_numpy()
    return int(np.isin(cluster[split.test], cluster[split.train]).sum())


def without_copies(found: pd.DataFrame, split: Split) -> Split:
    """Return the split without the training images that have a duplicate among the test images."""
    cluster = found["cluster"].to_numpy()
    return Split(split.train[~np.isin(cluster[split.train], cluster[split.test])], split.test)


def _components(left: Indices, right: Indices, n: int) -> Indices:
    """Return the component of each of n nodes, shape (n,)."""
    graph = coo_array((np.ones(len(left), bool), (left, right)), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.intp)


def _described(images: ImageSet, numbers: Indices) -> pd.DataFrame:
    cluster = pd.factorize(numbers)[0]  # numbered by first appearance
    return pd.DataFrame(
        {
            "image": images.table["image"].to_numpy(),
            "cluster": cluster,
            "size": np.bincount(cluster)[cluster],
        }
    )

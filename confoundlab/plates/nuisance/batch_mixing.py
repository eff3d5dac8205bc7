"""Numbers that belong beside a map of embeddings: how well batches mix in it.

Serves the claim that embeddings cluster by experimental batch (Venugopalan et al. 2019, Figure 3),
which a picture alone cannot carry: t-SNE draws clusters in noise. Three numbers, each against
labels permuted at the level at which they were given:

- the share of an image's nearest neighbours that have its label;
- the local inverse Simpson index (LISI; Korsunsky et al. 2019, doi:10.1038/s41592-019-0619-0): how
  many labels there effectively are around an image;
- the silhouette (Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7), with a caveat.

Measure in the space of the features, not on the map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse
from sklearn.metrics import pairwise_distances_chunked
from sklearn.neighbors import NearestNeighbors

from confoundlab.design import columns
from confoundlab.design.labelling import Labelling
from confoundlab.errors import InputError
from confoundlab.evidence.record import NullTest
from confoundlab.inference.intervals import bootstrap, mean_recall
from confoundlab.types import Indices, Numbers

# From labels of units, shape (units,), to a value an image, shape (n,)
_Values = Callable[[Indices], Numbers]
CAVEAT = (
    "The silhouette asks for compact, round clusters and looks at the nearest other one only: near "
    "0 it does not show that batches mix (Rautenstrauch and Ohler 2025, "
    "doi:10.1038/s41587-025-02743-4)."
)


@dataclass(frozen=True)
class Mixing:
    """How far apart labels lie in a space of features, with everything needed to argue with it.

    Parameters
    ----------
    metric : str
        "same label among neighbours" (0 to 1), "LISI" (1 to the number of labels) or "silhouette"
        (-1 to 1).
    estimate : float
        Mean over images.
    ci_low, ci_high : float
        95% interval, groups resampled; the neighbours of an image are taken as they are.
    apart : {"high", "low"}
        Which end means that labels lie apart.
    null_mean, null_q05, null_q95 : float
        Of permuted labels: what full mixing gives in this design, and its 5 and 95% points.
    p_value : float
        How often permuted labels lie as far apart or farther: (1 + #) / (1 + n_permutations).
    smallest_p : float
        The smallest that the design and the number of permutations allow.
    permuted, permuted_why : str
        What was permuted, and how that was chosen.
    n_images, n_groups, n_permutations, seed : int
        Of the measurement.
    caveat : str
        What the number cannot say; empty for the first two.
    """

    metric: str
    estimate: float
    ci_low: float
    ci_high: float
    apart: str
    null_mean: float
    null_q05: float
    null_q95: float
    p_value: float
    smallest_p: float
    permuted: str
    permuted_why: str
    n_images: int
    n_groups: int
    n_permutations: int
    seed: int
    caveat: str = ""

    def __str__(self) -> str:
        return (
            f"{self.metric} {self.estimate:.3f} (95% interval {self.ci_low:.3f} to "
            f"{self.ci_high:.3f}; {self.null_mean:.3f} when mixed, {self.apart}er when apart; "
            f"p = {self.p_value:.2g}, {self.permuted} permuted {self.n_permutations:,} times; "
            f"{self.n_images:,} images in {self.n_groups:,} groups)"
        )


def mixing(
    features: npt.ArrayLike | pd.DataFrame,
    labels: npt.ArrayLike,
    *,
    groups: npt.ArrayLike,
    blocks: npt.ArrayLike | None = None,
    neighbours: int = 30,
    perplexity: float = 30,
    n_permutations: int = 999,
    seed: int = 0,
) -> list[Mixing]:
    """Measure how labels mix: nearest neighbours, LISI and silhouette.

    Parameters
    ----------
    features : array or DataFrame, shape (n, d)
        Finite numbers; distances are Euclidean. Memory is that of n x groups, time of n x n.
    labels : array, shape (n,)
        Batch, or plate, or condition.
    groups : array, shape (n,)
        What was labelled and is resampled as a whole: wells, or plates where the label is a batch
        and plates differ anyway.
    blocks : array, shape (n,), optional
        Labels are permuted inside blocks only.
    neighbours : int
        Of the first number.
    perplexity : float
        Effective number of neighbours of LISI, which looks at three times as many; at least 1.
    n_permutations, seed : int
        Of the null, and of everything.

    Returns
    -------
    list of Mixing, in this order

    Raises
    ------
    InputError
        Too few images for so many neighbours, a single label, labels that cannot be permuted,
        unusable features.
    """
    x = columns.features(features)
    n = len(x)
    codes, group = columns.codes(labels, n, "labels"), columns.codes(groups, n, "groups")
    level = Labelling.of(
        codes, group, None if blocks is None else columns.codes(blocks, n, "blocks")
    )
    if n_permutations < 1:
        raise InputError("At least one permutation is needed.")
    rng, n_groups = np.random.default_rng(seed), int(group.max()) + 1
    drawn = level.draw(n_permutations, rng)
    alike = _shares_alike(_neighbours(x, neighbours), level)
    simpson = _inverse_simpson(_perplexed(x, perplexity), level)
    found = []
    for metric, values, (least, most), apart, caveat in (
        ("same label among neighbours", alike, (0, 1), "high", ""),
        ("LISI", simpson, (1, int(codes.max()) + 1), "low", ""),
        ("silhouette", _silhouette(x, level), (-1, 1), "high", CAVEAT),
    ):
        each = values(level.labels)
        # as a share, so that one end without any exception gets the exact bound of a share
        sums = np.bincount(group, (each - least) / (most - least))
        shares = mean_recall(sums[:, None], np.bincount(group)[:, None])
        interval = bootstrap(shares, n_groups, rng)
        null = np.array([values(one).mean() for one in drawn])
        smallest = level.smallest_p(n_permutations, renamed=True)
        test = NullTest(float(each.mean()), null, smallest)
        found.append(
            Mixing(
                metric,
                test.observed,
                least + (most - least) * interval.low,
                least + (most - least) * interval.high,
                apart,
                float(null.mean()),
                float(np.quantile(null, 0.05)),
                float(np.quantile(null, 0.95)),
                test.above if apart == "high" else test.below,
                smallest,
                level.permuted,
                level.why,
                n,
                n_groups,
                n_permutations,
                seed,
                caveat,
            )
        )
    return found


def lisi(features: npt.ArrayLike, labels: npt.ArrayLike, *, perplexity: float = 30) -> Numbers:
    """Return the local inverse Simpson index of each image, shape (n,).

    1: all labels around it are the same; k: k labels are equally frequent there.
    """
    x = columns.features(features)
    codes = columns.codes(labels, len(x), "labels")
    alone = np.arange(len(x))
    level = Labelling(alone, codes, [alone], [], "images", "", "")
    return _inverse_simpson(_perplexed(x, perplexity), level)(codes)


def _neighbours(x: Numbers, count: int) -> sparse.csr_array:
    """Return the weight 1 / count of each image's nearest others, shape (n, n)."""
    nearest = _nearest(x, count)[1]
    return _rows(np.full(nearest.shape, 1 / count), nearest)


def _perplexed(x: Numbers, perplexity: float) -> sparse.csr_array:
    """Return t-SNE's weights of each image's nearest others, but of distances not squared.

    So does LISI: weights exp(-beta distance), beta such that their entropy is log(perplexity).
    """
    if not perplexity >= 1:
        raise InputError(f"perplexity must be 1 or more, not {perplexity:g}.")
    distances, nearest = _nearest(x, int(3 * perplexity))
    low, high = np.zeros(len(x)), np.full(len(x), np.inf)
    beta = np.ones(len(x))
    for _ in range(50):
        weights = np.exp(-beta[:, None] * distances)
        total = np.maximum(weights.sum(1), np.finfo(float).tiny)
        entropy = np.log(total) + beta * (distances * weights).sum(1) / total
        wide = entropy > np.log(perplexity)
        done = np.abs(entropy - np.log(perplexity)) < 1e-5
        if done.all():
            break
        low, high = np.where(wide, beta, low), np.where(wide, high, beta)
        middle = np.where(np.isinf(high), 2 * beta, (low + high) / 2)
        beta = np.where(done, beta, middle)
    return _rows(weights / total[:, None], nearest)


def _nearest(x: Numbers, count: int) -> tuple[Numbers, Indices]:
    """Return distances and row numbers of each image's nearest others, shape (n, count)."""
    if not 1 <= count < len(x):
        raise InputError(
            f"{count} neighbours of each image need more than {len(x)} images; ask for fewer, or "
            "for a lower perplexity (it takes three times as many)."
        )
    distances, nearest = NearestNeighbors(n_neighbors=count).fit(x).kneighbors()
    return distances, nearest


def _rows(weights: Numbers, nearest: Indices) -> sparse.csr_array:
    n, count = nearest.shape
    starts = np.arange(n + 1) * count
    return sparse.csr_array((weights.ravel(), nearest.ravel(), starts), shape=(n, n))


def _by_unit(around: sparse.csr_array, level: Labelling) -> sparse.csr_array:
    """Sum weights over the images of a unit: labellings differ by units only."""
    n = len(level.unit)
    member = sparse.csr_array((np.ones(n), (np.arange(n), level.unit)))
    return sparse.csr_array(around @ member)


def _shares_alike(around: sparse.csr_array, level: Labelling) -> _Values:
    units = _by_unit(around, level)

    def values(labels: Indices) -> Numbers:
        shares = units @ _one_hot(labels)
        return np.asarray(shares[np.arange(len(shares)), labels[level.unit]])

    return values


def _inverse_simpson(around: sparse.csr_array, level: Labelling) -> _Values:
    units = _by_unit(around, level)

    def values(labels: Indices) -> Numbers:
        # weights add up to 1 only to rounding, and no index lies below 1
        return np.asarray(np.maximum(1 / np.square(units @ _one_hot(labels)).sum(1), 1))

    return values


def _silhouette(x: Numbers, level: Labelling) -> _Values:
    """Make the silhouette a function of labels from each image's distance to each unit."""
    n, units = len(x), len(level.labels)
    member = sparse.csr_array((np.ones(n), (np.arange(n), level.unit)), shape=(n, units))
    far = np.concatenate([part @ member for part in pairwise_distances_chunked(x)])

    def values(labels: Indices) -> Numbers:
        hot = _one_hot(labels)
        own = labels[level.unit]
        counts = np.bincount(own, minlength=hot.shape[1]).astype(np.float64)
        sums, row = far @ hot, np.arange(n)
        inside = sums[row, own] / np.maximum(counts[own] - 1, 1)
        means = sums / counts
        means[row, own] = np.inf
        outside = means.min(1)
        larger = np.maximum(inside, outside)
        found = np.divide(outside - inside, larger, out=np.zeros(n), where=larger > 0)
        return np.where(counts[own] > 1, found, 0)

    return values


def _one_hot(labels: Indices) -> Numbers:
    return np.eye(int(labels.max()) + 1)[labels]

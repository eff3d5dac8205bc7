"""How much of what a net looks at is empty background, over a whole test set.

Serves the claim that "the model is looking at empty regions when correctly predicting lines to be
of type TDPwt" (Venugopalan et al. 2019, Figure 6), which the paper shows in two chosen pictures.
The share of the maps is held against the area, and against maps that belong to other pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from confoundlab.design import columns
from confoundlab.errors import InputError
from confoundlab.evidence.record import Evidence, NullTest
from confoundlab.inference.intervals import bootstrap, mean_recall
from confoundlab.inference.power import POWER
from confoundlab.plates.features.handcrafted import foreground
from confoundlab.types import Indices, Maps, Mask, Pixels


@dataclass(frozen=True)
class OnBackground:
    """The share of GradCAM's maps that falls on empty background, over a test set.

    Parameters
    ----------
    share : float
        Of a map's sum, mean over images.
    area : float
        Of the picture that is empty: what a map without any preference gives.
    estimate, ci_low, ci_high : float
        ``share - area``, above 0 where the net looks at empty regions; 95%, groups resampled.
    null_mean, null_q95 : float
        The estimate of maps from other groups' images: what the place of maps and of backgrounds
        in all pictures alike, such as the middle, gives.
    p_value, p_below : float
        How often those reach the estimate, or stay as low: (1 + #) / (1 + n_permutations).
    n_images, n_groups, n_permutations, seed : int
        Of the measurement.
    n_blank : int
        Images left out because their map is zero everywhere: nothing speaks for the class.
    """

    share: float
    area: float
    estimate: float
    ci_low: float
    ci_high: float
    null_mean: float
    null_q95: float
    p_value: float
    p_below: float
    n_images: int
    n_groups: int
    n_permutations: int
    seed: int
    n_blank: int

    def __str__(self) -> str:
        return (
            f"{self.share:.1%} of the map on empty background, which is {self.area:.1%} of the "
            f"picture: {self.estimate:+.3f} (95% interval {self.ci_low:+.3f} to "
            f"{self.ci_high:+.3f}; {self.null_mean:+.3f} with maps of other groups; "
            f"p = {self.p_value:.2g} above, {self.p_below:.2g} below; {self.n_images:,} images in "
            f"{self.n_groups:,} groups, {self.n_blank:,} blank maps left out)"
        )

    def evidence(self) -> Evidence:
        """Return the share itself as evidence: chance is the area, intervals and null add to it."""
        error = (self.ci_high - self.ci_low) / (norm.ppf(0.975) - norm.ppf(0.025))
        low, high, null_mean, null_q95 = (
            float(np.clip(self.area + one, 0, 1))
            for one in (self.ci_low, self.ci_high, self.null_mean, self.null_q95)
        )
        return Evidence(
            metric="share of the map",
            estimate=self.share,
            ci_low=low,
            ci_high=high,
            chance=self.area,
            null_mean=null_mean,
            null_q95=null_q95,
            p_value=self.p_value,
            p_below=self.p_below,
            smallest_p=1 / (1 + self.n_permutations),
            permuted="maps among groups",
            permuted_why="Where a net looks may not depend on where this picture is empty.",
            n_images=self.n_images,
            n_groups=self.n_groups,
            n_permutations=self.n_permutations,
            n_repeats=1,
            repeat_sd=None,
            minimum_detectable=float(min(1.0, null_q95 + norm.ppf(POWER) * error)),
            seed=self.seed,
        )


def empty_background(images: Pixels) -> Mask:
    """Say which pixels are below Otsu's threshold in every channel, shape (n, height, width)."""
    return np.asarray(~foreground(images).any(-1))


def on_background(
    found: Maps,
    empty: Mask,
    groups: npt.ArrayLike,
    *,
    n_permutations: int = 999,
    seed: int = 0,
) -> OnBackground:
    """Measure what share of the maps of a test set falls on empty background.

    The null gives each group of images the maps of another group, as if what a net looks at did
    not depend on where this picture is empty. Compare images of one named class at a time: maps of
    two classes may well lie in different places.

    Parameters
    ----------
    found : ndarray of float, shape (n, height, width)
        Of `gradcam.maps`, 0 or more.
    empty : ndarray of bool, shape (n, height, width)
        Of `empty_background`.
    groups : array, shape (n,)
        Wells.
    n_permutations, seed : int
        Of the null, and of everything.

    Raises
    ------
    InputError
        Shapes that differ, maps that are all zero, fewer than two groups with a map.
    """
    group = columns.codes(groups, len(found), "groups")
    if found.shape != empty.shape or found.ndim != 3:
        raise InputError(f"Maps {found.shape} and masks {empty.shape} must be of one shape.")
    if n_permutations < 1:
        raise InputError("At least one permutation is needed.")
    sums = found.sum((1, 2), dtype=np.float64)
    kept = sums > 0
    group = np.unique(group[kept], return_inverse=True)[1]
    if group.size == 0 or group.max() == 0:
        raise InputError(
            f"{(~kept).sum()} of {len(kept)} maps are zero everywhere, and two groups or more need "
            "one that is not: nothing that this net saw speaks for the class. Ask nets of other "
            "seeds, or for another class."
        )
    n = len(group)
    # in double precision: maps that differ by rounding must count as equal
    parts = found[kept].reshape(n, -1) / sums[kept, None]
    where = empty[kept].reshape(n, -1).astype(np.float64)
    areas = where.mean(1)
    shares = np.einsum("np,np->n", parts, where)
    excess = (shares - areas + 1) / 2  # between 0 and 1, as a bootstrap of shares takes it
    statistic = mean_recall(np.bincount(group, excess)[:, None], np.bincount(group)[:, None])
    rng = np.random.default_rng(seed)
    interval = bootstrap(statistic, int(group.max()) + 1, rng)
    null = np.array(
        [
            np.vdot(parts[donor], where) / n - areas.mean()
            for donor in (_donors(group, rng) for _ in range(n_permutations))
        ]
    )
    test = NullTest(float((shares - areas).mean()), null, 1 / (1 + n_permutations))
    return OnBackground(
        float(shares.mean()),
        float(areas.mean()),
        test.observed,
        2 * interval.low - 1,
        2 * interval.high - 1,
        float(null.mean()),
        float(np.quantile(null, 0.95)),
        test.above,
        test.below,
        n,
        int(group.max()) + 1,
        n_permutations,
        seed,
        int((~kept).sum()),
    )


def _donors(group: Indices, rng: np.random.Generator) -> Indices:
    """Give each image an image of the group that its own is exchanged for."""
    members = [np.flatnonzero(group == one) for one in range(int(group.max()) + 1)]
    donor = np.empty(len(group), np.intp)
    for own, other in enumerate(rng.permutation(len(members))):
        donor[members[own]] = np.resize(members[other], len(members[own]))
    return donor

"""How several fits give one p-value, and groups an interval: formulas for arrays of studies."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit
from scipy.stats import t

from confoundlab.types import Numbers

_CAUCHY = 0.16  # see `combined`
# No p-value counts as closer to 1: a fit that learned nothing has p = 1, whose Cauchy number would
# cancel that of the surest other fit. Cut on that side, the combination stays valid (Gui, Jiang and
# Wang 2025, doi:10.1093/biomet/asaf038; the tests measure it for 2 to 30 fits, all correlations).
_CAP = 0.99
# Groups added to a logit interval. Between a quarter and one, three quarters keep all designs of 10
# to 100 groups and truths of 0.5 to 0.95 nearest to 95 %.
_ADDED = 0.75


def combined(p_values: npt.ArrayLike, smallest: npt.ArrayLike) -> Numbers:
    """Combine p-values of several fits on the same data into one, never 0.

    Fits share training images, so that their tests depend on each other in ways that nobody knows.
    Each p-value becomes a standard Cauchy number; the mean of such numbers is close to standard
    Cauchy in its far tail however they depend on each other (Liu and Xie 2020,
    doi:10.1080/01621459.2018.1554485). At 5 % it is not far enough: equally correlated normal tests
    are called too often by up to 1 + 0.16 log(fits), the factor paid here (2 to 30 fits, all
    correlations, levels 0.05 to 0.001: `tests/design/test_inference.py`).

    Parameters
    ----------
    p_values : array-like, shape (..., fits)
        Of the tests.
    smallest : array-like, shape (fits,)
        That each test can give. A test that can give only 1 says nothing and is left out; a p-value
        comes no closer to 1 than the smallest to 0, nor than 0.99, because those near 1 would
        outweigh all others.

    Returns
    -------
    ndarray, shape (...)
    """
    p, least = np.asarray(p_values, np.float64), np.asarray(smallest, np.float64)
    p, least = p[..., least < 1], least[least < 1]
    fits = len(least)
    if fits < 2:
        return p[..., 0] if fits else np.ones(p.shape[:-1])
    mean = np.tan((0.5 - np.minimum(p, np.minimum(1 - least, _CAP))) * np.pi).mean(axis=-1)
    joint: Numbers = (1 + _CAUCHY * np.log(fits)) * (0.5 - np.arctan(mean) / np.pi)
    return np.minimum(1.0, joint)


def logit_ends(
    estimate: npt.ArrayLike, error: npt.ArrayLike, n_groups: float, tail: float
) -> tuple[Numbers, Numbers]:
    """Return the ends of logit intervals: of the groups and three quarters of one added.

    Parameters
    ----------
    estimate, error : array-like, shape (...)
        Shares, and their standard errors.
    n_groups : float
        Behind each.
    tail : float
        Left out on either side.
    """
    shares, errors = np.asarray(estimate, np.float64), np.asarray(error, np.float64)
    total = n_groups + _ADDED
    centre = (n_groups * shares + _ADDED / 2) / total
    added = _ADDED * (shares - 0.5) ** 2 / total
    wider = np.sqrt((n_groups * errors**2 + added) / total)
    half = -t.ppf(tail, n_groups - 1) * wider / (centre * (1 - centre))
    return expit(logit(centre) - half), expit(logit(centre) + half)


def score_ends(estimate: float, answers: float, quantile: float) -> tuple[float, float]:
    """Return the ends of the score interval of a share of independent answers.

    It holds the truths that a test at the same level does not refuse, with the variance that each
    of them implies (Wilson 1927, doi:10.1080/01621459.1927.10502953).

    Parameters
    ----------
    estimate : float
        The share, 0 to 1.
    answers : float
        Behind it; above 0, not always a whole number.
    quantile : float
        Of the distribution of the error, 1.96 for a normal one and 95 %.
    """
    ratio = quantile**2 / answers
    centre = (estimate + ratio / 2) / (1 + ratio)
    variance = estimate * (1 - estimate) / answers + (ratio / quantile / 2) ** 2
    half = quantile / (1 + ratio) * np.sqrt(variance)
    return float(max(0.0, centre - half)), float(min(1.0, centre + half))

"""P-values of tests that are judged together, corrected for their number."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

from confoundlab.errors import InputError
from confoundlab.types import Numbers


def holm(p_values: npt.ArrayLike) -> Numbers:
    """Adjust p-values for testing several (Holm 1979): the chance of any false alarm stays alpha.

    Parameters
    ----------
    p_values : array-like, shape (tests,)
        Between 0 and 1.
    """
    p = _checked(p_values)
    order = np.argsort(p)
    factors = np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * factors))
    return adjusted


def benjamini_hochberg(p_values: npt.ArrayLike) -> Numbers:
    """Adjust p-values so that the share of false alarms among all alarms stays alpha on average.

    Benjamini and Hochberg (1995), for screening many columns; verdicts use `holm`.
    """
    return np.asarray(false_discovery_control(_checked(p_values)), np.float64)


CORRECTIONS = {"holm": holm, "benjamini-hochberg": benjamini_hochberg}


def _checked(p_values: npt.ArrayLike) -> Numbers:
    p = np.asarray(p_values, np.float64)
    bad = np.flatnonzero(~((p >= 0) & (p <= 1)))
    if p.ndim != 1 or len(bad):
        raise InputError(f"p-values must lie between 0 and 1; place(s) {bad[:5].tolist()} do not.")
    return p

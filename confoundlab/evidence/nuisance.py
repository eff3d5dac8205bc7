"""Acquisition factors against the label and against the pixels: which of them can mislead.

A factor misleads a classifier if it says something about the label (utility) and if the pixels tell
it (detectability); either alone is harmless. The two axes are those of G-AUDIT (Pavlak et al. 2025,
arXiv:2503.09969).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array

from confoundlab.design import columns
from confoundlab.design.factors import levels_of, sparsely_coded
from confoundlab.design.kinds import Kind, in_words, taken, warn_of_doubts
from confoundlab.errors import InputError
from confoundlab.evidence.probes import Probe
from confoundlab.evidence.record import Evidence
from confoundlab.inference.intervals import Weights, bootstrap
from confoundlab.inference.multiplicity import holm
from confoundlab.models.linear import MANY
from confoundlab.types import Numbers


@dataclass(frozen=True)
class Association:
    """How much two columns of classes say about each other, with a 95% interval.

    Parameters
    ----------
    estimate, ci_low, ci_high : float
        From 0 (nothing) to `attainable`.
    attainable : float
        What columns with as many levels and groups reach if one names the other without exception:
        1 where both have the same number of levels, less where one has more.
    """

    estimate: float
    ci_low: float
    ci_high: float
    attainable: float


def cramers_v(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    names: tuple[str, str] = ("first", "second"),
    seed: int = 0,
) -> Association:
    """Cramér's V, corrected for bias (Bergsma 2013, doi:10.1016/j.jkss.2012.10.002).

    The usual V of unrelated columns lies above 0, the more so the more levels there are; this one
    lies at 0. The price is paid at the other end: where one column names the other fully and has
    more levels, the corrected V stays below 1, the more so the fewer groups there are. Compare with
    `Association.attainable`: of 10 classes in 20 sessions of 5 groups each, 0.943 says all.

    Parameters
    ----------
    first, second : array-like, shape (n,)
        Classes.
    groups : array-like, shape (n,), optional
        Resampled whole for the interval; every row is its own group if missing.
    names : pair of str
        What the columns are called, for errors.
    seed : int
        Of the resampling.

    Raises
    ------
    InputError
        Lengths that differ, missing values, types mixed, a constant column.
    """
    a = columns.codes(first, None, names[0])
    n = len(a)
    b = columns.codes(second, n, names[1])
    for name, codes in zip(names, (a, b), strict=True):
        if codes.max() == 0:
            raise InputError(f"Column {name!r} is constant: it is associated with nothing.")
    group = np.arange(n) if groups is None else columns.codes(groups, n, "groups")
    shape = int(a.max()) + 1, int(b.max()) + 1
    # a group counts once, however many images it has: its images are near copies
    share = 1 / np.bincount(group)[group]
    # a group has few of the cells of a table of a thousand levels
    size = (int(group.max()) + 1, shape[0] * shape[1])
    counts = csr_array((share, (group, a * shape[1] + b)), shape=size)

    def statistic(weights: Weights, times: int) -> Numbers:
        table = (counts.T @ weights.T.astype(np.float64)).T.reshape(-1, *shape)
        total = table.sum(axis=(1, 2))
        rows, cols = table.sum(axis=2), table.sum(axis=1)
        expected = rows[:, :, None] * cols[:, None] / total[:, None, None]
        gap = np.divide(
            (table - expected) ** 2, expected, out=np.zeros_like(table), where=expected > 0
        )
        r, c = (rows > 0).sum(axis=1), (cols > 0).sum(axis=1)
        bias = times * (r - 1) * (c - 1) / (total - 1)
        phi = np.maximum(0, gap.sum(axis=(1, 2)) / total - bias)
        least = np.minimum(r - (r - 1) ** 2 / (total - 1), c - (c - 1) ** 2 / (total - 1)) - 1
        v = np.sqrt(np.divide(phi, least, out=np.zeros_like(phi), where=least > 0))
        return np.asarray(np.minimum(v, 1))

    # a resample has the bias of sampling twice: once from the world, once from the sample
    found = bootstrap(
        lambda weights: statistic(weights, 2), size[0], np.random.default_rng(seed),
        method="percentile",
    )  # fmt: skip
    estimate = float(statistic(np.ones((1, size[0]), np.float32), 1)[0])
    few, many, n_groups = min(shape), max(shape), size[0]
    bias = (few - 1) * (many - 1) / (n_groups - 1)
    least = min(size - (size - 1) ** 2 / (n_groups - 1) for size in shape) - 1
    attainable = float(np.sqrt(max(0.0, few - 1 - bias) / least)) if least > 0 else 0.0
    return Association(estimate, min(estimate, found.low), max(estimate, found.high), attainable)


def label_from_factors(
    factors: pd.DataFrame,
    labels: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    kinds: Mapping[str, Kind] | None = None,
    **options: Any,
) -> Evidence:
    """Test whether factors alone, without a pixel, name the label of unseen groups.

    Parameters
    ----------
    factors : DataFrame, shape (n, factors)
        Of classes, measured or of times (`factors.coded` says how each enters).
    labels : array-like, shape (n,)
        Classes.
    groups : array-like, shape (n,), optional
        Every image is its own group if missing.
    kinds : mapping of str to {"classes", "measured", "time"}, optional
        What factors are, by name; `kinds.taken` guesses the others.
    **options
        Of `probes.probe`.

    Returns
    -------
    Evidence
        Of the ROC AUC, out of fold: chance is 0.5, and 1 means that factors name every label. What
        factors were taken for is among the remarks.

    Raises
    ------
    InputError
        As `factors.coded` and `probes.probe`.
    """
    table = sparsely_coded(factors, kinds)
    if table.shape[1] <= MANY:
        table = table.toarray()
    seed = options.pop("random_state", 0)
    ready = Probe(table, groups=groups, folds=options.pop("folds", 5), random_state=seed)
    return replace(ready.test(labels, **options), remarks=in_words(taken(factors, kinds)))


def probe_within_classes(
    features: npt.ArrayLike | pd.DataFrame,
    factor: npt.ArrayLike,
    labels: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Test whether features name the factor among images of one class, class by class.

    With the label held fixed, whatever names the factor is not the label in disguise.

    Parameters
    ----------
    features : array or DataFrame, shape (n, d)
        Finite numbers.
    factor, labels : array-like, shape (n,)
        Levels of the factor, and classes.
    groups : array-like, shape (n,), optional
        Every image is its own group if missing.
    **options
        Of `probes.probe`.

    Returns
    -------
    DataFrame
        A row a class: ``class``, ``n_images``, ``levels``, ``estimate``, ``ci_low``, ``ci_high``,
        ``chance``, ``p_value``, ``p_adjusted`` (Holm, over classes), and ``untested``: why a class
        could not be, if so.

    Raises
    ------
    InputError
        Unusable columns.
    """
    x = columns.features(features)
    n = len(x)
    y = np.asarray(labels)
    codes = columns.codes(labels, n, "labels")
    levels = np.asarray(factor)
    columns.codes(factor, n, "factor")
    group = np.arange(n) if groups is None else columns.codes(groups, n, "groups")
    lines: list[dict[str, Any]] = []
    for number, name in enumerate(np.unique(y)):
        inside = codes == number
        line: dict[str, Any] = {
            "class": str(name),
            "n_images": int(inside.sum()),
            "levels": len(np.unique(levels[inside])),
            "untested": "",
        }
        try:
            ready = Probe(
                x[inside],
                groups=group[inside],
                folds=options.get("folds", 5),
                random_state=options.get("random_state", 0),
            )
            rest = {key: options[key] for key in options if key not in ("folds", "random_state")}
            found = ready.test(levels[inside], **rest)
            kept = ("estimate", "ci_low", "ci_high", "chance", "p_value")
            line |= {key: getattr(found, key) for key in kept}
        except InputError as error:
            line["untested"] = str(error)
        lines.append(line)
    table = pd.DataFrame(lines)
    if "p_value" not in table:
        reasons = "; ".join(f"{line['class']}: {line['untested']}" for line in lines)
        raise InputError(f"No class allows to test the factor: {reasons}")
    tested = table["p_value"].notna()
    table.loc[tested, "p_adjusted"] = holm(table.loc[tested, "p_value"].to_numpy())
    return table


def factor_map(
    features: npt.ArrayLike | pd.DataFrame,
    factors: pd.DataFrame,
    labels: npt.ArrayLike,
    groups: npt.ArrayLike | None = None,
    *,
    kinds: Mapping[str, Kind] | None = None,
    n_permutations: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Place every factor by what it says about the label and by how well pixels tell it.

    Parameters
    ----------
    features : array or DataFrame, shape (n, d)
        Of the images.
    factors : DataFrame, shape (n, factors)
        Of classes; or measured, or of times: those are told by thirds.
    labels : array-like, shape (n,)
        Classes.
    groups : array-like, shape (n,), optional
        Every image is its own group if missing.
    kinds : mapping of str to {"classes", "measured", "time"}, optional
        What factors are, by name; `kinds.taken` guesses the others.
    n_permutations, seed : int
        Of the nulls, folds and resampling.

    Returns
    -------
    DataFrame
        A row a factor: ``factor``; ``kind``, ``kind_stated``, whether it is as stated or guessed,
        ``kind_why``, and ``kind_doubt``, how to say otherwise where that is in doubt;
        ``utility`` (Cramér's V of label and factor, corrected for bias: chance 0, and at most
        ``utility_attainable``) and ``detectability`` (ROC AUC of the factor from the features:
        chance 0.5), each with ``_low`` and ``_high`` (95%, groups resampled) and ``_p`` (of
        `label_from_factors` and `probes.probe`, Holm over the factors); ``untested``: why a factor
        could not be, if so.

    Raises
    ------
    InputError
        Unusable features or labels; no factor that can be tested.
    """
    pixels = Probe(features, groups=groups, random_state=seed)
    lines = []
    found = taken(factors, kinds)
    warn_of_doubts(found)
    for column, (name, (kind, stated, why, doubt)) in zip(
        factors.columns, found.items(), strict=True
    ):
        line: dict[str, Any] = {
            "factor": name,
            "kind": kind,
            "kind_stated": stated,
            "kind_why": why,
            "kind_doubt": doubt,
            "untested": "",
        }
        try:
            levels = levels_of(factors[column], kind, name)
            tie = cramers_v(labels, levels, groups, names=("label", name), seed=seed)
            said = label_from_factors(
                factors[[column]],
                labels,
                groups,
                kinds={name: kind},
                n_permutations=n_permutations,
                random_state=seed,
            )
            told = pixels.test(levels, n_permutations=n_permutations)
        except InputError as error:
            line["untested"] = str(error)
        else:
            line |= {
                "utility": tie.estimate,
                "utility_low": tie.ci_low,
                "utility_high": tie.ci_high,
                "utility_attainable": tie.attainable,
                "utility_p": said.p_value,
                "detectability": told.estimate,
                "detectability_low": told.ci_low,
                "detectability_high": told.ci_high,
                "detectability_p": told.p_value,
            }
        lines.append(line)
    table = pd.DataFrame(lines)
    if "utility_p" not in table:
        reasons = "; ".join(f"{line['factor']}: {line['untested']}" for line in lines)
        raise InputError(f"No factor can be tested: {reasons}")
    tested = table["utility_p"].notna()
    for axis in ("utility", "detectability"):
        table.loc[tested, f"{axis}_p"] = holm(table.loc[tested, f"{axis}_p"].to_numpy())
    return table

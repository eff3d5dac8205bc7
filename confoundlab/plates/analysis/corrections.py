"""Remedies for batch effects, learned without the test wells, so that none can leak a label.

Serves the question what removes a batch's signature, and what of the phenotype goes with it. A
correction may look at the training rows, their labels included, and at control wells of all plates,
those of the test batch too, because they hold no subject under test. The test wells are only
changed, never learned from. Correctors fitted on all data at once leak.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.decomposition import PCA

from confoundlab.design import columns
from confoundlab.errors import InputError, one_of
from confoundlab.plates.analysis import combat
from confoundlab.types import Indices, Numbers

Name = Literal["none", "per-plate standardisation", "sphering on controls", "ComBat", "Harmony"]
NAMES: tuple[Name, ...] = (
    "none", "per-plate standardisation", "sphering on controls", "ComBat", "Harmony",
)  # fmt: skip
_COMPONENTS = 50  # that Harmony works on; its authors use 20 to 50 principal components
_SIGMA = 0.1  # width of Harmony's soft clusters, its default
_LEAST_VARIANCE = 1e-6  # of a direction that sphering stretches, as a share of the largest


@dataclass(frozen=True, eq=False)
class Wells:
    """What a correction may know of each row: shapes (n,).

    Parameters
    ----------
    batch : ndarray
        Whose signature is to go: batches or plates.
    plate : ndarray
        Plates, for standardisation.
    control : ndarray of bool
        Whether the row is of a control well.
    condition : ndarray
        Read in training rows and control wells only.
    """

    batch: npt.NDArray[np.object_]
    plate: npt.NDArray[np.object_]
    control: npt.NDArray[np.bool_]
    condition: npt.NDArray[np.object_]

    @classmethod
    def of(cls, table: pd.DataFrame, batch: str = "batch") -> Wells:
        """Read a table of sites or patches; `batch` names the column whose signature goes."""
        return cls(
            batch=table[batch].to_numpy(object),
            plate=table["plate"].to_numpy(object),
            control=columns.flags(table["control"], "control"),
            condition=table["condition"].to_numpy(object),
        )


def correct(
    name: Name, features: npt.ArrayLike, wells: Wells, train: Indices, *, protect: bool = True
) -> Numbers:
    """Return corrected features of all rows, shape (n, d); d is 50 at most for Harmony.

    Parameters
    ----------
    name : str
        One of `NAMES`. Standardisation takes mean and spread of each plate's control wells.
        Sphering (Ando et al. 2017, doi:10.1101/161422) centres each plate likewise and whitens by
        the covariance of training plates' controls. ComBat (Johnson et al. 2007,
        doi:10.1093/biostatistics/kxj037) shifts batches' means, shrunken over features. Harmony
        (Korsunsky et al. 2019, doi:10.1038/s41592-019-0619-0) shifts them inside soft clusters of
        the principal components; rows that it was not fitted on get the clusters' shifts, as in
        Symphony (Kang et al. 2021, doi:10.1038/s41467-021-25957-x).
    features : array, shape (n, d)
        Finite numbers.
    wells : Wells
        Of the same rows.
    train : ndarray of int
        Training rows.
    protect : bool
        Whether ComBat holds the condition fixed while it estimates batches. Without it, a batch
        that holds more patients loses what patients have in common.

    Raises
    ------
    InputError
        A plate or batch without control wells and training rows; a batch that holds one condition
        only, which then is aliased with it and cannot be protected; Harmony is not installed.
    """
    one_of("correction", name, NAMES)
    x = columns.features(features)
    learn = np.union1d(np.asarray(train, np.intp), np.flatnonzero(wells.control))
    return _CORRECTIONS[name](x, wells, learn, protect)


def _none(x: Numbers, wells: Wells, learn: Indices, protect: bool) -> Numbers:
    return x


def _standardised(x: Numbers, wells: Wells, learn: Indices, protect: bool) -> Numbers:
    found = np.empty_like(x)
    for plate, rows, controls in _plates(wells):
        spread = x[controls].std(axis=0)
        if len(controls) < 2:
            raise InputError(f"Plate {plate!r} has a single row of control wells: no spread.")
        found[rows] = (x[rows] - x[controls].mean(axis=0)) / np.where(spread > 0, spread, 1)
    return found


def _sphered(x: Numbers, wells: Wells, learn: Indices, protect: bool) -> Numbers:
    centred = np.empty_like(x)
    for _, rows, controls in _plates(wells):
        centred[rows] = x[rows] - x[controls].mean(axis=0)
    trained = np.isin(wells.plate, np.unique(wells.plate[learn[~wells.control[learn]]]))
    values, vectors = np.linalg.eigh(np.cov(centred[wells.control & trained], rowvar=False))
    kept = values > _LEAST_VARIANCE * values.max()
    # a little of the mean variance keeps directions that hardly vary from being blown up
    scale = 1 / np.sqrt(values[kept] + values.mean())
    return np.asarray(centred @ (vectors[:, kept] * scale))


def _plates(wells: Wells) -> list[tuple[object, Indices, Indices]]:
    """Return name, rows and control rows of each plate."""
    found = []
    for plate in np.unique(wells.plate):
        here = wells.plate == plate
        controls = np.flatnonzero(here & wells.control)
        if not len(controls):
            raise InputError(
                f"Plate {plate!r} has no control wells, so its shift cannot be learned without "
                "its test wells."
            )
        found.append((plate, np.flatnonzero(here), controls))
    return found


def _batches(wells: Wells, learn: Indices) -> Indices:
    """Return the number of each row's batch; all batches must be learned from."""
    unseen = set(wells.batch) - set(wells.batch[learn])
    if unseen:
        raise InputError(
            f"Batch {sorted(unseen)[0]!r} has neither training rows nor control wells: nothing "
            "says how it is shifted."
        )
    return np.asarray(np.unique(wells.batch, return_inverse=True)[1], np.intp)


def _combat(x: Numbers, wells: Wells, learn: Indices, protect: bool) -> Numbers:
    batch = _batches(wells, learn)
    condition = np.unique(wells.condition[learn], return_inverse=True)[1]
    if protect:
        _check_not_aliased(pd.DataFrame({"batch": batch[learn], "condition": condition}))
    # Means only: to undo a change of spread one would have to know the test wells' conditions.
    shift = combat.shifts(x[learn], batch[learn], condition if protect else None)
    return np.asarray(x - shift[batch])


def _check_not_aliased(known: pd.DataFrame) -> None:
    """Raise where a batch and a condition cannot be told apart: no row links them."""
    table = pd.crosstab(known["batch"], known["condition"]).to_numpy() > 0
    reached = table[0].copy()
    for _ in range(len(table)):  # conditions that share batches, directly or through others
        reached = table[(table & reached).any(axis=1)].any(axis=0)
    if not reached.all():
        raise InputError(
            "Batches and conditions are aliased: no batch holds rows of all conditions, not even "
            "through others, so a batch's shift cannot be told from the condition's. Pass "
            "protect=False to see what is destroyed."
        )


def _harmony(x: Numbers, wells: Wells, learn: Indices, protect: bool) -> Numbers:
    try:
        from harmonypy import run_harmony
    except ImportError:
        raise InputError(
            "Harmony is not installed. Its package has a licence of its own (GPL-3), so it is not "
            "installed unasked: pip install 'confoundlab[harmony]'."
        ) from None
    batch = _batches(wells, learn)
    size = min(_COMPONENTS, x.shape[1], len(learn) - 1)
    reduced = PCA(size, random_state=0).fit(x[learn])
    z = reduced.transform(x)
    table = pd.DataFrame({"batch": batch[learn].astype(str)})
    clusters = max(2, min(round(len(learn) / 30), 100))
    fit = run_harmony(
        z[learn], table, "batch", nclust=clusters, sigma=_SIGMA, verbose=False, random_state=0
    )
    return _mapped(z, np.asarray(fit.Z_corr), np.asarray(fit.R), batch, learn)


def _mapped(
    z: Numbers, corrected: Numbers, shares: Numbers, batch: Indices, learn: Indices
) -> Numbers:
    """Shift all rows by what Harmony did to the batch of theirs in the clusters where they lie.

    Parameters
    ----------
    z : ndarray, shape (n, d)
        Principal components.
    corrected, shares : ndarray, shapes (rows learned from, d) and (the same, clusters)
        What Harmony made of them, and how much of each row belongs to each cluster.
    """
    corrected = corrected if corrected.shape[0] == len(learn) else corrected.T
    shares = shares if shares.shape[0] == len(learn) else shares.T
    lengths = np.maximum(np.linalg.norm(z, axis=1, keepdims=True), 1e-12)
    unit = z / lengths
    centres = shares.T @ (corrected / np.maximum(np.linalg.norm(corrected, axis=1), 1e-12)[:, None])
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-12)
    logits = -2 * (1 - unit @ centres.T) / _SIGMA
    own = np.exp(logits - logits.max(axis=1, keepdims=True))
    own /= own.sum(axis=1, keepdims=True)
    own[learn] = shares
    shift = corrected - z[learn]
    found = z.copy()
    for number in np.unique(batch):
        here = batch[learn] == number
        weight = shares[here]
        # least squares of the shifts on cluster shares; a little ridge for empty clusters
        solved = np.linalg.solve(
            weight.T @ weight + 1e-3 * np.eye(shares.shape[1]), weight.T @ shift[here]
        )
        rows = batch == number
        found[rows] += own[rows] @ solved
    return found


_CORRECTIONS: dict[str, Callable[[Numbers, Wells, Indices, bool], Numbers]] = {
    "none": _none,
    "per-plate standardisation": _standardised,
    "sphering on controls": _sphered,
    "ComBat": _combat,
    "Harmony": _harmony,
}

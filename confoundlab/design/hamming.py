"""Which 64-bit hashes are linked by few differing bits: exactly, without comparing all with all.

Serves the search for near copies (`duplicates.near`). Cut 64 bits into d + 1 pieces: two hashes
that differ in d bits or fewer have at least one piece in common (the pigeonhole principle; Manku
et al. 2007, doi:10.1145/1242572.1242592, section 3). So hashes are sorted by each piece, and only
those that share it are compared. Where very many share a piece, as in sets of blank fields, they
are cut once more by their other bits. No list of pairs is kept: what is alike is joined at once.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from confoundlab.storage.compiled import compiled
from confoundlab.types import Indices

Hashes = npt.NDArray[np.uint64]
_BITS = 64
_ALL = 2048  # so many are compared all with all: sorting them again would take longer
_LEAST = 6  # bits of a piece; shorter ones are shared by so many that all may as well be compared


def linked(hashes: Hashes, distance: int) -> Indices:
    """Return the component of each hash; hashes a few bits apart, or joined by others, share one.

    Parameters
    ----------
    hashes : ndarray of uint64, shape (n,)
        None twice (`numpy.unique`).
    distance : int
        Bits by which two linked hashes may differ, 0..63.

    Returns
    -------
    ndarray of int, shape (n,)
        The row of one member of the component.
    """
    above = np.arange(len(hashes), dtype=np.intp)
    if distance:
        _link(hashes, above.copy(), distance, above)
    return np.asarray(_roots(above), np.intp)


def _link(hashes: Hashes, rows: Indices, distance: int, above: Indices) -> None:
    """Join those of some rows that are near each other, by pieces of the bits that differ."""
    own = hashes[rows]
    differ = np.bitwise_or.reduce(own ^ own[:1], initial=0)
    bits = np.flatnonzero((differ >> np.arange(_BITS, dtype=np.uint64)) & np.uint64(1))
    if len(rows) <= _ALL or len(bits) < _LEAST * (distance + 1):
        _join_runs(own, rows, np.array([0, len(rows)]), distance, above)
        return
    for piece in np.array_split(bits.astype(np.uint64), distance + 1):
        shared = own & np.bitwise_or.reduce(np.uint64(1) << piece)
        order = np.argsort(shared)
        ordered, keys = rows[order], shared[order]
        starts = np.r_[0, np.flatnonzero(keys[1:] != keys[:-1]) + 1]
        ends = np.r_[starts[1:], len(keys)]
        large = ends - starts > _ALL
        runs = np.stack([starts, ends], axis=1)
        _join_runs(own[order], ordered, runs[~large].ravel(), distance, above)
        for start, end in runs[large]:
            _link(hashes, ordered[start:end], distance, above)


@compiled()
def _root(above, row):  # type: ignore[no-untyped-def]
    while above[row] != row:
        above[row] = above[above[row]]
        row = above[row]
    return row


@compiled()
def _roots(above):  # type: ignore[no-untyped-def]
    found = np.empty_like(above)
    for row in range(len(above)):
        found[row] = _root(above, row)
    return found


@compiled()
def _join_runs(values, rows, runs, distance, above):  # type: ignore[no-untyped-def]
    """Compare all with all inside runs (start, end, start, end, ...) and join what is near."""
    for run in range(0, len(runs), 2):
        for one in range(runs[run], runs[run + 1]):
            for other in range(one + 1, runs[run + 1]):
                differ = values[one] ^ values[other]
                count = 0
                while differ and count <= distance:
                    differ &= differ - np.uint64(1)
                    count += 1
                if count <= distance:
                    first, second = _root(above, rows[one]), _root(above, rows[other])
                    above[max(first, second)] = min(first, second)

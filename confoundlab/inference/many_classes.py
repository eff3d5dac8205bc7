"""Pairs that a class wins, where classes are many and each has few images of a fold.

Serves factor maps of a thousand levels. Sorting all scores for each class, as `auc` does for a few,
takes most of the time then. Here each image of the class is compared with all others; and for
intervals, the weights of images are summed only up to those of the class. Counts of pairs are the
same to the last bit; with weights that are no whole numbers they differ by rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from confoundlab.inference.intervals import Weights
from confoundlab.storage.compiled import compiled
from confoundlab.storage.machine import cores
from confoundlab.types import Indices, Numbers, Scores

_LANES = 64  # resamples that are summed at once: 64 KB of registers and cache for each
_BLOCK = 16  # classes that a thread takes at a time


def count(
    scores: Scores, labels: Indices, weights: Numbers | None, wins: Numbers, pairs: Numbers
) -> None:
    """Add twice the pairs that each class wins (ties count once), and pairs, of one fold.

    Parameters
    ----------
    scores : ndarray, shape (classes, rows, n)
        Of images, as each class ranks them.
    labels : ndarray of int, shape (rows, n)
        Labellings.
    weights : ndarray, shape (n,), or None
        Of images, 1 if missing; a pair weighs the product of its two.
    wins, pairs : ndarray, shape (classes, rows)
        Added to.
    """
    each = np.ones(labels.shape[1]) if weights is None else weights
    kernel = _count_plain if weights is None else _count_weighted
    for row, own in enumerate(labels):
        places = np.argsort(own, kind="stable")
        starts = np.searchsorted(own[places], np.arange(len(scores) + 1))

        def block(a: int, b: int, row: int = row, places: Indices = places,
                  starts: Indices = starts) -> None:  # fmt: skip
            line = np.ascontiguousarray(scores[a:b, row])
            kernel(line, places, starts[a : b + 1], each, wins[a:b, row], pairs[a:b, row])

        _in_blocks(len(scores), block)


class Ranked:
    """One fold, its images in the order of each class's scores.

    Parameters
    ----------
    scores : ndarray, shape (classes, n)
        Of the fold's images.
    labels, groups : ndarray of int, shape (n,)
        Of these images.
    """

    def __init__(self, scores: Scores, labels: Indices, groups: Indices) -> None:
        self.labels, self.groups = labels, groups
        place = np.uint16 if len(labels) <= 2**16 else np.int32  # half the memory
        self.order = np.empty(scores.shape, place)
        self.starts = np.zeros(len(scores) + 1, np.intp)
        runs: list[npt.NDArray[np.int32]] = [np.empty((0, 2), np.int32)] * len(scores)

        def rank(a: int, b: int) -> None:
            for column in range(a, b):
                order = np.argsort(scores[column])
                self.order[column] = order
                line, own = scores[column, order], labels[order] == column
                edges = np.flatnonzero(np.r_[True, line[1:] != line[:-1], True])
                held = np.unique(np.searchsorted(edges, np.flatnonzero(own), side="right"))
                runs[column] = np.column_stack([edges[held - 1], edges[held]]).astype(np.int32)

        _in_blocks(len(scores), rank)
        self.runs = np.concatenate(runs)
        np.cumsum([len(one) for one in runs], out=self.starts[1:])


def weigh(ranked: Sequence[Ranked], weights: Weights) -> tuple[Numbers, Numbers]:
    """Return pairs won (ties count half) and pairs, shape (classes, rows), over all folds.

    Weights are those of groups, shape (rows, groups).
    """
    won, pairs = np.zeros((2, len(ranked[0].order), len(weights)))
    for fold in ranked:
        for start in range(0, len(weights), _LANES):
            each = np.ascontiguousarray(weights[start : start + _LANES, fold.groups].T)
            lanes = slice(start, start + each.shape[1])

            def block(a: int, b: int, fold: Ranked = fold, each: Weights = each,
                      lanes: slice = lanes) -> None:  # fmt: skip
                _weigh(fold.order[a:b], fold.runs, fold.starts[a : b + 1], fold.labels, a, each,
                       won[a:b, lanes], pairs[a:b, lanes])  # fmt: skip

            _in_blocks(len(won), block)
    return won, pairs


def _in_blocks(n: int, work: Callable[[int, int], object]) -> None:
    starts = range(0, n, _BLOCK)
    with ThreadPoolExecutor(cores()) as pool:
        list(pool.map(lambda a: work(a, min(a + _BLOCK, n)), starts))


@compiled()
def _count_plain(scores, places, starts, _, wins, pairs):  # type: ignore[no-untyped-def]
    for column in range(len(scores)):
        line, own = scores[column], places[starts[column] : starts[column + 1]]
        won = 0.0  # whole numbers, exact
        for place in own:
            score, twice = line[place], np.int32(0)
            # numba adds 32 bits to 64; kept at 32, a vector instruction counts twice as many images
            for other in range(len(line)):
                more = np.int32(np.int32(line[other] < score) + np.int32(line[other] <= score))
                twice = np.int32(twice + more)
            for mate in own:
                twice -= np.int32(line[mate] < score) + np.int32(line[mate] <= score)
            won += twice
        wins[column] += won
        pairs[column] += len(own) * (len(line) - len(own))


@compiled(fastmath={"reassoc"})
def _count_weighted(scores, places, starts, weights, wins, pairs):  # type: ignore[no-untyped-def]
    total = weights.sum()
    for column in range(len(scores)):
        line, own = scores[column], places[starts[column] : starts[column + 1]]
        won, inside = 0.0, 0.0
        for place in own:
            score, below, ties = line[place], 0.0, 0.0
            for other in range(len(line)):
                below += weights[other] * (line[other] < score)
                ties += weights[other] * (line[other] == score)
            for mate in own:
                below -= weights[mate] * (line[mate] < score)
                ties -= weights[mate] * (line[mate] == score)
            won += weights[place] * (2 * below + ties)
            inside += weights[place]
        wins[column] += won
        pairs[column] += inside * (total - inside)


@compiled()
def _weigh(order, runs, starts, labels, first, weights, won, pairs):  # type: ignore[no-untyped-def]
    """Sum weights (n, lanes) upwards, and stop at runs of equal scores that hold the class."""
    n, lanes = weights.shape
    total = np.zeros(lanes, np.float32)
    for row in range(n):
        total += weights[row]
    for column in range(len(order)):
        below, inside = np.zeros((2, lanes), np.float32)
        at = 0
        for run in range(starts[column], starts[column + 1]):
            start, end = runs[run]
            fours = at + (start - at) // 4 * 4
            for rank in range(at, fours, 4):  # a sum is fetched and put back once for four rows
                a, b = weights[order[column, rank]], weights[order[column, rank + 1]]
                c, d = weights[order[column, rank + 2]], weights[order[column, rank + 3]]
                for lane in range(lanes):
                    below[lane] += (a[lane] + b[lane]) + (c[lane] + d[lane])
            for rank in range(fours, start):
                line = weights[order[column, rank]]
                for lane in range(lanes):
                    below[lane] += line[lane]
            tied, rest = np.zeros((2, lanes), np.float32)
            for rank in range(start, end):
                place = order[column, rank]
                if labels[place] == first + column:
                    tied += weights[place]
                else:
                    rest += weights[place]
            for lane in range(lanes):
                half = np.float64(below[lane]) + np.float64(rest[lane]) / 2
                won[column, lane] += np.float64(tied[lane]) * half
                below[lane] += rest[lane]
                inside[lane] += tied[lane]
            at = end
        for lane in range(lanes):
            others = np.float64(total[lane]) - np.float64(inside[lane])
            pairs[column, lane] += np.float64(inside[lane]) * others

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from confoundlab.design import hamming
from confoundlab.design.hamming import linked


def all_with_all(hashes: np.ndarray, distance: int) -> np.ndarray:
    near = np.bitwise_count(hashes[:, None] ^ hashes[None, :]) <= distance
    return connected_components(coo_array(near), directed=False)[1]


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two numberings mean the same components."""
    pairs = np.unique(np.stack([one, other]), axis=1)
    return pairs.shape[1] == len(np.unique(one)) == len(np.unique(other))


def clustered(rng: np.random.Generator, centres: int, each: int, bits: int) -> np.ndarray:
    """Draw hashes around centres; each has up to so many bits of its centre's turned."""
    centre = rng.integers(0, 2**64, (centres, 1), dtype=np.uint64)
    turned = np.uint64(1) << rng.integers(0, 64, (centres, each, bits), dtype=np.uint64)
    return np.unique(centre ^ np.bitwise_or.reduce(turned, axis=2))


@pytest.mark.parametrize("distance", [0, 1, 2, 3, 6, 12])
@pytest.mark.parametrize("all_at_once", [4, 2048])
def test_components_are_those_of_all_with_all(rng, monkeypatch, distance, all_at_once):
    monkeypatch.setattr(hamming, "_ALL", all_at_once)
    hashes = clustered(rng, centres=40, each=30, bits=3)
    rng.shuffle(hashes)
    assert same(linked(hashes, distance), all_with_all(hashes, distance))


def test_hashes_that_share_most_bits_are_cut_again(rng, monkeypatch):
    """A set of almost blank fields: all hashes differ in a few low bits only."""
    monkeypatch.setattr(hamming, "_ALL", 16)
    hashes = np.unique(rng.integers(0, 2**14, 1500, dtype=np.uint64))
    assert same(linked(hashes, 1), all_with_all(hashes, 1))


@given(st.sets(st.integers(0, 2**64 - 1), max_size=40), st.integers(0, 63))
def test_any_hashes(values, distance):
    hashes = np.array(sorted(values), np.uint64)
    found = linked(hashes, distance)
    if len(hashes):
        assert same(found, all_with_all(hashes, distance))


def test_a_hundred_thousand_clustered_hashes_take_no_quadratic_time(rng):
    """All with all would be five billion comparisons; those that are made stay under 2%."""
    hashes = clustered(rng, centres=20_000, each=5, bits=1)
    pieces = np.array_split(np.arange(64), 3)
    compared = 0
    for piece in pieces:
        mask = np.bitwise_or.reduce(np.uint64(1) << piece.astype(np.uint64))
        counts = np.unique(hashes & mask, return_counts=True)[1]
        compared += int((counts * (counts - 1) // 2).sum())
    assert compared < 0.02 * len(hashes) ** 2 / 2
    assert len(np.unique(linked(hashes, 2))) == 20_000

import io
from pathlib import Path

import imagehash
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from confoundlab.datasets.loading import load
from confoundlab.design import duplicates
from confoundlab.design.duplicates import (
    clusters,
    copied,
    exact,
    merge_groups,
    near,
    perceptual_hashes,
    without_copies,
)
from confoundlab.design.splits import Split, grouped, stratified
from confoundlab.errors import InputError
from confoundlab.images.imageset import ImageSet


def image_set(pixels, **columns) -> ImageSet:
    table = pd.DataFrame({"label": ["a"] * len(pixels)} | columns)
    return ImageSet.from_arrays(np.asarray(pixels), table, name="copies")


def blank(n, **columns) -> ImageSet:
    return image_set(np.zeros((n, 4, 4, 1), np.uint8), **columns)


@pytest.fixture(scope="module")
def coil() -> ImageSet:
    return load("coil20", "simulated")


def test_exact_copies_share_a_cluster(rng):
    pixels = rng.integers(0, 256, (5, 8, 8, 1), dtype=np.uint8)
    pixels[3] = pixels[1]
    pixels[4] = pixels[1] ^ 1
    found = exact(image_set(pixels))
    assert found["cluster"].tolist() == [0, 1, 2, 1, 3]
    assert found["size"].tolist() == [1, 2, 1, 2, 1]


def test_hashes_are_those_of_the_library(coil):
    few = coil.subset(range(0, 1440, 160))
    hashes = perceptual_hashes(few)
    for row in range(len(few)):
        truth = imagehash.phash(Image.fromarray(few.read(row, "gray")[:, :, 0]))
        assert str(truth) == f"{int(hashes[row].byteswap()):016x}"


def changed(pixels: np.ndarray, quality: int, scale: float) -> np.ndarray:
    image = Image.fromarray(pixels)
    size = (round(image.width * scale), round(image.height * scale))
    kept = io.BytesIO()
    image.resize(size, Image.Resampling.BICUBIC).save(kept, "JPEG", quality=quality)
    return np.asarray(Image.open(kept).resize(image.size))


@pytest.mark.parametrize(("quality", "scale"), [(90, 1), (30, 1), (95, 0.5), (95, 2)])
def test_recompressed_and_rescaled_copies_are_found(coil, quality, scale):
    first = coil.subset(range(0, 1440, 48))  # one view in 48: 30 images that are not alike
    originals = np.stack([first.read(row, "gray") for row in range(len(first))])
    copies = np.stack([changed(one[:, :, 0], quality, scale) for one in originals])[..., None]
    both = image_set(np.concatenate([originals, copies]))
    found = near(both)["cluster"].to_numpy()
    assert (found[:30] == found[30:]).mean() >= 0.96
    assert np.unique(found[:30]).size >= 28  # and hardly any others are linked


def test_neighbours_on_a_turntable_count_as_copies(coil):
    """What the docstring of `near` says: 7 of 10 at 5 degrees, few at 30."""
    hashes, angles = perceptual_hashes(coil), coil.table["angle"].to_numpy(float)

    def share(turn: int) -> float:
        linked = [
            np.bitwise_count(hashes[one] ^ hashes[other]) <= 2
            for label in range(len(coil.classes))
            for one in np.flatnonzero(coil.labels == label)
            for other in np.flatnonzero(
                (coil.labels == label) & ((angles - angles[one]) % 360 == turn)
            )
        ]
        return float(np.mean(linked))

    assert 0.65 < share(5) < 0.75 and share(30) < 0.05


def test_flat_images_are_all_alike():
    levels = np.broadcast_to(np.array([0, 90, 255], np.uint8)[:, None, None, None], (3, 40, 40, 1))
    assert near(image_set(levels))["size"].tolist() == [3, 3, 3]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12))
def test_clusters_agree_with_spreading_by_hand(pairs):
    lowest = list(range(8))
    for _ in range(8):
        for one, other in pairs:
            lowest[one] = lowest[other] = min(lowest[one], lowest[other])
    found = clusters(blank(8), np.array(pairs).reshape(-1, 2))
    assert found["cluster"].tolist() == [sorted(set(lowest)).index(one) for one in lowest]
    assert found["size"].tolist() == [lowest.count(one) for one in lowest]


@given(
    groups=st.lists(st.sampled_from("abcdef"), min_size=4, max_size=12),
    pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=4),
    seed=st.integers(0, 9),
)
def test_merged_groups_keep_copies_on_one_side(groups, pairs, seed):
    images = blank(len(groups), group=groups)
    found = clusters(images, np.array(pairs).reshape(-1, 2))
    merged = merge_groups(images, found)
    for column in (found["cluster"], images.table["group"]):
        assert merged.table["group"].groupby(column).nunique().max() == 1
    # no larger than needed: every merged group is held together by links
    links = [
        (i, j) for i, one in enumerate(groups) for j, other in enumerate(groups) if one == other
    ]
    assert merged.table["group"].nunique() == (
        clusters(images, np.array(links + pairs))["cluster"].nunique()
    )
    if merged.groups.max() > 0:
        parts = grouped(images.labels, merged.groups, test_share=0.5, seed=seed)
        assert copied(found, parts) == 0


def test_merging_keeps_everything_else(coil):
    merged = merge_groups(coil, exact(coil))
    assert merged.digest == coil.digest and merged.skipped == coil.skipped
    pd.testing.assert_frame_equal(merged.table, coil.table)


def test_straddling_counts_test_images():
    found = clusters(blank(6), [[0, 1], [1, 2], [3, 4]])
    assert copied(found, Split(np.array([0, 3]), np.array([1, 2, 4, 5]))) == 3


def test_what_does_not_fit_is_refused():
    images = blank(3)
    with pytest.raises(InputError, match=r"outside 0\.\.2"):
        clusters(images, [[0, 3]])
    with pytest.raises(InputError, match="fewer than 64"):
        near(images, 64)
    with pytest.raises(InputError, match="other images"):
        merge_groups(images, exact(blank(2)))


@pytest.mark.real
def test_yale_has_nine_pairs_of_equal_files(real_data):
    folder = real_data / "yalefaces"
    if not folder.is_dir():
        pytest.skip("the Yale faces are not here")

    def describe(path: Path) -> dict:
        subject, kind, _ = path.name.split(".")
        return {"label": subject, "kind": kind}

    images = ImageSet.from_folder(folder, describe, name="yale faces")
    found = exact(images)
    assert len(images) == 165 and (found["size"] == 2).sum() == 18
    twice = images.table[found["size"] == 2].groupby(found["cluster"])
    assert all((rows["label"].nunique(), rows["kind"].nunique()) == (1, 2) for _, rows in twice)
    merged = merge_groups(images, found)
    assert merged.table["group"].nunique() == 156
    # a random split tears about 3 of the 9 pairs
    torn = [copied(found, stratified(images.labels, seed=seed)) for seed in range(20)]
    assert 1.5 < np.mean(torn) < 4.5
    assert copied(found, grouped(merged.labels, merged.groups)) == 0
    near_copies = near(images)
    assert near_copies.groupby(found["cluster"])["cluster"].nunique().max() == 1


def test_copies_of_test_images_leave_training():
    found = clusters(blank(6), [[0, 1], [4, 5]])
    split = without_copies(found, Split(np.array([0, 2, 3, 4]), np.array([1, 5])))
    assert split.train.tolist() == [2, 3] and split.test.tolist() == [1, 5]
    assert copied(found, split) == 0


def test_many_alike_images_are_one_cluster_without_a_list_of_their_pairs(monkeypatch):
    """All pairs of 20,000 equal hashes would be 200 million."""
    n = 20_000
    hashes = np.zeros(n, np.uint64)
    hashes[:3] = [2**40 - 1, 2**40 - 1 - 3, 2**63]
    monkeypatch.setattr(duplicates, "perceptual_hashes", lambda images: hashes)
    images = blank(1)
    many = images.subset(np.zeros(n, int))
    found = near(many)
    assert found["cluster"].iloc[:4].tolist() == [0, 0, 1, 1]
    assert found["size"].iloc[-1] == n - 2

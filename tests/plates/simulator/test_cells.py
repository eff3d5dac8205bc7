from __future__ import annotations

import numpy as np
import pytest

from confoundlab.plates.simulator import cells
from confoundlab.plates.simulator.cells import Look, paint_site

SIZE = 256


def paint(look: Look = Look(), n: int = 30, seed: int = 0, size: int = SIZE):  # noqa: B008
    return paint_site(look, n, size, np.random.default_rng(seed))


def test_a_nucleus_lies_at_its_centre() -> None:
    for seed in range(20):
        scene, centres = paint(n=1, seed=seed)
        if not ((centres > 30) & (centres < SIZE - 30)).all():
            continue
        light = scene[0] / scene[0].sum()
        y, x = np.indices(light.shape)
        seen = (light * y).sum(), (light * x).sum()
        np.testing.assert_allclose(seen, centres[0], atol=0.7)


@pytest.mark.parametrize("n", [10, 100])
def test_as_many_nuclei_as_asked_for_lie_in_the_picture_and_apart(n: int) -> None:
    scene, centres = paint(n=n)
    assert centres.shape == (n, 2)
    assert ((centres >= 0) & (centres <= SIZE - 1)).all()
    gaps = np.linalg.norm(centres[:, None] - centres, axis=2) + 1e9 * np.eye(n)
    # 2.4 radii of half the picture's side; in a full picture a few must come nearer.
    assert (gaps.min(axis=1) >= 2.4 * 0.05 * SIZE / 2 - 1).mean() > 0.9
    assert (scene[0][tuple(np.round(centres).astype(int).T)] > 0.2).all()


def test_there_is_light_at_cells_only_and_in_all_channels() -> None:
    scene, centres = paint(n=10)
    y, x = np.indices((SIZE, SIZE))
    away = np.min([np.hypot(y - a, x - b) for a, b in centres], axis=0)
    assert (scene[:, away > 0.35 * SIZE / 2] == 0).all()
    assert (scene >= 0).all()
    assert (scene.max(axis=(1, 2)) > 0.2).all()
    assert scene.max() < 1.5


def test_the_windows_that_cells_are_painted_in_leave_no_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene, _ = paint()
    monkeypatch.setattr(cells, "near", lambda *_: (slice(None), slice(None)))
    whole, _ = paint()
    lit = whole[[0, 1, 2, 3]] > 0
    np.testing.assert_array_equal(lit, scene[[0, 1, 2, 3]] > 0)
    np.testing.assert_allclose(scene, whole, atol=1e-6)


@pytest.mark.parametrize(("name", "channel"), [("nucleoli", 2), ("golgi", 3), ("mito", 4)])
def test_brightness_of_a_part_changes_its_channel_only(name: str, channel: int) -> None:
    usual, _ = paint()
    brighter, _ = paint(Look().shifted(**{name: 0.5}))
    differs = (usual != brighter).any(axis=(1, 2))
    assert differs.tolist() == [number == channel for number in range(5)]
    assert brighter[channel].sum() > 1.02 * usual[channel].sum()


def test_areas_follow_the_looks_radii() -> None:
    def area(scene, channel):
        return (scene[channel] > 0.05).sum()

    few = [(paint(n=10, seed=s)[0], s) for s in range(8)]
    larger = [paint(Look().shifted(nucleus=0.2), n=10, seed=s)[0] for s in range(8)]
    ratio = sum(area(scene, 0) for scene in larger) / sum(area(scene, 0) for scene, _ in few)
    assert ratio == pytest.approx(np.exp(0.4), rel=0.08)
    wider = [paint(Look().shifted(body=0.1), n=10, seed=s)[0] for s in range(8)]
    ratio = sum(area(scene, 1) for scene in wider) / sum(area(scene, 1) for scene, _ in few)
    assert 1.1 < ratio < np.exp(0.2) + 0.02  # bodies overlap


def test_mitochondria_keep_their_distance_from_nuclei() -> None:
    scene, centres = paint(n=20)
    y, x = np.indices((SIZE, SIZE))
    away = np.min([np.hypot(y - a, x - b) for a, b in centres], axis=0)
    # 4 pixels are well inside of a nucleus, 9 to 13 outside of it and near.
    assert scene[4][away < 4].mean() < 0.4 * scene[4][(away > 9) & (away < 13)].mean()


def test_pictures_of_two_sizes_show_the_same_cells() -> None:
    scene, centres = paint(size=256)
    coarse, places = paint(size=128)
    np.testing.assert_allclose(places / 127, centres / 255)
    blocks = scene.reshape(5, 128, 2, 128, 2).mean(axis=(2, 4))
    for channel in range(5):
        assert np.corrcoef(blocks[channel].ravel(), coarse[channel].ravel())[0, 1] > 0.97

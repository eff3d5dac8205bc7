import numpy as np
import pytest
from scipy.ndimage import center_of_mass, zoom
from sklearn.ensemble import RandomForestClassifier

from confoundlab.simulation.canvas import LUMA, plane
from confoundlab.simulation.painters import FOREHEAD, PAINTERS
from confoundlab.simulation.painters_medical import INSET_SHARES

TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT = (0, 0), (0, -1), (-1, 0), (-1, -1)
ALL = (TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT)
# Name: classes, corners that are the same for all, and the least and the most that a forest may
# name from the whole scene and from its mean level alone. Objects and persons come again in the
# test instances; the others are another subject every time.
TRUTH = {
    "turntable": (8, ALL, 0.9, 0.8),
    "face": (8, (TOP_LEFT, TOP_RIGHT), 0.9, 0.8),
    "radiograph": (4, (TOP_LEFT, TOP_RIGHT), 0.5, 0.45),
    "endoscopy": (8, (TOP_LEFT, TOP_RIGHT, BOTTOM_RIGHT), 0.5, 0.3),
    "cells": (10, (TOP_LEFT,), 0.6, 0.3),
    "nucleus": (16, ALL, 0.6, 0.25),
    "worm": (4, ALL, 0.5, 0.45),
}
SIZES = ((64, 64), (60, 81), (80, 50))


def corner(scene, place):
    """A sixth of each side, rounded up."""
    height, width = (-(-side // 6) for side in scene.shape[:2])
    rows, columns = (
        slice(0, n) if at == 0 else slice(-n, None)
        for at, n in zip(place, (height, width), strict=True)
    )
    return scene[rows, columns]


@pytest.mark.parametrize("name", PAINTERS)
@pytest.mark.parametrize("size", SIZES)
def test_the_safe_corners_are_the_same_whatever_the_label_and_the_instance(name, size):
    classes, corners, *_ = TRUTH[name]
    scenes = [
        PAINTERS[name](label, instance, size, 1, 3)
        for label in range(classes)
        for instance in range(12)
    ]
    for place in corners:
        assert len({corner(scene, place).tobytes() for scene in scenes}) == 1
        assert np.ptp(corner(scenes[0], place)) == 0
    assert len({scene.tobytes() for scene in scenes}) == len(scenes)


@pytest.mark.parametrize("name", PAINTERS)
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", SIZES)
def test_a_scene_is_radiance_and_comes_again(name, channels, size):
    scene = PAINTERS[name](2, 5, size, channels, 1)
    assert scene.shape == (*size, channels) and scene.dtype == np.float64
    assert scene.min() >= 0 and scene.max() <= 1 and scene.std() > 0.02
    assert (scene == PAINTERS[name](2, 5, size, channels, 1)).all()
    assert (scene != PAINTERS[name](2, 5, size, channels, 2)).any()


@pytest.mark.parametrize("name", sorted(PAINTERS.keys() - {"turntable"}))  # drawn by channel
def test_a_gray_scene_is_the_colour_scene_in_gray(name):
    colour = PAINTERS[name](1, 2, (48, 64), 3, 0)
    assert np.allclose(colour @ LUMA, PAINTERS[name](1, 2, (48, 64), 1, 0)[:, :, 0])


@pytest.mark.parametrize("name", PAINTERS)
def test_a_scene_is_the_same_at_any_resolution(name):
    fine, coarse = (PAINTERS[name](1, 2, size, 1, 0)[:, :, 0] for size in ((192, 256), (96, 128)))
    assert np.corrcoef(zoom(fine, 0.5, order=1).ravel(), coarse.ravel())[0, 1] > 0.95


def features(scene):
    """The scene in 32x32, its spectrum, and its distribution of brightness."""
    gray = scene.mean(axis=2)
    height, width = gray.shape
    pooled = gray.reshape(32, height // 32, 32, width // 32).mean(axis=(1, 3))
    power = np.abs(np.fft.fft2(gray)) ** 2
    pitch = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None])
    rings = np.bincount((40 * pitch).astype(int).ravel(), power.ravel())[:20]
    return np.r_[pooled.ravel(), np.log(rings + 1e-9), np.quantile(gray, np.linspace(0, 1, 21))]


@pytest.mark.parametrize("name", PAINTERS)
def test_the_whole_scene_names_the_label_and_its_mean_level_does_not(name):
    classes, _, least, most = TRUTH[name]
    size = {"cells": (256, 256), "worm": (96, 128), "nucleus": (64, 64)}.get(name, (128, 128))
    scenes = [
        PAINTERS[name](label, instance, size, 1, 0)
        for label in range(classes)
        for instance in range(40)
    ]
    labels, seen = np.repeat(np.arange(classes), 40), np.tile(np.arange(40) % 3 > 0, classes)

    def accuracy(x, leaf):
        forest = RandomForestClassifier(
            100, min_samples_leaf=leaf, max_features=0.1, random_state=0
        )
        return forest.fit(x[seen], labels[seen]).score(x[~seen], labels[~seen])

    whole = accuracy(np.array([features(scene) for scene in scenes]), 1)
    level = accuracy(np.array([[scene.mean()] for scene in scenes]), 4)
    assert whole >= least and level <= most and whole > level + 0.15, (whole, level)


def test_objects_are_those_of_the_published_twins():
    scene = PAINTERS["turntable"](1, 9, (48, 48), 1, 0)[:, :, 0]
    assert scene.sum() == pytest.approx(179.84582875846598)
    assert scene[20, 24] == pytest.approx(0.6553396461725864)
    assert scene[24, 24] == pytest.approx(0.3168364561299701)


def test_an_object_turns_by_whole_circles():
    paint = PAINTERS["turntable"]
    assert np.allclose(paint(1, 0, (48, 48), 3, 0), paint(1, 72, (48, 48), 3, 0))
    assert (paint(1, 0, (48, 48), 3, 0) != paint(1, 8, (48, 48), 3, 0)).any()


def test_the_forehead_is_skin_of_one_colour():
    bottom, top, left, right = FOREHEAD
    y, x = plane((240, 320))
    box = (y > bottom) & (y < top) & (x > left) & (x < right)
    assert box.sum() >= 22 * 29
    for label in range(15):
        for instance in range(6):
            skin = PAINTERS["face"](label, instance, (240, 320), 3, 0)[box]
            hue = skin / skin.sum(axis=1, keepdims=True)
            assert np.allclose(hue, hue[0]) and skin.std() < 0.2


def test_a_shot_is_lit_from_its_side_for_all_persons():
    for label in range(4):
        for instance, side in ((1, "left"), (2, "right"), (4, "left")):
            face = PAINTERS["face"](label, instance, (96, 128), 1, 0)[30:70, 45:83, 0]
            left, right = face[:, :19].mean(), face[:, 19:].mean()
            assert (left > right + 0.02) == (side == "left")


def test_the_position_box_is_there_as_often_as_stated():
    for label, share in enumerate(INSET_SHARES):
        views = [PAINTERS["endoscopy"](label, n, (40, 50), 3, 0) for n in range(150)]
        found = np.mean([view[-3, 3, 1] > 2 * view[-3, 3, 0] for view in views])
        assert abs(found - share) <= 3.5 * np.sqrt(share * (1 - share) / 150)


def test_a_nucleus_lies_in_the_middle():
    for label in range(16):
        light = PAINTERS["nucleus"](label, 0, (64, 64), 1, 0)[:, :, 0] - 0.02
        assert np.allclose(center_of_mass(light), 31.5, atol=6)


def test_muscle_loses_its_order_with_age():
    def order(scene):
        power = np.abs(np.fft.fft2(scene[:, :, 0] * np.hanning(96)[:, None])) ** 2
        stripes = power[8:24, :16]  # fibres lie along the worm, 10 to 20 a unit
        return stripes.max() / stripes.sum()

    by_age = [
        np.mean([order(PAINTERS["worm"](label, n, (96, 128), 1, 0)) for n in range(20)])
        for label in range(4)
    ]
    assert by_age == sorted(by_age, reverse=True)

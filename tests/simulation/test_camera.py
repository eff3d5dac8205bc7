import dataclasses

import numpy as np
import pytest
from conftest import small
from sklearn.linear_model import LogisticRegression

from confoundlab.catalog import dataset
from confoundlab.croppers.crops import Corner
from confoundlab.errors import InputError
from confoundlab.simulation.camera import Dials, lay_sessions, render, simulate, with_dials

NAMES = [field.name for field in dataclasses.fields(Dials)]
LABELS = np.repeat(np.arange(4), 12)
STEPS = np.tile(np.arange(12), 4)


def pixels(sessions, dials, seed=0):
    return render(small(dials=dials).twin, LABELS, STEPS, sessions, seed)


def test_dials_at_zero_make_the_session_invisible():
    off = dict.fromkeys(NAMES, 0.0)
    one = pixels(LABELS, off)
    assert (one == pixels(np.arange(48), off)).all()
    assert (one == pixels(LABELS[::-1], off)).all()


@pytest.mark.parametrize("name", NAMES)
def test_every_dial_shows_in_the_pixels_and_only_across_sessions(name):
    dial = {name: 1.0}
    assert (pixels(LABELS, dial) != pixels(LABELS + 4, dial)).any()
    assert (pixels(LABELS, dial) == pixels(LABELS, dial)).all()


def test_the_session_can_be_named_from_a_corner_and_only_with_a_dial():
    sessions = np.arange(48) % 2
    for strength, low, high in ((0.0, 0.2, 0.75), (3.0, 0.95, 1.0)):
        corner = pixels(sessions, {"offset": strength})[:, :10, :10].reshape(48, -1)
        features = np.c_[corner.mean(axis=1), corner.std(axis=1)]
        named = (
            LogisticRegression()
            .fit(features[:24], sessions[:24])
            .score(features[24:], sessions[24:])
        )
        assert low <= named <= high


def test_layouts():
    labels = np.repeat(np.arange(3), 12)
    assert (lay_sessions(labels, "class") == labels).all()
    assert len(set(lay_sessions(labels, "image"))) == 36
    crossed = lay_sessions(labels, "crossed", n_sessions=4)
    table = np.zeros((3, 4), int)
    np.add.at(table, (labels, crossed), 1)
    assert (table == 3).all()
    twice = lay_sessions(labels, "twice")
    assert (twice // 2 == labels).all() and (np.bincount(twice) == 6).all()
    with pytest.raises(InputError, match="session layout"):
        lay_sessions(labels, "classes")


def test_a_twin_has_the_table_of_its_data_set():
    twin = simulate(small(), "crossed")
    assert twin.state == "simulated"
    assert {"label", "group", "session", "angle", "sector"} <= set(twin.table)
    assert twin.table["image"].is_unique
    assert set(simulate(small(), "twice").table["take"]) == {"first", "second"}
    assert simulate(small(), seed=1).digest != simulate(small(), seed=2).digest
    assert simulate(small(), seed=1).digest == simulate(small(), seed=1).digest


def test_colour_twins_have_colour():
    twin = simulate(small("coil100"))
    image = twin.read(0, "rgb")
    assert image.shape == (48, 48, 3) and (image[:, :, 0] != image[:, :, 1]).any()


def test_without_dials_the_layout_does_not_matter():
    with_session, without = small(), with_dials(small())
    digests = {simulate(without, layout).array(Corner("top-right", 12, 12)).tobytes()
               for layout in ("class", "image", "crossed", "twice")}  # fmt: skip
    assert len(digests) == 1
    assert without.name == "coil20, dials all at zero" and with_session.twin.dials
    assert with_dials(small(), pattern=1.0, blur=0.5).name == "coil20, dials pattern 1, blur 0.5"
    assert (without.twin.scene, without.twin.counts) == ("turntable", with_session.twin.counts)


@pytest.mark.parametrize("dials", [{"gain": -1.0}, {"gain": float("nan")}, {"gains": 1.0}])
def test_bad_dials_are_refused(dials):
    with pytest.raises(InputError, match="gain"):
        Dials.of(dials)


def test_the_catalog_names_existing_dials():
    assert Dials.of(dataset("coil20").twin.dials).level > 0

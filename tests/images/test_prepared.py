"""Any number of views in one pass are the same as each by itself, also where it was stopped."""

import threading

import numpy as np
import pytest
from PIL import Image

from confoundlab.croppers.crops import AsIs, BlankestPatch, Corner, MeanColour, Whole
from confoundlab.errors import InputError
from confoundlab.images import folder as folder_module
from confoundlab.images import prepared, scanning
from confoundlab.images.imageset import ImageSet
from confoundlab.storage.files import cache_root

VIEWS = [Corner("top-left", 8, 6), Corner("bottom-right", 8, 6), Whole(8), BlankestPatch(5, 5),
         MeanColour()]  # fmt: skip


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch, tmp_path):
    monkeypatch.setenv("CONFOUNDLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(prepared, "CHUNK", 4)
    monkeypatch.setattr(scanning, "CHUNK", 4)


@pytest.fixture
def folder(tmp_path, rng):
    root = tmp_path / "set"
    for number in range(10):
        pixels = rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)
        path = root / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return root


@pytest.fixture
def decodes(monkeypatch):
    """Count files decoded, by either way in."""
    count = []
    for module, name in ((scanning, "read_once"), (folder_module, "decode")):
        whole = getattr(module, name)

        def watched(path, *args, _whole=whole, **options):
            count.append(path.name)
            return _whole(path, *args, **options)

        monkeypatch.setattr(module, name, watched)
    return count


def opened(folder, **options):
    return ImageSet.from_folder(folder, lambda path: {"label": path.parts[0]}, name="s", **options)


def truth(images, view, colour):
    return images.array(view, colour, cache=False)


@pytest.mark.parametrize("colour", ["gray", "rgb"])
def test_files_are_decoded_once_whatever_is_asked(folder, decodes, colour):
    images = opened(folder, views=VIEWS, colour=colour)
    shown = [np.array(images.array(view, colour)) for view in VIEWS]
    again = opened(folder, views=VIEWS, colour=colour)
    assert all(
        (again.array(view, colour) == one).all() for view, one in zip(VIEWS, shown, strict=True)
    )
    assert len(decodes) == 10
    assert not list((cache_root() / "parts").iterdir())
    for view, one in zip(VIEWS, shown, strict=True):
        assert (truth(images, view, colour) == one).all()


def test_views_asked_for_later_take_one_more_pass(folder, decodes):
    images = opened(folder)
    images.prepare(VIEWS)
    assert len(decodes) == 20
    for view in VIEWS:
        images.array(view)
    assert len(decodes) == 20
    images.prepare([*VIEWS, Whole(9)])
    assert len(decodes) == 30


def test_a_pass_that_was_stopped_goes_on(folder, decodes):
    class Stopped(Corner):
        def __call__(self, image):
            if stop and (image == images.read(9, "gray")).all():
                raise KeyboardInterrupt
            return super().__call__(image)

    images, stop = opened(folder), True
    decodes.clear()
    with pytest.raises(KeyboardInterrupt):
        images.prepare([Stopped("top-left", 5, 5)])
    stop = False
    decodes.clear()
    images.prepare([Stopped("top-left", 5, 5)])
    assert sorted(decodes) == ["8.jpg", "9.jpg"] or len(decodes) == 2
    assert (
        images.array(Corner("top-left", 5, 5)) == truth(images, VIEWS[0], "gray")[:, :5, :5]
    ).all()


def test_broken_files_shift_nothing(folder, decodes):
    (folder / "a" / "2.jpg").write_bytes(b"nonsense")
    for _ in range(2):
        images = opened(folder, views=VIEWS, on_broken="skip")
        assert len(images) == 9 and list(images.skipped) == ["a/2.jpg"]
    assert decodes.count("2.jpg") == 2 and len(decodes) == 11
    for view in VIEWS:
        assert (images.array(view) == truth(images, view, "gray")).all()


def test_two_at_once_find_the_same(folder):
    found = []

    def all_of_it():
        images = opened(folder, views=VIEWS)
        found.append([np.array(images.array(view)) for view in VIEWS])

    both = [threading.Thread(target=all_of_it) for _ in range(4)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(found) == 4
    for other in found[1:]:
        assert all((a == b).all() for a, b in zip(found[0], other, strict=True))


def test_a_damaged_part_is_made_again(folder):
    images = opened(folder)
    digests = images.table["sha256"].tolist()
    part = prepared.place(VIEWS[0], "gray", digests[:4])
    part.parent.mkdir(parents=True)
    part.write_bytes(b"\x93NUMPY nonsense")
    assert (images.array(VIEWS[0]) == truth(images, VIEWS[0], "gray")).all()


def test_sizes_that_differ_are_said_also_between_chunks(folder, rng):
    Image.fromarray(rng.integers(0, 256, (30, 30), dtype=np.uint8)).save(folder / "b" / "99.png")
    with pytest.raises(InputError, match="as it is gives images of different sizes in s"):
        opened(folder).array(AsIs())
    with pytest.raises(InputError, match="does not fit"):
        opened(folder, views=[Corner("top-left", 25, 9)])
    assert (opened(folder).array(Whole(8)).shape) == (11, 8, 8, 1)

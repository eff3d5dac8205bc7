import os

import pytest

from confoundlab.errors import InputError
from confoundlab.images.listing import counted, list_images


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def names(listing):
    return [path.as_posix() for path in listing.images]


@pytest.mark.parametrize(
    ("name", "left_out", "why"),
    [
        ("ill/.ipynb_checkpoints/1-checkpoint.png", "ill/.ipynb_checkpoints", "hidden"),
        ("ill/._1.png", "ill/._1.png", "hidden"),
        (".DS_Store", ".DS_Store", "hidden"),
        ("__MACOSX/ill/1.png", "__MACOSX", "of the operating system"),
        ("ill/@eaDir/1.png", "ill/@eaDir", "of the operating system"),
        ("ill/Thumbs.db", "ill/Thumbs.db", "of the operating system"),
        ("ill/1.JP2", "ill/1.JP2", "of format .jp2"),
        ("README", "README", "without a suffix"),
    ],
)
def test_what_is_no_image_is_left_out_with_its_reason(tmp_path, name, left_out, why):
    make(tmp_path, "ill/1.png", name)
    found = list_images(tmp_path)
    assert names(found) == ["ill/1.png"]
    assert found.left_out == {left_out: why} and not found.unreadable


@pytest.mark.parametrize("suffix", ["PNG", "jfif", "jpe", "JPG", "bmp", "ppm", "tiff", "webp"])
def test_suffixes_in_any_case(tmp_path, suffix):
    make(tmp_path, f"1.{suffix}")
    assert names(list_images(tmp_path)) == [f"1.{suffix}"]


def test_a_link_that_leads_nowhere_is_an_image_and_a_folder_is_none(tmp_path):
    make(tmp_path, "a/1.png", "b.png/2.png")
    (tmp_path / "nowhere.png").symlink_to("gone")
    (tmp_path / "loop.png").symlink_to("loop.png")
    assert names(list_images(tmp_path)) == ["a/1.png", "b.png/2.png", "loop.png", "nowhere.png"]


def test_linked_folders_are_entered_once_and_never_for_ever(tmp_path):
    make(tmp_path, "set/a/1.png", "other/deep/2.png", "other/3.png")
    links = {
        "set/again": "a",
        "set/a/up": "..",
        "set/above": tmp_path,
        "set/b": tmp_path / "other",
        "set/c": tmp_path / "other" / "deep",
        "other/deep/loop": tmp_path / "other",
        "other/back": tmp_path / "set",
    }
    for link, target in links.items():
        (tmp_path / link).symlink_to(target)
    found = list_images(tmp_path / "set")
    real = [os.path.realpath(tmp_path / "set" / path) for path in found.images]
    assert len(real) == len(set(real)) == 3
    inside = "linked to a folder of the set or above it"
    assert {found.left_out[name] for name in ("again", "a/up", "above")} == {inside}
    assert set(found.left_out.values()) == {inside, "linked twice"}


def test_folders_that_cannot_be_listed_are_named(tmp_path, monkeypatch):
    make(tmp_path, "a/1.png", "b/2.png")
    scandir = os.scandir

    def refusing(folder):
        if folder == tmp_path / "b":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refusing)
    found = list_images(tmp_path)
    assert names(found) == ["a/1.png"]
    assert found.unreadable == {"b": "a folder that cannot be listed (Permission denied)"}


def test_a_folder_must_be_one(tmp_path):
    make(tmp_path, "1.png")
    with pytest.raises(InputError, match="There is no folder"):
        list_images(tmp_path / "none")
    with pytest.raises(InputError, match="is a file"):
        list_images(tmp_path / "1.png")


def test_reasons_are_counted_the_most_frequent_first():
    reasons = {"a": "hidden", "b": "of format .txt", "c": "of format .txt"}
    assert counted(reasons) == "2 of format .txt, 1 hidden"

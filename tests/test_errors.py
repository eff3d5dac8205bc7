import pytest

from confoundlab.errors import BrokenImagesError, InputError, one_of


def test_one_of_returns_what_is_known_and_suggests_what_is_near():
    assert one_of("view", "crop", ["crop", "whole"]) == "crop"
    with pytest.raises(InputError, match=r"There is no view 'corp'. Did you mean 'crop'"):
        one_of("view", "corp", ["crop", "whole"])
    with pytest.raises(InputError, match=r"'zzz'. Known: crop, whole"):
        one_of("view", "zzz", ["whole", "crop"])


def test_broken_images_lists_all():
    error = BrokenImagesError({"a.png": "empty file", "b.png": "damaged"})
    assert "2 image(s)" in str(error) and "a.png: empty file" in str(error)
    assert "b.png: damaged" in str(error)

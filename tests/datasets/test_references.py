import pytest

from confoundlab.catalog import DATASETS
from confoundlab.datasets.references import reference
from confoundlab.errors import InputError


def test_a_reference_is_a_line_without_markup():
    assert reference("belhumeur1997eigenfaces") == (
        "Peter N. Belhumeur, João P. Hespanha, and David J. Kriegman. Eigenfaces vs. Fisherfaces: "
        "recognition using class specific linear projection. IEEE Transactions on Pattern Analysis "
        "and Machine Intelligence, 19(7):711–720, 1997. doi:10.1109/34.598228."
    )


def test_every_data_set_has_a_reference():
    for entry in DATASETS.values():
        words = reference(entry.citation)
        assert "\n" not in words and "{" not in words and words[:3] != "[1]"


def test_an_unknown_key_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'nene1996coil20'"):
        reference("nene1996coil")

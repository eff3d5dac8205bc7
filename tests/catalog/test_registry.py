from pathlib import Path

import pytest

from confoundlab.catalog import (
    DATASETS,
    STUDIES,
    TABLES,
    dataset,
    paper_accuracy,
    paper_rows,
    read_manifest,
    study,
)
from confoundlab.errors import InputError
from confoundlab.studies.parameters import declared, notebook_source, read_notebook


def test_unknown_names_suggest_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'coil20'"):
        dataset("coil2")
    with pytest.raises(InputError, match="Known: als, celegans, coil, covid"):
        study("cifar")


@pytest.mark.parametrize(
    ("name", "images", "classes"), [("coil20", 1440, 20), ("coil100", 7200, 100)]
)
def test_coil_names_parse_to_objects_and_angles(name, images, classes):
    entry = dataset(name)
    assert len(entry.expected) == images
    rows = [entry.layout(Path("images") / f"{stem}.png") for stem in entry.expected]
    assert {row["angle"] for row in rows} == set(range(0, 360, 5))
    assert len({row["label"] for row in rows}) == classes
    assert len({row["group"] for row in rows}) == classes * 6


def test_the_number_in_a_name_is_steps_in_coil20_and_degrees_in_coil100():
    assert dataset("coil20").layout(Path("obj3__71.png"))["angle"] == 355
    assert dataset("coil100").layout(Path("obj3__355.png"))["angle"] == 355


@pytest.mark.parametrize("name", ["obj21__0.png", "obj1__72.png", "convert.pl", "x.png"])
def test_stray_files_are_not_coil20(name):
    assert dataset("coil20").layout(Path(name)) is None


def test_twins_have_the_counts_of_their_data_sets():
    for entry in DATASETS.values():
        assert sum(entry.twin.counts) == entry.n_images
        assert len(entry.twin.counts) == entry.n_classes


def test_a_name_means_one_data_set_in_all_studies():
    for entry in STUDIES.values():
        assert all(DATASETS[one.name] is one for one in entry.datasets)


def test_paper_rows_are_fractions_and_complete():
    rows = paper_rows()
    assert len(rows) == 12
    assert rows["coil20"]["crop_accuracy"] == 0.3542
    assert all(0 < row["crop_accuracy"] < 1 for row in rows.values())
    with_row = [entry for entry in DATASETS.values() if entry.paper_row]
    assert all(rows[e.paper_row]["classes"] == e.n_classes for e in with_row)


@pytest.mark.parametrize(
    ("row", "view", "split", "number"),
    [
        ("coil20", "crop 21x21 top-right", "random 80/20", 0.3542),
        ("coil20", "whole image 32x32", "random 80/20", 0.9861),
        ("kvasir", "whole image 96x96, then crop 32x32 at 0,64", "random 3200/800", None),
        ("yale_a", "crop 22x29 forehead", "random 132/33", 0.546),
        ("coil20", "crop 20x20 top-right", "random 80/20", None),
        ("coil20", "crop 21x21 top-right", "arc of 60 degrees", None),
        ("rnai_cells", "whole image 32x32", "random 80/20", None),
        ("coil20", "crop 21x21 top-right", "random 80/20, crops without object", None),
        ("yale_a", "crop 22x29 at 150,60 forehead", "random 80/20", 0.546),
        ("rnai_background", "crop 60x60 no cell inside", "random 75/25", 0.6345),
        ("rnai_background_other_session", "crop 60x60 no cell inside", "other session", 0.1183),
        ("rnai_background_other_session", "crop 60x60 no cell inside", "random 75/25", None),
        (None, "crop 21x21 top-right", "random 80/20", None),
    ],
)
def test_the_papers_number_is_given_only_for_the_papers_own_experiment(row, view, split, number):
    assert paper_accuracy(row, view, split) == number


def test_profiles_name_parameters_that_the_notebook_declares():
    for entry in STUDIES.values():
        parameters = declared(read_notebook(notebook_source(entry.name)))
        assert {"dataset", "data", "seed"} <= set(parameters)
        for profile in entry.profiles.values():
            assert {name: parameters[name].parse(value) for name, value in profile.items()}


def test_manifests_list_every_image_once():
    manifest = read_manifest(dataset("coil20"))
    assert set(manifest.index) == dataset("coil20").expected
    assert manifest.is_unique  # no two pictures of COIL-20 are pixel for pixel the same
    assert set(read_manifest(dataset("coil100")).index) == dataset("coil100").expected
    assert read_manifest(dataset("kvasir")) is None


def test_every_image_of_yale_a_has_a_place_for_its_forehead():
    entry = dataset("yale_a")
    rows = [entry.layout(Path(f"{image}.gif")) for image in sorted(entry.expected)]
    places = {(row["forehead_left"], row["forehead_top"]) for row in rows}
    assert len(places) > 100  # faces are not aligned
    assert all(0 < left < 320 - 22 and 0 < top < 243 - 29 for left, top in places)


def test_a_study_of_twins_only_has_a_notebook_that_takes_no_other():
    for entry in STUDIES.values():
        parameter = declared(read_notebook(notebook_source(entry.name)))["data"]
        assert parameter.default == entry.data
        assert ("auto" in parameter.kind) == (entry.data == "auto")


def test_every_set_states_whether_its_pictures_may_be_published():
    stated = [entry.pictures for entry in DATASETS.values()]
    stated += [entry.pictures for entry in TABLES.values() if entry.pictures is not None]
    assert all(one.why.endswith(".") and one.source for one in stated)
    assert {name for name, entry in DATASETS.items() if entry.pictures.allowed} == {
        "mitocheck", "covid2", "covid2_whole", "covid4", "covid4_whole"
    }  # fmt: skip
    # allowed by a licence that lets pictures be changed and shown, not by silence
    assert all("CC BY 4.0" in one.why for one in stated if one.allowed)


def test_of_x_rays_only_those_with_a_licence_for_all_are_shown():
    covid = dataset("covid4")
    line = {
        "cls": "normal", "file": "a.jpeg", "patient": "kermany_1", "width": "9", "height": "9",
        "bytes": "9", "format": "JPEG", "mode": "L", "jpeg_q00": "1",
    }  # fmt: skip
    ours, other = covid.layout.describe([line, line | {"cls": "covid", "patient": "ieee8023_1"}])
    assert covid.pictures.shows(ours) and not covid.pictures.shows(other)
    assert not covid.pictures.shows({})
    assert dataset("mitocheck").pictures.shows({}) and not dataset("yale_a").pictures.shows({})


def test_what_stands_in_for_a_row_names_rows_of_the_paper():
    stands_in = {row for entry in DATASETS.values() for row in entry.stands_in}
    assert stands_in and stands_in <= set(paper_rows())

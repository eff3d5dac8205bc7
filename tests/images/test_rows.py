import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from confoundlab.errors import InputError
from confoundlab.images.rows import checked, rows_of

FILES = [Path("ill/1.png"), Path("well/1.png")]


def test_rows_are_of_paths_and_not_of_file_names():
    table, left_out, problems = rows_of(FILES, lambda path: {"label": path.parts[0]})
    assert table.to_dict("list") == {
        "image": ["ill/1", "well/1"],
        "group": ["ill/1", "well/1"],
        "label": ["ill", "well"],
        "file": ["ill/1.png", "well/1.png"],
    }
    assert not left_out and not problems
    _, left_out, _ = rows_of(FILES, lambda path: {"label": "a"} if path.parts[0] == "ill" else None)
    assert list(left_out) == ["well/1.png"]


def test_files_that_differ_in_their_suffix_alone_are_two_of_one_group():
    files = [Path("ill/1.jpg"), Path("ill/1.png"), Path("ill/2.png")]
    table, _, _ = rows_of(files, lambda path: {"label": path.parts[0]})
    assert table["image"].tolist() == ["ill/1.jpg", "ill/1.png", "ill/2"]
    assert table["group"].tolist() == ["ill/1", "ill/1", "ill/2"]


@pytest.mark.parametrize("value", ["a", 1, 2.5, True, None, np.int64(3), datetime.date(2024, 1, 2)])
def test_scalars_are_kept_as_they_are(value):
    table, _, _ = rows_of(FILES[:1], lambda path: {"label": "a", "path": "mine", "factor": value})
    assert table["path"].tolist() == ["mine"]
    assert table["factor"].tolist() == [value]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["a"], "gives list for ill/1.png; it must give a dict"),
        ({"label": ["a"]}, "gives list as 'label' of ill/1.png"),
        ({"label": Path("ill")}, "as 'label'"),
        ({"label": b"a"}, "gives bytes"),
        ({"label": "a", "focus": 1 + 2j}, "gives complex as 'focus'"),
        ({"label": "a", "focus": np.complex64(1)}, "gives complex64 as 'focus'"),
        ({"label": None}, "an empty 'label' for ill/1.png"),
        ({"label": " "}, "an empty 'label' for ill/1.png"),
        ({"label": "a", "group": float("nan")}, "an empty 'group' for ill/1.png"),
        ({"label": "a", "image": pd.NA}, "an empty 'image' for ill/1.png"),
        ({1: "a"}, "its name must be text"),
        ({"label": "a", "width": 640, "height": 480}, r"column\(s\) height, width for ill/1.png"),
        ({"label": "a", "sha256": "abc"}, "such as sha256_given"),
        ({"label": "a", "file": "abc"}, "such as file_given"),
    ],
)
def test_odd_rows_are_refused_in_words(row, why):
    with pytest.raises(InputError, match=why):
        rows_of(FILES, lambda path: row)


def test_a_function_that_fails_names_the_file():
    with pytest.raises(InputError, match=r"describe fails for ill/1.png: IndexError") as caught:
        rows_of(FILES, lambda path: {"label": path.parts[5]})
    assert isinstance(caught.value.__cause__, IndexError)


@pytest.mark.parametrize("name", ["a\udce9.png", "a\nb.png", "\x1b[31mred.png"])
def test_names_that_cannot_be_used_are_problems_unless_they_do_not_belong(name):
    table, _, problems = rows_of([Path(name)], lambda path: {"label": "a"})
    assert table.empty and list(problems) == [name]
    _, left_out, problems = rows_of([Path(name)], lambda path: None)
    assert list(left_out) == [name] and not problems


def test_names_in_any_script_are_fine():
    files = [Path("Screenshot 1.23\u202fPM.png"), Path("größe/図.png")]
    assert len(rows_of(files, lambda path: {"label": "a"})[0]) == 2


@pytest.mark.parametrize("ids", [[7, 8], ["7", "8"], [7, "8"], np.array([7, 8], np.uint8)])
def test_names_labels_and_groups_become_text(ids):
    table = checked(pd.DataFrame({"image": ids, "label": [True, False], "group": [1, 1]}))
    assert table["image"].tolist() == ["7", "8"]
    assert table["label"].tolist() == ["True", "False"] and table["group"].tolist() == ["1", "1"]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"image": ["a", "b"]}, "needs a column 'label'"),
        ({"label": ["x", None]}, r"'label' is empty in 1 row\(s\): \[1\]"),
        ({"label": ["x", " "]}, r"'label' is empty in 1 row\(s\): \[1\]"),
        ({"image": [1, "1"]}, "doubled: 1"),
        (
            {"label": ["x", "x\0"]},
            r"'label' holds characters that cannot be printed in row\(s\) \[1",
        ),
        ({"group": ["g", "g\x1b[2K"]}, "'group' holds characters"),
    ],
)
def test_odd_tables_are_refused_in_words(columns, why):
    table = {"image": ["a", "b"], "group": ["a", "b"]}
    table |= {"label": ["x", "y"]} if "image" not in columns or columns["image"][0] == 1 else {}
    with pytest.raises(InputError, match=why):
        checked(pd.DataFrame(table | columns))

import sys

import numpy as np
import pandas as pd
import pytest

from confoundlab.auditing.readers.tables import MISSING, join, read_table, typed
from confoundlab.errors import InputError

ROWS = pd.DataFrame(
    {"file": ["a.png", "b.png"], "patient": ["007", "012"], "site": ["Köln, west", None]}
)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("t.csv", lambda path: ROWS.to_csv(path, index=False)),
        ("t.csv", lambda path: ROWS.to_csv(path, index=False, encoding="utf-8-sig", sep=";")),
        ("t.txt", lambda path: ROWS.to_csv(path, index=False, encoding="utf-16", sep="|")),
        ("t.tsv", lambda path: ROWS.to_csv(path, index=False, sep="\t")),
        ("t.parquet", lambda path: ROWS.to_parquet(path)),
        ("t.jsonl", lambda path: ROWS.to_json(path, orient="records", lines=True)),
        ("t.json", lambda path: ROWS.to_json(path, orient="records")),
    ],
)
def test_every_form_gives_the_same_text(tmp_path, name, write):
    write(tmp_path / name)
    found = read_table(tmp_path / name)
    assert found.to_dict("list") == {
        "file": ["a.png", "b.png"], "patient": ["007", "012"], "site": ["Köln, west", None]
    }  # fmt: skip


def test_numbers_of_typed_files_have_no_decimals(tmp_path):
    pd.DataFrame({"id": [1.0, 2.0, np.nan], "x": [0.5, 1, 2]}).to_parquet(tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet")["id"].tolist() == ["1", "2", None]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("t.csv", "a,b\n1,2,3\n", "row 2 has 3 cells"),
        ("t.csv", "", "is empty"),
        ("t.csv", "a,b\n", "has no rows"),
        ("t.csv", "a,a\n1,2\n", "named twice"),
        ("t.csv", "a,\n1,2\n", "without a name"),
        ("t.csv", b"a,b\n\xff\xfe\xfa,2\n", "not UTF-8"),
        ("t.csv", b"a\0b", "is no text"),
        ("t.parquet", b"no parquet", "cannot be read as parquet"),
        ("t.jsonl", '{"a": 1}\n[2]\n', "must hold rows"),
        ("t.json", "{", "cannot be read as json"),
        ("t.docx", "x", "no table that is read here"),
    ],
)
def test_a_broken_table_is_one_line(tmp_path, name, content, why):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=why) as caught:
        read_table(path)
    assert "\n" not in str(caught.value)


def test_a_table_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"no table .*none\.csv"):
        read_table(tmp_path / "none.csv")


def test_excel_gives_the_same_text(tmp_path):
    pytest.importorskip("openpyxl")
    ROWS.to_excel(tmp_path / "t.xlsx", index=False)
    assert read_table(tmp_path / "t.xlsx")["patient"].tolist() == ["007", "012"]


def test_excel_without_openpyxl_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "t.xlsx").write_bytes(b"PK")
    with pytest.raises(InputError, match=r"openpyxl|cannot be read as xlsx"):
        read_table(tmp_path / "t.xlsx")


FILES = ["x/1.png", "x/2.png", "y/3.jpg"]


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (["x/1.png", "x\\2.png", "./y/3.jpg"], "path below the folder"),
        (["x/1", "x/2", "y/3"], "path without suffix"),
        (["1.png", "2.png", "3.jpg"], "file name"),
        (["1", "2", "3"], "file name without suffix"),
    ],
)
def test_rows_join_by_path_name_or_stem(names, key):
    table = pd.DataFrame({"note": ["1", "1", "1"], "which": names})
    found = join(FILES, table.iloc[::-1].reset_index(drop=True))
    assert (found.column, found.key) == ("which", key)
    assert found.rows.tolist() == [2, 1, 0]


@pytest.mark.parametrize(
    ("start", "left_out"),
    [("/scans/2021/", 3), ("C:\\scans\\", 2), ("../", 1), ("", 0), ("s3://bucket/", 3)],
)
def test_paths_from_elsewhere_lose_their_leading_folders(start, left_out):
    # the last row is of no image; a stem alone names one by chance
    table = pd.DataFrame(
        {"run": ["1", "8", "9", "7"], "path": [start + one for one in [*FILES, "z/4.png"]]}
    )
    found = join(FILES, table)
    assert (found.column, found.left_out, found.rows.tolist()) == ("path", left_out, [0, 1, 2])
    assert found.without_image == ["z/4.png"]
    assert ("leading folder" in found.words()[0]) is (left_out > 0)


def test_what_is_left_over_on_either_side_is_named():
    found = join(FILES, pd.DataFrame({"file": ["1.png", "9.png", None]}))
    assert found.rows.tolist() == [0, -1, -1]
    words = " ".join(found.words())
    assert "2 rows of the table have no image: 9.png, row 4" in words
    assert "2 images have no row and are left out: x/2.png, y/3.jpg" in words


def test_ambiguous_names_are_errors():
    with pytest.raises(InputError, match=r"2 images are called so: x/1\.png, y/1\.png"):
        join(["x/1.png", "y/1.png", "2.png"], pd.DataFrame({"file": ["1.png", "2.png"]}))
    with pytest.raises(InputError, match="Rows 2 and 3 are both of image"):
        join(["1.png"], pd.DataFrame({"file": ["1.png", "1.png"]}))
    with pytest.raises(InputError, match="No column"):
        join(["1.png"], pd.DataFrame({"file": ["9.png"]}))


def test_codes_stay_text_and_numbers_become_numbers():
    assert typed(pd.Series(["007", "012"]))[0].tolist() == ["007", "012"]
    assert typed(pd.Series(["0.5", "12"]))[0].tolist() == [0.5, 12]
    times, kind = typed(pd.Series(["2024-03-01 14:30", "2024-03-02"], name="t"), time=True)
    assert kind == "time" and times.dt.day.tolist() == [1, 2]
    with pytest.raises(InputError, match="'t' is no time"):
        typed(pd.Series(["soon"], name="t"), time=True)


def test_empty_cells_are_a_level():
    values, kind = typed(pd.Series(["a", None, "a"]))
    assert (values.tolist(), kind) == (["a", MISSING, "a"], "classes")
    values, kind = typed(pd.Series(["0.1", "0.5", "0.9", None], dtype=object))
    assert (values.tolist(), kind) == (["low", "middle", "high", MISSING], "classes")

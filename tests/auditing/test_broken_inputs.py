"""Fifty things that people hand to an audit by mistake: a line for each, and no traceback."""

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from PIL import Image

from confoundlab.cli import main

N = 12
SPECIES = ["birch", "oak"] * (N // 2)
TABLES = {
    "nothing": (lambda rows: b"", "is empty"),
    "no rows": (lambda rows: rows.iloc[:0], "has no rows"),
    "bytes": (lambda rows: bytes(range(256)), "not UTF-8"),
    "a page": (lambda rows: b"<html><body>404</body></html>", "has no rows"),
    "another encoding": (lambda rows: _text(rows.assign(species="caf\xe9")).encode("latin-1"),
                         "not UTF-8"),
    "a zero byte": (lambda rows: _text(rows).replace("oak", "o\0k").encode(), "no text"),
    "a long row": (lambda rows: _text(rows).encode() + b"1,2,3,4,5,6\n", "row 14 has 6 cells"),
    "an open quote": (lambda rows: _text(rows).encode() + b'"1\n', "row 14 has 1 cells"),
    "a column twice": (lambda rows: rows.set_axis(["file", "species", "species"], axis=1),
                       "named twice"),
    "rows twice": (lambda rows: pd.concat([rows, rows]), "both of image"),
    "one class": (lambda rows: rows.assign(species="oak"), "nothing to tell apart"),
    "other images": (lambda rows: rows.assign(file="z" + rows["file"]), "names an image"),
    "no images": (lambda rows: rows[["species"]], "names an image"),
    "no labels": (lambda rows: rows.assign(species=""), "is empty for 12 images"),
    "a class an image": (lambda rows: rows.assign(species=rows["file"]), "12 of 12 classes"),
    "measured labels": (lambda rows: rows.assign(species=np.linspace(0, 1, N)), "12 of 12 classes"),
}  # fmt: skip
OTHERS = {
    ".parquet": (b"PAR1junk", "cannot be read as parquet"),
    ".xlsx": (b"PKjunk", "cannot be read as xlsx"),
    ".json": (b'{"a":', "cannot be read as json"),
    ".jsonl": (b"[1, 2]\n[3]\n", "must hold rows"),
    ".dat": (b"file,species\n", "no table that is read here"),
    ".pkl": (b"", "no table that is read here"),
}
OPTIONS = {
    "--group species": "must be different columns",
    "--split species": "must be different columns",
    "--factor species": "cannot be a factor and label",
    "--factor sites": "Did you mean 'site'",
    "--time when": "no column for --time",
    "--time site": "'site' is no time",
    "--table {images}": "no table",
    "--table {root}/none.csv": "no table",
    "--features {root}/none.npy": "no file",
    "--features {image}": "cannot be read as embeddings",
    "--features {short}": "has 3 rows, but there are 12",
    "--features {constant}": "nothing to learn from",
    "--features {missing}": "finite numbers",
    "--predictions {root}/none.csv": "no file",
    "--predictions {image}": "no table that is read here",
    "--predictions {strangers}": "names an image",
    "--predictions {wordless}": "needs a column 'predicted'",
    "--predictions {classless}": "classes that the images lack: pine",
    "--fail-on LEEK": "Did you mean 'LEAK'",
    "--scheduler local:1": "No Dask scheduler answers",
}
SOURCES = {
    "none": "There is no",
    "table.csv": "Name the images' folder",
    "empty": "no image below",
    "text": "1 other files",
    "flat": "no folder of a class",
    "lone": "nothing to tell apart",
    "pairs": "fewer than 5 images",
    "broken": "10 cannot be read",
    "junk.npz": "damaged, or no .npz",
    "other.npz": "train_images and train_labels are needed",
    "lengths.npz": "with 8 labels",
    "floats.npz": "must be of uint8",
    "short.npy": "Give the table",
}


def _text(rows):
    return rows.to_csv(index=False)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Twelve images with a sound table, and every sort of thing that is not."""
    root = tmp_path_factory.mktemp("inputs")
    rng = np.random.default_rng(0)

    def save(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (24, 24), dtype=np.uint8)).save(path)

    names = [f"{number:02d}" for number in range(N)]
    for name in names:
        save(root / "images" / f"{name}.png")
        save(root / "flat" / f"{name}.png")
        save(root / "lone" / "a" / f"{name}.png")
    for label in "ab":
        save(root / "pairs" / label / "1.png")
        for number in range(5):
            path = root / "broken" / label / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"<html>" * number)
    rows = pd.DataFrame({"file": names, "species": SPECIES, "site": ["x", "y", "z"] * (N // 3)})
    rows.to_csv(root / "table.csv", index=False)
    (root / "empty").mkdir()
    (root / "text" / "a").mkdir(parents=True)
    (root / "text" / "a" / "notes.txt").write_text("none")
    np.save(root / "short.npy", np.eye(3))
    np.save(root / "constant.npy", np.ones((N, 3)))
    np.save(root / "missing.npy", np.full((N, 3), np.nan))
    (root / "junk.npz").write_bytes(b"PKjunk")
    np.savez(root / "other.npz", x=np.zeros(3))
    gray = np.zeros((9, 28, 28), np.uint8)
    np.savez(root / "lengths.npz", train_images=gray, train_labels=np.arange(8) % 2)
    np.savez(root / "floats.npz", train_images=gray / 2, train_labels=np.arange(9) % 2)
    for name, text in {
        "strangers": "image,predicted\nz,oak\n",
        "wordless": "image,said\n00,oak\n",
        "classless": "image,predicted\n00,pine\n01,oak\n",
    }.items():
        (root / f"{name}.csv").write_text(text)
    return root


def answer(tmp_path, source, *words):
    """Hand it to the command; return its exit code, what it prints, and what it leaves."""
    done = CliRunner().invoke(main, ["audit", str(source), *words, "--out", str(tmp_path / "out")])
    return done.exit_code, done.output, list(tmp_path.iterdir())


def is_a_line(text, why):
    """Whether a text is one line of ours that says why."""
    return text.startswith("confoundlab: ") and text.count("\n") == 1 and why in text


@pytest.mark.parametrize("what", TABLES)
def test_tables(root, tmp_path, tmp_path_factory, what):
    change, why = TABLES[what]
    made = change(pd.read_csv(root / "table.csv", dtype=str))
    path = tmp_path_factory.mktemp("table") / "mine.csv"
    path.write_bytes(made if isinstance(made, bytes) else _text(made).encode())
    words = ["--table", str(path), "--label", "species"]
    code, said, left = answer(tmp_path, root / "images", *words)
    assert code == 2 and is_a_line(said, why) and not left, said


@pytest.mark.parametrize("suffix", OTHERS)
def test_tables_that_are_none(root, tmp_path, tmp_path_factory, suffix):
    content, why = OTHERS[suffix]
    path = tmp_path_factory.mktemp("table") / f"mine{suffix}"
    path.write_bytes(content)
    words = ["--table", str(path), "--label", "species"]
    code, said, left = answer(tmp_path, root / "images", *words)
    assert code == 2 and is_a_line(said, why) and not left, said


@pytest.mark.parametrize("words", OPTIONS)
def test_options(root, tmp_path, words):
    files = {name: root / f"{name}.npy" for name in ("short", "constant", "missing")}
    files |= {name: root / f"{name}.csv" for name in ("strangers", "wordless", "classless")}
    files |= {"root": root, "images": root / "images", "image": root / "images" / "00.png"}
    given = words.format(**files).split(" ", 1)
    if "--table" not in words:
        given += ["--table", str(root / "table.csv")]
    code, said, left = answer(tmp_path, root / "images", *given, "--label", "species")
    assert code == 2 and is_a_line(said, OPTIONS[words]) and not left, said


@pytest.mark.parametrize("name", SOURCES)
def test_sources(root, tmp_path, name):
    code, said, left = answer(tmp_path, root / name)
    assert code == 2 and is_a_line(said, SOURCES[name]) and not left, said

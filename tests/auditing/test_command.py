"""The command as a stranger meets it: one HTML file, results by the schema, exit codes."""

import json
import re

import pandas as pd
import pytest
from click.testing import CliRunner

from confoundlab.auditing import command
from confoundlab.auditing.planted import FOLDERS
from confoundlab.cli import main
from confoundlab.studies.store import read_results


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    quick = command.PROFILES["quick"] | {"nets": 1, "epochs": 2, "shuffles": 50}
    monkeypatch.setitem(command.PROFILES, "quick", quick | {"permutations": 499})


def call(*words):
    return CliRunner().invoke(main, ["audit", *map(str, words)])


def test_a_report_of_one_file(tmp_path):
    """A folder of class folders, hostile names in it, and nothing else said."""
    made = FOLDERS["header"].write(tmp_path / "made")
    rows = pd.read_csv(made / "table.csv", dtype=str)
    for file, label in zip(rows["file"], rows["species"], strict=True):
        (path,) = (made / "images").glob(f"{file}.*")
        below = tmp_path / "photos" / f"<b onclick=x>{label}$"
        below.mkdir(parents=True, exist_ok=True)
        path.rename(below / path.name)
    out = tmp_path / "report"
    done = call(tmp_path / "photos", "--out", out, "--fail-on", "LEAK")
    assert done.exit_code == 3, done.output
    assert "LEAK: the files name the label without a pixel." in done.output
    page = (out / "audit.html").read_text()
    assert "<b onclick" not in page and not re.search(r'(?:src|href)="https?://', page)
    assert page.index("the files name the label") < page.index("What was assumed")
    assert "What this does not establish" in page
    results = read_results(out / "results.json")
    assert results["study"] == "audit" and results["data"][0]["n_images"] == 120
    assert "LEAK" in {record["verdict"] for record in results["evidence"]}
    said = json.loads((out / "audit.json").read_text())
    assert any("names of the folders" in note for note in said["notes"])
    assert (out / "audit.ipynb").is_file() and (out / "files.parquet").is_file()
    again = call(tmp_path / "photos", "--out", out)
    assert again.exit_code == 2 and "there already" in again.output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["nowhere"], "There is no nowhere"),
        ([".", "--fail-on", "LEEK"], "Did you mean 'LEAK'"),
        (["{images}", "--table", "nowhere.csv"], "no table nowhere.csv"),
        (["{images}"], "folder of a class"),
        (["{images}", "--table", "{table}", "--label", "speceis"], "Did you mean 'species'"),
        (["{images}", "--table", "{table}"], "Nothing says what the classes are"),
        (["{images}", "--table", "{table}", "--label", "species", "--factor", "x"], "no column"),
        (["{images}", "--table", "{table}", "--label", "species", "--group", "x"], "no column"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path, words, why):
    made = FOLDERS["tiny"].write(tmp_path / "made")
    filled = [one.format(images=made / "images", table=made / "table.csv") for one in words]
    done = call(*filled, "--out", tmp_path / "out")
    assert done.exit_code == 2 and why in done.output, done.output
    assert done.output.count("\n") == 1
    assert not (tmp_path / "out").exists()

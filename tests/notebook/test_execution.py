import dataclasses
import json
from pathlib import Path

import nbformat
import pytest

from confoundlab.catalog import study
from confoundlab.errors import InputError, RunFailedError
from confoundlab.notebook import execution
from confoundlab.studies import parameters
from confoundlab.studies.store import read_results

HEAD = """# %% tags=["parameters"]
dataset: str = "coil20"  # set
data: str = "simulated"  # state
seed: int = 0  # seed
# %%
"""
RESULTS = """
import json, os; from pathlib import Path
folder = Path(json.loads(os.environ["CONFOUNDLAB_RUN"])["folder"])
_ = (folder / "results.json").write_text('{"schema": 1, "study": "coil", "evidence": []}')
"""
GOOD = HEAD + "import sys; print('seed', seed); print('bar', file=sys.stderr)\n" + RESULTS
BAD = HEAD + "print('before')\n# %%\nraise ValueError('no such thing')\n"


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """A study whose notebook is written by the test."""

    def write(source):
        path = tmp_path / "source" / "coil.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
        monkeypatch.setattr(execution, "notebook_source", lambda name: path)
        monkeypatch.setattr(parameters, "notebook_source", lambda name: path)
        return dataclasses.replace(study("coil"), profiles={"smoke": {"seed": 4}})

    return write


def run(entry, out, **options):
    return execution.run_study(entry, out, **({"parameters": {}} | options))


def texts(path):
    cells = nbformat.read(path, as_version=4).cells
    return [output.get("text", "") for cell in cells for output in cell.get("outputs", [])]


def test_a_run_injects_parameters_and_keeps_progress_out_of_the_notebook(notebook, tmp_path):
    out = run(notebook(GOOD), tmp_path / "out", profile="smoke")
    assert texts(out / "coil.ipynb") == ["seed 4\n"]
    assert [path.name for path in tmp_path.iterdir() if path.name != "source"] == ["out"]


def test_an_existing_folder_is_not_overwritten_unasked(notebook, tmp_path):
    entry = notebook(GOOD)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("precious")
    with pytest.raises(InputError, match="--overwrite"):
        run(entry, tmp_path / "out")
    with pytest.raises(InputError, match="holds no run"):
        run(entry, tmp_path / "out", overwrite=True)
    (tmp_path / "out" / "results.json").write_text('{"title": "of another program"}')
    with pytest.raises(InputError, match="holds no run"):
        run(entry, tmp_path / "out", overwrite=True)
    assert (tmp_path / "out" / "mine.txt").read_text() == "precious"
    with pytest.raises(InputError, match="the one you are in"), pytest.MonkeyPatch.context() as to:
        to.chdir(tmp_path / "out")
        run(entry, Path(), overwrite=True)


def test_runs_and_empty_folders_are_overwritten_if_asked(notebook, tmp_path):
    entry = notebook(GOOD)
    (tmp_path / "out").mkdir()
    for seed in ("1", "2"):
        run(entry, tmp_path / "out", overwrite=True, parameters={"seed": seed})
        assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
            "coil.html", "coil.ipynb", "results.json"
        ]  # fmt: skip
        assert texts(tmp_path / "out" / "coil.ipynb") == [f"seed {seed}\n"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "source"]


MEANWHILE = """
out = Path(os.environ["OUT"])
out.mkdir(exist_ok=True)
_ = (out / "mine.txt").write_text("written meanwhile")
"""


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_came_to_be_meanwhile_is_not_replaced(notebook, tmp_path, monkeypatch, overwrite):
    out = tmp_path / "out"
    monkeypatch.setenv("OUT", str(out))
    if overwrite:
        run(notebook(GOOD), out)
    with pytest.raises(
        RunFailedError, match=r"left as it is\. The run is whole, and is in .*out-2"
    ):
        run(notebook(GOOD + MEANWHILE), out, overwrite=overwrite)
    assert (out / "mine.txt").read_text() == "written meanwhile"
    assert (out / "results.json").exists() == overwrite
    assert texts(tmp_path / "out-2" / "coil.ipynb") == ["seed 0\n"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out-2", "source"]


def test_folders_mean_the_same_to_the_kernel(notebook, tmp_path, monkeypatch):
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CONFOUNDLAB_DATA", "data")
    monkeypatch.setenv("CONFOUNDLAB_CACHE", "cache")
    asked = "from confoundlab.storage.files import *; print(data_root(), cache_root())\n"
    out = run(notebook(HEAD + asked), Path("out"))
    assert texts(out / "coil.ipynb") == [f"{tmp_path / 'data'} {tmp_path / 'cache'}\n"]


def test_a_folder_that_cannot_be_written_is_said(notebook, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RunFailedError, match=r"file.* cannot be written: .*\. Make room"):
        run(notebook(GOOD), tmp_path / "file" / "out")


def test_a_failing_cell_keeps_the_notebook_apart(notebook, tmp_path):
    entry = notebook(BAD)
    with pytest.raises(RunFailedError, match=r"ValueError: no such thing\n.*out-failed"):
        run(entry, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert "before\n" in texts(tmp_path / "out-failed" / "coil.ipynb")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out-failed", "source"]
    with pytest.raises(RunFailedError, match=r"kept in .*out-failed-2"):
        run(notebook(BAD.replace("before", "again")), tmp_path / "out")
    assert "before\n" in texts(tmp_path / "out-failed" / "coil.ipynb")
    assert "again\n" in texts(tmp_path / "out-failed-2" / "coil.ipynb")


def test_bad_input_that_only_the_notebook_finds_is_bad_input(notebook, tmp_path):
    entry = notebook(
        HEAD + "from confoundlab.errors import InputError\nraise InputError('too big')\n"
    )
    with pytest.raises(InputError, match="too big"):
        run(entry, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_failure_leaves_the_last_good_run(notebook, tmp_path):
    run(notebook(GOOD), tmp_path / "out")
    with pytest.raises(RunFailedError):
        run(notebook(BAD), tmp_path / "out", overwrite=True)
    assert texts(tmp_path / "out" / "coil.ipynb") == ["seed 0\n"]


def test_an_interrupt_leaves_nothing(notebook, tmp_path, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(execution.papermill, "execute_notebook", stop)
    with pytest.raises(KeyboardInterrupt):
        run(notebook(GOOD), tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"parameters": {"sead": "1"}}, "Did you mean 'seed'"),
        ({"parameters": {"seed": "one"}}, "valid integer"),
        ({"parameters": {"data": "real"}}, "not at hand"),
        ({"parameters": {"dataset": "coil2"}}, "Did you mean 'coil20'"),
        ({"profile": "long"}, "profile 'long'"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(notebook, tmp_path, options, why):
    with pytest.raises(InputError, match=why):
        run(notebook(GOOD), tmp_path / "out", **options)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


@pytest.mark.slow
def test_the_coil_study_runs_whole(tmp_path):
    chosen = {"epochs": "1", "repeats": "1", "data": "simulated", "dataset": "coil20"}
    out = execution.run_study(study("coil"), tmp_path / "a", profile="smoke", parameters=chosen)
    results = read_results(out / "results.json")
    assert results["parameters"]["epochs"] == 1 and results["profile"] == "smoke"
    assert results["data"][0]["state"] == "simulated" and results["data"][0]["n_images"] == 1440
    assert len({(one["view"], one["split"]) for one in results["evidence"]}) == 18
    figures = {path.name for path in out.glob("*.png")}
    assert figures == {
        "crops.png", "crop-picker.png", "accuracies.png", "confusion.png", "factors.png",
        "dials.png", "leak-map.png", "ladder.png", "transforms.png", "design.png",
    }  # fmt: skip
    assert (out / "leak-map.csv").is_file()
    notebook = nbformat.read(out / "coil.ipynb", as_version=4)
    shown = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(shown) >= len(figures) - 2  # every figure but the two for a live kernel is seen
    page = json.dumps(notebook)
    assert "Data on this page: SIMULATED" in page
    assert "confoundlab run coil --profile smoke -p" in page

"""Promises of the repository itself: one list of dependencies, commands that exist, numbers."""

import json
import re
import subprocess
import tomllib

import pytest
import yaml
from conftest import ROOT

from confoundlab.catalog import DATASETS, PAGES

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_environment_yml_repeats_pyproject():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python, pip, listed = environment["dependencies"]
    assert python == "python" + PROJECT["requires-python"]
    assert pip == "pip"
    extras = PROJECT["optional-dependencies"]
    assert listed["pip"] == [*PROJECT["dependencies"], *extras["book"], *extras["test"], "-e ."]


def test_every_dependency_has_its_lowest_version():
    """That these pass is shown by the job `lowest` in the workflow of the tests."""
    extras = PROJECT["optional-dependencies"]
    for requirement in (
        *PROJECT["dependencies"],
        *(one for each in extras.values() for one in each),
    ):
        assert re.fullmatch(r"[A-Za-z0-9-]+(>=|==)\d[\w.]*", requirement), requirement
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())["jobs"]
    assert any(
        "--resolution lowest-direct" in step.get("run", "") for step in jobs["lowest"]["steps"]
    )


def test_the_makefile_installs_the_torch_that_pyproject_asks_for():
    makefile = (ROOT / "Makefile").read_text()
    for requirement in PROJECT["dependencies"]:
        if requirement.startswith("torch"):
            assert f'"{requirement}"' in makefile


def test_readme_shows_both_commands_and_only_commands_that_exist():
    readme = (ROOT / "README.md").read_text()
    first_screen = readme[: readme.index("\n## ", readme.index("make test"))]
    assert "make book" in first_screen and "make test" in first_screen
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^(?:\w+=\S+ )*make (\w+)", readme, re.MULTILINE):
        assert f"\n{target}:" in makefile


def test_an_installed_package_carries_the_notebooks_and_the_references():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    carried = wheel["targets"]["wheel"]["force-include"]
    assert carried == {
        "notebooks": "confoundlab/notebooks",
        "book/references.bib": "confoundlab/references.bib",
    }
    assert all((ROOT / path).exists() for path in carried)


def test_citation_has_the_version_of_the_package():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text()


def rows_of(published, name):
    """A stored result's records of LeNets, by row, view and split."""
    (found,) = [
        results
        for results in published
        if results["study"] != "remedies" and results["parameters"]["dataset"] == name
    ]
    return found, {
        (record["row"], record["view"], record["split"]): record
        for record in found["evidence"]
        if record["learner"] == "LeNet-5"
    }


def test_every_stored_result_of_real_images_has_the_papers_settings(published):
    for results in published:
        simulated = any(entry["state"] == "simulated" for entry in results["data"])
        assert simulated or results["profile"] == "paper"
        # forests have no epochs, and the papers on plates do not say how long nets were trained
        if not simulated:
            assert results["parameters"].get("epochs", 120) == 120
        # three where the catalog gives a page fewer than five: COIL-100 has 7,200 images
        assert simulated or results["parameters"]["repeats"] >= 3


def test_coil20_with_the_papers_settings(published):
    """The study's acceptance: crop between 30 and 42 % (the paper: 35.42), whole image above 95.

    Under the random split memory of neighbouring views may explain it; the arc left out decides.
    """
    coil, rows = rows_of(published, "coil20")
    assert coil["data"][0] | {"digest": ""} == {
        "name": "coil20", "state": "real", "n_images": 1440, "digest": ""
    }  # fmt: skip
    crop = rows["coil20", "crop 21x21 top-right", "random 80/20"]
    whole = rows["coil20", "whole image 32x32", "random 80/20"]
    assert 0.30 <= crop["estimate"] <= 0.42 and "memory" in crop["reasons"][0]
    apart = rows["coil20", "crop 21x21 top-right", "arc of 60 degrees"]
    assert apart["verdict"] == "LEAK" and apart["ci_low"] > 4 * apart["chance"]
    assert whole["estimate"] > 0.95


def test_the_engines_reach_their_targets():
    """Acceptance of the stored benchmark (`make benchmarks`): ratios, and the same accuracies."""
    stored = json.loads((ROOT / "results" / "benchmarks" / "benchmarks.json").read_text())
    small = [row for row in stored["lenet"] if row["input"].startswith("20x20")]
    assert len(small) == 4
    for row in small:
        target = 12 if row["input"].endswith("x1") else 9
        assert row["over plain PyTorch"]["median"] >= target
    assert all(row["over plain PyTorch"]["median"] >= 1 for row in stored["lenet"])
    assert stored["two cores"]["over one core"]["median"] >= 1.8
    assert stored["probe"]["over scikit-learn, logistic regression"]["median"] >= 150
    low, high = stored["same science"]["95% interval"]
    assert stored["same science"]["seeds"] == 20 and -0.01 < low < 0 < high < 0.01


def test_no_large_files_pickles_or_rendered_output_are_tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout")
    files = [ROOT / line for line in listed.stdout.splitlines()]
    assert all(path.stat().st_size < 5_000_000 for path in files if path.exists())
    forbidden = {".pkl", ".pickle", ".pt", ".pth", ".ipynb", ".npy", ".png", ".jpg"}
    stored = {ROOT / "results" / name / f"{study.name}.ipynb" for name, (study, _) in PAGES.items()}
    stored |= {ROOT / "results" / "covid" / "front.png"}  # means over classes
    if DATASETS["mitocheck"].pictures.allowed:
        stored |= {ROOT / "results" / "played" / "mitocheck" / "cells.png"}
    assert not [path for path in files if path.suffix in forbidden and path not in stored]
    kept = [path for path in files if path.is_relative_to(ROOT / "results") and path.exists()]
    assert sum(path.stat().st_size for path in kept) < 12_000_000

"""The rooms of the package: what a stranger finds by looking at names."""

import ast
import importlib
import re
import subprocess
import sys

import pytest
from conftest import ROOT

PACKAGE = ROOT / "confoundlab"
STUBS = sorted(PACKAGE.rglob("__init__.pyi"))
FOLDERS = [stub.parent for stub in STUBS if stub.parent != PACKAGE]
LIGHT = [
    "from confoundlab.croppers import Corner",
    "from confoundlab.design import identifiability",
    "from confoundlab.evidence import Evidence, probe",
    "from confoundlab.images import ImageSet",
    "from confoundlab.simulation import simulate",
    "import confoundlab.cli",
]


def _modules(folder):
    return sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


def _name(folder):
    return ".".join(folder.relative_to(ROOT).parts)


def test_the_root_has_few_modules_and_no_folder_is_crowded():
    assert len(_modules(PACKAGE)) <= 5
    for folder in FOLDERS:
        if folder.name != "plates":
            assert 3 <= len(_modules(folder)) <= 12, folder


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: _name(stub.parent))
def test_a_folder_hands_on_every_name_of_its_list(stub):
    module = importlib.import_module(_name(stub.parent))
    assert module.__doc__
    listed = [
        (part.module, alias.name)
        for part in ast.parse(stub.read_text()).body
        if isinstance(part, ast.ImportFrom)
        for alias in part.names
    ]
    assert len({name for _, name in listed}) == len(listed)
    for home, name in listed:
        found = getattr(module, name)
        if home is None:
            assert found.__name__ == f"{module.__name__}.{name}"
        elif home in _modules(stub.parent):
            assert found is getattr(importlib.import_module(f"{module.__name__}.{home}"), name)
    if stub.parent in FOLDERS and stub.parent.name != "plates":
        assert set(_modules(stub.parent)) <= {name for _, name in listed}


def test_the_packages_own_docstring_is_the_map():
    named = re.findall(r"^([a-z]+)\n    \S", importlib.import_module("confoundlab").__doc__, re.M)
    assert set(named) == {folder.name for folder in FOLDERS if folder.parent == PACKAGE}


def test_the_api_pages_have_a_heading_a_folder():
    pages = [(ROOT / "book" / name).read_text() for name in ("api.md", "studies_api.md")]
    headings = re.findall(r"^## ([a-z/]+)$", "\n".join(pages), re.MULTILINE)
    rooms = {str(folder.relative_to(PACKAGE)) for folder in FOLDERS} - {"plates"}
    assert set(headings) == rooms


def test_tests_stand_in_the_folders_of_what_they_test():
    for path in (ROOT / "tests").rglob("test_*.py"):
        above = path.parent.relative_to(ROOT / "tests")
        assert (PACKAGE / above).is_dir() or (ROOT / above).is_dir(), path


@pytest.mark.parametrize("line", LIGHT)
def test_a_light_thing_does_not_load_torch(line):
    code = f"{line}\nimport sys; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0

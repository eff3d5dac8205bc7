"""The audit names what was planted, and nothing in a clean folder; all folders in small."""

import dataclasses

import pytest

from confoundlab.auditing.battery import examine
from confoundlab.auditing.findings import Kind, findings, headline
from confoundlab.auditing.planted import FOLDERS, named_rightly
from confoundlab.auditing.readers.sources import open_source
from confoundlab.auditing.state import Effort
from confoundlab.studies.run import StudyRun

CHEAP = Effort(nets=0, shuffles=0)


def audited(tmp_path, name, seed=0, **changes):
    planted = dataclasses.replace(FOLDERS[name], **changes)
    folder = planted.write(tmp_path / "planted", seed=seed)
    material = open_source(folder / "images", planted.roles, table=folder / "table.csv")
    return planted, examine(material, StudyRun(permutations=499), CHEAP)


@pytest.mark.parametrize("name", sorted(set(FOLDERS) - {"twenty"}))
def test_each_folder_is_named_rightly(tmp_path, name):
    planted, audit = audited(tmp_path, name)
    found = findings(audit)
    assert named_rightly(found, planted), headline(found)
    if planted.expected:
        assert {kind for kind, _ in planted.expected} == {
            kind for kind in Kind if f"{kind}:" in headline(found)
        }
    else:
        assert found[-1].kind in (Kind.INCONCLUSIVE, Kind.NO_LEAK_FOUND)


def test_twenty_classes(tmp_path):
    planted, audit = audited(tmp_path, "twenty", each=8)
    assert named_rightly(findings(audit), planted)


@pytest.mark.parametrize("name", ["level", "noise", "compression"])
def test_what_carries_a_leak_is_named(tmp_path, name):
    assert f"most by {name}" in headline(findings(audited(tmp_path, name)[1]))


def test_a_folder_is_the_same_for_a_seed_and_another_for_another(tmp_path):
    def digest(where, seed):
        folder = FOLDERS["tiny"].write(tmp_path / where, seed=seed)
        return {path.name: path.read_bytes() for path in folder.rglob("*.png")}

    assert digest("a", 1) == digest("b", 1) != digest("c", 2)


def test_there_are_a_clean_one_and_twelve():
    assert len(FOLDERS) == 13 and not FOLDERS["clean"].expected

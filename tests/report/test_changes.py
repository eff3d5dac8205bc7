import pytest

from confoundlab import report
from confoundlab.storage.versions import VERSIONS, computed_by


def made(*, by=None):
    return {"provenance": {} if by is None else {"computed_by": by}}


def test_nothing_has_changed_since_a_run_of_today():
    assert report.changed_since(made(by=computed_by(*VERSIONS))) == ""


@pytest.mark.parametrize("kind", VERSIONS)
def test_each_kind_of_computing_that_has_changed_is_named(kind):
    before = computed_by(*VERSIONS).replace(f"{kind} {VERSIONS[kind]}", f"{kind} 0")
    assert f"({kind} 0, today {VERSIONS[kind]})" in report.changed_since(made(by=before))
    assert report.changed_since(made(by=before)).count("changed") == 1


def test_a_run_that_does_not_say_is_older_than_all():
    assert report.changed_since(made()).count("changed") == len(VERSIONS)

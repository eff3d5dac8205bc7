"""What answers are graded against: the same from the cache as made anew."""

import pytest

from confoundlab.exercise import reference as module
from confoundlab.exercise.folder import images_mark
from confoundlab.exercise.solution import fair_task
from confoundlab.storage.files import cache_root


@pytest.fixture
def told(monkeypatch):
    """The steps that took long; nets are stood in for by the reference solution."""
    monkeypatch.setattr(module, "lenet", lambda images: fair_task(2)[1].corner)
    return []


def test_a_seed_seen_before_is_found_and_is_the_same(told):
    made = module.reference(2, "word", told.append)
    assert len(told) == 2 and "seed 2" in told[0]
    again = module.reference(2, "word", told.append)
    assert len(told) == 2 and again == made
    assert type(again.solution.leak) is type(made.solution.leak)
    task, _ = fair_task(2, "word")
    assert made.task == task and made.mark == images_mark(task.images)


def test_another_secret_and_another_version_of_the_code_are_other_tasks(told, monkeypatch):
    one = module.reference(2, "one", told.append)
    assert module.reference(2, "two", told.append).mark != one.mark
    monkeypatch.setattr(module, "code_digest", lambda: "changed")
    module.reference(2, "one", told.append)
    assert len(told) == 6


def test_a_damaged_file_is_made_again(told):
    made = module.reference(2, "damage", told.append)
    for path in (cache_root() / "exercise").glob("*.json"):
        path.write_text('{"task": {}}')
    assert module.reference(2, "damage", told.append) == made
    assert len(told) == 4

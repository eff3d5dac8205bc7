"""What an answer is graded against, kept so that a seed seen before is graded in seconds.

Serves the claim that students need not wait for their marks: drawing a task, solving it and
training the nets that it asks for takes long, and is the same every time.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Verdict
from confoundlab.exercise.folder import EPOCHS, REPEATS, images_mark
from confoundlab.exercise.solution import Solution, fair_task
from confoundlab.exercise.tasks import BLANK, Assignment
from confoundlab.images.imageset import ImageSet
from confoundlab.storage.files import cache_root, code_digest, text_digest, write_aside

Tell = Callable[[str], object]


@dataclass(frozen=True)
class Reference:
    """What was planted, what our own tools and LeNet-5 find, and the mark of the images."""

    task: Assignment
    solution: Solution
    net: Evidence
    mark: str


def reference(seed: int, secret: str = "", tell: Tell = str) -> Reference:
    """Return what answers to a seed's task are graded against, from the cache if it was seen.

    Parameters
    ----------
    seed, secret
        See `solution.fair_task`.
    tell : callable
        Is told what takes long.

    Raises
    ------
    InputError
        A negative seed.
    RunFailedError
        The cache cannot be written.
    """
    # any change of the code may draw another task, so all of it is part of the name
    name = text_digest("exercise reference", str(seed), secret, code_digest())[:32]
    path = cache_root() / "exercise" / f"{name}.json"
    if (kept := _read(path)) is not None:
        return kept
    tell(f"drawing the task of seed {seed} again, and solving it")
    task, solution = fair_task(seed, secret)
    tell("training the nets that it asks for")
    made = Reference(task, solution, lenet(task.images), images_mark(task.images))
    text = json.dumps(asdict(made))
    write_aside(path, lambda aside: aside.write_text(text, encoding="utf-8"))
    return made


def lenet(images: ImageSet) -> Evidence:
    """Return what LeNet-5 names from blank corners, with the settings that the task asks for."""
    # these bring torch, whose import alone takes longer than grading a seed seen before
    from confoundlab.design import splits
    from confoundlab.evidence import held_out
    from confoundlab.studies.predictions import held_out_predictions

    parts = [splits.stratified(images.labels, seed=seed) for seed in range(REPEATS)]
    seeds = list(range(REPEATS))
    named, _ = held_out_predictions(images, BLANK, parts, seeds, epochs=EPOCHS)
    return held_out.accuracy(named, images.labels, images.groups)


def _read(path: Path) -> Reference | None:
    """Return what was kept, or None if nothing was or it is damaged: then it is made again."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        found = held["solution"]
        leak = None if found["leak"] is None else Verdict(found["leak"])
        solution = Solution(**found | {"leak": leak, "corner": _evidence(found["corner"])})
        return Reference(
            Assignment(**held["task"]), solution, _evidence(held["net"]), str(held["mark"])
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _evidence(held: dict[str, Any]) -> Evidence:
    return Evidence(**held | {"remarks": tuple(held["remarks"])})

"""Grade an answer: points with reasons. What was planted is drawn again from the seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import yaml

from confoundlab.errors import InputError, one_of
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Verdict
from confoundlab.exercise.reference import Tell, reference
from confoundlab.exercise.solution import Solution
from confoundlab.exercise.tasks import Assignment, Component, Design, HonestSplit

FULL = 2  # points of a question
_LARGEST = 10_000  # bytes of an answer file
_LEAKS = (Verdict.LEAK, Verdict.NO_LEAK_FOUND, Verdict.INCONCLUSIVE)
_CHOICES: dict[str, tuple[str, ...]] = {
    "leak": _LEAKS,
    "component": get_args(Component),
    "design": get_args(Design),
    "split": get_args(HonestSplit),
}
QUESTIONS = (*_CHOICES, "corner_accuracy")
_NEAR = 0.1  # beyond the accepted range, for half the points
# Wrong answers that have seen something.
_ALIKE = {
    frozenset({"level", "gamma"}): "both make sessions brighter or darker",
    frozenset({"noise", "pattern"}): "both are grain",
    frozenset({"noise", "blur"}): "both change the finest detail",
}
_SIGNS: dict[str, str] = {
    "level": "mean corners of sessions differ by one factor at dark and bright pixels alike",
    "gamma": "mean corners of sessions differ most at middle tones, by no common factor",
    "blur": "mean corners of sessions differ where the print has edges, and not in brightness",
    "pattern": "mean corners of sessions differ by grain that has nothing to do with the print",
    "noise": "mean corners agree, and what is left of a corner without its session's mean spreads "
    "more in some sessions than in others",
    "none": "mean corners agree, and so does the spread of what is left without them",
}
_LAID = {
    "aliased": "every session holds one kind only",
    "partly": "some sessions hold one kind only, others several",
    "crossed": "every session holds every kind",
}


@dataclass(frozen=True)
class Answer:
    """What a student wrote; None where nothing."""

    seed: int
    images: str
    leak: str | None
    component: str | None
    design: str | None
    split: str | None
    corner_accuracy: float | None


@dataclass(frozen=True)
class Mark:
    """Points for one question, and why."""

    question: str
    points: int
    reason: str


def read_answer(path: Path) -> Answer:
    """Read an answer file.

    Raises
    ------
    InputError
        No file, no YAML, unknown or doubled questions, answers outside their lists.
    """
    given = _mapping(path)
    for name in given:
        if not isinstance(name, str):
            raise InputError(f"{path}: {str(name)[:40]!r} is no question.")
        one_of("question", name[:40], (*QUESTIONS, "seed", "images"))
    seed, mark = given.get("seed"), given.get("images")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise InputError(f"{path}: 'seed' must be the number that the form came with.")
    if not isinstance(mark, str):
        raise InputError(f"{path}: 'images' must be the mark, in quotes, that the form came with.")
    chosen = {name: _choice(path, name, given.get(name)) for name in _CHOICES}
    accuracy = _fraction(path, given.get("corner_accuracy"))
    return Answer(seed, mark, **chosen, corner_accuracy=accuracy)


def check(answer: Answer, secret: str = "", tell: Tell = str) -> list[Mark]:
    """Grade an answer against its task; `tell` is told what takes long (`reference.reference`).

    Raises
    ------
    InputError
        The images of the task are not those of the answer.
    """
    known = reference(answer.seed, secret, tell)
    if known.mark != answer.images:
        raise InputError(
            f"The images of this answer are not those that seed {answer.seed} gives here. Was the "
            "task made with --secret, or with another version of confoundlab?"
        )
    return grade(answer, known.task, known.solution, known.net)


def told(answer: Answer, marks: Sequence[Mark]) -> list[str]:
    """Return marks as lines for a student, the points of all last."""
    lines = []
    for mark in marks:
        said = getattr(answer, mark.question)
        lines.append(f"{mark.question}: {mark.points} of {FULL}")
        lines.append(f"  {'' if said is None else f'You said {said}. '}{mark.reason}")
    reached = sum(mark.points for mark in marks)
    return [*lines, f"Seed {answer.seed}: {reached} of {FULL * len(marks)} points"]


def grade(answer: Answer, task: Assignment, solution: Solution, net: Evidence) -> list[Mark]:
    """Give points for each question, with reasons.

    Parameters
    ----------
    answer : Answer
        As read.
    task : Assignment
        What was planted.
    solution, net : Solution, Evidence
        What our own tools find; accuracies from the lower end of the one interval to the upper end
        of the other are right.
    """
    graders: dict[str, Callable[[], tuple[int, str]]] = {
        "leak": lambda: _leak(answer, task, solution),
        "component": lambda: _component(answer, task),
        "design": lambda: _design(answer, task),
        "split": lambda: _split(answer, task),
        "corner_accuracy": lambda: _accuracy(answer, solution.corner, net),
    }
    marks = []
    for question, grader in graders.items():
        # reasons give answers away, so that a blank has none
        blank = getattr(answer, question) is None
        marks.append(Mark(question, *((0, "Not answered.") if blank else grader())))
    return marks


def _leak(answer: Answer, task: Assignment, solution: Solution) -> tuple[int, str]:
    seen = f"the reference solution: {solution.corner}"
    if task.leaks:
        said = f"It leaks: {task.component} differs, and {_LAID[task.design]} ({seen})."
        return FULL * (answer.leak == Verdict.LEAK), said
    why = (
        "the camera is the same in all sessions"
        if task.component == "none"
        else f"{task.component} differs between sessions, but {_LAID[task.design]}, so that the "
        "session says nothing about the kind"
    )
    said = f"Nothing leaks: {why} ({seen})."
    if answer.leak == Verdict.INCONCLUSIVE:
        return FULL // 2, f"{said} These images are enough to rule out a leak of ten points."
    return FULL * (answer.leak == Verdict.NO_LEAK_FOUND), said


def _component(answer: Answer, task: Assignment) -> tuple[int, str]:
    planted = f"{task.component}, strength {task.strength:g}" if task.strength else "nothing"
    said = f"Planted was {planted}: {_SIGNS[task.component]}."
    if answer.component == task.component:
        return FULL, said
    alike = _ALIKE.get(frozenset({answer.component or "", task.component}))
    return (1, f"{answer.component} is near: {alike}. {said}") if alike else (0, said)


def _design(answer: Answer, task: Assignment) -> tuple[int, str]:
    said = f"The table is {task.design}: {_LAID[task.design]}."
    if answer.design == task.design:
        return FULL, said
    half = answer.design is not None and "partly" in (answer.design, task.design)
    return (1, f"Not far off. {said}") if half else (0, said)


def _split(answer: Answer, task: Assignment) -> tuple[int, str]:
    if task.honest == ("none",):
        said = (
            "Every kind has one session only, so that leaving a session out leaves a kind out: no "
            "split can tell the two apart, and the kinds have to be imaged again."
        )
    elif task.design == "crossed":
        said = (
            "Sessions are crossed, so that a random split gives the session no advantage; leaving "
            "sessions out is honest too, and says more: how it goes in a new session."
        )
    else:
        said = (
            "Every kind has several sessions. A random split tests in the sessions that it trained "
            "in; leaving whole sessions out does not."
        )
    if answer.split in task.honest:
        return FULL, said
    if answer.split == "none":
        return 1, f"That random splits are not enough is seen, but sessions can be left out. {said}"
    return 0, said


def _accuracy(answer: Answer, best: Evidence, net: Evidence) -> tuple[int, str]:
    low, high = min(best.ci_low, net.ci_low), max(best.ci_high, net.ci_high)
    said = (
        f"From {low:.2f} to {high:.2f} is right: LeNet-5 names {net.estimate:.2f} (95% interval "
        f"{net.ci_low:.2f} to {net.ci_high:.2f}), a learner that knows how cameras differ "
        f"{best.estimate:.2f} ({best.ci_low:.2f} to {best.ci_high:.2f}); chance {net.chance:.2f}."
    )
    given = answer.corner_accuracy or 0.0
    off = max(low - given, given - high)
    if off <= 0:
        return FULL, said
    return (1, f"Off by {off:.2f}. {said}") if off <= _NEAR else (0, said)


def _choice(path: Path, name: str, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise InputError(f"{path}: {name!r} takes a word: {', '.join(_CHOICES[name])}.")
    known = {choice.lower(): str(choice) for choice in _CHOICES[name]}
    return known[one_of(f"answer to {name!r}", " ".join(value.lower().split())[:40], known)]


def _fraction(path: Path, value: Any) -> float | None:
    if value is None:
        return None
    good = isinstance(value, int | float) and not isinstance(value, bool)
    if not good or not (math.isfinite(value) and 0 <= value <= 1):
        raise InputError(f"{path}: 'corner_accuracy' takes a number from 0 to 1, such as 0.35.")
    return float(value)


class _Loader(yaml.SafeLoader):
    """YAML's plain values only, and no key twice: the last one would win without a word."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        """Return a mapping; raise `yaml.YAMLError` if a key is there twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if len(set(map(str, keys))) < len(keys):
            raise yaml.YAMLError("a question is answered twice")
        return super().construct_mapping(node, deep)


def _mapping(path: Path) -> Mapping[Any, Any]:
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError(f"{path} is no answer file: it is larger than {_LARGEST:,} bytes.")
        given = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"There is no answer file {path}.") from None
    except InputError:
        raise
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{path} cannot be read as YAML: {why}") from None
    if not isinstance(given, dict):
        raise InputError(f"{path} is no answer file: it should have a line for each question.")
    return given

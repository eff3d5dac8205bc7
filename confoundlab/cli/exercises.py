"""`confoundlab exercise`: tasks with a hidden confound for a class, and their marks."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click
from tqdm import tqdm

from confoundlab.console import Program, say


@click.group(cls=Program)
def exercise() -> None:
    """Make a task with a hidden confound for a student, and grade the answers.

    Every seed gives another task of the same difficulty: which component of the camera differs
    between sessions, how strongly, and how sessions lie over classes.
    """


_secret = click.option(
    "--secret",
    default="",
    metavar="WORD",
    help="Known to the teacher only. Without it the seed, which students see, tells the answers "
    "to whoever asks this package.",
)


@exercise.command()
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    required=True,
    help="Which task; with --class, that of the first student. The others' follow.",
)
@click.option(
    "--class",
    "roster",
    type=click.Path(path_type=Path),
    metavar="ROSTER",
    help="A table with a column student, name or id: a task for each. New students of a longer "
    "roster are added.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder to make for the student."
)
@_secret
def new(seed: int, roster: Path | None, out: Path, secret: str) -> None:
    """Make a data set with a hidden confound: images, table, questions, a form for answers.

    Example: confoundlab exercise new --seed 7 --out task7

    For a class: confoundlab exercise new --class roster.csv --seed 100 --secret WORD --out class
    """
    from confoundlab.exercise import classroom
    from confoundlab.exercise.folder import write_task

    if roster is None:
        write_task(out, seed, secret)
        say(f"The task is in {out}: begin with {out / 'README.md'}")
        return
    students = classroom.read_roster(roster)
    with tqdm(total=len(students), desc="students", delay=2, leave=False) as bar:
        table = classroom.write_class(students, out, seed, secret, lambda _: bar.update())
    say(f"{len(students):,} tasks are in {out}, a folder a student; {table} says whose is which.")
    if not secret:
        say("Without --secret the seed tells the answers to whoever has this package.", err=True)


@exercise.command()
@click.argument("answer", type=click.Path(path_type=Path))
@click.option("--all", "whole", is_flag=True, help="ANSWER is the folder of a class: grade all.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="With --all: the table of marks and reasons, as CSV; marks.csv in the folder if missing.",
)
@_secret
def check(answer: Path, whole: bool, out: Path | None, secret: str) -> None:
    """Grade an answer file, with reasons. A question that was left blank stays a question.

    Example: confoundlab exercise check task7/answer.yaml

    Of a class: confoundlab exercise check --all class --secret WORD
    """
    from confoundlab.exercise import classroom, grading

    if out is not None and not whole:
        raise click.UsageError("--out goes with --all: a single answer is told here.")
    if whole:
        with tqdm(desc="answers", delay=2, leave=False, unit="") as bar:
            table = classroom.check_all(answer, secret, lambda _: bar.update())
        kept = classroom.write_marks(table, out or answer / "marks.csv")
        for line in classroom.summary(table):
            say(line)
        say(f"{kept} has every student's points and reasons.")
        return
    given = grading.read_answer(answer)
    for line in grading.told(given, grading.check(given, secret, partial(say, err=True))):
        say(line)

"""A class: a task of her own for every student on a roster, and one table of all marks.

Serves the claim that a course can be taught with this package by one teacher: thirty tasks and
their grading take a minute, and what many got wrong is said, so that it can be talked about.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pandas as pd

from confoundlab.errors import InputError, RunFailedError
from confoundlab.exercise.folder import write_task
from confoundlab.exercise.grading import FULL, QUESTIONS, check, read_answer
from confoundlab.storage.files import write_aside

ROSTER = "class.csv"  # beside the students' folders: who has which task
FORM = "answer.yaml"
_NAMES = ("student", "name", "id")  # columns of a roster, the first that is there
_LONGEST = 60  # letters of a folder's name
_MANY = 2  # students who gave the same wrong answer
Progress = Callable[[str], object]


def read_roster(path: Path) -> list[str]:
    """Return the students of a table, in its order.

    Parameters
    ----------
    path : Path
        CSV with any separator, or Excel (with openpyxl), with a column ``student``, ``name`` or
        ``id``, or with one column only. All of it is text: a student 007 stays 007.

    Raises
    ------
    InputError
        No such table or column, an empty name, or two students of one name or one folder.
    """
    table = _read(path)
    named = {str(column).strip().lower(): column for column in table.columns}
    column = next((named[one] for one in _NAMES if one in named), None)
    if column is None and table.shape[1] == 1:
        column = table.columns[0]
    if column is None:
        raise InputError(
            f"{path} has the columns {', '.join(map(str, table.columns))}; one must be called "
            f"{', '.join(_NAMES[:-1])} or {_NAMES[-1]}."
        )
    students = [str(one or "").strip() for one in table[column]]
    folders: dict[str, str] = {}
    for row, student in enumerate(students, 1):
        folder = folder_of(student)
        if not folder:
            raise InputError(f"{path}: row {row} of {column!r} names nobody: {student!r}.")
        if (other := folders.setdefault(folder.lower(), student)) != student or (
            students.index(student) != row - 1
        ):
            raise InputError(
                f"{path}: {other!r} and {student!r} (row {row}) would have one folder, {folder!r}. "
                "Add something that tells them apart."
            )
    return students


def _read(path: Path) -> pd.DataFrame:
    """Read a table as text, empty cells as ""."""
    how: dict[str, Any] = {"dtype": str, "keep_default_na": False}
    try:
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            return pd.DataFrame(pd.read_excel(path, **how))
        text = path.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        mark = max(",;\t|", key=first.count)
        return pd.DataFrame(pd.read_csv(io.StringIO(text), sep=mark, skipinitialspace=True, **how))
    except FileNotFoundError:
        raise InputError(f"There is no table {path}.") from None
    except IsADirectoryError:
        raise InputError(f"{path} is a folder, and no table of students.") from None
    except ImportError:
        raise InputError(
            f"{path} needs openpyxl: pip install openpyxl. Or save it as CSV."
        ) from None
    except (ValueError, OSError, BadZipFile) as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{path} cannot be read as a table: {why}") from None


def folder_of(student: str) -> str:
    """Return a student's folder: letters and digits of the name; accents do not count."""
    plain = unicodedata.normalize("NFKD", student)
    kept = "".join(one for one in plain if not unicodedata.combining(one))
    return re.sub(r"[^\w]+", "-", kept).strip("-_")[:_LONGEST]


def write_class(
    students: list[str], out: Path, seed: int, secret: str = "", tell: Progress = str
) -> Path:
    """Write a folder with a task for each student; return the table of who has which.

    Students who are in the table of an older call keep their task, so that a roster may grow and
    an interrupted call be given again.

    Parameters
    ----------
    students : list of str
        Of `read_roster`.
    out : Path
        The class's folder.
    seed : int
        Of the first student; the others' follow.
    secret : str
        See `solution.fair_task`. Without it whoever has this package can ask it for the answers.
    tell : callable
        Is told each student who is done.

    Raises
    ------
    InputError
        A folder of a new student is there already; `out` is of another seed; a negative seed.
    RunFailedError
        A folder cannot be written.
    """
    table = out / ROSTER
    known = _known(table)
    if known and min(known.values()) != seed:
        raise InputError(f"{out} is a class that begins at seed {min(known.values())}, not {seed}.")
    following = max(known.values(), default=seed - 1) + 1
    for student in students:
        number = known.get(student, following)
        folder = out / folder_of(student)
        if not (student in known and folder.is_dir()):
            write_task(folder, number, secret)
        if student not in known:
            known[student] = number
            following += 1
            rows = [
                {"student": one, "seed": at, "folder": folder_of(one)} for one, at in known.items()
            ]
            _write(pd.DataFrame(rows), table)
        tell(student)
    return table


def _known(table: Path) -> dict[str, int]:
    """Return the students of a class's table and their seeds."""
    if not table.is_file():
        return {}
    held = _read(table)
    if not {"student", "seed"} <= set(held) or not held["seed"].str.fullmatch(r"\d+").all():
        raise InputError(f"{table} is no table of a class: it lacks students or their seeds.")
    return {str(one): int(at) for one, at in zip(held["student"], held["seed"], strict=True)}


def check_all(folder: Path, secret: str = "", tell: Progress = str) -> pd.DataFrame:
    """Grade the answers of a class.

    Parameters
    ----------
    folder : Path
        Of a class (`write_class`), or with a folder or a file ``NAME.yaml`` for each student.
    secret : str
        With which the tasks were made.
    tell : callable
        Is told each answer that is graded.

    Returns
    -------
    DataFrame
        A row a student: ``student``, ``seed``, ``points`` (of 10), for each question its points,
        what was said and why (``leak``, ``leak said``, ``leak why``), and ``problem``: why a form
        was not graded, such as another task's form, or None.

    Raises
    ------
    InputError
        There is no such folder, or no form in it.
    """
    if not folder.is_dir():
        raise InputError(f"There is no folder {folder}.")
    known = _known(folder / ROSTER)
    forms = {path.parent.name: path for path in sorted(folder.glob(f"*/{FORM}"))}
    forms |= {path.stem: path for path in sorted(folder.glob("*.yaml"))}
    if not forms:
        raise InputError(f"{folder} holds no answers: neither NAME/{FORM} nor NAME.yaml.")
    names = {folder_of(student): student for student in known}
    rows: list[dict[str, Any]] = []
    for name, path in forms.items():
        student = names.get(name, name)
        rows.append({"student": student} | _graded(path, known.get(student), secret))
        tell(student)
    missing = [student for student in known if folder_of(student) not in forms]
    rows += [{"student": one, "seed": known[one], "problem": "no form"} for one in missing]
    parts = [word for one in QUESTIONS for word in (one, f"{one} said", f"{one} why")]
    table = pd.DataFrame(rows, columns=["student", "seed", "points", *parts, "problem"])
    whole = ["seed", "points", *QUESTIONS]
    return table.astype(dict.fromkeys(whole, "Int64"))


def _graded(path: Path, seed: int | None, secret: str) -> dict[str, Any]:
    try:
        answer = read_answer(path)
        if seed is not None and answer.seed != seed:
            raise InputError(f"the form is of seed {answer.seed}, the task of seed {seed}")
        marks = check(answer, secret)
    except InputError as error:
        return {"seed": seed, "problem": str(error)}
    row: dict[str, Any] = {"seed": answer.seed, "points": sum(mark.points for mark in marks)}
    for mark in marks:
        row |= {
            mark.question: mark.points,
            f"{mark.question} said": getattr(answer, mark.question),
            f"{mark.question} why": mark.reason,
        }
    return row


def summary(table: pd.DataFrame) -> list[str]:
    """Return in words how a class did, and what it got wrong, question by question.

    Parameters
    ----------
    table : DataFrame
        Of `check_all`.

    Returns
    -------
    list of str
        How many were graded and their mean; a line a question with its mean, how many left it
        blank, and the answers without full points that two students or more gave; a line for each
        form that was not graded.
    """
    graded = table[table["problem"].isna()]
    lines = [f"{len(graded):,} of {len(table):,} students graded"]
    if len(graded):
        lines[0] += f"; {graded['points'].mean():.1f} of {FULL * len(QUESTIONS)} points on average"
    for question in QUESTIONS if len(graded) else ():
        points, said = graded[question], graded[f"{question} said"]
        line = f"{question}: {points.mean():.1f} of {FULL}"
        if blank := int(said.isna().sum()):
            line += f"; left blank by {blank}"
        wrong = said[(points < FULL) & said.notna()].value_counts()
        often = [f"{value!s} ({n} students)" for value, n in wrong.items() if n >= _MANY]
        lines.append(line + (f"; without full points: {', '.join(often)}" if often else ""))
    problems = table[table["problem"].notna()]
    lines += [f"{one.student}: {one.problem}" for one in problems.itertuples()]
    return lines


def write_marks(table: pd.DataFrame, path: Path) -> Path:
    """Write the table of a class as CSV, aside first; spreadsheets read its names rightly.

    Raises
    ------
    RunFailedError
        It cannot be written.
    """
    return _write(table, path)


def _write(table: pd.DataFrame, path: Path) -> Path:
    text = "\ufeff" + table.to_csv(index=False)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_aside(path, lambda aside: aside.write_text(text, encoding="utf-8"))
    except OSError as error:
        raise RunFailedError(f"{path} cannot be written: {error.strerror}.") from None

"""A class of students: a task each, one table of marks, and what many got wrong."""

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from confoundlab.cli import main
from confoundlab.errors import InputError
from confoundlab.exercise import classroom
from confoundlab.exercise.solution import fair_task

NAMES = ["Ana Ruiz", "Björn Öst", "007"]
SECRET = "word"


def roster(tmp_path, text="student,group\nAna Ruiz,1\nBjörn Öst,1\n007,2\n", name="roster.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8-sig")
    return path


def cli(*words):
    return CliRunner().invoke(main, ["exercise", *map(str, words)])


def fill(folder, answers):
    """Write answers into a student's form, as an editor would."""
    form = folder / "answer.yaml"
    held = yaml.safe_load(form.read_text(encoding="utf-8"))
    form.write_text(yaml.safe_dump(held | answers), encoding="utf-8")


def right(seed):
    task, found = fair_task(seed, SECRET)
    return {
        "leak": "LEAK" if task.leaks else "NO LEAK FOUND",
        "component": task.component,
        "design": task.design,
        "split": task.honest[0],
        "corner_accuracy": round(found.corner.estimate, 3),
    }


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("student;group\nAna Ruiz;1\nBjörn Öst;1\n007;2\n", "a.csv"),
        ("group\tName\n1\tAna Ruiz\n1\tBjörn Öst\n2\t007\n", "a.tsv"),
        ("Teilnehmer\nAna Ruiz\nBjörn Öst\n007\n", "a.csv"),
    ],
)
def test_rosters_of_any_form_are_read_as_text(tmp_path, text, name):
    assert classroom.read_roster(roster(tmp_path, text, name)) == NAMES


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1,2\n", "must be called student"),
        ("student,b\n,2\n", "names nobody"),
        ("student\n???\n", "names nobody"),
        ("student\nAna\nAna\n", "one folder"),
        ("student\nBjörn\nBjorn\n", "one folder"),
        ("", "cannot be read"),
    ],
)
def test_rosters_that_cannot_be_used_say_why(tmp_path, text, words):
    with pytest.raises(InputError, match=words):
        classroom.read_roster(roster(tmp_path, text))


def test_a_roster_that_is_not_there_or_no_table(tmp_path):
    (tmp_path / "no.xlsx").write_bytes(b"PK\x03\x04 not a workbook")
    for path, words in ((tmp_path / "none.csv", "no table"), (tmp_path, "folder"),
                        (tmp_path / "no.xlsx", "cannot be read|openpyxl")):  # fmt: skip
        with pytest.raises(InputError, match=words):
            classroom.read_roster(path)


@pytest.mark.parametrize(
    ("student", "folder"),
    [("../../etc", "etc"), ("Ana/Ruiz", "Ana-Ruiz"), ("Łukasz", "Łukasz"), ("  ", ""),
     ("Óscar  Peña", "Oscar-Pena")],
)  # fmt: skip
def test_a_students_folder_is_a_plain_name(student, folder):
    assert classroom.folder_of(student) == folder


def test_a_class_is_made_grows_and_is_graded(tmp_path):
    out = tmp_path / "class"
    new = ("new", "--class", roster(tmp_path), "--seed", 40, "--secret", SECRET, "--out", out)
    said = cli(*new)
    assert said.exit_code == 0, said.output
    table = pd.read_csv(out / classroom.ROSTER, dtype=str)
    assert table["student"].tolist() == NAMES and table["seed"].tolist() == ["40", "41", "42"]
    before = (out / "007" / "table.csv").read_bytes()

    longer = roster(tmp_path, "student\nZoe\nAna Ruiz\nBjörn Öst\n007\n")
    assert cli("new", "--class", longer, *new[3:]).exit_code == 0
    assert (out / "007" / "table.csv").read_bytes() == before  # keeps her task
    assert pd.read_csv(out / classroom.ROSTER)["seed"].tolist() == [40, 41, 42, 43]
    other = cli("new", "--class", longer, "--seed", 7, "--out", out)
    assert other.exit_code == 2 and "begins at seed 40" in other.output

    fill(out / "Ana-Ruiz", right(40))
    wrong = {"leak": "INCONCLUSIVE", "corner_accuracy": 1.0, "split": None}
    fill(out / "Bjorn-Ost", right(41) | wrong)
    fill(out / "007", right(42) | {"leak": "perhaps"})
    (out / "Zoe" / "answer.yaml").write_bytes((out / "Ana-Ruiz" / "answer.yaml").read_bytes())
    said = cli("check", "--all", out, "--secret", SECRET)
    assert said.exit_code == 0, said.output
    marks = pd.read_csv(out / "marks.csv").set_index("student")
    assert marks.loc["Ana Ruiz", "points"] == 10
    assert marks.loc["Björn Öst", "points"] < 8 and marks.loc["Björn Öst", "split"] == 0
    assert "perhaps" in marks.loc["007", "problem"]
    assert "the task of seed 43" in marks.loc["Zoe", "problem"]  # another student's form
    assert "2 of 4 students graded" in said.output and "left blank by 1" in said.output


def test_what_several_got_wrong_is_counted():
    row = {"student": "a", "seed": 1, "points": 6, "problem": None}
    for question in classroom.QUESTIONS:
        row |= {question: 2, f"{question} said": "x", f"{question} why": ""}
    rows = [row | {"component": 0, "component said": "noise"} for _ in range(3)]
    said = classroom.summary(pd.DataFrame([row, *rows]))
    (line,) = [one for one in said if one.startswith("component")]
    assert "noise (3 students)" in line and "0.5 of 2" in line


def test_a_folder_without_answers_and_options_that_do_not_fit(tmp_path):
    assert cli("check", "--all", tmp_path).exit_code == 2
    assert cli("check", "--all", tmp_path / "none").exit_code == 2
    assert cli("check", tmp_path / "a.yaml", "--out", tmp_path / "m.csv").exit_code == 2

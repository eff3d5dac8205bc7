"""Exercises: every seed another fair task, solved by our own tools and graded with reasons."""

import re
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from PIL import Image

from confoundlab import probe
from confoundlab.cli import main
from confoundlab.errors import InputError
from confoundlab.evidence import held_out
from confoundlab.evidence.verdicts import Verdict
from confoundlab.exercise import grading
from confoundlab.exercise.folder import write_task
from confoundlab.exercise.solution import component, fair_task, solve
from confoundlab.exercise.tasks import BLANK, CLASSES, EACH, STRENGTHS, Assignment

COMPONENTS = tuple(STRENGTHS)


def planted(name, *, design="aliased", own=2, strength=None, key=4):
    return Assignment(key, name, STRENGTHS[name][0] if strength is None else strength, design, own)


def test_every_seed_has_its_own_task_and_all_kinds_come():
    tasks = [Assignment.drawn(seed) for seed in range(300)]
    assert len({task.key for task in tasks}) == 300
    assert set(Counter(task.component for task in tasks)) == set(COMPONENTS)
    assert min(Counter(task.component for task in tasks).values()) > 25
    assert min(Counter(task.design for task in tasks).values()) > 70
    assert {task.own for task in tasks if task.design == "aliased"} == {1, 2}
    for task in tasks:
        low, high = STRENGTHS[task.component]
        assert low <= task.strength <= high
    assert Assignment.drawn(7) == Assignment.drawn(7)
    assert Assignment.drawn(7).key != Assignment.drawn(7, "word").key


@pytest.mark.parametrize("name", COMPONENTS)
@pytest.mark.parametrize("design", ["aliased", "partly", "crossed"])
def test_the_weakest_of_every_kind_is_solved(name, design):
    task = planted(name, design=design)
    found = solve(task.images)
    assert (found.component, found.design) == (name, design)
    assert (found.leak == Verdict.LEAK) == task.leaks
    assert found.split in task.honest


def test_the_strongest_is_not_mistaken_either():
    for name in COMPONENTS:
        task = planted(name, strength=STRENGTHS[name][1], key=9)
        assert solve(task.images).component == name


@pytest.mark.parametrize("seed", range(6))
def test_a_fair_task_comes_again_and_its_solution_is_right(seed):
    task, found = fair_task(seed)
    assert fair_task(seed)[0] == task
    assert found.component == task.component and found.design == task.design
    assert task.leaks or found.corner.p_value > 0.1


def test_the_tables_are_laid_as_said():
    for design, own, alone, honest in [
        ("aliased", 1, 4, ("none",)),
        ("aliased", 2, 8, ("session",)),
        ("partly", 2, 4, ("session",)),
        ("crossed", 2, 0, ("session", "random")),
    ]:
        task = planted("none", design=design, own=own)
        counts = pd.crosstab(task.images.table["label"], task.images.table["session"])
        assert counts.sum(axis=1).tolist() == [EACH] * len(CLASSES)
        assert ((counts > 0).sum() == 1).sum() == alone
        assert task.honest == honest


def test_without_a_confound_corners_hold_noise_only_and_the_leaf_reaches_none():
    images = planted("none").images
    for view in (BLANK, type(BLANK)("bottom-right", 20, 20)):
        corners = images.array(view, cache=False)[..., 0].astype(float)
        # the mean of 240 corners is the sheet; what is left is shot and read noise of some levels
        assert (corners - corners.mean(axis=0)).std() < 4
    named = probe(corners.reshape(len(corners), -1), images.labels, n_permutations=199)
    assert named.p_value > 0.05


@pytest.mark.parametrize("name", ["level", "gamma", "blur", "noise"])
def test_settings_are_spread_evenly_in_all_seeds(name):
    plain = {"level": "light", "noise": "read_noise"}.get(name, name)
    for key in range(3):
        cameras = planted(name, key=key)._cameras(8, np.random.default_rng(key))
        found = np.sort([np.log(getattr(camera, plain)).mean() for camera in cameras])
        assert np.allclose(np.diff(found), np.diff(found)[0])


def test_the_component_is_read_from_sessions_not_from_what_they_are_called(rng):
    images = planted("gamma").images
    corners = images.array(BLANK, cache=False)[..., 0].astype(float)
    session = pd.factorize(images.table["session"])[0]
    assert component(corners, session) == "gamma"
    assert component(corners, rng.permutation(8)[session]) == "gamma"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_task(tmp_path_factory.mktemp("exercise") / "task", 2)


def test_the_folder_holds_the_images_and_no_answer(folder):
    task, _ = fair_task(2)
    assert sorted(p.name for p in folder.iterdir()) == [
        "README.md", "answer.yaml", "images", "table.csv"
    ]  # fmt: skip
    table = pd.read_csv(folder / "table.csv")
    assert list(table.columns) == ["image", "label", "session"] and len(table) == 240
    for row in (0, 100, 239):
        with Image.open(folder / "images" / f"{table['image'][row]}.png") as picture:
            assert (np.asarray(picture) == task.images.read(row, "gray")[:, :, 0]).all()
            assert not picture.info
    texts = (folder / "README.md").read_text() + (folder / "answer.yaml").read_text()
    assert str(task.strength) not in texts and str(task.key) not in texts
    assert "simulated" in texts and not re.search(r"<[a-z_]+>", texts)
    # neither the order of files nor of names follows classes or sessions
    assert table["label"].ne(table["label"].shift()).sum() > 100
    with pytest.raises(InputError, match="is there already"):
        write_task(folder, 2)


def test_the_code_of_the_readme_runs(folder, monkeypatch, capsys):
    (code,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.S)
    monkeypatch.chdir(folder)
    exec(code.replace("epochs=60", "epochs=1"), {})
    assert re.match(r"0\.\d+ ", capsys.readouterr().out)


def fill(folder, **answers):
    given = yaml.safe_load((folder / "answer.yaml").read_text()) | answers
    path = folder.parent / "filled.yaml"
    path.write_text(yaml.safe_dump(given))
    return path


def right(task, found):
    return {
        "leak": "LEAK" if task.leaks else "no leak found",
        "component": task.component.upper(),
        "design": task.design,
        "split": task.honest[-1],
        "corner_accuracy": found.corner.estimate,
    }


def test_right_answers_get_all_points_and_a_blank_keeps_its_secret(folder):
    task, found = fair_task(2)
    marks = grading.check(grading.read_answer(fill(folder, **right(task, found))))
    assert [mark.points for mark in marks] == [2] * 5
    blank = grading.check(grading.read_answer(folder / "answer.yaml"))
    assert {(mark.points, mark.reason) for mark in blank} == {(0, "Not answered.")}


CORNER = held_out.accuracy(
    pd.DataFrame({"image": range(80), "predicted": [0, 1] * 40, "repeat": 0}),
    np.arange(80) // 40, np.arange(80),
)  # fmt: skip


def graded(task, **answers):
    blank = dict.fromkeys(("leak", "component", "design", "split", "corner_accuracy"))
    answer = grading.Answer(**({"seed": 0, "images": ""} | blank | answers))
    found = type("Found", (), {"corner": CORNER})
    return {mark.question: mark for mark in grading.grade(answer, task, found, CORNER)}


@pytest.mark.parametrize(
    ("task", "question", "points"),
    [
        (planted("level"), {"leak": "LEAK"}, 2),
        (planted("level"), {"leak": "NO LEAK FOUND"}, 0),
        (planted("level"), {"leak": "INCONCLUSIVE"}, 0),
        (planted("level", design="crossed"), {"leak": "NO LEAK FOUND"}, 2),
        (planted("none"), {"leak": "NO LEAK FOUND"}, 2),
        (planted("none"), {"leak": "INCONCLUSIVE"}, 1),
        (planted("none"), {"leak": "LEAK"}, 0),
        (planted("level"), {"component": "gamma"}, 1),
        (planted("level"), {"component": "blur"}, 0),
        (planted("none"), {"component": "level"}, 0),
        (planted("pattern"), {"component": "noise"}, 1),
        (planted("level"), {"design": "partly"}, 1),
        (planted("level"), {"design": "crossed"}, 0),
        (planted("level"), {"split": "session"}, 2),
        (planted("level"), {"split": "none"}, 1),
        (planted("level"), {"split": "random"}, 0),
        (planted("level", own=1), {"split": "none"}, 2),
        (planted("level", own=1), {"split": "session"}, 0),
        (planted("level", design="crossed"), {"split": "random"}, 2),
        (planted("level"), {"corner_accuracy": CORNER.ci_low}, 2),
        (planted("level"), {"corner_accuracy": CORNER.ci_high + 0.05}, 1),
        (planted("level"), {"corner_accuracy": CORNER.ci_high + 0.15}, 0),
        (planted("level"), {"corner_accuracy": 0.0}, 0),
    ],
)
def test_points_and_reasons(task, question, points):
    (name,) = question
    mark = graded(task, **question)[name]
    assert mark.points == points and len(mark.reason) > 40


BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "a line for each question"),
        ("- a\n- b\n", "a line for each question"),
        ("seed: [1\n", "cannot be read as YAML"),
        ("seed: 1\nseed: 2\n", "answered twice"),
        ("!!python/object/apply:os.system ['true']\n", "cannot be read as YAML"),
        ("[" * 5000, "cannot be read as YAML"),
        ("seed: 1\n" * 5000, "larger than"),
        (BOMB, "There is no question"),
        ("seed: 1\nimages: x\ncomponents: level\n", "Did you mean 'component'"),
        ("seed: 1\nimages: x\n3: level\n", "is no question"),
        ("images: x\n", "'seed' must be"),
        ("seed: yes\nimages: x\n", "'seed' must be"),
        ("seed: -1\nimages: x\n", "'seed' must be"),
        ("seed: 1\nimages: 5\n", "'images' must be"),
        ("seed: 1\nimages: x\nleak: yes\n", "takes a word: LEAK"),
        ("seed: 1\nimages: x\ncomponent: [level]\n", "takes a word: level"),
        ("seed: 1\nimages: x\ncomponent: levels\n", "Did you mean 'level'"),
        ("seed: 1\nimages: x\ncorner_accuracy: 35\n", "from 0 to 1"),
        ("seed: 1\nimages: x\ncorner_accuracy: .nan\n", "from 0 to 1"),
        ("seed: 1\nimages: x\ncorner_accuracy: 1e999\n", "from 0 to 1"),
        ("seed: 1\nimages: x\ncorner_accuracy: true\n", "from 0 to 1"),
        ("seed: 1\nimages: x\ncorner_accuracy: 2001-99-99\n", "cannot be read as YAML"),
        (b"\xff\xfe\x00seed", "cannot be read as YAML"),
    ],
)
def test_malformed_answers_are_one_line_and_exit_code_2(tmp_path, text, why):
    path = tmp_path / "answer.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    result = CliRunner().invoke(main, ["exercise", "check", str(path)])
    assert result.exit_code == 2 and why in result.output
    assert result.output.count("\n") == 1 and len(result.output) < 500 + len(str(tmp_path))


def test_an_answer_to_another_task_is_refused(folder, tmp_path):
    runner = CliRunner()
    for path in (fill(folder, images="0123456789abcdef"), tmp_path / "none", tmp_path):
        assert runner.invoke(main, ["exercise", "check", str(path)]).exit_code == 2
    result = runner.invoke(
        main, ["exercise", "check", str(folder / "answer.yaml"), "--secret", "x"]
    )
    assert result.exit_code == 2 and "--secret" in result.output


def test_new_and_check_at_the_command_line(tmp_path):
    runner, out = CliRunner(), tmp_path / "sub" / "task"
    made = runner.invoke(
        main, ["exercise", "new", "--seed", "3", "--out", str(out), "--secret", "word"]
    )
    assert made.exit_code == 0 and [p.name for p in out.parent.iterdir()] == ["task"]
    assert "--secret WORD" in (out / "README.md").read_text()
    task, found = fair_task(3, "word")
    path = fill(out, **right(task, found))
    result = runner.invoke(main, ["exercise", "check", str(path), "--secret", "word"])
    assert result.exit_code == 0 and "Seed 3: 10 of 10 points" in result.output
    assert runner.invoke(main, ["exercise", "check", str(path)]).exit_code == 2
    again = runner.invoke(main, ["exercise", "new", "--seed", "3", "--out", str(out)])
    assert again.exit_code == 2 and again.output.count("\n") == 1

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from conftest import ROOT

from confoundlab.cli import main
from confoundlab.errors import RunFailedError
from confoundlab.notebook import execution


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def test_help_teaches():
    text = call("--help").output
    for word in (
        "studies",
        "run",
        "compare",
        "exercise",
        "data",
        "CONFOUNDLAB_DATA",
        "--profile smoke",
    ):
        assert word in text
    assert "NAME=VALUE" in call("run", "--help").output


def commands(group, path=()):
    """All commands and groups below one, with the words that call them."""
    yield path, group
    for name, one in getattr(group, "commands", {}).items():
        yield from commands(one, (*path, name))


@pytest.mark.parametrize(
    ("words", "command"), [pytest.param(*one, id=" ".join(one[0]) or "-") for one in commands(main)]
)
def test_every_help_is_plain_and_shows_how_arguments_are_given(words, command):
    text = call(*words, "--help").output
    assert text.startswith("Usage:") and "\\" not in text and "\b" not in text
    if any(isinstance(one, click.Argument) for one in command.params):
        assert f"confoundlab {' '.join(words)} " in " ".join(text.split("\n\n", 1)[1].split())


def test_studies_name_data_and_profiles():
    lines = call("studies").output
    assert "coil20           simulated" in lines and "smoke, quick, paper" in lines


def test_studies_that_always_simulate_say_so(tmp_path, monkeypatch):
    (tmp_path / "coil20").mkdir()
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    coil, remedies = (
        call("studies").output.partition(f"{name} ")[2].partition("profiles")[0]
        for name in ("coil", "remedies")
    )
    assert "coil20           real" in coil
    assert "coil20           simulated" in remedies and "real" not in remedies


def test_data_list_and_path(tmp_path, monkeypatch):
    assert "1,440 images, now simulated; terms: research purposes" in call("data", "list").output
    (tmp_path / "coil20").mkdir()
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    assert call("data", "path", "coil20").output.strip() == str(tmp_path / "coil20")


def test_parameters_are_listed():
    output = call("run", "--list-parameters").output
    assert "epochs = 120" in output and "passes over the training images" in output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["run", "coil", "-p", "epoch=5"], "Did you mean 'epochs'"),
        (["run", "coil", "-p", "epochs=five"], "valid integer"),
        (["run", "coil", "-p", "epochs"], "takes NAME=VALUE"),
        (["run", "coil", "-p", "data=real"], "CONFOUNDLAB_DATA is not set"),
        (["run", "coils"], "Did you mean 'coil'"),
        (["data", "verify", "coil21"], "Did you mean 'coil20'"),
        (["data", "path", "coil20"], "not at hand"),
        (["data", "verify", "coil20", "nowhere"], "There is no folder nowhere"),
        (["data", "fetch", "coil20"], "--into"),
        (["data", "fetch", "covid2"], "no archive of its own"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, words, why):
    out = tmp_path / "out"
    result = call(*words, *(["--out", out] if words[0] == "run" else []))
    assert result.exit_code == 2
    assert why in result.output
    assert result.output.startswith("confoundlab: ") and result.output.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_data_folder_that_is_not_there_is_bad_input(tmp_path, monkeypatch):
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path / "none"))
    for words in (["studies"], ["run", "coil", "--out", tmp_path / "out"], ["data", "list"]):
        result = call(*words)
        assert result.exit_code == 2 and "no such folder" in result.output


def test_a_failed_run_is_exit_code_1(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise RunFailedError("cell 3: ValueError")

    monkeypatch.setattr(execution, "run_study", fail)
    result = call("run", "coil", "--out", tmp_path / "out")
    assert result.exit_code == 1 and result.output == "confoundlab: cell 3: ValueError\n"


def test_a_full_disk_is_said_in_a_line(tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise OSError(28, "No space left on device", "runs/a")

    monkeypatch.setattr(execution, "run_study", fail)
    result = call("run", "coil", "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert result.output == "confoundlab: No space left on device: runs/a\n"


@pytest.mark.parametrize(
    "console",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "cp1252"},
        {"PYTHONIOENCODING": "ascii:strict"},
    ],
)
def test_a_console_that_lacks_letters_gets_their_numbers(console):
    program = [sys.executable, "-c", "from confoundlab.cli import main; main()"]
    for words, code in ((["studies"], 0), (["run", "漢字≥\x1b[2J", "--out", "x"], 2)):
        done = subprocess.run(
            [*program, *words], env=os.environ | console, cwd=ROOT, capture_output=True, check=False
        )
        assert done.returncode == code and b"Traceback" not in done.stderr, done.stderr
        assert b"\x1b" not in done.stderr
    assert rb"\x1b[2J" in done.stderr
    if console.get("PYTHONIOENCODING") == "cp1252":  # click writes UTF-8 where all is ASCII
        assert rb"\u6f22\u5b57\u2265" in done.stderr


def test_sigterm_stops_as_ctrl_c_does(monkeypatch, tmp_path):
    def stop(*args, **kwargs):
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(execution, "run_study", stop)
    result = call("run", "coil", "--out", tmp_path / "out")
    assert result.exit_code == 143 and result.stderr.strip() == "confoundlab: stopped."
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_error_of_ours_is_not_hidden(monkeypatch):
    def fail(*args, **kwargs):
        raise KeyError("a defect")

    monkeypatch.setattr(execution, "run_study", fail)
    assert isinstance(call("run", "coil", "--out", "x").exception, KeyError)


def test_the_installed_command_answers_quickly_without_torch():
    command = Path(sys.executable).with_name("confoundlab")
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    assert "confoundlab" in version.stdout
    code = "import sys, confoundlab.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_of_the_command_are_click_commands():
    assert isinstance(main, click.Group)
    assert sorted(main.commands) == [
        "audit",
        "compare",
        "data",
        "exercise",
        "run",
        "studies",
        "sweep",
    ]

"""Jobs run side by side, once each, and stop when they are told to."""

import multiprocessing
import os
import signal
import threading
import time
from functools import partial

import pytest
from conftest import ROOT, book_module

from confoundlab.errors import RunFailedError


@pytest.fixture
def making(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(ROOT / "book" / "builder")  # for processes that are started
    module = book_module("making")
    monkeypatch.setattr(module, "LOGS", tmp_path / "logs")
    return module


def _wait_for(other, own):
    """Write a file, and wait for the one of the job beside."""
    own.touch()
    for _ in range(600):
        if other.exists():
            return
        time.sleep(0.1)
    raise RunFailedError(f"{own.name} ran alone")


def _sleep(started):
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where a shell said so
    started.touch()
    time.sleep(60)


def test_ctrl_c_stops_what_runs_and_starts_nothing_more(making, monkeypatch, tmp_path):
    monkeypatch.setattr(making, "cores", lambda: 1)
    files = [tmp_path / name for name in "ab"]
    wanted = [making.Job(one.name, one, "m", partial(_sleep, one), "it") for one in files]

    def interrupt():
        while not files[0].exists():
            time.sleep(0.1)
        for child in multiprocessing.active_children():
            os.kill(child.pid, signal.SIGINT)  # as a terminal does to the whole group

    thread = threading.Thread(target=interrupt)
    thread.start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        making.make_all(wanted, lambda line: None)
    thread.join()
    assert time.monotonic() - started < 50 and not files[1].exists()


def _fail():
    raise RunFailedError("cell 3: it broke")


def test_jobs_run_side_by_side_and_a_failure_is_told(making, monkeypatch, tmp_path):
    monkeypatch.setattr(making, "cores", lambda: 2)
    files = tmp_path / "a", tmp_path / "b"
    wanted = [
        making.Job(own.name, own, "mark", partial(_wait_for, other, own), "files")
        for own, other in (files, files[::-1])
    ]
    said = []
    making.make_all(wanted, said.append)
    assert said[:2] == ["a: making it from files", "b: making it from files"]
    assert {line[:2] for line in said[2:]} == {"a:", "b:"}
    said.clear()
    broken = making.Job("c", tmp_path / "c", "mark", _fail, "files")
    with pytest.raises(RunFailedError, match="cell 3"):
        making.make_all([*wanted, broken], said.append)
    assert said == ["a: unchanged, kept", "b: unchanged, kept", "c: making it from files"]
    assert broken.is_new

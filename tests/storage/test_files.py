import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT

from confoundlab.errors import InputError, RunFailedError
from confoundlab.storage import files
from confoundlab.storage.files import (
    cache_root,
    clear_leftovers,
    code_digest,
    contents,
    data_root,
    folder_aside,
    replace_folder,
    roots,
    settle,
    sources,
    text_digest,
    write_aside,
)


def test_a_failing_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    write_aside(path, lambda aside: aside.write_text("old"))

    def fail(aside):
        aside.write_text("half")
        raise OSError("disk full")

    with pytest.raises(RunFailedError, match=r"file\.txt cannot be written: disk full\. Make room"):
        write_aside(path, fail)
    assert path.read_text() == "old"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.txt"]


def test_text_digest_keeps_parts_apart():
    assert text_digest("ab", "c") != text_digest("a", "bc")
    assert text_digest("ab", "c") == text_digest("ab", "c")


def test_code_digest_is_the_same_in_a_checkout_and_installed(tmp_path, monkeypatch):
    package = Path(files.__file__).parents[1]
    assert {package / "models" / "lenet.py", package / "types.py"} <= set(sources())
    installed = tmp_path / "confoundlab"
    shutil.copytree(package, installed, ignore=shutil.ignore_patterns("__pycache__"))
    (installed / "notebooks").mkdir(exist_ok=True)
    (installed / "notebooks" / "coil.py").write_text("# a notebook\n")
    here = code_digest()
    monkeypatch.setattr(files, "__file__", str(installed / "storage" / "files.py"))
    assert code_digest() == here
    (installed / "models" / "lenet.py").write_text("# changed\n")
    assert code_digest() != here


def test_roots(tmp_path, monkeypatch):
    assert data_root() is None
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    assert data_root() == tmp_path.resolve()
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path / "no"))
    with pytest.raises(InputError, match="no such folder"):
        data_root()
    monkeypatch.setenv("CONFOUNDLAB_CACHE", str(tmp_path / "cache"))
    assert cache_root() == tmp_path / "cache"
    monkeypatch.delenv("CONFOUNDLAB_CACHE")
    assert cache_root().name == "confoundlab"


def test_a_cache_that_is_a_file_is_bad_input(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("mine")
    monkeypatch.setenv("CONFOUNDLAB_CACHE", str(tmp_path / "cache"))
    with pytest.raises(InputError, match=r"is no folder\. Name one by CONFOUNDLAB_CACHE"):
        cache_root()
    with pytest.raises(RunFailedError, match="cannot be written"):
        write_aside(tmp_path / "cache" / "x.txt", lambda aside: aside.write_text("x"))


def test_roots_mean_the_same_in_another_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("CONFOUNDLAB_DATA", "data")
    monkeypatch.setenv("CONFOUNDLAB_CACHE", "cache")
    named = {"CONFOUNDLAB_DATA": tmp_path / "data", "CONFOUNDLAB_CACHE": tmp_path / "cache"}
    assert roots() == {name: str(path) for name, path in named.items()}
    monkeypatch.delenv("CONFOUNDLAB_DATA")
    assert roots() == {"CONFOUNDLAB_CACHE": str(tmp_path / "cache")}


def test_what_is_written_is_on_the_disk_before_it_is_moved(tmp_path, monkeypatch):
    done = []
    fsync, move = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: done.append("flushed") or fsync(handle))
    monkeypatch.setattr(Path, "replace", lambda a, b: done.append("moved") or move(a, b))
    write_aside(tmp_path / "file.txt", lambda aside: aside.write_text("all"))
    assert done == ["flushed", "moved", "flushed"]  # the file; the folder that names it


def test_a_folder_settles_beside_what_is_there(tmp_path):
    places = []
    for number in range(3):
        (tmp_path / "new").mkdir()
        (tmp_path / "new" / "number").write_text(str(number))
        places.append(settle(tmp_path / "new", tmp_path / "out").name)
    assert places == ["out", "out-2", "out-3"]
    assert [(tmp_path / name / "number").read_text() for name in places] == ["0", "1", "2"]
    (tmp_path / "taken").write_text("a file")
    (tmp_path / "new").mkdir()
    assert settle(tmp_path / "new", tmp_path / "taken").name == "taken-2"
    assert (tmp_path / "taken").read_text() == "a file"


def test_a_replaced_folder_goes_last(tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    (out / "old.txt").write_text("old")
    move = Path.replace

    def fail(path, target):
        if path.name == "new":
            raise OSError("no")
        return move(path, target)

    with monkeypatch.context() as patch, folder_aside(out) as new:
        patch.setattr(Path, "replace", fail)
        with pytest.raises(OSError, match="no"):
            replace_folder(new, out)
    assert (out / "old.txt").read_text() == "old"
    with folder_aside(out) as new:
        (new / "new.txt").write_text("new")
        replace_folder(new, out)
    assert [path.name for path in out.iterdir()] == ["new.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_changed_folder_is_another(tmp_path):
    assert contents(tmp_path / "out") is None
    (tmp_path / "out" / "deep").mkdir(parents=True)
    seen = [contents(tmp_path / "out")]
    (tmp_path / "out" / "deep" / "mine.txt").write_text("mine")
    seen.append(contents(tmp_path / "out"))
    (tmp_path / "out" / "deep" / "mine.txt").write_text("mine, longer")
    seen.append(contents(tmp_path / "out"))
    assert len(set(seen)) == 3 and contents(tmp_path / "out") == seen[-1]
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert contents(tmp_path / "link") is not None


KILLED = """
import os, sys
from pathlib import Path
from confoundlab.storage.files import folder_aside, write_aside
out = Path(sys.argv[1])
def die(aside):
    aside.write_text("half")
    os.kill(os.getpid(), 9)
with folder_aside(out) as new:
    (new / "half.txt").write_text("half")
    if sys.argv[2] == "moving":
        out.replace(new.with_name("old"))
    write_aside(out.parent / "x.parquet", die)
"""


@pytest.mark.parametrize("when", ["writing", "moving"])
def test_leftovers_of_killed_processes_go_and_others_stay(tmp_path, when):
    out = tmp_path / "out"
    out.mkdir()
    (out / "old.txt").write_text("old")
    others = [".out-hidden-by-the-user", ".out-0a0a0a0a-1-abcdefgh", f"{files._own('out')}abcdefgh"]
    for name in others:  # the second is another machine's, the third of a process that lives
        (tmp_path / name).mkdir()
    killed = subprocess.run([sys.executable, "-c", KILLED, out, when], check=False, cwd=ROOT)
    assert killed.returncode == -9
    assert len(list(tmp_path.iterdir())) == len(others) + 2 + (when == "writing")
    clear_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*others, "out"])
    assert (out / "old.txt").read_text() == "old"

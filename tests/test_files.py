import shutil
from pathlib import Path

import pytest

from confoundlab import files
from confoundlab.errors import InputError
from confoundlab.files import cache_root, code_digest, data_root, text_digest, write_aside


def test_a_failing_write_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "deep" / "file.txt"
    write_aside(path, lambda aside: aside.write_text("old"))

    def fail(aside):
        aside.write_text("half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_aside(path, fail)
    assert path.read_text() == "old"
    assert [entry.name for entry in path.parent.iterdir()] == ["file.txt"]


def test_text_digest_keeps_parts_apart():
    assert text_digest("ab", "c") != text_digest("a", "bc")
    assert text_digest("ab", "c") == text_digest("ab", "c")


def test_code_digest_is_the_same_in_a_checkout_and_installed(tmp_path, monkeypatch):
    package = Path(files.__file__).parent
    installed = tmp_path / "confoundlab"
    shutil.copytree(package, installed, ignore=shutil.ignore_patterns("__pycache__"))
    (installed / "notebooks").mkdir(exist_ok=True)
    (installed / "notebooks" / "coil.py").write_text("# a notebook\n")
    here = code_digest()
    monkeypatch.setattr(files, "__file__", str(installed / "files.py"))
    assert code_digest() == here
    (installed / "files.py").write_text("# changed\n")
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

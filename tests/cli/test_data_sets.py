import pytest
from click.testing import CliRunner
from loopback import NAMES, Stopping, entry, left

from confoundlab import catalog
from confoundlab.cli import data_sets, main
from confoundlab.datasets import download


def call(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def four(server, monkeypatch):
    """A data set of four images that this machine serves."""
    made = entry(server, "file")
    monkeypatch.setitem(catalog.DATASETS, "four", made)
    return made


def fetch_four(tmp_path, *words, answer=None):
    into = ["--into", str(tmp_path / "four")]
    return CliRunner().invoke(main, ["data", "fetch", "four", *into, *words], input=answer)


def test_without_a_terminal_the_terms_are_shown_and_nothing_is_fetched(four, server, tmp_path):
    result = fetch_four(tmp_path, answer="y\n")
    assert result.exit_code == 2 and server.asked == [] and left(tmp_path) == []
    for text in (four.terms, "Sameer A. Nene, Shree K. Nayar", four.archive.urls[0], "pass --yes"):
        assert text in result.stderr


def test_terms_that_are_refused(four, server, tmp_path, monkeypatch):
    monkeypatch.setattr(data_sets, "_on_terminal", lambda: True)
    for answer in ("n\n", "\n"):
        result = fetch_four(tmp_path, answer=answer)
        assert result.exit_code == 2 and "not accepted; nothing was fetched" in result.stderr
    assert fetch_four(tmp_path, answer="").exit_code == 130  # the end of input, or Ctrl-C
    assert server.asked == [] and left(tmp_path) == []


def test_terms_that_are_accepted_at_the_terminal(four, tmp_path, monkeypatch):
    monkeypatch.setattr(data_sets, "_on_terminal", lambda: True)
    result = fetch_four(tmp_path, answer="y\n")
    assert result.exit_code == 0 and len(left(tmp_path)) == 4


def test_fetched_and_verified(four, tmp_path):
    result = fetch_four(tmp_path, "--yes")
    assert result.exit_code == 0 and four.terms in result.stderr
    assert result.stdout.startswith(f"COIL-20 is in {tmp_path / 'four'}: all 4 images are there")
    again = fetch_four(tmp_path, "--yes")
    assert again.exit_code == 2 and again.output.count("\n") == 1 and "--overwrite" in again.output
    assert fetch_four(tmp_path, "--yes", "--overwrite").exit_code == 0
    proved = call("data", "verify", "four", tmp_path / "four")
    assert proved.exit_code == 0 and proved.stderr == ""


def test_a_fetch_that_fails_is_exit_code_1(four, server, tmp_path):
    server.body = b"altered"
    result = fetch_four(tmp_path, "--yes")
    assert result.exit_code == 1 and "the checksum is not" in result.stderr
    assert left(tmp_path) == []


def test_ctrl_c_is_exit_code_130_and_says_how_to_go_on(four, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "tqdm", Stopping)
    result = fetch_four(tmp_path, "--yes")
    assert result.exit_code == 130
    assert "confoundlab: stopped. The same command goes on" in result.stderr
    assert not (tmp_path / "four").exists()


def test_verify_answers_by_exit_code(four, tmp_path):
    fetch_four(tmp_path, "--yes")
    folder = tmp_path / "four" / "top"
    (folder / "holiday.jpg").write_bytes(b"x")
    result = call("data", "verify", "four", tmp_path / "four")
    assert result.exit_code == 0 and "extra, 1: top/holiday.jpg" in result.stderr
    for name in NAMES:
        (folder / f"{name}.png").unlink()
    for number in range(8):
        (folder / f"{number}.jpg").write_bytes(b"x")
    result = call("data", "verify", "four", tmp_path / "four")
    assert result.exit_code == 1 and result.stdout == ""
    assert "is not whole:\n  missing, 4: obj1__0" in result.stderr and "4 more" in result.stderr
    result = call("data", "verify", "four", tmp_path / "four", "--all")
    assert "more" not in result.stderr and "top/7.jpg" in result.stderr


def test_tables_that_are_not_at_hand_are_said_to_be_missing(monkeypatch, tmp_path):
    for words in (["studies"], ["data", "list"]):
        (line,) = [one for one in call(*words).output.splitlines() if "nf1_qc" in one]
        assert "missing" in line
    (tmp_path / "nf1_qc").mkdir()
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    (line,) = [one for one in call("studies").output.splitlines() if "nf1_qc" in one]
    assert "stand-in" in line

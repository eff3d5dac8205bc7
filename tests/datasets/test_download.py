import hashlib

import pytest
from loopback import GOOD, Stopping, entry, get, left

from confoundlab.datasets import download, fetching
from confoundlab.errors import RunFailedError


def test_a_broken_connection_is_continued(server, tmp_path):
    server.broken = 2
    get(entry(server, "file"), tmp_path / "four")
    half = len(GOOD) // 2
    three_quarters = half + (len(GOOD) - half) // 2
    assert [span for _, span in server.asked] == [
        None, f"bytes={half}-", f"bytes={three_quarters}-"
    ]  # fmt: skip


def test_a_later_run_continues_too(server, tmp_path):
    server.broken = 99
    with pytest.raises(
        RunFailedError, match=r"connection broke, with [0-9,]+ bytes here \(4 tries"
    ):
        get(entry(server, "file"), tmp_path / "four")
    assert left(tmp_path) == ["four.zip.part", "four.zip.part.json"]
    server.broken = 0
    server.asked.clear()
    get(entry(server, "file"), tmp_path / "four")
    (only,) = server.asked
    assert only[1] is not None and (tmp_path / "four").is_dir()


@pytest.mark.parametrize("way", ["whole", "range_refused", "wrong_place"])
def test_a_server_that_does_not_continue_sends_all_again(server, tmp_path, way):
    server.broken = 1
    get(entry(server, way), tmp_path / "four")
    assert (tmp_path / "four").is_dir() and server.asked[1][1] is not None


def test_without_a_version_nothing_is_continued(server, tmp_path):
    server.broken, server.etag = 1, 'W/"1"'
    get(entry(server, "file"), tmp_path / "four")
    assert [span for _, span in server.asked] == [None, None]


@pytest.mark.parametrize("way", ["file", "no_if_range"])
def test_a_file_that_changed_meanwhile_is_begun_again(server, tmp_path, way):
    """The old half is of other bytes; glued to the new half it would not be the archive."""
    server.broken, server.body = 99, bytes(len(GOOD))
    with pytest.raises(RunFailedError):
        get(entry(server, way, known_hash=None), tmp_path / "four")
    server.broken, server.body, server.etag = 0, GOOD, '"2"'
    get(entry(server, way, known_hash=None), tmp_path / "four")
    assert (tmp_path / "four").is_dir()


def test_a_part_from_another_address_is_not_continued(server, tmp_path):
    server.broken = 99
    with pytest.raises(RunFailedError):
        get(entry(server, "file"), tmp_path / "four")
    server.broken = 0
    server.asked.clear()
    get(entry(server, "whole"), tmp_path / "four")
    assert server.asked == [("/whole", None)]


def test_damaged_notes_are_no_notes(server, tmp_path):
    downloads = tmp_path / "cache" / "downloads"
    downloads.mkdir(parents=True)
    (downloads / "four.zip.part").write_bytes(b"12")
    (downloads / "four.zip.part.json").write_text("{")
    get(entry(server, "file"), tmp_path / "four")
    assert server.asked == [("/file", None)]


def test_altered_bytes_are_never_unpacked_and_not_kept(server, tmp_path, monkeypatch):
    server.body = GOOD.replace(b"stray", b"Stray")
    monkeypatch.setattr(fetching, "unpack", lambda *_: pytest.fail("unpacked"))
    with pytest.raises(RunFailedError, match=r"/file: the checksum is not sha256:.*; removed"):
        get(entry(server, "file"), tmp_path / "four")
    assert left(tmp_path) == []


def test_a_sha1_is_a_checksum_too(server, tmp_path):
    known = f"sha1:{hashlib.sha1(GOOD).hexdigest()}"
    get(entry(server, "file", known_hash=known), tmp_path / "four")
    with pytest.raises(RunFailedError, match="checksum is not sha1:0123"):
        get(entry(server, "file", known_hash="sha1:0123"), tmp_path / "other")


@pytest.mark.parametrize("way", ["missing", "busy", "slow", "circle"])
def test_a_mirror_is_asked_when_the_main_address_fails(server, tmp_path, way):
    get(entry(server, way, "file"), tmp_path / "four")
    assert (tmp_path / "four").is_dir() and server.asked[-1][0] == "/file"


def test_when_all_fail_each_reason_is_said(server, tmp_path):
    with pytest.raises(RunFailedError) as error:
        get(entry(server, "missing", "busy", "slow"), tmp_path / "four")
    for why in ("/missing: the server answers 404", "/busy: the server answers 503", "(4 tries)",
                "/slow: nothing came for 0.3 seconds", "data verify four FOLDER"):  # fmt: skip
        assert why in str(error.value)
    assert [path for path, _ in server.asked].count("/missing") == 1  # no use asking again


def test_nobody_at_the_address(server, tmp_path):
    server.http.server_close()
    with pytest.raises(RunFailedError, match="the connection broke, with 0 bytes here"):
        get(entry(server, "file"), tmp_path / "four")


def test_a_redirect_is_followed(server, tmp_path):
    get(entry(server, "moved"), tmp_path / "four")
    assert [path for path, _ in server.asked] == ["/moved", "/file"]


def test_a_server_that_calls_the_archive_an_encoding_does_not_change_it(server, tmp_path):
    get(entry(server, "gzipped"), tmp_path / "four")
    assert (tmp_path / "four").is_dir()


def test_a_server_that_does_not_stop_is_stopped(server, tmp_path):
    with pytest.raises(RunFailedError, match=f"sends more than {2 * len(GOOD):,} bytes"):
        get(entry(server, "endless", known_hash=None), tmp_path / "four")
    assert left(tmp_path) == []


def test_ctrl_c_in_the_download_leaves_only_the_part(server, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(download, "tqdm", Stopping)
        with pytest.raises(KeyboardInterrupt, match="same command goes on"):
            get(entry(server, "file"), tmp_path / "four")
    assert left(tmp_path) == ["four.zip.part", "four.zip.part.json"]
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    server.asked.clear()
    get(entry(server, "file"), tmp_path / "four")
    assert server.asked == []  # all of this small file had arrived


def test_an_archive_that_was_altered_while_it_waited_is_fetched_again(server, tmp_path):
    waiting = tmp_path / "cache" / "downloads" / "four.zip"
    waiting.parent.mkdir(parents=True)
    waiting.write_bytes(b"altered")
    get(entry(server, "file"), tmp_path / "four")
    assert len(server.asked) == 1

import dataclasses
import errno
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from loopback import GOOD, NAMES, Stopping, checksum, entry, get, left, packed, png

from confoundlab.catalog import dataset
from confoundlab.datasets import fetching, proof, unpacking
from confoundlab.datasets.copies import folder_of
from confoundlab.datasets.fetching import target
from confoundlab.errors import InputError, RunFailedError
from confoundlab.storage import files


def test_a_good_archive_becomes_a_folder_and_nothing_else_is_left(server, tmp_path):
    said = get(entry(server, "file"), tmp_path / "four")
    assert said.startswith("all 4 images are there")
    assert left(tmp_path) == [f"{name}.png" for name in NAMES]  # the strays are gone
    assert (tmp_path / "four" / "top" / "obj2__1.png").read_bytes() == png(3)
    assert sorted(path.name for path in (tmp_path / "four").iterdir()) == ["top"]
    assert (tmp_path / "four").stat().st_mode & 0o777 == 0o755


def test_what_a_mac_packs_beside_the_images_is_no_image(server, tmp_path):
    """A layout by folders alone takes any name for an image's."""
    by_folder = dataclasses.replace(
        entry(server, "file"), layout=lambda path: {"label": path.parts[-2]}, expected=frozenset()
    )
    contents = {f"one/{number}.png": png(number) for number in range(4)}
    contents |= {f"__MACOSX/one/._{number}.png": b"\0\5\x16\7" for number in range(4)}
    server.body = packed(contents | {"one/Thumbs.db": b"x", "one/notes.txt": b"x"})
    what = dataclasses.replace(by_folder, n_images=4, n_classes=1, archive=dataclasses.replace(
        by_folder.archive, known_hash=checksum(server.body)
    ))  # fmt: skip
    get(what, tmp_path / "four")
    assert left(tmp_path) == [f"{number}.png" for number in range(4)]


def test_two_fetches_of_one_data_set_do_not_meet(server, tmp_path):
    slow = entry(server, "when-told")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(get, slow, tmp_path / "four")
        assert server.was_asked.wait(20)
        # another folder would not help: both would write the same download
        for folder in ("four", "other"):
            with pytest.raises(RunFailedError, match="COIL-20 is being fetched by another command"):
                get(slow, tmp_path / folder)
        other = dataclasses.replace(entry(server, "file"), name="another")
        assert get(other, tmp_path / "another").startswith("all 4 images are there")
        server.may_answer.set()
        assert first.result().startswith("all 4 images are there")
    assert not (tmp_path / "other").exists()
    assert get(slow, tmp_path / "other").startswith("all 4 images are there")


def test_a_fetch_that_fails_leaves_no_lock(server, tmp_path):
    with pytest.raises(RunFailedError, match="could not be fetched"):
        get(entry(server, "missing"), tmp_path / "four")
    assert get(entry(server, "file"), tmp_path / "four").startswith("all 4 images are there")


def test_the_terms_say_in_full_what_to_cite(server):
    words = fetching.terms(entry(server, "file"))
    assert "Cite:     Sameer A. Nene" in words and "COIL-20" in words and "1996" in words


def test_strays_stay_where_the_catalog_says_so(server, tmp_path):
    get(entry(server, "file", keep_strays=True), tmp_path / "four")
    assert {"readme.txt", "x.txt"} <= set(left(tmp_path))


def test_without_a_known_checksum_the_files_own_is_told(server, tmp_path):
    said = []
    what = entry(server, "file", known_hash=None)
    assert "nobody published one" in fetching.terms(what)
    assert "Checksum" not in fetching.terms(entry(server, "file"))
    fetching.fetch(what, tmp_path / "four", tell=said.append)
    assert checksum().removeprefix("sha256:") in said[0]


def test_an_archive_of_something_else_is_removed(server, tmp_path):
    server.body = packed({"obj1__0.png": png(0), "obj1__1.png": b"no image", "x/obj1__0.png": b""})
    with pytest.raises(
        RunFailedError, match="What arrived is not COIL-20, and is removed"
    ) as error:
        get(entry(server, "file", known_hash=None), tmp_path / "four")
    assert "missing, 2: obj2__0, obj2__1" in str(error.value)
    assert "doubled, 1: obj1__0" in str(error.value) and "broken, 2" in str(error.value)
    assert left(tmp_path) == [] and not (tmp_path / "four").exists()


def test_a_hostile_archive_is_removed(server, tmp_path):
    server.body = packed({"../obj1__0.png": png(0)})
    with pytest.raises(RunFailedError, match=r"four.zip is not unpacked: .* out of the folder"):
        get(entry(server, "file", known_hash=None), tmp_path / "four")
    assert left(tmp_path) == []


def test_limits_reach_the_unpacking(server, tmp_path):
    with pytest.raises(RunFailedError, match="more than 3 files"):
        get(entry(server, "file"), tmp_path / "four", limits=unpacking.Limits(members=3))


def test_ctrl_c_in_the_unpacking_leaves_only_the_archive(server, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(unpacking, "tqdm", Stopping)
        with pytest.raises(KeyboardInterrupt, match="same command goes on"):
            get(entry(server, "file"), tmp_path / "four")
    assert left(tmp_path) == ["four.zip"]
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    server.asked.clear()
    get(entry(server, "file"), tmp_path / "four")
    assert server.asked == [] and (tmp_path / "four").is_dir()


def test_a_copy_that_is_there_is_replaced_only_on_request_and_only_by_a_whole_one(server, tmp_path):
    folder = tmp_path / "four"
    folder.mkdir()
    (folder / "obj1__0.png").write_bytes(b"old")
    with pytest.raises(InputError, match=r"is there already\. Pass --overwrite"):
        target(entry(server, "file"), folder)
    assert target(entry(server, "file"), folder, overwrite=True) == folder
    server.body = packed({"obj1__0.png": png(0)})
    with pytest.raises(RunFailedError):
        get(entry(server, "file", known_hash=None), folder)
    assert left(tmp_path) == ["obj1__0.png"]
    server.body = GOOD
    get(entry(server, "file"), folder)
    assert left(tmp_path) == [f"{name}.png" for name in NAMES]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "four"]


def test_overwrite_does_not_remove_what_is_no_copy(server, tmp_path, monkeypatch):
    what = entry(server, "file")
    (tmp_path / "letters").mkdir()
    assert target(what, tmp_path / "letters", overwrite=True)  # empty: nothing to lose
    (tmp_path / "letters" / "a.txt").write_text("dear")
    with pytest.raises(InputError, match="holds no image of COIL-20"):
        target(what, tmp_path / "letters", overwrite=True)
    (tmp_path / "letters" / "obj1__0.png").write_bytes(png(0))
    monkeypatch.chdir(tmp_path / "letters")
    for folder in (Path(), tmp_path, Path.home(), tmp_path / "letters" / "a.txt"):
        with pytest.raises(InputError, match="no folder for one image set"):
            target(what, folder, overwrite=True)


def test_the_target_is_the_data_sets_own_folder(server, tmp_path, monkeypatch):
    what = entry(server, "file")
    with pytest.raises(InputError, match=r"CONFOUNDLAB_DATA is not set.*--into"):
        target(what)
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(tmp_path))
    assert target(what) == tmp_path / "coil20"
    (tmp_path / "coil-20").mkdir()  # another name under which it is found
    with pytest.raises(InputError, match=r"coil-20 is there already"):
        target(what)
    with pytest.raises(InputError, match="no archive of its own"):
        target(dataset("covid2"))


def test_no_write_permission_is_said_before_anything_is_fetched(server, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != tmp_path)
    with pytest.raises(InputError, match=f"{tmp_path} cannot be written to"):
        target(entry(server, "file"), tmp_path / "new" / "four")


def test_no_space_is_said_before_anything_is_fetched(server, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(files.shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(RunFailedError, match=r"needs 0 MB, but .* has 0 MB free\. Make room"):
        get(entry(server, "file"), tmp_path / "four")
    with pytest.raises(RunFailedError, match="Make room"):  # told by the server, not the catalog
        get(entry(server, "file", n_bytes=None), tmp_path / "four")
    assert left(tmp_path) == []


def test_a_disk_that_fills_up_leaves_no_folder(server, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(unpacking, "_check_size", full)
    with pytest.raises(OSError, match="No space left"):
        get(entry(server, "file"), tmp_path / "four")
    assert left(tmp_path) == ["four.zip"]


def test_the_full_layout_of_coil100(server, tmp_path):
    """7,200 images under COIL-100's own names, and its two stray files."""
    known = dataset("coil100")
    image = png(0, size=4)
    contents = {f"coil-100/{name}.png": image for name in known.expected}
    contents |= {"coil-100/convert.pl": b"#!", "coil-100/convertGroupppm2png.pl": b"#!"}
    server.body = packed(contents)
    archive = dataclasses.replace(
        known.archive, urls=(server.url("file"),), known_hash=checksum(server.body)
    )
    # under a name of its own: the published pixels are known, and these are others
    archive = dataclasses.replace(archive, n_bytes=10**6)
    what = dataclasses.replace(known, name="made", archive=archive)
    get(what, tmp_path / "coil100")
    found = sorted(path.name for path in (tmp_path / "coil100" / "coil-100").iterdir())
    assert found == sorted(f"{name}.png" for name in known.expected) and len(found) == 7200
    assert proof.compare(what, tmp_path / "coil100").whole


def test_the_catalogs_own_archives_are_written_as_they_must_be():
    coil20, coil100 = (dataset(name).archive for name in ("coil20", "coil100"))
    for archive in (coil20, coil100):
        assert len(archive.urls) == 2 and all(url.endswith(".zip") for url in archive.urls)
    assert coil100.known_hash.startswith("sha256:") and len(coil100.known_hash) == 7 + 64
    assert coil20.known_hash is None and dataset("covid2").archive is None


@pytest.mark.real
def test_the_real_coil20_arrives_with_every_pixel(server, tmp_path, real_data):
    known = dataset("coil20")
    images = (folder_of(known) / "images").glob("*.png")
    server.body = packed({f"coil-20-proc/{path.name}": path.read_bytes() for path in images})
    archive = dataclasses.replace(known.archive, urls=(server.url("file"),))
    said = get(dataclasses.replace(known, archive=archive), tmp_path / "coil20")
    assert said == "all 1,440 images are there, and every pixel is as published"

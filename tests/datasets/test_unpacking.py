"""Hostile archives, made here: none leaves a file outside, and each is refused in a line."""

import gzip
import io
import stat
import tarfile
import zipfile
from contextlib import suppress

import pytest

from confoundlab.datasets.unpacking import Limits, RefusedArchiveError, unpack


def zipped(path, *members):
    """Write a zip of (name or ZipInfo, bytes)."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            packed.writestr(name, content)
    return path


def special(name, mode):
    info = zipfile.ZipInfo(name)
    info.external_attr = (mode | 0o777) << 16
    return info


def member(name, content=b"x", kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, len(content)
    return info, content


def tarred(path, *members):
    with tarfile.open(path, "w:gz") as packed:
        for info, content in members:
            packed.addfile(info, io.BytesIO(content))
    return path


@pytest.fixture
def folder(tmp_path):
    inner = tmp_path / "deep" / "folder"
    inner.mkdir(parents=True)
    return inner


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_good_archives_give_their_files(tmp_path, folder, form):
    content = {"a/x.png": b"1" * 3_000_000, "a/y.png": b"", "z.txt": b"2"}
    if form == "zip":
        archive = zipped(tmp_path / "good", ("a/", b""), *content.items())
    else:
        archive = tarred(
            tmp_path / "good",
            member("./", b"", tarfile.DIRTYPE),
            member("./a", b"", tarfile.DIRTYPE),
            *(member(f"./{name}", data) for name, data in content.items()),
        )
    unpack(archive, folder, form, Limits(ratio=10_000))
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.*")}
    assert {name: path.read_bytes() for name, path in files.items()} == content
    assert not any(path.stat().st_mode & 0o111 for path in files.values())


BAD_NAMES = [
    ("../x.png", "out of the folder"),
    ("a/../../x.png", "out of the folder"),
    ("/tmp/x.png", "out of the folder"),
    ("..\\x.png", "out of the folder"),
    ("C:x.png", "out of the folder"),
    ("a/\x1b[2Jx.png", "no name"),
]


@pytest.mark.parametrize(("name", "why"), BAD_NAMES)
@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_paths_that_lead_astray(tmp_path, folder, name, why, form):
    if form == "zip":
        archive = zipped(tmp_path / "bad", ("good.png", b"1"), (zipfile.ZipInfo(name), b"2"))
    else:
        archive = tarred(tmp_path / "bad", member("good.png"), member(name))
    with pytest.raises(RefusedArchiveError, match=f"bad is not unpacked: .*{why}") as error:
        unpack(archive, folder, form)
    assert str(error.value).isprintable()
    assert {path.name for path in tmp_path.rglob("*.png")} == {"good.png"}


@pytest.mark.parametrize(
    "names",
    [("a/x.png", "a/x.png"), ("a/x.png", "A/y.png"), ("x.png", "X.PNG"), ("a", "a/x"), ("a/x", "a"),
     ("\u00e9.png", "e\u0301.png"), ("stra\u00dfe", "STRASSE")],
)  # fmt: skip
@pytest.mark.parametrize("form", ["zip", "tar.gz"])
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_collide(tmp_path, folder, names, form):
    if form == "zip":
        archive = zipped(tmp_path / "bad", *((name, b"1") for name in names))
    else:
        archive = tarred(tmp_path / "bad", *map(member, names))
    with pytest.raises(RefusedArchiveError, match=r"twice|one name on some systems"):
        unpack(archive, folder, form)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE]
)
def test_links_and_devices_in_a_tar(tmp_path, folder, kind):
    archive = tarred(tmp_path / "bad", member("good.png"), member("x.png", b"", kind, "good.png"))
    with pytest.raises(RefusedArchiveError, match=r"'x.png' is a link or a device"):
        unpack(archive, folder, "tar.gz")


def test_a_sparse_file_is_refused(tmp_path, folder):
    info, _ = member("x.png", b"")
    info.pax_headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1",
                        "GNU.sparse.map": "0,0", "GNU.sparse.size": str(2**40)}  # fmt: skip
    with pytest.raises(RefusedArchiveError, match="link or a device"):
        unpack(tarred(tmp_path / "bad", (info, b"")), folder, "tar.gz")


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_in_a_zip(tmp_path, folder, mode):
    archive = zipped(tmp_path / "bad", (special("x.png", mode), b"/etc/passwd"))
    with pytest.raises(RefusedArchiveError, match=r"'x.png' is a link or a device"):
        unpack(archive, folder, "zip")


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(ratio=100), "more than 100 times its size"),
        (Limits(members=2), "more than 2 files"),
        (Limits(n_bytes=10_000_000, ratio=10**9), "grows to (more than )?[0-9,]+ bytes"),
    ],
)
def test_bombs(tmp_path, folder, form, limits, why):
    zeros = bytes(20_000_000)
    contents = [("x.png", b"1"), ("y.png", b"2"), ("z.png", zeros)]
    if form == "zip":
        archive = zipped(tmp_path / "bad", *contents)
    else:
        archive = tarred(tmp_path / "bad", *(member(*content) for content in contents))
    with pytest.raises(RefusedArchiveError, match=why):
        unpack(archive, folder, form, limits)
    written = sum(path.stat().st_size for path in folder.rglob("*.png"))
    assert written < 12_000_000  # it stopped on the way


def test_a_zip_that_lies_about_its_size_is_damaged_and_never_larger(tmp_path, folder):
    archive = zipped(tmp_path / "bad", ("x.png", bytes(5_000_000)))
    raw = archive.read_bytes()
    archive.write_bytes(raw.replace((5_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    with pytest.raises(RefusedArchiveError, match="bad is damaged, or no zip archive"):
        unpack(archive, folder, "zip")
    assert sum(path.stat().st_size for path in folder.iterdir()) <= 10


@pytest.mark.parametrize("size", [2**33, -(2**33)])
def test_a_header_that_would_fill_the_memory(tmp_path, folder, size):
    info = tarfile.TarInfo("x.png")
    info.type, info.size = tarfile.XHDTYPE, size
    raw = info.tobuf(tarfile.GNU_FORMAT) + bytes(10_000)
    (tmp_path / "bad").write_bytes(gzip.compress(raw))
    with pytest.raises(RefusedArchiveError, match=r"header of|damaged"):
        unpack(tmp_path / "bad", folder, "tar.gz")


@pytest.mark.parametrize("flag", [0x1, 0x41])
def test_an_encrypted_zip(tmp_path, folder, flag):
    archive = zipped(tmp_path / "bad", ("x.png", b"1"))
    raw = bytearray(archive.read_bytes())
    raw[6] |= flag  # the flags in the local header, then those in the directory
    raw[raw.index(b"PK\x01\x02") + 8] |= flag
    archive.write_bytes(raw)
    with pytest.raises(RefusedArchiveError, match=r"'x.png' is encrypted"):
        unpack(archive, folder, "zip")


def test_an_unusual_compression(tmp_path, folder):
    with zipfile.ZipFile(tmp_path / "bad", "w", zipfile.ZIP_LZMA) as packed:
        packed.writestr("x.png", b"1")
    with pytest.raises(RefusedArchiveError, match="packed in a way that is not read"):
        unpack(tmp_path / "bad", folder, "zip")


@pytest.mark.parametrize("form", ["zip", "tar.gz"])
def test_truncated_and_damaged_files_give_a_line_and_no_traceback(tmp_path, folder, form, rng):
    contents = [(f"{number}.png", rng.bytes(3_000)) for number in range(5)]
    if form == "zip":
        archive = zipped(tmp_path / "bad", *contents)
    else:
        archive = tarred(tmp_path / "bad", *(member(*content) for content in contents))
    raw = archive.read_bytes()
    (tmp_path / "page").write_bytes(b"<html>Please log in</html>")
    with pytest.raises(RefusedArchiveError, match=f"page is damaged, or no {form} archive"):
        unpack(tmp_path / "page", folder, form)
    for cut in (0, 10, 600, 9_000, len(raw) - 30):
        archive.write_bytes(raw[:cut])
        target = folder / str(cut)
        target.mkdir()
        with pytest.raises(RefusedArchiveError, match=f"bad is damaged, or no {form} archive"):
            unpack(archive, target, form)
    for trial in range(150):  # any bytes changed: refused, or unpacked with what it says
        damaged = bytearray(raw)
        for place in rng.integers(0, len(raw), 3):
            damaged[place] = rng.integers(256)
        damaged[-int(rng.integers(1, 60))] ^= 255
        archive.write_bytes(damaged)
        target = folder / f"trial{trial}"
        target.mkdir()
        with suppress(RefusedArchiveError):
            unpack(archive, target, form)

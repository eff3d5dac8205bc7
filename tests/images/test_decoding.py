import os
import socket
import struct
import warnings
from pathlib import Path

import numpy as np
import pytest
from broken_images import BROKEN, chunk, png, tiff
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from confoundlab.errors import InputError
from confoundlab.images import decoding
from confoundlab.images.decoding import CannotDecodeError, decode, decode_levels, to_gray

GRAY = np.arange(16 * 20, dtype=np.uint8).reshape(16, 20)
RGB = np.stack([GRAY, GRAY[::-1], 255 - GRAY], axis=2)


@pytest.mark.parametrize("suffix", ["png", "gif", "pgm", "tif", "tiff"])
def test_lossless_gray_formats_keep_every_pixel(tmp_path, suffix):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(GRAY).save(path)
    assert (decode(path)[:, :, 0] == GRAY).all()
    assert (decode(path, "rgb") == GRAY[:, :, None]).all()


@pytest.mark.parametrize(
    ("suffix", "options"), [("png", {}), ("tif", {}), ("webp", {"lossless": True})]
)
def test_lossless_colour_formats_keep_every_pixel(tmp_path, suffix, options):
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(RGB).save(path, **options)
    assert (decode(path, "rgb") == RGB).all()
    assert (decode(path) == to_gray(RGB)).all()


def test_jpeg_is_what_pillow_decodes(tmp_path):
    path = tmp_path / "image.jpg"
    Image.fromarray(RGB).save(path, quality=90)
    assert (decode(path, "rgb") == np.asarray(Image.open(path))).all()


def test_gray_is_itu_601_luma():
    luma = RGB @ np.array([0.299, 0.587, 0.114])
    assert np.abs(to_gray(RGB)[:, :, 0] - luma).max() <= 1  # Pillow computes in fixed point


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_16_bit_keeps_the_high_byte_and_is_never_stretched(tmp_path, suffix):
    deep = np.array([[0, 255, 256, 4095], [32768, 65279, 65280, 65535]], np.uint16)
    path = tmp_path / f"deep.{suffix}"
    Image.fromarray(deep).save(path)
    assert decode(path)[:, :, 0].tolist() == [[0, 0, 1, 15], [128, 254, 255, 255]]


def test_16_bit_pgm(tmp_path):
    deep = np.array([[0, 256], [65280, 65535]], ">u2")
    path = tmp_path / "deep.pgm"
    path.write_bytes(b"P5 2 2 65535\n" + deep.tobytes())
    assert decode(path)[:, :, 0].tolist() == [[0, 1], [255, 255]]


def test_transparency_is_dropped_and_the_first_frame_taken(tmp_path):
    alpha = np.zeros((16, 20, 1), np.uint8)
    Image.fromarray(np.concatenate([RGB, alpha], axis=2)).save(tmp_path / "clear.png")
    assert (decode(tmp_path / "clear.png", "rgb") == RGB).all()
    frames = [Image.fromarray(GRAY), Image.fromarray(GRAY[::-1])]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    assert (decode(tmp_path / "film.gif")[:, :, 0] == GRAY).all()


RAMP = np.tile(np.arange(0, 256, 8, dtype=np.uint8), (16, 1))
DEEP = RAMP.astype(np.uint16) * 257


def _save(path: Path, **options) -> Path:
    form = options.pop("form", None)
    Image.fromarray(options.pop("pixels", RAMP)).convert(options.pop("mode", None)).save(
        path, form, **options
    )
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("l.png", {}),
        ("la.png", {"mode": "LA"}),
        ("palette.png", {"mode": "P", "transparency": 3}),
        ("alpha of a palette.png", {"mode": "P", "transparency": bytes(range(256))}),
        ("clear level.png", {"transparency": 8}),
        ("clear colour.png", {"mode": "RGB", "transparency": (8, 8, 8)}),
        ("rgba.png", {"mode": "RGBA"}),
        ("rgba.tif", {"mode": "RGBA"}),
        ("rgb.webp", {"mode": "RGB", "lossless": True}),
        ("rgb.bmp", {"mode": "RGB"}),
        ("rgb.ppm", {"mode": "RGB"}),
        ("named.jpg", {"form": "PNG"}),
        ("moving.gif", {"save_all": True, "append_images": [Image.fromarray(255 - RAMP)]}),
    ],
)
def test_a_picture_has_the_same_levels_in_every_lossless_mode(tmp_path, name, options):
    path = _save(tmp_path / name, **options)
    assert (decode(path)[:, :, 0] == RAMP).all()
    assert (decode(path, "rgb") == RAMP[:, :, None]).all()


@pytest.mark.parametrize("name", ["gray.jfif", "gray.jpe"])
def test_jpeg_under_its_other_names(tmp_path, name):
    assert np.abs(decode(_save(tmp_path / name, form="JPEG"))[:, :, 0] - 1.0 * RAMP).max() < 9


def test_cmyk_is_near_its_gray(tmp_path):
    path = _save(tmp_path / "cmyk.jpg", mode="CMYK", quality=100)
    assert np.abs(decode(path)[:, :, 0] - 1.0 * RAMP).max() < 6


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("white_is_zero", [False, True])
def test_white_is_white_however_it_is_stored(tmp_path, order, depth, white_is_zero):
    if white_is_zero and depth == 16 and order == ">":
        pytest.skip("no TIFF that Pillow reads")
    pixels = RAMP if depth == 8 else DEEP
    stored = (2**depth - 1 - pixels).astype(pixels.dtype) if white_is_zero else pixels
    path = tmp_path / "x.tif"
    path.write_bytes(tiff(stored, {262: (3, 0 if white_is_zero else 1)}, order))
    assert (decode(path)[:, :, 0] == RAMP).all()


TWELVE = np.arange(4096, dtype=np.uint16).reshape(64, 64)


@pytest.mark.parametrize("colour", ["gray", "rgb"])
@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_a_stated_depth_keeps_256_levels_of_12_bits(tmp_path, suffix, colour):
    path = _save(tmp_path / f"x.{suffix}", pixels=TWELVE)
    assert (decode(path, colour, bit_depth=12) == (TWELVE // 16)[:, :, None]).all()
    assert len(np.unique(decode(path))) == 16
    assert decode_levels(path)[1:] == (16, 4095)
    assert decode_levels(path, bit_depth=12)[1:] == (12, 4095)
    with pytest.raises(CannotDecodeError, match=r"levels 0 to 4,095, outside 0..2,047 \(11 bits\)"):
        decode(path, bit_depth=11)


def test_a_stated_depth_holds_for_white_as_zero(tmp_path):
    (tmp_path / "x.tif").write_bytes(tiff(4095 - TWELVE, {262: (3, 0)}))
    assert (decode(tmp_path / "x.tif", bit_depth=12)[:, :, 0] == TWELVE // 16).all()


def test_a_file_that_says_its_depth_goes_by_that(tmp_path):
    (tmp_path / "x.pgm").write_bytes(b"P5 64 64 4095\n" + TWELVE.astype(">u2").tobytes())
    found = decode(tmp_path / "x.pgm", bit_depth=12)[:, :, 0]
    assert np.abs(found - TWELVE / 4095 * 255).max() <= 1
    # 12 bits packed: two levels in three bytes
    pairs = TWELVE.reshape(-1, 2).astype(np.uint32)
    packed = (pairs[:, 0] << 12 | pairs[:, 1]).astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:]
    raw = tiff(packed.reshape(64, 96), {256: (4, 64), 258: (3, 12)})
    (tmp_path / "x.tif").write_bytes(raw)
    assert (decode(tmp_path / "x.tif")[:, :, 0] == TWELVE // 16).all()
    assert (decode(_save(tmp_path / "x.png"), bit_depth=12)[:, :, 0] == RAMP).all()


def test_deep_colour_is_cut_by_its_decoder_and_says_so(tmp_path):
    path = tmp_path / "deep.png"
    path.write_bytes(png(3, 2, bits=16, kind=2))
    assert decode_levels(path, "rgb")[1:] == (16, 255)
    assert decode_levels(_save(tmp_path / "x.png"))[1:] == (8, 248)
    with pytest.raises(CannotDecodeError, match="colour of 16 bits, of which no 12 can be read"):
        decode(path, bit_depth=12)


@pytest.mark.parametrize("depth", [0, 8, 17])
def test_depths_are_of_9_to_16_bits(tmp_path, depth):
    with pytest.raises(InputError, match=r"must be 9\.\.16"):
        decode(_save(tmp_path / "x.png"), bit_depth=depth)


def test_large_metadata_is_no_damage(tmp_path):
    words = PngImagePlugin.PngInfo()
    words.add_text("settings", "exposure 1 ms; " * 200_000, zip=True)
    words.add_itxt("more", "ü" * 2_000_000)
    path = _save(tmp_path / "x.png", pnginfo=words, icc_profile=bytes(3_000_000))
    assert (decode(path)[:, :, 0] == RAMP).all()


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("colour", ["gray", "rgb"])
def test_the_smallest_broken_files_are_refused_in_words_or_read(tmp_path, name, colour):
    path = tmp_path / "x.png"
    path.write_bytes(BROKEN[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of damaged metadata
        try:
            pixels = decode(path, colour)
        except CannotDecodeError as error:
            assert str(error) and "\n" not in str(error)
        else:
            assert pixels.dtype == np.uint8 and pixels.size


@pytest.mark.parametrize(
    "error",
    [TypeError, IndexError, KeyError, OverflowError, struct.error, MemoryError, RecursionError,
     ZeroDivisionError, AssertionError, RuntimeError],
)  # fmt: skip
def test_whatever_a_decoder_raises_is_a_broken_file(tmp_path, monkeypatch, error):
    def failing(*args, **options):
        raise error

    path = _save(tmp_path / "x.png")
    monkeypatch.setattr(decoding.Image, "open", failing)
    with pytest.raises(CannotDecodeError, match="damaged"):
        decode(path)


def test_what_is_no_file_says_what_it_is(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "dangling.png").symlink_to("nowhere")
    (tmp_path / "loop.png").symlink_to("loop.png")
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(tmp_path / "s.png"))
        for name, why in {
            "pipe.png": "a pipe, not a file",
            "folder.png": "a folder, not a file",
            "s.png": "a socket, not a file",
            "/dev/zero": "a device, not a file",
            "dangling.png": "a link to nothing",
            "loop.png": "a link that leads to itself",
            "nul\0.png": "damaged",
        }.items():
            with pytest.raises(CannotDecodeError, match=why):
                decode(tmp_path / name)


def test_other_colour_spaces_are_named(tmp_path):
    lab = Image.fromarray(RGB).convert("RGB")
    Image.merge("LAB", lab.split()).save(tmp_path / "lab.tif")
    with pytest.raises(CannotDecodeError, match="pixels of mode LAB are not read"):
        decode(tmp_path / "lab.tif")


def _claims(side: int) -> bytes:
    """A PNG of a pixel that says in its header that it has more."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return png(1, 1).replace(png(1, 1)[8:33], chunk(b"IHDR", header))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty file"),
        (b"this is text, not an image", "not an image"),
        (_claims(50_000), "more"),
        (_claims(9_000), "9000x9000 pixels, more than the limit"),
    ],
)
def test_unusable_files_are_refused_with_a_reason(tmp_path, content, why):
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(CannotDecodeError, match=why):
        decode(path)


def test_truncated_and_floating_point_and_missing(tmp_path):
    path = tmp_path / "cut.png"
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(CannotDecodeError, match="damaged"):
        decode(path)
    Image.fromarray(GRAY.astype(np.float32)).save(tmp_path / "float.tif")
    with pytest.raises(CannotDecodeError, match="floating-point"):
        decode(tmp_path / "float.tif")
    with pytest.raises(CannotDecodeError, match="no such file"):
        decode(tmp_path / "none.png")


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow, of damaged EXIF data
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 2000), value=st.integers(0, 255), cut=st.integers(0, 2000))
def test_any_damage_gives_pixels_or_one_kind_of_error(tmp_path: Path, place, value, cut):
    path = tmp_path / "damaged.tif"
    Image.fromarray(RGB).save(path, compression="tiff_lzw")
    content = bytearray(path.read_bytes())
    content[place % len(content)] = value
    path.write_bytes(bytes(content[: max(1, cut)]) if cut < len(content) else bytes(content))
    try:
        pixels = decode(path)
    except CannotDecodeError:
        return
    assert pixels.dtype == np.uint8 and pixels.ndim == 3 and pixels.shape[2] == 1

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from confoundlab.images.decoding import CannotDecodeError, decode, to_gray

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


def _png_that_claims(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 100))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty file"),
        (b"this is text, not an image", "not an image"),
        (_png_that_claims(50_000, 50_000), "more"),
        (_png_that_claims(9_000, 9_000), "9000x9000 pixels, more than the limit"),
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

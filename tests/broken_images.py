"""The smallest files that bring a decoder down, made from their formats' own parts."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

SHORT, LONG, RATIONAL, FLOAT = 3, 4, 5, 11  # types of a TIFF's values


def tiff(pixels: np.ndarray, tags: dict[int, tuple[int, int]] | None = None, order="<") -> bytes:
    """A gray TIFF of one strip; `tags` are added or changed: number to (type, value)."""
    data = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    height, width = pixels.shape
    values = {
        256: (LONG, width), 257: (LONG, height), 258: (SHORT, 8 * pixels.dtype.itemsize),
        259: (SHORT, 1), 262: (SHORT, 1), 273: (LONG, 8), 277: (SHORT, 1), 278: (LONG, height),
        279: (LONG, len(data)),
    } | (tags or {})  # fmt: skip
    body = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", 8 + len(data)) + data
    body += struct.pack(f"{order}H", len(values))
    for tag, (kind, value) in sorted(values.items()):
        packed = struct.pack(f"{order}HH", value, 0) if kind == SHORT else struct.pack(
            f"{order}I", value
        )  # fmt: skip
        body += struct.pack(f"{order}HHI", tag, kind, 1) + packed
    return body + bytes(4)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *chunks: bytes, bits: int = 8, kind: int = 0) -> bytes:
    """A PNG of zeros with extra chunks after its header."""
    rows = bytes((1 + width * bits // 8 * (3 if kind == 2 else 1)) * height)
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    parts = (chunk(b"IHDR", header), *chunks, chunk(b"IDAT", zlib.compress(rows)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def saved(form: str, **options: object) -> bytes:
    """A small noisy picture in a format."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 20, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, form, **options)
    return buffer.getvalue()


_GRAY = np.arange(64, dtype=np.uint8).reshape(8, 8)
BROKEN = {
    "empty": b"",
    "text": b"<html>404</html>",
    "offset of the strip is a fraction.tif": tiff(_GRAY, {273: (RATIONAL, 8)}),
    "offset of the strip is no whole number.tif": tiff(_GRAY, {273: (FLOAT, 8)}),
    "no width.tif": tiff(_GRAY, {256: (LONG, 0)}),
    "width is a fraction.tif": tiff(_GRAY, {256: (RATIONAL, 8)}),
    "huge width.tif": tiff(_GRAY, {256: (LONG, 2**32 - 1)}),
    "strip beyond the end.tif": tiff(_GRAY, {273: (LONG, 2**31)}),
    "unknown compression.tif": tiff(_GRAY, {259: (SHORT, 60000)}),
    "unknown photometry.tif": tiff(_GRAY, {262: (SHORT, 77)}),
    "many samples.tif": tiff(_GRAY, {277: (SHORT, 60000)}),
    "half a header.tif": tiff(_GRAY)[:10],
    "directory at its own place.tif": b"II*\0" + struct.pack("<I", 4) + bytes(30),
    "empty profile.png": png(4, 4, chunk(b"iCCP", b"")),
    "profile without a name.png": png(4, 4, chunk(b"iCCP", b"\0")),
    "short header.png": b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", b"\0\0"),
    "empty gamma.png": png(4, 4, chunk(b"gAMA", b"")),
    "empty resolution.png": png(4, 4, chunk(b"pHYs", b"")),
    "empty transparency.png": png(4, 4, chunk(b"tRNS", b"")),
    "no pixels.png": png(0, 0),
    "half.png": saved("PNG")[:300],
    "half.jpg": saved("JPEG")[:500],
    "no tables.jpg": b"\xff\xd8\xff\xd9",
    "segment without an end.jpg": b"\xff\xd8\xff\xdb\xff\xff\0",
    "half.gif": saved("GIF")[:60],
    "no screen.gif": b"GIF89a",
    "half.webp": saved("WEBP")[:60],
    "half.bmp": saved("BMP")[:60],
    "header of a bitmap.bmp": b"BM" + bytes(12) + struct.pack("<I", 12),
    "no numbers.pgm": b"P5 x y z\n",
    "no highest level.pgm": b"P5 2 2 0\n1234",
    "half.pgm": b"P5 20 20 255\n123",
}

"""Damage image files at random and count what decoding makes of them.

Not a test: `python tests/fuzz_images.py --seconds 60 --seed 0` goes on as long as one likes. Exit
code 1 if anything was raised but `CannotDecodeError`; the file is then kept beside the counts.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from broken_images import BROKEN, saved, tiff

from confoundlab.images.decoding import CannotDecodeError, decode


def whole() -> list[bytes]:
    """Sound files to damage, one of each format and depth."""
    deep = (np.arange(480) * 137).astype(np.uint16).reshape(24, 20)
    forms = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "PPM", "TIFF")
    packed = [saved("TIFF", compression=how) for how in ("tiff_lzw", "tiff_deflate", "jpeg")]
    return [*map(saved, forms), *packed, tiff(deep), tiff(deep, order=">")]


def damaged(content: bytes, rng: np.random.Generator) -> bytes:
    """Change some bytes, most of them near the start where the headers are; perhaps cut the end."""
    raw = bytearray(content)
    for _ in range(rng.integers(1, 9)):
        place = rng.integers(len(raw)) if rng.random() < 0.4 else rng.integers(min(200, len(raw)))
        raw[place] = rng.integers(256) if rng.random() < 0.7 else rng.choice([0, 1, 127, 128, 255])
    return bytes(raw[: rng.integers(1, len(raw))] if rng.random() < 0.2 else raw)


def outcome(path: Path, colour: str) -> str:
    """Decode a file and say in a word what came of it."""
    try:
        decode(path, colour)
    except CannotDecodeError:
        return "refused in words"
    except BaseException as error:
        return f"raised {type(error).__name__}"
    return "read"


def main() -> int:
    """Fuzz for a while, print the counts, and keep what was not refused in words."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-kept"))
    asked = parser.parse_args()
    warnings.simplefilter("ignore")  # Pillow's, of damaged metadata
    rng = np.random.default_rng(asked.seed)
    sound = whole() + [content for content in BROKEN.values() if content]
    counts: Counter[str] = Counter()
    slowest, end = 0.0, time.monotonic() + asked.seconds
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image.png"
        while time.monotonic() < end:
            content = damaged(sound[rng.integers(len(sound))], rng)
            path.write_bytes(content)
            start = time.monotonic()
            came = {outcome(path, colour) for colour in ("gray", "rgb")}
            slowest = max(slowest, time.monotonic() - start)
            counts.update(came)
            if any(one.startswith("raised") for one in came):
                asked.keep.mkdir(exist_ok=True)
                (asked.keep / f"{counts.total()}.bin").write_bytes(content)
    for what, count in counts.most_common():
        print(f"{count:8,} {what}")
    print(f"slowest file: {slowest:.2f} s")
    return int(any(what.startswith("raised") for what in counts))


if __name__ == "__main__":
    sys.exit(main())

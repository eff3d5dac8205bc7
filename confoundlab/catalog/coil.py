"""COIL-20 and COIL-100 (Nene, Nayar and Murase 1996): Table 4 of Dhar and Shamir (2021).

Objects stood on a turntable and were photographed every 5 degrees. All views of an object were
taken in one turn, so that object and session are the same thing: no split of these files can tell
the one from the other, only a view without the object can show that the session is there.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from confoundlab.catalog.entry import EXPOSURE, Archive, Dataset, Page, Pictures, Row, Study, Twin

STEP_DEGREES = 5
# Neighbouring views are near copies, so views within a sector are kept together when an interval
# is resampled or labels are permuted. 60 degrees: six sectors a turn, twelve views each.
SECTOR_DEGREES = 60

_NAME = re.compile(r"obj(\d+)__(\d+)")
_SOURCE = "https://www.cs.columbia.edu/CAVE/databases/SLAM_coil-20_coil-100/"
_MIRROR = "https://cave.cs.columbia.edu/old/databases/SLAM_coil-20_coil-100/"


def _describe(path: Path, expected: frozenset[str], degrees: int) -> Row | None:
    match = _NAME.fullmatch(path.stem)
    if match is None or path.stem not in expected:
        return None
    return {"image": path.stem} | _row(int(match[1]), int(match[2]) * degrees)


def _row(number: int, angle: int) -> Row:
    sector = angle % 360 // SECTOR_DEGREES
    return {
        "label": f"obj{number:03d}",
        "group": f"obj{number:03d}/sector{sector}",
        "session": f"turn{number:03d}",
        "angle": angle,
        "sector": sector,
    }


def _names(objects: int, degrees: int) -> frozenset[str]:
    indices = [angle // degrees for angle in range(0, 360, STEP_DEGREES)]
    return frozenset(f"obj{one}__{index}" for one in range(1, objects + 1) for index in indices)


# The number after the double underscore counts 5-degree steps in COIL-20, degrees in COIL-100.
_COIL20_NAMES = _names(20, STEP_DEGREES)
_COIL100_NAMES = _names(100, 1)


def _twin_row(number: int, step: int) -> Row:
    angle = step * STEP_DEGREES
    return {"image": f"obj{number + 1}__{angle}"} | _row(number + 1, angle)


def _twin(classes: int, channels: int) -> Twin:
    # With these spreads the twin's crop is named about as often as the paper's (Table 4): far above
    # chance and far below certainty.
    dials = dict.fromkeys(EXPOSURE, 0.15)
    counts = (360 // STEP_DEGREES,) * classes
    return Twin("turntable", counts, _twin_row, (128, 128), channels, dials)


# The files are the paper's own here, so that only what it does not state can differ.
_DEPARTS = (
    "These are the published files. What can differ is what the paper does not state: learning "
    "rate, batches, scale of the pixels, gray or colour, and the one random split from which its "
    "{n_test:,} test images are."
)

COIL20 = Dataset(
    name="coil20",
    title="COIL-20",
    folders=("coil20", "coil-20-proc", "coil-20"),
    layout=partial(_describe, expected=_COIL20_NAMES, degrees=STEP_DEGREES),
    n_images=len(_COIL20_NAMES),
    n_classes=20,
    expected=_COIL20_NAMES,
    state="real",
    paper_row="coil20",
    source=_SOURCE + "coil-20/coil-20-proc.zip",
    terms="research purposes (the technical report)",
    citation="nene1996coil20",
    pictures=Pictures(
        False,
        "The set is available for research purposes; nothing is said of publishing its images.",
        "technical report CUCS-005-96",
    ),
    defects=(
        "Each object was cut out by its own bounding box and stretched to a brightest value of "
        "255, so a corner is not a fixed place and the gain depends on the object.",
        "Many top-right crops are all zero, and some hold a part of the object.",
    ),
    twin=_twin(20, 1),
    departs={"crop": _DEPARTS, "whole": _DEPARTS},
    archive=Archive(
        urls=(_SOURCE + "coil-20/coil-20-proc.zip", _MIRROR + "coil-20/coil-20-proc.zip"),
        format="zip",
        n_bytes=12_100_000,
    ),
)

COIL100 = Dataset(
    name="coil100",
    title="COIL-100",
    folders=("coil100", "coil-100"),
    layout=partial(_describe, expected=_COIL100_NAMES, degrees=1),
    n_images=len(_COIL100_NAMES),
    n_classes=100,
    expected=_COIL100_NAMES,
    state="real",
    paper_row="coil100",
    source=_SOURCE + "coil-100/coil-100.zip",
    terms="non-commercial research",
    citation="nene1996coil100",
    pictures=Pictures(
        False,
        "Non-commercial research only, as a public data card says; the university's own page was "
        "not seen.",
        "a public data card of the set",
    ),
    defects=(
        "The two top-left pixels of every image are an artefact of the file writer.",
        "The flat background level differs by object: the leak can be one number.",
    ),
    twin=_twin(100, 3),
    departs={"crop": _DEPARTS, "whole": _DEPARTS},
    archive=Archive(
        urls=(_SOURCE + "coil-100/coil-100.zip", _MIRROR + "coil-100/coil-100.zip"),
        format="zip",
        known_hash="sha256:fcb4b8b01c0778f416d8d7a09f45082c4f7075cc74743dcddd5c44307bd4afe7",
        n_bytes=130_688_843,
    ),
)

STUDY = Study(
    name="coil",
    title="COIL: objects on a turntable",
    datasets=(COIL20, COIL100),
    pages=(
        Page("coil", "coil20"),
        # 7,200 images of 100 classes: each net and each permutation takes long
        Page(
            "coil-100", "coil100", "COIL-100",
            parameters={"repeats": 3, "own_size_repeats": 1, "permutations": 999, "map_repeats": 1},
        ),
        Page("coil-twin", "coil20", "the twin", "quick", {"data": "simulated"}),
    ),
    profiles={
        "smoke": {
            "epochs": 2, "repeats": 2, "permutations": 99, "map_stride": 54, "map_epochs": 1,
            "map_repeats": 1,
        },
        "quick": {
            "epochs": 30, "repeats": 3, "permutations": 999, "map_stride": 18, "map_epochs": 20,
            "map_repeats": 1,
        },
        # 120 epochs and an 80/20 split are the paper's; the ten repeats and the map are ours.
        "paper": {
            "epochs": 120, "repeats": 10, "own_size_repeats": 1, "permutations": 9999,
            "map_stride": 12, "map_epochs": 40, "map_repeats": 3,
        },
    },
)  # fmt: skip

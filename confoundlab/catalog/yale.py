"""Yale faces A and extended B: Table 3 of Dhar and Shamir (2021).

Every person sat once, so that person and session are the same thing. In A the background was
removed, so the paper cropped the forehead (at a place that it does not give); in B it cropped the
top left corner.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal

from confoundlab.catalog.entry import Dataset, Page, Pictures, Row, Study, Twin

KINDS = (
    "centerlight", "glasses", "happy", "leftlight", "noglasses", "normal", "rightlight", "sad",
    "sleepy", "surprised", "wink",
)  # fmt: skip
_SHOT = re.compile(rf"subject(\d\d)\.({'|'.join(KINDS)})(\.gif)?")
# Where the twin's foreheads lie, the left and the top of 22x29 pixels (`painters.FOREHEAD`).
_TWIN_FOREHEAD = 149, 65
_EXPECTED_A = frozenset(f"subject{n:02}.{kind}" for n in range(1, 16) for kind in KINDS)

# Number 14 does not exist.
SUBJECTS_B = tuple(number for number in range(11, 40) if number != 14)
# Of these the frontal pose was cut to one fixed box; of the others, to a box round the face.
FIXED_BOX = frozenset((15, 16, 17, 20, 21, 22, 25, 32, 33, 35, 36))
_LIT = re.compile(r"yaleB(\d\d)_P(\d\d)(?:A([+-]\d{3})E([+-]\d{2})|_Ambient)")
_POSES, _LIGHTS = 9, 64  # each pose under 64 flashes and once in ambient light
# Flashes are grouped by the side they come from, in degrees of azimuth: neighbours are near copies.
_SIDES = ((-135, "far left"), (-60, "left"), (-15, "front"), (15, "right"), (60, "far right"))


def _describe_a(path: Path) -> Row | None:
    # Copies come with and without the suffix ".gif"; without it the kind looks like a suffix.
    match = _SHOT.fullmatch(path.name)
    if match is None:
        return None
    image = f"subject{match[1]}.{match[2]}"
    return _row_a(int(match[1]), match[2], _foreheads().get(image, _TWIN_FOREHEAD))


@cache
def _foreheads() -> dict[str, tuple[int, int]]:
    """Return left and top of 22x29 pixels of forehead in every image.

    The paper does not say where it cropped, and faces are not aligned: no one box holds forehead in
    all. We put a box on each person's image "normal" by eye, followed it to the other ten by
    matching the brow and hairline, looked at all 165, and moved three by hand. They hold skin
    without brows or glasses, but strands of hair in a few images of persons 1 and 8, and the fringe
    of person 11, who shows no forehead.
    """
    file = resources.files(__package__) / "yale_a_foreheads.csv"
    with file.open(encoding="utf-8") as lines:
        return {row["image"]: (int(row["left"]), int(row["top"])) for row in csv.DictReader(lines)}


def _row_a(number: int, kind: str, forehead: tuple[int, int]) -> Row:
    subject = f"subject{number:02}"
    return {
        "image": f"{subject}.{kind}",
        "label": subject,
        "group": f"{subject}/{kind}",
        "session": f"sitting{number:02}",
        "kind": kind,
        "forehead_left": forehead[0],
        "forehead_top": forehead[1],
    }


def _twin_row_a(label: int, instance: int) -> Row:
    return _row_a(label + 1, KINDS[instance], _TWIN_FOREHEAD)


def _describe_b(path: Path) -> Row | None:
    match = _LIT.fullmatch(path.stem)
    if match is None or int(match[1]) not in SUBJECTS_B:
        return None
    azimuth = None if match[3] is None else int(match[3])
    return {"image": path.stem} | _row_b(int(match[1]), f"P{match[2]}", azimuth, path.stem[11:])


def _row_b(number: int, pose: str, azimuth: int | None, light: str) -> Row:
    side = "ambient"
    if azimuth is not None:
        side = [name for start, name in _SIDES if azimuth >= start][-1]
    return {
        "label": f"yaleB{number}",
        "group": f"yaleB{number}/{pose}/{side}",
        "session": f"sitting{number}",
        "pose": pose,
        "light": light.lstrip("_"),
        "side": side,
        "box": "fixed" if number in FIXED_BOX else "round the face",
    }


def _twin_row_b(label: int, instance: int) -> Row:
    pose, light = divmod(instance, _LIGHTS + 1)
    number, name = SUBJECTS_B[label], f"P{pose:02}"
    azimuth = None if light == _LIGHTS else round(-130 + 260 * light / (_LIGHTS - 1))
    image = f"yaleB{number}_{name}L{light:02}"
    return {"image": image} | _row_b(number, name, azimuth, f"L{light:02}")


_FACES = dict.fromkeys(("level", "gradient", "gain", "offset", "noise"), 0.2)
# A forehead is lit by each shot as well; under it only a strong lamp of the sitting is seen.
_LAMP = {"level": 1.0, "gradient": 2.0}

YALE_A = Dataset(
    name="yale_a",
    title="Yale faces A",
    folders=("yalefaces", "yale_a", "yale"),
    layout=_describe_a,
    n_images=len(_EXPECTED_A),
    n_classes=15,
    expected=_EXPECTED_A,
    state="real",
    paper_row="yale_a",
    source="no stable official archive (165 GIF files, 320x243)",
    terms="research; may not be put into a larger database that is publicly distributed",
    citation="belhumeur1997eigenfaces",
    pictures=Pictures(
        False,
        "Faces of persons, for research; no larger public database without permission.",
        "the set's own readme",
    ),
    defects=(
        "Nine pairs of files are identical to the last byte under two names.",
        "The first and the last row of pixels are artefacts of the digitiser.",
        "Every person sat once: person, day and lamp are the same thing.",
    ),
    twin=Twin("face", (len(KINDS),) * 15, _twin_row_a, (243, 320), 1, _FACES | _LAMP),
    departs={
        "crop": "The paper does not say where on the forehead it cropped, and {copies} pairs of "
        "files are identical: a random split can train on a test image's copy. It tested "
        "{n_test:,} images once.",
        "whole": "The paper does not say to what size it resized; {size} is ours. {copies} pairs "
        "of files are identical, and the paper tested {n_test:,} images once.",
    },
)


# Of what is not the paper's set: a ninth of its images, each cut out again by others.
_DEPARTS_B: dict[Literal["crop", "whole"], str] = {
    "crop": "{n_images:,} of the paper's {n_paper:,} images, one pose of nine. They were cut out "
    "again by others in boxes that follow faces, so that the corner is another part of the wall.",
    "whole": "{n_images:,} of the paper's {n_paper:,} images, one pose of nine, cut out again by "
    "others; a net has a ninth as many to learn from.",
}


def _yale_b(name: str, title: str, poses: int, size: tuple[int, int]) -> Dataset:
    each = poses * (_LIGHTS + 1)
    return Dataset(
        name=name,
        title=title,
        folders=(name, "yaleb_p00") if poses == 1 else (name, "ExtendedYaleB"),
        layout=_describe_b,
        n_images=each * len(SUBJECTS_B),
        n_classes=len(SUBJECTS_B),
        state="derivative" if poses == 1 else "real",
        paper_row="yale_b",
        source="http://vision.ucsd.edu/~leekc/ExtYaleDatabase/ExtYaleB.html",
        terms="research; cite Georghiades et al. 2001",
        citation="georghiades2001few",
        pictures=Pictures(
            False,
            "Faces of persons, for research purposes.",
            "http://vision.ucsd.edu/~leekc/ExtYaleDatabase/ExtYaleB.html",
        ),
        defects=(
            "Every person sat once: person and set-up are the same thing.",
            *(
                (
                    "Only the frontal pose, cut out again by others: the box follows the face for "
                    "17 of 28 people, so which background is seen depends on the person.",
                )
                if poses == 1
                else ()
            ),
        ),
        twin=Twin("face", (each,) * len(SUBJECTS_B), _twin_row_b, size, 1, _FACES),
        departs=_DEPARTS_B if poses == 1 else {},
    )


YALE_B_P00 = _yale_b("yale_b_p00", "Yale faces B, frontal pose, cut out again", 1, (168, 192))
YALE_B = _yale_b("yale_b", "Extended Yale faces B, uncropped", _POSES, (120, 160))

STUDY = Study(
    name="yale",
    title="Yale: faces, one sitting a person",
    datasets=(YALE_A, YALE_B_P00, YALE_B),
    pages=(
        Page("yale", "yale_a"),
        # whole faces at their own 192x168 pixels take minutes a net
        Page("yale-b", "yale_b_p00", "faces B", parameters={"own_size_repeats": 1}),
        Page("yale-twin", "yale_a", "the twin", "quick", {"data": "simulated"}),
    ),
    profiles={
        "smoke": {
            "epochs": 2, "repeats": 2, "permutations": 99, "map_stride": 107, "map_epochs": 1,
        },
        "quick": {
            "epochs": 60, "repeats": 3, "permutations": 999, "map_stride": 54, "map_epochs": 20,
        },
        "paper": {
            "epochs": 120, "repeats": 10, "own_size_repeats": 3, "permutations": 9999,
            "map_stride": 27, "map_epochs": 40,
        },
    },
)  # fmt: skip

"""C. elegans muscle by age (Shamir et al. 2008): Table 6 of Dhar and Shamir (2021).

The negative control. Every image was taken by itself, through a long process by hand, so that no
session is shared within a class; the paper found corners at chance and whole images above.
"""

from __future__ import annotations

from pathlib import Path

from confoundlab.catalog.entry import (
    EXPOSURE,
    Archive,
    Dataset,
    Page,
    Pictures,
    Row,
    Study,
    Twin,
    lone,
)

AGES = ("day1", "day2", "day4", "day8")
# Table 6: images of each class in training and in the test of one fold.
TRAIN_EACH, TEST_EACH = 50, 7


def _describe(path: Path) -> Row | None:
    label = path.parent.name
    if not label:
        return None
    return _row(label, path.stem)


def _row(label: str, name: str) -> Row:
    row = lone(label, name)
    return row | {"session": row["image"]}


def _twin_row(label: int, instance: int) -> Row:
    return _row(AGES[label], f"{instance:02d}")


CELEGANS = Dataset(
    name="celegans",
    title="C. elegans muscle by age",
    folders=("celegans", "elegans"),
    layout=_describe,
    n_images=252,
    n_classes=len(AGES),
    state="real",
    paper_row="celegans",
    source="http://ome.grc.nia.nih.gov/iicbu2008/celegans.tar.gz",
    archive=Archive(
        (
            "http://ome.grc.nia.nih.gov/iicbu2008/celegans.tar.gz",
            "https://ome.irp.nia.nih.gov/iicbu2008/celegans.tar.gz",
        ),
        "tar.gz",
        known_hash="sha1:244404cb9504d39f765d2bf161a1ba32809e7256",
    ),
    terms="free download; cite Shamir et al. 2008",
    citation="shamir2008iicbu",
    pictures=Pictures(
        False,
        "Free to download; no licence that lets its images be published was found.",
        "http://ome.grc.nia.nih.gov/iicbu2008",
    ),
    defects=("The paper uses 57 images of each class and does not say which of the 252 they are.",),
    twin=Twin(
        "worm",
        (63,) * len(AGES),
        _twin_row,
        (192, 256),
        1,
        # with these spreads the twin's whole image is named about as often as the paper's
        dict.fromkeys(EXPOSURE, 1.0),
        sessions="image",
    ),
)

STUDY = Study(
    name="celegans",
    title="C. elegans: every image a session of its own",
    datasets=(CELEGANS,),
    pages=(Page("celegans", "celegans"),),
    profiles={
        "smoke": {"epochs": 10, "repeats": 2, "permutations": 999},
        "quick": {"epochs": 30, "repeats": 10, "permutations": 999},
        "paper": {"epochs": 120, "repeats": 10, "permutations": 9999},
    },
)

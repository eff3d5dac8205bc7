"""RNAi screens: Tables 2 and 5 of Dhar and Shamir (2021), and MitoCheck in their place.

The paper's set (Shamir et al. 2008) has ten genes of the fly, masked one by one, with twenty fields
of 1024x1024 pixels each; its sessions are not named in the files. MitoCheck (Neumann et al. 2010)
is another RNAi screen, of human cells; its file names give plate, date and place, which makes the
honest splits possible that the paper could not make.
"""

from __future__ import annotations

import re
from pathlib import Path

from confoundlab.catalog.entry import Archive, Dataset, Page, Pictures, Row, Study, Twin, lone

N_GENES, FIELDS_EACH = 10, 20

PHENOTYPES = {
    "ADCCM": 99, "Anaphase": 85, "Apoptosis": 308, "Binuclear": 346, "Elongated": 110,
    "Folded": 58, "Grape": 99, "Hole": 114, "Interphase": 420, "Large": 80, "Metaphase": 74,
    "MetaphaseAlignment": 176, "OutOfFocus": 325, "Polylobed": 473, "Prometaphase": 345,
    "SmallIrregular": 165,
}  # fmt: skip
# Pixels without the cell ask what the paper's background asks, the whole image what its cells ask.
_CORNER, _WHOLE = "crop 20x20 top-left", "whole image 32x32"
_OTHER_SESSION = ("plates apart", "dates apart", "plates apart, corners without a cell")
# plate map and replicate, date of the experiment, date of spotting, place on the slide, time point
_CELL = re.compile(
    r"PL(LT\d+)_(\d+)--ex([\d_]+)--sp([\d_]+)-{1,2}tt\d+--c\d+___P(\d+)_\d+___T(\d+)___X\d+___Y\d+.*"
)


def _describe_fields(path: Path) -> Row | None:
    label = path.parent.name
    return lone(label, path.stem) if label else None


def _twin_field(label: int, instance: int) -> Row:
    return lone(f"gene{label:02d}", f"{instance:02d}")


def _describe_cell(path: Path) -> Row | None:
    label, match = path.parent.name, _CELL.fullmatch(path.stem)
    if match is None or label not in PHENOTYPES:
        return None
    plate = f"{match[1]}_{match[2]}"
    return {
        "image": f"{label}/{path.stem}",
        "label": label,
        "group": f"{plate}/{match[5]}",  # the movie
        "session": match[3],  # the date of the experiment
        "plate": plate,
        "spotted": match[4],
        "position": match[5],
        "frame": int(match[6]),
    }


def _twin_cell(label: int, instance: int) -> Row:
    name = list(PHENOTYPES)[label]
    movie = f"{name}/movie{instance // 40}"
    return lone(name, f"{instance:03d}") | {"group": movie, "plate": movie}


RNAI = Dataset(
    name="rnai",
    title="RNAi, ten genes",
    folders=("rnai",),
    layout=_describe_fields,
    n_images=N_GENES * FIELDS_EACH,
    n_classes=N_GENES,
    state="real",
    paper_row=None,  # of its patches, not of its fields
    source="http://ome.grc.nia.nih.gov/iicbu2008/rnai.tar.gz",
    archive=Archive(
        (
            "http://ome.grc.nia.nih.gov/iicbu2008/rnai.tar.gz",
            "https://ome.irp.nia.nih.gov/iicbu2008/rnai.tar.gz",
        ),
        "tar.gz",
        known_hash="sha1:8de7f55c9a73b8d5050c8bc06f962de1d5a236ef",
    ),
    terms="free download; cite Shamir et al. 2008",
    citation="shamir2008iicbu",
    pictures=Pictures(
        False,
        "Free to download; no licence that lets its images be published was found.",
        "http://ome.grc.nia.nih.gov/iicbu2008",
    ),
    defects=("The files do not say which of them were taken in one session.",),
    twin=Twin(
        "cells",
        (FIELDS_EACH,) * N_GENES,
        _twin_field,
        (512, 512),
        1,
        dict.fromkeys(("level", "blur", "gain", "offset", "noise"), 0.3),
    ),
)

MITOCHECK = Dataset(
    name="mitocheck",
    title="MitoCheck cells",
    folders=("mitocheck_cells", "mitocheck"),
    layout=_describe_cell,
    n_images=sum(PHENOTYPES.values()),
    n_classes=len(PHENOTYPES),
    state="stand-in",
    paper_row=None,
    stands_in={
        "rnai_cells": (_WHOLE, ("random 80/20",)),
        "rnai_background": (_CORNER, ("random 80/20",)),
        "rnai_cells_other_session": (_WHOLE, _OTHER_SESSION),
        "rnai_background_other_session": (_CORNER, _OTHER_SESSION),
    },
    source="https://github.com/WayScience/phenotypic_profiling",
    terms="CC BY 4.0",
    citation="neumann2010mitocheck",
    pictures=Pictures(
        True,
        "CC BY 4.0; images given by the MitoCheck consortium.",
        "the licence file of https://github.com/WayScience/phenotypic_profiling",
    ),
    defects=(
        "Class is tied to acquisition: a movie holds four classes on average, some only one.",
        "Every crop has a nucleus in its middle, and a corner can hold a neighbour.",
        "Experts picked the cells, so the shares of the classes are not the screen's.",
    ),
    twin=Twin(
        "nucleus",
        tuple(PHENOTYPES.values()),
        _twin_cell,
        (64, 64),
        1,
        dict.fromkeys(("level", "blur", "gain", "offset", "noise"), 0.2),
    ),
)

STUDY = Study(
    name="rnai",
    title="RNAi: cells, plates and dates",
    datasets=(RNAI, MITOCHECK),
    # nets of patches of 60x60 pixels take half a minute each
    pages=(Page("rnai", "rnai", parameters={"repeats": 3}),),
    profiles={
        "smoke": {"epochs": 1, "repeats": 1, "permutations": 99},
        "quick": {"epochs": 20, "repeats": 2, "permutations": 999},
        "paper": {"epochs": 120, "repeats": 10, "permutations": 9999},
    },
)

"""COVID chest X-rays (Khan et al. 2020): the first two rows of Table 1 of Dhar and Shamir (2021).

CoroNet's set was put together from two sources: the COVID-19 class from pictures in papers and web
pages, the other three classes from one children's hospital. For COVID-19, class and source are the
same thing, so that no split can tell them apart.

The paper's own files were never published. Here the set is rebuilt from the original sources with
CoroNet's counts: the lossless corners of every image, and every whole image reduced to 128x128.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal

import numpy as np

from confoundlab.catalog.entry import (
    EXPOSURE,
    Dataset,
    Packed,
    Page,
    Pictures,
    Row,
    Study,
    Twin,
    lone,
)

COUNTS = {"bacteria": 330, "covid": 284, "normal": 310, "virus": 327}
# Training and test images of the paper's two-class set. At most 284 of them show COVID-19; how the
# others were drawn is not stated, so we draw them once, at random, from the three other classes.
N_TWO = 558 + 140


def _row(line: Mapping[str, str], two: bool) -> Row:
    label = line["cls"]
    return {
        "image": f"{label}/{line['file']}",
        "label": ("covid" if label == "covid" else "other") if two else label,
        # 47 numbers of persons occur in two classes; whether they are one person is not documented
        "group": f"{line['patient']}/{label}",
        "patient": line["patient"],
        "session": line["patient"].partition("_")[0],  # the source: ieee8023 or kermany
        "width": int(line["width"]),
        "height": int(line["height"]),
        "bytes": int(line["bytes"]),
        "format": line["format"],
        "mode": line["mode"],
        "jpeg_q00": line["jpeg_q00"] or "no JPEG",
    }


def _four(lines: Sequence[Mapping[str, str]]) -> list[Row | None]:
    return [_row(line, two=False) for line in lines]


def _two(lines: Sequence[Mapping[str, str]]) -> list[Row | None]:
    others = [place for place, line in enumerate(lines) if line["cls"] != "covid"]
    wanted = N_TWO - (len(lines) - len(others))
    drawn = set(np.random.default_rng(0).permutation(others)[:wanted].tolist())
    return [
        _row(line, two=True) if line["cls"] == "covid" or place in drawn else None
        for place, line in enumerate(lines)
    ]


def _twin_row(label: int, instance: int, names: Sequence[str]) -> Row:
    return lone(names[label], f"{instance:04d}")


# Why the paper's numbers need not come out again; of each set, whichever view it has.
_DEPARTS: dict[str, dict[Literal["crop", "whole"], str]] = {
    "covid2": {
        "crop": "Other files than the paper's, and others drawn for its second class. The "
        "commonest class makes {chance:.1%} of these images: the paper's {paper} would be "
        "worth less here than above the {even:.0%} that it names as chance.",
    },
    "covid2_whole": {
        "whole": "Other files than the paper's. The commonest class makes {chance:.1%} of these "
        "images, and not {even:.0%}: the paper's {paper} is hardly above it, as if its net had "
        "learned little.",
    },
    "covid4": {
        "crop": "Other files: the set was put together again from the original sources, with the "
        "paper's classes and not its images, and has {n_images:,} in place of its {n_paper:,}. The "
        "corners are those of other pictures.",
    },
    "covid4_whole": {
        "whole": "Other files: the set was put together again from the original sources, with the "
        "paper's classes and not its images, and has {n_images:,} in place of its {n_paper:,}.",
    },
}


def _dataset(
    kind: str,
    counts: Mapping[str, int],
    array: tuple[str, str],
    describe: Callable[[Sequence[Mapping[str, str]]], list[Row | None]],
) -> Dataset:
    file, key = array
    names = sorted(counts)
    return Dataset(
        name=kind,
        title=f"chest X-rays, {len(counts)} classes, {'corners' if key == 'corners' else 'whole'}",
        folders=("covid_cxr",),
        layout=Packed(file, key, "manifest.csv", describe),
        n_images=sum(counts.values()),
        n_classes=len(counts),
        state="rebuilt",
        paper_row=kind.removesuffix("_whole"),
        source="https://github.com/ieee8023/covid-chestxray-dataset and "
        "https://data.mendeley.com/datasets/rscbjbr9sj",
        terms="per image: CC BY 4.0 (Kermany); CC BY, BY-NC-SA, BY-NC-ND or none stated (COVID)",
        citation="khan2020coronet",
        pictures=Pictures(
            True,
            "The children's X-rays of Kermany et al. are CC BY 4.0. Each of the others has a "
            "licence of its own, or none; some forbid changed copies. None of these is shown.",
            "https://data.mendeley.com/datasets/rscbjbr9sj",
            only=("session", "kermany"),
        ),
        defects=(
            "Class and source are tied: COVID-19 comes from papers and web pages and shows adults, "
            "the other classes come from one children's hospital.",
            "The first value of the JPEG quantisation table tells normal from pneumonia.",
            "Files above 4 MiB were not to be had, which favours small COVID-19 files.",
        ),
        twin=Twin(
            "radiograph",
            tuple(counts[name] for name in names),
            partial(_twin_row, names=names),
            (128, 128),
            1,
            dict.fromkeys(EXPOSURE, 0.05),
        ),
        departs=_DEPARTS[kind],
    )


_TWO_COUNTS = {"covid": COUNTS["covid"], "other": N_TWO - COUNTS["covid"]}
_CORNERS, _WHOLE = ("corners64_gray.npz", "corners"), ("full128_gray.npz", "images")
COVID4 = _dataset("covid4", COUNTS, _CORNERS, _four)
COVID4_WHOLE = _dataset("covid4_whole", COUNTS, _WHOLE, _four)
COVID2 = _dataset("covid2", _TWO_COUNTS, _CORNERS, _two)
COVID2_WHOLE = _dataset("covid2_whole", _TWO_COUNTS, _WHOLE, _two)

STUDY = Study(
    name="covid",
    title="COVID: chest X-rays from two sources",
    datasets=(COVID4, COVID4_WHOLE, COVID2, COVID2_WHOLE),
    pages=(
        Page("covid", "covid4"),
        Page("covid-two", "covid2", "two classes"),
        Page("covid-twin", "covid4", "the twin", "quick", {"data": "simulated"}),
    ),
    profiles={
        "smoke": {"epochs": 2, "repeats": 2, "permutations": 99, "map_stride": 54, "map_epochs": 1},
        "quick": {
            "epochs": 30, "repeats": 3, "permutations": 999, "map_stride": 27, "map_epochs": 20,
        },
        "paper": {
            "epochs": 120, "repeats": 10, "own_size_repeats": 1, "permutations": 9999,
            "map_stride": 12, "map_epochs": 40,
        },
    },
)  # fmt: skip

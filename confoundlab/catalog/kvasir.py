"""Kvasir endoscopy (Pogorelov et al. 2017): the third row of Table 1 of Dhar and Shamir (2021).

Eight classes of findings in the digestive tract, as the endoscopy unit stored them. The set's own
page says that encoding settings can vary across it, and some pictures have a green inset that shows
how the instrument lies in the body; both differ by class.
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

CLASSES = (
    "dyed-lifted-polyps", "dyed-resection-margins", "esophagitis", "normal-cecum",
    "normal-pylorus", "normal-z-line", "polyps", "ulcerative-colitis",
)  # fmt: skip


_SOURCE = "https://datasets.simula.no/downloads/kvasir/"


def _describe(path: Path) -> Row | None:
    label = path.parent.name
    return lone(label, path.stem) if label in CLASSES else None


def _twin_row(label: int, instance: int) -> Row:
    return lone(CLASSES[label], f"{instance:04d}")


def _dataset(name: str, title: str, archive: str, each: int, row: str | None) -> Dataset:
    return Dataset(
        name=name,
        title=title,
        folders=(name, archive.removesuffix(".zip")),
        layout=_describe,
        n_images=each * len(CLASSES),
        n_classes=len(CLASSES),
        state="real",
        paper_row=row,
        source=_SOURCE + archive,
        terms="research and education; cite Pogorelov et al. 2017",
        citation="pogorelov2017kvasir",
        pictures=Pictures(
            False,
            "Pictures of patients, for research and education; nothing is said of publishing them.",
            "https://datasets.simula.no/kvasir/",
        ),
        defects=(
            "Encoding settings vary across the set, by its own page.",
            "A green inset shows how the instrument lies in some classes much oftener than in "
            "others.",
            "Patients are not named, so images of one patient can straddle a split.",
        ),
        twin=Twin(
            "endoscopy",
            (each,) * len(CLASSES),
            _twin_row,
            (128, 160),
            3,
            # with these spreads the twin's crop is named about as often as the paper's (Table 1)
            dict.fromkeys(EXPOSURE, 0.02) | {"encoding": 0.12},
        ),
        # about 300 kB an image; nobody published a checksum
        archive=Archive((_SOURCE + archive,), "zip", n_bytes=300_000 * each * len(CLASSES)),
    )


KVASIR = _dataset("kvasir", "Kvasir", "kvasir-dataset.zip", 500, "kvasir")
# The paper has 4,000 images, which is the first version; the second has no row in its tables.
KVASIR_V2 = _dataset("kvasir_v2", "Kvasir v2", "kvasir-dataset-v2.zip", 1000, None)

STUDY = Study(
    name="kvasir",
    title="Kvasir: endoscopy with settings of its own",
    datasets=(KVASIR, KVASIR_V2),
    pages=(Page("kvasir", "kvasir"),),
    profiles={
        "smoke": {
            "epochs": 2, "repeats": 1, "permutations": 99, "each": 40, "near_copies": False,
            "map_stride": 38, "map_epochs": 1,
        },
        "quick": {
            "epochs": 40, "repeats": 3, "permutations": 999, "each": 200, "map_stride": 19,
            "map_epochs": 20,
        },
        "paper": {
            "epochs": 120, "repeats": 10, "permutations": 9999, "map_stride": 12, "map_epochs": 40,
        },
    },
)  # fmt: skip

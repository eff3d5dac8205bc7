"""All studies and data sets by name. One short file a study; declarations only."""

from __future__ import annotations

from importlib import resources

import pandas as pd

from confoundlab.catalog import (
    celegans,
    coil,
    covid,
    kvasir,
    plates_real,
    remedies,
    rnai,
    sma_als,
    yale,
)
from confoundlab.catalog.entry import Dataset, Page, Study, TableSet
from confoundlab.errors import one_of

# In the order of the paper's tables; then the remedies, which take data sets of others, and plates.
STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        covid.STUDY,
        kvasir.STUDY,
        rnai.STUDY,
        yale.STUDY,
        coil.STUDY,
        celegans.STUDY,
        remedies.STUDY,
        sma_als.SMA,
        sma_als.ALS,
        plates_real.STUDY,
    )
}
DATASETS: dict[str, Dataset] = {
    entry.name: entry for each in STUDIES.values() for entry in each.datasets
}
PAGES: dict[str, tuple[Study, Page]] = {
    page.name: (each, page) for each in STUDIES.values() for page in each.pages
}
TABLES: dict[str, TableSet] = {
    entry.name: entry for each in STUDIES.values() for entry in each.tables
}


def study(name: str) -> Study:
    """Return a study by its name; raise `InputError` with the nearest name if there is none."""
    return STUDIES[one_of("study", name, STUDIES)]


def dataset(name: str) -> Dataset:
    """Return a data set by its name; raise `InputError` with the nearest name if there is none."""
    return DATASETS[one_of("data set", name, DATASETS)]


def read_manifest(entry: Dataset) -> pd.Series[str] | None:
    """Return the SHA-256 of every image's decoded pixels, by image name, where it is known."""
    file = resources.files(__package__) / "manifests" / f"{entry.name}.csv"
    if not file.is_file():
        return None
    with file.open(encoding="utf-8") as lines:
        return pd.read_csv(lines, index_col="image")["sha256"]

"""Tests never see the user's data or cache unless they ask for the real images by name."""

from __future__ import annotations

import dataclasses
import importlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from loopback import Server

from confoundlab import report
from confoundlab.calibration.designs import Cell
from confoundlab.calibration.rates import Coverage, replicate, summary
from confoundlab.catalog import Dataset, Row, dataset
from confoundlab.datasets import fetching
from confoundlab.datasets.download import Resuming
from confoundlab.images.imageset import ImageSet
from confoundlab.simulation.camera import simulate

mpl.use("Agg")
settings.register_profile("unhurried", deadline=None)  # a machine with other work is no failure
settings.load_profile("unhurried")
ROOT = Path(__file__).parents[1]
REAL_DATA = os.environ.get("CONFOUNDLAB_DATA")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Iterator:
    cache = tmp_path_factory.getbasetemp() / "cache"
    monkeypatch.setenv("CONFOUNDLAB_CACHE", str(cache))
    monkeypatch.delenv("CONFOUNDLAB_DATA", raising=False)
    monkeypatch.delenv("CONFOUNDLAB_RUN", raising=False)
    yield
    plt.close("all")


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> Path:
    if not REAL_DATA:
        pytest.skip("the real images are not here (CONFOUNDLAB_DATA is not set)")
    folder = Path(REAL_DATA).resolve()
    monkeypatch.setenv("CONFOUNDLAB_DATA", str(folder))
    return folder


def book_module(name: str) -> ModuleType:
    """Import a module of the book, which is no package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "book" / "builder")
        return importlib.import_module(name)


def small(name: str = "coil20", **changes: object) -> Dataset:
    """A catalogued data set with a twin that renders in a moment."""
    entry = dataset(name)
    row = entry.twin.row

    def spread(label: int, instance: int) -> Row:
        return row(label, 6 * instance)  # twelve views from a whole turn

    options = {"counts": (12,) * 4, "size": (48, 48), "row": spread, **changes}
    return dataclasses.replace(entry, twin=dataclasses.replace(entry.twin, **options))


@pytest.fixture(scope="session")
def twin() -> ImageSet:
    return simulate(small())


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def published() -> list[dict]:
    return report.published(ROOT / "results")


def bars(n=60, size=16, channels=1, seed=0):
    """Horizontal against vertical bars: easy to learn, and a mean level tells nothing."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    images = rng.integers(0, 60, (n, size, size, channels), dtype=np.uint8)
    for image, label, place in zip(images, labels, rng.integers(2, size - 3, n), strict=True):
        if label:
            image[place : place + 2] = 255
        else:
            image[:, place : place + 2] = 255
    return images, labels


@pytest.fixture(scope="session")
def calibrated(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """A calibration in small, in the form of the stored one."""
    cells = [
        ("null", "probe, ROC AUC", Cell(60)),
        ("null", "probe, ROC AUC", Cell(80, images_per_group=2, n_batches=2, layout="crossed")),
        ("null", "WRONG: groups ignored", Cell(80, images_per_group=8)),
        *(("power", "probe, ROC AUC", Cell(60, leak=leak)) for leak in (0.0, 1.0, 3.0)),
        *(("coverage", "interval", Coverage("accuracy", 10, truth=truth)) for truth in (0.5, 0.7)),
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONFOUNDLAB_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        return pd.DataFrame(
            {"kind": kind} | summary(test, cell, replicate(test, cell, range(20)))
            for kind, test, cell in cells
        )


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A server on this machine, asked without pauses and with little patience."""
    monkeypatch.setenv("CONFOUNDLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(fetching, "Resuming", partial(Resuming, timeout=(5.0, 0.3), pause=0.0))
    with Server() as made:
        yield made

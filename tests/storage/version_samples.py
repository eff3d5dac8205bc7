"""A few results of everything that has a version; run as a script, it stores them.

Run it after a version was raised (`confoundlab.storage.versions`), and only then: `test_versions`
compares.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from confoundlab.croppers.crops import (
    BlankestPatch,
    BorderRing,
    Box,
    Centre,
    CentreBlackout,
    Corner,
    EightPixels,
    MeanColour,
    Then,
    Whole,
)
from confoundlab.croppers.transforms import (
    FourierMagnitude,
    HaarApproximation,
    HighFrequencies,
    LowFrequencies,
    MeanLevel,
    Median,
    Normalised,
    SortedPixels,
    TileShuffle,
)
from confoundlab.evidence.conditional import partial_confounder_test
from confoundlab.evidence.differences import difference
from confoundlab.evidence.held_out import accuracy, roc_auc
from confoundlab.evidence.nuisance import cramers_v
from confoundlab.evidence.probes import probe
from confoundlab.inference.power import Design, minimum_detectable
from confoundlab.models.bank import train_bank
from confoundlab.models.lenet import Task
from confoundlab.plates.features.embeddings import embed
from confoundlab.plates.features.handcrafted import statistics
from confoundlab.plates.simulator.plateset import simulate
from confoundlab.storage.files import write_aside
from confoundlab.storage.versions import VERSIONS, Computing
from confoundlab.studies.predictions import forest_probabilities
from confoundlab.types import Pixels

STORE = Path(__file__).parent / "version_samples.json"
TRANSFORMS = (
    MeanLevel(),
    Normalised(),
    SortedPixels(),
    LowFrequencies(2),
    HighFrequencies(2),
    FourierMagnitude(),
    HaarApproximation(),
    Median(3),
    TileShuffle(4),
)
VIEWS = (
    Corner("top-right", 20, 20),
    Box(4, 6, 20, 24),
    Centre(20, 24),
    BorderRing(4),
    CentreBlackout(0.5),
    BlankestPatch(16, 16),
    MeanColour(),
    EightPixels(),
    Whole(20),
    *(Then(Corner("top-left", 20, 20), transform) for transform in TRANSFORMS),
)


def _images(n: int, side: int) -> tuple[Pixels, np.ndarray]:
    """Noise on a ramp, brighter by class: drawn from a seed whose stream NumPy keeps."""
    rng = np.random.RandomState(7)  # its stream is frozen, the new generators' is not
    labels = np.arange(n) % 2
    ramp = np.linspace(0, 60, side)[:, None] + np.linspace(0, 40, side)
    levels = ramp + rng.normal(60, 20, (n, side, side)) + 30 * labels[:, None, None]
    return levels.clip(0, 255).astype(np.uint8)[..., None], labels


def views() -> list[float]:
    """Mean and spread of what each view leaves of one image, in levels."""
    image = _images(1, 40)[0][0]
    shown = [view(image).astype(float) for view in VIEWS]
    return [float(number) for one in shown for number in (one.mean(), one.std())]


def learners() -> list[float]:
    """Probabilities of class 1 of four images, by two nets and a forest."""
    images, labels = _images(64, 20)
    rows = np.arange(64)
    tasks = [Task(labels, rows[8:], rows[:4], seed) for seed in (0, 1)]
    nets = train_bank(images, tasks, epochs=15, engine="torch", device="cpu").probabilities
    forest = forest_probabilities(images, tasks[0])
    return [float(one) for found in (*nets, forest) for one in found[:, 1]]


def embeddings() -> list[float]:
    """The first four features of two pictures."""
    images, _ = _images(2, 48)
    features = embed(np.repeat(images, 5, axis=3), side=64, keep=False)
    return [float(one) for one in features[:, :4].ravel()]


def plates() -> list[float]:
    """The mean level of each channel of a simulated site, and five statistics of it."""
    site = simulate("sma_pilot", "smoke").render(0)
    measured = statistics(site[None, :96, :96]).iloc[0, ::13]
    return [float(one) for one in (*site.mean(axis=(0, 1)), *measured)]


def evidence() -> list[float]:
    """Estimate, interval and p-value of one evidence of each kind."""
    rng = np.random.RandomState(11)
    n = 120
    labels, groups = np.arange(n) % 2, np.arange(n) // 4
    features = rng.normal(size=(n, 3)) + 0.6 * labels[:, None]
    scores = features[:, 0]
    named = pd.DataFrame(
        {
            "image": np.arange(n),
            "predicted": (scores > 0.3).astype(int),
            "confidence": 0.5 + 0.5 * np.abs(np.tanh(scores)),
            "repeat": 0,
        }
    )
    other = named.assign(predicted=(features[:, 1] > 0.3).astype(int))
    site = pd.DataFrame({"site": np.where(rng.uniform(size=n) < 0.5 + 0.3 * labels, "a", "b")})
    found = [
        probe(features, labels, groups=groups, n_permutations=99),
        accuracy(named, labels, groups, n_permutations=99),
        roc_auc(scores, labels, groups, n_permutations=99),
        difference(named, other, labels, groups, n_permutations=99),
        partial_confounder_test(named["predicted"], site, labels, groups, n_permutations=99),
    ]
    association = cramers_v(labels, site["site"])
    numbers = [
        number for one in found for number in (one.estimate, one.ci_low, one.ci_high, one.p_value)
    ]
    return [*map(float, numbers), float(association.estimate)]


def power() -> list[float]:
    """The smallest detectable value of two designs."""
    return [minimum_detectable(Design(60)), minimum_detectable(Design(40, 10, metric="ROC AUC"))]


# How far a number may lie from the stored one: other libraries and processors round otherwise.
SAMPLES = {
    "views": (views, 0.05),
    "learners": (learners, 2e-3),
    "embeddings": (embeddings, 2e-3),
    "plates": (plates, 0.02),
    "statistics": (evidence, 1e-3),
    "power": (power, 1e-3),
}


def sample(kind: Computing) -> dict[str, object]:
    """Return a kind's version and its results now."""
    return {"version": VERSIONS[kind], "numbers": [round(one, 5) for one in SAMPLES[kind][0]()]}


if __name__ == "__main__":
    text = json.dumps({kind: sample(kind) for kind in VERSIONS}, indent=1) + "\n"
    write_aside(STORE, lambda aside: aside.write_text(text, encoding="utf-8"))
    print(f"Stored in {STORE}.")

"""Measure what the engines gain over what a user would pick instead; print and store the table.

    python benchmarks/run.py            everything, some ten minutes; writes results/benchmarks/
    python benchmarks/run.py --quick    three rounds of the first rows, written nowhere

Rivals are timed in turn within one process, round by round, one thread each; a ratio is the median
of the rounds' ratios. Numbers per second depend on the machine, ratios much less. The comparison
of accuracies needs the real COIL-20 under CONFOUNDLAB_DATA and is left out without it.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import click
import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from scipy import stats
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GroupKFold, permutation_test_score
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from confoundlab.console import Command
from confoundlab.croppers.crops import Corner, Whole
from confoundlab.datasets import loading
from confoundlab.design import splits
from confoundlab.evidence.probes import Probe, ProbeMetric, probe
from confoundlab.models import bank
from confoundlab.models.lenet import LeNet5, Task
from confoundlab.models.lenet_simd import train_simd
from confoundlab.models.simd import WIDTH
from confoundlab.storage.files import write_aside
from confoundlab.storage.machine import cores
from confoundlab.types import Pixels

STORE = Path(__file__).parents[1] / "results" / "benchmarks" / "benchmarks.json"
ROWS = 1152  # COIL-20's training images
CASES = [
    (20, 1, 4), (20, 1, 20), (20, 3, 4), (20, 3, 20), (21, 1, 20),
    (60, 1, 10), (64, 1, 10), (128, 1, 10),
]  # fmt: skip
PACKAGES = ("confoundlab", "torch", "numba", "numpy", "scikit-learn")
Rate = Callable[[], float]
Step = Callable[[torch.Tensor, torch.Tensor], None]


def in_turn(rivals: dict[str, Rate], rounds: int, *, warm: bool = True) -> dict[str, Any]:
    """Run all rivals once a round, after one that is not counted if `warm`; the last is ours."""
    for one in rivals.values() if warm else ():
        one()
    rates = np.array([[one() for one in rivals.values()] for _ in range(rounds)])
    ratios = rates[:, -1:] / rates[:, :-1]
    found: dict[str, Any] = {
        name: float(np.median(column)) for name, column in zip(rivals, rates.T, strict=True)
    }
    for name, column in zip(rivals, ratios.T, strict=False):
        low, middle, high = np.quantile(column, [0.25, 0.5, 0.75])
        found[f"over {name}"] = {"median": middle, "quartiles": [low, high]}
    return found


def lenet_case(size: int, channels: int, classes: int, rounds: int) -> dict[str, Any]:
    """Measure samples a second of training, one thread: from files, in memory, and ours."""
    rng = np.random.default_rng(0)
    rows = ROWS if size < 40 else 10 * 32
    images = rng.integers(0, 256, (rows, size, size, channels), dtype=np.uint8)
    labels = rng.permutation(np.arange(rows) % classes)
    net = LeNet5(size, size, channels, classes)
    inputs = torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().float() / 255
    targets = torch.from_numpy(labels)
    optimiser = torch.optim.Adam(net.parameters())

    def step(x: torch.Tensor, y: torch.Tensor) -> None:
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        optimiser.step()

    def plain() -> float:
        torch.set_flush_denormal(False)  # as PyTorch comes
        started = time.perf_counter()
        for batch in torch.randperm(rows).split(32):
            step(inputs[batch], targets[batch])
        return rows / (time.perf_counter() - started)

    epochs = 20 if size < 40 else 2  # so that setting up a net is as small a part as it is in use
    task = Task(labels, np.arange(rows - 1), np.array([rows - 1]))

    def ours() -> float:
        torch.set_flush_denormal(True)  # as `train_bank` sets it in its threads
        started = time.perf_counter()
        train_simd(images, task, np.zeros(epochs), 1e-3, lambda: None)
        return rows * epochs / (time.perf_counter() - started)

    case = {"input": f"{size}x{size}x{channels}", "classes": classes}
    if size > 20:
        return case | in_turn({"plain PyTorch": plain, "ours": ours}, rounds)
    with tempfile.TemporaryDirectory() as folder:
        crop = transforms.Lambda(lambda image: image.crop((108, 0, 128, 20)))
        whole = save(photographs(rows, channels), labels, Path(folder) / "whole")
        cut = save(images, labels, Path(folder) / "cut")
        rivals = {
            "files, cropped as read": from_files(whole, channels, step, [crop]),
            "files of crops": from_files(cut, channels, step, []),
            "plain PyTorch": plain,
            "ours": ours,
        }
        return case | in_turn(rivals, rounds)


def photographs(rows: int, channels: int) -> Pixels:
    """Simulate turntable views of COIL's size, 128 x 128: files of pure noise read otherwise."""
    name = "coil20" if channels == 1 else "coil100"
    twin = loading.load(name, "simulated", each=12)
    return np.resize(twin.array(Whole(128)), (rows, 128, 128, channels))


def save(images: Pixels, labels: npt.NDArray[np.int64], folder: Path) -> Path:
    """Write PNG files into a folder a class, as `ImageFolder` wants them."""
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        place = folder / f"{label:02d}"
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.squeeze()).save(place / f"{number}.png")
    return folder


def from_files(folder: Path, channels: int, step: Step, prepare: list[Any]) -> Rate:
    """Train from files, as the tutorials do: `ImageFolder`, `DataLoader`, the same net."""
    gray = [transforms.Grayscale()] if channels == 1 else []
    steps = transforms.Compose([*prepare, *gray, transforms.ToTensor()])
    files = datasets.ImageFolder(folder, steps)

    def rate() -> float:
        torch.set_flush_denormal(False)
        started = time.perf_counter()
        for x, y in DataLoader(files, batch_size=32, shuffle=True):
            step(x, y)
        return len(files) / (time.perf_counter() - started)

    return rate


def operations(size: int, channels: int, classes: int) -> float:
    """Floating-point operations to train on one image: forward, and twice that backward."""
    first = size - 4
    second = first // 2 - 4
    conv1, conv2 = 6 * channels * 25 * first**2, 16 * 6 * 25 * second**2
    dense = 16 * (second // 2) ** 2 * 120 + 120 * 84 + 84 * classes
    return 2.0 * (3 * (conv1 + conv2 + dense) - conv1)  # the images need no gradient


def sgemm() -> float:
    """Operations a second of a 1024 matrix product in single precision, one thread."""
    a = torch.rand(1024, 1024)
    seconds = []
    for _ in range(15):
        started = time.perf_counter()
        a @ a
        seconds.append(time.perf_counter() - started)
    return 2 * 1024**3 / float(np.median(seconds))


def two_cores(rounds: int) -> dict[str, Any]:
    """Measure samples a second of a bank of 16 tasks on one core and on two."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (1440, 20, 20, 1), dtype=np.uint8)
    labels = np.arange(1440) % 20
    tasks = [Task(labels, *splits.stratified(labels, seed=seed), seed) for seed in range(16)]
    everyone = os.sched_getaffinity(0)

    def on(cores: int) -> Rate:
        def rate() -> float:
            os.sched_setaffinity(0, set(sorted(everyone)[:cores]))
            try:
                result = bank.train_bank(images, tasks, epochs=8, engine="simd")
            finally:
                os.sched_setaffinity(0, everyone)
            return 16 * 8 * ROWS / result.seconds

        return rate

    return in_turn({"one core": on(1), "ours": on(2)}, rounds)


def probe_case(rounds: int, permutations: int = 4) -> dict[str, Any]:
    """Measure permutations a second; scikit-learn's are timed for a few and extrapolated."""
    rng = np.random.default_rng(0)
    n, d, k = 2000, 500, 10
    features, groups = rng.normal(size=(n, d)), np.arange(n) // 10
    target = rng.integers(0, k, n)
    ready = Probe(features, groups=groups)

    def slow(model: Any) -> Rate:
        def rate() -> float:
            started = time.perf_counter()
            permutation_test_score(
                model, features, target, groups=groups, cv=GroupKFold(5),
                n_permutations=permutations, scoring="balanced_accuracy",
            )  # fmt: skip
            return (permutations + 1) / (time.perf_counter() - started)

        return rate

    def ours() -> float:
        started = time.perf_counter()
        probe(features, target, groups=groups, n_permutations=1000, metric="balanced accuracy")
        return 1001 / (time.perf_counter() - started)

    def again(metric: ProbeMetric) -> float:
        started = time.perf_counter()
        ready.test(target, n_permutations=1000, metric=metric)
        return 1001 / (time.perf_counter() - started)

    rivals = {
        "scikit-learn, logistic regression": slow(LogisticRegression(max_iter=1000)),
        "scikit-learn, ridge": slow(RidgeClassifier()),
        "ours": ours,
    }
    found = in_turn(rivals, rounds)
    further: dict[str, ProbeMetric] = {
        "ours, further target": "balanced accuracy",
        "ours, further target, ROC AUC": "ROC AUC",
    }
    return (
        {"n": n, "d": d, "classes": k, "timed permutations": permutations}
        | found
        | {
            name: float(np.median([again(metric) for _ in range(rounds)]))
            for name, metric in further.items()
        }
    )


def same_science(seeds: int = 20) -> dict[str, Any]:
    """Paired accuracies of the two engines on real COIL-20 crops, the paper's settings."""
    images = loading.load("coil20", "real")
    crops = images.array(Corner("top-right", 21, 21))
    tasks = [
        Task(images.labels, *splits.stratified(images.labels, seed=seed), seed)
        for seed in range(seeds)
    ]
    right, seconds = {}, {}
    for engine in ("torch", "simd"):
        result = bank.train_bank(crops, tasks, epochs=120, engine=engine)
        seconds[engine] = result.seconds
        right[engine] = [
            float((chances.argmax(1) == images.labels[task.test]).mean())
            for chances, task in zip(result.probabilities, tasks, strict=True)
        ]
    gap = np.subtract(right["simd"], right["torch"])
    low, high = stats.t.interval(0.95, seeds - 1, gap.mean(), gap.std(ddof=1) / np.sqrt(seeds))
    return {
        "data": images.digest, "seeds": seeds, "epochs": 120, "accuracies": right,
        "mean difference": float(gap.mean()), "95% interval": [float(low), float(high)],
        "seconds": seconds,
    }  # fmt: skip


@click.command(cls=Command)
@click.option("--quick", is_flag=True, help="Three rounds of the first rows; nothing is stored.")
def main(quick: bool) -> None:
    """Measure the engines against what a user would pick instead."""
    torch.set_num_threads(1)
    rounds = 3 if quick else 7
    found: dict[str, Any] = {
        "versions": {name: metadata.version(name) for name in PACKAGES},
        "machine": f"{platform.system()} {platform.machine()}, {cores()} cores, {WIDTH} lanes",
        "threads": 1, "rounds": rounds, "sgemm": sgemm(), "lenet": [],
    }  # fmt: skip
    for case in CASES[:2] if quick else CASES:
        row = lenet_case(*case, rounds)
        row["share of sgemm"] = row["ours"] * operations(*case) / found["sgemm"]
        found["lenet"].append(row)
        click.echo(json.dumps(row))
    found["two cores"] = two_cores(rounds)
    click.echo(json.dumps(found["two cores"]))
    if not quick:
        found["probe"] = probe_case(3)
        click.echo(json.dumps(found["probe"]))
        if loading.available("coil20") == "real":
            found["same science"] = same_science()
            click.echo(json.dumps(found["same science"]))
        text = json.dumps(found, indent=1)
        write_aside(STORE, lambda aside: aside.write_text(text + "\n", encoding="utf-8"))
        click.echo(f"stored in {STORE}")


if __name__ == "__main__":
    main()

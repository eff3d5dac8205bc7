"""LeNet-5 with one of the choices that the paper leaves open made otherwise.

Dhar and Shamir (2021, section 3) state neither learning rate nor batch, pooling or scale of pixels,
and for two classes a sigmoid with binary cross entropy. Each `Variant` changes one of them; plain
PyTorch trains it, because the fast engines know one net only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
import torch
from torch import nn

from confoundlab.errors import InputError
from confoundlab.evidence import held_out
from confoundlab.evidence.record import Evidence
from confoundlab.models.lenet import (
    AS_THEY_ARE,
    LeNet5,
    Standardised,
    Task,
    as_inputs,
    fresh_net,
    scale_of,
)
from confoundlab.storage.files import text_digest
from confoundlab.storage.versions import computed_by
from confoundlab.studies import store
from confoundlab.studies.predictions import table_of
from confoundlab.types import Indices, Pixels, Probabilities

_POOLS = (3, 6)  # layers of `LeNet5`
_AT_ONCE = 256  # images a step where nothing is learned


@dataclass(frozen=True)
class Variant:
    """A way of training; the defaults are ours.

    Parameters
    ----------
    learning_rate, batch_size : float, int
        Of Adam.
    pooling : {"largest", "mean"}
        Of 2x2 pixels; LeCun's net of 1998 took means.
    pixels : {"standardised", "divided by 255"}
        Their scale.
    output : {"softmax", "sigmoid"}
        Of two classes: two outputs with cross entropy, or one with binary cross entropy.
    """

    learning_rate: float = 1e-3
    batch_size: int = 32
    pooling: Literal["largest", "mean"] = "largest"
    pixels: Literal["standardised", "divided by 255"] = "standardised"
    output: Literal["softmax", "sigmoid"] = "softmax"


OURS = Variant()
CHOICES: tuple[tuple[str, str, Variant], ...] = (
    ("none", "our own settings", OURS),
    ("learning rate", "0.0003", replace(OURS, learning_rate=3e-4)),
    ("learning rate", "0.003", replace(OURS, learning_rate=3e-3)),
    ("images in a batch", "8", replace(OURS, batch_size=8)),
    ("images in a batch", "128", replace(OURS, batch_size=128)),
    ("pooling", "mean", replace(OURS, pooling="mean")),
    ("scale of the pixels", "divided by 255", replace(OURS, pixels="divided by 255")),
)
"""What is changed, to what, and how: one choice at a time."""
SIGMOID = ("output and loss", "sigmoid, binary cross entropy", replace(OURS, output="sigmoid"))
"""For two classes."""


def train(shown: Pixels, task: Task, variant: Variant, epochs: int) -> Probabilities:
    """Train one net and ask it; return probabilities, shape (tested images, classes).

    Initial weights and the order of images are those that our own net of the same seed has; a
    sigmoid's single output starts from the difference of the two.

    Parameters
    ----------
    shown : ndarray of uint8, shape (n, height, width, channels)
        What the net sees.
    task : Task
        Labels, rows and seed.
    variant : Variant
        How it is trained.
    epochs : int
        Passes over the training images.

    Raises
    ------
    InputError
        A sigmoid for more than two classes.
    """
    net, orders = fresh_net(task, shown)
    _change(net, variant, scaled_by=shown, rows=task.train)
    inputs, targets = as_inputs(shown[task.train]), torch.as_tensor(task.labels[task.train])
    one = variant.output == "sigmoid"
    optimiser = torch.optim.Adam(net.parameters(), lr=variant.learning_rate)
    for _ in range(epochs):
        for batch in torch.split(next(orders), variant.batch_size):
            optimiser.zero_grad()
            out, wanted = net(inputs[batch]), targets[batch]
            loss = (
                nn.functional.binary_cross_entropy_with_logits(out[:, 0], wanted.float())
                if one
                else nn.functional.cross_entropy(out, wanted)
            )
            loss.backward()
            optimiser.step()
    with torch.no_grad():
        parts = np.array_split(task.test, -(-len(task.test) // _AT_ONCE))
        out = torch.cat([net.eval()(as_inputs(shown[part])) for part in parts])
    chances = torch.cat([1 - out.sigmoid(), out.sigmoid()], 1) if one else out.softmax(1)
    return np.asarray(chances.numpy(), np.float32)


def _change(net: LeNet5, variant: Variant, *, scaled_by: Pixels, rows: Indices) -> None:
    """Make an initial net that of a variant, in place."""
    if variant.pooling == "mean":
        for place in _POOLS:
            net[place] = nn.AvgPool2d(2)
    if variant.pixels == "divided by 255":
        margin = net[0].padding
        assert isinstance(margin, tuple)
        net[0] = Standardised(margin, AS_THEY_ARE)
    else:
        assert net.scale == scale_of(scaled_by, rows)
    if variant.output == "sigmoid":
        last = net[-1]
        assert isinstance(last, nn.Linear)
        if last.out_features != 2:
            raise InputError(
                f"A sigmoid tells two classes apart, not {last.out_features}: take softmax."
            )
        single = nn.Linear(last.in_features, 1)
        with torch.no_grad():
            single.weight.copy_(last.weight[1:] - last.weight[:1])
            single.bias.copy_(last.bias[1:] - last.bias[:1])
        net[-1] = single


def measure(
    shown: Pixels,
    tasks: list[Task],
    groups: Indices,
    variant: Variant,
    epochs: int,
    pixels: str,
    seed: int = 0,
) -> Evidence:
    """Train a variant on each task and score it as a study does: accuracy, groups resampled.

    Parameters
    ----------
    shown, tasks, variant, epochs
        As `train` takes them; tasks share their labels.
    groups : ndarray of int, shape (n,)
        Of all images.
    pixels : str
        Digest of the images and name of the view: nets are found again by it.
    seed : int
        Of the resampling.
    """
    tables = []
    for place, task in enumerate(tasks):
        inputs = {
            "what": "variant",
            "computed_by": computed_by("views", "learners"),
            "pixels": pixels,
            "variant": variant.__dict__,
            "epochs": epochs,
            "split": text_digest(task.train.tobytes().hex(), task.test.tobytes().hex()),
            "seed": task.seed,
        }
        known = store.find(inputs)
        if known is None:
            table = table_of(task.test, train(shown, task, variant, epochs))
            known = store.keep(inputs, table, {"engine": f"torch {torch.__version__}, cpu"})
        tables.append(known.table.assign(repeat=place))
    told = pd.concat(tables, ignore_index=True)
    chances = told.filter(regex=r"^p\d+$").to_numpy()
    told = told.assign(predicted=chances.argmax(axis=1), confidence=chances.max(axis=1))
    return held_out.accuracy(told, tasks[0].labels, groups, n_permutations=1, seed=seed)

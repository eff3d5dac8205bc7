"""Which factor can mislead a classifier, and what whole images are worth under three splits.

Serves step five of an audit: random against grouped against leave-a-factor-out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from confoundlab.auditing.features import colour_of, statistics
from confoundlab.auditing.pixels import FEW, apart
from confoundlab.auditing.readers.tables import listed
from confoundlab.auditing.state import Audit, Tested
from confoundlab.croppers.crops import Whole
from confoundlab.design import splits
from confoundlab.design.aliasing import identifiability
from confoundlab.design.factors import kinds_of, levels_of
from confoundlab.design.splits import Split
from confoundlab.errors import InputError
from confoundlab.evidence.nuisance import factor_map, probe_within_classes
from confoundlab.types import Numbers

_MAPPED = 499  # permutations of the factor map
_LEFT_OUT = 5  # levels of a factor that are left out in turn
_FACTORS_LEFT_OUT = 3


def seen(audit: Audit) -> Numbers:
    """Return what a probe of factors sees: embeddings, or statistics and small whole images."""
    if audit.material.features is not None:
        return audit.material.features
    colour = colour_of(audit.images)
    whole = audit.images.array(Whole(32), colour)
    small = audit.images.array(Whole(12), colour).reshape(len(audit.images), -1) / 255
    parts = list(statistics(whole).values())
    parts += [
        one.features for one in audit.tested if one.words == "corners" and one.features is not None
    ]
    return np.hstack([small, *parts])


def factors(audit: Audit) -> None:
    """Place each factor by what it says about the label and how well pixels tell it."""
    material = audit.material
    if not material.factors.shape[1]:
        return
    audit.tell("which factor can mislead")
    x = seen(audit)
    try:
        placed = factor_map(
            x,
            material.factors,
            audit.labels,
            audit.groups,
            kinds=material.kinds,
            n_permutations=min(_MAPPED, audit.run.permutations),
            seed=audit.run.seed,
        )
    except InputError as error:
        audit.say("factors", str(error))
        return
    audit.tables["factors"] = placed
    inside = []
    for name, kind in kinds_of(material.factors, material.kinds).items():
        try:
            levels = levels_of(material.factors[name], kind, name)
            found = probe_within_classes(
                x, levels, audit.labels, audit.groups, n_permutations=FEW,
                folds=audit.folds, random_state=audit.run.seed,
            )  # fmt: skip
        except InputError:
            continue
        inside.append(found.assign(factor=name))
    if inside:
        audit.tables["factors inside classes"] = pd.concat(inside, ignore_index=True)


def compared_splits(audit: Audit) -> None:
    """Measure whole images under a random split, with groups apart, and with a factor left out."""
    if audit.material.images is None or not audit.effort.nets:
        return
    audit.tell("whole images under three splits")
    colour, n = colour_of(audit.images), audit.effort.nets
    plans = {"random 80/20": [splits.stratified(audit.labels, seed=seed) for seed in range(n)]}
    grouped = len(np.unique(audit.groups)) < len(audit.groups) and audit.straddling is None
    if grouped:
        plans["80/20, groups apart"] = apart(audit)
    plans |= _factors_left_out(audit)
    for name, parts in plans.items():
        measured = audit.run.measure(
            audit.images, Whole(32), name, parts, epochs=audit.effort.epochs, colour=colour,
            row=audit.material.name, session="",
        )  # fmt: skip
        audit.tested.append(Tested("whole images", f"whole images, {name}", measured.record))


def _factors_left_out(audit: Audit) -> dict[str, list[Split]]:
    found: dict[str, list[Split]] = {}
    table, labels, factors = audit.material.table, audit.labels, audit.material.factors
    if not factors.shape[1]:
        return found
    for name, kind in kinds_of(factors, audit.material.kinds).items():
        if kind != "classes":
            continue
        levels = levels_of(factors[name], kind, name)
        if not identifiability(table["label"], levels, name=name).separable:
            continue
        parts = []
        for level in pd.Series(levels).value_counts().index[:_LEFT_OUT]:
            split = splits.leave_out(levels, level)
            known = set(labels[split.train].tolist())
            if (
                len(set(labels[split.test].tolist())) > 1
                and set(labels[split.test].tolist()) <= known
            ):
                parts.append(split)
        if len(parts) > 1:
            found[f"one {name} left out"] = parts
    names = list(found)
    if names[_FACTORS_LEFT_OUT:]:
        more = listed(names[_FACTORS_LEFT_OUT:])
        audit.say("splits", f"Not measured, to save time: {more}.")
    return {name: found[name] for name in names[:_FACTORS_LEFT_OUT]}

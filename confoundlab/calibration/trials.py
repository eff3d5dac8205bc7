"""One trial of every test on data with known truth: what `calibration` repeats hundreds of times.

Without a leak all p-values must be uniform.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from confoundlab.calibration.designs import Drawn
from confoundlab.calibration.fits import (
    all_columns,
    any_label,
    fit_once,
    halves,
    scores_of,
    table_of,
)
from confoundlab.design.splits import grouped
from confoundlab.evidence import conditional, differences, held_out, nuisance
from confoundlab.evidence.probes import Probe
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Verdict, verdict, verdicts
from confoundlab.models import bank
from confoundlab.models.lenet import Task

PERMUTATIONS = 199  # 5 % is reached exactly: p <= 10 / 200
MANY = 1999  # where p-values are multiplied by twenty, and by two for both tails

Trial = Callable[[Drawn], dict[str, Any]]


def _of(found: Evidence, **options: Any) -> dict[str, Any]:
    said = verdict(found, **options).verdict
    return {
        "p": found.p_value,
        "p_below": found.p_below,
        "estimate": found.estimate,
        "minimum_detectable": found.minimum_detectable,
        "smallest_p": found.smallest_p,
        "leak": said == Verdict.LEAK,
        "inverted": said == Verdict.INVERTED,
        "no_leak": said == Verdict.NO_LEAK_FOUND,
    }


def _probe(data: Drawn, **options: Any) -> Evidence:
    nested = len(np.unique(np.c_[data.batches, data.labels], axis=0)) == data.batches.max() + 1
    several = data.batches.max() > 0
    # whole batches where each holds one class; inside batches where the label leans on them
    groups = data.batches if several and nested else data.groups
    blocks = data.batches if several and not nested else None
    ready = Probe(data.features, groups=groups, random_state=data.seed)
    return ready.test(data.labels, blocks=blocks, n_permutations=PERMUTATIONS, **options)


def _probe_auc(data: Drawn) -> dict[str, Any]:
    return _of(_probe(data))


def _probe_recall(data: Drawn) -> dict[str, Any]:
    return _of(_probe(data, metric="balanced accuracy"))


def _probe_stopped(data: Drawn) -> dict[str, Any]:
    return _of(_probe(data, stop_after=20))


def _groups_ignored(data: Drawn) -> dict[str, Any]:
    ready = Probe(data.features, random_state=data.seed)
    return _of(ready.test(data.labels, n_permutations=PERMUTATIONS))


def _held_out_accuracy(data: Drawn) -> dict[str, Any]:
    table = fit_once(data, all_columns(data), test_share=0.5, seed=data.seed)
    found = held_out.accuracy(
        table, data.labels, data.groups, n_permutations=PERMUTATIONS, seed=data.seed
    )
    return _of(found)


def _five_fits(data: Drawn) -> dict[str, Any]:
    fits = [
        fit_once(data, all_columns(data), test_share=0.2, seed=10 * data.seed + fit).assign(
            repeat=fit
        )
        for fit in range(5)
    ]
    found = held_out.accuracy(
        pd.concat(fits), data.labels, data.groups, n_permutations=PERMUTATIONS, seed=data.seed
    )
    return _of(found)


def _held_out_auc(data: Drawn) -> dict[str, Any]:
    train, test = grouped(data.labels, data.groups, test_share=0.5, seed=data.seed)
    found = held_out.roc_auc(
        scores_of(data, all_columns(data), train, test),
        data.labels[test],
        data.groups[test],
        n_permutations=PERMUTATIONS,
        seed=data.seed,
    )
    return _of(found)


def _difference(data: Drawn, *, balanced: bool = False) -> dict[str, Any]:
    free = any_label(data)
    first, second = (fit_once(free, side, test_share=0.5, seed=data.seed) for side in halves(data))
    found = differences.difference(
        first, second, free.labels, free.groups,
        balanced=balanced, n_permutations=PERMUTATIONS, seed=data.seed,
    )  # fmt: skip
    return _of(found)


def _difference_in_auc(data: Drawn) -> dict[str, Any]:
    free = any_label(data)
    train, test = grouped(free.labels, free.groups, test_share=0.5, seed=data.seed)
    first, second = (scores_of(free, side, train, test) for side in halves(data))
    found = differences.difference_in_auc(
        first, second, free.labels[test], free.groups[test],
        n_permutations=PERMUTATIONS, seed=data.seed,
    )  # fmt: skip
    return _of(found)


def _gaps(data: Drawn) -> tuple[list[float], int]:
    """Differences in accuracy of two learners over ten random splits, and the images tested on."""
    free, gaps, n_test = any_label(data), [], 0
    for repeat in range(10):
        right = []
        for side in halves(data):
            table = fit_once(free, side, test_share=0.2, seed=10 * data.seed + repeat)
            truth = free.labels[table["image"].to_numpy()]
            right.append(float((table["predicted"].to_numpy() == truth).mean()))
            n_test = len(table)
        gaps.append(right[0] - right[1])
    return gaps, n_test


def _corrected_t(data: Drawn) -> dict[str, Any]:
    gaps, n_test = _gaps(data)
    found = differences.corrected_resampled_t(
        gaps, n_train=len(data.labels) - n_test, n_test=n_test
    )
    return {"p": found.p_value, "estimate": found.estimate}


def _usual_t(data: Drawn) -> dict[str, Any]:
    gaps, _ = _gaps(data)
    return {"p": float(stats.ttest_1samp(gaps, 0).pvalue) if np.ptp(gaps) else 1.0}


def _partial_confounder(data: Drawn) -> dict[str, Any]:
    """Predictions and factors both lean on the label, and not on each other."""
    rng = np.random.default_rng([data.seed, 3])
    classes = int(data.labels.max()) + 1
    first = np.unique(data.groups, return_index=True)[1]
    label = data.labels[first]
    guess = rng.integers(0, classes, len(label))
    named = np.where(rng.random(len(label)) < 0.5, label, guess)
    factors = pd.DataFrame(
        {
            "site": np.where(
                rng.random(len(label)) < 0.5, label, guess[rng.permutation(len(guess))]
            ),
            "dose": label + rng.normal(size=len(label)),
        }
    )
    found = conditional.partial_confounder_test(
        named[data.groups], factors.iloc[data.groups].reset_index(drop=True), data.labels,
        data.groups, n_permutations=PERMUTATIONS, seed=data.seed,
    )  # fmt: skip
    return {"p": found.p_value, "estimate": found.estimate, "smallest_p": found.smallest_p}


def _factor_given_label(data: Drawn) -> dict[str, Any]:
    """Probe for a site that leans on the label; features know the label and not the site."""
    rng = np.random.default_rng([data.seed, 4])
    first = np.unique(data.groups, return_index=True)[1]
    label = data.labels[first] % 2
    site = np.where(rng.random(len(label)) < 0.5, label, rng.integers(0, 2, len(label)))
    features = data.features + data.labels[:, None]
    ready = Probe(features, groups=data.groups, random_state=data.seed)
    found = ready.test(site[data.groups], blocks=data.labels, n_permutations=PERMUTATIONS)
    return _of(found)


def _label_from_factors(data: Drawn) -> dict[str, Any]:
    rng = np.random.default_rng([data.seed, 5])
    n = int(data.groups.max()) + 1
    factors = pd.DataFrame({"site": rng.integers(0, 3, n), "dose": rng.normal(size=n)})
    found = nuisance.label_from_factors(
        factors.iloc[data.groups], data.labels, data.groups,
        n_permutations=PERMUTATIONS, random_state=data.seed,
    )  # fmt: skip
    return _of(found)


def _family_of_five(data: Drawn) -> dict[str, Any]:
    """Five columns at once, corrected by Holm: any LEAK is a false alarm."""
    rng = np.random.default_rng([data.seed, 6])
    ready = Probe(data.features, groups=data.groups, random_state=data.seed)
    first = np.unique(data.groups, return_index=True)[1]
    label = data.labels[first]
    found = [
        ready.test(rng.permutation(label)[data.groups], n_permutations=PERMUTATIONS)
        for _ in range(5)
    ]
    judged = verdicts([(one, {}) for one in found])
    return {
        "p": min(one.p_adjusted for one in judged if one.p_adjusted is not None),
        "leak": any(one.verdict == Verdict.LEAK for one in judged),
    }


def _page_of_twenty(data: Drawn) -> dict[str, Any]:
    """Twenty honest controls judged together: any LEAK or INVERTED is a false alarm."""
    rng = np.random.default_rng([data.seed, 10])
    n, classes = len(data.labels), int(data.labels.max()) + 1
    found = []
    for _ in range(20):
        named = rng.integers(0, classes, int(data.groups.max()) + 1)[data.groups]
        table = pd.DataFrame({"image": np.arange(n), "repeat": 0, "predicted": named})
        found.append(
            held_out.accuracy(table, data.labels, data.groups, n_permutations=MANY, seed=data.seed)
        )
    judged = verdicts([(one, {}) for one in found])
    return {
        "p": min(one.p_adjusted for one in judged if one.p_adjusted is not None),
        "leak": any(one.verdict == Verdict.LEAK for one in judged),
        "inverted": any(one.verdict == Verdict.INVERTED for one in judged),
    }


def _groups_cut(data: Drawn) -> dict[str, Any]:
    """Name the nearest image trained on, images of a group on both sides: memory, and no leak."""
    rng = np.random.default_rng([data.seed, 11])
    train, test = np.array_split(rng.permutation(len(data.labels)), 2)
    apart = data.features[test][:, None] - data.features[train][None]
    named = data.labels[train][(apart**2).sum(axis=2).argmin(axis=1)]
    table = pd.DataFrame({"image": test, "repeat": 0, "predicted": named})
    found = held_out.accuracy(
        table, data.labels, data.groups, n_permutations=PERMUTATIONS, seed=data.seed
    )
    both = len(np.intersect1d(data.groups[train], data.groups[test]))
    words = f"{both} groups have images on both sides of the split"
    return _of(found, straddling=words if both else None)


def _half_dead(data: Drawn) -> dict[str, Any]:
    """Ten fits, five of which name one class only, as nets do that never trained."""
    fits = []
    for fit in range(10):
        table = fit_once(data, all_columns(data), test_share=0.5, seed=10 * data.seed + fit)
        if fit % 2:
            table = table.assign(predicted=0, confidence=1.0)
        fits.append(table.assign(repeat=fit))
    found = held_out.accuracy(
        pd.concat(fits), data.labels, data.groups, n_permutations=PERMUTATIONS, seed=data.seed
    )
    return _of(found)


def _lenet(data: Drawn) -> dict[str, Any]:
    """Train a LeNet on images of noise that are near copies inside a group."""
    rng = np.random.default_rng([data.seed, 7])
    n = int(data.groups.max()) + 1
    shared = rng.integers(0, 256, (n, 16, 16, 1))[data.groups]
    own = rng.integers(-20, 21, (len(data.groups), 16, 16, 1))
    images = np.clip(shared + own, 0, 255).astype(np.uint8)
    train, test = grouped(data.labels, data.groups, test_share=0.5, seed=data.seed)
    trained = bank.train_bank(images, [Task(data.labels, train, test, data.seed)], epochs=10)
    found = held_out.accuracy(
        table_of(test, trained.probabilities[0]),
        data.labels,
        data.groups,
        n_permutations=PERMUTATIONS,
        seed=data.seed,
    )
    return _of(found)


TESTS: dict[str, Trial] = {
    "probe, ROC AUC": _probe_auc,
    "probe, balanced accuracy": _probe_recall,
    "probe, stopped early": _probe_stopped,
    "held-out accuracy": _held_out_accuracy,
    "held-out accuracy, five fits": _five_fits,
    "held-out ROC AUC": _held_out_auc,
    "difference of two learners": _difference,
    "difference in balanced accuracy": partial(_difference, balanced=True),
    "difference in ROC AUC": _difference_in_auc,
    "corrected resampled t": _corrected_t,
    "partial confounder test": _partial_confounder,
    "factor given the label": _factor_given_label,
    "label from factors": _label_from_factors,
    "five columns, Holm": _family_of_five,
    "page of twenty controls": _page_of_twenty,
    "held-out accuracy, half of the fits dead": _half_dead,
    "LeNet, held-out accuracy": _lenet,
    "WRONG: groups ignored": _groups_ignored,
    "WRONG: split cuts groups": _groups_cut,
    "WRONG: usual t over splits": _usual_t,
    "WRONG: corrected t on groups": _corrected_t,
}

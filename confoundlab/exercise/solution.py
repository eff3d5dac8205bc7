"""The reference solution of a task: what our own tools find, without a look at what was planted.

A blank corner shows one sheet in all pictures. What is left of it, once the mean of all corners is
taken away, is the session's: its mean corner, and the spread of its pixels. A change of level, of
gamma and of blur each leave a fingerprint in the mean corner, that a fixed pattern lacks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.ndimage import laplace
from scipy.special import logsumexp
from scipy.stats import chi2

from confoundlab.design import splits
from confoundlab.design.aliasing import identifiability
from confoundlab.evidence import held_out
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Verdict, verdict
from confoundlab.exercise.tasks import BLANK, Assignment, Component, Design, HonestSplit
from confoundlab.images.imageset import ImageSet
from confoundlab.types import Numbers

_CERTAIN = 1e-4  # p below which sessions differ; tasks are clear or empty, nothing between
_DARK = 4  # gray levels of a sensor without light
_ATTEMPTS = 20
_LUCKY = 0.1  # p below which images without a leak look as if they had one


@dataclass(frozen=True)
class Solution:
    """Answers, and the evidence behind the first of them."""

    leak: Verdict | None
    component: Component
    design: Design
    split: HonestSplit
    corner: Evidence


def fair_task(seed: int, secret: str = "") -> tuple[Assignment, Solution]:
    """Draw a task that our own tools solve, with their solution: no student gets another one.

    Parameters
    ----------
    seed : int
        0 or more; every seed has its own task.
    secret : str
        A word of the teacher's, without which the seed does not tell the answers.
    """
    for attempt in range(_ATTEMPTS):
        task = Assignment.drawn(seed, secret, attempt)
        found = solve(task.images)
        if (
            (found.leak == Verdict.LEAK) == task.leaks
            and (task.leaks or found.corner.p_value > _LUCKY)
            and (found.component, found.design) == (task.component, task.design)
            and found.split in task.honest
        ):
            return task, found
    raise RuntimeError(f"Seed {seed}: none of {_ATTEMPTS} drawn tasks could be solved.")


def solve(images: ImageSet) -> Solution:
    """Answer the questions of a task from its images and table.

    Parameters
    ----------
    images : ImageSet
        With a column ``session``.
    """
    corners = images.array(BLANK, cache=False)[..., 0].astype(np.float64)
    session = np.unique(images.table["session"], return_inverse=True)[1]
    found = held_out.accuracy(
        named_by_session(corners, session, images), images.labels, images.groups
    )
    design, split = read_design(images)
    return Solution(verdict(found).verdict, component(corners, session), design, split, found)


def read_design(images: ImageSet) -> tuple[Design, HonestSplit]:
    """Read from the table alone how sessions lie over classes, and which split is honest."""
    table = identifiability(images.table["label"], images.table["session"], name="session").images
    alone = (table > 0).sum() == 1  # sessions that hold one class
    sessions = (table > 0).sum(axis=1)
    design: Design = "aliased" if alone.all() else "partly" if alone.any() else "crossed"
    return design, "session" if (sessions > 1).all() else "none"


def component(corners: Numbers, session: npt.NDArray[np.intp]) -> Component:
    """Name what differs between sessions in corners, shape (n, height, width), gray levels.

    Returns
    -------
    str
        The fingerprint that explains most of how mean corners differ, "pattern" if none explains
        half, "noise" if only the spread differs, "none" if nothing does.
    """
    n = np.bincount(session)
    means = np.stack([corners[session == one].mean(axis=0) for one in range(len(n))])
    left = corners - means[session]
    variance = np.array([(left[session == one] ** 2).sum() for one in range(len(n))])
    free = (n - 1) * means[0].size
    spread = variance / free
    sheet = np.average(means, axis=0, weights=n / spread)
    apart = means - sheet
    # chi-squared if nothing was planted but noise
    misfit = float((apart**2 * (n / spread)[:, None, None]).sum())
    if chi2.sf(misfit, (len(n) - 1) * sheet.size) > _CERTAIN:
        pooled = variance.sum() / free.sum()
        uneven = -float((free * np.log(spread / pooled)).sum())  # Bartlett 1937
        return "noise" if chi2.sf(uneven, len(n) - 1) < _CERTAIN else "none"
    light = (sheet - _DARK).clip(1) / 255
    prints: dict[Component, Numbers] = {
        "level": light,
        "gamma": light * np.log(light),
        "blur": laplace(sheet, mode="nearest"),
    }
    explained = {
        name: float((apart * shape).sum(axis=(1, 2)) @ (apart * shape).sum(axis=(1, 2)))
        / float((shape**2).sum() * (apart**2).sum())
        for name, shape in prints.items()
    }
    best = max(explained, key=lambda name: explained[name])
    return best if explained[best] > 0.5 else "pattern"


def named_by_session(
    corners: Numbers, session: npt.NDArray[np.intp], images: ImageSet
) -> pd.DataFrame:
    """Name classes of held-out corners through the session that each resembles most.

    Pixels are taken as independent and normal about the session's mean corner, with the session's
    spread, which is how the simulator makes them. The best that can be done, but for what 48
    corners fewer teach.

    Returns
    -------
    DataFrame
        Predictions, as `held_out.accuracy` takes them.
    """
    labels, n_sessions = images.labels, int(session.max()) + 1
    tables = []
    # folds even in session and class: a class that a fold holds out is missed in its session, so
    # that uneven folds would name every class but the right one
    for train, test in splits.k_fold(labels + len(images.classes) * session, folds=5):
        likely = np.full((len(test), n_sessions), -np.inf)
        for one in range(n_sessions):
            own = corners[train][session[train] == one]
            if len(own) < 2:
                continue
            middle = own.mean(axis=0)
            variance = ((own - middle) ** 2).sum() / ((len(own) - 1) * middle.size)
            misfit = ((corners[test] - middle) ** 2).mean(axis=(1, 2)) / variance
            likely[:, one] = -0.5 * middle.size * (misfit + np.log(variance)) + np.log(len(own))
        share = np.zeros((n_sessions, len(images.classes)))
        np.add.at(share, (session[train], labels[train]), 1)
        share /= share.sum(axis=1, keepdims=True).clip(1)
        chances = np.exp(likely - logsumexp(likely, axis=1, keepdims=True)) @ share
        named = {"image": test, "predicted": chances.argmax(axis=1)}
        tables.append(pd.DataFrame(named | {"confidence": chances.max(axis=1), "repeat": 0}))
    return pd.concat(tables, ignore_index=True)

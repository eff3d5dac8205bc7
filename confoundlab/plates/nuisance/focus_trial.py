"""A measure of focus put to the test on pictures whose focus is known; serves Figure 2.

Sites of BBBC006 in focus and out of focus, and the former under known blurs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm import tqdm

from confoundlab.evidence import held_out
from confoundlab.plates.features.focus import edge_width
from confoundlab.plates.features.tables import FocusSites
from confoundlab.plates.nuisance import trends
from confoundlab.plates.simulator import blurs
from confoundlab.studies.run import StudyRun

LEVELS = tuple(np.linspace(0, 7.2, 10).round(1).tolist())  # widths of known blurs, in pixels
_WHOLE = "whole site, Gaussian"
APART = "in focus, or plane 00"
_RANKS = ("inside sites", "across sites")


def untouched(sites: FocusSites) -> pd.DataFrame:
    """Return ``well``, ``in focus`` and ``width`` (px) of sites as they are, a row a site."""
    widths = [edge_width(picture) for picture in sites.pictures]
    return pd.DataFrame({"well": sites.wells, "in focus": sites.in_focus, "width": widths})


def known_blurs(sites: FocusSites, *, window: int, seed: int = 0) -> pd.DataFrame:
    """Measure edges of sharp pictures under ten known blurs, and with faults on top of them.

    Parameters
    ----------
    sites : FocusSites
        Those in focus are used.
    window : int
        Whole pictures are blurred by Gaussians; by discs, and with faults, the brightest window of
        this many pixels a side.
    seed : int
        Of the noise.

    Returns
    -------
    DataFrame
        ``well``, ``fault``, ``blur`` (px) and ``width``, what was measured (px).
    """
    rng = np.random.default_rng(seed)
    rows = []
    sharp = [
        (well, picture)
        for well, good, picture in zip(sites.wells, sites.in_focus, sites.pictures, strict=True)
        if good
    ]
    for well, picture in tqdm(sharp, desc="known blurs", delay=2, leave=False):
        small = brightest(picture, window)
        for blur in LEVELS:
            soft = blurs.gaussian_blur(small, blur)
            seen = {
                _WHOLE: blurs.gaussian_blur(picture, blur),
                "disc": blurs.disc_blur(small, blur),
            }
            seen |= {words: fault(soft, rng) for words, fault in blurs.FAULTS.items()}
            rows += [(well, words, blur, edge_width(one)) for words, one in seen.items()]
    return pd.DataFrame(rows, columns=["well", "fault", "blur", "width"])


def brightest(picture: npt.NDArray[np.float32], side: int) -> npt.NDArray[np.float32]:
    """Cut out the window with the most light, `side` pixels high and wide at most."""
    height, width = (min(side, size) for size in picture.shape)
    sums = np.pad(picture.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    light = sums[height:, width:] - sums[:-height, width:] - sums[height:, :-width]
    light += sums[:-height, :-width]
    top, left = np.unravel_index(light.argmax(), light.shape)
    return picture[top : top + height, left : left + width]


def judge(
    run: StudyRun, sites: FocusSites, found: pd.DataFrame, blurred: pd.DataFrame
) -> dict[str, dict[str, Any]]:
    """Judge the measure: sites in focus against the others, and rank with the known blur.

    Parameters
    ----------
    run : StudyRun
        Keeps the evidence.
    sites : FocusSites
        As read.
    found, blurred : DataFrame
        From `untouched` and `known_blurs`.

    Returns
    -------
    dict of str to dict
        What was asked, and the record.
    """
    where: dict[str, Any] = {
        "row": sites.name,
        "state": sites.state,
        "learner": "none",
        "seeds": [],
    }
    options: dict[str, Any] = {"n_permutations": run.permutations, "seed": run.seed}
    apart = held_out.roc_auc(
        -found["width"],
        found["in focus"].to_numpy().astype(np.intp),
        np.arange(len(found)),
        **options,
    )
    records = {
        APART: run.judge(
            apart, {"is_control": False}, view="width of edges", split="no training", **where
        )
    }
    for fault, own in blurred.groupby("fault", sort=False):
        wells = np.unique(own["well"], return_inverse=True)[1]
        for words, blocks in zip(_RANKS, (wells, None), strict=True):
            one = trends.rank_correlation(
                own["blur"], own["width"], wells, blocks=blocks, **options
            )
            records[f"{fault}, {words}"] = run.judge(
                one, {"is_control": False}, view=f"width of edges, {fault}", split=words, **where
            )
    return records


def least_inside(blurred: pd.DataFrame) -> pd.Series[float]:
    """Return each fault's smallest rank correlation of a site's width with its known blur."""
    ranks = blurred.groupby(["fault", "well"], sort=False)[["blur", "width"]].corr("spearman")
    each = ranks.xs("blur", level=2)["width"]
    return each.groupby("fault", sort=False).min()


def summary(judged: Mapping[str, dict[str, Any]], blurred: pd.DataFrame) -> pd.DataFrame:
    """Return a row a fault: how well widths rank with the known blur, as text to print."""
    worst = least_inside(blurred)
    rows = []
    for fault in worst.index:
        inside, across = (judged[f"{fault}, {words}"] for words in _RANKS)
        rows.append(
            {
                "fault": fault,
                "worst site": f"{worst[fault]:.3f}",
                **{
                    words: f"{one['estimate']:.3f} ({one['ci_low']:.3f} to {one['ci_high']:.3f})"
                    for words, one in zip(_RANKS, (inside, across), strict=True)
                },
                "p": f"{across['p_value']:.2g}",
            }
        )
    return pd.DataFrame(rows)

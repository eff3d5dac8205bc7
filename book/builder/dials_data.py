"""What "Turn the dials" shows: pictures of simulated sessions, and what a probe tells by them.

Serves the claim that a blank crop shows the sessions and the whole image does not (Dhar and Shamir
2021, doi:10.1016/j.visinf.2021.10.001), and shows where a blank crop is blind. Every setting that
the page can take is computed here; nets would take hours, so the probe is least squares.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from dials_pictures import still, strips

from confoundlab import Evidence, probe
from confoundlab.catalog import DATASETS
from confoundlab.croppers.crops import BlankestPatch, Corner, Whole
from confoundlab.plates.features.embeddings import COLOURS
from confoundlab.plates.simulator.layout import Line, PlateDesign
from confoundlab.plates.simulator.microscope import PlateDials, from_centre
from confoundlab.plates.simulator.plateset import PlateSet
from confoundlab.simulation.camera import paint, photograph
from confoundlab.storage.files import write_aside
from confoundlab.types import Indices, Numbers, Pixels

Setting = Mapping[str, float]  # dials that are not at zero
STEPS = (0.0, 0.1, 0.25, 0.5, 1.0)  # of every dial
OBJECTS, EVERY = 4, 3  # of the turntable: the catalog's first objects, every third view
CAMERA = {  # what its dials are called
    "level": "lamp brightness",
    "gradient": "brightness slope",
    "vignetting": "dark corners",
    "blur": "focus",
    "gain": "sensor gain",
    "offset": "sensor offset",
    "pattern": "sensor pattern",
    "noise": "sensor noise",
    "gamma": "tone curve",
    "encoding": "JPEG quality",
}
MICROSCOPE = {
    "batch_gain": "batch gain",
    "batch_offset": "batch offset",
    "focus": "focus fall-off",
    "density": "cell density",
    "phenotype": "phenotype",
}
CROP = Corner("top-right", 21, 21)  # as in the COIL study
WELLS = 40  # of each condition
PATCH = BlankestPatch(12, 12)
WHOLE = Whole(32)


class Shot(NamedTuple):
    """What one setting gives: all pictures, and their blank parts."""

    pictures: Pixels
    blanks: Pixels


@dataclass(frozen=True, eq=False)
class World:
    """A simulator, its dials, and what is told apart by its pictures.

    Parameters
    ----------
    dials : mapping of str to str
        Dial to what it is called.
    pairs : tuple of (str, str)
        Dials that are turned together too; all others are turned alone.
    named, blank, whole : str
        What is told apart, in the plural; what the blank part is called, and the whole picture.
    labels, groups : ndarray of int, shape (n,)
        Of the pictures.
    shown : ndarray of int, shape (2, columns)
        Pictures to show: one of each kind in the first row, another in the second.
    for_eyes : callable
        From pictures to what a page shows of them.
    take : callable
        From a setting to its pictures.
    """

    dials: Mapping[str, str]
    pairs: tuple[tuple[str, str], ...]
    named: str
    blank: str
    whole: str
    labels: Indices
    groups: Indices
    shown: Indices
    for_eyes: Callable[[Pixels], Pixels]
    take: Callable[[Setting], Shot]

    def settings(self) -> list[Setting]:
        """Return all settings: none turned, one turned, or both of a pair."""
        turned = STEPS[1:]
        alone = [{name: step} for name in self.dials for step in turned]
        both = [{a: s, b: t} for a, b in self.pairs for s in turned for t in turned]
        return [{}, *alone, *both]


def camera() -> World:
    """Return the world of the turntable: one camera's session for each object."""
    twin = DATASETS["coil20"].twin
    views = twin.counts[0]
    instances = np.tile(np.arange(0, views, EVERY), OBJECTS)
    labels = np.repeat(np.arange(OBJECTS), views // EVERY)
    rows = [twin.row(*pair) for pair in zip(labels.tolist(), instances.tolist(), strict=True)]
    scenes = list(paint(twin, labels, instances))

    def take(setting: Setting) -> Shot:
        pictures = photograph(replace(twin, dials=dict(setting)), scenes, labels)
        return Shot(pictures, CROP(pictures))

    each = np.arange(OBJECTS) * len(labels) // OBJECTS
    return World(
        dials=CAMERA,
        pairs=(),
        named="objects",
        blank="blank crop",
        whole="whole image",
        labels=labels,
        groups=np.unique([str(row["group"]) for row in rows], return_inverse=True)[1],
        shown=np.stack([each, each + len(labels) // OBJECTS // 2]),
        for_eyes=Whole(64),
        take=take,
    )


def wells() -> PlateSet:
    """Return wells of two plates, no dial turned: each condition in a batch of its own."""
    lines = (Line("healthy", "healthy", "A"), Line("sick", "sick", "A"))
    design = PlateDesign(
        name="dials", lines=lines, reference="healthy", plates=(1, 1), wells_a_line=WELLS, sites=1,
        control_line="healthy", control_wells=("A01",), z_stack=False, size=96, cells=20,
    )  # fmt: skip
    every = PlateSet(design, PlateDials())
    sick = every.sites["condition"].eq("sick")
    return every.subset((sick == every.sites["batch"].eq("2")) & ~every.sites["control"])


def plates() -> World:
    """Return the world of the microscope, with the wells of `wells`."""
    own = wells()
    labels = own.sites["condition"].eq("sick").to_numpy().astype(np.intp)

    @cache  # of the cells, which most dials leave as they are
    def scenes(density: float, phenotype: float) -> list[Any]:
        dials = PlateDials(density=density, phenotype=phenotype)
        cells = PlateSet(own.design, dials, sites=own.sites)
        return [cells.paint(row)[0] for row in range(len(own))]

    def take(setting: Setting) -> Shot:
        dials = PlateDials(**setting)
        sites = PlateSet(own.design, dials, sites=own.sites)
        cells = scenes(dials.density, dials.phenotype)
        pictures = np.stack([sites.render(row, scene) for row, scene in enumerate(cells)])
        return Shot(pictures, np.stack([PATCH(one) for one in pictures]))

    away = [np.flatnonzero(labels == one) for one in (0, 1)]
    away = [rows[np.argsort(from_centre(own.sites.iloc[rows]))] for rows in away]
    return World(
        dials=MICROSCOPE,
        pairs=(("batch_gain", "phenotype"),),
        named="healthy and sick",
        blank="blank patch",
        whole="whole picture",
        labels=labels,
        groups=np.arange(len(labels)),
        shown=np.array([[rows[at] for rows in away for at in ends] for ends in ((0, -1), (1, -2))]),
        for_eyes=COLOURS,
        take=take,
    )


def features(pictures: Pixels) -> Numbers:
    """Return what the probe is given of pictures (n, height, width, channels): shape (n, d).

    All pixels, which have together the weight of nine numbers; and of each channel the mean of
    nine tiles, the spread, and the mean step between neighbours down and across at three scales,
    all of them and their squares: least squares alone finds no class in the middle of two others.
    """
    n, values = len(pictures), pictures.astype(np.float64)
    told = [_tiles(values, 3).reshape(n, -1), values.std(axis=(1, 2))]
    for scale in (1, 2, 4):
        small = _tiles(values, values.shape[1] // scale)
        told += [np.abs(np.diff(small, axis=axis)).mean(axis=(1, 2)) for axis in (1, 2)]
    summary = _scaled(np.concatenate(told, axis=1))
    pixels = _scaled(values.reshape(n, -1))
    return np.hstack([pixels * 3 / np.sqrt(pixels.shape[1]), summary, _scaled(summary**2)])


def _tiles(values: Numbers, across: int) -> Numbers:
    """Return the means of square tiles, shape (n, across, across, channels)."""
    side = values.shape[1] // across
    kept = values[:, : side * across, : side * across]
    shape = (len(values), across, side, across, side, values.shape[-1])
    return np.asarray(kept.reshape(shape).mean(axis=(2, 4)))


def _scaled(columns: Numbers) -> Numbers:
    spread = columns.std(axis=0)
    return np.asarray((columns - columns.mean(axis=0)) / np.where(spread > 1e-9, spread, 1))


def ask(world: World, pictures: Pixels) -> Evidence:
    """Ask the probe for the labels of pictures, groups held out: ROC AUC, a share of pairs."""
    return probe(features(pictures), world.labels, groups=world.groups, n_permutations=99)


def panel(world: World, settings: Sequence[Setting] | None = None) -> dict[str, Any]:
    """Ask at every setting (or at some), and return what the page needs.

    Returns
    -------
    dict
        ``dials``: name, words; ``steps``; ``pairs``; ``rows``, the two that are asked about;
        ``chance``; ``n`` pictures in ``groups``; ``settings``, each with ``at``, ``answers``
        (estimate, low, high), ``words``, and ``strips`` as data: pictures, their blank parts, and
        these and others of the same kinds with their contrast stretched.
    """
    entries = []
    for setting in world.settings() if settings is None else settings:
        shot = world.take(setting)
        found = [ask(world, shot.blanks), ask(world, WHOLE(shot.pictures))]
        entries.append(
            {
                "at": setting,
                "words": _words(world, setting, found),
                "answers": [
                    {"estimate": one.estimate, "low": one.ci_low, "high": one.ci_high}
                    for one in found
                ],
                "strips": strips(*shot, world.shown, world.for_eyes),
            }
        )
    return {
        "state": "simulated",
        "dials": [{"name": name, "words": words} for name, words in world.dials.items()],
        "steps": STEPS,
        "pairs": world.pairs,
        "rows": [world.blank, world.whole],
        "chance": found[0].chance,
        "n": len(world.labels),
        "groups": found[0].n_groups,
        "settings": entries,
    }


def _words(world: World, setting: Setting, found: Sequence[Evidence]) -> str:
    turned = " and ".join(f"{world.dials[name]} at {step:g}" for name, step in setting.items())
    blank, whole = (
        f"{one.estimate:.0%}{{}} (95% interval {one.ci_low:.0%} to {one.ci_high:.0%}): "
        f"{_against(one)}"
        for one in found
    )
    at = f"{turned}, all else at zero" if turned else "all dials at zero"
    return (
        f"{at[0].upper()}{at[1:]}. The probe tells {world.named} apart by the {world.blank} in "
        f"{blank.format(' of pairs')}; by the {world.whole} in {whole.format('')}. "
        f"Chance is {found[0].chance:.0%}."
    )


def _against(one: Evidence) -> str:
    if one.ci_low > one.chance:
        return "above chance"
    return "not told from chance" if one.ci_high >= one.chance else "below chance"


def write_dials(path: Path) -> Path:
    """Write the data of the page as a script, as the game's, and the still figures beside it."""
    titles = {"camera": "All settings of the camera", "plates": "All settings of the microscope"}
    panels = {"camera": panel(camera()), "plates": panel(plates())}
    for name, title in titles.items():
        figure = still(panels[name], title=title)
        write_aside(path.with_name(f"{name}.webp"), figure.savefig)
    text = f"window.confoundlabDials = {json.dumps(panels)};\n"
    return write_aside(path, lambda aside: aside.write_text(text, encoding="utf-8"))

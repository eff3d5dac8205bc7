"""A simulated plate set: a table of sites, the truth about them, and pictures when asked for.

Serves the claim that a model's findings can be held against what was planted. A site depends on
the seed and on itself only, never on what was rendered before: sets can be streamed, cut and
shuffled. The sets by name carry dials chosen with the findings of Venugopalan et al. (2019) in
view: they show that batch, laboratory, focus and density CAN give such pictures, not how strong
they were in the experiments, which were never released.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from confoundlab.errors import one_of
from confoundlab.plates.simulator.cells import CHANNELS, FEWEST, MOST, Look, paint_site
from confoundlab.plates.simulator.layout import ALS, SMA_MAIN, SMA_PILOT, PlateDesign, lay_out
from confoundlab.plates.simulator.microscope import (
    SIDE,
    PlateDials,
    blurs,
    expose,
    gains,
    of_well,
    offsets,
)
from confoundlab.types import Centres, Pixels, Scene

Scale = Literal["smoke", "default", "paper"]
# Streams of random numbers, see `microscope`.
_CELLS, _COUNT, _NOISE, _LINE = range(30, 34)
_OWN = {"nucleus": 0.05, "body": 0.08, "nucleoli": 0.1, "golgi": 0.1, "mito": 0.1}  # of a line
_SICK = {"mito": -0.3, "grain": -0.2, "long": 0.15, "nucleoli": -0.2}


class PlateSet:
    """Sites of plates, rendered when asked for.

    Parameters
    ----------
    design : PlateDesign
        What was laid out.
    dials : PlateDials
        Strength of nuisance and truth.
    seed : int
        Of layout, settings, cells and noise.
    sites : DataFrame, optional
        A row a site, as `layout.lay_out` makes it, which is the default.
    """

    def __init__(
        self,
        design: PlateDesign,
        dials: PlateDials,
        seed: int = 0,
        sites: pd.DataFrame | None = None,
    ) -> None:
        self.design, self.dials, self.seed = design, dials, seed
        self.sites = lay_out(design, seed) if sites is None else sites

    def __len__(self) -> int:
        return len(self.sites)

    def subset(self, rows: npt.ArrayLike) -> PlateSet:
        """Return the set of some sites (row numbers or a mask), in the given order."""
        picked = np.arange(len(self))[np.asarray(rows)]
        sites = self.sites.iloc[picked].reset_index(drop=True)
        return PlateSet(self.design, self.dials, self.seed, sites)

    @cached_property
    def truth(self) -> pd.DataFrame:
        """What was planted, a row a site.

        ``n_cells``; ``blur`` (by defocus, pixels, standard deviation); ``sick`` (whether the line
        has the disease); and for each channel ``gain_DNA``... (logarithm) and ``offset_DNA``...
        (0..1).
        """
        table = pd.DataFrame({"n_cells": self._counts, "blur": self._blurs, "sick": self._sick})
        for name, values in (("gain", self._gains), ("offset", self._offsets)):
            for number, channel in enumerate(CHANNELS):
                table[f"{name}_{channel}"] = values[:, number]
        return table

    def centres(self, row: int) -> Centres:
        """Return where the nuclei of a site truly are: y and x in pixels, shape (n_cells, 2)."""
        return self.paint(row)[1]

    def paint(self, row: int) -> tuple[Scene, Centres]:
        """Return the cells of a site before any microscope; see `cells.paint_site`."""
        rng = np.random.default_rng([self.seed, _CELLS, self._samples[row]])
        return paint_site(self._look(row), self._counts[row], self.design.size, rng)

    def render(self, row: int, scene: Scene | None = None) -> Pixels:
        """Return the picture of a site, given its row number: uint8, shape (size, size, 5).

        A scene that was painted before (`paint`) saves most of the time, where only dials are
        turned that change no cell.
        """
        rng = np.random.default_rng([self.seed, _NOISE, self._samples[row]])
        if scene is None:
            scene, _ = self.paint(row)
        return expose(scene, self._gains[row], self._offsets[row], self._blurs[row], rng)

    def iter_sites(self) -> Iterator[Pixels]:
        """Render one site after the other, in the table's order; none is kept."""
        return map(self.render, range(len(self)))

    @cached_property
    def _samples(self) -> npt.NDArray[np.int64]:
        return self.sites["sample"].to_numpy(np.int64)

    @cached_property
    def _gains(self) -> npt.NDArray[np.float64]:
        return gains(self.sites, self.dials, self.seed)

    @cached_property
    def _offsets(self) -> npt.NDArray[np.float64]:
        return offsets(self.sites, self.dials, self.seed)

    @cached_property
    def _blurs(self) -> npt.NDArray[np.float64]:
        return blurs(self.sites, self.dials, self.seed, z_stack=self.design.z_stack)

    @cached_property
    def _sick(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.sites["condition"] != self.design.reference)

    @cached_property
    def _counts(self) -> npt.NDArray[np.int64]:
        own = [
            np.random.default_rng([self.seed, _COUNT, sample]).standard_normal()
            for sample in self._samples
        ]
        logs = 0.25 * np.array(own)
        logs += self.dials.well * 0.15 * of_well(self.sites, self.seed)[:, 0]
        logs += self.dials.density * np.where(self._sick, 0.3, -0.3)
        counts = np.round(self.design.cells * np.exp(logs))
        return np.asarray(np.clip(counts, FEWEST, MOST).astype(np.int64))

    def _look(self, row: int) -> Look:
        """Return how a line's cells look: its own way, its laboratory's and its disease's."""
        name, laboratory = self.sites[["line", "laboratory"]].iloc[row]
        rng = np.random.default_rng([self.seed, _LINE, *name.encode()])
        own = {k: self.dials.line * spread * rng.standard_normal() for k, spread in _OWN.items()}
        side = self.dials.laboratory * SIDE[laboratory]
        look = Look().shifted(**own).shifted(body=0.05 * side, grain=0.15 * side)
        if not self._sick[row]:
            return look
        return look.shifted(**{k: self.dials.phenotype * log for k, log in _SICK.items()})


# What experiments of this kind have in common; chosen with the paper's findings in view.
_COMMON = PlateDials(
    batch_gain=1.0,
    batch_offset=1.0,
    plate_drift=1.0,
    row_gradient=0.5,
    column_gradient=0.5,
    edge=0.5,
    line=0.7,
    well=0.6,
)
_SMA = _COMMON.turned(focus=1.0, laboratory=0.5, phenotype=0.15)
SETS: dict[str, tuple[PlateDesign, PlateDials]] = {
    "sma_pilot": (SMA_PILOT, _SMA),
    "sma_main": (SMA_MAIN, _SMA),
    "als": (ALS, _COMMON.turned(focus=0.2, line=0.0, density=1.0, phenotype=0.15)),
}
# Plates in each batch and sites in each well, by name and scale.
_SCALES: dict[str, dict[str, tuple[tuple[int, ...], int]]] = {
    "sma_pilot": {"smoke": ((6,), 1), "default": ((12,), 2), "paper": ((12,), 9)},
    "sma_main": {"smoke": ((3, 3), 1), "default": ((3, 3), 4), "paper": ((12, 12), 25)},
    "als": {
        "smoke": ((1, 1, 1, 1, 1), 1),
        "default": ((2, 1, 2, 1, 2), 3),
        "paper": ((2, 1, 2, 1, 2), 9),
    },
}


def simulate(
    name: str, scale: Scale = "default", dials: PlateDials | None = None, seed: int = 0
) -> PlateSet:
    """Make a plate set by name.

    Parameters
    ----------
    name : {"sma_pilot", "sma_main", "als"}
        Which experiment.
    scale : {"smoke", "default", "paper"}
        How many plates and sites: a minute of analysis; a minute of rendering; as many as in the
        paper, as far as it says (SMA main: two million cells). Lines, pairs and batches are the
        same, and the smaller is a part of the larger. See `PlateDesign.shrunk` for any other.
    dials : PlateDials, optional
        In place of those that are set with the paper in view (`SETS`).
    seed : int
        Of everything.
    """
    one_of("plate set", name, SETS)
    one_of("scale", scale, get_args(Scale))
    design, set_dials = SETS[name]
    plates, sites = _SCALES[name][scale]
    design = replace(design, plates=plates, sites=sites)
    return PlateSet(design, dials or set_dials, seed)

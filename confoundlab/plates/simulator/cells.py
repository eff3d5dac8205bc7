"""Cells of one site as the stains of Cell Painting would show them, before any microscope.

Serves the claim that what differs between cells is known: a `Look` says all of it, and the painter
knows nothing of batch, plate, well or laboratory. Stains after Bray et al. (2016,
doi:10.1038/nprot.2016.105): DNA, endoplasmic reticulum, RNA with nucleoli, actin with Golgi and
plasma membrane, mitochondria.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from confoundlab.simulation.canvas import clouds, cover, distance, near, plane
from confoundlab.types import Centres, Scene

CHANNELS = ("DNA", "ER", "RNA", "AGP", "Mito")
FEWEST, MOST = 10, 100  # cells in a site
_SOFT = 0.03  # width of a body's outline
_TRIES = 12  # places tried for a cell before it may lie over another


class Look(NamedTuple):
    """How cells look. Lengths are in half the side of the picture."""

    nucleus: float = 0.05  # radius
    long: float = 1.25  # length of a nucleus over its width
    body: float = 0.13  # radius
    nucleoli: float = 1.0  # brightness in RNA
    golgi: float = 1.0  # brightness in AGP
    mito: float = 1.0  # brightness of the network
    grain: float = 0.035  # size of its meshes, and of all fine texture

    def shifted(self, **logs: float) -> Look:
        """Return the look with the logarithms of some properties shifted."""
        return self._replace(**{k: getattr(self, k) * np.exp(v) for k, v in logs.items()})


def paint_site(
    look: Look, n_cells: int, size: int, rng: np.random.Generator
) -> tuple[Scene, Centres]:
    """Paint the cells of a site.

    Parameters
    ----------
    look : Look
        Of its cells, on average: each cell differs from it by itself.
    n_cells : int
        How many have their nucleus in the picture.
    size : int
        Side of the picture, pixels.
    rng : Generator
        Of places and shapes.

    Returns
    -------
    scene : ndarray of float32, shape (5, size, size)
        Radiance in each channel; 0 where there is no cell, about 0.2 to 0.8 where there is.
    centres : ndarray, shape (n_cells, 2)
        y and x of the nuclei, pixels.
    """
    y, x = plane((size, size))
    places = _places(n_cells, 2.4 * look.nucleus, rng)
    each = np.exp(rng.normal(0, (0.1, 0.15, 0.1), (n_cells, 3)))  # size, light, length
    turns = rng.uniform(0, np.pi, n_cells)
    rough = np.clip(clouds(rng, y, x, 0.08), -2.5, 2.5)
    fine = clouds(rng, y, x, look.grain)
    dna, body, membrane, around = np.zeros((4, size, size), np.float32)
    for place, (scale, light, long), turn in zip(places, each, turns, strict=True):
        stretch = np.sqrt(look.long * long)
        axes = scale / stretch, scale * stretch
        # Beyond this window no outline is, however rough.
        rows, columns = near(y, x, place, max(axes) * (1.3 * look.body + _SOFT))
        window = rows, columns
        far = distance(y[rows], x[:, columns], place, axes, turn)
        rho, edge = far / look.nucleus, far / look.body + 0.12 * rough[window]
        nucleus = light * cover((1 - rho) * look.nucleus, 0.02)
        inside = light * cover((1 - edge) * look.body, _SOFT)
        rim = inside * np.clip(edge * edge, 0, 1) ** 3
        shell = inside * np.exp(np.minimum(1 - rho, 0))
        for whole, cell in ((dna, nucleus), (body, inside), (membrane, rim), (around, shell)):
            np.maximum(whole[window], cell.astype(np.float32), out=whole[window])
    nuclei = np.minimum(dna, 1)
    plasma = body * (1 - 0.7 * nuclei)
    grains, spots, mesh = (
        texture.astype(np.float32)
        for texture in (1 + 0.12 * fine, cover(fine - 0.9, 0.8), cover(fine, 1.0))
    )
    nucleoli, golgi, mito = (float(share) for share in (look.nucleoli, look.golgi, look.mito))
    scene = np.empty((len(CHANNELS), size, size), np.float32)
    scene[0] = 0.6 * dna * grains
    scene[1] = 0.5 * plasma * (0.3 + 0.7 * around) * grains
    scene[2] = 0.25 * plasma + nuclei * (0.1 + 0.5 * nucleoli * spots)
    scene[3] = 0.2 * plasma + 0.4 * membrane + 0.4 * golgi * around * spots * (1 - nuclei)
    scene[4] = 0.7 * mito * around * (1 - 0.95 * nuclei) * mesh
    height = 0.5 * (size - 1)
    return scene, height * (1 + np.array([-1, 1]) * places)


def _places(n: int, apart: float, rng: np.random.Generator) -> Centres:
    """Return n places on the plane, (y, x), apart from each other where room can be found."""
    tries = rng.uniform(-1, 1, (n, _TRIES, 2))
    places = np.full((n, 2), np.inf)
    for number, options in enumerate(tries):
        gaps = np.linalg.norm(options[:, None] - places[:number], axis=2).min(axis=1, initial=4)
        # The first that is far enough from all others, or else the farthest.
        places[number] = options[np.argmax(np.minimum(gaps, apart))]
    return places

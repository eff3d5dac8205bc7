"""Lines of cells over wells of plates: who lies where, declared before anything is imaged.

Serves the claim that a layout decides what can be told apart at all. The three designs are those of
Venugopalan et al. (2019, section 2.1): the SMA pilot, the SMA main experiment and ALS. Each plate
has control wells of one line, in the same places everywhere; the other wells are dealt to the lines
by a permutation of the plate's own. A smaller design of the same lines is a part of the larger one:
its wells hold the same lines (see `PlateDesign.shrunk`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from confoundlab.errors import InputError

ROWS, COLUMNS = "ABCDEFGH", 12
SHAPE = len(ROWS), COLUMNS
WELLS = tuple(f"{row}{column:02d}" for row in ROWS for column in range(1, COLUMNS + 1))
LABORATORIES = ("A", "B")
CONTROL_ROWS = "ADH"
SITES_AT_MOST = 100  # a well; keeps the numbers of samples apart
_LAYOUT = 20  # stream of random numbers


def crossed(rows: str, columns: tuple[int, ...]) -> tuple[str, ...]:
    """Return the wells of some rows in some columns."""
    return tuple(f"{row}{column:02d}" for row in rows for column in columns)


class Line(NamedTuple):
    """A line of cells: one person's, or one genotype's."""

    name: str
    condition: str
    laboratory: str  # that it came from, of `LABORATORIES`
    pair: int = -1  # number of the matched pair that it is held out with; -1: none


@dataclass(frozen=True)
class PlateDesign:
    """A declared experiment.

    Parameters
    ----------
    name : str
        As in `plateset.simulate`.
    lines : tuple of Line
        All of them are on every plate.
    reference : str
        The condition without the disease.
    plates : tuple of int
        Plates in each batch.
    wells_a_line : int
        Wells of each line on a plate, control wells not counted.
    sites : int
        Pictures in each well.
    control_line : str
        In the control wells.
    control_wells : tuple of str
        The same on every plate. Where rows and columns are crossed (see `crossed`), what a row
        does can be told from what a column does.
    z_stack : bool
        Whether the best plane of a stack is kept, which cures the focus.
    size : int
        Side of a site's picture, pixels.
    cells : float
        In a site, on average.
    """

    name: str
    lines: tuple[Line, ...]
    reference: str
    plates: tuple[int, ...]
    wells_a_line: int
    sites: int
    control_line: str
    control_wells: tuple[str, ...]
    z_stack: bool = True
    size: int = 256
    cells: float = 35.0

    def __post_init__(self) -> None:
        names = [line.name for line in self.lines]
        wells = self.wells_a_line * len(names) + len(self.control_wells)
        if len(set(names)) < len(names) or self.control_line not in names:
            raise InputError(
                f"Design {self.name!r}: lines must have names of their own, and control line "
                f"{self.control_line!r} must be among them."
            )
        if unknown := {line.laboratory for line in self.lines} - set(LABORATORIES):
            raise InputError(
                f"Design {self.name!r}: lines are from {sorted(unknown)}; the laboratories are "
                f"{' and '.join(LABORATORIES)}."
            )
        if not set(self.control_wells) <= set(WELLS) or wells > len(WELLS):
            raise InputError(
                f"Design {self.name!r}: {wells} wells on a plate; at most {len(WELLS)} are there, "
                "named A01 to H12. Take fewer wells a line."
            )
        counts = (*self.plates, self.wells_a_line, self.sites)
        if not self.plates or min(counts) < 1 or self.sites > SITES_AT_MOST:
            raise InputError(
                f"Design {self.name!r}: plates, wells a line and sites must be at least 1, sites "
                f"at most {SITES_AT_MOST}."
            )

    def shrunk(
        self,
        *,
        plates: int | None = None,
        wells_a_line: int | None = None,
        sites: int | None = None,
    ) -> PlateDesign:
        """Return the design with fewer plates a batch, wells a line or sites a well at most.

        Lines, pairs and batches stay, and what is left is a part of the larger set: the same
        lines in the same wells, the same cells in the same sites.
        """
        return replace(
            self,
            plates=tuple(min(plates or n, n) for n in self.plates),
            wells_a_line=min(wells_a_line or self.wells_a_line, self.wells_a_line),
            sites=min(sites or self.sites, self.sites),
        )


def lay_out(design: PlateDesign, seed: int = 0) -> pd.DataFrame:
    """Say what lies where: a row a site, in the order in which sites are imaged.

    Parameters
    ----------
    design : PlateDesign
        What is to be laid out.
    seed : int
        Of the plates' permutations.

    Returns
    -------
    DataFrame
        ``batch`` ("1", "2", ...), ``plate`` ("b1p02"), ``well`` ("A01" to "H12"), ``row`` (0..7),
        ``column`` (0..11), ``site`` (from 0), ``line``, ``condition``, ``laboratory``, ``pair``
        (-1: none), ``control`` (whether the well is a control well), ``well_id``
        ("b1p02:A01", the group of everything) and ``sample``: the number of the cells that were
        sown there, which alone decides what is drawn at random about them.
    """
    lines = {line.name: line for line in design.lines}
    free = [well for well in WELLS if well not in design.control_wells]
    dealt = [line.name for line in design.lines] * design.wells_a_line
    rows = []
    for batch, n_plates in enumerate(design.plates, 1):
        for plate in range(1, n_plates + 1):
            order = np.random.default_rng([seed, _LAYOUT, batch, plate]).permutation(len(free))
            at = {free[place]: name for place, name in zip(order, dealt, strict=False)}
            at |= dict.fromkeys(design.control_wells, design.control_line)
            for number, well in enumerate(WELLS):
                if well not in at:
                    continue
                line = lines[at[well]]
                for site in range(design.sites):
                    rows.append(
                        {
                            "batch": str(batch),
                            "plate": f"b{batch}p{plate:02d}",
                            "well": well,
                            "row": number // COLUMNS,
                            "column": number % COLUMNS,
                            "site": site,
                            "line": line.name,
                            "condition": line.condition,
                            "laboratory": line.laboratory,
                            "pair": line.pair,
                            "control": well in design.control_wells,
                            "well_id": f"b{batch}p{plate:02d}:{well}",
                            "sample": ((100 * batch + plate) * len(WELLS) + number) * SITES_AT_MOST
                            + site,
                        }
                    )
    return pd.DataFrame(rows)


def _sma_lines(patients: int, healthy: int, shared: int) -> tuple[Line, ...]:
    """Return lines in matched pairs: patients' from laboratory A, healthy people's from B.

    Pair number `shared` is the exception: both of its lines are from B. Healthy lines beyond the
    pairs are of no pair.
    """
    sick = [
        Line(f"SMA-{n + 1:02d}", "SMA", "B" if n == shared else "A", n) for n in range(patients)
    ]
    well = [
        Line(f"H-{n + 1:02d}", "healthy", "B", n if n < patients else -1) for n in range(healthy)
    ]
    return (*sick, *well)


SMA_PILOT = PlateDesign(
    name="sma_pilot",
    lines=_sma_lines(3, 3, shared=-1),
    reference="healthy",
    plates=(12,),
    wells_a_line=14,
    sites=2,
    control_line="H-03",
    control_wells=crossed(CONTROL_ROWS, (1, 5, 8, 12)),
    z_stack=False,
)
SMA_MAIN = PlateDesign(
    name="sma_main",
    # Two lines of one laboratory differ by their own looks alone. With this pair and seed 0 these
    # happen to favour neither, as in the paper's fold; with another they may favour either.
    lines=_sma_lines(12, 15, shared=10),
    reference="healthy",
    plates=(3, 3),
    wells_a_line=3,
    sites=4,
    control_line="H-15",
    control_wells=crossed(CONTROL_ROWS, (1, 4, 6, 9, 12)),
)
ALS = PlateDesign(
    name="als",
    lines=(Line("TDPwt", "TDPwt", "A", 0), Line("TDPmut", "TDPmut", "A", 0)),
    reference="TDPwt",
    plates=(2, 1, 2, 1, 2),
    wells_a_line=42,
    sites=9,
    control_line="TDPwt",
    control_wells=crossed(CONTROL_ROWS, (1, 5, 8, 12)),
)

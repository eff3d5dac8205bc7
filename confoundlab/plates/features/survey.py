"""Sites looked at once: their focus, and the patches of their cells.

Serves Figures 1 and 2 of Venugopalan et al. (2019). A site is rendered, measured, cut and
forgotten, so that memory holds no more than one picture besides what was asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import pandas as pd
from tqdm import tqdm

from confoundlab.plates.features.focus import focus_score
from confoundlab.plates.features.nuclei import Patches, cut, together
from confoundlab.plates.simulator.plateset import PlateSet
from confoundlab.storage.files import text_digest
from confoundlab.types import Pixels


@dataclass(frozen=True, eq=False)
class SiteTable:
    """Simulated sites as a table.

    Parameters
    ----------
    table : DataFrame
        A row a site: where it lies and what it holds (`layout.lay_out`); ``focus``, the score of
        its DNA channel, 0 to 1; and the truth beside it: ``blur`` (pixels) and ``n_cells``.
    """

    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.table)

    @property
    def state(self) -> Literal["simulated"]:
        """Of the data."""
        return "simulated"

    @property
    def digest(self) -> str:
        """SHA-256 over all values, as text."""
        return "sha256:" + text_digest(self.table.to_csv(index=False, float_format="%.9g"))


def focus(plates: PlateSet) -> SiteTable:
    """Score the focus of every site."""
    return _measured(plates, lambda row, image: None)


def cells(plates: PlateSet, *, size: int, per_site: int | None = None) -> tuple[SiteTable, Patches]:
    """Score the focus of every site, and cut its cells out; see `nuclei.iter_patches`.

    Raises
    ------
    InputError
        No site has a cell.
    """
    found: list[Patches] = []
    table = _measured(
        plates,
        lambda row, image: found.append(cut(plates, row, image, size=size, per_site=per_site)),
    )
    return table, together(found)


def _measured(plates: PlateSet, look: Callable[[int, Pixels], None]) -> SiteTable:
    scores = []
    sites = tqdm(plates.iter_sites(), "sites", len(plates), delay=2, leave=False)
    for row, image in enumerate(sites):
        scores.append(focus_score(image[:, :, 0]))
        look(row, image)
    truth = plates.truth[["blur", "n_cells"]]
    return SiteTable(pd.concat([plates.sites.assign(focus=scores), truth], axis=1))

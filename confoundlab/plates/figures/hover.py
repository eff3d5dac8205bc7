"""Interactive maps of embeddings that show the patch under the pointer.

Serves Figure 3 of Venugopalan et al. (2019): clusters by batch are believed sooner when one sees
what is in them. `hover_map` is altair's chart, for a live kernel: it moves and zooms, and its
scripts come from the network. `hover_page` is for a page that must work alone, without any script
(`pointed`): its patches are inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.colors import to_hex

from confoundlab import escape
from confoundlab.errors import InputError
from confoundlab.plotting import pointed
from confoundlab.plotting.nets import PALETTE, colours_of
from confoundlab.types import Pixels

MOST_POINTS = 5000  # altair's own limit for data inside a chart
MOST_BYTES = 20 * 2**20  # of a page that still opens at once
_GLYPHS = "●■▲◆✚▼"
_LEGEND = 3  # entries side by side
_MIDDLE = 4  # of a glyph above its line
_SOME = 600  # pictures in a page
_HINT = [
    "Point at a mark, tap it, or come to it",
    "by the tabulator key, then the arrow",
    "keys, from left to right: its patch.",
]
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")


def hover_map(
    points: npt.ArrayLike,
    table: pd.DataFrame,
    pictures: Pixels,
    *,
    colour: str,
    tooltip: Sequence[str] = (),
    side: int = 64,
    title: str = "",
) -> alt.Chart:
    """Draw points that show their picture, and some of their columns, under the pointer.

    Parameters
    ----------
    points : array, shape (n, 2)
        Of `embeddings.tsne`, for one; at most 5,000.
    table : DataFrame, n rows
        Columns of the points.
    pictures : ndarray of uint8, shape (n, height, width, 3) or (n, height, width)
        Of `embeddings.Projection`, for one; enlarged or reduced to `side`.
    colour : str
        Column of up to ten levels, told by colour and, as far as six shapes go round, by shape.
    tooltip : sequence of str
        Further columns to show.
    side : int
        Of the pictures in the chart, in pixels, 8 to 256.
    title : str
        Say here whether the data are simulated.

    Returns
    -------
    altair.Chart
        With all data inside; drag to move, scroll to zoom. ``chart.save("map.html")`` writes a
        page.

    Raises
    ------
    InputError
        Lengths that differ, an unknown column, too many levels, points or bytes.
    """
    at = np.asarray(points, np.float64)
    levels, images = _ready(at, table, pictures, colour, tooltip, side)
    shown = table[list(dict.fromkeys([colour, *tooltip]))].reset_index(drop=True)
    shown = shown.map(_safe).rename(columns=_safe)
    levels, colour = [_safe(level) for level in levels], escape.script(colour)
    # names as vega writes fields have no dots or brackets, whatever the table's have
    names = {str(name): f"column{number}" for number, name in enumerate(shown)}
    data = shown.rename(columns=names).assign(x=at[:, 0], y=at[:, 1], image=images)
    code = names[colour]
    colours = alt.Scale(domain=levels, range=_colours(levels))
    shapes = alt.Scale(domain=levels, range=[_SHAPES[n % len(_SHAPES)] for n in range(len(levels))])
    chart: alt.Chart = (
        alt.Chart(data, title=escape.script(title))
        .mark_point(filled=True, size=40, opacity=0.8)
        .encode(
            x=alt.X("x:Q", axis=None),
            y=alt.Y("y:Q", axis=None),
            color=alt.Color(code, type="nominal", title=colour, scale=colours),
            shape=alt.Shape(code, type="nominal", title=colour, scale=shapes),
            # vega-tooltip draws what is called "image" as one
            tooltip=[
                alt.Tooltip("image:N"),
                *(alt.Tooltip(one, title=name, type="nominal") for name, one in names.items()),
            ],
        )
        .properties(width=480, height=480)
        .interactive()
    )
    return chart


def hover_page(
    points: npt.ArrayLike,
    table: pd.DataFrame,
    pictures: Pixels,
    *,
    colour: str,
    tooltip: Sequence[str] = (),
    side: int = 64,
    title: str = "",
) -> str:
    """Return a map as HTML that needs no network and no script; parameters as of `hover_map`.

    The patch of the point under the pointer, or of the one chosen by the arrow keys, is shown
    enlarged below the map, with its columns. The keys go through the points from left to right.
    """
    at = np.asarray(points, np.float64)
    levels, images = _ready(at, table, pictures, colour, tooltip, side)
    low, spread = at.min(axis=0), np.maximum(np.ptp(at, axis=0), 1e-12)
    places = 20 + 440 * (at - low) / spread
    names = list(dict.fromkeys([colour, *tooltip]))
    below = 520 + 20 * ((len(levels) - 1) // _LEGEND)
    colours = _colours(levels)
    rows = table[names].to_numpy()
    marks = []
    for one in np.argsort(places[:, 0], kind="stable"):
        x, y = places[one, 0], 490 - places[one, 1]
        words = [f"{name}: {value}" for name, value in zip(names, rows[one], strict=True)]
        picture = f'<image x="0" y="{below}" width="180" height="180" href="{images[one]}"/>'
        number = levels.index(rows[one, 0])
        glyph = _glyph(x, y, number, colours[number])
        told = picture + pointed.text(195, below + 16, words)
        marks.append(pointed.mark((x, y - _MIDDLE), words, glyph, told))
    legend = []
    for number, level in enumerate(levels):
        x, y = 480 / _LEGEND * (number % _LEGEND), 504 + 20 * (number // _LEGEND)
        legend += [
            _glyph(x + 8, y, number, colours[number]),
            pointed.text(x + 20, y, [f"{colour} {level}"]),
        ]
    body = "".join([*legend, pointed.text(195, below + 16, _HINT, "hint"), *marks])
    return pointed.figure(title, below + 184, body)


def _safe(value: Any) -> Any:
    """Return a value of a table as altair may write it into a script block."""
    return escape.script(value) if isinstance(value, str) else value


def _glyph(x: float, y: float, number: int, colour: str) -> str:
    return (
        f'<text class="glyph" x="{x:.1f}" y="{y:.1f}" fill="{colour}">'
        f"{_GLYPHS[number % len(_GLYPHS)]}</text>"
    )


def _colours(levels: Sequence[Any]) -> list[str]:
    return [to_hex(colour) for colour in colours_of(levels).values()]


def some(n: int, *, seed: int = 0) -> npt.NDArray[np.intp]:
    """Return which of n points an interactive map shows: by chance, as many as open at once."""
    rng = np.random.default_rng(seed)
    return np.sort(rng.permutation(n)[:_SOME])


def _ready(
    at: npt.NDArray[np.float64],
    table: pd.DataFrame,
    pictures: Pixels,
    colour: str,
    tooltip: Sequence[str],
    side: int,
) -> tuple[list[Any], list[str]]:
    """Check what is to be drawn; return the levels of the colour, and pictures as data."""
    _check(at, table, pictures, [colour, *tooltip], side)
    levels = sorted(table[colour].unique().tolist())
    if len(levels) > len(PALETTE):
        raise InputError(
            f"Column {colour!r} has {len(levels)} levels; no more than {len(PALETTE)} colours can "
            "be told apart. Show fewer, or colour by another column."
        )
    images = [pointed.data_uri(one, (side, side)) for one in pictures]
    size = sum(map(len, images))
    if size > MOST_BYTES:
        fit = int(len(images) * MOST_BYTES / size)
        raise InputError(
            f"{len(images):,} pictures of {side} pixels make a page of {size / 2**20:.0f} MiB; at "
            f"most {MOST_BYTES / 2**20:.0f} open at once. Show about {fit:,}, or smaller ones."
        )
    return levels, images


def _check(
    at: npt.NDArray[np.float64],
    table: pd.DataFrame,
    pictures: Pixels,
    names: list[str],
    side: int,
) -> None:
    n = len(table)
    if at.shape != (n, 2) or not np.isfinite(at).all():
        raise InputError(f"{n} rows need as many finite points (n, 2), not {at.shape}.")
    colours = pictures.ndim == 3 or pictures.shape[-1:] == (3,)
    if (
        len(pictures) != n
        or pictures.dtype != np.uint8
        or pictures.ndim not in (3, 4)
        or not colours
    ):
        raise InputError(
            f"pictures must be uint8 of shape ({n}, height, width, 3) or ({n}, height, width), not "
            f"{pictures.dtype} {pictures.shape}."
        )
    if not 1 <= n <= MOST_POINTS:
        raise InputError(f"A map shows 1 to {MOST_POINTS:,} points, not {n:,}: take a sample.")
    if not 8 <= side <= 256:
        raise InputError(f"side must be 8 to 256 pixels, not {side}.")
    unknown = [name for name in names if name not in table]
    if unknown:
        raise InputError(f"The table lacks the column(s) {', '.join(unknown)}.")

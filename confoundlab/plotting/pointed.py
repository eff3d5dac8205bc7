"""Figures whose marks show more when pointed at: SVG and a style sheet, no script, no network.

Serves the claim that the session hides all over the image (`leakmap.leak_map`): a place is believed
sooner when its window and its interval are seen. What a mark shows comes up as the pointer rests
on it, as it is tapped, or as the arrow keys come to it: each mark is a radio button that is not
seen, so a map is one stop of the tabulator key, however many marks it has. On paper stands the
still.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.colors import to_hex
from PIL import Image

from confoundlab.croppers.crops import AsIs, stretch
from confoundlab.escape import page
from confoundlab.images.imageset import ImageSet, View
from confoundlab.plotting.nets import ORANGE, UNTRAINED, mean_image, titled
from confoundlab.types import Pixels

_ALL = AsIs()
_WIDTH = 480  # of all figures; letters of 16 are still read on a phone
_STEPS = 24  # of the scale of colours
_TAPPED = 18  # side of what answers about the middle of a mark
_STYLE = (
    "<style>"
    ".hover-map{max-width:36rem}"
    ".hover-map svg{display:block;width:100%;font:16px sans-serif;fill:currentColor}"
    ".hover-map image{image-rendering:pixelated}"
    ".hover-map .glyph{font-size:12px;text-anchor:middle}"
    ".hover-map label{display:block;text-align:left}"
    # over its mark, to be tapped; a mark that is chosen answers by its size
    ".hover-map [type=radio]{display:block;width:100%;height:100%;margin:0;opacity:0}"
    ".hover-map .mark:is(:hover,:focus-within,:has(:checked))>.glyph{font-size:20px}"
    ".hover-map .mark:is(:hover,:focus-within,:has(:checked))>circle{stroke:#fff;stroke-width:3}"
    ".hover-map .shown{display:none;pointer-events:none}"
    ".hover-map .mark:is(:hover,:focus-within,:has(:checked))>.shown{display:inline}"
    # one at a time: the pointer goes before the keys
    ".hover-map:has(.mark:hover) .mark:not(:hover)>.shown{display:none}"
    ".hover-map:has(.mark:hover,[type=radio]:is(:focus,:checked)) .hint{display:none}"
    ".hover-map:has([type=checkbox]:checked) .mark{visibility:hidden}"
    "@media print{.hover-map{display:none}}"
    "</style>"
)


def figure(title: str, height: float, body: str, *, above: str = "") -> str:
    """Return a figure, 480 units wide, as HTML with its style sheet; `above` is HTML as well."""
    words = page(title)
    # a form of its own: radio buttons of one name are a group there, apart from other maps'; of
    # the method that sends nothing when Enter is pressed
    return (
        f'{_STYLE}<form class="hover-map" method="dialog">{above}'
        f'<svg viewBox="0 0 {_WIDTH} {height:g}" role="radiogroup" aria-label="{words}">'
        f"{text(0, 16, [title])}{body}</svg></form>"
    )


def mark(at: tuple[float, float], words: Sequence[str], drawn: str, shown: str) -> str:
    """Return a mark with its middle at x and y: `drawn` always, `shown` only when it is chosen.

    Its name for those who hear it is `words`. Arrow keys go through marks in their order.
    """
    name = page(", ".join(words))
    x, y = (place - _TAPPED / 2 for place in at)
    return (
        f'<g class="mark">{drawn}<foreignObject x="{x:.1f}" y="{y:.1f}" width="{_TAPPED}" '
        f'height="{_TAPPED}"><input type="radio" name="mark" aria-label="{name}"/></foreignObject>'
        f'<g class="shown">{shown}</g></g>'
    )


def text(x: float, y: float, lines: Sequence[str], kind: str = "word") -> str:
    """Return lines of text, the first on height y."""
    return "".join(
        f'<text class="{kind}" x="{x:g}" y="{y + 20 * number:g}">{page(line)}</text>'
        for number, line in enumerate(lines)
    )


def data_uri(picture: Pixels, size: tuple[int, int] | None = None) -> str:
    """Return a picture (height, width, 3) or (height, width) as a PNG inside a page.

    Parameters
    ----------
    picture : ndarray of uint8
        Gray or colours.
    size : (int, int), optional
        Width and height to be brought to, pixels.
    """
    file, made = io.BytesIO(), Image.fromarray(picture)
    sized = made if size is None else made.resize(size, Image.Resampling.BICUBIC)
    sized.save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def leak_map(places: pd.DataFrame, images: ImageSet, view: View = _ALL) -> str:
    """Return a leak map as HTML: each place shows its window, accuracy, interval, chance and n.

    Parameters
    ----------
    places : DataFrame
        From `leakmap.leak_map`.
    images, view : ImageSet, View
        What it was made of. Only their mean is shown, as in `nets.leak_map`.
    """
    mean = stretch(np.round(mean_image(images, view)).astype(np.uint8)[..., None]).squeeze(-1)
    height, width = mean.shape
    scale = min(_WIDTH / width, _WIDTH / height)
    tall, wide, top = scale * height, scale * width, 26
    less = None if scale > 1 else (round(wide), round(tall))
    body = [
        f'<image x="0" y="{top}" width="{wide:g}" height="{tall:g}" href="{data_uri(mean, less)}"/>'
    ]
    below = top + tall + 22
    chance = places["chance"].mean()
    sides = (places[side].to_numpy() for side in ("left", "top"))
    apart = min(np.diff(np.unique(side)).min(initial=width) for side in sides)
    radius = min(10, 0.4 * scale * apart)
    for place in places.to_dict("records"):
        at = {name: scale * place[name] for name in ("left", "top", "width", "height")}
        x, y = at["left"] + at["width"] / 2, top + at["top"] + at["height"] / 2
        told = [
            f"Accuracy {place['estimate']:.1%}, 95% interval {place['ci_low']:.1%} to "
            f"{place['ci_high']:.1%}",
            f"chance {place['chance']:.1%}; {place['n_images']:,} images in "
            f"{place['n_groups']:,} groups",
            f"window of {place['width']}x{place['height']} pixels at {place['left']}, "
            f"{place['top']}",
        ]
        if place["n_dead"]:
            told.append(f"{place['n_dead']} of {place['n_fits']} nets named one class only")
        box = (
            f'<rect x="{at["left"]:.1f}" y="{top + at["top"]:.1f}" width="{at["width"]:.1f}" '
            f'height="{at["height"]:.1f}" fill="none" stroke="{to_hex(ORANGE)}" stroke-width="3"/>'
        )
        leaks = bool(place["ci_low"] > place["chance"])
        dot = _dot(x, y, radius, _colour(place["estimate"], chance), leaks)
        if place["n_dead"]:
            dot = _hatched(x, y, radius) + dot * (place["n_dead"] < place["n_fits"])
        body.append(mark((x, y), told, dot, box + text(0, below, told)))
    hint = [
        "Point at a mark, tap it, or come to it by the tabulator key",
        "and the arrow keys: its window and numbers.",
    ]
    dead = bool((places["n_dead"] > 0).any())
    legend = below + (84 if dead else 64)  # below three lines on a place, or four
    body += [text(0, below, hint, "hint"), _legend(legend, chance, dead)]
    hide = '<label><input type="checkbox"> hide the marks</label>'
    title = titled("Where the session hides, place by place", images.state)
    return figure(title, legend + (60 if dead else 40), "".join(body), above=hide)


def _colour(share: float, chance: float) -> str:
    """Return the colour of an accuracy: dark at chance, bright at 1."""
    above = (share - chance) / (1 - chance) if chance < 1 else 0
    return str(to_hex(mpl.colormaps["viridis"](float(np.clip(above, 0, 1)))))


def _dot(x: float, y: float, radius: float, colour: str, leaks: bool) -> str:
    """Return a disc, or a cross on a disc that cannot be seen but pointed at."""
    at = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}"'
    if leaks:
        return f'<circle {at} fill="{colour}" stroke="#fff" stroke-width="1.5"/>'
    arm = 0.7 * radius
    across = f"l{2 * arm:.1f} {2 * arm:.1f}m0 {-2 * arm:.1f}l{-2 * arm:.1f} {2 * arm:.1f}"
    path = f"M{x - arm:.1f} {y - arm:.1f}{across}"
    return f'<circle {at} fill="transparent"/>' + "".join(
        f'<path d="{path}" stroke="{ink}" stroke-width="{width}"/>'
        for ink, width in (("#fff", 5), (colour, 2.5))
    )


def _hatched(x: float, y: float, radius: float) -> str:
    """Return a square with slanted lines: here a net did not train."""
    low, side = -radius, 2 * radius
    lines = "".join(
        f"M{x + low + step * side:.1f} {y + radius:.1f}"
        f"L{x + low + min(side, (step + 0.5) * side):.1f} {y - radius:.1f}"
        for step in (0.0, 0.25, 0.5)
    )
    return (
        f'<rect x="{x + low:.1f}" y="{y + low:.1f}" width="{side:g}" height="{side:g}" '
        f'fill="#fff" fill-opacity="0.6" stroke="#555"/><path d="{lines}" stroke="#555"/>'
    )


def _legend(y: float, chance: float, dead: bool) -> str:
    """Return the scale of colours, and what the marks mean."""
    step = 120 / _STEPS
    scale = "".join(
        f'<rect x="{50 + step * number:g}" y="{y:g}" width="{step + 0.5:g}" height="14" '
        f'fill="{_colour(chance + (1 - chance) * number / (_STEPS - 1), chance)}"/>'
        for number in range(_STEPS)
    )
    marks = _dot(262, y + 7, 7, _colour(1, chance), True) + _dot(262, y + 29, 7, "#333333", False)
    names = text(276, y + 13, ["interval above chance", "not above", *([UNTRAINED] * dead)])
    marks += _hatched(262, y + 49, 7) * dead
    return f"{text(0, y + 13, [f'{chance:.0%}'])}{scale}{text(178, y + 13, ['100%'])}{marks}{names}"

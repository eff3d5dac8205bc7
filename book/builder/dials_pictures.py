"""Pictures of "Turn the dials": of a setting, and all settings in one still, for paper."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from confoundlab.croppers.crops import stretch
from confoundlab.plotting.nets import BLUE, GRAY, titled
from confoundlab.types import Indices, Pixels

_PICTURES, _STRETCHED = 0, 2  # of a setting's strips


def strips(
    pictures: Pixels, blanks: Pixels, shown: Indices, for_eyes: Callable[[Pixels], Pixels]
) -> list[str]:
    """Return what a page shows of a setting, as data: three pictures side by side.

    Parameters
    ----------
    pictures, blanks : ndarray of uint8, shape (n, height, width, channels)
        Pictures and their blank parts.
    shown : ndarray of int, shape (2, columns)
        Which to show.
    for_eyes : callable
        From pictures to what a page shows of them.

    Returns
    -------
    list of str
        The pictures of the first row, their blank parts, and the blank parts of both rows with
        their contrast stretched: all by one range, or they would not show by how much they differ.
    """
    parts = blanks[shown.ravel()]
    parts = for_eyes(parts) if parts.shape[-1] > 3 else parts
    both = _tiled(parts.reshape(*shown.shape, *parts.shape[1:]))
    return [
        _data(_tiled(for_eyes(pictures[shown[0]])[None]), "JPEG"),
        _data(both[: len(both) // 2], "PNG"),
        _data(stretch(both), "PNG"),
    ]


def _tiled(pictures: Pixels) -> Pixels:
    """Lay pictures (rows, columns, height, width, channels) side by side, as one picture."""
    down, across, height, width, channels = pictures.shape
    return pictures.swapaxes(1, 2).reshape(down * height, across * width, channels)


def _data(picture: Pixels, kind: str) -> str:
    file = io.BytesIO()
    Image.fromarray(picture.squeeze()).save(file, kind, quality=85, optimize=True)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"


def still(panel: dict[str, Any], *, title: str) -> Figure:
    """Draw all settings of a panel, a line a dial: pictures, stretched blank parts, and shares.

    Parameters
    ----------
    panel : dict
        From `dials_data.panel`.
    title : str
        Of the figure, which says that it is simulated, too.
    """
    settings = {_key(one["at"]): one for one in panel["settings"]}
    words = {dial["name"]: dial["words"] for dial in panel["dials"]}
    lines: list[tuple[str, list[dict[str, float]]]] = [
        (words[name], [{name: step} for step in panel["steps"]]) for name in words
    ]
    lines += [
        (
            f"{words[a]},\nwith {words[b]} {step:g}",
            [{a: other, b: step} for other in panel["steps"]],
        )
        for a, b in panel["pairs"]
        for step in panel["steps"][1:]
    ]
    lines = [(name, at) for name, at in lines if all(_key(one) in settings for one in at)]
    across = len(panel["steps"])
    figure, axes = plt.subplots(
        len(lines), across, figsize=(2 * across + 1, 1.55 * len(lines) + 0.5), squeeze=False,
        layout="constrained", dpi=90,
    )  # fmt: skip
    for row, (name, at) in zip(axes, lines, strict=True):
        for axis, setting in zip(row, at, strict=True):
            one = settings[_key(setting)]
            axis.imshow(_stacked(one["strips"]))
            axis.set_xticks([])
            axis.set_yticks([])
            shares = [f"{100 * answer['estimate']:.0f}" for answer in one["answers"]]
            leaks = one["answers"][0]["low"] > panel["chance"]
            axis.set_xlabel(
                " | ".join(shares), fontsize=11, color=BLUE if leaks else GRAY,
                weight="bold" if leaks else "normal",
            )  # fmt: skip
        row[0].set_ylabel(name, rotation=0, ha="right", va="center", fontsize=11)
    for axis, step in zip(axes[0], panel["steps"], strict=True):
        axis.set_title(f"{step:g}", fontsize=11)
    figure.suptitle(titled(title, panel["state"]), fontsize=13)
    return figure


def _key(at: dict[str, float]) -> frozenset[tuple[str, float]]:
    return frozenset((name, step) for name, step in at.items() if step)


def _stacked(strips: list[str]) -> np.ndarray[Any, Any]:
    """Return the pictures above the stretched blank parts, of one width."""
    top, low = (_picture(strips[number]) for number in (_PICTURES, _STRETCHED))
    below = low.resize((top.width, low.height * top.width // low.width), Image.Resampling.NEAREST)
    return np.concatenate([np.asarray(top), np.asarray(below)])


def _picture(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))).convert("RGB")

"""The images that a control gives away, as pictures that can be put in another order.

Serves step six of an audit: whoever sees which images give their session away sees the session. The
orders are styles of the browser, switched by buttons, so that the page needs no script.
"""

from __future__ import annotations

import base64
import io
from html import escape

import numpy as np
from PIL import Image

from confoundlab.auditing.features import colour_of
from confoundlab.auditing.pixels import leaking
from confoundlab.auditing.state import Audit
from confoundlab.croppers.crops import stretch
from confoundlab.escape import terminal
from confoundlab.types import Pixels

GIVEN = "given away"
_EACH = 12  # pictures from either end of the order
_SIDE = 96  # pixels of a picture
_STYLE = """
.gallery { margin: 1em 0; }
.gallery fieldset { border: 0; padding: 0; margin: 0 0 0.5em; }
.gallery label { margin-right: 1em; }
.gallery .pictures { display: flex; flex-wrap: wrap; gap: 0.6em; }
.gallery figure { width: 8.5em; margin: 0; font-size: 0.8em; overflow-wrap: anywhere; }
.gallery img { width: 4em; height: 4em; object-fit: contain; background: #ddd; }
"""


def gallery(audit: Audit) -> str:
    """Return HTML: the images that a control names most and least surely, each beside what it saw.

    Returns
    -------
    str
        With buttons for the order: how surely, by label, by group, by name. Empty where no control
        leaks, or where it was named from no view.
    """
    leak = leaking(audit)
    if leak is None or leak.view is None or GIVEN not in audit.tables:
        return ""
    table = audit.tables[GIVEN]
    rows = np.unique(np.r_[np.arange(len(table))[:_EACH], np.arange(len(table))[-_EACH:]])
    shown = table.iloc[rows]
    orders = {"how surely": np.arange(len(shown))} | {
        f"by {name}": _ranks(shown[name].astype(str).tolist())
        for name in ("label", "group", "image")
        if name in shown
    }
    colour = colour_of(audit.images)
    parts = []
    for place, (row, one) in enumerate(shown.iterrows()):
        image = audit.images.read(int(str(row)), colour)
        style = ";".join(
            f"--o{number}:{order[place]}" for number, order in enumerate(orders.values())
        )
        label, name = _text(str(one["label"])), _text(str(one["image"]))
        parts.append(
            f'<figure style="{style}">{_picture(image, f"image {name}")}'
            f"{_picture(stretch(leak.view(image)), f'what the control left of {name}')}"
            f"<figcaption>{label}, {one['margin']:+.2f}<br>{name}</figcaption></figure>"
        )
    buttons, rules = [], []
    for number, words in enumerate(orders):
        mark = f"gallery-{number}"
        checked = " checked" if number == 0 else ""
        buttons.append(
            f'<label><input type="radio" name="gallery" id="{mark}"{checked}> {words}</label>'
        )
        rules.append(
            f".gallery:has(#{mark}:checked) .pictures > figure {{ order: var(--o{number}); }}"
        )
    return (
        f"<style>{_STYLE}{''.join(rules)}</style>"
        f'<div class="gallery tex2jax_ignore mathjax_ignore">'
        f"<fieldset><legend>Order</legend>{''.join(buttons)}</fieldset>"
        f'<div class="pictures">{"".join(parts)}</div></div>'
    )


def _ranks(values: list[str]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the place of each value in their sorted order; of equals the first comes first."""
    order = np.argsort(np.array(values, dtype=object), kind="stable")
    ranks = np.empty(len(values), np.intp)
    ranks[order] = np.arange(len(values))
    return ranks


def _picture(pixels: Pixels, alt: str) -> str:
    picture = Image.fromarray(pixels.squeeze())
    picture.thumbnail((_SIDE, _SIDE))
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    inside = base64.b64encode(kept.getvalue()).decode("ascii")
    return f'<img alt="{alt}" src="data:image/png;base64,{inside}">'


def _text(words: str) -> str:
    return escape(terminal(words.replace("\n", " "), keep=""))

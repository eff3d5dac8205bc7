"""Names are text: here they are made so, for a terminal, Markdown, HTML and a script block.

Figures have `plotting.nets.as_text`.
"""

from __future__ import annotations

import html
import re
import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, formats such as bidi marks, surrogates, ends
_MARKS = re.compile(r"([\\`*_\[\]{}$~|#^])")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def terminal(text: str, keep: str = "\n\t") -> str:
    r"""Return text in which what a terminal would obey, or not show, is written: ESC as ``\x1b``.

    Parameters
    ----------
    text : str
        To be printed.
    keep : str
        Control characters that are meant; a name in a line has none.
    """
    if text.isprintable():  # which is quick to know, and nearly always so
        return text
    return "".join(
        one
        if one in keep or unicodedata.category(one) not in _HIDDEN
        else one.encode("unicode_escape", "backslashreplace").decode("ascii")
        for one in text
    )


def storable(text: str) -> str:
    """Return text that a file and a table can hold: halves of characters are written out.

    Python makes such halves of a file's name that is no UTF-8, and of some JSON.
    """
    return text.encode("utf-8", "backslashreplace").decode()


def markdown(text: str) -> str:
    """Return text, in one line, that Markdown (CommonMark or MyST) shows as it is."""
    line = terminal(" ".join(text.split("\n")), keep="")
    marked = _MARKS.sub(r"\\\1", re.sub("[&<>]", lambda found: _ENTITIES[found[0]], line))
    return marked.replace("://", "&#58;//")  # a bare address would become a link


def code(text: str) -> str:
    """Return text as code inside a line of Markdown, whatever is in it."""
    return f"<code>{markdown(text)}</code>"


def fenced(text: str, opening: str = "", least: int = 3) -> str:
    """Return Markdown's block of some text, its fence longer than any in the text.

    Parameters
    ----------
    text : str
        Shown, controls written out, or, after `opening`, read as the directive's content.
    opening : str
        What stands behind the fence: a language, or MyST's ``{admonition} Title``.
    least : int
        Length of the fence.
    """
    fence = "`" * max(least, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence}{opening}\n{terminal(text)}\n{fence}"


def page(text: str) -> str:
    """Return text, in one line, that HTML shows as it is, inside a tag's quotes too."""
    return html.escape(terminal(" ".join(text.split("\n")), keep=""))


def script(text: str) -> str:
    """Return text that cannot end the script block in which a page holds it as JSON.

    What is not seen is written out, as on a terminal. Behind each ``<`` stands a word joiner
    (U+2060), which nobody sees: neither ``</script`` nor ``<!--`` is left for the parser of HTML.
    """
    return terminal(text).replace("<", "<\u2060")

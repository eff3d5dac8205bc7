"""Sphinx extension: what every built page has, its footer and figures that are numbered by page."""

from __future__ import annotations

import html
from typing import Any

from book_data import read_config

from confoundlab.notebook.book import repository


def footer(app: Any, page: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Put how to cite the book, and its repository if it has one, below a page."""
    where = context["pathto"]("references")
    parts = [f'<a href="{where}#how-to-cite">How to cite this book</a>']
    if url := repository(read_config()):  # the theme's own has the renderer's where there is none
        parts.append(f'<a href="{html.escape(url)}">Source, and where to report a fault</a>')
    context["theme_extra_footer"] = " · ".join(parts)


def number_by_page(app: Any, env: Any) -> list[str]:
    """Count figures anew on each page, in Sphinx's order; it counts through the whole book.

    Called after Sphinx has given its numbers (``env-get-updated``).
    """
    for kinds in env.toc_fignumbers.values():
        for kind, figures in kinds.items():
            inside = sorted((before, name) for name, before in figures.items())
            kinds[kind] = {name: (number,) for number, (_, name) in enumerate(inside, 1)}
    return []


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", footer)
    app.connect("env-get-updated", number_by_page, priority=600)  # its own numbering has 500
    return {"parallel_read_safe": True, "parallel_write_safe": True}

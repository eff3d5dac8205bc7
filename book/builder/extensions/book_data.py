"""What parts of pages read: the book's own data, the titles of its pages, and links to them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

BOOK = Path(__file__).parents[2]
# Made before the pages are, and not for students.
SLIDES = BOOK / "_made" / "slides"
# Of a page, or of the notebook that becomes one.
_TITLE = re.compile(r"^(?:# )?# ([A-Z].*)$", re.MULTILINE)


def read_data(name: str) -> Any:
    """Return what a YAML file of the book holds."""
    return yaml.safe_load((BOOK / name).read_text(encoding="utf-8"))


def read_config() -> Any:
    """Return the configuration of the book."""
    return yaml.safe_load((BOOK.parent / "_config.yml").read_text(encoding="utf-8"))


def chapter(page: str) -> Any:
    """Return what is known of a page's chapter, nothing of a page that is no chapter."""
    name = f"chapters/{page.rpartition('/')[2]}.yml"
    return read_data(name) if (BOOK / name).is_file() else {}


def title_of(page: str) -> str:
    """Return the title of a page of Markdown, of a study's, or of a notebook of the book."""
    name = page.removeprefix("executed/")
    notebooks = (BOOK.parent / "notebooks" / f"{name}.py", BOOK / f"{name}.py")
    source = BOOK / f"{page}.md" if name == page else next(filter(Path.is_file, notebooks))
    titles: list[str] = _TITLE.findall(source.read_text(encoding="utf-8"))
    return titles[0]


def bullets(items: Iterable[str]) -> str:
    """Return a list in Markdown."""
    return "\n".join(f"- {item}" for item in items)


def links(pages: Iterable[str]) -> str:
    """Return links to pages of the book, with their titles."""
    return ", ".join(map(link, pages))


def link(page: str) -> str:
    """Return a link to a page of the book, with the page's title."""
    suffix = ".ipynb" if page.startswith("executed/") else ".md"
    return f"[](/{page}{suffix})"

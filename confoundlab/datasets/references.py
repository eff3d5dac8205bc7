"""References in full, from the one bibliography that the book has as well."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pybtex import PybtexEngine
from pybtex.database import parse_string

from confoundlab.errors import InputError, one_of


@cache
def _bibliography() -> str:
    """Return the BibTeX source: in an installed package inside it, in a checkout in the book."""
    package = Path(__file__).parents[1]
    for folder in (package, package.parent / "book"):
        if (folder / "references.bib").is_file():
            return (folder / "references.bib").read_text(encoding="utf-8")
    raise InputError("The bibliography is missing from this installation.")


def reference(key: str) -> str:
    """Return who wrote what, where and when, in a line of plain text.

    Parameters
    ----------
    key : str
        Of the bibliography, as `catalog.Dataset.citation` has it.

    Raises
    ------
    InputError
        There is no such reference.
    """
    source = _bibliography()
    one_of("reference", key, list(parse_string(source, "bibtex").entries))
    listed: str = PybtexEngine().format_from_string(
        source, style="plain", output_backend="plaintext", citations=[key]
    )
    return listed.strip().removeprefix("[1] ")

"""Render the book with jupyter-book, on all cores: its own command line takes one.

    python book/builder/render.py BOOK OUT CONFIG CONTENTS

Warnings are errors, and so are references that lead nowhere. All pages are read anew, because they
change when chapters, results or the bibliography do, which Sphinx cannot see in their own files.
"""

from __future__ import annotations

import sys
from pathlib import Path

from jupyter_book.sphinx import build_sphinx  # type: ignore[import-untyped]

from confoundlab.storage.machine import cores


def render(book: Path, out: Path, config: Path, contents: Path) -> bool:
    """Render the pages of a folder as HTML; return whether nothing was amiss."""
    done = build_sphinx(
        str(book),
        str(out / "html"),
        path_config=config,
        noconfig=True,
        confoverrides={
            "external_toc_path": str(contents),
            "nitpicky": True,
            "latex_individualpages": False,
        },
        doctreedir=str(out / ".doctrees"),
        force_all=True,
        warningiserror=True,
        keep_going=True,
        quiet=True,
        jobs=cores(),
    )
    return bool(done == 0)


if __name__ == "__main__":
    sys.exit(not render(*map(Path, sys.argv[1:])))

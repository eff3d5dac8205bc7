"""An executed notebook as one HTML file that needs no network: all that it shows is in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from confoundlab.storage.files import write_aside

# nbconvert's page fetches scripts for formulas, diagrams and widgets; this one runs no script, and
# tells the browser not to run any that came in by an output (Content Security Policy, W3C).
_TEMPLATE = """{% extends 'lab/index.html.j2' %}
{% block html_head_js %}<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
img-src data:; font-src data:; style-src 'unsafe-inline'; form-action 'none'">{% endblock %}
{% block jupyter_widgets %}{% endblock %}
{% block html_head_js_mathjax %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block extra_css %}<style>
body.jp-Notebook { max-width: 60rem; margin: 0 auto; padding: 0 1rem; }
.jp-InputPrompt, .jp-OutputPrompt { display: none; }
figure { margin: 0; }
figure img { max-width: 100%; height: auto; }
.jp-RenderedHTMLCommon { overflow-x: auto; padding: 0 !important; }
.jp-RenderedHTMLCommon :is(th, td) { text-align: left !important; }
.verdict { white-space: nowrap; padding: 0 0.5em; border: 1px solid; border-radius: 0.3em; }
.verdict-leak { color: #7a2e00; background: #fde3d2; }
.verdict-no-leak-found { color: #00533f; background: #d3f0e6; }
.verdict-not-identifiable { color: #004a75; background: #d8ecf9; }
.verdict-inverted { color: #6b2a5c; background: #f6e0ef; }
.answer { border-left: 0.3em solid #0173b2; padding-left: 1em; }
</style>{% endblock %}
"""
_CITED = re.compile(r"\{cite(?::\w+)?\}`([^`]+)`")
_KEY = re.compile(r"([a-z]+)(\d{4})\w*")  # dhar2021evaluation
_ROLE = re.compile(r"\{[a-z][\w:-]*\}`(?:([^`<]+?)\s*<[^`>]*>|([^`]+))`")
_BOOK_ONLY = {"remove-cell"}
_NO_CODE = {"remove-input", "hide-input", "injected-parameters"}


def write_page(executed: Path) -> Path:
    """Write an executed notebook as HTML beside it, under the same name; return the path."""
    text = standalone(nbformat.read(executed, as_version=4), executed.stem)
    target = executed.with_suffix(".html")
    return write_aside(
        target, lambda aside: aside.write_text(text, encoding="utf-8", errors="backslashreplace")
    )


def standalone(notebook: NotebookNode, title: str) -> str:
    """Return the HTML of an executed notebook: results and words, pictures inside, no script.

    Code that the book hides is left out, for the notebook has it. Formulas stay TeX, and what
    only a script could draw (widgets, interactive charts) is left out with a line that says so.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; it is not changed.
    title : str
        Of the page, where the notebook has no heading.
    """
    readable = _for_readers(notebook)
    heading = re.search(r"^# (.+)$", "\n".join(cell.source for cell in readable.cells), re.M)
    readable.metadata["title"] = heading[1] if heading else title
    exporter = HTMLExporter(template_name="lab")
    exporter.raw_template = _TEMPLATE
    text: str = exporter.from_notebook_node(readable)[0]
    return text


def _for_readers(notebook: NotebookNode) -> NotebookNode:
    """Return a copy without what belongs to the book only."""
    copy = deepcopy(notebook)
    copy.metadata.pop("widgets", None)
    copy.cells = [c for c in copy.cells if not _BOOK_ONLY & set(c.metadata.get("tags", []))]
    for cell in copy.cells:
        if cell.cell_type == "markdown":
            cell.source = _without_roles(cell.source)
        if cell.cell_type != "code":
            continue
        if _NO_CODE & set(cell.metadata.get("tags", [])):
            cell.metadata["transient"] = {"remove_source": True}
        for output in cell.outputs:
            if "data" in output:
                output.data = NotebookNode(_still(output.data, cell.metadata.get("mystnb", {})))
    return copy


def _still(data: Mapping[str, Any], shown: Mapping[str, Any]) -> dict[str, Any]:
    """Return an output's data as a page without scripts can show it; figures get their caption."""
    if "image/png" in data:
        alt = escape(shown.get("image", {}).get("alt", ""))
        caption = escape(_without_roles(shown.get("figure", {}).get("caption", "")))
        picture = f'<img alt="{alt}" src="data:image/png;base64,{data["image/png"].strip()}">'
        return {"text/html": f"<figure>{picture}<figcaption>{caption}</figcaption></figure>"}
    if "<script" in data.get("text/html", "") or any(kind.endswith("+json") for kind in data):
        return {"text/plain": "An interactive figure was here: open the notebook to see it."}
    return {
        kind: _without_roles(value) if kind in ("text/html", "text/markdown") else value
        for kind, value in data.items()
    }


def _without_roles(text: str) -> str:
    """Return Markdown in which the book's own marks are words: {cite}`dhar2021x`, (Dhar 2021)."""

    def cited(found: re.Match[str]) -> str:
        keys = [key.strip() for key in found[1].split(",")]
        words = [
            f"{known[1].capitalize()} {known[2]}" if (known := _KEY.fullmatch(key)) else key
            for key in keys
        ]
        return f"({'; '.join(words)})"

    return _ROLE.sub(lambda found: found[1] or found[2], _CITED.sub(cited, text))

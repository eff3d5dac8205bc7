"""What the book adds to an executed notebook: how to run it again, and where it opens elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

import nbformat
import yaml
from nbformat import NotebookNode

from confoundlab import escape
from confoundlab.errors import InputError
from confoundlab.report.changes import changed_since
from confoundlab.report.sentences import STATES, command
from confoundlab.storage.files import text_digest

_ADDRESS = re.compile(r"https://([\w.-]+)/[\w.-]+/[\w.-]+")
# The built book lies on this branch, and in it the executed notebooks; none is on any other.
_BRANCH, _NOTEBOOKS = "gh-pages", "_sources"


def repository(config: Mapping[str, Any]) -> str | None:
    """Return the address of the repository that the book's configuration names, if it does.

    Raises
    ------
    InputError
        It is no address of the form https://host/owner/name.
    """
    url = str((config.get("repository") or {}).get("url") or "").removesuffix("/")
    if url and not _ADDRESS.fullmatch(url):
        raise InputError(
            f"_config.yml: repository url {url!r} should be https://host/owner/name, or empty."
        )
    return url or None


def with_buttons(config: Mapping[str, Any], extra: str) -> dict[str, Any]:
    """Return the renderer's configuration: Binder and Colab buttons if there is a repository.

    Parameters
    ----------
    config : mapping
        Of the book.
    extra : str
        Folder of files to lay beside the pages (`binder_files`), as the renderer finds it.
    """
    made, url = deepcopy(dict(config)), repository(config)
    made.pop("repository", None)
    if url is None:
        return made
    made["repository"] = {"url": url, "branch": _BRANCH, "path_to_book": _NOTEBOOKS}
    buttons = {"notebook_interface": "jupyterlab", "binderhub_url": "https://mybinder.org"}
    if url.startswith("https://github.com/"):  # Colab opens no other host
        buttons["colab_url"] = "https://colab.research.google.com"
    made["launch_buttons"] = made.get("launch_buttons", {}) | buttons
    sphinx = made.setdefault("sphinx", {}).setdefault("config", {})
    sphinx["html_extra_path"] = [*sphinx.get("html_extra_path", []), extra]
    return made


def binder_files(url: str) -> dict[str, str]:
    """Return the files, by path beside the pages, from which Binder makes its machine."""
    environment = {
        "channels": ["conda-forge"],
        "dependencies": ["python=3.12", "pip", {"pip": [f"confoundlab @ git+{url}"]}],
    }
    return {"binder/environment.yml": yaml.safe_dump(environment, sort_keys=False)}


def dressed(
    notebook: NotebookNode, offer: str, url: str | None, *, prefix: str = ""
) -> NotebookNode:
    """Return a notebook as the book publishes it, with what it offers below its title.

    Parameters
    ----------
    notebook : NotebookNode
        Executed; it is not changed.
    offer : str
        Of `study_offer` or `page_offer`.
    url : str or None
        The repository's; with one, a cell that no page shows installs the package where it is
        missing, as on Colab.
    prefix : str
        Begins the ids of the new cells, where a notebook has several.
    """
    made = deepcopy(notebook)
    made.cells = [part for cell in made.cells for part in _figure_alone(cell)]
    new = [nbformat.v4.new_markdown_cell(offer, id=f"{prefix}offer")]
    if url is not None:
        install = (
            "import importlib.util\n\n"
            'if importlib.util.find_spec("confoundlab") is None:\n'
            f'    %pip install --quiet "confoundlab @ git+{url}"'
        )
        tags = {"tags": ["remove-cell"]}
        new.append(nbformat.v4.new_code_cell(install, id=f"{prefix}install", metadata=tags))
    title = made.cells[0]
    title.source, _, rest = title.source.partition("\n")
    if rest.strip():
        new.append(nbformat.v4.new_markdown_cell(rest.strip(), id=f"{prefix}rest"))
    made.cells[1:1] = new
    return made


def _figure_alone(cell: NotebookNode) -> list[NotebookNode]:
    """Give what a cell says beside its figure a cell of its own, for captions are for pictures."""
    outputs = cell.get("outputs", [])
    words = [one for one in outputs if "image/png" not in one.get("data", {})]
    if "figure" not in cell.metadata.get("mystnb", {}) or not 0 < len(words) < len(outputs):
        return [cell]
    said = deepcopy(cell)
    said.outputs, said.id = words, f"{cell.id}-said"
    said.source = (
        "# What the cell below says beside its figure."  # without a source it is not shown
    )
    said.metadata = NotebookNode(tags=["remove-input"])
    cell.outputs = [one for one in outputs if one not in words]
    return [said, cell]


def another(notebook: NotebookNode, title: str) -> NotebookNode:
    """Return a notebook as a second page of its study: another title, no names of figures.

    A figure's name leads to one page of the book, which is the study's main one.
    """
    made = deepcopy(notebook)
    made.cells[0].source = re.sub(r"^# .*", f"# {title}", made.cells[0].source, count=1)
    for cell in made.cells:
        cell.metadata.get("mystnb", {}).get("figure", {}).pop("name", None)
    return made


def study_offer(results: Mapping[str, Any], page: str | None = None) -> str:
    """Return, in MyST Markdown, what a study's page says of its run, and offers for another.

    Parameters
    ----------
    results : mapping
        Of the run that made the page.
    page : str, optional
        Name of the page, where it is not the study's.
    """
    name, made = page or results["study"], results["provenance"]
    day, changed = made["created"][:10], changed_since(results)
    settings = "the paper's settings" if results["profile"] == "paper" else "quick settings"
    head = (
        f"Data: {_badges({entry['state'] for entry in results['data']})}; run on {day} with "
        f"{settings} (profile {escape.code(str(results['profile']))}) by confoundlab "
        f"{escape.markdown(results['version'])}, code {escape.code(made['code'])}."
    )
    if changed:
        head += (
            "\n\n:::{warning}\nThe code has changed since in a way that could touch these "
            f"numbers: {changed}.\n:::"
        )
    return _offer(
        name,
        head,
        [
            *(
                f"{escape.markdown(entry['name'])}: {entry['n_images']:,} images, "
                f"{STATES[entry['state']]}; digest {escape.code(entry['digest'])}"
                for entry in results["data"]
            ),
            f"made {escape.markdown(day)} in {duration(results['seconds'])}; nets found in the "
            "cache took no time",
            f"{{download}}`its parameters <{name}.parameters.yaml>`, for `papermill -f`",
        ],
        command(results),
    )


def page_offer(name: str, published: Sequence[Mapping[str, Any]], seconds: float) -> str:
    """Return the same for a page without parameters that reads stored results, or none."""
    if not published:
        return _offer(
            name,
            "Images of a study: none on this page",
            [f"made in {duration(seconds)} from the notebooks"],
            "make book",
        )
    entries = [entry for results in published for entry in results["data"]]
    digest = text_digest(*sorted(entry["digest"] for entry in entries))
    return _offer(
        name,
        f"Data: {_badges({entry['state'] for entry in entries})}",
        [
            f"stored results of {_runs(len(published))}; digest of their images `sha256:{digest}`",
            f"made in {duration(seconds)}; it has no parameters",
        ],
        "make book",
    )


def _runs(n: int) -> str:
    return f"{n} runs" if n > 1 else "one run"


def parameters_file(results: Mapping[str, Any]) -> str:
    """Return a run's parameters as YAML, for ``papermill -f``."""
    return yaml.safe_dump(results["parameters"], sort_keys=False, allow_unicode=True)


def duration(seconds: float) -> str:
    """Return a time as people say it."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _badges(states: set[str]) -> str:
    return " ".join(f"{{bdg-dark}}`{state}`" for state in STATES if state in states)


def _offer(name: str, head: str, lines: Sequence[str], again: str) -> str:
    listed = "\n".join(f"- {line};" for line in lines)
    inside = (
        ":class: tip dropdown\n\n"
        f"- {{download}}`This notebook <{name}.ipynb>`, as it was run;\n{listed}\n"
        "- the one command that makes it again:\n\n"
        f"{escape.fenced(again)}\n\n"
        "Other parameters, other ways: [Rerun it](rerun.ipynb)."
    )
    opening = "{admonition} Download it, or run it again"
    return f"{head}\n\n{escape.fenced(inside, opening)}"

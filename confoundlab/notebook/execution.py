"""Run a study's notebook with papermill: check first, write aside, move into place at the end.

A run leaves ``<study>.ipynb``, ``results.json`` and the figures. A notebook that fails is kept
for reading in a folder named ``-failed``, and never reaches the book.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import papermill
from nbformat import NotebookNode
from papermill.exceptions import PapermillExecutionError

from confoundlab.catalog import Study
from confoundlab.datasets.loading import usable
from confoundlab.errors import BrokenImagesError, InputError, RunFailedError, one_of
from confoundlab.notebook.webpage import write_page
from confoundlab.storage.files import (
    Contents,
    contents,
    folder_aside,
    replace_folder,
    roots,
    settle,
    writing,
)
from confoundlab.studies.parameters import declared, notebook_source, read_notebook, resolve
from confoundlab.studies.run import RUN_VARIABLE

# papermill guesses parameters line by line and warns where it cannot read a type; ours are checked.
logging.getLogger("papermill").setLevel(logging.ERROR)
_BAD_INPUT = {InputError.__name__, BrokenImagesError.__name__}


def settings(study: Study, profile: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's parameters, checked; also that the images asked for are there.

    Raises
    ------
    InputError
        Unknown profile or parameter, a value of the wrong type, missing images.
    """
    preset = study.profiles[one_of("profile", profile, study.profiles)] if profile else {}
    values = resolve(declared(read_notebook(notebook_source(study.name))), preset, given)
    usable(study, values)
    return values


def run_study(
    study: Study,
    out: Path,
    *,
    profile: str | None = None,
    parameters: Mapping[str, Any],
    overwrite: bool = False,
) -> Path:
    """Execute a study's notebook and return the folder with what it left.

    Parameters
    ----------
    study : Study
        From the catalog.
    out : Path
        Folder to make; with `overwrite` it may be there, if it is empty or a run.
    profile : str, optional
        smoke, quick or paper.
    parameters : mapping
        Changes to the profile, as text or as values.

    Raises
    ------
    InputError
        Before anything is run, or from the notebook itself; nothing is written.
    RunFailedError
        A cell failed; the notebook is kept in ``<out>-failed``, or ``<out>-failed-2`` and so on.
        The disk is full, or may not be written. Or `out` was made or changed meanwhile: it is left
        as it is, and the run is kept in ``<out>-2`` and so on.
    """
    values = settings(study, profile, parameters)
    before = contents(out)
    if before is not None:
        if not overwrite:
            raise InputError(f"{out} is there already. Name another folder, or pass --overwrite.")
        _check_replaceable(out)
    with _aside(out, before) as folder:
        order = {"study": study.name, "profile": profile, "parameters": values}
        execute(notebook_source(study.name), folder / f"{study.name}.ipynb", order)
        write_page(folder / f"{study.name}.ipynb")
    return out


def _check_replaceable(out: Path) -> None:
    """Raise `InputError` unless a folder is empty or holds a run, and nobody stands in it."""
    if not out.is_dir() or Path.cwd().is_relative_to(out.resolve()):
        raise InputError(f"{out} is not replaced: it is no folder, or the one you are in.")
    if any(out.iterdir()) and not _is_run(out):
        raise InputError(
            f"{out} is not replaced: it holds no run (no results.json of confoundlab). "
            "Name another folder."
        )


def _is_run(folder: Path) -> bool:
    """Return whether a folder holds a run, of this version or another."""
    try:
        found = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(found, dict) and {"schema", "study", "evidence"} <= set(found)


@contextmanager
def _aside(out: Path, before: Contents) -> Iterator[Path]:
    """Give a folder beside `out` that takes its place at the end, or is kept or removed.

    Raises
    ------
    RunFailedError
        From within: the folder is kept, beside `out`. Or `out` is no longer as it was `before`:
        it stays so, and the folder is kept beside it.
    """
    with writing(out), folder_aside(out) as folder:
        try:
            yield folder
        except RunFailedError as error:
            failed = settle(folder, out.with_name(f"{out.name}-failed"))
            raise RunFailedError(
                f"{error}\nThe notebook is kept in {failed} for reading."
            ) from None
        if before is not None and contents(out) == before:
            replace_folder(folder, out)
        elif (kept := settle(folder, out)) != out:
            raise RunFailedError(
                f"{out} was made or changed while this run went, and is left as it is. The run is "
                f"whole, and is in {kept}."
            )


def execute(source: Path, target: Path, order: Mapping[str, Any]) -> None:
    """Execute a py:percent notebook and write it, executed, to `target`.

    Progress bars go to this process's standard error and not into the notebook. `order` (study,
    profile and parameters, where there are any) reaches the notebook's `StudyRun`, which
    writes beside `target`.

    Raises
    ------
    RunFailedError
        A cell failed; `target` holds the notebook as far as it got.
    """
    with tempfile.TemporaryDirectory() as scratch:
        unexecuted = Path(scratch) / f"{source.stem}.ipynb"
        jupytext.write(read_notebook(source), unexecuted)
        # A log file wants a line now and then, a terminal wants a bar that moves.
        pace = "0.1" if sys.stderr.isatty() else "30"
        run = json.dumps({"folder": str(target.parent.resolve()), **order})
        with _environment({**roots(), RUN_VARIABLE: run, "TQDM_MININTERVAL": pace}):
            try:
                papermill.execute_notebook(
                    str(unexecuted),
                    str(target),
                    parameters=order.get("parameters", {}),
                    kernel_name="python3",
                    language="python",
                    progress_bar=sys.stderr.isatty(),
                    stderr_file=sys.stderr,
                    cwd=str(source.parent),
                    request_save_on_cell_execute=False,
                    # ipykernel warns on every start that a kernel on this machine is not encrypted
                    extra_arguments=["--log-level=50"],
                )
            except PapermillExecutionError as error:
                if error.ename in _BAD_INPUT:  # images that are not whole, a crop that does not fit
                    raise InputError(error.evalue) from None
                raise RunFailedError(
                    f"{source.name}, cell {error.cell_index}: {error.ename}: {error.evalue}"
                ) from None
    nbformat.write(_for_reading(nbformat.read(target, as_version=4)), target)


def _for_reading(notebook: NotebookNode) -> NotebookNode:
    """Take out what only the person at the terminal needed: progress, and papermill's cell."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if output.get("name") != "stderr"]
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.metadata.tags.append("remove-input")  # the page prints its command instead
    return notebook


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    before = os.environ.copy()
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)

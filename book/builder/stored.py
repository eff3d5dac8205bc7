"""The stored runs: what the published pages show, made where the images are (`make results`).

    python book/builder/stored.py            run and store every page
    python book/builder/stored.py coil yale  some of them
    python book/builder/stored.py --check    say which a change of the code may have touched

A run takes minutes to hours; nets that were trained before are found in the cache. Stored are its
executed notebook, without paths and with smaller pictures, and ``results.json``.
"""

from __future__ import annotations

import base64
import io
import re
import shutil
from pathlib import Path
from typing import Any

import click
import nbformat
from nbformat import NotebookNode
from page_runs import PLAYED, RESULTS, ROOT, write_played
from PIL import Image

from confoundlab.catalog import PAGES, Page, Study
from confoundlab.console import Command
from confoundlab.errors import InputError, one_of
from confoundlab.notebook.execution import run_study
from confoundlab.report.changes import changed_since
from confoundlab.storage.files import folder_aside, replace_folder
from confoundlab.studies.store import read_results

COLOURS = 256  # of a stored picture: a figure looks the same, and takes a third of the bytes
LARGEST = 1_500_000  # bytes of what is stored of one page
_INSIDE = re.compile(r"data:image/png;base64,([A-Za-z0-9+/]+=*)")
_QUALITY = 85  # of WebP, at which small pictures look the same
FRONT = "front.png"  # the picture of the book's first page
_SIMULATED = "simulated"


def store(name: str, run: Path) -> Path:
    """Store a run as what a page shows; return the folder.

    Raises
    ------
    InputError
        There is no such page. The run is of another study, data set or profile; it measured
        nothing; it is simulated, and one of real images is stored; or it takes too many bytes.
    """
    study, page = PAGES[one_of("page", name, PAGES)]
    results = read_results(run / "results.json")
    _check(results, study, page)
    target = RESULTS / name
    if (target / "results.json").is_file() and all(
        entry["state"] == _SIMULATED for entry in results["data"]
    ):
        before = read_results(target / "results.json")["data"]
        if any(entry["state"] != _SIMULATED for entry in before):
            raise InputError(
                f"{run} is not stored: it is simulated, and {target} is of real images."
            )
    notebook = smaller(nbformat.read(run / f"{study.name}.ipynb", as_version=4))
    with folder_aside(target) as folder:
        nbformat.write(notebook, folder / f"{study.name}.ipynb")
        shutil.copyfile(run / "results.json", folder / "results.json")
        if (run / FRONT).is_file() and name == study.name:  # a study's main page gives it
            (folder / FRONT).write_bytes(_few_colours((run / FRONT).read_bytes()))
        size = sum(path.stat().st_size for path in folder.iterdir())
        if size > LARGEST:
            raise InputError(
                f"{run} is not stored: it takes {size:,} bytes, and a page has {LARGEST:,}."
            )
        replace_folder(folder, target)
    return target


def _check(results: dict[str, Any], study: Study, page: Page) -> None:
    found = (results["study"], results["profile"], results["parameters"]["dataset"])
    wanted = (study.name, page.profile, page.dataset)
    if found != wanted:
        raise InputError(
            f"Page {page.name} shows study {wanted[0]}, profile {wanted[1]}, data set {wanted[2]}; "
            f"this run is of study {found[0]}, profile {found[1]}, data set {found[2]}."
        )
    given = results["parameters"]
    other = [key for key, value in page.parameters.items() if given.get(key) != value]
    if other:
        said = ", ".join(f"{key} = {given.get(key)}" for key in other)
        raise InputError(f"Page {page.name} shows another run: this one has {said}.")
    if not results["evidence"]:
        raise InputError(f"The run for page {page.name} found no data, and measured nothing.")


def smaller(notebook: NotebookNode) -> NotebookNode:
    """Return an executed notebook with pictures of few colours, and without this machine's paths.

    Papermill notes where it read and wrote; when it ran and for how long stays.
    """
    kept = notebook.metadata.get("papermill", {})
    notebook.metadata["papermill"] = {
        key: kept[key] for key in ("duration", "end_time", "parameters") if key in kept
    }
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                data["text/html"] = _INSIDE.sub(_as_webp, data["text/html"])
            if "image/png" in data:
                before = base64.b64decode(data["image/png"])
                data["image/png"] = base64.b64encode(_few_colours(before)).decode("ascii")
    return notebook


def _as_webp(found: re.Match[str]) -> str:
    """Return a picture inside HTML, such as a cell of a map, as WebP where that is smaller."""
    aside = io.BytesIO()
    Image.open(io.BytesIO(base64.b64decode(found[1]))).save(aside, "WEBP", quality=_QUALITY)
    made = base64.b64encode(aside.getvalue()).decode("ascii")
    return min(found[0], f"data:image/webp;base64,{made}", key=len)


def _few_colours(before: bytes) -> bytes:
    """Return a PNG with fewer colours; as it was where that takes no fewer bytes."""
    image = Image.open(io.BytesIO(before)).convert("RGB")
    aside = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(aside, "PNG", optimize=True)
    return min(before, aside.getvalue(), key=len)


def make(name: str) -> Path:
    """Run a page's study as the page shows it, and store it; or make data to play with."""
    if name in PLAYED:
        target = RESULTS / "played" / name / "data.js"
        write_played(name, target)
        return target.parent
    study, page = PAGES[name]
    run = ROOT / "runs" / "stored" / name
    parameters = {"dataset": page.dataset} | dict(page.parameters)
    run_study(study, run, profile=page.profile, parameters=parameters, overwrite=True)
    return store(name, run)


@click.command(cls=Command)
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Run nothing; exit code 1 if a page is out of date.")
def main(names: tuple[str, ...], check: bool) -> None:
    """Run and store pages of the book: all of them, or those that are named."""
    known = [*PAGES, *PLAYED]
    wanted = [one_of("page", name, known) for name in names] or known
    if not check:
        for name in wanted:
            click.echo(f"{name} ...", err=True)
            click.echo(f"stored in {make(name).relative_to(ROOT)}")
        return
    stale = {}
    for name in (one for one in wanted if one in PAGES):
        path = RESULTS / name / "results.json"
        if not path.is_file():
            stale[name] = "is not stored"
        elif touched := changed_since(read_results(path)):
            stale[name] = f"was made before {touched}"
    for name, why in stale.items():
        click.echo(f"{name} {why}. Make it again: python book/builder/stored.py {name}")
    raise SystemExit(1 if stale else 0)


if __name__ == "__main__":
    main()

"""Make what the book is rendered from: executed notebooks, and the data of pages to play with.

A study's page is the stored run of it (`stored.py`), or, where that is asked for, a run of now. It
is made again when what it is made from has changed: the stored run, or the package's code, its
notebook, its parameters and its images; they go into a fingerprint that is kept beside it.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import nbformat
import yaml
from dials_data import write_dials
from game_data import views, write_game
from lab_data import write_lab
from making import Job
from nbformat import NotebookNode

from confoundlab.catalog import PAGES, STUDIES, Study
from confoundlab.datasets.copies import find_folder
from confoundlab.datasets.loading import available, load
from confoundlab.errors import InputError
from confoundlab.notebook.asking import form, read_sweeps, records
from confoundlab.notebook.book import (
    another,
    dressed,
    page_offer,
    parameters_file,
    repository,
    study_offer,
)
from confoundlab.notebook.execution import execute, run_study, settings
from confoundlab.report.tables import published
from confoundlab.storage.files import code_digest, text_digest, write_aside
from confoundlab.studies.parameters import notebook_source
from confoundlab.studies.store import read_results

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "results"
CONFIG = ROOT / "_config.yml"
EXECUTED = ROOT / "book" / "executed"
MADE = ROOT / "book" / "_made"
PLAYED = ("game", "dials")  # pages to play with
# Notebooks of the book that are no study: they only read the stored results.
SOURCES = tuple(
    ROOT / "book" / f"{name}.py"
    for name in (  # the longest first, so that no core waits for the last
        "calibration",
        "paper_against_ours",
        "what_papers_leave_open",
        "sweeps",
        "rivals",
        "benchmarks",
        "audit",
        "rerun",
    )
)


def address() -> str | None:
    """Return the address of the repository, if the configuration names one."""
    return repository(yaml.safe_load(CONFIG.read_text(encoding="utf-8")))


def jobs(profile: str | None, real_game: bool) -> list[Job]:
    """Return all that the book is rendered from.

    Parameters
    ----------
    profile : str or None
        Of the studies, to be run now; None shows the stored runs.
    real_game : bool
        The game shows crops of COIL-20.

    Raises
    ------
    InputError
        A page has no stored run. A study's images are not whole, or the game is to show images
        that are not at hand.
    """
    images = views(real=True).digest if real_game else ""
    stored = profile is None
    studies = (
        [stored_job(name) for name in PAGES]
        if profile is None
        else [study_job(study, profile) for study in STUDIES.values()]
    )
    return [
        *studies,
        *(page_job(source) for source in SOURCES),
        played_job("game") if stored and not real_game else data_job("game", images),
        played_job("dials") if stored else data_job("dials"),
        data_job("lab"),
    ]


def stored_job(name: str) -> Job:
    """Return how a study's page is made from what is stored of it."""
    study, page = PAGES[name]
    folder = RESULTS / name
    parts = [folder / "results.json", folder / f"{study.name}.ipynb"]
    if missing := [path.name for path in parts if not path.is_file()]:
        raise InputError(
            f"Page {name} has no stored run: {folder} lacks {' and '.join(missing)}. Make it where "
            f"its images are: python book/builder/stored.py {name}"
        )
    parts += [Path(__file__), *sorted((RESULTS / "sweeps").glob("*.csv"))]
    stored = [path.read_text(encoding="utf-8") for path in parts]
    mark = text_digest(code_digest(), *stored, str(address()), page.about)
    return Job(name, EXECUTED / f"{name}.ipynb", mark, partial(_show, name), "its stored run")


def study_job(study: Study, profile: str) -> Job:
    """Return how a study's page is made, from the data at hand."""
    values = settings(study, profile, {})
    name, choice = values["dataset"], values["data"]
    if study.tables:
        folders = [folder for entry in study.tables if (folder := find_folder(entry))]
        state, images = "real" if folders else "no", _modified(folders)
    elif not study.datasets:
        state, images = "simulated", ""
    else:
        state = available(name, choice)
        images = "" if state == "simulated" else load(name, choice).digest
    source = notebook_source(study.name).read_text(encoding="utf-8")
    parameters = json.dumps(values, sort_keys=True)
    mark = text_digest(code_digest(), source, parameters, state, images, str(address()))
    return Job(
        study.name,
        EXECUTED / f"{study.name}.ipynb",
        mark,
        partial(_run_study, study.name, profile),
        f"{state} data, profile {profile}",
    )


def page_job(source: Path) -> Job:
    """Return how a notebook of the book is made, from the stored results."""
    numbers = (path for path in sorted(RESULTS.rglob("*.*")) if path.suffix in (".csv", ".json"))
    stored = [path.read_text(encoding="utf-8") for path in numbers]
    notebooks = [notebook_source(name).read_text(encoding="utf-8") for name in STUDIES]
    text = source.read_text(encoding="utf-8")
    mark = text_digest(code_digest(), text, *notebooks, *stored, str(address()))
    target = EXECUTED / f"{source.stem}.ipynb"
    return Job(source.stem, target, mark, partial(_run_page, source), "stored results")


def data_job(page: str, images: str = "") -> Job:
    """Return how the data of a page to play with are made, from code and images (their digest)."""
    sources = sorted((ROOT / "book" / "builder").glob(f"{page}_*.py"))
    mark = text_digest(code_digest(), images, *(one.read_text(encoding="utf-8") for one in sources))
    target = MADE / page / "data.js"
    return Job(page, target, mark, partial(write_played, page, target, bool(images)), "images")


def write_played(page: str, target: Path, real: bool = False) -> None:
    """Make the data of a page to play with; `real` shows crops of COIL-20 in the game."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if page == "game":
        write_game(target, images=views(real))
    elif page == "lab":
        write_lab(target)
    else:
        write_dials(target)


def played_job(page: str) -> Job:
    """Return how the same are laid out from what is stored of them."""
    folder, target = RESULTS / "played" / page, MADE / page / "data.js"
    if not (folder / target.name).is_file():
        raise InputError(
            f"{folder} lacks {target.name}. Make it: python book/builder/stored.py {page}"
        )
    mark = text_digest(*(path.read_bytes().hex() for path in sorted(folder.iterdir())))
    return Job(page, target, mark, partial(_lay_out, folder, target.parent), "its stored data")


def _lay_out(folder: Path, target: Path) -> None:
    for path in sorted(folder.iterdir()):
        write_aside(target / path.name, partial(shutil.copyfile, path))


def _show(name: str) -> None:
    study, page = PAGES[name]
    _publish_study(RESULTS / name, study, name, page.about)


def _run_study(name: str, profile: str) -> None:
    out = ROOT / "build" / "runs" / name
    run_study(STUDIES[name], out, profile=profile, parameters={}, overwrite=True)
    _publish_study(out, STUDIES[name], name)


def _publish_study(run: Path, study: Study, name: str, about: str = "") -> None:
    """Lay a run's notebook and parameters where the renderer finds them."""
    results = read_results(run / "results.json")
    parameters = parameters_file(results)
    write_aside(
        EXECUTED / f"{name}.parameters.yaml",
        lambda aside: aside.write_text(parameters, encoding="utf-8"),
    )
    notebook = nbformat.read(run / f"{study.name}.ipynb", as_version=4)
    told = form(records(results, read_sweeps(RESULTS / "sweeps")))
    notebook.cells.append(nbformat.v4.new_markdown_cell(told, id="ask"))
    if about:
        notebook = another(notebook, f"{study.title.partition(':')[0]}: {about}")
    _publish(notebook, name, study_offer(results, name))


def _run_page(source: Path) -> None:
    target = ROOT / "build" / "pages" / f"{source.stem}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    execute(source, target, {})
    seconds = time.perf_counter() - started
    # the others show no study's data: calibration, rivals and benchmarks simulate their own
    of_studies = ("paper_against_ours", "what_papers_leave_open")
    swept = (read_results(RESULTS / "coil" / "results.json"),) if source.stem == "sweeps" else ()
    read = published(RESULTS) if source.stem in of_studies else swept
    offer = page_offer(source.stem, read, seconds)
    _publish(nbformat.read(target, as_version=4), source.stem, offer)


def _publish(executed: NotebookNode, name: str, offer: str) -> None:
    notebook = dressed(executed, offer, address())
    write_aside(EXECUTED / f"{name}.ipynb", lambda aside: nbformat.write(notebook, aside))


def _modified(folders: Sequence[Path]) -> str:
    """Return which tables are at hand, and when their files were last changed."""
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return text_digest(*(f"{path} {path.stat().st_mtime_ns}" for path in files))

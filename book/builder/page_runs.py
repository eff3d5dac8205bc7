"""Make what the book is rendered from: executed notebooks, and the data of pages to play with.

A page is made again when the package's code, its notebook, its parameters or its images have
changed; all four go into a fingerprint that is kept beside it.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import nbformat
import yaml
from dials_data import write_dials
from game_data import views, write_game
from tqdm import tqdm

from confoundlab.catalog import STUDIES, Study
from confoundlab.datasets.copies import find_folder
from confoundlab.datasets.loading import available, load
from confoundlab.models.bank import cores
from confoundlab.notebook.book import dressed, page_offer, parameters_file, repository, study_offer
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
# Notebooks of the book that are no study: they only read the stored results.
PAGES = tuple(
    ROOT / "book" / f"{name}.py"
    for name in ("audit", "paper_against_ours", "calibration", "benchmarks", "rerun")
)
# While one notebook starts or draws, on one core, another computes. Each takes up to 2 GB.
AT_ONCE = 2


@dataclass(frozen=True)
class Job:
    """Something to make for the book.

    Parameters
    ----------
    name : str
        Of the page.
    target : Path
        What is made; its fingerprint lies beside it.
    mark : str
        The fingerprint of what it is made from.
    make : callable
        Makes it. Called in a process of its own, so that it can be pickled.
    about : str
        What it is made from, in words.
    """

    name: str
    target: Path
    mark: str
    make: Callable[[], object]
    about: str = ""

    @property
    def fingerprint(self) -> Path:
        """Where the mark of what was made last is kept."""
        return self.target.with_suffix(".fingerprint")

    @property
    def is_new(self) -> bool:
        """Whether it is to be made: it never was, or from something else."""
        kept = self.target.is_file() and self.fingerprint.is_file()
        return not (kept and self.fingerprint.read_text(encoding="utf-8") == self.mark)


def address() -> str | None:
    """Return the address of the repository, if the configuration names one."""
    return repository(yaml.safe_load(CONFIG.read_text(encoding="utf-8")))


def jobs(profile: str, real_game: bool) -> list[Job]:
    """Return all that the book is rendered from.

    Raises
    ------
    InputError
        A study's images are not whole, or the game is to show images that are not at hand.
    """
    played = views(real=True).digest if real_game else ""
    return [
        *(study_job(study, profile) for study in STUDIES.values()),
        *(page_job(source) for source in PAGES),
        data_job("game", partial(_game, real_game), played),
        data_job("dials", write_dials),
    ]


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
    stored = [path.read_text(encoding="utf-8") for path in sorted(RESULTS.rglob("*.*"))]
    notebooks = [notebook_source(name).read_text(encoding="utf-8") for name in STUDIES]
    text = source.read_text(encoding="utf-8")
    mark = text_digest(code_digest(), text, *notebooks, *stored, str(address()))
    target = EXECUTED / f"{source.stem}.ipynb"
    return Job(source.stem, target, mark, partial(_run_page, source), "stored results")


def data_job(page: str, write: Callable[[Path], Path], images: str = "") -> Job:
    """Return how the data of a page to play with are made, from code and images (their digest)."""
    sources = sorted((ROOT / "book" / "builder").glob(f"{page}_*.py"))
    mark = text_digest(code_digest(), images, *(one.read_text(encoding="utf-8") for one in sources))
    target = MADE / page / "data.js"
    return Job(page, target, mark, partial(write, target), "images")


def make_all(wanted: Sequence[Job], say: Callable[[str], None]) -> None:
    """Make what is new, some jobs at a time; what they print goes to ``build/logs``.

    Raises
    ------
    InputError
        Images that cannot be used.
    RunFailedError
        A page failed; what was made before is left as it was.
    """
    new = []
    for job in wanted:
        if job.is_new:
            new.append(job)
        else:
            say(f"{job.name}: unchanged, kept")
    logs = ROOT / "build" / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    at_once = min(AT_ONCE, cores())
    running: dict[Future[float], Job] = {}
    with (
        ProcessPoolExecutor(at_once, get_context("spawn"), initializer=_prepare) as pool,
        tqdm(desc="pages", total=len(new), leave=False) as bar,
    ):
        # no more are handed over than run: an interrupted process would go on with the next one
        while new or running:
            while new and len(running) < at_once:
                job = new.pop(0)
                with bar.external_write_mode():  # the bar gives way to the line
                    say(f"{job.name}: making it from {job.about}")
                running[pool.submit(_make, job, logs / f"{job.name}.log")] = job
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                with bar.external_write_mode():
                    say(f"{running.pop(done).name}: {done.result():.0f} s")
                bar.update()


def _prepare() -> None:
    """Prepare a process: notebooks side by side shall not fight with as many threads each."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # of Ctrl-C one line tells


def _make(job: Job, log: Path) -> float:
    """Make one; return the seconds it took. Bars of jobs side by side would write over another."""
    started = time.perf_counter()
    with log.open("w", encoding="utf-8") as file, contextlib.redirect_stderr(file):
        job.make()
    write_aside(job.fingerprint, lambda aside: aside.write_text(job.mark, encoding="utf-8"))
    return time.perf_counter() - started


def _run_study(name: str, profile: str) -> None:
    out = ROOT / "build" / "runs" / name
    run_study(STUDIES[name], out, profile=profile, parameters={}, overwrite=True)
    results = read_results(out / "results.json")
    parameters = parameters_file(results)
    write_aside(
        EXECUTED / f"{name}.parameters.yaml",
        lambda aside: aside.write_text(parameters, encoding="utf-8"),
    )
    _publish(out / f"{name}.ipynb", study_offer(results))


def _run_page(source: Path) -> None:
    target = ROOT / "build" / "pages" / f"{source.stem}.ipynb"
    target.parent.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    execute(source, target, {})
    seconds = time.perf_counter() - started
    # the others show no study's data: calibration and benchmarks simulate their own
    read = published(RESULTS) if source.stem == "paper_against_ours" else []
    _publish(target, page_offer(source.stem, read, seconds))


def _game(real: bool, target: Path) -> Path:
    return write_game(target, images=views(real))


def _publish(executed: Path, offer: str) -> None:
    notebook = dressed(nbformat.read(executed, as_version=4), offer, address())
    write_aside(EXECUTED / executed.name, lambda aside: nbformat.write(notebook, aside))


def _modified(folders: Sequence[Path]) -> str:
    """Return which tables are at hand, and when their files were last changed."""
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return text_digest(*(f"{path} {path.stat().st_mtime_ns}" for path in files))

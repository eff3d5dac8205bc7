"""Build the book: run what has changed, then render.

    python book/build.py                    from the data at hand, else from simulated twins
    python book/build.py --publish RUN      first make a run's results the published ones
    python book/build.py --student          without solutions, into build/student
    python book/build.py --real-game        the game from published images, for your own use only

A page is run again when the package's code, its notebook, its parameters or its images have
changed; all four go into a fingerprint that is kept beside the executed page.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import nbformat
import yaml
from dials_data import write_dials
from game_data import views, write_game

from confoundlab.catalog import STUDIES, Study
from confoundlab.cli import PROFILES, Command
from confoundlab.copies import find_folder
from confoundlab.data import available, load
from confoundlab.errors import InputError, RunFailedError
from confoundlab.execute import execute, run_study, settings
from confoundlab.files import code_digest, text_digest, write_aside
from confoundlab.pages import (
    binder_files,
    dressed,
    page_offer,
    parameters_file,
    repository,
    study_offer,
    with_buttons,
)
from confoundlab.parameters import notebook_source
from confoundlab.report import published
from confoundlab.store import read_results

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "results"
_EXECUTED = ROOT / "book" / "executed"
_MADE = ROOT / "book" / "_made"
# Where the renderer puts its folder _build, by edition.
_OUT = {"full": ROOT / "book", "student": ROOT / "build" / "student"}
_CONFIG = ROOT / "_config.yml"
# Notebooks of the book that are no study: they only read the stored results.
_PAGES = tuple(
    ROOT / "book" / f"{name}.py"
    for name in ("paper_against_ours", "calibration", "benchmarks", "rerun")
)


def build(
    profile: str, say: Callable[[str], None], edition: str = "full", real_game: bool = False
) -> Path:
    """Run what has changed and render; return the path of the first page.

    Parameters
    ----------
    profile : str
        Of the studies.
    say : callable
        Is told what happens.
    edition : {"full", "student"}
        The students' has no solutions.
    real_game : bool
        The game shows crops of COIL-20, whose terms do not let the book be published with them.

    Raises
    ------
    InputError
        The renderer is not installed, or COIL-20 is asked for and not at hand.
    RunFailedError
        A page failed; what was published before is left as it was.
    """
    played = views(real_game)  # before the studies, which take long: real images may be missing
    for study in STUDIES.values():
        _study_page(study, profile, say)
    stored = [path.read_text(encoding="utf-8") for path in sorted(RESULTS.rglob("*.*"))]
    notebooks = [notebook_source(name).read_text(encoding="utf-8") for name in STUDIES]
    for source in _PAGES:
        text = source.read_text(encoding="utf-8")
        mark = text_digest(code_digest(), text, *notebooks, *stored, str(_address()))
        if _is_new(source.stem, mark, say):
            target = ROOT / "build" / "pages" / f"{source.stem}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            started = time.perf_counter()
            execute(source, target, {})
            seconds = time.perf_counter() - started
            # the others show no study's data: calibration and benchmarks simulate their own
            read = published(RESULTS) if source.stem == "paper_against_ours" else []
            _publish_page(target, mark, page_offer(source.stem, read, seconds))
    if real_game:
        say("the game shows published images: this book is for your own use only")
    _data("game", functools.partial(write_game, images=played), say, played.digest)
    _data("dials", write_dials, say)
    return _render(say, edition)


def publish(run: Path) -> Path:
    """Copy the results of a run to the stored, published ones, by the name of its data set.

    Remedies are tried on data sets of other studies, so that their name comes first.

    Raises
    ------
    InputError
        The run's results are missing, malformed, or not of the paper profile; they are simulated,
        and results of real images are stored.
    """
    results = read_results(run / "results.json")
    if results["profile"] != "paper":
        raise InputError(
            f"{run} cannot be published: only runs of the paper profile are, not of profile "
            f"{results['profile']}."
        )
    if not results["evidence"]:
        raise InputError(f"{run} cannot be published: it found no data, and measured nothing.")
    name = results["parameters"]["dataset"]
    if results["study"] == "remedies":
        name = f"remedies-{name}"
    target = RESULTS / f"{name}.json"
    if _is_simulated(results) and target.is_file() and not _is_simulated(read_results(target)):
        raise InputError(
            f"{run} cannot be published: it is simulated, and {target} is of real images."
        )
    text = (run / "results.json").read_text(encoding="utf-8")
    return write_aside(target, lambda aside: aside.write_text(text, encoding="utf-8"))


def _is_simulated(results: dict[str, Any]) -> bool:
    # real images may have a twin beside them, as a counter-proof
    return all(entry["state"] == "simulated" for entry in results["data"])


def _study_page(study: Study, profile: str, say: Callable[[str], None]) -> None:
    values = settings(study, profile, {})
    name, choice = values["dataset"], values["data"]
    if study.tables:
        state, images = "real", _modified(study)
    elif not study.datasets:
        state, images = "simulated", ""
    else:
        state = available(name, choice)
        images = "" if state == "simulated" else load(name, choice).digest
    source = notebook_source(study.name).read_text(encoding="utf-8")
    mark = text_digest(
        code_digest(), source, json.dumps(values, sort_keys=True), state, images, str(_address())
    )
    if _is_new(study.name, mark, say):
        say(f"  on {state} data, profile {profile}")
        out = ROOT / "build" / "runs" / study.name
        run_study(study, out, profile=profile, parameters={}, overwrite=True)
        results = read_results(out / "results.json")
        parameters = parameters_file(results)
        write_aside(
            _EXECUTED / f"{study.name}.parameters.yaml",
            lambda aside: aside.write_text(parameters, encoding="utf-8"),
        )
        _publish_page(out / f"{study.name}.ipynb", mark, study_offer(results))


def _modified(study: Study) -> str:
    """Return which tables are at hand, and when their files were last changed."""
    folders = filter(None, (find_folder(entry) for entry in study.tables))
    files = sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())
    return text_digest(*(f"{path} {path.stat().st_mtime_ns}" for path in files))


def _is_new(page: str, mark: str, say: Callable[[str], None]) -> bool:
    kept = _EXECUTED / f"{page}.fingerprint"
    same = (_EXECUTED / f"{page}.ipynb").is_file() and kept.is_file() and kept.read_text() == mark
    say(f"{page}: unchanged, kept" if same else f"{page}: running")
    return not same


def _publish_page(executed: Path, mark: str, offer: str) -> None:
    notebook = dressed(nbformat.read(executed, as_version=4), offer, _address())
    write_aside(_EXECUTED / executed.name, lambda aside: nbformat.write(notebook, aside))
    write_aside(_EXECUTED / f"{executed.stem}.fingerprint", lambda aside: aside.write_text(mark))


def _data(
    page: str, write: Callable[[Path], Path], say: Callable[[str], None], images: str = ""
) -> None:
    """Make what a page of the book shows, unless the same code made it from the same images."""
    made = _MADE / page / "data.js"
    kept = made.with_suffix(".fingerprint")
    sources = sorted((ROOT / "book").glob(f"{page}_*.py"))
    mark = text_digest(code_digest(), images, *(one.read_text(encoding="utf-8") for one in sources))
    if made.is_file() and kept.is_file() and kept.read_text() == mark:
        return
    say(f"the {page}: making its data")
    write(made)
    write_aside(kept, lambda aside: aside.write_text(mark))


def _address() -> str | None:
    return repository(yaml.safe_load(_CONFIG.read_text(encoding="utf-8")))


def _configuration() -> Path:
    """Write the renderer's configuration, with what a repository's address adds, and return it."""
    beside = ROOT / "build" / "beside-the-pages"
    shutil.rmtree(beside, ignore_errors=True)
    url = _address()
    for name, text in binder_files(url).items() if url else ():
        path = beside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    config = yaml.safe_load(_CONFIG.read_text(encoding="utf-8"))
    local = config.get("sphinx", {}).get("local_extensions", {})
    local.update({name: str(ROOT / path) for name, path in local.items()})  # found from anywhere
    made = yaml.safe_dump(with_buttons(config, str(beside)), sort_keys=False)
    return write_aside(ROOT / "build" / "_config.yml", lambda aside: aside.write_text(made))


def _contents(edition: str) -> Path:
    """Write the table of contents, for students without the pages for teachers, and return it."""
    contents = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    for page in (page for part in contents["parts"] for page in part["chapters"]):
        if edition == "student" and page["file"] == "instructor":
            del page["sections"]
    made = yaml.safe_dump(contents, sort_keys=False)
    return write_aside(ROOT / "build" / "_toc.yml", lambda aside: aside.write_text(made))


def _render(say: Callable[[str], None], edition: str) -> Path:
    command = Path(sys.executable).with_name("jupyter-book")
    if not command.is_file():
        raise InputError("The renderer is missing. Install it: pip install 'confoundlab[book]'.")
    say("rendering")
    # -W: warnings are errors; -n: so are references that lead nowhere. --all: pages change when
    # chapters, results or the bibliography do, which Sphinx cannot see in their own files.
    flags = [
        "--config",
        str(_configuration()),
        "--toc",
        str(_contents(edition)),
        "--all",
        "-W",
        "-n",
        "--keep-going",
        "-q",
    ]
    rendered = subprocess.run(
        [str(command), "build", "book", "--path-output", str(_OUT[edition]), *flags],
        cwd=ROOT,
        env=os.environ | {"CONFOUNDLAB_EDITION": edition},
        capture_output=True,
        text=True,
    )
    if rendered.returncode:
        raise RunFailedError(f"{rendered.stdout[-4000:]}{rendered.stderr[-8000:]}")
    return _OUT[edition] / "_build" / "html" / "index.html"


@click.command(cls=Command)
@click.option("--profile", type=PROFILES, default="quick", show_default=True)
@click.option(
    "--publish",
    "runs",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Folder of a run; may be given again and again.",
)
@click.option("--student", is_flag=True, help="The edition without solutions.")
@click.option(
    "--real-game",
    is_flag=True,
    help="Make the game from real COIL-20 crops under CONFOUNDLAB_DATA; their terms allow "
    "research, not publishing: for your own use only.",
)
def main(profile: str, runs: tuple[Path, ...], student: bool, real_game: bool) -> None:
    """Build the book: run the notebooks that have changed, then render."""
    say = functools.partial(click.echo, err=True)
    for run in runs:
        say(f"stored as {publish(run)}")
    edition = "student" if student else "full"
    click.echo(f"The book: {build(profile, say, edition, real_game)}")


if __name__ == "__main__":
    main()

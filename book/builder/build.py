"""Build the book: run what has changed, then render.

    python book/builder/build.py                    from the data at hand, else from simulated twins
    python book/builder/build.py --publish RUN      first make a run's results the published ones
    python book/builder/build.py --student          without solutions, into build/student
    python book/builder/build.py --real-game        the game of published images, for your own use

What has changed, and how it is run, is in page_runs.py.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import yaml
from page_runs import CONFIG, RESULTS, ROOT, address, jobs, make_all

from confoundlab.cli import PROFILES
from confoundlab.console import Command
from confoundlab.errors import InputError, RunFailedError
from confoundlab.notebook.book import binder_files, with_buttons
from confoundlab.storage.files import write_aside
from confoundlab.studies.store import read_results

# Where the renderer puts its folder _build, by edition.
_OUT = {"full": ROOT / "book", "student": ROOT / "build" / "student"}


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
    wanted = jobs(profile, real_game)  # first, because images may be missing
    if real_game:
        say("the game shows published images: this book is for your own use only")
    make_all(wanted, say)
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


def _configuration() -> Path:
    """Write the renderer's configuration, with what a repository's address adds, and return it."""
    beside = ROOT / "build" / "beside-the-pages"
    shutil.rmtree(beside, ignore_errors=True)
    url = address()
    for name, text in binder_files(url).items() if url else ():
        path = beside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
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

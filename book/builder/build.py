"""Build the book: lay out the stored runs, or run the studies now, then render.

    python book/builder/build.py                    the stored runs of all studies: trains nothing
    python book/builder/build.py --run smoke        run them now, from the data at hand or twins
    python book/builder/build.py --student          without solutions, into build/student
    python book/builder/build.py --published        the book, with the students' edition inside it
    python book/builder/build.py --real-game        the game of published images, for your own use

What has changed, and how it is made, is in page_runs.py; stored.py makes the stored runs.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import click
import yaml
from making import make_all
from page_runs import CONFIG, ROOT, address, jobs

from confoundlab.cli.runs import PROFILES
from confoundlab.console import Command
from confoundlab.errors import InputError, RunFailedError
from confoundlab.notebook.book import binder_files, with_buttons
from confoundlab.storage.files import write_aside

# Where the renderer puts its folder _build, by edition.
_OUT = {"full": ROOT / "book", "student": ROOT / "build" / "student"}
# The students' edition inside the published book.
STUDENT = "student"


def build(
    profile: str | None, say: Callable[[str], None], edition: str = "full", real_game: bool = False
) -> Path:
    """Run what has changed and render; return the path of the first page.

    Parameters
    ----------
    profile : str or None
        Of the studies, to be run now; None shows the stored runs.
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
    return _render(say, edition, stored=profile is None)


def publish(profile: str | None, say: Callable[[str], None]) -> Path:
    """Build the book with the students' edition in its folder ``student``, and links there.

    Raises as `build` does; without the one edition the other is not made.
    """
    pages = build(profile, say, "student").parent
    os.environ["CONFOUNDLAB_WITH_STUDENT"] = "1"  # pages link to it (extensions/book_course.py)
    index = build(profile, say)
    shutil.copytree(pages, index.parent / STUDENT)
    return index


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


def _contents(edition: str, stored: bool) -> Path:
    """Write the table of contents and return it.

    Students' has no pages for teachers, and one of studies that were run now their main pages only.
    """
    contents = yaml.safe_load((ROOT / "book" / "_toc.yml").read_text(encoding="utf-8"))
    for page in (page for part in contents["parts"] for page in part["chapters"]):
        if edition == "student" and page["file"] == "instructor":
            del page["sections"]
        elif not stored and page["file"].startswith("executed/"):
            page.pop("sections", None)
    made = yaml.safe_dump(contents, sort_keys=False)
    return write_aside(ROOT / "build" / "_toc.yml", lambda aside: aside.write_text(made))


def _render(say: Callable[[str], None], edition: str, stored: bool) -> Path:
    if find_spec("jupyter_book") is None:
        raise InputError("The renderer is missing. Install it: pip install 'confoundlab[book]'.")
    older = _OUT[edition] / "_build" / "html" / STUDENT
    shutil.rmtree(older, ignore_errors=True)
    say("rendering")
    rendered = subprocess.run(
        [
            sys.executable,
            str(Path(__file__).with_name("render.py")),
            str(ROOT / "book"),
            str(_OUT[edition] / "_build"),
            str(_configuration()),
            str(_contents(edition, stored)),
        ],
        cwd=ROOT,
        env=os.environ | {"CONFOUNDLAB_EDITION": edition},
        capture_output=True,
        text=True,
    )
    if rendered.returncode:
        raise RunFailedError(f"{rendered.stdout[-4000:]}{rendered.stderr[-8000:]}")
    return _OUT[edition] / "_build" / "html" / "index.html"


@click.command(cls=Command)
@click.option(
    "--run", "profile", type=PROFILES, help="Run the studies now; the stored runs if missing."
)
@click.option("--student", is_flag=True, help="The edition without solutions.")
@click.option("--published", is_flag=True, help="With the edition without solutions inside it.")
@click.option(
    "--real-game",
    is_flag=True,
    help="Make the game from real COIL-20 crops under CONFOUNDLAB_DATA; their terms allow "
    "research, not publishing: for your own use only.",
)
def main(profile: str | None, student: bool, published: bool, real_game: bool) -> None:
    """Build the book: lay out the stored runs, or run the notebooks now, then render."""
    say = functools.partial(click.echo, err=True)
    if published:
        if student or real_game:
            raise click.UsageError("--published goes with neither --student nor --real-game.")
        click.echo(f"The book: {publish(profile, say)}")
        return
    edition = "student" if student else "full"
    click.echo(f"The book: {build(profile, say, edition, real_game)}")


if __name__ == "__main__":
    main()

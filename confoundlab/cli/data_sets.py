"""`confoundlab data`: where images come from, and the proof that they are the published ones."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from confoundlab.console import Program, say
from confoundlab.errors import InputError, RunFailedError


@click.group(cls=Program)
def data() -> None:
    """List, fetch, find and verify data sets.

    `confoundlab data list` names them. Those whose publisher has a lasting address are fetched
    with `confoundlab data fetch NAME`; any copy, from wherever, is proved by its pixels with
    `confoundlab data verify NAME FOLDER`.
    """


@data.command("list")
def list_data() -> None:
    """List the data sets: what each is, how many images, and its terms."""
    from confoundlab.catalog import DATASETS, TABLES
    from confoundlab.datasets.copies import find_folder
    from confoundlab.datasets.loading import available

    for entry in DATASETS.values():
        say(
            f"{entry.name:16} {entry.title}: {entry.n_images:,} images, now "
            f"{available(entry.name)}; terms: {entry.terms}"
        )
    for table in TABLES.values():
        state = table.state if find_folder(table) else "missing"
        say(f"{table.name:24} {table.title}: tables, now {state}; terms: {table.terms}")


@data.command("path")
@click.argument("name")
def data_path(name: str) -> None:
    """Print the folder in which a data set's real images lie.

    Example: confoundlab data path coil20
    """
    from confoundlab import catalog
    from confoundlab.datasets.copies import folder_of

    say(folder_of(catalog.dataset(name)))


@data.command()
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Make this folder, instead of the data set's own below CONFOUNDLAB_DATA. Studies find "
    "it only there.",
)
@click.option("--yes", is_flag=True, help="Accept the terms, which are shown all the same.")
@click.option("--overwrite", is_flag=True, help="Replace a copy, once the new one is proved.")
def fetch(name: str, into: Path | None, yes: bool, overwrite: bool) -> None:
    """Download a data set, prove it, and put it where the studies find it.

    Size, terms and citation are shown first, and nothing is fetched before they are accepted.
    An interrupted download goes on where it stopped: give the same command again. The folder
    appears only when the copy is whole.

    Example: confoundlab data fetch coil20
    """
    from confoundlab import catalog
    from confoundlab.datasets.fetching import fetch, target, terms

    entry = catalog.dataset(name)
    folder = target(entry, into, overwrite=overwrite)
    say(f"{terms(entry)}\nInto:     {folder}", err=True)
    if not yes:
        if not _on_terminal():
            raise InputError("Nobody is here to accept these terms. Read them, then pass --yes.")
        if not click.confirm("Do you accept these terms?", err=True):
            raise InputError("The terms were not accepted; nothing was fetched.")
    proved = fetch(entry, folder, tell=lambda text: say(text, err=True))
    say(f"{entry.title} is in {folder}: {proved}")


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


@data.command()
@click.argument("name")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
@click.option("--all", "everything", is_flag=True, help="List every name, not the first few.")
def verify(name: str, folder: Path | None, everything: bool) -> None:
    """Prove that a copy of a data set is whole and unaltered, by its decoded pixels.

    Every image is decoded afresh. Without FOLDER it is the copy below CONFOUNDLAB_DATA. Images
    that are missing, altered, broken or there twice: exit code 1. Other images in the folder are
    named, but they do no harm: exit code 0.

    Example: confoundlab data verify coil20 ~/Downloads/coil-20-proc
    """
    from confoundlab import catalog
    from confoundlab.datasets.copies import folder_of
    from confoundlab.datasets.proof import SHOWN, compare

    entry = catalog.dataset(name)
    where = folder or folder_of(entry)
    found = compare(entry, where)
    details = found.details(None if everything else SHOWN)
    if not found.whole:
        raise RunFailedError(f"{entry.title} in {where} is not whole:\n{details}")
    say(f"{entry.title} in {where}: {found.summary()}")
    if details:
        say(details, err=True)

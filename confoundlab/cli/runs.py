"""`confoundlab studies`, `run`, `sweep` and `compare`: studies, with settings of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NoReturn

import click

from confoundlab.console import Command, say
from confoundlab.errors import InputError

PROFILES = click.Choice(["smoke", "quick", "paper"])


@click.command(cls=Command)
def studies() -> None:
    """List the studies, and the images that each would run on now."""
    from confoundlab.catalog import STUDIES
    from confoundlab.datasets.copies import find_folder
    from confoundlab.datasets.loading import available

    for study in STUDIES.values():
        say(f"{study.name:8} {study.title}")
        for entry in study.datasets:
            state = available(entry.name, study.data)
            say(f"         {entry.name:16} {state:10} {entry.title}")
        for table in study.tables:
            found = table.state if find_folder(table) else "missing"
            say(f"         {table.name:24} {found:10} {table.title}")
        say(f"         profiles: {', '.join(study.profiles)}")


@click.command(cls=Command)
@click.argument("study")
@click.option(
    "-p",
    "--parameter",
    "pairs",
    multiple=True,
    metavar="NAME=VALUE",
    help="Change a parameter of the notebook; may be given again and again.",
)
@click.option(
    "--profile",
    type=PROFILES,
    help="All parameters in a word: smoke takes a minute or two, quick minutes, paper is "
    "the paper's own settings with repeats. -p changes it further.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder for the executed notebook, results.json and figures.",
)
@click.option("--overwrite", is_flag=True, help="Replace a run that is there.")
@click.option(
    "--list-parameters",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _, asked: _list_parameters(ctx) if asked else None,
    help="Show the notebook's parameters and their defaults, and stop.",
)
def run(
    study: str, pairs: tuple[str, ...], profile: str | None, out: Path, overwrite: bool
) -> None:
    """Run a study's notebook with new parameters.

    Example: confoundlab run coil --profile quick -p crop_size=16 --out runs/small-crop
    """
    from confoundlab import catalog
    from confoundlab.notebook.execution import run_study

    given = dict(_pair(text) for text in pairs)
    run_study(catalog.study(study), out, profile=profile, parameters=given, overwrite=overwrite)
    say(f"{out / study}.ipynb, results.json and figures are in {out}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise InputError(f"-p takes NAME=VALUE, not {text!r}.")
    return name.strip(), value.strip()


def _list_parameters(ctx: click.Context) -> NoReturn:
    from confoundlab.catalog import STUDIES
    from confoundlab.studies.parameters import declared, notebook_source, read_notebook

    for study in STUDIES:
        say(f"{study}:")
        for parameter in declared(read_notebook(notebook_source(study))).values():
            say(f"  {parameter.name} = {parameter.default!r}  ({parameter.values})")
            say(f"      {parameter.comment}")
    ctx.exit()


@click.command(cls=Command)
@click.argument("study")
@click.option(
    "-p",
    "--parameter",
    "pairs",
    multiple=True,
    metavar="NAME=A,B,...",
    help="Values of a parameter, or a range such as seed=0:10; every combination is a run.",
)
@click.option("--profile", type=PROFILES, help="As of `confoundlab run`.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of the sweep.")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help='Of a Dask scheduler, such as tcp://host:8786; "local" starts one here. Without it runs '
    "are processes of this machine.",
)
@click.option(
    "--workers", type=click.IntRange(1), help="Runs at a time here; one a core if missing."
)
@click.option(
    "--only",
    type=click.IntRange(0),
    metavar="NUMBER",
    help="Make this run alone, counted from 0: a task of a cluster's array job.",
)
def sweep(study: str, pairs: tuple[str, ...], out: Path, **options: Any) -> None:
    """Run a study once for every combination of values, and draw what it changes.

    Runs that are in FOLDER already are kept: the same command goes on where it was stopped.

    Example: confoundlab sweep coil --profile quick -p crop_size=12,16,20 -p seed=0:10 --out sweep
    """
    from confoundlab.sweeping.command import sweep

    sweep(study, [_pair(text) for text in pairs], out, say=say, **options)


@click.command(cls=Command)
@click.argument("first", type=click.Path(path_type=Path), metavar="RUN_A")
@click.argument("second", type=click.Path(path_type=Path), metavar="RUN_B")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Also write comparison.csv, settings.csv and comparison.png there.",
)
def compare(first: Path, second: Path, out: Path | None) -> None:
    """Lay the results of two runs side by side: what was set otherwise, and the same rows.

    Differences have an interval where both runs kept their predictions of the same images.

    Example: confoundlab compare runs/a runs/b --out runs/a-and-b
    """
    from confoundlab.report import comparison

    one, other = comparison.read_run(first), comparison.read_run(second)
    table = comparison.rows(one, other)
    if not table["difference"].notna().any():
        raise InputError(f"{first} and {second} share no row (row, view, split, learner, metric).")
    say(comparison.words(one, other, table))
    if out is not None:
        comparison.write(out, one, other, table)
        say(f"\ncomparison.csv, settings.csv and comparison.png are in {out}")

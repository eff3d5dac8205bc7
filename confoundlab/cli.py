"""The command line. Bad input: one clear line, exit code 2. A try that fails: exit code 1."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import click
from tqdm import tqdm

from confoundlab.console import Command as Command
from confoundlab.console import Program, say
from confoundlab.errors import InputError, RunFailedError

PROFILES = click.Choice(["smoke", "quick", "paper"])


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="confoundlab")
def main() -> None:
    """Tell whether an image classifier learned the subject, or the session it was imaged in.

    Start with `confoundlab studies`; then, for a check of a few seconds,

        confoundlab run coil --profile smoke --out runs/first

    Real images are taken from the folder that the environment variable CONFOUNDLAB_DATA names.
    Without it everything runs on simulated twins, and says so.
    """


@main.command()
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


@main.command()
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
    help="All parameters in a word: smoke takes a minute or less, quick minutes, paper is "
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


@main.command()
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


@main.command()
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


@main.command()
@click.argument("source", type=click.Path(path_type=Path), metavar="FOLDER")
@click.option("--table", type=click.Path(path_type=Path), help="CSV, TSV, Parquet, Excel or JSON.")
@click.option("--label", default="", metavar="COLUMN", help="What is to be named.")
@click.option("--group", default="", metavar="COLUMN", help="What must not straddle a split.")
@click.option(
    "--factor",
    "factors",
    multiple=True,
    metavar="COLUMN",
    help="How images were acquired: site, scanner, plate. May be given again and again.",
)
@click.option("--time", default="", metavar="COLUMN", help="When images were acquired.")
@click.option("--split", default="", metavar="COLUMN", help="The split that you train with.")
@click.option("--features", type=click.Path(path_type=Path), help="Embeddings: .npy or .parquet.")
@click.option(
    "--predictions",
    type=click.Path(path_type=Path),
    help="Your model's answers: a column 'predicted', or one of scores for each class.",
)
@click.option(
    "--profile",
    type=click.Choice(["quick", "full"]),
    default="quick",
    show_default=True,
    help="quick takes a minute for a thousand images; full trains more nets, on every control.",
)
@click.option(
    "--fail-on",
    default="",
    metavar="KINDS",
    help="Exit with 3 if any of these is found, such as LEAK,NOT_IDENTIFIABLE,COPIES,STRADDLING.",
)
@click.option("--sample", type=click.IntRange(min=0), default=0, help="Draw so many images.")
@click.option("--bit-depth", type=click.IntRange(9, 16), help="Bits that 16-bit files fill.")
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Of everything.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to make.")
@click.option("--overwrite", is_flag=True, help="Replace a report that is there.")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help='Of a Dask scheduler whose workers read the files; "local" starts one here.',
)
def audit(source: Path, out: Path, fail_on: str, **options: Any) -> None:
    """Audit your own images: does the subject tell the label, or how images were taken.

    FOLDER holds a folder for each class, with or without train and test above them, or images that
    a table describes. It may also be an .npz of arrays, or embeddings with a table. The report is
    one HTML file.

    Example: confoundlab audit photos --table photos.csv --label species --out report
    """
    from confoundlab.auditing.command import failing, kinds, write_report

    wanted = kinds(fail_on)
    found = write_report(source, out, **options)
    say(found["first_line"])
    say(f"{out / 'audit.html'} has the report; results.json and tables are beside it.")
    if said := failing(found, wanted):
        say(f"confoundlab: found what was not to be found: {'; '.join(said)}.", err=True)
        sys.exit(3)


@main.group()
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
    """Print the folder in which a data set's real images lie."""
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


@main.group()
def exercise() -> None:
    """Make a task with a hidden confound for a student, and grade the answers.

    Every seed gives another task of the same difficulty: which component of the camera differs
    between sessions, how strongly, and how sessions lie over classes.
    """


_secret = click.option(
    "--secret",
    default="",
    metavar="WORD",
    help="Known to the teacher only. Without it the seed, which students see, tells the answers "
    "to whoever asks this package.",
)


@exercise.command()
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    required=True,
    help="Which task; with --class, that of the first student. The others' follow.",
)
@click.option(
    "--class",
    "roster",
    type=click.Path(path_type=Path),
    metavar="ROSTER",
    help="A table with a column student, name or id: a task for each. New students of a longer "
    "roster are added.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Folder to make for the student."
)
@_secret
def new(seed: int, roster: Path | None, out: Path, secret: str) -> None:
    r"""Make a data set with a hidden confound: images, table, questions, a form for answers.

    \b
    Examples: confoundlab exercise new --seed 7 --out task7
              confoundlab exercise new --class roster.csv --seed 100 --secret WORD --out class
    """
    from confoundlab.exercise import classroom
    from confoundlab.exercise.folder import write_task

    if roster is None:
        write_task(out, seed, secret)
        say(f"The task is in {out}: begin with {out / 'README.md'}")
        return
    students = classroom.read_roster(roster)
    with tqdm(total=len(students), desc="students", delay=2, leave=False) as bar:
        table = classroom.write_class(students, out, seed, secret, lambda _: bar.update())
    say(f"{len(students):,} tasks are in {out}, a folder a student; {table} says whose is which.")
    if not secret:
        say("Without --secret the seed tells the answers to whoever has this package.", err=True)


@exercise.command()
@click.argument("answer", type=click.Path(path_type=Path))
@click.option("--all", "whole", is_flag=True, help="ANSWER is the folder of a class: grade all.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="With --all: the table of marks and reasons, as CSV; marks.csv in the folder if missing.",
)
@_secret
def check(answer: Path, whole: bool, out: Path | None, secret: str) -> None:
    r"""Grade an answer file, with reasons. A question that was left blank stays a question.

    \b
    Examples: confoundlab exercise check task7/answer.yaml
              confoundlab exercise check --all class --secret WORD
    """
    from confoundlab.exercise import classroom, grading

    if out is not None and not whole:
        raise click.UsageError("--out goes with --all: a single answer is told here.")
    if whole:
        with tqdm(desc="answers", delay=2, leave=False, unit="") as bar:
            table = classroom.check_all(answer, secret, lambda _: bar.update())
        kept = classroom.write_marks(table, out or answer / "marks.csv")
        for line in classroom.summary(table):
            say(line)
        say(f"{kept} has every student's points and reasons.")
        return
    given = grading.read_answer(answer)
    for line in grading.told(given, grading.check(given, secret, partial(say, err=True))):
        say(line)

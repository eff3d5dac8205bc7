"""`confoundlab audit`: anybody's images through the same controls."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from confoundlab.console import Command, say


@click.command(cls=Command)
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

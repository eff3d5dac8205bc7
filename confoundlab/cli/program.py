"""`confoundlab`: the program, and which commands it has."""

from __future__ import annotations

import click

from confoundlab.cli.audits import audit
from confoundlab.cli.data_sets import data
from confoundlab.cli.exercises import exercise
from confoundlab.cli.runs import compare, run, studies, sweep
from confoundlab.console import Program


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="confoundlab")
def main() -> None:
    """Tell whether an image classifier learned the subject, or the session it was imaged in.

    Start with `confoundlab studies`; then, for a check of a minute,

        confoundlab run coil --profile smoke --out runs/first

    Real images are taken from the folder that the environment variable CONFOUNDLAB_DATA names.
    Without it everything runs on simulated twins, and says so.
    """


for command in (studies, run, sweep, compare, audit, data, exercise):
    main.add_command(command)

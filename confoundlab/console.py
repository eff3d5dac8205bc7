"""What all commands share: text that a terminal shows, and errors that become exit codes."""

from __future__ import annotations

import contextlib
import io
import signal
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import click

from confoundlab import escape
from confoundlab.errors import InputError, RunFailedError


class TerminatedError(KeyboardInterrupt):
    """SIGTERM: stop as on Ctrl-C, so that the kernel stops and nothing half-made is left."""


def say(text: object, *, err: bool = False) -> None:
    """Print, with what a terminal would obey written out; names come from files and tables."""
    click.echo(escape.terminal(str(text)), err=err)


class Command(click.Command):
    """Turn the package's errors into a line on standard error and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        for stream in (sys.stdout, sys.stderr):  # a console that lacks a letter gets its number
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            with _terminable():
                return super().invoke(ctx)
        except (InputError, RunFailedError) as error:
            say(f"confoundlab: {error}", err=True)
            ctx.exit(2 if isinstance(error, InputError) else 1)
        except OSError as error:  # a full disk, a folder that may not be written
            where = f": {error.filename}" if error.filename else ""
            say(f"confoundlab: {error.strerror or error}{where}", err=True)
            ctx.exit(1)
        except (KeyboardInterrupt, click.Abort) as stop:
            say(f"\nconfoundlab: stopped. {stop}".rstrip(), err=True)
            ctx.exit(128 + (signal.SIGTERM if isinstance(stop, TerminatedError) else signal.SIGINT))


@contextlib.contextmanager
def _terminable() -> Iterator[None]:
    def stop(*_: object) -> NoReturn:
        raise TerminatedError

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread, as in a program that calls this one
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Program(click.Group):
    """A group whose commands answer for errors as `Command` does."""

    command_class = Command
    group_class = type

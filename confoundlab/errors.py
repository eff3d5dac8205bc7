"""Errors for people: what was wrong, where, and what to do.

`InputError` is the only error that the command line turns into one line and exit code 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from confoundlab.escape import terminal


class InputError(ValueError):
    """Something that the user gave cannot be used; the message says what, where and what to do."""


class RunFailedError(RuntimeError):
    """What was asked for was tried and failed; the message says where and what is left to read."""


class BrokenImagesError(InputError):
    """Some image files cannot be decoded.

    Parameters
    ----------
    problems : dict of str to str
        A file's path to the reason why it cannot be read. The message lists all of them.
    """

    def __init__(self, problems: dict[str, str]) -> None:
        self.problems = problems
        lines = "\n".join(f"  {terminal(name, keep='')}: {why}" for name, why in problems.items())
        super().__init__(
            f"{len(problems)} image(s) cannot be used:\n{lines}\n"
            "Repair or remove them, or pass on_broken='skip' to go on without them."
        )


def one_of(what: str, given: str, known: Iterable[str]) -> str:
    """Return `given` if it is known, else raise an `InputError` with the nearest name."""
    names = sorted(known)
    if given in names:
        return given
    near = difflib.get_close_matches(given, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise InputError(f"There is no {what} {given!r}.{hint} Known: {', '.join(names)}.")

"""A notebook's parameters: read from its source, and values checked before anything runs.

papermill alone injects a misspelt parameter without a word. Here the cell tagged ``parameters`` is
the declaration: ``name: type = default  # what it does``. Types are Python's, ``Literal`` and
pydantic's constrained ones.
"""

from __future__ import annotations

import ast
import re
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jupytext
import pydantic
from nbformat import NotebookNode

from confoundlab.errors import InputError, one_of

_TYPES = (
    vars(typing)
    | {name: getattr(pydantic, name) for name in pydantic.__all__}
    | {kind.__name__: kind for kind in (int, float, str, bool)}
)
_WORDS = {
    "int": "whole number",
    "float": "number",
    "bool": "True or False",
    "str": "text",
    "PositiveInt": "whole number from 1",
    "NonNegativeInt": "whole number from 0",
}
_RANGE = re.compile(r"Annotated\[(int|float), Field\(g([et])=([\d.]+), l([et])=([\d.]+)\)\]")


@dataclass(frozen=True)
class Parameter:
    """One declared parameter: its name, type as written, default, and the comment beside it."""

    name: str
    kind: str
    default: Any
    comment: str

    @property
    def values(self) -> str:
        """What may be given, in words: "a, b", or "whole number, 12 to 64"."""
        if self.kind.startswith("Literal["):
            return ", ".join(ast.literal_eval(f"[{self.kind[len('Literal[') : -1]}]"))
        if limits := _RANGE.fullmatch(self.kind):
            kind, above, low, below, high = limits.groups()
            words = f"{low} to {high}" if above + below == "ee" else f"between {low} and {high}"
            return f"{_WORDS[kind]}, {words}"
        return _WORDS.get(self.kind, self.kind)

    def parse(self, value: Any) -> Any:
        """Return the value as the declared type; a string may come from the command line.

        Raises
        ------
        InputError
            It does not fit.
        """
        adapter = pydantic.TypeAdapter(eval(self.kind, {"__builtins__": {}}, _TYPES))
        try:
            if isinstance(value, str):
                return adapter.validate_strings(value)
            return adapter.validate_python(value, strict=True)
        except pydantic.ValidationError as error:
            problem = error.errors()[0]["msg"].removeprefix("Input should be ")
            raise InputError(
                f"Parameter {self.name!r} cannot be {value!r}: it should be {problem} "
                f"({self.comment})."
            ) from None


def notebook_source(name: str) -> Path:
    """Return a study's notebook: in an installed package inside it, in a checkout beside it."""
    for above in Path(__file__).parents[1:3]:
        if (above / "notebooks" / f"{name}.py").is_file():
            return above / "notebooks" / f"{name}.py"
    raise InputError(f"The notebook of {name!r} is missing from this installation.")


def read_notebook(path: Path) -> NotebookNode:
    """Read a py:percent notebook, outputs and all cells as nbformat has them."""
    notebook: NotebookNode = jupytext.read(path, fmt="py:percent")
    return notebook


def declared(notebook: NotebookNode) -> dict[str, Parameter]:
    """Return the parameters that a notebook declares, by name; none if it has no such cell."""
    cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if not cells:
        return {}
    source = cells[0].source
    lines = source.splitlines()
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            comment = lines[node.lineno - 1].partition("  # ")[2].strip()
            kind, default = ast.unparse(node.annotation), ast.literal_eval(node.value)
            found[node.target.id] = Parameter(node.target.id, kind, default, comment)
    return found


def resolve(
    parameters: Mapping[str, Parameter], profile: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return all values: the defaults, changed by the profile, changed by what was given.

    Raises
    ------
    InputError
        A name that is not declared, or a value of the wrong type.
    """
    values = {name: parameter.default for name, parameter in parameters.items()}
    for name, value in {**profile, **given}.items():
        values[name] = parameters[one_of("parameter", name, parameters)].parse(value)
    return values

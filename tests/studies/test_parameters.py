from dataclasses import replace

import jupytext
import papermill
import pytest

from confoundlab.errors import InputError
from confoundlab.studies.parameters import declared, notebook_source, read_notebook, resolve

SOURCE = """# %% tags=["parameters"]
name: str = "x"  # a word
count: PositiveInt = 3  # how many
share: float = 0.5  # between, with == and = in the comment
on: bool = False  # a switch
kind: Literal["a", "b"] = "a"  # one of two
size: Annotated[int, Field(ge=12, le=20)] = 12  # bounded
# %%
other: int = 9
"""


@pytest.fixture
def parameters():
    return declared(jupytext.reads(SOURCE, fmt="py:percent"))


def test_declarations_are_read(parameters):
    assert list(parameters) == ["name", "count", "share", "on", "kind", "size"]
    assert parameters["share"].default == 0.5
    assert parameters["share"].comment == "between, with == and = in the comment"
    assert parameters["kind"].kind == "Literal['a', 'b']"


def test_values_are_said_in_words(parameters):
    said = {name: one.values for name, one in parameters.items()}
    assert said["kind"] == "a, b" and said["size"] == "whole number, 12 to 20"
    assert said["count"] == "whole number from 1" and said["share"] == "number"
    between = replace(parameters["share"], kind="Annotated[float, Field(gt=0, lt=1)]")
    assert between.values == "number, between 0 and 1"


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("name", "5", "5"),
        ("count", "5", 5),
        ("share", "1e-3", 0.001),
        ("on", "true", True),
        ("kind", "b", "b"),
        ("size", "20", 20),
    ],
)
def test_text_becomes_the_declared_type(parameters, name, text, value):
    parsed = resolve(parameters, {}, {name: text})[name]
    assert parsed == value and type(parsed) is type(value)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("count", "five", "valid integer"),
        ("count", "1.5", "valid integer"),
        ("count", "0", "greater than 0"),
        ("count", 2.0, "valid integer"),
        ("share", "half", "valid number"),
        ("on", "maybe", "valid boolean"),
        ("kind", "c", "'a' or 'b'"),
        ("size", "21", "less than or equal to 20"),
        ("size", "", "valid integer"),
    ],
)
def test_wrong_values_are_refused_with_name_value_and_reason(parameters, name, value, why):
    with pytest.raises(InputError, match=why) as caught:
        resolve(parameters, {}, {name: value})
    assert repr(name) in str(caught.value) and repr(value) in str(caught.value)


def test_a_misspelt_name_is_refused_which_papermill_alone_would_not(parameters):
    with pytest.raises(InputError, match="Did you mean 'count'"):
        resolve(parameters, {}, {"cuont": "3"})


def test_what_is_given_beats_the_profile_and_the_profile_the_default(parameters):
    values = resolve(parameters, {"count": 7, "size": 15}, {"size": "13"})
    assert (values["count"], values["size"], values["name"]) == (7, 13, "x")


def test_papermill_finds_the_same_parameters_in_the_notebook(tmp_path):
    notebook = read_notebook(notebook_source("coil"))
    jupytext.write(notebook, tmp_path / "coil.ipynb")
    seen = papermill.inspect_notebook(str(tmp_path / "coil.ipynb"))
    ours = declared(notebook)
    assert set(seen) <= set(ours)
    simple = {name: one for name, one in ours.items() if "[" not in one.kind}
    assert {name: seen[name]["default"] for name in simple} == {
        name: repr(one.default) for name, one in simple.items()
    }


def test_a_missing_notebook_is_said_so():
    with pytest.raises(InputError, match="notebook of 'nobody' is missing"):
        notebook_source("nobody")


def test_every_parameter_says_what_it_is():
    for parameter in declared(read_notebook(notebook_source("coil"))).values():
        assert parameter.comment
        assert parameter.parse(parameter.default) == parameter.default

import dataclasses
import importlib.util
import sys

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from confoundlab.calibration import Cell, draw
from confoundlab.errors import InputError
from confoundlab.report import rivals

FREE, GROUPED = "800 images, no groups", "200 images of 40 patients"


def row(tool, told, design, truth, called, draws=1000, low=None, high=None):
    share = called / draws
    return {
        "tool": tool, "version": "1.10", "told": told, "question": "do features tell the label",
        "design": design, "truth": truth, "draws": draws, "called": called,
        "low": share - 0.02 if low is None else low, "high": share + 0.02 if high is None else high,
    }  # fmt: skip


KNOWS, DEAF, TAKES_NONE = (
    "images, labels, patients", "images, labels", "images, labels (it takes no patients)",
)  # fmt: skip
ROWS = [
    row("ours", KNOWS, FREE, "no leak", 50),
    row("ours", KNOWS, GROUPED, "no leak", 45),
    row("ours", KNOWS, GROUPED, "leak", 800),
    row("other | $x$", DEAF, FREE, "no leak", 55),
    row("other | $x$", DEAF, GROUPED, "no leak", 400),
    row("other | $x$", DEAF, GROUPED, "leak", 990),
    row("third", TAKES_NONE, GROUPED, "no leak", 30, draws=100),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rivals.csv"


def stored(path, rows=ROWS):
    pd.DataFrame(rows).to_csv(path, index=False)
    return rivals.read(path)


def test_shares_are_counts_over_draws_and_versions_are_text(path):
    table = stored(path)
    assert table["share"].tolist() == [0.05, 0.045, 0.8, 0.055, 0.4, 0.99, 0.3]
    assert set(table["version"]) == {"1.10"}


def test_each_tool_is_shown_with_what_it_was_not_told(path):
    table = rivals.tools(stored(path)).set_index("tool")
    assert (
        table.loc["ours", "not told"] == "" and table.loc["other | $x$", "not told"] == "patients"
    )
    assert table.loc["third", "not told"] == "patients; it takes none"
    assert table.loc["third", "told"] == "images, labels"
    assert table.loc["third", "draws of a design"] == "100"


def test_a_tool_that_saw_no_patients_lacks_nothing(path):
    only = [row("other", DEAF, FREE, "no leak", 50)]
    assert rivals.tools(stored(path, only))["not told"].tolist() == [""]
    assert "In fairness" not in rivals.found(stored(path, only))


def test_rates_stand_with_their_intervals(path):
    table = rivals.rates(stored(path)).set_index(["tool", "design"])
    assert table.loc[("ours", GROUPED), "false alarms"] == "4.5% (2.5–6.5)"
    assert table.loc[("ours", GROUPED), "leaks found"] == "80.0% (78.0–82.0)"
    assert table.loc[("ours", FREE), "leaks found"] == "–"


def test_words_are_fair_and_name_who_is_above(path):
    free, told, deaf, fair, leaks = rivals.found(stored(path)).split("\n")
    assert "Independent images" in free and "5.0% to 5.5%" in free
    assert "every tool there holds 5%" in free
    assert "4.5% of the draws" in told and "holds 5%" in told
    assert "2 of 2" in deaf and deaf.index(r"other \| \$x\$ on") < deaf.index("third on")
    assert "no fault of its mathematics" in fair and "third takes no patients" in fair
    assert "ours 80.0%" in leaks and "no more false alarms than it promises" in leaks


def test_a_tool_that_calls_too_much_where_images_are_independent_is_named(path):
    rows = [row("ours", KNOWS, FREE, "no leak", 90)]
    assert "1 of 1: ours on 800 images, no groups 9.0%" in rivals.found(stored(path, rows))


def test_a_score_without_a_promise_is_not_held_to_five_percent(path):
    rows = [*ROWS, row("cleanlab, Datalab", TAKES_NONE, GROUPED, "no leak", 40, draws=100)]
    words = rivals.found(stored(path, rows))
    assert "2 of 2" in words and "promises no 5%: it called 40.0% of the draws" in words


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (None, "make rivals"),
        ([{"tool": "ours"}], "lacks the column"),
        ([ROWS[0] | {"truth": "maybe"}], "truths maybe"),
        ([ROWS[0] | {"called": 1001}], "counts that cannot be"),
        ([ROWS[0] | {"draws": 0, "called": 0}], "counts that cannot be"),
    ],
)
def test_a_table_that_cannot_be_is_refused_in_words(path, rows, why):
    if rows is not None:
        pd.DataFrame(rows).to_csv(path, index=False)
    with pytest.raises(InputError, match=why):
        rivals.read(path)


def test_the_columns_are_those_that_the_command_stores():
    source = (ROOT / "benchmarks" / "rivals.py").read_text()
    assert all(f'"{column}":' in source for column in rivals.COLUMNS)


@pytest.fixture(scope="module")
def command():
    spec = importlib.util.spec_from_file_location("rivals", ROOT / "benchmarks" / "rivals.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["rivals"] = module  # a dataclass looks its module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["rivals"]


def test_a_rival_without_a_score_has_called_nothing(command):
    """Where one class is two patients, three folds of five cannot be scored."""
    drawn = draw(Cell(60, 5), 0)
    two = np.isin(drawn.groups, np.unique(drawn.groups)[:2])
    assert command.sklearn_groups(dataclasses.replace(drawn, labels=two.astype(int))) is None


def test_labels_that_cannot_move_are_never_called(command):
    assert command.sklearn_groups(draw(Cell(60, 5), 0)) is False

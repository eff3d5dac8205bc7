"""The list of open choices follows the code; a sensitivity run is read, or said to be missing."""

import inspect
import re
from pkgutil import resolve_name

import pandas as pd
import pytest
from torch import nn

from confoundlab import report
from confoundlab.catalog import VIEWS, paper_rows
from confoundlab.errors import InputError
from confoundlab.models.bank import train_bank
from confoundlab.models.lenet import LeNet5


def test_every_choice_says_where_ours_is_in_the_code(published):
    table = report.unstated_choices(published)
    assert all(resolve_name(name) for name in table["in the code"])
    assert (table.map(str.strip) != "").all(axis=None)


def test_our_choices_are_those_of_the_code(published):
    ours = report.unstated_choices(published).set_index("choice")["ours"]
    bank = inspect.signature(train_bank).parameters
    assert f"{bank['learning_rate'].default:g}" in ours["learning rate"]
    assert ours["images in a batch"] == str(bank["batch_size"].default)
    layers = list(LeNet5(32, 32, 1, 4))
    assert any(isinstance(one, nn.MaxPool2d) for one in layers)
    assert isinstance(layers[-1], nn.Linear)  # logits: softmax is in the loss
    sizes = {
        record["view"].rpartition(" ")[2]
        for result in published
        for record in result["evidence"]
        if record["paper"] is not None and record["view"].startswith("whole image")
    }
    assert set(re.findall(r"\d+x\d+", ours["size of whole images"])) == sizes
    # without results, what the notebooks declare
    alone = report.unstated_choices([]).set_index("choice")["ours"]
    assert re.search(r"\d+x\d+", alone["size of whole images"])


def test_every_printed_number_has_its_interval():
    table = report.printed_intervals()
    assert len(table) == sum(key in row for row in paper_rows().values() for key in VIEWS.values())
    yale = table[(table["row"] == "Yale faces A") & table["view"].str.startswith("crop")].iloc[0]
    assert yale["right answers"] == "18" and yale["95% interval"] == "36.4% to 71.9%"
    assert (table["right answers"] == "no whole number gives it").any()


ROWS = [
    ("coil20", "crop 21x21 top-right", "learning rate", "0.001", 0.4, 0.3, 0.5, True),
    ("coil20", "crop 21x21 top-right", "learning rate", "0.01", 0.25, 0.2, 0.3, False),
    ("coil20", "crop 21x21 top-right", "batch", "128", 0.45, 0.4, 0.5, False),
]


def stored(folder, rows=ROWS, **changes):
    columns = ["set", "view", "choice", "value", "estimate", "ci_low", "ci_high", "base"]
    path = folder / "sensitivity.csv"
    pd.DataFrame(rows, columns=columns).assign(**changes).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("base", [[True, False, False], [1, 0, 0], [0.4, 0.4, 0.4]])
def test_a_choice_is_measured_from_our_own_settings(tmp_path, base):
    table = report.sensitivity(stored(tmp_path, base=base))
    shown = report.sensitivity_table(table)
    assert shown["points from ours"].tolist() == ["+0.0", "-15.0", "+5.0"]
    assert shown["set"].unique().tolist() == ["COIL-20"]
    said = report.sensitivity_words(table)
    assert "40.0% with our settings, and 25.0% to 45.0% over all" in said
    assert "Farthest from it is learning rate = 0.01, by -15.0 points" in said


def test_what_was_not_run_is_said_so(tmp_path):
    assert report.sensitivity(tmp_path / "sensitivity.csv") is None
    assert "not made yet" in report.sensitivity_words(None)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"base": [False] * 3}, "'coil20' has no row whose base is true"),
        ({"ci_low": [0.3, 40, 0.4]}, "line 3: ci_low should be a fraction"),
        ({"estimate": [0.3, 0.4, "x"]}, "line 4: estimate should be a fraction"),
    ],
)
def test_a_malformed_table_is_refused_with_its_line(tmp_path, changes, problem):
    with pytest.raises(InputError, match=problem):
        report.sensitivity(stored(tmp_path, **changes))


def test_missing_columns_are_named(tmp_path):
    path = tmp_path / "sensitivity.csv"
    path.write_text("set,view\ncoil20,crop\n")
    with pytest.raises(InputError, match="lacks the columns choice, value"):
        report.sensitivity(path)

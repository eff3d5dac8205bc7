import pandas as pd
import pytest

from confoundlab.errors import InputError
from confoundlab.report import sweeps

PARAMETER = "parameter:crop_size"


@pytest.fixture
def table():
    rows = [
        {
            PARAMETER: size, "view": f"crop {size}x{size} corner", "split": "random",
            "state": "real", "learner": "LeNet-5", "metric": "accuracy", "estimate": found,
            "ci_low": found - 0.1, "ci_high": found + 0.1, "chance": 0.25, "p_adjusted": 0.01,
        }
        for size, found in ((12, 0.3), (20, 0.5), (36, 0.4))
    ]  # fmt: skip
    return pd.DataFrame([*rows, rows[0] | {"metric": "ROC AUC", "estimate": 0.9}])


def test_a_row_a_question_and_a_column_a_value(table, tmp_path):
    table.to_csv(tmp_path / "s.csv", index=False)
    stored = sweeps.read(tmp_path / "s.csv", "crop_size")
    (row,) = sweeps.moved(stored, "crop_size").to_dict("records")
    assert row["crop_size 20"] == "50.0% (40.0–60.0)"  # and not the area
    assert list(row) == ["asked", "crop_size 12", "crop_size 20", "crop_size 36"]


def test_the_sentence_tells_the_least_and_the_most(table):
    said = sweeps.words(table[table["metric"] == "accuracy"], "crop_size")
    assert "30.0% right at crop_size 12 and 50.0% at 20" in said and "in 2 of 3 runs" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="view"), "lacks the column"),
        (lambda t: t.rename(columns={PARAMETER: "parameter:seed"}), "crop_size"),
        (lambda t: t[t["metric"] == "ROC AUC"], "no accuracies"),
        (None, "make sweeps"),
    ],
)
def test_a_table_that_is_not_one_is_refused(table, tmp_path, change, words):
    if change:
        change(table).to_csv(tmp_path / "s.csv", index=False)
    with pytest.raises(InputError, match=words):
        sweeps.read(tmp_path / "s.csv", "crop_size")

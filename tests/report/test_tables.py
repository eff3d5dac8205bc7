import pandas as pd

from confoundlab import report
from confoundlab.catalog import STUDIES
from confoundlab.report.tables import label_of


def test_tables_escape_what_they_print():
    assert "&lt;script&gt;" in report.table(pd.DataFrame({"a": ["<script>"]})).data


def test_columns_that_never_change_are_said_once():
    frame = pd.DataFrame({"a": ["x", "x"], "b": [1, 2], "*c*": ["–", "–"]})
    left, words = report.varying(frame)
    assert list(left) == ["b"] and words == "In all rows: a x; *c* –."
    assert report.varying(frame[["b"]])[1] == ""
    assert list(report.varying(frame[:1])[0]) == list(frame)  # of one row, all columns never change


def test_rows_are_called_by_their_titles():
    assert label_of("rnai_background_other_session") == "RNAi, background, other session"
    assert label_of("mitocheck") == "MitoCheck cells" and label_of("sma_main") == "sma main"


def test_where_results_come_from_is_a_row_a_run(published):
    table = report.provenance_table(published)
    assert len(table) == len(published) == table["run"].nunique()
    for line, result in zip(table.to_dict("records"), published, strict=True):
        assert line["run"].startswith(STUDIES[result["study"]].title)
        assert result["data"][0]["digest"].startswith(f"sha256:{line['digest']}")
        assert line["engine"] and not any("{" in value for value in line.values())

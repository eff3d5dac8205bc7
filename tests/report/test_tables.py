import pandas as pd

from confoundlab import report
from confoundlab.catalog import paper_rows


def test_paper_table_has_every_number_of_the_paper(published):
    table = report.paper_table(published)
    printed = [
        row[key] for row in paper_rows().values() for key in ("crop_accuracy", "full_accuracy")
        if key in row
    ]  # fmt: skip
    own = table[table["data"] != "stand-in"]
    assert set(own["paper"]) == {f"{100 * number:.4g}%" for number in printed}
    assert len(table) >= len(printed)
    ours = table.set_index(["set", "view"])["ours"]
    crop = [
        record
        for results in published
        for record in results["evidence"]
        if record["row"] == "coil20" and record["paper"] == paper_rows()["coil20"]["crop_accuracy"]
    ]
    assert ours["coil20", "crop 21x21"] == report.percent(crop[0]["estimate"])
    assert report.paper_table([])["ours"].tolist() == ["not run yet"] * len(printed)


def test_another_real_screen_stands_below_the_rows_that_it_asks_again(published):
    table = report.paper_table(published)
    lines = table[table["data"] == "stand-in"]
    assert set(lines["set"]) == {"mitocheck, in its place"} and set(lines["paper"]) == {"–"}
    records = {
        (record["view"], record["split"]): report.percent(record["estimate"])
        for results in published
        for record in results["evidence"]
        if record["row"] == "mitocheck"
    }
    place = table.index[table["set"] == "rnai_background"][0]
    below = table.loc[place + 1]
    assert below["view"] == "crop 20x20 top-left, random 80/20"
    assert below["ours"] == records["crop 20x20 top-left", "random 80/20"]
    other = table.loc[table.index[table["set"] == "rnai_background_other_session"][0] + 1 :]
    splits = {split for view, split in records if view == "crop 20x20 top-left"} - {"random 80/20"}
    assert set(other["view"][:3]) == {f"crop 20x20 top-left, {split}" for split in splits}


def test_without_results_nothing_is_claimed():
    table = report.paper_table([])
    assert set(table["ours"]) == {"not run yet"} and set(table["verdict"]) == {""}


def test_tables_escape_what_they_print():
    assert "&lt;script&gt;" in report.table(pd.DataFrame({"a": ["<script>"]})).data

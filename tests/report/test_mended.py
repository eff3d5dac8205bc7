import pandas as pd

from confoundlab.report import mended as report


def rates(kind, test, **cell):
    column = {"coverage": "inside"}.get(kind, "rejected")
    row = {
        "kind": kind,
        "test": test,
        "replicates": 1000,
        "layout": "none",
        "sizes": "equal",
    } | cell
    for name in (column, *(one for one in ("leak_verdicts",) if one in cell)):
        row |= {f"{name}_low": row[name] - 0.01, f"{name}_high": row[name] + 0.01}
    return row


def test_what_was_mended_is_read_by_design_and_the_worst_is_shown(calibrated):
    measured = pd.DataFrame(
        [
            rates("power", "held-out accuracy, half of the fits dead", leak=2.0, rejected=0.9),
            rates("power", "held-out accuracy, half of the fits dead", leak=1.0, rejected=0.2),
            rates("null", "WRONG: split cuts groups", images_per_group=2, rejected=1.0,
                  leak_verdicts=0.0),
            rates("null", "page of twenty controls", n_images=200, rejected=0.03),
            rates("null", "page of twenty controls", n_images=400, rejected=0.04),
            rates("null", "probe, ROC AUC", sizes="giant of one class", rejected=0.055),
            rates("coverage", "interval", metric="ROC AUC of a probe", leak=0.0,
                  images_per_group=1, inside=0.94),
            rates("coverage", "interval", metric="ROC AUC of a probe", leak=2.0,
                  images_per_group=1, inside=0.5),
            rates("coverage", "interval", metric="accuracy", sizes="log-normal", inside=0.95),
        ]
    )  # fmt: skip
    found = report.mended(pd.concat([calibrated, measured], ignore_index=True))
    now = found.set_index("what was wrong")["now"].tolist()
    assert now[0] == "90.0% (89.0–91.0) of strong leaks found with half of the nets dead"
    assert now[1].startswith("0.0%") and now[2].startswith("4.0% (3.0–5.0)")
    assert "not in the stored table" in now[3]  # nine to one
    assert now[4].startswith("5.5%") and now[5].startswith("94.0%")
    assert now[6].startswith("95.0%") and "not in the stored table" in now[7]
    assert found["designs"].tolist()[:4] == [1, 1, 2, 0]


def test_what_would_have_been_found_is_stated_and_reached():
    own = pd.DataFrame(
        [
            rates("power", "held-out accuracy", n_images=200, images_per_group=1, majority=0.0,
                  leak=leak, rejected=found, leak_verdicts=found, mean_estimate=0.5 + leak / 10,
                  mean_minimum_detectable=0.66)
            for leak, found in ((0.0, 0.02), (1.0, 0.6), (2.0, 1.0))
        ]
    )  # fmt: skip
    *_, last = report.mended(own)["now"]
    assert last == "states 0.660, reached at 0.650"
    *_, last = report.mended(own[own["leak"] < 2])["now"]
    assert last == "states 0.660, not reached"


def test_findings_are_looked_for_where_the_command_measures_them():
    """Each finding's designs are among those that `make calibration` runs."""
    from calibration.calibration_cells import COVERAGE, NULLS, POWER

    cells = {"null": NULLS, "power": POWER, "coverage": COVERAGE}
    for one in report._FINDINGS:
        where = dict(one.where)
        tests = where.pop("test", ("interval",))
        assert any(
            test in tests and all(getattr(cell, key) in known for key, known in where.items())
            for test, cell in cells[one.kind]
        ), one.what


def test_an_older_table_says_what_it_lacks(calibrated):
    older = calibrated.drop(columns=["sizes", "inverted_verdicts"], errors="ignore")
    assert report.mended(older.assign(sizes="equal"))["now"].str.contains("make calibration").any()

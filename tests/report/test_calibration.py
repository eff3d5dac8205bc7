import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from confoundlab.calibration.trials import TESTS
from confoundlab.errors import InputError
from confoundlab.plotting.evidence import latest_nulls
from confoundlab.report import calibration as report
from confoundlab.storage.versions import computed_by


def test_alarms_are_the_stored_rates(calibrated):
    table = report.alarms(calibrated).set_index("test")
    nulls = calibrated[calibrated["kind"] == "null"]
    for name, own in nulls.groupby("test"):
        assert table.loc[name, "mean rate"] == f"{own['rejected'].mean():.1%}"
        assert table.loc[name, "designs"] == len(own)
    assert table.loc["WRONG: groups ignored", "above 5%"] == "1"


def test_what_was_found_are_means_and_ranges_of_the_stored_rates(calibrated):
    trials = pd.DataFrame(
        {"strength": [0, 0, 0.5, 1, 1, 1, 1], "p_value": [0.5, 0.05, 0.5, 0.01, 0.02, 0.03, 0.3]}
    )
    words = report.found(calibrated, trials)
    nulls = calibrated[calibrated["kind"] == "null"]
    wrong = nulls["test"].str.startswith("WRONG")
    right = f"{nulls.loc[~wrong, 'rejected'].mean():.1%}"
    assert f"{right} to {right} of the draws" in words
    assert f"one by one, {nulls.loc[wrong, 'rejected'].item():.1%}" in words
    inside = calibrated[calibrated["kind"] == "coverage"]["inside"]
    assert f"{inside.min():.0%} to {inside.max():.0%} of the draws of 10 groups" in words
    assert "at zero, 50% of" in words and "turned up, 75%" in words


def test_second_runs_are_counted(calibrated):
    assert "; none stayed above." in report.second_runs(calibrated)
    high = calibrated[calibrated["kind"] == "null"].iloc[:1]
    high = high.assign(kind="null, again", rejected_low=0.06, replicates=1600)
    words = report.second_runs(pd.concat([calibrated, high]))
    assert "1,600 fresh draws" in words and "1 stayed above" in words


def test_ranges_of_coverage(calibrated):
    table = report.covered(calibrated)
    inside = calibrated[calibrated["kind"] == "coverage"]["inside"]
    shown = table["10 groups"].iloc[0]
    ends = sorted({round(100 * share) for share in (inside.min(), inside.max())})
    assert shown == "–".join(map(str, ends)) + "%"
    rows = calibrated[calibrated["kind"] == "coverage"]
    twice = pd.concat([rows.assign(inside=0.92), rows.assign(inside=1.0)])
    assert report.covered(twice)["10 groups"].tolist() == ["92–100%"]
    assert report.covered(rows.assign(metric="ROC AUC of a probe")).empty


def test_numbers_of_groups_that_were_not_tried_are_dashes_in_order(calibrated):
    rows = calibrated[calibrated["kind"] == "coverage"]
    more = rows.iloc[:1].assign(metric="another", n_groups=7)
    table = report.covered(pd.concat([rows, more])).set_index("metric")
    groups = [int(name.split()[0]) for name in table.columns if name.endswith("groups")]
    assert groups == sorted(groups) and 7 in groups
    assert table.loc[rows["metric"].iloc[0], "7 groups"] == "–"
    assert "NaN" not in table.to_string()


def test_stated_and_measured_effects(calibrated):
    table = report.detectable(calibrated)
    own = calibrated[calibrated["kind"] == "power"].sort_values("leak")
    assert table["stated"][0] == f"{own['mean_minimum_detectable'].iloc[0]:.3f}"
    assert float(table["measured"][0]) <= own["mean_estimate"].max()


def test_designs_say_their_range(calibrated):
    assert "60 to 80 images" in report.designs(calibrated)
    assert "several labels" not in report.designs(calibrated)
    mixed = calibrated.assign(
        layout=calibrated["layout"].where(calibrated["kind"] != "null", "mixed")
    )
    assert "a group holds several labels" in report.designs(mixed)


def test_the_table_survives_its_file(calibrated, tmp_path):
    calibrated.to_csv(tmp_path / "calibration.csv", index=False)
    again = report.read(tmp_path / "calibration.csv")
    assert again["kind"].tolist() == calibrated["kind"].tolist()
    assert report.alarms(again).equals(report.alarms(calibrated))


def test_the_stored_calibration_holds_what_the_page_says():
    """The stored run: every test, at least 400 draws a design, few false LEAK verdicts."""
    stored = report.read(ROOT / "results" / "calibration" / "calibration.csv")
    nulls = stored[stored["kind"] == "null"]
    assert set(nulls["test"]) <= set(TESTS)
    if report.measured_by(stored) == computed_by("statistics"):
        assert set(nulls["test"]) == set(TESTS)
    else:
        assert "Measured before the tests were last changed" in report.standing(stored)
    assert (nulls["replicates"] + nulls["refused"] >= 400).all()
    final = latest_nulls(stored)
    right = final[~final["test"].str.startswith("WRONG")]
    assert right["leak_verdicts_low"].max() <= 0.05
    exact = right[right["test"] != "corrected resampled t"]
    assert exact.groupby("test")["rejected"].mean().max() <= 0.055


def test_the_page_says_whether_todays_tests_were_measured(calibrated):
    now = calibrated.assign(computed_by=computed_by("statistics"))
    assert report.standing(now) == f"Measured with today's tests ({computed_by('statistics')})."
    assert "make calibration" in report.standing(now.assign(computed_by="statistics 0"))
    assert report.measured_by(calibrated) == "statistics 1"


def test_a_missing_or_foreign_table_is_refused(tmp_path):
    with pytest.raises(InputError, match="make calibration"):
        report.read(tmp_path / "none.csv")
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="lacks the column"):
        report.read(tmp_path / "odd.csv")


def test_coverage_of_probes_is_a_range_over_leaks(calibrated):
    rows = [
        {"kind": "coverage", "metric": "ROC AUC of a probe", "n_groups": groups, "classes": 2,
         "images_per_group": each, "leak": leak, "inside": inside}
        for groups, each, leak, inside in (
            (100, 1, 0.0, 0.94), (100, 1, 1.0, 0.96), (20, 10, 0.0, 0.93)
        )
    ]  # fmt: skip
    found = report.covered_probes(pd.concat([calibrated, pd.DataFrame(rows)]))
    assert found["images"].tolist() == ["200 in groups of 10", "100"]
    assert found["interval holds the truth"].tolist() == ["93%", "94–96%"]
    assert report.covered_probes(calibrated.drop(columns="leak")).empty


def test_intervals_outside_the_band_are_counted_beside_the_exact_one(calibrated):
    rows = (
        calibrated[calibrated["kind"] == "coverage"]
        .iloc[:1]
        .assign(metric="accuracy", method="logit", n_groups=5, truth=0.7, inside=0.95)
    )
    others = [
        {"inside": 0.9, "inside_high": 0.92}, {"inside": 0.99, "inside_low": 0.96},
        {"inside": 1.0, "inside_low": 0.98}, {"inside": 1.0, "inside_low": 0.98, "n_groups": 40},
        {"inside": 0.5, "method": "bca"}, {"inside": np.nan, "sizes": "one giant"},
    ]  # fmt: skip
    words = report.outside(pd.concat([rows, *(rows.assign(**one) for one in others)]))
    assert "Of 5 designs" in words and "in 1, seldomer in 1 (90.0% at the least)" in words
    assert "oftener in 3" in words and "too short in 1 and too long in 2, of which 1" in words
    assert "In 1 more, with most images in one group, none" in words
    # 5 answers, a truth of 0.7: all outcomes but none right are held, 1 - 0.3**5
    assert f"0.7 in {1 - 0.3**5:.1%}" in words

"""Both papers' intervals against tables, and every number of the paper in its place."""

import pytest
from scipy import stats

from confoundlab import report
from confoundlab.catalog import DATASETS, VIEWS, paper_rows
from confoundlab.report import paper

PRINTED = [(row, kind) for row in paper_rows().values() for kind in VIEWS if VIEWS[kind] in row]


def record(row, view="crop 21x21 top-right", *, ours=(0.3, 0.25, 0.35), state="real", **changes):
    names = ("estimate", "ci_low", "ci_high")
    return {
        "row": row, "view": view, "split": "random 80/20", "learner": "LeNet-5", "state": state,
        "paper": paper_rows()[row]["crop_accuracy"], "chance": 0.05, "null_q95": 0.1,
        "verdict": "LEAK", **dict(zip(names, ours, strict=True)), **changes,
    }  # fmt: skip


def run(*records, name="coil20", n_images=1440):
    return {"data": [{"name": name, "n_images": n_images}], "evidence": list(records)}


def test_the_interval_is_the_one_whose_ends_are_just_not_rejected():
    """Clopper and Pearson (1934): at each end one tail has half of five percent."""
    low, high = report.binomial_interval(0.5455, 33)
    assert stats.binom.sf(17, 33, low) == pytest.approx(0.025, abs=1e-6)
    assert stats.binom.cdf(18, 33, high) == pytest.approx(0.025, abs=1e-6)
    assert (round(low, 2), round(high, 2)) == (0.36, 0.72)
    assert report.binomial_interval(1.0, 28)[1] == 1 and report.binomial_interval(0.0, 28)[0] == 0
    # none right of n: the upper end is 1 - 0.025^(1/n)
    assert report.binomial_interval(0.0, 28)[1] == pytest.approx(1 - 0.025 ** (1 / 28))


def test_a_percentage_stands_for_a_whole_number_of_right_answers_or_for_none():
    assert paper.right_answers(0.6714, 140) == 94
    assert paper.right_answers(0.878, 3276) == 2876
    assert paper.right_answers(0.8111, 500) is None  # 405 are 81.0, 406 are 81.2
    for n in (33, 140, 288):
        assert all(paper.right_answers(round(k / n, 4), n) == k for k in range(n + 1))


def test_every_number_of_the_paper_stands_in_the_table(published):
    table = report.against(published)
    assert {(one["row"], one["kind"]) for one in table.to_dict("records")} >= {
        (row["id"], kind) for row, kind in PRINTED
    }
    without = report.against([])
    assert len(without) == len(PRINTED) and set(without["state"]) == {"not run yet"}
    assert without["paper"].tolist() == [row[VIEWS[kind]] for row, kind in PRINTED]
    assert set(report.paper_table(without)["ours"]) == {"not run yet"}


def test_ours_is_the_stored_record(published):
    table = report.against(published)
    (line,) = table[(table["row"] == "coil20") & (table["kind"] == "crop")].to_dict("records")
    stored = [
        one for result in published for one in result["evidence"]
        if (one["row"], one["paper"], one["learner"]) == ("coil20", line["paper"], "LeNet-5")
    ]  # fmt: skip
    assert line["ours"] in [one["estimate"] for one in stored]
    assert line["paper_low"] < line["paper"] < line["paper_high"]


def test_who_holds_whom_is_told_both_ways():
    crop = paper_rows()["coil20"]["crop_accuracy"]
    low, high = report.binomial_interval(crop, paper_rows()["coil20"]["n_test"])
    ours = (high + 0.01, crop - 0.01, high + 0.02)  # ours holds the paper's, not the reverse
    (line, *_) = report.paper_table(
        report.against([run(record("coil20", ours=ours))]).query("row == 'coil20'")
    ).to_dict("records")
    assert line["the paper's in our interval"] == "yes" and line["ours in the paper's"] == "no"
    assert line["ours minus paper, points"] == f"{100 * (ours[0] - crop):+.1f}"
    assert f"({100 * low:.1f}–{100 * high:.1f})" in line["paper"]


def test_rows_outside_are_explained_with_numbers_of_the_run():
    crop = paper_rows()["yale_b"]["crop_accuracy"]
    outside = run(
        record("yale_b", ours=(0.7, 0.6, 0.8), state="derivative", paper=crop),
        name="yale_b_p00",
        n_images=1820,
    )
    said = report.explained(report.against([outside]))
    assert "1,820 of the paper's 16,380 images" in said
    assert "Yale faces B" in said and "87.8% in the paper, 70.0% here" in said
    assert "outside the paper's own interval as well" in said
    inside = run(record("coil20", ours=(crop, 0.1, 0.9)))
    assert report.explained(report.against([inside])) == (
        "Every number of the paper lies in our interval."
    )


def test_a_row_that_nobody_can_explain_says_so():
    said = report.explained(
        report.against([run(record("kvasir", ours=(0.5, 0.4, 0.6)), name="kvasir")])
    )
    assert "No reason is known." in said


def test_a_twin_explains_nothing_and_stands_apart():
    table = report.against([run(record("coil20", state="simulated"))])
    parted = paper.states(table)
    assert parted["simulated"]["why"].tolist() == [""]
    assert "coil20" not in parted["real"][parted["real"]["kind"] == "crop"]["row"].tolist()
    assert sum(map(len, parted.values())) == len(table)
    assert "COIL-20, crop" not in report.explained(table)


def test_every_reason_of_the_catalog_can_be_told():
    for entry in DATASETS.values():
        for kind in entry.departs:
            some = record(entry.paper_row, "whole image 32x32" if kind == "whole" else "crop")
            said = paper.reason(entry, kind, some, entry.n_images)
            assert said.endswith(".") and "{" not in said
    copies = paper.reason(DATASETS["yale_a"], "crop", record("yale_a"), 165)
    assert " 9 pairs of files are identical" in copies  # counted in the manifest of its pixels


def test_every_real_row_outside_has_a_reason(published):
    assert "No reason is known" not in report.explained(report.against(published))


def test_another_real_screen_stands_below_the_rows_that_it_asks_again(published):
    table = report.against(published)
    lines = paper.states(table)["stand-in"]
    assert set(lines["name"].str.partition(",")[0]) == {"MitoCheck cells"}
    assert lines["paper"].isna().all()
    place = table.index[(table["row"] == "rnai_background") & (table["kind"] == "crop")][-1]
    below = table.loc[place + 1]
    assert (below["view"], below["split"]) == ("crop 20x20 top-left", "random 80/20")
    printed = report.paper_table(lines)
    assert "paper" not in printed and set(printed["data"]) == {"stand-in"}
    splits = {"plates apart", "dates apart", "plates apart, corners without a cell"}
    other = lines[lines["row"] == "rnai_background_other_session"]
    assert set(other["split"]) == splits

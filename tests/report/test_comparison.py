"""Two runs side by side: the same rows, paired where that is honest."""

import copy
import json

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from confoundlab.cli import main
from confoundlab.croppers.crops import Corner, Whole
from confoundlab.design import splits
from confoundlab.errors import InputError
from confoundlab.evidence import differences
from confoundlab.plotting.evidence import compared
from confoundlab.report import comparison
from confoundlab.studies.run import RUN_VARIABLE, StudyRun


@pytest.fixture(scope="module")
def runs(tmp_path_factory, twin):
    """Three runs of forests on the same twin: the seed differs, then the second crop too."""
    made = {}
    for name, seed, size in (("a", 0, 12), ("b", 5, 12), ("c", 0, 14)):
        folder = tmp_path_factory.mktemp("runs") / name
        folder.mkdir()
        order = {"folder": str(folder), "study": "coil", "profile": None}
        order["parameters"] = {"seed": seed, "crop_size": size}
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(RUN_VARIABLE, json.dumps(order))
            patch.setenv("CONFOUNDLAB_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
            run = StudyRun(seed=seed, permutations=99)
            run.note(twin, "coil20")
            folds = splits.k_fold(twin.labels, folds=4, seed=seed)
            for view in (Corner("top-right", size, size), Whole(16)):
                run.measure(twin, view, "4 folds", folds, epochs=1, learner="random forest")
            run.finish()
        made[name] = folder
    return made


def rows(first, second):
    return comparison.rows(comparison.read_run(first), comparison.read_run(second))


def test_every_prediction_is_kept_by_name(runs, twin):
    kept = comparison.read_run(runs["a"]).predictions
    assert len(kept) == 2 * len(twin) and set(kept["data"]) == {twin.digest}
    results = comparison.read_run(runs["a"]).results
    for place, record in enumerate(results["evidence"]):
        own = kept[kept["evidence"] == place]
        assert set(own["image"]) == set(twin.table["image"])
        assert record["estimate"] == pytest.approx((own["predicted"] == own["label"]).mean())


def test_the_same_images_are_paired_as_differences_does(runs, twin):
    table = rows(runs["a"], runs["b"])
    assert table["how"].tolist() == ["paired", "paired"]
    gap = table["estimate_second"] - table["estimate_first"]
    assert np.allclose(table["difference"], gap, atol=1e-5)  # results.json has six digits
    kept = [comparison.read_run(runs[name]).predictions for name in "ba"]
    number = {name: place for place, name in enumerate(twin.table["image"])}
    plain = [
        pd.DataFrame(
            {
                "image": own["image"].map(number),
                "predicted": np.searchsorted(twin.classes, own["predicted"]),
                "repeat": own["repeat"],
            }
        )
        for own in (one[one["evidence"] == 0] for one in kept)
    ]
    truth = differences.difference(*plain, twin.labels, twin.groups)
    line = table.iloc[0]
    assert line["difference"] == pytest.approx(truth.estimate)
    # another order of groups, another draw of 2,000
    assert (line["low"], line["high"]) == pytest.approx((truth.ci_low, truth.ci_high), abs=0.03)


def test_a_run_does_not_differ_from_itself(runs):
    table = rows(runs["a"], runs["a"])
    assert (table["difference"] == 0).all() and (table["low"] <= 0).all()
    run = comparison.read_run(runs["a"])
    assert comparison.settings(run, run).empty
    assert "Nothing was set otherwise." in comparison.words(run, run, table)


def test_parameters_that_differ_come_first(runs):
    both = comparison.read_run(runs["a"]), comparison.read_run(runs["c"])
    changed = comparison.settings(*both)
    assert changed.to_dict("records")[0] == {
        "what": "parameter crop_size", "first": "12", "second": "14"
    }  # fmt: skip
    table = comparison.rows(*both)
    assert table["how"].tolist() == ["only in the first", "paired", "only in the second"]
    assert table["difference"].notna().tolist() == [False, True, False]


def altered(folder, tmp_path, change):
    """A copy of a run with its results, its predictions or both changed."""
    results = json.loads((folder / "results.json").read_text())
    predictions = pd.read_parquet(folder / "predictions.parquet")
    results, predictions = change(copy.deepcopy(results), predictions)
    (tmp_path / "results.json").write_text(json.dumps(results))
    if predictions is not None:
        predictions.to_parquet(tmp_path / "predictions.parquet")
    return tmp_path


@pytest.mark.parametrize(
    ("change", "how"),
    [
        (lambda r, p: (r, None), "predictions were not kept"),
        (lambda r, p: (r, p.assign(data="sha256:other")), "other images"),
        (lambda r, p: (r, p.assign(group=p["group"] + "x")), "images in other groups"),
        (lambda r, p: (r, p.assign(image="x" + p["image"], group="y" + p["group"])), "0 group(s)"),
    ],
)
def test_what_cannot_be_paired_has_no_interval(runs, tmp_path, change, how):
    table = rows(runs["a"], altered(runs["b"], tmp_path, change))
    assert table["how"].str.startswith(how).all()
    assert table["low"].isna().all() and table["difference"].notna().all()
    run = comparison.read_run(runs["a"])
    assert "No row could be paired" in comparison.words(run, run, table)


def test_groups_that_only_one_tested_are_counted(runs, tmp_path):
    def without_one(results, predictions):
        return results, predictions[predictions["group"] != predictions["group"][0]]

    table = rows(runs["a"], altered(runs["b"], tmp_path, without_one))
    assert table["how"].str.fullmatch(r"paired, \d+ groups of \d+").all()


def test_a_row_measured_twice_meets_its_like(runs, tmp_path):
    def doubled(results, predictions):
        results["evidence"].append(results["evidence"][0])
        return results, predictions

    table = rows(runs["a"], altered(runs["a"], tmp_path, doubled))
    assert table["how"].tolist() == ["paired", "paired", "only in the second"]


def test_the_figure_says_whether_it_is_simulated(runs):
    figure = compared(rows(runs["a"], runs["c"]))
    assert figure.get_suptitle() == "Two runs (simulated data)"
    left, right = figure.axes
    assert len(left.get_yticks()) == 1
    assert {text.get_text() for text in right.get_legend().get_texts()} == {
        "paired", "not paired: no interval"
    }  # fmt: skip


def call(*words):
    return CliRunner().invoke(main, ["compare", *map(str, words)])


def test_at_the_command_line(runs, tmp_path):
    out = tmp_path / "sub" / "both"
    result = call(runs["a"], runs["b"], "--out", out)
    assert result.exit_code == 0 and "parameter seed" in result.output
    assert sorted(path.name for path in out.iterdir()) == [
        "comparison.csv", "comparison.png", "settings.csv"
    ]  # fmt: skip
    table = pd.read_csv(out / "comparison.csv")
    assert {"low", "high", "how", "estimate_first"} <= set(table.columns)


def other_rows(results, predictions):
    for record in results["evidence"]:
        record["split"] = "another"
    return results, None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (other_rows, "share no row"),
        (lambda r, p: ({"schema": 1}, None), "form of results"),
        (lambda r, p: (r, p.assign(evidence=9)), "does not belong"),
        (lambda r, p: (r, p[["image"]]), "cannot be read"),
    ],
)
def test_bad_folders_are_one_line_and_exit_code_2(runs, tmp_path, change, why):
    result = call(runs["a"], altered(runs["a"], tmp_path, change))
    assert result.exit_code == 2 and why in result.output and result.output.count("\n") == 1


def test_folders_that_are_no_runs(runs, tmp_path):
    (tmp_path / "file").write_text("x")
    for folder in (tmp_path / "none", tmp_path, tmp_path / "file"):
        assert call(folder, runs["a"]).exit_code == 2
    (tmp_path / "results.json").write_bytes((runs["a"] / "results.json").read_bytes())
    (tmp_path / "predictions.parquet").write_text("no table")
    with pytest.raises(InputError, match=r"predictions\.parquet cannot be read"):
        comparison.read_run(tmp_path)

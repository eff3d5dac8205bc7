import json

import numpy as np
import pytest
from conftest import ROOT
from scipy import stats

from confoundlab.report import benchmarks as report_benchmarks


@pytest.fixture(scope="module")
def benchmarks():
    return json.loads((ROOT / "results" / "benchmarks" / "benchmarks.json").read_text())


def test_benchmark_tables_print_what_is_stored(benchmarks):
    table = report_benchmarks.engine_table(benchmarks["lenet"])
    for (_, line), row in zip(table.iterrows(), benchmarks["lenet"], strict=True):
        ratio = row["over plain PyTorch"]["median"]
        assert line["input"] == row["input"]
        assert line["times plain PyTorch"].startswith(f"{ratio:.1f} (")
        assert ratio == pytest.approx(row["ours"] / row["plain PyTorch"], rel=0.1)
    probes = report_benchmarks.probe_table(benchmarks["probe"]).set_index("how")
    assert probes[""]["scikit-learn, ridge"] == "extrapolated" and probes[""]["ours"] == "measured"
    seconds = float(probes["seconds for 1,000 permutations"]["ours"])
    assert seconds == pytest.approx(1001 / benchmarks["probe"]["ours"], abs=0.01)


def test_benchmark_words_carry_the_interval_of_the_accuracies(benchmarks):
    same = benchmarks["same science"]
    gap = np.subtract(same["accuracies"]["simd"], same["accuracies"]["torch"])
    assert same["mean difference"] == pytest.approx(gap.mean())
    low, high = stats.ttest_1samp(gap, 0).confidence_interval()
    assert same["95% interval"] == pytest.approx([low, high])
    words = report_benchmarks.benchmark_words(benchmarks)
    assert f"{100 * low:.2f} to {100 * high:.2f}" in words
    del benchmarks["same science"]
    assert "same science" not in report_benchmarks.benchmark_words(benchmarks)


@pytest.fixture
def scale():
    """Two trees as `benchmarks/scale.py` stores them, of round numbers."""

    def tree(images, peak):
        ratio = {"median": 0.5, "quartiles": [0.4, 0.6]}
        return {
            "images": images, "bare loop": 1000.0, "ImageFolder and DataLoader": 250.0,
            "ours": 500.0, "ours, whole images": 450.0, "ours, eight views": 400.0,
            "over bare loop": ratio,
            "ms of a core a file": {
                "bare loop": 2.0, "ours": 4.0, "ours, whole images": 4.5, "ours, eight views": 5.0
            },
            "rerun, seconds": 0.25, "copies, seconds": 0.02,
            "memory": {"images": images, "peak MB": peak},
        }  # fmt: skip

    near = {"hashes": 10**6, "seconds": 1.5, "all with all in NumPy, seconds, extrapolated": 3000}
    sizes = [tree(1000, 1000.0), tree(11_000, 1008.0)]
    return {"sizes": sizes, "near": near, "machine": "two cores"}


def test_growth_is_told_with_ten_million_on_paper(scale):
    table = report_benchmarks.scale_table(scale["sizes"])
    assert table["files"].tolist() == ["1,000", "11,000"]
    assert table["of the bare loop"][0] == "50%" and table["eight views over one"][0] == "1.25"
    words = report_benchmarks.scale_words(scale)
    assert f"{1e7 / 500 / 3600:,.0f} hours" in words and "decoding: 50% of the cores' time" in words
    assert "grows by 0.80 kB an image" in words and "50 minutes (extrapolated)" in words
    part = {"seconds": 40.0, "peak MB": 1500.0}
    parts = dict.fromkeys(("factor map", "held-out evidence", "probe"), part)
    scale["statistics"] = parts | {"rows": 100_000, "levels": 1000, "features": 50}
    assert "factor map 40 s (1,500 MB)" in report_benchmarks.scale_words(scale)


def test_what_was_done_to_a_cluster_is_told_line_by_line():
    stored = json.loads((ROOT / "results" / "reliability" / "cluster.json").read_text())
    table = report_benchmarks.cluster_table(stored).set_index("what was done")
    killed = table.loc["killed workers"]
    assert killed["killed"] == str(stored["killed workers"]["workers killed"]) != "0"
    assert set(table["same"]) == {"yes"} and "small files" in table.index
    stored["killed workers"]["good"] = False
    lines = report_benchmarks.cluster_table(stored).set_index("what was done")
    assert lines.loc["killed workers", "same"] == "no"


def test_what_a_cluster_takes_for_itself_is_read_from_the_stored_run():
    stored = {
        "cores": 2,
        "overhead": {"ms a task": 3.27, "two over one": 1.85},
        "small files": {"files": 200_000, "workers, seconds": 100.0, "here, seconds": 50.0},
    }
    words = report_benchmarks.cluster_words(stored)
    assert "3.3 ms" in words and "1.85 times" in words
    assert "2,000 a second by 2 workers" in words and "4,000 without Dask" in words

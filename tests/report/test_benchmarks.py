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

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from confoundlab.calibration import rates
from confoundlab.calibration.designs import Cell
from confoundlab.calibration.rates import Coverage, replicate, summary
from confoundlab.calibration.trials import PERMUTATIONS
from confoundlab.errors import InputError

ROOT = Path(__file__).parents[2]


def test_rates_come_with_exact_intervals():
    p = np.r_[np.full(7, 0.01), np.full(93, 0.5)]
    row = summary("probe, ROC AUC", Cell(40), pd.DataFrame({"p": p, "leak": p < 0.05}))
    low, high = proportion_confint(7, 100, method="beta")
    assert (row["rejected"], row["leak_verdicts"]) == (0.07, 0.07)
    assert (row["rejected_low"], row["rejected_high"]) == pytest.approx((low, high))
    assert row["n_images"] == 40 and row["replicates"] == 100


def test_uniform_p_values_are_told_from_others(rng):
    steps = rng.integers(1, PERMUTATIONS + 2, 400) / (PERMUTATIONS + 1)
    good = summary("probe, ROC AUC", Cell(40), pd.DataFrame({"p": steps}))
    bad = summary("probe, ROC AUC", Cell(40), pd.DataFrame({"p": steps**2}))
    assert good["uniform_p"] > 0.001 and bad["uniform_p"] < 1e-6


def test_refused_draws_are_counted_and_left_out(monkeypatch):
    def odd(data):
        if data.seed % 2:
            raise InputError("no")
        return {"p": 0.01, "leak": True}

    monkeypatch.setitem(rates.TESTS, "probe, ROC AUC", odd)
    row = summary("probe, ROC AUC", Cell(40), replicate("probe, ROC AUC", Cell(40), range(10)))
    assert (row["replicates"], row["refused"], row["rejected"]) == (5, 5, 1.0)


def test_a_draw_depends_on_its_seed_alone():
    cell = Coverage("accuracy", 10)
    both = replicate("interval", cell, range(6))
    later = replicate("interval", cell, range(3, 6))
    assert both["inside"].tolist()[3:] == later["inside"].tolist()


@pytest.mark.parametrize(
    ("test", "cell", "why"),
    [("prob, ROC AUC", Cell(40), "Did you mean"), ("interval", Coverage("auc", 9), "metric")],
)
def test_unknown_names_are_refused(test, cell, why):
    with pytest.raises(InputError, match=why):
        replicate(test, cell, range(1))


def test_intervals_that_a_draw_does_not_allow_are_counted_as_refused(monkeypatch):
    def some(cell, seed):
        if seed % 2:
            raise InputError("There are too few groups.")
        return {"inside": True}

    monkeypatch.setattr(rates, "covered", some)
    cell = Coverage("accuracy", 10)
    row = summary("interval", cell, replicate("interval", cell, range(10)))
    assert (row["replicates"], row["refused"], row["inside"]) == (5, 5, 1.0)


def test_refused_draws_do_not_touch_the_interval_of_the_rest():
    inside = pd.DataFrame({"inside": np.array([True] * 90 + [False] * 6 + [np.nan] * 4, object)})
    row = summary("interval", Coverage("accuracy", 5), inside)
    assert (row["inside"], row["replicates"], row["refused"]) == (90 / 96, 96, 4)
    exact = proportion_confint(90, 96, method="beta")
    assert (row["inside_low"], row["inside_high"]) == pytest.approx(exact)


@pytest.mark.parametrize("name", ["rejected", "leak_verdicts", "inverted_verdicts", "inside"])
def test_stored_rates_have_the_exact_intervals_of_their_counts(name):
    table = pd.read_csv(ROOT / "results" / "calibration" / "calibration.csv").dropna(subset=[name])
    hits = (table[name] * table["replicates"]).round()
    low, high = proportion_confint(hits, table["replicates"], method="beta")
    assert len(table) > 50
    assert table[f"{name}_low"].to_numpy() == pytest.approx(np.nan_to_num(low), abs=1e-5)
    assert table[f"{name}_high"].to_numpy() == pytest.approx(
        np.where(np.isnan(high), 1, high), abs=1e-5
    )

import numpy as np
import pytest

from confoundlab.errors import InputError
from confoundlab.plates.analysis import after_remedies
from confoundlab.plates.analysis.folds import leave_pair_out
from confoundlab.plates.simulator.layout import SMA_MAIN, lay_out


@pytest.fixture(scope="module")
def table():
    return lay_out(SMA_MAIN.shrunk(plates=2, wells_a_line=2, sites=3))


@pytest.fixture(scope="module")
def features(table):
    """Six features that share a shift of the batch, one of which the disease shifts as well."""
    x = np.random.default_rng(0).normal(size=(len(table), 6))
    x += 1.0 * (table["batch"] == "2").to_numpy()[:, None]
    x[:, 0] += 2.0 * (table["condition"] == "SMA")
    return x


@pytest.mark.parametrize("name", ["per-plate standardisation", "sphering on controls", "ComBat"])
def test_a_remedy_takes_the_batch_and_leaves_the_disease(name, features, table):
    folds = leave_pair_out(table)[:3]
    before = after_remedies.remedied("none", features, table, folds, n_permutations=9)
    after = after_remedies.remedied(name, features, table, folds, n_permutations=9)
    assert before.batch.evidence.estimate > 0.9
    assert after.batch.evidence.estimate < 0.7
    assert after.condition.evidence.estimate > 0.8


def test_unprotected_combat_takes_the_disease_unless_control_wells_hold_it_back(features, table):
    folds = after_remedies.confounded(leave_pair_out(table), table, rare=0.05)
    told = {
        (protect, controls): after_remedies.remedied(
            "ComBat", features, table, folds, protect=protect, controls=controls, n_permutations=1
        ).condition.evidence.estimate
        for protect, controls in ((True, True), (False, True), (False, False))
    }
    assert told[True, True] > 0.8
    assert told[False, False] + 0.02 < told[False, True] < told[True, True]


def test_confounded_training_wells_hold_mostly_one_condition_a_batch(table):
    folds = leave_pair_out(table)
    thinned = after_remedies.confounded(folds, table, rare=0.1)
    for before, after in zip(folds, thinned, strict=True):
        assert (before.split.test == after.split.test).all()
        assert set(after.split.train) < set(before.split.train)
        own = table.iloc[after.split.train].drop_duplicates("well_id")
        sick = (own["condition"] == "SMA").groupby(own["batch"]).mean()
        assert sick["1"] > 0.8 and sick["2"] < 0.2
        assert own["condition"].groupby(own["batch"]).nunique().eq(2).all()
    alone = after_remedies.confounded(folds, table, rare=0.0)[0]
    own = table.iloc[alone.split.train]
    assert own.groupby("batch")["condition"].nunique().eq(1).all()
    with pytest.raises(InputError, match="two batches"):
        after_remedies.confounded(folds, table[table["batch"] == "1"])


def test_the_summary_has_a_row_a_target(features, table):
    folds = leave_pair_out(table)[:2]
    found = after_remedies.remedied("none", features, table, folds, n_permutations=1)
    shown = after_remedies.summary([found])
    assert shown["told"].tolist() == ["condition", "batch"]
    assert shown["auc"].tolist() == [
        found.condition.evidence.estimate, found.batch.evidence.estimate
    ]  # fmt: skip


def test_harmony_is_tried_only_where_it_is_installed(monkeypatch):
    assert "Harmony" in after_remedies.at_hand()
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "Harmony" not in after_remedies.at_hand() and "ComBat" in after_remedies.at_hand()

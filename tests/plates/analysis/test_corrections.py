import numpy as np
import pandas as pd
import pytest
from harmonypy import run_harmony
from sklearn.decomposition import PCA

from confoundlab.errors import InputError
from confoundlab.plates.analysis.corrections import NAMES, Wells, correct

FITTED = [name for name in NAMES if name != "none"]


def set_of(rng, *, d=12, leaning=0.5, shift=3.0):
    """Make two batches of two plates, 160 rows each: a quarter controls, the rest of two kinds."""
    n = 640
    batch = np.repeat(["1", "2"], n // 2)
    control = np.arange(n) % 4 == 0
    first = rng.random(n) < np.where(batch == "1", leaning, 1 - leaning)
    condition = np.where(control | ~first, "healthy", "sick")
    plate = np.array([f"{one}{number // 160}" for number, one in enumerate(batch)])
    own = {one: rng.normal(size=d) * shift for one in ("1", "2")}
    x = rng.normal(size=(n, d)) + np.stack([own[one] for one in batch])
    x += np.outer(condition == "sick", rng.choice((-1, 1), d))
    wells = Wells(batch.astype(object), plate.astype(object), control, condition.astype(object))
    return x, wells


def gap(x, mask):
    """How far apart the means of two kinds of rows are, in standard deviations of a row."""
    a, b = x[mask], x[~mask]
    spread = np.sqrt((a.var(axis=0) + b.var(axis=0)).sum() / 2)
    return float(np.linalg.norm(a.mean(axis=0) - b.mean(axis=0)) / spread)


@pytest.mark.parametrize("name", FITTED)
def test_a_batch_goes_and_the_condition_stays(rng, name):
    x, wells = set_of(rng, shift=0.5)
    train = np.flatnonzero(~wells.control)[::2]
    test = np.setdiff1d(np.flatnonzero(~wells.control), train)
    found = correct(name, x, wells, train)
    first, sick = wells.batch[test] == "1", wells.condition[test] == "sick"
    # Harmony shifts clusters of cells and leaves what lies far apart; the others shift everything
    assert gap(found[test], first) < (0.8 if name == "Harmony" else 0.5) * gap(x[test], first)
    assert gap(found[test], sick) > 0.5 * gap(x[test], sick)


@pytest.mark.parametrize("name", FITTED)
def test_test_wells_are_changed_and_never_learned_from(rng, name):
    x, wells = set_of(rng)
    held = np.flatnonzero(~wells.control)[:120]
    train = np.setdiff1d(np.flatnonzero(~wells.control), held)
    before = correct(name, x, wells, train)
    other = x.copy()
    other[held[1:]] += 50
    condition = wells.condition.copy()
    condition[held] = "unknown"
    blind = Wells(wells.batch, wells.plate, wells.control, condition)
    after = correct(name, other, blind, train)
    rest = np.setdiff1d(np.arange(len(x)), held[1:])
    np.testing.assert_allclose(after[rest], before[rest], atol=1e-6)


def test_a_batch_that_was_never_trained_on_is_shifted_by_its_control_wells(rng):
    x, wells = set_of(rng)
    train = np.flatnonzero(~wells.control & (wells.batch == "1"))
    test = ~wells.control & (wells.batch == "2")
    for name in FITTED[:3]:
        found = correct(name, x, wells, train)
        seen = np.r_[train, np.flatnonzero(test)]
        assert gap(found[seen], wells.batch[seen] == "1") < gap(x[seen], wells.batch[seen] == "1")


def test_a_column_that_is_constant_where_combat_learns_is_left_alone(rng):
    x, wells = set_of(rng)
    train = np.flatnonzero(~wells.control)[::2]
    test = np.setdiff1d(np.flatnonzero(~wells.control), train)
    x[:, 4] = 7
    x[test, 4] = rng.normal(size=len(test))
    found = correct("ComBat", x, wells, train)
    np.testing.assert_allclose(found[:, 4], x[:, 4], atol=1e-12)


def test_harmony_does_to_the_rows_that_it_saw_what_harmonypy_does(rng):
    x, wells = set_of(rng)
    everything = np.arange(len(x))
    found = correct("Harmony", x, wells, everything)
    z = PCA(12, random_state=0).fit_transform(x)
    fit = run_harmony(
        z, pd.DataFrame({"batch": wells.batch.astype(str)}), "batch", nclust=21, sigma=0.1,
        verbose=False, random_state=0,
    )  # fmt: skip
    assert np.corrcoef(found.ravel(), np.asarray(fit.Z_corr).ravel())[0, 1] > 0.99


def test_sphered_controls_are_white_where_they_varied(rng):
    x, wells = set_of(rng)
    x[:, 1] *= 20
    found = correct("sphering on controls", x, wells, np.flatnonzero(~wells.control))
    spread = np.linalg.eigvalsh(np.cov(found[wells.control], rowvar=False))
    before = np.linalg.eigvalsh(np.cov(x[wells.control], rowvar=False))
    assert spread.max() <= 1 and spread.max() / spread.min() < 0.2 * before.max() / before.min()


def test_standardised_controls_have_mean_zero_and_spread_one_on_each_plate(rng):
    x, wells = set_of(rng)
    found = correct("per-plate standardisation", x, wells, np.flatnonzero(~wells.control))
    for plate in np.unique(wells.plate):
        own = found[(wells.plate == plate) & wells.control]
        np.testing.assert_allclose(own.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(own.std(axis=0), 1)


def test_a_leaning_batch_takes_the_phenotype_with_it_unless_it_is_protected(rng):
    x, wells = set_of(rng, leaning=0.95, shift=0.0)
    train = np.flatnonzero(~wells.control)
    wells = Wells(wells.batch, wells.plate, np.zeros(len(x), bool), wells.condition)
    sick = wells.condition[train] == "sick"
    kept, lost = (
        correct("ComBat", x, wells, train, protect=protect)[train] for protect in (True, False)
    )
    assert gap(kept, sick) > 1.5 * gap(lost, sick)


def test_aliased_batches_are_refused_where_the_condition_is_to_be_held(rng):
    x, wells = set_of(rng)
    aliased = Wells(
        np.where(wells.condition == "sick", "1", "2").astype(object), wells.plate,
        np.zeros(len(x), bool), wells.condition,
    )  # fmt: skip
    with pytest.raises(InputError, match=r"aliased.*protect=False"):
        correct("ComBat", x, aliased, np.arange(len(x)))
    lost = correct("ComBat", x, aliased, np.arange(len(x)), protect=False)
    sick = wells.condition == "sick"
    assert gap(lost, sick) < 0.5 * gap(x, sick)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("per-plate standardisation", "has no control wells"),
        ("sphering on controls", "has no control wells"),
        ("ComBat", "neither training rows nor control wells"),
        ("Harmony", "neither training rows nor control wells"),
        ("magic", "correction"),
    ],
)
def test_what_cannot_be_learned_is_said(rng, name, why):
    x, wells = set_of(rng)
    control = wells.control & (wells.batch == "1")
    bare = Wells(wells.batch, wells.plate, control, wells.condition)
    with pytest.raises(InputError, match=why):
        correct(name, x, bare, np.flatnonzero(wells.batch == "1"))


def test_wells_are_read_from_a_table():
    table = pd.DataFrame(
        {"batch": ["1"], "plate": ["b1p01"], "control": [True], "condition": ["healthy"]}
    )
    assert Wells.of(table, "plate").batch.tolist() == ["b1p01"]

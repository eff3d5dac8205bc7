import numpy as np
import pandas as pd
import pytest
from sown import sown

from confoundlab.plates.analysis import gaze, rivals
from confoundlab.plates.analysis.background import on_background
from confoundlab.plates.analysis.folds import leave_batch_out
from confoundlab.plates.features.sites import Sites
from confoundlab.plates.simulator.plateset import simulate
from confoundlab.plates.studies import als as study
from confoundlab.studies.run import StudyRun


@pytest.fixture(scope="module")
def sites():
    return sown(wells=6)


@pytest.fixture(scope="module")
def models(sites):
    noise = np.random.default_rng(1).normal(size=(len(sites), 4)).astype(np.float32)
    return rivals.four_models(sites, embeddings=noise, epochs=1, n_permutations=39)


def test_plates_are_the_simulators(monkeypatch):
    seen = []
    monkeypatch.setattr(study, "measure", lambda plates, side: seen.append((plates, side)))
    study.plates("smoke", 3, side=32, seed=4, density=0.0)
    ((plates, side),) = seen
    assert (side, plates.seed, plates.dials.density) == (32, 4, 0)
    assert plates.dials == simulate("als").dials.turned(density=0.0)
    used = plates.sites[~plates.sites["control"]]
    assert used.groupby(["plate", "line"])["well"].nunique().eq(3).all()


def test_the_page_opens_with_simulated(sites):
    line = study.data_line(sites)
    assert "SIMULATED" in line and "8 plates of 5 batches" in line and "never released" in line


def test_mixing_asks_for_plates_and_for_wells(sites, rng):
    codes = pd.factorize(sites.table["batch"])[0]
    apart = rng.normal(size=(len(sites), 3)) + 9 * np.eye(5, 3)[codes] + codes[:, None]
    found = study.mixed(apart, sites, n_permutations=99).set_index(["label", "metric"])
    assert len(found) == 6
    assert found.loc["batch", "same label among neighbours"]["p_value"] < 0.05
    assert found.loc["condition", "same label among neighbours"]["p_value"] > 0.05
    assert (found.loc["batch", "n_groups"] == 8).all()


def test_one_plate_a_batch_falls_back_to_wells(sites, rng):
    first = sites.table["plate"].str.endswith("p01").to_numpy()
    pixels = sites.pixels[first]
    one = Sites(sites.table[first], pixels, pixels, sites.statistics[first])
    found = study.mixed(rng.normal(size=(first.sum(), 3)), one, n_permutations=9)
    assert (found["n_groups"] == one.table["well_id"].nunique()).all()


def test_what_is_measured_is_kept_and_judged(sites, models):
    run, folds = StudyRun(), leave_batch_out(sites.table)
    for name, one in models.items():
        study.judge(run, name, one, "als")
    given = rivals.answers(models[rivals.CNN], folds, sites)
    follows, beyond = (
        ask(given, n_permutations=39) for ask in (rivals.follows_density, rivals.beyond_density)
    )
    study.judge_beyond(run, rivals.CNN, follows, beyond, "als")
    assert [record["learner"] for record in run.records] == ["ridge"] * 3 + ["LeNet-5"] * 3
    assert {record["state"] for record in run.records} == {"simulated"}
    verdicts = [record["verdict"] for record in run.records]
    assert verdicts[0] in ("LEAK", "INCONCLUSIVE") and verdicts[1:] == [None] * 5
    assert run.records[4]["metric"] == "partial R²"
    blind = [
        study.judge(run, rivals.STATISTICS, models[rivals.STATISTICS], "als", setting=setting)
        for setting in study.ZEROS
    ]
    assert [one["verdict"] is None for one in blind] == [True, False, False]


def test_maps_on_background_are_kept_as_a_share(rng):
    empty = rng.random((40, 6, 6)) < 0.5
    found = on_background(empty + 0.5, empty, np.arange(40) // 2, n_permutations=19)
    run = StudyRun()
    study.judge_gaze(run, "TDPwt", found, "als")
    (record,) = run.records
    assert record["estimate"] == pytest.approx(found.share, rel=1e-5)
    assert record["chance"] == pytest.approx(found.area, rel=1e-5)
    assert record["ci_low"] <= record["estimate"] <= record["ci_high"]


def test_words_for_what_lies_beyond(sites, models):
    folds = leave_batch_out(sites.table)
    given = rivals.answers(models[rivals.CNN], folds, sites)
    assert "; p = " in study.beyond_words(rivals.beyond_density(given))
    aliased = given.assign(cells=np.where(given["condition"] == "TDPwt", 20, 40))
    assert "nothing can be tested" in study.beyond_words(rivals.beyond_density(aliased))


def test_dials_as_table_and_as_words(models):
    table = study.dials_table({"as planted": models, "both at zero": models})
    assert table["auc"].tolist()[:4] == [one.evidence.estimate for one in models.values()]
    words = study.dials_words(table)
    assert list(words) == ["setting", *models]
    assert words["setting"].tolist() == ["as planted", "both at zero"]
    assert words["CNN"][0].startswith(f"{models['CNN'].evidence.estimate:.2f} (")
    assert "p =" in words["cell density"][0] and "p =" in words["CNN"][0]


def test_importance_in_words(sites):
    lost = gaze.statistics_lost(sites, leave_batch_out(sites.table), repeats=1)
    words = study.importance_words(lost)
    assert "Correlated features" in words and "number of nuclei" in words
    assert study.few("a, b, c, d, e") == "a, b, c and 2 more" and study.few("a, b") == "a, b"
    names = study.telling(lost)
    assert names[:2] == ["nuclei", "empty"] and len(set(names)) == 4


def test_examples_are_right_and_not_blank(sites):
    n, rng = len(sites), np.random.default_rng(0)
    maps = rng.random((n, 4, 4)).astype(np.float32)
    maps[::2] = 0
    truth = sites.table["condition"].to_numpy()
    called = truth.copy()
    called[: n // 2] = "TDPwt"
    looked = gaze.Gaze(np.arange(n), called, maps, [])
    found = study.examples(looked, sites, each=3)
    assert [len(own) for own in found.values()] == [3, 3]
    for name, own in found.items():
        assert (truth[own] == name).all() and (np.array(own) % 2 == 1).all()


def test_shares_in_words(rng, sites):
    empty = rng.random((40, 6, 6)) < 0.5
    found = on_background(empty + 0.5, empty, np.arange(40) // 2, n_permutations=9)
    called = np.array(["TDPmut"] * 39 + ["TDPwt"])
    looked = gaze.Gaze(np.arange(40), called, empty.astype(np.float32), [])
    words = study.gaze_words({"TDPmut": found}, looked, sites)
    assert f"**Named TDPmut**: {found}." in words
    assert "**Named TDPwt**: 1 sites, in fewer than two wells" in words


def test_randomised_in_words():
    table = pd.DataFrame(
        {"layers": [1, 5, 1, 5], "correlation": [0.5, 0, 0.7, 0.1], "blank": [0, 0.2, 0, 0]}
    )
    words = study.randomised_words(table)
    assert "Last layer random: rank correlation 0.60" in words and "10% of the pairs" in words

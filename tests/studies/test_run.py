import dataclasses
import json

import numpy as np
import pandas as pd
import pytest
from conftest import small
from sklearn.ensemble import RandomForestClassifier

from confoundlab import report
from confoundlab.catalog import dataset
from confoundlab.croppers.crops import AsIs, BorderRing, Box, Corner, Whole
from confoundlab.design import splits
from confoundlab.errors import InputError
from confoundlab.evidence.verdicts import Verdict
from confoundlab.images.imageset import ImageSet
from confoundlab.inference.multiplicity import holm
from confoundlab.models.bank import train_bank
from confoundlab.models.lenet import Task
from confoundlab.simulation.camera import simulate
from confoundlab.studies import predictions
from confoundlab.studies import run as study
from confoundlab.studies.run import RUN_VARIABLE, StudyRun
from confoundlab.studies.store import read_results


@pytest.fixture
def run() -> StudyRun:
    return StudyRun(permutations=199)


def _both_tails(record):
    return min(1.0, 2 * min(record["p_value"], record["p_below"]))


def test_measure_walks_the_whole_flow(run, twin):
    parts = [splits.stratified(twin.labels, test_share=0.25, seed=seed) for seed in range(2)]
    measured = run.measure(twin, Corner("top-right", 12, 12), "random 75/25", parts, epochs=2)
    record = measured.record
    assert record["view"] == "crop 12x12 top-right" and record["seeds"] == [0, 1]
    assert record["state"] == "simulated"
    assert (record["row"], record["paper"]) == ("coil20", None)
    shown = twin.array(Corner("top-right", 12, 12))
    bank = [Task(twin.labels, *part, seed) for seed, part in enumerate(parts)]
    trained = train_bank(shown, bank, epochs=2)
    right = [
        p.argmax(1) == twin.labels[t.test] for p, t in zip(trained.probabilities, bank, strict=True)
    ]
    assert record["estimate"] == pytest.approx(np.concatenate(right).mean(), abs=1e-6)


def test_trained_nets_are_found_again_and_scored_anew(run, twin, monkeypatch):
    parts = [splits.stratified(twin.labels, test_share=0.25)]
    view = Corner("top-left", 12, 12)
    first = run.measure(twin, view, "random", parts, epochs=1)
    monkeypatch.setattr(predictions.bank, "train_bank", None)  # would fail if it were called
    again = run.measure(twin, view, "random", parts, epochs=1)
    assert first.record == again.record
    some = np.arange(len(twin)) % 2 == 0
    half = run.measure(twin, view, "random", parts, epochs=1, only=("even images", some))
    assert half.record["split"] == "random, even images"
    assert half.record["n_images"] == some[parts[0].test].sum()


def test_probabilities_of_all_classes_are_kept(run, twin):
    part = splits.stratified(twin.labels, test_share=0.25)
    view = Corner("bottom-right", 12, 12)
    for _ in range(2):  # trained, and found again
        named = run.measure(twin, view, "random", [part], epochs=1).predictions
        chances = predictions.probabilities(named)
        bank = train_bank(twin.array(view), [Task(twin.labels, *part, 0)], epochs=1)
        assert chances == pytest.approx(bank.probabilities[0])
        assert (named["predicted"] == chances.argmax(1)).all()
        assert named["confidence"].to_numpy() == pytest.approx(chances.max(1))


def test_uneven_classes_are_judged_by_balanced_accuracy(run, rng):
    labels = np.where(np.arange(120) < 90, "common", "rare")
    pixels = rng.integers(0, 99, (120, 20, 20, 1), np.uint8)
    mine = ImageSet.from_arrays(pixels, pd.DataFrame({"label": labels}), name="mine")
    part = [splits.stratified(mine.labels)]
    view = Corner("top-left", 14, 14)
    record = run.measure(mine, view, "random", part, epochs=1).record
    assert (record["metric"], record["chance"]) == ("balanced accuracy", 0.5)
    asked = run.measure(mine, view, "random", part, epochs=1, metric="ROC AUC").record
    assert (asked["metric"], asked["per_repeat"]) == ("ROC AUC", [])


def test_controls_and_whole_images_get_their_kind_of_verdict(run, twin):
    parts = [splits.stratified(twin.labels, test_share=0.25)]
    whole = run.measure(twin, Whole(16), "random", parts, epochs=1).record
    assert whole["verdict"] == Verdict.NOT_IDENTIFIABLE  # one session a class
    crossed = simulate(small(), "crossed")
    assert run.measure(crossed, Whole(16), "random", parts, epochs=1).record["verdict"] is None
    black = ImageSet.from_arrays(
        np.zeros((48, 48, 48, 1), np.uint8),
        twin.table.drop(columns="sha256"),
        name="coil20",
        state="simulated",
    )
    ring = run.measure(black, BorderRing(14), "random", parts, epochs=1).record
    assert ring["verdict"] == Verdict.VACUOUS


def test_a_vacuous_control_says_what_the_depth_cost(run, twin):
    black = ImageSet.from_arrays(
        np.zeros((48, 24, 24, 1), np.uint8), twin.table.drop(columns="sha256"), name="mine"
    )
    cut = dataclasses.replace(black, levels="Two of 256 levels are left.")
    parts = [splits.stratified(twin.labels, test_share=0.25)]
    found = run.measure(cut, Corner("top-left", 12, 12), "random", parts, epochs=1).record
    assert found["verdict"] == Verdict.VACUOUS
    assert found["reasons"][0].endswith("flat value. Two of 256 levels are left.")


def test_verdicts_are_corrected_for_all_controls_measured_so_far(run, twin):
    parts = [splits.stratified(twin.labels, test_share=0.25)]
    first = run.measure(twin, Corner("top-right", 12, 12), "random", parts, epochs=1).record
    assert first["p_adjusted"] == pytest.approx(_both_tails(first), rel=1e-5)
    run.measure(twin, Whole(16), "random", parts, epochs=1)  # no control, so no test
    second = run.measure(twin, Corner("top-left", 12, 12), "random", parts, epochs=1).record
    for record, p in zip(
        (first, second), holm([_both_tails(first), _both_tails(second)]), strict=True
    ):
        assert record["p_adjusted"] == pytest.approx(p, rel=1e-5)


def test_images_of_ones_own_take_the_same_way(run, twin):
    pixels = np.stack([twin.read(row, "gray") for row in range(len(twin))])
    table = twin.table[["label", "group"]]
    mine = ImageSet.from_arrays(pixels, table, name="my own")
    parts = [splits.grouped(mine.labels, mine.groups, test_share=0.3)]
    record = run.measure(mine, Corner("top-right", 12, 12), "grouped 70/30", parts, epochs=1).record
    assert (record["row"], record["state"], record["paper"]) == ("my own", "real", None)
    assert "my own" in report.data_line(mine)


def test_a_run_from_the_command_line_writes_results(tmp_path, monkeypatch, twin):
    order = {"folder": str(tmp_path), "study": "coil", "profile": None, "parameters": {"seed": 0}}
    monkeypatch.setenv(RUN_VARIABLE, json.dumps(order))
    run = StudyRun(permutations=99)
    run.sources["coil20"] = {
        "name": "coil20", "state": "simulated", "digest": twin.digest, "n_images": len(twin)
    }  # fmt: skip
    parts = [splits.stratified(twin.labels, test_share=0.25)]
    measured = run.measure(twin, Corner("top-right", 12, 12), "random", parts, epochs=1)
    run.finish()
    results = read_results(tmp_path / "results.json")
    assert results["evidence"] == json.loads(json.dumps([measured.record]))
    assert results["provenance"]["engine"]


def test_several_layouts_of_one_twin_are_noted_apart(run, twin):
    for layout in ("image", "class", "image"):
        images = run.load("celegans", "simulated", layout)
    assert list(run.sources) == ["celegans", "celegans, sessions class"]
    assert run.sources["celegans"]["digest"] == images.digest
    assert len({source["digest"] for source in run.sources.values()}) == 2
    assert run.note(images, "celegans") is images
    with pytest.raises(InputError, match="other images under the name 'celegans'"):
        run.note(twin, "celegans")


def test_a_live_kernel_writes_nothing(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run.finish()
    assert run.is_live and not list(tmp_path.iterdir())


def test_a_control_that_hides_nothing_is_vacuous(run, twin):
    split = splits.stratified(twin.labels, test_share=0.25)
    everything = Box(0, 0, 48, 48, "everything")
    found = run.measure(twin, everything, "random", [split], epochs=1)
    assert found.record["verdict"] == Verdict.VACUOUS
    assert "nothing is hidden" in " ".join(found.record["reasons"])
    before = AsIs("cut out before", is_control=True)
    assert run.measure(twin, before, "random", [split], epochs=1).record["verdict"] != "VACUOUS"


def test_a_forest_names_what_its_own_library_says(run, twin):
    split = splits.stratified(twin.labels, test_share=0.25)
    view = Corner("top-right", 12, 12)
    named = run.measure(twin, view, "random", [split], epochs=1, learner="random forest")
    pixels = twin.array(view).reshape(len(twin), -1)
    forest = RandomForestClassifier(random_state=0)
    forest.fit(pixels[split.train], twin.labels[split.train])
    assert (named.predictions["predicted"] == forest.predict(pixels[split.test])).all()
    assert named.record["learner"] == "random forest" and named.record["view"] == str(view)
    again = run.measure(twin, view, "random", [split], epochs=2, learner="random forest")
    assert again.predictions.equals(named.predictions)  # a forest has no epochs


def test_an_interrupted_bank_goes_on_where_it_stopped(run, twin, monkeypatch):
    parts = [splits.stratified(twin.labels, test_share=0.25, seed=seed) for seed in range(4)]
    view, train_bank, trained = Corner("bottom-left", 13, 14), predictions.bank.train_bank, []

    def counted(shown, tasks, **options):
        trained.append(len(tasks))
        finished = options.pop("finished")

        def stop(number, *result):
            finished(number, *result)
            if len(trained) == 1 and number == 1:
                raise KeyboardInterrupt

        return train_bank(shown, tasks, finished=stop, **options, engine="torch")

    monkeypatch.setattr(predictions.bank, "train_bank", counted)
    with pytest.raises(KeyboardInterrupt):
        run.measure(twin, view, "random", parts, epochs=1)
    run.measure(twin, view, "random", parts, epochs=1)
    assert trained == [4, 2]


@pytest.mark.slow
def test_the_twin_leaks_with_one_session_a_class_and_not_with_one_an_image():
    """The truth is planted: full size, the paper's crop, two nets of twenty epochs each."""
    run = StudyRun(permutations=999)
    found = {}
    for layout in ("class", "image"):
        twin = simulate(dataset("coil20"), layout)
        parts = [splits.apart(twin.labels, twin.groups, seed=seed) for seed in range(2)]
        crop = Corner("top-right", 21, 21)
        found[layout] = run.measure(twin, crop, "groups apart", parts, epochs=20).record
    assert found["class"]["ci_low"] > found["class"]["chance"]
    assert found["class"]["verdict"] == Verdict.LEAK
    assert found["image"]["ci_low"] <= found["image"]["chance"] <= found["image"]["ci_high"]
    assert found["image"]["verdict"] == Verdict.NO_LEAK_FOUND


def test_evidence_of_the_schema_is_evidence_of_the_code():
    from confoundlab.evidence.record import Evidence
    from confoundlab.evidence.verdicts import Judgement
    from confoundlab.studies.store import results_schema

    fields = {field.name for kind in (Evidence, Judgement) for field in dataclasses.fields(kind)}
    where = {
        "row",
        "state",
        "view",
        "split",
        "learner",
        "seeds",
        "per_repeat",
        "n_controls",
        "paper",
    }
    assert fields | where == set(results_schema()["$defs"]["evidence"]["properties"])


def test_evidence_from_elsewhere_is_judged_together_with_the_rest(run, rng):
    labels = np.arange(60) % 2
    where = {"row": "x", "state": "real", "split": "none", "learner": "none", "seeds": []}
    for name, scores in (("told", labels + rng.normal(0, 0.1, 60)), ("noise", rng.random(60))):
        found = study.held_out.roc_auc(scores, labels, np.arange(60), n_permutations=199)
        run.judge(found, {"is_control": True}, view=name, **where)
    told, noise = run.records
    assert told["verdict"] == Verdict.LEAK and noise["verdict"] != Verdict.LEAK
    raw = [_both_tails(told), _both_tails(noise)]
    assert [told["p_adjusted"], noise["p_adjusted"]] == pytest.approx(holm(raw).tolist())

"""Verdicts that rest on other measurements: a planted leak, a split with groups apart."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from confoundlab.croppers.crops import Corner
from confoundlab.design.splits import apart, stratified
from confoundlab.evidence.verdicts import Verdict
from confoundlab.images.imageset import ImageSet
from confoundlab.studies.judging import Judging
from confoundlab.studies.question import Question

VIEW = Corner("top-left", 16, 16)


def noise(n=600, each=1, seed=0):
    """Two classes, groups of `each` images, and pixels that know the group and not the class."""
    rng = np.random.default_rng(seed)
    group = np.arange(n) // each
    label = rng.permutation(np.arange(n // each) % 2)[group]
    looks = rng.integers(0, 100, (n // each, 20, 20, 1))
    pixels = (looks[group] if each > 1 else rng.integers(0, 100, (n, 20, 20, 1))).astype(np.uint8)
    table = pd.DataFrame({"label": label.astype(str), "group": group.astype(str)})
    return ImageSet.from_arrays(pixels, table, name="noise", state="simulated")


def question(images, parts, **changes):
    plain = Question(
        images, VIEW, "a split", parts, list(range(len(parts))), 8, "gray", "LeNet-5", "accuracy",
        199, 0,
    )  # fmt: skip
    return replace(plain, **changes)


@pytest.fixture(scope="module")
def honest():
    images = noise()
    return question(images, [stratified(images.labels, seed=seed) for seed in range(6)])


def judged(asked, *, planted=True):
    judging = Judging()
    planter = asked.ask_planted if planted else None
    judging.add(asked.ask().found, {"is_control": True}, asked, planter=planter)
    return judging, judging.judged()[0]


def test_no_leak_is_told_with_a_planted_one_that_was_found(honest):
    judging, one = judged(honest)
    assert one.verdict == Verdict.NO_LEAK_FOUND
    (leak,) = judging.planted.values()
    assert leak.told(1).found and leak.size == pytest.approx(0.1)
    assert leak.found.estimate == pytest.approx(leak.found.chance + 0.1, abs=0.05)
    assert "did find a planted leak" in " ".join(one.reasons) and leak.words in " ".join(
        one.reasons
    )


def test_without_the_positive_control_none_is_trained(honest):
    judging, one = judged(honest, planted=False)
    assert one.verdict == Verdict.NO_LEAK_FOUND and not judging.planted


def test_what_does_not_train_does_not_say_that_there_is_nothing(honest, monkeypatch):
    """Nets that answer at random, whatever they see: as blind to a planted leak as to any other."""
    rng = np.random.default_rng(0)

    def blind(images, view, splits, seeds, **options):
        tables = [
            pd.DataFrame(
                {
                    "image": part.test,
                    "predicted": rng.integers(0, 2, len(part.test)),
                    "confidence": 0.5,
                    "repeat": number,
                }
            )
            for number, part in enumerate(splits)
        ]
        return pd.concat(tables, ignore_index=True), {"none"}

    monkeypatch.setattr("confoundlab.studies.question.held_out_predictions", blind)
    judging, one = judged(honest)
    assert one.verdict == Verdict.INCONCLUSIVE and judging.planted
    assert "did not find a planted leak" in " ".join(one.reasons)


def test_memory_of_groups_is_no_leak_and_a_split_with_groups_apart_decides():
    images = noise(n=480, each=4)
    random = question(
        images, [stratified(images.labels, seed=seed) for seed in range(2)], epochs=25
    )
    parts = [apart(images.labels, images.groups, seed=seed) for seed in range(2)]
    honest = replace(random, splits=parts, split_name="groups apart")
    assert honest.straddling is None and random.differs_in_split(honest)
    judging = Judging()
    judging.add(random.ask().found, {"is_control": True}, random)
    (alone,) = judging.judged()
    assert judging.cases[0][0].estimate > 0.8 and judging.cases[0][0].p_value < 0.01
    assert alone.verdict == Verdict.INCONCLUSIVE and "trained on as well" in alone.reasons[0]
    judging.add(honest.ask().found, {"is_control": True}, honest)
    beside, decides = judging.judged()
    assert beside.verdict == Verdict.INCONCLUSIVE and decides.verdict != Verdict.LEAK
    assert f"(groups apart) the verdict is {decides.verdict}" in beside.reasons[0]


def test_a_share_of_the_images_decides_nothing_about_all(honest):
    half = replace(honest, only=np.arange(600) < 300)
    assert not honest.differs_in_split(half) and honest.differs_in_split(honest)
    assert not honest.differs_in_split(replace(honest, epochs=9))


@pytest.mark.parametrize("metric", ["accuracy", "balanced accuracy", "ROC AUC"])
def test_a_question_is_scored_by_its_metric(honest, metric):
    asked = replace(honest, splits=honest.splits[:2], seeds=[0, 1], metric=metric)
    answer = asked.ask()
    assert answer.found.metric == metric and answer.found.chance == pytest.approx(0.5, abs=0.01)
    assert answer.found.n_images == len(np.unique(answer.predictions["image"]))
    if metric == "accuracy":
        assert np.mean(answer.each) == pytest.approx(answer.found.estimate)

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from confoundlab import report
from confoundlab.croppers.crops import Corner
from confoundlab.design.splits import stratified
from confoundlab.evidence.remedies import removed
from confoundlab.evidence.verdicts import Verdict
from confoundlab.plotting import nets
from confoundlab.studies import experiment as rivals
from confoundlab.studies.experiment import Experiment
from confoundlab.studies.run import Measured, StudyRun

IMAGES = SimpleNamespace(labels=np.tile([0, 1], 50), groups=np.arange(100))


class Told:
    """An experiment whose accuracy on the crop is told."""

    def __init__(self, right, verdict=None):
        self.right, self.verdict = right, verdict
        self.p = 0.001 if verdict == Verdict.LEAK else 0.5
        self.images, self.run = IMAGES, SimpleNamespace(seed=0)

    def measure(self, view):
        right = 1.0 if view == "whole" else self.right
        named = np.where(np.arange(100) < 100 * right, IMAGES.labels, 1 - IMAGES.labels)
        record = {
            "estimate": right, "ci_low": right - 0.1, "ci_high": min(1, right + 0.1),
            "chance": 0.5, "verdict": self.verdict, "p_adjusted": self.p, "state": "simulated",
            "metric": "accuracy",
        }  # fmt: skip
        predictions = pd.DataFrame({"image": np.arange(100), "repeat": 0, "predicted": named})
        return Measured(record, predictions)


def told(right, verdict=None):
    return Told(right, verdict), "crop", "whole"


def test_shares_are_of_the_leak_without_a_remedy():
    found = rivals.treated({"usual": told(0.9, Verdict.LEAK), "half": told(0.7)})
    assert list(found) == ["usual", "half"] and found["usual"].removed is None
    assert found["half"].removed.estimate == pytest.approx(0.5)
    tables = [found[words].crop.predictions for words in ("usual", "half")]
    assert found["half"].removed == removed(*tables, IMAGES.labels, IMAGES.groups, chance=0.5)
    assert found["half"].whole.record["estimate"] == 1
    shown = report.remedy_table(found)
    assert list(shown["remedy"]) == ["usual", "half"]
    assert list(shown["leak removed"]) == ["–", "50%"]
    assert "50% of the leak removed" in report.share(found["half"])


def test_a_share_of_nothing_is_not_given():
    found = rivals.treated({"usual": told(0.6, Verdict.INCONCLUSIVE), "other": told(0.5)})
    assert found["other"].removed is None
    assert "No leak was found" in report.share(found["other"])
    assert list(report.remedy_table(found)["interval of the share"]) == ["–", "–"]


def test_the_figure_has_a_line_a_remedy_and_says_that_it_is_simulated():
    found = rivals.treated({"usual": told(0.9, Verdict.LEAK), "half": told(0.7)})
    crops, wholes = (
        [getattr(one, kind).record for one in found.values()] for kind in ("crop", "whole")
    )
    figure = nets.remedies(list(found), crops, wholes)
    (axis,) = figure.axes
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["usual", "half"]
    assert "simulated data" in figure.get_suptitle()
    assert axis.yaxis_inverted()


def test_what_could_have_been_found_in_words():
    words = report.detectable("The folds", {"minimum_detectable": 0.542, "chance": 0.25})
    assert words.startswith("The folds could have found an accuracy of 54.2% or more four times in")


def test_whole_images_are_measured_at_their_own_size_with_the_first_repeats(twin):
    seen = []

    class Kept(Experiment):
        def measure(self, view, learner="LeNet-5"):
            seen.append((str(view), len(self.splits), learner))
            return "measured"

    one = Kept(None, twin, "random 80/20", [(), (), ()], 1)
    assert rivals.own_size(one, 0) == {}
    assert rivals.own_size(one, 2) == {"whole image, own size": "measured"}
    assert seen == [("whole image 48x48", 2, "LeNet-5")]


def test_a_frozen_net_finds_a_leak_that_is_there_and_carries_no_number_of_the_paper(twin):
    run = StudyRun(permutations=99)
    parts = [stratified(twin.labels, test_share=0.25)]
    crop = Corner("top-right", 21, 21)
    (found,) = rivals.frozen(Experiment(run, twin, "random 80/20", parts, 1), crop).values()
    assert found.record["learner"] == "frozen net, linear" and found.record["paper"] is None
    assert found.record["estimate"] > found.record["chance"]

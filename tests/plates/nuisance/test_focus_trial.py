"""The measure of focus on real sites: what it is judged by."""

import numpy as np
import pandas as pd
import pytest

from confoundlab.plates.features import tables
from confoundlab.plates.nuisance import focus_trial
from confoundlab.plates.simulator import blurs
from confoundlab.studies.run import StudyRun


def fake_sites(sharp=3, soft=3, size=160):
    """Discs, sharp and strongly blurred."""
    rng = np.random.default_rng(0)
    down, across = np.mgrid[:size, :size]
    pictures = []
    for number in range(sharp + soft):
        picture = np.zeros((size, size), np.float32)
        for y, x in rng.uniform(25, size - 25, (6, 2)):
            picture[np.hypot(down - y, across - x) < 14] += 500
        pictures.append(blurs.gaussian_blur(picture, 1 if number < sharp else 9))
    wells = [f"a{number:02d}" for number in range(sharp + soft)]
    return tables.FocusSites(wells, [True] * sharp + [False] * soft, pictures)


def test_planted_focus_is_found_and_kept():
    sites = fake_sites()
    found = focus_trial.untouched(sites)
    assert found["width"][:3].max() < found["width"][3:].min()
    blurred = focus_trial.known_blurs(sites, window=128)
    assert len(blurred) == 3 * 10 * (2 + len(blurs.FAULTS))
    run = StudyRun(permutations=99)
    judged = focus_trial.judge(run, sites, found, blurred)
    assert judged[focus_trial.APART]["estimate"] == 1
    assert len(run.records) == len(judged) == 1 + 2 * (2 + len(blurs.FAULTS))
    assert all(record["verdict"] is None for record in run.records)
    shown = focus_trial.summary(judged, blurred)
    assert len(shown) == 2 + len(blurs.FAULTS)


def test_the_worst_site_is_the_worst():
    table = pd.DataFrame(
        {
            "fault": "one",
            "well": np.repeat(["a", "b"], 4),
            "blur": [1, 2, 3, 4] * 2,
            "width": [1, 2, 3, 4, 4, 3, 2, 1],
        }
    )
    assert focus_trial.least_inside(table)["one"] == pytest.approx(-1)


def test_the_brightest_window_holds_the_light():
    picture = np.zeros((60, 80), np.float32)
    picture[40:50, 60:70] = 1
    assert focus_trial.brightest(picture, 20).sum() == 100
    assert focus_trial.brightest(picture, 500).shape == (60, 80)


@pytest.mark.real
def test_real_sites_are_told_apart_and_known_blurs_ranked(real_data):
    sites = tables.focus_sites()
    found = focus_trial.untouched(sites)
    sharp = found["in focus"]
    assert found["width"][sharp].max() < found["width"][~sharp].min()
    blurred = focus_trial.known_blurs(sites, window=256)
    assert blurred.groupby(["fault", "well"]).size().eq(10).all()
    worst = focus_trial.least_inside(blurred)
    assert (worst >= 0.98).all(), worst
    for fault, own in blurred.groupby("fault"):
        assert own["blur"].corr(own["width"], method="spearman") >= 0.9, fault

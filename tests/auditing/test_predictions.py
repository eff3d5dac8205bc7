"""Answers with a known dependence on a factor."""

import numpy as np
import pandas as pd
import pytest

from confoundlab.auditing.battery import examine
from confoundlab.auditing.findings import Kind, findings
from confoundlab.auditing.predictions import read_answers
from confoundlab.auditing.readers.material import of_embeddings
from confoundlab.auditing.readers.roles import Roles, columns_of
from confoundlab.auditing.state import Effort
from confoundlab.errors import InputError
from confoundlab.studies.run import StudyRun

N = 200
NAMES = [f"{number:03d}" for number in range(N)]


def audited(tmp_path, predicted, site):
    labels = np.arange(N) % 2
    table = pd.DataFrame({"label": labels.astype(str), "site": site.astype(str)}, dtype=object)
    numbers = np.random.default_rng(0).normal(size=(N, 3))
    material = of_embeddings(numbers, columns_of(table, Roles()), NAMES, "mine")
    rows = pd.DataFrame({"image": NAMES, "predicted": predicted})
    rows.sample(frac=1, random_state=0).to_csv(tmp_path / "p.csv", index=False)
    return examine(material, StudyRun(permutations=499), Effort(0, 1, False, 0), tmp_path / "p.csv")


def test_answers_that_follow_a_site_and_answers_that_do_not(tmp_path, rng):
    labels, site = np.arange(N) % 2, rng.integers(0, 2, N)
    wrong = rng.random(N) < 0.3
    follows = audited(tmp_path, np.where(wrong, site, labels), site)
    (found,) = [one for one in findings(follows) if one.where == "predictions"]
    assert found.kind == Kind.LEAK and "follow site" in found.short
    independent = audited(tmp_path, np.where(wrong, 1 - labels, labels), site)
    assert not [one for one in findings(independent) if one.where == "predictions"]
    accuracy = next(one for one in independent.tested if one.words.startswith("accuracy"))
    assert accuracy.record["estimate"] == pytest.approx(1 - wrong.mean())
    assert accuracy.verdict is None
    fails = follows.tables["on whom predictions fail"]
    assert fails["images"].sum() == N
    # right unless the site's number is another than the label's
    assert fails["right"].iloc[0] < 0.8 and fails["right"].iloc[-1] == 1


def test_what_is_owed_adds_up(tmp_path, rng):
    site = rng.integers(0, 2, N)
    audit = audited(tmp_path, site, site)
    line = audit.tables["accuracy owed to factors"].iloc[0]
    parts = line["chance"] + line["owed to the factor"] + line["beyond the factor"]
    assert (
        parts == pytest.approx(line["accuracy"]) == pytest.approx((site == np.arange(N) % 2).mean())
    )


def write(tmp_path, **columns):
    pd.DataFrame(columns).to_csv(tmp_path / "p.csv", index=False)
    return tmp_path / "p.csv"


def test_scores_name_the_class_with_the_highest(tmp_path):
    path = write(tmp_path, file=["b.png", "a.png"], cat=[0.2, 0.9], dog=[0.8, 0.1])
    found = read_answers(path, ["x/a.png", "x/b.png", "x/c.png"], ["cat", "dog"])
    assert found.rows.tolist() == [0, 1] and found.predicted.tolist() == [0, 1]
    assert found.scores.tolist() == [[0.9, 0.1], [0.2, 0.8]]


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"file": ["a", "b"], "answer": ["cat", "dog"]}, "needs a column 'predicted'"),
        ({"file": ["a", "b"], "predicted": ["cat", "cow"]}, "classes that the images lack: cow"),
        ({"file": ["a", "b"], "cat": ["x", "1"], "dog": ["1", "0"]}, "no numbers for 'a'"),
        ({"file": ["y", "z"], "predicted": ["cat", "dog"]}, "names an image"),
    ],
)
def test_answers_that_cannot_be_used_are_one_line(tmp_path, columns, why):
    with pytest.raises(InputError, match=why) as caught:
        read_answers(write(tmp_path, **columns), ["a", "b"], ["cat", "dog"])
    assert "\n" not in str(caught.value)

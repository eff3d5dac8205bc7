"""A model's own answers: do they follow a factor given the label, and what do they owe to it.

Serves the question that no control answers: whether your net uses what it could use. Answers are of
images that the model has not seen; how they were made is none of the audit's business.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from confoundlab.auditing.readers.tables import column_of, join, listed, read_table
from confoundlab.auditing.state import Audit, Untested
from confoundlab.design.factors import kinds_of, levels_of
from confoundlab.errors import InputError
from confoundlab.evidence import held_out
from confoundlab.evidence.conditional import partial_confounder_test
from confoundlab.evidence.factor_share import explained_by_factor
from confoundlab.types import Indices, Numbers

_PREDICTED = ("predicted", "prediction", "pred", "y_pred")


@dataclass(frozen=True, eq=False)
class Answers:
    """A model's answers to some images of the set.

    Parameters
    ----------
    rows : ndarray of int, shape (m,)
        Which images, as places in the set's table.
    predicted : ndarray of int, shape (m,)
        Classes named.
    scores : ndarray, shape (m, classes), or None
        Where the file has a column for each class.
    notes : list of str
        How rows were joined, and what was left over.
    """

    rows: Indices
    predicted: Indices
    scores: Numbers | None
    notes: list[str]


def read_answers(path: Path, images: list[str], classes: list[str]) -> Answers:
    """Read a model's answers.

    Parameters
    ----------
    path : Path
        A table (`tables.read_table`) with a row an image, which it names as a table of columns
        does; with a column ``predicted`` of class names, or a column of scores for each class.
    images, classes : list of str
        Names of the set's images and classes.

    Raises
    ------
    InputError
        Neither of them; a class that the set does not have; scores that are no numbers.
    """
    table = read_table(path)
    joined = join(images, table)
    rows = np.flatnonzero(joined.rows >= 0)
    own = table.iloc[joined.rows[rows]].reset_index(drop=True)
    lower = {str(name).lower(): str(name) for name in own.columns}
    named = next((lower[name] for name in _PREDICTED if name in lower), "")
    notes = [one for one in joined.words() if "have no row" not in one]
    scored = [one for one in classes if one in own.columns]
    if len(scored) == len(classes):
        numbers = own[classes].apply(pd.to_numeric, errors="coerce").to_numpy(np.float64)
        bad = np.flatnonzero(~np.isfinite(numbers).all(axis=1))
        if len(bad):
            raise InputError(f"{path.name}: scores are no numbers for {images[rows[bad[0]]]!r}.")
        return Answers(rows, numbers.argmax(axis=1), numbers, notes)
    if not named:
        raise InputError(
            f"{path.name} needs a column 'predicted', or a column of scores for each class "
            f"({listed(classes)}); it has {listed(list(map(str, own.columns)))}."
        )
    said = own[column_of(own, named, "predictions")]
    odd = sorted({str(one) for one in said} - set(classes))
    if odd:
        raise InputError(f"{path.name} names classes that the images lack: {listed(odd)}.")
    return Answers(rows, np.searchsorted(classes, said.to_numpy(str)), None, notes)


def judged(audit: Audit, answers: Answers) -> None:
    """Ask a model's answers how good they are, what they follow, and on whom they fail."""
    audit.tell("your predictions")
    audit.say("predictions", *answers.notes)
    _accuracy(audit, answers)
    if audit.material.factors.shape[1]:
        _factors(audit, answers)
    _trained_on(audit, answers)


def _accuracy(audit: Audit, answers: Answers) -> None:
    """Keep the model's accuracy, and its answers, by label."""
    labels = audit.labels
    frame = pd.DataFrame({"image": answers.rows, "repeat": 0, "predicted": answers.predicted})
    metric = held_out.default_metric(labels[answers.rows])
    try:
        found = held_out.accuracy(
            frame, labels, audit.groups, balanced=metric == "balanced accuracy",
            n_permutations=audit.run.permutations, seed=audit.run.seed,
        )  # fmt: skip
    except InputError as error:
        audit.untested.append(Untested("predictions", "accuracy", None, str(error)))
        return
    audit.judge(
        "predictions", "accuracy of your predictions", found, {"is_control": False}, "none",
        split="yours",
    )  # fmt: skip


def _factors(audit: Audit, answers: Answers) -> None:
    """Ask of each factor whether answers follow it inside classes, and what accuracy it gives."""
    rows, labels, groups = answers.rows, audit.labels, audit.groups
    factors = audit.material.factors.iloc[rows].reset_index(drop=True)
    given = answers.predicted if answers.scores is None else answers.scores
    shares, fails = [], []
    for name, kind in kinds_of(factors, audit.material.kinds).items():
        words = f"predictions given the label, by {name}"
        try:
            found = partial_confounder_test(
                given, factors[[name]], labels[rows], groups[rows], kinds={name: kind},
                n_permutations=audit.run.permutations, seed=audit.run.seed,
            )  # fmt: skip
            audit.judge("predictions", words, found, {"is_control": True}, "none", split="yours")
            levels = levels_of(factors[name], kind, name)
            fails.append(_fails(audit, answers, name, levels))
            share = explained_by_factor(
                answers.predicted, labels[rows], levels, groups[rows],
                n_permutations=99, seed=audit.run.seed,
            )  # fmt: skip
        except InputError as error:
            audit.untested.append(Untested("predictions", words, None, str(error)))
            continue
        shares.append(
            {
                "factor": name,
                "accuracy": share.accuracy,
                "chance": share.chance,
                "owed to the factor": share.by_factor_estimate,
                "ci_low": share.by_factor.low if share.by_factor else np.nan,
                "ci_high": share.by_factor.high if share.by_factor else np.nan,
                "beyond the factor": share.beyond_estimate,
            }
        )
    if shares:
        audit.tables["accuracy owed to factors"] = pd.DataFrame(shares)
    if fails:
        worst = pd.concat(fails, ignore_index=True).sort_values("right", kind="stable")
        audit.tables["on whom predictions fail"] = worst


def _fails(audit: Audit, answers: Answers, name: str, levels: object) -> pd.DataFrame:
    """Return the share of right answers in each class and level, with the number of images."""
    label = np.array(audit.material.classes)[audit.labels[answers.rows]]
    frame = pd.DataFrame(
        {
            "label": label,
            "level": levels,
            "right": answers.predicted == audit.labels[answers.rows],
        }
    )
    found = frame.groupby(["label", "level"])["right"].agg(["mean", "size"]).reset_index()
    found.columns = pd.Index(["label", "level", "right", "images"])
    found.insert(0, "factor", name)
    return found.assign(level=found["level"].astype(str))


def _trained_on(audit: Audit, answers: Answers) -> None:
    """Compare answers on groups that the given split trained on with those on all others."""
    table = audit.material.table
    if "split" not in table or audit.material.roles.group == "":
        return
    trained = table["split"].str.lower().str.startswith("train").to_numpy()
    known = set(table["group"][trained])
    tested = answers.rows[~trained[answers.rows]]
    if not len(tested):
        audit.say("predictions", "All answers are to images that the given split trained on.")
        return
    right = pd.Series(answers.predicted == audit.labels[answers.rows], answers.rows)
    inside = table["group"].iloc[tested].isin(known).to_numpy()
    if inside.all() or not inside.any():
        return
    one, other = (right.loc[tested[part].tolist()].mean() for part in (inside, ~inside))
    audit.say(
        "predictions",
        f"Of tested images whose group was trained on, {one:.1%} are right "
        f"({inside.sum():,} images); of the others {other:.1%} ({(~inside).sum():,}).",
    )

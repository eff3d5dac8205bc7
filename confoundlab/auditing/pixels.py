"""What pixels tell: controls that hide the subject, what carries a leak, which images show it.

Serves steps four and six of an audit. Three learners stand beside each other: a ridge probe of
statistics with its full null, a random forest of the same, and LeNet-5 on the pixels.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from confoundlab.auditing.features import colour_of, controls, statistics
from confoundlab.auditing.state import Audit, Tested, Untested
from confoundlab.auditing.without_pixels import STOP
from confoundlab.croppers.crops import AsIs, Then, Whole
from confoundlab.croppers.transforms import LowFrequencies, Normalised, SortedPixels
from confoundlab.croppers.vacuity import unchanged, vacuous
from confoundlab.design import splits
from confoundlab.design.splits import Split
from confoundlab.errors import InputError
from confoundlab.evidence import held_out
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Verdict
from confoundlab.images.imageset import View
from confoundlab.models.lenet import SMALLEST
from confoundlab.studies.planted import (
    PlantedLeak,
    Planter,
    mark_in_words,
    plant,
    room,
    share_marked,
)
from confoundlab.types import Colour, Numbers, Pixels

_TREES = 100
_SMALL = 32  # pixels of the whole images that controls are compared with
_WINDOW, _WINDOW_SHARE = 8, 0.16  # least side of a map's window in pixels, and of the shorter side
_ACROSS = 5  # windows of a map side by side
_BYTES_MAPPED = 2**29
_BUSY = 0.5  # of the whole image's spread
_FEW_BUSY = 0.1  # of the images
FEW = 99  # permutations where only an interval is wanted
_REMEDIES: dict[str, View] = {
    "each picture's mean and spread taken out": Normalised(),
    "blurred": LowFrequencies(2.0),
    "the order of the pixels taken out": SortedPixels(),
}


def hidden_subject(audit: Audit) -> None:
    """Test every control with a probe, and the corners with a forest and with nets."""
    table, images = audit.material.table, audit.images
    try:
        views = controls(
            int(table["height"].min()),
            int(table["width"].min()),
            int((table["height"] * table["width"]).max()),
        )
    except InputError as error:
        audit.untested.append(Untested("pixels", "controls", None, str(error)))
        return
    colour = colour_of(images)
    images.prepare([Whole(_SMALL), *views.values()], colour)  # each file is decoded once for all
    spread = _spread(images.array(Whole(_SMALL), colour))
    for number, (name, view) in enumerate(views.items()):
        audit.tell(f"without the subject: {view}")
        shown = images.array(view, colour)
        if why := vacuous(shown) or unchanged(images, shown, colour):
            audit.untested.append(
                Untested("pixels", name, Verdict.VACUOUS, f"{why}.", "Choose another control.")
            )
            continue
        if name != "black centre":  # which always varies, by its black rectangle
            _reached(audit, name, float((_spread(shown) >= _BUSY * spread).mean()))
        x = np.hstack(list(statistics(shown).values()))
        _probed(audit, name, view, x, colour)
        if number and not audit.effort.every_control:
            continue
        _forest(audit, name, view, x, colour)
        _nets(audit, name, view, shown, colour)


def _spread(shown: Pixels) -> Numbers:
    """Return the standard deviation of each picture, shape (n,), in gray levels."""
    return np.asarray(shown.reshape(len(shown), -1).std(axis=1), np.float64)


def _reached(audit: Audit, name: str, share: float) -> None:
    """Say where a control is not as blank as a background is."""
    if share > _FEW_BUSY:
        audit.say(
            "subject",
            f"{name}: in {share:.0%} of the images this control varies at least half as much as "
            "the whole image, so that the subject may reach into it. Look at the pictures.",
        )


def _planter(
    audit: Audit, view: View, colour: Colour, metric: str, ask: Callable[[Numbers], Evidence]
) -> Planter:
    """Return what asks a learner of statistics again, a leak planted into the pixels of a view."""

    def planted(chance: float) -> PlantedLeak:
        shown = audit.images.array(view, colour)
        share = share_marked(room(chance), chance, metric)
        marked = plant(shown, audit.labels, share, seed=audit.run.seed)
        x = np.hstack(list(statistics(marked).values()))
        return PlantedLeak(ask(x), room(chance), mark_in_words(shown, share))

    return planted


def _probed(audit: Audit, name: str, view: View, x: Numbers, colour: Colour) -> None:
    def ask(features: Numbers) -> Evidence:
        permutations = audit.run.permutations
        return audit.probe(features).test(
            audit.labels, n_permutations=permutations, stop_after=STOP
        )

    try:
        found = ask(x)
    except InputError as error:
        audit.untested.append(Untested("pixels", name, None, str(error)))
        return
    planter = _planter(audit, view, colour, found.metric, ask)
    audit.judge(
        "pixels", name, found, {"is_control": True}, "ridge", view=view, features=x, planter=planter
    )


def _folds(audit: Audit) -> list[Split]:
    return splits.grouped_folds(audit.labels, audit.groups, folds=audit.folds, seed=audit.run.seed)


def _forest(audit: Audit, name: str, view: View, x: Numbers, colour: Colour) -> None:
    try:
        found = _of_forest(audit, x)
    except InputError as error:
        audit.untested.append(Untested("pixels", f"{name}, forest", None, str(error)))
        return
    planter = _planter(audit, view, colour, found.metric, partial(_of_forest, audit))
    audit.judge(
        "pixels", f"{name}, forest", found, {"is_control": True}, "random forest", view=view,
        planter=planter,
    )  # fmt: skip


def _of_forest(audit: Audit, x: Numbers) -> Evidence:
    tables = []
    for number, split in enumerate(_folds(audit)):
        forest = RandomForestClassifier(_TREES, random_state=audit.run.seed)
        chances = forest.fit(x[split.train], audit.labels[split.train]).predict_proba(x[split.test])
        tables.append(
            pd.DataFrame(
                {
                    "image": split.test,
                    "repeat": number,
                    "predicted": forest.classes_[chances.argmax(axis=1)],
                    "confidence": chances.max(axis=1),
                }
            )
        )
    return held_out.accuracy(
        pd.concat(tables, ignore_index=True),
        audit.labels,
        audit.groups,
        balanced=held_out.default_metric(audit.labels) == "balanced accuracy",
        n_permutations=audit.run.permutations,
        seed=audit.run.seed,
    )


def _nets(audit: Audit, name: str, view: View, shown: Pixels, colour: Colour) -> None:
    if not audit.effort.nets or min(shown.shape[1:3]) < SMALLEST or audit.straddling:
        return
    audit.tell(f"LeNet-5 on the {name}")
    try:
        measured = audit.run.measure(
            audit.images,
            view,
            "80/20, groups apart",
            apart(audit),
            epochs=audit.effort.epochs,
            colour=colour,
            row=audit.material.name,
        )
    except InputError as error:
        audit.untested.append(Untested("pixels", f"{name}, LeNet-5", None, str(error)))
        return
    audit.tested.append(Tested("pixels", f"{name}, LeNet-5", measured.record, view))


def apart(audit: Audit) -> list[Split]:
    """Return splits with groups apart, one a net."""
    seeds = range(audit.run.seed, audit.run.seed + audit.effort.nets)
    return [splits.apart(audit.labels, audit.groups, seed=seed) for seed in seeds]


def leaking(audit: Audit) -> Tested | None:
    """Return the first control in which a probe finds a leak, None if none does.

    Controls come in the order of how surely they hide the subject.
    """
    return next(
        (
            one
            for one in audit.tested
            if one.where == "pixels" and one.features is not None and one.verdict == Verdict.LEAK
        ),
        None,
    )


def carriers(audit: Audit) -> None:
    """Of the control that leaks: which family of statistics carries it, and which remedy helps."""
    leak = leaking(audit)
    if leak is None or leak.view is None:
        return
    audit.tell("what carries the leak")
    colour = colour_of(audit.images)
    families = statistics(audit.images.array(leak.view, colour))
    alone = [_told(audit, name, x) for name, x in families.items()]
    audit.tables["what carries the leak"] = pd.DataFrame(alone)
    lines = [_told(audit, "as it is", np.hstack(list(families.values())))]
    for words, step in _REMEDIES.items():
        shown = audit.images.array(Then(leak.view, step), colour)
        lines.append(_told(audit, words, np.hstack(list(statistics(shown).values()))))
    audit.tables["after a remedy"] = pd.DataFrame(lines)


def _told(audit: Audit, words: str, x: Numbers) -> dict[str, object]:
    """Return what a probe of some features names, a line of a table."""
    line: dict[str, object] = {"seen": words}
    try:
        found = audit.probe(x).test(audit.labels, n_permutations=FEW)
    except InputError:
        return line | {"ROC AUC": 0.5, "ci_low": 0.5, "ci_high": 0.5}
    return line | {"ROC AUC": found.estimate, "ci_low": found.ci_low, "ci_high": found.ci_high}


def mapped(audit: Audit) -> None:
    """Of images of one size: from windows at which places the label can be named, by probes.

    A column a number, as of `leakmap.leak_map`; ``estimate`` is a ROC AUC.
    """
    table, leak = audit.material.table, leaking(audit)
    sizes = table[["height", "width"]].drop_duplicates()
    if leak is None or leak.view is None or len(sizes) != 1:
        return
    height, width = map(int, sizes.iloc[0])
    side = max(_WINDOW, round(_WINDOW_SHARE * min(height, width)))
    colour = colour_of(audit.images)
    if len(table) * height * width * (3 if colour == "rgb" else 1) > _BYTES_MAPPED:
        audit.say("map", "There are too many pixels for a map of places; --sample takes fewer.")
        return
    if min(height, width) < 2 * side:
        return
    audit.tell("where the label can be named from")
    shown = audit.images.array(AsIs(), colour)
    rows = []
    for top in _places(height, side):
        for left in _places(width, side):
            window = shown[:, top : top + side, left : left + side]
            if vacuous(window):
                continue
            line = _told(audit, "window", np.hstack(list(statistics(window).values())))
            rows.append(
                {
                    "left": left, "top": top, "width": side, "height": side,
                    "estimate": line["ROC AUC"], "ci_low": line["ci_low"],
                    "ci_high": line["ci_high"], "chance": 0.5, "n_images": len(table),
                    "n_groups": len(np.unique(audit.groups)), "n_fits": 1, "n_dead": 0,
                }
            )  # fmt: skip
    if rows:
        audit.tables["leak map"] = pd.DataFrame(rows)


def _places(length: int, side: int) -> list[int]:
    """Return where windows begin: evenly, from edge to edge, without a gap if that takes few."""
    count = min(_ACROSS, -(-length // side))
    return sorted({round(one) for one in np.linspace(0, length - side, count).tolist()})


def given_away(audit: Audit) -> None:
    """Sort images by how surely a control alone names their label, each by folds without it."""
    leak = leaking(audit)
    if leak is None or leak.features is None:
        return
    ready = audit.probe(leak.features)
    scores = ready.scores(audit.labels)
    if scores.shape[1] == 1:
        scores = np.hstack([1 - scores, scores])
    own = np.take_along_axis(scores, audit.labels[:, None], axis=1)[:, 0]
    np.put_along_axis(scores, audit.labels[:, None], -np.inf, axis=1)
    margin = own - scores.max(axis=1)
    kept = [one for one in ("image", "label", "group") if one in audit.material.table]
    table = audit.material.table[kept].assign(margin=margin)
    audit.tables["given away"] = table.sort_values("margin", ascending=False, kind="stable")

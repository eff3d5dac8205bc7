"""What the cells of a study's page share: results told, drawn and kept, one call a cell."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from IPython.display import HTML, Markdown, display
from matplotlib.figure import Figure

from confoundlab import StudyRun, report
from confoundlab.croppers.crops import AsIs
from confoundlab.design.aliasing import identifiability
from confoundlab.design.kinds import Kind, in_words, taken
from confoundlab.escape import markdown
from confoundlab.evidence import differences, nuisance
from confoundlab.images.imageset import ImageSet, View
from confoundlab.plotting import evidence, nets, pointed
from confoundlab.studies import leakmap
from confoundlab.studies.run import Measured
from confoundlab.types import Colour

_ALL = AsIs()


def tell(run: StudyRun, rows: Mapping[str, Measured], *more: str) -> None:
    """Say results in words, a line each, and further paragraphs below them.

    Why label and factor cannot be told apart is said once a page (`report.sentence`). Each further
    control changes the verdicts told before, so they are told anew when the run is finished.
    """
    before = set(run.said)

    def words(said: set[str]) -> Markdown:
        lines = [
            f"- {report.sentence(f'**{name[:1].upper()}{name[1:]}**', one.record, said)}"
            for name, one in rows.items()
        ]
        return Markdown("\n\n".join(["\n".join(lines), *more]))

    shown = display(words(run.said), display_id=True)
    if shown is not None:  # none where nothing can be shown anew
        update = shown.update
        run.told.append(lambda: update(words(set(before))))


def gap(run: StudyRun, words: str, images: ImageSet, first: Measured, second: Measured) -> str:
    """Return the difference in accuracy, first minus second, in words.

    Both were measured on the same groups of `images` (`differences.difference`).
    """
    found = differences.difference(
        first.predictions, second.predictions, images.labels, images.groups, seed=run.seed
    )
    tables = [one.predictions for one in (first, second)]
    tested = [images.groups[table["image"].to_numpy()] for table in tables]
    shared = np.intersect1d(*tested)
    one, other = (
        float(
            (table["predicted"].to_numpy() == images.labels[table["image"].to_numpy()])[
                np.isin(group, shared)
            ].mean()
        )
        for table, group in zip(tables, tested, strict=True)
    )
    return report.gap(words, found, (one, other))


def design(run: StudyRun, images: ImageSet, what: str = "classes and sessions") -> None:
    """Say what the table of labels and sessions allows, before any pixel is read."""
    found = identifiability(
        images.table["label"], images.table["session"], images.groups, name="session"
    )
    said = markdown(str(found))
    run.said.add(said)
    display(Markdown(f"Before any pixel is read, the table of {what} says: {said}"))


def draw(run: StudyRun, name: str, rows: Mapping[str, Measured]) -> Figure:
    """Draw accuracies, a line a view (`nets.accuracies`), and keep the figure under a name."""
    figure = nets.accuracies([one.record for one in rows.values()], list(rows))
    run.keep(figure, name)
    return figure


def overtaken(steps: Mapping[str, Measured]) -> None:
    """Warn where a step of the ladder (`experiment.ladder`) beats its first, the full crop."""
    warning = report.overtaken(next(iter(steps)), {name: one.record for name, one in steps.items()})
    if warning:
        display(Markdown(warning))


def factor_map(
    run: StudyRun,
    images: ImageSet,
    view: View,
    factors: pd.DataFrame,
    colour: Colour = "gray",
    kinds: Mapping[str, Kind] | None = None,
) -> pd.DataFrame:
    """Draw which factors can mislead a net that sees a view (`nuisance.factor_map`); keep both.

    What each factor was taken for is said above the figure; `kinds` states it, by name.
    """
    display(Markdown("\n".join(f"- {markdown(one)}" for one in in_words(taken(factors, kinds)))))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Factor .* is taken as")  # just said
        placed = nuisance.factor_map(
            images.array(view, colour).reshape(len(images), -1) / 255,
            factors,
            images.labels,
            images.groups,
            kinds=kinds,
            n_permutations=run.permutations,
            seed=run.seed,
        )
    run.keep(evidence.factor_map(placed, images.state), "factors")
    run.keep_table(placed, "factors")
    return placed


def leak_map(run: StudyRun, images: ImageSet, view: View = _ALL, **options: Any) -> pd.DataFrame:
    """Draw where nets name the class (`leakmap.leak_map`), and keep figure and table."""
    places = leakmap.leak_map(images, view, seed=run.seed, **options)
    run.keep(nets.leak_map(places, images, view), "leak-map")
    run.keep_table(places, "leak-map")
    return places


def point_at(places: pd.DataFrame, images: ImageSet, view: View = _ALL) -> None:
    """Show a leak map whose places answer the pointer (`pointed.leak_map`)."""
    display(HTML(pointed.leak_map(places, images, view)))

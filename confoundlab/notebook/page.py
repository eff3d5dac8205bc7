"""What the cells of a study's page share: results told, drawn and kept, one call a cell."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import HTML, DisplayHandle, Markdown, display
from matplotlib.figure import Figure

from confoundlab import StudyRun, report
from confoundlab.catalog import DATASETS
from confoundlab.croppers.crops import AsIs
from confoundlab.datasets.loading import load
from confoundlab.design.aliasing import identifiability
from confoundlab.design.kinds import Kind, in_words, taken
from confoundlab.escape import markdown
from confoundlab.evidence import differences, nuisance
from confoundlab.images.imageset import ImageSet, View
from confoundlab.plotting import crossing, evidence, nets, pointed
from confoundlab.studies import leakmap
from confoundlab.studies.run import Measured
from confoundlab.types import Colour

Result = Measured | Mapping[str, Any]  # as measured, or its record alone
_ALL = AsIs()


def tell(run: StudyRun, rows: Mapping[str, Result], *more: str) -> None:
    """Show results as a small table (`report.card`), and further paragraphs below them.

    Each further control changes the verdicts told before, so they are told anew when the run is
    finished.
    """
    _tell(run, lambda: report.card(_records(rows)))
    if more := tuple(filter(None, more)):
        display(Markdown("\n\n".join(more)))


def opening() -> DisplayHandle:
    """Keep a place at the top of a page for what is known further down (`answer`, `draw`)."""
    return display(HTML(""), display_id=True) or DisplayHandle()


def answer(run: StudyRun, rows: Mapping[str, Result], at: DisplayHandle) -> None:
    """Show at a place kept by `opening` what the page found, a sentence a result.

    It stands there as it is when the run is finished.
    """

    def show() -> None:
        at.update(HTML(report.answer(_records(rows))))

    show()
    run.told.append(show)


def _records(rows: Mapping[str, Result]) -> dict[str, dict[str, Any]]:
    return {
        name: one.record if isinstance(one, Measured) else dict(one) for name, one in rows.items()
    }


def _tell(run: StudyRun, made: Callable[[], str]) -> None:
    """Show HTML, and show it again when the run is finished."""
    shown = display(HTML(made()), display_id=True)
    if shown is not None:  # none where nothing can be shown anew
        update = shown.update
        run.told.append(lambda: update(HTML(made())))


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


def pictures(run: StudyRun, images: ImageSet) -> ImageSet:
    """Return images whose pictures a page may show: these, those of them that may, or their twin.

    What a run leaves may be passed on and published, so that single pictures are shown in it only
    where the set's terms allow that (`catalog.Pictures`). At a live kernel you see your own copy.
    """
    entry = DATASETS.get(images.name)
    if run.is_live or images.state == "simulated" or entry is None:
        return images
    shown = [entry.pictures.shows(row) for row in images.table.to_dict("records")]
    if any(shown):
        return images if all(shown) else images.subset(np.array(shown))
    return load(images.name, "simulated", seed=run.seed)


def design(run: StudyRun, images: ImageSet, *, factor: str = "session", drawn: bool = True) -> None:
    """Show what the table of labels and a factor allows, before any pixel is read.

    Parameters
    ----------
    run : StudyRun
        Keeps the figure.
    images : ImageSet
        With the factor as a column.
    factor : str
        That may be tied to the label.
    drawn : bool
        Draw the table, and do not only say what it allows.
    """
    found = identifiability(images.table["label"], images.table[factor], images.groups, name=factor)
    display(HTML(report.design_card(found)))
    if drawn:
        run.keep(crossing.crossing(found, images.state), "design")


def draw(
    run: StudyRun, name: str, rows: Mapping[str, Measured], at: DisplayHandle | None = None
) -> Figure:
    """Draw accuracies, a line a view (`nets.accuracies`), and keep the figure under a name.

    It is shown below the cell, or at a place kept by `opening`.
    """
    figure = nets.accuracies([one.record for one in rows.values()], list(rows))
    run.keep(figure, name)
    if at is not None:
        at.update(figure)
        plt.close(figure)
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

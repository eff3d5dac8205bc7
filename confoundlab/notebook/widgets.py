"""Controls for a live kernel: move the crop, turn a twin's dials, colour a map of embeddings.

In an executed page there is no kernel, so the page shows the still that a control starts from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import get_args

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
import pandas as pd
from IPython.display import display
from matplotlib.figure import Figure

from confoundlab.catalog import Twin
from confoundlab.croppers.crops import Corner, Where
from confoundlab.images.imageset import ImageSet
from confoundlab.plates.figures import folds
from confoundlab.plotting import views
from confoundlab.simulation.camera import Dials, paint, photograph
from confoundlab.studies.run import StudyRun


def crop_explorer(run: StudyRun, images: ImageSet, crop: Corner) -> None:
    """Show sliders for image, corner and size in a live kernel; the still everywhere else.

    Parameters
    ----------
    run : StudyRun
        Knows whether this is a live kernel, and keeps the still.
    images : ImageSet
        What to look at.
    crop : Corner
        Where to start.
    """
    if not run.is_live:
        run.keep(views.crop_picker(images, crop, 0), "crop-picker")
        return
    largest = int(min(images.read(0, "gray").shape[:2]))

    def show(row: int, corner: Where, width: int, height: int) -> None:
        views.crop_picker(images, Corner(corner, width, height), row)
        plt.show()

    display(
        widgets.interactive(
            show,
            row=widgets.IntSlider(0, 0, len(images) - 1, description="image"),
            corner=widgets.Dropdown(
                options=get_args(Where), value=crop.where, description="corner"
            ),
            width=widgets.IntSlider(crop.width, 1, largest, description="width"),
            height=widgets.IntSlider(crop.height, 1, largest, description="height"),
        )
    )


def dial_explorer(run: StudyRun, twin: Twin, crop: Corner, *, classes: int = 6) -> None:
    """Show a slider for each dial of a twin's camera in a live kernel; the still everywhere else.

    Parameters
    ----------
    run : StudyRun
        Knows whether this is a live kernel, keeps the still, and has the seed.
    twin : Twin
        From the catalog; its own dials are where to start.
    crop : Corner
        What is shown beside the whole pictures.
    classes : int
        How many, at most: one picture of each, in a session of its own.
    """
    labels = np.arange(min(classes, len(twin.counts)))
    scenes = list(paint(twin, labels, np.zeros_like(labels), run.seed))

    def draw(**dials: float) -> Figure:
        pictures = photograph(replace(twin, dials=dials), scenes, labels, run.seed)
        return views.sessions(pictures, crop)

    if not run.is_live:
        run.keep(draw(**twin.dials), "dials")
        return

    def show(**dials: float) -> None:
        draw(**dials)
        plt.show()

    sliders = {
        name: widgets.FloatSlider(
            at, min=0, max=1, step=0.05, description=name, continuous_update=False
        )
        for name, at in asdict(Dials.of(twin.dials)).items()
    }
    display(widgets.interactive(show, **sliders))


def colour_explorer(
    run: StudyRun,
    points: npt.ArrayLike,
    table: pd.DataFrame,
    colours: Sequence[str],
    more: Sequence[str] = (),
    *,
    title: str,
    state: str,
) -> None:
    """Show a map with a menu of the column that colours it in a live kernel; else a still.

    Parameters
    ----------
    run : StudyRun
        Knows whether this is a live kernel, and keeps the still.
    points : array, shape (n, 2)
        Of `embeddings.tsne`.
    table : DataFrame, n rows
        Of the same points.
    colours : sequence of str
        Columns that the still shows, a panel each; the first is where to start.
    more : sequence of str
        Further columns for the menu; those of more levels than colours are left out.
    title, state : str
        Of the figure, and of the data.
    """

    def show(colour: str) -> None:
        folds.embedding_maps(points, table, [colour], title=title, state=state)
        plt.show()

    if not run.is_live:
        still = folds.embedding_maps(points, table, colours, title=title, state=state)
        run.keep(still, "tsne")
        return
    few = [name for name in more if table[name].nunique() <= folds.MOST_LEVELS]
    menu = widgets.Dropdown(options=[*colours, *few], description="colour by")
    display(widgets.interactive(show, colour=menu))

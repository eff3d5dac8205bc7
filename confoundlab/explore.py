"""Controls for a live kernel: move and size the crop and see what the net would see.

In an executed page there is no kernel, so the page shows the still that a control starts from.
"""

from __future__ import annotations

from typing import get_args

import ipywidgets as widgets
import matplotlib.pyplot as plt
from IPython.display import display

from confoundlab import plots_views
from confoundlab.imageset import ImageSet
from confoundlab.study import StudyRun
from confoundlab.views import Corner, Where


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
        run.keep(plots_views.crop_picker(images, crop, 0), "crop-picker")
        return
    largest = int(min(images.read(0, "gray").shape[:2]))

    def show(row: int, corner: Where, width: int, height: int) -> None:
        plots_views.crop_picker(images, Corner(corner, width, height), row)
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

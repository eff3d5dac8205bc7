"""What stands beside every net of Dhar and Shamir (2021): cheap rivals, the ladder, transforms.

Each function measures a few views of one experiment through `StudyRun.measure` and returns
what it measured, in order, with words for a figure; `treated` does so for experiments that differ
in a remedy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from confoundlab.croppers.crops import AsIs, EightPixels, MeanColour, Then
from confoundlab.croppers.transforms import (
    LADDER,
    FourierMagnitude,
    HaarApproximation,
    Median,
    TileShuffle,
)
from confoundlab.design.splits import Split
from confoundlab.evidence.remedies import Removed, removed
from confoundlab.images.imageset import ImageSet, View
from confoundlab.inference.power import ALPHA
from confoundlab.studies.predictions import Learner
from confoundlab.studies.run import Measured, StudyRun
from confoundlab.types import Colour

# As many tiles along a side as divide the 32 pixels of a whole image.
TILES = 4


@dataclass(frozen=True)
class Experiment:
    """Images, a split of them, and how nets are trained: what a page keeps from view to view."""

    run: StudyRun
    images: ImageSet
    split_name: str
    splits: Sequence[Split]
    epochs: int
    colour: Colour = "gray"
    row: str | None = None

    def measure(self, view: View, learner: Learner = "LeNet-5") -> Measured:
        """Measure a view (`StudyRun.measure`)."""
        return self.run.measure(
            self.images,
            view,
            self.split_name,
            self.splits,
            epochs=self.epochs,
            colour=self.colour,
            learner=learner,
            row=self.row,
        )


def cheap_rivals(
    experiment: Experiment, crop: View, wholes: Experiment | None = None
) -> dict[str, Measured]:
    """Measure random forests on next to nothing: means, and eight pixels (Noyan 2022).

    Where a forest on the crop's mean does as well as a net, the leak is one number. Eight pixels of
    the border name 49% of 38 plant diseases in Noyan's paper (arXiv:2206.04374). `wholes` has the
    whole images, where the experiment's own are only parts of them.
    """
    whole = wholes or experiment
    return {
        "mean of the crop, forest": experiment.measure(Then(crop, MeanColour()), "random forest"),
        "eight border pixels, forest": whole.measure(EightPixels(), "random forest"),
        "mean of the image, forest": whole.measure(MeanColour(), "random forest"),
    }


def own_size(experiment: Experiment, repeats: int) -> dict[str, Measured]:
    """Measure whole images that nobody resized, with the first repeats; nothing of no repeats.

    What to make of the original's size, the papers do not say. A net of larger images takes longer
    by the square of their side. All images must have one size.
    """
    if not repeats:
        return {}
    height, width = experiment.images.read(0, experiment.colour).shape[:2]
    some = replace(experiment, splits=experiment.splits[:repeats])
    view = AsIs(f"whole image {width}x{height}", is_control=False)
    return {"whole image, own size": some.measure(view)}


def frozen(experiment: Experiment, crop: View) -> dict[str, Measured]:
    """Measure the crop by a net that was trained on photographs only (see `predictions`)."""
    return {"the crop, frozen net": experiment.measure(crop, "frozen net, linear")}


def ladder(experiment: Experiment, crop: View) -> dict[str, Measured]:
    """Measure the crop with all but one kind of information taken away: `transforms.LADDER`."""
    return {
        words: experiment.measure(crop if step is None else Then(crop, step))
        for words, step in LADDER
    }


def transformed(experiment: Experiment, whole: View) -> dict[str, Measured]:
    """Measure the whole image after the transforms of Erukude, Joshi and Shamir (2024).

    Where the subject carried the accuracy it falls; where the session did it holds or rises. The
    Fourier magnitude and the wavelet come twice: as the published code computes them, which wraps
    8-bit values or stretches by the image's own range, and corrected (doi:10.3390/
    computers13120341).
    """
    steps: tuple[View, ...] = (
        FourierMagnitude(published=True),
        FourierMagnitude(),
        HaarApproximation(published=True),
        HaarApproximation(),
        Median(5),
        TileShuffle(TILES),
    )
    return {str(step): experiment.measure(Then(step, whole)) for step in steps}


@dataclass(frozen=True)
class Treated:
    """Crop and whole image under one remedy, and the share of the leak that it removed.

    The share is None without a remedy, and where nothing leaked without one.
    """

    crop: Measured
    whole: Measured
    removed: Removed | None


def treated(plans: Mapping[str, tuple[Experiment, View, View]]) -> dict[str, Treated]:
    """Measure crop and whole image under each remedy, beside the same without a remedy.

    Parameters
    ----------
    plans : mapping of str to (Experiment, View, View)
        Words to an experiment and what is seen of crop and of whole image. The first is without a
        remedy. All experiments have the same rows and groups: the same scenes, laid out otherwise.
    """
    measured = {
        words: (experiment.measure(crop), experiment.measure(whole))
        for words, (experiment, crop, whole) in plans.items()
    }
    usual = next(iter(plans))
    experiment, before = plans[usual][0], measured[usual][0]
    # whether or not memory of groups explains it: a remedy's share is of what the crop names
    found = before.record
    leaked = (found["p_adjusted"] or 1) < ALPHA and found["ci_low"] > found["chance"]

    def share(after: Measured) -> Removed | None:
        if after is before or not leaked:
            return None
        return removed(
            before.predictions,
            after.predictions,
            experiment.images.labels,
            experiment.images.groups,
            chance=before.record["chance"],
            seed=experiment.run.seed,
        )

    return {words: Treated(crop, whole, share(crop)) for words, (crop, whole) in measured.items()}

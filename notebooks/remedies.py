# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Remedies: what takes the leak away

# %% tags=["remove-input"]
from typing import Annotated, Literal

import matplotlib.pyplot as plt
from IPython.display import Markdown, display
from pydantic import Field, NonNegativeInt, PositiveInt

from confoundlab import StudyRun, catalog, report
from confoundlab.croppers import Corner, Normalised, Then, Whole
from confoundlab.design import splits
from confoundlab.notebook import page
from confoundlab.plotting import nets
from confoundlab.simulation import camera
from confoundlab.studies import Experiment, treated

# %% tags=["parameters", "remove-input"]
dataset: Literal["coil20", "celegans", "yale_a"] = "coil20"  # whose scenes and dials the twin has
data: Literal["simulated"] = "simulated"  # the truth is known of twins only
crop_corner: Literal["top-left", "top-right"] = "top-right"  # the same in all scenes
crop_size: Annotated[int, Field(ge=12, le=21)] = 21  # side of the crop in pixels
whole_size: Annotated[int, Field(ge=12, le=128)] = 32  # side of the resized whole image
epochs: PositiveInt = 120  # passes over the training images
repeats: Annotated[int, Field(ge=2, le=100)] = 10  # nets a view, each with another split
permutations: PositiveInt = 999  # size of the null
seed: NonNegativeInt = 0  # of everything

# %% tags=["remove-input"]
run = StudyRun(seed=seed, permutations=permutations)
laid = {
    layout: run.load(dataset, data, layout) for layout in ("class", "twice", "image", "crossed")
}
without, speckled = (
    camera.simulate(camera.with_dials(catalog.dataset(dataset), **dials), "class", seed)
    for dials in ({}, {"pattern": 1.0})
)
for twin in (without, speckled):
    run.note(twin, twin.name)
images = laid["class"]
display(Markdown(report.data_line(images, epochs, repeats)))

# %% tags=["remove-input"]
answer = page.opening()

# %% mystnb={"figure": {"name": "fig-remedies", "caption": "Simulated twins: accuracy on held-out images under each remedy, with 95% intervals from resampled groups: the crop, in which there is no subject, and the whole image. Dashes: chance. A remedy works where the crop's interval holds chance; the whole image beside it is what can be had honestly. The last two lines are a twin of their own, whose cameras differ in the pattern of the sensor only."}, "image": {"alt": "A line for each remedy with two marks and intervals, one for the crop and one for the whole image, and a dashed mark at chance."}} tags=["remove-input"]
picture = page.opening()

# %% [markdown]
# **The question.** Dhar and Shamir {cite}`dhar2021evaluation` end with practices that should keep the
# session out of the answer. How much of a leak does each take away, and what is left of the subject?
# On published images nobody knows. Here the same scenes are photographed by the same kind of camera
# again and again, and only the layout of the sessions differs, or what is done to the pixels.
#
# A share of the leak is measured on the crop: how much of its accuracy above chance is gone. At 0% as
# much leaks as before, at 100% nothing; by luck it may be a little more, and below 0% more leaks than
# before. The accuracy of the whole image under a remedy says what can be had without the session's help, if the
# crop is at chance. The corner is the same in all scenes, pixel for pixel, until the camera sees it.

# %% tags=["remove-input"]
crop, whole, normalised = Corner(crop_corner, crop_size, crop_size), Whole(whole_size), Normalised()
by_group = [splits.apart(images.labels, images.groups, seed=seed + n) for n in range(repeats)]
takes = laid["twice"].table["take"]
same, other = zip(
    *(
        splits.two_sessions(images.labels, takes, ("first", "second")[n % 2], seed=seed + n)
        for n in range(repeats)
    ),
    strict=True,
)
usual, one_each, crossed = (
    Experiment(
        run,
        laid[layout],
        "groups apart 80/20",
        by_group,
        epochs,
        row=f"{dataset}, sessions {layout}",
    )
    for layout in ("class", "image", "crossed")
)
in_same, in_other = (
    Experiment(
        run, laid["twice"], f"{kind} session", parts, epochs, row=f"{dataset}, sessions twice"
    )
    for kind, parts in (("same", same), ("other", other))
)
floor, pattern = (
    Experiment(run, twin, "groups apart 80/20", by_group, epochs, row=twin.name)
    for twin in (without, speckled)
)
plain, alone = (crop, whole), (Then(crop, normalised), Then(whole, normalised))
tried = treated(
    {
        "the usual design": (usual, *plain),
        "tested in another session": (in_other, *plain),
        "one session an image": (one_each, *plain),
        "sessions crossed with classes": (crossed, *plain),
        "the crop normalised": (usual, *alone),
        "the image normalised, then cropped": (
            usual,
            Then(normalised, crop),
            Then(normalised, whole),
        ),
        "no session at all": (floor, *plain),
    }
)
patterned = treated(
    {
        "another leak: the sensor's pattern only": (pattern, *plain),
        "this crop normalised": (pattern, *alone),
    }
)
same_crop, same_whole = in_same.measure(crop), in_same.measure(whole)

# %% [markdown]
# ## The usual design leaks
#
# Each class is photographed in a session of its own, and groups of near copies to test on are
# drawn at random.

# %% tags=["remove-input"]
usually = tried["the usual design"]
page.tell(run, {"crop": usually.crop, "whole image": usually.whole})

# %% [markdown]
# ## Tested in another session
#
# Every class is photographed in two sessions. A net is trained on four fifths of one of them; half
# of the nets learn in the first, half in the second. The same nets are tested on the rest of their
# own session and on the other one. This is the paper's Table 5, where the background of cells was
# named in the same session and no longer in another; here it is a drop with a paired interval.

# %% tags=["remove-input"]
printed = catalog.paper_rows()
before, after = (
    f"{100 * printed[row]['crop_accuracy']:.4g}%"
    for row in ("rnai_background", "rnai_background_other_session")
)
abroad = tried["tested in another session"]
drops = (
    page.gap(run, f"**{words}**, same session minus other", images, one, other)
    for words, one, other in (
        ("Crop", same_crop, abroad.crop),
        ("Whole image", same_whole, abroad.whole),
    )
)
display(
    Markdown(
        f"The paper, on its own cells: {before} in the same session, {after} in another. The twin:"
    )
)
page.tell(
    run,
    {
        "Crop, same session": same_crop,
        "Crop, other session": abroad.crop,
        "Whole image, same session": same_whole,
        "Whole image, other session": abroad.whole,
    },
    *drops,
    f"Against the usual design: {report.share(abroad)}",
)

# %% [markdown]
# A second session does not keep a net from learning the first. It only shows that this does not help,
# and the whole image pays: what was learned of the session is of no use, or misleads. It also costs
# half of the training images.
#
# ## One session an image
#
# If no two images share a session, there is nothing to recognise. The subject must be found in spite
# of lamps and cameras that differ from image to image.

# %% tags=["remove-input"]
one = tried["one session an image"]
page.tell(run, {"crop": one.crop, "whole image": one.whole}, report.share(one))

# %% [markdown]
# ## Sessions crossed with classes
#
# The images are taken in random order: each session has its share of every class. Sessions can still
# be recognised, but they say nothing about the class.

# %% tags=["remove-input"]
one = tried["sessions crossed with classes"]
page.tell(run, {"crop": one.crop, "whole image": one.whole}, report.share(one))

# %% [markdown]
# ## Normalising the images
#
# Images that exist cannot be taken again, so they are often normalised: each to the same mean and the
# same standard deviation. That removes level and contrast. Of a blank crop the contrast is its noise,
# so that the strength of the noise goes too.
#
# If the whole image is normalised and then cropped, the corner is stretched by the range of the
# subject. What the net then names from the corner may be the subject, so that this crop is no
# control any more.

# %% tags=["remove-input"]
one, inside = tried["the crop normalised"], tried["the image normalised, then cropped"]
page.tell(
    run,
    {
        "Crop, normalised": one.crop,
        "Image normalised, then cropped": inside.crop,
        "Whole image, resized, normalised": one.whole,
    },
    f"The crop normalised: {report.share(one)}",
    f"The image normalised, then cropped: {report.share(inside)}",
)

# %% [markdown]
# ## What normalising misses
#
# Here the cameras have the same lamp and the same noise, and each has a faint fixed pattern of its
# own, as sensors do. Normalising cannot remove it. It stretches a blank crop until the pattern fills
# the range, and a net then learns it sooner.

# %% tags=["remove-input"]
bare, one = patterned.values()
page.tell(run, {"Crop": bare.crop, "Crop, normalised": one.crop}, report.share(one))

# %% [markdown]
# ## With the session switched off
#
# All dials of the camera are at zero, and everything else is as in the usual design. If the crop were
# named here, the scenes or our own pipeline would leak, and no number above could be trusted.

# %% tags=["remove-input"]
one = tried["no session at all"]
page.tell(run, {"crop": one.crop, "whole image": one.whole}, report.share(one))

# %% [markdown]
# ## All remedies together
#
# A good remedy brings the crop to chance and leaves the whole image where it was with the session
# switched off.

# %% tags=["remove-input"]
together = tried | patterned
figure = nets.remedies(
    list(together),
    [one.crop.record for one in together.values()],
    [one.whole.record for one in together.values()],
)
run.keep(figure, "remedies")
picture.update(figure)
plt.close(figure)
said = {
    "The class, named from a corner, in the usual design": usually.crop,
    "The same, sessions crossed with classes": tried["sessions crossed with classes"].crop,
    "The same, each crop normalised": tried["the crop normalised"].crop,
}
page.answer(run, said, answer)

# %% tags=["remove-input", "full-width"]
table = report.remedy_table(together)
run.keep_table(table, "remedies")
display(report.table(table))

# %% [markdown]
# ## What no remedy can do
#
# - **Another session** measures honestly and mends nothing: the net has still learned the session,
#   and two sessions by the same hand, with the same lamp, may be too alike.
# - **One session an image** costs most, and leaves nothing to check the cameras against each other.
# - **Crossed sessions** help only if every session has every class; patients of one clinic cannot be
#   dealt out to all.
# - **Normalising** removes what one thought of, level and contrast, and not blur, noise or pattern.
# - **None** repairs images that were taken with one session a class. Of those, only a control tells
#   something, and it tells only what is wrong.
#
# ## All numbers

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(run.records)))

# %% tags=["remove-cell"]
run.finish()

# %% [markdown]
# ## Run this page again
#
# The command that made this page. Change a parameter by another `-p name=value`.

# %% tags=["remove-input"]
display(Markdown(report.rerun(run)))

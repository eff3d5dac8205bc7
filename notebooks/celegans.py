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
# # C. elegans: every image a session of its own

# %% tags=["remove-input"]
from typing import Annotated, Literal

from IPython.display import Markdown, display
from pydantic import Field, NonNegativeInt, PositiveInt

from confoundlab import StudyRun, load, report
from confoundlab.catalog.celegans import TEST_EACH, TRAIN_EACH
from confoundlab.croppers import Corner, MeanLevel, Then, Whole
from confoundlab.design import splits
from confoundlab.notebook import page
from confoundlab.plotting import views
from confoundlab.studies import Experiment, cheap_rivals

# %% tags=["parameters", "remove-input"]
dataset: Literal["celegans"] = "celegans"  # muscle of worms of four ages
data: Literal["auto", "real", "simulated"] = "auto"  # auto takes real images where they are
sessions: Literal["class", "image", "crossed", "twice"] = "image"  # how a twin's sessions are laid
crop_corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = "top-left"  # place
crop_size: Annotated[int, Field(ge=12, le=64)] = 20  # side of the crop in pixels
whole_size: Annotated[int, Field(ge=12, le=128)] = 32  # side of the resized whole image
epochs: PositiveInt = 120  # passes over the training images
repeats: PositiveInt = 10  # nets a view, each with another split and other initial weights
folds: Annotated[int, Field(ge=2, le=20)] = 10  # of the cross-validation
permutations: PositiveInt = 999  # size of the null
seed: NonNegativeInt = 0  # of everything

# %% tags=["remove-input"]
run = StudyRun(seed=seed, permutations=permutations)
images = run.load(dataset, data, sessions)
display(Markdown(report.data_line(images, epochs, repeats)))

# %% tags=["remove-input"]
answer = page.opening()

# %% mystnb={"figure": {"name": "fig-celegans-accuracy", "caption": "Accuracy on held-out images (dots) with 95% intervals from resampled images. Where each image is a session of its own, controls should lie at the dashed line, which is chance, and the whole image right of it. Gray bars: 95% of one net's permutations; they are wide because one net is tested on few images. Diamonds: what the paper prints."}, "image": {"alt": "Dots with intervals for the crop, its mean level, three random forests and the whole image."}} tags=["remove-input"]
picture = page.opening()

# %% [markdown]
# **The question.** Is a corner always named? Each of these worms was imaged by itself, by hand
# {cite}`shamir2008iicbu`, so that no two images share a session. Dhar and Shamir
# {cite}`dhar2021evaluation` took them as their negative control: if corners leak because the images
# of a class share a session, then these corners must not.
#
# ## What the net sees
#
# The corner has the size of the paper's Table 6. In the twin it is the same for all ages, pixel for
# pixel, until the camera sees it.

# %% mystnb={"figure": {"name": "fig-celegans-means", "caption": "Top: mean image of each age. Middle: mean of the corner crop. Bottom: the same with its contrast stretched. A blank corner shows noise of a gray level or two in the bottom row; shading or shapes there would be something to learn."}, "image": {"alt": "Three rows of small pictures, one column an age: blurred bright worms, their dark corners, and the corners with stretched contrast."}} tags=["hide-input"]
crop, whole = Corner(crop_corner, crop_size, crop_size), Whole(whole_size)
run.keep(views.class_means(images, crop), "means")

# %% mystnb={"figure": {"caption": "How many images each age (row) has in each session (column). Each session is one image, so that each column has one mark."}, "image": {"alt": "A grid of classes and sessions; marks show how many images lie in each cell."}} tags=["remove-input"]
page.design(run, images)

# %% [markdown]
# ## From the corner, and from the worm
#
# As in Table 6: as many images of each age to train and to test on, drawn at random, one LeNet-5 a
# draw. The crop is also reduced to its mean level, and three random forests are asked that see a
# mean, or eight pixels of the border.

# %% tags=["remove-input"]
draws = [
    splits.equal_classes(images.labels, train_each=TRAIN_EACH, test_each=TEST_EACH, seed=seed + n)
    for n in range(repeats)
]
parts = splits.k_fold(images.labels, folds=folds, seed=seed)
drawn = Experiment(run, images, f"random {TRAIN_EACH} + {TEST_EACH} a class", draws, epochs)
folded = Experiment(run, images, "ten-fold" if folds == 10 else f"{folds}-fold", parts, epochs)
on_crop, on_whole = drawn.measure(crop), drawn.measure(whole)
level = drawn.measure(Then(crop, MeanLevel()))
rivals = cheap_rivals(drawn, crop)
fold_crop, fold_whole = folded.measure(crop), folded.measure(whole)
twins = {
    words: run.note(
        load(dataset, "simulated", sessions=layout, seed=seed), f"{dataset} twin, {words}"
    )
    for words, layout in (("one session an image", "image"), ("one session an age", "class"))
}
again = twins["one session an age"]
draws = [
    splits.equal_classes(again.labels, train_each=TRAIN_EACH, test_each=TEST_EACH, seed=seed + n)
    for n in range(repeats)
]
seen = {
    f"{name}, {words}": Experiment(
        run, twin, drawn.split_name, draws, epochs, row=f"{dataset} twin, {words}"
    ).measure(view)
    for words, twin in twins.items()
    for name, view in (("Crop", crop), ("Whole image", whole))
}

# %% tags=["remove-input"]
page.tell(run, {"crop": on_crop, "whole image": on_whole})

# %% [markdown]
# ## With every image tested once
#
# Random draws test some images often and some never. Folds test each image once.

# %% tags=["remove-input"]
page.tell(run, {"crop": fold_crop, "whole image": fold_whole})
rows = {
    "crop": on_crop,
    "the crop's mean level": level,
    **rivals,
    "crop, folds": fold_crop,
    "whole image": on_whole,
    "whole image, folds": fold_whole,
}
figure = page.draw(run, "accuracies", rows, picture)
said = {
    "The age, named from a corner": fold_crop,
    "The same of a twin whose images of an age share a session": seen["Crop, one session an age"],
}
page.answer(run, said, answer)

# %% [markdown]
# ## What could have been found
#
# Nothing found is news only if something could have been found. Each net is tested on so few images
# that luck alone moves its accuracy by much, and nets that share training images do not add up to
# as many tests.

# %% tags=["remove-input"]
display(
    Markdown(
        f"- {report.detectable('The random draws', on_crop.record)}\n"
        f"- {report.detectable('The folds', fold_crop.record)}"
    )
)

# %% [markdown]
# ## The same worms with one session an age
#
# The counter-proof needs images whose sessions can be laid anew, so it is done on twins, whatever
# the rest of this page ran on. Both have the same worms and the same kind of camera. In one every
# image is a session of its own, in the other all images of one age are taken in one session. If the
# corner is named in the second only, then the design makes the leak, and not the worm. Both are
# simulated: no number of this section says anything about the published images.

# %% tags=["remove-input"]
pair = seen["Crop, one session an age"], seen["Crop, one session an image"]
page.tell(run, seen, page.gap(run, "What one session an age adds to the crop", again, *pair))

# %% mystnb={"figure": {"name": "fig-celegans-design", "caption": "Crop and whole image of two twins with the same worms: one session an image, and one session an age. Dashes: chance; gray bars: 95% of one net's permutations. Nothing in the corner differs between the two but what the camera put in."}, "image": {"alt": "Four dots with intervals: crop and whole image under two layouts of sessions, beside chance."}} tags=["hide-input"]
figure = page.draw(run, "design", seen)

# %% [markdown]
# ## All numbers

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(run.records)))

# %% tags=["remove-cell"]
run.finish()

# %% [markdown]
# ## What would change our mind
#
# A corner of the published images that is named in spite of its own session. Then images of one age
# have something else in common: a day, a slide, a setting that was changed in between. Twice as many
# worms would say more than twice as many nets.

# %% [markdown]
# ## Run this page again
#
# The command that made this page. Change a parameter by another `-p name=value`.

# %% tags=["remove-input"]
display(Markdown(report.rerun(run)))

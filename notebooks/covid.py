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
# # COVID: chest X-rays from two sources

# %% tags=["remove-input"]
import dataclasses
from typing import Annotated, Literal

import matplotlib.pyplot as plt
from IPython.display import HTML, Markdown, display
from pydantic import Field, NonNegativeInt, PositiveInt

from confoundlab import StudyRun, report
from confoundlab.catalog import paper_rows
from confoundlab.croppers import BorderRing, CentreBlackout, Corner, Then, Whole
from confoundlab.design import columns, duplicates, splits
from confoundlab.evidence import nuisance
from confoundlab.notebook import page
from confoundlab.plotting import front, views
from confoundlab.studies import Experiment, cheap_rivals, frozen, ladder, own_size, transformed

# %% tags=["parameters", "remove-input"]
dataset: Literal["covid4", "covid2"] = "covid4"  # four classes, or COVID-19 against the others
data: Literal["auto", "real", "simulated"] = "auto"  # auto takes real images where they are
sessions: Literal["class", "image", "crossed", "twice"] = "class"  # how a twin's sessions are laid
crop_corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = "top-left"  # place
crop_size: Annotated[int, Field(ge=12, le=64)] = 20  # side of the crop in pixels
whole_size: Annotated[int, Field(ge=12, le=128)] = 32  # side of the resized whole image
black_share: Annotated[float, Field(gt=0, lt=1)] = 0.75  # of height and width, over the lungs
epochs: PositiveInt = 120  # passes over the training images
repeats: PositiveInt = 10  # nets a view, each with another split and other initial weights
own_size_repeats: NonNegativeInt = 0  # of them, nets on whole images at their own size
map_stride: Annotated[int, Field(ge=4, le=128)] = 12  # pixels between places of the leak map
map_epochs: PositiveInt = 40  # epochs at each place of the leak map
permutations: PositiveInt = 999  # size of the null
seed: NonNegativeInt = 0  # of everything

# %% tags=["remove-input"]
run = StudyRun(seed=seed, permutations=permutations)
corners = run.load(dataset, data, sessions)
wholes = run.load(f"{dataset}_whole", data, sessions)
display(Markdown(report.data_line(corners, epochs, repeats)))

# %% tags=["remove-input"]
answer = page.opening()

# %% mystnb={"figure": {"name": "fig-covid-accuracy", "caption": "Accuracy on held-out images (dots) with 95% intervals from resampled groups: the corner crop under the random split and with patients apart, the lungs blacked out, and the whole image. A control whose whole interval lies right of the dashed chance line, and beyond the gray bar that holds 95% of one net's permutations, leaks. Diamonds: what the paper prints."}, "image": {"alt": "Dots with intervals for the corner crop, the image without lungs and the whole image, beside chance, the permutation null and the paper's numbers."}} tags=["remove-input"]
picture = page.opening()

# %% [markdown]
# **The question.** The COVID-19 images of this set {cite}`khan2020coronet` were collected from papers
# and web pages; the others come from one children's hospital {cite}`kermany2018identifying`. Does a
# net name the disease from a corner in which there is no body? And what else, that is no disease,
# tells the classes apart?
#
# Dhar and Shamir {cite}`dhar2021evaluation` used the files with which the net CoroNet was trained. These
# were not published with the paper. The set here is rebuilt from the same sources with the same number
# of images of each class. Each image is kept twice: its corners without loss, and the whole reduced to 128x128 pixels.
#
# ## What the net sees
#
# No single patient is shown here: these are means over all images of a class.

# %% mystnb={"figure": {"name": "fig-covid-means", "caption": "Top: mean X-ray of each class. Middle: mean of the corner crop. Bottom: the same with its contrast stretched. The tiles of the middle row look alike to the eye; in the bottom row, where the smallest differences are stretched, they need not."}, "image": {"alt": "Three rows of small pictures, one column a class: blurred mean chest X-rays, their corners, and the corners with stretched contrast."}} tags=["hide-input"]
crop, whole = Corner(crop_corner, crop_size, crop_size), Whole(whole_size)
run.keep(views.class_means(corners, crop, wholes), "means")

# %% [markdown]
# ## Copies stay on one side
#
# Images of one patient, and images that are copies of each other, must not be on both sides of an
# honest split.

# %% tags=["remove-input"]
twins = duplicates.near(wholes)
owner = corners.table["patient"] if "patient" in corners.table else corners.table["group"]
by_owner = dataclasses.replace(corners, table=corners.table.assign(group=owner))
apart = duplicates.merge_groups(by_owner, twins).groups  # patients, with the copies of their images
corners, wholes = (duplicates.merge_groups(images, twins) for images in (corners, wholes))
display(
    Markdown(
        f"{len(corners):,} images carry {owner.nunique():,} patient numbers. "
        f"{(duplicates.exact(wholes)['size'] > 1).sum()} whole images have an exact copy in the set, "
        f"{(twins['size'] > 1).sum()} a near copy by perceptual hash."
    )
)

# %% mystnb={"figure": {"caption": "How many images each class (row) has from each source (column). A class with one mark, in a column of its own, cannot be told from its source."}, "image": {"alt": "A grid of classes and sessions; marks show how many images lie in each cell."}} tags=["remove-input"]
page.design(run, corners)

# %% [markdown]
# ## Named without the body
#
# As in the paper's Table 1: as many images to train and to test on, drawn at random, one LeNet-5 a
# repeat. The crop is also given to it with all but one kind of information taken away. Two cheap
# rivals are asked beside it: random forests that see a mean, or eight pixels. The last rival is a net
# that was trained on photographs and on nothing here, with a linear classifier on its features.

# %% tags=["remove-input"]
printed = paper_rows()[dataset]
counts = (printed["n_train"], printed["n_test"])
random_split = [
    splits.stratified(corners.labels, counts=counts, seed=seed + n) for n in range(repeats)
]
by_patient = [splits.grouped(corners.labels, apart, seed=seed + n) for n in range(repeats)]
name = f"random {counts[0]}/{counts[1]}"
on_corners = Experiment(run, corners, name, random_split, epochs)
on_wholes = Experiment(run, wholes, name, random_split, epochs)
steps = ladder(on_corners, crop)
rivals = cheap_rivals(on_corners, crop)
on_crop, on_whole = steps["the full crop"], on_wholes.measure(whole)
corners_apart, wholes_apart = (
    Experiment(run, images, "patients apart", by_patient, epochs) for images in (corners, wholes)
)
honest_crop, honest_whole = corners_apart.measure(crop), wholes_apart.measure(whole)
black, ring = CentreBlackout(black_share), BorderRing(4)
no_lungs, only_ring = (wholes_apart.measure(Then(hide, whole)) for hide in (black, ring))
changed = transformed(on_wholes, whole)
at_own_size = own_size(on_wholes, own_size_repeats)
pretrained = frozen(on_corners, crop)

# %% tags=["remove-input"]
page.tell(run, {"crop": on_crop, "whole image": on_whole} | at_own_size)
main = {
    "corner, random": on_crop,
    "corner, random,\nfrozen net": pretrained["the crop, frozen net"],
    "corner,\npatients apart": honest_crop,
    "lungs blacked out,\npatients apart": no_lungs,
    "whole, random": on_whole,
    "whole,\npatients apart": honest_whole,
}
figure = page.draw(run, "accuracies", main, picture)
said = {
    "The class, named from a corner of the X-ray, patients apart": honest_crop,
    "The class, named with the lungs blacked out, patients apart": no_lungs,
}
page.answer(run, said, answer)

# %% tags=["remove-cell"]
front_picture = front.front(corners, crop, on_crop.record)
run.keep(front_picture, "front")
plt.close(front_picture)

# %% [markdown]
# ## With patients apart
#
# The random split may train on one image of a patient and test on another. Here all images of a
# patient, and their copies, are on one side.

# %% tags=["remove-input"]
words = "What a shared patient is worth on the crop, random split minus patients apart"
page.tell(
    run,
    {"crop": honest_crop, "whole image": honest_whole},
    page.gap(run, words, corners, on_crop, honest_crop),
)

# %% [markdown]
# ## With the lungs blacked out
#
# A corner is little. Maguolo and Nanni {cite}`maguolo2021critic` took the lungs away instead: the
# middle of each X-ray was painted black, and nets still named the set that it came from. Here the
# rectangle is ours, and beside it stands a ring of the four outermost pixels of the reduced images.
# The outline of the body is left in both, and children are not built as adults are, so that a leak
# here can be the patients' age as well as the camera.

# %% mystnb={"figure": {"name": "fig-covid-black", "caption": "Top: mean X-ray of each class. Middle: what is left with the lungs blacked out. Bottom: the same with its contrast stretched. A lung that reaches out of the black would make this no control."}, "image": {"alt": "Three rows of small pictures, one column a class: blurred mean chest X-rays, and the same with a black rectangle over the lungs."}} tags=["hide-input"]
run.keep(views.class_means(wholes, black), "black")

# %% mystnb={"figure": {"name": "fig-covid-blackout", "caption": "Patients apart: the whole image, the same with the lungs blacked out, a ring of its outermost pixels, and the corner. What is named without lungs is not named by the disease. Dashes: chance; gray bars: 95% of one net's permutations."}, "image": {"alt": "Dots with intervals for the whole image, the image without lungs, its outermost pixels and the corner."}} tags=["hide-input"]
hidden = {"lungs blacked out": no_lungs, "border ring": only_ring}
figure = page.draw(
    run, "blackout", {"whole image": honest_whole} | hidden | {"corner": honest_crop}
)

# %% tags=["remove-input"]
words = "What the middle adds, whole image minus lungs blacked out"
page.tell(run, hidden, page.gap(run, words, wholes, honest_whole, no_lungs))

# %% [markdown]
# ## What carries the leak

# %% mystnb={"figure": {"name": "fig-covid-ladder", "caption": "The crop with all but one kind of information taken away, and the cheap rivals. Where the mean level alone comes near the full crop, the leak is a brightness; where the high frequencies do, it is noise or compression. Dashes: chance; gray bars: 95% of one net's permutations."}, "image": {"alt": "Dots with intervals for the full crop, its low and high frequencies, its histogram, its mean level, and three random forests."}} tags=["hide-input"]
figure = page.draw(run, "ladder", steps | rivals | pretrained)

# %% tags=["remove-input"]
page.overtaken(steps)

# %% [markdown]
# ## The leaks nobody looks at
#
# A file has a width, a height, a size in bytes, a format, a way of storing colour (`mode`) and a
# {term}`quantisation table` (`jpeg_q00` is its first number). None of them is a
# lung. The plot places each by how much it says about the class and by how well the corner's pixels
# tell it.

# %% tags=["remove-input"]
files = [
    one
    for one in ("width", "height", "bytes", "format", "mode", "jpeg_q00")
    if one in corners.table and corners.table[one].nunique() > 1 and corners.state != "simulated"
]
tests = {", ".join(files): files} | {one: [one] for one in files} if files else {}
found = {
    words: nuisance.label_from_factors(
        corners.table[some], corners.labels, corners.groups, n_permutations=permutations
    )
    for words, some in tests.items()
}
left_out = "The twin has no files of its own, so this is left out."
display(HTML(report.plain_card("the class from", found)) if found else Markdown(left_out))

# %% mystnb={"figure": {"name": "fig-covid-factors", "caption": "Up: how much a factor says about the class, from nothing (0) to everything (1). Right: how well a linear probe of the corner's pixels names the factor in images it has not seen; chance is 0.5. What stands at the top right can mislead a net. Bars: 95% intervals. Filled and orange: both above chance after correction."}, "image": {"alt": "A scatter plot of the session and the properties of the files, by what they say about the class and by how well pixels tell them."}} tags=["hide-input"]
# the source is the class or contains it: a factor that says all by construction tells nothing new
known = corners.table[files or ["session"]].copy()
if "jpeg_q00" in known:
    known["jpeg_q00"] = columns.merge_rare(known["jpeg_q00"], corners.groups)
placed = page.factor_map(run, corners, crop, known)

# %% [markdown]
# ## After a transform
#
# Erukude, Joshi and Shamir {cite}`erukude2024identifying` transform the whole image before a net sees
# it. What the subject carried should fall; what the session carried holds, or rises. Two of the
# published transforms depend on arithmetic that wraps or stretches; they stand beside their corrected
# forms.

# %% mystnb={"figure": {"caption": "Whole images after each transform, beside the whole image as it is. A dot that stays where the first one is says that the transform took away nothing that the net used."}, "image": {"alt": "Dots with intervals for the whole image and six transforms of it."}} tags=["hide-input"]
figure = page.draw(run, "transforms", {"whole image": on_whole} | changed)

# %% [markdown]
# ## Where the session hides

# %% mystnb={"figure": {"caption": "Left: the mean of all images. Right: accuracy from a window centred at each mark of the reduced images, tested on groups that trained nothing; dark is chance. Round marks: the whole 95% interval lies above chance. Hatched squares: a net named one class only, so the place tells nothing. Round marks outside the body are places where the session shows."}, "image": {"alt": "The mean X-ray, and over it a grid of marks coloured by the accuracy of nets trained on a window at that place; hatched squares where a net did not train."}} tags=["hide-input"]
places = page.leak_map(
    run, wholes, window=crop_size, stride=map_stride, epochs=map_epochs, repeats=1
)

# %% tags=["remove-input"]
page.point_at(places, wholes)

# %% [markdown]
# ## All numbers

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(run.records)))

# %% tags=["remove-cell"]
run.finish()

# %% [markdown]
# ## What would change our mind
#
# COVID-19 and its source are the same thing in these files, so no split of them can say what a net
# would do in a clinic. X-rays of all four classes from one hospital, one detector and one way of
# storing would. On the twin this can be tried now: rerun this page with
# `-p data=simulated -p sessions=crossed`.

# %% [markdown]
# ## Run this page again
#
# The command that made this page. Change a parameter by another `-p name=value`.

# %% tags=["remove-input"]
display(Markdown(report.rerun(run)))

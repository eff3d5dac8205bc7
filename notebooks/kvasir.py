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
# # Kvasir: endoscopy with settings of its own

# %% tags=["remove-input"]
from typing import Annotated, Literal

from IPython.display import HTML, Markdown, display
from pydantic import Field, NonNegativeInt, PositiveInt

from confoundlab import StudyRun, report
from confoundlab.catalog import DATASETS, paper_rows
from confoundlab.croppers import AsIs, Corner, Whole, inset
from confoundlab.design import duplicates, splits
from confoundlab.evidence import nuisance
from confoundlab.images import file_properties
from confoundlab.notebook import page
from confoundlab.plotting import views
from confoundlab.studies import Experiment, cheap_rivals, frozen, ladder, transformed

# %% tags=["parameters", "remove-input"]
dataset: Literal["kvasir", "kvasir_v2"] = "kvasir"  # 500 or 1,000 images a class
data: Literal["auto", "real", "simulated"] = "auto"  # auto takes real images where they are
sessions: Literal["class", "image", "crossed", "twice"] = "class"  # how a twin's sessions are laid
each: PositiveInt = 1000  # images of a class at most
crop_corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = "top-left"  # place
crop_size: Annotated[int, Field(ge=12, le=64)] = 20  # side of the crop in pixels
whole_size: Annotated[int, Field(ge=12, le=128)] = 32  # side of the resized whole image
near_copies: bool = True  # look for near copies too, which takes a while
epochs: PositiveInt = 120  # passes over the training images
repeats: PositiveInt = 10  # nets a view, each with another split and other initial weights
map_stride: Annotated[int, Field(ge=4, le=96)] = 12  # pixels between places of the leak map
map_epochs: PositiveInt = 40  # epochs at each place of the leak map
map_images: PositiveInt = 2000  # of them the leak map takes so many at most, evenly spaced
permutations: PositiveInt = 999  # size of the null
seed: NonNegativeInt = 0  # of everything

# %% tags=["remove-input"]
run = StudyRun(seed=seed, permutations=permutations)
images = run.load(dataset, data, sessions, each)
display(Markdown(report.data_line(images, epochs, repeats)))

# %% tags=["remove-input"]
answer = page.opening()

# %% mystnb={"figure": {"name": "fig-kvasir-accuracy", "caption": "Accuracy on held-out images (dots) with 95% intervals from resampled groups: the corner crop, named by a LeNet-5 and by a net trained on photographs, and the whole image. A control whose whole interval lies right of the dashed chance line, and beyond the gray bar that holds 95% of one net's permutations, leaks. Diamonds: what the paper prints."}, "image": {"alt": "Dots with intervals for the corner crop and the whole image, beside chance, the permutation null and the paper's numbers."}} tags=["remove-input"]
picture = page.opening()

# %% [markdown]
# **The question.** Kvasir {cite}`pogorelov2017kvasir` has pictures from endoscopies in eight classes:
# places in the digestive tract, findings, and what was dyed or cut. Most corners are black, outside
# the view of the instrument. Does a net name the class from a corner in which there is no body?
#
# Dhar and Shamir {cite}`dhar2021evaluation` cropped 20x20 pixels from the top left. They do not say
# whether in colour; here nets see colour.

# %% tags=["remove-input"]
defects = "\n".join(f"- {defect}" for defect in DATASETS[dataset].defects)
display(Markdown(f"What to know of this set:\n\n{defects}"))

# %% [markdown]
# ## What the net sees
#
# No single patient is shown: these are means over all images of a class.

# %% mystnb={"figure": {"name": "fig-kvasir-means", "caption": "Top: mean image of each class. Middle: mean of the corner crop. Bottom: the same with its contrast stretched. If corners held nothing, the tiles of the middle row would be alike. A green tinge at the bottom left of the top row is the box that shows how the instrument lies. Colour at the inner edge of a crop can come from the body: JPEG stores blocks of 8x8 or 16x16 pixels, and one that lies across the border of the view spreads over it."}, "image": {"alt": "Three rows of small pictures, one column a class: blurred mean endoscopies, their corners, and the corners with stretched contrast."}} tags=["hide-input"]
crop, whole = Corner(crop_corner, crop_size, crop_size), Whole(whole_size)
run.keep(views.class_means(images, crop, colour="rgb"), "means")

# %% mystnb={"figure": {"caption": "How many images each class (row) has in each session (column)."}, "image": {"alt": "A grid of classes and sessions; marks show how many images lie in each cell."}} tags=["remove-input"]
if "session" in images.table:
    page.design(run, images)
else:
    words = "The set does not name sessions: whether class and session differ is not known."
    display(Markdown(words))

# %% [markdown]
# ## Named without the body
#
# A random split as in the paper's Table 1, a new LeNet-5 for each repeat. The crop is also given to it with
# all but one kind of information taken away. Random forests that see a mean, or eight pixels of the
# border {cite}`noyan2022uncovering`, are asked beside it.

# %% tags=["remove-input"]
printed = paper_rows().get(DATASETS[dataset].paper_row or "", {})
counts = (printed["n_train"], printed["n_test"]) if printed else (0, 0)
fits = 0 < sum(counts) <= len(images)
name = f"random {counts[0]}/{counts[1]}" if fits else "random 80/20"
random_split = [
    splits.stratified(images.labels, counts=counts if fits else None, seed=seed + n)
    for n in range(repeats)
]
in_colour = Experiment(run, images, name, random_split, epochs, "rgb")
steps = ladder(in_colour, crop)
rivals = cheap_rivals(in_colour, crop)
on_crop, on_whole = steps["the full crop"], in_colour.measure(whole)
boxes = {
    words: Experiment(
        run,
        inset.alone(images, whole_size, painted_over=painted),
        name,
        random_split,
        epochs,
        "rgb",
    ).measure(AsIs(words, is_control=True))
    for words, painted in (("the green box alone", False), ("the green box painted over", True))
}
changed = transformed(in_colour, whole)
pretrained = frozen(in_colour, crop)

# %% tags=["remove-input"]
page.tell(run, {"crop": on_crop, "whole image": on_whole})
main = {
    "crop": on_crop,
    "crop,\nfrozen net": pretrained["the crop, frozen net"],
    "whole image": on_whole,
}
figure = page.draw(run, "accuracies", main, picture)
page.answer(run, {"The class, named from a corner": on_crop}, answer)

# %% [markdown]
# ## Copies, and why there is no honest split
#
# An honest split would keep all images of a patient on one side. The set does not say which images
# are of one patient, so no split of it is known to be honest, and every number on this page is of a
# random one. What can be counted is copies. Near copies are alike at 32x32 pixels; where all pictures
# have the same black frame, unlike ones can be counted among them.

# %% tags=["remove-input"]
found = {"an exact copy": duplicates.exact(images)}
if near_copies:
    found["a near copy"] = duplicates.near(images)
lines = [
    f"- {(table['size'] > 1).sum():,} of {len(images):,} images have {words} in the set, the largest "
    f"cluster has {table['size'].max():,}; in the first random split "
    f"{duplicates.copied(table, random_split[0]):,} of {len(random_split[0].test):,} test images "
    f"have {words} in training."
    for words, table in found.items()
]
display(Markdown("\n".join(lines)))

# %% [markdown]
# ## What carries the leak

# %% mystnb={"figure": {"name": "fig-kvasir-ladder", "caption": "The crop with all but one kind of information taken away, and the cheap rivals. Where the mean level alone comes near the full crop, the leak is a brightness; where the high frequencies do, it is noise or compression. Dashes: chance; gray bars: 95% of one net's permutations; diamonds: what the paper prints."}, "image": {"alt": "Dots with intervals for the full crop, its low and high frequencies, its histogram, its mean level, and three random forests."}} tags=["hide-input"]
figure = page.draw(run, "ladder", steps | rivals | pretrained)

# %% tags=["remove-input"]
page.overtaken(steps)

# %% [markdown]
# ## The green box
#
# In some pictures a green box at the bottom left shows how the instrument lies in the body. Nobody
# needs it to see a polyp, but it was switched on for some examinations more often than for others.
# It is measured as the share of green pixels in the bottom left quarter of a picture.

# %% tags=["remove-input"]
share = inset.green_shares(images)
by_class = images.table.assign(shown=share > inset.SHOWN, share=share).groupby("label")
shown = by_class["shown"].mean()
lines = [
    f"A green box is found in {report.percent(shown.min())} of {shown.idxmin()} at the least and "
    f"{report.percent(shown.max())} of {shown.idxmax()} at the most; the mean share over all images is "
    f"{report.percent(share.mean())}.",
]
if share.std() > 0:
    told = nuisance.label_from_factors(
        images.table.assign(share=share)[["share"]],
        images.labels,
        images.groups,
        n_permutations=permutations,
    )
    lines.append(f"The class from that share alone: {told}")
display(Markdown("\n\n".join(lines)))

# %% [markdown]
# What is the box worth to a net? Two nets see the same quarter of the same pictures. All but
# the box is painted over with the colour of the picture's own border: body, frame and whatever else
# is there. For the second net the box is painted over as well. The two differ in the box and in
# nothing else. A net can do better with the box than the share above does: it sees the box's colours
# too, and they were stored with the settings of the session.

# %% mystnb={"figure": {"name": "fig-kvasir-box", "caption": "Nets that see the green box and nothing else, and nets for which it is painted over too, so that one flat colour is left. Dots: accuracy on held-out images, with 95% intervals; dashes: chance; gray bars: 95% of one net's permutations. What the first is above the second is the box."}, "image": {"alt": "Two dots with intervals beside chance: the green box alone, and the same with the box painted over."}} tags=["hide-input"]
figure = page.draw(run, "box", boxes)

# %% tags=["remove-input"]
shown, hidden = boxes.values()
page.tell(run, boxes, page.gap(run, "What the box is worth", images, shown, hidden))

# %% [markdown]
# ## The leaks nobody looks at
#
# A file has a size in bytes, a width, a height, a {term}`quantisation table` and a way of storing colour.
# None of them is a finding. The plot places each, the green box and the session, where it is known,
# by how much it says about the class and by how well the corner's pixels tell it.

# %% tags=["remove-input"]
table = images.table.drop(columns=["width", "height"], errors="ignore").assign(
    inset=["shown" if one > inset.SHOWN else "none" for one in share]
)
files = []
if images.paths is not None:
    headers = file_properties.of_images(images).drop(columns=["image", "path"])
    whole_columns = headers.loc[:, headers.notna().all() & (headers.nunique() > 1)]
    files = list(whole_columns)
    table = table.join(whole_columns)
tests = {", ".join(files): files} | {one: [one] for one in files} if files else {}
found = {
    words: nuisance.label_from_factors(
        table[columns], images.labels, images.groups, n_permutations=permutations
    )
    for words, columns in tests.items()
}
left_out = (
    "The twin has no files. Its camera stores JPEG, with a quality of its own in each session."
)
display(HTML(report.plain_card("the class from", found)) if found else Markdown(left_out))

# %% mystnb={"figure": {"name": "fig-kvasir-factors", "caption": "Up: how much a factor says about the class, from nothing (0) to everything (1). Right: how well a linear probe of the corner's pixels names the factor in images it has not seen; chance is 0.5. What stands at the top right can mislead a net that sees the corner. The green box (inset) is outside the corner, so it can mislead a net that sees the whole image. Bars: 95% intervals. Filled and orange: both above chance after correction."}, "image": {"alt": "A scatter plot of the session, the green box and the properties of the files, by what they say about the class and by how well pixels tell them."}} tags=["hide-input"]
factors = [one for one in ("session", "inset", *files) if one in table and table[one].nunique() > 1]
placed = page.factor_map(run, images, crop, table[factors], "rgb")

# %% [markdown]
# ## After a transform
#
# Whole images after the transforms of Erukude, Joshi and Shamir {cite}`erukude2024identifying`. What
# the body carried should fall; what the session carried holds, or rises.

# %% mystnb={"figure": {"caption": "Whole images after each transform, beside the whole image as it is. A dot that stays where the first one is says that the transform took away nothing that the net used."}, "image": {"alt": "Dots with intervals for the whole image and six transforms of it."}} tags=["hide-input"]
figure = page.draw(run, "transforms", {"whole image": on_whole} | changed)

# %% [markdown]
# ## Where the session hides
#
# The corner is one place. Here nets are trained on windows at every place of a grid, in pictures
# reduced to one size. In the middle they see the body.

# %% mystnb={"figure": {"name": "fig-kvasir-map", "caption": "Left: the mean of all images, reduced to squares. Right: accuracy from a window centred at each mark, tested on groups that trained nothing; dark is chance. Round marks: the whole 95% interval lies above chance. Hatched squares: a net named one class only, so the place tells nothing. Round marks in the black frame are places where the session shows; at the bottom left there is the green box as well."}, "image": {"alt": "The mean endoscopy, and over it a grid of marks coloured by the accuracy of nets trained on a window at that place; hatched squares where a net did not train."}} tags=["hide-input"]
some = images.subset(range(0, len(images), -(-len(images) // map_images)))
places = page.leak_map(
    run,
    some,
    Whole(3 * whole_size),
    window=crop_size,
    stride=map_stride,
    epochs=map_epochs,
    repeats=1,
    colour="rgb",
)

# %% tags=["remove-input"]
page.point_at(places, some, Whole(3 * whole_size))

# %% [markdown]
# ## All numbers

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(run.records)))

# %% tags=["remove-cell"]
run.finish()

# %% [markdown]
# ## What would change our mind
#
# The name of the patient and of the examination with every image, so that whole patients can be left
# out. Or all classes seen in the same examinations, with the same settings and the green box cut
# off. On the twin sessions can be laid so now: rerun this page with
# `-p data=simulated -p sessions=crossed`.

# %% [markdown]
# ## Run this page again
#
# The command that made this page. Change a parameter by another `-p name=value`.

# %% tags=["remove-input"]
display(Markdown(report.rerun(run)))

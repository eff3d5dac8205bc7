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
# # COIL: objects on a turntable

# %% tags=["remove-input"]
from typing import Annotated, Literal

from IPython.display import Markdown, display
from pydantic import Field, NonNegativeInt, PositiveInt

from confoundlab import StudyRun, report
from confoundlab.catalog import DATASETS
from confoundlab.croppers import Corner, Whole, constant_share, object_free
from confoundlab.croppers.vacuity import BACKGROUND_LIMIT
from confoundlab.design import splits
from confoundlab.notebook import page, widgets
from confoundlab.plotting import nets, views
from confoundlab.studies import Experiment, cheap_rivals, frozen, ladder, own_size, transformed

# %% tags=["parameters", "remove-input"]
dataset: Literal["coil20", "coil100"] = "coil20"  # which image set
data: Literal["auto", "real", "simulated"] = "auto"  # auto takes real images where they are
sessions: Literal["class", "image", "crossed", "twice"] = "class"  # how a twin's sessions are laid
crop_corner: Literal["top-left", "top-right", "bottom-left", "bottom-right"] = "top-right"  # place
crop_size: Annotated[int, Field(ge=12, le=128)] = 21  # side of the crop in pixels
whole_size: Annotated[int, Field(ge=12, le=128)] = 32  # side of the resized whole image
epochs: PositiveInt = 120  # passes over the training images
repeats: PositiveInt = 10  # nets a view, each with another split and other initial weights
own_size_repeats: NonNegativeInt = 0  # of them, nets on whole images at their own size
sector: Annotated[int, Field(ge=5, le=180)] = 60  # degrees that the honest split tests on
gap: Annotated[int, Field(ge=0, le=60)] = 10  # degrees beside them that train nothing
map_stride: Annotated[int, Field(ge=4, le=128)] = 12  # pixels between places of the leak map
map_epochs: PositiveInt = 40  # epochs at each place of the leak map
map_repeats: PositiveInt = 3  # nets at each place of the leak map
permutations: PositiveInt = 999  # size of the null
seed: NonNegativeInt = 0  # of everything

# %% tags=["remove-input"]
run = StudyRun(seed=seed, permutations=permutations)
images = run.load(dataset, data, sessions)
display(Markdown(report.data_line(images, epochs, repeats)))

# %% tags=["remove-input"]
answer = page.opening()

# %% mystnb={"figure": {"name": "fig-coil-accuracy", "caption": "Accuracy on held-out images (dots) with 95% intervals from resampled groups. A control whose whole interval lies right of the dashed chance line, and beyond the gray bar that holds 95% of one net's permutations, leaks. Diamonds: what the paper prints."}, "image": {"alt": "Dots with intervals for crop and whole image under the random and the arc split, beside the chance level, the permutation null and the number of the paper."}} tags=["remove-input"]
picture = page.opening()

# %% [markdown]
# **The question.** Objects stood on a turntable and were photographed every five degrees. All views
# of one object were taken in one turn, so that every object has a session of its own. If a net names
# the object from a corner in which there is no object, it must have learned something else.
#
# Dhar and Shamir {cite}`dhar2021evaluation` cropped 21x21 pixels from the top right of each image
# and trained LeNet-5 on nothing else. Here is the same experiment, with repeats, intervals and a
# permutation test, and with a split that keeps neighbouring views together.
#
# ## What the net sees
#
# Most crops look black. Stretched to full contrast, some of them are not.

# %% mystnb={"figure": {"name": "fig-coil-crops", "caption": "Top: some images. Middle: the crop, as it is. Bottom: the same crop with its contrast stretched. Where the bottom row shows texture or a gradient, the net has something to learn; a black tile in the bottom row is a crop of one flat value, and bright shapes with an edge are parts of the object. Where a set's terms keep its pictures from being published, a stored page shows the twin's here, and says so above them."}, "image": {"alt": "Three rows of small pictures: objects on a dark ground, their nearly black corner crops, and the crops with stretched contrast."}} tags=["hide-input"]
crop = Corner(crop_corner, crop_size, crop_size)
pictures = page.pictures(run, images)
run.keep(views.crops(pictures, crop), "crops")

# %% tags=["remove-input"]
shown = images.array(crop)
free = object_free(images, crop)
display(
    Markdown(
        f"Of {len(images):,} crops, {(shown.max(axis=(1, 2, 3)) == 0).sum():,} are all zero, "
        f"{report.percent(constant_share(shown))} are one flat value, and {(~free).sum():,} hold a "
        f"pixel brighter than {BACKGROUND_LIMIT} of 255, that is, a part of the object. The paper "
        "calls all such crops background."
    )
)

# %% mystnb={"figure": {"caption": "How many images each object (row) has in each session (column). One mark a row and a column: object and session are one thing with two names."}, "image": {"alt": "A grid of classes and sessions; marks show how many images lie in each cell."}} tags=["remove-input"]
page.design(run, images)

# %% [markdown]
# ## Move the crop
#
# In a live kernel the cell below has sliders for the image, the corner and the size. On this page
# it shows where they start.

# %% mystnb={"figure": {"caption": "Left: an image with the crop's place. Middle: the crop. Right: the crop with its contrast stretched."}, "image": {"alt": "An object with a box drawn in one corner, and the content of the box, plain and with stretched contrast."}} tags=["hide-input"]
widgets.crop_explorer(run, pictures, crop)

# %% [markdown]
# ## Turn the dials
#
# In a live kernel the cell below has a slider for each dial of the camera that photographs the twin, the
# simulated stand-in of these images. On this page it shows the settings with which the twin is made. One
# object is photographed in each session; what differs between the crops is the session.

# %% mystnb={"figure": {"caption": "Simulated objects, each in a session of its own. Middle: their corners, in which the scene is the same for all. Bottom: the corners with their contrast stretched, one range for all, so that brighter tiles are brighter sessions."}, "image": {"alt": "Three rows of small pictures: simulated objects, their nearly black corners, and the corners stretched, where some tiles are brighter than others."}} tags=["hide-input"]
widgets.dial_explorer(run, DATASETS[dataset].twin, crop)

# %% [markdown]
# ## Named without the subject
#
# In each repeat a LeNet-5 is trained on four fifths of the images, drawn at random, and tested on the
# rest. It sees the crop, or the whole image made small; at the paper's settings one also sees it at its
# own size. Verdicts are corrected for the number of controls on this page.

# %% tags=["hide-input"]
random_split = [splits.stratified(images.labels, seed=seed + n) for n in range(repeats)]
paper = Experiment(run, images, "random 80/20", random_split, epochs)
steps = ladder(paper, crop)
on_crop, on_whole = steps["the full crop"], paper.measure(Whole(whole_size))
at_own_size = own_size(paper, own_size_repeats)
pretrained = frozen(paper, crop)
rivals = cheap_rivals(paper, crop)
changed = transformed(paper, Whole(whole_size))
arcs = [
    splits.leave_arc_out(images.table["angle"], start=sector * n, width=sector, gap=gap)
    for n in range(repeats)
]
arc_crop = run.measure(images, crop, f"arc of {sector} degrees", arcs, epochs=epochs)
arc_whole = run.measure(images, Whole(whole_size), f"arc of {sector} degrees", arcs, epochs=epochs)
arc_free = run.measure(
    images,
    crop,
    f"arc of {sector} degrees",
    arcs,
    epochs=epochs,
    only=("crops without object", free),
)

# %% tags=["remove-input"]
page.tell(run, {"crop": on_crop, "whole image": on_whole} | at_own_size)

# %% [markdown]
# ## Without near copies
#
# Neighbouring views differ by five degrees. A random split puts one in training and its neighbour in
# the test. The honest split tests on one arc of the turntable and leaves the views beside it out of
# training. What it takes away was memory of near copies; what it leaves is the session.
#
# Where some crops hold a part of the object, a third line scores the same nets on the others only.

# %% tags=["remove-input"]
rows = {"crop": arc_crop, "whole image": arc_whole}
if not free.all():
    rows["crop, no object in it"] = arc_free
words = "What near copies are worth on the crop, random split minus arc"
page.tell(run, rows, page.gap(run, words, images, on_crop, arc_crop))
main = {
    "crop, random": on_crop,
    "crop, arc": arc_crop,
    "crop without\nobject, arc": arc_free,
    "crop, random,\nfrozen net": pretrained["the crop, frozen net"],
    "whole, random": on_whole,
    "whole, arc": arc_whole,
}
figure = page.draw(run, "accuracies", main, picture)
words = "The object, named from a corner crop, an arc of its turn left out"
page.answer(run, {words: arc_crop}, answer)

# %% [markdown]
# ## What carries the leak
#
# The crop is given to the net with all but one kind of information taken away. Two cheap rivals are
# asked beside it: random forests that see a mean, or eight pixels of the border
# {cite}`noyan2022uncovering`. The last line is another net: one that was trained on photographs and on
# nothing here, with a linear classifier on its features. If it names the class too, the leak is not
# LeNet's alone.

# %% mystnb={"figure": {"name": "fig-coil-ladder", "caption": "The crop with all but one kind of information taken away, and the cheap rivals. Where the mean level alone comes near the full crop, the leak is a brightness; where the high frequencies do, it is noise or compression. Dashes: chance; gray bars: 95% of one net's permutations."}, "image": {"alt": "Dots with intervals for the full crop, its low and high frequencies, its histogram, its mean level, and three random forests."}} tags=["hide-input"]
figure = page.draw(run, "ladder", steps | rivals | pretrained)

# %% tags=["remove-input"]
page.overtaken(steps)

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
# ## Which objects give themselves away
#
# If no session were special, errors would be spread evenly. Look for sessions that are recognised
# almost always, and for those that share one answer because their crops look alike.

# %% mystnb={"figure": {"caption": "Rows: the true object. Columns: what the net called it, from the crop alone, over all repeats of the random split. Bright cells on the diagonal are sessions that the net recognises; a bright column is the net's answer when it has nothing to go by."}, "image": {"alt": "Heat map of true object against named object for the crop."}} tags=["hide-input"]
run.keep(nets.confusion(on_crop.predictions, images, "Named from the crop alone"), "confusion")

# %% [markdown]
# ## Which factors can mislead
#
# A factor misleads a net if it says something about the class and if the pixels tell it. Either alone
# does no harm. Here every factor of the table is placed by both, with a linear probe on the crop's
# pixels in place of the net.

# %% mystnb={"figure": {"name": "fig-coil-factors", "caption": "Up: how much the factor says about the object, from nothing (0) to everything (1). Right: how well a linear probe of the crop's pixels names the factor in views that it has not seen; chance is 0.5, and a factor that was laid out in balance may come out below, because leaving views out unbalances the rest. Bars are 95% intervals. Filled and orange: both lie above chance after correction. What stands at the top right can mislead; the angle cannot, because every object was taken at all angles."}, "image": {"alt": "A scatter plot of session, angle and sector, by what they say about the object and by how well pixels tell them."}} tags=["hide-input"]
placed = page.factor_map(run, images, crop, images.table[["session", "angle", "sector"]])

# %% tags=["remove-input"]
missing = placed[placed["untested"] != ""]
lines = [f"- Not in the figure: {one.factor}. {one.untested}" for one in missing.itertuples()]
if lines:
    display(Markdown("\n".join(lines)))

# %% [markdown]
# ## Where the session hides
#
# The corner is one place. Here a net is trained on windows of the crop's size at every place of a
# grid. In the middle it sees the object; towards the corners less and less of it, and the session.

# %% mystnb={"figure": {"caption": "Left: the mean of all images. Right: accuracy from a window centred at each mark, tested on sectors of the turn that trained nothing; dark is chance. Round marks: the whole 95% interval lies above chance. Hatched squares: a net named one class only, so the place tells nothing. Round marks far from the object are places where the session shows; about one place in forty is round by chance alone."}, "image": {"alt": "The mean image, and over it a grid of marks coloured by the accuracy of nets trained on a window at that place; hatched squares where a net did not train."}} tags=["hide-input"]
places = page.leak_map(
    run, images, window=crop_size, stride=map_stride, epochs=map_epochs, repeats=map_repeats
)

# %% tags=["remove-input"]
page.point_at(places, images)

# %% [markdown]
# ## All numbers
#
# Rows with a number of the paper are those of its Table 4. Its text says that each crop is 128x128,
# which is the whole image; the table says 21x21, and so do we.

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(run.records)))

# %% tags=["remove-cell"]
run.finish()

# %% [markdown]
# ## What would change our mind
#
# The verdict on the whole image cannot be better than NOT IDENTIFIABLE as long as each object was
# photographed in a session of its own. Photograph every object again, in another order and on another
# day, train on one day and test on the other: then what is left is the object. On the twin this can be
# tried now: rerun this page with `-p data=simulated -p sessions=crossed`.

# %% [markdown]
# ## Run this page again
#
# The command that made this page. Change a parameter by another `-p name=value`.

# %% tags=["remove-input"]
display(Markdown(report.rerun(run)))

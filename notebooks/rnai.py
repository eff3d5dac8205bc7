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
# # RNAi: cells, plates and dates

# %% tags=["remove-input"]
from typing import Annotated, Literal

from IPython.display import Markdown, display
from pydantic import Field, NonNegativeInt, PositiveInt

from confoundlab import StudyRun, report
from confoundlab.croppers import AsIs, BlankestPatch, Centre, Corner, Whole, patches
from confoundlab.design import splits
from confoundlab.evidence import factor_share
from confoundlab.notebook import page
from confoundlab.plotting import views
from confoundlab.studies import Experiment, ladder

# %% tags=["parameters", "remove-input"]
dataset: Literal["rnai"] = "rnai"  # the paper's fields; MitoCheck's cells always come beside them
data: Literal["auto", "real", "simulated"] = "auto"  # auto takes real images where they are
patch_size: Annotated[int, Field(ge=20, le=128)] = 60  # side of the patches of a field in pixels
min_area: PositiveInt = 40  # a cell has more pixels than this
per_field: PositiveInt = 10  # patches of each kind from a field
crop_size: Annotated[int, Field(ge=12, le=32)] = 20  # corner of a MitoCheck cell's image, in pixels
whole_size: Annotated[int, Field(ge=12, le=64)] = 32  # side of the resized MitoCheck image
epochs: PositiveInt = 120  # passes over the training images
repeats: PositiveInt = 10  # nets a view, each with another split and other initial weights
folds: Annotated[int, Field(ge=2, le=20)] = 5  # folds with whole plates, or whole dates, held out
permutations: PositiveInt = 999  # size of the null
seed: NonNegativeInt = 0  # of everything

# %% tags=["remove-input"]
run = StudyRun(seed=seed, permutations=permutations)
fields = run.load(dataset, data)
screen = run.load("mitocheck", "auto" if data == "real" else data)
display(Markdown(report.data_line(fields, epochs, repeats) + "\n>\n" + report.data_line(screen)))

# %% tags=["remove-input"]
answer = page.opening()

# %% mystnb={"figure": {"name": "fig-rnai-accuracy", "caption": "Accuracy on held-out patches (dots) with 95% intervals from resampled groups: patches without a cell and with one, at random and with fields apart. Dashed: chance; gray bars: 95% of one net's permutations; diamonds: what the paper prints."}, "image": {"alt": "Dots with intervals for background and cell patches under two splits, beside chance and the paper's numbers."}} tags=["remove-input"]
picture = page.opening()

# %% [markdown]
# **The question.** In an RNAi screen a gene is switched off and cells are photographed. All cells of a
# gene lie on one slide and are taken in one session. Dhar and Shamir {cite}`dhar2021evaluation` cut
# 60x60 pixels around each cell, and as many where no cell is. If the gene is named from pixels without
# a cell, the slide was learned.
#
# The paper's ten genes {cite}`shamir2008iicbu` name no session in their files. MitoCheck
# {cite}`neumann2010mitocheck`, another RNAi screen, names plate, date and place of every cell, so that
# whole plates and whole dates can be held out, which the paper could not do.
#
# ## Cells, and pixels without a cell
#
# Cells are what {term}`Otsu's threshold` finds, if it has enough pixels. A background patch touches no patch of
# a cell, and no other background patch.

# %% tags=["hide-input"]
options = {"size": patch_size, "min_area": min_area, "seed": seed}
cells = patches.cell_patches(fields, at_most=per_field, **options)
background = patches.background_patches(fields, at_most=per_field, speck=min_area, **options)
run_names = {
    "cells": AsIs(
        f"crop {patch_size}x{patch_size} around Otsu objects of more than {min_area} pixels"
    ),
    "background": AsIs(f"crop {patch_size}x{patch_size} no cell inside", is_control=True),
}
display(
    Markdown(
        f"{len(fields):,} fields give {len(cells):,} patches with a cell and {len(background):,} "
        f"without; {len(cells.skipped) + len(background.skipped)} fields give none of one kind."
    )
)

# %% tags=["remove-input"]
pictures = page.pictures(run, fields)  # the twin's where the terms forbid to publish these
cells_seen, background_seen = cells, background
if pictures is not fields:
    cells_seen = patches.cell_patches(pictures, at_most=per_field, **options)
    background_seen = patches.background_patches(
        pictures, at_most=per_field, speck=min_area, **options
    )

# %% mystnb={"figure": {"name": "fig-rnai-cells", "caption": "Patches around cells, as they are and with contrast stretched. Look for shape: size, number and texture of nuclei are what a gene may change."}, "image": {"alt": "Two rows of square patches with bright round cells."}} tags=["hide-input"]
run.keep(views.crops(cells_seen, run_names["cells"]), "cells")

# %% mystnb={"figure": {"name": "fig-rnai-background", "caption": "Patches without a cell. Stretched, they show noise, a gradient or the haze of a neighbour; the eye cannot sort them by gene."}, "image": {"alt": "Two rows of square patches without cells, nearly black, and noisy where the contrast is stretched."}} tags=["hide-input"]
run.keep(views.crops(background_seen, run_names["background"]), "background")

# %% [markdown]
# ## The same session
#
# As in Table 2: three quarters of the patches train, one quarter tests, drawn at random, so that
# patches of one field are on both sides. The honest split keeps fields apart.

# %% tags=["hide-input"]
at_random, apart = {}, {}
for kind, images in (("cells", cells), ("background", background)):
    quarter = [
        splits.stratified(images.labels, test_share=0.25, seed=seed + n) for n in range(repeats)
    ]
    whole_fields = splits.grouped_folds(images.labels, images.groups, folds=folds, seed=seed)
    row = f"rnai_{kind}"
    at_random[kind] = Experiment(run, images, "random 75/25", quarter, epochs, row=row)
    apart[kind] = Experiment(run, images, "fields apart", whole_fields, epochs, row=row)
cells_random = at_random["cells"].measure(run_names["cells"])
steps = ladder(at_random["background"], run_names["background"])
empty_random = steps["the full crop"]
cells_apart, empty_apart = (apart[kind].measure(run_names[kind]) for kind in apart)

# %% tags=["remove-input"]
main = {
    "background": empty_random,
    "background, fields apart": empty_apart,
    "cells": cells_random,
    "cells, fields apart": cells_apart,
}
page.tell(run, main)
figure = page.draw(run, "accuracies", main, picture)
page.answer(run, {"The gene, named from pixels without a cell, fields apart": empty_apart}, answer)

# %% mystnb={"figure": {"name": "fig-rnai-ladder", "caption": "The background patch with all but one kind of information taken away. The step that comes near the full crop carries the session."}, "image": {"alt": "Dots with intervals for the full background patch, its low and high frequencies, its histogram and its mean level."}} tags=["hide-input"]
figure = page.draw(run, "ladder", steps)

# %% tags=["remove-input"]
page.overtaken(steps)

# %% [markdown]
# ## Another session
#
# As in Table 5: every gene is taken twice, on two slides in two sessions. Nets train on the first and
# are tested on the second, and the other way round. What depended on the session is gone. What is
# left in the background may be the subject after all: pieces of cells too small to count as one, and
# the haze around cells.

# %% tags=["hide-input"]
other = {}
if fields.state == "simulated":
    again = run.load(dataset, data, "twice")
    for kind, cut in (("cells", patches.cell_patches), ("background", patches.background_patches)):
        more = options | ({"speck": min_area} if kind == "background" else {})
        taken = cut(again, at_most=per_field * 3 // 2, **more)
        takes = [splits.leave_out(taken.table["take"], take) for take in ("second", "first")]
        other[f"{kind.capitalize()}, other session"] = run.measure(
            taken,
            run_names[kind],
            "other session",
            takes,
            epochs=epochs,
            row=f"rnai_{kind}_other_session",
        )
page.tell(run, other, "" if other else "The real files do not name their sessions: left out.")

# %% [markdown]
# ## The same nets on MitoCheck's cells
#
# Every image is cut from a frame of a movie around one nucleus. The whole image holds the nucleus; its
# top left corner should not. In some it does, because a neighbour reaches into it; they are counted, and
# left out of one line. Another way round a neighbour is to look for the patch of each image that varies
# least, wherever it lies. Beside them stands the middle, as many pixels, with the nucleus in it.

# %% tags=["remove-input"]
about = (
    "MitoCheck's images are not at hand here: its twin stands in, with its phenotypes and counts."
    if screen.state == "simulated"
    else "These are real images of another screen than the paper's; experts named the phenotypes."
)
display(Markdown(about))

# %% tags=["hide-input"]
corner, whole = Corner("top-left", crop_size, crop_size), Whole(whole_size)
free = patches.cell_free(screen, corner, min_area=min_area)
screen_random = [splits.stratified(screen.labels, seed=seed + n) for n in range(repeats)]
plates, dates = (
    splits.grouped_folds(screen.labels, screen.table[column], folds=folds, seed=seed)
    for column in ("plate", "session")
)
layouts = {"random 80/20": screen_random, "plates apart": plates, "dates apart": dates}
# the twin's phenotypes have a date each: without it nothing of them could be learned
if dated_alone := screen.table.groupby("label")["session"].nunique().max() == 1:
    del layouts["dates apart"]
found = {
    (view, name): run.measure(screen, view, name, split, epochs=epochs)
    for view in (corner, whole)
    for name, split in layouts.items()
}
empty = run.measure(
    screen, corner, "plates apart", plates, epochs=epochs, only=("corners without a cell", free)
)
blankest, middle = (
    run.measure(screen, view(crop_size, crop_size), "plates apart", plates, epochs=epochs)
    for view in (BlankestPatch, Centre)
)

# %% tags=["remove-input"]
shown = {f"{view},\n{name}": one for (view, name), one in found.items()} | {
    "corners without a cell,\nplates apart": empty,
    "blankest patch,\nplates apart": blankest,
    "middle of the same size,\nplates apart": middle,
}
said = f"{(~free).sum():,} of {len(free):,} corners hold a part of a cell."
if dated_alone:
    said += " Every phenotype has one date only, so that no date can be left out."
display(Markdown(said))
page.tell(run, {words.replace("\n", " "): one for words, one in shown.items()})

# %% mystnb={"figure": {"name": "fig-rnai-screen", "caption": "MitoCheck: corner and whole image at random and with whole plates or dates apart, and other views of the size of the corner with whole plates apart. Each drop from the random split is what a shared plate or date was worth. Dashes: chance, the share of the commonest phenotype; gray bars: 95% of one net's permutations."}, "image": {"alt": "Dots with intervals for the corner and the whole image under random and honest splits, for corners without a cell, the blankest patch and the middle."}} tags=["hide-input"]
figure = page.draw(run, "screen", shown)

# %% tags=["remove-input"]
drops = [
    page.gap(
        run,
        f"- {view}, random split minus {name}",
        screen,
        found[view, "random 80/20"],
        found[view, name],
    )
    for view in (corner, whole)
    for name in layouts
    if name != "random 80/20"
]
display(Markdown("What a shared plate or date was worth:\n\n" + "\n".join(drops)))

# %% [markdown]
# ## How much of the corner's accuracy is the plate
#
# If labels were known only as well as their plate tells them, how often would the corner's net be
# right? The accuracy is cut into chance, what the plate or the date explains, and what is beyond it.

# %% tags=["remove-input"]
answers = found[corner, "random 80/20"].predictions.query("repeat == 0")
rows = answers["image"].to_numpy()
lines = []
for column in ("plate", "session"):
    if screen.table[column].nunique() > 1:
        parts = factor_share.explained_by_factor(
            answers["predicted"],
            screen.labels[rows],
            screen.table[column].to_numpy()[rows],
            screen.groups[rows],
            n_permutations=permutations,
            seed=seed,
        )
        lines.append(f"- **{'date' if column == 'session' else column}**: {parts}")
display(Markdown("\n".join(lines)))

# %% mystnb={"figure": {"name": "fig-rnai-factors", "caption": "Up: how much a factor says about the phenotype, from nothing (0) to everything (1). Right: how well a linear probe of the corner's pixels names the factor in movies it has not seen; chance is 0.5. What stands at the top right can mislead a net. Bars: 95% intervals. Filled and orange: both above chance after correction."}, "image": {"alt": "A scatter plot of the date and the time point of MitoCheck's images."}} tags=["hide-input"]
movies = screen.table.groupby("session")["group"].transform("nunique").to_numpy()
tested = screen.subset(
    movies > 1
)  # a date with one movie cannot be learned in one and asked in another
factors = [one for one in ("session", "frame") if one in tested.table]
known = tested.table[factors].rename(columns={"session": "date"})
placed = page.factor_map(run, tested, corner, known)

# %% tags=["remove-input"]
display(
    Markdown(
        f"The figure is of the {len(tested):,} images whose date has two movies or more: of the "
        f"others, date and movie are the same thing."
    )
)

# %% [markdown]
# ## All numbers

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(run.records)))

# %% tags=["remove-cell"]
run.finish()

# %% [markdown]
# ## What would change our mind
#
# A gene on two slides, taken on two days in another order. If background patches of the one still named
# the gene on the other, there would be something of the gene in them. For MitoCheck, phenotypes spread
# evenly over plates would let the random split and the honest one be compared without their different
# shares of classes.

# %% [markdown]
# ## Run this page again
#
# The command that made this page. Change a parameter by another `-p name=value`.

# %% tags=["remove-input"]
display(Markdown(report.rerun(run)))

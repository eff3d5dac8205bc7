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
# # Real plates: weeks, columns, donors and density

# %% tags=["remove-input"]
from typing import Annotated, Literal

from IPython.display import Markdown, display
from pydantic import Field, NonNegativeInt, PositiveInt

from confoundlab import StudyRun, report
from confoundlab.escape import markdown
from confoundlab.evidence import differences
from confoundlab.notebook import page
from confoundlab.plates.analysis import forests
from confoundlab.plates.figures import grids as figures
from confoundlab.plates.nuisance import density, focus_trial, heatmaps
from confoundlab.plates.studies import real
from confoundlab.plotting import nets

# %% tags=["parameters", "remove-input"]
dataset: Literal["plates_real"] = "plates_real"  # all sets of tables that are at hand
data: Literal["auto", "real"] = "auto"  # auto leaves out the sets that are missing, real refuses
crop: Annotated[int, Field(ge=128, le=520)] = 256  # side of the window that is spoiled, in pixels
repeats: PositiveInt = 3  # forests a split, each with another seed
folds: Annotated[int, Field(ge=2, le=20)] = 5  # folds of random and of grouped splits
permutations: PositiveInt = 999  # size of the null
seed: NonNegativeInt = 0  # of everything

# %% tags=["remove-input"]
run = StudyRun(seed=seed, permutations=permutations)
sets = real.at_hand(run)
sites = real.focus_at_hand(run)
display(Markdown(real.data_lines(run)))

# %% tags=["remove-input"]
answer = page.opening()

# %% [markdown]
# **The question.** Venugopalan et al. {cite}`venugopalan2019easy` found focus, batch, laboratory and
# density in the answers of their nets. Their screens were never released. These public sets have the
# same traps, and real ones. A set that is missing where this page is made is left out, and named above.
#
# {term}`Random forests <random forest>` are scikit-learn's, with its default settings. Accuracies have 95% intervals from resampled
# groups (wells, plates, compounds), and a null from permuted labels.
#
# ## A measure of focus
#
# The focus of a site is the width of its edges in pixels. In BBBC006 {cite}`ljosa2012annotated` nine sites
# are known to be in focus and 24, of the lowest focal plane, far out of it. The nine were blurred by
# ten known widths, and then spoiled by noise, clipping, dark corners, gain and offset
# {cite}`yang2018focus`.

# %% tags=["hide-input"]
if sites:
    untouched = focus_trial.untouched(sites)
    blurred = focus_trial.known_blurs(sites, window=crop, seed=seed)
    run.keep_table(blurred, "focus")
    judged = focus_trial.judge(run, sites, untouched, blurred)
    page.tell(run, {"in focus, or plane 00": judged.pop(focus_trial.APART)})
else:
    display(Markdown(real.left_out("focus_quality")))

# %% tags=["remove-input"]
if sites:
    summary = focus_trial.summary(judged, blurred)
    run.keep_table(summary, "focus-ranks")
    display(report.table(summary))

# %% mystnb={"figure": {"name": "fig-plates-focus", "caption": "First panel: measured width of edges in untouched sites. Others: the nine sites in focus, blurred by known widths; gray lines are sites, orange their median. A measure that works rises in every line, and lines lie together."}, "image": {"alt": "Small panels of rising lines: measured width of edges against the known blur, one panel for each fault of the picture."}} tags=["hide-input"]
if sites:
    figure = figures.focus_against_blur(blurred, untouched, sites.state)
    run.keep(figure, "focus")

# %% [markdown]
# ## Heat maps, and genotypes that are columns
#
# Schwann cells of three NF1 genotypes {cite}`tomkinson2024nf1`: each pixel is a site, A1 is at the top
# left. Sharpness is the slope of the power spectrum of the nuclei: nearer to zero is sharper.

# %% mystnb={"figure": {"name": "fig-plates-nf1", "caption": "Sharpness of the nuclei on four NF1 plates, a pixel a site; gray: no site. Look for columns and edges that differ."}, "image": {"alt": "Four plates as heat maps, eight rows by twelve columns of wells, each well a square of sites."}} tags=["hide-input"]
sharpness = "PowerLogLogSlope DAPI"
nf1 = sets.get("nf1_qc")
if nf1:
    by_plate = dict(list(nf1.table.groupby("plate")))
    grids = {f"plate {name}": heatmaps.site_grid(own, sharpness) for name, own in by_plate.items()}
    figure = figures.plate_maps({"NF1": grids}, "slope of the spectrum", nf1.state, across=2)
    run.keep(figure, "nf1")

# %% mystnb={"figure": {"name": "fig-plates-nf1-layout", "caption": "Which genotype lies in which well. Where a genotype is a block of columns, whatever differs between columns differs between genotypes."}, "image": {"alt": "Four plates with a letter for the genotype in each well; on three of them the genotypes are blocks of four columns."}} tags=["hide-input"]
if nf1:
    named = {f"plate {name}": own for name, own in by_plate.items()}
    figure = figures.layouts(named, "condition", "Genotypes of NF1", nf1.state)
    run.keep(figure, "nf1-layout")

# %% [markdown]
# Is the value higher in the centre (rank correlation above 0), and in inner wells than in edge wells
# (ROC AUC above 0.5)? Neighbouring wells are alike, so that the field of a single plate cannot be told
# from a trend. So p is 1 by design, and the interval says how the wells of this plate differ. Plates
# without an edge well, or with edge wells only, have no second line.

# %% tags=["remove-input"]
lines = []
if nf1:
    lines = [
        f"- **plate {markdown(name)}**: {markdown(words)}"
        for name, own in by_plate.items()
        for words in real.places(own, sharpness, n_permutations=permutations, seed=seed)
    ]
display(Markdown("\n".join(lines) or real.left_out("nf1_qc")))

# %% [markdown]
# Next, a forest names the genotype of wells that it has not seen, once from quality measures alone and
# once from the number of the column alone. The column is a control: no cell is in it.

# %% tags=["hide-input"]
answers = real.nf1_answers(run, nf1, folds=folds, repeats=repeats) if nf1 else {}
if answers:
    page.tell(run, answers)
else:
    display(Markdown(real.left_out("nf1_qc")))

# %% [markdown]
# No split of these data tells genotype and column apart, whole plates left out included: all plates of
# that layout have the same columns.
#
# ## Hearts: a grouped split that looks safe
#
# Cardiac fibroblasts of one healthy and one failing heart {cite}`waylab2025fibrosis` on four replicate
# plates. The healthy heart always has row B, the failing one row E.

# %% tags=["hide-input"]
screen = sets.get("cardiac_fibroblast_screen")
hearts = real.heart_answers(run, screen, folds=folds, repeats=repeats) if screen else {}
if hearts:
    page.tell(run, hearts)
else:
    display(Markdown(real.left_out("cardiac_fibroblast_screen")))

# %% [markdown]
# The same accuracy with whole plates left out would prove nothing about disease: every plate has the
# same donor in the same row. What the forest names may be the donor or the row.
#
# An older plate has six hearts, two healthy and four failing {cite}`travers2024cardiac`.

# %% mystnb={"figure": {"name": "fig-plates-hearts", "caption": "Sharpness of the nuclei of six hearts on one plate, a pixel a site; gray: no site. Look for columns that differ: hearts alternate by column."}, "image": {"alt": "One plate as a heat map of sites, with wells in rows B to G and columns 2 to 11."}} tags=["hide-input"]
plate = sets.get("cardiac_fibroblast_qc")
if plate:
    grids = {"one plate": heatmaps.site_grid(plate.table, "PowerLogLogSlope DNA")}
    figure = figures.plate_maps({"Six hearts": grids}, "slope of the spectrum", plate.state)
    run.keep(figure, "hearts")

# %% mystnb={"figure": {"name": "fig-plates-hearts-layout", "caption": "Which heart lies in which well: hearts alternate by column, and each pair of hearts has two rows. Whatever differs between columns differs between hearts."}, "image": {"alt": "One plate with a number for the heart in each well."}} tags=["hide-input"]
if plate:
    figure = figures.layouts({"one plate": plate.table}, "line", "Hearts", plate.state)
    run.keep(figure, "hearts-layout")

# %% tags=["hide-input"]
lines = []
if plate:
    named = real.quality_answers(run, plate, folds=folds, repeats=repeats)
    page.tell(run, named)
    where = real.places(
        plate.table, "PowerLogLogSlope DNA", rings=2, n_permutations=permutations, seed=seed
    )
    lines = [f"- {markdown(words)}" for words in where]
display(Markdown("\n".join(lines) or real.left_out("cardiac_fibroblast_qc")))

# %% [markdown]
# ## BBBC021: the week is in the cells
#
# Wells with DMSO have no drug. If a forest names their week from the profile of their cells
# {cite}`caie2010high`, the week is in the profile. Wells of one plate are near copies, so that the
# honest split keeps plates apart.

# %% tags=["hide-input"]
bbbc = sets.get("bbbc021_profiles")
weeks = real.week_answers(run, bbbc, folds=folds, repeats=repeats) if bbbc else {}
if weeks:
    page.tell(run, weeks)
else:
    display(Markdown(real.left_out("bbbc021_profiles")))

# %% [markdown]
# The same forest names the mechanism of action of a drug. A random split has other doses and replicates
# of the compound to learn from; leaving compounds out takes them away, and leaving a week out takes
# the week away as well. A week that holds one compound allows no permutation, so that the p-value of
# whole weeks out says little; its interval does. Last, the mechanism is named from the week alone.

# %% tags=["hide-input"]
moa = real.mechanism_answers(run, bbbc, folds=folds, repeats=repeats) if bbbc else {}
if moa:
    page.tell(run, moa)
else:
    display(Markdown(real.left_out("bbbc021_profiles")))

# %% mystnb={"figure": {"name": "fig-plates-bbbc", "caption": "Accuracy of forests on held-out wells of BBBC021, with 95% intervals from resampled plates (week) or compounds (mechanism). Dashes: chance; gray bars: 95% of one forest's permutations. What is lost from a random split to plates, compounds or weeks apart was owed to what they share."}, "image": {"alt": "Dots with intervals for the week named from control wells and the mechanism named under three splits."}} tags=["hide-input"]
if bbbc:
    page.answer(run, weeks, answer)
    together = weeks | moa
    figure = nets.accuracies([one.record for one in together.values()], list(together))
    run.keep(figure, "bbbc021")

# %% [markdown]
# Some mechanisms were imaged in one week only. If that week is left out, their class is not among those
# trained on, and nothing could name them: that part of the drop is forced by the design. It says nothing
# about weeks.

# %% tags=["remove-input"]
lines = []
if bbbc:
    asked = real.mechanism(run, bbbc)
    random, week_out = (moa[words].predictions for words in real.DROP)
    alone = forests.lonely(asked.table["condition"], asked.table["batch"])
    cut = forests.cut_drop(random, week_out, asked.labels, asked.groups, alone, seed=seed)
    options = {"n_permutations": permutations, "seed": seed}
    gap = differences.difference(random, week_out, asked.labels, asked.groups, **options)
    names = ", ".join(sorted(asked.table["condition"][alone].unique()))
    lines = [
        f"- Imaged in one week only: {markdown(names)}; {alone.sum()} of {len(alone)} wells.",
        f"- The drop: {cut}.",
        f"- {report.gap('Random split minus whole weeks out', gap)}",
    ]
display(Markdown("\n".join(lines) or real.left_out("bbbc021_profiles")))

# %% [markdown]
# ## LINCS: density follows batch, date, plate and place
#
# Cell counts of wells with DMSO only {cite}`way2022morphology`, so that no compound is in them. How much of
# the variance of the count (its logarithm) does each factor explain, the others held fixed where said?

# %% tags=["hide-input"]
lincs = sets.get("lincs_cell_counts")
lines = []
if lincs:
    shares = density.explained(lincs, n_permutations=permutations, seed=seed)
    lines = [f"- **{words}**: {markdown(str(one))}" for words, one in shares.items()]
display(Markdown("\n".join(lines) or real.left_out("lincs_cell_counts")))

# %% mystnb={"figure": {"name": "fig-plates-dates", "caption": "Median count of the control wells of each plate, by batch, cell line and hours, and in the first batch by date. A dot is a plate, the bar the median of the plates. Where dates lie further apart than the plates of one date, the count tells the date."}, "image": {"alt": "Strips of dots, one for each date or cell line, with a bar at the median; the dates do not lie at the same count."}} tags=["hide-input"]
if lincs:
    plates = density.plate_medians(lincs)
    figure = figures.by_group(
        plates, "kind", "cells", "cells a well", "Density by date", lincs.state
    )
    run.keep(figure, "dates")

# %% mystnb={"figure": {"name": "fig-plates-density", "caption": "Mean of the count's logarithm (base 2) in each well, less its plate's mean, control wells only. Control wells lie in the same few places on all plates, so that edge in batch 1 means the top left corner."}, "image": {"alt": "Two plates of 384 wells, gray but for the control wells; wells in the first row differ from inner ones."}} tags=["hide-input"]
if lincs:
    grids = density.position_grids(lincs)
    figure = figures.plate_maps(
        {"Density by place": grids}, "log2 count, less plate's mean", lincs.state, wells=(16, 24)
    )
    run.keep(figure, "density")

# %% [markdown]
# Are control wells at the edge told by their count alone, and is the date? Whole plates are held out.

# %% tags=["hide-input"]
told = density.told_by_count(run, lincs) if lincs else {}
if told:
    page.tell(run, told)
else:
    display(Markdown(real.left_out("lincs_cell_counts")))

# %% [markdown]
# ## All numbers

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(run.records)))

# %% tags=["remove-cell"]
run.finish()

# %% [markdown]
# ## What would change our mind
#
# Genotypes and donors dealt at random over the wells of each plate, and more than one donor a class:
# then a split by donor would say something about disease. For BBBC021, every mechanism in every week.
#
# ## Run this page again
#
# The command that made this page. Change a parameter by another `-p name=value`.

# %% tags=["remove-input"]
display(Markdown(report.rerun(run)))

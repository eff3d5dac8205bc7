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
# # SMA: batch, focus and laboratory

# %% tags=["remove-input"]
from typing import Annotated, Literal

from IPython.display import HTML, Markdown, display
from pydantic import Field, NonNegativeInt, PositiveInt

from confoundlab import StudyRun, report
from confoundlab.notebook import page, widgets
from confoundlab.plates.analysis import after_remedies, cnn, leave_pair_out
from confoundlab.plates.analysis import laboratory as lab
from confoundlab.plates.features import embeddings, patches, smaller, statistics, survey
from confoundlab.plates.figures import folds as figures_folds
from confoundlab.plates.figures import grids, hover, sma
from confoundlab.plates.nuisance import batch_mixing, nuisance_in_controls
from confoundlab.plates.studies import sma as study

# %% tags=["parameters", "remove-input"]
dataset: Literal["sma"] = "sma"  # pilot and main plates of 6 and of 27 lines of fibroblasts
data: Literal["simulated"] = "simulated"  # the published screens were never released
scale: Literal["smoke", "default", "paper"] = "smoke"  # how many plates, and sites in a well
wells: Annotated[int, Field(ge=1, le=3)] = 3  # of each line on a main plate
laboratory: Annotated[float, Field(ge=0, le=3)] = 0.5  # dial: lines differ by laboratory
phenotype: Annotated[float, Field(ge=0, le=2)] = 0.15  # dial: lines with SMA differ in looks
batch_gain: Annotated[float, Field(ge=0, le=3)] = 1.0  # dial: batches differ in stain
focus: Annotated[float, Field(ge=0, le=2)] = 1.0  # dial: focus falls off from the plate's centre
patch_size: Annotated[int, Field(ge=24, le=128)] = 48  # side of a cell's patch in pixels
per_site: PositiveInt = 6  # patches of a site, at most
embedder: str = "efficientnet_lite0"  # net of the embeddings; any of torchvision or timm
side: Annotated[int, Field(ge=32, le=480)] = 96  # pixels that the embedder is given
cnn_side: Annotated[int, Field(ge=12, le=128)] = 24  # of a patch as the CNN sees it
epochs: PositiveInt = 5  # passes over the training patches
refits: PositiveInt = 19  # nets with permuted labels in each fold; p >= 1 / (1 + refits)
permutations: PositiveInt = 999  # size of the other nulls
seed: NonNegativeInt = 0  # of everything

# %% tags=["remove-input"]
run = StudyRun(seed=seed, permutations=permutations)
dials = {
    "laboratory": laboratory,
    "phenotype": phenotype,
    "batch_gain": batch_gain,
    "focus": focus,
}
main = study.plates("sma_main", scale, wells, seed=seed, **dials)
pilot = study.plates("sma_pilot", scale, wells, seed=seed, **dials)
main_sites, cells = survey.cells(main, size=patch_size, per_site=per_site)
pilot_sites = survey.focus(pilot)
run.note(cells, "sma_main")
run.note(main_sites, "sma_main, sites")
run.note(pilot_sites, "sma_pilot, sites")
display(Markdown(study.data_line(cells, pilot_sites)))

# %% tags=["remove-input"]
answer = page.opening()

# %% [markdown]
# **The question.** Fibroblasts of twelve people with spinal muscular atrophy (SMA) and of fifteen
# healthy people were grown on plates, in two batches weeks apart. Models told SMA from healthy in people
# whom they had never seen. Venugopalan et al. {cite}`venugopalan2019easy` then looked at what else they
# could have used: focus, batch, and the laboratory that a line came from.
#
# Their pictures were never released. These plates are simulated: every nuisance has a dial, and so has
# the disease. The dials were chosen to show that such findings *can* come about this way, not that they
# did so in the real screen.
#
# ## From a plate to patches
#
# The paper's Figure 1. Each plate has all lines, dealt to wells at random, and control wells of one healthy line in
# the same places everywhere. Nuclei are found without labels {cite}`ando2017improving`, and a patch is
# cut around each.

# %% mystnb={"figure": {"name": "fig-sma-layout", "caption": "Simulated: what lies in which well of the first plate of each batch. C: control wells, the same on all plates; H: healthy lines; S: lines with SMA. Look whether both kinds lie all over a plate: what keeps to one side is told by its place."}, "image": {"alt": "Two plates of eight rows by twelve columns with a letter in each well; control wells form a regular grid, the others are mixed."}} tags=["hide-input"]
figure = grids.layouts(study.layouts(main), "content", "Two plates", cells.state)
run.keep(figure, "layout")

# %% mystnb={"figure": {"name": "fig-sma-site", "caption": "One simulated site: five stains, and the nuclei in the first. Circles: where cells were planted; crosses: where nuclei were found. Cells on the border and cells on top of each other are missed."}, "image": {"alt": "Six square pictures of the same cells, one a stain; in the last one crosses lie inside most circles."}} tags=["hide-input"]
figure = sma.site(main, 0)
run.keep(figure, "site")

# %% mystnb={"figure": {"name": "fig-sma-patches", "caption": "Simulated cells in false colours: DNA blue, endoplasmic reticulum cyan, RNA green, actin yellow, mitochondria purple. The net for embeddings sees this mixture in three channels, the CNN all five stains. Look whether you could tell the rows apart."}, "image": {"alt": "Two rows of small coloured pictures of cells, one row healthy and one row SMA; they look alike."}} tags=["hide-input"]
figure = sma.patches(cells)
run.keep(figure, "patches")

# %% [markdown]
# ## Does focus fall off from the centre?
#
# The paper's Figure 2. Pilot plates were imaged in one plane, main plates in a stack of planes of which the sharpest
# was kept.

# %% mystnb={"figure": {"name": "fig-sma-focus", "caption": "Focus score of each simulated site, six pilot plates above, six main plates below, A1 at the top left; gray: empty wells. Look for a bright centre."}, "image": {"alt": "Twelve plates as heat maps; those above are bright in the middle and dark in the corners, those below are bright everywhere."}} tags=["hide-input"]
maps = {"pilot": study.shown_plates(pilot_sites), "main": study.shown_plates(main_sites)}
figure = grids.plate_maps(maps, "focus score", cells.state)
run.keep(figure, "focus")

# %% [markdown]
# Is focus higher towards the centre (rank correlation above 0), and in inner wells than in edge wells
# (ROC AUC above 0.5)? Neighbouring wells are alike, so plates are the sample. Without a trend that they
# share, a plate's pattern is as likely with the other sign. Six plates are the fewest whose signs can
# give a p-value below 0.05. Beside it: whether the score follows the
# blur that was planted, and the same trend of the planted blur itself. The stack leaves blurs of a
# fraction of a pixel, which are not ordered by place.

# %% tags=["hide-input"]
focused = {
    name: study.judge_focus(run, sites, f"sma_{name}")
    for name, sites in {"pilot": pilot_sites, "main": main_sites}.items()
}

# %% tags=["remove-input"]
lines = [
    f"- **{name}**, {report.measured(words, record)}"
    for name, records in focused.items()
    for words, record in records.items()
]
display(Markdown("\n".join(lines)))

# %% mystnb={"figure": {"name": "fig-sma-focus-truth", "caption": "Focus score of simulated sites against the blur that was planted there. A score that measures focus falls from left to right."}, "image": {"alt": "Two clouds of points; in the pilot the score falls as the planted blur grows, in the main set all points lie at small blur."}} tags=["hide-input"]
figure = sma.focus_truth({"pilot": pilot_sites.table, "main": main_sites.table})
run.keep(figure, "focus-truth")

# %% [markdown]
# ## Do embeddings cluster by batch?
#
# The paper's Figure 3. A net that was trained on photographs {cite}`tan2019efficientnet` turns patches
# into numbers, their {term}`embedding`, and {term}`t-SNE` draws these as a map.
# The paper maps cells; cells differ so much from each other here that a point is the mean of the cells
# of a well. Control wells are left out. In a live kernel the map has a menu of the column that colours it.

# %% tags=["hide-input"]
features = embeddings.embed(cells.pixels, embedder, side=side)
means, well_table = study.by_well(features, cells.table)
points = embeddings.tsne(means, perplexity=min(30, len(means) // 4), seed=seed)

# %% mystnb={"figure": {"name": "fig-sma-tsne", "caption": "Simulated wells, a point each: one t-SNE map of the mean embedding of their cells, coloured by condition and by batch. Look in which panel colours lie apart. Distances between clusters mean little; the numbers are below."}, "image": {"alt": "Two copies of one cloud of points, coloured by condition on the left and by batch on the right."}} tags=["hide-input"]
widgets.colour_explorer(
    run,
    points,
    well_table,
    ["condition", "batch"],
    ["laboratory", "plate", "row"],
    title="t-SNE of wells",
    state=cells.state,
)

# %% [markdown]
# What belongs beside such a picture: how many of a well's neighbours share its label, how many
# labels there effectively are around it (LISI {cite}`korsunsky2019harmony`), and the silhouette
# {cite}`rousseeuw1987silhouettes`, each against permuted labels. Batches were given to whole plates, so
# plates are permuted; few plates can be dealt to batches in few ways only, and then even a clear
# clustering has no small p-value. The interval and the value when mixed say more there.

# %% tags=["remove-input"]
mixed = study.mixed(means, well_table, n_permutations=permutations, seed=seed)
run.keep_table(mixed, "mixing")
words = [f"- **{row.label}**: {row.words}." for row in mixed.itertuples()]
display(Markdown("\n".join(words) + f"\n\n{batch_mixing.CAVEAT}"))

# %% [markdown]
# Point at a mark to see a cell of its well. This map needs no network. In a live kernel,
# `hover.hover_map` makes one from the same arguments that moves and zooms.

# %% tags=["remove-input"]
some = hover.some(len(well_table), seed=seed)
display(
    HTML(
        hover.hover_page(
            points[some],
            well_table.iloc[some],
            embeddings.COLOURS(cells.pixels[well_table.index[some]]),
            colour="batch",
            tooltip=["condition", "line", "laboratory", "plate", "well"],
            side=32,
            title="t-SNE of wells (simulated data)",
        )
    )
)

# %% [markdown]
# ## Unseen people
#
# The paper's Figure 4. Twelve folds; each holds out one person with SMA and one healthy person, matched. Linear
# models on 63 image statistics and on the embeddings, and a CNN on the patches, made smaller. Lines
# swap conditions inside their pair for the null, and all models are fitted again.

# %% tags=["hide-input"]
folds = leave_pair_out(cells.table)
options = {"n_permutations": permutations, "seed": seed}
measured = statistics(cells.pixels).to_numpy()
models = {
    "63 statistics": lab.unseen_people(measured, cells.table, folds, **options),
    "embeddings": lab.unseen_people(features, cells.table, folds, **options),
    "CNN": cnn(
        smaller(cells.pixels, cnn_side),
        cells.table["condition"],
        folds,
        **lab.labelled(cells.table),
        epochs=epochs,
        refits=refits,
        seed=seed,
    ),
}
people = study.judge_people(run, models, cells.table, "sma_main")

# %% tags=["remove-input"]
page.tell(run, people)

# %% mystnb={"figure": {"name": "fig-sma-models", "caption": "Simulated plates, after the paper's Figure 4a: ROC AUC on each held-out pair of people, for three models. Crosses: the pair whose two lines come from one laboratory; look whether they lie below the other folds."}, "image": {"alt": "Three columns of twelve dots each, with their mean and interval beside; an orange cross among them, and a dashed line at one half."}} tags=["hide-input"]
figure = figures_folds.fold_aucs(models)
run.keep(figure, "models")

# %% mystnb={"figure": {"name": "fig-sma-folds", "caption": "Simulated plates, after the paper's Figure 4b: the CNN's folds from best to worst, with 95% intervals from resampled wells. Below each: the two lines held out, and the laboratories that they came from. Look where the fold of one laboratory stands."}, "image": {"alt": "Twelve points with intervals in falling order; below each four squares with the names of two lines and of their laboratories."}} tags=["hide-input"]
figure = figures_folds.folds_examined(models["CNN"], cells.table, title="The CNN's folds")
run.keep(figure, "folds")

# %% [markdown]
# ## How much of it is the laboratory?
#
# What the design allows is read before any result.

# %% tags=["remove-input"]
display(Markdown(lab.design_words(lab.design(cells.table))))

# %% [markdown]
# Then the folds by the source of their lines, and the answers given the condition: do scores still depend
# on the laboratory {cite}`spisak2022confound`?

# %% tags=["hide-input"]
sources = {name: lab.by_source(one) for name, one in models.items()}
given = {
    name: study.keep(
        run,
        lab.depends(one, folds, cells.table, **options),
        "sma_main",
        f"{name}: laboratory, given condition",
        study.PAIRS_APART,
    )
    for name, one in models.items()
}

# %% tags=["remove-input"]
display(report.table(study.sources_table(sources)))
lines = [
    f"- **{name}**: {study.rank_words(one)} "
    + report.measured("Scores and laboratory, condition fixed", given[name])
    for name, one in models.items()
]
display(Markdown("\n".join(lines)))

# %% [markdown]
# One fold of twelve cannot prove it, and neither can twelve lines of which one comes from elsewhere. The
# simulator can: the same wells and cells, imaged anew with the dial of the phenotype at zero, with that
# of the laboratory at zero, and with both. Without a phenotype, whatever is left is the laboratory.

# %% tags=["hide-input"]
found = {"as planted": models["63 statistics"]}
worlds = {}
for name in lab.WORLDS:
    seen = run.note(
        patches(lab.world(main, name), size=patch_size, per_site=per_site),
        f"sma_main, {name}",
    )
    found[name] = lab.unseen_people(
        statistics(seen.pixels).to_numpy(), seen.table, leave_pair_out(seen.table), **options
    )
    worlds[name] = study.judge_world(run, name, found[name], f"sma_main, {name}")

# %% mystnb={"figure": {"name": "fig-sma-worlds", "caption": "Simulated plates: AUC of the linear model on 63 statistics in the same twelve folds, as planted and with dials at zero. A line is a fold. With both at zero, folds must lie around the dashed line; what then moves single folds up or down is the two lines' own looks."}, "image": {"alt": "Four columns of points joined by lines; the orange one is the fold of one laboratory."}} tags=["hide-input"]
figure = sma.worlds(found)
run.keep(figure, "worlds")

# %% tags=["remove-input"]
page.tell(run, worlds)
said = {
    "SMA, named in unseen people by 63 statistics": people["63 statistics"],
    "The same cells without any disease in their looks": worlds["no phenotype"],
}
page.answer(run, said, answer)
lines = [
    f"- **as planted, less {name}**: "
    f"{lab.gap(found['as planted'], found[name], seed=seed)} of the mean AUC."
    for name in worlds
]
display(Markdown("\n".join(lines) + f"\n\n{study.same_fold_words(found)}"))

# %% [markdown]
# Every line has looks of its own. A fold that stays low where the laboratory's dial is at zero is low
# because of its two lines, which happen to differ against the disease. The paper names both readings, an
# outlying pair or the source, and one such fold cannot tell them apart. The other eleven can, once the
# dial is turned.

# %% [markdown]
# ## What control wells tell
#
# The paper's Figure 7. Control wells hold the same cells everywhere. Whatever tells their batch, plate, row or column
# is nuisance.

# %% tags=["hide-input"]
nuisances = nuisance_in_controls(features, cells.table, **options)
told = study.judge_nuisance(run, nuisances, "sma_main")

# %% mystnb={"figure": {"name": "fig-sma-nuisance", "caption": "Simulated control wells: balanced accuracy of batch, plate, row and column on unseen wells. Squares: the paper's baseline, feature columns permuted. Gray bars: 95% of label permutations. A dot above its bar is a nuisance that wells without disease give away."}, "image": {"alt": "Four dots with intervals, one for each nuisance, beside hollow squares and gray bars near chance."}} tags=["hide-input"]
figure = figures_folds.nuisance(nuisances)
run.keep(figure, "nuisance")

# %% tags=["remove-input"]
page.tell(run, {one.target: record for one, record in zip(nuisances, told, strict=True)})

# %% [markdown]
# ## Remedies
#
# Each is learned inside the training folds and from control wells, never from test wells. Before and
# after on the same folds: how well the batch of the held-out wells is told, and how well the condition
# is. Then the same with training wells left out, so that nearly all SMA lines are in one batch and nearly
# all healthy lines in the other. The test wells stay as they were.

# %% tags=["hide-input"]
thinned = after_remedies.confounded(folds, cells.table, seed=seed)
crossed = study.remedies(run, measured, cells.table, folds, "pairs of lines apart", seed=seed)
aliased = study.remedies(
    run, measured, cells.table, thinned, "pairs of lines apart, batch confounded", seed=seed
)

# %% mystnb={"figure": {"name": "fig-sma-remedies", "caption": "Simulated plates: how well condition (circles) and batch (squares) are told from 63 statistics after each correction, with 95% intervals from resampled folds. A good remedy moves squares to the dashed line and leaves circles where they are."}, "image": {"alt": "Two panels with a row a correction, each row with a circle and a square with intervals."}} tags=["hide-input"]
figure = sma.remedies({"layout as it is": crossed, "batch and condition confounded": aliased})
run.keep(figure, "remedies")

# %% tags=["remove-input"]
display(report.table(study.remedies_table(crossed, aliased)))

# %% [markdown]
# ComBat without protection is not told the condition. Where batches differ by what people have, it may
# take that out as well. A batch that is told far worse than chance is the mark of it, for the batches were
# pushed past each other. Control wells, which are the same in both batches, hold it back.
#
# ## All numbers

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(run.records)))

# %% tags=["remove-cell"]
run.finish()

# %% [markdown]
# ## What would change our mind
#
# A screen with as many SMA lines from either laboratory: then folds of one laboratory are no exception,
# and a model that does as well there has found something else. For focus and batch: heat maps and control
# wells of the real plates, which take no model at all.
#
# ## Run this page again
#
# The command that made this page. Change a parameter by another `-p name=value`.

# %% tags=["remove-input"]
display(Markdown(report.rerun(run)))

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
# # ALS: the net counts cells

# %% tags=["remove-input"]
from functools import partial
from typing import Annotated, Literal

from IPython.display import HTML, Markdown, display
from pydantic import Field, NonNegativeInt, PositiveInt

from confoundlab import StudyRun, report
from confoundlab.notebook import page
from confoundlab.plates.analysis import gaze, leave_batch_out, rivals
from confoundlab.plates.features import embeddings
from confoundlab.plates.figures import als as figures_als
from confoundlab.plates.figures import folds as figures_folds
from confoundlab.plates.figures import hover
from confoundlab.plates.nuisance import batch_mixing
from confoundlab.plates.studies import als as study

# %% tags=["parameters", "remove-input"]
dataset: Literal["als"] = "als"  # five batches of two genotypes
data: Literal["simulated"] = "simulated"  # the published screen was never released
scale: Literal["smoke", "default", "paper"] = "default"  # how many plates, and sites in a well
wells: Annotated[int, Field(ge=4, le=42)] = 42  # of each genotype on a plate
density: Annotated[float, Field(ge=0, le=2)] = 1.0  # dial: genotypes differ in number of cells
phenotype: Annotated[float, Field(ge=0, le=2)] = 0.15  # dial: genotypes differ in looks
batch_gain: Annotated[float, Field(ge=0, le=3)] = 2.0  # dial: batches differ in stain
side: Annotated[int, Field(ge=16, le=256)] = 64  # of a site's picture as nets see it; divides 256
embedder: str = "efficientnet_lite0"  # net of the embeddings; any of torchvision or timm
embed_side: Annotated[int, Field(ge=32, le=480)] = 96  # pixels that the embedder is given
epochs: PositiveInt = 10  # passes over the training sites
permutations: PositiveInt = 999  # size of the nulls
seed: NonNegativeInt = 0  # of everything

# %% tags=["remove-input"]
run = StudyRun(seed=seed, permutations=permutations)
planted = {"density": density, "phenotype": phenotype, "batch_gain": batch_gain}
make = {"scale": scale, "wells": wells, "side": side, "seed": seed}
als = run.note(study.plates(**make, **planted), "als")
folds = leave_batch_out(als.table)
display(Markdown(study.data_line(als)))

# %% tags=["remove-input"]
answer = page.opening()

# %% [markdown]
# **The question.** Motor neurons of one person, with a mutation in TDP-43 that gives ALS (TDPmut) and
# without it (TDPwt), were grown in five batches. Nets told the two apart in a batch that they had never
# seen. Venugopalan et al. {cite}`venugopalan2019easy` then found that a model which is told nothing but
# the number of cells in a site does about as well. They also found that the net looks at empty regions
# where it names TDPwt. Did it learn the disease, or did it count?
#
# Their pictures were never released. These plates are simulated: how much the genotypes differ in
# number of cells, and how much in looks, is set by dials. So every finding can be held against what was
# planted. The dials were chosen to show that density *can* give such findings, not that it was as
# strong in the real screen.
#
# ## Batches in the embedding
#
# The paper's Figure 3b. One cell of each site is cut out. A net that was trained on photographs turns it
# into numbers, its {term}`embedding`, and {term}`t-SNE` draws these as a map. A patch shows one cell and pieces of its neighbours.

# %% tags=["hide-input"]
patches = embeddings.embed(als.patches, embedder, side=embed_side)
points = embeddings.tsne(patches, perplexity=min(30, len(als) // 4), seed=seed)

# %% mystnb={"figure": {"name": "fig-als-tsne", "caption": "Simulated cells, one of each site: the same t-SNE map of their embeddings, coloured by genotype and by batch. Look whether points of one colour lie together; the numbers are below."}, "image": {"alt": "Two copies of one cloud of points, coloured by genotype on the left and by batch on the right."}} tags=["hide-input"]
figure = figures_folds.embedding_maps(
    points, als.table, ["condition", "batch"], title="t-SNE of patch embeddings", state=als.state
)
run.keep(figure, "tsne")

# %% [markdown]
# Point at a mark to see its cell. Batches differ in stain; do you see it in the patches?

# %% tags=["remove-input"]
some = hover.some(len(als), seed=seed)
display(
    HTML(
        hover.hover_page(
            points[some],
            als.table.iloc[some],
            embeddings.COLOURS(als.patches[some]),
            colour="batch",
            tooltip=["condition", "plate", "well", "site"],
            side=32,
            title="t-SNE of cells (simulated data)",
        )
    )
)

# %% [markdown]
# A t-SNE map shows clusters in noise, too. So mixing is measured in the space of the embeddings, against
# permuted labels: whole plates are dealt anew to the batches, and wells to the genotypes of their plate.

# %% tags=["remove-input"]
mixed = study.mixed(patches, als, n_permutations=permutations, seed=seed)
run.keep_table(mixed, "mixing")
lines = [f"- **{row.label}**: {row.words}." for row in mixed.itertuples()]
display(Markdown("\n".join([*lines, f"- {batch_mixing.CAVEAT}"])))

# %% [markdown]
# ## Four models in an unseen batch
#
# The paper's Figure 5. Each batch is held out in turn. The first model is told the number of nuclei in the site, and
# nothing else. The second has 63 statistics of the picture, the third an embedding of the whole site;
# all three are linear. The fourth is a LeNet-5 that is trained on the sites. Labels of wells are
# permuted inside their plate. The linear models are fitted again for each permutation; the LeNet is
# tested batch by batch, with labels permuted under its answers. Five folds are few: the interval of a mean
# over them is wide. The same is done on plates with dials at zero, which
# are shown further down.

# %% tags=["hide-input"]
features = embeddings.embed(als.pixels, embedder, side=embed_side)
options = {"epochs": epochs, "n_permutations": permutations, "seed": seed}
models = rivals.four_models(als, embeddings=features, **options)
again = partial(rivals.planted, sites=als, embeddings=features, **options)
records = {
    name: study.judge(run, name, one, "als", planter=partial(again, name))
    for name, one in models.items()
}
found, judged = {"as planted": models}, {}
for setting, turned in study.ZEROS.items():
    other = run.note(study.plates(**make, **(planted | turned)), f"als, {setting}")
    seen = embeddings.embed(other.pixels, embedder, side=embed_side)
    found[setting] = rivals.four_models(other, embeddings=seen, **options)
    again = partial(rivals.planted, sites=other, embeddings=seen, **options)
    judged[setting] = {
        name: study.judge(
            run, name, one, f"als, {setting}", setting=setting, planter=partial(again, name)
        )
        for name, one in found[setting].items()
    }

# %% tags=["remove-input"]
page.tell(run, records)
density_alone, *_, net = records
said = {
    f"The genotype in an unseen batch, by {density_alone}": records[density_alone],
    f"The same by {net}": records[net],
}
page.answer(run, said, answer)

# %% mystnb={"figure": {"name": "fig-als-folds", "caption": "Simulated plates: ROC AUC in five batches, each held out in turn (dots), and their mean with its 95% interval from resampled folds. Compare the first column, the number of cells alone, with the last, the net."}, "image": {"alt": "Four columns of five dots each, for density alone, 63 statistics, embeddings and the net, above a dashed line at one half."}} tags=["hide-input"]
figure = figures_folds.fold_aucs(models, title="Unseen batches", state=als.state)
run.keep(figure, "folds")

# %% [markdown]
# ## Is the density measured right
#
# Nuclei are counted without labels, by a threshold and a watershed. The simulator knows how many cells
# it has sown.

# %% mystnb={"figure": {"name": "fig-als-density", "caption": "Simulated sites. Left: counted nuclei against planted cells; on the dashed line both agree. Right: counted nuclei by genotype; where the two do not overlap, counting tells the genotype."}, "image": {"alt": "A scatter plot with its diagonal, and a histogram for each genotype."}} tags=["hide-input"]
figure = figures_als.density(als)
run.keep(figure, "density")

# %% tags=["remove-input"]
truth = rivals.against_truth(als)
display(
    Markdown(
        f"Correlation {truth['correlation']:.4f}; mean error {truth['bias']:+.2f} cells a site, "
        f"{truth['error']:.2f} whatever its sign; {truth['exact']:.0%} of the sites are counted exactly."
    )
)

# %% [markdown]
# ## What is left beyond density
#
# Two models that do equally well need not do the same. Two questions, to one site of each well, so that
# wells can be exchanged:
#
# - Where the genotype is the same, do a model's scores follow the number of cells? (Share of the
#   scores' variance, the partial confounder test of Spisak {cite}`spisak2022confound`.)
# - Where the number of cells is the same, does the model still know the genotype? (Accuracy beyond the
#   number of cells; p from genotypes permuted among sites with as many cells.)

# %% tags=["remove-input"]
follows, beyond = {}, {}
for name, one in models.items():
    given = rivals.answers(one, folds, als)
    follows[name] = rivals.follows_density(given, n_permutations=permutations, seed=seed)
    beyond[name] = rivals.beyond_density(given, n_permutations=permutations, seed=seed)
    study.judge_beyond(run, name, follows[name], beyond[name], "als")
lines = [
    f"- **{name}** and the number of cells: {follows[name]}.\n- **{name}** and the genotype: "
    f"{study.beyond_words(beyond[name])}."
    for name in models
]
display(Markdown("\n".join(lines)))

# %% [markdown]
# The first model is a check: its scores are the number of cells. Nothing can lie beyond it but what five
# fits, each with a threshold of its own, leave to chance.
#
# ## The truth: dials at zero
#
# The same wells, seeds and folds, with a dial at zero. With no difference in density, a model can reach
# what the looks of the cells give, and no more. With no difference in looks, what is left is density.
# With neither, there is nothing to be named, and every model must lie at one half.

# %% mystnb={"figure": {"name": "fig-als-dials", "caption": "Simulated plates: mean ROC AUC of the four models over the five held-out batches, with 95% intervals from resampled folds, at four settings of the dials. Density alone must lie at one half where its dial is at zero."}, "image": {"alt": "Four panels of four dots with intervals, a panel a setting of the dials, and a dashed line at one half."}} tags=["hide-input"]
table = study.dials_table(found)
run.keep_table(table, "dials")
figure = figures_als.dials(table, als.state)
run.keep(figure, "dials")

# %% tags=["remove-input"]
display(report.table(study.dials_words(table)))
page.tell(run, {f"both at zero, {name}": one for name, one in judged["both at zero"].items()})

# %% [markdown]
# ## The paper's tools: importance and partial dependence
#
# A logistic model of the 63 statistics is fitted on four batches and asked on the fifth. How much AUC is
# lost if a statistic is shuffled? Statistics that go with each other stand in for each other, so each is
# also shuffled together with those whose rank correlation with it is 0.7 or more.

# %% mystnb={"figure": {"name": "fig-als-importance", "caption": "Simulated plates: ROC AUC lost in an unseen batch when a statistic is shuffled, by itself (above) and with all that go with it (below). A dot is a fold, the bar their mean. Compare the two scales: what is hardly missed by itself may be missed with its cluster."}, "image": {"alt": "Two panels of dots in lines, a line a statistic or cluster of statistics, ordered by their mean."}} tags=["hide-input"]
lost = gaze.statistics_lost(als, folds, seed=seed)
run.keep_table(lost, "importance")
figure = figures_als.lost(lost, als.state)
run.keep(figure, "importance")

# %% tags=["remove-input"]
display(Markdown(study.importance_words(lost)))

# %% [markdown]
# Partial dependence sets one statistic to a value in every site, and leaves all others as they are. Where
# many statistics share what the number of cells says, each line is shallow; look at its direction.

# %% mystnb={"figure": {"name": "fig-als-dependence", "caption": "Simulated plates: the mean answer of the logistic model if one statistic is set to a value in all test sites, a line a held-out batch, with 95% intervals from resampled wells. Such sites do not exist: statistics that go together never move alone."}, "image": {"alt": "Panels of lines, one panel a statistic, five lines each."}} tags=["hide-input"]
shown = study.telling(lost)
lines_of = gaze.statistics_set(als, folds, shown, seed=seed)
run.keep_table(lines_of, "dependence")
figure = figures_als.dependence(lines_of, sorted(als.table["condition"].unique())[-1], als.state)
run.keep(figure, "dependence")

# %% [markdown]
# ## Where the net looks
#
# The paper's Figure 6 shows GradCAM's maps of two chosen sets of pictures. Here each site of all five batches is
# mapped by the net that did not see its batch, for the genotype that the net names. Empty background is
# what lies below {term}`Otsu's threshold` in all five channels.

# %% tags=["hide-input"]
looked = gaze.look(als.pixels, als.table["condition"], folds, epochs=epochs, seed=seed)
empty = gaze.on_empty(looked, als, n_permutations=permutations, seed=seed)
for name, one in empty.items():
    study.judge_gaze(run, name, one, "als")

# %% mystnb={"figure": {"name": "fig-als-looks", "caption": "Simulated sites, correctly named, chosen by chance: the picture in false colours, and beside it the map over the empty background (light gray). Yellow: what speaks for the genotype that was named."}, "image": {"alt": "Two rows of pairs: a field of cells in false colours and its map in purple to yellow."}} tags=["hide-input"]
figure = figures_als.overlays(looked, als, study.examples(looked, als, each=3, seed=seed))
run.keep(figure, "looks")

# %% mystnb={"figure": {"name": "fig-als-empty", "caption": "Simulated plates, all test sets: the share of the maps that lies on empty background, less the share of the picture that is empty, by the genotype that the net named. Right of zero, the net looks at empty regions."}, "image": {"alt": "Two dots with intervals, one for each genotype, beside gray bars of exchanged maps and a dashed line at zero."}} tags=["hide-input"]
figure = figures_als.on_empty(empty, als.state)
run.keep(figure, "empty")

# %% tags=["remove-input"]
display(Markdown(study.gaze_words(empty, looked, als)))

# %% [markdown]
# A map that stays the same when the net forgets what it learned shows edges of the picture, not what was
# learned {cite}`adebayo2018sanity`. Layers are made random from the last to the first.

# %% mystnb={"figure": {"name": "fig-als-random", "caption": "Simulated plates: rank correlation of the maps with those of the same net with its last layers made random, a line a fold. Near zero, the map depends on what was learned there."}, "image": {"alt": "Five lines against the number of random layers, one to five."}} tags=["hide-input"]
checked = gaze.without_learning(looked, als, folds, seed=seed)
run.keep_table(checked, "randomised")
figure = figures_als.randomised(checked, als.state)
run.keep(figure, "randomised")

# %% tags=["remove-input"]
display(Markdown(study.randomised_words(checked)))

# %% [markdown]
# ## All numbers

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(run.records)))

# %% tags=["remove-cell"]
run.finish()

# %% [markdown]
# ## What would change our mind
#
# On real plates: wells seeded so that both genotypes end with as many cells, or sites matched by their
# number. A net that still names the genotype there has more than density. And a net whose scores do not
# follow the number of cells within a genotype does not count, however well density does alone.

# %% [markdown]
# ## Run this page again
#
# The command that made this page. Change a parameter by another `-p name=value`.

# %% tags=["remove-input"]
display(Markdown(report.rerun(run)))

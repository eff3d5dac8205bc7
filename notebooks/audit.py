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
# # Audit of your images

# %% tags=["remove-input"]
from collections.abc import Sequence
from pathlib import Path

from IPython.display import Markdown, display
from pydantic import NonNegativeInt, PositiveInt

from confoundlab import StudyRun, report
from confoundlab.auditing import Effort, examine
from confoundlab.auditing.readers import Roles, open_source, without_rare
from confoundlab.auditing.report import page

# %% tags=["parameters", "remove-input"]
source: str = ""  # folder of images, or a file of arrays or embeddings
table: str = ""  # table beside the images
label: str = ""  # column of what is to be named
group: str = ""  # column of what must not straddle a split
factors: Sequence[str] = []  # columns about how images were acquired
time: str = ""  # column of when images were acquired
split: str = ""  # column of the split that is given
features: str = ""  # file of embeddings
predictions: str = ""  # file of a model's own answers
sample: NonNegativeInt = 0  # images to draw at random, 0 for all
bit_depth: NonNegativeInt = 0  # bits that the camera fills of 16-bit files, 0 for all
nets: NonNegativeInt = 2  # LeNets a view
epochs: PositiveInt = 20  # passes over their training images
every_control: bool = False  # forests and nets on every control, or on the corners
shuffles: NonNegativeInt = 400  # shuffled labellings, for the audit's own error rate
permutations: PositiveInt = 999  # size of the null
seed: NonNegativeInt = 0  # of everything

# %% tags=["remove-input"]
run = StudyRun(seed=seed, permutations=permutations)
material = open_source(
    Path(source),
    Roles(label, group, tuple(factors), time, split),
    table=Path(table) if table else None,
    features=Path(features) if features else None,
    sample=sample,
    bit_depth=bit_depth or None,
    seed=seed,
)
material = without_rare(material)
if material.images is not None:
    run.note(material.images, material.name)
answers = Path(predictions) if predictions else None
audit = examine(material, run, Effort(nets, epochs, every_control, shuffles), answers)
page.top(audit)

# %% [markdown]
# ## What was assumed

# %% tags=["remove-input"]
page.assumed(audit)

# %% [markdown]
# ## Can these data answer at all?
#
# Read from the table alone. Where a class was taken at one level of a factor only, no test can tell the
# class from the factor.

# %% tags=["remove-input"]
page.steps(
    audit,
    "design",
    "No factor is known, so nothing can be said. A table of how each image was taken would tell.",
)
page.tables(audit, "design")

# %% [markdown]
# ## Copies, and the split

# %% tags=["remove-input"]
page.steps(audit, "copies", "There are no images to compare.")
page.steps(audit, "split", "No split was given, and none with groups apart is possible.")
page.tables(audit, "exact copies")

# %% [markdown]
# ## The files alone

# %% tags=["remove-input"]
page.steps(audit, "files", "There are no files to read.")

# %% [markdown]
# ## Without the subject
#
# What each control leaves. Look whether the subject is in it: only then does its verdict mean what it says.

# %% mystnb={"figure": {"caption": "Top: images. Below: what each control leaves of them, its contrast stretched to the full range."}, "image": {"alt": "Rows of small pictures: images, and what each control leaves of them."}} tags=["remove-input"]
figure = page.shown_views(audit)

# %% tags=["remove-input"]
page.steps(
    audit, "subject", "Every control varies much less than the whole image, as a background does."
)

# %% mystnb={"figure": {"caption": "How well the label is named from each control, with the 95% interval. Dashes: chance. Gray bars: 95% of what permuted labels give."}, "image": {"alt": "Dots with intervals, one a test, beside chance."}} tags=["remove-input"]
figure = page.verdicts_drawn(audit)

# %% tags=["remove-input"]
page.tables(audit, "what carries the leak", "after a remedy")

# %% mystnb={"figure": {"caption": "Left: the mean of all images. Right: how well a linear probe names the label from a window centred at each mark, in images of groups that it has not seen; dark is chance. Round marks: the whole 95% interval lies above chance. Round marks far from the subject are places where the session shows."}, "image": {"alt": "The mean image, and over it a grid of marks coloured by how well the label is named from a window at that place."}} tags=["remove-input"]
figure = page.map_drawn(audit)

# %% tags=["remove-input"]
page.steps(audit, "map", "")

# %% [markdown]
# ## Which factor can mislead?
#
# One that says something about the label, and that pixels tell. Either alone does no harm.

# %% mystnb={"figure": {"caption": "Up: how much the factor says about the label. Right: how well a linear probe names it in images it has not seen. Filled: both lie above chance after correction."}, "image": {"alt": "A scatter plot of factors, by what they say about the label and how well pixels tell them."}} tags=["remove-input"]
figure = page.factors_drawn(audit)

# %% tags=["remove-input"]
page.steps(audit, "factors", "" if len(material.factors.columns) else "No factor is known.")
page.tables(audit, "factors inside classes")

# %% [markdown]
# ## Your predictions
#
# Whether answers depend on a factor where the label is the same; what accuracy one has who knows the factor
# alone; and on whom they fail most.

# %% tags=["remove-input"]
page.steps(audit, "predictions", "No predictions were given (`--predictions`).")
page.tables(audit, "accuracy owed to factors", "on whom predictions fail")

# %% [markdown]
# ## Which images give themselves away?
#
# Images whose label the control alone names most surely, each by a probe that has not seen its group.

# %% tags=["remove-input"]
page.given_away(audit)

# %% tags=["remove-input"]
page.steps(audit, "splits", "")
page.tables(audit, "given away")

# %% [markdown]
# ## How often does this audit err on these images?

# %% tags=["remove-input"]
page.steps(audit, "errors", "It was not asked: there is no control to repeat.")

# %% [markdown]
# ## What this does not establish

# %% tags=["remove-input"]
display(Markdown("\n".join(f"- {one}" for one in page.NOT_ESTABLISHED)))

# %% [markdown]
# ## All numbers

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(run.records)))

# %% tags=["remove-cell"]
page.finish(audit)

# %% [markdown]
# ## For your paper
#
# What reporting standards ask for and this audit can answer, each from a stored number. `croissant-rai.json`
# beside this page has the findings as a data set's metadata.

# %% tags=["remove-input", "full-width"]
page.forms(audit)

# %% [markdown]
# ## Run it again

# %% tags=["remove-input"]
page.again(run.order)

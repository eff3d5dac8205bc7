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
# # Paper against ours
#
# Every accuracy that Dhar and Shamir {cite}`dhar2021evaluation` print in their six tables, beside
# ours. Ours come from stored results of the paper's own settings (120 epochs, its random split) with
# repeats of our own. They do not depend on the data that the other pages of this build ran on.
#
# Both numbers have a 95% interval in brackets. Ours is from groups of images that were drawn again. The
# paper's is the binomial one of its own [count of test images](what_papers_leave_open.ipynb): 33 images
# cannot tell more than 33 images do. A number that lies in the other's interval is no sign of a
# difference. It is no proof of agreement either, where the interval is wide.
#
# ## Real images
#
# The published images themselves, put together again, or a processed copy; the column "data" says
# which, and [what it means](../how_to_read.md).

# %% tags=["remove-input", "full-width"]
from pathlib import Path

from IPython.display import Markdown, display

from confoundlab import report
from confoundlab.plotting import against_paper

results = report.published(Path("../results"))
table = report.against(results)
parted = report.paper.states(table)
display(report.table(report.paper_table(parted["real"])))

# %% [markdown]
# ### Why some do not agree
#
# Each row of real images where the paper's number lies outside our interval, with the reason that the
# [data sheets](../datasheets.md) are made from:

# %% tags=["remove-input"]
display(Markdown(report.explained(table)))

# %% [markdown]
# ## Simulated images
#
# Our number here says nothing about the published images. It shows that the experiment runs, and
# what it finds where the truth is known. The twins' cameras, and for C. elegans the whole image too, were
# set with the paper's numbers in view, so that a simulated row that agrees with the paper confirms nothing.

# %% tags=["remove-input", "full-width"]
display(report.table(report.paper_table(parted["simulated"])))

# %% mystnb={"figure": {"caption": "The rows of the paper's tables. Dots: ours, filled where images are real and hollow where they are simulated. Diamonds: what the paper prints. Both have 95% intervals, ours of groups drawn again, the paper's of its count of test images. Dashed line: chance; gray bar: 95% of one net's permutations. Look for rows whose two intervals do not meet, at filled dots first."}, "image": {"alt": "Two marks with intervals for every row of the paper's tables, ours and the paper's, beside chance and the permutation null."}} tags=["hide-input"]
figure = against_paper(report.paper.repeated(table))

# %% [markdown]
# ## Another real screen
#
# Of the paper's RNAi screen we have only a twin. MitoCheck {cite}`neumann2010mitocheck` is another real
# screen ("stand-in"). Its corner asks what the paper's background asks, and whole plates or dates apart
# what its other session does. Classes and chance are MitoCheck's own, so there is no number of the paper to
# lay beside them.

# %% tags=["remove-input", "full-width"]
display(report.table(report.paper_table(parted["stand-in"])))

# %% [markdown]
# ## All stored rows
#
# The same nets under honest splits, scored without the crops that hold a part of the subject, with all
# but one kind of information taken away, and beside cheap rivals. What is the same in all rows of a
# run stands above its table.

# %% tags=["remove-input", "full-width"]
for result in results:
    rows, same = report.varying(report.evidence_table(result["evidence"]))
    display(Markdown(f"**{report.run_title(result)}**. {same}"), report.table(rows))

# %% [markdown]
# ## Where these numbers come from
#
# Each run stands in `results/`, with its parameters, the whole digest of its images and all of its numbers.
# It is made again by `confoundlab run` with the profile `paper`: [Rerun it](rerun.ipynb).

# %% tags=["remove-input", "full-width"]
rows, same = report.varying(report.provenance_table(results))
display(Markdown(same), report.table(rows))

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
# repeats of our own, on the data whose state the last column names. They do not depend on the data
# that the other pages of this build ran on. A row without a stored result says "not run yet".
#
# Below the rows of the RNAi screen, of which we have only a twin, stand those of MitoCheck, another
# real screen ("stand-in"). Its corner asks what the paper's background asks, and whole plates or
# dates apart what its other session does; classes and chance are MitoCheck's own.
#
# Where the state is "simulated", our number says nothing about the published images: it shows that the
# experiment runs, and what it finds where the truth is known. The twins' cameras, and for C. elegans
# the whole image too, were set with the paper's numbers in view, so that a simulated row that agrees
# with the paper confirms nothing.

# %% tags=["remove-input", "full-width"]
from pathlib import Path
from textwrap import shorten

from IPython.display import Markdown, display

from confoundlab import report
from confoundlab.plotting import nets

results = report.published(Path("../results"))
display(report.table(report.paper_table(results)))

# %% mystnb={"figure": {"caption": "The rows of the paper's tables. Dots: ours, with 95% intervals from resampled groups. Diamonds: what the paper prints. Dashed line: chance; gray bar: 95% of one net's permutations. Where the diamond lies in the interval, the experiment was repeated; look at the state of the data first."}, "image": {"alt": "Dots with intervals for every row of the paper's tables, beside chance, the permutation null and the paper's number."}} tags=["hide-input"]
records = [record for result in results for record in result["evidence"]]
same = [record for record in records if record["paper"] is not None]
figure = nets.accuracies(
    same, [f"{r['row']} ({r['state']}),\n{shorten(r['view'], 40, placeholder='…')}" for r in same]
)

# %% [markdown]
# ## All stored rows
#
# The same nets under honest splits, scored without the crops that hold a part of the subject, with all
# but one kind of information taken away, and beside cheap rivals.

# %% tags=["remove-input", "full-width"]
display(report.table(report.evidence_table(records)))

# %% [markdown]
# ## Where these numbers come from

# %% tags=["remove-input"]
for result in results:
    made, source = result["provenance"], result["data"][0]
    display(
        Markdown(
            f"- **{result['study']}**: {source['name']} ({source['state']}, "
            f"{source['n_images']:,} images, `{source['digest']}`); confoundlab "
            f"{result['version']}, code `{made['code']}`, {made['engine']}, Python "
            f"{made['python']}, {made['machine']}, {made['created']}; parameters "
            f"`{result['parameters']}`."
        )
    )

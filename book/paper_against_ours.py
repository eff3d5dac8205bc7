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
# ours. Ours come from stored results of the paper's own settings (120 epochs, a random 80/20 split)
# with repeats of our own, on the data whose state the last column names. They do not depend on the data
# that the other pages of this build ran on. "Not run yet" means what it says.

# %% tags=["remove-input", "full-width"]
from pathlib import Path

from IPython.display import Markdown, display

from confoundlab import plots, report

results = report.published(Path("../results"))
display(report.table(report.paper_table(results)))

# %% [markdown]
# ## All stored rows
#
# The same nets under honest splits, and scored without the crops that hold a part of the subject.

# %% mystnb={"figure": {"caption": "All stored results. Dots with 95% intervals from resampled groups; diamonds are the paper's numbers; the dashed line is chance, the gray bar holds 95% of the permutations."}, "image": {"alt": "Dots with intervals for every stored result beside chance, the permutation null and the paper's number."}} tags=["hide-input"]
records = [record for result in results for record in result["evidence"]]
figure = plots.accuracies(records, [f"{r['row']}: {r['view']},\n{r['split']}" for r in records])

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

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
# # What a setting moves
#
# A study has settings: the size of its crop, the size to which whole images are reduced, epochs, a seed.
# Somebody chose them. If a finding held at that choice only, it would be a finding about the choice. So
# COIL-20 is run again over each, on the published images, in the quick profile (few nets, so numbers are
# rough). `confoundlab sweep` makes such a table of any study; `make sweeps` made these.

# %% tags=["remove-input"]
from pathlib import Path

from IPython.display import Markdown, display

from confoundlab import report
from confoundlab.plotting.sweeps import curves
from confoundlab.report import sweeps

STORE = Path("../results/sweeps")


def tell(name):
    stored = sweeps.read(STORE / f"{name}.csv", name)
    display(Markdown(sweeps.words(stored, name)))
    return stored


# %% [markdown]
# ## Does the leak need a crop of this size?

# %% tags=["remove-input"]
stored = tell("crop_size")

# %% tags=["remove-input", "full-width"]
display(report.table(sweeps.moved(stored, "crop_size")))

# %% mystnb={"figure": {"name": "fig-sweep-crop", "caption": "COIL-20: accuracy against the side of the crop in pixels, at the same corner. A mark a run with its 95% interval, a colour a question; lines join means. Dashed: chance. In larger crops some objects reach in, so that what the net names there need not be the session."}, "image": {"alt": "Accuracy with intervals against the side of the crop, a line a question, above a dashed chance line."}} tags=["remove-input", "full-width"]
figure = curves(stored, "crop_size")

# %% [markdown]
# ## What does reducing whole images cost?

# %% tags=["remove-input"]
stored = tell("whole_size")

# %% tags=["remove-input", "full-width"]
display(report.table(sweeps.moved(stored, "whole_size")))

# %% mystnb={"figure": {"name": "fig-sweep-whole", "caption": "COIL-20: accuracy against the side to which whole images are reduced, in pixels. A mark a run with its 95% interval, a colour a question; lines join means. Dashed: chance. Crops are cut from images as they are, so that this setting does not move them and they have no line."}, "image": {"alt": "Accuracy with intervals against the side of whole images, a line a question, above a dashed chance line."}} tags=["remove-input", "full-width"]
figure = curves(stored, "whole_size")

# %% [markdown]
# ## Would more training find more?

# %% tags=["remove-input"]
stored = tell("epochs")

# %% tags=["remove-input", "full-width"]
display(report.table(sweeps.moved(stored, "epochs")))

# %% mystnb={"figure": {"name": "fig-sweep-epochs", "caption": "COIL-20: accuracy against epochs of training. A mark a run with its 95% interval, a colour a question; lines join means. Dashed: chance. Where a line still rises at its right end, the quick profile says too little."}, "image": {"alt": "Accuracy with intervals against epochs, a line a question, above a dashed chance line."}} tags=["remove-input", "full-width"]
figure = curves(stored, "epochs")

# %% [markdown]
# ## Is it the seed?

# %% tags=["remove-input"]
stored = tell("seed")

# %% tags=["remove-input", "full-width"]
display(report.table(sweeps.moved(stored, "seed")))

# %% mystnb={"figure": {"name": "fig-sweep-seed", "caption": "COIL-20: accuracy against the seed, which draws splits, initial weights and permutations. A mark a run with its 95% interval, a colour a question. Dashed: chance. The marks of a colour should lie in one another's intervals, and no verdict should hang on one seed."}, "image": {"alt": "Accuracy with intervals against the seed, a line a question, above a dashed chance line."}} tags=["remove-input", "full-width"]
figure = curves(stored, "seed")

# %% [markdown]
# ## What would change our mind
#
# A setting at which the control of this set falls to chance while nets still learn whole images.
#
# ## Run this page again
#
# `make sweeps` runs what is missing, on both cores or on the cluster whose scheduler you name to
# `confoundlab sweep`; [Rerun it](rerun.ipynb) has the command for your own study.

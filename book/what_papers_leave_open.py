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
# # What the papers leave open
#
# An experiment can be repeated as far as it was told. This page lists what the two papers do not
# tell, what we chose in its place and where that stands in the code. Then it says what each printed
# number is worth by its own count of test images, and how far a choice moves ours.
#
# ## Choices that are not stated
#
# Dhar and Shamir {cite}`dhar2021evaluation` state the net (LeNet-5 with ReLU), the optimiser (Adam)
# and its 120 epochs, the crops and the numbers of images. Beside what they do not state stands what is
# done here. Our values are read from the code and from the stored results as this page is made.

# %% tags=["remove-input", "full-width"]
from pathlib import Path

from IPython.display import Markdown, display

from confoundlab import report
from confoundlab.catalog import paper_inconsistencies

results = report.published(Path("../results"))
display(report.table(report.unstated_choices(results)))

# %% [markdown]
# Venugopalan and colleagues {cite}`venugopalan2019easy` print no number of a model: their areas under
# the ROC curve stand in figures. They do not give the size of a patch, how their nets were trained, the
# penalty of the logistic regression, nor, in words, how many control wells there were. Their images are not
# public. So what is here in their place is simulated, with a small net where they had Inception-v4,
# and there is no number of theirs to compare with: see [SMA](sma.ipynb) and [ALS](als.ipynb).
#
# ## Where the paper disagrees with itself
#
# In Dhar and Shamir's text, tables and counts:

# %% tags=["remove-input"]
display(Markdown("\n".join(f"- {one}" for one in paper_inconsistencies())))

# %% [markdown]
# ## What a printed number is worth
#
# Each accuracy is of one net on one split, and has no interval. But the tables print how many images
# were tested, and that is enough for one: the exact binomial interval of Clopper and Pearson
# {cite}`clopper1934use`. It holds if test images are independent. Images of one person or of one turn
# of a turntable are not, so that the true intervals are wider. Nor does it hold what another split or other
# initial weights would change.
#
# Some percentages are those of no whole number of right answers. Then the printed count is not the one that
# was tested, or the number is a mean of several. The latter is so of C. elegans: ten folds were averaged,
# and the interval here is that of one.

# %% tags=["remove-input", "full-width"]
display(report.table(report.printed_intervals()))

# %% [markdown]
# [Paper against ours](paper_against_ours.ipynb) asks of every row whether one's number lies in the other's
# interval.
#
# ## How far a choice moves a number
#
# If a choice that the paper does not state moves our number past the paper's, the difference between the two says
# nothing. So COIL-20, Yale A and the four classes of X-rays are run again with one choice changed at a
# time, all others as in the first table.

# %% tags=["remove-input", "full-width"]
moved = report.sensitivity(Path("../results/sensitivity/sensitivity.csv"))
display(Markdown(report.sensitivity_words(moved)))
if moved is not None:
    display(report.table(report.sensitivity_table(moved)))

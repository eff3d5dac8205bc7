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
# # Other tools on the same nulls
#
# [Calibration](calibration.ipynb) says how often our tests err. This page asks the same of auditors that
# others wrote: scikit-learn's permutation test, DataEval's parity, and cleanlab's Datalab. Each is called
# through its documented entry point on the same draws. All data are simulated, because only then is the
# truth known. The numbers come from the stored output of `make rivals`.
#
# ## Who was asked what
#
# A tool can allow only for what it is told. In some designs a patient has several images, which are near
# copies, and one label. The column "not told" says who did not know of it.

# %% tags=["remove-input", "full-width"]
from pathlib import Path

from IPython.display import Markdown, display

from confoundlab import report
from confoundlab.plotting.rivals import rivals as draw_rivals
from confoundlab.report import rivals

stored = rivals.read(Path("../results/rivals/rivals.csv"))
display(report.table(rivals.tools(stored)))

# %% [markdown]
# ## What was called
#
# Left there is no leak, so every call is a false alarm, and a test at 5% should call one draw in twenty.
# Right a leak was planted. A tool that calls much on the right and as much on the left has found nothing.

# %% mystnb={"figure": {"name": "fig-rivals", "caption": "Share of draws that each tool calls, design by design. Left: without a leak, on a scale that is stretched below 10%. Right: with a planted leak. Bars: exact 95% intervals. Dashed: 5%."}, "image": {"alt": "Two panels of dots with bars, a mark and colour for each tool, grouped by design; on the left a dashed line at five percent."}} tags=["remove-input"]
figure = draw_rivals(stored)

# %% tags=["remove-input"]
display(Markdown(rivals.found(stored)))

# %% [markdown]
# Four tools need a word.
#
# - scikit-learn's test takes groups as well. It then moves labels inside groups only. Where a patient has
#   one label, nothing can move, and the test cannot call anything. That is another question, and not a
#   fault.
# - Datalab is counted where a property of the pictures, such as brightness, scores below its own
#   threshold.
# - Parity counts images. Sites and labels of a few patients go together by luck more often than those of
#   as many single images would.
# - mlconfound asks what our partial confounder test asks
#   {cite}`spisak2022confound`. Its last version does not run with today's SciPy, so it is not here.

# %% tags=["remove-input", "full-width"]
display(report.table(rivals.rates(stored)))

# %% [markdown]
# ## What would change our mind
#
# A version of a tool that takes the patients and holds its level on these designs, or an entry point that
# we missed. It would be added.
#
# ## Run this page again
#
# `make rivals` installs the tools in an environment of its own and asks them anew; `make book` then makes
# this page from the new table.

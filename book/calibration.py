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
# # Calibration
#
# An audit that cries wolf, or sleeps, is worse than none. This page says how often each test of this
# package raises a false alarm, what it finds, and how often its intervals hold the truth. All data on
# it are simulated, because only then is the truth known. The numbers come from the stored output of
# `make calibration`.
#
# ## False alarms
#
# Each dot is a design without a leak. An exact test calls one draw in twenty significant.

# %% mystnb={"figure": {"name": "fig-false-alarms", "caption": "Share of draws without a leak that each test calls significant; a dot a design, gray bars its exact 95% interval, the dashed line the promised 5%. Dots should lie on the line or left of it. Orange squares are what other tools do, for comparison: near copies counted one by one, a split that cuts groups, and t-tests over repeated splits."}, "image": {"alt": "Rows of dots, one row a test, around a dashed line at five percent; orange squares, on rows of their own, lie far to the right."}} tags=["remove-input"]
from pathlib import Path

from IPython.display import Markdown, display

from confoundlab import report
from confoundlab.plotting import evidence
from confoundlab.report import calibration, mended

stored = calibration.read(Path("../results/calibration/calibration.csv"))
figure = evidence.false_alarms(stored)

# %% tags=["remove-input"]
display(Markdown(f"{calibration.standing(stored)} The designs: {calibration.designs(stored)}"))

# %% tags=["remove-input", "full-width"]
display(report.table(calibration.alarms(stored)))

# %% tags=["remove-input"]
display(Markdown(calibration.second_runs(stored)))

# %% [markdown]
# "Uniform" tests whether the p-values of each design are spread evenly (Kolmogorov and Smirnov; the
# smallest of a row, times the number of designs). Some rows need a word.
#
# - Counts of right answers take few values, and a net that has learned nothing often gives every image
#   the same name, so that permutations tie with what was observed. Ties are broken by how sure the
#   right answers are; what is left of them counts for the null.
# - "Five columns" shows the smallest of five corrected p-values, which keeps the rate of false alarms
#   and is not uniform.
# - Five fits on overlapping images cannot share one null: the labels that one is tested on have
#   trained another. Each has its own test, and the p-values are combined {cite}`liu2020cauchy`. Where
#   a fit is tested on few groups, few permutations exist and the combination calls less than 5%.
# - The corrected resampled t-test is an approximation, and this page shows how good it is. It is kept
#   for comparing learners over repeated splits of images that are no copies of each other, where the
#   usual t-test is no test at all. With groups it is too sure as well, and the swap of whole groups
#   takes its place.
# - Where batches lean on the classes, tests are made inside batches; that needs more than one class in a
#   batch.
#
# ## What is found
#
# The same with a leak: class means are moved apart, by so many standard deviations of an image. Rows of
# fits that are half dead have five nets of ten that name one class only; the others decide.

# %% mystnb={"figure": {"name": "fig-power", "caption": "Share of leaks found against their strength. Where one class is common, the probe's decisions (balanced accuracy) name the majority and find little; ranks (ROC AUC) keep their power. Bars: exact 95% intervals. Dashed: 5%, where every curve must start."}, "image": {"alt": "Panels of rising curves; in those with a common class the curve of the balanced accuracy stays low."}} tags=["remove-input"]
figure = evidence.power_curves(stored)

# %% [markdown]
# Every piece of evidence states the smallest true value that a lone test calls LEAK four times in five:
# significant, and with its interval above chance. Here is what it states without a leak. Beside it is the
# value at which the curves above are significant that often: a little less, and clearly less with few
# groups, whose intervals are longest.

# %% tags=["remove-input"]
display(report.table(calibration.detectable(stored)))

# %% [markdown]
# ## Intervals
#
# An interval of 95% should hold the truth 95 times in a hundred. Groups are drawn again as wholes, so
# few groups mean little to draw from. Four ways are compared. "Percentile" takes the middle 95% of what
# the redrawn groups give. "Logit" takes their spread on a scale that cannot leave 0 and 1, and "t" does so
# for differences; both allow for few groups. "Bca" corrects the percentiles for bias and skew.
#
# - Groups of unlike size say less than as many equal ones. Intervals count the *effective* number: how many
#   equal groups would say as much. Where that is below three there is none: with 60% of the
#   images, one group's own answer decides.
# - The folds of a probe share training images, so that answers of different folds are not independent. Its
#   interval is that of as many independent answers as would spread like the refitted null, and gives way to
#   that of its groups where the probe is sure.
# - A mean over folds is drawn again by folds, and allows for how few they are.
# - The truth of a partial R² is known where a measured factor of the group moves a score in a straight
#   line. R² is never below 0, and every column of factors adds a little by luck: where factors say
#   nothing its interval lies above 0. Only the test says whether there is anything.
# - "Owed to a factor" and "beyond a factor" are the two parts of an accuracy. The second
#   hangs on the few groups whose factor and label disagree, one in five here: with 20 groups these are
#   four. No interval is given for it under sixty groups, and for the first under twenty.

# %% mystnb={"figure": {"name": "fig-coverage", "caption": "Share of 95% intervals that hold the truth, against the number of groups of ten images; the gray band is 93 to 97%. Solid lines are the default for shares and areas. With few groups and a truth near 1, hardly any group goes wrong and percentiles cannot know that one might; the default counts three quarters of a group more. The last panels are the evidence about factors. Lines are named for the truth of the metric; of a difference, for the first experiment's, the second being at 0.5; of the parts of an accuracy, for 0.5 plus the share of answers that follow the factor."}, "image": {"alt": "Panels of lines that reach the gray band from below as the number of groups rises."}} tags=["remove-input"]
figure = evidence.coverage(stored)

# %% tags=["remove-input", "full-width"]
display(report.table(calibration.covered(stored)))

# %% [markdown]
# A probe is trained on all folds but one, and its answers are put together. Here is how often the interval
# of its metric holds what such a probe truly reaches.

# %% tags=["remove-input"]
display(report.table(calibration.covered_probes(stored)))

# %% tags=["remove-input"]
display(Markdown(calibration.outside(stored)))

# %% [markdown]
# ## Planted on plates, and found
#
# The same question for the studies of plates. In simulated sets of some hundred sites one nuisance at a
# time is turned up, and the analysis that looks for it is asked, at several strengths and on many seeds.
# With the dial at zero it must report chance; the further the dial is turned, the more it must find.
# In the table below the figure "called" is the share of seeds that were significant, "spread" the
# standard deviation over seeds, and "permuted" the mean under permuted labels.

# %% mystnb={"figure": {"name": "fig-planted", "caption": "What each analysis finds against what was planted; a mark a seed, filled where it is called significant at 5%. Dashed: what permuted labels give. At zero marks should be open and lie about the dashed line; to the right they should be filled and rise."}, "image": {"alt": "Small panels, one an analysis: marks about a dashed line on the left, high above it in the middle and on the right."}} tags=["remove-input"]
import pandas as pd

from confoundlab.plates.studies import planted_dials

trials = pd.read_csv(Path("../results/calibration/planted.csv"))
figure = evidence.planted(trials)

# %% tags=["remove-input"]
display(report.table(planted_dials.summary(trials).round(3)))

# %% [markdown]
# ## What was found

# %% tags=["remove-input"]
display(Markdown(calibration.found(stored, trials)))

# %% [markdown]
# ## What was wrong before
#
# In November 2026 a statistician read every line of the tests, and ran them on data that were not among
# these designs. Most of what follows made a verdict or a published number wrong. "Before" quotes the
# review. "Now" is the worst design of the stored table, where one was added for it.

# %% tags=["remove-input", "full-width"]
display(report.table(mended.mended(stored)))

# %% [markdown]
# Three rules follow from it, and stand in [evidence and verdicts](../how_to_read.md). Nothing is called
# NO LEAK FOUND because a test was silent. Nothing is called LEAK where memory explains it. And both tails
# of all controls of a page share one promise.
#
# ## What would change our mind
#
# A kind of data that is not among these designs, and in which one of the tests calls more than one
# draw in twenty without a leak, also on fresh draws. It would be added, and the test mended or warned
# of.

# %% [markdown]
# ## Run this page again
#
# `make calibration` draws and measures everything anew, in under an hour; `make book` then makes this
# page from the new tables.

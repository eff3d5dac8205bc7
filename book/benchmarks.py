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
# # Benchmarks
#
# Controls are honest only with repeats, folds, crop positions and permutations: hundreds of nets,
# thousands of refits. This page says what that costs here, beside what one would write or pick
# instead. All rivals of a row were timed in turn in one process, round by round, on one thread; a
# ratio is the median of the rounds' ratios, with its quartiles. The numbers come from the stored
# output of `make benchmarks`.
#
# ## Training LeNet-5
#
# "Files" are PNG read with `ImageFolder` and `DataLoader` for the same net: either whole photographs
# of 128 by 128 pixels, cropped as they are read, which is what one writes first, or crops that were
# cut and saved before. "Plain PyTorch" has all crops in memory and no loader. "Ours" is one thread
# of the engine `simd`: kernels that work on 32 images at once, with blocks of the result held in
# registers. "Times" columns say how many times as fast ours is. The last column ("of sgemm") is the
# share of what PyTorch's matrix product reaches on one core of the same machine.

# %% tags=["remove-input", "full-width"]
import json
from pathlib import Path

from IPython.display import Markdown, display

from confoundlab import report
from confoundlab.plotting.growth import growth
from confoundlab.report import benchmarks

stored = json.loads(Path("../results/benchmarks/benchmarks.json").read_text())
display(report.table(benchmarks.engine_table(stored["lenet"])))

# %% tags=["remove-input"]
display(Markdown(benchmarks.benchmark_words(stored)))

# %% [markdown]
# ## The permutation null of a linear probe
#
# The out-of-fold scores of a ridge classifier, a linear one with a penalty on large weights, are linear in the labels, so that all permutations are
# one matrix product. How much such shortcuts save was worked out by Treder {cite}`treder2018cross`. A further target on the same features needs no new maps. All rows but the last
# score balanced accuracy; the last ranks, as the probe does unless it is told otherwise. scikit-learn's
# `permutation_test_score` is timed for a few permutations and extrapolated.

# %% tags=["remove-input"]
display(report.table(benchmarks.probe_table(stored["probe"])))

# %% [markdown]
# ## From files to evidence
#
# Files are JPEG of 640 by 480 pixels, generated, no two alike. The bare loop opens and decodes each with Pillow, on all
# cores, and does nothing more. Ours opens and decodes each once as well, and takes from that one pass its digest, its
# header, a perceptual hash and all views that were asked for, one or eight. "ImageFolder" is what one writes with
# torchvision and a loader. The column "copies" is the search for near copies once the files are read; for imagededup it is
# hashing and search. "Again" is the same call when nothing has changed.

# %% tags=["remove-input", "full-width"]
scale = json.loads(Path("../results/benchmarks/scale.json").read_text())
display(report.table(benchmarks.scale_table(scale["sizes"])))

# %% tags=["remove-input"]
display(Markdown(benchmarks.scale_words(scale)))

# %% mystnb={"figure": {"name": "fig-growth", "caption": "Seconds against the number of files, both on scales of powers. Filled: measured. Hollow, on dotted lines: the last measured rate carried on to ten million files, on paper. Lines with the slope of the bare loop grow as it does."}, "image": {"alt": "Straight lines of seconds against files for the bare loop, ours with one and with eight views, a loader, and a rerun, which lies far below."}} tags=["remove-input", "full-width"]
figure = growth(scale["sizes"])

# %% [markdown]
# ## On a cluster
#
# A sweep and an audit hand coarse jobs to Dask: a run of a notebook, or 50,000 files. Every result is named by what it is
# of, so that a job that died or ran twice changes nothing. To see whether that holds, workers and the scheduler were
# killed, a disk was filled, and a worker had no images (`python tests/reliability/cluster.py`). "Same" says that the merged
# table then had the digest of a run that nobody disturbed. Runs are stand-ins of a twentieth of a second, so that the
# overhead shows.

# %% tags=["remove-input", "full-width"]
cluster = json.loads(Path("../results/reliability/cluster.json").read_text())
display(report.table(benchmarks.cluster_table(cluster)))

# %% tags=["remove-input"]
display(Markdown(benchmarks.cluster_words(cluster)))

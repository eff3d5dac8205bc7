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
# # Rerun it
#
# Every study's page is a notebook with parameters. A conclusion that hangs on the crop's corner, the
# number of epochs or one lucky seed is worth little. None of these is fixed: change one, run again,
# and lay the two runs side by side. There are three ways.
#
# All of them need the package. In a copy of its source, `make book` installs it into the folder `.venv`.
# The commands of this page then lie in `.venv/bin`: write `.venv/bin/confoundlab`, or give
# `source .venv/bin/activate` once. Without real images a run takes their simulated twins, and says so.
#
# ## From the command line
#
# ```
# confoundlab run coil --profile smoke --out runs/first
# confoundlab run coil --profile quick -p crop_size=16 --out runs/small-crop
# ```
#
# A run with `smoke` takes seconds to minutes, and its numbers mean nothing. `quick` takes minutes, and
# `paper`, the paper's own number of epochs with repeats of ours, hours on a laptop. `-p` changes one parameter. Names and values
# are checked before anything runs. The folder then holds
#
# | file | what it is |
# |---|---|
# | `coil.html` | the page, in one file that needs no network: to read, to send |
# | `coil.ipynb` | the executed notebook |
# | `results.json` | every number with its interval, the digests of the images, versions, the parameters |
# | `predictions.parquet` | what was predicted for every tested image, by name |
# | `*.png`, `*.csv` | the figures, and tables behind some of them |
#
# Two runs are compared with
#
# ```
# confoundlab compare runs/first runs/small-crop --out runs/both
# ```
#
# It lists the parameters, images and versions that differ, and lays rows of the same view, split and
# learner side by side. Where both runs predicted the same images, the same groups are resampled in
# both, and the difference has an interval. Elsewhere it has none: the intervals of two runs do not add
# up to one of their difference, because runs that share images err together.
#
# ## Many runs
#
# ```
# confoundlab sweep coil --profile quick -p crop_size=12,16,20 -p seed=0:5 --out sweep
# ```
#
# runs the study for every combination of values: fifteen times here. `0:5` are the numbers 0 to 4.
# The folder then holds a run each, `sweep.csv` with a row for every piece of evidence of every run, and
# `sweep.html` with a curve for each parameter. A run is named by what it computes: the same command
# goes on where it was stopped, and two of them can write into one folder.
#
# On one machine a run takes a core. On several, [Dask](https://www.dask.org) hands the runs out
# (`pip install 'confoundlab[cluster]'`): give the address of a scheduler, as `dask scheduler` prints
# it, or as a cluster of dask-jobqueue or Kubernetes has it. All workers need the package, the images,
# and the folder.
#
# ```
# confoundlab sweep coil --profile paper -p seed=0:100 --out /shared/sweep --scheduler tcp://head:8786
# ```
#
# `confoundlab audit FOLDER --scheduler ADDRESS` lets the same workers read the files of an audit, 50,000
# a task. Workers need a common cache for it (`CONFOUNDLAB_CACHE`) in a shared folder: what one has read
# stays there, also if it dies, and no other reads it again.
#
# Where there is Slurm and no Dask, an array job makes a run a task. The command without `--only`, given
# once more at the end, finds all runs there and writes table and page.
#
# ```python
# import subprocess
#
# import submitit
#
# sweep = ["confoundlab", "sweep", "coil", "--profile", "paper", "-p", "seed=0:100", "--out", "/shared/sweep"]
# executor = submitit.AutoExecutor(folder="logs")
# executor.update_parameters(timeout_min=120, cpus_per_task=1, slurm_array_parallelism=50)
# jobs = executor.map_array(lambda n: subprocess.run([*sweep, "--only", str(n)], check=True), range(100))
# [job.result() for job in jobs]
# subprocess.run(sweep, check=True)
# ```
#
# ## In a notebook
#
# Download a page's notebook (above its title, and in the box below it), open it in Jupyter, change the
# cell of parameters and run all cells. Or turn the source into a notebook:
#
# ```
# jupytext --to ipynb notebooks/coil.py --output coil.ipynb
# jupyter lab coil.ipynb
# ```
#
# Jupyter Lab does not come with the package: `pip install jupyterlab` adds it. A notebook that you run by hand has sliders where a page has a still figure, and writes no files.
#
# ## With papermill
#
# The command line is papermill with checks around it. Alone it works as well:
#
# ```
# jupytext --to ipynb notebooks/coil.py --output coil.ipynb
# papermill coil.ipynb coil-again.ipynb --kernel python3 -p epochs 5 -p repeats 2
# papermill coil.ipynb coil-again.ipynb --kernel python3 -f coil.parameters.yaml
# ```
#
# Every study's page offers its `parameters.yaml`. papermill warns of parameters that it cannot read
# ("unknown") and sets them all the same. But it does so with a misspelt one too, and runs with the
# default. It writes no `results.json`.
#
# ## The parameters
#
# Read from the notebooks as this page was made. A study's column has its default; a dash says that
# the study has no such parameter. Where studies mean different things by a name, each is listed.

# %% tags=["remove-input", "full-width"]
from IPython.display import display

from confoundlab import report

display(report.table(report.parameter_table()))

# %% [markdown]
# ## The profiles
#
# A profile sets some of them at once; the others keep their defaults.

# %% tags=["remove-input", "full-width"]
display(report.table(report.profile_table()))

"""Tell whether an image classifier learned the subject, or the session it was imaged in.

Shows where the session hides in the pixels, and says how sure it is. The research companion to
Dhar and Shamir (2021, doi:10.1016/j.visinf.2021.10.001) and Venugopalan et al. (2019,
arXiv:1912.07661). One direction through the package, a folder a step:

    catalog -> image set -> view -> split -> learner -> evidence -> store -> notebook -> book

storage
    Where files live, how they are written, kept and found again.
catalog
    What each study is made of: sources, counts, terms, paper rows, twin.
images
    Files to an image set: decoding, digests, one table with a row an image.
inference
    Kernels of inference: ranks, intervals, p-values combined and corrected, power.
simulation
    The twin of a data set: a scene, and one camera with a dial for each of its parts.
croppers
    What the classifier may see: crops and transforms, and whether they control anything.
design
    Who trains and who tests, what may be permuted, and what the data could answer at all.
datasets
    Real images, fetched and proved, or their twin.
models
    What is trained: LeNet-5 by the hundred, the engines under it, and linear probes.
plotting
    Still figures: what nets named, what a view leaves, what evidence says.
evidence
    Numbers that can be argued with: estimates, intervals, nulls, p-values and verdicts.
calibration
    How often the tests err: data of known truth, trials on them, rates of error.
studies
    A study: parameters, predictions and results, measured once, kept and found again.
plates
    Plates of wells, in rooms of their own: simulator, features, nuisance, analysis, figures.
exercise
    A task with a hidden confound for every student, its solution, and its grading.
report
    Words and tables that pages print, every number from a stored record.
notebook
    Notebooks run with parameters, and the pages made of them.
sweeping
    A study run over values of its parameters, here or on a cluster, and told as one.
auditing
    An audit of anybody's images: what they cannot answer, what leaks, and how sure that is.
cli
    The command line: a module for each kind of command.

Names are loaded when they are first used: PyTorch takes seconds, and most calls never need it.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

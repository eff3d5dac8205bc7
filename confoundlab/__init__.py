"""Tell whether an image classifier learned the subject, or the session it was imaged in.

Shows where the session hides in the pixels, and says how sure it is. The research companion to
Dhar and Shamir (2021, doi:10.1016/j.visinf.2021.10.001) and Venugopalan et al. (2019,
arXiv:1912.07661). One direction through the package:

    catalog -> image set -> view -> split -> learner -> evidence -> store -> notebook -> book
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from confoundlab.datasets.loading import load
    from confoundlab.evidence.probes import probe
    from confoundlab.evidence.record import Evidence
    from confoundlab.evidence.verdicts import Verdict, verdict
    from confoundlab.images.imageset import ImageSet
    from confoundlab.models.bank import train_bank
    from confoundlab.models.lenet import Task
    from confoundlab.studies.run import StudyRun

__all__ = [
    "Evidence",
    "ImageSet",
    "StudyRun",
    "Task",
    "Verdict",
    "load",
    "probe",
    "train_bank",
    "verdict",
]

# Loaded when first used: PyTorch takes seconds, and most commands never need it.
_HOMES = {
    "Evidence": "evidence.record",
    "ImageSet": "images.imageset",
    "StudyRun": "studies.run",
    "Task": "models.lenet",
    "Verdict": "evidence.verdicts",
    "load": "datasets.loading",
    "probe": "evidence.probes",
    "train_bank": "models.bank",
    "verdict": "evidence.verdicts",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"confoundlab.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'confoundlab' has no attribute {name!r}")

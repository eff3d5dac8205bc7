"""An audit from Python and from the command line: check, run the notebook, and say how it ended.

Serves the door of the package: one command on a folder. The audit is a study's notebook, run as all
others are, so that its page, ``results.json`` and command can be kept, compared and run again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from confoundlab.auditing.battery import examine
from confoundlab.auditing.findings import Kind
from confoundlab.auditing.predictions import read_answers
from confoundlab.auditing.readers.handed_out import read_on_cluster
from confoundlab.auditing.readers.material import Material, of_images, without_rare
from confoundlab.auditing.readers.roles import Roles, columns_of
from confoundlab.auditing.readers.sources import checked, open_source
from confoundlab.auditing.report.page import SUMMARY
from confoundlab.auditing.state import Audit, Effort
from confoundlab.catalog import Study
from confoundlab.errors import InputError, one_of
from confoundlab.images.imageset import ImageSet
from confoundlab.studies.run import StudyRun

Profile = Literal["quick", "full"]
_QUICK = {"nets": 2, "epochs": 20, "every_control": False, "shuffles": 400, "permutations": 999}
_FULL = {"nets": 5, "epochs": 60, "every_control": True, "shuffles": 2000, "permutations": 1999}
PROFILES: dict[str, dict[str, Any]] = {"quick": _QUICK, "full": _FULL}
STUDY = Study(name="audit", title="An audit of images of your own", profiles=PROFILES)


def audit(
    images: ImageSet | Path | str,
    *,
    table: Path | str | None = None,
    label: str = "",
    group: str = "",
    factors: Sequence[str] = (),
    time: str = "",
    split: str = "",
    features: Path | str | None = None,
    predictions: Path | str | None = None,
    profile: Profile = "quick",
    sample: int = 0,
    bit_depth: int | None = None,
    seed: int = 0,
) -> Audit:
    """Audit images here and now, without a report.

    Parameters
    ----------
    images : ImageSet, Path or str
        An image set, whose table has the columns; or a folder or file, as `write_report` takes it.
    table, label, group, factors, time, split, features, predictions, profile, sample, bit_depth, \
    seed
        As of `write_report`. Of an image set ``label`` and ``group`` are those of its table.

    Returns
    -------
    Audit
        `findings.findings` and `findings.verdict_table` say what was found.

    Raises
    ------
    InputError
        Something that cannot be used.
    """
    one_of("profile", profile, PROFILES)
    roles = Roles(label, group, tuple(factors), time, split)
    if isinstance(images, ImageSet):
        material = _of_set(images, roles)
    else:
        material = open_source(
            Path(images),
            roles,
            table=None if table is None else Path(table),
            features=None if features is None else Path(features),
            sample=sample,
            bit_depth=bit_depth,
            seed=seed,
        )
    material = without_rare(material)
    values = dict(PROFILES[profile])
    run = StudyRun(seed=seed, permutations=values.pop("permutations"))
    if material.images is not None:
        run.note(material.images, material.name)
    answers = None if predictions is None else Path(predictions)
    return examine(material, run, Effort(**values), answers)


def _of_set(images: ImageSet, roles: Roles) -> Material:
    """Take an image set's own table for the columns; what it measured itself is no factor."""
    measured = {"image", "sha256"} | ({"height", "width"} if images.files is not None else set())
    kept = [one for one in images.table if one not in measured]
    own = images.table[kept].astype(object).map(str)
    if not roles.group and images.table["group"].is_unique:
        own = own.drop(columns="group")
    return of_images(images, columns_of(own, roles))


def write_report(
    source: Path,
    out: Path,
    *,
    table: Path | None = None,
    label: str = "",
    group: str = "",
    factors: Sequence[str] = (),
    time: str = "",
    split: str = "",
    features: Path | None = None,
    predictions: Path | None = None,
    profile: Profile = "quick",
    sample: int = 0,
    bit_depth: int | None = None,
    seed: int = 0,
    overwrite: bool = False,
    scheduler: str | None = None,
) -> dict[str, Any]:
    """Audit a folder, and write the report: HTML, notebook, ``results.json`` and tables.

    Parameters
    ----------
    source : Path
        Folder of images, or a file (`readers.open_source`).
    out : Path
        Folder to make.
    table, features, predictions : Path, optional
        Columns, embeddings, and a model's own answers, beside the images.
    label, group, time, split : str
        Columns of the table; an empty text where the usual names, or those of folders, will do.
    factors : sequence of str
        Columns about how images were acquired.
    profile : {"quick", "full"}
        How much is computed.
    sample : int
        Images to draw at random; 0 for all.
    bit_depth : int, optional
        Bits that the camera fills of 16-bit files.
    seed : int
        Of everything.
    overwrite : bool
        Replace an older report.
    scheduler : str, optional
        Of a Dask cluster whose workers read the files, as of `cluster.hand_out`.

    Returns
    -------
    dict
        What ``audit.json`` holds: the first line, the findings, what was assumed.

    Raises
    ------
    InputError
        Something that cannot be used; nothing is written.
    RunFailedError
        The run failed.
    """
    from confoundlab.notebook.execution import run_study  # here: it loads papermill

    roles = Roles(label, group, tuple(factors), time, split)
    known = checked(source, roles, table, features, predictions)
    if predictions is not None and known is not None:
        read_answers(predictions, *known)
    if scheduler is not None and source.is_dir():
        read_on_cluster(source, bit_depth, scheduler)
    run_study(
        STUDY,
        out,
        profile=profile,
        overwrite=overwrite,
        parameters={
            "source": str(source.absolute()),
            "table": _absolute(table),
            "label": label,
            "group": group,
            "factors": list(factors),
            "time": time,
            "split": split,
            "features": _absolute(features),
            "predictions": _absolute(predictions),
            "sample": sample,
            "bit_depth": bit_depth or 0,
            "seed": seed,
        },
    )
    found: dict[str, Any] = json.loads((out / SUMMARY).read_text(encoding="utf-8"))
    return found


def _absolute(path: Path | None) -> str:
    return "" if path is None else str(path.absolute())


def kinds(text: str) -> list[Kind]:
    """Return kinds of findings from a list with commas; spaces and underscores are alike.

    Raises
    ------
    InputError
        A kind that there is not.
    """
    known = {kind.replace(" ", "_"): kind for kind in Kind}
    names = [one.strip().upper().replace(" ", "_") for one in text.split(",") if one.strip()]
    return [known[one_of("finding", name, known)] for name in names]


def failing(found: dict[str, Any], wanted: Sequence[Kind]) -> list[str]:
    """Return the findings, in a few words, that are of the kinds to fail on."""
    return [
        f"{one['kind']}: {one['short']}" for one in found["findings"] if one["kind"] in set(wanted)
    ]


def assert_none(images: ImageSet | Path | str, fail_on: str, **options: Any) -> Audit:
    """Raise `AssertionError` where an audit finds any of these kinds: for tests of a data set.

    Parameters
    ----------
    images : ImageSet, Path or str
        As of `audit`.
    fail_on : str
        Such as ``"LEAK,NOT_IDENTIFIABLE"``.
    **options
        Of `audit`.
    """
    from confoundlab.auditing.findings import summary

    wanted = kinds(fail_on)
    if not wanted:
        raise InputError("Nothing to fail on was named, such as LEAK,NOT_IDENTIFIABLE.")
    done = audit(images, **options)
    if said := failing(summary(done), wanted):
        raise AssertionError("; ".join(said))
    return done

"""Very many files read by the workers of a Dask cluster, before the audit itself begins.

Serves the audit of a million images. A task is some ten thousand files, read in a process of its
own into the common cache; what it has read stays, whatever becomes of its worker. The audit then
finds all files known.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tqdm import tqdm

from confoundlab.errors import RunFailedError
from confoundlab.images.listing import list_images
from confoundlab.images.scanning import scan_part
from confoundlab.storage.cluster import Job, hand_out
from confoundlab.storage.files import roots
from confoundlab.storage.machine import cores

FILES = 50_000  # of a task: minutes
_PROGRAM = (
    "import sys; from confoundlab.auditing.readers.handed_out import read; read(*sys.argv[1:])"
)
_SAID = 2000  # characters of what a failed task said


def read_on_cluster(
    folder: Path, bit_depth: int | None, scheduler: str, files: int = FILES
) -> None:
    """Read all images below a folder, which the workers must see under the same path.

    Parameters
    ----------
    folder : Path
        Of images.
    bit_depth : int, optional
        As of `decode`.
    scheduler : str
        As of `cluster.hand_out`.
    files : int
        Of a task.

    Raises
    ------
    InputError
        No scheduler; no folder.
    RunFailedError
        Some files could not be read by any worker, or the scheduler was lost.
    """
    n = len(list_images(folder).images)
    place, depth = str(folder.absolute()), str(bit_depth or 0)
    tasks = {
        f"files-{start}": Job(_part, (place, str(start), str(start + files), depth, roots()))
        for start in range(0, n, files)
    }
    problems = []
    with tqdm(total=len(tasks), desc="files read by workers", delay=2, leave=False) as bar:
        for name, problem in hand_out(tasks, scheduler, min(cores(), max(1, len(tasks)))):
            problems += [f"{name}: {problem}"] if problem else []
            bar.update()
    if problems:
        raise RunFailedError(f"{len(problems)} of {len(tasks)} tasks failed. {problems[0]}")


def read(folder: str, start: str, end: str, bit_depth: str) -> None:
    """Read some files, by their places among the images below a folder."""
    images = list_images(Path(folder)).images[int(start) : int(end)]
    names = [image.as_posix() for image in images]
    scan_part(Path(folder), names, f"files {start} to {end}", int(bit_depth) or None)


def _part(folder: str, start: str, end: str, bit_depth: str, environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, folder, start, end, bit_depth],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 0:
        return ""
    return done.stderr[-_SAID:].strip() or f"exit code {done.returncode}"

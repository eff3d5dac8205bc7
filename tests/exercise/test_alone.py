"""The page for those who learn alone: what it says to run, runs in the folder of its task."""

import os
import re
import subprocess
import sys

from conftest import ROOT

from confoundlab.exercise.folder import write_task
from confoundlab.exercise.reference import reference
from confoundlab.exercise.tasks import BLANK

PAGE = (ROOT / "book" / "alone.md").read_text()


def test_its_programs_lead_to_the_verdict_of_the_reference(tmp_path):
    (seed,) = map(int, re.findall(r"exercise new --seed (\d+)", PAGE))
    folder = write_task(tmp_path / "task", seed)
    programs = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    said = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for program in programs
    ]
    assert f"{BLANK.width}, {BLANK.height}" in programs[1]
    known = reference(seed)
    right, _, verdict = said[1].splitlines()[0].split(maxsplit=2)
    assert known.net.ci_low <= float(right) <= known.net.ci_high
    assert (verdict == "LEAK") == known.task.leaks
    assert all(name in said[0] for name in ("birch", "elm", "oak", "pine"))

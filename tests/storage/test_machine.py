import os
import subprocess
import sys

import pytest

from confoundlab.storage.machine import cores


def test_there_are_cores_and_no_more_than_the_machine_has():
    assert 1 <= cores() <= os.cpu_count()


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="affinity is Linux's")
def test_a_process_tied_to_one_core_has_one():
    one = min(os.sched_getaffinity(0))
    code = (
        f"import os; os.sched_setaffinity(0, {{{one}}}); "
        "from confoundlab.storage.machine import cores; print(cores())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "1"

"""The cache of compiled code; each step runs in a process of its own, as workers do."""

import subprocess
import sys

import pytest

CLOSURES = """
import sys
from confoundlab.storage.compiled import compiled

def make(factor):
    @compiled("int64(int64)")
    def times(x):
        total = 0
        for step in range(x):
            total += factor * step
        return total
    return times

made = [make(int(one)) for one in sys.argv[1:]]
if len(made) == 2:
    first, second = made

    @compiled()
    def both(x):
        return first(x), second(x)

    print(*both(10))
"""

# Whoever saves waits until the other has read the index as well, or cannot.
AT_ONCE = """
import sys, time
from pathlib import Path
from numba.core.caching import IndexDataCacheFile
from confoundlab.storage.compiled import compiled

save, read = IndexDataCacheFile.save, IndexDataCacheFile._load_index

def saving(self, key, data):
    self.saves = True
    save(self, key, data)

def reading(self):
    found = read(self)
    if getattr(self, "saves", False):
        Path(sys.argv[1]).touch()
        late = time.monotonic() + 3
        while not Path(sys.argv[2]).exists() and time.monotonic() < late:
            time.sleep(0.01)
    return found

IndexDataCacheFile.save, IndexDataCacheFile._load_index = saving, reading

@compiled()
def twice(x):
    return x + x

print(twice(int(sys.argv[3]) if sys.argv[3].isdigit() else float(sys.argv[3])))
"""


def run(script, *arguments):
    return subprocess.Popen(
        [sys.executable, script, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


@pytest.mark.parametrize("order", [(7, 3), (3, 7)])
def test_closures_stay_apart_after_a_first_run_that_compiled_one(tmp_path, monkeypatch, order):
    """numba's own cache calls the first one twice here: 135 135."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "code"))
    script = tmp_path / "closures.py"
    script.write_text(CLOSURES)
    run(script, 3).communicate(timeout=120)
    said = run(script, *order).communicate(timeout=120)[0].split()
    assert said == [str(45 * factor) for factor in order]


def test_two_processes_that_save_at_once_take_two_files(tmp_path, monkeypatch):
    """numba's own cache numbers both 1, and the last to be written stays."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "code"))
    script = tmp_path / "at_once.py"
    script.write_text(AT_ONCE)
    marks = tmp_path / "a", tmp_path / "b"
    both = [run(script, *marks, "4"), run(script, *reversed(marks), "0.5")]
    assert [float(one.communicate(timeout=120)[0]) for one in both] == [8.0, 1.0]
    assert len(list((tmp_path / "code").rglob("*.nbc"))) == 2

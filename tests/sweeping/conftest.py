"""A run that takes a tenth of a second: it writes `results.json` as a study does, and may fail."""

import json
import sys
from pathlib import Path

import pytest

# What stands in for the command line: the estimate is the crop's size over 100, plus a hundredth of
# the seed; crops of 13 pixels fail, and those of 64 wait, to be killed.
_FAKE = """
import json, os, sys, time
from pathlib import Path
words = sys.argv[1:]
given = dict(one.split("=") for one in words if "=" in one)
out = Path(words[words.index("--out") + 1])
size, seed = int(given.get("crop_size", 21)), int(given.get("seed", 0))
if size == 13:
    sys.exit("confoundlab: a crop of 13 pixels has no luck.")
if size == 64:
    time.sleep(1)
results = json.loads(Path({template!r}).read_text())
record = results["evidence"][0] | {{"estimate": size / 100 + seed / 1000}}
record |= {{"chance": 0.05}}
record |= {{"ci_low": size / 200, "ci_high": min(1, size / 50)}}
record |= {{"view": f"crop {{size}}x{{size}} corner"}}
aside = out.with_name(f"{{out.name}}.{{os.getpid()}}")
aside.mkdir(parents=True)
(aside / "results.json").write_text(json.dumps(results | {{"evidence": [record]}}))
try:
    aside.rename(out)
except OSError:  # another was first
    pass
"""


@pytest.fixture
def program(tmp_path):
    stored = Path(__file__).parents[2] / "results" / "coil-twin" / "results.json"
    results = json.loads(stored.read_text(encoding="utf-8"))
    template = tmp_path / "template.json"
    template.write_text(json.dumps(results | {"evidence": results["evidence"][:1]}))
    return (sys.executable, "-c", _FAKE.format(template=str(template)))

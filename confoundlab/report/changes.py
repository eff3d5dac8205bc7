"""Whether a stored result is what today's code would find: said beside it, never guessed.

What computes has a version by kind (`storage.versions`), raised by hand when a result can come out
otherwise; a stored run says by which it was made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from confoundlab.storage.versions import VERSIONS

_KINDS = {
    "views": "how pixels are read and cropped",
    "learners": "how nets are trained",
    "embeddings": "how pretrained nets are asked",
    "plates": "how plates are simulated and measured",
    "statistics": "the tests, intervals and verdicts",
    "power": "the simulated power",
}
_ONE = re.compile(r"(\w+) (\d+)")


def changed_since(results: Mapping[str, Any]) -> str:
    """Return what has changed since a run in a way that could touch its numbers, or nothing.

    Parameters
    ----------
    results : mapping
        Of ``results.json``. A run that does not say by which versions it was made, is older than
        all of them.
    """
    made = results["provenance"].get("computed_by", "")
    then = {kind: int(version) for kind, version in _ONE.findall(made)}
    return ", ".join(
        f"{_KINDS[kind]} changed ({kind} {then.get(kind, 0)}, today {now})"
        for kind, now in VERSIONS.items()
        if then.get(kind, 0) != now
    )

import json

import numpy as np
import pytest
from version_samples import SAMPLES, STORE, sample

from confoundlab.storage.versions import VERSIONS, computed_by

KEPT = json.loads(STORE.read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", VERSIONS)
def test_what_computes_gives_what_its_version_gave(kind):
    now = sample(kind)
    assert now["version"] == KEPT[kind]["version"], (
        f"The version of {kind!r} was raised: store new samples with "
        "`python tests/storage/version_samples.py`."
    )
    np.testing.assert_allclose(
        now["numbers"],
        KEPT[kind]["numbers"],
        rtol=0,
        atol=SAMPLES[kind][1],
        err_msg=(
            f"What {kind!r} compute has changed. If that is meant, raise their version in "
            "confoundlab/storage/versions.py, so that kept results are not taken for new ones, and "
            "run `python tests/storage/version_samples.py`; if not, it is a fault."
        ),
    )


def test_every_version_has_samples_and_words():
    assert set(KEPT) == set(VERSIONS) == set(SAMPLES)
    assert computed_by("views", "learners") == (
        f"views {VERSIONS['views']}, learners {VERSIONS['learners']}"
    )

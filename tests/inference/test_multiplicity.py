import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from confoundlab.errors import InputError
from confoundlab.inference.multiplicity import benjamini_hochberg, holm


@pytest.mark.parametrize(("ours", "theirs"), [(holm, "holm"), (benjamini_hochberg, "fdr_bh")])
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_corrections_are_those_of_statsmodels(rng, ours, theirs, n):
    p = np.round(rng.random(n) ** 3, 2)  # with ties
    assert ours(p) == pytest.approx(multipletests(p, method=theirs)[1])


@pytest.mark.parametrize("p", [[-0.1], [0.5, 1.2], [np.nan]])
def test_p_values_outside_zero_and_one_are_refused(p):
    with pytest.raises(InputError, match=r"place\(s\)"):
        holm(p)

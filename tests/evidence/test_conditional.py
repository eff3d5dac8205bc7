import dcor
import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.anova import anova_lm

from confoundlab.errors import InputError
from confoundlab.evidence.conditional import partial_confounder_test


def made(rng, n=240, depends=0.0, per_group=1):
    """Predictions and a site that both lean on the label; `depends`: on each other as well."""
    size = n // per_group
    label = rng.integers(0, 2, size)
    site = np.where(rng.random(size) < 0.6, label, rng.integers(0, 2, size))
    named = np.where(rng.random(size) < 0.6, label, rng.integers(0, 2, size))
    named = np.where(rng.random(size) < depends, site, named)
    group = np.repeat(np.arange(size), per_group)
    factors = pd.DataFrame(
        {"site": np.array(["x", "y"])[site], "dose": label + rng.normal(size=size)}
    )
    return named[group], factors.iloc[group].reset_index(drop=True), label[group], group


def test_partial_r2_and_p_agree_with_nested_regressions(rng):
    named, factors, labels, _ = made(rng, depends=0.08)
    found = partial_confounder_test(named, factors, labels, n_permutations=1999)
    small = sm.OLS(named, sm.add_constant(labels)).fit()
    dose = (factors["dose"] - factors["dose"].mean()) / factors["dose"].std(ddof=0)
    every = np.c_[labels, factors["site"] == "x", dose, dose**2].astype(float)
    large = sm.OLS(named, sm.add_constant(every)).fit()
    assert found.estimate == pytest.approx(1 - large.ssr / small.ssr)
    assert found.chance == pytest.approx(3 / 238, abs=0.004)  # three columns, 238 degrees left
    p_value = anova_lm(small, large)["Pr(>F)"].iloc[1]
    assert 0.0005 < p_value < 0.9 and found.p_value == pytest.approx(p_value, abs=0.04)


def test_it_agrees_with_partial_distance_correlation_on_what_depends(rng):
    for depends, expected in ((0.0, False), (0.5, True)):
        named, factors, labels, _ = made(rng, n=120, depends=depends)
        ours = partial_confounder_test(named, factors[["site"]], labels)
        site = (factors["site"] == "x").to_numpy(float)[:, None]
        theirs = dcor.independence.partial_distance_covariance_test(
            named.astype(float)[:, None], site, labels.astype(float)[:, None],
            num_resamples=199, random_state=0,
        )  # fmt: skip
        assert (ours.p_value < 0.01) is expected
        assert (theirs.pvalue < 0.01) is expected


def test_copies_are_no_evidence(rng):
    """Five copies of each image would make chance significant if they were counted one by one."""
    low_by_group, low_by_image = 0, 0
    for seed in range(60):
        named, factors, labels, groups = made(np.random.default_rng(seed), per_group=8)
        options = {"n_permutations": 99, "seed": seed}
        low_by_group += (
            partial_confounder_test(named, factors, labels, groups, **options).p_value <= 0.05
        )
        low_by_image += partial_confounder_test(named, factors, labels, **options).p_value <= 0.05
    assert low_by_group <= 9 and low_by_image >= 20
    assert (
        partial_confounder_test(named, factors, labels, groups).permuted
        == "whole groups, inside classes"
    )


def test_factors_of_whole_groups_move_between_groups_of_the_same_mixture(rng):
    groups = np.repeat(np.arange(20), 4)
    labels = np.tile([0, 0, 1, 1], 20)
    factors = pd.DataFrame({"site": (rng.random(20) < 0.5)[groups].astype(int)})
    named = (rng.random(80) < 0.5).astype(int)
    found = partial_confounder_test(named, factors, labels, groups)
    assert found.permuted == "whole groups, alike in their classes" and found.n_groups == 20
    driven = partial_confounder_test(factors["site"], factors, labels, groups)
    assert driven.estimate == pytest.approx(1) and driven.p_value < 0.01


def test_scores_are_as_good_as_classes(rng):
    _, factors, labels, _ = made(rng)
    scores = rng.normal(size=(240, 3)) + 2 * (factors["site"] == "x").to_numpy()[:, None]
    assert partial_confounder_test(scores, factors, labels).p_value == 1 / 1000


@pytest.mark.parametrize(
    ("named", "factors", "why"),
    [
        ([0, 1, 0], {"site": list("xyxy")}, "must have shape"),
        ([0, 0, 0, 0], {"site": list("xyxy")}, "All predictions are the same"),
        ([0, 1, 0, 1], {"site": list("xyx")}, "3 rows of factors"),
        ([0, 1, 0, 1], {"site": ["x", None, "x", "y"]}, r"'site' is missing in 1 row\(s\)"),
        ([0, 1, 0, 1], {"site": list("xxyy")}, "No label can be swapped"),
    ],
)
def test_bad_input_is_refused(named, factors, why):
    with pytest.raises(InputError, match=why):
        partial_confounder_test(named, pd.DataFrame(factors), [0, 0, 1, 1])

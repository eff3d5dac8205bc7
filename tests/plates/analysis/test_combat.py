import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from scipy.integrate import quad

from confoundlab.errors import InputError
from confoundlab.plates.analysis import combat


def rows(rng, *, n=90, d=8, spread=1.0):
    """Make three batches, the condition rarer in the first; the batches' shifts are known."""
    batch = np.arange(n) % 3
    condition = (rng.random(n) < 0.5 + 0.15 * (batch - 1)).astype(int)
    truth = rng.normal(size=(3, d)) * spread
    x = rng.normal(size=(n, d)) + truth[batch] + np.outer(condition, rng.normal(size=d))
    return x, batch, condition, truth - truth.mean(axis=0)


def posterior_mean(density):
    """Return the mean of a positive number under a density that need not be normalised."""
    whole, first = (quad(lambda at, k=k: at**k * density(at), 0, np.inf)[0] for k in (0, 1))
    return first / whole


@pytest.mark.parametrize("protect", [True, False])
def test_shift_and_variance_are_each_others_posterior_means(rng, protect):
    """The model of section 3.2 by numerical integration; least squares by statsmodels."""
    x, batch, condition, _ = rows(rng)
    found = combat.shifts(x, batch, condition if protect else None)
    design = np.eye(3)[batch]
    if protect:
        design = np.c_[design, condition]
    fits = [sm.OLS(column, design).fit() for column in x.T]
    scale = np.sqrt([np.mean(fit.resid**2) for fit in fits])
    least = np.array([fit.params[:3] - fit.params[:3].mean() for fit in fits]).T / scale
    residual = np.array([fit.resid for fit in fits]).T / scale
    for b in range(3):
        own = residual[batch == b] + least[b]
        m, s2 = (f(own.var(axis=0, ddof=1)) for f in (np.mean, lambda v: np.var(v, ddof=1)))
        prior = stats.invgamma(2 + m**2 / s2, scale=m * (1 + m**2 / s2))
        assert (prior.mean(), prior.var()) == pytest.approx((m, s2))
        for j in range(x.shape[1]):
            shift, mine = found[b, j] / scale[j], own[:, j]

            def of_variance(v, shift=shift, mine=mine, prior=prior):
                return np.exp(stats.norm.logpdf(mine, shift, np.sqrt(v)).sum() + 40) * prior.pdf(v)

            # a normal prior and normal rows: means weighted by the inverse variances
            weights = 1 / np.array([posterior_mean(of_variance) / len(mine), least[b].var(ddof=1)])
            expected = weights @ (mine.mean(), least[b].mean()) / weights.sum()
            assert shift == pytest.approx(expected, abs=1e-5)


def test_shifts_follow_the_units_of_the_features(rng):
    x, batch, condition, _ = rows(rng)
    units = rng.lognormal(0, 3, x.shape[1])
    found = combat.shifts(x, batch, condition)
    np.testing.assert_allclose(combat.shifts(x * units - 4, batch, condition), found * units)


def test_shrinking_comes_nearer_to_the_truth_where_batches_hardly_differ(rng):
    shrunken, alone = [], []
    for _ in range(40):
        x, batch, _, truth = rows(rng, n=18, d=30, spread=0.1)
        shrunken.append(combat.shifts(x, batch) - truth)
        each = [combat.shifts(column[:, None], batch) for column in x.T]
        alone.append(np.hstack(each) - truth)
    assert np.square(shrunken).mean() < 0.7 * np.square(alone).mean()


def test_what_does_not_vary_inside_batches_is_shifted_whole(rng):
    x, batch, condition, _ = rows(rng)
    x[:, 0] = np.array([1.0, 2.0, 6.0])[batch]
    x[:, 1] = 4
    found = combat.shifts(x, batch, condition)
    np.testing.assert_allclose(found[:, 0], [-2, -1, 3])
    np.testing.assert_allclose(found[:, 1], 0, atol=1e-12)
    assert np.isfinite(found).all()


def test_a_batch_of_one_row_is_refused(rng):
    with pytest.raises(InputError, match="two rows or more of each batch"):
        combat.shifts(rng.normal(size=(5, 3)), np.array([0, 0, 1, 1, 2]))

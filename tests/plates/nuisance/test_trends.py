"""Trends of known size; scipy's Spearman; smooth fields that have no trend in expectation."""

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import gaussian_filter
from scipy.stats import binom, mannwhitneyu, spearmanr

from confoundlab.errors import InputError
from confoundlab.evidence.verdicts import Verdict, verdict
from confoundlab.plates.nuisance import heatmaps, trends

SHAPE = (8, 12)


def plates(fields):
    """Lay fields, shape (plates, 8, 12), on plates with a level of its own each."""
    n = len(fields)
    place = pd.MultiIndex.from_product(
        [range(n), range(SHAPE[0]), range(SHAPE[1])], names=["plate", "row", "column"]
    ).to_frame(index=False)
    return place.assign(value=np.ravel(fields) + 10 * place["plate"])


def smooth(rng, n, sigma=1.5):
    """Fields whose neighbours are alike, noise of half their spread added; no trend on average."""
    field = gaussian_filter(rng.normal(size=(n, *SHAPE)), (0, sigma, sigma))
    return field / field.std() + 0.5 * rng.normal(size=field.shape)


def bowl(rng, n, size=1.0):
    row, column = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return rng.normal(size=(n, *SHAPE)) - size * np.hypot(row - 3.5, column - 5.5)


def test_one_block_is_scipys_spearman(rng):
    x = rng.normal(size=60)
    y = np.round(x + rng.normal(size=60), 1)  # with ties
    found = trends.rank_correlation(x, y, np.arange(60))
    outside = spearmanr(x, y)
    assert found.estimate == pytest.approx(outside.statistic)
    assert found.ci_low < found.estimate < found.ci_high
    # two-sided: the sign changes nothing but itself
    other = trends.rank_correlation(-x, y, np.arange(60))
    assert (other.estimate, other.p_value) == (-found.estimate, found.p_value)


def test_what_differs_between_blocks_counts_for_nothing(rng):
    block = np.repeat(np.arange(8), 12)
    x, y = rng.normal(size=(2, 96)) + 100 * block
    found = trends.rank_correlation(x, y, block, blocks=block)
    each = [spearmanr(x[block == one], y[block == one]).statistic for one in range(8)]
    assert found.estimate == pytest.approx(np.mean(each))
    assert spearmanr(x, y).statistic > 0.9


@pytest.mark.parametrize("n", [6, 12])
@pytest.mark.parametrize("test", [trends.radial, trends.edge])
def test_smooth_fields_without_a_trend_are_seldom_called_one(rng, n, test):
    draws = 200
    called = [
        test(plates(smooth(rng, n)), "value", n_permutations=199, seed=seed).p_value <= 0.05
        for seed in range(draws)
    ]
    assert sum(called) <= binom.isf(0.001, draws, 0.05)


@pytest.mark.parametrize("n", [1, 3, 5])
@pytest.mark.parametrize("test", [trends.radial, trends.edge])
def test_few_plates_cannot_tell_a_field_from_a_trend_and_say_so(rng, n, test):
    found = test(plates(bowl(rng, n)), "value", n_permutations=999)
    tails = 2 if found.sided == "two-sided" else 1
    assert found.smallest_p == pytest.approx(min(1, tails / 2**n))
    assert found.p_value >= found.smallest_p and found.n_groups == n
    assert "cannot be told from a trend" in found.permuted_why
    judged = verdict(found, is_control=True)
    assert judged.verdict == Verdict.INCONCLUSIVE and "smallest p-value" in str(judged)


@pytest.mark.parametrize("test", [trends.radial, trends.edge])
def test_a_trend_that_plates_share_is_found(rng, test):
    found = test(plates(bowl(rng, 8)), "value", n_permutations=1999)
    assert found.p_value < 0.02 and found.ci_low > found.chance
    assert verdict(found, is_control=True).verdict == Verdict.LEAK
    assert "cannot be told" not in found.permuted_why


def test_a_trend_of_either_sign_is_one(rng):
    found = trends.radial(plates(-bowl(rng, 8)), "value", n_permutations=1999)
    assert found.estimate < -0.5 and verdict(found, is_control=True).verdict == Verdict.LEAK


def test_the_edges_area_is_scipys_inside_each_plate(rng):
    table = plates(rng.normal(size=(7, *SHAPE)))
    inner = ~heatmaps.at_edge(table, SHAPE)
    each = []
    for number in range(7):
        own = table["plate"] == number
        inside, outside = table["value"][own & inner], table["value"][own & ~inner]
        each.append(mannwhitneyu(inside, outside).statistic / (len(inside) * len(outside)))
    found = trends.edge(table, "value", n_permutations=99)
    assert found.estimate == pytest.approx(np.mean(each), abs=1e-6)
    assert found.ci_low < found.estimate < found.ci_high


@pytest.mark.parametrize("shape", [(4, 6), (6, 8), (8, 12), (16, 24)])
def test_the_plates_shape_moves_the_centre(rng, shape):
    row, column = np.mgrid[: shape[0], : shape[1]]
    away = np.hypot(row - (shape[0] - 1) / 2, column - (shape[1] - 1) / 2)
    one = pd.DataFrame({"row": row.ravel(), "column": column.ravel(), "value": -away.ravel()})
    table = pd.concat([one.assign(plate=name) for name in "abcdef"], ignore_index=True)
    table["value"] += rng.normal(0, 0.1, len(table))
    assert trends.radial(table, "value", n_permutations=99).estimate > 0.8
    part = table[(table["row"] < shape[0] / 2) & (table["column"] < shape[1] / 2)]
    stated = trends.radial(part, "value", shape=shape, n_permutations=99)
    assert stated.estimate > 0.8


def test_what_cannot_be_compared_is_refused():
    table = plates(np.random.default_rng(0).normal(size=(2, *SHAPE)))
    inner = table[table["row"].between(1, 6) & table["column"].between(1, 10)]
    with pytest.raises(InputError, match="0 of 120 wells"):
        trends.edge(inner, "value")
    with pytest.raises(InputError, match="all equal"):
        trends.rank_correlation(np.ones(5), np.arange(5), np.arange(5))


@pytest.mark.parametrize("test", [trends.radial, trends.edge])
def test_a_guessed_shape_is_said_and_a_stated_one_is_not(rng, test):
    """96 wells may be a plate of their own or a quadrant of a plate of 384."""
    table = plates(bowl(rng, 2))
    guessed = test(table, "value", n_permutations=9)
    assert "8 x 12 wells (96)" in guessed.remarks[0] and "shape=(16, 24)" in str(guessed)
    for shape in (SHAPE, (16, 24)):
        assert test(table, "value", shape=shape, n_permutations=9).remarks == ()

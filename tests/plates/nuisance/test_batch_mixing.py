import numpy as np
import pandas as pd
import pytest
from harmonypy import compute_lisi
from scipy.stats import kstest
from sklearn.metrics import silhouette_score

from confoundlab.errors import InputError
from confoundlab.plates.nuisance.batch_mixing import CAVEAT, lisi, mixing


def wells(rng, n_wells=24, each=10, batches=3, shift=0.0, well_spread=0.0, d=6):
    """Wells with a shift a batch, and a place of their own."""
    well = np.repeat(np.arange(n_wells), each)
    batch = (well % batches).astype(str)
    places = well_spread * rng.normal(size=(n_wells, d))
    features = rng.normal(size=(len(well), d)) + places[well]
    features[:, 0] += shift * (well % batches)
    return features, batch, well


@pytest.mark.parametrize(("perplexity", "d"), [(30, 5), (10, 2), (5, 20)])
def test_lisi_is_harmonypys(rng, perplexity, d):
    features = rng.normal(size=(300, d))
    features[:150] += 1
    labels = rng.choice(["a", "b", "c"], 300, p=[0.6, 0.3, 0.1])
    theirs = compute_lisi(features, pd.DataFrame({"batch": labels}), ["batch"], perplexity)[:, 0]
    assert lisi(features, labels, perplexity=perplexity) == pytest.approx(theirs, rel=1e-9)


def test_lisi_counts_labels(rng):
    labels = np.repeat([0, 1], 100)
    apart = np.c_[labels * 100.0, np.zeros(200)] + rng.normal(size=(200, 2))
    assert lisi(apart, labels, perplexity=10) == pytest.approx(1)
    mixed = lisi(rng.normal(size=(2000, 2)), rng.integers(0, 2, 2000), perplexity=100)
    assert 1.95 < mixed.mean() < 2


def test_the_silhouette_and_the_neighbours_are_scikit_learns(rng):
    features, batch, well = wells(rng, shift=1.0)
    alike, _, outline = mixing(features, batch, groups=well, neighbours=7, n_permutations=9)
    assert outline.estimate == pytest.approx(silhouette_score(features, batch))
    away = np.linalg.norm(features[:, None] - features[None], axis=-1)
    np.fill_diagonal(away, np.inf)
    nearest = np.argsort(away)[:, :7]
    assert alike.estimate == pytest.approx((batch[nearest] == batch[:, None]).mean())
    assert outline.caveat == CAVEAT and not alike.caveat


def test_batches_far_apart_are_found_by_all_three(rng):
    features, batch, well = wells(rng, shift=20.0)
    alike, simpson, outline = mixing(features, batch, groups=well, n_permutations=199)
    assert alike.estimate == 1 and simpson.estimate == pytest.approx(1)
    assert outline.estimate > 0.5
    for found in (alike, simpson, outline):
        assert found.p_value == found.smallest_p == 1 / 200
        assert found.permuted == "whole groups" and found.n_groups == 24
        assert found.ci_low <= found.estimate + 1e-6 and found.estimate <= found.ci_high + 1e-6
    assert simpson.apart == "low" and simpson.null_q05 > 1.5
    # eight wells lie together: nine of 79 others are of the own well, a permuted label is shared
    # with seven of 23 other wells
    assert alike.null_mean == pytest.approx(9 / 79 + 70 / 79 * 7 / 23, abs=0.02)
    assert "lower when apart" in str(simpson) and "p = 0.005" in str(simpson)


def test_wells_that_differ_are_no_batches(rng):
    """Cells of a well lie together: permuting images calls that a batch effect, wells do not."""
    p_wells, p_images = [], []
    for seed in range(60):
        features, batch, well = wells(np.random.default_rng(seed), 12, 8, well_spread=2.0, d=3)
        options = {"neighbours": 5, "perplexity": 5, "n_permutations": 79, "seed": seed}
        p_wells.append([m.p_value for m in mixing(features, batch, groups=well, **options)])
        alone = np.arange(len(well))
        p_images.append([m.p_value for m in mixing(features, batch, groups=alone, **options)])
    for of_metric in np.transpose(p_wells):
        assert kstest(of_metric, "uniform").pvalue > 0.01
        assert (of_metric <= 0.05).mean() <= 0.15
    assert (np.array(p_images)[:, :2] <= 0.05).mean() > 0.9


def test_the_interval_resamples_groups(rng):
    features, batch, well = wells(rng, shift=2.0, well_spread=1.0)
    by_well = mixing(features, batch, groups=well, n_permutations=9)
    by_image = mixing(features, batch, groups=np.arange(len(well)), n_permutations=9)
    for wide, narrow in zip(by_well, by_image, strict=True):
        assert wide.estimate == pytest.approx(narrow.estimate)
        assert wide.ci_high - wide.ci_low > 1.3 * (narrow.ci_high - narrow.ci_low)


def test_blocks_keep_their_labels(rng):
    """Plates hold their own share of both lines: inside plates there is nothing to find."""
    well = np.repeat(np.arange(24), 10)
    plate = well // 12
    line = np.where(plate == 0, well % 4 == 0, well % 4 != 0)
    features = rng.normal(size=(240, 4)) + 10 * plate[:, None]
    free = mixing(features, line, groups=well, n_permutations=199)
    inside = mixing(features, line, groups=well, blocks=plate, n_permutations=199)
    assert free[0].p_value < 0.05 < inside[0].p_value
    assert "inside blocks" in inside[0].permuted


def test_what_cannot_be_measured_is_refused(rng):
    features, batch, well = wells(rng, 6, 4)
    small = {"neighbours": 3, "perplexity": 3, "n_permutations": 9}
    for wrong in (
        {"neighbours": 24},
        {"perplexity": 9},
        {"perplexity": 0.5},
        {"n_permutations": 0},
    ):
        with pytest.raises(InputError):
            mixing(features, batch, groups=well, **(small | wrong))
    with pytest.raises(InputError, match="single way"):
        mixing(features, np.zeros(24), groups=well, **small)


def test_the_same_seed_gives_the_same_answer(rng):
    features, batch, well = wells(rng, shift=0.5)
    options = {"groups": well, "n_permutations": 19, "seed": 4}
    assert mixing(features, batch, **options) == mixing(features, batch, **options)

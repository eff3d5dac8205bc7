import numpy as np
import pytest
from scipy.stats import kstest

from confoundlab.errors import InputError
from confoundlab.models.lenet import Task, train_net
from confoundlab.plates.analysis.background import empty_background, on_background
from confoundlab.plates.analysis.gradcam import maps, named


def test_background_is_what_is_dark_in_every_channel():
    image = np.full((1, 8, 8, 5), 10, np.uint8)
    image[0, :2, :, 0] = 200
    image[0, :, :2, 3] = 200
    assert (~empty_background(image)[0]).sum() == 16 + 16 - 4


def scene(rng, groups=20, each=6, side=12):
    """Backgrounds that differ between groups and images."""
    group = np.repeat(np.arange(groups), each)
    level = 0.3 + 0.4 * rng.random(groups)[group]
    empty = rng.random((len(group), side, side)) < level[:, None, None]
    return empty, group


def test_maps_on_the_background_and_maps_beside_it(rng):
    empty, group = scene(rng)
    on = on_background(empty.astype(np.float32), empty, group, n_permutations=99)
    assert on.share == pytest.approx(1) and on.area == pytest.approx(empty.mean())
    assert on.estimate == pytest.approx(1 - empty.mean())
    assert on.p_value == 1 / 100 and on.p_below == 1
    assert on.ci_low <= on.estimate <= on.ci_high and on.ci_low > 0
    off = on_background((~empty).astype(np.float32), empty, group, n_permutations=99)
    assert off.share == 0 and off.p_below == 1 / 100 and off.ci_high < 0
    flat = on_background(np.ones(empty.shape, np.float32), empty, group, n_permutations=99)
    assert flat.estimate == pytest.approx(0, abs=1e-6) and flat.p_value == flat.p_below == 1
    assert "on empty background" in str(on)


def test_the_share_does_not_depend_on_the_size_of_logits(rng):
    empty, group = scene(rng)
    found = rng.random(empty.shape).astype(np.float32)
    scale = rng.uniform(0.1, 10, len(group)).astype(np.float32)[:, None, None]
    options = {"n_permutations": 9}
    one = on_background(found, empty, group, **options)
    assert on_background(found * scale, empty, group, **options).share == pytest.approx(one.share)
    shares = [(m * e).sum() / m.sum() for m, e in zip(found, empty, strict=True)]
    assert one.share == pytest.approx(np.mean(shares))


def test_maps_that_know_nothing_of_their_picture_are_not_significant():
    """Both maps and backgrounds differ between groups, independently."""
    p_values = []
    for seed in range(150):
        rng = np.random.default_rng(seed)
        empty, group = scene(rng, groups=12, each=4, side=8)
        own = rng.random((12, 8, 8))[group] ** 3
        found = (own + 0.2 * rng.random(empty.shape)).astype(np.float32)
        empty |= (rng.random((12, 8, 8)) < 0.3)[group]
        p_values.append(on_background(found, empty, group, n_permutations=79, seed=seed).p_value)
    assert kstest(p_values, "uniform").pvalue > 0.01


def crowded_or_not(n, rng, size=24):
    """Patches with one cell in the middle, alone (label 0) or among others (label 1)."""
    rows, columns = np.mgrid[:size, :size]
    labels = np.arange(n) % 2
    pixels = rng.normal(20, 5, (n, size, size, 3))
    for patch, label in zip(pixels, labels, strict=True):
        others = rng.uniform(0, size, (5 * label, 2))
        for y, x in [(size / 2, size / 2), *others]:
            patch[np.hypot(rows - y, columns - x) < 5] += 120
    return pixels.clip(0, 255).astype(np.uint8), labels


@pytest.mark.parametrize("seed", [0, 1])
def test_a_net_that_counts_cells_looks_at_cells_where_it_names_many(rng, seed):
    images, labels = crowded_or_not(300, rng)
    train, test = np.arange(200), np.arange(200, 300)
    net = train_net(images, Task(labels, train, test, seed), np.zeros(8))
    called = named(net, images[test])
    assert (called == labels[test]).mean() > 0.9
    own, wells = called == 1, test // 5
    seen, empty = maps(net, images[test]), empty_background(images[test])
    found = on_background(seen[own], empty[own], wells[own], n_permutations=99)
    assert found.ci_high < 0 and found.p_below == 1 / 100


def test_blank_maps_are_left_out_and_counted(rng):
    empty, group = scene(rng)
    found = rng.random(empty.shape).astype(np.float32)
    found[:5] = 0
    assert on_background(found, empty, group, n_permutations=9).n_blank == 5
    with pytest.raises(InputError, match="120 of 120 maps are zero"):
        on_background(found * 0, empty, group)


def test_what_cannot_be_measured_is_refused(rng):
    found = rng.random((4, 5, 5)).astype(np.float32)
    with pytest.raises(InputError, match="one shape"):
        on_background(found, np.ones((4, 6, 5), bool), [0, 0, 1, 1])
    with pytest.raises(InputError, match="permutation"):
        on_background(found, found > 0.5, [0, 0, 1, 1], n_permutations=0)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from confoundlab.errors import InputError
from confoundlab.inference import power
from confoundlab.inference.power import Design, intraclass_correlation, minimum_detectable


def test_power_of_independent_images_is_that_of_a_test_of_proportions():
    """Balanced classes, images by themselves: correct answers are near enough binomial.

    Labels that are swapped change two answers of 200, and ties count against the test: half a step.
    """
    for true in (0.55, 0.6, 0.65):
        exact = stats.norm.cdf((true - 0.5 - 0.005) * np.sqrt(200) / 0.5 - 1.96)
        assert power.power(Design(200, classes=2), true) == pytest.approx(exact, abs=0.07)
    assert minimum_detectable(Design(200)) == pytest.approx(0.604, abs=0.012)


@pytest.mark.parametrize("n_tests", [10, 25])
def test_a_stricter_level_asks_for_more(n_tests):
    """By the sum of two normal quantiles, that of the level and that of the power."""
    z = stats.norm.isf(0.025 / n_tests) + stats.norm.ppf(0.8)
    found = minimum_detectable(Design(200, alpha=0.05 / n_tests))
    assert found == pytest.approx(0.505 + z * 0.5 / np.sqrt(200), abs=0.015)


def test_power_of_an_auc_is_that_of_wilcoxons_test():
    """Noether (1987): two samples of 100 find an AUC of about 0.61 four times in five."""
    found = minimum_detectable(Design(200, metric="ROC AUC"))
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    assert found == pytest.approx(0.5 + z / np.sqrt(12 * 200 * 0.25), abs=0.012)


@pytest.mark.parametrize("metric", power.METRICS)
def test_copies_count_once_and_more_groups_find_less(metric):
    alone = minimum_detectable(Design(60, metric=metric))
    copies = minimum_detectable(Design(60, 10, correlation=1.0, metric=metric))
    independent = minimum_detectable(Design(60, 10, correlation=0.0, metric=metric))
    assert copies == pytest.approx(alone, abs=0.035)
    assert independent < alone - 0.04
    many = minimum_detectable(Design(6000, metric=metric))
    base = Design(60, metric=metric).chance
    assert many - base == pytest.approx((alone - base) / np.sqrt(100), abs=0.012)


def test_imbalance_costs_power_and_chance_follows_it():
    balanced, skewed = (
        Design(200, majority=share, metric="balanced accuracy") for share in (0.5, 0.9)
    )
    assert minimum_detectable(skewed) > minimum_detectable(balanced)
    assert Design(100, majority=0.9).chance == 0.9 < minimum_detectable(Design(100, majority=0.9))
    assert Design(100, classes=4, metric="balanced accuracy").chance == 0.25


def test_fits_of_other_images_find_more_and_copies_of_a_fit_do_not():
    one, all_images = minimum_detectable(Design(50)), minimum_detectable(Design(500))
    apart = minimum_detectable(Design(50, fits=10, spread=10.0))
    assert all_images < apart < one - 0.05
    copies = minimum_detectable(Design(50, fits=10))
    assert one - 0.015 < copies < one + 0.04  # the combination has its price
    between = minimum_detectable(Design(50, fits=10, spread=5.0, agreement=0.2))
    assert apart - 0.01 < between < one


def test_few_permutations_find_less():
    """Of ten fits, each can add no more than its smallest p-value lets it."""
    many, few = (
        minimum_detectable(Design(50, fits=10, spread=10.0, smallest_p=least))
        for least in (0.001, 0.01)
    )
    assert few > many + 0.003
    assert minimum_detectable(Design(200, smallest_p=0.05)) == 1.0


@pytest.mark.parametrize(
    ("majority", "classes", "said"),
    [(0.593, 2, False), (0.61, 2, True), (0.36, 4, False), (0.38, 4, True), (0.06, 20, False)],
)
def test_classes_are_imbalanced_beyond_a_bound(majority, classes, said):
    assert power.imbalanced(majority, classes) is said


def test_tiny_designs_find_nothing():
    assert minimum_detectable(Design(4)) == 1.0
    assert power.power(Design(4), 1.0) == 0


def test_tables_are_kept(monkeypatch):
    design = Design(44, 3, classes=3, correlation=0.3)
    first = power.power_table(design)
    assert first["power"].is_monotonic_increasing and first["true"].is_monotonic_increasing
    power._curve.cache_clear()
    monkeypatch.setattr(power, "_simulate", None)  # would fail if it were called
    assert power.power_table(design).equals(first)


@pytest.mark.parametrize("m", [2, 8])
def test_intraclass_correlation_is_that_of_the_f_ratio(rng, m):
    shared = rng.normal(size=(30, 1))
    values = shared + rng.normal(size=(30, m))
    f = stats.f_oneway(*values).statistic
    found = intraclass_correlation(values.ravel(), np.repeat(np.arange(30), m))
    assert found == pytest.approx((f - 1) / (f + m - 1))


def test_intraclass_correlation_of_what_says_nothing_is_one():
    assert intraclass_correlation([1, 2, 3], [0, 1, 2]) == 1
    assert intraclass_correlation([1, 1, 1, 1], [0, 0, 1, 1]) == 1
    assert intraclass_correlation([0, 1, 0, 1], [0, 0, 1, 1]) == 0


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"n_units": 1}, "cannot carry"),
        ({"n_units": 9, "alpha": 0}, "between 0 and 1"),
        ({"n_units": 9, "images_per_unit": 0.5}, "at least one image"),
        ({"n_units": 9, "fits": 2, "spread": 3.0}, "times as many units"),
        ({"n_units": 9, "agreement": 1.5}, "between 0 and 1"),
        ({"n_units": 9, "metric": "accurcy"}, "Did you mean 'accuracy'"),
    ],
)
def test_impossible_designs_are_refused(options, why):
    with pytest.raises(InputError, match=why):
        Design(**options)


@given(st.integers(2, 400), st.integers(0, 3000))
def test_the_table_of_a_design_has_at_least_a_unit_for_each_class(classes, more):
    """84 units of 82 classes were rounded to 80, which carry no such design."""
    design = Design(classes + more, classes=classes)
    nearest = design.rounded()
    assert nearest.n_units >= nearest.classes
    assert nearest == nearest.rounded()

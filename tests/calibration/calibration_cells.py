"""The designs on which the tests are calibrated: `run.py` runs all of them, the tests a few."""

from confoundlab.calibration.designs import Cell
from confoundlab.calibration.rates import DIFFERENCES, FACTORS, INTERVALS, METRICS, Coverage
from confoundlab.evidence.factor_share import FEWEST_GROUPS

# Tests that any design with groups allows.
EVERYWHERE = (
    "probe, ROC AUC",
    "held-out accuracy",
    "held-out ROC AUC",
    "partial confounder test",
    "label from factors",
)
# Where one class is common, decisions of least squares are blind (the power curves show it), and
# two learners differ in how often they name it.
BALANCED = (*EVERYWHERE, "probe, balanced accuracy", "difference of two learners")

INDEPENDENT = [
    Cell(n, classes=classes)
    for n in (40, 120, 400)
    for classes in (2, 5, 20)
] + [Cell(1200)]  # fmt: skip
GROUPED = [
    Cell(n, images_per_group=m) for n, m in ((400, 5), (400, 10), (400, 20), (1200, 10), (1200, 40))
] + [Cell(1200, images_per_group=5, classes=20)]
IMBALANCED = [
    Cell(n, majority=share)
    for n, share in ((400, 0.8), (400, 0.9), (400, 0.95), (400, 0.99), (1200, 0.9), (1200, 0.99))
] + [Cell(400, images_per_group=5, majority=0.9), Cell(400, classes=5, majority=0.9)]
BATCHES = [
    Cell(400, images_per_group=5, n_batches=batches, layout=layout)
    for layout, batches in (
        ("crossed", 2), ("crossed", 5), ("crossed", 10), ("crossed", 40),
        ("nested", 10), ("nested", 40),
        ("partly aliased", 2), ("partly aliased", 6), ("partly aliased", 10),
        ("partly aliased", 40),
    )
] + [
    Cell(1200, images_per_group=5, n_batches=40, layout=layout)
    for layout in ("crossed", "nested", "partly aliased")
]  # fmt: skip
COMPARED = [
    Cell(40), Cell(120), Cell(400), Cell(400, classes=5),
    Cell(400, images_per_group=5), Cell(400, images_per_group=20),
]  # fmt: skip
MIXED = [
    Cell(n, images_per_group=m, classes=classes, layout="mixed")
    for n, m, classes in ((120, 2, 2), (400, 2, 2), (400, 5, 2), (400, 2, 5), (1200, 10, 2))
]
LARGE = [Cell(4000)]
LENET = [Cell(120), Cell(240, images_per_group=4), Cell(240, images_per_group=4, classes=4)]

NULLS = [
    (test, cell)
    for cell in [*INDEPENDENT, *GROUPED, *IMBALANCED, *LARGE]
    for test in (EVERYWHERE if cell.majority else BALANCED)
] + [
    (test, cell)
    for cell in MIXED
    for test in ("probe, ROC AUC", "held-out accuracy", "held-out ROC AUC")
] + [
    # batches have means of their own, so only tests that know of them apply
    (test, cell)
    for cell in BATCHES
    for test in ("probe, ROC AUC", "probe, balanced accuracy", "probe, stopped early")
] + [
    (test, cell)
    for cell in (Cell(120), Cell(400), Cell(400, images_per_group=5), Cell(400, classes=5))
    for test in (
        "probe, stopped early", "WRONG: usual t over splits", "factor given the label",
        "five columns, Holm", "held-out accuracy, five fits",
        "corrected resampled t" if cell.images_per_group == 1 else "WRONG: corrected t on groups",
    )
] + [
    (f"difference in {metric}", cell)
    for cell in COMPARED
    for metric in ("balanced accuracy", "ROC AUC")
] + [("LeNet, held-out accuracy", cell) for cell in LENET] + [
    ("WRONG: groups ignored", cell) for cell in GROUPED[:4]
]  # fmt: skip

# Leaks of rising strength: balanced, at nine to one and at nineteen to one.
POWER = [
    (test, Cell(n, images_per_group=m, majority=share, leak=leak))
    for n, m, share in ((200, 1, 0.0), (200, 1, 0.9), (400, 1, 0.95), (400, 10, 0.0))
    for leak in (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
    for test in ("probe, ROC AUC", "probe, balanced accuracy", "held-out accuracy")
]

COVERAGE = [
    ("interval", Coverage(metric, n_groups, truth=truth, method=method))
    for metrics, methods in (
        (METRICS, ("logit", "percentile", "bca")),
        (DIFFERENCES, ("percentile", "bca")),
        (FACTORS, ("percentile",)),
    )
    for metric in metrics
    for n_groups in (5, 10, 20, 40, 60, 100)
    if n_groups != 60 or metric == "beyond a factor"
    if metric != "beyond a factor" or n_groups >= FEWEST_GROUPS
    for truth in (0.5, 0.7, 0.9)
    for method in methods
] + [
    ("interval", Coverage(metric, 200, images_per_group=1, method="percentile"))
    for metric in INTERVALS
]  # fmt: skip

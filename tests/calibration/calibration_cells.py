"""The designs on which the tests are calibrated: `run.py` runs all of them, the tests a few."""

from confoundlab.calibration.designs import (
    DIFFERENCES,
    FACTORS,
    INTERVALS,
    METRICS,
    PROBES,
    Cell,
)
from confoundlab.calibration.rates import Coverage
from confoundlab.evidence.factor_share import FEWEST_GROUPS, FEWEST_OWED

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
UNEQUAL = [
    Cell(400, images_per_group=20, sizes="one giant"),
    Cell(400, images_per_group=20, sizes="giant of one class"),
    Cell(280, images_per_group=7, majority=0.75, sizes="by class"),
    Cell(280, images_per_group=7, majority=0.75, sizes="by class", correlation=0.2),
    Cell(400, images_per_group=10, sizes="log-normal"),
    Cell(400, images_per_group=20, classes=4, sizes="log-normal"),
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
    (test, cell)
    for cell in UNEQUAL
    for test in ("probe, ROC AUC", "probe, balanced accuracy", "held-out accuracy",
                 "held-out ROC AUC", "difference of two learners", "partial confounder test")
] + [
    ("page of twenty controls", cell)
    for cell in (Cell(200), Cell(400, images_per_group=5), Cell(200, classes=5))
] + [
    ("held-out accuracy, half of the fits dead", cell)
    for cell in (Cell(200), Cell(400, images_per_group=5))
] + [
    ("WRONG: split cuts groups", Cell(400, images_per_group=m)) for m in (2, 5)
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
POWER = (
    [
        (test, Cell(n, images_per_group=m, majority=share, leak=leak))
        for n, m, share in (
            (200, 1, 0.0),
            (200, 1, 0.9),
            (400, 1, 0.95),
            (400, 10, 0.0),
            (200, 10, 0.0),
        )
        for leak in (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
        for test in ("probe, ROC AUC", "probe, balanced accuracy", "held-out accuracy")
    ]
    + [
        ("probe, ROC AUC", Cell(280, 7, majority=0.75, sizes="by class", leak=leak))
        for leak in (1.0, 1.5, 2.0)
    ]
    + [("held-out accuracy, half of the fits dead", Cell(200, leak=leak)) for leak in (1.0, 2.0)]
)

FEWEST = {"beyond a factor": FEWEST_GROUPS, "owed to a factor": FEWEST_OWED}
COVERAGE = [
    ("interval", Coverage(metric, n_groups, truth=truth, method=method))
    for metrics, methods in (
        (METRICS, ("logit", "percentile", "bca")),
        (DIFFERENCES, ("t", "bca")),
        (FACTORS, ("percentile",)),
    )
    for metric in metrics
    for n_groups in (5, 10, 20, 40, 60, 100)
    if n_groups != 60 or metric == "beyond a factor"
    if n_groups >= FEWEST.get(metric, 0)
    for truth in (0.5, 0.7, 0.9)
    # beside the method in use, others are tried where they are worst
    for method in (methods if truth == 0.9 else methods[:1])
] + [
    ("interval", Coverage(metric, 200, images_per_group=1, method="percentile"))
    for metric in INTERVALS if metric not in PROBES
] + [
    ("interval", Coverage(metric, n_groups, truth=truth, method=method, sizes=sizes))
    for metric, method in (
        ("accuracy", "logit"), ("balanced accuracy", "logit"), ("ROC AUC", "logit"),
        ("difference in accuracy", "t"), ("difference in ROC AUC", "t"),
    )
    for n_groups in (20, 40)
    for truth in (0.5, 0.7, 0.9)
    for sizes in ("one giant", "log-normal")
] + [
    ("interval", Coverage(PROBES[0], classes * each, 1, classes=classes, leak=leak))
    for classes, each in (
        (2, 50), (2, 200), (5, 20), (5, 80), (10, 10), (20, 6), (30, 2), (60, 2)
    )
    for leak in (0.0, 0.5, 1.0, 2.0)
] + [
    ("interval", Coverage(PROBES[1], classes * each, 1, classes=classes, leak=leak))
    for classes, each in ((2, 50), (5, 20), (20, 6))
    for leak in (0.0, 0.5, 1.0, 2.0)
] + [
    ("interval", Coverage(metric, n_groups, 10, leak=leak, correlation=0.8))
    for metric in PROBES
    for n_groups in (10, 12, 20, 40)
    for leak in (0.0, 1.0, 2.0)
]  # fmt: skip

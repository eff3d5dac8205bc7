"""Verdicts: what evidence allows one to say, from a closed list, with reasons and a next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control

from confoundlab.design.aliasing import Identifiability
from confoundlab.design.power import ALPHA
from confoundlab.errors import InputError, one_of
from confoundlab.evidence.record import Evidence

# How far above chance a leak may lie unseen before NO LEAK FOUND is refused, if the user names no
# margin: ten points of accuracy or AUC, a judgement and not a law.
MARGIN = 0.1


class Verdict(StrEnum):
    """The closed list of what evidence can say."""

    LEAK = "LEAK"
    NO_LEAK_FOUND = "NO LEAK FOUND"
    INCONCLUSIVE = "INCONCLUSIVE"
    NOT_IDENTIFIABLE = "NOT IDENTIFIABLE"
    VACUOUS = "VACUOUS"
    INVERTED = "INVERTED"


@dataclass(frozen=True)
class Judgement:
    """A verdict with its reasons and what to do next; printing it shows all three.

    Parameters
    ----------
    verdict : Verdict or None
        None where the view is no control and nothing forbids to read the accuracy.
    reasons : tuple of str
        In words.
    next_step : str
        For a scientist who is no statistician.
    p_adjusted : float or None
        The p-value after correction for all columns or views that were tested together.
    """

    verdict: Verdict | None
    reasons: tuple[str, ...]
    next_step: str
    p_adjusted: float | None

    def __str__(self) -> str:
        said = "\n".join(f"  because: {reason}" for reason in self.reasons)
        return f"{self.verdict or 'no verdict'}\n{said}\n  next: {self.next_step}"


def holm(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjust p-values for testing several (Holm 1979): the chance of any false alarm stays alpha.

    Parameters
    ----------
    p_values : array-like, shape (tests,)
        Between 0 and 1.
    """
    p = _checked(p_values)
    order = np.argsort(p)
    factors = np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * factors))
    return adjusted


def benjamini_hochberg(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Adjust p-values so that the share of false alarms among all alarms stays alpha on average.

    Benjamini and Hochberg (1995), for screening many columns; verdicts use `holm`.
    """
    return np.asarray(false_discovery_control(_checked(p_values)), np.float64)


_CORRECTIONS = {"holm": holm, "benjamini-hochberg": benjamini_hochberg}


def verdict(
    evidence: Evidence,
    *,
    p_adjusted: float | None = None,
    n_tests: int = 1,
    is_control: bool = True,
    vacuous: str | None = None,
    design: Identifiability | None = None,
    margin: float = MARGIN,
    alpha: float = ALPHA,
) -> Judgement:
    """Say what one piece of evidence allows.

    Parameters
    ----------
    evidence : Evidence
        Of one experiment; chance is what an honest data set gives.
    p_adjusted : float, optional
        Its p-value corrected for everything tested with it (`verdicts` does that).
    n_tests : int
        How many were tested together.
    is_control : bool
        Whether the view hides the subject. Without that, accuracy is no sign of a leak.
    vacuous : str, optional
        Why the control proves nothing (constant or unchanged images), if so.
    design : Identifiability, optional
        Of label and session.
    margin : float
        The leak, above chance, that the user wants to be able to rule out.
    alpha : float
        Level of the test.

    Returns
    -------
    Judgement
    """
    e, p = evidence, evidence.p_value if p_adjusted is None else p_adjusted
    found, reasons, step = _judge(e, p, n_tests, is_control, vacuous, design, margin, alpha)
    return Judgement(found, tuple(reasons), step, p if is_control and not vacuous else None)


def verdicts(
    cases: Sequence[tuple[Evidence, dict[str, object]]],
    *,
    correction: Literal["holm", "benjamini-hochberg"] = "holm",
    alpha: float = ALPHA,
) -> list[Judgement]:
    """Judge what was tested together, p-values corrected for their number.

    Parameters
    ----------
    cases : sequence of (Evidence, dict)
        Evidence and the options of `verdict` for it. Only controls that show something are
        counted as tests.
    correction : {"holm", "benjamini-hochberg"}
        Holm keeps the chance of any false LEAK below alpha; Benjamini and Hochberg keep the share
        of false ones among all LEAKs below it on average, for screening many columns.
    alpha : float
        As said.
    """
    tested = [
        number
        for number, (_, options) in enumerate(cases)
        if options.get("is_control", True) and not options.get("vacuous")
    ]
    adjusted: list[float | None] = [None] * len(cases)
    one_of("correction", correction, _CORRECTIONS)
    if tested:
        raw = [cases[number][0].p_value for number in tested]
        for number, p in zip(tested, _CORRECTIONS[correction](raw), strict=True):
            adjusted[number] = float(p)
    return [
        verdict(evidence, p_adjusted=p, n_tests=len(tested), alpha=alpha, **options)  # type: ignore[arg-type]
        for (evidence, options), p in zip(cases, adjusted, strict=True)
    ]


def _judge(
    e: Evidence,
    p: float,
    n_tests: int,
    is_control: bool,
    vacuous: str | None,
    design: Identifiability | None,
    margin: float,
    alpha: float,
) -> tuple[Verdict | None, list[str], str]:
    if vacuous:
        return (
            Verdict.VACUOUS,
            [f"The control proves nothing: {vacuous}."],
            "Choose a control that changes the images and still shows something, such as a larger "
            "crop or another corner.",
        )
    if not is_control:
        if design is not None and not design.separable:
            return (
                Verdict.NOT_IDENTIFIABLE,
                design.words(),
                f"Image the same classes again in another {design.factor}, as said; until then "
                "only controls that hide the subject tell anything.",
            )
        return (
            None,
            ["The subject is in view, so accuracy is no sign of a leak."],
            "Compare it with a control that hides the subject.",
        )
    shown = f"{e.metric} {_value(e, e.estimate)}, chance {_value(e, e.chance)}"
    interval = f"95% interval {_value(e, e.ci_low)} to {_value(e, e.ci_high)}"
    if p < alpha and e.ci_low > e.chance:
        return (
            Verdict.LEAK,
            [
                "Without the subject the class is still named, and the whole interval lies above "
                f"chance ({shown}; {interval})."
            ],
            "Find where it hides (a leak map, a probe for each acquisition factor), then image "
            "classes and sessions crossed, or test on sessions that were not trained on.",
        )
    if e.p_below < alpha and e.ci_high < e.chance:
        return (
            Verdict.INVERTED,
            [f"Worse than chance, the whole interval below it ({shown}; {interval})."],
            "Look for the usual causes: classes balanced by leaving one out, duplicates with "
            "opposite labels, a split that follows the label, labels swapped in one batch.",
        )
    if p < alpha:
        return (
            Verdict.INCONCLUSIVE,
            [
                f"Permuted labels seldom do as well (p = {p:.2g}), yet the interval reaches "
                f"chance ({shown}; {interval})."
            ],
            "Collect more groups; more images of the same groups help little.",
        )
    if e.smallest_p * n_tests >= alpha:
        # what so many permutations give at best; the combination of several fits doubles it
        enough = e.smallest_p <= 2.001 / (1 + e.n_permutations)
        return (
            Verdict.INCONCLUSIVE,
            [
                f"The smallest p-value that this test can give is {e.smallest_p:.2g}"
                f"{_among(n_tests)}, so it could not have found a leak ({e.permuted} permuted)."
            ],
            "Draw more permutations."
            if enough
            else "Collect more groups: there are too few ways to assign these labels.",
        )
    least = _value(e, e.minimum_detectable)
    if e.minimum_detectable - e.chance <= margin:
        return (
            Verdict.NO_LEAK_FOUND,
            [f"Not significant, and {least} or more would have been found four times in five."],
            "Nothing, for this control. Other views and other factors have their own tests.",
        )
    return (
        Verdict.INCONCLUSIVE,
        [
            f"Not significant, but only {least} or more would have been found four times in five, "
            f"and {_value(e, e.chance + margin)} was asked for."
        ],
        "Collect more groups; more images of the same groups help little.",
    )


def _value(e: Evidence, value: float) -> str:
    return f"{value:.2f}" if e.metric.endswith("AUC") else f"{value:.1%}"


def _among(n_tests: int) -> str:
    return f", times {n_tests} tests" if n_tests > 1 else ""


def _checked(p_values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    p = np.asarray(p_values, np.float64)
    bad = np.flatnonzero(~((p >= 0) & (p <= 1)))
    if p.ndim != 1 or len(bad):
        raise InputError(f"p-values must lie between 0 and 1; place(s) {bad[:5].tolist()} do not.")
    return p

"""Verdicts: what evidence allows one to say, from a closed list, with reasons and a next step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from confoundlab.design.aliasing import Identifiability
from confoundlab.errors import one_of
from confoundlab.evidence.reading import Reading, both_tails
from confoundlab.evidence.record import Evidence
from confoundlab.inference.multiplicity import CORRECTIONS
from confoundlab.inference.power import ALPHA

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
        The p-value of both tails, corrected for all columns or views that were tested together.
    """

    verdict: Verdict | None
    reasons: tuple[str, ...]
    next_step: str
    p_adjusted: float | None

    def __str__(self) -> str:
        said = "\n".join(f"  because: {reason}" for reason in self.reasons)
        return f"{self.verdict or 'no verdict'}\n{said}\n  next: {self.next_step}"


@dataclass(frozen=True)
class Planted:
    """A positive control: whether the same learner, view and split find a leak that was put in.

    Parameters
    ----------
    size : float
        Of the planted leak: what a learner that uses all of it would score, above chance, 0 to 1.
    found : bool
        Whether it was found.
    estimate : float
        What the learner scored on the images with the planted leak, 0 to 1.
    words : str
        What was planted, for example ``a level that differs between classes``.
    """

    size: float
    found: bool
    estimate: float
    words: str


def verdict(
    evidence: Evidence,
    *,
    p_adjusted: float | None = None,
    n_tests: int = 1,
    is_control: bool = True,
    vacuous: str | None = None,
    design: Identifiability | None = None,
    straddling: str | None = None,
    planted: Planted | None = None,
    margin: float = MARGIN,
    alpha: float = ALPHA,
) -> Judgement:
    """Say what one piece of evidence allows.

    Parameters
    ----------
    evidence : Evidence
        Of one experiment; chance is what an honest data set gives.
    p_adjusted : float, optional
        Its `both_tails` corrected for everything tested with it (`verdicts` does that).
    n_tests : int
        How many were tested together.
    is_control : bool
        Whether the view hides the subject. Without that, accuracy is no sign of a leak.
    vacuous : str, optional
        Why the control proves nothing (constant or unchanged images), if so.
    design : Identifiability, optional
        Of label and session.
    straddling : str, optional
        Where images of tested groups were trained on: how many groups, and which split would
        decide, in words. Memory of the groups explains a high accuracy then, so it is no LEAK.
    planted : Planted, optional
        A positive control. Without one that was found, nets that see nothing and images that show
        nothing look alike.
    margin : float
        The leak, above chance, that the user wants to be able to rule out.
    alpha : float
        Level of the test, both tails together.

    Returns
    -------
    Judgement

    Notes
    -----
    LEAK and INVERTED share the level, half a tail each, as the 95% interval leaves 2.5 % on either
    side. A correlation has a two-sided p-value already, and leaks in either direction. The interval
    must exclude chance, or for an accuracy the null's 95% point where that is less: it is among
    classes of unequal size, where a learner that ignores the images names the commonest.

    NO LEAK FOUND says that a leak of the margin is excluded: the interval's upper end lies below
    chance plus the margin (Lakens 2017, doi:10.1177/1948550617697177; the interval leaves 2.5 %
    where two one-sided tests leave 5), all fits learned something, and no estimate points upwards.
    """
    p = both_tails(evidence) if p_adjusted is None else p_adjusted
    if vacuous or not is_control:
        found, reasons, step = _untested(vacuous, design)
        return Judgement(found, tuple(reasons), step, None)
    judged, reasons, step = _judge(
        Reading(evidence, p, n_tests, margin, alpha), straddling, planted
    )
    return Judgement(judged, tuple(reasons), step, p)


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
        Holm keeps the chance of any false LEAK or INVERTED below alpha; Benjamini and Hochberg keep
        the share of false ones among them below it on average, for screening many columns.
    alpha : float
        As said.
    """
    tested = [
        number
        for number, (_, options) in enumerate(cases)
        if options.get("is_control", True) and not options.get("vacuous")
    ]
    adjusted: list[float | None] = [None] * len(cases)
    one_of("correction", correction, CORRECTIONS)
    if tested:
        raw = [both_tails(cases[number][0]) for number in tested]
        for number, p in zip(tested, CORRECTIONS[correction](raw), strict=True):
            adjusted[number] = float(p)
    return [
        verdict(evidence, p_adjusted=p, n_tests=len(tested), alpha=alpha, **options)  # type: ignore[arg-type]
        for (evidence, options), p in zip(cases, adjusted, strict=True)
    ]


def _untested(
    vacuous: str | None, design: Identifiability | None
) -> tuple[Verdict | None, list[str], str]:
    if vacuous:
        return (
            Verdict.VACUOUS,
            [f"The control proves nothing: {vacuous}."],
            "Choose a control that changes the images and still shows something, such as a larger "
            "crop or another corner.",
        )
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


def _judge(
    read: Reading, straddling: str | None, planted: Planted | None
) -> tuple[Verdict, list[str], str]:
    correlates = read.below and read.e.sided == "two-sided"
    if (read.above or correlates) and straddling:
        return (
            Verdict.INCONCLUSIVE,
            [f"The class is named ({read}), but memory explains it: {straddling}."],
            "Judge by a split that leaves whole groups out.",
        )
    if read.above or correlates:
        said = "Without the subject the class is still named"
        if read.e.sided == "two-sided":
            said = f"The one {'falls' if correlates else 'rises'} with the other"
        where = "below" if correlates else "above"
        return (
            Verdict.LEAK,
            [f"{said}, and the whole interval lies {where} chance ({read})."],
            "Find where it hides (a leak map, a probe for each acquisition factor), then image "
            "classes and sessions crossed, or test on sessions that were not trained on.",
        )
    if read.below and not read.e.n_dead:
        return (
            Verdict.INVERTED,
            [f"Worse than chance, the whole interval below it ({read})."],
            "Look for the usual causes: classes balanced by leaving one out, duplicates with "
            "opposite labels, a split that follows the label, labels swapped in one batch.",
        )
    obstacles = list(read.obstacles())
    if planted and not planted.found:
        obstacles.insert(
            0,
            (
                f"The same learner did not find a planted leak of {planted.size:.1%} "
                f"({planted.words}: {read.value(planted.estimate)}), so it could find none of that "
                "size.",
                "Train longer, or on more images, until the planted leak is found.",
            ),
        )
    if obstacles:
        return Verdict.INCONCLUSIVE, [reason for reason, _ in obstacles], obstacles[0][1]
    excluded = read.value(read.e.chance + read.margin)
    reasons = [
        f"Not significant, and the interval rules out {excluded} ({read}); {read.found} would "
        "have been found four times in five."
    ]
    if planted:
        reasons.append(
            f"The same learner did find a planted leak of {planted.size:.1%} ({planted.words}: "
            f"{read.value(planted.estimate)})."
        )
    else:
        reasons.append("No leak was planted to see whether this would have found one.")
    step = "Nothing, for this control. Other views and other factors have their own tests."
    return Verdict.NO_LEAK_FOUND, reasons, step

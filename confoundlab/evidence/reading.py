"""What one piece of evidence says, and what keeps it from saying that there is nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

from confoundlab.evidence.record import Evidence
from confoundlab.inference.combining import combined
from confoundlab.inference.power import ALPHA, POWER, imbalanced

# A reason in words, and the next step that it asks for.
Reason = tuple[str, str]
_COLLECT = "Collect more groups; more images of the same groups help little."


def both_tails(evidence: Evidence) -> float:
    """Return the p-value of both tails: a one-sided one counts for either side, so twice."""
    if evidence.sided == "two-sided":
        return evidence.p_value
    return min(1.0, 2 * min(evidence.p_value, evidence.p_below))


def detectable(evidence: Evidence, n_tests: int = 1, alpha: float = ALPHA) -> float:
    """Return the smallest true value that is found four times in five among so many tests.

    The distance from chance that a test finds, in standard errors, is the sum of two normal
    quantiles, that of its level and that of its power; `Evidence.minimum_detectable` is that of one
    test at 5 %, and grows as the level is shared among tests. It is 1 where no p-value of the
    design is small enough for so many.
    """
    if n_tests * evidence.smallest_of_both_tails >= alpha:
        return 1.0
    e, quantile = evidence, NormalDist().inv_cdf
    asked, alone = (quantile(1 - level / 2) for level in (alpha / n_tests, ALPHA))
    ratio = (asked + quantile(POWER)) / (alone + quantile(POWER))
    return min(1.0, e.chance + (e.minimum_detectable - e.chance) * ratio)


@dataclass(frozen=True)
class Reading:
    """Evidence among the tests that it was made with.

    Parameters
    ----------
    e : Evidence
        Of one control.
    p : float
        Its `both_tails`, corrected for all tests.
    n_tests : int
        Tested together.
    margin : float
        The leak, above chance, that is to be ruled out.
    alpha : float
        Level of the test, both tails together.
    """

    e: Evidence
    p: float
    n_tests: int
    margin: float
    alpha: float

    @property
    def significant(self) -> bool:
        """Whether permuted labels seldom do as well, or as badly."""
        return self.p < self.alpha

    @property
    def falls(self) -> bool:
        """Whether the tail below chance is the surer one."""
        e = self.e
        return e.estimate < e.chance if e.sided == "two-sided" else e.p_below < e.p_value

    @property
    def bar(self) -> float:
        """What the interval must exceed: chance, or an accuracy's null's 95% point if that is less.

        It has less among classes of unequal size, where chance is what a learner gets that ignores
        the images; labels moved under the answers given show what these are worth.
        """
        e = self.e
        return min(e.chance, e.null_q95) if e.metric == "accuracy" else e.chance

    @property
    def above(self) -> bool:
        """Whether the class is named better than by chance."""
        return self.significant and not self.falls and self.e.ci_low > self.bar

    @property
    def below(self) -> bool:
        """Whether it is named worse than by chance, or a correlation is negative."""
        return self.significant and self.falls and self.e.ci_high < self.e.chance

    @property
    def least(self) -> float:
        """The smallest true value that is found four times in five among these tests."""
        return detectable(self.e, self.n_tests, self.alpha)

    @property
    def found(self) -> str:
        """What is found four times in five among these tests, in words."""
        return f"{self.value(self.least)} or more" if self.least < 1 else "no leak of any size"

    @property
    def size(self) -> tuple[float, float]:
        """Estimate and upper end of the interval, above chance; a correlation's on either side."""
        e = self.e
        if e.sided == "one-sided":
            return e.estimate - e.chance, e.ci_high - e.chance
        return abs(e.estimate - e.chance), max(e.ci_high - e.chance, e.chance - e.ci_low)

    def value(self, value: float) -> str:
        """Return a value in words: accuracies and shares as percent, all else as a number."""
        name = self.e.metric
        return f"{value:.1%}" if "accuracy" in name or "share" in name else f"{value:.2f}"

    def __str__(self) -> str:
        e = self.e
        interval = (
            f"95% interval {self.value(e.ci_low)} to {self.value(e.ci_high)}"
            if e.has_interval
            else "no 95% interval"
        )
        return f"{e.metric} {self.value(e.estimate)}, chance {self.value(e.chance)}; {interval}"

    def obstacles(self) -> Iterator[Reason]:
        """Return all that keeps the evidence from saying that no leak was found."""
        e, p = self.e, f"p = {self.p:.2g}"
        if e.n_dead:
            yield (
                f"{e.n_dead} of {e.n_fits} nets named one class only; what did not train can find "
                "nothing.",
                "Train longer or with other settings, until every net learns what it is shown.",
            )
        if not e.has_interval:
            yield (
                f"There is no interval ({self}): the groups are too few, or one of them is too "
                "large, to tell how groups differ. Without one nothing is called a leak.",
                _COLLECT,
            )
        elif self.significant:
            done = "badly" if self.falls else "well"
            yield (
                f"Permuted labels seldom do as {done} ({p}), yet the interval reaches chance "
                f"({self}).",
                _COLLECT,
            )
        elif self._smallest >= self.alpha:
            yield (
                f"The smallest p-value that this test can give is {self._smallest:.2g}"
                f"{self._counted}, so it could not have found a leak ({e.permuted} permuted).",
                "Draw more permutations."
                if self._drawn_too_few
                else "Collect more groups: there are too few ways to assign these labels.",
            )
        elif e.ci_low > self.bar:
            yield f"Not significant ({p}), yet the interval lies above chance ({self}).", _COLLECT
        estimate, end = self.size
        if estimate > self.least - e.chance:
            yield (
                f"The estimate itself ({self}) is beyond {self.value(self.least)}, which would "
                "have been found four times in five.",
                _COLLECT,
            )
        if end >= self.margin:
            yield (
                f"A leak up to {self.value(e.chance + end)} may be there ({self}), and "
                f"{self.value(e.chance + self.margin)} was to be ruled out; {self.found} would "
                "have been found four times in five.",
                _COLLECT,
            )
        if e.metric == "accuracy" and e.n_classes and imbalanced(e.chance, e.n_classes):
            yield (
                f"One class holds {e.chance:.0%} of the images, so that an accuracy says little of "
                "the others.",
                "Measure balanced accuracy or ROC AUC (`held_out.default_metric`).",
            )

    @property
    def _smallest(self) -> float:
        return min(1.0, self.n_tests * self.e.smallest_of_both_tails)

    @property
    def _counted(self) -> str:
        counted = [] if self.e.sided == "two-sided" else ["both tails"]
        counted += [f"{self.n_tests} tests"] if self.n_tests > 1 else []
        return f", {' and '.join(counted)} counted" if counted else ""

    @property
    def _drawn_too_few(self) -> bool:
        """Whether more permutations could give a smaller p-value."""
        e = self.e
        each = [1 / (1 + (e.n_allowed or e.n_permutations))] * e.n_fits
        return bool(e.smallest_p <= combined(each, each) * 1.001)

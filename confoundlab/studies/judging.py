"""What a run has measured, judged together: each further control changes the verdicts on the rest.

Two of the things that a verdict asks for come from other measurements: what the same view gives
under a split that keeps groups apart, and whether a planted leak is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Judgement, Verdict, verdicts
from confoundlab.studies.planted import PlantedLeak, Planter
from confoundlab.studies.question import Question

Options = dict[str, object]


@dataclass(eq=False)
class Judging:
    """Evidence with the options of its verdict and, where it was asked here, its question."""

    cases: list[tuple[Evidence, Options]] = field(default_factory=list)
    questions: dict[int, Question] = field(default_factory=dict)  # by the place of their case
    planters: dict[int, Planter] = field(default_factory=dict)
    planted: dict[int, PlantedLeak] = field(default_factory=dict)

    def add(
        self,
        found: Evidence,
        options: Mapping[str, object],
        question: Question | None = None,
        *,
        planter: Planter | None = None,
    ) -> None:
        """Take evidence in; `options` are those of `verdicts.verdict`.

        The planter is asked once, where nothing else keeps the evidence from NO LEAK FOUND.
        """
        if question is not None:
            self.questions[len(self.cases)] = question
        if planter is not None:
            self.planters[len(self.cases)] = planter
        self.cases.append((found, dict(options)))

    @property
    def n_controls(self) -> int:
        """How many controls p-values are corrected for now."""
        return sum(
            bool(options.get("is_control", True) and not options.get("vacuous"))
            for _, options in self.cases
        )

    def judged(self) -> list[Judgement]:
        """Judge all cases; where nothing was found, plant a leak and judge again."""
        while True:
            found = verdicts(self._cases({}))
            unsure = [
                number
                for number in self.planters.keys() - self.planted.keys()
                if found[number].verdict == Verdict.NO_LEAK_FOUND
            ]
            if not unsure:
                return verdicts(self._cases(dict(enumerate(found))))
            for number in unsure:
                chance = self.cases[number][0].chance
                self.planted[number] = self.planters[number](chance)

    def _cases(self, judged: Mapping[int, Judgement]) -> list[tuple[Evidence, Options]]:
        """Return all cases with what other measurements say of them."""
        cases = [(found, dict(options)) for found, options in self.cases]
        for number, question in self.questions.items():
            if cut := question.straddling:
                apart = [
                    f"with groups apart ({one.split_name}) the verdict is {judged[other].verdict}"
                    for other, one in self.questions.items()
                    if other in judged and not one.straddling and one.differs_in_split(question)
                ]
                cases[number][1]["straddling"] = "; ".join([cut, *apart])
        for number, leak in self.planted.items():
            cases[number][1]["planted"] = leak.told(self.n_controls)
        return cases

"""The audit from its cheapest step to its dearest, and how often it errs on these very images.

Serves the claim that one command on a folder says whether a classifier could name the label without
the subject, what the data cannot answer, and how sure that is.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from scipy.stats import binomtest

from confoundlab.auditing import pixels, predictions, whole_images, without_pixels
from confoundlab.auditing.readers.material import Material, without_rare
from confoundlab.auditing.state import Audit, Effort
from confoundlab.design.labelling import Labelling
from confoundlab.errors import InputError
from confoundlab.evidence.probe_intervals import unit_weights
from confoundlab.evidence.record import TIE
from confoundlab.inference.multiplicity import holm
from confoundlab.inference.power import ALPHA
from confoundlab.studies.run import StudyRun


def examine(
    material: Material,
    run: StudyRun | None = None,
    effort: Effort | None = None,
    predicted: Path | None = None,
) -> Audit:
    """Audit images or embeddings.

    Parameters
    ----------
    material : Material
        Of `readers.open_source`, or made in memory.
    run : StudyRun, optional
        Collects the evidence; it has the seed and the number of permutations.
    effort : Effort, optional
        How much is computed.
    predicted : Path, optional
        A model's own answers (`predictions.read_answers`).

    Returns
    -------
    Audit
        Everything that was tested, with final verdicts.

    Raises
    ------
    InputError
        Fewer than two classes of five images or more; answers that cannot be used.
    """
    material = without_rare(material)
    audit = Audit(run or StudyRun(), material, effort or Effort())
    answers = None  # read before anything is computed, so that a bad file is refused at once
    if predicted is not None:
        images = material.table["image"].tolist()
        answers = predictions.read_answers(predicted, images, material.classes)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        without_pixels.designs(audit)
        without_pixels.copies(audit)
        without_pixels.given_split(audit)
        without_pixels.files(audit)
        if material.images is not None:
            pixels.hidden_subject(audit)
        whole_images.factors(audit)
        whole_images.compared_splits(audit)
        if answers is not None:
            predictions.judged(audit, answers)
        pixels.carriers(audit)
        if material.images is not None:
            pixels.mapped(audit)
        pixels.given_away(audit)
        own_errors(audit)
    # what a test warned of, such as images that contradict their group, belongs into the report
    audit.say("design", *dict.fromkeys(str(one.message) for one in caught))
    return audit


def own_errors(audit: Audit) -> None:
    """Count on how many shuffled labellings the probes of controls, together, would call a LEAK.

    Labels are shuffled at the level at which they were given, so that whatever is found is found by
    luck. Each labelling takes the place of the true one once, and the others are its null; p-values
    of both tails are corrected for the number of controls, as in the verdicts. Those ask for an
    interval above chance besides, so that they err less often still.
    """
    probed = [one for one in audit.tested if one.features is not None]
    n = audit.effort.shuffles
    if not probed or n < 2:
        return
    audit.tell("the audit's own error rate on these images")
    seed = audit.run.seed
    try:
        level = Labelling.of(audit.labels, audit.groups)
    except InputError as error:
        audit.say("errors", f"Labels cannot be shuffled here: {error}")
        return
    drawn = level.draw(n, np.random.default_rng([seed, 1]))[:, level.unit]
    weights = unit_weights(level)
    both = []
    for one in probed:
        ready = audit.probe(np.asarray(one.features))
        found = ready.of_many(drawn, weights)
        above = (found[None] >= found[:, None] - TIE).sum(axis=1) / n
        below = (found[None] <= found[:, None] + TIE).sum(axis=1) / n
        both.append(np.minimum(1, 2 * np.minimum(above, below)))
    adjusted = np.array([holm(line) for line in np.transpose(both)])
    called = int((adjusted < ALPHA).any(axis=1).sum())
    interval = binomtest(called, n).proportion_ci(method="exact")
    audit.counts |= {"shuffled labellings": n, "shuffled labellings called": called}
    audit.say(
        "errors",
        f"Labels were shuffled {n:,} times ({level.permuted}) and the {len(probed)} probes of "
        f"controls asked again: on {called:,} of them ({called / n:.1%}; 95% interval "
        f"{interval.low:.1%} to {interval.high:.1%}) any would have been significant. It should be "
        f"{ALPHA:.0%} at most.",
    )

"""What an audit can fill in of the forms that journals and data sets ask for.

Serves authors and referees: REFORMS (Kapoor et al. 2024, doi:10.1126/sciadv.adk3452), CLAIM
(Mongan, Moy and Kahn 2020, doi:10.1148/ryai.2020200029), TRIPOD+AI (Collins et al. 2024,
doi:10.1136/bmj-2023-078378) and Croissant's vocabulary for responsible AI (Jain et al. 2024,
arXiv:2407.16883). Each line names the place in ``results.json`` or ``audit.json`` that it was taken
from, and says nothing that is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from confoundlab.auditing.findings import Kind, value
from confoundlab.evidence.verdicts import Verdict

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "rai": "http://mlcommons.org/croissant/RAI/",
}
_BIASES = (Kind.NOT_IDENTIFIABLE, Kind.LEAK, Kind.COPIES, Kind.STRADDLING)


@dataclass(frozen=True)
class Item:
    """One item of a standard that the audit answers.

    Parameters
    ----------
    standard, number, asks : str
        Which item, and what it asks, in a few words of ours.
    answer : str
        In a sentence or two.
    source : str
        Where the answer was taken from: file and key.
    """

    standard: str
    number: str
    asks: str
    answer: str
    source: str


def items(results: Mapping[str, Any], summary: Mapping[str, Any]) -> list[Item]:
    """Return the items that an audit fills in.

    Parameters
    ----------
    results, summary : mapping
        What ``results.json`` and ``audit.json`` hold.
    """
    found = [*_partitions(summary), *_legitimate(results), *_limits(results, summary)]
    if results["data"]:
        data = results["data"][0]
        found.insert(
            0,
            Item(
                "REFORMS", "2a", "the data set, uniquely identified",
                f"{data['n_images']:,} images; names, labels and pixels have {data['digest']}.",
                "results.json: data[0]",
            ),
        )  # fmt: skip
    return found


def _partitions(summary: Mapping[str, Any]) -> list[Item]:
    counts, group = summary["counts"], summary["roles"]["group"]
    copies = counts.get("copies")
    said = []
    if copies is not None:
        said.append(f"{copies:,} images have an exact copy.")
    if "copied into test" in counts:
        said.append(
            f"{counts['copied into test']:,} images of the given test part have an exact copy in "
            "training."
        )
    if group and "straddling" in counts:
        said.append(f"{counts['straddling']:,} groups ({group}) lie on both sides of it.")
    level = (
        f"Groups ({group}) and exact copies were kept on one side of each split of the audit."
        if group
        else "Exact copies were kept on one side of each split of the audit; no group was stated."
    )
    return [
        Item(
            "REFORMS", "6b", "dependencies and duplicates between training and test data",
            " ".join([*said, level]), "audit.json: counts, roles.group",
        ),
        Item(
            "CLAIM", "21", "the level at which partitions are disjoint", level,
            "audit.json: roles.group",
        ),
        Item(
            "TRIPOD+AI", "12a", "how data were partitioned", level, "audit.json: roles.group",
        ),
    ]  # fmt: skip


def _legitimate(results: Mapping[str, Any]) -> list[Item]:
    """Say from what without the subject the label can be named."""
    leaks = [
        (place, one)
        for place, one in enumerate(results["evidence"])
        if one["verdict"] == Verdict.LEAK
    ]
    tested = sum(one["p_adjusted"] is not None for one in results["evidence"])
    if not leaks:
        answer = f"None of {tested} controls was called a leak."
        where = "results.json: evidence[].verdict"
    else:
        shown = "; ".join(f"{one['view']}, {one['learner']}: {value(one)}" for _, one in leaks[:5])
        answer = f"{len(leaks)} of {tested} controls name the label without the subject: {shown}."
        where = f"results.json: evidence{[place for place, _ in leaks[:5]]}"
    return [Item("REFORMS", "6c", "whether inputs are legitimate for the task", answer, where)]


def _limits(results: Mapping[str, Any], summary: Mapping[str, Any]) -> list[Item]:
    first = next((one for one in results["evidence"] if one["p_adjusted"] is not None), None)
    found = []
    if first is not None:
        answer = (
            f"95% intervals from resampled groups ({first['n_groups']:,}); p-values from "
            f"permutations ({first['permuted']}), corrected for all controls (Holm)."
        )
        where = "results.json: evidence[].n_groups, permuted, p_adjusted"
        found += [
            Item("REFORMS", "7b", "uncertainty of performance metrics", answer, where),
            Item("CLAIM", "29", "statistical measures of significance and uncertainty", answer,
                 where),
            Item("TRIPOD+AI", "12e", "measures of performance", _measures(results),
                 "results.json: evidence[].metric"),
        ]  # fmt: skip
    aliased = [one["words"] for one in summary["findings"] if one["kind"] == Kind.NOT_IDENTIFIABLE]
    if aliased:
        found.append(
            Item(
                "REFORMS", "8b", "contexts in which findings are not expected to hold",
                " ".join(aliased), "audit.json: findings",
            )
        )  # fmt: skip
    untested = [f"{one['test']} was not tested: {one['why']}" for one in summary["untested"]]
    if limits := [*aliased, *untested]:
        found.append(
            Item(
                "TRIPOD+AI", "26", "limitations, such as bias that could not be ruled out",
                " ".join(limits), "audit.json: findings, untested",
            )
        )  # fmt: skip
    return found


def _measures(results: Mapping[str, Any]) -> str:
    """Say by what performance was measured, and beside what."""
    names = sorted({one["metric"] for one in results["evidence"]})
    return f"{', '.join(names)}, each beside chance and a null of permuted labels."


def item_table(found: list[Item]) -> pd.DataFrame:
    """Return items as a table to print."""
    return pd.DataFrame(
        [
            {
                "standard": one.standard,
                "item": one.number,
                "asks for": one.asks,
                "this audit": one.answer,
                "taken from": one.source,
            }
            for one in found
        ]
    )


def croissant(results: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fragment of JSON-LD to merge into a data set's Croissant file.

    ``rai:dataBiases`` has a sentence for each finding that is a bias of the data,
    ``rai:dataLimitations`` what could not be tested.
    """
    biases = [
        f"{one['kind']}: {one['short']}. {one['words']}"
        for one in summary["findings"]
        if one["kind"] in _BIASES
    ]
    limits = [f"{one['test']} was not tested: {one['why']}" for one in summary["untested"]]
    made = results["provenance"]
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "rai:dataBiases": biases or [f"None found by an audit: {summary['first_line']}"],
        "rai:dataLimitations": limits,
        "rai:dataPreprocessingProtocol": [
            f"Audited by confoundlab {made['version']} on {made['created']}; image digest "
            f"{results['data'][0]['digest'] if results['data'] else 'none'}."
        ],
    }

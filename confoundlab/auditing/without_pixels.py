"""What can be told before a pixel is looked at: the design, copies, the given split, files, table.

Serves the first three steps of an audit. Whether these data can answer at all comes before any
training: where every class has a scanner of its own, no test can tell the two apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from confoundlab.auditing.readers.headers import of_files
from confoundlab.auditing.readers.tables import MISSING, listed
from confoundlab.auditing.state import Audit, Untested, Where
from confoundlab.design import duplicates, splits
from confoundlab.design.aliasing import Identifiability, identifiability
from confoundlab.design.columns import merge_rare
from confoundlab.design.factors import kinds_of, levels_of
from confoundlab.design.kinds import Kind
from confoundlab.design.splits import Split
from confoundlab.errors import InputError
from confoundlab.evidence.nuisance import label_from_factors
from confoundlab.evidence.record import Evidence
from confoundlab.evidence.verdicts import Verdict
from confoundlab.studies.planted import PlantedLeak, drawn, room, share_marked
from confoundlab.types import Indices

STOP = 20  # permutations as good as what was observed, after which a test is stopped
_MARK = "confoundlab: planted mark"  # a column that no table has
_MANY = 30_000  # different images of which near copies are sought at most


def designs(audit: Audit) -> None:
    """Ask of each factor whether it can be told from the label, and whether it names the label."""
    material = audit.material
    said = material.factors
    if said.shape[1]:
        audit.tell("can the data answer at all")
    apart = []
    for name, kind in kinds_of(said, material.kinds).items() if said.shape[1] else ():
        words = f"factor {name}"
        try:
            levels = levels_of(said[name], kind, name)
            design = identifiability(material.table["label"], levels, material.groups, name=name)
        except InputError as error:
            audit.untested.append(Untested("factor", words, None, str(error)))
            continue
        audit.say("design", *(f"{name}: {sentence}" for sentence in design.words()))
        audit.tables[f"design of {name}"] = design.images.reset_index(names="label")
        if not design.separable:  # then there is nothing to test
            why = " ".join(design.words())
            audit.untested.append(
                Untested("factor", words, Verdict.NOT_IDENTIFIABLE, why, _mend(design))
            )
            continue
        _named_by(audit, "factor", words, said[[name]], {name: kind})
        apart.append(name)
    if len(apart) > 1:
        own = {name: kind for name, kind in material.kinds.items() if name in apart}
        _named_by(audit, "table", "all factors together", said[apart], own)


def _mend(design: Identifiability) -> str:
    cells = [f"class {a} in {design.factor} {b}" for a, b, _ in design.missing if b != MISSING]
    steps = [f"Take images of {'; '.join(cells)}."] if cells else []
    if len(cells) < len(design.missing):  # nobody can take an image where it is not known
        steps.append(f"Fill in {design.factor} where it is missing.")
    return " ".join([*steps, "Until then only controls that hide the subject tell anything."])


def _named_by(
    audit: Audit, where: Where, words: str, columns: pd.DataFrame, kinds: Mapping[str, Kind]
) -> None:
    """Test whether columns name the label of unseen groups."""

    def ask(table: pd.DataFrame, kinds: dict[str, Kind]) -> Evidence:
        return label_from_factors(
            _usable(table, audit.groups, kinds),
            audit.labels,
            audit.groups,
            kinds=kinds,
            folds=audit.folds,
            random_state=audit.run.seed,
            n_permutations=audit.run.permutations,
            stop_after=STOP,
        )

    def planter(chance: float) -> PlantedLeak:
        share = share_marked(room(chance), chance, found.metric)
        marked = drawn(audit.labels, share, seed=audit.run.seed)
        mark = np.where(marked, np.char.add("class ", audit.labels.astype(str)), "no mark")
        more = columns.assign(**{_MARK: mark})
        words = f"a factor that names the class in {share:.0%} of the images"
        return PlantedLeak(ask(more, dict(kinds) | {_MARK: "classes"}), room(chance), words)

    try:
        found = ask(columns, dict(kinds))
    except InputError as error:
        audit.untested.append(Untested(where, words, None, str(error)))
        return
    audit.judge(where, words, found, {"is_control": True}, "ridge", planter=planter)


def _usable(columns: pd.DataFrame, groups: Indices, kinds: Mapping[str, Kind]) -> pd.DataFrame:
    """Return factors with the levels that one group holds put together: they cannot be learned."""
    found: dict[str, Any] = {}
    for name, kind in kinds_of(columns, kinds).items():
        values = columns[name]
        if kind == "classes":
            values = merge_rare(values.astype(str), groups)
        if len(values.unique()) > 1:
            found[name] = values
    if not found:
        raise InputError(
            "No level lies in two groups, so that none can be learned in one group and asked for "
            "in another."
        )
    return pd.DataFrame(found)


def copies(audit: Audit) -> None:
    """Count images that are there twice, across label, group and the given split."""
    exact = audit.material.copies
    if exact is None:
        return
    audit.tell("copies")
    table = audit.material.table
    doubled = (exact["size"] > 1).to_numpy()
    audit.counts["copies"] = int(doubled.sum())
    if doubled.any():
        own = table[doubled].assign(cluster=exact["cluster"][doubled].to_numpy())
        across = {
            what: int(own.groupby("cluster")[what].nunique().gt(1).sum())
            for what in ("label", "split")
            if what in own
        }
        audit.counts |= {f"copies across {what}": count for what, count in across.items()}
        audit.say(
            "copies",
            f"{doubled.sum():,} images have an exact copy (equal pixels, whatever the file), in "
            f"{own['cluster'].nunique():,} clusters: {listed(own['image'].tolist())}.",
            *(f"{n:,} clusters lie across {what}s." for what, n in across.items() if n),
        )
        audit.tables["exact copies"] = own.sort_values("cluster", kind="stable")
    else:
        audit.say("copies", "No two images have equal pixels.")
    if len(table) > _MANY:
        audit.say("copies", f"Near copies are not sought among more than {_MANY:,} images.")
        return
    near = duplicates.near(audit.images)
    alike = (near["size"] > 1).to_numpy() & ~doubled
    if alike.any():
        audit.say(
            "copies",
            f"{alike.sum():,} further images look like another at 32x32 pixels. Neighbouring views "
            "and flat images do, too: look at the clusters before you call them copies.",
        )
        shown = table[["image", "label", "group"]][alike].assign(cluster=near["cluster"][alike])
        audit.tables["near copies"] = shown.sort_values("cluster", kind="stable")


def given_split(audit: Audit) -> None:
    """Ask whether groups, or copies, lie on both sides of the split that the user has."""
    table = audit.material.table
    parts: list[str] = sorted(table["split"].unique()) if "split" in table else []
    if len(parts) > 1:
        _straddling(audit, parts)
    if audit.straddling is None and audit.folds >= 2:
        train, test = splits.apart(audit.labels, audit.groups, seed=audit.run.seed)
        proposed = np.full(len(table), "train", object)
        proposed[test] = "test"
        kept = ["image", "label", "group", *(["split"] if parts else [])]
        audit.tables["proposed split"] = table[kept].assign(proposed=proposed)
        audit.say(
            "split",
            f"A split of {len(train):,} to train and {len(test):,} to test, in which no group and "
            "no copy lies on both sides, is written beside this page.",
        )


def _straddling(audit: Audit, parts: list[str]) -> None:
    table = audit.material.table
    trained = [one for one in parts if one.lower().startswith("train")] or parts[:1]
    inside = table["split"].isin(trained).to_numpy()
    split = Split(np.flatnonzero(inside), np.flatnonzero(~inside))
    both, tested = splits.straddling([split], audit.material.groups)
    exact = audit.material.copies
    copied = 0 if exact is None else duplicates.copied(exact, split)
    audit.counts |= {"straddling": both, "copied into test": copied}
    by_copies_only = both and audit.material.roles.group == ""
    named = sorted(set(table["group"][split.test]) & set(table["group"][split.train]))
    audit.say(
        "split",
        f"The given split trains on {listed(trained)}: {len(split.train):,} images; the other "
        f"{len(split.test):,} count as tested.",
        *(
            [f"{both:,} of {tested:,} tested groups were trained on as well: {listed(named)}."]
            if both and not by_copies_only
            else []
        ),
        *(
            [f"{copied:,} of {len(split.test):,} tested images have an exact copy in training."]
            if copied
            else []
        ),
        *([] if both or copied else ["No group and no exact copy lies on both sides."]),
    )


def files(audit: Audit) -> None:
    """Test whether the files' headers name the label."""
    if audit.material.images is None:
        return
    audit.tell("the label from the files alone")
    table, kinds = of_files(audit.images)
    if not table.shape[1]:
        audit.say(
            "files", "All files are alike in size, format, mode and compression: they tell nothing."
        )
        return
    audit.say("files", f"Files differ in {listed(list(map(str, table.columns)), 12)}.")
    shares = table.astype(str).assign(label=audit.material.table["label"].to_numpy())
    audit.tables["files"] = shares
    _named_by(audit, "files", "files alone", table, kinds)

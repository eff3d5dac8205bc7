"""What an audit works on: images or embeddings, and for each of them label, group and factors.

Serves the audit of anybody's images.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from confoundlab.auditing.readers.roles import LEAST, Columns, Roles, enough
from confoundlab.auditing.readers.tables import listed
from confoundlab.catalog import DataState
from confoundlab.design import duplicates
from confoundlab.design.kinds import Kind
from confoundlab.images.imageset import ImageSet
from confoundlab.types import Indices, Numbers


@dataclass(frozen=True, eq=False)
class Material:
    """What is audited.

    Parameters
    ----------
    name : str
        Of the set, in the report.
    table : DataFrame
        A row an image: ``image``, ``label``, ``group``; ``split`` where there is one.
    factors, kinds, roles
        As in `Columns`.
    images : ImageSet or None
        None where there are embeddings only.
    features : ndarray, shape (n, d), or None
        Embeddings of the images.
    copies : DataFrame or None
        Clusters of equal images (`duplicates.exact`).
    notes : list of str
        What was assumed, and what was left over, a sentence each.
    """

    name: str
    table: pd.DataFrame
    factors: pd.DataFrame
    kinds: dict[str, Kind]
    roles: Roles
    images: ImageSet | None
    features: Numbers | None = None
    copies: pd.DataFrame | None = None
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def classes(self) -> list[str]:
        """The label names, sorted."""
        return sorted(self.table["label"].unique())

    @property
    def labels(self) -> Indices:
        """Class of every image, shape (n,)."""
        return np.searchsorted(self.classes, self.table["label"].to_numpy(str)).astype(np.intp)

    @property
    def groups(self) -> Indices:
        """Group of every image as a number, shape (n,)."""
        return pd.factorize(self.table["group"], sort=True)[0].astype(np.intp)

    @property
    def state(self) -> DataState:
        """What the data are: real, as far as anybody knows."""
        return "real" if self.images is None else self.images.state


def of_images(images: ImageSet, columns: Columns, notes: Sequence[str] = ()) -> Material:
    """Put an image set and its columns together; equal images become one group.

    Parameters
    ----------
    images : ImageSet
        Rows in the order of `columns`; ``group`` is overwritten by theirs, if they have one.
    columns : Columns
        Of the same images.
    notes : sequence of str
        What was left over before.
    """
    copies = duplicates.exact(images)
    own = images.table["image"] if columns.group is None else columns.group.to_numpy()
    table = images.table.assign(label=columns.label.to_numpy(), group=np.asarray(own))
    if columns.split is not None:
        table["split"] = columns.split.to_numpy()
    if images.files is None:  # of arrays, whose table may tell the size of the original files
        sizes = [images.read(row, "gray").shape[:2] for row in range(len(images))]
        table[["height", "width"]] = np.array(sizes).reshape(-1, 2)
    joined = duplicates.merge_groups(dataclasses.replace(images, table=table), copies)
    kept = (joined.table["group"].to_numpy() == table["group"].to_numpy()).all()
    said = [*notes, *columns.assumed, *images.remarks]
    if not kept:
        said.append(
            "Images whose pixels are equal count as one group, with the groups they lie in, so "
            "that no copy of a training image is tested."
        )
    factors = columns.factors.reset_index(drop=True)
    return Material(
        images.name, joined.table, factors, columns.kinds, columns.roles, joined,
        copies=copies, notes=said,
    )  # fmt: skip


def of_embeddings(
    features: Numbers, columns: Columns, names: Sequence[str], name: str, notes: Sequence[str] = ()
) -> Material:
    """Put embeddings and their columns together, without images."""
    group = list(names) if columns.group is None else columns.group.to_numpy()
    table = pd.DataFrame({"image": list(names), "label": columns.label.to_numpy(), "group": group})
    if columns.split is not None:
        table["split"] = columns.split.to_numpy()
    factors = columns.factors.reset_index(drop=True)
    said = [*notes, *columns.assumed]
    return Material(
        name, table, factors, columns.kinds, columns.roles, None, np.asarray(features), notes=said
    )


def without_rare(material: Material) -> Material:
    """Leave out images of classes that have too few to train and to test on, and say so.

    Raises
    ------
    InputError
        Fewer than two classes are left.
    """
    kept = enough(material.table["label"])
    if kept.all():
        return material
    out = material.table.loc[~kept, "label"].value_counts()
    some = [f"{name} ({count})" for name, count in out.items()]
    said = (
        f"Left out: {int((~kept).sum()):,} images of {len(out):,} classes with fewer than {LEAST} "
        f"images, too few to train and to test on: {listed(some)}."
    )

    def some_rows(table: pd.DataFrame) -> pd.DataFrame:
        return table[kept].reset_index(drop=True)

    return dataclasses.replace(
        material,
        table=some_rows(material.table),
        factors=some_rows(material.factors),
        images=None if material.images is None else material.images.subset(kept),
        features=None if material.features is None else material.features[kept],
        copies=None if material.copies is None else some_rows(material.copies),
        notes=[*material.notes, said],
    )

"""Folders with a known truth, on which the audit itself is tried: one clean, twelve with a fault.

Serves the claim that the audit names each rightly. Textured specimens lie in the middle of a plain
ground and reach no corner; classes differ in the specimen's shape. What is planted differs between
classes besides, or lies in the table, the files or the split. Everything else is drawn anew for
each picture, so that a clean folder is clean.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from confoundlab.auditing.findings import GRAVE, Finding, Kind
from confoundlab.auditing.readers.roles import Roles
from confoundlab.storage.files import folder_aside, replace_folder
from confoundlab.types import Indices, Numbers, Pixels

SIDE = 64  # pixels
_NAMES = (
    "ash", "birch", "elm", "oak", "pine", "fir", "lime", "yew", "rowan", "alder",
    "beech", "hazel", "holly", "larch", "maple", "poplar", "spruce", "willow", "cherry", "walnut",
)  # fmt: skip
Expected = frozenset[tuple[Kind, str]]
Drawn = tuple[list[Numbers], pd.DataFrame]


@dataclass(frozen=True)
class Planted:
    """A folder to make.

    Parameters
    ----------
    name, truth : str
        A word, and what was planted, in a sentence.
    expected : frozenset of (Kind, str)
        The grave findings that are right, by kind and place; none for a clean folder.
    roles : Roles
        Columns that the audit is told.
    each, classes : int
        Images of a class, and classes.
    camera : callable
        (pictures with values 0..255, their class, random numbers) to what the camera makes of them.
    table : callable or None
        (classes, random numbers) to further columns.
    save : callable
        (picture, class, random numbers) to bytes and suffix.
    """

    name: str
    truth: str
    expected: Expected = frozenset()
    roles: Roles = field(default_factory=lambda: Roles(label="species"))
    each: int = 60
    classes: int = 2
    shares: tuple[float, ...] = ()
    camera: Callable[[Numbers, int, np.random.Generator], Numbers] = lambda scene, *_: scene
    table: Callable[[Indices, np.random.Generator], Mapping[str, Any]] = lambda *_: {}
    save: Callable[[Numbers, int], tuple[bytes, str]] = lambda scene, _: _png(scene)
    copies: int = 0

    def write(self, folder: Path, *, seed: int = 0) -> Path:
        """Make the folder: ``images/`` and ``table.csv``; return it."""
        rng = np.random.default_rng([seed, *self.name.encode()])
        counts = [round(self.each * share) for share in self.shares or (1.0,) * self.classes]
        labels = rng.permutation(np.repeat(np.arange(len(counts)), counts))
        files = [f"{number:04d}" for number in range(len(labels))]
        rows = pd.DataFrame({"species": np.array(_NAMES)[labels], **self.table(labels, rng)})
        with folder_aside(folder) as made:
            (made / "images").mkdir()
            kept = []
            for name, label in zip(files, labels.tolist(), strict=True):
                scene = self.camera(_scene(label, rng), label, rng)
                data, suffix = self.save(scene, label)
                (made / "images" / f"{name}{suffix}").write_bytes(data)
                kept.append(scene)
            rows.insert(0, "file", files)
            rows = self._with_copies(rows, kept, made / "images", rng)
            rows.to_csv(made / "table.csv", index=False)
            replace_folder(made, folder)
        return folder

    def _with_copies(
        self, rows: pd.DataFrame, scenes: list[Numbers], images: Path, rng: np.random.Generator
    ) -> pd.DataFrame:
        """Add test images that are training images under another name and in another format."""
        if not self.copies:
            return rows
        train = np.flatnonzero(rows["split"] == "train")
        again = rows.iloc[rng.choice(train, self.copies, replace=False)].assign(split="test")
        names = [f"again{number:03d}" for number in range(self.copies)]
        for name, row in zip(names, again.index, strict=True):
            (images / f"{name}.bmp").write_bytes(_encoded(scenes[row], "BMP"))
        return pd.concat([rows, again.assign(file=names)], ignore_index=True)


def named_rightly(found: Iterable[Finding], planted: Planted) -> bool:
    """Say whether the grave findings are those that were planted, by kind and place."""
    return {(one.kind, one.where) for one in found if one.kind in GRAVE} == planted.expected


def _scene(label: int, rng: np.random.Generator) -> Numbers:
    """Draw a specimen on a plain ground, shape (side, side), values 0..255."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    turn = rng.uniform(0, np.pi)
    along, across = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    wide = 0.12 + 0.3 * ((7 * label) % 20) / 20
    inside = (along / 0.48) ** 2 + (across / wide) ** 2 < 1
    veins = 25 * np.sin(2 * np.pi * (6 + label % 5) * along + rng.uniform(0, 6))
    ground = 110 + rng.normal(0, 3) + rng.normal(0, 4, 2) @ np.stack([x, y]).reshape(2, -1)
    scene = ground if np.ndim(ground) == 2 else ground.reshape(SIDE, SIDE)
    scene = np.where(inside, 70 + veins + rng.normal(0, 12, (SIDE, SIDE)), scene)
    return np.asarray(scene + rng.normal(0, 4, (SIDE, SIDE)), np.float64)


def _pixels(scene: Numbers) -> Pixels:
    return np.clip(np.rint(scene), 0, 255).astype(np.uint8)


def _encoded(scene: Numbers, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(_pixels(scene)).save(file, form, **options)
    return file.getvalue()


def _png(scene: Numbers) -> tuple[bytes, str]:
    return _encoded(scene, "PNG"), ".png"


def _brighter(scene: Numbers, label: int, rng: np.random.Generator) -> Numbers:
    return scene * (1 + 0.06 * label) + rng.normal(0, 0.1)


def _sessions(scene: Numbers, label: int, rng: np.random.Generator) -> Numbers:
    """Give each class a level of its own, in mixed order."""
    return scene * (0.75 + 0.5 * ((11 * label) % 20) / 20) + rng.normal(0, 0.1)


def _noisier(scene: Numbers, label: int, rng: np.random.Generator) -> Numbers:
    return scene + rng.normal(0, 3, scene.shape) * label


def _compressed(scene: Numbers, label: int, _: np.random.Generator) -> Numbers:
    data = _encoded(scene, "JPEG", quality=(92, 55)[label])
    return np.asarray(Image.open(io.BytesIO(data)), np.float64)


def _header(scene: Numbers, label: int) -> tuple[bytes, str]:
    return (_encoded(scene, "PNG"), ".png") if label else (_encoded(scene, "BMP"), ".bmp")


def _twelve(scene: Numbers, _: int) -> tuple[bytes, str]:
    file = io.BytesIO()
    levels = np.clip(np.rint(scene * 16), 0, 4095).astype(np.uint16)
    Image.fromarray(levels).save(file, "PNG")
    return file.getvalue(), ".png"


def _scanners(labels: Indices, rng: np.random.Generator) -> Mapping[str, Any]:
    return {"scanner": rng.choice(["north", "south", "east"], len(labels))}


def _own_scanner(labels: Indices, _: np.random.Generator) -> Mapping[str, Any]:
    return {"scanner": np.array(["old", "new"])[labels]}


def _split(labels: Indices, rng: np.random.Generator) -> Mapping[str, Any]:
    return {"split": np.where(rng.random(len(labels)) < 0.75, "train", "test")}


def _patients(labels: Indices, rng: np.random.Generator) -> Mapping[str, Any]:
    """Give each patient four pictures of one class, dealt to train and test one by one."""
    patient = np.empty(len(labels), object)
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        patient[rows] = [f"{label}{number // 4:03d}" for number in range(len(rows))]
    return {"patient": patient, **_split(labels, rng)}


def _plates(labels: Indices, rng: np.random.Generator) -> Mapping[str, Any]:
    """Lay wells on three plates: the one class in the outer columns, the other inside."""
    columns = np.where(labels == 0, rng.choice([1, 2, 11, 12], len(labels)), 0)
    columns = np.where(labels == 1, rng.choice(range(3, 11), len(labels)), columns)
    plate = rng.choice(["P1", "P2", "P3"], len(labels))
    return {"plate": plate, "column": [f"c{one:02d}" for one in columns]}


def _of(*pairs: tuple[Kind, str]) -> Expected:
    return frozenset(pairs)


_LEAK = (Kind.LEAK, "pixels")
FOLDERS: dict[str, Planted] = {
    one.name: one
    for one in (
        Planted("clean", "Nothing: three scanners, crossed with the classes.", table=_scanners,
                roles=Roles("species", factors=("scanner",))),
        Planted("level", "One class is 6 % brighter.", _of(_LEAK), camera=_brighter),
        Planted("noise", "One class has more read noise.", _of(_LEAK), camera=_noisier),
        Planted("compression", "One class was compressed harder, and saved as PNG afterwards.",
                _of(_LEAK), camera=_compressed),
        Planted("header", "One class was saved as PNG, the other as BMP; the pixels are alike.",
                _of((Kind.LEAK, "files")), save=_header),
        Planted("scanner", "Each class has a scanner of its own, and one is brighter.",
                _of((Kind.NOT_IDENTIFIABLE, "factor scanner"), _LEAK), table=_own_scanner,
                camera=_brighter, roles=Roles("species", factors=("scanner",))),
        Planted("copies", "Eight training images are in the test part again, in another format.",
                _of((Kind.COPIES, "split")), table=_split, copies=8,
                roles=Roles("species", split="split")),
        Planted("patients", "Patients lie on both sides of the split.",
                _of((Kind.STRADDLING, "split")), table=_patients, each=80,
                roles=Roles("species", group="patient", split="split")),
        Planted("nine to one", "Nothing; one class has nine times as many images.",
                each=90, shares=(1.8, 0.2)),
        Planted("twenty", "Twenty classes, each in a session with a level of its own.", _of(_LEAK),
                classes=20, each=16, camera=_sessions),
        Planted("tiny", "Nothing, and too few images to tell.", each=8),
        Planted("twelve bits", "Nothing; 16-bit files of a camera with 12 bits.",
                _of((Kind.LEVELS_LOST, "levels")), save=_twelve),
        Planted("plates", "One class lies in the outer columns of each plate only.",
                _of((Kind.NOT_IDENTIFIABLE, "factor column")), table=_plates,
                roles=Roles("species", factors=("plate", "column"))),
    )
}  # fmt: skip

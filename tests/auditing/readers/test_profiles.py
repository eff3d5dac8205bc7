"""Tables of CellProfiler and pycytominer: metadata become columns, numbers become embeddings."""

import numpy as np
import pandas as pd
import pytest

from confoundlab.auditing.readers.profiles import is_profile, profiles
from confoundlab.auditing.readers.roles import Roles
from confoundlab.auditing.readers.sources import open_source
from confoundlab.errors import InputError


def wells(**more) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    table = {
        "Metadata_Plate": ["007", "007", "012", "012"] * 3,
        "Metadata_Well": [f"A{n:02d}" for n in range(1, 13)],
        "Metadata_treatment": ["dmso", "drug"] * 6,
        "ImageNumber": range(12),
        "Cells_AreaShape_Area": rng.normal(size=12),
        "Nuclei_Texture_Contrast": rng.normal(size=12),
    }
    return pd.DataFrame(table | more)


WRITERS = {
    "p.csv": lambda t, p: t.to_csv(p, index=False),
    "p.tsv": lambda t, p: t.to_csv(p, index=False, sep="\t"),
    "p.csv.gz": lambda t, p: t.to_csv(p, index=False),
    "p.parquet": lambda t, p: t.to_parquet(p),
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_form_gives_the_same_material(tmp_path, name):
    WRITERS[name](wells(), tmp_path / name)
    roles = Roles(label="Metadata_treatment", group="Well", factors=("Metadata_Plate",))
    found = open_source(tmp_path / name, roles)
    assert found.images is None and found.features.shape == (12, 2)  # the counter is no feature
    assert found.classes == ["dmso", "drug"]
    assert found.factors["Plate"].tolist()[:3] == ["007", "007", "012"]
    assert found.table["group"].tolist()[0] == "A01" and found.name == "p"


def test_image_metadata_and_gaps(tmp_path):
    table = wells(Cells_Gap=[np.nan, *range(11)])
    table.columns = [one.replace("Metadata_", "Image_Metadata_") for one in table.columns]
    table.to_csv(tmp_path / "p.csv", index=False)
    found = profiles(tmp_path / "p.csv", Roles(label="treatment"), 0, 0)
    assert found.features.shape == (12, 2)
    assert any("1 columns have gaps" in note and "Cells_Gap" in note for note in found.notes)


@pytest.mark.parametrize(
    ("change", "label", "why"),
    [
        (lambda t: t[[one for one in t if one.startswith("Metadata_")]], "treatment", "finite"),
        (lambda t: t.assign(Image_Metadata_Well=1), "treatment", "mean the same"),
        (lambda t: t, "dose", "dose"),
        (lambda t: t.assign(Metadata_treatment="dmso"), "treatment", "nothing to tell apart"),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path, change, label, why):
    change(wells()).to_csv(tmp_path / "p.csv", index=False)
    with pytest.raises(InputError, match=why) as caught:
        open_source(tmp_path / "p.csv", Roles(label=label))
    assert "\n" not in str(caught.value)


def test_other_tables_are_no_profiles(tmp_path):
    pd.DataFrame({"image": ["a"], "label": ["b"]}).to_csv(tmp_path / "t.csv", index=False)
    (tmp_path / "x.parquet").write_bytes(b"no parquet")
    (tmp_path / "e.csv").write_bytes(b"")
    assert not any(is_profile(tmp_path / one) for one in ("t.csv", "x.parquet", "e.csv"))

"""The same pixels with the same labels give the same material, whatever form they come in."""

import io

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from confoundlab.auditing.readers.material import without_rare
from confoundlab.auditing.readers.roles import Roles, enough
from confoundlab.auditing.readers.sources import checked, open_source
from confoundlab.errors import InputError


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 255, (12, 16, 16), dtype=np.uint8)


LABELS = np.arange(12) % 2
NAMES = np.array(["cat", "dog"])[LABELS]


def save(path, image, form):
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    lossless = {"WEBP": {"lossless": True}, "TIFF": {"compression": "tiff_lzw"}}
    Image.fromarray(image).save(file, form, **lossless.get(form, {}))
    path.write_bytes(file.getvalue())


FORMS = {"png": "PNG", "bmp": "BMP", "tif": "TIFF", "pgm": "PPM", "webp": "WEBP", "gif": "GIF"}


@pytest.mark.parametrize("suffix", FORMS)
@pytest.mark.parametrize("layout", ["classes", "table"])
def test_one_contract_for_every_form(tmp_path, pixels, suffix, layout):
    for number, image in enumerate(pixels):
        below = NAMES[number] if layout == "classes" else "all"
        save(tmp_path / "in" / below / f"{number:02d}.{suffix}", image, FORMS[suffix])
    given = {}
    if layout == "table":
        given["table"] = tmp_path / "t.csv"
        rows = {"id": [f"{number:02d}" for number in range(12)], "label": NAMES}
        pd.DataFrame(rows).to_csv(given["table"], index=False)
    found = open_source(tmp_path / "in", Roles(), **given)
    assert found.classes == ["cat", "dog"] and len(found) == 12
    by_name = found.images.table.assign(number=found.images.table["image"].str[-2:].astype(int))
    assert by_name.set_index("number")["label"].loc[range(12)].tolist() == NAMES.tolist()
    for row, number in enumerate(by_name["number"]):
        levels = pixels[number]
        # WebP has no gray: its three channels become luma again
        assert np.abs(found.images.read(row, "gray")[..., 0].astype(int) - levels).max() <= 1


def test_formats_without_loss_have_one_digest(tmp_path, pixels):
    digests = set()
    for suffix in ("png", "bmp", "tif", "pgm"):
        for number, image in enumerate(pixels):
            save(tmp_path / suffix / NAMES[number] / f"{number}.{suffix}", image, FORMS[suffix])
        digests.add(open_source(tmp_path / suffix, Roles()).images.digest)
    assert len(digests) == 1


def test_the_split_of_imagefolder_trees_is_read(tmp_path, pixels):
    for number, image in enumerate(pixels):
        part = ("train", "val")[number // 8]
        save(tmp_path / part / NAMES[number] / f"{number}.png", image, "PNG")
    found = open_source(tmp_path, Roles())
    assert found.table["split"].value_counts().to_dict() == {"train": 8, "val": 4}
    assert found.classes == ["cat", "dog"]
    assert any("names of the folders" in note for note in found.notes)


def test_a_table_inside_the_folder_is_found(tmp_path, pixels):
    for number, image in enumerate(pixels):
        save(tmp_path / f"{number}.png", image, "PNG")
    rows = {"file_name": [f"{number}.png" for number in range(12)], "label": NAMES}
    pd.DataFrame(rows).to_csv(tmp_path / "metadata.csv", index=False)
    assert open_source(tmp_path, Roles()).classes == ["cat", "dog"]


def test_medmnist_arrays(tmp_path, pixels):
    np.savez(
        tmp_path / "m.npz",
        train_images=pixels[:8], train_labels=LABELS[:8, None],
        test_images=pixels[8:], test_labels=LABELS[8:, None],
    )  # fmt: skip
    found = open_source(tmp_path / "m.npz", Roles())
    assert found.labels.tolist() == LABELS.tolist()
    assert found.table["split"].tolist() == ["train"] * 8 + ["test"] * 4
    assert (found.images.read(9, "gray")[..., 0] == pixels[9]).all()


def test_embeddings_with_a_table(tmp_path):
    numbers = np.random.default_rng(0).normal(size=(12, 5))
    np.save(tmp_path / "e.npy", numbers)
    pd.DataFrame(numbers).set_axis(list("abcde"), axis=1).to_parquet(tmp_path / "e.parquet")
    pd.DataFrame({"label": NAMES, "site": list("pq") * 6}).to_csv(tmp_path / "t.csv", index=False)
    for name in ("e.npy", "e.parquet"):
        found = open_source(tmp_path / name, Roles(), table=tmp_path / "t.csv")
        assert found.images is None and (found.features == numbers).all()
        assert found.roles.factors == ("site",)


def test_copies_become_one_group_and_broken_files_are_named(tmp_path, pixels):
    for number, image in enumerate(pixels):
        save(tmp_path / NAMES[number] / f"{number}.png", image, "PNG")
    save(tmp_path / "cat" / "again.bmp", pixels[0], "BMP")
    (tmp_path / "dog" / "broken.png").write_bytes(b"no image")
    found = open_source(tmp_path, Roles())
    assert len(found) == 13 and found.table["group"].nunique() == 12
    assert any("Skipped: 1" in note for note in found.notes)
    assert any("equal count as one group" in note for note in found.notes)


def test_a_sample_has_all_classes_in_proportion(tmp_path, pixels):
    """Six of each class; five are the least that an audit can train on and test."""
    for number, image in enumerate(pixels):
        save(tmp_path / NAMES[number] / f"{number}.png", image, "PNG")
    one, other = (open_source(tmp_path, Roles(), sample=6, seed=3) for _ in range(2))
    assert one.table["label"].value_counts().tolist() == [5, 5]
    assert one.images.digest == other.images.digest
    assert any("drawn at random" in note for note in one.notes)


def test_classes_of_few_images_are_left_out_and_named(tmp_path, pixels):
    """What is left is the material of the other classes alone, row by row."""
    names = ["cat"] * 5 + ["dog"] * 5 + ["owl"] * 2
    for number, image in enumerate(pixels):
        save(tmp_path / "in" / names[number] / f"{number:02d}.png", image, "PNG")
        if number < 10:
            save(tmp_path / "others" / names[number] / f"{number:02d}.png", image, "PNG")
    np.save(tmp_path / "e.npy", np.arange(12.0)[:, None])
    whole = open_source(tmp_path / "in", Roles(), features=tmp_path / "e.npy")
    kept, others = without_rare(whole), open_source(tmp_path / "others", Roles())
    assert kept.classes == ["cat", "dog"] and kept.images.digest == others.images.digest
    assert kept.features[:, 0].tolist() == list(range(10)) and len(kept.copies) == len(kept) == 10
    assert any("2 images of 1 classes" in note and "owl (2)" in note for note in kept.notes)
    assert without_rare(kept) is kept
    with pytest.raises(InputError, match="2 of 2 classes have fewer than 5 images"):
        enough(pd.Series(["cat"] * 4 + ["dog"] * 3))


def test_rows_of_embeddings_follow_the_table(tmp_path, pixels):
    for number, image in enumerate(pixels):
        save(tmp_path / "in" / f"{number:02d}.png", image, "PNG")
    order = np.random.default_rng(1).permutation(12)
    rows = {"id": [f"{number:02d}" for number in order], "label": NAMES[order]}
    pd.DataFrame(rows).to_csv(tmp_path / "t.csv", index=False)
    np.save(tmp_path / "e.npy", order[:, None].astype(float))
    found = open_source(
        tmp_path / "in", Roles(), table=tmp_path / "t.csv", features=tmp_path / "e.npy"
    )
    assert found.features[:, 0].tolist() == found.table["image"].astype(int).tolist()


def broken(tmp_path, pixels, kind):
    """Make an input that cannot be used; return what is given to the audit."""
    folder = tmp_path / "in"
    for number, image in enumerate(pixels[:4]):
        save(folder / f"{number}.png", image, "PNG")
    match kind:
        case "nowhere":
            return tmp_path / "nowhere", {}
        case "empty":
            (tmp_path / "empty").mkdir()
            return tmp_path / "empty", {}
        case "flat":
            return folder, {}
        case "text":
            (tmp_path / "a.txt").write_text("x")
            return tmp_path / "a.txt", {}
        case "npz":
            np.savez(tmp_path / "a.npz", x=pixels)
            return tmp_path / "a.npz", {}
        case "no npz":
            (tmp_path / "a.npz").write_bytes(b"x")
            return tmp_path / "a.npz", {}
        case "npy":
            np.save(tmp_path / "a.npy", pixels[:, 0])
            return tmp_path / "a.npy", {}
        case "rows":
            np.save(tmp_path / "a.npy", pixels[:, 0])
            pd.DataFrame({"label": list("xy")}).to_csv(tmp_path / "t.csv", index=False)
            return tmp_path / "a.npy", {"table": tmp_path / "t.csv"}
        case "objects":
            np.save(tmp_path / "a.npy", np.array([{}, {}], object))
            pd.DataFrame({"label": list("xy")}).to_csv(tmp_path / "t.csv", index=False)
            return tmp_path / "a.npy", {"table": tmp_path / "t.csv"}
        case "unreadable":
            for path in folder.iterdir():
                save(folder / "cat" / path.name, pixels[0], "PNG")
                (folder / "dog").mkdir(exist_ok=True)
                path.rename(folder / "dog" / path.name)
            for path in folder.rglob("*.png"):
                path.write_bytes(b"x")
            return folder, {}
    raise AssertionError(kind)


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("nowhere", "There is no"),
        ("empty", "no image below"),
        ("flat", "folder of a class"),
        ("text", "Name the images"),
        ("npz", "train_images"),
        ("no npz", "damaged, or no .npz"),
        ("npy", "Give the table"),
        ("rows", "has 12 rows, but t.csv has 2"),
        ("objects", "cannot be read as embeddings"),
        ("unreadable", "can be used"),
    ],
)
def test_what_cannot_be_used_is_one_line(tmp_path, pixels, kind, why):
    source, options = broken(tmp_path, pixels, kind)
    with pytest.raises(InputError, match=why) as caught:
        open_source(source, Roles(), **options)
    assert "\n" not in str(caught.value)


def test_a_folder_is_checked_before_any_image_is_read(tmp_path):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / "a.png").write_bytes(b"not even an image")
    with pytest.raises(InputError, match="nothing to tell apart"):
        checked(tmp_path, Roles())


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_image_folder_of_hugging_face(tmp_path, pixels, form):
    """Each part of the split has a table of its own, which names files from there."""
    for part, numbers in (("train", range(8)), ("test", range(8, 12))):
        rows = []
        for number in numbers:
            save(tmp_path / "in" / part / f"{number % 8}.png", pixels[number], "PNG")
            rows.append(
                {"file_name": f"{number % 8}.png", "label": NAMES[number], "site": f"{part} site"}
            )
        table = pd.DataFrame(rows)
        path = tmp_path / "in" / part / f"metadata.{form}"
        if form == "csv":
            table.to_csv(path, index=False)
        else:
            table.to_json(path, orient="records", lines=True)
    found = open_source(tmp_path / "in", Roles())
    assert len(found) == 12 and found.table["split"].value_counts().to_dict() == {
        "train": 8,
        "test": 4,
    }
    assert found.table.set_index("image")["label"]["test/0"] == NAMES[8]
    assert set(found.factors["site"]) == {"train site", "test site"}

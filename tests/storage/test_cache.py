"""A damaged file of the cache is as good as absent; one warning, and nothing wrong is read."""

import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from confoundlab.croppers.crops import Corner
from confoundlab.images import imageset
from confoundlab.images.imageset import ImageSet
from confoundlab.inference import power
from confoundlab.storage.cache import load_array, load_table, save_array, save_table
from confoundlab.storage.files import cache_root
from confoundlab.studies import store

ARRAY = np.arange(2**16, dtype=np.uint32).view(np.uint8).reshape(64, 32, 32, 4)
TABLE = pa.table({"number": np.arange(3000) * 7, "word": [f"w{n % 50}" for n in range(3000)]})


def damage(path, how):
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.unlink()  # what is mapped stays as it was, as it does where a file is moved into place
    path.write_bytes(
        {
            "empty": b"",
            "half": whole[:middle],
            "last byte": whole[:-1],
            "zeros": whole[:middle] + bytes(64) + whole[middle + 64 :],
            "no Parquet": b"x" * len(whole),
            "more": whole + b"x",
        }[how]
    )


HOW = ("empty", "half", "last byte", "zeros", "no Parquet", "more")


def test_arrays_and_tables_come_back(tmp_path):
    for shape in ((64, 32, 32, 4), (256, 1024), (0, 5)):
        array = ARRAY.ravel()[: np.prod(shape)].reshape(shape)
        saved = save_array(tmp_path / "a.npy", array)
        assert (saved == array).all() and (load_array(tmp_path / "a.npy") == array).all()
        assert (np.load(tmp_path / "a.npy") == array).all()  # by anybody else
    save_array(tmp_path / "t.npy", ARRAY.reshape(256, 1024).T)
    assert (load_array(tmp_path / "t.npy") == ARRAY.reshape(256, 1024).T).all()
    save_table(tmp_path / "t.parquet", TABLE)
    assert load_table(tmp_path / "t.parquet", lambda table: table) == TABLE
    assert pd.read_parquet(tmp_path / "t.parquet").equals(TABLE.to_pandas())  # by anybody else
    assert load_array(tmp_path / "no.npy") is None
    assert load_table(tmp_path / "no.parquet", lambda table: table) is None


@pytest.mark.parametrize("how", HOW)
def test_damage_is_seen(tmp_path, how):
    array, table = tmp_path / "a.npy", tmp_path / "t.parquet"
    save_array(array, ARRAY)
    save_table(table, TABLE)
    load_array(array)  # what was compared before is compared anew after a change
    for path in (array, table):
        damage(path, how)
    with pytest.warns(UserWarning, match=r"a\.npy is damaged and is computed again"):
        assert load_array(array) is None
    with pytest.warns(UserWarning, match=r"t\.parquet is damaged and is computed again"):
        assert load_table(table, lambda found: found) is None


def test_no_flipped_byte_gives_other_numbers(tmp_path, rng):
    """Wherever a byte is wrong, a file is refused or its columns are right."""
    small = TABLE.slice(0, 300)
    save_array(tmp_path / "a.npy", ARRAY[:1])
    save_table(tmp_path / "t.parquet", small)
    refused = {}
    for path, load, truth in (
        (tmp_path / "a.npy", load_array, ARRAY[:1]),
        (tmp_path / "t.parquet", lambda at: load_table(at, lambda table: table), small),
    ):
        whole, refused[path.suffix] = path.read_bytes(), 0
        places = rng.integers(len(whole), size=150)
        for number, place in enumerate(places):
            flipped = bytearray(whole)
            flipped[place] ^= 1 << int(rng.integers(8))
            other = path.with_stem(f"{number}")
            other.write_bytes(flipped)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = load(other)
            refused[path.suffix] += found is None
            if found is not None:
                found = found if isinstance(found, np.ndarray) else found.to_pydict().values()
                truths = truth if isinstance(truth, np.ndarray) else truth.to_pydict().values()
                assert (np.array([*found]) == np.array([*truths])).all(), place
    assert refused[".npy"] == 150 and refused[".parquet"] > 75


@pytest.fixture
def folder(tmp_path, rng):
    for kind in ("ill", "well"):
        for number in range(6):
            path = tmp_path / "set" / kind / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(rng.integers(0, 255, (40, 48), dtype=np.uint8)).save(path)
    return tmp_path / "set"


def opened(folder, name="set"):
    return ImageSet.from_folder(folder, lambda path: {"label": path.parts[0]}, name=name)


@pytest.mark.parametrize("how", HOW)
def test_every_kind_is_computed_again(tmp_path, monkeypatch, folder, how):
    monkeypatch.setenv("CONFOUNDLAB_CACHE", str(tmp_path / "cache"))
    table = pd.DataFrame({"image": range(2000), "predicted": np.arange(2000) % 3})
    inputs = {"seed": 1, "part": (1, 2)}

    def computed():
        known = store.find(inputs)
        return (known or store.keep(inputs, table, {"engine": "test"})).table.to_numpy()

    def powered():
        power._curve.cache_clear()
        return power.power_table(power.Design(n_units=12, classes=2)).to_numpy()

    kinds = {
        "scans": lambda: opened(folder).table["sha256"].to_numpy(),
        "prepared": lambda: np.array(opened(folder).array(Corner("top-left", 20, 20))),
        "computed": computed,
        "power": powered,
    }
    first = {kind: compute() for kind, compute in kinds.items()}
    for kind, compute in kinds.items():
        (kept,) = (cache_root() / kind).iterdir()
        damage(kept, how)
        with pytest.warns(UserWarning, match="is damaged and is computed again") as said:
            assert (compute() == first[kind]).all()
        assert len(said) == 1
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert (compute() == first[kind]).all()


def test_a_record_of_other_inputs_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("CONFOUNDLAB_CACHE", str(tmp_path))
    store.keep({"seed": 1}, pd.DataFrame({"a": [1]}), {})
    store._place({"seed": 1}).rename(store._place({"seed": 2}))
    with pytest.warns(UserWarning, match="its inputs are others"):
        assert store.find({"seed": 2}) is None


@pytest.mark.parametrize("name", ["/etc/set", "../../up", "a/b", "x" * 300, "nul\0", "Zelle ü", ""])
def test_names_are_no_paths(tmp_path, monkeypatch, folder, name):
    monkeypatch.setenv("CONFOUNDLAB_CACHE", str(tmp_path / "cache"))
    before = {path for path in tmp_path.rglob("*") if "cache" not in path.parts}
    images = opened(folder, name)
    first = np.array(images.array(Corner("top-left", 9, 9)))
    assert {path for path in tmp_path.rglob("*") if "cache" not in path.parts} == before
    monkeypatch.setattr(imageset, "prepare", None)  # found again, not computed
    assert (images.array(Corner("top-left", 9, 9)) == first).all()

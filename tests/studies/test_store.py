import json

import jsonschema
import pandas as pd
import pyarrow.parquet as pq
import pytest

from confoundlab.errors import InputError
from confoundlab.storage.files import cache_root
from confoundlab.studies import store

TABLE = pd.DataFrame({"image": [0, 1], "predicted": [1, 0]})


def test_what_was_computed_is_found_again_with_its_provenance():
    assert store.find({"seed": 1, "view": "crop"}) is None
    store.keep({"seed": 1, "view": "crop"}, TABLE, {"engine": "test"})
    again = store.find({"view": "crop", "seed": 1})
    pd.testing.assert_frame_equal(again.table, TABLE)
    assert again.provenance["engine"] == "test"
    assert {"created", "version", "python", "machine"} <= set(again.provenance)
    assert store.find({"seed": 2, "view": "crop"}) is None


def test_records_are_plain_parquet_with_readable_metadata():
    store.keep({"seed": 5}, TABLE, {"engine": "test"})
    newest = max((cache_root() / "computed").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    kept = json.loads(pq.read_schema(newest).metadata[b"confoundlab"])
    assert kept["inputs"] == {"seed": 5}


def test_the_published_results_have_the_form_and_real_ones_the_papers_settings(published):
    for results in published:
        states = {entry["state"] for entry in results["data"]}
        assert "simulated" in states or results["profile"] == "paper"
        assert {record["state"] for record in results["evidence"]} <= states
        assert all(record["p_value"] > 0 for record in results["evidence"])


def test_a_run_without_numbers_is_no_run(published):
    for key in ("evidence", "data", "provenance"):
        broken = {name: value for name, value in published[0].items() if name != key}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(broken, store.results_schema())
    zero = json.loads(json.dumps(published[0]))
    zero["evidence"][0]["p_value"] = 0
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(zero, store.results_schema())


def test_unusable_results_are_explained(tmp_path):
    with pytest.raises(InputError, match="no results at"):
        store.read_results(tmp_path / "results.json")
    (tmp_path / "results.json").write_text("{broken")
    with pytest.raises(InputError, match="is not JSON"):
        store.read_results(tmp_path / "results.json")
    (tmp_path / "results.json").write_text("{}")
    with pytest.raises(InputError, match="form of results"):
        store.read_results(tmp_path / "results.json")


def test_records_round_trip(tmp_path, published):
    path = store.write_results(tmp_path / "results.json", published[0])
    assert store.read_results(path) == published[0]

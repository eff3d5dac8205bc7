"""What a page answers in place is what its run stored, neither more nor less."""

import json
import re

import pandas as pd
import pytest
from conftest import ROOT

from confoundlab.notebook.asking import CHOICES, form, read_sweeps, records
from confoundlab.studies.store import read_results

STORED = sorted((ROOT / "results").glob("*/results.json"))


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.parent.name)
def test_every_stored_answer_can_be_asked(path):
    results = read_results(path)
    found = records(results)
    assert len(found) == len(results["evidence"]) > 0
    for one, record in zip(found, results["evidence"], strict=True):
        assert one["view"] == record["view"] and one["verdict"] == (record["verdict"] or "")
        assert one["estimate"] == pytest.approx(record["estimate"], abs=1e-4)
        digits = f"{record['estimate']:.1%}" if "accuracy" in record["metric"] else None
        assert digits is None or digits in one["said"]


def test_settings_of_other_images_are_left_out():
    coil, yale = (
        read_results(ROOT / "results" / name / "results.json") for name in ("coil", "yale")
    )
    sweeps = read_sweeps(ROOT / "results" / "sweeps")
    n = sum(len(table) for table in sweeps)
    assert n and len(records(coil, sweeps)) == len(coil["evidence"]) + n
    assert len(records(yale, sweeps)) == len(yale["evidence"])
    settings = {one["setting"] for one in records(coil, sweeps)}
    assert {"as on this page", "crop_size = 12"} <= settings


def test_a_form_holds_its_data_where_no_parser_of_pages_is_led_astray():
    record = {
        "row": "</script><b>", "state": "real", "view": "<!--", "split": "s", "learner": "l",
        "metric": "accuracy", "estimate": 0.5, "ci_low": None, "ci_high": None, "chance": None,
        "verdict": None, "reasons": [], "n_images": 9,
    }  # fmt: skip
    text = form(records({"evidence": [record]}, [pd.DataFrame({"parameter:a": [], "row": []})]))
    (held,) = re.findall(r'class="ask-data">(.*?)</script>', text, re.DOTALL)
    assert "<b>" not in text and "<!--" not in text
    data = json.loads(held)
    assert data["choices"] == CHOICES and data["records"][0]["ci_low"] is None
    assert data["records"][0]["said"] == "Accuracy 50.0%; 9 images (real)."

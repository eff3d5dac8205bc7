"""Each filled item can be traced to what was stored."""

import json
import re

import pytest

from confoundlab.auditing.report.standards import croissant, item_table, items

SUMMARY = {
    "first_line": "LEAK: x.",
    "counts": {"copies": 4, "copied into test": 2, "straddling": 3},
    "roles": {
        "label": "species",
        "group": "patient",
        "factors": ["site"],
        "time": "",
        "split": "s",
    },
    "findings": [
        {"kind": "NOT IDENTIFIABLE", "short": "no test", "words": "Site is aliased."},
        {"kind": "COPIES", "short": "2 copies", "words": "Two."},
        {"kind": "INCONCLUSIVE", "short": "few", "words": "Too few."},
    ],
    "untested": [{"test": "factor day", "why": "Constant."}],
}


@pytest.fixture
def results(published):
    return next(one for one in published if one["study"] == "coil")


def test_answers_come_from_where_they_say(results):
    found = items(results, SUMMARY)
    assert {(one.standard, one.number) for one in found} == {
        ("REFORMS", "2a"), ("REFORMS", "6b"), ("CLAIM", "21"), ("REFORMS", "6c"),
        ("REFORMS", "7b"), ("CLAIM", "29"), ("REFORMS", "8b"), ("TRIPOD+AI", "12a"),
        ("TRIPOD+AI", "12e"), ("TRIPOD+AI", "26"),
    }  # fmt: skip
    by = {one.number: one for one in found}
    assert results["data"][0]["digest"] in by["2a"].answer
    assert "2 images of the given test part" in by["6b"].answer and "patient" in by["21"].answer
    places = json.loads(re.search(r"evidence(\[.*\])", by["6c"].source)[1])
    assert places and all(results["evidence"][one]["verdict"] == "LEAK" for one in places)
    assert all(results["evidence"][one]["view"] in by["6c"].answer for one in places)
    assert by["8b"].answer == "Site is aliased."
    assert by["26"].answer == "Site is aliased. factor day was not tested: Constant."
    assert "accuracy" in by["12e"].answer
    assert len(item_table(found)) == len(found)


def test_without_leaks_and_groups_that_is_said(results):
    clean = results | {"evidence": [one | {"verdict": None} for one in results["evidence"]]}
    summary = SUMMARY | {"counts": {}, "roles": {"group": ""}, "findings": []}
    by = {one.number: one.answer for one in items(clean, summary)}
    assert by["6c"].startswith("None of") and "no group was stated" in by["21"]
    assert "8b" not in by


def test_a_fragment_of_croissant(results):
    made = croissant(results, SUMMARY)
    assert len(made["rai:dataBiases"]) == 2 and "Site is aliased" in made["rai:dataBiases"][0]
    assert made["rai:dataLimitations"] == ["factor day was not tested: Constant."]
    assert made["@context"]["rai"] == "http://mlcommons.org/croissant/RAI/"
    json.dumps(made)
    assert croissant(results, SUMMARY | {"findings": []})["rai:dataBiases"][0].startswith("None")


@pytest.mark.filterwarnings("ignore::DeprecationWarning:rdflib", "ignore:ConjunctiveGraph")
def test_croissants_own_library_reads_the_fragment(results, tmp_path):
    """Merged into the least that a Croissant file must say, it is valid and nothing is lost."""
    mlcroissant = pytest.importorskip("mlcroissant")
    made = croissant(results, SUMMARY)
    context = made["@context"] | {
        "cr": "http://mlcommons.org/croissant/",
        "dct": "http://purl.org/dc/terms/",
        "conformsTo": "dct:conformsTo",
    }
    said = {
        "name": "photos",
        "description": "Photographs.",
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "url": "https://example.org",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
    }
    path = tmp_path / "croissant.json"
    path.write_text(json.dumps(made | said | {"@context": context}))
    read = mlcroissant.Dataset(jsonld=str(path)).metadata
    assert not read.ctx.issues.errors
    assert list(read.data_biases) == made["rai:dataBiases"]
    assert list(read.data_limitations) == made["rai:dataLimitations"]

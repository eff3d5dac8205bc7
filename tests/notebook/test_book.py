"""What the book adds to an executed notebook, and when it has buttons."""

import re

import pytest
import yaml
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from confoundlab import report
from confoundlab.catalog import STUDIES
from confoundlab.errors import InputError
from confoundlab.notebook import book
from confoundlab.studies.parameters import declared, notebook_source, read_notebook, resolve

URL = "https://github.com/somebody/confoundlab"
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text())


def test_without_an_address_there_is_no_button():
    assert book.repository(CONFIG) is None  # as the repository is shipped
    made = book.with_buttons(CONFIG, "extra")
    assert "repository" not in made and made["launch_buttons"] == {"thebe": False}
    assert made["sphinx"] == CONFIG["sphinx"]


def test_an_address_switches_buttons_on():
    named = CONFIG | {"repository": {"url": URL + "/"}}
    before = yaml.safe_dump(named)
    made = book.with_buttons(named, "extra")
    assert made["repository"] == {
        "url": URL, "branch": "gh-pages", "path_to_book": "_sources"
    }  # fmt: skip
    assert made["launch_buttons"]["binderhub_url"] and made["launch_buttons"]["colab_url"]
    assert made["sphinx"]["config"]["html_extra_path"][-1] == "extra"
    assert yaml.safe_dump(named) == before
    elsewhere = book.with_buttons({"repository": {"url": "https://gitlab.com/a/b"}}, "extra")
    assert "colab_url" not in elsewhere["launch_buttons"]
    for bad in ("github.com/a/b", "https://github.com/a", 'https://github.com/a/b"; x'):
        with pytest.raises(InputError, match="should be https"):
            book.repository({"repository": {"url": bad}})


def test_binder_installs_the_package_from_the_address():
    (text,) = book.binder_files(URL).values()
    environment = yaml.safe_load(text)
    assert environment["dependencies"][-1] == {"pip": [f"confoundlab @ git+{URL}"]}


def test_a_notebook_installs_the_package_only_where_there_is_an_address():
    notebook = new_notebook(cells=[new_markdown_cell("# Title\n\nText")])
    plain = book.dressed(notebook, "offer", None)
    assert [cell.source for cell in plain.cells] == ["# Title", "offer", "Text"]
    _, _, install, _ = book.dressed(notebook, "offer", URL).cells
    assert install.metadata.tags == ["remove-cell"] and f"git+{URL}" in install.source
    compile(install.source.replace("%pip install --quiet ", ""), "cell", "exec")
    assert len(notebook.cells) == 1


def test_a_study_offers_what_its_results_say(published):
    for results in published:
        offer = book.study_offer(results)
        for entry in results["data"]:
            assert entry["digest"] in offer and f"{{bdg-dark}}`{entry['state']}`" in offer
        name = results["study"]
        assert f"<{name}.ipynb>" in offer and f"<{name}.parameters.yaml>" in offer
        assert book.duration(results["seconds"]) in offer
        assert yaml.safe_load(book.parameters_file(results)) == results["parameters"]


def test_the_one_command_makes_the_same_parameters(published):
    for results in published:
        words = report.command(results).split()
        given = dict(word.split("=", 1) for word in words if "=" in word)
        study = STUDIES[results["study"]]
        source = declared(read_notebook(notebook_source(study.name)))
        known = {key: value for key, value in given.items() if key in source}
        again = resolve(source, study.profiles[results["profile"]], known)
        # a parameter that came after the result was stored has its default
        assert {key: again[key] for key in results["parameters"] if key in again} == {
            key: value for key, value in results["parameters"].items() if key in again
        }


def test_other_pages_say_what_they_read(published):
    offer = book.page_offer("benchmarks", published, 12.3)
    assert "12 s" in offer and f"{len(published)} runs" in offer and "make book" in offer
    assert re.search(r"`sha256:[0-9a-f]{64}`", offer) and "{bdg-dark}`real`" in offer


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (89, "89 s"), (200, "3 min"), (9000, "2.5 h")]
)
def test_durations_are_said_as_people_do(seconds, said):
    assert book.duration(seconds) == said


def test_all_parameters_of_all_studies_are_in_one_table():
    table = report.parameter_table().set_index("parameter")
    for study in STUDIES:
        source = declared(read_notebook(notebook_source(study)))
        own = table[study][table[study] != "–"]
        assert own.to_dict() == {name: str(one.default) for name, one in source.items()}
    first = declared(read_notebook(notebook_source("covid")))
    assert f"covid: {first['dataset'].comment}" in table["what it is"]["dataset"]
    assert table["values"]["seed"] == "whole number from 0"
    profiles = report.profile_table()
    assert len(profiles) == sum(len(study.profiles) for study in STUDIES.values())


def test_what_a_cell_says_beside_its_figure_is_not_captioned():
    show = new_output
    outputs = [
        show("display_data", {"text/html": "words"}),
        show("display_data", {"image/png": "x"}),
    ]
    figure = {"mystnb": {"figure": {"name": "fig-a", "caption": "See."}}}
    cells = [
        new_markdown_cell("# Title"),
        new_code_cell("draw()", outputs=outputs, metadata=figure),
        new_code_cell("draw()", outputs=outputs[1:], metadata=figure),
    ]
    made = book.dressed(new_notebook(cells=cells), "offer", None)
    said, drawn, alone = made.cells[2:]
    assert [list(one.data) for one in said.outputs] == [["text/html"]]
    assert "mystnb" not in said.metadata and said.source.startswith("#")
    assert [list(one.data) for one in drawn.outputs] == [["image/png"]]
    assert drawn.metadata == alone.metadata == figure
    assert len({cell.id for cell in made.cells}) == len(made.cells)

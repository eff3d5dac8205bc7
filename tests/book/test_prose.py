"""The check of prose finds what was planted, on its line, and passes over what is no prose."""

import pytest
from conftest import ROOT


@pytest.fixture
def prose(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book" / "check")
    import prose

    return prose


# as many words as a sentence may have
MOST = " ".join(f"word{number}" for number in range(32))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("We leverage nets.", "ours.empty"),
        ("One does this in order\nto win.", "ours.empty"),
        ("The crop is is named.", "lexical_illusions"),
        (f"{MOST} end.", "ours.sentences"),
        (f"| {MOST} end | cell |", "ours.sentences"),
    ],
)
def test_a_planted_fault_is_found_on_its_line(prose, text, rule):
    (fault,) = prose.faults("page.md", f"# Title\n\nA crop.\n\n{text}\n")
    assert fault.startswith("page.md:5: ") and fault.endswith(f"({rule})")


@pytest.mark.parametrize(
    "text",
    [
        "```python\nleverage = 1\n```",
        "Call `leverage` of {cite}`leverage1990` or [it](leverage.md).",
        "We say $utilise utilise$.",
        "<!-- made: leverage -->",
        ":::{leverage}\n:leverage: 1\nA crop.\n:::",
        "## The crop\n\nThe crop is named.\n\n- crop\n- crop",
        f"{MOST}\n\n{MOST}",
        f"| {MOST} | {MOST} |",
        f"{MOST} `code`. {MOST}.",
    ],
)
def test_what_is_no_prose_is_passed_over(prose, text):
    assert not list(prose.faults("page.md", text))


def test_only_markdown_cells_of_a_notebook_are_read(prose):
    text = "# leverage\n\n# %% [markdown]\n# # Title\n#\n# We leverage.\n\n# %%\n# leverage\n"
    (fault,) = prose.faults("page.py", prose.of_notebook(text))
    assert fault.startswith("page.py:6: ")


def test_only_values_of_data_are_read(prose):
    text = (
        "leverage: A crop.\nwhy: >-\n  Two lines,\n  one of which we leverage.\nsource: leverage\n"
    )
    (fault,) = prose.faults("page.yml", prose.of_data(text))
    assert fault.startswith("page.yml:4: ")


def test_captions_of_what_is_always_simulated_must_say_so(prose):
    always = 'data: Literal["simulated"] = "simulated"\n'
    marked = '# %% mystnb={"figure": {"caption": "Simulated cells."}}\n'
    not_marked = '# %% mystnb={"figure": {"name": "a", "caption": "Cells."}}\n'
    assert list(prose.unmarked(always + marked + not_marked)) == [3]
    assert not list(prose.unmarked(marked + not_marked))

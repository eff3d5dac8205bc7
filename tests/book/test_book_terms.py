from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils import nodes

EXTENSIONS = Path(__file__).parents[2] / "book" / "builder" / "extensions"


@pytest.fixture
def book_terms(monkeypatch):
    monkeypatch.syspath_prepend(EXTENSIONS)
    import book_terms

    book_terms._meanings.cache_clear()
    book_terms._names.cache_clear()
    return book_terms


def glossary(*entries):
    tree = nodes.document(None, None)
    listed = nodes.definition_list()
    for place, meaning in entries:
        term = nodes.term("", place, ids=[f"term-{place}"])
        meant = nodes.definition("", nodes.paragraph("", meaning))
        listed += nodes.definition_list_item("", term, meant)
    tree += listed
    return tree


class Glossaries:
    """What of Sphinx's environment the extension asks for."""

    def __init__(self, trees):
        self.all_docs = dict.fromkeys(trees)
        self.get_doctree = trees.__getitem__


def application(tree):
    builder = SimpleNamespace(get_relative_uri=lambda page, other: f"../{other}.html")
    return SimpleNamespace(env=Glossaries({"glossary": tree}), builder=builder)


def test_every_term_has_its_meaning(book_terms):
    found = book_terms.definitions(
        glossary(("leak", "A control\nabove chance."), ("view", "A crop."))
    )
    assert found == {"term-leak": "A control above chance.", "term-view": "A crop."}


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Short.", "Short.", "Short."),
        ("One sentence. " * 40, "One sentence. One", "sentence."),
        ("a" * 400 + ". And more.", "aaa", "a."),
        ("a" * 400, "aaa", "aaa"),
    ],
)
def test_long_meanings_end_with_a_sentence(book_terms, text, start, end):
    said = book_terms.shortened(text)
    assert said.startswith(start) and said.endswith(end) and len(said) <= 401


def test_links_to_terms_are_explained_and_others_left(book_terms):
    tree = glossary(("leak", "A control above chance."))
    app = application(tree)
    page = nodes.document(None, None)
    page += nodes.reference("", "leak", refuri="../glossary.html#term-leak")
    page += nodes.reference("", "other", refuri="../idea.html#term-leak")
    book_terms.explain(app, page, "idea")
    first, second = page.findall(nodes.reference)
    assert first["reftitle"] == "A control above chance." and "reftitle" not in second


def test_the_first_mention_of_a_term_leads_to_the_glossary(book_terms):
    tree = glossary(
        ("near copy", "Two images of one thing."), ("twin", "Made."), ("group", "A unit.")
    )
    said = [
        "A twin is no group; twinning is none.",
        "Near copys, and a twin again.",
        "A near copy.",
    ]
    page = nodes.document(None, None)
    page += nodes.title("", "A twin")
    page += [nodes.paragraph("", one) for one in said]
    book_terms.explain(application(tree), page, "idea")
    links = list(page.findall(nodes.reference))
    assert [one.astext() for one in links] == ["twin", "Near copys"]
    assert links[0]["refuri"] == "../glossary.html#term-twin" and links[0]["reftitle"] == "Made."
    assert [one.astext() for one in page.findall(nodes.paragraph)] == said

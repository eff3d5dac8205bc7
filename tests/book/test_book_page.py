"""What every built page has: how to cite it, and figures that are counted anew on each page."""

import re

import pytest
from conftest import ROOT
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

BOOK = ROOT / "book"


@pytest.fixture
def book(monkeypatch):
    monkeypatch.syspath_prepend(BOOK / "builder" / "extensions")
    import book_page

    return book_page


def test_every_page_leads_to_how_it_is_cited(book, monkeypatch):
    for url in ("", "https://github.com/a/b"):
        monkeypatch.setattr(book, "read_config", lambda url=url: {"repository": {"url": url}})
        context = {"pathto": lambda page: f"../{page}.html"}
        book.footer(None, "executed/coil", "page.html", context, None)
        assert '<a href="../references.html#how-to-cite">' in context["theme_extra_footer"]
        # without an address there is one link only, and not to the renderer's own repository
        assert context["theme_extra_footer"].count("href") == 1 + bool(url)
        assert url in context["theme_extra_footer"]


def test_figures_are_counted_anew_on_each_page(book, tmp_path):
    (tmp_path / "conf.py").write_text("extensions = ['book_page']\nnumfig = True\n")
    figure = ".. figure:: a.png\n\n   A caption.\n\n"
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "index.rst").write_text(
        f"Title\n=====\n\n.. toctree::\n\n   one\n   two\n\n{figure}"
    )
    for name, count in (("one", 3), ("two", 2)):
        (tmp_path / f"{name}.rst").write_text(f"{name}\n===\n\n" + figure * count)
    places = [str(tmp_path / name) for name in ("", "", "out", "trees")]
    with docutils_namespace():
        Sphinx(*places, "html", status=None, warning=None).build()
    for name, count in (("index", 1), ("one", 3), ("two", 2)):
        page = (tmp_path / "out" / f"{name}.html").read_text()
        numbers = re.findall(r'caption-number">Fig\. (\d+)', page)
        assert numbers == [str(number) for number in range(1, count + 1)]

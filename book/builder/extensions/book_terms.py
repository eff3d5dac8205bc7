"""Sphinx extension: terms of the glossary lead there, and say on the spot what they mean.

The first mention of a term on a page becomes a link. The definition is the link's title, which
every browser shows; `terms.js` shows it to the keyboard and to fingers as well.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from docutils import nodes

PAGE = "glossary"
_LONGEST = 300  # letters: what is longer is cut at the end of a sentence
_BEFORE = f"{PAGE}.html#"
# Words that pages also use as everybody does; they lead to the glossary where a page says so.
_EVERYDAY = {"bank", "chance", "control", "dial", "evidence", "factor", "group", "interval",
             "label", "margin", "session", "split", "state", "study", "task", "view"}  # fmt: skip


def definitions(tree: nodes.document) -> dict[str, str]:
    """Return what the terms of a glossary mean, by the place that a link names."""
    found: dict[str, str] = {}
    for entry in tree.findall(nodes.definition_list_item):
        terms = [child for child in entry.children if isinstance(child, nodes.term)]
        meanings = [child for child in entry.children if isinstance(child, nodes.definition)]
        text = shortened(" ".join(" ".join(one.astext() for one in meanings).split()))
        found |= {place: text for term in terms for place in term["ids"]}
    return found


def shortened(text: str) -> str:
    """Return whole sentences of a text up to `_LONGEST` letters; the first one in any case."""
    if len(text) <= _LONGEST:
        return text
    end = text.rfind(". ", 0, _LONGEST)
    return text[: (end if end > 0 else text.find(". ")) + 1] or text


def explain(app: Any, tree: nodes.document, page: str) -> None:
    """Link the first mention of each term, and give every link to a term its meaning as a title."""
    if page == PAGE or PAGE not in app.env.all_docs:
        return
    known = _meanings(app.env)
    linked = set()
    for link in tree.findall(nodes.reference):
        _, within, place = link.get("refuri", "").partition(_BEFORE)
        if within and (meaning := known.get(place)):
            link["reftitle"] = meaning
            linked.add(place)
    names = {
        name.lower(): place for name, place in _names(app.env).items() if name not in _EVERYDAY
    }
    if not names:
        return
    longest_first = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    term = re.compile(rf"(?<![\w-])({longest_first})s?(?![\w-])", re.IGNORECASE)
    address = app.builder.get_relative_uri(page, PAGE)
    for text in [
        one for one in tree.findall(nodes.Text) if isinstance(one.parent, nodes.paragraph)
    ]:
        for found in term.finditer(text):
            place = names[found[1].lower()]
            if place in linked:
                continue
            linked.add(place)
            link = nodes.reference("", found[0], internal=True, refuri=f"{address}#{place}")
            link["reftitle"] = known[place]
            before, after = text[: found.start()], text[found.end() :]
            text.parent.replace(text, [nodes.Text(before), link, nodes.Text(after)])
            break  # further terms of this text wait for their next mention


@lru_cache(maxsize=1)
def _meanings(env: Any) -> dict[str, str]:
    return definitions(env.get_doctree(PAGE))


@lru_cache(maxsize=1)
def _names(env: Any) -> dict[str, str]:
    """Return the places of terms, by name."""
    return {
        term.astext(): term["ids"][0]
        for term in env.get_doctree(PAGE).findall(nodes.term)
        if term["ids"]
    }


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx, after references have been resolved."""
    app.connect("doctree-resolved", explain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

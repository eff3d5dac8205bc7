"""Questions with which readers test themselves: each answer says why it is right or wrong.

A chapter's questions stand in ``chapters/<page>.yml`` and become a directive each, so that their
words are read as all others of the page are. ``_static/quiz.js`` shows the reason of the answer
that is chosen. Without a script, and on paper, the reasons of all answers stand below the question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import yaml
from docutils import nodes
from sphinx.util.docutils import SphinxDirective

HEADING = "## Check yourself"
# Results of a page change when it is run again; what is asked may not.
SUPPOSED = "What a question supposes need not be what was found here."
RIGHT, WRONG = "✓ Right.", "✗ Wrong."


def section(questions: Sequence[Mapping[str, Any]]) -> str:
    """Return the questions of a chapter in MyST."""
    asked = (
        f":::::{{quiz}} {number}\n{yaml.safe_dump(one, allow_unicode=True)}:::::\n"
        for number, one in enumerate(questions, 1)
    )
    return "\n".join([f"{HEADING}\n\n{SUPPOSED}\n", *asked])


class Html(nodes.General, nodes.Element):  # type: ignore[misc]  # docutils has no types
    """An element of HTML: docutils has none for what is asked and answered."""


def _html(tag: str, *children: nodes.Node, **attributes: str) -> Html:
    return Html("", *children, tag=tag, attributes=attributes)


class Quiz(SphinxDirective):
    """One question. Its argument is its number on the page, its content is in YAML."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the question with its answers, and below them the reasons."""
        one = yaml.safe_load("\n".join(self.content))
        (number,) = self.arguments
        choices = one["choices"]
        parts = (
            _html("legend", nodes.Text(f"{number}. "), *self._words(one["ask"])),
            _html("ol", *(self._answer(choice, number) for choice in choices), type="A"),
            _html(
                "details",
                _html("summary", nodes.Text("Each answer, and why it is right or wrong")),
                _html("ol", *map(self._reason, choices), type="A"),
            ),
        )
        return [_html("fieldset", *parts, id=f"quiz-{number}", **{"class": "quiz"})]

    def _answer(self, choice: Mapping[str, Any], number: str) -> Html:
        radio = _html("input", type="radio", name=f"quiz-{number}")
        # empty until the script puts the reason there, so that it is read out then
        why = _html("div", **{"class": "quiz-why", "aria-live": "polite"})
        return _html("li", _html("label", radio, _html("span", *self._words(choice["say"]))), why)

    def _reason(self, choice: Mapping[str, Any]) -> Html:
        name, mark = ("right", RIGHT) if choice.get("right") else ("wrong", WRONG)
        words = [nodes.strong("", mark), nodes.Text(" "), *self._words(choice["why"])]
        return _html("li", *words, **{"class": f"quiz-{name}"})

    def _words(self, text: str) -> list[nodes.Node]:
        read, _ = self.state.inline_text(text.strip(), self.lineno)
        return list(read)


def _open(writer: Any, node: Html) -> None:
    attributes = "".join(f' {name}="{escape(value)}"' for name, value in node["attributes"].items())
    writer.body.append(f"<{node['tag']}{attributes}>")


def _close(writer: Any, node: Html) -> None:
    if node["tag"] != "input":
        writer.body.append(f"</{node['tag']}>")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_node(Html, html=(_open, _close))
    app.add_directive("quiz", Quiz)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

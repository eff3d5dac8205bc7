"""Check the book's prose: what proselint finds, and rules of our own.

    python book/check/prose.py

Read are the pages, the data of chapters, course and cases, and the Markdown cells of the notebooks.
Code, mathematics and addresses in them are passed over. Each fault is named with its file and line;
with any, the exit code is 1.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import yaml
from proselint.checks import __register__
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.registry.checks import Check, CheckResult, Padding, types
from proselint.tools import LintFile

ROOT = Path(__file__).parents[2]
LONGEST = 32  # words of a sentence
# Words that say nothing, or say it for show.
EMPTY = (
    r"basically", r"cutting-edge", r"delv(?:e|es|ed|ing)", r"game-chang\w+", r"holistic\w*",
    r"in order to", r"it is worth", r"leverag(?:e|es|ed|ing)", r"needless to say", r"note that",
    r"obviously", r"paradigm\w*", r"pivotal", r"seamless(?:ly)?", r"synerg\w+", r"utili[sz]\w+",
)  # fmt: skip
# proselint's own, with two exceptions: quotes are the renderer's, and 21x21 is the name of a view.
ENABLED = {
    "typography.symbols.curly_quotes": False,
    "typography.symbols.multiplication": False,
    **DEFAULT["checks"],
    "ours": True,
}
# Keys of the data under which no prose stands.
_NO_PROSE = {"stored", "row", "view", "split", "source", "chapters", "more", "asks"}
# What ends a sentence without a full stop: bullets, cells of tables, headings, blank lines.
_END = "¶"
_STARTS = re.compile(r"^[ \t]*(?:[-*#]+ |\d+\.|: |$)|\|", re.MULTILINE)
_BLOCKS = (
    re.compile(r"^[ \t]*(`{3,}|~{3,}).*?^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL),
    re.compile(r"<!--.*?-->|^[ \t]*(?::{3,}|:[\w-]+:|\([\w-]+\)=).*?$", re.MULTILINE | re.DOTALL),
)
_INLINE = (
    re.compile(r"(?:\{[\w:]+\})?(`+)[^`]+\1"),
    re.compile(r"\$[^$\n]+\$|</?\w[^>]*>|(?<=\])\([^)\s]*\)|https?://[^\s)>]+"),
)


def _only_lines(mark: str, found: re.Match[str]) -> str:
    return mark + "\n" * found[0].count("\n")


def passed_over(text: str) -> str:
    """Return a text of as many lines in which only prose can be read."""
    for patterns, mark in ((_BLOCKS, _END), (_INLINE, "§")):
        for pattern in patterns:
            text = pattern.sub(partial(_only_lines, mark), text)
    return _STARTS.sub(_END, text)


def of_notebook(text: str) -> str:
    """Return the Markdown cells of a notebook in py:percent, on their lines."""
    lines, reading = [], False
    for line in text.split("\n"):
        if line.startswith("# %%"):
            reading = "[markdown]" in line
            line = ""
        lines.append(line.removeprefix("#").removeprefix(" ") if reading else "")
    return "\n".join(lines)


def of_data(text: str) -> str:
    """Return the values of YAML, on their lines."""
    made = list(re.sub(r"[^\n]", " ", text))

    def walk(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                made[key.start_mark.index] = _END
                if key.value not in _NO_PROSE:
                    walk(value)
        elif isinstance(node, yaml.SequenceNode):
            for one in node.value:
                walk(one)
        else:
            start, end = node.start_mark.index, node.end_mark.index
            marks = re.compile(r"""\A(?:[>|]-?|["'])|["']\Z""")
            made[start:end] = marks.sub(lambda mark: " " * len(mark[0]), text[start:end])
            made[start - 1] = _END

    data = yaml.compose(text)
    assert data is not None
    walk(data)
    return "".join(made)


def _sentences(text: str, check: Check) -> Iterator[CheckResult]:
    for match in re.finditer(rf"[^{_END}]+?(?:[.?!](?=[\"')\]*_]*\s)|(?={_END})|\Z)", text):
        words = re.findall(r"[^\W_]+(?:['-]\w+)*", match[0])
        if len(words) > LONGEST:
            start = match.start() + match[0].index(words[0])
            message = check.message.format(len(words), " ".join(words[:5]))
            yield CheckResult(check.path, message, (start, match.end()), None)


OURS = (
    Check(
        types.ExistenceSimple(
            Padding.WORDS_IN_TEXT.format(Padding.safe_join(EMPTY).replace(" ", r"\s+"))
        ),
        path="ours.empty",
        message="'{}' says nothing, or says it for show.",
    ),
    Check(_sentences, path="ours.sentences", message="a sentence of {} words: '{} ...'."),
)


CheckRegistry().register_many((*__register__, *OURS))


def unmarked(text: str) -> Iterator[int]:
    """Yield the lines of captions without "simulated", of a notebook that always simulates."""
    if 'data: Literal["simulated"]' not in text:
        return
    for number, line in enumerate(text.split("\n"), 1):
        caption = re.search(r'"caption": "(.*?)"[,}]', line)
        if caption and "simulated" not in caption[1].lower():
            yield number


def faults(name: str, text: str) -> Iterator[str]:
    """Yield what is wrong with a text, by the name of its file and its line."""
    file = LintFile(name, passed_over(text))
    for (check, message, *_), (line, _) in file.lint({"max_errors": 10_000, "checks": ENABLED}):
        yield f"{name}:{line}: {' '.join(message.split())} ({check})"


def sources() -> Iterator[tuple[Path, str]]:
    """Yield each file with what is to be read in it."""
    book = ROOT / "book"
    for path in sorted(book.glob("*.md")):
        yield path, path.read_text(encoding="utf-8")
    for path in sorted([*book.glob("chapters/*.yml"), book / "course.yml", book / "cases.yml"]):
        yield path, of_data(path.read_text(encoding="utf-8"))
    for path in sorted([*(ROOT / "notebooks").glob("*.py"), *book.glob("*.py")]):
        yield path, of_notebook(path.read_text(encoding="utf-8"))


def main() -> None:
    """Print all faults; exit with 1 if there are any."""
    found: list[str] = []
    for path, text in sources():
        name = str(path.relative_to(ROOT))
        found += faults(name, text)
        if path.suffix == ".py":
            lines = unmarked(path.read_text(encoding="utf-8"))
            found += [f"{name}:{line}: a caption that does not say simulated" for line in lines]
    sys.stdout.writelines(f"{line}\n" for line in found)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()

"""Names that users give are text, on every page, in every table, map, figure and comparison."""

import copy
import json
import os
import re
import shutil
import subprocess
import warnings
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner
from matplotlib.text import Text
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from confoundlab import escape, report
from confoundlab.cli import main
from confoundlab.croppers.crops import Corner
from confoundlab.design.aliasing import identifiability
from confoundlab.errors import BrokenImagesError, InputError
from confoundlab.evidence import probe
from confoundlab.images import file_properties
from confoundlab.images.imageset import ImageSet
from confoundlab.notebook import book
from confoundlab.notebook.webpage import standalone
from confoundlab.plates.analysis import laboratory
from confoundlab.plates.analysis.folds import FoldResult
from confoundlab.plates.figures import folds, grids
from confoundlab.plates.figures.hover import hover_map, hover_page
from confoundlab.plates.studies import als, sma
from confoundlab.plotting import crossing, evidence, nets, pointed, views
from confoundlab.report import comparison
from confoundlab.studies.run import StudyRun

RAN = "document.documentElement.setAttribute('data-ran','1')"  # what no page may do
HOSTILE = [
    "<LOD>",
    "a*b*c_d_e",
    f"<img src=x onerror={RAN}>",
    f"<svg onload={RAN}>",
    f"</script><script>{RAN}</script>",
    f"<!--<script>{RAN}",
    f"[l](javascript:{RAN}) ![x](x)",
    "$x$ and $\\frac$",
    "$x_{$",
    "`{cite}` ``` `````",
    "a|b ~~c~~ &lt; \\ # {{x}} https://example.org",
    f"\"><b title='{RAN}",
    "nan",
    "None",
    "__proto__",
    "constructor",
    "-rf --out x",
    "=cmd()|' /C calc'!A0",
    "@SUM(1+1)",
    "1. one",
    "# heading",
    "- item",
    "> quoted",
    "---",
    "~~~ :smile: {eq}`x`",
    "%s %(x)s {0} {x!r}",
    "../../etc/passwd / C:\\x",
    "very long " + "name " * 60,
    "\u5b57 \u0645\u0631\u062d\u0628\u0627 \U0001f52c \u00b5m",
]
# marks that a terminal obeys, or that turn text around
CONTROLS = "bell\x07 red\x1b[31m back\x08 turned\u202e tab\x9b"
UNPRINTABLE = [
    CONTROLS,
    "nul\x00nul",
    "right\u200fto\u202eleft\u2066 and \u200bnothing\ufeff",
    "line\u2028end\u2029 feed\x0c return\r\x85",
    "delete\x7f",
]
HALF = "half \ud800 and \udcff"  # which no table of pandas can hold
NEVER = set(
    "\x00\x07\x08\x0c\x1b\x7f\x85\x9b\u200b\u200f\u202e\u2028\u2029\u2066\ufeff\ud800\udcff"
)


@pytest.fixture(scope="module")
def images():
    rng = np.random.default_rng(0)
    labels = np.repeat(HOSTILE, 4)
    table = pd.DataFrame(
        {
            "label": labels,
            "session": [f"{name} in session" for name in labels],
            "image": [f"{number} {name}" for number, name in enumerate(labels)],
        }
    )
    pixels = rng.integers(0, 255, (len(table), 24, 24, 1), dtype=np.uint8)
    return ImageSet.from_arrays(pixels, table, name=" ".join(HOSTILE), state="simulated")


@pytest.fixture(scope="module")
def record(published):
    return copy.deepcopy(published[0]["evidence"][0])


def results(published, name):
    made = copy.deepcopy(published[0])
    for one in made["evidence"]:
        one |= {"row": name, "view": f"{name} view", "split": name, "state": "simulated"}
        one["reasons"] = [f"Because of {name}."]
    made["data"][0] |= {"name": name}
    return made


def markdown_parts(images, record, published):
    """Everything that pages say in Markdown about names."""
    said = [report.data_line(images)]
    made = results(published, " ".join(HOSTILE))
    said += [report.sentence("**Row**", made["evidence"][0]), book.study_offer(made)]
    for name in [*HOSTILE, *UNPRINTABLE, HALF]:
        said.append(f"A label: {escape.markdown(name)}; {escape.code(name)}.")
        run = StudyRun(order={"study": "sma", "profile": None, "parameters": {"embedder": name}})
        said.append(report.rerun(run))
    return said


def html_parts(images, record):
    n = len(images)
    points = np.random.default_rng(0).normal(size=(n, 2))
    table = images.table[["label", "image"]].rename(columns={"image": HOSTILE[4]})
    few = table["label"].isin(HOSTILE[:10]).to_numpy()
    pictures = np.zeros((few.sum(), 9, 9), np.uint8)
    given = (points[few], table[few], pictures)
    options = {"colour": "label", "tooltip": [HOSTILE[4]], "side": 8, "title": HOSTILE[4]}
    places = pd.DataFrame(
        [{"left": 0, "top": 0, "width": 8, "height": 8, "estimate": 0.5, "ci_low": 0.4,
          "ci_high": 0.6, "chance": 0.1, "n_images": n, "n_groups": n, "n_fits": 1, "n_dead": 0}]
    )  # fmt: skip
    unseen = table[few].assign(label=np.resize(UNPRINTABLE, few.sum()))
    every = [*HOSTILE, *UNPRINTABLE]
    plain = probe(points, np.arange(n) % 2, n_permutations=9)
    return {
        "design": report.design_card(
            identifiability(images.table["label"], images.table["session"], name=HOSTILE[4])
        ),
        "card": report.card({name: record | {"reasons": [name]} for name in every}),
        "plain card": report.plain_card(HOSTILE[4], dict.fromkeys(every, plain)),
        "answer": report.answer({name: record for name in every}),
        "table": report.table(pd.DataFrame({name: [name] for name in every})).data,
        "hover page of the unprintable": hover_page(
            points[few], unseen, pictures, **(options | {"title": UNPRINTABLE[1] + HALF})
        ),
        "hover page": hover_page(*given, **options),
        "leak map": pointed.leak_map(places, images),
        "hover map": hover_map(*given, **options).to_html()
        + hover_map(points[few], unseen, pictures, **options).to_html(),
    }


def browsed(html, tmp_path):
    """Open a page in Chromium; return what its document is after scripts had their chance."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("Chromium is not installed")
    path = tmp_path / "page.html"
    path.write_text(html, encoding="utf-8")
    # nothing is fetched: every name but that of this machine is unknown
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--virtual-time-budget=2000",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={tmp_path / 'chromium'}",
    ]
    done = subprocess.run(
        [browser, *options, "--dump-dom", path.as_uri()],
        capture_output=True, timeout=120, check=True,
    )  # fmt: skip
    return BeautifulSoup(done.stdout.decode(), "html.parser")


def standing(text):
    """Text without what joins, spaces and ends of lines."""
    return re.sub(r"\s+", " ", text.replace("\u2060", ""))


def executed(markdown, html):
    cells = [new_markdown_cell("# A study")]
    for text in markdown:
        output = new_output("display_data", {"text/markdown": text, "text/plain": "Markdown"})
        cells.append(new_code_cell("show()", outputs=[output]))
    for text in html:
        cells.append(
            new_code_cell("show()", outputs=[new_output("display_data", {"text/html": text})])
        )
    return new_notebook(cells=cells)


def test_no_page_takes_a_name_for_more_than_text(images, record, published, monkeypatch, tmp_path):
    markdown = markdown_parts(images, record, published)
    html = html_parts(images, record)
    html.pop("hover map")
    made = standalone(executed(markdown, html.values()), "coil")
    for soup in (BeautifulSoup(made, "html.parser"), browsed(made, tmp_path)):
        assert not soup.find_all("script") and not soup.find_all("lod")
        assert not [tag for tag in soup.find_all(True) for key in tag.attrs if key.startswith("on")]
        assert soup.html.get("data-ran") is None
        assert not [a for a in soup.find_all("a") if "javascript" in a.get("href", "")]
        text = standing(soup.get_text())
        for name in HOSTILE:
            assert text.count(standing(name)) >= 5, name
        for name in UNPRINTABLE:
            assert text.count(standing(escape.terminal(name, keep=""))) >= 3, name
        assert not set(text) & NEVER


def test_a_page_forbids_scripts_that_an_output_brings(tmp_path):
    bad = executed([], [f"<img src=x onerror={RAN}><svg onload={RAN}></svg>"])
    assert browsed(standalone(bad, "coil"), tmp_path).html.get("data-ran") is None
    free = f"<html><body><img src=x onerror={RAN}></body></html>"  # the trap works
    assert browsed(free, tmp_path).html.get("data-ran") == "1"


def test_a_map_with_scripts_runs_only_its_own(images, record, tmp_path):
    html = html_parts(images, record)["hover map"]
    soup = browsed(html, tmp_path)
    assert soup.html.get("data-ran") is None
    spec, _ = [tag for tag in BeautifulSoup(html, "html.parser").find_all("script")
               if "datasets" in tag.get_text()]  # fmt: skip
    text = json.dumps(HOSTILE[4])[1:-1]
    assert text in spec.get_text().encode().decode().replace("\\u2060", "")


def drawn(images):
    n = len(images)
    predictions = pd.DataFrame({"image": range(n), "predicted": images.labels})
    shares = {"estimate": 0.5, "ci_low": 0.4, "ci_high": 0.6, "chance": 0.1, "null_q95": 0.2,
              "paper": 0.3, "state": HOSTILE[7], "metric": "accuracy"}  # fmt: skip
    records, few = [shares] * len(HOSTILE), images.subset(range(n))
    factors = pd.DataFrame(
        [{"factor": name, "utility": 0.5, "utility_low": 0.4, "utility_high": 0.6, "utility_p": 0.5,
          "detectability": 0.5, "detectability_low": 0.4, "detectability_high": 0.6,
          "detectability_p": 0.5} for name in HOSTILE]
    )  # fmt: skip
    compared = pd.DataFrame(
        [{"row": name, "learner": name, "view": name, "split": name, "difference": 0.1, "low": 0.0,
          "high": 0.2} | {f"{what}_{side}": 0.5 for what in ("estimate", "ci_low", "ci_high")
          for side in ("first", "second")} | {f"state_{side}": "real" for side in
          ("first", "second")} for name in HOSTILE]
    )  # fmt: skip
    table = images.table[["label"]].rename(columns={"label": HOSTILE[8]})[: 4 * 6]
    points = np.random.default_rng(0).normal(size=(len(table), 2))
    yield nets.accuracies(records, HOSTILE), HOSTILE
    yield nets.remedies(HOSTILE, records, records), HOSTILE
    yield nets.confusion(predictions, images, HOSTILE[8]), HOSTILE
    yield evidence.factor_map(factors, HOSTILE[7]), HOSTILE
    yield evidence.compared(compared), [name[:20] for name in HOSTILE]
    yield crossing.crossing(identifiability(images.labels, images.labels, name="$f$")), ["$f$"]
    yield views.crops(few, Corner("top-left", 9, 9), n_classes=len(HOSTILE)), ["$x_{$"]
    yield views.class_means(images, Corner("top-left", 9, 9)), ["$x_{$"]
    yield views.crop_picker(images, Corner("top-left", 9, 9), 4 * 8), ["$x_{$"]
    yield folds.embedding_maps(points, table, [HOSTILE[8]], title=HOSTILE[8]), HOSTILE[:6]


@pytest.mark.filterwarnings("ignore:constrained_layout not applied")  # names are far too long
@pytest.mark.filterwarnings("ignore:Glyph (23383|128300) .* missing")  # a letter, and no control
def test_figures_draw_names_as_they_are(images, tmp_path):
    for figure, names in drawn(images):
        figure.savefig(tmp_path / "figure.png")  # raises where a name is a formula that is none
        texts = [text for text in figure.findobj(Text) if text.get_visible()]
        assert not any(text.get_parse_math() for text in texts if "$" in text.get_text())
        shown = " ".join(text.get_text() for text in texts)
        for name in names:
            assert name in shown, (name, shown)
        plt.close(figure)


def drawn_unprintable():
    """Figures of names that no font has: of each kind of argument that holds names."""
    shares = {"estimate": 0.5, "ci_low": 0.4, "ci_high": 0.6, "chance": 0.1, "null_q95": 0.2,
              "paper": 0.3, "state": "real", "metric": "accuracy"}  # fmt: skip
    n = len(UNPRINTABLE)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"label": UNPRINTABLE * 4, UNPRINTABLE[1]: UNPRINTABLE * 4})
    wells = pd.DataFrame([(r, c) for r in range(8) for c in range(12)], columns=["row", "column"])
    wells["condition"] = np.resize(UNPRINTABLE, len(wells))
    lines = pd.DataFrame({"line": UNPRINTABLE, "condition": ["a", "b"] * 2 + ["a"]})
    lines["laboratory"] = UNPRINTABLE[0]
    pairs = pd.DataFrame({
        "fold": [" / ".join(UNPRINTABLE[at : at + 2]) for at in range(0, n - 1, 2)],
        "auc": 0.5, "ci_low": 0.4, "ci_high": 0.6, "same_laboratory": True,
    })  # fmt: skip
    yield nets.accuracies([shares] * (n + 1), [*UNPRINTABLE, HALF])
    yield nets.remedies([HALF, *UNPRINTABLE[1:]], [shares] * n, [shares] * n)
    yield folds.embedding_maps(
        rng.normal(size=(len(table), 2)), table, ["label", UNPRINTABLE[1]], title=UNPRINTABLE[2]
    )
    yield folds.folds_examined(FoldResult(pairs, [], None), lines, title=UNPRINTABLE[1], state=HALF)
    yield grids.plate_maps(
        {name: {name: np.eye(8, 12)} for name in [*UNPRINTABLE[:2], HALF]}, UNPRINTABLE[1], "real"
    )
    yield grids.layouts({HALF: wells}, "condition", UNPRINTABLE[1], "real")
    yield grids.by_group(
        pd.DataFrame({"kind": UNPRINTABLE, "cells": 1.0}), "kind", "cells", "c", HALF, "real"
    )


@pytest.mark.filterwarnings("ignore:constrained_layout not applied")
def test_figures_write_out_what_no_font_has(tmp_path):
    for figure in drawn_unprintable():
        figure.savefig(tmp_path / "figure.png")  # warns of, and so raises for, a missing glyph
        shown = " ".join(text.get_text() for text in figure.findobj(Text))
        assert not set(shown) & NEVER and "\\x00" in shown.replace("\n", "")
        plt.close(figure)


def test_a_line_may_hold_the_sign_between_two_lines():
    names = ["a / b", "c / a", "a"]
    table = pd.DataFrame({"line": names, "condition": list("xyx"), "laboratory": "A"})
    pairs = pd.DataFrame({"fold": ["a / b / c / a", "a / c / a"], "auc": 0.5, "ci_low": 0.4,
                          "ci_high": 0.6, "same_laboratory": True})  # fmt: skip
    shown = folds.folds_examined(FoldResult(pairs, [], None), table).findobj(Text)
    assert {"a / b", "c / a", "a"} <= {text.get_text() for text in shown}


def test_plates_sentences_are_markdown_of_names():
    """A laboratory, a condition, a statistic: all are text on the page."""
    said = []
    for name in [*HOSTILE, *UNPRINTABLE]:
        table = pd.DataFrame({
            "line": [f"{name} {number}" for number in range(8)],
            "condition": [name, "healthy"] * 4,
            "laboratory": [name] * 6 + ["other"] * 2,
            "control": False,
        })  # fmt: skip
        said.append(laboratory.design_words(laboratory.design(table)))
        lost = pd.DataFrame({
            "how": ["alone", "alone", "together"], "features": [name, "nuclei", f"nuclei, {name}"],
            "lost": [0.3, 0.1, 0.2], "goes_with": [name, "", ""],
        })  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(als, "telling", lambda _, name=name: [name])
            said.append(als.importance_words(lost))
        looked = SimpleNamespace(named=np.array([name]))
        sites = SimpleNamespace(table=pd.DataFrame({"condition": [name]}))
        said.append(als.gaze_words({}, looked, sites))
        fold = pd.DataFrame({"same_laboratory": [True], "auc": 0.5, "ci_low": 0.4, "ci_high": 0.6})
        said.append(sma.same_fold_words({name: SimpleNamespace(table=fold)}))
        said.append(f"- **plate {escape.markdown(name)}**")
    made = BeautifulSoup(standalone(executed(said, []), "sma"), "html.parser")
    text = standing(made.get_text())
    for name in HOSTILE:
        assert text.count(standing(name)) >= 6, name
    assert not set(text) & NEVER and not made.find_all(["script", "lod", "img", "svg", "em"])


def test_tables_of_names_come_back_as_they_were(tmp_path):
    """What a spreadsheet would run, and what pandas takes for missing, stays a name in a file."""
    table = pd.DataFrame({"factor": HOSTILE, "utility": 0.5})
    run = StudyRun(order={"folder": str(tmp_path), "study": "sma", "profile": None,
                          "parameters": {}})  # fmt: skip
    run.keep_table(table, "names")
    back = pd.read_csv(tmp_path / "names.csv", keep_default_na=False)
    assert back["factor"].tolist() == HOSTILE


def test_properties_of_a_file_whose_name_is_no_text(tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9.png")
    Image.new("L", (4, 4)).save(tmp_path / "plain.png")
    shutil.copy(tmp_path / "plain.png", path)
    (row,) = file_properties.properties([path]).to_dict("records")
    assert row["path"].endswith(r"caf\udce9.png") and row["width"] == 4


def test_what_describe_says_can_be_printed(tmp_path):
    Image.new("L", (4, 4)).save(tmp_path / "plain.png")
    for row in ({"label": HALF}, {"label": "a", UNPRINTABLE[1]: "b"}, {"label": "a\x00"}):
        with pytest.raises(InputError, match="cannot be printed") as raised:
            ImageSet.from_folder(tmp_path, lambda _, row=row: row, name="mine")
        assert not set(str(raised.value)) & NEVER


@pytest.mark.parametrize("name", UNPRINTABLE)
def test_an_image_set_has_no_names_that_cannot_be_printed(name):
    pixels = np.zeros((2, 4, 4, 1), np.uint8)
    for column, value in (("label", name), ("session", name), (name, "fine")):
        table = pd.DataFrame({"label": ["a", "b"]} | {column: [value] * 2})
        with pytest.raises(InputError, match="cannot be printed") as raised:
            ImageSet.from_arrays(pixels, table, name="mine")
        assert not set(str(raised.value)) & NEVER


def test_figures_of_ours_need_no_formulas(calibrated, tmp_path):
    for draw in (evidence.false_alarms, evidence.power_curves, evidence.coverage):
        figure = draw(calibrated)
        figure.savefig(tmp_path / "figure.png")
        assert not [text for text in figure.findobj(Text) if "$" in text.get_text()]


def test_a_comparison_shows_names_and_obeys_none(published, tmp_path):
    name = "".join([*UNPRINTABLE, HALF]) + HOSTILE[4]
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        text = json.dumps(results(published, name))
        (tmp_path / folder / "results.json").write_text(text)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # the font has no picture of a bell
        told = CliRunner().invoke(
            main, ["compare", *(str(tmp_path / one) for one in "ab"), "--out", str(tmp_path / "c")]
        )
    assert told.exit_code == 0, told.output
    assert not set(told.output) & (NEVER - {"\x0c"})
    assert r"bell\x07 red\x1b[31m back\x08 turned\u202e tab\x9b" in told.output
    assert (
        escape.storable(name)
        in comparison.rows(*map(comparison.read_run, (tmp_path / "a", tmp_path / "b")))[
            "row"
        ].to_numpy()
    )


def test_errors_show_names_and_obey_none():
    said = str(BrokenImagesError({f"{CONTROLS}\nb.png: fine": "is empty"}))
    assert not set(said) & set("\x07\x1b\x08\u202e\x9b") and said.count("\n") == 2
    told = CliRunner().invoke(main, ["run", f"co\x1b[2Jil{CONTROLS}", "--out", "x"])
    assert told.exit_code == 2 and not set(told.output) & set("\x07\x1b\x08\u202e\x9b")


def test_terminal_text_keeps_words():
    assert escape.terminal("Größe µm 漢字 🔬\n\tx") == "Größe µm 漢字 🔬\n\tx"
    assert escape.terminal("a\nb", keep="") == r"a\nb"
    assert escape.terminal("\udcff") == r"\udcff"


def test_a_fence_is_longer_than_what_it_holds():
    inner = escape.fenced("a ```` b")
    assert inner == "`````\na ```` b\n`````"
    assert escape.fenced(inner, "{tip}").startswith("``````{tip}\n`````\n")

import base64
import io
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
import seaborn as sns
from PIL import Image

from confoundlab.errors import InputError
from confoundlab.plates.figures import hover
from confoundlab.plates.figures.hover import hover_map, hover_page

PALETTE = sns.color_palette("colorblind").as_hex()


@pytest.fixture
def shown(rng):
    points = rng.normal(size=(12, 2))
    table = pd.DataFrame(
        {"batch": np.arange(12) % 3, "plate.name [1]": list("abcdefghijkl")}, index=range(5, 17)
    )
    return points, table, rng.integers(0, 256, (12, 16, 16, 3), dtype=np.uint8)


def rows(chart):
    spec = chart.to_dict()
    (data,) = spec["datasets"].values()
    return spec, pd.DataFrame(data)


def test_the_chart_holds_points_columns_and_pictures(shown):
    points, table, pictures = shown
    spec, data = rows(
        hover_map(points, table, pictures, colour="batch", side=16, title="simulated")
    )
    assert data[["x", "y"]].to_numpy() == pytest.approx(points)
    for uri, picture in zip(data["image"], pictures, strict=True):
        assert uri.startswith("data:image/png;base64,")
        found = Image.open(io.BytesIO(base64.b64decode(uri.split(",")[1])))
        assert (np.asarray(found) == picture).all()
    assert spec["title"] == "simulated" and "url" not in str(spec["data"])


def test_the_pointer_shows_the_picture_and_the_named_columns(shown):
    points, table, pictures = shown
    chart = hover_map(points, table, pictures, colour="batch", tooltip=["plate.name [1]"])
    spec, data = rows(chart)
    first, *others = spec["encoding"]["tooltip"]
    assert first["field"] == "image"
    assert [one["title"] for one in others] == ["batch", "plate.name [1]"]
    assert data[others[1]["field"]].tolist() == table["plate.name [1]"].tolist()


def test_colours_are_those_for_the_colour_blind_and_shapes_say_it_again(shown):
    spec, data = rows(hover_map(*shown, colour="batch"))
    for channel in ("color", "shape"):
        scale = spec["encoding"][channel]["scale"]
        assert scale["domain"] == [0, 1, 2] and len(set(scale["range"])) == 3
        assert set(data[spec["encoding"][channel]["field"]]) == {0, 1, 2}
    assert set(spec["encoding"]["color"]["scale"]["range"]) < set(PALETTE)


def test_pictures_are_made_small_and_gray_ones_will_do(shown):
    points, table, _ = shown
    large = np.zeros((12, 200, 200), np.uint8)
    _, data = rows(hover_map(points, table, large, colour="batch", side=24))
    found = Image.open(io.BytesIO(base64.b64decode(data["image"][0].split(",")[1])))
    assert found.size == (24, 24) and found.mode == "L"


def test_a_page_that_is_too_large_says_what_would_fit(shown, monkeypatch):
    one = len(rows(hover_map(*shown, colour="batch"))[1]["image"].str.cat())
    monkeypatch.setattr(hover, "MOST_BYTES", one // 2)
    with pytest.raises(InputError, match=r"Show about [56],"):
        hover_map(*shown, colour="batch")


def test_the_page_stands_alone(shown, tmp_path):
    hover_map(*shown, colour="batch").save(tmp_path / "map.html")
    page = (tmp_path / "map.html").read_text()
    assert page.count("data:image/png;base64,") == 12


def test_what_cannot_be_shown_is_refused(shown):
    points, table, pictures = shown
    many = pd.DataFrame({"batch": np.arange(5001) % 2})
    for arguments, options, why in (
        ((points[:5], table, pictures), {}, "finite points"),
        ((points, table, pictures[:5]), {}, "pictures must be"),
        ((points, table, pictures[..., :2]), {}, "pictures must be"),
        ((points, table, pictures), {"colour": "line"}, "lacks the column"),
        ((points, table, pictures), {"tooltip": ["line"]}, "lacks the column"),
        ((points, table, pictures), {"colour": "plate.name [1]"}, "12 levels"),
        ((points, table, pictures), {"side": 4}, "8 to 256"),
        ((np.zeros((5001, 2)), many, np.zeros((5001, 8, 8), np.uint8)), {}, "take a sample"),
    ):
        with pytest.raises(InputError, match=why):
            hover_map(*arguments, **({"colour": "batch"} | options))


def test_the_page_works_alone_with_every_patch_inside(shown):
    points, table, pictures = shown
    text = hover_page(
        points, table, pictures, colour="batch", tooltip=["plate.name [1]"], side=16,
        title="a <map>, simulated",
    )  # fmt: skip
    assert "<script" not in text and "http" not in text
    svg = text[text.index("<svg") : text.index("</svg>") + 6]
    root = ElementTree.fromstring(svg.replace(" href", " link"))
    assert root.get("aria-label") == "a <map>, simulated"
    groups = root.findall("g")
    assert len(groups) == len(table)
    order = np.argsort(points[:, 0])  # as the arrow keys go: from left to right
    batches = table["batch"].to_numpy()[order]
    names = table["plate.name [1]"].to_numpy()[order]
    for group, picture, name, batch in zip(groups, pictures[order], names, batches, strict=True):
        words = [f"batch: {batch}", f"plate.name [1]: {name}"]
        assert group.find("foreignObject/input").get("aria-label") == ", ".join(words)
        shown = group.find("g")
        assert shown.get("class") == "shown" and [one.text for one in shown.iter("text")] == words
        data = base64.b64decode(shown.find("image").get("link").split(",")[1])
        assert (np.asarray(Image.open(io.BytesIO(data))) == picture).all()
    x = [float(group.find("text").get("x")) for group in groups]
    y = [float(group.find("text").get("y")) for group in groups]
    assert np.corrcoef(x, points[order, 0])[0, 1] == pytest.approx(1, abs=1e-4)
    assert np.corrcoef(y, points[order, 1])[0, 1] == pytest.approx(-1, abs=1e-4)  # svg's y is down
    colours = [group.find("text").get("fill") for group in groups]
    of_batch = dict(zip(batches.tolist(), colours, strict=True))
    assert len(set(of_batch.values())) == 3 and set(colours) <= set(PALETTE)
    assert colours == [of_batch[batch] for batch in batches.tolist()]


def test_a_page_shows_as_many_as_open_at_once():
    rows = hover.some(1000)
    assert len(rows) == 600 == len(set(rows)) and (np.diff(rows) > 0).all() and rows[-1] < 1000
    assert (hover.some(7) == np.arange(7)).all()

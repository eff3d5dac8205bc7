import numpy as np
import pandas as pd

from confoundlab import plots
from confoundlab.views import Corner


def titles(figure):
    return " ".join(text.get_text() for text in [figure._suptitle] if text) + " ".join(
        axis.get_title() for axis in figure.axes
    )


def test_every_figure_of_simulated_images_says_so(twin, published):
    crop = Corner("top-right", 12, 12)
    predictions = pd.DataFrame({"image": [0, 1], "predicted": [0, 0]})
    simulated = [record | {"state": "simulated"} for record in published[0]["evidence"]]
    figures = [
        plots.crops(twin, crop),
        plots.crop_picker(twin, crop, 0),
        plots.confusion(predictions, twin, "Named"),
        plots.accuracies(simulated, ["name"] * len(simulated)),
    ]
    for figure in figures:
        assert "simulated data" in titles(figure)
    assert plots.titled("Crops", "real") == "Crops"


def test_crops_shows_image_crop_and_stretched_crop(twin):
    figure = plots.crops(twin, Corner("top-right", 12, 12), n_classes=2, n_each=2)
    shown = [axis.images[0].get_array() for axis in figure.axes]
    assert [picture.shape for picture in shown] == [(48, 48)] * 4 + [(12, 12)] * 8
    assert (shown[4] == twin.read(0, "gray")[:12, -12:, 0]).all()
    assert shown[8].max() == 255


def test_the_picker_draws_the_box_where_the_crop_is(twin):
    for where, corner in (("top-right", (30.5, -0.5)), ("bottom-left", (-0.5, 35.5))):
        figure = plots.crop_picker(twin, Corner(where, 17, 12), 3)
        box = figure.axes[0].patches[0]
        assert box.get_xy() == corner and (box.get_width(), box.get_height()) == (17, 12)


def test_accuracies_draw_what_is_recorded(published):
    records = published[0]["evidence"]
    figure = plots.accuracies(records, [str(place) for place in range(len(records))])
    dots = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == "o"]
    assert dots == [record["estimate"] for record in reversed(records)]
    papers = [line.get_xdata()[0] for line in figure.axes[0].lines if line.get_marker() == "D"]
    assert papers == [one["paper"] for one in reversed(records) if one["paper"] is not None]
    assert papers


def test_confusion_rows_are_shares(twin):
    predictions = pd.DataFrame({"image": [0, 1, 2, 12], "predicted": [0, 0, 1, 3]})
    mesh = plots.confusion(predictions, twin, "Named").axes[0].collections[0]
    shares = np.asarray(mesh.get_array()).reshape(4, 4)
    assert np.allclose(shares[0], [2 / 3, 1 / 3, 0, 0]) and shares[1, 3] == 1


def test_class_means_leave_out_the_portraits(twin):
    crop = Corner("top-right", 12, 12)
    shown = [axis.images[0].get_array() for axis in plots.class_means(twin, crop).axes]
    n = len(twin.classes)
    assert [picture.shape for picture in shown] == [(128, 128)] * n + [(12, 12)] * 2 * n
    first = twin.array(crop)[twin.labels == 0].mean(axis=0).squeeze()
    assert (shown[n] == np.round(first)).all()
    hidden = plots.class_means(twin, crop, hide_subject=True)
    assert [axis.images[0].get_array().shape for axis in hidden.axes] == [(12, 12)] * 2 * n


def test_boxes_are_drawn_on_the_mean_and_moved_to_one_place(twin):
    some = twin.subset([0, 1, 2])
    (axis,) = plots.boxes_on_mean(some, 31, 0, 17, 12).axes
    assert axis.patches[0].get_xy() == (30.5, -0.5)
    mean = np.mean([some.read(row, "gray")[:, :, 0] for row in range(3)], axis=0)
    assert np.allclose(axis.images[0].get_array(), mean)
    left, top = [5, 7, 9], [3, 3, 4]
    first, second = plots.boxes_on_mean(some, left, top, 10, 8).axes
    assert len(first.patches) == 3 and second.patches[0].get_xy() == (6.5, 2.5)
    boxes = [
        some.read(row, "gray")[y : y + 8, x : x + 10, 0]
        for row, (x, y) in enumerate(zip(left, top, strict=True))
    ]
    inside = second.images[0].get_array()[3:11, 7:17]
    assert np.allclose(inside, np.mean(boxes, axis=0))


def test_crop_sizes_are_drawn_with_chance():
    table = pd.DataFrame(
        {"size": [12, 20], "estimate": [0.3, 0.5], "ci_low": 0.2, "ci_high": 0.6, "chance": 0.1}
    )
    (axis,) = plots.crop_sizes(table, "simulated").axes
    assert axis.lines[0].get_xdata().tolist() == [12, 20] and "simulated" in axis.get_title()

import numpy as np

from confoundlab.croppers.crops import Corner, Whole, stretch
from confoundlab.plotting import views


def test_every_figure_of_simulated_images_says_so(twin):
    crop = Corner("top-right", 12, 12)
    figures = [
        views.crops(twin, crop),
        views.class_means(twin, crop),
        views.boxes_on_mean(twin, 5, 3, 10, 8),
        views.crop_picker(twin, crop, 0),
        views.sessions(twin.array(Whole(24)), crop),
    ]
    assert all("simulated data" in figure._suptitle.get_text() for figure in figures)


def test_crops_shows_image_crop_and_stretched_crop(twin):
    figure = views.crops(twin, Corner("top-right", 12, 12), n_classes=2, n_each=2)
    shown = [axis.images[0].get_array() for axis in figure.axes]
    assert [picture.shape for picture in shown] == [(48, 48)] * 4 + [(12, 12)] * 8
    assert (shown[4] == twin.read(0, "gray")[:12, -12:, 0]).all()
    assert shown[8].max() == 255


def test_the_picker_draws_the_box_where_the_crop_is(twin):
    for where, corner in (("top-right", (30.5, -0.5)), ("bottom-left", (-0.5, 35.5))):
        figure = views.crop_picker(twin, Corner(where, 17, 12), 3)
        box = figure.axes[0].patches[0]
        assert box.get_xy() == corner and (box.get_width(), box.get_height()) == (17, 12)


def test_class_means_leave_out_the_portraits(twin):
    crop = Corner("top-right", 12, 12)
    shown = [axis.images[0].get_array() for axis in views.class_means(twin, crop).axes]
    n = len(twin.classes)
    assert [picture.shape for picture in shown] == [(128, 128)] * n + [(12, 12)] * 2 * n
    first = twin.array(crop)[twin.labels == 0].mean(axis=0).squeeze()
    assert (shown[n] == np.round(first)).all()
    hidden = views.class_means(twin, crop, hide_subject=True)
    assert [axis.images[0].get_array().shape for axis in hidden.axes] == [(12, 12)] * 2 * n


def test_boxes_are_drawn_on_the_mean_and_moved_to_one_place(twin):
    some = twin.subset([0, 1, 2])
    (axis,) = views.boxes_on_mean(some, 31, 0, 17, 12).axes
    assert axis.patches[0].get_xy() == (30.5, -0.5)
    mean = np.mean([some.read(row, "gray")[:, :, 0] for row in range(3)], axis=0)
    assert np.allclose(axis.images[0].get_array(), mean)
    left, top = [5, 7, 9], [3, 3, 4]
    first, second = views.boxes_on_mean(some, left, top, 10, 8).axes
    assert len(first.patches) == 3 and second.patches[0].get_xy() == (6.5, 2.5)
    boxes = [
        some.read(row, "gray")[y : y + 8, x : x + 10, 0]
        for row, (x, y) in enumerate(zip(left, top, strict=True))
    ]
    inside = second.images[0].get_array()[3:11, 7:17]
    assert np.allclose(inside, np.mean(boxes, axis=0))


def test_sessions_are_stretched_by_one_range_for_all(twin):
    crop, pictures = Corner("top-right", 12, 12), twin.array(Whole(48))[::12]
    figure = views.sessions(pictures, crop)
    shown = [axis.images[0].get_array() for axis in figure.axes]
    crops = crop(pictures)[..., 0]
    assert all((one == other).all() for one, other in zip(shown[4:8], crops, strict=True))
    side_by_side = stretch(np.hstack(crops)[..., None])[..., 0]
    assert (np.hstack(shown[8:]) == side_by_side).all()

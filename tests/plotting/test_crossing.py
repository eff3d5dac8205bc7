import numpy as np

from confoundlab.design.aliasing import identifiability
from confoundlab.plotting.crossing import crossing


def shown(figure):
    (picture,) = figure.axes[0].get_images()
    return picture.get_array()


def test_a_class_with_a_session_of_its_own_is_a_diagonal():
    label = np.repeat(np.arange(4), 3)
    found = identifiability(label, np.array(["d", "b", "a", "c"])[label], name="session")
    cells = shown(crossing(found))
    assert np.ma.count(cells) == 4 and np.ma.count(np.ma.diagonal(cells)) == 4
    assert (cells.compressed() == 3).all()


def test_every_image_is_counted_once_and_the_state_is_in_the_title(rng):
    label, factor = rng.integers(0, 5, 300), rng.integers(0, 40, 300)
    figure = crossing(identifiability(label, factor, name="plate"), "simulated")
    assert shown(figure).sum() == 300
    assert "plate" in figure.get_suptitle() and "simulated" in figure.get_suptitle()
    assert len(figure.axes[0].get_xticklabels()) <= 30  # not forty names on top of each other


def test_names_are_drawn_as_they_are():
    label = np.array(["$x$", "a_b"] * 4)
    figure = crossing(identifiability(label, np.tile([0, 0, 1, 1], 2), name="$f$"))
    figure.canvas.draw()
    assert [one.get_text() for one in figure.axes[0].get_yticklabels()] == ["$x$", "a_b"]

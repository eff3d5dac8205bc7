import numpy as np

from confoundlab.scenes import paint_turntable


def test_the_background_corner_holds_no_object():
    for number in range(6):
        for step in (0, 9, 40):
            scene = paint_turntable(number, step, (128, 128), 1, seed=0)
            assert (scene[:21, -21:] == scene[0, 0]).all()
            assert scene.max() > 0.1 and scene.max() <= 1


def test_an_object_turns_by_whole_circles():
    assert np.allclose(
        paint_turntable(1, 0, (48, 48), 3, 0), paint_turntable(1, 72, (48, 48), 3, 0)
    )
    assert (paint_turntable(1, 0, (48, 48), 3, 0) != paint_turntable(1, 8, (48, 48), 3, 0)).any()

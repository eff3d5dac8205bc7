import matplotlib.pyplot as plt
import pandas as pd
import pytest

from confoundlab.plotting.sweeps import curves, lead, question


def table(values) -> pd.DataFrame:
    rows = [
        {
            "parameter:crop_size": value, "view": f"crop {value}x{value} corner",
            "learner": learner, "split": "random 558/140",
            "metric": "accuracy", "state": "simulated", "chance": 0.1,
            "estimate": 0.5, "ci_low": 0.4, "ci_high": 0.6, "p_adjusted": corrected,
        }
        for value in values
        for learner, corrected in (("random forest", None), ("LeNet-5", 0.01))
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_questions_are_the_same_at_all_sizes_and_controls_come_first():
    rows = table([12, 16])
    assert rows.apply(question, axis=1).nunique() == 2
    assert lead(rows)[0] == "crop nxn corner, random n/n, LeNet-5"


def test_questions_that_a_setting_does_not_move_are_left_out_where_others_move():
    rows = table([12, 16])
    moving = rows["learner"] == "random forest"  # no control
    rows.loc[moving, "estimate"] = [0.5, 0.6]
    assert lead(rows) == ["crop nxn corner, random n/n, random forest"]
    rows.loc[~moving, "estimate"] = [0.4, 0.5]
    assert len(lead(rows)) == 2 and lead(rows)[0].endswith("LeNet-5")


@pytest.mark.parametrize("values", [[12, 13], [12, 16, 20], ["top-left", "top-right"]])
def test_a_line_a_question_through_its_means(values):
    figure = curves(table(values), "crop_size")
    (axis,) = figure.axes
    lines = {line.get_label(): line for line in axis.get_lines()}
    line = lines["crop nxn corner, random n/n, LeNet-5" if values[0] == 12 else next(
        name for name in lines if name.endswith("LeNet-5"))]  # fmt: skip
    assert list(line.get_ydata()) == [0.5] * len(line.get_xdata())
    assert list(lines["chance"].get_ydata()) == [0.1] * len(values)
    assert "simulated" in axis.get_title()
    if values[0] == 12:
        assert all(float(tick).is_integer() for tick in axis.get_xticks())
    plt.close(figure)

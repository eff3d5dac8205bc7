import numpy as np
import pytest
from conftest import bars

from confoundlab.errors import InputError
from confoundlab.models.lenet import Task, probabilities, train_net
from confoundlab.studies import variants
from confoundlab.studies.variants import CHOICES, OURS, SIGMOID, Variant, train

IMAGES, LABELS = bars()
TASK = Task(LABELS, np.arange(40), np.arange(40, 60), seed=3)


def test_our_own_settings_are_our_own_net():
    net = train_net(IMAGES, TASK, np.zeros(3))
    np.testing.assert_allclose(
        train(IMAGES, TASK, OURS, 3), probabilities(net, IMAGES, TASK.test), atol=1e-6
    )


def test_a_sigmoid_starts_from_the_same_function_and_learns():
    before = train(IMAGES, TASK, SIGMOID[2], 0)
    np.testing.assert_allclose(before, train(IMAGES, TASK, OURS, 0), atol=1e-6)
    after = train(IMAGES, TASK, SIGMOID[2], 30)
    np.testing.assert_allclose(after.sum(axis=1), 1, atol=1e-6)
    assert (after.argmax(axis=1) == LABELS[TASK.test]).mean() > 0.9


@pytest.mark.parametrize(("choice", "value", "variant"), [*CHOICES[1:], SIGMOID])
def test_each_choice_changes_one_thing_and_what_is_learned(choice, value, variant):
    changed = {key for key, own in vars(variant).items() if own != vars(OURS)[key]}
    assert len(changed) == 1
    assert not np.allclose(train(IMAGES, TASK, variant, 2), train(IMAGES, TASK, OURS, 2))


def test_a_sigmoid_for_three_classes_is_refused():
    three = Task(np.arange(60) % 3, TASK.train, TASK.test)
    with pytest.raises(InputError, match="two classes apart, not 3"):
        train(IMAGES, three, Variant(output="sigmoid"), 1)


def test_nets_are_found_again(monkeypatch):
    tasks = [TASK, Task(LABELS, TASK.train, TASK.test, seed=4)]
    found = variants.measure(IMAGES, tasks, np.arange(60), OURS, 5, "bars")
    assert found.n_repeats == 2 and 0 <= found.ci_low <= found.estimate <= found.ci_high <= 1
    monkeypatch.setattr(variants, "train", lambda *_: pytest.fail("trained again"))
    again = variants.measure(IMAGES, tasks, np.arange(60), OURS, 5, "bars")
    assert again.estimate == found.estimate

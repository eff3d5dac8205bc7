import numpy as np
import pytest
import torch
from conftest import bars
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from scipy.stats import spearmanr
from torch import nn

from confoundlab.errors import InputError
from confoundlab.models.bank import train_bank
from confoundlab.models.lenet import LeNet5, Task, as_inputs, fresh_net, train_net
from confoundlab.plates.analysis.gradcam import maps, named, randomised, scaled

ROWS = np.arange(60)


@pytest.fixture(scope="module")
def trained():
    images, labels = bars(n=60, size=24, channels=5)
    return train_net(images, Task(labels, ROWS[:40], ROWS[40:], 1), np.zeros(25)), images, labels


def a_net(channels, size=24, seed=0):
    task = Task(np.array([0, 1, 2]), np.array([0]), np.array([1]), seed)
    noise = np.random.default_rng(seed).integers(0, 256, (3, size, size, channels), np.uint8)
    return fresh_net(task, noise)[0].eval()


@pytest.mark.parametrize("channels", [3, 5])
@pytest.mark.parametrize("target", [None, 2])
def test_maps_are_those_of_pytorch_grad_cam(rng, channels, target):
    images = rng.integers(0, 256, (9, 24, 24, channels), dtype=np.uint8)
    net = a_net(channels)
    classes = named(net, images) if target is None else np.full(9, target)
    targets = [ClassifierOutputTarget(int(one)) for one in classes]
    with GradCAM(net, [net[5]]) as theirs:  # after the ReLU of the last convolution
        expected = theirs(as_inputs(images), targets)
    found = maps(net, images, None if target is None else classes)
    assert found.min() >= 0 and (found.max((1, 2)) > 0).sum() >= 5
    assert scaled(found) == pytest.approx(expected, abs=2e-4)


def test_a_map_that_can_be_worked_out_by_hand():
    """One plane passes the picture on, one logit adds it up: the map is the picture."""
    net = LeNet5(16, 16, 1, 2)
    with torch.no_grad():
        for part in net.parameters():
            part.zero_()
        for layer in (net[1], net[4]):
            layer.weight[0, 0, 2, 2] = 1
        net[8].weight[0, 0] = net[10].weight[0, 0] = net[12].weight[1, 0] = 1
    image = np.zeros((1, 16, 16, 1), np.uint8)
    image[0, 4:8, 4:8] = 255
    (found,) = maps(net, image, [1])
    # after two convolutions that look two pixels down and right, and a pooling by two, one of the
    # last 2x2 places is bright; it alone wins the pooling, so that its slope, 1, is 1/4 on average
    assert found[0, 0] == 0.25 == found.max() and found[-1, -1] == found[0, -1] == 0
    assert np.count_nonzero(found) == 12**2  # linear, from the one place to the next
    assert maps(net, image, [0]).max() == 0  # nothing speaks for the other class


def test_the_net_is_the_one_that_a_bank_trains(trained):
    net, images, labels = trained
    bank = train_bank(images, [Task(labels, ROWS[:40], ROWS[40:], 1)], epochs=25, engine="torch")
    with torch.no_grad():
        own = net(as_inputs(images[40:])).softmax(1).numpy()
    assert own == pytest.approx(bank.probabilities[0], abs=1e-5)
    assert (named(net, images[40:]) == labels[40:]).mean() > 0.8


def test_scaled_maps_reach_from_0_to_1_and_constant_ones_are_0(rng):
    found = rng.random((3, 5, 5)).astype(np.float32)
    found[1] = 7
    low, high = scaled(found).min((1, 2)), scaled(found).max((1, 2))
    assert low.tolist() == [0, 0, 0] and high.tolist() == [1, 0, 1]


def test_random_weights_change_the_map_of_a_trained_net(trained):
    net, images, _ = trained
    groups = ROWS[40:] // 2
    found = randomised(net, images[40:], groups, repeats=3, seed=5)
    assert found["layers"].tolist() == [1, 2, 3, 4, 5]
    assert (found["ci_low"] <= found["correlation"]).all()
    assert (found["correlation"] <= found["ci_high"]).all()
    assert found["correlation"].iloc[-1] < 0.7
    before = [part.clone() for part in net.parameters()]
    randomised(net, images[40:], groups, repeats=1)
    assert all((a == b).all() for a, b in zip(before, net.parameters(), strict=True))


def test_the_correlation_is_scipys_and_that_of_unchanged_weights_is_one(trained, monkeypatch):
    net, images, _ = trained
    module = "confoundlab.plates.analysis.gradcam._randomise"
    monkeypatch.setattr(module, lambda layer, generator: None)
    same = randomised(net, images[40:], ROWS[40:], repeats=1)
    assert same["correlation"].to_numpy() == pytest.approx(1)
    other = a_net(5, seed=9)

    def replace(layer, generator):
        if isinstance(layer, nn.Conv2d) and layer.in_channels == 6:
            layer.load_state_dict(other[4].state_dict())

    monkeypatch.setattr(module, replace)
    found = randomised(net, images[40:], ROWS[40:], repeats=1)
    asked = named(net, images[40:])
    before = maps(net, images[40:], asked)
    state = {k: v.clone() for k, v in net.state_dict().items()}
    net[4].load_state_dict(other[4].state_dict())
    after = maps(net, images[40:], asked)
    net.load_state_dict(state)
    expected = [
        spearmanr(a.ravel(), b.ravel()).statistic
        for a, b in zip(before, after, strict=True)
        if np.ptp(a) and np.ptp(b)
    ]
    assert found["correlation"].to_numpy()[3] == pytest.approx(np.mean(expected), abs=1e-6)
    assert found["blank"].to_numpy()[3] == pytest.approx(1 - len(expected) / 20)


def test_what_cannot_be_asked_is_refused(trained):
    net, images, _ = trained
    for classes in (np.zeros(3, int), np.full(60, 2), np.full(60, -1)):
        with pytest.raises(InputError):
            maps(net, images, classes)
    with pytest.raises(InputError, match="At least one"):
        randomised(net, images, ROWS, repeats=0)

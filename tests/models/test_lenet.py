import numpy as np
import pytest
import torch
from conftest import bars
from torch import nn

from confoundlab.errors import InputError
from confoundlab.models.lenet import (
    LeNet5,
    Scale,
    Task,
    as_inputs,
    fresh_net,
    probabilities,
    scale_of,
    train_net,
)


def test_layers_are_lenet_5():
    net = LeNet5(32, 32, 1, 10)
    sizes = [tuple(layer.weight.shape) for layer in net if hasattr(layer, "weight")]
    assert sizes == [(6, 1, 5, 5), (16, 6, 5, 5), (120, 400), (84, 120), (10, 84)]
    assert sum(weights.numel() for weights in net.parameters()) == 61_706  # LeCun's, with full C3


@pytest.mark.parametrize(
    ("height", "width"), [(12, 12), (12, 40), (15, 13), (21, 21), (29, 22), (60, 60)]
)
@pytest.mark.parametrize("channels", [1, 3])
def test_any_input_from_12_pixels_up(height, width, channels):
    net = LeNet5(height, width, channels, 7)
    assert net(torch.zeros(2, channels, height, width)).shape == (2, 7)


@pytest.mark.parametrize(("height", "width"), [(11, 30), (30, 11), (0, 0)])
def test_smaller_inputs_are_refused(height, width):
    with pytest.raises(InputError, match="at least 12x12"):
        LeNet5(height, width, 1, 2)


def test_one_step_equals_autograd_and_adam_written_out():
    images, labels = bars(40)
    task = Task(labels, np.arange(32), np.arange(32, 40), seed=5)
    losses = np.zeros(1)
    trained = train_net(images, task, losses, rate=0.01)
    ours = probabilities(trained, images, task.test)
    generator = torch.Generator().manual_seed(5)
    net = LeNet5(16, 16, 1, 2)
    for layer in net:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = layer.weight[0].numel() ** -0.5
            for weights in (layer.weight, layer.bias):
                weights.data.uniform_(-bound, bound, generator=generator)
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).double()
    inputs = ((pixels - pixels[:32].mean()) / pixels[:32].std(correction=0)).float()
    order = torch.randperm(32, generator=generator)
    loss = nn.CrossEntropyLoss()(net(inputs[:32][order]), torch.from_numpy(labels[:32])[order])
    parameters = list(net.parameters())
    for weights, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
        weights.data -= 0.01 * gradient / (gradient.abs() + 1e-8)  # Adam's first step
    truth = net(inputs[32:]).softmax(1).detach().numpy()
    assert losses[0] == pytest.approx(loss.item(), rel=1e-5)
    assert np.allclose(ours, truth, atol=1e-5)


def test_initial_weights_follow_pytorchs_law():
    pixels = np.zeros((10, 32, 32, 1), np.uint8)
    drawn, _ = fresh_net(Task(np.arange(10), np.arange(9), np.array([9])), pixels)
    default = LeNet5(32, 32, 1, 10)
    for ours, theirs in zip(drawn.parameters(), default.parameters(), strict=True):
        if ours.numel() > 1000:
            assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.1)


def test_a_seed_is_a_net_and_orders():
    task = Task(np.arange(10) % 2, np.arange(8), np.array([8, 9]), seed=3)
    pixels = np.zeros((10, 16, 16, 1), np.uint8)
    first, orders = fresh_net(task, pixels)
    again, orders_again = fresh_net(task, pixels)
    for one, other in zip(first.parameters(), again.parameters(), strict=True):
        assert (one == other).all()
    seen = [next(orders).tolist() for _ in range(3)]
    assert seen == [next(orders_again).tolist() for _ in range(3)]
    assert seen[0] != seen[1] and sorted(seen[0]) == list(range(8))


def test_inputs_are_fractions_of_255():
    images = np.array([0, 51, 255], np.uint8).reshape(1, 1, 1, 3)
    assert np.allclose(as_inputs(images).flatten().numpy(), [0, 0.2, 1])


@pytest.mark.parametrize(("low", "high", "n"), [(0, 256, 700), (3, 5, 40)])
def test_the_scale_is_that_of_the_rows_that_train(rng, low, high, n):
    images = rng.integers(low, high, (n, 12, 13, 3), np.uint8)
    rows = rng.permutation(n)[: n // 2]
    mean, sd = scale_of(images, rows)
    assert mean == pytest.approx(images[rows].mean() / 255)
    assert sd == pytest.approx(images[rows].std() / 255)


def test_constant_pixels_become_0():
    images = np.full((4, 16, 16, 1), 9, np.uint8)
    scale = scale_of(images, np.arange(4))
    assert scale == Scale(pytest.approx(9 / 255), 1.0)
    first = LeNet5(16, 16, 1, 2, scale)[0]
    assert first(as_inputs(images)).abs().max() < 1e-6


def test_the_margin_is_the_mean():
    first = LeNet5(12, 14, 1, 2, Scale(0.5, 0.1))[0]
    seen = first(torch.full((1, 1, 12, 14), 0.7))
    assert seen.shape == (1, 1, 16, 16)
    assert seen[0, 0, 2:14, 1:15] == pytest.approx(2.0) and seen.sum() == pytest.approx(2 * 168)

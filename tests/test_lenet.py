import numpy as np
import pytest
import torch
from torch import nn

from confoundlab.errors import InputError
from confoundlab.lenet import LeNet5, Task, train_bank


def bars(n=60, size=16, channels=1, seed=0):
    """Horizontal against vertical bars: easy to learn, and a mean level tells nothing."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    images = rng.integers(0, 60, (n, size, size, channels), dtype=np.uint8)
    for image, label, place in zip(images, labels, rng.integers(2, size - 3, n), strict=True):
        if label:
            image[place : place + 2] = 255
        else:
            image[:, place : place + 2] = 255
    return images, labels


def tasks(labels, seeds, train=40):
    rows = np.arange(len(labels))
    return [Task(labels, rows[:train], rows[train:], seed) for seed in seeds]


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


def test_it_learns_what_can_be_learned():
    images, labels = bars()
    task = tasks(labels, [0])[0]
    result = train_bank(images, [task], epochs=60)
    assert (result.probabilities[0].argmax(1) == labels[task.test]).mean() >= 0.9
    assert result.losses[0, -1] < 0.3 * result.losses[0, 0]
    assert np.allclose(result.probabilities[0].sum(1), 1, atol=1e-6)


def test_a_task_alone_equals_the_task_in_a_bank_bit_for_bit():
    images, labels = bars()
    bank = tasks(labels, [3, 1, 2]) + tasks(1 - labels, [1], train=33)
    together = train_bank(images, bank, epochs=3)
    for number, task in enumerate(bank):
        alone = train_bank(images, [task], epochs=3)
        assert (alone.probabilities[0] == together.probabilities[number]).all()
        assert (alone.losses[0] == together.losses[number]).all()


def test_global_random_state_is_neither_used_nor_changed():
    images, labels = bars()
    torch.manual_seed(1)
    first = train_bank(images, tasks(labels, [0]), epochs=1).probabilities[0]
    before = torch.get_rng_state()
    second = train_bank(images, tasks(labels, [0]), epochs=1).probabilities[0]
    assert (first == second).all()
    assert (torch.get_rng_state() == before).all()


def test_one_step_equals_autograd_and_adam_written_out():
    images, labels = bars(40)
    task = tasks(labels, [5], train=32)[0]
    ours = train_bank(images, [task], epochs=1, batch_size=32, learning_rate=0.01)
    generator = torch.Generator().manual_seed(5)
    net = LeNet5(16, 16, 1, 2)
    for layer in net:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            bound = layer.weight[0].numel() ** -0.5
            for weights in (layer.weight, layer.bias):
                weights.data.uniform_(-bound, bound, generator=generator)
    inputs = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
    order = torch.randperm(32, generator=generator)
    loss = nn.CrossEntropyLoss()(net(inputs[:32][order]), torch.from_numpy(labels[:32])[order])
    for weights, gradient in zip(
        net.parameters(), torch.autograd.grad(loss, list(net.parameters())), strict=True
    ):
        weights.data -= 0.01 * gradient / (gradient.abs() + 1e-8)  # Adam's first step
    truth = net(inputs[32:]).softmax(1).detach().numpy()
    assert np.allclose(ours.losses[0, 0], loss.item(), rtol=1e-5)
    assert np.allclose(ours.probabilities[0], truth, atol=1e-5)


def test_initial_weights_follow_pytorchs_law():
    from confoundlab.lenet import _fresh_net

    drawn = _fresh_net((32, 32, 1), 10, torch.Generator().manual_seed(0))
    default = LeNet5(32, 32, 1, 10)
    for ours, theirs in zip(drawn.parameters(), default.parameters(), strict=True):
        if ours.numel() > 1000:
            assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.1)


def test_progress_is_reported_and_an_interrupt_leaves_threads_as_they_were():
    images, labels = bars()
    seen, threads = [], torch.get_num_threads()
    train_bank(images, tasks(labels, [0, 1]), epochs=2, progress=lambda *now: seen.append(now))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]

    def stop(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_bank(images, tasks(labels, [0]), epochs=2, progress=stop)
    assert torch.get_num_threads() == threads


GOOD_IMAGES, GOOD_LABELS = bars(20)


@pytest.mark.parametrize(
    ("images", "task", "options", "why"),
    [
        (GOOD_IMAGES / 255, (GOOD_LABELS, [0], [1]), {}, "uint8"),
        (GOOD_IMAGES, (GOOD_LABELS[:5], [0], [1]), {}, "5 labels, 20 images"),
        (GOOD_IMAGES, (GOOD_LABELS - 1, [0], [1]), {}, "labels must be"),
        (GOOD_IMAGES, (GOOD_LABELS, [], [1]), {}, "must not be empty"),
        (GOOD_IMAGES, (GOOD_LABELS, [0], [20]), {}, "row numbers must be 0..19"),
        (GOOD_IMAGES, (GOOD_LABELS, [0, 1], [1]), {}, "both train and test"),
        (GOOD_IMAGES, (GOOD_LABELS, [0], [1]), {"epochs": 0}, "must be positive"),
        (GOOD_IMAGES, (GOOD_LABELS, [0], [1]), {"engine": "torhc"}, "Did you mean 'torch'"),
    ],
)
def test_bad_input_is_refused_in_words(images, task, options, why):
    labels, train, test = task
    with pytest.raises(InputError, match=why):
        train_bank(images, [Task(labels, np.array(train, int), np.array(test, int))], **options)


def test_no_task_is_refused():
    with pytest.raises(InputError, match="no task"):
        train_bank(GOOD_IMAGES, [])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_cuda_agrees_with_the_cpu():
    images, labels = bars()
    cpu = train_bank(images, tasks(labels, [0]), epochs=2, device="cpu").probabilities[0]
    gpu = train_bank(images, tasks(labels, [0]), epochs=2, device="cuda").probabilities[0]
    assert np.allclose(cpu, gpu, atol=1e-2)

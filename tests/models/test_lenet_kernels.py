"""Every gradient of the fast engine against PyTorch's autograd in double precision."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from confoundlab.models import bank
from confoundlab.models.lenet import LeNet5

if bank._simd_lacks(32) is not None:
    pytest.skip("numba or AVX2 is missing", allow_module_level=True)

from confoundlab.models import lenet_kernels as kernels
from confoundlab.models.lenet_simd import SimdNet, _batches

LAYERS = ["conv1", "conv2", "dense1", "dense2", "dense3"]


def unpadded(fast):
    """A net's gradients as PyTorch shapes them, without what was filled up."""
    parts = []
    for (m, n), (rows, columns), weights, bias in zip(
        fast._true, fast._full, fast.gradients[::2], fast.gradients[1::2], strict=True
    ):
        parts += [weights.reshape(rows, columns)[:m, :n], bias[:m]]
    return parts


def rounds_apart(net, inputs):
    """Whether a pooling window or a ReLU is decided by less than single precision tells.

    The gradient then takes another way in single than in double precision, and both are right.
    Exact ties are none of these: they are decided by place.
    """
    gaps = [1.0]

    def look(layer, _, out):
        windows = out.unfold(2, 2, 2).unfold(3, 2, 2).flatten(4) / out.abs().max()
        first, second = windows.topk(2, dim=4).values.unbind(4)
        between = (first - second)[(first > second) & (first > 0)]
        for near in (between, first.abs()[first != 0]):  # the second best, or the zero of ReLU
            gaps.extend(near.flatten().tolist())

    hooks = [
        one.register_forward_hook(look) for one in net.modules() if isinstance(one, torch.nn.Conv2d)
    ]
    net(inputs)
    for hook in hooks:
        hook.remove()
    return min(gaps) < 1e-6


def gradients(height, width, channels, classes, filled, seed=0):
    """Relative errors of loss and of each layer's gradients; a flat region makes maxima tie."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (40, height, width, channels), dtype=np.uint8)
    images[:, : height // 2, : width // 2] = rng.integers(0, 256)
    labels = rng.integers(0, classes, 40)
    torch.manual_seed(seed)
    net = LeNet5(height, width, channels, classes)
    weights = [part.detach().numpy().copy() for part in net.parameters()]
    fast = SimdNet(weights, max(height, 16), max(width, 16), channels, net.scale)
    rows, count = _batches(rng.permutation(40)[:filled], 32)
    kernels.forward(images, rows[0], fast.scaled, fast.shape, fast.net, fast.act)
    loss = kernels.cross_entropy(fast.act[7], labels, rows[0], count[0]) / filled
    kernels.backward(fast.shape, fast.net, fast.act, fast.slopes, fast.flipped, fast.gradients)
    used = rows[0][:filled]
    inputs = torch.from_numpy(images[used]).permute(0, 3, 1, 2).double() / 255
    truth = torch.nn.functional.cross_entropy(net.double()(inputs), torch.from_numpy(labels[used]))
    truth.backward()
    apart = rounds_apart(net, inputs)
    errors = {"loss": abs(loss - truth.item()) / truth.item()}
    for number, (ours, part) in enumerate(zip(unpadded(fast), net.parameters(), strict=True)):
        theirs = part.grad.numpy()
        name = f"{LAYERS[number // 2]} {'bias' if number % 2 else 'weights'}"
        errors[name] = np.abs(ours.reshape(theirs.shape) - theirs).max() / np.abs(theirs).max()
    return errors, fast, apart


@pytest.mark.parametrize("classes", [2, 4, 20, 33])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(20, 20), (21, 21), (22, 29), (60, 60), (12, 15)])
def test_gradients_of_every_layer_equal_autograd(height, width, channels, classes):
    errors, _, _ = gradients(height, width, channels, classes, 32)
    assert max(errors.values()) < 1e-5, errors


@settings(max_examples=25)
@given(
    height=st.integers(12, 40),
    width=st.integers(12, 40),
    channels=st.integers(1, 4),
    classes=st.integers(2, 30),
    filled=st.integers(1, 32),
    seed=st.integers(0, 1000),
)
def test_gradients_for_any_size_and_any_part_of_a_batch(
    height, width, channels, classes, filled, seed
):
    errors, _, apart = gradients(height, width, channels, classes, filled, seed)
    assume(not apart)
    assert max(errors.values()) < 1e-4, errors


def test_padding_stays_exactly_zero_in_training():
    images = np.random.default_rng(0).integers(0, 256, (40, 20, 20, 1), dtype=np.uint8)
    images.flags.writeable = False
    labels = np.arange(40) % 5
    _, fast, _ = gradients(20, 20, 1, 5, 32)
    for _ in range(3):
        fast.train(images, labels, np.arange(40), 1e-3, 32)
    assert fast.step == 6
    third = fast.net[4].reshape(128, -1)
    assert (third[120:] == 0).all() and (third[:120] != 0).all()
    last = fast.net[8].reshape(-1, 96)
    assert (last[:, 84:] == 0).all() and (last[5:] == 0).all() and (last[:5, :84] != 0).all()


def test_the_first_of_equal_maxima_gets_the_gradient():
    x = np.ones(2 * 2 * kernels.LANES, np.float32)
    out = np.zeros(kernels.LANES, np.float32)
    bias, sums = np.zeros(1, np.float32), np.zeros(1, np.float32)
    gradient, spread = np.full(kernels.LANES, 3, np.float32), np.zeros_like(x)
    kernels.pool(x, bias, out, 1, 2, 2)
    kernels.pool_gradient(x, bias, out, gradient, spread, sums, 1, 2, 2)
    assert spread.reshape(4, kernels.LANES)[:, 0].tolist() == [3, 0, 0, 0]
    assert sums[0] == 3 * kernels.LANES


@pytest.mark.parametrize(("m", "n", "k"), [(8, 32, 5), (16, 16, 3), (24, 48, 32), (128, 144, 32)])
def test_products_with_either_side_transposed(m, n, k, rng):
    a, x = rng.normal(size=(m, k)).astype("f4"), rng.normal(size=(k, n)).astype("f4")
    out = np.empty(m * n, np.float32)
    kernels.product(a.ravel(), k, 1, x.ravel(), n, m, k, out)
    assert np.allclose(out.reshape(m, n), a @ x, atol=1e-4)
    turned = np.ascontiguousarray(a.T)
    kernels.product(turned.ravel(), 1, m, x.ravel(), n, m, k, out)
    assert np.allclose(out.reshape(m, n), a @ x, atol=1e-4)

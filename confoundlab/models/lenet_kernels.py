"""The kernels of the fast CPU engine: LeNet-5, forward and backward, on 32 images at once.

PyTorch spends most of a step on such small nets between its forty tiny operations. Here a step is
a dozen kernels, and each does for 32 images, side by side in SIMD registers, what it does for one.

**Layout.** Activations are flat arrays [channel, row, column, lane]: the lane, innermost, is the
image's place in the batch. A value of 32 images is therefore contiguous, so that a convolution
needs no rearranging: every tap multiplies one weight with 32 neighbouring numbers.

    images  uint8   [image, row, column, channel]   shared by all nets, never copied
    x       float32 [channel, row, column, 32]      the batch, standardised
    conv1 -> pool, bias, ReLU -> conv2 -> pool, bias, ReLU -> three matrix products -> softmax
    every gradient has the layout of what it is the gradient of

**Padding.** Matrix products work on blocks, so 120, 84 and the classes are filled up to multiples
of `BLOCK`. Padded weights start at zero and have zero gradients, so Adam leaves them at zero. An
empty lane (row -1 in a last, short batch) repeats an image and has zero gradient.

**Registers.** A block of outputs stays in registers while the inputs stream by (`simd.tile`): 6 or
`BLOCK` channels (or rows) by two vectors of lanes. Pooling sends the gradient to the first of equal
maxima, as PyTorch does: flat background ties everywhere.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from confoundlab.models.simd import (
    WIDTH,
    add,
    load,
    maximum,
    multiply_add,
    spread,
    store,
    store_tile,
    subtract,
    tile,
    total,
    where_equal,
)
from confoundlab.storage.compiled import compiled

LANES = 32
BLOCK = 8 if WIDTH == 16 else 4  # rows of a register tile: 32 registers with AVX-512, else 16
_PAIR, _WIDE = 2 * WIDTH, 2 * BLOCK
_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8  # Adam's usual constants (Kingma and Ba 2015)

# Explicit signatures keep numba to one compilation a kernel. F: flat floats, R: rows, i: int.
_KINDS = {
    "F": types.float32[::1],
    "P": types.Array(types.uint8, 4, "C", readonly=True),
    "R": types.int64[::1],
    "M": types.float32[:, ::1],
    "i": types.int64,
    "d": types.float64,
}


def _kernel(arguments: str, returns: Any = types.void) -> Any:
    signature = returns(*[_KINDS[letter] for letter in arguments])
    return compiled(signature, fastmath=True, error_model="numpy")


# ---------------------------------------------------------------- forward


@_kernel("PRFFiii")
def gather(images, rows, scaled, x, channels, height, width):
    """Put a batch into x, centred in a margin of 0 where x is larger than the images."""
    top, left = (height - images.shape[1]) // 2, (width - images.shape[2]) // 2
    for c in range(channels):
        for row in range(images.shape[1]):
            for column in range(images.shape[2]):
                at = ((c * height + row + top) * width + column + left) * LANES
                for lane in range(LANES):
                    x[at + lane] = scaled[images[rows[lane], row, column, c]]


def _make_convolution(block: int) -> Any:
    size = 2 * block

    @_kernel("FFFiiii")
    def convolution(x, weights, out, channels, height, width, filters):
        """Convolve 5x5, no margin; `block` filters stay in registers while the taps go by."""
        rows, columns = height - 4, width - 4
        for row in range(rows):
            for column in range(columns):
                for first in range(0, filters, block):
                    for lane in range(0, LANES, _PAIR):
                        sums = tile(size)
                        for c in range(channels):
                            for tap in range(5):
                                x_at = ((c * height + row + tap) * width + column) * LANES + lane
                                w_at = (first * channels + c) * 25 + tap * 5
                                for across in range(5):
                                    sums = multiply_add(
                                        sums, weights, w_at + across, channels * 25,
                                        x, x_at + across * LANES, WIDTH, 2, 1,
                                    )  # fmt: skip
                        at = ((first * rows + row) * columns + column) * LANES + lane
                        store_tile(sums, out, at, rows * columns * LANES, 2, 0)

    return convolution


convolution1, convolution2 = _make_convolution(6), _make_convolution(BLOCK)


@_kernel("FFFiii")
def pool(x, bias, out, channels, height, width):
    """Maximum of 2x2, plus bias, ReLU: the same as bias, ReLU and then the maximum."""
    rows, columns, zero = height // 2, width // 2, spread(np.float32(0))
    for c in range(channels):
        shift = spread(bias[c])
        for row in range(rows):
            for column in range(columns):
                top = ((c * height + 2 * row) * width + 2 * column) * LANES
                low = top + width * LANES
                at = ((c * rows + row) * columns + column) * LANES
                for lane in range(0, LANES, WIDTH):
                    upper = maximum(load(x, top + lane), load(x, top + LANES + lane))
                    lower = maximum(load(x, low + lane), load(x, low + LANES + lane))
                    store(out, at + lane, maximum(add(maximum(upper, lower), shift), zero))


@_kernel("FiiFiiiF")
def product(a, a_row, a_column, x, n, m, k, out):
    """out[m, n] = a[m, k] x[k, n], a with its own strides; m in whole blocks, n in vectors."""
    whole = n - n % _PAIR
    for row in range(0, m, BLOCK):
        for column in range(0, whole, _PAIR):
            sums = tile(_WIDE)
            for step in range(k):
                at = row * a_row + step * a_column
                sums = multiply_add(sums, a, at, a_row, x, step * n + column, WIDTH, 2, 1)
            store_tile(sums, out, row * n + column, n, 2, 0)
        for column in range(whole, n, WIDTH):
            narrow = tile(BLOCK)
            for step in range(k):
                at = row * a_row + step * a_column
                narrow = multiply_add(narrow, a, at, a_row, x, step * n + column, WIDTH, 1, 1)
            store_tile(narrow, out, row * n + column, n, 1, 0)


@_kernel("FF")
def bias_relu(x, bias):
    """Add each row's bias and cut off below zero, in place."""
    for at in range(len(x)):
        x[at] = max(x[at] + bias[at // LANES], np.float32(0))


@_kernel("FFi")
def softmax(x, bias, classes):
    """Turn logits [class, lane] into probabilities, in place; padding classes become zero."""
    for lane in range(LANES):
        highest, sums = np.float32(-np.inf), np.float32(0)
        for k in range(classes):
            x[k * LANES + lane] += bias[k]
            highest = max(highest, x[k * LANES + lane])
        for k in range(classes):
            x[k * LANES + lane] = math.exp(x[k * LANES + lane] - highest)
            sums += x[k * LANES + lane]
        for k in range(classes):
            x[k * LANES + lane] /= sums
    x[classes * LANES :] = 0


# ---------------------------------------------------------------- backward


@_kernel("FRRi", types.float64)
def cross_entropy(x, labels, rows, filled):
    """Turn probabilities into the gradient of the mean loss, in place; return the summed loss."""
    loss = 0.0
    for lane in range(LANES):
        if lane < filled:
            at = labels[rows[lane]] * LANES + lane
            loss -= math.log(max(x[at], np.float32(1e-30)))
            x[at] -= np.float32(1)
    share = np.float32(1 / filled)
    for k in range(len(x) // LANES):
        for lane in range(LANES):
            x[k * LANES + lane] = x[k * LANES + lane] * share if lane < filled else np.float32(0)
    return loss


@_kernel("FF")
def relu_gradient(gradient, out):
    """Clear the gradient where the ReLU was closed."""
    zero = spread(np.float32(0))
    for at in range(0, len(gradient), WIDTH):
        value = load(gradient, at)
        store(gradient, at, subtract(value, where_equal(load(out, at), zero, value)))


@_kernel("FF")
def bias_gradient(gradient, out):
    """Sum each row over the lanes."""
    for row in range(len(out)):
        sums = spread(np.float32(0))
        for lane in range(0, LANES, WIDTH):
            sums = add(sums, load(gradient, row * LANES + lane))
        out[row] = total(sums)


@_kernel("FFi")
def transpose(x, out, rows):
    """[row, lane] to [lane, row]."""
    for row in range(rows):
        for lane in range(LANES):
            out[lane * rows + row] = x[row * LANES + lane]


@_kernel("FFFFFFiii")
def pool_gradient(x, bias, out, gradient, x_gradient, bias_sums, channels, height, width):
    """Send the gradient to the first maximum of each 2x2, as PyTorch does, and sum the bias's."""
    rows, columns, zero = height // 2, width // 2, spread(np.float32(0))
    for c in range(channels):
        shift, sums = spread(bias[c]), zero
        for row in range(rows):
            for column in range(columns):
                top = ((c * height + 2 * row) * width + 2 * column) * LANES
                low = top + width * LANES
                at = ((c * rows + row) * columns + column) * LANES
                for lane in range(0, LANES, WIDTH):
                    best, left = load(out, at + lane), load(gradient, at + lane)
                    left = subtract(left, where_equal(best, zero, left))  # the ReLU was closed
                    sums = add(sums, left)
                    # what one place takes is no longer there for the next
                    for place in (top, top + LANES, low):
                        here = add(load(x, place + lane), shift)
                        taken = where_equal(here, best, left)
                        store(x_gradient, place + lane, taken)
                        left = subtract(left, taken)
                    store(x_gradient, low + LANES + lane, left)
        bias_sums[c] = total(sums)


def _make_weight_gradient(block: int) -> Any:
    size = 5 * block

    @_kernel("FFFiiii")
    def weight_gradient(x, gradient, out, channels, height, width, filters):
        """Gradient of 5x5 weights: `block` filters by the five taps of a row in registers."""
        rows, columns = height - 4, width - 4
        for first in range(0, filters, block):
            for c in range(channels):
                for tap in range(5):
                    sums = tile(size)
                    for row in range(rows):
                        g_at = (first * rows + row) * columns * LANES
                        x_at = (c * height + row + tap) * width * LANES
                        for at in range(0, columns * LANES, WIDTH):
                            sums = multiply_add(
                                sums, gradient, g_at + at, rows * columns * LANES,
                                x, x_at + at, LANES, 5, 0,
                            )  # fmt: skip
                    at = (first * channels + c) * 25 + tap * 5
                    store_tile(sums, out, at, channels * 25, 5, 1)

    return weight_gradient


weight_gradient1 = _make_weight_gradient(3 if WIDTH == 16 else 2)
weight_gradient2 = _make_weight_gradient(4 if WIDTH == 16 else 2)


@_kernel("FFFiii")
def input_gradient(gradient, weights, out, height, width, filters):
    """Gradient of the second convolution's six input channels; only taps inside the output."""
    rows, columns = height - 4, width - 4
    for row in range(height):
        for column in range(width):
            for lane in range(0, LANES, _PAIR):
                sums = tile(12)
                for down in range(max(0, row - rows + 1), min(5, row + 1)):
                    for across in range(max(0, column - columns + 1), min(5, column + 1)):
                        g_at = ((row - down) * columns + column - across) * LANES + lane
                        w_at = down * 5 + across
                        for f in range(filters):
                            sums = multiply_add(
                                sums, weights, f * 150 + w_at, 25,
                                gradient, g_at + f * rows * columns * LANES, WIDTH, 2, 1,
                            )  # fmt: skip
                store_tile(
                    sums, out, (row * width + column) * LANES + lane, height * width * LANES, 2, 0
                )


@_kernel("FFFFid")
def adam(weights, gradient, mean, square, step, rate):
    """Take one step of Adam, in place."""
    rate = np.float32(rate / (1 - _BETA1**step))
    root = np.float32(1 / math.sqrt(1 - _BETA2**step))
    old1, new1 = np.float32(_BETA1), np.float32(1 - _BETA1)
    old2, new2 = np.float32(_BETA2), np.float32(1 - _BETA2)
    for at in range(weights.size):
        slope = gradient[at]
        mean[at] = old1 * mean[at] + new1 * slope
        square[at] = old2 * square[at] + new2 * slope * slope
        weights[at] -= rate * mean[at] / (np.sqrt(square[at]) * root + np.float32(_EPSILON))


# ---------------------------------------------------------------- a net


@compiled()
def forward(images, rows, scaled, shape, net, act):
    """Fill the activations of one batch; the last becomes probabilities."""
    channels, height, width, classes = shape
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = net
    x, c1, p1, c2, p2, f1, f2, out = act
    h1, v1 = height - 4, width - 4
    h2, v2 = h1 // 2, v1 // 2
    gather(images, rows, scaled, x, channels, height, width)
    convolution1(x, w1, c1, channels, height, width, 6)
    pool(c1, b1, p1, 6, h1, v1)
    convolution2(p1, w2, c2, 6, h2, v2, 16)
    pool(c2, b2, p2, 16, h2 - 4, v2 - 4)
    n2, n3, n4, n5 = len(p2) // LANES, len(b3), len(b4), len(b5)
    product(w3, n2, 1, p2, LANES, n3, n2, f1)
    bias_relu(f1, b3)
    product(w4, n3, 1, f1, LANES, n4, n3, f2)
    bias_relu(f2, b4)
    product(w5, n4, 1, f2, LANES, n5, n4, out)
    softmax(out, b5, classes)


@compiled()
def backward(shape, net, act, slopes, flipped, gradients):
    """Fill the gradients of all weights; the last activation holds the loss's gradient."""
    channels, height, width = shape[:3]
    _, b1, w2, b2, w3, _, w4, _, w5, _ = net
    x, c1, p1, c2, p2, f1, f2, out = act
    d1, dp1, d2, dp2, df1, df2 = slopes
    g1, gb1, g2, gb2, g3, gb3, g4, gb4, g5, gb5 = gradients
    h1, v1 = height - 4, width - 4
    h2, v2 = h1 // 2, v1 // 2
    dense(w5, f2, out, g5, gb5, df2, flipped)
    relu_gradient(df2, f2)
    dense(w4, f1, df2, g4, gb4, df1, flipped)
    relu_gradient(df1, f1)
    dense(w3, p2, df1, g3, gb3, dp2, flipped)
    pool_gradient(c2, b2, p2, dp2, d2, gb2, 16, h2 - 4, v2 - 4)
    weight_gradient2(p1, d2, g2, 6, h2, v2, 16)
    input_gradient(d2, w2, dp1, h2, v2, 16)
    pool_gradient(c1, b1, p1, dp1, d1, gb1, 6, h1, v1)
    weight_gradient1(x, d1, g1, channels, height, width, 6)


@compiled()
def dense(weights, x, slope, weight_sums, bias_sums, x_slope, flipped):
    """Gradients of a dense layer: weights, bias and input."""
    n, m = len(x) // LANES, len(bias_sums)
    transpose(x, flipped, n)
    product(slope, LANES, 1, flipped, n, m, LANES, weight_sums)
    bias_gradient(slope, bias_sums)
    product(weights, 1, n, slope, LANES, n, m, x_slope)


@compiled()
def train_epoch(
    images, batches, filled, scaled, labels, shape, net, act, slopes, flipped, gradients,
    weights, gradient, mean, square, step, rate,
):  # fmt: skip
    """Train on batches of row numbers (steps, 32); return the summed loss and the step reached."""
    loss = 0.0
    for number in range(len(batches)):
        forward(images, batches[number], scaled, shape, net, act)
        loss += cross_entropy(act[7], labels, batches[number], filled[number])
        backward(shape, net, act, slopes, flipped, gradients)
        step += 1
        adam(weights, gradient, mean, square, step, rate)
    return loss, step

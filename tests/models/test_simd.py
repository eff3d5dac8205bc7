"""The vector type and its tiles against NumPy."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from confoundlab.models import bank

if bank._simd_lacks(32) is not None:
    pytest.skip("numba or AVX2 is missing", allow_module_level=True)

from numba import njit

from confoundlab.models import simd
from confoundlab.models.simd import WIDTH


def test_arithmetic_of_lanes(rng):
    @njit
    def compute(a, b, out):
        x, y = simd.load(a, 0), simd.load(b, 1)
        simd.store(out, 0, simd.add(x, y))
        simd.store(out, WIDTH, simd.subtract(x, y))
        simd.store(out, 2 * WIDTH, simd.maximum(x, y))
        simd.store(out, 3 * WIDTH, simd.where_equal(x, y, simd.spread(np.float32(7))))
        return simd.total(x)

    a, b = rng.integers(0, 3, (2, WIDTH + 1)).astype("f4")
    out = np.zeros(4 * WIDTH, np.float32)
    total = compute(a, b, out)
    x, y = a[:WIDTH], b[1:]
    truth = [x + y, x - y, np.maximum(x, y), np.where(x == y, 7, 0)]
    assert (out.reshape(4, WIDTH) == np.array(truth)).all()
    assert total == x.sum()


def test_a_tile_sums_outer_products(rng):
    @njit
    def compute(a, x, out, steps):
        sums = simd.tile(6)
        for step in range(steps):
            sums = simd.multiply_add(sums, a, step, steps, x, step * 2 * WIDTH, WIDTH, 2, 1)
        simd.store_tile(sums, out, 0, 2 * WIDTH, 2, 0)

    a, x = rng.normal(size=(3, 9)).astype("f4"), rng.normal(size=(9, 2 * WIDTH)).astype("f4")
    out = np.zeros(3 * 2 * WIDTH, np.float32)
    compute(a.ravel(), x.ravel(), out, 9)
    assert np.allclose(out.reshape(3, -1), a @ x, atol=1e-5)


def test_a_tile_of_vectors_is_stored_as_totals(rng):
    @njit
    def compute(a, x, out):
        sums = simd.multiply_add(simd.tile(4), a, 0, WIDTH, x, 0, WIDTH, 2, 0)
        simd.store_tile(sums, out, 0, 2, 2, 1)

    a, x = rng.normal(size=(2, WIDTH)).astype("f4"), rng.normal(size=(2, WIDTH)).astype("f4")
    out = np.zeros(4, np.float32)
    compute(a.ravel(), x.ravel(), out)
    assert np.allclose(out.reshape(2, 2), a @ x.T, atol=1e-5)


@pytest.mark.slow
@pytest.mark.skipif(WIDTH != 16, reason="this machine has no AVX-512, so AVX2 is tested anyway")
def test_the_avx2_path_has_the_same_gradients(tmp_path):
    """Machines without AVX-512 compile other tiles; here they are compiled for Haswell."""
    settings = os.environ | {"NUMBA_CPU_NAME": "haswell", "NUMBA_CACHE_DIR": str(tmp_path)}
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from confoundlab.models.simd import WIDTH; assert WIDTH == 8\n"
        "from test_lenet_kernels import gradients\n"
        "for size in ((20, 20, 1, 20, 32), (22, 29, 3, 5, 19)):\n"
        "    errors, _, _ = gradients(*size); assert max(errors.values()) < 1e-5, errors\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=settings)

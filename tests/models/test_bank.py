import importlib.util
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import bars
from scipy import stats

from confoundlab.croppers.crops import Corner
from confoundlab.datasets import loading
from confoundlab.design import splits
from confoundlab.errors import InputError
from confoundlab.models import bank
from confoundlab.models.bank import train_bank
from confoundlab.models.lenet import Task

HAS_SIMD = bank._simd_lacks(32) is None
needs_simd = pytest.mark.skipif(not HAS_SIMD, reason="numba or AVX2 is missing")
ENGINES = ["torch", pytest.param("simd", marks=needs_simd)]


def tasks(labels, seeds, train=40):
    rows = np.arange(len(labels))
    return [Task(labels, rows[:train], rows[train:], seed) for seed in seeds]


@pytest.mark.parametrize("engine", ENGINES)
def test_it_learns_what_can_be_learned(engine):
    images, labels = bars()
    (task,) = tasks(labels, [0])
    result = train_bank(images, [task], epochs=60, engine=engine)
    assert result.engine.startswith(engine)
    assert (result.probabilities[0].argmax(1) == labels[task.test]).mean() >= 0.9
    assert result.losses[0, -1] < 0.3 * result.losses[0, 0]
    assert np.allclose(result.probabilities[0].sum(1), 1, atol=1e-6)


@pytest.mark.parametrize("level", [0, 250])
@pytest.mark.parametrize("engine", ENGINES)
def test_nets_learn_a_faint_difference_whatever_the_level(rng, engine, level):
    """One gray level between classes, in noise of one: no net stays with one class."""
    labels = np.arange(200) % 4
    pixels = level + rng.integers(0, 2, (200, 16, 16, 1)) + labels[:, None, None, None]
    rows = rng.permutation(200)
    many = [Task(labels, rows[:150], rows[150:], seed) for seed in range(4)]
    for chances in train_bank(
        pixels.astype(np.uint8), many, epochs=30, engine=engine
    ).probabilities:
        assert (chances.argmax(1) == labels[rows[150:]]).mean() > 0.9


@pytest.mark.parametrize("engine", ENGINES)
def test_a_task_alone_equals_the_task_in_a_bank_bit_for_bit(engine):
    images, labels = bars()
    many = tasks(labels, [3, 1, 2]) + tasks(1 - labels, [1], train=33)
    together = train_bank(images, many, epochs=3, engine=engine)
    for number, task in enumerate(many):
        alone = train_bank(images, [task], epochs=3, engine=engine)
        assert (alone.probabilities[0] == together.probabilities[number]).all()
        assert (alone.losses[0] == together.losses[number]).all()


@needs_simd
def test_the_number_of_threads_changes_nothing(monkeypatch):
    images, labels = bars()
    results = []
    for threads in (1, 2, 5):
        monkeypatch.setattr(bank, "cores", lambda count=threads: count)
        result = train_bank(images, tasks(labels, range(6)), epochs=4, engine="simd")
        results.append(np.concatenate(result.probabilities))
    assert (results[0] == results[1]).all() and (results[0] == results[2]).all()


@needs_simd
@pytest.mark.parametrize("batch_size", [32, 20, 1])
@pytest.mark.parametrize(("size", "channels"), [(12, 3), (16, 1), (21, 1), (29, 3)])
def test_the_engines_do_the_same(size, channels, batch_size):
    """Same seeds, same weights, same orders: only rounding tells them apart.

    Adam's first steps follow the sign of the gradient, so that a gradient that is zero but for
    rounding can move a weight by a whole step either way: hence the tolerance.
    """
    images, labels = bars(size=size, channels=channels)
    both = [
        train_bank(images, tasks(labels, [0, 1]), epochs=2, batch_size=batch_size, engine=engine)
        for engine in ("torch", "simd")
    ]
    for one, other in zip(both[0].probabilities, both[1].probabilities, strict=True):
        assert np.allclose(one, other, atol=5e-3)
    assert np.allclose(both[0].losses, both[1].losses, atol=1e-3)


@pytest.mark.real
@needs_simd
def test_on_real_crops_the_engines_name_equally_well(real_data):
    """A short form of the stored comparison: five seeds, twenty epochs, paired."""
    images = loading.load("coil20", "real")
    crops = images.array(Corner("top-right", 21, 21))
    many = [
        Task(images.labels, *splits.stratified(images.labels, seed=seed), seed) for seed in range(5)
    ]
    right = {}
    for engine in ("torch", "simd"):
        result = train_bank(crops, many, epochs=20, engine=engine)
        right[engine] = [
            (chances.argmax(1) == images.labels[task.test]).mean()
            for chances, task in zip(result.probabilities, many, strict=True)
        ]
    gap = np.subtract(right["simd"], right["torch"])
    assert abs(gap.mean()) < 0.02 and stats.ttest_1samp(gap, 0).pvalue > 0.001


@pytest.mark.parametrize("engine", ENGINES)
def test_global_random_state_is_neither_used_nor_changed(engine):
    images, labels = bars()
    torch.manual_seed(1)
    first = train_bank(images, tasks(labels, [0]), epochs=1, engine=engine).probabilities[0]
    before = torch.get_rng_state()
    second = train_bank(images, tasks(labels, [0]), epochs=1, engine=engine).probabilities[0]
    assert (first == second).all()
    assert (torch.get_rng_state() == before).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_images_are_left_alone_and_may_be_mapped_from_a_file(engine, tmp_path):
    images, labels = bars()
    np.save(tmp_path / "images.npy", images)
    mapped = np.load(tmp_path / "images.npy", mmap_mode="r")
    results = [
        train_bank(given, tasks(labels, [0]), epochs=1, engine=engine).probabilities[0]
        for given in (images, mapped, np.asfortranarray(images))
    ]
    assert (results[0] == results[1]).all() and (results[0] == results[2]).all()
    assert (images == mapped).all() and images.flags.writeable


@pytest.mark.parametrize("engine", ENGINES)
def test_an_interrupt_keeps_what_is_finished_and_leaves_no_thread(engine, monkeypatch):
    monkeypatch.setattr(bank, "cores", lambda: 2)
    images, labels = bars()
    kept, threads, names = [], torch.get_num_threads(), threading.active_count()

    def finished(number, probabilities, losses):
        kept.append((number, probabilities.shape, losses.shape))
        if len(kept) == 3:
            raise KeyboardInterrupt

    # so much work that threads which were not stopped would still be at it
    many = tasks(labels, range(3)) + tasks(labels, range(3, 6)) * 100
    with pytest.raises(KeyboardInterrupt):
        train_bank(images, many, epochs=30, finished=finished, engine=engine)
    assert len(kept) == 3 and {entry[1:] for entry in kept} == {((20, 2), (30,))}
    assert torch.get_num_threads() == threads
    assert threading.active_count() == names


@pytest.mark.parametrize("engine", ENGINES)
def test_progress_counts_to_the_end(engine):
    images, labels = bars()
    seen = []
    train_bank(
        images,
        tasks(labels, [0, 1]),
        epochs=2,
        progress=lambda *now: seen.append(now),
        engine=engine,
    )
    assert sorted(seen) == [(1, 4), (2, 4), (3, 4), (4, 4)]


@needs_simd
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="Linux tells peak memory")
def test_a_thousand_tasks_share_the_images():
    """1,000 tasks on 1,500 images of 20x20 pixels, measured in a process of its own."""
    code = """
import re
from pathlib import Path
import numpy as np
from confoundlab.models.bank import train_bank
from confoundlab.models.lenet import Task
rng = np.random.default_rng(0)
images = rng.integers(0, 256, (1500, 20, 20, 1), dtype=np.uint8)
labels = np.arange(1500) % 20
train, test = np.arange(64), np.arange(64, 1500)
train_bank(images, [Task(labels, train, test, seed) for seed in range(1000)], epochs=1)
# the process's own peak: ru_maxrss would count what its parent held when it was started
print(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) * 1024 < 1.5e9


def test_auto_says_what_it_took_and_why(monkeypatch):
    images, labels = bars()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    large = train_bank(images, tasks(labels, [0]), epochs=1, batch_size=40)
    assert large.engine.startswith("torch") and "up to 32 images" in large.engine
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    without = train_bank(images, tasks(labels, [0]), epochs=1)
    assert without.engine.endswith("(numba is not installed)")
    with pytest.raises(InputError, match="numba is not installed"):
        train_bank(images, tasks(labels, [0]), engine="simd")


@needs_simd
def test_without_avx2_it_is_pytorch(monkeypatch):
    from confoundlab.models import simd

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert bank.engine_here().startswith("simd")
    monkeypatch.setattr(simd, "cpu_features", lambda: {"sse4.2": True})
    assert bank.engine_here().endswith("(this processor has no AVX2)")
    with pytest.raises(InputError, match="runs on the CPU"):
        monkeypatch.undo()
        bank.engine_here("simd", "cuda")


GOOD_IMAGES, GOOD_LABELS = bars(20)


@pytest.mark.parametrize(
    ("images", "task", "options", "why"),
    [
        (GOOD_IMAGES / 255, (GOOD_LABELS, [0], [1]), {}, "uint8"),
        (GOOD_IMAGES[:, :11], (GOOD_LABELS, [0], [1]), {}, "at least 12x12 pixels, not 16x11"),
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
    cpu = train_bank(images, tasks(labels, [0, 1]), epochs=2, device="cpu", engine="torch")
    gpu = train_bank(images, tasks(labels, [0, 1]), epochs=2, device="cuda")
    assert np.allclose(cpu.losses, gpu.losses, atol=1e-3)

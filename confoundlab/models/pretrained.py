"""Nets trained on photographs, by name: how each wants its input, and its features.

Serves the embeddings of Figure 3 (Venugopalan et al. 2019), and the question whether the leak is
LeNet's alone (Okonoda et al. 2026, arXiv:2603.12445). Weights come from the package, from a
file, or from a network; all are read as tensors only, so that no file can run code.
"""

from __future__ import annotations

import difflib
import importlib.util
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import torchvision
from torch import nn
from torchvision.transforms.v2 import InterpolationMode, functional
from tqdm import tqdm

from confoundlab.errors import InputError
from confoundlab.models.lite0 import Lite0, weights_file
from confoundlab.types import Pixels

DEFAULT = "efficientnet_lite0"
_AT_ONCE = 32  # images a step
# Built for weights of its own, torchvision's Inception and GoogLeNet would expect other colours.
_AS_TRAINED = {"transform_input": True, "init_weights": False}
_SPECIAL = {"inception_v3": _AS_TRAINED, "googlenet": _AS_TRAINED}


@dataclass(frozen=True, eq=False)
class Net:
    """A net without its last layer, and what it expects.

    Parameters
    ----------
    forward : callable
        From tensors (n, 3, side, side) to features (n, d).
    side : int
        Of the input, in pixels.
    crop : float
        Share of the picture's side that is kept, at its centre.
    mean, std : tuple of 3 floats
        Of the colours, in gray levels: a net sees (level - mean) / std.
    interpolation : InterpolationMode
        To make a picture as large as the net expects.
    """

    forward: Callable[[torch.Tensor], torch.Tensor]
    side: int
    crop: float
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: InterpolationMode


def features(pictures: Pixels, net: Net) -> npt.NDArray[np.float32]:
    """Return what a net sees in each picture, before its last layer.

    A picture is cut to its centre as the net was tested (87.5% of the side for the default),
    resized and normalised as it was trained.

    Parameters
    ----------
    pictures : ndarray of uint8, shape (n, height, width, 3)
        In colours; gray ones three times alike.
    net : Net
        Of `load`.

    Returns
    -------
    ndarray of float32, shape (n, d)
        1280 features of the default.
    """
    parts = []
    with torch.inference_mode():
        for first in tqdm(range(0, len(pictures), _AT_ONCE), "embedding", delay=2, leave=False):
            seen = _as_trained(torch.from_numpy(pictures[first : first + _AT_ONCE]), net)
            parts.append(net.forward(seen).numpy())
    return np.concatenate(parts).astype(np.float32)


def _as_trained(pictures: torch.Tensor, net: Net) -> torch.Tensor:
    """Cut, resize and normalise pictures (n, height, width, 3) to (n, 3, side, side)."""
    kept = [max(1, round(net.crop * side)) for side in pictures.shape[1:3]]
    cut = functional.center_crop(pictures.permute(0, 3, 1, 2), kept).float()
    sized = functional.resize(cut, [net.side, net.side], interpolation=net.interpolation)
    mean, std = (torch.tensor(part)[:, None, None] for part in (net.mean, net.std))
    seen: torch.Tensor = (sized.clamp(0, 255) - mean) / std  # bicubic overshoots
    return seen


def load(name: str = DEFAULT, side: int | None = None, weights: Path | None = None) -> Net:
    """Return a net by its name, ready to be used.

    Parameters
    ----------
    name : str
        `efficientnet_lite0`; a net of torchvision, else of timm; ``timm/`` or ``torchvision/``
        before the name says which.
    side : int, optional
        Of the input, in pixels; as the net was trained if missing.
    weights : Path, optional
        A file of them, ``.safetensors`` or PyTorch's; else they are fetched.

    Raises
    ------
    InputError
        An unknown name; weights that are missing, cannot be fetched, hold code or do not fit; a
        side that the net does not take.
    """
    given = None if weights is None else read_weights(weights)
    home, _, plain = name.rpartition("/")
    if name == DEFAULT:
        made = _lite0(side or 224, given)
    elif home in ("", "torchvision") and plain in _torchvision_names():
        made = _torchvision(plain, side, given)
    elif home in ("", "timm") and _is_timm(plain):
        made = _timm(plain, side, given)
    else:
        raise _unknown(name)
    try:
        with torch.inference_mode():
            made.forward(torch.zeros(1, 3, made.side, made.side))
    except (RuntimeError, AssertionError) as error:
        raise InputError(
            f"{name} does not take an input of {made.side}x{made.side} pixels: {error}"
        ) from error
    return made


def read_weights(path: Path) -> dict[str, torch.Tensor]:
    """Read a file of weights without running what else it may hold.

    Raises
    ------
    InputError
        No such file, or it holds anything but tensors.
    """
    if not path.is_file():
        raise InputError(f"There is no file of weights at {path}.")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            tensors: dict[str, torch.Tensor] = load_file(path)
            return tensors
        found = torch.load(path, map_location="cpu", weights_only=True)
    except ImportError:
        raise InputError(f"Reading {path.name} needs safetensors: pip install timm.") from None
    except Exception as error:  # each format has errors of its own
        what = "holds more than tensors" if isinstance(error, pickle.UnpicklingError) else "is none"
        raise InputError(
            f"{path} {what}, so it was not opened: a file of weights must not run code. "
            "Save it again with torch.save(net.state_dict(), ...)."
        ) from error
    if not isinstance(found, dict) or not all(torch.is_tensor(part) for part in found.values()):
        raise InputError(f"{path} must hold a table of tensors, as net.state_dict() gives it.")
    return found


def _lite0(side: int, given: dict[str, torch.Tensor] | None) -> Net:
    if side < 32:  # five halvings
        raise InputError(f"{DEFAULT} needs an input of 32 pixels or more, not {side}.")
    net = _made(Lite0)
    _fill(net, DEFAULT, read_weights(weights_file()) if given is None else given)
    net.fold()
    net.to(memory_format=torch.channels_last)
    return Net(
        lambda x: net.features(x.contiguous(memory_format=torch.channels_last)),
        side,
        0.875,
        (127.0,) * 3,
        (128.0,) * 3,
        InterpolationMode.BICUBIC,
    )


def _torchvision(name: str, side: int | None, given: dict[str, torch.Tensor] | None) -> Net:
    trained = torchvision.models.get_model_weights(name).DEFAULT
    special = _SPECIAL.get(name, {})
    net = _made(lambda: torchvision.models.get_model(name, weights=None, **special))
    if given is None:
        given = _fetched(
            name,
            # its own way to load weights would run what is pickled in their file
            lambda: trained.get_state_dict(progress=False, check_hash=True, weights_only=True),
        )
    _fill(net, name, given)
    last = [part for part, layer in net.named_modules() if isinstance(layer, nn.Linear)]
    if not last:
        raise InputError(f"{name} has no last linear layer to take off; take another net.")
    net.set_submodule(last[-1], nn.Identity())
    shown = trained.transforms()
    return Net(
        net,
        side or shown.crop_size[0],
        shown.crop_size[0] / shown.resize_size[0],
        tuple(255 * level for level in shown.mean),
        tuple(255 * level for level in shown.std),
        shown.interpolation,
    )


def _timm(name: str, side: int | None, given: dict[str, torch.Tensor] | None) -> Net:
    import timm
    from timm.data.config import resolve_data_config

    if given is None:
        net = _fetched(name, lambda: _made(lambda: timm.create_model(name, pretrained=True)))
    else:
        net = _made(lambda: timm.create_model(name, pretrained=False))
        _fill(net, name, given)
    shown = resolve_data_config(model=net)
    return Net(
        lambda x: net.forward_head(net.forward_features(x), pre_logits=True),
        side or shown["input_size"][-1],
        shown["crop_pct"],
        tuple(255 * level for level in shown["mean"]),
        tuple(255 * level for level in shown["std"]),
        InterpolationMode(shown["interpolation"]),
    )


def _made(build: Callable[[], Any]) -> Any:
    """Build a net for use, without touching PyTorch's global random numbers."""
    with torch.random.fork_rng(devices=[]):
        return build().eval()


def _fill(net: Any, name: str, weights: dict[str, torch.Tensor]) -> None:
    try:
        net.load_state_dict(weights)
    except RuntimeError as error:
        raise InputError(f"These weights are not those of {name}: {error}") from error


def _fetched(name: str, fetch: Callable[[], Any]) -> Any:
    try:
        return fetch()
    except Exception as error:  # each library that fetches has errors of its own
        raise InputError(
            f"The weights of {name} could not be fetched ({type(error).__name__}: {error}). Where "
            f"there is no network, name a file of weights, or use {DEFAULT!r}, which needs none."
        ) from error


def _torchvision_names() -> list[str]:
    return list(torchvision.models.list_models(module=torchvision.models))


def _is_timm(name: str) -> bool:
    if importlib.util.find_spec("timm") is None:
        return False
    import timm

    return bool(timm.is_model(name))


def _unknown(name: str) -> InputError:
    known = [DEFAULT, *_torchvision_names()]
    hint = "timm is not installed: pip install timm finds many more."
    if importlib.util.find_spec("timm") is not None:
        import timm

        known += timm.list_models()
        hint = "All names: torchvision.models.list_models() and timm.list_models()."
    near = difflib.get_close_matches(name.rpartition("/")[2], known, n=3)
    mean = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return InputError(f"There is no net {name!r}.{mean} {hint}")

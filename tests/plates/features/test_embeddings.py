import importlib.util
import socket

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.decomposition import PCA
from sklearn.metrics import silhouette_score

from confoundlab.errors import InputError
from confoundlab.models.lite0 import Lite0, weights_file
from confoundlab.models.pretrained import read_weights
from confoundlab.plates.features import embeddings as module
from confoundlab.plates.features.embeddings import (
    COLOURS,
    FIRST_THREE,
    MEAN,
    embed,
    principal,
    tsne,
)


@pytest.fixture
def patches(rng):
    """Five-channel patches of a bright blob, its size a patch's own."""
    rows, columns = np.mgrid[:32, :32]
    away = np.hypot(rows - 16, columns - 16)
    radius = np.linspace(4, 12, 6)[:, None, None, None]
    blob = 180 * (away[None, ..., None] < radius) * rng.random((6, 1, 1, 5))
    return (blob + rng.integers(0, 40, (6, 32, 32, 5))).astype(np.uint8)


def test_projections_are_what_they_say(patches):
    assert (FIRST_THREE(patches) == patches[..., :3]).all()
    gray = MEAN(patches)
    assert np.abs(gray - patches.mean(-1, keepdims=True)).max() <= 0.5 + 1e-4
    assert (np.array(COLOURS.weights).sum(1) == pytest.approx(1)) and COLOURS(
        np.full((1, 2, 2, 5), 255, np.uint8)
    ).min() == 255
    only_dna = np.zeros((1, 2, 2, 5), np.uint8)
    only_dna[..., 0] = 200
    assert COLOURS(only_dna)[0, 0, 0].tolist() == [0, 0, 120]  # DNA is blue


def test_principal_components_are_scikit_learns(patches):
    found = principal(patches)
    flat = patches.reshape(-1, 5).astype(float)
    truth = PCA(3).fit(flat)
    for own, theirs in zip(np.array(found.weights), truth.components_, strict=True):
        assert abs(own @ theirs) / np.linalg.norm(own) == pytest.approx(1, abs=1e-6)
        assert own[np.abs(own).argmax()] > 0
    scores = flat @ np.array(found.weights).T + found.offset
    assert scores.mean(0) == pytest.approx(127.5)
    assert scores.std(0) == pytest.approx(127.5 / 3, rel=1e-3)
    assert found(patches).dtype == np.uint8
    with pytest.raises(InputError, match="three channels that vary"):
        principal(np.repeat(patches[..., :1], 5, axis=-1))


def by_hand(picture, side=224):
    """The published recipe of EfficientNet-Lite with Pillow and the net before it is folded."""
    kept = round(0.875 * len(picture))
    first = round((len(picture) - kept) / 2)
    cut = picture[first : first + kept, first : first + kept]
    planes = [
        Image.fromarray(plane.astype(np.float32)).resize((side, side), Image.Resampling.BICUBIC)
        for plane in np.moveaxis(cut, -1, 0)
    ]
    seen = (np.stack(planes).clip(0, 255) - 127) / 128
    net = Lite0()
    net.load_state_dict(read_weights(weights_file()))
    with torch.no_grad():
        return net.eval().features(torch.tensor(seen)[None].float())[0].numpy()


@pytest.mark.parametrize("side", [64, 96])
def test_the_default_is_the_packages_net_with_the_published_input(patches, side):
    shown = COLOURS(patches[:2])
    found = embed(shown, side=side)
    assert found.shape == (2, 1280) and found.dtype == np.float32
    expected = np.stack([by_hand(picture, side) for picture in shown])
    assert np.abs(found - expected).max() < 2e-3 * expected.max()
    assert (found == embed(patches[:2], side=side)).all()  # five channels are projected so


def test_a_picture_does_not_change_its_neighbours(patches):
    many = embed(patches, side=32)
    assert many[3:4] == pytest.approx(embed(patches[3:4], side=32), abs=1e-4)
    assert np.linalg.norm(many[0] - many[-1]) > 1  # other pictures, other features


def test_the_cache_returns_what_was_computed_and_knows_its_inputs(patches, monkeypatch):
    first = embed(patches, side=32)
    monkeypatch.setattr(module.pretrained, "features", lambda *_: pytest.fail("computed again"))
    assert (embed(patches, side=32) == first).all()
    for changed in ({"side": 64}, {"projection": MEAN, "side": 32}, {"keep": False, "side": 32}):
        with pytest.raises(pytest.fail.Exception):
            embed(patches, **changed)


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise OSError("no network here")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for variable in ("TORCH_HOME", "HF_HOME", "HF_HUB_CACHE"):
        monkeypatch.setenv(variable, str(tmp_path / variable))


def test_the_default_needs_no_network(no_network, patches):
    assert embed(patches[:1], side=32, keep=False).shape == (1, 1280)


@pytest.mark.parametrize("name", ["resnet18", "torchvision/vit_b_16"])
def test_without_a_network_the_error_says_what_to_do(no_network, patches, name):
    with pytest.raises(InputError, match="name a file of weights, or use 'efficientnet_lite0'"):
        embed(patches, name)


def test_an_unknown_net_gets_the_nearest_names(patches):
    with pytest.raises(InputError, match="Did you mean 'resnet18'"):
        embed(patches, "resnet_18")
    with pytest.raises(InputError, match="no net 'timm/no_such_net'"):
        embed(patches, "timm/no_such_net")


def test_a_net_of_torchvision_from_a_file(patches, tmp_path):
    from torchvision.models import resnet18

    net = resnet18().eval()
    torch.save(net.state_dict(), tmp_path / "resnet.pth")
    shown = COLOURS(patches)
    found = embed(shown, "resnet18", side=64, weights=tmp_path / "resnet.pth")
    assert found.shape == (6, 512)
    seen = torch.from_numpy(shown).permute(0, 3, 1, 2)[:, :, 2:30, 2:30].float()
    seen = torch.nn.functional.interpolate(seen, (64, 64), mode="bilinear") / 255
    mean, std = torch.tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])[:, :, None, None]
    net.fc = torch.nn.Identity()
    with torch.no_grad():
        assert found == pytest.approx(net((seen - mean) / std).numpy(), abs=1e-4)


def test_the_papers_net_of_timm_from_a_file(patches, tmp_path):
    timm = pytest.importorskip("timm")
    from safetensors.torch import save_file

    net = timm.create_model("inception_v4", pretrained=False).eval()
    save_file(net.state_dict(), tmp_path / "inception.safetensors")
    shown = COLOURS(patches[:2])
    found = embed(shown, "inception_v4", side=96, weights=tmp_path / "inception.safetensors")
    kept = torch.from_numpy(shown).permute(0, 3, 1, 2)[:, :, 2:30, 2:30].float()
    seen = torch.nn.functional.interpolate(kept, (96, 96), mode="bicubic", antialias=True)
    net.reset_classifier(0)
    with torch.no_grad():
        expected = net(seen.clamp(0, 255) / 127.5 - 1).numpy()
    assert found.shape == (2, 1536) and found == pytest.approx(expected, abs=1e-4)


def test_weights_that_do_not_fit_or_run_code_are_refused(patches, tmp_path):
    class Evil:
        def __reduce__(self):
            return (tmp_path / "run").touch, ()

    torch.save({"weight": Evil()}, tmp_path / "evil.pth")
    torch.save({"weight": torch.zeros(1)}, tmp_path / "other.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    (tmp_path / "words.safetensors").write_text("no weights")
    there = importlib.util.find_spec("safetensors") is not None
    for name, why in (
        ("evil.pth", "must not run code"),
        ("other.pth", "not those of"),
        ("list.pth", "table of tensors"),
        ("words.safetensors", "is none" if there else "needs safetensors"),
        ("missing.pth", "no file of weights"),
    ):
        with pytest.raises(InputError, match=why):
            embed(patches, "resnet18", weights=tmp_path / name)
    assert not (tmp_path / "run").exists()


def test_a_side_that_the_net_does_not_take(patches, tmp_path):
    from torchvision.models import vit_b_32

    torch.save(vit_b_32().state_dict(), tmp_path / "vit.pth")
    with pytest.raises(InputError, match="does not take an input of 64x64"):
        embed(patches, "vit_b_32", side=64, weights=tmp_path / "vit.pth")
    with pytest.raises(InputError, match="32 pixels or more"):
        embed(patches, side=16)


def test_wrong_pixels_are_refused(patches):
    for wrong in (patches[..., :4], patches.astype(float), patches[:0], patches[0]):
        with pytest.raises(InputError):
            embed(wrong, side=32)


def test_tsne_keeps_clusters_apart_and_is_deterministic(rng):
    labels = np.repeat([0, 1, 2], 30)
    features = rng.normal(0, 1, (90, 60)) + 8 * np.eye(60)[labels * 3]
    found = tsne(features, perplexity=10, seed=3)
    assert found.shape == (90, 2)
    assert silhouette_score(found, labels) > 0.5
    assert (tsne(features, perplexity=10, seed=3) == found).all()


def test_a_perplexity_that_the_points_cannot_have(rng):
    features = rng.normal(size=(40, 5))
    assert tsne(features, perplexity=13).shape == (40, 2)
    for wrong in (13.5, 1, np.nan):
        with pytest.raises(InputError, match="perplexity must lie between 2 and 13"):
            tsne(features, perplexity=wrong)

import pytest
import torch
from skimage import data
from torch import nn
from torch.nn import functional

from confoundlab.models.lite0 import Lite0, weights_file
from confoundlab.models.pretrained import read_weights

CATS = range(281, 286)  # ImageNet's domestic cats


@pytest.fixture(scope="module")
def net():
    found = Lite0()
    found.load_state_dict(read_weights(weights_file()))
    return found.eval()


def shown(picture):
    whole = torch.tensor(picture.copy()).permute(2, 0, 1)[None].float()
    side = min(whole.shape[2:])
    first = (whole.shape[3] - side) // 2
    square = whole[..., :side, first : first + side]
    return (functional.interpolate(square, (224, 224), mode="bicubic") - 127) / 128


def test_it_names_what_photographs_show(net):
    with torch.no_grad():
        assert int(net(shown(data.chelsea())).argmax()) in CATS
        assert int(net(shown(data.coffee())).argmax()) in (504, 967)  # coffee mug, espresso


def test_parameters_are_as_many_as_published(net):
    assert sum(part.numel() for part in net.parameters()) == pytest.approx(4.7e6, rel=0.02)


@pytest.mark.parametrize("side", [32, 33, 75])
def test_folding_changes_nothing_but_the_time(net, side):
    x = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0)) * 2 - 1
    folded = Lite0()
    folded.load_state_dict(net.state_dict())
    folded.eval().fold()
    assert not any(isinstance(part, nn.BatchNorm2d) for part in folded.modules())
    with torch.no_grad():
        torch.testing.assert_close(folded.features(x), net.features(x), atol=1e-4, rtol=1e-4)

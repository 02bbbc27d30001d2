import pytest
import torch
from torch import nn

from helpers.backbone import SmallResNet


def test_the_network_is_small_and_made_of_plain_convolutions():
    network = SmallResNet()
    count = sum(one.numel() for one in network.parameters())
    assert 1e6 < count < 3e6
    convolutions = [one for one in network.modules() if isinstance(one, nn.Conv2d)]
    assert len(convolutions) == 13
    assert all(one.groups == 1 and one.dilation == (1, 1) for one in convolutions)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (96, 128), (97, 61), (32, 33)])
def test_stages_have_the_stated_sizes_and_channels_whatever_the_size_of_the_image(height, width):
    network = SmallResNet().eval()
    with torch.no_grad():
        x = torch.rand(2, 3, height, width)
        maps = network.stages(x)
        assert torch.equal(network(x), maps[-1])
    assert [one.shape[1] for one in maps] == [48, *network.channels]
    for level, one in enumerate(maps, 1):
        assert one.shape[2:] == (-(-height // 2**level), -(-width // 2**level))
        assert (one >= 0).all()


def test_every_weight_takes_part_in_the_result():
    network = SmallResNet()
    network(torch.rand(4, 3, 64, 64)).square().mean().backward()
    assert all(one.grad is not None and one.grad.any() for one in network.parameters())

"""The layer whose maps are explained is found by running the network."""

import pytest
import torch
from torch import nn
from torchvision import models

from helpers.backbone import load_backbone
from helpers.explain.layers import at_rest, find_layers, last_layer
from helpers.training.learning import Classifier
from helpers.training.networks import load_body
from tests.explain.conftest import make_convolutional, make_images, make_linear


def test_layers_come_in_the_order_they_finish_with_the_shape_of_their_maps():
    table = find_layers(make_convolutional(), make_images())
    assert table.index.to_list() == ["0", "1", "2", "3", "4"]  # the pooled maps are one cell
    assert table.loc["3", ["maps", "height", "width"]].to_list() == [8, 4, 4]
    assert table["convolution"].to_list() == [True, False, False, True, False]
    assert table["depth"].to_list() == [0.25, 0.5, 0.5, 0.75, 0.75]


def test_layers_with_weights_count_once_however_they_are_nested_and_one_image_is_shown():
    first = nn.Sequential(nn.Conv2d(3, 1, 3), nn.ReLU())
    model = nn.Sequential(first, nn.AdaptiveAvgPool2d((1, 2)), nn.Flatten(), nn.Linear(2, 3))
    seen = []
    model.register_forward_pre_hook(lambda _, images: seen.append(len(images[0])))
    table = find_layers(model, make_images())
    # The block hands on what its activation gave and stands for it.
    assert table.index.to_list() == ["0.0", "0", "1"]
    assert table["depth"].to_list() == [0.5, 0.5, 0.5]
    assert table.loc["1", ["maps", "height", "width"]].to_list() == [1, 1, 2]
    assert seen == [1]
    assert last_layer(model, make_images()) == ("0", True)  # half of the layers are enough
    alone = nn.Sequential(nn.Conv2d(3, 3, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert find_layers(alone, make_images())["depth"].to_list() == [1]


def test_the_last_layer_is_the_activation_behind_the_last_convolution():
    assert last_layer(make_convolutional(), make_images()) == ("4", True)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet18", "layer4"),
        ("vgg11", "features.19"),  # the ReLU before the last pooling
        ("mobilenet_v3_small", "features"),
        ("densenet121", "features"),
    ],
)
def test_known_networks_of_torchvision_give_their_last_maps(name, expected):
    network = models.get_model(name, weights=None)
    assert last_layer(network, torch.rand(1, 3, 96, 96)) == (expected, True)


def test_of_a_block_with_a_shortcut_the_sum_counts_and_not_the_convolution_that_ran_last():
    network = nn.Sequential(load_backbone(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    assert last_layer(network, torch.rand(1, 3, 64, 64)) == ("0", True)
    assert find_layers(network, torch.rand(1, 3, 64, 64)).loc["0", "maps"] == 384


def test_in_networks_of_build_learner_part_of_the_answer_goes_past_the_last_layer():
    network = Classifier(load_body(pretrained=False), 3)
    assert last_layer(network, torch.rand(1, 3, 64, 64)) == ("0.network.stage4", False)


def test_where_the_last_maps_are_one_cell_those_before_are_taken():
    network = Classifier(load_body(pretrained=False), 3)
    assert last_layer(network, torch.rand(1, 3, 32, 32))[0] == "0.network.stage3"


def test_a_transformer_and_a_linear_model_have_no_last_convolution():
    transformer = models.get_model("swin_t", weights=None)
    with pytest.raises(ValueError, match=r"features.0.0.*followed by 9\d% of its layers"):
        last_layer(transformer, torch.rand(1, 3, 64, 64))
    with pytest.raises(ValueError, match="No convolution"):
        last_layer(make_linear(), make_images())


def test_the_network_comes_out_as_it_went_in_even_after_an_error():
    model = make_convolutional().train()
    model[1].eval()
    model.bfloat16 = model[3].bfloat16 = True
    with pytest.raises(RuntimeError, match="stop"), at_rest(model):
        assert not any(module.training for module in model.modules())
        assert not model.bfloat16 and not model[3].bfloat16
        raise RuntimeError("stop")
    assert model.training and not model[1].training and model[0].training
    assert model.bfloat16 and model[3].bfloat16


def test_at_rest_a_gpu_rounds_no_convolution_of_32_bits():
    with at_rest(make_convolutional()):
        assert torch.backends.cudnn.conv.fp32_precision == "ieee"
    assert torch.backends.cudnn.allow_tf32

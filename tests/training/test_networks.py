"""Backbones by name: the same features as the network they come from, or one clear sentence."""

import socket

import pytest
import torch
import torchvision

from helpers.backbone import SmallResNet, facts, load_backbone
from helpers.training.networks import Body, count_channels, load_body


def random_images(size=64):
    return torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(0))


def normalised(images, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225)):
    return torchvision.transforms.functional.normalize(images, mean, std)


@torch.no_grad()
def test_the_bundled_backbone_sees_images_normalised_by_its_own_figures():
    body, network = load_body().eval(), load_backbone().eval()
    expected = network.stages(normalised(random_images(), facts()["mean"], facts()["std"]))
    for found, maps in zip(body.stages(random_images()), expected, strict=True):
        torch.testing.assert_close(found, maps)
    assert count_channels(body) == [48, 48, 96, 192, 384]
    assert body.size == facts()["size"]


def test_untrained_weights_are_random_ones():
    torch.manual_seed(0)
    weights = load_body(pretrained=False).network.state_dict()
    torch.manual_seed(0)
    expected = SmallResNet().state_dict()
    assert all(torch.equal(weights[name], expected[name]) for name in expected)


@torch.no_grad()
def test_imagenet_weights_give_the_features_of_torchvision(imagenet):
    body = load_body("mobilenet_v2").eval()
    model = torchvision.models.mobilenet_v2(weights="IMAGENET1K_V1").eval()
    torch.testing.assert_close(body(random_images()), model.features(normalised(random_images())))


@pytest.mark.parametrize(
    ("name", "channels"),
    [
        ("resnet18", [64, 64, 128, 256, 512]),
        ("squeezenet1_0", [96, 256, 512, 512]),
        ("mobilenet_v2", [16, 24, 32, 96, 1280]),
        ("densenet121", [64, 256, 512, 1024, 1024]),
        ("convnext_tiny", [96, 192, 384, 768]),
        ("shufflenet_v2_x0_5", [24, 24, 48, 96, 1024]),
        ("timm:resnet10t", [64, 64, 128, 256, 512]),
        ("timm:lcnet_050", [16, 32, 64, 128, 256]),
    ],
)
@torch.no_grad()
def test_stages_are_the_last_maps_of_each_resolution(name, channels):
    body = load_body(name, pretrained=False).eval()
    maps = body.stages(random_images())
    assert [one.shape[1] for one in maps] == channels
    sizes = [one.shape[-1] for one in maps]
    assert sizes == sorted(set(sizes), reverse=True)
    assert torch.equal(maps[-1], body(random_images()))


@pytest.mark.parametrize(
    ("name", "channels"),
    [("mambaout_femto", [48, 96, 192, 288]), ("sequencer2d_s", [192, 384, 384])],
)
def test_channels_come_first_where_a_network_has_them_last(name, channels):
    assert count_channels(load_body(f"timm:{name}", pretrained=False)) == channels


@pytest.mark.parametrize(("name", "last"), [("inception_v3", "Mixed_7c"), ("googlenet", "5b")])
def test_inception_is_whole_and_sees_images_as_it_was_trained(name, last):
    body = load_body(name, pretrained=False)
    blocks = [key for key, _ in body.network.named_children()]
    assert blocks[-1].removesuffix("0").endswith(last)
    assert not [key for key in blocks if key.lower().startswith("aux")]
    # What transform_input of torchvision makes of images normalised as for other networks.
    assert body.mean.unique().tolist() == body.std.unique().tolist() == [0.5]


def test_an_unknown_tag_is_told_from_an_unknown_network():
    with pytest.raises(ValueError, match="no weights 'nonsense' of 'resnet10t'.*'c3_in1k'"):
        load_body("timm:resnet10t.nonsense")


@pytest.mark.parametrize(
    ("name", "near"),
    [("resnet81", "'resnet18'"), ("bundle", "'bundled'"), ("mobilnet_v2", "'mobilenet_v2'")],
)
def test_an_unknown_name_gets_the_nearest_ones(name, near):
    with pytest.raises(ValueError, match=f"There is no backbone '{name}'.*did you mean.*{near}"):
        load_body(name)


def test_a_network_without_feature_maps_is_refused():
    with pytest.raises(ValueError, match="'vit_b_16' gives no feature maps"):
        load_body("vit_b_16", pretrained=False)


@pytest.mark.parametrize("name", ["resnet18", "timm:resnet10t"])
def test_weights_that_cannot_be_had_are_told_in_one_sentence(name, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(
        ValueError, match=f"weights of '{name}' are not .*backbone='bundled'"
    ) as error:
        load_body(name)
    assert "\n" not in str(error.value)


def test_a_server_that_does_not_answer_is_given_up_soon(tmp_path, monkeypatch):
    """A server that accepts and stays silent."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("helpers.training.networks.SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/resnet18-00000000.pth"
        kind = torchvision.models.ResNet18_Weights.DEFAULT
        monkeypatch.setattr(kind.value, "url", url) if hasattr(kind.value, "__dict__") else None
        with pytest.raises(ValueError, match="cannot be downloaded .*timed out"):
            load_body("resnet18")
        # It was asked once: no clock is read, since the machine may be busy with other tests.
        silent.settimeout(0)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert socket.getdefaulttimeout() is None


def test_a_body_takes_what_fastai_hands_over():
    from fastai.vision.core import TensorImage

    maps = Body(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3, 2)), (0.5,) * 3, (0.5,) * 3, 64)
    assert type(maps(TensorImage(random_images()))) is torch.Tensor

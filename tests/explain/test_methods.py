"""Attributions against their closed forms, and what is left behind after many of them."""

import gc

import numpy as np
import psutil
import pytest
import torch
from PIL import Image
from scipy.ndimage import sobel
from torch import nn

from helpers.explain.layers import last_layer
from helpers.explain.methods import CONTROLS, GREY, METHODS, attribute
from helpers.training.decoding import fit
from helpers.training.learning import Classifier
from helpers.training.networks import load_body
from tests.explain.conftest import SIDE, make_convolutional, make_images, make_linear

TARGETS = torch.tensor([0, 2, 1, 2])
BASE = torch.tensor(GREY).view(1, 3, 1, 1)


def weights_of(model, targets):
    return model[1].weight[targets].detach().view(len(targets), 3, SIDE, SIDE)


@pytest.mark.parametrize("classes", [2, 3, 120])
def test_integrated_gradients_of_a_linear_model_are_weight_times_difference(classes):
    model, images, targets = make_linear(classes), make_images(), TARGETS % classes
    found = attribute(model, images, targets, "integrated gradients")
    expected = (weights_of(model, targets) * (images - BASE)).sum(1)
    assert np.allclose(found, expected.numpy(), atol=1e-5)


def test_occlusion_of_a_linear_model_is_the_mean_over_the_squares_that_cover_a_pixel():
    model, images = make_linear(), make_images()
    drop = (weights_of(model, TARGETS) * (images - BASE)).sum(1).numpy()
    side, stride = SIDE // 6, 1
    total, covered = np.zeros_like(drop), np.zeros(drop.shape[1:])
    for top in range(0, SIDE - side + 1, stride):
        for left in range(0, SIDE - side + 1, stride):
            window = np.s_[top : top + side, left : left + side]
            total[:, *window] += drop[:, *window].sum((1, 2))[:, None, None]
            covered[window] += 1
    assert np.allclose(attribute(model, images, TARGETS, "occlusion"), total / covered, atol=1e-4)


def test_occlusion_moves_a_sixth_of_the_picture_by_three_quarters_of_that():
    model, images = make_linear(side=36), make_images(side=36)
    weights = model[1].weight[TARGETS].detach().view(4, 3, 36, 36)
    drop = (weights * (images - BASE)).sum(1).numpy()
    total, covered = np.zeros_like(drop), np.zeros(drop.shape[1:])
    for top in range(0, 36, 4):
        for left in range(0, 36, 4):
            window = np.s_[top : top + 6, left : left + 6]
            total[:, *window] += drop[:, *window].sum((1, 2))[:, None, None]
            covered[window] += 1
    assert np.allclose(attribute(model, images, TARGETS, "occlusion"), total / covered, atol=1e-4)


def test_held_against_a_rival_the_difference_of_the_two_logits_is_explained():
    model, images = make_linear(), make_images()
    rivals = torch.tensor([1, 0, 2, 2])
    found = attribute(model, images, TARGETS, "integrated gradients", rivals=rivals)
    weights = weights_of(model, TARGETS) - weights_of(model, rivals)
    assert np.allclose(found, (weights * (images - BASE)).sum(1).numpy(), atol=1e-5)
    assert (found[3] == 0).all() and np.abs(found[:3]).max() > 0.01


def test_edges_are_those_of_sobel_on_the_mean_of_the_colours():
    images = make_images()
    expected = [
        np.hypot(*(sobel(grey, axis, mode="nearest") for axis in (0, 1)))
        for grey in images.mean(1).numpy()
    ]
    found = attribute(make_linear(), images, TARGETS, "edges")
    assert np.allclose(found, expected, atol=1e-5)


def test_noise_is_of_six_cells_a_side_enlarged():
    images, model = make_images(2), make_linear()
    cells = np.random.default_rng((5, 0)).random((2, 1, 6, 6), np.float32)
    expected = nn.functional.interpolate(torch.from_numpy(cells), (SIDE, SIDE), mode="bilinear")
    found = attribute(model, images, TARGETS[:2], "random", seed=5)
    assert np.allclose(found, expected[:, 0].numpy(), atol=1e-6)


def test_what_is_painted_over_has_the_grey_of_the_bars_beside_a_picture():
    bars = fit(Image.new("RGB", (8, 16)), 16, "pad")[:, 0]
    assert np.allclose(bars / 255, GREY, atol=1e-9)


def test_grad_cam_of_pooled_maps_is_their_weighted_sum():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 5, 4, 4), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                          nn.Linear(5, 3))  # fmt: skip
    images = make_images()
    maps, weights = model[0](images).detach(), model[3].weight[TARGETS].detach()
    cam = (maps * weights[:, :, None, None]).sum(1, keepdim=True).clamp(min=0) / 16
    expected = nn.functional.interpolate(cam, (SIDE, SIDE), mode="bilinear")[:, 0].numpy()
    assert np.allclose(attribute(model, images, TARGETS, "grad-cam"), expected, atol=1e-6)
    assert np.array_equal(
        attribute(model, images, TARGETS, "grad-cam", layer="0"),
        attribute(model, images, TARGETS, "grad-cam"),
    )


def test_integrated_gradients_add_up_to_what_the_answer_differs_from_the_baseline_by():
    model, images = make_convolutional().eval(), make_images()
    for baseline in (None, torch.zeros(3, 1, 1)):
        found = attribute(model, images, TARGETS, "integrated gradients", baseline=baseline)
        start = BASE.expand_as(images) if baseline is None else torch.zeros_like(images)
        with torch.no_grad():
            gap = (model(images) - model(start)).gather(1, TARGETS[:, None])[:, 0]
        assert np.allclose(found.sum((1, 2)), gap, atol=0.02 * gap.abs().max())
        assert gap.abs().min() > 1e-3


def test_the_controls_ask_no_network_and_noise_follows_the_seed():
    images, other = make_images(), make_images() * 0.5
    assert set(CONTROLS) == {"random", "centre", "edges"}
    for model in (make_linear(), make_convolutional()):
        random, centre, edges = (attribute(model, images, TARGETS, name) for name in CONTROLS)
        assert np.array_equal(random, attribute(model, other, TARGETS, "random"))
        assert not np.allclose(random, attribute(model, images, TARGETS, "random", seed=1))
        assert not np.allclose(random[0], random[1])
        assert np.allclose(attribute(model, other, TARGETS, "edges"), edges / 2, atol=1e-5)
        assert np.array_equal(centre, attribute(model, other, TARGETS, "centre"))
    assert (centre == centre[0]).all() and np.allclose(centre, centre[:, ::-1, ::-1])
    at = np.linspace(-1, 1, SIDE)[[SIDE // 2 - 1, 0]]
    blob = np.exp(-(at[:, None] ** 2 + at**2) / (2 * 0.4**2))
    assert np.allclose(centre[0][np.ix_([SIDE // 2 - 1, 0], [SIDE // 2 - 1, 0])], blob, atol=1e-6)
    step = torch.zeros(1, 3, SIDE, SIDE)
    step[..., 8:] = 1
    edge = attribute(make_linear(), step, TARGETS[:1], "edges")[0]
    assert (edge[:, 7:9] > 0).all() and (np.delete(edge, [7, 8], 1) == 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_images_are_explained_alike_alone_and_among_many(method):
    model, images = make_convolutional(), make_images(20)
    targets = torch.arange(20) % 3
    together = attribute(model, images, targets, method)
    assert np.allclose(together[18], attribute(model, images[18:19], targets[18:19], method)[0],
                       atol=1e-5)  # fmt: skip


def test_a_method_of_ones_own_is_asked_and_checked():
    model, images = make_convolutional(), make_images(20)

    def brightness(model, images, targets):
        assert not model.training
        return images.mean(1) * (targets[:, None, None] + 1)

    found = attribute(model.train(), images, torch.arange(20) % 3, brightness)
    assert model.training
    assert np.allclose(found[17], images[17].mean(0).numpy() * 3)
    with pytest.raises(ValueError, match=r"shape \(16, 3, 16, 16\) for 16 images"):
        attribute(model, images, torch.zeros(20, dtype=int), lambda model, images, _: images)


def test_unknown_methods_and_layers_are_refused_with_the_nearest_name():
    model, images = make_convolutional(), make_images()
    with pytest.raises(ValueError, match="'gradcam'.*did you mean.*grad-cam"):
        attribute(model, images, TARGETS, "gradcam")
    with pytest.raises(ValueError, match="no layer 'stage9'"):
        attribute(model, images, TARGETS, "grad-cam", layer="stage9")
    with pytest.raises(ValueError, match="'7' gives no maps"):
        attribute(model, images, TARGETS, "grad-cam", layer="7")


@pytest.mark.parametrize("method", METHODS)
def test_a_hundred_explanations_leave_no_hook_no_slope_and_no_memory(method):
    model, images = make_convolutional(), make_images(2, 24)
    targets, process = torch.tensor([0, 1]), psutil.Process()

    def explain_often(times):
        for _ in range(times):
            attribute(model, images, targets, method)
        gc.collect()
        return process.memory_info().rss

    def tensors():
        return sum(isinstance(one, torch.Tensor) for one in gc.get_objects())

    explain_often(10)
    alive = tensors()
    # What other tests left in the process may be given back, or filled, at any time, but not in
    # each of three rounds; a kept graph grows in every one.
    sizes = [explain_often(50) for _ in range(4)]
    hooks = [
        [*module._forward_hooks, *module._backward_hooks, *module._forward_pre_hooks,
         *module._backward_pre_hooks]
        for module in model.modules()
    ]  # fmt: skip
    assert not any(hooks)
    assert tensors() <= alive
    grown = np.diff(sizes)
    assert grown.min() < 2e6, grown  # a kept graph of two images would take 50 × 50 kB
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not images.requires_grad


@pytest.mark.parametrize(
    ("backbone", "layer"),
    [("bundled", "0.network.stage4"), ("resnet18", "0.network.layer41"),
     ("timm:resnet10t", "0.network.layer4")],
)  # fmt: skip
def test_learners_of_any_backbone_are_explained_by_every_method(backbone, layer):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = Classifier(load_body(backbone, pretrained=False), 2)
    model.bfloat16 = True
    images = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    assert last_layer(model, images)[0] == layer
    for rivals in (None, torch.tensor([1])):
        for method in METHODS:
            found = attribute(model, images, torch.tensor([0]), method, rivals=rivals)
            assert found.shape == (1, 64, 64) and np.isfinite(found).all()
    assert found.std() > 0 and model.bfloat16

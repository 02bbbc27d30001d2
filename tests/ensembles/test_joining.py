"""Networks made of networks, against what they are made of."""

import pytest
import torch
from torch import nn

from helpers.ensembles import EightViews, Ensemble, average_weights, measure_cost


def network(seed, classes=3):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(144, classes)
        ).eval()


IMAGES = torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))


def test_an_ensemble_answers_the_mean_of_probabilities():
    networks = [network(0), network(1), network(2)]
    expected = torch.stack([one(IMAGES).softmax(1) for one in networks]).mean(0)
    assert torch.allclose(Ensemble(networks)(IMAGES).softmax(1), expected, atol=1e-6)


def test_eight_views_are_all_that_mirrors_and_right_angles_make():
    found, one = EightViews(network(0))(IMAGES), network(0)
    views = []
    for image in (IMAGES, IMAGES.flip(2)):  # mirrored upside down: the same eight
        for turns in range(4):
            views.append(one(image.rot90(turns, (3, 2))).softmax(1))
    assert torch.allclose(found.softmax(1), torch.stack(views).mean(0), atol=1e-6)
    for same in (IMAGES.flip(3), IMAGES.rot90(1, (2, 3))):
        assert torch.allclose(EightViews(network(0))(same), found, atol=1e-5)


def test_weights_are_averaged_number_by_number_and_their_networks_stay():
    networks = [network(0), network(1), network(5)]
    networks[1][1].running_var += 2
    before = [{k: v.clone() for k, v in one.state_dict().items()} for one in networks]
    found = average_weights(networks).state_dict()
    for name, value in found.items():
        stack = torch.stack([one[name].float() for one in before])
        assert torch.allclose(value.float(), stack.mean(0), atol=1e-6), name
    for one, old in zip(networks, before, strict=True):
        assert all(torch.equal(value, old[name]) for name, value in one.state_dict().items())


def test_averaging_one_network_gives_it_back():
    one = network(3)
    assert torch.allclose(average_weights([one]).eval()(IMAGES), one(IMAGES))


def test_what_an_answer_costs_grows_with_the_networks_asked():
    models = {"one": network(0), "five": Ensemble([network(n) for n in range(5)])}
    found = measure_cost(models, 8)
    numbers = 4 * 3 * 9 + 4 + 4 * 4 + 1 + 144 * 3 + 3  # BatchNorm keeps four rows and a count
    assert found.loc["one", "megabytes"] == pytest.approx(numbers * 4 / 1e6)
    assert found.loc["five", "megabytes"] == pytest.approx(5 * numbers * 4 / 1e6)
    assert (found["milliseconds"] > 0).all()
    assert not models["one"].training


def test_weights_are_averaged_where_torch_takes_its_fast_way_as_on_a_gpu(monkeypatch):
    networks, devices = [network(0), network(1)], "_get_foreach_kernels_supported_devices"
    networks[1][1].num_batches_tracked += 4
    plain = average_weights(networks).state_dict()
    monkeypatch.setattr(torch.optim.swa_utils, devices, lambda: ["cpu"])
    averaged = average_weights(networks).state_dict()
    for name, value in averaged.items():
        assert torch.equal(value, plain[name]), name
    first, second = (one[0].weight for one in networks)
    assert torch.allclose(averaged["0.weight"], (first + second) / 2)
    assert averaged["1.num_batches_tracked"] == 2

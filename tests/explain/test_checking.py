"""What a heatmap must pass: other weights, another method, deletion."""

from copy import deepcopy
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from scipy import stats
from torch import nn

from helpers.explain.checking import (
    agreement,
    area_under,
    check_weights,
    deletion,
    half_of,
    judge_weights,
    randomise,
    similarity,
)
from helpers.explain.heatmaps import Heatmaps, explain
from helpers.explain.methods import GREY
from tests.explain.conftest import make_convolutional


def test_similarity_is_the_rank_correlation_of_averages_over_a_grid():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 3, 8, 12))
    coarse = [one.reshape(3, 4, 2, 4, 3).mean((2, 4)).reshape(3, -1) for one in (first, second)]
    expected = [stats.spearmanr(a, b).statistic for a, b in zip(*coarse, strict=True)]
    assert np.allclose(similarity(first, second, cells=4), expected, atol=1e-6)
    square = first[..., :8]
    assert np.allclose(similarity(square, np.exp(square), cells=12), 1)  # no finer than the maps
    assert similarity(first, np.ones_like(first)).tolist() == [0, 0, 0]


def test_agreement_is_one_with_itself_and_symmetric(dataset, learner):
    maps = {name: explain(learner, dataset, name) for name in ("grad-cam", "edges", "random")}
    table = agreement(maps)
    assert np.allclose(np.diag(table), 1) and np.allclose(table, table.T)
    expected = similarity(maps["edges"].maps, maps["random"].maps).mean()
    assert table.loc["edges", "random"] == pytest.approx(expected)


def test_weights_are_shuffled_from_the_answer_back_and_the_network_itself_stays():
    model = make_convolutional()
    before = deepcopy(model.state_dict())
    changed = {}
    for share in (0.0, 0.5, 1.0):
        made = randomise(model, share, seed=3).state_dict()
        for name, value in made.items():
            assert torch.equal(value.flatten().sort()[0], before[name].flatten().sort()[0])
        changed[share] = {n.split(".")[0] for n, v in made.items() if not torch.equal(v, before[n])}
    assert changed[0.0] == {"7"}
    assert changed[0.5] == {"3", "7"}
    assert changed[1.0] == {"0", "3", "7"}  # all of a fresh batch normalisation is alike
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    again = (randomise(model, 1.0, seed=seed).state_dict()["0.weight"] for seed in (3, 4))
    assert not torch.equal(*again)


def test_the_share_is_of_layers_with_weights_however_they_are_nested_and_two_values_are_shuffled():
    torch.manual_seed(0)
    blocks = [nn.Sequential(nn.Conv2d(3, 3, 3), nn.ReLU()) for _ in range(2)]
    model = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 2))
    before, changed = model.state_dict(), {name: set() for name in (0.34, 0.5)}
    for seed in range(8):
        for share, own in changed.items():
            made = randomise(model, share, seed).state_dict()
            own |= {name for name, value in made.items() if not torch.equal(value, before[name])}
    assert changed[0.34] == {"4.weight", "4.bias"}
    assert changed[0.5] == changed[0.34] | {"1.0.weight", "1.0.bias"}


def test_weights_are_shuffled_by_quarters_and_seed_0_unless_told(dataset, learner):
    part = dataset.with_images(dataset.images.iloc[:4])
    found = check_weights(learner, learner, part, ["occlusion"])
    assert [*dict.fromkeys(found["network"])] == ["twin", "0.0", "0.25", "0.5", "0.75", "1.0"]
    again = check_weights(learner, learner, part, ["occlusion"], seed=0)
    pd.testing.assert_frame_equal(found, again)
    assert not found.equals(check_weights(learner, learner, part, ["occlusion"], seed=1))
    assert found.loc[found["network"] == "twin", "similarity"].to_list() == pytest.approx([1] * 4)


def test_only_what_follows_the_learned_weights_passes(dataset):
    """A network that looks where its class's colour is, beside a patch of another colour; its twin
    learned the same, a bit off."""
    for number, image_id in enumerate(dataset.images.index):
        pixels = np.array(dataset.load(image_id))
        pixels[:12, 25:, (number // 6 + 1) % 3] = 230
        Image.fromarray(pixels).save(dataset.path(image_id))

    def looks_at_colour(noise, seed):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Conv2d(3, 24, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1),
                              nn.Flatten(), nn.Linear(24, 3))  # fmt: skip
        colours = torch.eye(3).repeat(8, 1) - 0.4
        with torch.no_grad():
            model[0].weight.copy_((colours + noise * torch.randn(24, 3))[:, :, None, None])
            model[0].bias.zero_()
            model[4].weight.copy_(torch.eye(3).repeat(1, 8) + noise * torch.randn(3, 24))
        dls = SimpleNamespace(vocab=["ash", "elm", "fir"], device="cpu", size=16, method="squish")
        return SimpleNamespace(model=model, dls=dls)

    learner, twin = looks_at_colour(0, 0), looks_at_colour(0.1, 1)
    methods = ["grad-cam", "occlusion", "random", "edges"]
    checked = check_weights(learner, twin, dataset, methods, shares=(0.0, 1.0))
    assert len(checked) == 4 * 18 * 3 and set(checked["network"]) == {"twin", "0.0", "1.0"}
    judged = judge_weights(checked, dataset.groups)
    assert judged["learned"].to_dict() == {
        "grad-cam": True, "occlusion": True, "random": False, "edges": False
    }  # fmt: skip
    own = checked[checked["method"] == "occlusion"].groupby("network")["similarity"].mean()
    assert judged.loc["occlusion", "twin"] == pytest.approx(own["twin"])
    assert judged.loc["occlusion", "shuffled"] == pytest.approx(own["1.0"])
    assert judged.loc["edges", ["twin", "shuffled"]].to_list() == pytest.approx([1, 1])


def brute(model, picture, heat, target, insertion):
    """Probabilities while pixels are changed one share after another, in the order of the map."""
    grey, order = torch.tensor(GREY), np.argsort(-heat.ravel(), kind="stable")
    image = torch.from_numpy(picture).permute(2, 0, 1) / 255
    flat = image.flatten(1).clone()
    found = []
    for step in range(11):
        count = int(np.ceil(step / 10 * len(order) - 1e-9))
        changed = grey[:, None].repeat(1, len(order)) if insertion else flat.clone()
        for at in order[:count]:
            changed[:, at] = flat[:, at] if insertion else grey
        with torch.no_grad():
            found.append(model(changed.view(1, *image.shape)).softmax(1)[0, target].item())
    return found


@pytest.mark.parametrize("insertion", [False, True])
def test_deletion_and_insertion_equal_a_loop_over_pixels(dataset, learner, insertion):
    part = dataset.with_images(dataset.images.iloc[:3])
    heatmaps = explain(learner, part, "integrated gradients")
    found = deletion(learner, heatmaps, insertion)
    model = learner.model.eval()
    for number, target in enumerate(heatmaps.targets):
        at = learner.dls.vocab.index(target)
        own = brute(model, heatmaps.pictures[number], heatmaps.maps[number], at, insertion)
        assert np.allclose(found.iloc[number], own, atol=1e-5)
    assert found.columns.to_list() == [n / 10 for n in range(11)]
    assert deletion(learner, heatmaps).equals(found) != insertion


def test_deleting_all_or_nothing_is_the_same_whatever_the_map(dataset, learner):
    real, control = (explain(learner, dataset, name) for name in ("occlusion", "random"))
    first, second = (deletion(learner, one) for one in (real, control))
    assert np.allclose(first[[0.0, 1.0]], second[[0.0, 1.0]])
    assert not np.allclose(first[0.5], second[0.5])


def test_equal_values_are_deleted_in_no_order_of_their_own(dataset, learner):
    ids = dataset.images.index[:1]
    picture = np.full((1, 16, 16, 3), 255, np.uint8)
    flat = Heatmaps(np.zeros((1, 16, 16), np.float32), pd.Series(["ash"], ids), picture, "nothing")
    seen = []
    model = nn.Sequential(nn.Flatten(), nn.Linear(768, 3))
    model.register_forward_pre_hook(lambda _, images: seen.append(images[0].clone()))
    deletion(SimpleNamespace(model=model, dls=learner.dls), flat)
    gone = (seen[5][0, 0] < 0.9).float()  # half of the pixels
    assert gone.mean() == pytest.approx(0.5, abs=0.01)
    assert 0.3 < gone[:8].mean() < 0.7 and 0.3 < gone[:, :8].mean() < 0.7


def test_the_area_is_that_of_trapezoids():
    curves = pd.DataFrame({0.0: [1.0, 0.5], 0.5: [0.0, 0.5], 1.0: [0.0, 1.0]}, ["a", "b"])
    assert area_under(curves).to_dict() == {"a": 0.25, "b": 0.625}


def test_a_twin_learns_from_every_other_group_of_each_class_and_knows_all_classes():
    labels = pd.Series(["oak"] * 8 + ["elm"] * 2, list("abcdefghij"))
    groups = pd.Series(["1", "1", "2", "2", "3", "3", "4", "4", "5", "5"], labels.index)
    assert half_of(labels, groups).index.to_list() == ["a", "b", "e", "f", "i", "j"]

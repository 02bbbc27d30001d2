"""Batches are changed image by image, in one resampling and one change of colour."""

import pytest
import torch
from fastai.vision.core import TensorImage
from torchvision.transforms import functional

from helpers.training import Augment

STILL = {"flip": False, "rotate": 0, "zoom": 0, "stretch": 0, "shift": 0}
PLAIN = {"light": 0, "contrast": 0, "colour": 0}


@pytest.fixture
def batch():
    torch.manual_seed(0)
    small = torch.rand(16, 3, 6, 6)
    return TensorImage(torch.nn.functional.interpolate(small, 48, mode="bilinear"))


def test_nothing_changes_when_nothing_may(batch):
    found = Augment(**STILL, **PLAIN)(batch, split_idx=0)
    assert type(found) is TensorImage
    torch.testing.assert_close(torch.Tensor(found), torch.Tensor(batch), atol=1e-4, rtol=0)


def test_about_half_of_the_images_are_mirrored_exactly(batch):
    still = STILL | {"flip": True}
    found = Augment(**still, **PLAIN)(batch, split_idx=0)
    mirrored = [torch.allclose(a, b.flip(-1), atol=1e-4) for a, b in zip(found, batch, strict=True)]
    same = [torch.allclose(a, b, atol=1e-4) for a, b in zip(found, batch, strict=True)]
    assert all(m != s for m, s in zip(mirrored, same, strict=True))
    assert 3 <= sum(mirrored) <= 13


def test_quarter_turns_come_alike_often_and_lose_nothing(batch):
    found = Augment(**STILL | {"turn": True}, **PLAIN)(batch, split_idx=0)
    turns = [
        [torch.allclose(a, b.rot90(k, (-2, -1)), atol=1e-4) for k in range(4)]
        for a, b in zip(found, batch, strict=True)
    ]
    assert [sum(four) for four in turns] == [1] * len(batch)
    assert all(1 <= sum(four[k] for four in turns) <= 9 for k in range(4))


def test_turns_and_flips_together_give_all_eight_symmetries(batch):
    torch.manual_seed(0)
    many = TensorImage(batch[:1].repeat(200, 1, 1, 1))
    change = Augment(**STILL | {"turn": True, "flip": True}, flip_vertical=True, **PLAIN)
    eight = [one.rot90(k, (-2, -1)) for one in (many[0], many[0].flip(-1)) for k in range(4)]
    found = [
        [torch.allclose(a, b, atol=1e-4) for b in eight].index(True)
        for a in change(many, split_idx=0)
    ]
    assert min(found.count(number) for number in range(8)) > 10


def test_a_mirrored_image_that_is_turned_is_not_sheared(batch, monkeypatch):
    monkeypatch.setattr(
        "helpers.training.augmentation._spread", lambda n, most: torch.full((n,), most)
    )
    found = Augment(**STILL | {"rotate": 30.0, "flip": True}, **PLAIN)(batch, split_idx=0)
    smooth = functional.InterpolationMode.BILINEAR
    plain = functional.rotate(torch.Tensor(batch), 30.0, interpolation=smooth)
    middle = (slice(None), slice(14, 34), slice(14, 34))
    pairs = list(zip(found, plain, strict=True))
    flips = [torch.allclose(a[middle], b.flip(-1)[middle], atol=2e-3) for a, b in pairs]
    stays = [torch.allclose(a[middle], b[middle], atol=2e-3) for a, b in pairs]
    assert all(f != s for f, s in zip(flips, stays, strict=True))
    assert 3 <= sum(flips) <= 13


def test_rotation_is_that_of_torchvision(batch, monkeypatch):
    monkeypatch.setattr(
        "helpers.training.augmentation._spread", lambda n, most: torch.full((n,), most)
    )
    found = Augment(**STILL | {"rotate": 30.0}, **PLAIN)(batch, split_idx=0)
    expected = functional.rotate(
        torch.Tensor(batch), 30.0, interpolation=functional.InterpolationMode.BILINEAR
    )
    middle = (..., slice(14, 34), slice(14, 34))
    torch.testing.assert_close(torch.Tensor(found)[middle], expected[middle], atol=2e-3, rtol=0)


def test_saturation_and_contrast_are_those_of_torchvision(batch, monkeypatch):
    monkeypatch.setattr(
        "helpers.training.augmentation._spread", lambda n, most: torch.full((n,), most)
    )
    images = 0.3 + 0.4 * torch.Tensor(batch)
    factor = torch.tensor(0.2).exp().item()
    found = Augment(**STILL, **PLAIN | {"colour": 0.2})(TensorImage(images), split_idx=0)
    expected = functional.adjust_saturation(images, factor)
    torch.testing.assert_close(torch.Tensor(found), expected, atol=1e-3, rtol=0)
    found = Augment(**STILL, **PLAIN | {"contrast": 0.2})(TensorImage(images), split_idx=0)
    expected = 0.5 + factor * (images - 0.5)
    torch.testing.assert_close(torch.Tensor(found), expected, atol=1e-3, rtol=0)


def test_values_stay_between_0_and_1_and_each_image_has_its_own_change(batch):
    white = TensorImage(torch.full((16, 3, 8, 8), 0.9))
    found = Augment(light=0.8)(white, split_idx=0)
    assert found.min() >= 0
    assert found.max() <= 1
    assert len(found.mean((1, 2, 3)).unique()) > 8


def test_only_training_batches_change_and_a_seed_repeats(batch):
    augment = Augment()
    assert augment(batch, split_idx=1) is batch
    found = []
    for _ in range(2):
        torch.manual_seed(3)
        found.append(augment(batch, split_idx=0))
    assert torch.equal(*found)
    assert not torch.equal(found[0], augment(batch, split_idx=0))

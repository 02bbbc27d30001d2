"""Policies draw for each image by itself, change training images only, and keep their form."""

import numpy as np
import pytest
import torch
from fastai.callback.mixup import CutMix, MixUp
from fastai.vision.core import TensorImage
from torchvision.transforms import v2

from helpers.augment import POLICIES, EachImage, Policy, QuarterTurn, apply_policy, make_policy
from helpers.augment.policies import find_policy
from helpers.training import build_dataloaders

MIXING = {"MixUp", "CutMix"}


@pytest.fixture(scope="module")
def images():
    """48 different images of 16 pixels a side."""
    return np.random.default_rng(0).integers(0, 256, (48, 16, 16, 3), dtype=np.uint8)


def symmetries(image):
    """The eight ways to turn and mirror a square image."""
    return [np.rot90(one, k) for one in (image, image[:, ::-1]) for k in range(4)]


def share_changed(before, after):
    return float((before != after).any(axis=(1, 2, 3)).mean())


@pytest.mark.parametrize("name", POLICIES)
def test_images_keep_their_form_and_number_and_the_originals_are_left_alone(name, images):
    before = images.copy()
    made = apply_policy(name, images)
    assert (made.shape, made.dtype) == (images.shape, np.uint8)
    assert np.array_equal(images, before)


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("none", 0, 0),
        ("mirror", 0.3, 0.7),
        ("mirror and turn", 0.7, 1),
        ("crop and zoom", 0.9, 1),
        ("light", 1, 1),
        ("hue", 0.9, 1),
        ("erasing", 0.3, 0.7),
        ("MixUp", 0.8, 1),
        ("CutMix", 0.5, 1),
        ("RandAugment", 0.6, 1),
        ("TrivialAugment", 0.5, 1),
        ("mirror, turn and light", 1, 1),
    ],
)
def test_each_policy_changes_as_many_images_as_it_should(name, least, most, images):
    assert least <= share_changed(images, apply_policy(name, images)) <= most


def test_every_policy_is_known_by_its_own_name_and_none_comes_first():
    assert list(POLICIES)[0] == "none"
    assert all(policy.name == name for name, policy in POLICIES.items())


def test_turned_and_mirrored_images_are_one_of_eight_symmetries_and_all_eight_come(images):
    seen = set()
    for before, after in zip(images, apply_policy("mirror and turn", images), strict=True):
        found = [k for k, one in enumerate(symmetries(before)) if np.array_equal(one, after)]
        assert len(found) == 1
        seen |= set(found)
    assert seen == set(range(8))


def test_mirroring_alone_never_turns(images):
    for before, after in zip(images, apply_policy("mirror", images), strict=True):
        two = [before, before[:, ::-1]]
        assert sum(np.array_equal(one, after) for one in two) == 1


def test_hue_leaves_grey_as_it_is_and_light_does_not():
    grey = np.full((8, 16, 16, 3), 120, np.uint8)
    assert share_changed(grey, apply_policy("hue", grey)) == 0
    light = apply_policy("light", grey).astype(int)
    assert share_changed(grey, light) == 1
    assert np.ptp(light, axis=-1).max() == 0


def test_what_is_erased_is_grey_and_the_rest_stays(images):
    made = apply_policy("erasing", images)
    grey = (made == 128).all(axis=-1)
    assert np.array_equal(made[~grey], images[~grey])
    assert 0.02 < grey[share := grey.any(axis=(1, 2))].mean() < 0.34
    assert share.any()


def test_mixed_images_lie_between_two_of_the_batch(images):
    made = apply_policy("MixUp", images).astype(float)
    for own, mixed in zip(images.astype(float), made, strict=True):
        off = mixed - own
        partners = images.astype(float) - own
        shares = (off * partners).sum((1, 2, 3)) / np.maximum((partners**2).sum((1, 2, 3)), 1)
        rest = np.abs(off - shares[:, None, None, None] * partners).max((1, 2, 3))
        best = rest.argmin()
        assert rest[best] <= 1  # rounding
        assert -0.01 <= shares[best] <= 0.51  # an image keeps the larger share of itself


def test_cut_pieces_come_from_one_other_image_at_the_same_place(images):
    made = apply_policy("CutMix", images)
    pasted = (made != images).any(axis=(0, 3))
    rows, columns = np.flatnonzero(pasted.any(1)), np.flatnonzero(pasted.any(0))
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert pasted[box].all()
    for after in made:
        assert sum(np.array_equal(after[box], other[box]) for other in images) == 1


@pytest.mark.parametrize("name", sorted(set(POLICIES) - {"none"}))
def test_a_seed_repeats_and_another_differs_and_nobody_elses_numbers_change(name, images):
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, again, other = (apply_policy(name, images, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.rand(3), expected)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_each_image_of_a_batch_gets_a_draw_of_its_own():
    same = TensorImage(torch.arange(4, dtype=torch.uint8).expand(200, 3, 4, 4).clone())
    torch.manual_seed(0)
    made = EachImage(v2.RandomHorizontalFlip())(same, split_idx=0)
    assert type(made) is TensorImage
    assert 0.4 < (made[:, 0, 0, 0] == 3).float().mean() < 0.6


def test_validation_images_are_left_alone():
    batch = TensorImage(torch.arange(4, dtype=torch.uint8).expand(8, 3, 4, 4).clone())
    same = EachImage(v2.RandomHorizontalFlip(p=1.0))(batch, split_idx=1)
    assert torch.equal(torch.Tensor(same), torch.Tensor(batch))


def test_in_training_it_comes_before_numbers_from_0_to_1(planes):
    seen = []

    class Look(torch.nn.Module):
        def forward(self, image):
            seen.append((image.dtype, tuple(image.shape)))
            return image

    dls = build_dataloaders(planes, 16, 8, augment=[EachImage(Look())], progress=False)
    images, _ = dls.one_batch()
    assert set(seen) == {(torch.uint8, (3, 16, 16))}
    assert images.dtype == torch.float32
    assert 0 <= images.min() <= images.max() <= 1
    before = len(seen)
    dls.valid.one_batch()
    assert len(seen) == before


def test_quarter_turns_come_alike_often_and_lose_nothing():
    image = torch.arange(3 * 4 * 4).view(3, 4, 4)
    torch.manual_seed(0)
    counts = [0] * 4
    for _ in range(400):
        made = QuarterTurn()(image)
        counts[[torch.equal(made, image.rot90(k, (-2, -1))) for k in range(4)].index(True)] += 1
    assert sum(counts) == 400
    assert min(counts) > 60


def test_callbacks_are_made_anew_and_steps_fit_the_size():
    first, second = (POLICIES["MixUp"].build(16) for _ in range(2))
    assert first[0] == []
    assert isinstance(first[1][0], MixUp)
    assert first[1][0] is not second[1][0]
    assert isinstance(POLICIES["CutMix"].build(16)[1][0], CutMix)
    (crop,) = POLICIES["crop and zoom"].build(24)[0]
    assert crop.change(torch.zeros(1, 3, 16, 16, dtype=torch.uint8)).shape == (1, 3, 24, 24)
    assert POLICIES["none"].build(16) == ([], [])


def test_a_policy_of_ones_own_is_carried_out_in_order(images):
    mine = make_policy("mine", v2.RandomHorizontalFlip(p=1.0), v2.RandomInvert(p=1.0))
    assert isinstance(mine, Policy)
    assert find_policy(mine) is mine
    assert np.array_equal(apply_policy(mine, images), 255 - images[:, :, ::-1])


def test_an_unknown_policy_is_named_with_those_there_are():
    with pytest.raises(
        ValueError, match=r"no policy 'flips'; expected one of .*mirror.*RandAugment"
    ):
        apply_policy("flips", np.zeros((2, 4, 4, 3), np.uint8))

"""Every slider changes the picture as torchvision does; the network is asked before and after."""

import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional

from helpers.widgets import explore_augmentation
from helpers.widgets.augment import SLIDERS, ask, change
from tests.panels.test_pictures import decode

PLAIN = {name: plain for name, (_, _, _, plain) in SLIDERS.items()}


@pytest.fixture
def image():
    return np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)


class Redness(torch.nn.Module):
    """Says how red a picture is, of 0 to 1."""

    def forward(self, x):
        red = x[:, 0].mean((1, 2))
        return torch.stack([red, 1 - red], 1).log()


@pytest.fixture
def learner():
    dls = SimpleNamespace(vocab=["ash", "elm"], device="cpu")
    return SimpleNamespace(model=Redness(), dls=dls)


@pytest.fixture
def explorer(trees, learner):
    return explore_augmentation(trees, learner, size=32)


def as_tensor(image):
    return torch.from_numpy(image).permute(2, 0, 1)


def test_nothing_is_changed_where_every_slider_stands_at_its_start(image):
    assert np.array_equal(change(image), image)
    assert np.array_equal(change(image, **PLAIN), image)


@pytest.mark.parametrize("name", ["brightness", "contrast", "hue"])
@pytest.mark.parametrize("amount", [0.3, 0.5])
def test_colours_are_torchvisions(image, name, amount):
    expected = getattr(functional, f"adjust_{name}")(as_tensor(image), amount)
    assert np.array_equal(change(image, **{name: amount}), expected.permute(1, 2, 0).numpy())


def test_mirroring_turning_and_zooming_move_pixels_as_they_say(image):
    assert np.array_equal(change(image, mirror=True), image[:, ::-1])
    assert np.array_equal(change(image, angle=90), np.rot90(image))
    assert np.array_equal(change(image, angle=180), image[::-1, ::-1])
    white = np.zeros((32, 32, 3), np.uint8)
    white[12:20, 12:20] = 255
    assert (change(white, zoom=2) > 127).all(-1).sum() == pytest.approx(256, abs=40)
    assert (change(white, zoom=0.5) > 127).all(-1).sum() == pytest.approx(16, abs=8)


def test_erasing_puts_a_grey_square_in_the_middle(image):
    made = change(image, erasing=0.5)
    assert (made[8:24, 8:24] == 128).all()
    made[8:24, 8:24] = image[8:24, 8:24]
    assert np.array_equal(made, image)


def test_an_odd_square_is_rounded_and_lies_no_nearer_the_lower_right():
    white = np.full((9, 11, 3), 255, np.uint8)
    made = (change(white, erasing=0.4) == 128).all(-1)
    rows, columns = np.flatnonzero(made.any(1)), np.flatnonzero(made.any(0))
    assert (rows.tolist(), columns.tolist()) == ([2, 3, 4, 5], [3, 4, 5, 6])


def test_sliders_run_from_half_turns_to_two_thirds_of_the_picture_and_start_at_nothing(explorer):
    found = {name: (s.min, s.max, s.step, s.value) for name, s in explorer.sliders.items()}
    assert found == {
        "angle": (-180, 180, 5, 0), "zoom": (0.5, 2, 0.05, 1), "brightness": (0.2, 2, 0.05, 1),
        "contrast": (0.2, 2, 0.05, 1), "hue": (-0.5, 0.5, 0.02, 0), "erasing": (0, 0.7, 0.05, 0),
    }  # fmt: skip
    assert all(slider.continuous_update for slider in explorer.sliders.values())
    assert explorer.mirror.value is False and explorer.mirror.indent is False


def test_pictures_are_shown_large_as_a_network_of_64_pixels_sees_them(trees):
    explorer = explore_augmentation(trees)
    assert explorer.changed.shape == (64, 64, 3)
    assert [image.size for image in decode(explorer.picture.value)] == [(280, 280)] * 2
    before = explorer.cached["ash/1.jpg"]
    explorer.image.value = "ash/2.jpg"
    explorer.image.value = "ash/1.jpg"
    assert explorer.cached["ash/1.jpg"] is before


def test_the_three_most_probable_classes_are_told_the_surest_first(trees, learner):
    class Sure(torch.nn.Module):
        def forward(self, x):
            return torch.tensor([[0.1, 0.4, 0.3, 0.2]]).log().expand(len(x), 4)

    learner.model, learner.dls.vocab = Sure(), ["ash", "elm", "fir", "oak"]
    explorer = explore_augmentation(trees, learner, size=32)
    assert explorer.picture.value.count("elm 40% · fir 30% · oak 20%<") == 2


def test_it_opens_on_an_image_as_it_is_and_says_what_the_network_takes_it_for(explorer):
    assert repr(explorer) == "Augmentation explorer: 6 images"
    assert explorer.label.value == "ash"
    assert explorer.image.value == "ash/1.jpg"
    assert explorer.picture.value.count("<figure>") == 2
    assert explorer.picture.value.count("ash 78%") == 2
    assert np.array_equal(explorer.changed, explorer.cached["ash/1.jpg"])


@pytest.mark.parametrize(
    ("name", "amount"),
    [("brightness", 0.5), ("contrast", 0.5), ("hue", 0.34), ("erasing", 0.4)],
)
def test_each_slider_changes_the_picture_and_the_answer_live(explorer, name, amount):
    before = explorer.picture.value
    explorer.sliders[name].value = amount
    assert explorer.error is None
    assert explorer.picture.value != before
    assert np.array_equal(explorer.changed, change(explorer.cached["ash/1.jpg"], **{name: amount}))
    explorer.sliders[name].value = PLAIN[name]
    assert explorer.picture.value == before


@pytest.mark.parametrize(("name", "amount"), [("angle", 45), ("zoom", 0.5)])
def test_turned_and_small_pictures_show_black_around_them(explorer, name, amount):
    explorer.sliders[name].value = amount
    assert (explorer.changed[0, 0] == 0).all()
    explorer.mirror.value = True
    assert explorer.error is None


def test_a_shifted_hue_changes_what_the_network_says(explorer):
    explorer.sliders["hue"].value = 0.34
    said = ask(explorer.learner, explorer.changed)
    assert said["elm"] > said["ash"]
    assert f"elm {said['elm']:.0%}" in explorer.picture.value


def test_another_class_and_image_can_be_chosen_and_the_test_stays_closed(explorer):
    explorer.label.value = "elm"
    assert explorer.error is None
    assert list(explorer.image.options) == ["elm/1.jpg", "elm/2.jpg"]
    explorer.image.value = "elm/2.jpg"
    assert np.array_equal(explorer.changed, explorer.cached["elm/2.jpg"])
    assert not any(name.endswith("3.jpg") for name in explorer.images.index)


def test_without_a_learner_or_labels_it_shows_the_pictures_alone(make_dataset):
    dataset = make_dataset({"a.jpg": None, "b.jpg": None})
    explorer = explore_augmentation(dataset, size=32)
    assert explorer.label.value == "no label"
    assert explorer.picture.value.count("<img") == 2
    assert "%" not in explorer.picture.value


def test_an_unreadable_file_is_a_sentence_and_the_next_one_works(make_dataset):
    dataset = make_dataset({"ash/1.jpg": "ash", "ash/2.jpg": "ash"})
    explorer = explore_augmentation(dataset, size=32)
    (dataset.root / "ash/2.jpg").write_bytes(b"no picture")
    explorer.image.value = "ash/2.jpg"
    assert "cannot be read" in explorer.status.value
    explorer.image.value = "ash/1.jpg"
    assert explorer.error is None


def test_class_names_are_shown_as_text(make_dataset, learner):
    learner.dls.vocab = ["<b>ash", "elm"]
    explorer = explore_augmentation(make_dataset({"a.jpg": "ash"}), learner, size=32)
    assert "&lt;b&gt;ash" in explorer.picture.value
    assert "<b>ash" not in explorer.picture.value


def test_it_answers_within_a_fifth_of_a_second_of_computing(explorer):
    started, moves = time.process_time(), 10
    for step in range(moves):
        explorer.sliders["hue"].value = 0.02 * (step + 1)
    assert (time.process_time() - started) / moves < 0.2
    assert explorer.error is None

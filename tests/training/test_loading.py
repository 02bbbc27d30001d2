"""A table goes in, fastai's DataLoaders come out, and batches are what the files hold."""

import re
import warnings

import matplotlib
import numpy as np
import pytest
import torch
from fastai.vision.augment import aug_transforms
from fastai.vision.core import TensorImage
from PIL import Image

from helpers.datasets import DatasetError, TestSplitClosed
from helpers.training import Augment, build_dataloaders
from helpers.training.decoding import fit
from helpers.training.loading import even_batches

matplotlib.use("agg")


def test_batches_hold_the_pixels_and_labels_of_the_images(dataset):
    dls = build_dataloaders(dataset, size=16, batch_size=4)
    assert dls.vocab == ["blue", "green", "red"]
    images, targets = next(iter(dls.valid))
    assert type(images) is TensorImage
    for image_id, image, target in zip(dls.valid_ds.items, images, targets, strict=False):
        pixels = fit(dataset.load(image_id), 16, "squish").transpose(2, 0, 1) / np.float32(255)
        assert np.allclose(image.numpy(), pixels, atol=1e-6)
        assert dls.vocab[target] == dataset.images.loc[image_id, "label"]
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_an_epoch_shows_every_training_image_once_in_an_order_from_the_seed(dataset):
    def epoch(seed):
        dls = build_dataloaders(dataset, size=16, batch_size=10, seed=seed)
        return torch.cat([images.mean((1, 2, 3)) for images, _ in dls.train])

    first = epoch(0)
    assert len(first) == 27
    assert len(first.unique()) == 27
    assert torch.equal(first, epoch(0))
    assert not torch.equal(first, epoch(1))


@pytest.mark.parametrize(
    ("images", "most", "size"),
    [(100, 64, 50), (64, 64, 64), (3, 64, 3), (1694, 64, 63), (1694, 32, 32), (254, 32, 32)],
)
def test_batches_are_even(images, most, size):
    assert even_batches(images, most) == size


@pytest.mark.parametrize(("images", "most"), [(57, 8), (241, 16), (993, 32)])
def test_no_batch_is_tiny(images, most):
    size = even_batches(images, most)
    assert size / 2 <= (images % size or size) <= size <= most
    assert size > most / 2


@pytest.mark.parametrize("augment", [[Augment(light=0.9)], aug_transforms(max_lighting=0.9)])
def test_only_training_images_are_augmented(dataset, augment):
    dls = build_dataloaders(dataset, size=16, augment=augment)
    plain = build_dataloaders(dataset, size=16)
    assert torch.equal(dls.valid.one_batch()[0], plain.valid.one_batch()[0])
    assert not torch.equal(dls.train.one_batch()[0], plain.train.one_batch()[0])


def test_fastai_shows_a_batch_with_its_labels(dataset):
    from matplotlib import pyplot

    dls = build_dataloaders(dataset, size=16)
    dls.valid.show_batch(max_n=4)
    titles = [axes.get_title() for axes in pyplot.gcf().axes]
    assert titles == dataset.images.loc[dls.valid_ds.items[:4], "label"].tolist()
    pyplot.close("all")


def test_other_images_go_through_the_same_reading(dataset):
    dls = build_dataloaders(dataset, size=16)
    image_id = dls.valid_ds.items[0]
    path = dataset.path(image_id)
    items = [path, str(path), Image.open(path), np.asarray(Image.open(path))]
    (images,) = dls.test_dl(items).one_batch()
    expected, _ = dls.valid.one_batch()
    assert torch.equal(images, expected[:1].expand(4, -1, -1, -1))


@pytest.mark.parametrize("mode", ["RGBA", "I;16", "turned"])
def test_opened_pictures_are_converted_as_files_are(dataset, tmp_path, mode):
    rng, path = np.random.default_rng(0), tmp_path / "odd.png"
    if mode == "I;16":
        Image.fromarray(rng.integers(0, 65535, (20, 30), np.uint16)).save(path)
    else:
        picture = Image.fromarray(rng.integers(0, 255, (20, 30, 4), np.uint8))
        exif = Image.Exif()
        exif[0x0112] = 6
        options = {"exif": exif} if mode == "turned" else {}
        picture.convert("RGB" if mode == "turned" else mode).save(path, **options)
    dls = build_dataloaders(dataset, size=16)
    (images,) = dls.test_dl([path, Image.open(path)]).one_batch()
    assert torch.equal(images[0], images[1])


def test_images_left_out_are_named(photos, dataset):
    (photos / "red" / "03.png").write_bytes(b"no picture")
    images = dataset.images.copy()
    images.loc["blue/02.png", "label"] = None
    with pytest.warns(UserWarning, match="2 images of 'photos' left out") as caught:
        dls = build_dataloaders(dataset.with_images(images), size=16)
    assert dls.left_out.to_dict() == {"blue/02.png": "no label", "red/03.png": "unreadable"}
    assert "red/03.png (unreadable)" in str(caught[0].message)
    assert len(dls.rows) == 34
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build_dataloaders(dataset.with_images(images.drop(dls.left_out.index)), size=16)


def test_test_images_are_never_read(dataset):
    images = dataset.images.copy()
    images.iloc[:6, images.columns.get_loc("split")] = "test"
    dls = build_dataloaders(dataset.with_images(images), size=16)
    assert set(dls.images.rows) == set(images.index[6:])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": None}, "No image of 'photos' has a label"),
        ({"label": "red"}, "27 usable training images of the classes: red, and 9"),
        ({"split": "train"}, "has no 'valid' images"),
        ({"split": "valid"}, "has no 'train' images"),
        ({}, "red: in 'valid' but not in 'train'"),
    ],
)
def test_data_that_cannot_be_trained_on_is_refused_in_one_sentence(dataset, changes, message):
    images = dataset.images.assign(**changes)
    if not changes:
        images = images[(images["label"] != "red") | (images["split"] == "valid")]
    with pytest.raises(DatasetError, match=re.escape(message)) as caught:
        build_dataloaders(dataset.with_images(images), size=16)
    assert not isinstance(caught.value, TestSplitClosed)

"""Predictions come back as a table by image id."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from helpers.training import TrainingError, build_dataloaders, build_learner, predict, train


@pytest.fixture
def learner(dataset):
    learner = build_learner(build_dataloaders(dataset, size=32))
    train(learner, 1, progress=False)
    return learner


def test_the_table_is_what_fastai_predicts(learner, dataset):
    table = predict(learner, dataset.part("valid"))
    with learner.no_bar():
        probabilities, targets = learner.get_preds()
    assert table.index.tolist() == list(learner.dls.valid_ds.items)
    assert table.columns.tolist() == [
        "label", "prediction", "confidence", "loss", "blue", "green", "red",
    ]  # fmt: skip
    found = table[["blue", "green", "red"]].to_numpy()
    np.testing.assert_allclose(found, probabilities.numpy(), atol=0.02)
    assert (table["label"] == [learner.dls.vocab[target] for target in targets]).all()
    assert (table["prediction"] == np.array(learner.dls.vocab)[found.argmax(1)]).all()
    assert (table["confidence"] == found.max(axis=1)).all()
    own = [table.loc[image_id, label] for image_id, label in table["label"].items()]
    np.testing.assert_allclose(table["loss"], -np.log(own), rtol=1e-6)


@pytest.mark.parametrize("everywhere", [None, "tf32"])
def test_a_gpu_rounds_no_convolution_of_32_bits(learner, dataset, everywhere):
    """Also where somebody has set a precision for all by torch's newer way."""
    seen, conv = [], torch.backends.cudnn.conv
    learner.model.register_forward_pre_hook(lambda *_: seen.append(conv.fp32_precision) or None)
    before = torch.backends.fp32_precision
    try:
        if everywhere:
            torch.backends.fp32_precision = everywhere
        assert conv.fp32_precision == "tf32"
        predict(learner, dataset.part("valid"))
        assert set(seen) == {"ieee"}
        assert conv.fp32_precision == "tf32"
    finally:
        torch.backends.fp32_precision = before
    assert torch.backends.cudnn.allow_tf32  # what is set by the older way can still be read


def test_test_images_are_passed_over_until_opened(learner, dataset):
    images = dataset.images.copy()
    images.iloc[::6, images.columns.get_loc("split")] = "test"
    dataset = dataset.with_images(images)
    assert set(predict(learner, dataset).index) == set(dataset.development.images.index)
    opened = dataset.open_test(reason="to see that it works")
    assert predict(learner, opened).index.equals(opened.images.index)


def test_unknown_labels_have_no_loss_and_unreadable_images_no_row(learner, dataset, photos):
    (photos / "red" / "00.png").write_bytes(b"no picture")
    images = dataset.images.copy()
    images.loc["red/01.png", "label"] = "purple"
    images.loc["red/02.png", "label"] = None
    table = predict(learner, dataset.with_images(images))
    assert len(table) == 35
    assert table.index[table["loss"].isna()].tolist() == ["red/01.png", "red/02.png"]
    assert table["prediction"].notna().all()


def test_nothing_to_predict_is_an_empty_table(learner, dataset):
    table = predict(learner, dataset.with_images(dataset.images.iloc[:0]))
    assert table.empty
    assert "confidence" in table


def test_predictions_do_not_depend_on_the_batch(learner, dataset, monkeypatch):
    learner.model.bfloat16 = False
    whole = predict(learner, dataset)
    monkeypatch.setattr("helpers.training.predicting.BATCH", 5)
    pd.testing.assert_frame_equal(predict(learner, dataset), whole, atol=1e-4)


def test_probabilities_are_told_whatever_the_loss(learner, dataset):
    expected = predict(learner, dataset)
    learner.loss_func = nn.CrossEntropyLoss(label_smoothing=0.1)
    found = predict(learner, dataset)
    pd.testing.assert_frame_equal(found, expected)
    np.testing.assert_allclose(found[["blue", "green", "red"]].sum(axis=1), 1, atol=1e-5)


def test_smaller_batches_in_training_are_smaller_in_predicting(dataset, monkeypatch):
    def predicted(**options):
        learner, sizes = build_learner(build_dataloaders(dataset, size=32, **options)), []
        learner.model.register_forward_pre_hook(lambda _, images: sizes.append(len(images[0])))
        predict(learner, dataset)
        return sizes

    assert predicted() == [36]
    assert predicted(batch_size=4) == [16, 16, 4]
    learner = build_learner(build_dataloaders(dataset, size=32, batch_size=8))

    def fail(images):
        raise MemoryError

    monkeypatch.setattr(learner.model, "forward", fail)
    with pytest.raises(TrainingError, match="Batches of 32 images .* batch_size=4 or"):
        predict(learner, dataset)


def test_classes_called_as_a_column_have_columns_of_their_own(learner, dataset):
    learner.dls.vocab[:] = ["loss", "label", "image_id"]
    table = predict(learner, dataset.part("valid"))
    assert table.columns.tolist() == [
        "label", "prediction", "confidence", "loss",
        "probability of loss", "probability of label", "probability of image_id",
    ]  # fmt: skip
    assert set(table["prediction"]) <= {"loss", "label", "image_id"}
    shares = table.iloc[:, 4:]
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(shares.max(axis=1), table["confidence"])

"""What is saved predicts the same when loaded, and nothing but weights is ever read."""

import pickle

import pandas as pd
import pytest

from helpers.training import (
    build_dataloaders,
    build_learner,
    checkpoints,
    load_learner,
    predict,
    save_learner,
    train,
)


@pytest.fixture
def learner(dataset):
    learner = build_learner(build_dataloaders(dataset, size=32, method="pad"), dropout=0.3)
    train(learner, 1, progress=False)
    return learner


def test_a_loaded_learner_predicts_the_same(learner, dataset, tmp_path):
    file = save_learner(learner, tmp_path / "models" / "first")
    assert file == tmp_path / "models" / "first.safetensors"
    loaded = load_learner(tmp_path / "models" / "first")
    pd.testing.assert_frame_equal(predict(loaded, dataset), predict(learner, dataset))
    with loaded.no_bar(), learner.no_bar():
        path = dataset.path("red/03.png")
        assert loaded.predict(path)[0] == learner.predict(path)[0]
    assert len(loaded.dls.train_ds) == 0
    assert loaded.settings == learner.settings


def test_weights_of_other_networks_need_no_download(dataset, tmp_path):
    learner = build_learner(build_dataloaders(dataset, size=32), "resnet18", pretrained=False)
    learner.settings["pretrained"] = True
    loaded = load_learner(save_learner(learner, tmp_path / "other"))
    pd.testing.assert_frame_equal(predict(loaded, dataset), predict(learner, dataset))
    assert loaded.settings["pretrained"]


def test_what_is_no_learner_is_refused_in_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="there is no such file"):
        load_learner(tmp_path / "none")
    (tmp_path / "pickle.safetensors").write_bytes(pickle.dumps({"model": 1}))
    with pytest.raises(ValueError, match="is no saved learner"):
        load_learner(tmp_path / "pickle")
    checkpoints.write(tmp_path / "other.safetensors", {"size": 3})
    with pytest.raises(ValueError, match="is no saved learner.*classes"):
        load_learner(tmp_path / "other")


def test_a_dot_in_a_name_is_no_suffix(learner, tmp_path):
    files = [save_learner(learner, tmp_path / name) for name in ("run-0.1", "run-0.2")]
    assert [file.name for file in files] == ["run-0.1.safetensors", "run-0.2.safetensors"]
    assert load_learner(tmp_path / "run-0.2").settings == learner.settings
    assert save_learner(learner, files[0]) == files[0]


def test_a_loaded_learner_keeps_its_batch_size(dataset, tmp_path):
    learner = build_learner(build_dataloaders(dataset, size=32, batch_size=20))
    for name in ("first", "again"):
        learner = load_learner(save_learner(learner, tmp_path / name))
        assert (learner.dls.batch_size, learner.dls.train.bs, learner.dls.valid.bs) == (20, 20, 20)


def test_an_exported_learner_holds_no_images(learner, tmp_path):
    import copy

    pixels = learner.dls.images
    assert len(pickle.dumps(pixels)) < 1000 < pixels.array.nbytes
    assert pickle.loads(pickle.dumps(pixels)).rows == {}
    assert copy.deepcopy(pixels) is pixels

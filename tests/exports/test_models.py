"""What export_model writes agrees with the model it was made from, and gives nothing else away."""

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_model
from torch import nn

from helpers import open_dataset
from helpers.exports import ModelExportError, check_export, export_model, onnx_file
from helpers.exports.model_sources import from_head, from_learner, from_network
from helpers.splits import split
from helpers.training import (
    build_dataloaders,
    build_learner,
    embed,
    load_learner,
    predict,
    train_head,
)
from helpers.training.decoding import fit
from helpers.training.hardware import gains_from_bfloat16
from helpers.training.learning import Classifier

COLOURS = {"blue": (40, 60, 200), "a |b|\n\"c\" 'd' é葉": (50, 180, 60), "=1+1": (200, 50, 40)}
FOLDERS = ["blue", "green", "red"]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIZE = 36  # an odd number of pixels at the fourth stage: 18, 9, 5, 3, 2
FILES = ["model.onnx", "model.safetensors", "predict.py"]


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A folder of noisy pictures in formats of every kind, split, with hostile class names."""
    folder = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_WORK", str(folder / "work"))
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        yield folder
        torch.set_num_threads(before)


@pytest.fixture(scope="module")
def dataset(base):
    kinds = [("RGB", "png"), ("RGB", "jpg"), ("L", "png"), ("P", "png"), ("RGBA", "png"),
             ("CMYK", "jpg"), ("RGB", "webp"), ("LA", "png"), ("1", "png")]  # fmt: skip
    for folder, colour in zip(FOLDERS, COLOURS.values(), strict=True):
        for number in range(12):
            mode, suffix = kinds[number % len(kinds)]
            values = np.random.default_rng(number).normal(0, 30, (60, 80, 3)) + colour
            path = base / "photos" / folder / f"{number:02d}.{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(values.clip(0, 255).astype(np.uint8)).convert(mode).save(path)
    found = open_dataset(base / "photos", progress=False)
    names = dict(zip(FOLDERS, COLOURS, strict=True))
    images = found.images.assign(label=found.images["label"].map(names))
    chosen = split(found.with_images(images), valid=0.25)["split"]
    return found.with_images(images.assign(split=chosen))


@pytest.fixture(scope="module")
def learner(dataset):
    """The bundled backbone with a head that tells the colours apart."""
    dls = build_dataloaders(dataset, size=SIZE, method="pad", workers=0)
    features = embed(dataset, size=SIZE, method="pad")
    head = train_head(features, dataset.images["label"])
    return build_learner(dls, head=head, dropout=0.5, bfloat16=False)


@pytest.fixture(scope="module")
def exported(learner, base):
    return export_model(learner, base / "learner")


def agree(exported, predictions, dataset):
    found = check_export(exported.folder, predictions, dataset)
    assert found.images == len(predictions)
    return found.other_class == 0 and found.largest < 1e-5


def test_the_files_predict_what_the_learner_does(exported, learner, dataset):
    expected = predict(learner, dataset, progress=False)
    assert expected["prediction"].nunique() == 3
    assert agree(exported, expected, dataset)
    assert sorted(path.name for path in exported.folder.iterdir()) == FILES
    assert exported.classes == tuple(sorted(COLOURS))
    assert (exported.size, exported.method, exported.levels) == (SIZE, "pad", 65535)
    assert exported.notes == ()
    for name, (size, digest) in exported.files.items():
        assert (exported.folder / name).stat().st_size == size and len(digest) == 64


def test_a_difference_between_model_and_files_is_found(exported, learner, dataset):
    expected = predict(learner, dataset, progress=False)
    classes = sorted(COLOURS)
    wrong = expected.copy()
    wrong.loc[wrong.index[5], classes] = np.roll(wrong.loc[wrong.index[5], classes].to_numpy(), 1)
    found = check_export(exported.folder, wrong, dataset)
    values = expected.iloc[5][classes].to_numpy(float)
    assert found.other_class == 1
    assert found.largest == pytest.approx(np.abs(values - np.roll(values, 1)).max(), abs=1e-5)
    assert check_export(exported.folder, expected, dataset, images=7).images == 7
    with pytest.raises(ModelExportError, match="expected the same classes"):
        check_export(exported.folder, expected.drop(columns="blue"), dataset)


def test_the_program_itself_agrees_with_the_learner(exported, learner, dataset, tmp_path):
    out = tmp_path / "out.csv"
    command = [sys.executable, "-I", exported.folder / "predict.py", dataset.root, "--csv", out]
    subprocess.run(command, check=True, capture_output=True)
    found = pd.read_csv(out)
    found.index = [Path(file).relative_to(dataset.root).as_posix() for file in found["file"]]
    expected = predict(learner, dataset, progress=False).loc[found.index]
    assert list(found["prediction"]) == list(expected["prediction"])
    columns = sorted(COLOURS)
    np.testing.assert_allclose(found[columns], expected[columns], atol=1e-5)


@pytest.mark.skipif("WORKBOOK_TEST_DATA" not in os.environ, reason="there are no real photos")
def test_real_photos_get_the_same_answers(exported, learner):
    photos = open_dataset(
        Path(os.environ["WORKBOOK_TEST_DATA"], "data", "clothing"), progress=False
    )
    some = photos.with_images(photos.development.images.iloc[::40])
    assert len(some) > 40
    assert agree(exported, predict(learner, some, progress=False), some)


def test_the_weights_load_as_the_learner_they_were(exported, learner, dataset):
    loaded = load_learner(exported.folder / "model.safetensors", bfloat16=False)
    expected = predict(learner, dataset, progress=False)
    pd.testing.assert_frame_equal(predict(loaded, dataset, progress=False), expected)


def test_the_onnx_file_says_what_it_is_and_nothing_of_this_computer(exported, base):
    path = exported.folder / "model.onnx"
    proto = onnx.load(path)
    onnx.checker.check_model(proto)
    facts = {one.key: json.loads(one.value) for one in proto.metadata_props}
    assert facts == {"classes": sorted(COLOURS), "size": SIZE, "method": "pad", "levels": 65535}
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (images,), (chances,) = session.get_inputs(), session.get_outputs()
    assert (images.name, images.type, images.shape[1:]) == ("images", "tensor(float)", [3, 36, 36])
    assert (chances.name, chances.shape[1:]) == ("probabilities", [3])
    assert proto.opset_import[0].version == 20 and proto.ir_version <= 10
    for name in FILES:
        content = (exported.folder / name).read_bytes()
        for secret in (bytes(base), b"/home/", b"/tmp/", b"site-packages", b"learning.py"):
            assert secret not in content, (name, secret)


def test_two_exports_are_the_same_to_the_byte(small, tmp_path):
    network, exported = small
    facts = {"classes": ["x", "y", "z"], "size": 20, "method": "crop", "mean": MEAN, "std": STD}
    again = export_model(network, tmp_path / "again", levels=4095, **facts)
    assert again.files == exported.files


def test_exporting_leaves_the_learner_as_it_was(learner, tmp_path, monkeypatch):
    monkeypatch.setattr(learner.model, "bfloat16", True, raising=False)
    learner.model.train()
    before = {name: value.clone() for name, value in learner.model.state_dict().items()}
    source = from_learner(learner, {})
    network = onnx_file.finish(source)
    assert learner.model.bfloat16 and learner.model.training
    assert not network.model.bfloat16 and not network.model.training
    assert "bfloat16" in source.notes[0]
    for name, value in learner.model.state_dict().items():
        assert torch.equal(value, before[name])


@pytest.mark.parametrize("stages", ["all", "last"])
def test_a_head_is_exported_with_its_backbone(stages, dataset, tmp_path):
    features = embed(dataset, size=SIZE, stages=stages)
    head = train_head(features, dataset.images["label"], C=1.0)
    source = from_head(head, "bundled", size=SIZE)
    network = onnx_file.finish(source)
    rounded = gains_from_bfloat16(network, torch.device("cpu"))
    assert len(source.notes) == rounded
    learner = build_learner(
        build_dataloaders(dataset, size=SIZE, workers=0), bfloat16=False, pretrained=True
    )
    learner.model.load_state_dict(source.network.state_dict())
    found = predict(learner, dataset, progress=False)[head.classes]
    expected = head.predict_proba(features).loc[found.index]
    # Features may have been computed in bfloat16, with three digits.
    np.testing.assert_allclose(found, expected, atol=0.02)
    assert (found.idxmax(axis=1) == expected.idxmax(axis=1)).all()
    source.save(tmp_path / "model.safetensors")
    loaded = load_learner(tmp_path / "model", bfloat16=False)
    assert (loaded.dls.method, loaded.dls.size) == ("squish", SIZE)
    assert loaded.settings["backbone"] == "bundled"
    again = predict(loaded, dataset, progress=False)[head.classes]
    np.testing.assert_allclose(again, found, atol=1e-6)
    items = torch.from_numpy(learner.dls.images.take(found.index)).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        np.testing.assert_allclose(network(items), found, atol=1e-6)


class Small(nn.Module):
    """A network of nobody's: two of its weights share memory, as in tied layers."""

    def __init__(self, classes=3, softmax=False):
        super().__init__()
        torch.manual_seed(0)
        self.convolution = nn.Conv2d(3, 8, 3, 2)
        self.norm = nn.BatchNorm2d(8)
        self.first, self.dropout = nn.Linear(8, classes), nn.Dropout(0.9)
        self.second = nn.Linear(8, classes)
        self.second.weight = self.first.weight
        self.softmax = softmax

    def forward(self, x):
        x = self.norm(self.convolution(x)).relu().mean((2, 3))
        x = self.first(self.dropout(x)) + self.second(x)
        return x.softmax(1) if self.softmax else x


@pytest.fixture(scope="module")
def small(base):
    """A plain network and its export, at another size than the learner."""
    network = Small()
    classes = ["x", "y", "z"]
    facts = {"classes": classes, "size": 20, "method": "crop", "mean": MEAN, "std": STD}
    return network, export_model(network, base / "small", levels=4095, **facts)


def test_any_network_is_exported_with_its_normalisation(small, dataset):
    network, exported = small
    assert (exported.size, exported.method, exported.levels) == (20, "crop", 4095)
    read = [dataset.load(image_id, at_least=20) for image_id in dataset.images.index]
    pictures = np.stack([fit(image, 20, "crop") for image in read])
    x = torch.from_numpy(pictures).permute(0, 3, 1, 2) / 255
    x = (x - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    with torch.no_grad():
        chances = network.eval()(x).softmax(1).numpy()
    expected = pd.DataFrame(chances, dataset.images.index, list(exported.classes))
    assert agree(exported, expected, dataset)


def test_the_weights_of_any_network_load_into_it_and_say_how_to_use_it(small):
    network, exported = small
    fresh = Small()
    with torch.no_grad():
        fresh.first.weight.zero_()
    load_model(fresh, exported.folder / "model.safetensors")
    assert torch.equal(fresh.first.weight, network.first.weight)
    assert fresh.second.weight is fresh.first.weight
    with safe_open(exported.folder / "model.safetensors", "pt") as file:
        facts = {k: json.loads(v) for k, v in file.metadata().items() if k in ("classes", "mean")}
    assert facts == {"classes": ["x", "y", "z"], "mean": list(MEAN)}


def test_outputs_that_are_probabilities_are_not_squashed_again():
    facts = {"classes": ["x", "y", "z"], "size": 20, "mean": MEAN, "std": STD}
    pictures = torch.rand(4, 3, 20, 20)
    source = from_network(Small(softmax=True), **facts)
    with torch.no_grad():
        found = onnx_file.finish(source)(pictures)
        logits = onnx_file.finish(from_network(Small(), **facts))(pictures)
    torch.testing.assert_close(found, logits)
    assert source.notes == ["The network's outputs were taken for probabilities: they sum to 1."]


def test_a_loss_that_scores_each_class_alone_keeps_its_sigmoid(dataset):
    from fastai.vision.all import BCEWithLogitsLossFlat

    learner = build_learner(build_dataloaders(dataset, size=SIZE, workers=0), bfloat16=False,
                            loss_func=BCEWithLogitsLossFlat())  # fmt: skip
    network = onnx_file.finish(from_learner(learner, {}))
    expected = predict(learner, dataset, progress=False)
    items = torch.from_numpy(learner.dls.images.take(expected.index)).permute(0, 3, 1, 2) / 255
    with torch.no_grad():
        found = network(items).numpy()
    assert np.ptp(found.sum(1)) > 0.01
    np.testing.assert_allclose(found, expected[sorted(COLOURS)], atol=1e-5)


def test_a_learner_of_fastais_own_needs_to_be_told_of_its_pictures(dataset):
    class Loaders:
        vocab = ["x", "y", "z"]

    class Other:
        dls, model, loss_func = Loaders(), Small(), nn.CrossEntropyLoss()

    with pytest.raises(ModelExportError, match="does not say size, mean, std"):
        from_learner(Other(), {})
    source = from_learner(Other(), {"size": 20, "mean": MEAN, "std": STD})
    assert (source.classes, source.size, source.method) == (["x", "y", "z"], 20, "squish")
    assert isinstance(source.activation, partial)


def test_a_network_put_into_our_learner_is_not_taken_for_the_bundled_one(learner):
    class Other:
        dls, model, loss_func = learner.dls, Small(), learner.loss_func

    source = from_learner(Other(), {})
    assert (source.size, source.method, source.mean) == (SIZE, "pad", None)
    network = onnx_file.finish(source)
    pictures = torch.rand(2, 3, SIZE, SIZE)
    with torch.no_grad():
        expected = Other.model.eval()(pictures).softmax(1)
        torch.testing.assert_close(network(pictures), expected)


def test_contradictions_and_gaps_are_said_in_one_sentence(learner, dataset, tmp_path):
    head = train_head(embed(dataset, size=SIZE), dataset.images["label"])
    strange = train_head(
        embed(dataset, size=SIZE).rename(columns={"stage1 000": "area"}), dataset.images["label"]
    )
    facts = {"classes": ["x", "y", "z"], "size": 20, "mean": MEAN, "std": STD}
    timms = Small()
    timms.pretrained_cfg = {"mean": (0.5, 0.5, 0.5), "std": (0.1, 0.1, 0.1)}
    wrong = [
        (learner, {"size": 64}, "knows its size: leave size=… out"),
        (learner, {"mean": MEAN}, "normalises images itself: leave mean out"),
        (learner, {"backbone": "resnet18"}, "Only a Head needs a backbone"),
        (head, {}, "needs size=…"),
        (head, {"size": SIZE, "classes": ["x"]}, "know their classes: leave it out"),
        (strange, {"size": SIZE}, "was trained on area, which the backbone 'bundled' has not"),
        (head, {"size": SIZE, "backbone": "resnet81"}, "did you mean"),
        (Small(), {}, "Small does not say classes, size, mean, std; give classes=…, size=…"),
        (timms, facts | {"mean": None}, r"mean=\(0.5, 0.5, 0.5\) is what timm trained it with"),
        (Small(), facts | {"classes": ["x", "y"]}, r"give \(2, 3\) where \(2, 2\) was expected"),
        (Small(), facts | {"classes": ["x", "y", "y"]}, "a name of its own"),
        (Small(), facts | {"size": 4}, "cannot be brought to size=4"),
        (Small(), facts | {"method": "stretch"}, "method='stretch'"),
        ("model", {}, "A str is no model"),
    ]
    for model, given, words in wrong:
        with pytest.raises(ValueError, match=words) as found:
            export_model(model, tmp_path / "out", **given)
        assert "\n" not in str(found.value)
        assert not (tmp_path / "out").exists()


@pytest.fixture
def copied(small, monkeypatch):
    """Exports that copy the ONNX file of `small`, whatever the network, and take no time."""
    source = small[1].folder / "model.onnx"

    def copy(network, facts, path):
        shutil.copyfile(source, path)

    monkeypatch.setattr("helpers.exports.models.write_onnx", copy)


def test_nothing_is_replaced_unasked_and_nothing_else_is_touched(copied, tmp_path):
    (tmp_path / "predict.py").write_text("mine")
    (tmp_path / "mine.txt").write_text("mine")
    facts = {"classes": ["x", "y", "z"], "size": 20, "mean": MEAN, "std": STD}
    with pytest.raises(ModelExportError, match="holds predict.py already"):
        export_model(Small(), tmp_path, **facts)
    assert (tmp_path / "predict.py").read_text() == "mine"
    exported = export_model(Small(), tmp_path, replace=True, **facts)
    assert exported.notes == (
        "What is white in pictures of 16 bits was not said (levels=dataset.levels), so that "
        "predict.py judges each of them alone.",
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt", *FILES]
    assert "onnxruntime" in (tmp_path / "predict.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("shift", "wrong"), [(0.01, True), (1e-5, False)])
def test_files_that_disagree_with_torch_are_not_handed_over(shift, wrong, copied, tmp_path):
    network = Small()
    with torch.no_grad():
        network.second.bias[0] += shift
    facts = {"classes": ["x", "y", "z"], "size": 20, "mean": MEAN, "std": STD}
    if wrong:
        with pytest.raises(ModelExportError, match="off those of torch for this Small"):
            export_model(network, tmp_path / "out", **facts)
    else:
        export_model(network, tmp_path / "out", **facts)
    assert (tmp_path / "out").exists() != wrong


def test_a_folder_that_cannot_be_written_is_said(copied, tmp_path):
    (tmp_path / "file").touch()
    facts = {"classes": ["x", "y", "z"], "size": 20, "mean": MEAN, "std": STD}
    with pytest.raises(ModelExportError, match="cannot be written"):
        export_model(Small(), tmp_path / "file" / "out", **facts)


def test_a_network_that_cannot_be_exported_leaves_nothing_behind(tmp_path):
    class Deciding(Small):
        def forward(self, x):
            return super().forward(x) * (2 if x.sum() > 0 else 3)

    facts = {"classes": ["x", "y", "z"], "size": 20, "mean": MEAN, "std": STD}
    with pytest.raises(ModelExportError, match="cannot export this Deciding to ONNX") as found:
        export_model(Deciding(), tmp_path / "out", **facts)
    assert "\n" not in str(found.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["onnx", "onnxscript"])
def test_a_missing_package_is_one_sentence_with_its_remedy(name, small, tmp_path, monkeypatch):
    monkeypatch.setattr(onnx_file, "find_spec", lambda one: None if one == name else True)
    with pytest.raises(ModelExportError, match=f"pip install {name}$"):
        export_model(small[0], tmp_path / "out")


def test_without_onnxruntime_the_export_says_that_it_was_not_run(small, monkeypatch):
    source = from_network(Small(), classes=["x"], size=20, mean=MEAN, std=STD)
    monkeypatch.setattr(onnx_file, "find_spec", lambda one: None)
    (note,) = onnx_file.compare(None, source, None)
    assert note == "Not run before it was handed over: onnxruntime is not installed here."
    monkeypatch.setattr("helpers.exports.models.find_spec", lambda one: None)
    with pytest.raises(ModelExportError, match="pip install onnxruntime"):
        check_export(small[1].folder, pd.DataFrame(), None)


def test_networks_of_others_behind_a_learner_agree(dataset, tmp_path):
    dls = build_dataloaders(dataset, size=SIZE, workers=0)
    learner = build_learner(dls, "timm:resnet10t", pretrained=False, bfloat16=False)
    assert isinstance(learner.model, Classifier)
    exported = export_model(learner, tmp_path / "other")
    assert agree(exported, predict(learner, dataset, progress=False), dataset)

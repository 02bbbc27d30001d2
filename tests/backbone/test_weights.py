import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from helpers.backbone import BackboneError, card, facts, load_backbone, weights
from leaves.photo import Scene, render_photo
from studies.backbone import probe


def test_the_file_is_small_and_holds_only_finite_tensors_of_the_network():
    assert weights.FILE.stat().st_size <= 8e6
    stored = load_file(weights.FILE)
    assert stored.keys() == load_backbone(pretrained=False).state_dict().keys()
    assert all(torch.isfinite(tensor.float()).all() for tensor in stored.values())


def test_the_weights_are_the_same_each_time_and_32_bits_wide():
    first, second = load_backbone().state_dict(), load_backbone().state_dict()
    for name, tensor in first.items():
        assert torch.equal(tensor, second[name])
        assert tensor.dtype == (torch.int64 if "num_batches" in name else torch.float32)


def test_without_pretraining_weights_come_from_the_random_state():
    torch.manual_seed(1)
    first = load_backbone(pretrained=False)
    torch.manual_seed(1)
    again = load_backbone(pretrained=False)
    other = load_backbone(pretrained=False)
    assert torch.equal(first.stem[0].weight, again.stem[0].weight)
    assert not torch.equal(first.stem[0].weight, other.stem[0].weight)


def test_normalisation_size_and_hash_travel_with_the_weights():
    known = facts()
    assert known["sha256"] == hashlib.sha256(weights.FILE.read_bytes()).hexdigest()
    assert len(known["mean"]) == len(known["std"]) == 3
    assert all(0 < value < 1 for value in [*known["mean"], *known["std"]])
    assert known["size"] in range(64, 161)
    assert known["sha256"][:12] in card()


def test_weights_that_were_changed_or_are_gone_are_refused_in_one_sentence(tmp_path, monkeypatch):
    damaged = bytearray(weights.FILE.read_bytes())
    damaged[-1] ^= 1
    copy = tmp_path / weights.FILE.name
    copy.write_bytes(damaged)
    monkeypatch.setattr(weights, "FILE", copy)
    with pytest.raises(BackboneError, match="damaged or of another version; fetch"):
        load_backbone()
    copy.unlink()
    with pytest.raises(BackboneError, match="missing from .*; fetch"):
        load_backbone()


def test_its_features_tell_leaves_apart_better_than_random_ones():
    species = ["hornbeam", "norway maple", "oak", "willow"]
    pictures, labels, specimens = [], [], []
    for label, name in enumerate(species):
        for specimen in range(8):
            for photo, background in enumerate(["soil", "wood", "stone", "grass"]):
                scene = Scene(background=background, width=96, height=96)
                pictures.append(render_photo(name, specimen, photo, scene)[0])
                labels.append(label)
                specimens.append(8 * label + specimen)
    known = facts()
    x = np.stack(pictures).astype(np.float32) / 255
    x = torch.tensor((x - known["mean"]) / known["std"], dtype=torch.float32).permute(0, 3, 1, 2)
    scores = {}
    for pretrained in (True, False):
        torch.manual_seed(0)
        network = load_backbone(pretrained).eval()
        with torch.no_grad():
            found = torch.cat([one.mean((2, 3)) for one in network.stages(x)], 1).numpy()
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))
        folds = GroupKFold(4)
        scores[pretrained] = cross_val_score(model, found, labels, groups=specimens, cv=folds)
    assert scores[True].mean() > scores[False].mean() + 0.15


def test_the_card_says_what_the_probes_measured():
    table = pd.read_csv(Path(probe.__file__).with_name("probes.csv"))
    assert facts()["sha256"].startswith(*set(table["weights"]))
    found = table.pivot_table("accuracy", ["set", "size"], "backbone")
    share = (found["bundled"] - found["random"]) / (found["mobilenet_v2"] - found["random"])
    for size in (96, 128):
        said = re.search(rf"^\| {size} pixels \| (.+) \| (.+) \| (.+) \|$", card(), re.MULTILINE)
        measured = found.loc[("clothing", size), ["random", "bundled", "mobilenet_v2"]]
        for words, value in zip(said.groups(), measured, strict=True):
            assert abs(float(words) - value) <= 0.0051
        assert share["clothing", size] > 0.85
    assert share["clothing", 96] >= 1
    said = int(re.search(r"(\d+) hundredths", card())[1])
    assert abs(said - 100 * share["clothing", 128]) <= 0.51
    assert (share[["digits", "leaves"]] >= 1).all()

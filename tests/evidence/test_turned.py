"""Photos that agree in a mirror alone, and what a report makes of them."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageOps

from helpers import open_dataset
from helpers.evidence.audited import Evidence
from helpers.evidence.budget import plan
from helpers.evidence.turned import find_turned
from helpers.findings import same_thing
from helpers.findings.sections import Section

TURNED = {"a0": "a8", "b1": "b9"}


def scene(seed):
    """A picture of 300 × 240 with much to see in its middle."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 255, (24, 30, 3), dtype=np.uint8))
    return small.resize((300, 240), Image.Resampling.BICUBIC)


@pytest.fixture
def mirrored(tmp_path):
    """Eight scenes of two classes; one of each class is there twice, mirrored and turned; a third
    is there again, turned alone."""

    def save(name, image):
        path = tmp_path / "photos" / name[0] / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image.save(path)

    for number in range(8):
        save(f"{'ab'[number % 2]}{number}", scene(number))
    for one, other in TURNED.items():
        save(other, ImageOps.mirror(scene(int(one[1]))).rotate(14, fillcolor="grey"))
    save("a7", scene(4).rotate(14, fillcolor="grey"))
    return open_dataset(tmp_path / "photos", progress=False)


def features_of(dataset):
    rng = np.random.default_rng(0)
    table = rng.normal(size=(len(dataset), 12))
    return pd.DataFrame(table, dataset.images.index).add_prefix("feature ")


def path(name):
    return f"{name[0]}/{name}.png"


def test_pairs_that_agree_in_a_mirror_are_found_and_those_that_agree_as_they_are_are_not(mirrored):
    found = find_turned(mirrored, features_of(mirrored), workers=0)
    pairs = list(zip(found["image_id"], found["other_id"], strict=True))
    assert sorted(pairs) == [(path(one), path(other)) for one, other in TURNED.items()]
    assert (found["inliers"] >= 10).all() and found["inliers"].is_monotonic_decreasing
    again = find_turned(mirrored, features_of(mirrored), workers=0)
    pd.testing.assert_frame_equal(found, again)
    assert not [one for one in mirrored.root.rglob("*") if one.suffix == ".npy"]


def test_images_of_two_classes_are_not_mirrored_beside_each_other(mirrored):
    images = mirrored.images.assign(
        label=["x", "y"] * (len(mirrored) // 2) + ["x"] * (len(mirrored) % 2)
    )
    assert images.loc[path("a0"), "label"] != images.loc[path("a8"), "label"]
    other = mirrored.with_images(images.astype({"label": "str"}))
    found = find_turned(other, features_of(other), workers=0)
    assert path("a0") not in set(found["image_id"])


def test_a_report_looks_for_them_where_its_search_met_some_and_leaves_out_what_is_known(mirrored):
    evidence = Evidence(mirrored, plan(11, "10m"), progress=False)
    evidence.workers = 0
    vars(evidence)["features"] = features_of(mirrored)
    vars(evidence)["pairs"] = pd.DataFrame({"image_id": [], "other_id": [], "kind": []})
    vars(evidence)["proposals"] = pd.DataFrame({"image_id": [path("a0")], "other_id": [path("a8")]})
    assert evidence.turned.empty and list(evidence.turned) == ["image_id", "other_id", "inliers"]
    del vars(evidence)["turned"]
    evidence.noted["proposals"] = ["Of 9 pairs 2 agree well only where one photo is mirrored: …"]
    assert evidence.turned[["image_id", "other_id"]].to_numpy().tolist() == [
        [path("b1"), path("b9")]
    ]


@pytest.mark.parametrize(
    ("number", "told"), [(1, "1 pair of photos agrees"), (3, "3 pairs of photos agree")]
)
def test_they_are_a_finding_with_what_to_do(number, told):
    pairs = pd.DataFrame({"image_id": ["a"] * number, "other_id": ["b", "c", "d"][:number]})
    found = Section("same thing", "")
    same_thing._say_turned(found, SimpleNamespace(turned=pairs, part=[0] * 9))
    (one,) = found.findings
    assert one.what.startswith(f"{told} only where one is mirrored (a copy turned over, or a thing")
    assert (one.images, one.of, one.blocks) == (number + 1, 9, False)
    assert "--together images.csv" in one.act and found.numbers == {"mirrored": number}
    assert [picture.photographs for picture in found.pictures] == [True]
    same_thing._say_turned(none := Section("same thing", ""), SimpleNamespace(turned=pairs[:0]))
    assert none.findings == [] and none.pictures == []


def test_the_lines_of_python_that_the_finding_offers_work(mirrored, monkeypatch, capsys):
    monkeypatch.setattr("helpers.training.embed", features_of)
    told = {"dataset": mirrored}
    exec(same_thing.REVIEW_TURNED, told)
    assert told["grouped"].groups[path("a0")] == told["grouped"].groups[path("a8")]
    assert len(told["ax"].images) or told["ax"].child_axes

"""Photos that agree in a mirror alone, and what a report makes of them."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageOps

from helpers import open_dataset
from helpers.evidence import turned
from helpers.evidence.audited import Evidence
from helpers.evidence.budget import SEARCH, cost, plan
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
    assert (found["inliers"] >= 20).all() and found["inliers"].is_monotonic_decreasing
    again = find_turned(mirrored, features_of(mirrored), workers=0)
    pd.testing.assert_frame_equal(found, again)
    assert not [one for one in mirrored.root.rglob("*") if one.suffix == ".npy"]


def test_as_many_keypoints_as_are_asked_for_are_enough(mirrored, monkeypatch):
    found = turned._find(mirrored, features_of(mirrored), 0, False)
    assert found.index.tolist() == [0, 1] and (found["image_id"] < found["other_id"]).all()
    most = found["inliers"].max()
    for least, number in ((most, (found["inliers"] == most).sum()), (most + 1, 0)):
        monkeypatch.setattr(turned, "LEAST", least)
        assert len(turned._find(mirrored, features_of(mirrored), 0, False)) == number


def test_what_agrees_better_as_it_is_than_in_a_mirror_is_not_turned(mirrored, monkeypatch):
    def compared(tasks, seconds):
        return [{"inliers": 30 if in_mirror else 40 if one == 0 else 25, "likeness": 0.5}
                for _, one, _, in_mirror in tasks]  # fmt: skip

    monkeypatch.setattr(turned.keypoints, "compare_stored", compared)
    found = turned._find(mirrored, features_of(mirrored), 0, False)
    assert len(found) and mirrored.images.index[0] not in set(found["image_id"])
    order = found[["image_id", "other_id"]].apply(tuple, axis=1).tolist()
    assert order == sorted(order)  # as many keypoints for all


def test_images_of_two_classes_are_not_mirrored_beside_each_other(mirrored):
    images = mirrored.images.assign(
        label=["x", "y"] * (len(mirrored) // 2) + ["x"] * (len(mirrored) % 2)
    )
    assert images.loc[path("a0"), "label"] != images.loc[path("a8"), "label"]
    other = mirrored.with_images(images.astype({"label": "str"}))
    found = find_turned(other, features_of(other), workers=0)
    assert path("a0") not in set(found["image_id"])


def report_on(dataset, spare=10.0):
    paid = replace(plan(11, "10m"), spare=spare)
    evidence = Evidence(dataset, paid, progress=False)
    evidence.workers = 0
    columns = ["image_id", "other_id", "kind", "expected"]
    vars(evidence)["features"] = features_of(dataset)
    vars(evidence)["pairs"] = pd.DataFrame(columns=columns, dtype="str")
    vars(evidence)["proposals"] = pd.DataFrame(columns=columns)
    evidence.noted["proposals"] = ["Of 9 pairs 2 agree well only where one photo is mirrored: …"]
    vars(evidence)["choices"] = pd.DataFrame({"action": [], "label": [], "reason": []}, dtype="str")
    return evidence


def test_a_report_keeps_them_together_and_leaves_out_what_is_known(mirrored):
    evidence = report_on(mirrored)
    one, other = ([path(a), path(b)] for a, b in TURNED.items())
    assert sorted(evidence.turned[["image_id", "other_id"]].to_numpy().tolist()) == [one, other]
    groups = evidence.clean.groups
    assert groups[one].nunique() == groups[other].nunique() == 1
    assert groups[[one[0], other[0]]].nunique() == 2
    evidence = report_on(mirrored)
    vars(evidence)["pairs"] = pd.DataFrame(
        [[*one, "near"]], columns=["image_id", "other_id", "kind"]
    )
    vars(evidence)["proposals"].loc[0, ["image_id", "other_id"]] = other
    assert evidence.turned.empty


def test_where_the_search_met_none_or_the_budget_is_spent_none_are_looked_for(
    mirrored, monkeypatch
):
    monkeypatch.delattr("helpers.evidence.audited.find_turned")
    evidence = report_on(mirrored)
    evidence.noted["proposals"] = ["Of 9 pairs of near images 2 agree."]
    assert evidence.turned.empty and list(evidence.turned) == ["image_id", "other_id", "inliers"]
    price = cost(SEARCH, len(mirrored))
    evidence = report_on(mirrored, price - 1e-6)
    assert evidence.turned is None
    assert evidence.clean.group is None
    same_thing._say_turned(found := Section("same thing", ""), evidence)
    assert found.says == [] and found.unchecked[0].startswith("Photos that agree only where one")
    with pytest.raises(NameError):
        assert report_on(mirrored, price).turned is not None


NONE = pd.DataFrame({"image_id": [], "other_id": [], "against": []})


@pytest.mark.parametrize("number", [0, 1, 2_000])
def test_they_are_counted_and_shown(number):
    pairs = pd.DataFrame({"image_id": ["a"] * number, "other_id": ["b"] * number})
    opened = SimpleNamespace(images=pd.DataFrame({"split": "train"}, ["a", "b"]))
    found = Section("same thing", "")
    same_thing._say_turned(
        found, SimpleNamespace(turned=pairs, part=None, opened=opened, sure=NONE)
    )
    assert found.unchecked == found.findings == []
    assert len(found.pictures) == len(found.says) == (number > 0)
    if number:
        assert f"its other side): {number:,}. They stay on one side" in found.says[0]
        assert " here; on two sides of the given split lie 0; pairs.csv" in found.says[0]
        assert found.pictures[0].photographs and found.numbers == {"mirrored": number}


def test_those_on_two_sides_of_the_given_split_are_counted_and_are_to_be_mended():
    sides = {"a": "train", "b": "valid", "c": "train", "d": None, "e": None}
    opened = SimpleNamespace(images=pd.DataFrame({"split": pd.Series(sides, dtype="str")}))
    pairs = pd.DataFrame([("a", "b"), ("b", "c"), ("a", "c"), ("a", "d"), ("d", "e")])
    pairs = pairs.set_axis(["image_id", "other_id"], axis=1)
    found = Section("same thing", "")
    same_thing._say_turned(
        found, SimpleNamespace(turned=pairs, part=range(9), opened=opened, sure=NONE)
    )
    (mend,) = found.findings
    assert (mend.images, mend.of, mend.section) == (3, 9, "same thing")
    assert mend.what == (
        "Photos that agree only where one is mirrored lie on two sides of the given split: 2 pairs."
    )
    assert "5. They stay on one side of the split here; on two sides of" in found.says[0]
    assert "of the given split lie 2; pairs.csv lists all" in found.says[0]
    barred = pd.DataFrame({"image_id": ["d"], "other_id": ["a"], "against": [("b", "d")]})
    given = SimpleNamespace(turned=pairs, part=range(9), opened=opened, sure=barred)
    same_thing._say_turned(found := Section("same thing", ""), given)
    assert found.findings[0].images == 3
    assert "split here, but for 1 that your answers no keep apart; on two" in found.says[0]
    apart = pd.DataFrame(
        {"image_id": ["b", "c"], "other_id": ["a", "b"], "against": [("x", "y")] * 2}
    )
    given = SimpleNamespace(turned=pairs, part=range(9), opened=opened, sure=apart)
    same_thing._say_turned(found := Section("same thing", ""), given)
    assert found.findings == [] and "of the given split lie 2;" in found.says[0]

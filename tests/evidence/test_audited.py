"""What a report learns from where a budget does not pay for all, and what it keeps to itself."""

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
from PIL import Image

from helpers import open_dataset
from helpers.evidence.audited import BY_HASH, CAMERAS, Evidence
from helpers.evidence.budget import draw_part, plan
from helpers.splits import telling
from tests.audit.awkward import photo


def tail():
    """900 images of one class, 90 of another and 10 of a third, in things of five images."""
    labels = pd.Series(np.repeat(["oak", "fir", "yew"], [900, 90, 10]))
    things = pd.Series(np.arange(1000) // 5)
    order = np.random.default_rng(3).permutation(1000)
    return labels[order], things[order]


def test_a_part_has_the_same_share_of_each_class_in_whole_groups():
    labels, things = tail()
    kept = draw_part(labels, things, 200)
    assert len(kept) == len(set(kept)) == 200
    counts = labels[kept].value_counts()
    assert counts.between(counts.index.map({"oak": 175, "fir": 15, "yew": 5}),
                          counts.index.map({"oak": 180, "fir": 20, "yew": 5})).all()  # fmt: skip
    sizes = things[kept].value_counts()
    assert (sizes == 5).sum() >= len(sizes) - 1


def test_the_rarest_class_is_kept_however_small_the_part():
    labels, things = tail()
    for images in (15, 16, 500):
        assert set(labels[draw_part(labels, things, images)]) == {"oak", "fir", "yew"}


def test_a_group_counts_where_most_of_its_images_are_and_images_without_label_are_drawn_too():
    labels = pd.Series(["oak", "oak", "fir", None, None, None] * 20)
    groups = pd.Series(np.arange(120) // 3)
    kept = draw_part(labels, groups, 60)
    assert labels[kept].isna().sum() == 30
    assert labels[kept].value_counts().to_dict() == {"oak": 20, "fir": 10}


def test_which_groups_are_drawn_is_left_to_chance_and_the_same_each_time():
    labels, things = tail()
    kept = draw_part(labels, things, 200)
    assert kept.equals(draw_part(labels, things, 200))
    drawn = things[kept].unique()
    assert drawn.min() < 20 and drawn[drawn < 180].max() > 160  # from all over the class


def searched(folder):
    evidence = Evidence(open_dataset(folder, progress=False), plan(8, "10m"), progress=False)
    assert evidence.proposals is not None
    return evidence


def test_serial_numbers_of_cameras_are_in_nothing_that_a_report_says(tmp_path):
    for number in range(8):
        exif = Image.Exif()
        exif[0x010F], exif[0x0110] = "Acme", "Acme One"
        exif.get_ifd(0x8769)[0xA431] = "SN-2780220"
        path = tmp_path / "photos" / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        photo(120, 90, number).save(path, exif=exif)
    told = searched(tmp_path / "photos").noted["proposals"]
    assert CAMERAS in told
    assert not any("2780220" in line or "Acme" in line for line in told)


def test_pictures_that_look_alike_are_told_of_where_copies_are_and_nowhere_else(tmp_path):
    places = ((20, 20), (150, 20), (20, 110), (150, 110))
    for number, (left, top) in enumerate(places):
        form = photo(200, 150, 5)  # as forms do, they differ in one place each
        form.paste((128, 128, 128), (left, top, left + 24, top + 10))
        path = tmp_path / "forms" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        form.save(path)
        photo(200, 150, 50 + number).save(path.with_name(f"other{number}.png"))
    evidence = searched(tmp_path / "forms")
    assert any(
        "such pairs are not listed as copies" in line for line in evidence.pairs.attrs["notes"]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert evidence.divided.images["split"].notna().all()
    assert not any("not listed as copies" in line for line in evidence.split_notes)
    assert any("not listed as copies" in line for line in evidence.noted["pairs"])


def test_pairs_that_stay_together_or_are_answered_are_counted_aside(tmp_path, monkeypatch):
    for number in range(8):
        path = tmp_path / "photos" / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        photo(120, 90, number).save(path)
    ids = [f"a/{number}.jpg" for number in (0, 2, 4, 6)]
    found = pd.DataFrame({
        "image_id": ids[:3], "other_id": ids[1:], "group": 0, "expected": 0.95, "issue": "",
        "across": pd.Series([pd.NA] * 3, dtype="boolean"), "evidence": "local features", "why": "",
    })  # fmt: skip

    def search(*_, **__):
        print("\n".join([*telling.conclude(found), "Names: none."]))
        return found

    monkeypatch.setattr("helpers.evidence.audited.suggest_groups", search)
    dataset = open_dataset(tmp_path / "photos", progress=False)
    asked = [dataset, plan(8, "10m")]
    assert Evidence(*asked, progress=False).proposals.equals(found)
    said = found.assign(together=["yes", "no", ""])
    evidence = Evidence(*asked, progress=False, answered=said)
    assert evidence.proposals["image_id"].to_list() == ["a/4.jpg"]
    assert evidence.noted["proposals"] == [
        *telling.conclude(found.iloc[2:]),
        "2 more pairs settled already, by groups or answers.",
        "Names: none.",
    ]


def turned_into_test(folder):
    """Sixteen photos of two classes; a copy of each of the first four, turned by twenty degrees,
    is a test image."""
    for number in range(20):
        side, seed = ("train", number) if number < 16 else ("test", number - 16)
        path = folder / side / "ab"[seed % 2] / f"{number:02d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        image = photo(200, 150, seed)
        image = image if side == "train" else image.rotate(20, Image.Resampling.BILINEAR)
        image.save(path)
    return open_dataset(folder, progress=False)


def test_copies_that_are_turned_are_found_among_test_images_too(tmp_path):
    dataset = turned_into_test(tmp_path / "photos")
    evidence = Evidence(dataset, plan(16, "10m"), progress=False)
    evidence.workers = 0
    expected = [[f"test/{'ab'[n % 2]}/{n + 16}.png", f"train/{'ab'[n % 2]}/0{n}.png"]
                for n in (0, 2, 1, 3)]  # fmt: skip
    assert evidence.pairs[["image_id", "other_id"]].to_numpy().tolist() == expected
    assert set(evidence.pairs["transform"]) == {"rotate"}
    assert len(evidence.given_leaks) == 4
    assert evidence.looks.index.sort_values().equals(dataset.images.index.sort_values())
    assert not any(BY_HASH in line for line in evidence.noted["pairs"])


def test_where_models_learn_from_a_part_it_is_said_which_images_were_searched_by_hash(tmp_path):
    dataset = turned_into_test(tmp_path / "photos")
    evidence = Evidence(dataset, plan(16, "10m"), progress=False)
    evidence.workers, evidence.plan = 0, SimpleNamespace(images=8)
    assert len(evidence.part) == 8
    assert all("train" in one for one in evidence.looks.index)
    assert len(evidence.pairs) == 0
    (told,) = [line for line in evidence.noted["pairs"] if BY_HASH in line]
    assert told.startswith("Copies of 12 images were searched for without an embedding, so that")

"""Two halves of one folder are alike; another light, other files or other classes are told."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers import open_dataset
from helpers.datasets import DatasetError
from helpers.drift import compare_folders, comparing, describe_comparison, describe_facts
from tests.report.conftest import COLOURS, draw


@pytest.fixture(autouse=True)
def few_shuffles(monkeypatch):
    monkeypatch.setattr(comparing, "SHUFFLES", 599)


def fill(root: Path, number: int, seed: int, light: float = 1.0, suffix="png", shares=(1, 1, 1)):
    """A folder of pictures of three classes, of the same kind for each seed."""
    rng = np.random.default_rng([seed, 7])
    for label, share in zip(COLOURS, shares, strict=True):
        for n in range(int(number * share)):
            path = draw(root / label / f"{seed}-{n}.png", COLOURS[label], int(rng.integers(1e9)))
            if light != 1 or suffix != "png":
                picture = Image.open(path).point(lambda level: level * light)
                path.unlink()
                picture.save(path.with_suffix(f".{suffix}"))
    return root


def compare(one: Path, other: Path, **named):
    here, there = (open_dataset(path, progress=False) for path in (one, other))
    return compare_folders(here, there, workers=0, progress=False, **named)


def test_random_halves_of_one_folder_are_not_told_apart_however_often_they_are_drawn(tmp_path):
    whole = open_dataset(fill(tmp_path / "all", 40, 1), progress=False)
    seen, facts, shares = [], [], []
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(len(whole))
        rows = np.sort(order[:60]), np.sort(order[60:])
        halves = [whole.with_images(whole.images.iloc[one]) for one in rows]
        found = compare_folders(*halves, workers=0, progress=False)
        seen += found.differs
        facts.append(int(found.facts["differs"].sum()))
        shares.append(int(found.classes["differs"].sum()))
        assert len(found.tests) == 4
        assert found.tests["p"].notna().all()
        assert describe_facts(found.facts) == ""
    assert (seen, sum(facts), sum(shares)) == ([], 0, 0)
    said = describe_comparison(found)
    assert sum("no difference shown" in one for one in said) == 4
    assert "No image of the second folder was found in the first." in said


def test_a_darker_folder_is_told_by_its_light_and_not_by_its_files(tmp_path):
    found = compare(fill(tmp_path / "a", 25, 1), fill(tmp_path / "b", 25, 2, light=0.6))
    assert comparing.LIGHT in found.differs
    assert comparing.FILES not in found.differs
    row = found.tests.loc[comparing.LIGHT]
    assert row["low"] < row["area"] <= row["high"] <= 1
    assert row["area"] > 0.8
    first = found.facts.loc["brightness"]
    assert first["second"] == pytest.approx(0.6 * first["first"], rel=0.1)
    assert first["area"] < 0.2
    assert "brightness (" in describe_facts(found.facts, most=20)
    dark, light = found.most_unlike("second", 5), found.most_unlike("first", 5)
    assert all(one.startswith("b/") for one in dark)
    assert all(one.startswith("a/") for one in light)
    scores = found.shifts[comparing.CONTENT].scores
    assert scores[dark[0]] == scores[scores.index.str.startswith("b/")].max()
    assert scores[light[0]] == scores[scores.index.str.startswith("a/")].min()


def test_other_files_of_the_same_pictures_are_told_by_their_files(tmp_path):
    found = compare(fill(tmp_path / "a", 20, 1), fill(tmp_path / "b", 20, 2, suffix="bmp"))
    assert found.differs == [comparing.FILES]
    assert found.tests.loc[comparing.FILES, "area"] == 1
    assert found.tests.loc[comparing.FILES, "low"] < 1
    assert "format BMP (0% here, 100% there)" in describe_facts(found.facts)


def test_other_class_shares_are_named_and_content_is_asked_within_the_classes(tmp_path):
    one, other = fill(tmp_path / "a", 40, 1), fill(tmp_path / "b", 40, 2, shares=(0, 0.75, 2.25))
    found = compare(one, other)
    assert {comparing.SHARES, comparing.CONTENT} <= {*found.differs}
    assert found.tests.loc[comparing.WITHIN, "differs"].item() is False
    classes = found.classes
    assert list(classes["first"]) == [40, 40, 40]
    assert list(classes["second"]) == [0, 30, 90]
    assert classes["difference"].tolist() == pytest.approx([-1 / 3, -1 / 12, 5 / 12], abs=1e-3)
    assert classes["differs"].tolist() == [True, False, True]
    said = " ".join(describe_comparison(found))
    assert "red 33% here, 75% there" in said
    assert "within the classes no difference of content is shown" in said


def test_shares_of_a_single_class_are_not_asked_about(tmp_path):
    one, other = fill(tmp_path / "a", 12, 1), fill(tmp_path / "b", 12, 2)
    for root in (one, other):
        for label in ("blue", "green"):
            shutil.rmtree(root / label)
    found = compare(one, other)
    assert np.isnan(found.tests.loc[comparing.SHARES, "p"])
    assert found.differs == []
    assert "Class shares: not asked, for want of two classes or images." in (
        describe_comparison(found)
    )


def test_classes_of_one_folder_alone_are_named(tmp_path):
    one, other = fill(tmp_path / "a", 15, 1), fill(tmp_path / "b", 15, 2)
    (other / "red").rename(other / "rose")
    said = " ".join(describe_comparison(compare(one, other)))
    assert "only the second folder has rose; only the first folder has red" in said


def test_copies_in_both_are_counted_and_not_compared_in_their_looks(tmp_path):
    one, other = fill(tmp_path / "a", 14, 1), fill(tmp_path / "b", 14, 2)
    for n in range(3):
        shutil.copy(one / "red" / f"1-{n}.png", other / "blue" / f"again{n}.png")
    (other / "blue" / "broken.png").write_bytes(b"nothing")
    found = compare(one, other)
    ends = found.pairs[["image_id", "other_id"]].to_numpy().tolist()
    assert sorted(ends) == [[f"a/red/1-{n}.png", f"b/blue/again{n}.png"] for n in range(3)]
    assert len(found.shifts[comparing.CONTENT].scores) == 2 * 42 - 3
    said = " ".join(describe_comparison(found))
    assert "3 images of 46 in the second folder are copies of images in the first" in said
    assert "6 images of which both folders hold a copy were left out" in said


def test_things_that_both_show_are_left_out_and_unlabelled_folders_compared(tmp_path):
    table = []
    for name, first in (("a", 0), ("b", 10)):
        for n in range(24):
            draw(tmp_path / name / f"{n}.png", (120, 90, 60), 100 * first + n)
            table.append((name, f"{n}.png", f"p{first + n // 2}"))
    for name in ("a", "b"):
        rows = [(file, thing) for one, file, thing in table if one == name]
        pd.DataFrame(rows, columns=["file", "patient"]).to_csv(
            tmp_path / name / "m.csv", index=False
        )
    here, there = (
        open_dataset(tmp_path / name / "m.csv", group="patient", progress=False) for name in "ab"
    )
    found = compare_folders(here, there, workers=0, progress=False)
    assert found.classes is None
    assert list(found.tests.index) == [comparing.FILES, comparing.LIGHT, comparing.CONTENT]
    assert "8 images show things that both folders show by the column 'patient'" in found.notes[0]
    assert len(found.shifts[comparing.CONTENT].scores) == 40


def test_too_few_things_are_not_asked_about(tmp_path):
    found = compare(fill(tmp_path / "a", 20, 1), fill(tmp_path / "b", 3, 2))
    assert found.differs == []
    assert found.tests["area"].isna().all()
    assert "Content: not asked, for want of ten things in each folder." in describe_comparison(
        found
    )
    assert found.most_unlike("first") == []


def test_a_folder_is_not_compared_with_a_part_of_itself(tmp_path):
    root = fill(tmp_path / "a", 12, 1)
    with pytest.raises(DatasetError, match="12 images of 'red' are images of 'a' as well"):
        compare(root, root / "red")


def test_many_images_are_compared_by_a_part_and_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(comparing, "MOST", 30)
    found = compare(fill(tmp_path / "a", 20, 1), fill(tmp_path / "b", 8, 2))
    assert len(found.shifts[comparing.CONTENT].scores) == 30 + 24
    assert "Of the 60 images of the first folder 30, drawn at random" in found.notes[0]

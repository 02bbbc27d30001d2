"""Proposals: photos of one thing and no others, each with its evidence, kept as a column."""

import re

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.audit import keyed
from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import count
from helpers.splits import recurring, suggest_groups, suggesting, telling
from helpers.splits.bursts import Bursts
from helpers.splits.chance import Nulls, Verified
from tests.splits.scenes import shoot

THINGS = 20


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_WORK", str(tmp_path_factory.mktemp("work")))
        yield


def dataset_of(folder, rows):
    table = pd.DataFrame(rows, columns=["image_id", "label", "split"]).set_index("image_id")
    return Dataset("things", folder, table.astype("str").sort_index())


def features_of(dataset, seed=0):
    """An embedding that knows nothing."""
    values = np.random.default_rng(seed).normal(size=(len(dataset), 12))
    return pd.DataFrame(values, dataset.images.index)


@pytest.fixture(scope="module")
def things(tmp_path_factory, work):
    """Twenty things of two classes, each on two of three grounds, and a file that is no picture."""
    folder, rows = tmp_path_factory.mktemp("things"), []

    def save(name, label, split, *details, **more):
        shoot(*details, **more).save(folder / name)
        rows.append((name, label, split))

    for i in range(THINGS):
        label = "ab"[i % 2]
        save(f"{i * 37 % 101:03d}{label}x.png", label, "train", i, ground=i % 3)
        side = "test" if i < 5 else ("train" if i < 15 else None)
        save(f"{i * 37 % 101 + 300:03d}{label}q.png", label, side, i, ground=(i + 1) % 3,
             angle=5 * (i % 5), scale=0.85, light=0.8)  # fmt: skip
    (folder / "bad.png").write_bytes(b"no picture")
    rows.append(("bad.png", "a", "train"))
    return dataset_of(folder, rows)


@pytest.fixture(scope="module")
def proposals(things):
    return suggest_groups(things, features_of(things), workers=0, progress=False)


def thing_of(image_id):
    return int(image_id[:3]) % 300


def test_photos_of_one_thing_are_proposed_and_no_others(proposals):
    assert list(proposals) == list(suggesting.COLUMNS)
    same = proposals["image_id"].map(thing_of) == proposals["other_id"].map(thing_of)
    assert same.all()
    sure = proposals.dropna(subset="expected")
    assert len(sure) >= 0.9 * THINGS
    assert sure["expected"].between(suggesting.LEAST, 1).all()
    assert (proposals["image_id"] < proposals["other_id"]).all()
    assert (sure["evidence"] == "keypoints").all()
    assert (sure["inliers"] >= 3).all() and (sure["likeness"] > 0.2).all()
    for row in sure.itertuples():
        assert row.why == f"{row.inliers} keypoints agree on one movement"
    assert (sure["issue"] == "one thing twice?").all()
    order = sure[["expected", "inliers"]].to_numpy()
    assert sorted(order.tolist(), reverse=True) == order.tolist()


def test_a_pair_under_two_labels_is_shown_but_neither_expected_nor_grouped(things):
    few = things.images.loc[["000ax.png", "300aq.png", "037bx.png", "337bq.png"]].copy()
    few.loc["300aq.png", "label"] = "b"
    few = things.with_images(few)
    found = suggesting._Search(few, features_of(few), 3, 0.0, 0, False).run()
    two = found.set_index(["image_id", "other_id"]).loc[("000ax.png", "300aq.png")]
    assert two["issue"] == "one thing under two labels?"
    assert pd.isna(two["expected"]) and pd.isna(two["group"]) and two["inliers"] > 20
    sure = found.dropna(subset="expected")
    labels = few.images["label"]
    assert (labels[sure["image_id"]].to_numpy() == labels[sure["other_id"]].to_numpy()).all()
    assert found["expected"].isna().to_numpy().nonzero()[0].min() == len(sure)
    more = count(len(found) - len(sure), "more pair")
    assert found.attrs["notes"][1] == telling.WHICH and found.attrs["notes"][2].startswith(more)


def test_a_wrong_label_does_not_make_right_pairs_look_like_chance(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    rows = []
    for i in range(8):
        for view in range(3):
            name = f"{'ab'[i % 2]}{i}{view}.png"
            shoot(i, ground=10 * i + view, angle=7 * view, light=1 - 0.1 * view).save(
                tmp_path / name
            )
            rows.append((name, "ab"[i % 2], None))
    wrong = {"a00.png": "b", "b12.png": "a"}
    rows = [(name, wrong.get(name, label), split) for name, label, split in rows]
    dataset = dataset_of(tmp_path, rows)
    search = suggesting._Search(dataset, features_of(dataset), 8, 0.7, 0, False)
    found = search.run()
    sure = found.dropna(subset="expected")
    # Three pairs of each thing, but the two whose wrong photo is held against nobody.
    assert (sure["image_id"].str[:2] == sure["other_id"].str[:2]).all()
    assert len(sure) >= 0.8 * (6 * 3 + 2 * 1)
    note = next(note for note in found.attrs["notes"] if note.startswith("2 images agree with"))
    # Two right pairs each, and whatever else of the other class they were held against.
    assert int(re.search(r"\((\d+) pairs\)\.$", note)[1]) >= 4
    # What is in doubt is shown all the same.
    conflict = found[found["expected"].isna()]
    assert {"a00.png", "b12.png"} <= set(conflict[["image_id", "other_id"]].to_numpy().ravel())


def test_groups_are_numbered_and_hold_one_thing_each(proposals):
    sure = proposals.dropna(subset="expected")
    assert (
        sure.groupby("group")["image_id"].agg(lambda ids: ids.map(thing_of).nunique()).eq(1).all()
    )
    assert sorted(sure["group"].unique()) == list(range(1, sure["group"].nunique() + 1))
    first = sure.sort_values("image_id").drop_duplicates("group")
    assert first["group"].is_monotonic_increasing


def test_across_is_what_the_given_split_says(things, proposals):
    splits = things.images["split"]
    for row in proposals.itertuples():
        sides = splits[row.image_id], splits[row.other_id]
        if pd.isna(sides[0]) or pd.isna(sides[1]):
            assert row.across is pd.NA
        else:
            assert row.across == (sides[0] != sides[1])
    assert proposals["across"].sum() >= 4 and proposals["across"].isna().sum() >= 4
    assert (~proposals["across"].dropna()).sum() >= 8


def test_notes_say_how_many_are_expected_and_what_could_not_be_read(things, proposals, capsys):
    again = suggest_groups(things, features_of(things), workers=0, progress=False)
    pd.testing.assert_frame_equal(again, proposals)
    said = capsys.readouterr().out.splitlines()
    assert said == again.attrs["notes"]
    sure = proposals.dropna(subset="expected")
    right, images = (
        sure["expected"].sum(),
        pd.unique(sure[["image_id", "other_id"]].to_numpy().ravel()),
    )
    assert said[0] == (
        f"{len(sure)} pairs in {sure['group'].nunique()} groups of {len(images)} images are "
        f"proposed to show one thing or one place, of which {right:.0f} are expected to be right."
    )
    assert said[1] == telling.WHICH
    assert said[2] == f"{sure['across'].sum()} of the pairs lie across the given split."
    assert "1 image cannot be read: in no group." in said
    compared = next(line for line in said if " pairs of near images " in line)
    assert " of the same pairs with one photo mirrored, as nothing is photographed (" in compared
    assert ", and by " in compared and " pairs of near images of two classes (" in compared


def test_of_pictures_too_small_no_keypoints_speak_and_that_is_said(things, tmp_path):
    few = things.with_images(things.images.drop("bad.png").iloc[:12])
    for number, image_id in enumerate(few.images.index):
        side = 40 if number < 11 else 240
        Image.open(things.path(image_id)).resize((side, side)).save(tmp_path / image_id)
    tiny = Dataset("tiny", tmp_path, few.images)
    found = suggest_groups(tiny, features_of(tiny), workers=0, progress=False)
    assert found.empty
    told = (
        "Of 12 images 11 have no side of 48 px, too little to tell two things of one kind apart: "
    )
    assert told + "their keypoints were not compared." in found.attrs["notes"]


def test_processes_change_nothing(things, proposals, monkeypatch):
    few = things.with_images(things.images.iloc[:4])
    one, two = (
        suggesting._Search(few, features_of(few), 3, 0.0, workers, False).run()
        for workers in (0, 1)
    )
    pd.testing.assert_frame_equal(one, two)


@pytest.fixture(scope="module")
def leaves(tmp_path_factory, work):
    """Twelve flat pictures: names make pairs, and two were taken within three seconds."""
    folder, rows = tmp_path_factory.mktemp("named"), []
    for i in range(24):
        exif = Image.Exif()
        exif[0x010F] = "Orla"
        exif.get_ifd(0x8769)[0x9003] = f"2024:05:01 10:{i:02d}:00"
        if i in (1, 3):
            exif.get_ifd(0x8769)[0x9003] = "2024:05:01 10:00:03"
        name = f"leaf{i // 2:02d}_{'ab'[i % 2]}.jpg"
        Image.new("RGB", (40, 30), (i * 9, 90, 90)).save(folder / name, exif=exif)
        rows.append((name, None, None))
    return dataset_of(folder, rows)


def paired_features(dataset):
    rng = np.random.default_rng(0)
    values = np.repeat(rng.normal(size=(len(dataset) // 2, 12)), 2, axis=0)
    return pd.DataFrame(values + 0.1 * rng.normal(size=values.shape), dataset.images.index)


def test_names_are_evidence_where_the_images_bear_them_out(leaves):
    found = suggest_groups(leaves, paired_features(leaves), workers=0, progress=False)
    named = found[found["evidence"].str.contains("file name")]
    assert sorted(zip(named["image_id"], named["other_id"], strict=True)) == [
        (f"leaf{i:02d}_a.jpg", f"leaf{i:02d}_b.jpg") for i in range(12)
    ]
    assert named["why"].str.contains("the name without its last part is 'leaf").all()
    assert named["expected"].between(0.9, 1).all()
    assert found["across"].isna().all()
    notes = found.attrs["notes"]
    assert any("makes 12 groups of 24 images, at least" in line for line in notes)
    assert "Cameras in EXIF, which are no groups by themselves: Orla (24)." in notes
    assert any(" pairs of images far from each other (0.0%)." in line for line in notes)
    assert not any("cannot be read" in line for line in notes)


def test_a_burst_that_nothing_confirms_is_told_and_with_what_it_was_compared(leaves):
    fewer = leaves.with_images(leaves.images.drop("leaf01_b.jpg"))
    found = suggest_groups(fewer, features_of(fewer), workers=0, progress=False)
    (note,) = [line for line in found.attrs["notes"] if line.startswith("Bursts: ")]
    assert note.startswith(
        "Bursts: 1 pair of the images compared was taken within 4 s by one camera; the keypoints "
        "of 0 agree, of 1 pair of the same class, camera and day, but more than a minute apart, "
        "those of 0. That does not show that any burst shows one thing or one place. It could "
        "not be confirmed, and may show one thing"
    )
    found = suggest_groups(leaves, features_of(leaves), workers=0, progress=False)
    about = "Bursts: 2 pairs of the images compared were taken within 4 s by one camera; the keyp"
    assert any(line.startswith(about) for line in found.attrs["notes"])


def test_the_same_names_are_only_mentioned_where_the_images_do_not(leaves):
    found = suggest_groups(leaves, features_of(leaves), workers=0, progress=False)
    assert not found["evidence"].str.contains("file name").any()
    said = [line for line in found.attrs["notes"] if "name without its last part" in line]
    assert len(said) == 1 and said[0].endswith("; nothing is proposed by it.")
    assert len(found) == 0
    assert found.attrs["notes"][0] == "No two images are proposed to show the same thing."


def test_bursts_are_evidence_where_their_photos_are_alike(leaves, monkeypatch):
    monkeypatch.setattr(suggesting, "_FEWEST", 2)
    alike = features_of(leaves, seed=3)
    alike.loc[["leaf00_a.jpg", "leaf00_b.jpg", "leaf01_b.jpg"]] = [
        [9.0] * 12,
        [9.1] * 12,
        [8.9] * 12,
    ]
    found = suggest_groups(leaves, alike, workers=0, progress=False)
    burst = found[found["evidence"] == "burst"]
    pairs = sorted(zip(burst["image_id"], burst["other_id"], strict=True))
    assert pairs == [("leaf00_a.jpg", "leaf00_b.jpg"), ("leaf00_b.jpg", "leaf01_b.jpg")]
    assert burst["group"].tolist() == [1, 1]
    assert set(burst["why"]) == {"taken 0 s apart by one camera", "taken 3 s apart by one camera"}


def test_fewer_than_three_pictures_are_refused(things):
    two = things.with_images(things.images.iloc[:2])
    with pytest.raises(DatasetError, match="2 images of 'things' can be read"):
        suggest_groups(two, features_of(two), workers=0, progress=False)


def test_three_pictures_are_enough_and_eight_neighbours_are_compared_unless_told(
    leaves, monkeypatch
):
    three = leaves.with_images(leaves.images.iloc[:3])
    found = suggest_groups(three, features_of(three), workers=0, progress=False)
    assert list(found) == list(suggesting.COLUMNS) and len(found) <= 3
    asked = []

    class Asked(Exception):
        pass

    def note(*given):
        asked.append(given[2:])
        raise Asked

    monkeypatch.setattr(suggesting, "_Search", note)
    with pytest.raises(Asked):
        suggest_groups(leaves, features_of(leaves, seed=7))  # of which nothing is kept yet
    assert asked == [(8, suggesting.LEAST, 2, True)]


def test_bars_say_what_they_count_and_five_cameras_are_named(leaves, tmp_path, monkeypatch):
    told, bar = [], keyed.tqdm
    monkeypatch.setattr(
        keyed,
        "tqdm",
        lambda **how: told.append((how["unit"], how["desc"], how["delay"])) or bar(**how),
    )
    rows = []
    for number in range(6):
        exif = Image.Exif()
        exif[0x010F] = f"Camera {number}"
        name = f"{chr(97 + number)}{number * number}.jpg"
        Image.new("RGB", (40, 30), (number * 9, 90, 90)).save(tmp_path / name, exif=exif)
        rows.append((name, None, None))
    dataset = dataset_of(tmp_path, rows)
    found = suggest_groups(dataset, features_of(dataset), workers=0, progress=False)
    about = "Cameras in EXIF, which are no groups by themselves: "
    (note,) = [one for one in found.attrs["notes"] if one.startswith(about)]
    assert note.count("Camera ") == 5 and note.endswith(" and 1 more.")
    assert told == [("image", "keypoints", 2), ("image", "times", 2), ("pair", "verify", 2)]


def test_what_all_strangers_share_is_taken_out(tmp_path, work):
    """Sixteen small things on one and the same ground, from one and the same place."""
    rows = []
    for i in range(16):
        for turn in (0, 1):
            name = f"{i * 7 % 16}{'kw'[turn]}{i}.png"
            shoot(100 + i, ground=1, scale=0.5, angle=20 * turn, shift=(0, 4 * turn)).save(
                tmp_path / name
            )
            rows.append((name, "ab"[i % 2], "train"))
    dataset = dataset_of(tmp_path, rows)
    found = suggest_groups(dataset, features_of(dataset), workers=0, progress=False)
    sure = found.dropna(subset="expected")
    ends = [sure[name].str.extract(r"[kw](\d+)\.")[0] for name in ("image_id", "other_id")]
    right = (ends[0] == ends[1]).sum()
    assert right >= 14 and len(sure) - right <= 2
    assert abs(sure["expected"].sum() - right) <= 2
    assert any(" of all keypoints recur there and were left out." in line
               for line in found.attrs["notes"])  # fmt: skip


@pytest.fixture(scope="module")
def described(things):
    few = things.with_images(things.images.iloc[:24])
    return suggesting._Search(few, features_of(few), 3, 0.0, 0, False)


@pytest.fixture
def search(described):
    described.notes, none = [], np.empty((0, 2), int)
    described.bursts = Bursts(none, none[:, 0], none)
    return described


@pytest.mark.parametrize(("apart", "taken_out"), [(13, True), (14, False)])
def test_few_strangers_that_agree_are_no_ground(search, monkeypatch, tmp_path, apart, taken_out):
    """The crowd is six pairs: of 199 pairs of strangers more than 3 in 100, of 200 not."""
    none = np.zeros(186 + apart, int)
    pairs = np.stack([none, none + 1], axis=1)
    strangers = Verified(pairs, none, none.astype(float))
    nulls = Nulls(strangers, strangers, strangers)
    monkeypatch.setattr(search, "_verify_once", lambda *_: ("found", nulls))
    monkeypatch.setattr(recurring, "find_crowd", lambda *_: pairs[:6])
    monkeypatch.setattr(recurring, "without_common", lambda *_: (search.pictures, 0.25))
    search._verify([], tmp_path)
    assert (tmp_path / "thinned").exists() is taken_out
    said = [line for line in search.notes if "agree in their keypoints" in line]
    assert [line[:2] for line in said] == ["3%"] * taken_out
    assert all("; 25% of all keypoints recur" in line for line in said)


def test_each_pair_of_strangers_counts_once(search, tmp_path):
    """Two searches that find the same neighbours hold the keypoints against them once."""
    bare = [one._replace(descriptors=one.descriptors[:0], places=one.places[:0])
            for one in search.pictures]  # fmt: skip
    for name, pictures in (("all", search.pictures), ("bare", bare)):
        pictures = suggesting.keypoints.store(tmp_path / name, pictures)
        found, nulls = search._verify_once(tmp_path / name, pictures, [])
        for family in (found, nulls.strangers, nulls.mirrored):
            pairs = [tuple(pair) for pair in family.pairs.tolist()]
            assert len(set(pairs)) == len(pairs) > 20
            assert all(one < other for one, other in pairs)
        mirrored = set(map(tuple, nulls.mirrored.pairs.tolist()))
        assert mirrored == set(map(tuple, found.pairs.tolist()))


def test_review_takes_the_table_as_it_is(things, proposals):
    from helpers.review.cases import as_cases

    cases = as_cases(things, proposals)
    assert len(cases) == len(proposals)
    assert cases["other_id"].tolist() == proposals["other_id"].tolist()
    assert cases["issue"].tolist() == proposals["issue"].tolist()

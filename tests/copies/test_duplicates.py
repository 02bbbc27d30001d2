import os
import time
import zlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.audit import cluster_duplicates, find_duplicates, scan, sweep_distance
from helpers.copies import comparing, duplicates, verifying
from helpers.datasets import DatasetError
from tests.audit.awkward import encode, photo
from tests.audit.sets import dataset_of


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    """Thirty photos, and one copy of each of the first of another kind."""
    folder = tmp_path_factory.mktemp("copies")
    edits = {
        "": lambda image: encode(image, "JPEG", quality=40),
        "mirror": lambda image: encode(image.transpose(0), "JPEG"),
        "crop": lambda image: encode(image.crop((8, 6, 292, 219)), "JPEG"),
        "rotate": lambda image: encode(
            image.rotate(2.5, Image.Resampling.BICUBIC).crop((15, 12, 285, 213)), "JPEG", quality=95
        ),
        "resize": lambda image: encode(image.resize((200, 150)), "JPEG"),
        "brighten": lambda image: encode(image.point(lambda level: level * 0.8), "JPEG"),
        "container": lambda image: encode(image, "PNG"),
    }
    for seed in range(30):
        image = photo(300, 225, seed + 100)
        image.save(folder / f"{seed:02d}.jpg", quality=92)
        if seed < len(edits):
            name, edit = list(edits.items())[seed]
            data = edit(Image.open(folder / f"{seed:02d}.jpg"))
            (folder / f"{seed:02d} {name}.jpg").write_bytes(data)
    (folder / "same.jpg").write_bytes((folder / "20.jpg").read_bytes())
    (folder / "broken.jpg").write_bytes(b"not a picture")
    (folder / "broken too.jpg").write_bytes(b"not a picture")
    return dataset_of(folder, [path.name for path in folder.iterdir()])


@pytest.fixture(autouse=True)
def fresh_work(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))


@pytest.fixture
def scanned(copies):
    return scan(copies, workers=0, progress=False)


def test_each_copy_is_paired_with_its_original_and_with_nothing_else(copies, scanned):
    pairs = find_duplicates(copies, scanned)
    near = pairs[pairs["kind"] == "near"]
    expected = sorted((f"{i[:2]} {i[3:]}", f"{i[:2]}.jpg") for i in scanned.index if " " in i[:3])
    assert sorted(zip(near["image_id"], near["other_id"], strict=True)) == expected
    exact = pairs[pairs["kind"] == "exact"]
    assert exact[["image_id", "other_id"]].to_numpy().tolist() == [["20.jpg", "same.jpg"]]


def test_pairs_say_what_was_changed(copies, scanned):
    pairs = find_duplicates(copies, scanned)
    named = pairs[pairs["kind"] == "near"].set_index("other_id")["transform"]
    assert named["00.jpg"] == "" and named["06.jpg"] == ""
    assert named["01.jpg"] == "mirror"
    assert named["02.jpg"].startswith("crop")
    assert named["03.jpg"] == "rotate"
    assert named["04.jpg"] == "resize"
    assert named["05.jpg"] == "brighten"


@pytest.fixture(scope="module")
def turned(tmp_path_factory):
    """Twenty photos with a turned, flipped or cut copy of the first of them, and embeddings."""
    folder = tmp_path_factory.mktemp("turned")
    edits = {
        "quarter": lambda image: image.transpose(Image.Transpose.ROTATE_90),
        "over": lambda image: image.transpose(Image.Transpose.ROTATE_180),
        "flipped": lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        "cut": lambda image: image.crop((20, 60, 240, 225)),
        "less": lambda image: image.crop((110, 30, 300, 172)).transpose(0),
        "tilted": lambda image: image.rotate(17, Image.Resampling.BILINEAR),
        "tumbled": lambda image: (
            image.transpose(0).rotate(-41, Image.Resampling.BILINEAR).resize((200, 150))
        ),
    }
    features = {}
    for seed in range(20):
        image = photo(300, 225, seed + 500)
        image.save(folder / f"{seed:02d}.jpg", quality=92)
        look = features[f"{seed:02d}.jpg"] = np.random.default_rng(seed).normal(size=8)
        if seed < len(edits):
            name, edit = list(edits.items())[seed]
            edit(Image.open(folder / f"{seed:02d}.jpg")).save(folder / f"{seed:02d} {name}.jpg")
            features[f"{seed:02d} {name}.jpg"] = look + 0.1
    return dataset_of(folder, [*features]), pd.DataFrame.from_dict(features, orient="index")


def test_embeddings_lead_to_turned_flipped_and_cut_copies_and_to_nothing_else(turned):
    dataset, features = turned
    assert find_duplicates(dataset, progress=False).empty
    pairs = find_duplicates(dataset, features=features, progress=False)
    near = pairs.set_index("image_id")["transform"]
    assert near.to_dict() == {
        "00 quarter.jpg": "rotate",
        "01 over.jpg": "rotate",
        "02 flipped.jpg": "mirror and rotate",
        "03 cut.jpg": "crop",
        "04 less.jpg": "mirror and crop",
        "05 tilted.jpg": "rotate",
        "06 tumbled.jpg": "mirror and rotate and resize",
    }
    assert [f"{other[:2]}.jpg" for other in pairs["other_id"]] == pairs["other_id"].tolist()
    assert pairs["movement"].max() < comparing.LIMITS["movement"]


def test_images_without_embeddings_are_still_searched_by_hash(turned):
    dataset, features = turned
    pairs = find_duplicates(dataset, features=features.drop("03 cut.jpg"), progress=False)
    assert len(pairs) == 6
    with pytest.raises(DatasetError, match="find_duplicates got a Dataset"):
        find_duplicates(dataset, features=dataset, progress=False)


def test_another_recorded_time_is_a_doubt_and_no_veto_where_pixels_agree(copies, scanned):
    timed = scanned.assign(taken=pd.Timestamp("2020-01-01"))
    assert find_duplicates(copies, timed)["difference"].tolist() == [""] * 8
    ticking = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(len(timed)), "s")
    found = find_duplicates(copies, timed.assign(taken=ticking)).set_index("other_id")
    assert found["kind"].to_dict() == {
        "same.jpg": "exact",
        **dict.fromkeys([f"{number:02d}.jpg" for number in range(7)], "near"),
        "03.jpg": "probable",  # turned, which leaves more of a difference
    }
    order = timed.index.get_indexer(["00.jpg", found.loc["00.jpg", "image_id"]])
    expected = f"recorded time differs by {abs(order[0] - order[1])} s"
    assert found.loc["00.jpg", "difference"] == expected


def test_a_scene_shot_twice_is_no_duplicate_whatever_its_embedding(tmp_path):
    first, second = photo(320, 240, 7), photo(320, 240, 7)
    subject = photo(120, 100, 8)
    first.paste(subject, (90, 70))
    second.paste(subject, (94, 72))
    first.save(tmp_path / "a.jpg", quality=92)
    second.save(tmp_path / "b.jpg", quality=92)
    dataset = dataset_of(tmp_path, ["a.jpg", "b.jpg"])
    assert len(find_duplicates(dataset, verify=False, progress=False)) == 1
    assert len(find_duplicates(dataset, progress=False)) == 0
    alike = pd.DataFrame({"stage1 000": [1.0, 1.01]}, index=["a.jpg", "b.jpg"])
    assert len(find_duplicates(dataset, features=alike, progress=False)) == 0


def test_files_that_changed_after_the_scan_are_named_and_stop_nothing(tmp_path):
    for number in range(6):
        for quality in (90, 60):
            data = encode(photo(300, 225, number), "JPEG", quality=quality)
            (tmp_path / f"{number} {quality}.jpg").write_bytes(data)
    dataset = dataset_of(tmp_path, [path.name for path in tmp_path.iterdir()])
    scanned = scan(dataset, progress=False)
    assert len(find_duplicates(dataset, scanned, progress=False)) == 6
    (tmp_path / "1 60.jpg").unlink()
    (tmp_path / "2 60.jpg").write_bytes(data[:2000])
    bomb = bytearray(encode(Image.new("1", (8, 8)), "PNG"))
    bomb[16:24] = (60_000).to_bytes(4, "big") * 2
    bomb[29:33] = zlib.crc32(bomb[12:29]).to_bytes(4, "big")
    (tmp_path / "3 60.jpg").write_bytes(bomb)
    (tmp_path / "4 60.jpg").unlink()
    os.mkfifo(tmp_path / "4 60.jpg")
    with pytest.warns(UserWarning, match="4 pairs were left out .*'1 60.jpg'.* is missing"):
        pairs = find_duplicates(dataset, scanned, progress=False)
    assert pairs["image_id"].tolist() == ["0 60.jpg", "5 60.jpg"]


def crash(tasks, seconds, levels):
    os._exit(1)


def test_a_file_that_crashes_its_decoder_while_pairs_are_verified_is_left_out(
    tmp_path, monkeypatch
):
    for quality in (90, 60):
        photo(300, 225, 1).save(tmp_path / f"{quality}.jpg", quality=quality)
    dataset = dataset_of(tmp_path, ["60.jpg", "90.jpg"])
    scanned = scan(dataset, workers=0, progress=False)
    monkeypatch.setattr(comparing, "compare_pairs", crash)
    with pytest.warns(UserWarning, match="makes its decoder crash"):
        assert find_duplicates(dataset, scanned, progress=False).empty


def test_a_copy_turned_by_its_exif_tag_is_its_original_saved_again(tmp_path):
    original = photo(300, 225, 3)
    turned = Image.Exif()
    turned[274] = 6
    original.save(tmp_path / "a.jpg", quality=92)
    stored = original.transpose(Image.Transpose.ROTATE_90)
    stored.save(tmp_path / "b.jpg", quality=85, exif=turned)
    pairs = find_duplicates(dataset_of(tmp_path, ["a.jpg", "b.jpg"]), progress=False)
    assert pairs["transform"].tolist() == [""]


def test_a_search_that_takes_long_shows_how_far_it_is(copies, scanned, monkeypatch, capfd):
    find_duplicates(copies, scanned, workers=0)
    assert "verify" not in capfd.readouterr().err
    compare, late = comparing.compare_pairs, time.monotonic() + 2.5
    monkeypatch.setattr(verifying, "_BATCHES", (1, 1))
    monkeypatch.setattr(
        comparing,
        "compare_pairs",
        lambda *a, **k: time.sleep(0.3 * (time.monotonic() < late)) or compare(*a, **k),
    )
    monkeypatch.setattr(verifying, "_read_verdicts", lambda path: {})
    find_duplicates(copies, scanned, distance=11, workers=0)
    assert "verify" in capfd.readouterr().err


def test_many_identical_files_cost_pairs_in_proportion_to_their_number(tmp_path):
    data = encode(photo(), "JPEG")
    names = [f"{number:03d}.jpg" for number in range(40)]
    for name in names:
        (tmp_path / name).write_bytes(data)
    pairs = find_duplicates(dataset_of(tmp_path, names), progress=False)
    assert len(pairs) == 39
    assert cluster_duplicates(pairs)["size"].tolist() == [40] * 40


def test_flat_pictures_are_not_called_alike(tmp_path):
    for level in range(0, 250, 10):
        Image.new("L", (40, 40), level).save(tmp_path / f"{level:03d}.png")
    dataset = dataset_of(tmp_path, [path.name for path in tmp_path.glob("*.png")])
    assert find_duplicates(dataset, progress=False).empty


def test_order_of_the_scan_does_not_matter(copies, scanned):
    turned = find_duplicates(copies, scanned.iloc[::-1])
    pd.testing.assert_frame_equal(find_duplicates(copies, scanned), turned)


def test_images_dropped_since_the_scan_are_in_no_pair(copies, scanned):
    pairs = find_duplicates(copies, scanned)
    gone = pairs["image_id"].iloc[0]
    left = find_duplicates(copies.with_images(copies.images.drop(gone)), scanned)
    assert gone not in set(left["image_id"]) | set(left["other_id"])
    assert len(left) == (~pairs[["image_id", "other_id"]].eq(gone).any(axis=1)).sum()


def test_clusters_join_what_pairs_link():
    pairs = pd.DataFrame({"image_id": ["a", "c", "x"], "other_id": ["b", "b", "y"]})
    table = cluster_duplicates(pairs)
    assert table["cluster"].to_dict() == {"a": 0, "b": 0, "c": 0, "x": 1, "y": 1}
    assert table["size"].to_dict() == {"a": 3, "b": 3, "c": 3, "x": 2, "y": 2}
    assert cluster_duplicates(pairs.iloc[:0]).empty


def test_a_sweep_counts_more_pairs_at_every_distance_and_knows_no_truth(copies, scanned):
    sweep = sweep_distance(copies, scanned, range(0, 21, 5))
    assert sweep["distance"].tolist() == [0, 5, 10, 15, 20]
    assert sweep["pairs"].is_monotonic_increasing
    assert sweep[["recall", "precision", "bursts"]].isna().all(axis=None)


def test_a_distance_out_of_range_is_refused(copies, scanned):
    with pytest.raises(ValueError, match="distance is 40; expected 0 to 24"):
        find_duplicates(copies, scanned, distance=40)


def test_tiny_pictures_are_compared_by_their_bytes_alone(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(60):
        pixels = rng.integers(0, 255, (8, 8), np.uint8) if number else np.zeros((8, 8), np.uint8)
        Image.fromarray(pixels).resize((8, 8)).save(tmp_path / f"{number:02d}.png")
    (tmp_path / "same.png").write_bytes((tmp_path / "07.png").read_bytes())
    dataset = dataset_of(tmp_path, [path.name for path in tmp_path.glob("*.png")])
    pairs = find_duplicates(dataset, distance=24, progress=False)
    assert pairs[["image_id", "other_id"]].to_numpy().tolist() == [["07.png", "same.png"]]


def weighed(rows, taken=None, left_out=0):
    """What is made of pairs given as (two ids, kind, difference, excess, movement)."""
    columns = ["image_id", "other_id", "kind", "difference", "excess", "movement"]
    pairs = pd.DataFrame(rows, columns=columns).assign(similarity=0.99)
    ids = sorted({*pairs["image_id"], *pairs["other_id"]})
    taken = pd.Series(pd.to_datetime([*(taken or {}).values()]), [*(taken or {})])
    found, notes = duplicates._weigh(pairs, taken.reindex(ids).astype("datetime64[ns]"), left_out)
    return found[["image_id", "other_id", "kind", "difference"]].to_numpy().tolist(), notes


@pytest.mark.parametrize("excess", [0.5, 0.51])
@pytest.mark.parametrize("movement", [0.065, 0.066])
def test_another_time_leaves_near_what_agrees_twice_as_well_as_it_must(excess, movement):
    times = {"a": "2024-01-01 00:00", "b": "2024-01-01 00:03", "c": "2024-01-01 00:00"}
    rows = [("a", "b", "near", "", excess, movement), ("a", "c", "near", "", 0.9, 0.1)]
    found, notes = weighed(rows, times)
    kind = "near" if (excess, movement) == (0.5, 0.065) else "probable"
    told = "recorded time differs by 3 min"
    assert found == [["a", "b", kind, told], ["a", "c", "near", ""]] and notes == []
    both = weighed([("a", "b", "probable", "sharpness", 0.1, 0.0)], times)[0]
    assert both == [["a", "b", "probable", f"sharpness; {told}"]]


@pytest.mark.parametrize(
    ("kind", "difference", "doubtful"),
    [
        ("part", "a part of 3 % at the left", True),
        ("near", "colour (one is grey)", True),
        ("near", "recorded time differs by 3 s", True),
        ("near", "", False),
        ("probable", "sharpness", False),
    ],
)
def test_more_than_three_that_differ_doubtfully_are_left_out_and_the_first_pair_named(
    kind, difference, doubtful
):
    star = [("a", other, kind, f"{difference}", 0.9, 0.0) for other in "bcd"]
    three = [("x", other, kind, difference, 0.9, 0.0) for other in "yw"]
    apart = [*three, ("x", "z", "near", "", 0.1, 0.0)]
    shown = "probable" if kind == "part" else kind
    found, notes = weighed([*apart, *star])
    listed = [["x", "y", shown, difference], ["x", "w", shown, difference], ["x", "z", "near", ""]]
    if not doubtful:
        assert (len(found), notes) == (6, [])
        return
    assert found == listed
    (note,) = notes
    assert note.startswith("4 pictures belong to sets of more than 3 that fit over one another")
    assert note.endswith(f" The first are 'a' and 'b' ({difference}).")
    assert len(weighed(star[:2])[0]) == 2


def test_pairs_that_were_not_verified_are_counted():
    assert weighed([("a", "b", "near", "", 0.1, 0.0)], left_out=7)[1] == [
        "7 of 100,007 pairs that resemble each other were not verified, only the 100,000 nearest; "
        "a smaller distance= leaves fewer."
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.6, "1 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"), (7200, "2 h"),
     (172_799, "48 h"), (172_800, "2 days"), (86_400 * 9.6, "10 days")],
)  # fmt: skip
def test_times_apart_are_said_in_the_largest_unit_of_which_there_are_two(seconds, words):
    assert duplicates._in_words(pd.Timedelta(seconds, "s")) == words


@pytest.mark.parametrize(("contrast", "side", "found"), [(4, 90, 1), (2.8, 90, 0), (4, 16, 1),
                                                         (40, 15, 0)])  # fmt: skip
def test_pictures_are_compared_whose_thumbnails_spread_over_more_than_three_levels(
    tmp_path, contrast, side, found
):
    picture = np.asarray(photo(120, side, 3).convert("L"), float)
    picture = 128 + (picture - picture.mean()) * contrast / picture.std() * 1.06
    for name, shift in (("a.png", 0), ("b.png", 1)):
        Image.fromarray((picture + shift).clip(0, 255).round().astype(np.uint8)).save(
            tmp_path / name
        )
    dataset = dataset_of(tmp_path, ["a.png", "b.png"])
    scanned = scan(dataset, workers=0, progress=False)
    spread = np.frombuffer(scanned["thumbnail"].iloc[0], np.uint8).std()
    assert (spread > 3) == (contrast > 3)
    pairs = find_duplicates(dataset, scanned, verify=False, progress=False)
    assert len(pairs) == found
    assert "notes" in pairs.attrs and pairs.attrs["notes"] == []


def test_two_processes_verify_and_show_how_far_they_are_unless_told(copies, scanned, monkeypatch):
    told = []

    class Noted(verifying.Verifying):
        def __init__(self, dataset, scanned, thumbnails, workers, progress):
            told.append((workers, progress))
            super().__init__(dataset, scanned, thumbnails, 0, False)

    monkeypatch.setattr(verifying, "Verifying", Noted)
    find_duplicates(copies, scanned)
    find_duplicates(copies, scanned, distance=9, workers=1, progress=False)
    assert told == [(2, True), (1, False)]
    for distance in (-1, 25):
        with pytest.raises(ValueError, match=f"distance is {distance}"):
            find_duplicates(copies, scanned, distance=distance)
    exact = find_duplicates(copies, scanned).query("kind == 'exact'").iloc[0]
    assert exact[["distance", "similarity", "movement", "transform"]].tolist() == [0, 1, 0, ""]


def test_pairs_that_are_not_verified_say_how_they_were_found_and_relabelling_repeats_nothing(
    copies, scanned, monkeypatch
):
    pairs = find_duplicates(copies, scanned, verify=False, distance=8)
    named = pairs[pairs["kind"] == "near"].set_index("other_id")
    assert named.loc["01.jpg", "transform"] == "mirror" and named.loc["00.jpg", "transform"] == ""
    assert named["similarity"].isna().all()
    monkeypatch.setattr(duplicates, "_near_pairs", None)
    relabelled = copies.with_images(copies.images.assign(label="leaf"))
    again = find_duplicates(relabelled, scanned, verify=False, distance=8)
    pd.testing.assert_frame_equal(pairs, again)


def test_identical_files_are_listed_by_their_first_name():
    ids = pd.Index(["a1", "a2", "b1", "b2", "c1", "c2"], name="image_id")
    scanned = pd.DataFrame({"sha256": [*"zzmmaa"], "readable": True}, ids)
    found = duplicates._exact_pairs(scanned.iloc[::-1])
    assert found["image_id"].tolist() == ["a1", "b1", "c1"]
    assert found["other_id"].tolist() == ["a2", "b2", "c2"]


def test_among_files_of_which_none_can_be_read_there_are_no_copies(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(b"\xff\xd8 broken %d" % number)
    dataset = dataset_of(tmp_path, [f"{number}.jpg" for number in range(3)])
    scanned = scan(dataset, workers=0, progress=False)
    assert not scanned["readable"].any()
    pairs = find_duplicates(dataset, scanned, workers=0, progress=False)
    assert len(pairs) == 0 and "kind" in pairs

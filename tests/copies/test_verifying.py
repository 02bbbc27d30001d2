from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.audit import cluster_duplicates, find_duplicates, scan
from helpers.copies import comparing, confirmed, verifying
from tests.audit.awkward import encode, photo
from tests.audit.sets import dataset_of


@pytest.fixture(autouse=True)
def fresh_work(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))


@pytest.fixture
def pairs_of_files(tmp_path):
    """Four photos, each saved twice, and their scan."""
    for number in range(4):
        for quality in (90, 60):
            name = f"{number} {quality}.jpg"
            photo(200, 150, number).save(tmp_path / name, quality=quality)
    dataset = dataset_of(tmp_path, [path.name for path in tmp_path.glob("*.jpg")])
    return dataset, scan(dataset, workers=0, progress=False)


def search(dataset, scanned=None, **more):
    if scanned is None:
        scanned = scan(dataset, workers=0, progress=False)
    return find_duplicates(dataset, scanned, workers=0, progress=False, **more)


@pytest.fixture
def compared(monkeypatch):
    """The numbers of pairs that were opened, call by call."""
    counts, compare = [], comparing.compare_pairs

    def count(tasks, seconds, levels):
        counts.append(len(tasks))
        return compare(tasks, seconds, levels)

    monkeypatch.setattr(comparing, "compare_pairs", count)
    return counts


def test_pairs_of_the_same_contents_are_opened_once(pairs_of_files, compared):
    dataset, scanned = pairs_of_files
    found = search(dataset, scanned)
    assert len(found) == 4
    before = sum(compared)
    left = search(dataset.with_images(dataset.images.drop("2 60.jpg")), scanned)
    assert sum(compared) == before
    kept = found[found["image_id"] != "2 60.jpg"].reset_index(drop=True)
    facts = [column for column in found if column != "cluster"]
    pd.testing.assert_frame_equal(left[facts], kept[facts])
    photo(200, 150, 3).save(dataset.root / "new.jpg", quality=75)
    more = search(dataset_of(dataset.root, [*dataset.images.index, "new.jpg"]))
    assert sum(compared) > before and len(more) == 6


def test_pairs_that_were_no_copies_are_not_opened_again_either(tmp_path, compared):
    for number, at in enumerate((90, 97)):
        picture = photo(320, 240, 7)
        picture.paste(photo(120, 100, 8), (at, 70))
        picture.save(tmp_path / f"{number}.jpg", quality=92)
    photo(90, 90, 1).save(tmp_path / "other.jpg")
    dataset = dataset_of(tmp_path, ["0.jpg", "1.jpg", "other.jpg"])
    assert search(dataset).empty and compared == [1]
    assert search(dataset.with_images(dataset.images.drop("other.jpg"))).empty
    assert compared == [1]


def test_a_file_that_changed_since_the_scan_is_opened_again(pairs_of_files, compared):
    dataset, scanned = pairs_of_files
    search(dataset, scanned)
    before = sum(compared)
    photo(200, 150, 9).save(dataset.root / "1 60.jpg", quality=60)
    assert len(search(dataset, scanned)) == 3
    assert sum(compared) == before + 1


def test_more_pairs_than_can_be_verified_are_counted_each_time(pairs_of_files, monkeypatch):
    dataset, scanned = pairs_of_files
    assert f"More than {verifying.MOST:,} pairs resemble" in find_duplicates.__doc__
    monkeypatch.setattr(verifying, "MOST", 3)
    for _ in range(2):
        with pytest.warns(UserWarning, match="1 of 4 pairs that resemble .* only the 3 nearest"):
            pairs = search(dataset, scanned)
        assert len(pairs) == 3 and len(pairs.attrs["notes"]) == 1
    monkeypatch.setattr(verifying, "MOST", 4)
    assert search(dataset, scanned, distance=9).attrs["notes"] == []


def marked(count):
    """One photo, each time with a mark somewhere else."""
    places = [(20, 20), (150, 20), (20, 110), (150, 110), (85, 65)]
    for left, top in places[:count]:
        picture = photo(200, 150, 5)
        picture.paste((128, 128, 128), (left, top, left + 24, top + 10))
        yield picture


def saved(folder, pictures):
    for number, picture in enumerate(pictures):
        picture.save(folder / f"{number}.png")
    return dataset_of(folder, sorted(path.name for path in folder.glob("*.png")))


def test_two_or_three_pictures_that_differ_in_one_place_may_be_copies(tmp_path):
    pairs = search(saved(tmp_path, marked(3)), distance=24)
    assert pairs["kind"].tolist() == ["probable"] * 3
    assert pairs["difference"].str.fullmatch(r"a part of \d+ % at the .+").all()
    assert pairs[["left", "top", "right", "bottom"]].notna().all(axis=None)
    assert confirmed(pairs).empty
    assert cluster_duplicates(pairs)["size"].tolist() == [1, 1, 1]
    assert len(set(pairs["cluster"])) == 2  # of the three, two come first in a pair


def test_more_of_them_are_a_form_or_a_camera_and_are_said_to_be_left_out(tmp_path):
    with pytest.warns(
        UserWarning,
        match="^4 pictures .* of more than 3 that fit .* and yet differ in one .*'0.png' and",
    ):
        assert search(saved(tmp_path, marked(4)), distance=24).empty


def test_a_recorded_time_is_said_in_the_unit_that_fits(tmp_path):
    dataset = saved(tmp_path, [photo(200, 150, 5), photo(200, 150, 5).convert("L")])
    scanned = scan(dataset, workers=0, progress=False)
    for seconds, words in ((1, "1 s"), (119, "119 s"), (120, "2 min"), (7199, "120 min"),
                           (7200, "2 h"), (172_800, "2 days")):  # fmt: skip
        times = pd.to_datetime(["2020-01-01", "2020-01-01"]) + pd.to_timedelta([0, seconds], "s")
        (pair,) = search(dataset, scanned.assign(taken=times)).itertuples()
        assert pair.difference == f"colour (one is grey); recorded time differs by {words}"
        assert pair.kind == "near"


def test_frames_of_one_camera_that_only_their_times_tell_apart_are_left_out(tmp_path):
    rng = np.random.default_rng(0)
    scene = np.asarray(photo(200, 150, 5), float)
    frames = [(scene + rng.normal(0, 3, scene.shape)).clip(0, 255) for _ in range(4)]
    dataset = saved(tmp_path, [Image.fromarray(frame.astype(np.uint8)) for frame in frames])
    scanned = scan(dataset, workers=0, progress=False)
    assert search(dataset, scanned)["kind"].tolist() == ["near"] * 6
    times = pd.Timestamp("2020-01-01") + pd.to_timedelta(range(4), "min")
    with pytest.warns(UserWarning, match="^4 pictures belong .*recorded time differs by 60 s"):
        assert search(dataset, scanned.assign(taken=times)).empty


def test_pairs_that_agree_less_well_are_probable_once_their_times_differ(tmp_path):
    picture = photo(200, 150, 5)
    (tmp_path / "0.jpg").write_bytes(encode(picture, "JPEG", quality=20))
    dataset = saved(tmp_path, [picture])
    dataset = dataset_of(tmp_path, ["0.jpg", "0.png"])
    scanned = scan(dataset, workers=0, progress=False)
    assert search(dataset, scanned)["kind"].tolist() == ["near"]
    times = pd.to_datetime(["2020-01-01", "2020-01-02"])
    assert search(dataset, scanned.assign(taken=times))["kind"].tolist() == ["probable"]


def test_probable_pairs_are_not_what_splits_and_label_doubts_keep_together():
    ends = {"image_id": ["a", "b", "c"], "other_id": ["b", "c", "d"]}
    pairs = pd.DataFrame(ends | {"kind": ["near", "probable", "exact"]})
    assert confirmed(pairs)["image_id"].tolist() == ["a", "c"]
    assert cluster_duplicates(pairs)["cluster"].to_dict() == {"a": 0, "b": 0, "c": 1, "d": 1}
    assert cluster_duplicates(pairs[["image_id", "other_id"]])["size"].tolist() == [4] * 4


def test_a_grey_picture_is_a_copy_of_one_in_colour_and_not_of_every_colour(tmp_path):
    def thing(*colour):
        picture = np.asarray(photo(200, 150, 5).convert("L").convert("RGB"), float).copy()
        picture[40:110, 50:150] = picture[40:110, 50:150] * 0.2 + np.array(colour) * 0.8
        return Image.fromarray(picture.clip(0, 255).astype(np.uint8))

    variants = [thing(110, 110, 110), thing(200, 80, 45), thing(60, 130, 135), thing(100, 95, 215)]
    two = saved(tmp_path, variants[:2])
    assert search(two)["difference"].tolist() == ["colour (one is grey)"]
    with pytest.warns(UserWarning, match="^4 pictures belong to sets of more than 3"):
        assert search(saved(tmp_path, variants)).empty


def frames(count, rng):
    """A fixed camera, and something in another place each time."""
    scene = np.asarray(photo(200, 150, 5), float)
    for number in range(count):
        frame = scene + rng.normal(0, 2, scene.shape)
        top, left = 20 + 12 * number, 15 + 18 * number
        frame[top : top + 6, left : left + 9] = 200 if frame[top, left].mean() < 128 else 40
        yield Image.fromarray(frame.clip(0, 255).astype(np.uint8))


@pytest.fixture
def camera(tmp_path):
    """Nine frames of one camera and a photo saved twice, with the times of a minute each."""
    pictures = [*frames(9, np.random.default_rng(0)), photo(200, 150, 7)]
    dataset = saved(tmp_path, pictures)
    photo(200, 150, 7).save(tmp_path / "again.jpg", quality=90)
    dataset = dataset_of(tmp_path, [*dataset.images.index, "again.jpg"])
    scanned = scan(dataset, workers=0, progress=False)
    times = pd.Timestamp("2020-01-01") + pd.to_timedelta(range(len(scanned)), "min")
    return dataset, scanned.assign(taken=times)


@pytest.mark.filterwarnings("ignore:9 pictures belong")
def test_pairs_of_a_crowd_are_not_opened_once_they_would_not_be_listed_anyway(
    camera, compared, monkeypatch
):
    dataset, scanned = camera
    monkeypatch.setattr(verifying, "_BATCHES", (1, 1))
    found = search(dataset, scanned, distance=24)
    assert found[["image_id", "other_id"]].to_numpy().tolist() == [["9.png", "again.jpg"]]
    lazily = sum(compared)
    monkeypatch.setattr(verifying.Verifying, "_is_idle", lambda *pair: False)
    monkeypatch.setattr(verifying, "_read_verdicts", lambda path: {})
    every = search(dataset, scanned, distance=23)
    pd.testing.assert_frame_equal(found.drop(columns="distance"), every.drop(columns="distance"))
    (note,) = found.attrs["notes"]
    assert note.startswith("9 pictures belong") and [note] == every.attrs["notes"]
    # Eight links join nine frames, of which there are 36 pairs.
    assert 24 <= sum(compared) - 2 * lazily <= 36 - 8


@pytest.mark.filterwarnings("ignore:9 pictures belong")
def test_pairs_of_a_crowd_are_opened_where_no_time_tells_them_apart(camera, compared):
    dataset, scanned = camera
    search(dataset, scanned.assign(taken=pd.NaT), distance=24)
    assert sum(compared) >= 37


def test_what_was_found_before_the_search_was_interrupted_is_not_looked_for_again(
    pairs_of_files, compared, monkeypatch
):
    dataset, scanned = pairs_of_files
    monkeypatch.setattr(verifying, "_BATCHES", (1, 1))
    compare = comparing.compare_pairs

    def stop(tasks, seconds, levels):
        if len(compared) == 2:
            raise KeyboardInterrupt
        return compare(tasks, seconds, levels)

    monkeypatch.setattr(comparing, "compare_pairs", stop)
    with pytest.raises(KeyboardInterrupt):
        search(dataset, scanned)
    monkeypatch.setattr(comparing, "compare_pairs", compare)
    assert len(search(dataset, scanned)) == len(compared) == 4


def test_what_is_found_is_stored_every_ten_seconds_and_seldom_where_storing_takes_long(
    tmp_path, monkeypatch
):
    now, written = [100.0], []
    monkeypatch.setattr(verifying.time, "monotonic", lambda: now[0])

    def keep(path, made):
        written.append((now[0], sorted(made)))
        now[0] += 2.0

    monkeypatch.setattr(verifying, "_keep_verdicts", keep)
    store = verifying._Store(tmp_path / "verdicts.parquet", [f"pair {n}" for n in range(80)])
    for number in range(80):
        store.add(number, {})
        now[0] += 1.0
        store.write_now_and_then()
    store.write()
    store.write()
    assert [when for when, _ in written] == [110, 152, 184]
    assert sum(len(made) for _, made in written) == 80
    assert written[0][1] == [f"pair {n}" for n in range(10)]


@pytest.mark.parametrize(("levels", "told"), [((None, None), None), ((None, 4095.0), 4095)])
def test_sizes_are_upright_and_the_levels_those_of_the_dataset(tmp_path, levels, told):
    pictures = [photo(20 + 10 * number, 90, number) for number in range(9)]
    dataset = saved(tmp_path, pictures)
    scanned = scan(dataset, workers=0, progress=False)
    scanned = scanned.assign(orientation=[0, 1, 2, 3, 4, 5, 6, 7, 8])
    scanned["levels"] = pd.array([*levels] + [levels[1]] * 7, "Float64")
    checks = verifying.Verifying(dataset, scanned, np.zeros((9, 16, 16), np.uint8), 0, False)
    wide = [[20 + 10 * number, 90] for number in range(9)]
    assert checks.sizes.tolist() == wide[:5] + [size[::-1] for size in wide[5:]]
    assert checks.levels == told
    assert checks.left_out == 0  # nothing has been asked of it yet


def test_paths_are_those_of_the_dataset_and_files_are_the_same_while_they_are_as_long(
    pairs_of_files,
):
    dataset, scanned = pairs_of_files
    (dataset.root / "0 60.jpg").rename(dataset.root / "other.jpg")
    renamed = replace(dataset, files={"0 60.jpg": "other.jpg"})
    checks = verifying.Verifying(renamed, scanned, np.zeros((8, 16, 16), np.uint8), 0, False)
    assert [checks._path(n) for n in range(8)] == [str(renamed.path(i)) for i in scanned.index]
    pairs = np.array([[0, 1], [1, 2], [2, 3], [4, 5]])
    assert checks._unchanged(pairs).all()
    (dataset.root / scanned.index[2]).write_bytes(b"shorter")
    (dataset.root / scanned.index[5]).unlink()
    assert checks._unchanged(pairs).tolist() == [True, False, False, False]
    assert checks._unchanged(pairs[:0]).shape == (0,)


def test_the_first_512_pairs_are_compared_32_at_a_time_and_the_others_128(
    pairs_of_files, monkeypatch
):
    dataset, scanned = pairs_of_files
    checks = verifying.Verifying(dataset, scanned, np.zeros((8, 16, 16), np.uint8), 0, False)
    handed_out = []
    monkeypatch.setattr(
        verifying.batches, "run_batches", lambda parts, *_, **__: handed_out.extend(parts) or ()
    )
    assert checks._compare(None, [*range(10, 800)], {}, None, comparing.compare_pairs, None) == {}
    assert [len(part) for part in handed_out] == [32] * 16 + [128, 128, 22]
    assert [number for part in handed_out for number in part] == [*range(10, 800)]


def test_what_is_known_of_a_pair_is_kept_by_its_contents_its_variant_and_the_levels(pairs_of_files):
    dataset, scanned = pairs_of_files
    for distance, levels, ending in ((10, None, ""), (11, 4095.0, " 4095")):
        known = scanned.assign(levels=pd.array([levels] * 8, "Float64"))
        found = search(dataset, known, distance=distance)
        (path,) = dataset.work.glob("verdicts-*.parquet")
        stored = pd.read_parquet(path)["pair"]
        assert len(path.stem) == len("verdicts-") + 12
        contents = scanned["sha256"].str[:32]
        pairs = zip(found["image_id"], found["other_id"], strict=True)
        expected = {f"{contents[one]} {contents[two]} 0{ending}" for one, two in pairs}
        assert expected <= set(stored)
        path.unlink()


@pytest.mark.parametrize("progress", [True, False])
def test_a_bar_counts_the_pairs_that_are_opened(pairs_of_files, monkeypatch, progress):
    told, bar = [], verifying.tqdm
    monkeypatch.setattr(verifying, "tqdm", lambda **how: told.append(how) or bar(disable=True))
    dataset, scanned = pairs_of_files
    find_duplicates(dataset, scanned, workers=0, progress=progress)
    known = {"unit": "pair", "desc": "verify", "delay": 2}
    assert told == [{"total": 4, "disable": not progress} | known]


def test_files_that_changed_are_counted_in_one_warning_that_names_the_first(pairs_of_files):
    dataset, scanned = pairs_of_files
    for number in (1, 2):
        (dataset.root / f"{number} 60.jpg").write_bytes(b"no picture")
    with pytest.warns(UserWarning) as told:
        assert len(search(dataset, scanned)) == 2
    (warning,) = told
    assert str(warning.message).startswith(
        "2 pairs were left out because a file changed after the scan, such as '1 60.jpg' or "
        "'1 90.jpg', which "
    )


def test_a_part_that_embeddings_lead_to_has_the_distance_of_its_hash(tmp_path):
    pictures = [photo(300, 225, 500 + number) for number in range(6)]
    pictures += [pictures[3].crop((20, 60, 240, 225)), pictures[4].resize((200, 150))]
    dataset = saved(tmp_path, pictures)
    scanned = scan(dataset, workers=0, progress=False)
    features = pd.DataFrame(np.random.default_rng(0).normal(size=(8, 8)), scanned.index)
    features.iloc[6], features.iloc[7] = features.iloc[3] + 0.1, features.iloc[4] + 0.1
    found = search(dataset, scanned, features=features)
    assert found[["image_id", "other_id"]].to_numpy().tolist() == [
        ["4.png", "7.png"], ["3.png", "6.png"]
    ]  # fmt: skip
    hashes = scanned["phash"].map(lambda text: int(text, 16))
    for row in found.itertuples():
        bits = (hashes[row.image_id] ^ hashes[row.other_id]).bit_count()
        assert row.distance == pytest.approx(bits, abs=4)  # of thumbnails here, of 32 px there
    assert found["distance"].iloc[1] > 10 > found["distance"].iloc[0]
    less = search(dataset, scanned, features=features.drop("6.png"))
    assert less["other_id"].tolist() == ["7.png"]

"""Keypoints: what is one thing agrees whatever lies under it, and what is not does not."""

import cv2
import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import uniform_filter

from helpers.splits import keypoints
from helpers.splits.chance import score
from helpers.splits.keypoints import (
    Picture,
    agree,
    compare,
    count_places,
    describe,
    find_agreement,
    find_thing,
    match,
    rooted,
)
from tests.splits.scenes import noise, shoot


def test_one_thing_on_two_grounds_agrees_turned_larger_and_darker(picture):
    inliers, likeness = compare(
        picture(1, ground=1), picture(1, ground=2, angle=25, scale=0.8, shift=(9, -7), light=0.7)
    )
    assert inliers >= 12
    assert likeness > 0.6


def test_two_things_on_one_ground_score_less_than_one_thing_on_two(picture):
    one = picture(1, ground=1)
    ground, thing = compare(one, picture(2, ground=1)), compare(one, picture(1, ground=2))
    assert ground[1] < 0.5 < thing[1]
    assert score([ground[0]], [ground[1]])[0] < score([thing[0]], [thing[1]])[0] - 1


def test_a_picture_is_wholly_like_itself(picture):
    one = picture(1, ground=1)
    inliers, likeness = compare(one, one)
    assert inliers == count_places(one.places) > 30
    assert likeness > 0.97


def test_likeness_is_the_same_either_way_round(picture):
    pair = picture(1, ground=1), picture(1, ground=2, angle=10)
    one, other = compare(*pair), compare(*pair[::-1])
    assert abs(one[1] - other[1]) < 0.1
    assert abs(one[0] - other[0]) <= 0.3 * one[0]


def test_the_map_leads_from_places_in_one_picture_to_those_in_the_other(picture):
    pair = picture(1, ground=1), picture(1, ground=2, angle=90, scale=0.8, shift=(12, -6))
    found = find_agreement(*pair)
    # 240 pixels are brought to 320; a turn to the left by 90 degrees takes x to -y.
    expected = np.array([[0, 0.8, 16], [-0.8, 0, -8]])
    assert np.abs(found.matrix - expected).max() < 3
    assert np.abs(found.matrix[:, :2] - expected[:, :2]).max() < 0.05
    ends = [one.places[n, :2] for one, n in zip(pair, (found.first, found.second), strict=True)]
    moved = ends[0] @ found.matrix[:, :2].T + found.matrix[:, 2]
    assert np.linalg.norm(moved - ends[1], axis=1).max() < 6


def test_describing_twice_gives_the_same_and_at_most_400_keypoints(tmp_path):
    shoot(1, ground=1).save(tmp_path / "a.png")
    one, two = describe(str(tmp_path / "a.png")), describe(str(tmp_path / "a.png"))
    for first, second in zip(one, two, strict=True):
        np.testing.assert_array_equal(first, second)
    assert 30 < len(one.places) <= 400
    assert one.half.tolist() == [160, 160]
    assert one.thumbnail.shape == one.thing.shape == (128, 128)
    assert one.descriptors.dtype == np.uint8


def test_keypoints_lie_on_the_thing_counted_from_the_middle(picture):
    one = picture(1, ground=1, scale=0.6)
    assert np.abs(one.places[:, :2]).max() < 160 * 0.6 * 160 / 240 * 1.2 + 12
    assert abs(one.places[:, :2].mean()) < 15
    assert 0.08 < one.thing.mean() < 0.25


def test_a_restless_ground_takes_no_keypoints_from_a_smooth_thing(tmp_path, monkeypatch):
    y, x = np.mgrid[:240, :240]
    thing = np.hypot(x - 120, y - 120) < 60
    levels = np.where(thing, noise(240, 1)[..., 0] // 4 + 60, noise(240, 2, grain=1)[..., 0])
    Image.fromarray(levels.astype(np.uint8)).save(tmp_path / "a.png")
    monkeypatch.setattr(
        keypoints, "find_thing", lambda rgb: np.hypot(*np.mgrid[-64:64, -64:64]) < 32
    )
    one = describe(str(tmp_path / "a.png"))
    # SIFT by itself has 400 keypoints that are stronger, and they lie on the ground.
    grey = Image.fromarray(levels.astype(np.uint8)).resize((320, 320), 2)
    every = cv2.SIFT_create(400, contrastThreshold=keypoints.CONTRAST).detect(
        np.asarray(grey), None
    )
    outside = np.mean([np.hypot(spot.pt[0] - 160, spot.pt[1] - 160) > 90 for spot in every])
    assert outside > 0.9
    assert len(one.places) > 50
    assert np.hypot(*one.places[:, :2].T).max() < 80 + 12


def test_a_flat_picture_has_no_keypoints_and_agrees_with_nothing(tmp_path):
    Image.new("RGB", (50, 20), "grey").save(tmp_path / "flat.png")
    flat = describe(str(tmp_path / "flat.png"))
    assert flat.places.shape == (0, 4)
    assert flat.descriptors.shape == (0, 128)
    assert flat.half.tolist() == [160, 64]
    assert compare(flat, flat) == (0, 0.0)


@pytest.mark.parametrize(
    ("size", "small"), [((47, 47), True), ((48, 20), False), ((20, 48), False)]
)
def test_of_pictures_too_small_to_tell_things_apart_no_keypoints_are_kept(tmp_path, size, small):
    path = tmp_path / "a.png"
    shoot(1, ground=1).resize(size, 2).save(path)
    (row,) = keypoints.describe_files([str(path)], 60)
    one = Picture(*row["picture"])
    assert row["small"] is small
    assert (len(one.places) == 0) is small
    assert max(one.thumbnail.shape) == 128  # it has all the rest


def test_a_thing_that_fills_too_much_or_too_little_is_sought_in_the_middle(monkeypatch):
    def guess(share):
        mask = np.zeros((100, 50), bool)
        mask.flat[: round(share * mask.size)] = True
        monkeypatch.setattr("helpers.descriptors.form.find_foreground", lambda rgb: mask)
        return find_thing(np.zeros((100, 50, 3), np.uint8)), mask

    for share in (0.02, 0.3, 0.7):
        found, mask = guess(share)
        assert found is mask
    for share in (0.0, 0.015, 0.75, 1.0):
        found, _ = guess(share)
        # An ellipse with 0.6 of either half axis.
        assert abs(found.mean() - np.pi / 4 * 0.36) < 0.02
        assert found[50, 25] and not found[2, 2] and not found[50, 2]
        assert found[24, 25] and not found[15, 25]


def test_matches_are_mutual_and_clear_as_a_loop_finds_them():
    rng = np.random.default_rng(0)
    base = rng.integers(0, 200, (40, 128))
    first = rooted(np.clip(base + rng.integers(-20, 20, base.shape), 0, 255).astype(np.uint8))
    second = rooted(np.clip(base + rng.integers(-20, 20, base.shape), 0, 255).astype(np.uint8))
    second[5] = second[6]  # two alike: neither is clearly the nearest
    found = match(first, second)
    expected = []
    for i, one in enumerate(first):
        distance = np.linalg.norm(second - one, axis=1)
        j = distance.argmin()
        back = np.linalg.norm(first - second[j], axis=1).argmin()
        if back == i and distance[j] < 0.9 * np.sort(distance)[1]:
            expected.append((i, j))
    assert found.tolist() == [list(pair) for pair in expected]
    assert 30 < len(found) < 40
    assert match(first[:1], second).shape == match(first, second[:1]).shape == (0, 2)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-6)


def spread(count, seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.uniform(-150, 150, (count, 2)), rng.uniform(4, 20, count),
                            rng.uniform(0, 2 * np.pi, count)])  # fmt: skip


def moved(places, angle, scale, shift):
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    turned = places[:, :2] @ np.array([[cos, sin], [-sin, cos]]) + shift
    return np.column_stack([turned, places[:, 2] * scale, places[:, 3] + angle])


def numbered(count):
    return np.stack([np.arange(count)] * 2, axis=1)


def test_the_movement_that_most_matches_fit_is_found_among_wrong_ones():
    first = spread(30)
    second = moved(first, 0.7, 1.5, (20, -30))
    second[12:] = spread(18, seed=1)
    found = agree(first, second, numbered(30))
    assert set(range(12)) <= set(found.first) and len(found.first) <= 14
    assert found.first.tolist() == found.second.tolist()
    cos, sin = 1.5 * np.cos(0.7), 1.5 * np.sin(0.7)
    np.testing.assert_allclose(found.matrix, [[cos, -sin, 20], [sin, cos, -30]], atol=1e-6)


def test_three_that_agree_are_enough_and_two_are_not():
    first = spread(3)
    second = moved(first, 0.2, 1, (5, 5))
    assert len(agree(first, second, numbered(3)).first) == 3
    assert agree(first, second, numbered(2)) is None
    assert agree(first, second, numbered(3)[:0]) is None


def test_places_alone_do_not_do_sizes_and_angles_have_to_agree():
    first = spread(12)
    second = moved(first, 0.2, 1, (5, 5))
    wrong_angle, wrong_size = second.copy(), second.copy()
    wrong_angle[:, 3] += np.linspace(0, 11, 12)
    wrong_size[:, 2] *= 2.0 ** np.arange(12)
    assert agree(first, wrong_angle, numbered(12)) is None
    assert agree(first, wrong_size, numbered(12)) is None
    slightly = second.copy()
    slightly[:, 3] += np.linspace(-0.2, 0.2, 12)
    slightly[:, 2] *= np.linspace(0.85, 1.15, 12)
    assert len(agree(first, slightly, numbered(12)).first) == 12


def test_angles_are_compared_around_the_circle():
    first = spread(10)
    first[:, 3] = np.linspace(-0.3, 0.3, 10)
    second = moved(first, 0.1, 1, (0, 0))
    second[:, 3] %= 2 * np.pi
    assert len(agree(first, second, numbered(10)).first) == 10


def test_keypoints_in_one_place_count_once_and_do_not_agree():
    first = spread(6)
    first[:, :2] = 10, 10
    assert count_places(first) == 1
    assert agree(first, moved(first, 0, 1, (3, 3)), numbered(6)) is None
    assert count_places(np.array([[0, 0], [1, 1], [4, 0], [0, 8.0]])) == 3
    assert count_places(np.empty((0, 4))) == 0


@pytest.mark.parametrize(
    ("stretch", "plausible"),
    [
        ((1, 1), True),
        ((3.9, 3.9), True),
        ((4.1, 4.1), False),
        ((0.26, 0.26), True),
        ((0.24, 0.24), False),
        ((1, 2.4), True),
        ((1, 2.6), False),
        ((1, -1), False),
    ],
)
def test_a_map_neither_mirrors_nor_squeezes(stretch, plausible):
    turned = np.array([[0.6, -0.8], [0.8, 0.6]]) @ np.diag(stretch)
    assert keypoints._plausible(turned) is plausible


def test_a_mirrored_thing_is_left_to_the_search_for_copies(tmp_path):
    photo = shoot(1, ground=1)
    photo.save(tmp_path / "a.png")
    photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(tmp_path / "b.png")
    pair = [describe(str(tmp_path / name)) for name in ("a.png", "b.png")]
    assert compare(*pair)[0] < 8


def test_pictures_come_back_from_disk_as_they_went(tmp_path, picture):
    pictures = [picture(1, ground=1), picture(2, ground=2, scale=0.5), picture(3, ground=1)]
    bare = pictures[0]._replace(places=np.empty((0, 4), np.float32),
                                descriptors=np.empty((0, 128), np.uint8))  # fmt: skip
    pictures.insert(1, bare)
    stored = keypoints.store(tmp_path / "stored", pictures)
    for there, here in zip(stored, pictures, strict=True):
        for part, own in zip(there, here, strict=True):
            np.testing.assert_array_equal(part, own)
            assert part.dtype == own.dtype
    folder = str(tmp_path / "stored")
    asked = [(0, 1), (0, 2), (0, 3), (3, 3)]
    rows = keypoints.compare_stored([(folder, *pair, False) for pair in asked], 60)
    expected = [compare(pictures[one], pictures[other]) for one, other in asked]
    assert [(row["inliers"], row["likeness"]) for row in rows] == expected
    assert expected[0] == (0, 0.0) and expected[2][0] > 10 and rows[3]["likeness"] > 0.97


def test_two_folders_of_pictures_are_not_mistaken_for_each_other(tmp_path, picture):
    one, other = picture(1, ground=1), picture(2, ground=2)
    keypoints.store(tmp_path / "a", [one, one])
    keypoints.store(tmp_path / "b", [one, other])
    tasks = [(str(tmp_path / name), 0, 1, False) for name in "ab"]
    first, second = keypoints.compare_stored(tasks, 60)
    assert first["inliers"] == compare(one, one)[0] > second["inliers"] == compare(one, other)[0]
    keypoints.close_stored()
    assert (
        keypoints._open.cache_info().currsize == keypoints._load_rooted.cache_info().currsize == 0
    )


def test_of_many_pictures_only_the_32_used_last_stay_in_memory(tmp_path, picture):
    keypoints.store(tmp_path / "many", [picture(1, ground=1)] * 40)
    keypoints.close_stored()
    keypoints.compare_stored([(str(tmp_path / "many"), 0, n, False) for n in range(1, 40)], 60)
    assert keypoints._load_rooted.cache_info().currsize == 32
    keypoints.close_stored()


def test_pictures_that_only_have_ground_are_stored_without_keypoints(tmp_path, picture):
    one = picture(1, ground=1)
    bare = one._replace(places=one.places[:0], descriptors=one.descriptors[:0])
    stored = keypoints.store(tmp_path / "bare", [bare, bare])
    assert [len(each.places) for each in stored] == [len(each.descriptors) for each in stored]
    assert [each.descriptors.shape for each in stored] == [(0, 128)] * 2
    assert keypoints.compare_stored([(str(tmp_path / "bare"), 0, 1, False)], 60)[0]["inliers"] == 0


def test_a_file_that_cannot_be_read_is_a_problem_and_stops_nothing(tmp_path):
    shoot(1, ground=1).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    rows = keypoints.describe_files([str(tmp_path / n) for n in ("bad.png", "good.png")], 60)
    assert "problem" in rows[0] and "picture" not in rows[0]
    assert isinstance(Picture(*rows[1]["picture"]), Picture)


def test_likeness_does_not_mind_light_but_what_is_missing(picture):
    full, dark = picture(1, ground=1), picture(1, ground=1, light=0.6)
    assert compare(full, dark)[1] > 0.9
    # Pushed half out of the frame, half of the thing has nothing to be like.
    cut = picture(1, ground=1, shift=(95, 0))
    inliers, likeness = compare(full, cut)
    assert inliers >= 3
    assert 0.3 < likeness < 0.8


def faint(seed, height=128, width=128, spread=1.5):
    """A picture without keypoints, grey levels close together, whose thing is a box."""
    grey = np.random.default_rng(seed).normal(100, spread, (height, width)).round()
    thing = np.zeros((height, width), bool)
    thing[40:80, 30:90] = True
    half = np.array([160, 160 * height / width], np.float32)
    return Picture(np.empty((0, 4)), np.empty((0, 128)), half, grey.astype(np.uint8), thing)


@pytest.mark.parametrize(("spread", "down", "across"), [(1.5, 0, 0), (9, 0, 0), (3, 4, -6)])
def test_likeness_is_the_correlation_in_windows_of_13_pixels_where_grey_levels_vary(
    spread, down, across
):
    """A map that shifts by whole pixels of the thumbnails, the second of which is less high."""
    one, other = faint(0, spread=spread), faint(1, height=96, spread=spread)
    other.thing[:] = False  # of another form and half as large
    other.thing[30:90, 50:70] = True
    kept = np.zeros((128, 128), bool)
    levels, laid, there = other.thumbnail.astype(float), np.zeros((128, 128)), kept.copy()
    for y in range(128):
        for x in range(128):
            at = y + down, x + across
            if 0 <= at[0] < 96 and 0 <= at[1] < 128:
                kept[y, x] = True
                laid[y, x], there[y, x] = levels[at], other.thing[at]
    first = one.thumbnail.astype(float) * 0.7 + laid * 0.3  # somewhat alike
    one = one._replace(thumbnail=first.round().astype(np.uint8))
    first = one.thumbnail.astype(float)

    def mean(values):
        return uniform_filter(values, 13, mode="mirror")

    product = mean(first * laid) - mean(first) * mean(laid)
    spreads = (mean(first**2) - mean(first) ** 2) * (mean(laid**2) - mean(laid) ** 2)
    alike = np.where(kept, product / np.sqrt(np.maximum(spreads, 16)), 0)
    expected = min(alike[one.thing].sum() / one.thing.sum(), alike[there].sum() / other.thing.sum())
    # Places are counted from the middle, in pixels of which 320 are as wide as 128 here.
    middles = [np.array([64, 64]), np.array([64, 48])]
    shift = (np.array([across, down]) - middles[1] + middles[0]) * 320 / 128
    matrix = np.column_stack([np.eye(2), shift])
    assert keypoints._likeness(one, other, matrix) == pytest.approx(expected, abs=2e-4)
    assert expected > 0.05


def test_a_thumbnail_is_the_picture_brought_to_128_pixels_smoothly(tmp_path):
    photo = shoot(1, ground=1)
    photo.save(tmp_path / "a.png")
    expected = photo.resize((128, 128), Image.Resampling.BILINEAR).convert("L")
    np.testing.assert_array_equal(describe(str(tmp_path / "a.png")).thumbnail, expected)


def test_a_single_picture_is_stored_too(tmp_path, picture):
    (stored,) = keypoints.store(tmp_path / "one", [picture(1, ground=1)])
    assert len(stored.places) > 30 and stored.thumbnail.shape == (128, 128)


def test_opencv_works_in_one_thread(picture):
    picture(1, ground=1)
    assert cv2.getNumThreads() == 1

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageFilter

from helpers.copies import comparing
from helpers.copies.comparing import compare_pairs, compare_parts
from helpers.copies.neighbours import share_left
from tests.audit.awkward import encode, photo


def pair(folder, first, second, variant=0):
    """The task of two pictures, written to files and reduced to thumbnails."""
    paths, thumbnails = [], []
    for name, picture in (("a.jpg", first), ("b.jpg", second)):
        (folder / name).write_bytes(encode(picture, "JPEG", quality=90))
        paths.append(str(folder / name))
        thumbnails.append(np.asarray(picture.convert("L").resize((16, 16), Image.Resampling.BOX)))
    return tuple(paths), np.stack(thumbnails), np.array([first.size, second.size]), variant


def test_a_smaller_copy_is_one_exposure_and_another_photo_is_not(tmp_path):
    original = photo(300, 225, 1)
    (row,) = compare_pairs([pair(tmp_path, original, original.resize((200, 150)))])
    assert row["transform"] == "resize"
    assert row["similarity"] > 0.98
    assert row["movement"] < 0.1
    assert compare_pairs([pair(tmp_path, original, photo(300, 225, 2))]) == [{}]


def test_files_are_not_opened_where_the_thumbnails_already_differ(tmp_path):
    first, thumbnails, sizes, variant = pair(tmp_path, photo(90, 90, 1), photo(90, 90, 2))
    missing = (str(tmp_path / "missing"), first[1])
    assert compare_pairs([(missing, thumbnails, sizes, variant)]) == [{}]
    alike = np.stack([thumbnails[0], thumbnails[0]])
    assert compare_pairs([(missing, alike, sizes, variant)]) == [{"problem": "is missing"}]


@pytest.mark.parametrize("bad", [0, 1])
def test_a_file_that_fails_leaves_the_other_pairs_alone(tmp_path, bad):
    good = pair(tmp_path, photo(300, 225, 1), photo(300, 225, 1))
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "a.jpg").read_bytes()[:3000])
    paths = [*good[0]]
    paths[bad] = str(tmp_path / "cut.jpg")
    broken, whole = compare_pairs([(tuple(paths), *good[1:]), good])
    assert "is cut short" in broken["problem"]
    assert whole["similarity"] > 0.99


@pytest.mark.parametrize("share", [0.9, 1.3])
def test_a_picture_blurred_is_probable_whichever_of_the_two_it_is(tmp_path, share):
    original = photo(400, 300, 3)
    blurred = original.filter(ImageFilter.GaussianBlur(400 * share / 100))
    for first, second in ((original, blurred), (blurred, original)):
        (row,) = compare_pairs([pair(tmp_path, first, second)])
        assert (row["kind"], row["difference"]) == ("probable", "sharpness")
        assert row["movement"] <= comparing.LIMITS["movement"]
        assert row["similarity"] > 0.97


def test_a_blurred_photo_of_a_scene_that_moved_is_no_copy(tmp_path):
    first, second = photo(400, 300, 3), photo(400, 300, 3)
    subject = photo(150, 120, 8)
    first.paste(subject, (110, 90))
    second.paste(subject, (118, 94))
    blurred = second.filter(ImageFilter.GaussianBlur(5))
    assert compare_pairs([pair(tmp_path, first, blurred)]) == [{}]


def test_a_caption_is_placed_in_the_first_of_the_two(tmp_path):
    original = photo(400, 300, 4)
    marked = original.copy()
    marked.paste((180, 180, 180), (300, 268, 360, 278))
    mirrored = marked.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    (row,) = compare_pairs([pair(tmp_path, original, marked)])
    assert row["kind"] == "part" and row["difference"].endswith("at the lower right")
    expected = [300 / 400, 268 / 300, 360 / 400, 278 / 300]
    edges = ("left", "top", "right", "bottom")
    assert [row[edge] for edge in edges] == pytest.approx(expected, abs=0.06)
    (row,) = compare_pairs([pair(tmp_path, mirrored, original, variant=6)])
    assert row["transform"] == "mirror" and row["difference"].endswith("at the lower left")


def parts(folder, first, second, box):
    paths, _, sizes, _ = pair(folder, first, second)
    return paths, sizes, box


def test_a_cut_is_compared_with_its_place_and_where_it_differs_is_no_copy(tmp_path):
    original = photo(400, 300, 5)
    cut = original.crop((100, 75, 340, 255))
    box = (0.25, 0.25, 0.6, 0, 0)
    (row,) = compare_parts([parts(tmp_path, original, cut, box)])
    assert (row["kind"], row["transform"], row["difference"]) == ("near", "crop", "")
    turned = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    (row,) = compare_parts([parts(tmp_path, original, turned, (0.22, 0.28, 0.6, 1, 0))])
    assert row["transform"] == "mirror and crop"
    marked = cut.copy()
    marked.paste((180, 180, 180), (180, 150, 210, 158))
    assert compare_parts([parts(tmp_path, original, marked, box)]) == [{}]
    assert compare_parts([parts(tmp_path, original, photo(240, 180, 6), box)]) == [{}]


CUT_OFF = {
    "bright": lambda level: min(255, 1.7 * level),
    "dark": lambda level: max(0, 1.7 * level - 130),
}


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("curve", CUT_OFF.values(), ids=CUT_OFF)
def test_a_copy_whose_levels_are_cut_off_is_one_and_a_photo_of_a_scene_that_moved_is_none(
    tmp_path, curve, side
):
    original, moved = photo(400, 300, 3), photo(400, 300, 3)
    subject = photo(150, 120, 8)
    original.paste(subject, (110, 90))
    moved.paste(subject, (116, 93))
    copy = original.point(curve)
    beyond = (np.asarray(copy) <= 3) | (np.asarray(copy) >= 252)
    assert 0.1 < beyond.mean() < 0.6
    both = (original, copy) if side else (copy, original)
    (row,) = compare_pairs([pair(tmp_path, *both)])
    assert (row["kind"], row["transform"], row["difference"]) == ("near", "brighten", "")
    both = (moved, copy) if side else (copy, moved)
    assert compare_pairs([pair(tmp_path, *both)]) == [{}]


def test_levels_are_given_in_their_order():
    rng = np.random.default_rng(0)
    picture = rng.uniform(0, 255, (96, 96, 3)).astype(np.float32)
    cut = np.clip(1.5 * picture, 0, 255)
    np.testing.assert_allclose(comparing._give_levels(picture, cut), cut, atol=2.5)
    shuffled = rng.permutation(cut.ravel()).reshape(cut.shape)  # where they lie does not matter
    np.testing.assert_allclose(comparing._give_levels(picture, shuffled), cut, atol=2.5)


def turned(image, degrees, mirrored=False):
    """A turned copy as augmentation makes one: black where the picture ended."""
    if mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return image.rotate(degrees, Image.Resampling.BILINEAR)


def centre(share, mirrored, degrees):
    return (1 - share) / 2, (1 - share) / 2, share, mirrored, degrees


@pytest.mark.parametrize("size", [(400, 300), (300, 400), (300, 300)])
@pytest.mark.parametrize(("degrees", "asked"), [(9, 8), (-17, -20), (23, 26), (-46, -44)])
def test_a_turned_copy_is_compared_in_its_middle_and_its_corners_are_not(
    tmp_path, size, degrees, asked
):
    original = photo(*size, 5)
    copy, share = turned(original, degrees), share_left(asked, size[0] / size[1])
    (row,) = compare_parts([parts(tmp_path, original, copy, centre(share, 0, asked))])
    assert (row["kind"], row["transform"], row["difference"]) == ("near", "rotate", "")
    (row,) = compare_parts([parts(tmp_path, copy, original, centre(share, 0, -asked))])
    assert (row["kind"], row["transform"]) == ("near", "rotate")


def test_a_turned_copy_may_be_mirrored_and_smaller_and_a_turned_other_photo_is_none(tmp_path):
    original, share = photo(400, 300, 5), share_left(20, 4 / 3)
    copy = turned(original, -20, mirrored=True).resize((200, 150))
    (row,) = compare_parts([parts(tmp_path, original, copy, centre(share, 1, 20))])
    assert row["transform"] == "mirror and rotate and resize"
    moved = photo(400, 300, 5)
    moved.paste(original.crop((120, 90, 270, 210)), (130, 96))
    for other in (photo(400, 300, 6), moved):
        task = parts(tmp_path, original, turned(other, 20), centre(share, 0, 20))
        assert compare_parts([task]) == [{}]


def test_a_cut_of_a_file_that_is_gone_is_a_problem_and_the_next_is_compared(tmp_path):
    original = photo(400, 300, 5)
    good = parts(tmp_path, original, original.crop((100, 75, 340, 255)), (0.25, 0.25, 0.6, 0, 0))
    gone = ((good[0][0], str(tmp_path / "gone.jpg")), *good[1:])
    problem, row = compare_parts([gone, good])
    assert problem == {"problem": "is missing"} and row["kind"] == "near"


def test_a_file_is_decoded_once_until_it_changes(tmp_path, monkeypatch):
    opened = []
    read = comparing.read_rgb
    monkeypatch.setattr(
        comparing, "read_rgb", lambda path, *more: opened.append(path) or read(path, *more)
    )
    task = pair(tmp_path, photo(300, 225, 1), photo(300, 225, 1))
    compare_pairs([task, task])
    compare_pairs([task])
    assert sorted(opened) == sorted(task[0])
    photo(300, 225, 2).save(task[0][0], quality=91)
    os.utime(task[0][0], ns=(1, 1))
    assert compare_pairs([task]) == [{}] and opened[2:] == [task[0][0]]


def test_places_nearby_are_27_of_three_sizes_and_shifts():
    found = {tuple(place.ravel().astype(float).round(2)) for place in comparing._NEARBY}
    shifts = (-0.08, 0, 0.08)
    assert found == {
        (size, 0, x, 0, size, y) for size in (0.92, 1, 1.09) for x in shifts for y in shifts
    }
    assert comparing.LIMITS == {"likeness": 0.9, "detail": 0.75, "movement": 0.13}


def test_a_cut_is_that_of_its_box_and_may_be_mirrored():
    picture = photo(400, 300, 2)
    kept = picture.crop((100, 150, 300, 300)).resize((96, 96), Image.Resampling.LANCZOS)
    found = comparing._resize(picture, (0.25, 0.5, 0.5, 0, 0))
    assert np.abs(found.astype(int) - np.asarray(kept)).mean() < 1
    assert (comparing._resize(picture, (0.25, 0.5, 0.5, 1, 0)) == found[:, ::-1]).all()
    size = np.array(picture.size)
    assert (comparing._cut(np.asarray(picture), (0.25, 0.5, 0.5, 0, 0), size) == found).all()


def test_a_square_is_brought_to_its_form_before_it_is_turned():
    picture = photo(400, 200, 2)
    box = (0.3, 0.3, 0.4, 0, 30)
    expected = comparing._resize(picture, box).astype(int)
    square = np.asarray(picture.resize((96, 96), Image.Resampling.LANCZOS))
    found = comparing._cut(square, box, np.array(picture.size))
    stretched = comparing._cut(square, box, np.array([96, 96]))
    assert np.abs(found - expected).mean() < 7 < 14 < np.abs(stretched - expected).mean()


def test_of_a_cut_twice_the_pixels_that_are_compared_are_decoded(monkeypatch):
    asked = []
    monkeypatch.setattr(
        comparing, "read_rgb", lambda *of: asked.append(of) or Image.new("RGB", (400, 400))
    )
    comparing._small_picture("cut.jpg", (0.1, 0.1, 0.5, 0, 0), 4095, (7,))
    comparing._small_picture("whole.jpg", (0.0, 0.0, 1.0, 0, 0), None, (7,))
    assert asked == [("cut.jpg", 384, 4095), ("whole.jpg", 192, None)]


def test_each_file_may_take_a_minute_unless_told(tmp_path, monkeypatch):
    limits, guard = [], comparing.guard
    monkeypatch.setattr(comparing, "guard", lambda s: limits.append(s) or guard(s))
    picture = photo(120, 90, 1)
    compare_pairs([pair(tmp_path, picture, picture)])
    compare_parts([parts(tmp_path, picture, picture, (0.0, 0.0, 1.0, 0, 0))])
    compare_pairs([pair(tmp_path, picture, picture)], 5)
    assert limits == [60, 60, 5]


def test_the_sharper_picture_is_blurred_until_it_is_no_sharper_and_no_further():
    rng = np.random.default_rng(0)
    pictures = rng.uniform(0, 255, (3, 96, 96, 3)).astype(np.float32)
    luma = np.array([0.299, 0.587, 0.114], np.float32)
    grey = pictures @ luma
    sharp = comparing._sharpness(grey)
    expected = [np.std(one - comparing.smooth(one[None])[0]) for one in grey]
    np.testing.assert_allclose(sharp, expected, rtol=1e-4)
    goal = np.array([sharp[0], sharp[1] * 0.3, 0])
    found = comparing._blur_to(pictures.copy(), sharp, goal)
    assert (found[0] == pictures[0]).all()
    layers, passes = pictures[1:].copy(), 0
    while comparing._sharpness(layers @ luma)[0] > goal[1]:
        for one in layers:
            for channel in range(3):
                one[..., channel] = comparing.smooth(one[None, ..., channel])[0]
        passes += 1
    np.testing.assert_allclose(found[1], layers[0], rtol=1e-4)
    assert 1 <= passes < comparing.PASSES == 16
    assert 0 < comparing._sharpness(found @ luma)[2] < comparing._sharpness(layers @ luma)[1]


def test_a_mark_is_found_among_pairs_that_one_curve_explains_or_that_differ_all_over():
    scenes = [np.asarray(photo(96, 96, seed)) for seed in range(5)]
    marked = [scene.copy() for scene in scenes]
    for number, place in ((2, (slice(60, 70), slice(10, 30))), (4, (slice(20, 30), slice(60, 80)))):
        marked[number][place] = 255 - marked[number][place]
    marked[1] = scenes[1][..., ::-1] // 2 + scenes[3] // 2  # differs all over
    pictures = np.stack(scenes), np.stack(marked)
    grey = [each @ comparing._LUMA for each in pictures]
    starts = comparing.start_maps(np.zeros(5, int))
    together = comparing._compare_healed(
        pictures, grey, starts, starts[:, 0], np.full((5, 2, 2), 96.0)
    )
    assert [row.get("kind") for row in together] == [None, None, "part", None, "part"]
    words = [together[number]["difference"] for number in (2, 4)]
    assert [word.split(" at the ")[1] for word in words] == ["lower left", "upper right"]
    for number in range(5):
        some = slice(number, number + 1)
        alone = comparing._compare_healed(
            [each[some] for each in pictures], [each[some] for each in grey], starts[some],
            starts[some, 0], np.full((1, 2, 2), 96.0),
        )  # fmt: skip
        assert alone == together[some]


def test_tasks_that_are_none_are_passed_over_in_their_places():
    asked = []

    def double(tasks, seconds, levels):
        asked.append((tasks, seconds, levels))
        return [2 * task for task in tasks]

    assert comparing.compare_asked([3, None, 5, None], 7.0, double, 255) == [6, None, 10, None]
    assert comparing.compare_asked([None, None], 7.0, double, None) == [None, None]
    assert asked == [([3, 5], 7.0, 255)]


def test_what_worker_processes_import_stays_at_numpy_and_pillow():
    code = (
        "import sys, helpers.copies.comparing; print('pandas' in sys.modules, 'PIL' in sys.modules)"
    )
    printed = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert printed.split() == ["False", "True"]


def test_what_is_found_of_a_pair_does_not_depend_on_how_many_are_opened_at_a_time(
    tmp_path, monkeypatch
):
    tasks = []
    for number in range(5):
        picture = photo(150, 150, number)
        picture.save(tmp_path / f"{number}.png")
        picture.save(tmp_path / f"{number} again.jpg", quality=80 - 15 * number)
        paths = tuple(str(tmp_path / f"{number}{end}") for end in (".png", " again.jpg"))
        thumbnail = np.asarray(picture.convert("L").resize((16, 16)))
        tasks.append((paths, np.stack([thumbnail] * 2), np.full((2, 2), 150), 0))
    together = comparing.compare_pairs(tasks)
    assert [row["kind"] for row in together] == ["near"] * 5
    monkeypatch.setattr(comparing, "_OPENED", 2)
    assert comparing.compare_pairs(tasks) == together

import warnings

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.datasets import Dataset, DatasetError
from helpers.evidence.budget import (
    ALWAYS,
    CHOICES,
    FEWEST,
    FEWEST_SEARCHED,
    SEARCH,
    WITHIN,
    cost,
    for_all,
    for_search,
    in_words,
    plan,
    read_budget,
    weigh_opening,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), (" 10m ", 600), ("2min", 120), ("1.5h", 5400), (30, 30), ("1", 1)],
)
def test_a_budget_is_read(text, seconds):
    assert read_budget(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-3m", "0", "10 weeks", "1..2s"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(DatasetError, match="is no time"):
        read_budget(text)


@pytest.mark.parametrize("images", [1, 300, 2_000, 18_000, 100_000])
@pytest.mark.parametrize("seconds", [10, 60, 600, 3600])
def test_a_plan_keeps_to_its_budget_and_takes_what_it_can_in_order(images, seconds):
    found = plan(images, seconds)
    sizes = dict.fromkeys(found.taken, found.images) | {SEARCH: found.searched}
    spent = found.images * ALWAYS + sum(cost(name, n) for name, n in sizes.items())
    assert found.images <= images
    assert spent <= seconds + 1e-6 or found.images == min(images, FEWEST)
    assert {*found.taken, *found.left} == {*CHOICES}
    left = seconds - found.images * ALWAYS
    for name in CHOICES:
        whole = cost(name, found.images) <= left
        if name == SEARCH:
            assert (name in found.taken) == (found.searched > 0)
            assert (found.searched == found.images) == whole
        else:
            assert (name in found.taken) == whole
        left -= cost(name, sizes[name]) if name in found.taken else 0


@pytest.mark.parametrize("images", [600, 4_000, 10_000])
@pytest.mark.parametrize("seconds", [1, 5.6, 12, 60, 200, 500])
def test_as_many_images_are_searched_for_one_thing_as_are_paid_for_and_no_more(images, seconds):
    found = plan(images, (ALWAYS + CHOICES["fine-tuning"] + CHOICES["learning curve"]) * images
                 + seconds + images * ALWAYS)  # fmt: skip
    assert found.images == images
    left = seconds + images * ALWAYS
    most = max((n for n in range(images + 1) if cost(SEARCH, n) <= left), default=0)
    assert found.searched == most


def test_a_search_of_few_images_is_left_out_unless_there_are_no_more():
    assert FEWEST_SEARCHED == 200
    before = 500 * ALWAYS + cost("fine-tuning", 500) + cost("learning curve", 500)
    assert plan(500, before + cost(SEARCH, 200) + 0.001).searched == 200
    assert plan(500, before + cost(SEARCH, 200) - 0.001).searched == 0
    few = 40 * (ALWAYS + CHOICES["fine-tuning"] + CHOICES["learning curve"])
    assert plan(40, few + cost(SEARCH, 40) + 0.001).searched == 40
    assert plan(40, few + cost(SEARCH, 40) - 0.001).searched == 0


def test_where_it_is_known_what_images_show_no_time_is_kept_for_a_search():
    found = plan(10_000, 600, search=False)
    assert found.searched == 0
    assert {*found.taken, *found.left} == {*CHOICES} - {SEARCH}
    assert not any("one thing" in line for line in found.left_in_words)
    assert found.needed == pytest.approx(plan(10_000, 600).needed - cost(SEARCH, 10_000))
    paid = 7_000 * (ALWAYS + sum(CHOICES[name] for name in ("fine-tuning", "learning curve")))
    paid += cost("descriptors", 7_000) + 1
    assert "descriptors" in plan(7_000, paid, search=False).taken
    assert "descriptors" not in plan(7_000, paid).taken


def test_the_search_costs_more_than_its_share_where_there_are_many_images():
    assert cost(SEARCH, 10_000) == pytest.approx(220 + 30)
    assert cost(SEARCH, 100_000) == pytest.approx(2_200 + 3_000)
    assert cost("ImageNet", 10_000) == pytest.approx(400)


def test_what_was_left_out_is_said_in_words():
    part = plan(10_000, 600)
    assert 2_000 < part.searched < 4_000
    assert part.left_in_words == [
        "a part of the search for photos of one thing",
        "descriptors of colour, texture and form",
        "a network pretrained on ImageNet",
    ]
    assert plan(500, 21).left_in_words[:2] == [
        "what more labels would buy", "the search for photos of one thing",
    ]  # fmt: skip
    assert plan(500, 1000).left_in_words == []


@pytest.mark.parametrize("images", [1, 250, 3_000, 10_000, 101_185])
def test_the_budget_that_is_said_to_compare_all_images_does(images):
    told = for_search(images)
    found = plan(images, told)
    assert (found.images, found.searched) == (images, images)
    less = plan(images, 60 * (int(told[:-1]) - 1) or 1)
    assert images < 1_000 or (less.images, less.searched) != (images, images)


@pytest.mark.parametrize("images", [1, 700, 50_000])
def test_what_would_have_been_needed_pays_for_everything(images):
    assert plan(images, 60).needed > images * ALWAYS
    everything = plan(images, plan(images, 60).needed + 1)
    assert everything.images == images
    assert everything.left == ()


def test_the_steps_for_five_hundred_images_are_paid_for_one_after_another():
    assert FEWEST == 500
    ends = {"fine-tuning": 21, "learning curve": 26, SEARCH: 37.075, "descriptors": 54.575,
            "ImageNet": 74.575}  # fmt: skip
    for number, (name, seconds) in enumerate(ends.items(), 1):
        assert plan(500, seconds + 0.01).taken == tuple(ends)[:number]
        less = plan(500, seconds - 0.01)
        assert less.searched < 500 if name == SEARCH else name not in less.taken
    assert plan(500, 60).needed == pytest.approx(74.575)


def test_half_of_the_budget_is_kept_for_the_models():
    assert plan(100_000, 600).images == 600 / 2 / ALWAYS
    assert plan(100_000, 1).images == FEWEST


def test_times_are_said_in_their_unit():
    assert [in_words(n) for n in (40, 99, 100, 720)] == ["40 s", "99 s", "2 min", "12 min"]


@pytest.mark.parametrize("images", [501, 1000, 2000, 101_185])
def test_the_budget_that_is_said_to_take_all_images_does_and_a_minute_less_does_not(images):
    told = for_all(images)
    assert plan(images, told).images == images
    assert plan(images, 60 * (int(told[:-1]) - 1) or 1).images < images


def saved(folder, **sizes):
    """A dataset of plain pictures: name (its ending after the last underscore) → width, height."""
    for name, size in sizes.items():
        Image.new("RGB", size, "red").save(folder / name.replace("_", "."))
    ids = pd.Index([name.replace("_", ".") for name in sizes], name="image_id", dtype="str")
    blank = pd.Series(pd.NA, ids, dtype="str")
    return Dataset("made", folder, pd.DataFrame({"label": blank, "split": blank}))


def test_opening_is_reckoned_from_the_pixels_and_the_format_that_a_file_names(tmp_path):
    sizes = {"a_jpg": (4000, 100), "b_png": (1000, 900), "c_png": (10, 50), "d_webp": (300, 200)}
    dataset = saved(tmp_path, **sizes)
    jpeg, *others = (width * height for width, height in sizes.values())
    expected = (jpeg * 3e-9 + sum(others) * 22e-9) / 4 - WITHIN
    assert weigh_opening(dataset) == pytest.approx(expected)
    (tmp_path / "c.png").write_bytes(b"nothing")
    expected = (jpeg * 3e-9 + (others[0] + others[2]) * 22e-9) / 3 - WITHIN
    assert weigh_opening(dataset) == pytest.approx(expected)
    (tmp_path / "d.webp").unlink()
    expected = (jpeg * 3e-9 + others[0] * 22e-9) / 2 - WITHIN
    assert weigh_opening(dataset) == pytest.approx(expected)
    (tmp_path / "d.webp").mkdir()
    assert weigh_opening(dataset) == pytest.approx(expected)
    (tmp_path / "b.png").unlink()
    assert weigh_opening(dataset) == 0.0  # a small one is within what all steps take
    (tmp_path / "a.jpg").write_bytes(b"")
    assert weigh_opening(dataset) == 0.0


def test_a_file_whose_size_stands_at_its_end_or_seems_a_bomb_is_reckoned_with_too(tmp_path):
    dataset = saved(tmp_path, a_tif=(900, 700))
    assert (tmp_path / "a.tif").stat().st_size > 1 << 20
    assert weigh_opening(dataset) == pytest.approx(900 * 700 * 22e-9 - WITHIN)
    (tmp_path / "a.tif").unlink()
    dataset = saved(tmp_path, b_png=(12_000, 8_000))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert weigh_opening(dataset) == pytest.approx(96e6 * 22e-9 - WITHIN)


def test_a_hundred_files_spread_over_all_are_looked_at(tmp_path):
    named = {f"a{number:03}_png": (1000 * (number + 1), 1) for number in range(250)}
    dataset = saved(tmp_path, **named)
    places = {int(place) for place in np.linspace(0, 249, 100)}
    assert len(places) == 100 and {0, 249} <= places
    expected = np.mean([1000 * (place + 1) for place in places]) * 22e-9 - WITHIN
    assert weigh_opening(dataset) == pytest.approx(expected) and expected > 0


@pytest.mark.parametrize("opening", [0.001, 0.047, 0.26])
@pytest.mark.parametrize("seconds", [60, 600, 6_000])
def test_a_plan_for_large_images_keeps_to_its_budget_or_says_that_it_cannot(opening, seconds):
    images = 3_000
    found = plan(images, seconds, opening=opening)
    sizes = dict.fromkeys(found.taken, found.images) | {SEARCH: found.searched}
    always = ALWAYS + 3 * opening
    spent = found.images * always + sum(cost(one, n, opening) for one, n in sizes.items())
    assert spent <= seconds + 1e-6 or found.images == FEWEST
    assert found.images == min(images, max(FEWEST, int(seconds / 2 / always)))
    opened = found.images * 3 + (images - found.images) * 2
    assert found.least == pytest.approx(found.images * ALWAYS + opened * opening)
    assert bool(found.overrun) == (found.least > seconds)
    assert found.opening == opening
    told = for_all(images, opening)
    assert plan(images, told, opening=opening).images == images
    assert plan(images, 60 * (int(told[:-1]) - 1), opening=opening).images < images
    assert plan(images, for_search(images, opening), opening=opening).searched == images


def test_what_a_large_image_takes_to_open_is_added_to_each_step_that_opens_it():
    assert cost("descriptors", 10, 0.2) == pytest.approx(10 * (0.035 + 0.2))
    assert cost(SEARCH, 10, 0.2) == pytest.approx(10 * (0.022 + 0.2) + 3e-5)
    assert cost("learning curve", 10, 0.2) == pytest.approx(0.1)
    assert plan(600, 100, opening=0.0) == plan(600, 100)


def test_a_budget_that_cannot_be_kept_is_told_with_what_would_pay():
    (told,) = plan(2_700, "2m", opening=0.26).overrun
    assert told == (
        "The budget of 2 min cannot be kept: images of this size and format take about 0.26 s each "
        "to open, and what every report does takes about 26 min (--budget 26m pays for that alone)."
    )
    (told,) = plan(2_000, "1s").overrun
    assert told == (
        "The budget of 1 s cannot be kept: what every report does takes about 15 s (--budget 1m "
        "pays for that alone)."
    )
    assert plan(2_700, "26m", opening=0.26).least > 26 * 60
    small = plan(100, "20s", opening=0.05)
    assert small.least == pytest.approx(100 * (0.03 + 0.15)) and small.overrun == []
    assert plan(100, small.least, opening=0.05).overrun == []

"""Ways to divide, tried one after another."""

import re
import time

import numpy as np
import pandas as pd
import pytest

from helpers.plots.preparing import SIDES
from helpers.splits import check_leakage
from helpers.widgets import explore_splits
from helpers.widgets.splitting import NOTHING, bars

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def planes(make_dataset):
    """60 images of two classes in 20 specimens, a copy across two of them, and features by which
    a specimen is known better than its class."""
    labels = {f"{name}/{n:02d}.jpg": name for name in ("ash", "elm") for n in range(30)}
    dataset = make_dataset(labels)
    images = dataset.images
    images["specimen"] = [f"S{n // 3}" for n in range(60)]
    images["site"] = ["east", "west"] * 30
    images["serial"] = [f"{n}" for n in range(60)]
    images["split"] = images["split"].mask(images.index == "ash/00.jpg", "test")
    dataset = dataset.with_images(images).with_group("specimen")
    rng = np.random.default_rng(0)
    own = pd.DataFrame(rng.normal(size=(20, 8)), [f"S{n}" for n in range(20)])
    features = own.loc[images["specimen"]].set_axis(images.index)
    features += 0.1 * rng.normal(size=features.shape)
    features.columns = [f"stage{1 + n // 4} {n:03d}" for n in range(8)]
    pairs = pd.DataFrame({"image_id": ["ash/05.jpg"], "other_id": ["ash/07.jpg"], "kind": "near"})
    return dataset, features, pairs


@pytest.fixture
def explorer(planes):
    return explore_splits(*planes)


def test_it_opens_on_a_split_of_images_each_for_itself(explorer, planes):
    assert repr(explorer) == "Split explorer of photos: 59 images"
    assert [name for name, _ in explorer.column.options] == [NOTHING, "specimen", "site"]
    assert explorer.splits.value_counts().to_dict() == {"train": 47, "valid": 12}
    assert list(explorer.features) == ["stage2 004", "stage2 005", "stage2 006", "stage2 007"]
    assert explorer.tried[-1].leaks > 0.5
    assert explorer.picture.value.startswith("<img ")
    assert "train 47, valid 12" in explorer.classes.value


def test_what_it_calls_given_away_is_what_check_leakage_lists(explorer, planes):
    dataset, _, pairs = planes
    divided = dataset.with_images(
        dataset.images.loc[explorer.splits.index].assign(split=explorer.splits)
    )
    leaks = check_leakage(divided, pairs)
    given_away = leaks.loc[leaks["other_split"] == "valid", "other_id"].nunique()
    assert explorer.tried[-1].leaks == pytest.approx(given_away / 12, abs=0.09)
    assert f"of {12}</b> validation images" in explorer.details.value


def test_whole_specimens_and_copies_leave_nothing_and_score_lower(explorer):
    loose = explorer.tried[-1]
    explorer.column.value = "specimen"
    assert explorer.error is None
    explorer.copies.value = True
    last = explorer.tried[-1]
    assert (last.column, last.copies, last.leaks) == ("specimen", True, 0)
    assert last.score.accuracy < loose.score.accuracy
    assert len(explorer.tried) == 3


def test_nothing_can_be_chosen_again_and_stays_legible(explorer):
    loose = explorer.tried[-1]
    explorer.column.index = 1
    explorer.column.index = 0
    assert explorer.column.label == NOTHING
    assert explorer.tried[-1] == loose and len(explorer.tried) == 2


def test_share_and_seed_change_the_split_and_an_old_choice_comes_back(explorer):
    first = explorer.splits
    explorer.share.value = 0.5
    assert (explorer.splits == "valid").mean() == pytest.approx(0.5, abs=0.05)
    explorer.share.value = 0.2
    assert explorer.splits.equals(first)
    assert len(explorer.tried) == 2
    assert explorer.details.value.startswith("Seed 0: ")
    explorer.again.click()
    assert explorer.seed == 1 and explorer.details.value.startswith("Seed 1: ")
    assert not explorer.splits.equals(first)


def test_classes_are_bars_of_shares_the_largest_first_and_their_names_escaped():
    images = pd.DataFrame({"label": ["<b>"] * 4 + ["oak"] * 40, "split": ["train"] * 3 + ["valid"]
                           + ["train"] * 40})  # fmt: skip
    found = bars(images)
    assert found.index("oak") < found.index("&lt;b&gt;")
    assert "<th><b>" not in found
    assert [found.count(f"width: {share}") for share in ("100.0%", "75.0%", "25.0%")] == [1, 1, 1]
    many = pd.DataFrame({"label": [f"c{n:02d}" for n in range(33)], "split": "train"})
    assert "and 3 more classes" in bars(many) and bars(many).count("<th>c") == 30
    assert "more classes" not in bars(many[:30])


def test_it_starts_with_a_fifth_to_validate_on_and_goes_from_a_tenth_to_a_half(explorer):
    share = explorer.share
    assert (share.value, share.min, share.max, share.step) == (0.2, 0.1, 0.5, 0.05)
    assert (share.continuous_update, explorer.seed) == (False, 0)
    assert explorer.copies.options == (("anywhere", False), ("together", True))


@pytest.mark.parametrize(("values", "offered"), [(1, False), (2, True), (30, True), (31, False)])
def test_columns_are_offered_of_two_values_to_one_for_every_other_image(planes, values, offered):
    dataset, features, _ = planes
    images = dataset.images.assign(split=None)
    images["batch"] = [f"b{n % values}" for n in range(60)]
    explorer = explore_splits(dataset.with_images(images.astype("str")), features)
    names = [name for name, _ in explorer.column.options]
    assert ("batch" in names) is offered and "specimen" in names and "serial" not in names


def test_a_way_looked_at_again_is_the_last_tried_and_made_only_once(explorer, monkeypatch):
    loose = explorer.tried[0]
    explorer.column.value = "site"
    monkeypatch.setattr("helpers.widgets.splitting.split", None)
    explorer.column.value = None
    assert explorer.error is None
    assert [one.column for one in explorer.tried] == ["site", "nothing"]
    assert explorer.tried[-1] is loose


def test_a_share_that_no_division_reaches_is_said_beside_the_score(explorer, recwarn):
    assert "not 20%" not in explorer.details.value
    explorer.column.value = "site"
    assert (explorer.splits == "valid").mean() == pytest.approx(0.5, abs=0.01)
    for _ in range(2):
        assert explorer.details.value.count("of the images, not 20%: no nearer choice") == 1
        explorer.column.value = ""
        assert "not 20%" not in explorer.details.value
        explorer.column.value = "site"
    assert not [one for one in recwarn if one.category is UserWarning]


def test_images_without_a_label_or_features_are_not_divided(planes):
    dataset, features, pairs = planes
    images = dataset.images.copy()
    images.loc["elm/00.jpg", "label"] = None
    explorer = explore_splits(dataset.with_images(images), features.drop("elm/01.jpg"), pairs)
    assert repr(explorer) == "Split explorer of photos: 57 images"
    assert not {"elm/00.jpg", "elm/01.jpg", "ash/00.jpg"} & set(explorer.splits.index)


def test_test_images_are_neither_divided_nor_asked_about(explorer):
    assert "ash/00.jpg" not in explorer.splits.index


def test_without_pairs_and_without_groups_it_works_all_the_same(planes):
    dataset, features, _ = planes
    explorer = explore_splits(dataset.with_group(None), features)
    assert [name for name, _ in explorer.column.options] == [NOTHING, "specimen", "site"]
    assert explorer.tried[-1].leaks == 0


def test_an_unlabelled_dataset_is_told_what_is_missing(planes):
    dataset, features, _ = planes
    with pytest.raises(ValueError, match="label"):
        explore_splits(dataset.with_images(dataset.images.assign(label=None)), features)


def test_an_answer_on_2400_images_takes_less_than_200_ms_of_processor_time(make_dataset):
    ids = [f"{name}/{n:04d}.jpg" for name in "abcdefghij" for n in range(240)]
    dataset = make_dataset({"a/0000.jpg": "a"})
    images = pd.DataFrame({"label": [i[0] for i in ids], "split": None}, pd.Index(ids))
    images["specimen"] = [f"S{n // 5}" for n in range(2400)]
    dataset = dataset.with_images(images.astype("str")).with_group("specimen")
    noise = np.random.default_rng(0).normal(size=(2400, 192)).astype(np.float32)
    features = pd.DataFrame(noise, images.index, [f"stage4 {n:03d}" for n in range(192)])
    explorer, seconds = explore_splits(dataset, features), []
    for _ in range(5):
        started = time.process_time()
        explorer.again.click()
        seconds.append(time.process_time() - started)
        assert explorer.error is None
    assert min(seconds) < 0.2


def luminance(colour):
    """Of "#rrggbb", as the Web Content Accessibility Guidelines define it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    parts = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return sum(weight * one for weight, one in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


@pytest.mark.parametrize("side", SIDES)
def test_the_number_on_a_bar_stands_out_from_it(side):
    images = pd.DataFrame({"label": ["ash"], "split": [side]})
    bar, number = re.search(r"background: (#\w{6}); color: (#\w{6});", bars(images)).groups()
    assert bar == SIDES[side]
    low, high = sorted([luminance(bar), luminance(number)])
    assert (high + 0.05) / (low + 0.05) >= 4.5

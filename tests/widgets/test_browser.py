import time

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import Dataset
from helpers.panels.selection import Only
from helpers.panels.still import still_html
from helpers.panels.thumbnails import Thumbnails
from helpers.widgets import browse
from tests.panels.test_pictures import decode

ORDER = ["ash/1.jpg", "ash/2.jpg", "elm/1.jpg", "elm/2.jpg", "fir/1.jpg", "fir/2.jpg"]


@pytest.fixture
def table(trees):
    """Numbers in reverse order of name, and an issue for two images."""
    frame = pd.DataFrame({"bytes": range(9, 0, -1)}, index=trees.images.index)
    frame["issue"] = pd.Series({"elm/1.jpg": "dark", "fir/2.jpg": "blurred"})
    return frame


def test_it_opens_on_development_rows_in_order_of_name(trees):
    browser = browse(trees)
    assert browser.image_ids == ORDER
    assert "<b>6</b> of 9 images" in browser.count.value
    assert repr(browser) == "Browser of photos: 9 images"


def change(**values):
    def use(browser):
        for name, value in values.items():
            getattr(browser, name).value = value

    return use


@pytest.mark.parametrize(
    "use, shown",
    [
        (change(label="elm"), ["elm/1.jpg", "elm/2.jpg"]),
        (change(split="test"), ["ash/3.jpg", "elm/3.jpg", "fir/3.jpg"]),
        (change(split=Only.ALL, label="fir"), ["fir/1.jpg", "fir/2.jpg", "fir/3.jpg"]),
        (change(column="issue", value="dark"), ["elm/1.jpg"]),
        (change(column="issue", value=Only.PRESENT), ["elm/1.jpg", "fir/2.jpg"]),
        (change(column="issue", value="dark", label="ash"), []),
        (change(search="FIR"), ["fir/1.jpg", "fir/2.jpg"]),
        (change(sort="bytes"), ORDER[::-1]),
        (change(sort="bytes", order=False), ORDER),
        (change(order=False), ORDER[::-1]),
    ],
)
def test_each_control_changes_what_is_shown_and_the_picture(trees, table, use, shown):
    browser = browse(trees, table)
    before = browser.picture.value
    use(browser)
    assert browser.error is None
    assert browser.image_ids == shown
    assert browser.picture.value != before
    browser.clear.click()
    assert sorted(browser.image_ids) == ORDER


def test_pages_turn_by_button_and_slider_and_stop_at_the_ends(make_dataset):
    names = [f"ash/{n:02}.jpg" for n in range(30)]
    browser = browse(make_dataset(dict.fromkeys(names, "ash")))
    browser.per_page.value = 12
    assert (browser.image_ids, browser.position.max) == (names[:12], 3)
    pictures = [browser.picture.value]
    browser.forward.click()
    pictures.append(browser.picture.value)
    browser.position.value = 3
    pictures.append(browser.picture.value)
    assert browser.image_ids == names[24:]
    assert len(set(pictures)) == 3
    browser.forward.click()
    assert browser.position.value == 3
    browser.back.click()
    assert browser.image_ids == names[12:24]
    browser.per_page.value = 24
    assert browser.image_ids == names[:24]
    browser.search.value = "ash/29"
    assert browser.image_ids == names[29:] and browser.position.value == 1


def test_another_column_to_filter_by_offers_its_values(trees, table):
    browser = browse(trees, table.assign(device=["a", "b", "c"] * 3))
    assert [value for _, value in browser.column.options] == ["", "bytes", "issue", "device"]
    browser.column.value = "device"
    assert [text for text, _ in browser.value.options] == ["all (9)", "a (3)", "b (3)", "c (3)"]
    browser.value.value = "b"
    browser.column.value = "issue"
    assert browser.value.value is Only.ALL and browser.image_ids == ORDER


def test_nothing_found_is_said_and_can_be_undone(trees):
    browser = browse(trees)
    browser.search.value = "no such name"
    assert browser.image_ids == [] and "<b>0</b> of 9" in browser.count.value
    assert browser.details.value == "" and browser.chosen.value is None
    browser.forward.click()
    assert browser.error is None
    browser.search.value = ""
    assert browser.image_ids == ORDER and browser.chosen.value == ORDER[0]


def test_a_chosen_image_is_shown_larger_with_all_its_columns(trees, table):
    browser = browse(trees, table)
    before = browser.close_up.value
    browser.chosen.value = "elm/1.jpg"
    assert browser.close_up.value != before
    assert all(text in browser.details.value for text in ("elm/1.jpg", "dark", ">6<"))


def test_thumbnails_are_small_and_the_close_up_is_large_and_pages_hold_24(make_dataset):
    names = [f"ash/{n:02}.jpg" for n in range(25)]
    browser = browse(make_dataset(dict.fromkeys(names, "ash"), size=(1000, 500)))
    sides = [image.size for image in decode(browser.picture.value)]
    assert sides == [(273, 136)] * 24 or sides == [(273, 137)] * 24
    assert [image.size for image in decode(browser.close_up.value)] == [(800, 400)]
    assert browser.per_page.options == (12, 24, 48, 96)
    assert (browser.position.max, browser.chosen.value) == (2, names[0])
    assert browser.chosen.options[23][0].startswith("24  ash/23.jpg")
    assert browser.thumbnails.image_html.cache_parameters()["maxsize"] == 500


def test_captions_number_the_images_and_show_what_they_are_sorted_by(trees, table):
    browser = browse(trees, table)
    caption = "<figcaption><b>1 ash</b><span>1.jpg</span></figcaption>"
    assert caption in browser.picture.value
    browser.sort.value = "bytes"
    assert "<b>1 fir</b><span>2.jpg</span><span>bytes: 2</span>" in browser.picture.value
    assert browser.split.options[0] == ("all but test (6)", Only.DEVELOPMENT)


def test_names_and_values_like_markup_are_escaped_everywhere(make_dataset):
    name = "Bäume/<img src=x onerror=alert(1)>&葉.jpg"
    browser = browse(make_dataset({name: "<script>"}))
    browser.sort.value = "label"
    assert browser.error is None and browser.image_ids == [name]
    shown = browser.details.value + browser.picture.value + browser.close_up.value
    assert "<img src=x" not in shown and "<script" not in shown
    assert "Bäume/&lt;img src=x onerror=alert(1)&gt;&amp;葉.jpg" in shown


def test_an_unlabelled_dataset_can_be_browsed(make_dataset):
    browser = browse(make_dataset({"b.jpg": None, "a.jpg": None}))
    assert browser.image_ids == ["a.jpg", "b.jpg"]
    assert browser.split.value is Only.ALL
    assert [text for text, _ in browser.label.options] == ["all (2)", "none (2)"]
    browser.sort.value = "label"
    assert browser.error is None and browser.image_ids == ["a.jpg", "b.jpg"]


def test_an_unreadable_file_is_shown_as_such(trees):
    readable = browse(trees).picture.value
    trees.path("elm/1.jpg").write_bytes(b"broken")
    browser = browse(trees)
    browser.chosen.value = "elm/1.jpg"
    assert browser.error is None and browser.picture.value != readable
    assert "cannot be read" in browser.close_up.value


def test_the_next_page_is_made_before_it_is_asked_for(make_dataset):
    browser = browse(make_dataset({f"{n:02}.jpg": "ash" for n in range(30)}))
    browser.thumbnails._ahead.shutdown()
    made = browser.thumbnails.image_html.cache_info().misses
    assert made == 30
    browser.thumbnails.prepare = lambda _: None
    browser.forward.click()
    assert browser.thumbnails.image_html.cache_info().misses == made


def test_a_hundred_thousand_rows_turn_a_page_within_300_ms(trees, monkeypatch):
    # Time on the processor, which does not grow when other programs run beside the test.
    count = 100_000
    ids = pd.Index([f"{n:06}.jpg" for n in range(count)], name="image_id")
    images = pd.DataFrame({"label": ["ash", "elm"] * (count // 2), "split": None}, index=ids)
    many = Dataset("many", trees.root, images, files=dict.fromkeys(ids, "ash/1.jpg"))
    rng = np.random.default_rng(0)
    # The next page would be made meanwhile, from the moment on that the first is shown.
    monkeypatch.setattr(Thumbnails, "prepare", lambda *_: None)
    browser = browse(many, pd.DataFrame({"score": rng.random(count)}, index=ids))
    browser.sort.value = "score"
    seen, seconds = browser.thumbnails.image_html.cache_info().misses, []
    for _ in range(5):
        start = time.process_time()
        browser.forward.click()
        seconds.append(time.process_time() - start)
    assert browser.position.value == 6 and browser.position.max == 4167
    assert browser.thumbnails.image_html.cache_info().misses - seen == 5 * 24
    assert sorted(seconds)[2] < 0.3


def test_a_dataset_without_images_says_so(trees):
    browser = browse(trees.with_images(trees.images.iloc[:0]))
    assert "There are no images to show." in browser.picture.value
    assert browser.error is None


def test_probabilities_of_a_class_called_image_id_can_be_sorted_by(trees):
    names = ["image_id", "label", "split", "oak"]
    shares = {name: [i / 9 for i in range(9)] for name in names}
    browser = browse(trees, pd.DataFrame(shares, trees.images.index))
    for name in ("image_id (table)", "label (table)", "split (table)", "oak"):
        browser.sort.value = name
        assert browser.error is None
        first, *_ = browser.image_ids
        browser.order.value = False
        assert browser.image_ids[-1] == first == trees.development.images.index[0]
        browser.order.value = True


def test_a_click_opens_and_selects_and_the_selection_outlives_pages_and_filters(trees):
    browser = browse(trees)
    browser.picker.pressed = [2, "open", 1]
    assert browser.chosen.value == "elm/1.jpg" and browser.selected == ["elm/1.jpg"]
    assert "elm/1.jpg" in browser.details.value
    assert (browser.picker.opened, browser.picker.chosen) == (2, [2])
    browser.picker.pressed = [4, "through", 2]
    browser.picker.pressed = [0, "toggle", 3]
    kept = ["elm/1.jpg", "elm/2.jpg", "fir/1.jpg", "ash/1.jpg"]
    assert browser.selected == kept and browser.picker.chosen == [0, 2, 3, 4]
    assert browser.chosen.value == "elm/1.jpg", "only a plain click opens"
    browser.label.value = "fir"
    assert browser.selected == kept and browser.picker.chosen == [0]
    assert browser.ids.value == "\n".join(kept) and "<b>4</b> selected" in browser.picked.value
    browser.take.click()
    assert browser.selected == [*kept, "fir/2.jpg"]
    browser.picker.pressed = [77, "open", 4]
    assert browser.error is None and len(browser.selected) == 5
    browser.drop_all.click()
    assert browser.selected == [] and browser.to_review_button.disabled


def test_a_selection_goes_to_a_review_below_or_to_where_the_page_wants_it(trees):
    browser = browse(trees)
    assert browser.to_review_button.disabled
    browser.picker.pressed = [1, "open", 1]
    browser.to_review_button.click()
    assert list(browser.below.children[0].cases["image_id"]) == ["ash/2.jpg"]
    sent = []
    browser.to_review = sent.append
    browser.to_review_button.click()
    assert sent == [["ash/2.jpg"]]


def test_several_filters_hold_together_and_are_cleared_together(trees, table):
    browser = browse(trees, table.assign(device=["a", "b", "c"] * 3))
    shown = [one.layout.display for one in browser.filters]
    assert shown == [None, "none", "none"]
    browser.more.click()
    browser.more.click()
    assert [one.layout.display for one in browser.filters] == [None] * 3 and browser.more.disabled
    first, second, third = browser.filters
    first.column.value, second.column.value = "device", "bytes"
    first.value.value = "b"
    assert browser.image_ids == ["ash/2.jpg", "elm/2.jpg", "fir/2.jpg"]
    second.value.value = 5
    assert browser.image_ids == ["elm/2.jpg"]
    third.column.value = "issue"
    third.value.value = Only.PRESENT
    assert browser.image_ids == []
    browser.clear.click()
    assert browser.image_ids == ORDER and first.column.value == ""


def test_any_column_of_numbers_is_filtered_by_a_range(make_dataset):
    names = [f"ash/{n:02}.jpg" for n in range(20)]
    scores = pd.DataFrame({"score": np.linspace(0, 1, 20)}, names)
    browser = browse(make_dataset(dict.fromkeys(names, "ash")), scores)
    browser.column.value = "score"
    browser.filters[0].range.value = (0.5, 1.0)
    assert browser.image_ids == names[10:]
    assert "lies from, to: <b>0.5 to 1</b>" in still_html(browser)


def test_more_like_this_sorts_by_the_features_given_until_filters_are_cleared(trees):
    rng, ids = np.random.default_rng(0), trees.images.index
    ways = {"ash": [1, 0, 0], "elm": [0, 1, 0], "fir": [0, 0, 1]}
    values = [np.array(ways[name[:3]]) * 9 + rng.normal(0, 0.5, 3) for name in ids]
    features = pd.DataFrame(values, ids, ["stage2 0", "stage2 1", "stage2 2"])
    features.insert(0, "stage1 0", rng.normal(size=9))
    browser = browse(trees, features=features)
    browser.chosen.value = "fir/1.jpg"
    browser.like.click()
    assert browser.error is None and "fir/1.jpg" in browser.status.value
    assert browser.image_ids[0] == "fir/1.jpg" and browser.image_ids[1] == "fir/2.jpg"
    scaled = (features - features.mean()) / features.std(ddof=0)
    scaled = scaled.filter(like="stage2").loc[ORDER].to_numpy()
    unit = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    near = unit @ unit[ORDER.index("fir/1.jpg")]
    assert browser.image_ids == [ORDER[place] for place in np.argsort(-near)]
    browser.label.value = "elm"
    assert set(browser.image_ids) == {"elm/1.jpg", "elm/2.jpg"}
    browser.clear.click()
    assert browser.image_ids == ORDER


def test_features_are_computed_on_demand_and_an_image_without_any_is_named(trees):
    trees.path("elm/1.jpg").write_bytes(b"broken")
    browser = browse(trees, features=lambda: None)
    browser.like.click()
    assert browser.error is None and len(browser.image_ids) == 6
    assert browser.image_ids[0] == "ash/1.jpg" and browser.image_ids[-1] == "elm/1.jpg"
    browser.chosen.value = "elm/1.jpg"
    browser.like.click()
    assert "elm/1.jpg has no features" in browser.status.value


@pytest.mark.parametrize("label, split", [(None, "train"), ("ash", None), (None, None)])
def test_a_list_of_classes_or_splits_is_offered_only_where_there_are_any(
    make_dataset, label, split
):
    names = ["1.jpg", "2.jpg"]
    browser = browse(make_dataset({"1.jpg": label, "2.jpg": None}, {"1.jpg": split, "2.jpg": None}))
    hidden = [browser.label.layout.display, browser.split.layout.display]
    assert hidden == [None if one else "none" for one in (label, split)]
    assert browser.image_ids == names

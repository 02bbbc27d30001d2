import pandas as pd
import pytest

from helpers.evaluation import check_predictions
from helpers.widgets import explore_errors
from helpers.widgets.evaluation import ANY, WRONG


@pytest.fixture
def explorer(make_dataset):
    """20 ashes, 4 of them called "<b>elm", the surest last; one elm, rightly named."""
    names = {f"a/{number:02d}.jpg": "ash" for number in range(20)} | {"e/1.jpg": "<b>elm"}
    dataset = make_dataset(names, dict.fromkeys(names, "test"))
    elm = [0.1] * 16 + [0.6, 0.7, 0.8, 0.9, 0.95]
    table = pd.DataFrame({"<b>elm": elm}, dataset.images.index)
    table["ash"], table["label"] = 1 - table["<b>elm"], dataset.images["label"]
    return explore_errors(dataset, check_predictions(table))


def test_it_opens_with_all_errors_the_surest_first(explorer):
    assert repr(explorer) == "Error explorer: 4 of 21 answers wrong"
    assert explorer.shown.index.tolist() == [f"a/{number}.jpg" for number in (19, 18, 17, 16)]
    assert "<b>4 images</b> · page 1 of 1" in explorer.count.value
    assert explorer.picture.value.count("<figure") == 4
    said = "<b>says &lt;b&gt;elm</b><span>90% sure</span><span>is ash</span>"
    assert said in explorer.picture.value
    assert "<b>elm" not in explorer.picture.value
    assert explorer.error is None


def test_a_pair_of_classes_is_chosen_and_ordered(explorer):
    explorer.label.value = "ash"
    assert [name for name, _ in explorer.prediction.options] == [
        "something else (4)", "<b>elm (4)", "ash (16)"
    ]  # fmt: skip
    explorer.prediction.value = "ash"
    assert len(explorer.shown) == 16
    assert "page 1 of 2" in explorer.count.value
    explorer.forward.click()
    assert explorer.position.value == 2
    assert explorer.picture.value.count("<figure") == 4
    explorer.prediction.value = "<b>elm"
    explorer.order.value = True
    assert explorer.shown.index[0] == "a/16.jpg"
    assert explorer.error is None


def test_a_class_without_errors_says_so(explorer):
    explorer.label.value = "<b>elm"
    assert explorer.prediction.value is WRONG
    assert explorer.shown.empty
    assert "No image fits." in explorer.picture.value
    explorer.label.value = ANY
    assert len(explorer.shown) == 4


def test_images_without_a_label_are_passed_over(make_dataset):
    dataset = make_dataset({"1.jpg": "ash", "2.jpg": None}, {"1.jpg": "test", "2.jpg": "test"})
    table = pd.DataFrame({"ash": [0.4, 0.2], "elm": [0.6, 0.8]}, dataset.images.index)
    explorer = explore_errors(dataset, check_predictions(table, dataset))
    assert repr(explorer) == "Error explorer: 1 of 1 answers wrong"
    assert explorer.shown.index.tolist() == ["1.jpg"]


def test_a_click_shows_an_image_elsewhere_and_ticks_pick_images_out(explorer):
    shown, reviewed = [], []
    explorer.link(shown.append, reviewed.append)
    assert shown == ["a/19.jpg"] and explorer.picker.opened == 0
    assert explorer.to_review_button.disabled and explorer.selected == []
    explorer.picker.pressed = [2, "open", 1]
    assert shown[-1] == "a/17.jpg" and explorer.picker.opened == 2 and explorer.selected == []
    explorer.picker.pressed = [1, "toggle", 2]
    explorer.picker.pressed = [3, "through", 3]
    assert explorer.selected == ["a/18.jpg", "a/17.jpg", "a/16.jpg"] and len(shown) == 2
    assert explorer.picker.chosen == [1, 2, 3] and "<b>3</b> selected" in explorer.picked.value
    assert explorer.ids.value.split() == explorer.selected
    explorer.order.value = True  # the least sure first
    assert explorer.picker.chosen == [0, 1, 2] and explorer.picker.opened == 1
    explorer.to_review_button.click()
    assert reviewed == [["a/18.jpg", "a/17.jpg", "a/16.jpg"]]
    explorer.drop_all.click()
    assert explorer.selected == [] and explorer.to_review_button.disabled
    explorer.take.click()
    assert explorer.selected == [f"a/{number}.jpg" for number in (16, 17, 18, 19)]
    assert explorer.error is None


def test_a_press_on_a_page_that_was_turned_meanwhile_is_nothing(explorer):
    shown = []
    explorer.link(shown.append)
    assert explorer.to_review_button.layout.display == "none", "the ids can be copied all the same"
    explorer.picker.pressed = [4, "open", 1]
    assert shown == ["a/19.jpg"] and explorer.error is None
    explorer.label.value = "<b>elm"
    explorer.picker.pressed = [0, "open", 2]
    assert explorer.on_page == [] and shown == ["a/19.jpg"] and explorer.picker.opened == -1


def test_where_no_answer_is_wrong_nothing_is_shown_at_once(explorer, make_dataset):
    dataset = make_dataset({"a/1.jpg": "ash", "e/1.jpg": "elm"})
    table = pd.DataFrame({"ash": [0.9, 0.2], "elm": [0.1, 0.8]}, dataset.images.index)
    made = explore_errors(dataset, check_predictions(table.assign(label=["ash", "elm"])))
    made.link(lambda image_id: pytest.fail(image_id))
    assert made.opened is None and made.picker.opened == -1

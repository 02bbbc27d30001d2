"""What the review shows and leaves out, one at a time and in the grid."""

import pandas as pd
import pytest

from helpers.review import review


@pytest.fixture
def pairs():
    names = [("ash/1.jpg", "ash/2.jpg"), ("elm/1.jpg", None)]
    return pd.DataFrame(names, columns=["image_id", "other_id"]).assign(suggestion=["elm", None])


def of_classes(make_dataset, number):
    """A review of one suspect of the second of so many classes, taken for the third."""
    dataset = make_dataset({f"{n:02d}/1.jpg": f"class {n:02d}" for n in range(number)})
    return review(dataset, pd.DataFrame({"suggestion": "class 02"}, index=["01/1.jpg"]))


def test_nine_classes_are_all_numbered_and_of_ten_those_that_are_asked_about(make_dataset):
    nine, ten = (of_classes(make_dataset, number) for number in (9, 10))
    assert nine.numbered == nine.labels == [f"class {n:02d}" for n in range(9)]
    assert ten.numbered == ["class 01", "class 02"] and len(ten.labels) == 10
    assert "8 more classes in the list" in ten.classes.value


def test_in_the_grid_nothing_speaks_of_one_case_but_the_side_can_be_chosen(trees, pairs):
    reviewer = review(trees, pairs)
    assert reviewer.keep.description == "Keep both" and reviewer.target.layout.display is None
    assert "(given)" in reviewer.classes.value and "(suggested)" in reviewer.classes.value
    assert reviewer.beside._dom_classes == ("beside", "pair")
    reviewer.view.value = "grid"
    assert reviewer.keep.description == "Keep" and reviewer.target.layout.display is None
    assert "(given)" not in reviewer.classes.value and "(suggested)" not in reviewer.classes.value
    assert reviewer.count.value.startswith("2, 0 decided")
    assert (reviewer.grid.at, [one["number"] for one in reviewer.grid.cells]) == (0, [0, 1])
    reviewer.open_case(1)
    assert reviewer.count.value.startswith("<b>2</b> of 2, 0 decided")
    assert reviewer.keep.description == "Keep" and reviewer.target.layout.display == "none"
    assert reviewer.beside._dom_classes == ("beside",)
    assert "meant" not in reviewer.picture.value
    assert "(given)" in reviewer.classes.value and "(suggested)" not in reviewer.classes.value
    reviewer.view.value = "grid"
    assert reviewer.grid.at == 1


def test_in_a_grid_of_single_images_no_side_is_chosen(trees, pairs):
    reviewer = review(trees, pairs[1:])
    reviewer.view.value = "grid"
    assert reviewer.target.layout.display == "none"


def test_without_suspects_nothing_can_be_pressed_and_nothing_is_shown(trees, pairs):
    reviewer = review(trees, pairs[:0])
    buttons = (reviewer.keep, reviewer.drop, reviewer.relabel, reviewer.unsure)
    assert all(one.disabled for one in buttons)
    assert (reviewer.claim.value, reviewer.details.value, reviewer.examples.value) == ("", "", "")
    assert reviewer.target.layout.display == "none"
    assert 'value="0" max="1"' in reviewer.count.value
    reviewer.view.value = "grid"
    assert (reviewer.grid.at, reviewer.grid.cells) == (-1, [])
    assert not any(one.disabled for one in (review(trees, pairs).keep, reviewer.undo))


def test_the_next_case_is_made_ready_and_no_further_one(trees, monkeypatch):
    suspects = pd.DataFrame(index=["ash/1.jpg", "elm/1.jpg", "fir/1.jpg"])
    reviewer, ready = review(trees, suspects), []
    monkeypatch.setattr(
        reviewer._ahead, "submit", lambda prepare, case: ready.append(case["image_id"])
    )
    reviewer.show()
    assert ready == ["elm/1.jpg"]
    reviewer.position.value = 3
    ready.clear()
    reviewer.show()
    assert ready == []


def test_text_arrives_when_it_is_finished_and_pictures_have_their_sizes(trees, pairs):
    reviewer = review(trees, pairs)
    assert (reviewer.note.continuous_update, reviewer.new_class.continuous_update) == (False, False)
    assert (reviewer.pictures.size, reviewer.thumbnails.size) == (800, 200)

"""The review by keys, many at a time, and what it asks before it drops or adds."""

import pandas as pd
import pytest

from helpers.datasets import DecisionLog
from helpers.review import review


@pytest.fixture
def suspects():
    return pd.DataFrame(
        {"issue": "label", "suggestion": ["elm", "fir", "ash"]},
        index=["ash/1.jpg", "elm/1.jpg", "fir/1.jpg"],
    )


@pytest.fixture
def pair():
    return pd.DataFrame({"image_id": ["ash/1.jpg"], "other_id": ["ash/2.jpg"], "kind": "near"})


def press(reviewer, *keys, seen=None):
    """Press keys one after the other, each when what came before it is on show."""
    for key in keys:
        now = reviewer.keyboard.revision if seen is None else seen
        reviewer.keyboard.receive({"key": key, "id": key, "seen": now})
        assert reviewer.error is None


def standing(where):
    table = DecisionLog(where).current()
    return table["label"].fillna(table["action"]).to_dict()


@pytest.mark.parametrize(
    ("keys", "marks"),
    [
        ("k", {"ash/1.jpg": "keep"}),
        ("d", {"ash/1.jpg": "drop"}),
        ("c", {"ash/1.jpg": "cannot tell"}),
        ("s", {"ash/1.jpg": "elm"}),
        ("3", {"ash/1.jpg": "fir"}),
        ("1", {}),
        ("4", {}),
        ("kdc", {"ash/1.jpg": "keep", "elm/1.jpg": "drop", "fir/1.jpg": "cannot tell"}),
        ("kdu", {"ash/1.jpg": "keep"}),
        ("x", {}),
    ],
)
def test_each_key_does_what_its_button_does(trees, suspects, keys, marks):
    press(review(trees, suspects), *keys)
    assert standing(trees) == marks


def test_arrows_step_and_stop_at_the_ends(trees, suspects):
    reviewer, seen = review(trees, suspects), []
    for key in ("ArrowLeft", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        press(reviewer, key)
        seen.append(reviewer.case["image_id"])
    assert seen == ["ash/1.jpg", "elm/1.jpg", "fir/1.jpg", "fir/1.jpg", "elm/1.jpg"]


def test_keys_that_arrive_during_an_action_wait_and_are_handled_once_in_order(trees, suspects):
    reviewer, handled = review(trees, suspects), []
    reviewer.keyboard.send = lambda message: handled.append(message["handled"])

    def more(change):
        if not handled and len(reviewer.keyboard._queue) == 0:
            for name in ("second", "third"):
                reviewer.keyboard.receive({"key": "d", "id": name, "seen": 0})

    reviewer.status.observe(more, "value")
    reviewer.keyboard.receive({"key": "k", "id": "first", "seen": 0})
    assert handled == ["first", "second", "third"]
    assert standing(trees) == {"ash/1.jpg": "keep", "elm/1.jpg": "drop", "fir/1.jpg": "drop"}


def test_left_and_right_choose_the_image_of_a_pair(trees, pair):
    reviewer = review(trees, pair)
    assert reviewer.picture.value.index("class=meant") < reviewer.picture.value.index("z1")
    press(reviewer, "r")
    assert reviewer.target.value == 1
    assert reviewer.picture.value.index("class=meant") > reviewer.picture.value.index("z1")
    press(reviewer, "l", "r", "d")
    assert standing(trees) == {"ash/2.jpg": "drop"}


def test_cannot_tell_counts_as_decided_and_is_said(trees, suspects, pair):
    reviewer = review(trees, suspects)
    press(reviewer, "c")
    assert "Recorded: cannot tell (ash/1.jpg)" in reviewer.status.value
    assert "1 decided" in reviewer.count.value
    both = review(trees, pair)
    assert "0 decided" in both.count.value
    both.unsure.click()
    assert standing(trees) == {"ash/1.jpg": "cannot tell", "ash/2.jpg": "cannot tell"}
    assert "1 decided" in both.count.value


def test_a_pair_loses_its_second_image_only_when_that_is_asked_twice(trees, pair):
    reviewer = review(trees, pair)
    press(reviewer, "d", "r", "d")
    assert standing(trees) == {"ash/1.jpg": "drop"}
    assert "neither image of the pair ash/1.jpg and ash/2.jpg" in reviewer.status.value
    press(reviewer, "d")
    assert standing(trees) == {"ash/1.jpg": "drop", "ash/2.jpg": "drop"}
    press(reviewer, "u", "r", "d", "l", "r", "d")
    assert standing(trees) == {"ash/1.jpg": "drop"}  # the question is forgotten in between


def test_a_key_pressed_before_the_question_could_be_seen_is_no_answer(trees, pair):
    reviewer = review(trees, pair)
    press(reviewer, "d", "r")
    before = reviewer.keyboard.revision
    press(reviewer, *"dddk2u", seen=before)
    assert standing(trees) == {"ash/1.jpg": "drop"}
    assert "“k” was pressed before this could be read" in reviewer.status.value
    press(reviewer, "d")
    assert standing(trees) == {"ash/1.jpg": "drop", "ash/2.jpg": "drop"}


def test_a_single_suspect_whose_copy_is_dropped_is_asked_about_too(trees, pair, suspects):
    DecisionLog(trees).record("ash/2.jpg", "drop")
    both = pd.concat([suspects.rename_axis("image_id").reset_index(), pair])
    reviewer = review(trees, both)
    press(reviewer, "d")
    assert standing(trees) == {"ash/2.jpg": "drop"}
    press(reviewer, "d")
    assert standing(trees) == {"ash/2.jpg": "drop", "ash/1.jpg": "drop"}


def test_of_three_copies_two_are_dropped_without_a_question(trees):
    names = [("ash/1.jpg", "ash/2.jpg"), ("ash/1.jpg", "ash/3.jpg"), ("ash/2.jpg", "ash/3.jpg")]
    reviewer = review(trees, pd.DataFrame(names, columns=["image_id", "other_id"]))
    press(reviewer, "d")
    assert reviewer.case["image_id"] == "ash/2.jpg"
    press(reviewer, "d")
    assert standing(trees) == {"ash/1.jpg": "drop", "ash/2.jpg": "drop"}
    reviewer.position.value = 2
    press(reviewer, "r", "d")
    assert "neither image of 2 pairs, the first ash/1.jpg and ash/3.jpg" in reviewer.status.value
    assert len(standing(trees)) == 2


def test_a_new_class_is_typed_confirmed_and_then_offered(trees, suspects):
    reviewer = review(trees, suspects)
    reviewer.new_class.value = " elmm "
    reviewer.relabel.click()
    assert standing(trees) == {} and "did you mean" in reviewer.status.value
    assert "no class elmm yet" in reviewer.status.value
    reviewer.relabel.click()
    assert standing(trees) == {"ash/1.jpg": "elmm"}
    assert reviewer.new_class.value == "" and "elmm" in reviewer.classes.value
    press(reviewer, "4")
    assert standing(trees) == {"ash/1.jpg": "elmm", "elm/1.jpg": "elmm"}
    assert [text for text, _ in reviewer.new_label.options] == ["ash", "elm", "elmm", "fir"]


def test_another_new_class_is_asked_about_again_and_a_known_one_is_not(trees, suspects):
    reviewer = review(trees, suspects)
    for typed in ("yew", "box"):
        reviewer.new_class.value = typed
        reviewer.relabel.click()
    assert standing(trees) == {}
    reviewer.new_class.value = "fir"
    reviewer.relabel.click()
    assert standing(trees) == {"ash/1.jpg": "fir"}


def test_nine_classes_have_a_number_those_asked_about_most(make_dataset):
    dataset = make_dataset({f"c{n:02d}/1.jpg": f"c{n:02d}" for n in range(12)})
    table = pd.DataFrame({"suggestion": [f"c{n % 12:02d}" for n in range(4, 16)]})
    table.index = dataset.images.index
    table = table[table["suggestion"] > "c03"].iloc[4:]
    reviewer = review(dataset, table)
    assert len(reviewer.numbered) <= 9 and reviewer.numbered == sorted(reviewer.numbered)
    asked = {*table["suggestion"], *dataset.images["label"][table.index]}
    assert {*reviewer.numbered} <= asked
    assert f"{12 - len(reviewer.numbered)} more classes in the list" in reviewer.classes.value


def test_a_class_is_marked_as_given_or_suggested(trees, suspects):
    html = review(trees, suspects).classes.value
    assert 'class="given" data-key="1"' in html and 'class="suggested" data-key="2"' in html
    assert 'class="other" data-key="3"' in html


def test_one_decision_for_all_in_the_grid_is_one_undo(trees, suspects):
    reviewer = review(trees, suspects)
    press(reviewer, "g", "d")
    assert standing(trees) == {} and "Nothing is chosen" in reviewer.status.value
    press(reviewer, "a")
    assert "<b>3</b> of 3 chosen" in reviewer.chosen.value
    press(reviewer, "d")
    assert standing(trees) == dict.fromkeys(suspects.index, "drop")
    assert "Recorded for 3 images: drop." in reviewer.status.value
    assert reviewer.grid.marks == ["drop"] * 3 and reviewer.grid.selected == []
    press(reviewer, "u")
    assert standing(trees) == {} and "3 decisions are taken back: drop" in reviewer.status.value
    assert len(DecisionLog(trees).history()) == 6


def test_one_undo_for_many_survives_a_restart(trees, suspects):
    press(review(trees, suspects), "g", "a", "d")
    press(review(trees, suspects), "u")
    assert standing(trees) == {}


def test_a_choice_in_the_grid_is_decided_and_nothing_else(trees, suspects):
    reviewer = review(trees, suspects)
    press(reviewer, "g")
    reviewer.grid.receive({"selected": [2, 0]})
    assert reviewer.grid.selected == [0, 2] and "<b>2</b> of 3" in reviewer.chosen.value
    press(reviewer, "1")
    assert standing(trees) == {"fir/1.jpg": "ash"}
    assert "1 have that label already" in reviewer.status.value
    assert reviewer.grid.marks == ["", "", "relabel to ash"]
    press(reviewer, "a", "a")
    assert reviewer.grid.selected == []


def test_a_filter_in_the_grid_shows_fewer_and_drops_the_choice(trees, suspects):
    reviewer = review(trees, suspects.assign(issue=["dark", "odd", "odd"]))
    press(reviewer, "g", "a")
    reviewer.issue.value = "odd"
    assert [one["number"] for one in reviewer.grid.cells] == [1, 2]
    assert reviewer.grid.selected == []
    press(reviewer, "a", "k")
    assert standing(trees) == {"elm/1.jpg": "keep", "fir/1.jpg": "keep"}


def test_many_that_another_notebook_decided_about_are_not_overruled_unseen(trees, suspects):
    reviewer = review(trees, suspects)
    press(reviewer, "g", "a")
    DecisionLog(trees).record("elm/1.jpg", "keep")
    press(reviewer, "d")
    assert standing(trees) == {"elm/1.jpg": "keep"}
    assert "Decided elsewhere meanwhile: keep (elm/1.jpg)" in reviewer.status.value
    assert reviewer.grid.marks == ["", "keep", ""] and reviewer.grid.selected == [0, 1, 2]
    press(reviewer, "d")
    assert standing(trees) == dict.fromkeys(suspects.index, "drop")
    DecisionLog(trees).record("fir/1.jpg", "keep")
    press(reviewer, "u")
    assert standing(trees)["fir/1.jpg"] == "keep"


def test_dropping_all_pairs_of_a_grid_asks_where_both_images_would_go(trees):
    names = [("ash/1.jpg", "ash/2.jpg"), ("ash/2.jpg", "fir/1.jpg")]
    reviewer = review(trees, pd.DataFrame(names, columns=["image_id", "other_id"]))
    press(reviewer, "g", "a", "d")
    assert standing(trees) == {}
    assert "neither image of the pair ash/1.jpg and ash/2.jpg" in reviewer.status.value
    press(reviewer, "d")
    assert standing(trees) == {"ash/1.jpg": "drop", "ash/2.jpg": "drop"}


def test_enter_in_the_grid_opens_the_case_by_itself(trees, suspects):
    reviewer = review(trees, suspects)
    press(reviewer, "g")
    assert reviewer.beside.layout.display == "none" and reviewer.grid.layout.display is None
    reviewer.grid.receive({"open": 2})
    assert reviewer.view.value == "one" and reviewer.case["image_id"] == "fir/1.jpg"
    assert reviewer.beside.layout.display is None and reviewer.grid.layout.display == "none"


def test_zoom_shows_the_whole_picture_and_closes(make_dataset, pair):
    dataset = make_dataset({"ash/1.jpg": "ash", "ash/2.jpg": "ash"}, size=(900, 1200))
    reviewer = review(dataset, pair)
    press(reviewer, "z")
    assert "ash/1.jpg: 900 × 1,200 pixels" in reviewer.zoomed.value
    assert reviewer.beside.layout.display == "none"
    press(reviewer, "Escape")
    assert reviewer.zoomed.value == "" and reviewer.beside.layout.display is None
    press(reviewer, "z1")
    assert "ash/2.jpg: 900" in reviewer.zoomed.value
    press(reviewer, "z")
    assert reviewer.zoomed.value == ""
    press(reviewer, "z", "ArrowRight")
    assert reviewer.zoomed.value == ""


def test_the_keys_are_listed_and_put_away(trees, suspects):
    reviewer = review(trees, suspects)
    press(reviewer, "?")
    assert "<kbd>c</kbd>cannot tell" in reviewer.help.value and reviewer.help.layout.display is None
    press(reviewer, "?")
    assert reviewer.help.layout.display == "none"
    press(reviewer, "?", "Escape")
    assert reviewer.help.layout.display == "none"


def test_files_without_a_picture_come_last_and_say_so_in_a_sentence(trees, suspects):
    trees.path("ash/1.jpg").write_bytes(b"broken")
    trees.path("elm/1.jpg").unlink()
    reviewer = review(trees, suspects)
    assert list(reviewer.cases["image_id"]) == ["fir/1.jpg", "ash/1.jpg", "elm/1.jpg"]
    reviewer.position.value = 2
    assert "cannot be read" in reviewer.picture.value
    press(reviewer, "z")
    assert "cannot be read: it" in reviewer.zoomed.value and reviewer.error is None


def test_text_left_by_enter_arrives_before_the_key_that_follows(trees, suspects):
    reviewer = review(trees, suspects)
    reviewer.keyboard.receive({"field": "n", "text": "too dark"})
    press(reviewer, "d")
    reviewer.keyboard.receive({"field": "0", "text": "yew"})
    press(reviewer, "s", "s")
    assert standing(trees) == {"ash/1.jpg": "drop", "elm/1.jpg": "yew"}
    assert list(DecisionLog(trees).current()["reason"]) == ["label: too dark", "label"]
    assert (reviewer.note.value, reviewer.new_class.value) == ("", "")


def test_keys_pressed_ahead_of_the_end_or_of_a_notice_decide_about_nothing_else(trees, suspects):
    reviewer = review(trees, suspects)
    press(reviewer, "d")
    DecisionLog(trees).record("elm/1.jpg", "keep")
    press(reviewer, *"dddu", seen=reviewer.keyboard.revision)
    assert standing(trees) == {"elm/1.jpg": "keep", "ash/1.jpg": "drop"}
    assert "Decided elsewhere meanwhile: keep (elm/1.jpg)" in reviewer.status.value
    press(reviewer, "d")
    press(reviewer, *"dkc", seen=reviewer.keyboard.revision)
    drops = dict.fromkeys(["ash/1.jpg", "elm/1.jpg", "fir/1.jpg"], "drop")
    assert standing(trees) == drops
    press(reviewer, "u", "c")
    assert standing(trees) == drops | {"fir/1.jpg": "cannot tell"}

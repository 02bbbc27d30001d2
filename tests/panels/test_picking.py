import pytest

from helpers.panels.picking import OPEN, THROUGH, TOGGLE, Picker, Selection

PAGE = ["a", "b", "c", "d", "e"]


def pressed(*presses):
    found = Selection()
    for image_id, how in presses:
        found.press(image_id, how, PAGE)
    return found


@pytest.mark.parametrize(
    "presses, selected",
    [
        ([("b", OPEN)], ["b"]),
        ([("b", OPEN), ("d", OPEN)], ["d"]),
        ([("b", OPEN), ("d", TOGGLE)], ["b", "d"]),
        ([("b", TOGGLE), ("b", TOGGLE)], []),
        ([("b", TOGGLE), ("d", TOGGLE), ("a", OPEN)], ["b", "d"]),
        ([("d", OPEN), ("b", THROUGH)], ["d", "b", "c"]),
        ([("b", OPEN), ("d", THROUGH)], ["b", "c", "d"]),
        ([("c", THROUGH)], ["c"]),
        ([("c", THROUGH), ("e", THROUGH)], ["c", "d", "e"]),
    ],
)
def test_presses_select_as_in_a_file_manager_and_gathered_images_are_kept(presses, selected):
    assert pressed(*presses).image_ids == selected


def test_a_range_does_not_reach_to_a_picture_on_another_page():
    found = pressed(("b", OPEN))
    found.press("z", THROUGH, ["y", "z"])
    assert found.image_ids == ["b", "z"]
    assert found.places(["y", "z", "b"]) == [1, 2] and found.places(["y"]) == []


def test_all_and_nothing():
    found = pressed(("b", OPEN))
    found.add(["c", "b", "e"])
    assert found.image_ids == ["b", "c", "e"]
    found.clear()
    assert found.image_ids == []
    found.press("d", THROUGH, PAGE)
    assert found.image_ids == ["d"], "no range from a picture of before"


def test_the_picker_tells_each_press_once_even_if_it_is_the_same_again():
    seen, picker = [], Picker()
    picker.on_press(lambda place, how: seen.append((place, how)))
    picker.pressed = [2, "open", 1]
    picker.pressed = [2, "open", 2]
    assert seen == [(2, "open"), (2, "open")]

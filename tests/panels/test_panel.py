import pytest
from ipywidgets import Button, IntText

from helpers.datasets import DatasetError
from helpers.panels.panel import Panel, choice


@pytest.fixture
def panel():
    return Panel("Panel of nothing")


def test_its_text_form_is_the_same_sentence_every_time(panel):
    assert repr(panel) == repr(Panel("Panel of nothing")) == "Panel of nothing"
    assert panel._repr_mimebundle_()["text/plain"] == "Panel of nothing"


@pytest.mark.parametrize("use", [lambda c: c.click(), lambda c: setattr(c, "value", 5)])
def test_an_error_in_a_callback_is_shown_escaped_and_kept(panel, use):
    control = Button() if use.__code__.co_names[0] == "click" else IntText()

    def fail():
        raise ValueError("<b>bad</b> & worse")

    panel.answer(fail, control)
    use(control)
    assert isinstance(panel.error, ValueError)
    assert "ValueError: &lt;b&gt;bad&lt;/b&gt; &amp; worse" in panel.status.value
    assert 'class="problem"' in panel.status.value


def test_an_error_meant_for_the_person_is_told_without_the_name_of_its_kind(panel):
    def fail():
        raise DatasetError("Type the folder to write to.")

    panel.answer(fail, button := Button())
    button.click()
    assert '<span role="status" class="problem">Type the folder to write to.' in panel.status.value


def test_a_list_whose_option_could_not_be_shown_as_chosen_is_refused():
    with pytest.raises(ValueError, match="Layer: no option may have the value None"):
        choice("Layer", [("first", 1), ("the last", None)])
    made = choice("Layer", [("the last", ""), ("first", 1)])
    made.index = 1
    made.index = 0
    assert (made.index, made.label) == (0, "the last")
    assert choice("Class", ["ash", "elm"]).value == "ash" and choice("None yet", []).index is None


def test_the_next_action_clears_an_error(panel):
    outcomes = iter([1 / 2, None])
    button = Button()
    panel.answer(lambda: 1 / next(outcomes), button)
    button.click()
    button.click()
    assert isinstance(panel.error, TypeError)
    other = Button()
    panel.answer(lambda: None, other)
    other.click()
    assert panel.error is None and panel.status.value == ""


def test_changes_made_by_an_action_start_no_other(panel):
    one, two, calls = IntText(), IntText(), []

    def change_other():
        calls.append("one")
        two.value = one.value

    panel.answer(change_other, one)
    panel.answer(lambda: calls.append("two"), two)
    one.value = 3
    assert (two.value, calls) == (3, ["one"])
    two.value = 4
    assert calls == ["one", "two"]


def test_back_and_next_move_the_slider_and_stop_at_its_ends(panel):
    seen = []
    panel.steps(lambda: seen.append(panel.position.value))
    panel.position.max = 3
    for move in (panel.back, panel.forward, panel.forward, panel.forward):
        move.click()
    panel.position.value = 1
    assert seen == [1, 2, 3, 3, 1]


def test_it_opens_on_the_first_of_one_and_moves_when_the_slider_is_let_go(panel):
    slider = panel.position
    assert (slider.value, slider.min, slider.max, slider.continuous_update) == (1, 1, 1, False)
    assert [part.value for part in (panel.status, panel.count, panel.picture, panel.details)] == (
        [""] * 4
    )
    assert panel.error is None


def test_an_action_within_an_action_starts_nothing_and_the_next_one_works(panel):
    button, calls = Button(), []
    panel.answer(lambda: calls.append(len(calls)) or button.click(), button)
    button.click()
    button.click()
    assert calls == [0, 1]

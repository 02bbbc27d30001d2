import pytest
from ipywidgets import Button, IntText

from helpers.widgets.panel import Panel, Picture, choice, offer


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


def test_the_next_action_clears_an_error(panel):
    outcomes = iter([1 / 2, None])
    button = Button()
    panel.answer(lambda: 1 / next(outcomes), button)
    button.click()
    button.click()
    assert isinstance(panel.error, TypeError)
    panel.act(lambda: None)
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


def test_offering_other_options_chooses_the_first_or_none():
    dropdown = choice("a", "b", [])
    for options, value in ([("x", "y")], "y"), ([], None), ([("x", "z"), ("v", "w")], "z"):
        offer(dropdown, options)
        assert dropdown.value == value


def test_a_picture_sends_the_empty_description_that_lets_the_browser_show_its_text():
    state = Picture(tooltip="a page of leaves").get_state()
    assert (state["description"], state["tooltip"]) == ("", "a page of leaves")

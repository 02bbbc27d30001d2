"""The slider of learning rates: its picture and its words follow it."""

import numpy as np
import pandas as pd
import pytest

from helpers.widgets import explore_rates


@pytest.fixture
def rates():
    ends = {1e-4: 2.2, 1e-2: 1.5, 1.0: 4.0, 10.0: np.nan}
    rows = [
        (rate, seed, epoch, 2.3 + (end - 2.3) * epoch, 0.1 + 0.3 * (rate == 1e-2))
        for rate, end in ends.items()
        for seed in range(2)
        for epoch in range(2)
    ]
    return pd.DataFrame(rows, columns=["rate", "seed", "epoch", "valid_loss", "accuracy"])


@pytest.fixture
def explorer(rates):
    return explore_rates(rates)


def test_it_offers_each_rate_of_the_study_once(explorer):
    assert [value for _, value in explorer.rate.options] == [1e-4, 1e-2, 1.0, 10.0]
    assert repr(explorer) == "Learning rates: 4 compared"


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (1e-4, ["too low", "validation loss 2.20", "10% right", "best rate, 0.01, reached 1.50"]),
        (1e-2, ["good", "1.50", "40% right", "No other rate"]),
        (1.0, ["too high", "4.00", "overshoot"]),
        (10.0, ["too high", "diverged"]),
    ],
)
def test_moving_the_slider_says_how_that_rate_did(explorer, rate, words):
    explorer.rate.value = rate
    assert explorer.error is None
    assert all(word in explorer.details.value for word in words)
    assert f'alt="Learning rate {rate:g}.' in explorer.picture.value


def test_each_rate_has_a_picture_of_its_own_and_going_back_shows_the_same(explorer):
    first, seen = explorer.picture.value, set()
    for _, rate in explorer.rate.options:
        explorer.rate.value = rate
        seen.add(explorer.picture.value)
    assert explorer.error is None and len(seen) == 4
    explorer.rate.index = 0
    assert explorer.picture.value == first


def test_where_nothing_was_learned_even_the_best_rate_says_so(rates):
    explorer = explore_rates(rates, guessing=1.0)
    explorer.rate.value = 1e-2
    assert "learned nothing" in explorer.details.value and "No other rate" not in (
        explorer.details.value
    )
    assert 'class="mark drop"' in explorer.details.value
    assert "the best rate" not in explorer.details.value


def test_only_a_good_rate_is_marked_as_one_and_others_name_the_best(explorer):
    marks = {}
    for _, rate in explorer.rate.options:
        explorer.rate.value = rate
        marks[rate] = (
            "mark keep" in explorer.details.value,
            "; the best" in explorer.details.value,
        )
    assert marks == {1e-4: (False, True), 1e-2: (True, False), 1.0: (False, True),
                     10.0: (False, False)}  # fmt: skip


def test_a_picture_is_drawn_once(explorer, monkeypatch):
    monkeypatch.setattr("helpers.widgets.learning_rate.draw_rates", lambda *_: "drawn again")
    explorer.rate.index = 1
    assert explorer.picture.value == "drawn again"
    explorer.rate.index = 0
    assert explorer.error is None and explorer.picture.value != "drawn again"

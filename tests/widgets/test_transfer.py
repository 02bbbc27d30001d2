import numpy as np
import pandas as pd
import pytest

from helpers.widgets import explore_transfer

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def planes(make_dataset):
    """24 images of two classes, a third of them to validate with, and features that tell them
    apart; three networks, of which one was not fine-tuned."""
    labels = {f"{name}/{n:02d}.jpg": name for name in ("ash", "elm") for n in range(12)}
    dataset = make_dataset(
        labels, {i: "valid" if n % 3 == 0 else "train" for n, i in enumerate(labels)}
    )
    noise = np.random.default_rng(0).normal(size=(24, 3))
    features = pd.DataFrame(noise, dataset.images.index, ["a", "b", "c"])
    features["a"] += 9 * (dataset.images["label"] == "ash")
    models = [("bundled", "frozen"), ("bundled", "fine-tuned"), ("random", "from scratch")]
    rows = [
        (*model, count, seed, 0.4 + 0.1 * i + 0.01 * seed)
        for i, model in enumerate(models)
        for count in ("5", "all")
        for seed in range(2)
    ]
    curve = pd.DataFrame(rows, columns=["backbone", "training", "per_class", "seed", "accuracy"])
    return dataset, curve, features


@pytest.fixture
def explorer(planes):
    dataset, curve, features = planes
    return explore_transfer(dataset, curve, {"bundled": features})


def test_it_opens_on_frozen_features_with_a_head_trained_just_now(explorer):
    assert repr(explorer) == "Transfer explorer: bundled, random"
    assert explorer.point == ("bundled", "frozen", "5")
    assert explorer.accuracy == 1.0
    assert "trained just now" in explorer.details.value
    assert "on 10 images (draw 1): " in explorer.details.value
    assert "0.41 ± 0.06 over 2 repeats" in explorer.details.value


def test_each_control_moves_the_point_and_the_picture(explorer):
    seen = {explorer.picture.value}
    for control, value, point in [
        (explorer.per_class, "all", ("bundled", "frozen", "all")),
        (explorer.training, "trained", ("bundled", "fine-tuned", "all")),
        (explorer.backbone, "random", ("random", "from scratch", "all")),
    ]:
        control.value = value
        assert explorer.error is None
        assert explorer.point == point
        assert explorer.picture.value.startswith("<img ")
        seen.add(explorer.picture.value)
    assert len(seen) == 4


def test_a_head_is_trained_live_only_on_frozen_features_that_are_at_hand(explorer):
    explorer.training.value = "trained"
    assert (explorer.accuracy, explorer.again.disabled) == (None, True)
    assert "trained just now" not in explorer.details.value
    explorer.training.value = "frozen"
    assert (explorer.accuracy, explorer.again.disabled) == (1.0, False)


def test_other_images_can_be_drawn(planes):
    dataset, curve, features = planes
    shuffled = features.assign(a=0.0)
    explorer = explore_transfer(dataset, curve, {"bundled": shuffled})
    found = set()
    for _ in range(6):
        explorer.again.click()
        assert explorer.error is None
        found.add(explorer.accuracy)
    assert len(found) > 1


def test_what_was_not_measured_is_said_and_not_an_error(explorer):
    explorer.backbone.value = "random"
    assert explorer.error is None
    assert "was not measured" in explorer.details.value


def test_where_only_heads_were_measured_the_whole_network_is_not_offered(planes):
    dataset, curve, features = planes
    heads = curve[curve["training"] == "frozen"].assign(per_class="5").head(1)
    explorer = explore_transfer(dataset, heads, {"bundled": features})
    assert [value for _, value in explorer.training.options] == ["frozen"]
    assert "0.40 over 1 repeats." in explorer.details.value
    many = pd.concat([heads.assign(backbone=f"b{n}") for n in range(11)])
    assert repr(explore_transfer(dataset, many)).endswith("b7, b8 and 2 more")


def test_without_features_nothing_is_trained_live(planes):
    dataset, curve, _ = planes
    explorer = explore_transfer(dataset, curve)
    assert (explorer.again.disabled, explorer.accuracy, explorer.draw_number) == (True, None, 0)


def test_the_seconds_that_the_head_took_and_its_images_are_told(explorer, monkeypatch):
    clock = iter([10.0, 12.5])
    monkeypatch.setattr("helpers.widgets.transfer.time.perf_counter", lambda: next(clock))
    explorer.again.click()
    assert explorer.draw_number == 1
    assert "in 2.50 s on 10 images" in explorer.details.value

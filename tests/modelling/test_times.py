from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import Dataset
from helpers.evidence import effects
from helpers.modelling import times
from tests.balance.sets import table
from tests.splits.test_captures import save


def evidence(near, worth=(0.2, 0.1, 0.3), camera=lambda n: "Orla", valid=20):
    """Eighty photos a minute apart; so many of those to validate on follow a training photo by
    three seconds."""
    dataset = table(label=["ash", "elm"] * 40)
    index = dataset.images.index
    split = np.array(["train"] * (80 - valid) + ["valid"] * valid)
    seconds = np.arange(80) * 60.0
    seconds[80 - valid : 80 - valid + near] = seconds[:near] + 3
    made = SimpleNamespace(
        divided=dataset.with_images(dataset.images.assign(split=split)),
        files=pd.DataFrame({"taken": pd.Timestamp("2024-05-01 10:00")}, index),
        can_learn=worth is not None, workers=0, progress=False,
    )  # fmt: skip
    made.times = pd.DataFrame({"taken": seconds, "camera": [camera(n) for n in range(80)]}, index)
    return made


def near_in_time(evidence):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times, "read_times", lambda *_, **__: evidence.times)
        return times.near_in_time(evidence)


@pytest.mark.parametrize(
    ("worth", "blocks"), [((0.2, 0.1, 0.3), True), ((0.0, -0.1, 0.1), False), (None, False)]
)
def test_photos_taken_within_seconds_on_two_sides_are_told_with_what_they_are_worth(
    monkeypatch, worth, blocks
):
    asked = {}

    def flattery(evidence, groups):
        asked["groups"] = groups
        return worth and (worth, 0.25, 1.0)

    monkeypatch.setattr(effects, "flattery_of_groups", flattery)
    found = near_in_time(evidence(5, worth))
    assert found.what.startswith("5 of 20 validation images were taken within 4 s of a training")
    assert (found.images, found.of, found.blocks) == (5, 20, blocks)
    assert "the same command with --pause 4, or with as many seconds" in found.act
    assert "group_by_time(dataset.development, pause=4)" in found.code
    if worth is None:
        assert found.effect is None
        return
    assert (found.effect, found.low, found.high) == pytest.approx([one / 4 for one in worth])
    assert (
        "Such as 0060.jpg. Two linear models learned from as many images of each class"
        in found.more
    )
    assert "the first from the photos taken with them" in found.more
    sizes = asked["groups"].value_counts()
    assert len(sizes) == 5 and (sizes == 2).all()


def test_a_twentieth_or_less_other_cameras_and_photos_without_a_time_are_passed_over(monkeypatch):
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: None)
    assert near_in_time(evidence(1)) is None
    assert near_in_time(evidence(2)).images == 2
    assert near_in_time(evidence(9, camera=lambda n: "Orla" if n < 60 else "Tern")) is None
    assert near_in_time(evidence(9, camera=lambda n: "")) is None
    silent = evidence(9)
    silent.files["taken"] = pd.NaT
    assert near_in_time(silent) is None


def test_two_cameras_of_one_model_are_told_apart_by_what_the_files_say(tmp_path):
    """As pause does; a model's name alone would make one burst of two cameras' photos."""
    for number in range(4):
        serial = "7" if number % 2 else "8"
        when = f"2024:05:01 10:00:0{number}"
        save(tmp_path / f"{number}.jpg", when, words=("Orla", "P9", serial))
    images = pd.DataFrame({"label": [*"abab"], "split": ["train", "valid"] * 2},
                          pd.Index([f"{n}.jpg" for n in range(4)], name="image_id"))  # fmt: skip
    dataset = Dataset("mine", tmp_path, images)
    taken = pd.DataFrame({"taken": pd.Timestamp("2024-05-01 10:00")}, images.index)
    made = SimpleNamespace(divided=dataset, files=taken, workers=0, progress=False)
    groups = times._bursts(made, images.index)
    assert groups["0.jpg"] == groups["2.jpg"] != groups["1.jpg"] == groups["3.jpg"]
    assert times.near_in_time(made) is None


@pytest.mark.parametrize(
    ("given", "near", "told"),
    [
        ({}, 5, None),
        ({"pause": 1}, 5, (1, 3, 5)),
        ({"pause": 1.5}, 2, (1.5, 4.5, 2)),
        ({"pause": 1}, 1, None),  # a twentieth of 20
        ({"pause": 0.9}, 5, None),  # 2.7 s, and they follow by three
    ],
)
def test_longer_pauses_than_those_that_keep_photos_together_are_told_of(given, near, told):
    made = evidence(near)
    made.opened = SimpleNamespace(opened=given)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times, "read_times", lambda *_, **__: made.times)
        said = times.beyond_the_pause(made)
    if told is None:
        assert said is None
        return
    pause, longer, across = told
    assert said == (
        f"Photos of one camera with pauses of up to {pause:g} s stay together. Were those of up to "
        f"{longer:g} s in one series, too, {across} of 20 validation images would be of one series "
        "with a training image: where one thing or person was photographed with such pauses, "
        f"scores flatter, and --pause {longer:g} keeps it together."
    )

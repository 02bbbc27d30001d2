from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import Dataset
from helpers.evidence import effects
from helpers.findings.sections import Section
from helpers.modelling import times
from tests.balance.sets import table
from tests.splits.test_captures import save


def evidence(near, worth=(0.2, 0.1, 0.3), camera=lambda n: "Orla", valid=20, pause=None):
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
        opened=SimpleNamespace(opened={"pause": pause} if pause else {}),
        can_learn=worth is not None, workers=0, progress=False,
    )  # fmt: skip
    made.dataset = dataset
    made.times = pd.DataFrame({"taken": seconds, "camera": [camera(n) for n in range(80)]}, index)
    return made


def near_in_time(evidence, section=None):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(times, "read_times", lambda *_, **__: evidence.times)
        return times.say_times(section or Section("split", ""), evidence)


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
    assert found.what == (
        "5 of 20 validation images are of one series with a training image (one camera, pauses of "
        "at most 4 s): perhaps of one thing, place or person."
    )
    assert (found.images, found.of, found.blocks) == (5, 20, blocks)
    assert "the same command with --pause 4, or with as many seconds" in found.act
    assert "group_by_time(dataset.development, pause=4)" in found.code
    # Five pairs three seconds apart; all of a minute make one series of the 65 at full minutes.
    lengths = "Such as 0062.jpg. Pauses of at most 4 s make 5 series, the middle one of 2 photos "
    lengths += "(12 s: 5, of 2; 36 s: 5, of 2; 108 s: 2, of 40)."
    if worth is None:
        assert found.effect is None and found.more == lengths
        return
    assert (found.effect, found.low, found.high) == pytest.approx([one / 4 for one in worth])
    assert found.more.startswith(f"{lengths} Measured by two linear models that learned")
    assert "the first from the photos taken with them" in found.more
    sizes = asked["groups"].value_counts()
    assert len(sizes) == 5 and (sizes == 2).all()


@pytest.mark.parametrize(("each", "pause"), [(4, 12), (5, 4)])
def test_the_pause_that_joins_as_many_as_there_are_classes_is_proposed_first(
    monkeypatch, each, pause
):
    """Of each thing a photo in every one of four classes, ten seconds apart."""
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: None)
    made = evidence(5)
    last = np.arange(80) % each == each - 1
    sides = np.where(last, "valid", "train")
    images = made.divided.images.assign(label=[*"abcd"] * 20, split=sides)
    made.divided = made.divided.with_images(images)
    made.times["taken"] = np.arange(80) // each * 60.0 + np.arange(80) % each * 10 - 7 * last
    found = near_in_time(made)
    assert f"with --pause {pause}, or" in found.act and f"pause={pause})" in found.code
    series = (
        "Pauses of at most 12 s make 20 series, the middle one of 4 photos, as many as there are "
        "classes, and are to be tried first (4 s: 20, of 2; 36 s: 20, of 4; 108 s: 1, of 80)."
    )
    assert (series in found.more) == (each == 4)
    longer = "With such pauses, 20 of 20 validation images are of one series with a training image."
    assert (longer in found.more) == (pause > 4)


def test_how_many_photos_pauses_join_is_counted_among_all_images_or_not_at_all(monkeypatch):
    """Among some of them pauses are longer, and series shorter, than they were."""
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: None)
    made = evidence(5)
    whole = near_in_time(made).more
    images = made.divided.images
    part = images[(images["split"] == "valid") | (np.arange(80) < 10)]
    made.divided = made.divided.with_images(part)
    assert near_in_time(made).more == whole and "12 s: 5, of 2" in whole
    monkeypatch.setattr(times, "MANY", 79)
    asked = []
    monkeypatch.setattr(times, "_times", lambda _, dataset: asked.append(dataset) or made.times)
    assert near_in_time(made).more == "Such as 0062.jpg."
    assert asked == [made.divided]


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
    opened = SimpleNamespace(opened={})
    made = SimpleNamespace(
        divided=dataset, dataset=dataset, opened=opened, files=taken, workers=0, progress=False
    )
    groups = times._series(times._times(made, dataset), 4)
    assert groups["0.jpg"] == groups["2.jpg"] != groups["1.jpg"] == groups["3.jpg"]
    assert times.say_times(Section("split", ""), made) is None


SLOWER = (
    "Photos of one camera with pauses of up to {:g} s stay together. Were those of up to {:g} s in "
    "one series, too, {} of 20 validation images would be of one series with a training image. "
)


@pytest.mark.parametrize(
    ("pause", "near", "told"),
    [
        (None, 1, None),
        (1, 5, (1, 3, 5)),
        (1.5, 2, (1.5, 4.5, 2)),
        (1, 1, None),  # a twentieth of 20
        (0.9, 5, None),  # 2.7 s, and they follow by three
    ],
)
@pytest.mark.parametrize("worth", [(0.0, -0.1, 0.1), None])
def test_longer_pauses_that_are_worth_nothing_measured_are_told_as_unchecked(
    monkeypatch, pause, near, told, worth
):
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: worth and (worth, 0.25, 1.0))
    section = Section("split", "")
    assert near_in_time(evidence(near, worth, pause=pause), section) is None
    if told is None:
        assert section.unchecked == []
        return
    (said,) = section.unchecked
    assert said.startswith(SLOWER.format(*told))
    rest = said.removeprefix(SLOWER.format(*told))
    keeps = f"--pause {told[1]:g} keeps it together."
    if worth is None:
        thing = "Where one thing or person was photographed with such pauses, scores flatter, and"
        assert rest == f"{thing} {keeps}"
    else:
        assert rest.startswith("Measured by two linear models that learned from")
        assert rest.endswith(f"differs from the second by +0.0 points (-10.0 to +10.0). Where they "
                             f"show one thing or person, {keeps}")  # fmt: skip


def test_longer_pauses_that_flatter_the_score_are_a_finding_though_photos_stay_together(
    monkeypatch,
):
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: ((0.2, 0.1, 0.3), 0.25, 1.0))
    section = Section("split", "")
    found = near_in_time(evidence(5, pause=1), section)
    assert section.unchecked == [] and found.blocks
    assert found.what == (
        "5 of 20 validation images are of one series with a training image (one camera, pauses of "
        "at most 3 s), though --pause 1 keeps photos together: perhaps of one thing, place or "
        "person."
    )
    assert "the same command with --pause 3, or" in found.act and "pause=3)" in found.code

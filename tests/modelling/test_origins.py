from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers import open_dataset
from helpers.balance import Origin
from helpers.datasets import Dataset
from helpers.evaluation import Difference
from helpers.findings.sections import Section
from helpers.modelling.origins import CODE, _show, say_origins
from tests.balance.test_origins import photograph

LARGEST = [1.0, 0.5, 0.6]  # of elm and oak enough lies elsewhere to be asked about
CLASSES = pd.Index(["ash", "elm", "oak"], name="class")


def by_class(one, values=(1, 2, 3)):
    return pd.DataFrame(
        {"images": 20, "values": values, "largest": LARGEST, "purity": 0.25, "one": one}, CLASSES
    )


def evidence(known=0.9, **judged):
    labels = pd.Series(["ash"] * 20 + ["elm"] * 20 + ["oak"] * 20)
    told = ["x"] * round(60 * known) + [None] * (60 - round(60 * known))
    return SimpleNamespace(
        judged_origins=judged,
        origins=pd.DataFrame({"day": told, "camera": told}),
        divided=Dataset("made", Path("/"), pd.DataFrame({"label": labels, "split": "train"})),
    )


COSTLY = {"new": 0.3, "control": 0.9, "cost": Difference(-0.6, -0.8, -0.3), "asked": 40}


def test_classes_of_one_day_lead_and_what_a_new_day_costs_is_their_effect():
    found = Section("shortcuts", "")
    judged = {"day": Origin(by_class([True, False, False]), **COSTLY)}
    (finding,) = say_origins(found, evidence(**judged))
    assert finding.what == (
        "Nearly all photos of ash were taken on one day, which few other classes share."
    )
    new = (
        "Of a day that it has not seen, a linear model names 30% of the photos rightly; with as "
        "many photos left out at random, 90%: -60.0 points (-80.0 to -30.0) (40 photos of 2 "
        "classes with several days). That counts all of these photos together: one class can rest "
        "on a day all the same."
    )
    assert finding.more.endswith(new) and found.says == [new]
    assert (finding.effect, finding.low, finding.high) == (0.6, 0.3, 0.8)
    assert (finding.images, finding.of, finding.blocks) == (60, 60, True)
    assert finding.act == (
        "photograph every class on the same days, and score on days that were not learned from"
    )
    assert "origins['day']" in finding.code
    assert list(found.tables["By day of the photo"].columns) == [
        *("images", "days", "share of the commonest day", "its share of that day's photos")
    ]
    assert found.unchecked == ["The camera of the photos was not held against the label: it is "
                               "the same for all."]  # fmt: skip


def test_of_day_and_camera_the_one_with_more_classes_to_itself_is_the_finding():
    day, camera = Origin(by_class([True, True, False])), Origin(by_class([False] * 3), **COSTLY)
    (finding,) = say_origins(found := Section("shortcuts", ""), evidence(day=day, camera=camera))
    assert finding.what.startswith("Nearly all photos of ash, elm were taken on one day each, ")
    assert finding.images == 40 and finding.effect is None
    assert len(found.says) == 1 and found.says[0].startswith("Of a camera that it has not seen, ")
    assert found.unchecked == []


def test_a_camera_that_only_costs_is_told_by_its_figures():
    # Elm has a second camera for one photo in a hundred only, so that it is not asked about.
    table = by_class([False] * 3, (1, 2, 2)).assign(largest=[1.0, 0.99, 0.6])
    camera = Origin(table, **COSTLY)
    (finding,) = say_origins(Section("shortcuts", ""), evidence(camera=camera))
    assert finding.what == (
        "A linear model that has not seen the camera of a photo names 30% rightly, where 90% would "
        "be expected."
    )
    assert finding.images == 20
    assert finding.act.startswith("photograph every class with the same cameras, and score on cam")
    # Where every class has several cameras already, it is no remedy to give it the same ones.
    camera = Origin(table.assign(largest=0.6), **COSTLY)
    (finding,) = say_origins(Section("shortcuts", ""), evidence(camera=camera))
    assert finding.act == (
        "score on cameras that were not learned from, and photograph with more cameras: a split by "
        "chance has each on both sides"
    )


@pytest.mark.parametrize(
    ("low", "said"), [(-0.1, ""), (-0.099, "10 points"), (-0.04, "4 points"), (-0.004, "1 point")]
)
def test_a_day_that_costs_little_puts_no_score_in_doubt(low, said):
    cheap = {**COSTLY, "cost": Difference(low / 2, low, low / 4)}
    told = Origin(by_class([False] * 3), **cheap)
    (finding,) = say_origins(Section("shortcuts", ""), evidence(day=told))
    assert finding.blocks is (not said) and finding.measured
    most = f"So a new day costs a linear model at most {said}."
    assert finding.more == (most if said else "")
    own = Origin(by_class([True, False, False]), **cheap)  # no split can show what that costs
    (finding,) = say_origins(Section("shortcuts", ""), evidence(day=own))
    assert finding.blocks


def test_where_days_tell_nothing_beyond_chance_there_is_no_finding():
    chance = {**COSTLY, "cost": Difference(-0.1, -0.3, 0.1)}
    found = Section("shortcuts", "")
    assert say_origins(found, evidence(day=Origin(by_class([False] * 3), **chance))) == []
    cost = "-10.0 points (-30.0 to +10.0) (40 photos of 2 classes with several days)."
    assert f"{cost} That counts all of these photos together" in found.says[0]
    one = Origin(by_class([False] * 3)[:2], **chance)
    assert say_origins(found := Section("shortcuts", ""), evidence(day=one)) == []
    assert found.says[0].endswith("(40 photos of 1 class with several days).")


@pytest.mark.parametrize(
    ("known", "share"), [(0.4, "only 40% of the files tell"), (0, "no file tells")]
)
def test_what_the_files_hardly_say_is_told_as_not_asked(known, share):
    found = Section("shortcuts", "")
    assert say_origins(found, evidence(known=known)) == []
    assert found.unchecked == [
        f"The day and the camera of the photos were not held against the label: {share} them."
    ]


def test_a_camera_that_few_files_name_is_told_beside_days_that_are_judged():
    day = Origin(by_class([False] * 3))
    asked = evidence(day=day)
    asked.origins["camera"] = None
    say_origins(found := Section("shortcuts", ""), asked)
    assert found.unchecked == [
        "The camera of the photos was not held against the label: no file tells it."
    ]


def test_the_lines_of_python_that_the_finding_offers_work(tmp_path, capsys):
    for number in range(24):
        label, day = ("ash", 1) if number < 12 else ("elm", 2 + number % 2)
        path = tmp_path / "photos" / label / f"{number}.jpg"
        photograph(path, f"2024:05:0{day} 10:00:{number:02}", "Acme", "One")
    named = {"dataset": open_dataset(tmp_path / "photos", progress=False)}
    *lines, last = CODE.format("day").splitlines()
    exec("\n".join(lines), named)
    table, of_each = eval(last, named)
    assert of_each.empty  # of three days, of which none has twenty photos to ask
    assert table["values"].to_dict() == {"ash": 1, "elm": 2}
    assert table["one"].to_dict() == {"ash": True, "elm": False}


def test_photos_of_each_camera_are_shown_in_a_row(tmp_path):
    cameras = pd.Series(["One", "Two", None] * 4)
    for number in range(12):
        name = f"photos/{'ash' if number < 6 else 'elm'}/{number:02}.jpg"
        photograph(tmp_path / name)
    dataset = open_dataset(tmp_path / "photos", progress=False)
    origins = pd.DataFrame({"camera": cameras.to_numpy()}, dataset.images.index)
    asked = SimpleNamespace(divided=dataset, origins=origins)
    table = few(("One", 4, 8, 0.2, 0.9, -0.7, -0.9, -0.4), ("Two", 4, 8, 0.9, 0.9, 0.0, -0.1, 0.1))
    ax = _show(asked, "camera", table).draw()
    assert ax.get_title(loc="left") == "What distinguishes the photos of these cameras?"
    assert [text.get_text() for text in ax.texts if "image" in text.get_text()] == [
        "One\n4 images", "Two\n4 images"
    ]  # fmt: skip


def few(*rows, cost=(-0.5, -1.0, 1.0)):
    columns = ["value", "images", "learned", "new", "control", "difference", "low", "high"]
    table = pd.DataFrame(rows, columns=columns).set_index("value")
    return Origin(by_class([False] * 3), 0.4, 0.9, Difference(*cost), 40, table)


def test_a_camera_whose_photos_fail_unseen_is_a_finding_and_blocks_the_verdict():
    old, new = (
        ("old", 10, 30, 0.2, 0.9, -0.7, -0.9, -0.4),
        ("new", 30, 10, 0.8, 0.9, -0.1, -0.2, 0.01),
    )
    found = Section("shortcuts", "")
    (finding,) = say_origins(found, evidence(camera=few(old, new)))
    assert finding.what == (
        "Of photos of cameras that it has not learned from, a linear model names fewer rightly: "
        "20% of old, where it names 90% when it learned from as many photos of all cameras."
    )
    assert finding.blocks and finding.section == "shortcuts"
    assert (finding.effect, finding.low, finding.high) == pytest.approx((0.175, 0.1, 0.225))
    assert [one.photographs for one in found.pictures] == [True]
    (told,) = found.says
    assert told in finding.more
    assert told.endswith(
        "90% (40 photos of 2 classes with several cameras); of old 20% and 90%, learned from 30, "
        "-70.0 points (-90.0 to -40.0); of new 80% and 90%, learned from 10, -10.0 points (-20.0 "
        "to +1.0). So few cameras do not tell "
        "how others would do."
    )


FAILS = ("old", 10, 30, 0.2, 0.9, -0.7, -0.9, -0.4)
BESIDE = "On the same days hardly any other camera took photos (old: {})"


@pytest.mark.parametrize(
    ("days", "told"),
    [
        (["1"] * 10 + ["2"] * 50, "1"),
        (["1"] * 5 + ["2"] * 5 + ["3"] * 25 + ["4"] * 25, "1, 2"),
        (["1"] * 11 + ["2"] * 49, None),  # 1 of 11 is of the other camera
        (["1"] * 60, None),  # then days tell nothing
        ([None] * 60, None),
    ],
)
def test_a_failing_camera_whose_days_are_its_own_is_said_to_be_no_more_than_that(days, told):
    asked = evidence(known=1, camera=few(FAILS))
    asked.origins["camera"] = ["old"] * 10 + ["new"] * 50
    asked.origins["day"] = days
    (finding,) = say_origins(Section("shortcuts", ""), asked)
    assert (BESIDE.format(told) in finding.more) == (told is not None)
    assert ("hardly any" in finding.more) == (told is not None)


def test_days_drawn_at_random_are_never_said_to_be_what_a_camera_fails_by():
    generator = np.random.default_rng(0)
    for days in (2, 5, 10, 60, 1_000, 10**6) * 20:  # the last: each photo has one to itself
        asked = evidence(known=1, camera=few(FAILS))
        asked.origins["camera"] = generator.permutation(["old"] * 10 + ["new"] * 50)
        asked.origins["day"] = generator.integers(days, size=60)
        (finding,) = say_origins(Section("shortcuts", ""), asked)
        assert "hardly any" not in finding.more


def test_a_failing_day_whose_camera_took_photos_on_no_other_says_so():
    asked = evidence(known=1, day=few(FAILS))
    asked.origins["day"] = ["old"] * 10 + ["new"] * 50
    asked.origins["camera"] = ["A"] * 10 + ["B"] * 50
    (finding,) = say_origins(Section("shortcuts", ""), asked)
    assert finding.more.endswith(
        "With the same cameras hardly any photos were taken on other days (old: A), so that it may "
        "be the camera, or the light, places and people that came with it, as well."
    )


def test_few_cameras_that_do_not_fail_are_told_and_no_finding():
    found = Section("shortcuts", "")
    assert (
        say_origins(found, evidence(camera=few(("new", 30, 10, 0.8, 0.9, -0.1, -0.2, -0.04)))) == []
    )
    assert "So few cameras do not tell how others would do." in found.says[0]
    assert "-100.0" not in found.says[0]

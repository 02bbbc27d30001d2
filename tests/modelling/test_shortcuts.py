from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.balance import Origin
from helpers.evaluation import Difference
from helpers.evidence.beside import Gap
from helpers.modelling import shortcuts as module
from helpers.modelling.shortcuts import _cells, _findings, _two_readings, shortcuts
from tests.balance.sets import table

LABELS = ["ash"] * 40 + ["elm"] * 30 + ["oak"] * 20 + ["fir"] * 10


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setattr(module, "gap_where", lambda evidence, source, classes: evidence.gap)
    alike = lambda evidence, classes: evidence.among_alike(classes)  # noqa: E731
    monkeypatch.setattr(module, "border_among_alike", alike)


GAP = Gap(0.9, 0.5, Difference(0.4, 0.3, 0.5))


def evidence(gap=GAP, classes=4):
    images = pd.DataFrame({"label": LABELS})
    return SimpleNamespace(
        divided=SimpleNamespace(images=images),
        clean=SimpleNamespace(classes=list("abcdefgh")[:classes]),
        gap=gap,
        probes={
            "border": SimpleNamespace(recall=0.61, chance=0.25),
            "file facts": SimpleNamespace(recall=0.42, chance=0.2),
        },
    )


def cells(*rows):
    return pd.DataFrame(rows, columns=["class", "value", "images", "lift"])


def test_a_column_is_told_with_the_source_of_fewest_classes_that_explains_it():
    given = {"border": ["ash", "elm", "oak"], "file facts": ["oak"]}
    columns = {
        "ground": cells(("ash", "grass", 30, 3.25), ("elm", "stone", 20, 2.5)),
        "camera": cells(("oak", "old", 15, 6.0)),
        "site": cells(("fir", "hill", 8, 4.0), ("ash", "hill", 9, 2.0)),
        "season": cells(),
    }
    border, files, site = _findings(evidence(), given, columns)
    assert border.what == "The border of the picture gives away ash, elm, oak."
    assert (
        "names 90% rightly where the border alone points to their class, and 50% where it does "
        "not, class held against class: +40.0 points (+30.0 to +50.0)." in border.more
    )
    assert "where facts of the file alone point to their class, and 50% where they" in files.more
    assert "ash with grass (3.2 times as often as by chance), elm with stone (2.5" in border.more
    assert "oak with old" not in border.more
    assert (border.images, border.of) == (90, 100)
    assert files.what == "Facts of the file give away oak."
    assert "oak with old (6.0 times" in files.more
    assert "Mean recall from that alone is 0.42 (0.20 with shuffled labels)." in files.more
    assert files.images == 20
    assert site.what.startswith("The column 'site' goes with the label: fir with hill")
    assert site.images == 17
    assert all(one.blocks and one.section == "shortcuts" and one.code for one in (border, site))


def test_without_two_kinds_of_borders_nothing_is_said_of_the_model():
    (border,) = _findings(evidence(gap=None), {"border": ["ash"]}, {})
    assert border.more == (
        "A model may learn the ground in place of the subject. "
        "Mean recall from that alone is 0.61 (0.25 with shuffled labels)."
    )
    assert _findings(evidence(), {}, {"season": cells()}) == []


def test_where_most_classes_are_told_by_their_border_both_readings_are_named():
    assert _two_readings(evidence(), ["a", "b"]) == ""
    told = _two_readings(evidence(gap=None), ["a", "b", "c"])
    assert told.startswith("3 of 4 classes are told by their border: either the subject itself")
    assert told.endswith("the verdict leaves it out.")
    gap = Gap(0.9, 0.6, Difference(0.3, 0.2, 0.4))
    assert _two_readings(evidence(gap=gap), ["a", "b", "c"]) == (
        f"{told} Of these images a linear model names 90% rightly where the border alone points to "
        "their class, and 60% where it does not, class held against class: +30.0 points (+20.0 to "
        "+40.0)."
    )


def test_a_class_of_which_all_is_told_by_a_source_is_explained_by_it():
    border, site = _findings(
        evidence(),
        {"border": ["ash", "elm"]},
        {
            "ground": cells(("ash", "x", 3, 2.0), ("elm", "y", 4, 2.0)),
            "site": cells(("oak", "z", 5, 2)),
        },
    )
    assert "The column 'ground'" in border.more and site.images == 5
    assert border.more.startswith("A model may learn the ground in place of the subject. Of these")


def test_four_classes_are_named_and_the_others_counted():
    five = ["ash", "elm", "oak", "fir", "yew"]
    border, files = _findings(evidence(), {"border": five, "file facts": five}, {})
    assert border.what == "The border of the picture gives away ash, elm, oak, fir and 1 more."
    assert files.what == "Facts of the file give away ash, elm, oak, fir and 1 more."


def test_half_of_the_classes_told_by_their_border_are_not_most():
    assert _two_readings(evidence(classes=8), list("abcd")) == ""
    assert _two_readings(evidence(classes=8), list("abcde")).startswith("5 of 8 classes")


def test_values_that_come_twice_as_often_and_not_by_chance_are_named_the_most_images_first(
    monkeypatch,
):
    rows = [("a", 0.049, 2.0, 5), ("b", 0.05, 9.0, 9), ("c", 0.001, 1.99, 9), ("d", 0.01, 3.0, 7)]
    made = pd.DataFrame(rows, columns=["class", "p", "lift", "images"])
    monkeypatch.setattr(module, "lifts", lambda dataset, column: made)
    assert _cells(None, "x")["class"].tolist() == ["d", "a"]


UNDATED = "The day of the photos was not held against the label: no file tells it."


def learned(dataset, day=None, **probes):
    """What a report knows once models have answered: as much of it as this section asks for."""
    probes = {
        name.replace("_", " "): SimpleNamespace(
            shortcut=bool(told),
            gives_away=list(told),
            recall=0.5,
            chance=0.25,
            shuffled=pd.DataFrame({"recall": [0.2, 0.3]}),
            by_class=pd.DataFrame({"auc": {"elm": 0.98, "ash": 0.97}, "given": True}),
            _replace=lambda by_class: SimpleNamespace(
                by_class=by_class, recall=0.5, chance=0.25, shuffled=pd.DataFrame({"recall": [0.2]})
            ),
        )  # fmt: skip
        for name, told in probes.items()
    }
    return SimpleNamespace(
        divided=dataset, clean=dataset, probes=probes, progress=False, gap=None,
        among_alike=lambda classes: dict.fromkeys(classes, 0.9),
        origins=pd.DataFrame({"day": [None]}), judged_origins={"day": day} if day else {},
    )  # fmt: skip


@pytest.fixture
def trees():
    labels = np.array(["ash", "elm", "oak", "fir"])[np.arange(80) % 4].tolist()
    ground = [{"ash": "grass", "elm": "stone"}.get(label, "sand") for label in labels]
    return table(label=labels, ground=ground, season=["a", "a", "a", "a", "b", "b", "b", "b"] * 10,
                 latitude=labels)  # fmt: skip


def test_columns_and_sources_that_give_a_class_away_make_the_headline(trees):
    found = shortcuts(learned(trees, border=["ash"], file_facts=[]))
    assert found.title == "Given away: ash by border; the label goes with ground"
    assert found.unchecked == [
        "Columns that speak of persons, places or serial numbers (latitude) were not held against "
        "the label, for their values would be shown.",
        UNDATED,
    ]
    goes_with = found.tables["Columns that go with the label"]
    assert set(goes_with.index) == {"ground", "season"}
    assert found.numbers["recall from border"] == 0.5
    assert found.numbers["by chance from file facts"] == 0.25
    assert len(found.says) == 2 and not any("shuffles" in line for line in found.says)
    below = learned(trees, border=[], file_facts=[])
    below.probes["border"].recall = 0.19
    first, second = shortcuts(below).says
    assert "That is less than for each of 2 shuffles: what is alike there bears another" in first
    assert "shuffles" not in second
    assert [one.photographs for one in found.pictures] == [False, False, True]
    assert [one.what.split(" goes")[0] for one in found.findings] == [
        "The border of the picture gives away ash.", "The column 'ground'"
    ]  # fmt: skip


@pytest.fixture
def facts(trees, monkeypatch):
    """Elms are PNG files and ashes are wide, which the files themselves need not be read for."""
    labels = trees.images["label"]
    made = pd.DataFrame(
        {
            "width": np.where(labels == "ash", 900.0, 300.0) + np.arange(80) % 3,
            "density": np.arange(80) * 37 % 80,
            "format PNG": (labels == "elm").astype("float32"),
        },
        labels.index,
    )
    monkeypatch.setattr(module, "file_facts", lambda dataset, progress: made)
    return made


def test_the_fact_that_tells_a_class_is_named_with_what_it_is_there_and_elsewhere(trees, facts):
    asked = learned(trees.with_images(trees.images[["label", "split"]]), file_facts=["elm", "ash"])
    found = shortcuts(asked)
    (one,) = found.findings
    assert (
        "Of elm, the format PNG alone says most (area under the ROC curve 1.00, 0.5 by chance; a"
        " model that learned from all facts, 0.98): so are 100% of its images, and 0% of all "
        "others. Of ash, the width alone says most (area under the ROC curve 1.00, 0.5 by chance; "
        "a model that learned from all facts, 0.97)."
    ) in one.more
    table = found.tables["What one fact of the file tells alone"]
    assert table.index.tolist() == ["elm"] * 3 + ["ash"] * 3
    assert list(table.columns) == ["feature", "auc", "its images", "all others"]
    assert table.iloc[3][["feature", "its images", "all others"]].tolist() == [
        "width", "900 or more in 100%", "900 or more in 0%"
    ]  # fmt: skip
    drawn = found.pictures[-1]
    assert "elm by its format PNG" in drawn.draw().figure.get_suptitle()
    assert not drawn.photographs
    assert "telling_features" in one.code


def test_random_facts_are_not_asked_one_by_one(trees, facts):
    found = shortcuts(learned(trees, border=[], file_facts=[]))
    assert "What one fact of the file tells alone" not in found.tables


def test_where_nothing_gives_a_class_away_none_is_claimed(trees):
    bare = trees.with_images(trees.images[["label", "split"]])
    found = shortcuts(learned(bare, border=[]))
    assert found.title == "No shortcut is claimed"
    assert found.unchecked == [
        "No metadata column was there to be held against the label.", UNDATED
    ]  # fmt: skip
    assert (found.tables, found.findings, len(found.pictures)) == ({}, [], 1)


def test_where_most_borders_tell_a_class_no_finding_is_made_of_them(trees, facts):
    bare = trees.with_images(trees.images[["label", "split"]])
    found = shortcuts(learned(bare, border=["ash", "elm", "oak"], file_facts=["ash"]))
    assert found.title == (
        "Given away: ash by file facts; ash, elm, oak by border, which may be the subject itself"
    )
    assert "Whether what the border tells of the label is a shortcut." in found.unchecked
    assert found.says[0].startswith("3 of 4 classes are told by their border")
    assert [one.what for one in found.findings] == ["Facts of the file give away ash."]


def test_what_the_figure_calls_given_away_the_title_does_not_deny(trees):
    bare = trees.with_images(trees.images[["label", "split"]])
    found = shortcuts(learned(bare, border=["ash", "elm", "oak"], file_facts=[]))
    assert found.title == (
        "3 of 4 classes are told by their border, which may be the subject itself, so that "
        "no shortcut is claimed"
    )
    assert found.findings == []


def test_classes_with_a_day_of_their_own_lead_headline_and_findings(trees):
    bare = trees.with_images(trees.images[["label", "split"]])
    table = pd.DataFrame(
        {"images": 20, "values": 1, "largest": 1.0, "purity": 0.5, "one": [True] * 2 + [False] * 2},
        pd.Index(["ash", "elm", "fir", "oak"], name="class"),
    )
    what = "Nearly all photos of ash, elm were taken on one day each, which few other classes share"
    found = shortcuts(learned(bare, Origin(table), border=[]))
    assert found.title == what and [one.what for one in found.findings] == [f"{what}."]
    found = shortcuts(learned(bare, Origin(table), border=["ash"]))
    assert found.title == f"{what}. Given away: ash by border"
    assert [one.what[:10] for one in found.findings] == ["Nearly all", "The border"]


def test_what_tells_one_of_two_classes_tells_the_other_and_is_said_once():
    rows = [("bare", "compression", 0.82, "6", "29"), ("masked", "compression", 0.82, "29", "6"),
            ("bare", "width", 0.7, "1", "2")]  # fmt: skip
    alone = pd.DataFrame(rows, columns=["class", "feature", "auc", "own", "others"])
    told = "the strength of JPEG compression alone says most (area under the ROC curve 0.82, 0.5 "
    told += "by chance; a model that learned from all facts, 0.84)"
    together = pd.Series({"bare": 0.84, "masked": 0.84})
    assert module._say_alone(alone, together) == [f"Of the two classes, {told}"]
    three = pd.concat([together, pd.Series({"none": 0.5})])
    assert [one.split(",")[0] for one in module._say_alone(alone, three)] == [
        "Of bare", "Of masked"
    ]  # fmt: skip


def test_what_the_border_tells_as_files_do_is_told_once(trees, facts, monkeypatch):
    """Of ash the border tells 0.59 among images whose files look alike, of elm 0.6."""
    asked = {}
    monkeypatch.setattr(module, "drawn", lambda name, *given, **_: asked.update({name: given}))
    known = learned(trees, border=["elm", "ash"], file_facts=["ash", "elm"])
    known.among_alike = lambda classes: {one: {"elm": 0.6, "ash": 0.59}[one] for one in classes}
    found = shortcuts(known)
    assert found.title.startswith("Given away: elm by border; ash, elm by file facts")
    assert [one.what for one in found.findings][:2] == [
        "The border of the picture gives away elm.", "Facts of the file give away ash, elm."
    ]  # fmt: skip
    (said,) = [one for one in found.says if "whose files look alike" in one]
    assert said.startswith("The border ranks ash (0.59) above chance, too, but hardly above other")
    # Nor is it marked in the figures.
    for shown in (asked["probe_results"][0]["border"], asked["border_pictures"][1]):
        assert shown.by_class["given"].to_dict() == {"elm": True, "ash": False}
    known.among_alike = lambda classes: dict.fromkeys(classes, 0.5)
    alone = shortcuts(known)
    assert alone.title.startswith("Given away: ash, elm by file facts")
    assert not any("border of the picture" in one.what for one in alone.findings)


def test_a_class_that_no_other_image_is_like_in_its_file_keeps_its_border(trees, facts):
    known = learned(trees, border=["elm"], file_facts=["elm"])
    known.among_alike = lambda classes: dict.fromkeys(classes, np.nan)
    assert shortcuts(known).title.startswith("Given away: elm by border; elm by file facts")


@pytest.mark.parametrize("source", ["border", "file facts"])
@pytest.mark.parametrize(
    ("low", "high", "rests"), [(-0.02, 0.01, False), (-0.3, 0.1, True), (0.02, 0.099, False)]
)
def test_a_model_that_is_as_right_where_nothing_else_points_to_the_class_rests_on_the_subject(
    source, low, high, rests
):
    known = evidence(gap=Gap(0.9, 0.89, Difference(0.01, low, high)))
    (found,) = _findings(known, {source: ["ash"]}, {})
    assert found.blocks is rests
    gains = f"So this model gains hardly more than {100 * high:.0f} point"
    assert (gains in found.more) is not rests
    # 40 of 100 images are ash: no more is at stake than these gain, whatever their number.
    worth = (None,) * 3 if rests else (0.004, max(0, 0.4 * low), 0.4 * high)
    assert (found.effect, found.low, found.high) == worth
    assert found.at_stake == pytest.approx(0.4 if rests else 0.004 if low > 0 else 0.4 * high)

"""What the section on labels says and where it sends a reader first; sizes and the strangest."""

import dataclasses
from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.audit import draw_sample
from helpers.audit.sampling import ErrorRate
from helpers.evaluation import accuracy_interval
from helpers.findings import auditing
from helpers.findings.decided import open_doubts
from helpers.findings.labels import SHARED, _say_evidence, labels
from helpers.findings.pictures import SHEET
from tests.balance.sets import table


def evidence(quality, issue=False):
    trees = table(label=["ash", "elm"] * 20)
    doubts = pd.DataFrame(
        {"given": trees.images["label"], "suggested": "oak", "quality": 0.9, "wrong": 0.0,
         "issue": False, "evidence": "", "rank": range(1, 41), "expected": 0.0},
    )  # fmt: skip
    doubts.iloc[: len(quality), doubts.columns.get_loc("quality")] = quality
    doubts.iloc[0, doubts.columns.get_loc("issue")] = issue
    marks = pd.DataFrame({"action": [], "reason": []}, dtype="str")
    issues = pd.DataFrame({"issue": []}, dtype="str")
    return SimpleNamespace(
        doubts=doubts, part=trees, can_learn=False, marks=marks, issues=issues, answered=None,
        opened=trees, sample=draw_sample(trees), error_rate=ErrorRate(0, 0, 0, [], None),
        things=pd.Series(range(40), trees.images.index),
    )  # fmt: skip


def scanned(*sizes, readable=True):
    table = pd.DataFrame(sizes, columns=["width", "height"]).astype("Int64")
    return table.assign(readable=readable)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (scanned(*[(112, 84)] * 3), ["Width × height of 3 pictures, as stored: 112 × 84 pixels."]),
        (scanned((112, 84)), ["Width × height of 1 picture, as stored: 112 × 84 pixels."]),
        (
            scanned((4000, 3000), (3000, 4000), (3000, 4000), (90, 1200), (None, None)),
            ["Commonest width × height, as stored: 3,000 × 4,000 pixels (2 of 4 pictures); the "
             "smallest side of all is 90 pixels, the largest 4,000."],
        ),
        (scanned((5, 5), readable=False), []),
    ],
)  # fmt: skip
def test_the_commonest_size_of_pictures_and_the_smallest_side_are_told(table, told):
    assert auditing.say_sizes(table) == told


@pytest.mark.parametrize("number", [1, 3, 20])
def test_where_no_label_is_in_doubt_the_first_that_it_says_to_look_at_are_listed(number):
    asked = evidence([0.19] * number + [0.2])
    found = labels(asked)
    assert "look at the first" in found.says[0]
    assert f"{number:,}" in found.says[0] or number == 1
    more = f"; look at the first {number}" if number > 1 else ""
    assert found.title == f"No label stands out as wrong{more}"
    listed = found.tables["The first to look at"]
    assert list(listed.index) == list(asked.doubts.index[:number])
    assert list(listed) == ["given", "suggested"]
    assert found.says[-1] == "suspects.csv lists these, as 'label contradicted'."
    assert [one.photographs for one in found.pictures] == [True]
    assert found.findings == [] and found.state == "done"


def test_where_no_label_is_contradicted_or_some_are_in_doubt_no_such_list_is_made():
    found = labels(evidence([0.2, 0.2]))
    assert "look at" not in found.says[0] and found.tables == {} and found.pictures == []
    assert "The first to look at" not in labels(evidence([0.1], issue=True)).tables


def test_beside_which_wrong_labels_a_planted_one_is_found_is_told_where_one_was_planted():
    rows = {"fault": "f", "planted": 30, "found": 21, "recall": 0.7, "low": 0.5, "high": 0.8}
    for kind, told in {"labels": True, "copies": False}.items():
        table = pd.DataFrame({"kind": [kind], **{name: [one] for name, one in rows.items()}})
        found = auditing.canaries(SimpleNamespace(canaries=table))
        assert ("A label counts as found where" in found.says[0]) is told


def test_labels_that_could_not_be_judged_are_not_listed():
    asked = evidence([0.1])
    asked.doubts.attrs["note"] = "No label can be doubted."
    found = labels(asked)
    assert (found.title, found.state) == ("Labels could not be judged", "left out")
    assert found.tables == {}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [([0.9], "About 0.9 of 1 label in doubt is"), ([0.5, 0.5], "About 1 of 2 labels in doubt is"),
     ([0.99, 0.98, 0.98, 0.65], "About 3.6 of 4 labels in doubt are"),
     ([0.9] * 9, "About 8.1 of 9 labels in doubt are"),
     ([0.9] * 9 + [0.53], "About 9 of 10 labels in doubt are")],
)  # fmt: skip
def test_labels_that_are_expected_to_be_wrong_are_told_in_the_right_number(wrong, told):
    asked = evidence([0.1] * len(wrong))
    asked.doubts.iloc[: len(wrong), asked.doubts.columns.get_loc("issue")] = True
    asked.doubts.iloc[: len(wrong), asked.doubts.columns.get_loc("wrong")] = wrong
    (found,) = labels(asked).findings
    assert found.what == f"{told} expected to be wrong."
    assert (found.images, found.of) == (round(sum(wrong)), 40)


def test_labels_that_you_decided_about_are_doubted_no_more_but_for_what_a_copy_says():
    asked = evidence([0.1] * 5)
    ids = asked.doubts.index
    asked.doubts.loc[ids[:5], ["issue", "wrong", "evidence"]] = [
        [True, 0.9, "same file"], [True, 0.9, "image"], [True, 0.8, "image"], [True, 0.7, "image"],
        [True, 0.6, "image"],
    ]  # fmt: skip
    asked.doubts.attrs["left out"] = {"test images": 3}
    actions = ["keep", "relabel", "keep", "cannot tell", "keep"]
    asked.marks = pd.DataFrame(
        {"action": actions, "reason": ["", "", "label, by prediction", "", ""]},
        [ids[0], ids[1], ids[2], ids[3], "elsewhere"],
    )
    left = open_doubts(asked)
    assert left.index[left["issue"]].to_list() == [ids[0], ids[3], ids[4]]
    assert len(left) == 38 and left["rank"].to_list() == list(range(1, 39))
    assert left["expected"].round(3).to_list()[:4] == [0.9, 0.8, 0.733, 0.55]
    assert left.attrs["left out"] == {"test images": 3, "that you decided about": 2}
    assert asked.doubts.attrs == {"left out": {"test images": 3}}
    found = labels(asked)
    assert found.title == "3 labels are in doubt"
    assert found.says[0].endswith("Not judged: 3 test images, 2 that you decided about.")


def test_a_picture_that_was_kept_although_it_is_dark_or_no_copy_has_a_label_in_doubt_still():
    others = [
        "dark", "dark: dusk, still fine", "dark with ash/1.jpg", "probable copy with ash/2.jpg",
        "probable with ash/2.jpg", "one thing twice? with ash/2.jpg", "near with ash/2.jpg",
        "on two sides of the split, probable with ash/2.jpg", "dark; blurred: a little",
    ]  # fmt: skip
    of_labels = [
        "label, by prediction", "seen by Ada", "", None, "darker than most, but an ash indeed",
        "label, by image; dark", "dark; label, by image: no doubt", "one file, two labels with a",
        "probable ash, seen by Ada",
    ]  # fmt: skip
    asked = evidence([0.9] * 18, issue=True)
    asked.issues = pd.DataFrame({"issue": ["dark", "blurred"]})
    ids = asked.doubts.index[:18]
    asked.marks = pd.DataFrame({"action": "keep", "reason": [*others, *of_labels]}, ids)
    left = open_doubts(asked)
    assert left.index.intersection(ids).to_list() == ids[:9].to_list()
    assert left.attrs["left out"]["that you decided about"] == 9


def test_where_you_decided_about_every_label_that_is_said_and_none_is_doubted():
    asked = evidence([0.1], issue=True)
    asked.marks = pd.DataFrame({"action": "keep", "reason": "seen"}, asked.doubts.index)
    found = labels(asked)
    assert (found.title, found.state) == ("You have decided about every label", "done")
    assert found.says == ["You have decided about 40 labels, all that could be judged."]
    assert found.findings == [] and open_doubts(asked).empty


def in_doubt(*wrong):
    asked = evidence([0.1] * len(wrong))
    asked.doubts.iloc[: len(wrong), asked.doubts.columns.get_loc("issue")] = True
    asked.doubts.iloc[: len(wrong), asked.doubts.columns.get_loc("wrong")] = wrong
    return asked


def test_beside_the_promise_stands_how_many_that_were_judged_were_right():
    asked = in_doubt(*[0.75] * 8)
    actions = ["keep"] * 17 + ["relabel"] * 3 + ["drop", "cannot tell"]
    reasons = ["label in doubt", "label, by image"] * 11
    asked.marks = pd.DataFrame({"action": actions, "reason": reasons}, [f"x{i}" for i in range(22)])
    found = labels(asked)
    said = "f 20 labels in doubt that a person judged so far, 17 were right: expect fewer wrong "
    said += "ones than said"
    what = f"About 6 of 8 labels in doubt are expected to be wrong; o{said}."
    assert [one.what for one in found.findings] == [what]
    assert f"O{said}." in found.says
    asked.marks["reason"] = "random sample"
    found = labels(asked)
    assert found.findings[0].what == "About 6 of 8 labels in doubt are expected to be wrong."
    assert not any("judged so far" in line for line in found.says)


def test_a_promise_that_the_random_sample_contradicts_is_told_to_be_so():
    asked = in_doubt(*[0.9] * 10)
    said = "The random sample contradicts this: by it, no more than 16% of all labels are wrong, "
    said += "and 9 of 40 would be 22%."
    asked.error_rate = ErrorRate(20, 0, 0, [], accuracy_interval([False] * 20))
    found = labels(asked)
    assert said in found.says and [one.more for one in found.findings] == [said]
    for judged, wrong in [(19, 0), (20, 1)]:  # too few to tell, and up to 24 %
        rate = accuracy_interval([number < wrong for number in range(judged)])
        asked.error_rate = ErrorRate(judged, 0, 0, ["x"] * wrong, rate)
        found = labels(asked)
        assert not any("sample contradicts" in line for line in found.says)
        assert [one.more for one in found.findings] == [""]


@pytest.mark.parametrize(("things", "told"), [([0, 1, 2], None), ([7, 7, 8], "2 things"),
                                              ([5, 5, 5], "1 thing")])  # fmt: skip
def test_labels_in_doubt_of_one_thing_are_counted_as_one(things, told):
    asked = evidence([0.1] * 3)
    asked.doubts.iloc[:3, asked.doubts.columns.get_loc("issue")] = True
    asked.doubts.iloc[:3, asked.doubts.columns.get_loc("wrong")] = 0.9
    asked.things.loc[asked.doubts.index[:3]] = things
    says = labels(asked).says
    expected = [f"They show {told}: look at one image of each first."] if told else []
    assert [one for one in says if one.startswith("They show")] == expected


def test_of_the_strangest_images_one_stands_for_each_thing(monkeypatch):
    asked = evidence([])
    ids = asked.part.images.index
    asked.outliers = pd.DataFrame({"score": range(40, 0, -1), "nearest": ids[0]}, ids)
    asked.things.loc[ids[1:4]] = 0  # as the first
    listed = auditing.outliers(asked).tables["The strangest"]
    assert [*listed.index] == [ids[0], *ids[4 : 3 + SHEET]]
    assert listed["score"].to_list()[:2] == [40, 36]


@pytest.mark.parametrize(
    "kinds, told",
    [
        (["within group"] * 3, []),
        (["same file"] * 2, []),  # then the estimate says it all: about 1 of 2
        (["same file"] * 2 + ["image"], ["2 of them are on identical files under two labels"]),
        (["whole group"], []),
        (
            ["whole group"] * 2 + ["image"],
            ["2 are all the images of one thing that looks like another class (1 of oak): of"],
        ),
        (
            ["whole group"] * 5,
            ["5 are all the images of 2 things that look like another class (1 of elm, 1 of oa"],
        ),
        (["same file"] * 2 + ["whole group"] * 2, ["2 of them are on identical", "2 are all the"]),
    ],
)
def test_labels_of_which_not_each_is_likely_wrong_or_that_hang_together_are_told(kinds, told):
    ids = [f"{number}.jpg" for number in range(len(kinds))]
    things = pd.Series([n // 4 for n in range(len(kinds))], ids)
    given = ["elm" if number == 4 else "oak" for number in range(len(kinds))]
    says = _say_evidence(pd.DataFrame({"evidence": kinds, "given": given}, ids), things)
    assert len(says) == len(told)
    assert all(said.startswith(begins) for said, begins in zip(says, told, strict=True))


def test_errors_that_no_model_can_speak_against_are_among_what_was_not_checked():
    asked = evidence([0.1], issue=True)
    assert labels(asked).unchecked == [SHARED]
    asked.part.images["tree"] = ["a", "b"] * 20
    asked.part = dataclasses.replace(asked.part, group="tree")
    (told,) = labels(asked).unchecked
    assert told.startswith(SHARED + " So it is with one that all images of a thing share")

"""The decisions of the course about the leaves, and of nobody but you about your own images."""

import pandas as pd
import pytest

from helpers.datasets import (
    Dataset,
    DecisionLog,
    apply_decisions,
    default_decisions,
    open_dataset,
)

IDS = [*"abcdefghi", "b2"]
FAULTS = [
    ("a", "corrupt", "obvious", None, None, False),
    ("b", "label_error_random", "obvious", None, "oak", False),
    ("c", "label_error_confusable", "undetectable", None, "oak", False),
    ("d", "burst", "clear", "e", None, True),
    ("f", "exact_duplicate", "clear", "g", "willow", False),
    ("h", "dark", "obvious", None, None, False),
    ("i", "dark", "subtle", None, None, False),
    ("b2", "label_error_random", "clear", None, "oak", False),
    ("b2", "corrupt", "clear", None, None, False),
]


def leaves(root, faults):
    """A bundled dataset of olives with these planted."""
    planted = pd.DataFrame(
        faults, columns=["image_id", "kind", "strength", "partner", "truth", "innocent"]
    )
    index = pd.Index(IDS, name="image_id", dtype="str")
    images = pd.DataFrame({"label": "olive", "split": None}, index=index, dtype="str")
    return Dataset("leaves", root, images, planted=planted)


def test_default_decisions_about_your_own_data_are_your_own(tree):
    dataset = open_dataset(tree("cat/1.jpg", "cat/2.jpg", "dog/3.jpg"))
    assert default_decisions(dataset).empty
    assert default_decisions(dataset).columns.tolist() == ["action", "reason", "label", "when"]
    log = DecisionLog(dataset)
    log.record("cat/1.jpg", "drop")
    pd.testing.assert_frame_equal(default_decisions(dataset), log.current())


def test_default_decisions_are_those_of_a_reviewer_who_saw_all_that_can_be_seen(tmp_path):
    decided = default_decisions(leaves(tmp_path, FAULTS))
    assert decided.drop(columns="when").fillna("").to_dict("split", into=dict)["data"] == [
        ["drop", "cannot be decoded", ""],
        ["relabel", "label is wrong", "oak"],
        ["drop", "copy of another file", ""],
        ["relabel", "its copy's label is right", "willow"],
        ["drop", "too poor to recognise", ""],
        ["drop", "cannot be decoded", ""],
    ]
    assert decided.index.tolist() == ["a", "b", "f", "g", "h", "b2"]
    assert decided.index.name == "image_id" and set(decided["when"].dt.year) == {2000}
    cleaned = apply_decisions(leaves(tmp_path, FAULTS), decided)
    assert cleaned.images["label"].to_dict() == {
        "b": "oak", "c": "olive", "d": "olive", "e": "olive", "g": "willow", "i": "olive",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["dark", "overexposed", "blurred"])
@pytest.mark.parametrize(
    ("strength", "innocent", "dropped"),
    [
        ("obvious", False, True),
        ("clear", False, True),
        ("subtle", False, False),
        ("undetectable", False, False),
        ("obvious", True, False),  # a night scene that is meant to be dark
    ],
)
def test_a_poor_picture_is_dropped_where_nobody_could_name_the_leaf(
    tmp_path, kind, strength, innocent, dropped
):
    decided = default_decisions(leaves(tmp_path, [("a", kind, strength, None, None, innocent)]))
    assert decided["action"].to_dict() == ({"a": "drop"} if dropped else {})


@pytest.mark.parametrize(
    ("truth", "first", "decided"),
    [
        ("willow", [], {"f": "drop", "g": "relabel"}),
        ("olive", [], {"f": "drop"}),  # the file that stays has the right label already
        (None, [], {"f": "drop"}),
        # What was decided about the file that stays is not decided again, whichever comes first.
        ("willow", [("g", "corrupt", "clear", None, None, False)], {"f": "drop", "g": "drop"}),
    ],
)
def test_of_two_copies_the_one_that_stays_gets_the_right_label(tmp_path, truth, first, decided):
    copy = ("f", "exact_duplicate", "clear", "g", truth, False)
    for faults in ([*first, copy], [copy, *first]):
        found = default_decisions(leaves(tmp_path, faults))
        assert found["action"].to_dict() == decided


def test_a_near_copy_is_dropped_and_its_partner_is_left_alone(tmp_path):
    found = default_decisions(
        leaves(tmp_path, [("f", "near_duplicate", "subtle", "g", "willow", False)])
    )
    assert found["reason"].to_dict() == {"f": "altered copy of another file"}

"""What is said of the table of `find_label_issues`."""

import numpy as np
import pandas as pd

from helpers.audit import describe_doubts
from helpers.audit.doubts import (
    caption_doubts,
    honest_chances,
    name_none,
    other_label,
    say_unknown,
)


def doubts_of(wrong):
    wrong = pd.Series(wrong, dtype=float)
    rank = pd.Series(np.arange(1, len(wrong) + 1))
    return pd.DataFrame({"wrong": wrong, "issue": wrong > 0.5, "rank": rank,
                         "expected": wrong.cumsum() / rank})  # fmt: skip


def test_doubts_are_described_in_a_sentence():
    described = {
        "10 of 100 labels are in doubt: expect about 9 of these 10 to be wrong.": [0.9] * 10
        + [0] * 90,
        "10 of 100 labels are in doubt: expect about 9 of these 10 to be wrong; about 6 more lie "
        "further down, and of the first 23 about half are wrong.": [0.9] * 10
        + [0.2] * 30
        + [0] * 60,
        "One of 2 labels is in doubt, and more likely wrong than right.": [0.8, 0],
        "None of 3 labels is more likely wrong than right.": [0.1, 0.1, 0],
        "None of 9 labels is more likely wrong than right; about 4 more lie further down.": [0.4]
        * 9,
        "No label was judged.": [],
        "The one label that was judged is not more likely wrong than right.": [0.2],
    }
    assert {describe_doubts(doubts_of(wrong)): wrong for wrong in described.values()} == described


def test_doubts_go_on_to_where_half_are_wrong_and_not_only_more():
    wrong = pd.Series([0.9] + [0.1] * 10)
    table = pd.DataFrame({"wrong": wrong, "issue": wrong > 0.5, "rank": np.arange(1, 12)})
    table["expected"] = [0.9, 0.7, 0.5, *[0.4] * 8]
    assert describe_doubts(table).endswith("; about 1 more lie further down, and of the first 3 "
                                           "about half are wrong.")  # fmt: skip
    table["expected"] = [0.9, *[0.4] * 10]
    assert describe_doubts(table).endswith("about 1 more lie further down.")


def test_why_the_labels_of_groups_were_no_evidence_is_said_however_many_are_in_doubt():
    for wrong, said in {
        (0.1, 0.1): "None of 2 labels is more likely wrong than right.",
        (0.8, 0.0): "One of 2 labels is in doubt, and more likely wrong than right.",
        (0.9, 0.9): "2 of 2 labels are in doubt: expect about 1.8 of these 2 to be wrong.",
    }.items():
        table = doubts_of(wrong)
        table.attrs["left out"] = {"test images": 3}
        assert describe_doubts(table) == f"{said} Not judged: 3 test images."
        table.attrs["groups"] = "Groups mix."
        assert describe_doubts(table) == f"{said} Groups mix. Not judged: 3 test images."


def test_where_there_is_no_estimate_for_a_label_it_is_not_told_to_be_right():
    why = (
        "there is no estimate: what a model that has not seen the images says contradicts their "
        "labels no oftener than chance does. That is no proof that each is right; a random sample "
        "tells how many are wrong."
    )
    blank, some, none = doubts_of([0.0] * 9), doubts_of([0.9, 0.0, 0.0]), doubts_of([0.9, 0.1])
    assert describe_doubts(blank) == say_unknown(blank)
    assert say_unknown(blank) == f"For all 9 labels that were judged {why}"
    assert say_unknown(some) == f"For 2 of the 3 labels that were judged {why}"
    assert say_unknown(blank[:1]) == f"For the one label that was judged {why}"
    assert say_unknown(none) == say_unknown(none[:0]) == ""
    assert name_none(blank) == "No label stands out as wrong"
    for table in (doubts_of([0.1, 0.0]), none[:0]):
        assert name_none(table) == "No label is more likely wrong than right"
    blank.attrs["note"] = "No label can be doubted."
    assert name_none(blank) == describe_doubts(blank) == "No label can be doubted."


def test_a_label_that_nothing_else_is_suggested_for_is_not_told_to_be_rather_itself():
    doubts = pd.DataFrame({"given": ["glass", "glass"], "suggested": ["glass", "paper"]},
                          ["a.jpg", "b.jpg"], dtype="str")  # fmt: skip
    assert caption_doubts(doubts) == {"a.jpg": "glass?", "b.jpg": "glass?\nrather paper"}
    assert other_label(doubts).dropna().to_dict() == {"b.jpg": "paper"}
    assert caption_doubts(doubts[:1]) == {"a.jpg": "glass?"} and caption_doubts(doubts[:0]) == {}
    assert other_label(doubts.drop(columns="given")).to_list() == ["glass", "paper"]


def test_a_chance_is_missing_where_there_is_no_estimate_and_never_less_than_can_be_told():
    doubts = pd.DataFrame({"wrong": [0.0, 1e-9, 0.00049, 0.1234567, 1.0]}, [*"abcde"])
    found = honest_chances(doubts, pd.Index([*"edcbax"]))
    assert found.to_list()[:4] == [1.0, 0.123, 0.001, 0.001]
    assert found.isna().to_list() == [False] * 4 + [True] * 2
    assert honest_chances(None, pd.Index(["a"])).isna().all()


def test_what_is_left_of_a_chance_where_most_have_no_estimate_is_none_either():
    doubts = pd.DataFrame({"wrong": [0.0, 0.0, 0.0, 0.00049, 0.4]}, [*"abcde"])
    found = honest_chances(doubts, pd.Index([*"abcde"]))
    assert found.isna().to_list() == [True] * 4 + [False] and found["e"] == 0.4

"""The cases of a review: their form, what is decided about them, and the words for it."""

import pandas as pd
import pytest

from helpers.findings.decided import settle_label
from helpers.review.cases import (
    as_cases,
    claim_html,
    decided,
    decisions_about,
    describe,
    evidence_html,
    images_of,
    lost_pairs,
    mark_html,
    marks,
    opens,
    rows,
    short,
    told,
)


def cases_of(*pairs, **columns):
    table = pd.DataFrame(pairs, columns=["image_id", "other_id"]).astype("str")
    return table.assign(**({"issue": None, "suggestion": None, "label": "oak"} | columns))


def standing_of(**actions):
    """Decisions by image; a relabelling is given as "to LABEL"."""
    rows = {
        name: ("relabel", said[3:]) if said.startswith("to ") else (said, None)
        for name, said in actions.items()
    }
    return pd.DataFrame.from_dict(rows, "index", columns=["action", "label"])


def case_of(**values):
    usual = {"image_id": "a", "other_id": None, "issue": None, "suggestion": None, "label": "oak"}
    return usual | values


def test_other_names_of_columns_are_read_where_the_usual_ones_are_missing(trees):
    table = pd.DataFrame({"partner": ["elm/1.jpg"], "kind": ["near"], "reason": ["alike"]},
                         index=["ash/1.jpg"])  # fmt: skip
    case = as_cases(trees, table).iloc[0]
    assert case[["image_id", "other_id", "issue", "why", "label"]].tolist() == [
        "ash/1.jpg", "elm/1.jpg", "near", "alike", "ash"
    ]  # fmt: skip
    both = as_cases(trees, table.assign(issue="odd", label="wrong")).iloc[0]
    assert (both["issue"], both["kind"], both["label"]) == ("odd", "near", "ash")
    assert [*as_cases(trees, table[[]])] == ["image_id", "other_id", "issue", "suggestion", "label"]


def test_a_case_of_which_one_file_is_a_picture_is_not_put_last(trees):
    trees.path("ash/1.jpg").write_bytes(b"broken")
    names = [("ash/1.jpg", None), ("ash/1.jpg", "elm/1.jpg"), ("elm/2.jpg", None)]
    found = as_cases(trees, pd.DataFrame(names, columns=["image_id", "other_id"]))
    assert found["other_id"].notna().tolist() == [True, False, False]
    assert found["image_id"].tolist() == ["ash/1.jpg", "elm/2.jpg", "ash/1.jpg"]
    assert not opens(trees.path("ash/1.jpg")) and not opens(trees.root)
    assert opens(trees.path("elm/2.jpg"))


def test_a_case_is_about_one_image_or_two_or_none():
    assert images_of(None) == [] and images_of(case_of()) == ["a"]
    assert images_of(case_of(other_id="b")) == ["a", "b"]


@pytest.mark.parametrize(
    ("actions", "single", "pair"),
    [
        ({}, False, False),
        ({"a": "keep"}, True, False),
        ({"b": "keep"}, False, False),
        ({"a": "keep", "b": "cannot tell"}, True, True),
        ({"a": "drop"}, True, True),
        ({"b": "drop"}, False, True),
        ({"b": "to elm"}, False, True),
        ({"c": "drop"}, False, False),
    ],
)
def test_a_pair_is_decided_by_one_drop_or_by_two_marks(actions, single, pair):
    found = decided(cases_of(("a", None), ("a", "b")), standing_of(**actions))
    assert found.tolist() == [single, pair]


@pytest.mark.parametrize(
    ("gone", "dropped", "lost"),
    [
        ([], ["a"], []),
        ([], ["a", "b"], [("a", "b")]),
        (["b"], ["a"], [("a", "b")]),
        (["a", "b"], ["c", "d"], [("c", "d")]),  # the first pair is lost already
        (["d"], ["a"], []),
        (["y"], ["x"], []),  # z, of both a pair, stays
        (["y", "z"], ["x"], [("x", "y"), ("x", "z")]),
    ],
)
def test_pairs_are_lost_where_no_image_of_them_stays(gone, dropped, lost):
    cases = cases_of(("a", "b"), ("c", "d"), ("x", "y"), ("x", "z"), ("y", "z"), ("a", None))
    gone = standing_of(**dict.fromkeys(gone, "drop"))
    found = lost_pairs(cases, gone, dropped)
    assert [tuple(row) for row in found.to_numpy()] == lost
    kept = standing_of(a="keep", b="keep")
    assert lost_pairs(cases[5:], kept, ["a"]).empty


def test_a_decision_is_told_in_words_and_as_a_mark():
    table = standing_of(a="drop", b="to oak ", c="cannot tell")
    assert [describe(table, name) for name in "abcd"] == [
        "drop", "relabel to oak␣", "cannot tell", "no decision yet"
    ]  # fmt: skip
    assert mark_html(table, "b") == '<span class="mark relabel">relabel to oak␣</span>'
    assert mark_html(table, "d") == '<span class="mark no">no decision yet</span>'


def test_marks_are_those_of_one_image_or_of_both_told_once():
    cases = cases_of(("a", None), ("a", "b"), ("b", "c"), ("d", "e"))
    table = standing_of(a="drop", b="drop", c="to elm")
    assert marks(cases, table) == ["drop", "drop", "drop, relabel to elm", ""]


def test_what_is_claimed_names_each_label_once_and_the_suggestion(trees):
    pair = case_of(image_id="ash/1.jpg", other_id="elm/1.jpg")
    assert claim_html(trees, pair) == (
        '<div class="claim"><span class="quiet">Given</span> <b>ash and elm</b></div>'
    )
    same = case_of(image_id="ash/1.jpg", other_id="ash/2.jpg", suggestion="<fir>")
    assert claim_html(trees, same) == (
        '<div class="claim"><span class="quiet">Given</span> <b>ash</b> <span class="quiet">· '
        "suggested</span> <b>&lt;fir&gt;</b></div>"
    )
    labels = trees.images["label"].where(trees.images.index != "fir/1.jpg")
    bare = trees.with_images(trees.images.assign(label=labels))
    assert "<b>no label</b>" in claim_html(bare, case_of(image_id="fir/1.jpg"))


def test_evidence_is_the_issue_why_and_what_other_columns_say():
    case = case_of(issue="dark", why="<b>", score=0.25, gap=None)
    assert evidence_html(case) == (
        '<div class="evidence"><b>dark</b> · &lt;b&gt; · <span class="quiet">score:</span> 0.25'
        "</div>"
    )
    assert evidence_html(case_of(score=2)) == (
        '<div class="evidence"><span class="quiet">score:</span> 2</div>'
    )


def test_a_case_is_told_in_a_line_and_in_a_few_words():
    labels = {"a": "oak", "b": "elm"}
    assert told(case_of(other_id="b", issue="near"), labels) == "a, oak and b, elm; near"
    assert told(case_of(suggestion="elm"), labels) == "a, oak; suggested elm"
    assert short(case_of(other_id="b", issue="near", suggestion="elm")) == "near"
    assert short(case_of(other_id="b")) == "pair"
    assert [short(case_of()), short(case_of(suggestion="elm"))] == ["oak", "oak → elm"]


def test_keep_is_about_both_images_and_drop_about_the_side_that_is_meant():
    cases = cases_of(("a", "b"), ("c", None), issue=["near", None])
    for action in ("keep", "cannot tell"):
        made = decisions_about(cases, action, 1)
        assert made["reason"].to_dict() == {"a": "near with b", "b": "near with a", "c": ""}
        assert set(made["action"]) == {action}
    assert [*decisions_about(cases, "drop").index] == ["a", "c"]
    left, right = (decisions_about(cases, "relabel", side, "elm") for side in (0, 1))
    assert ([*left.index], [*right.index]) == (["a", "c"], ["b", "c"])
    assert right["label"].tolist() == ["elm", "elm"]
    noted = decisions_about(cases, "drop", note="so blurred; gone")["reason"].tolist()
    assert noted == ["near with b: so blurred, gone", "so blurred; gone"]
    named = decisions_about(cases_of(("a", "c; b.jpg"), issue=["probable copy"]), "keep")
    assert named["reason"]["a"] == "probable copy with c, b.jpg"
    assert not settle_label(named.loc[["a"]], []).any()


def test_an_image_of_two_cases_is_decided_about_once():
    cases = cases_of(("a", "b"), ("a", "c"), issue=["near", "exact"])
    made = decisions_about(cases, "drop")
    assert made["reason"].to_dict() == {"a": "near with b"}
    assert [one["image_id"] for one in rows(cases)] == ["a", "a"]

"""What your own verdicts say of what the report promises about labels."""

import pandas as pd
import pytest

from helpers.findings.promises import say_answered, say_judged, say_kept


def marks(**actions):
    return pd.DataFrame({"action": actions}, dtype="str").rename(index=lambda one: f"{one}.jpg")


def conflicts(*pairs):
    made = [(f"{one}.jpg", f"{other}.jpg") for one, other in pairs]
    return pd.DataFrame(made, columns=["image_id", "other_id"], dtype="str")


def test_pairs_under_two_labels_of_which_you_kept_one_file_are_not_settled():
    pairs = conflicts("ab", "cd", "ef")
    assert say_kept(pairs, marks(b="keep", c="cannot tell", x="keep")) == (
        "1 pair of these is not settled although you kept one of its files: the other has to be "
        "relabelled or dropped, too ('a.jpg', where you kept 'b.jpg'). Until then neither is "
        "trained on."
    )
    assert say_kept(pairs, marks(a="keep", e="keep", f="keep")).startswith(
        "2 pairs of these are not settled although you kept one of their files: the other has to "
        "be relabelled or dropped, too ('b.jpg', where you kept 'a.jpg')."
    )
    assert say_kept(pairs, marks(c="cannot tell", d="relabel")) == ""
    assert say_kept(conflicts(), marks(a="keep")) == ""


@pytest.mark.parametrize(
    ("right", "wrong", "promised", "told"),
    [
        (17, 3, 0.74, "of 20 labels in doubt that a person judged so far, 17 were right: expect "
         "fewer wrong ones than said"),
        (1, 0, 0.74, "of 1 label in doubt that a person judged so far, 1 was right"),
        (0, 1, 0.74, "of 1 label in doubt that a person judged so far, 0 were right"),
        (5, 15, 0.74, "of 20 labels in doubt that a person judged so far, 5 were right"),
        # Those that were judged were the surest: this promises no more wrong ones of the rest.
        (0, 20, 0.74, "of 20 labels in doubt that a person judged so far, 0 were right"),
        (0, 0, 0.74, ""),
    ],
)  # fmt: skip
def test_labels_in_doubt_that_were_judged_are_held_against_the_promise(
    right, wrong, promised, told
):
    actions = ["keep"] * right + ["relabel"] * wrong
    judged = pd.DataFrame({"action": actions, "reason": "label in doubt"}, dtype="str")
    other = pd.DataFrame({"action": ["keep"] * 4 + ["drop"], "reason": [
        "dark", "random sample", "", "one file, two labels", "label in doubt"
    ]}, dtype="str")  # fmt: skip
    assert say_judged(pd.concat([judged, other], ignore_index=True), promised) == told


def pairs_answered(yes, no, chance="0.84", more=()):
    said = ["yes"] * yes + ["no"] * no
    table = pd.DataFrame({"together": said, "chance": [chance] * len(said)}, dtype="str")
    return pd.concat([table, pd.DataFrame(dict(more), dtype="str")], ignore_index=True)


def test_pairs_that_were_answered_are_held_against_what_was_promised_of_them():
    """84 % of 54 were promised, as of the 45 of 54; beyond the interval of half of them."""
    assert say_answered(pairs_answered(27, 27)) == (
        " (of 54 such pairs that you answered so far 27 do, where 45 were promised: expect fewer "
        "than said)"
    )
    assert say_answered(pairs_answered(44, 10, "0,84")) == (
        " (of 54 such pairs that you answered so far 44 do, where 45 were promised)"
    )
    assert say_answered(pairs_answered(1, 4, "0.2")) == (
        " (of 5 such pairs that you answered so far 1 does, where 1 was promised)"
    )
    assert say_answered(pairs_answered(4, 0)) == ""


def test_only_answers_count_and_only_about_pairs_that_were_not_sure():
    others = {"together": ["kept", "", "no", "no"], "chance": ["0.7", "0.7", "0.9", ""]}
    assert say_answered(pairs_answered(0, 0, more=others)) == ""
    assert " 5 such pairs" in say_answered(pairs_answered(4, 1, "0.899", others))
    assert say_answered(None) == "" == say_answered(pd.DataFrame({"together": ["yes"]}))

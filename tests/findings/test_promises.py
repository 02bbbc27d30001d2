"""What your own verdicts say of what the report promises about labels."""

import pandas as pd

from helpers.findings.promises import say_kept


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

"""What is said of a table that says what stays together, when it is read."""

import json
from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.evidence.answered_pairs import of_two_labels, still_open, without_settled
from helpers.findings.same_thing import _is_images_alone
from helpers.report.building import build_report
from helpers.report.together import keep_together, read_answers
from helpers.splits.joining import join_groups
from tests.balance.sets import table
from tests.report.test_together import answered, ids, written


@pytest.fixture
def trees():
    return table(label=["ash"] * 3 + ["elm"] * 3, plot=["1", "1", "2", "3", "4", "5"])


def notes(trees, path, run=None):
    if run:
        known = {"images searched for photos of one thing": run}
        path.with_name("run.json").write_text(json.dumps(known))
    return keep_together(trees, path).notes


def test_groups_of_a_table_tell_how_many_images_were_compared_for_it(trees, tmp_path):
    path = written(tmp_path, image_id=ids(0, 3), stays_with="a")
    joined, told = notes(trees, path)
    assert joined == "Groups come from images.csv: 2 images with a value."
    assert told == "Groups come from images.csv: how many images were compared for it is not known."
    _, told = notes(trees, path, {"compared": 2, "not compared": 4})
    assert told.startswith("Groups come from images.csv, for which 2 of 6 images were compared:")
    assert notes(trees, path, {"compared": 6, "not compared": 0}) == (joined,)
    _, told = notes(trees, path, {"compared": None, "not compared": None})
    assert told.endswith("is not known.")


def test_pairs_that_nobody_judged_are_counted_and_those_answered_or_joined_are_not(trees, tmp_path):
    listed = pd.DataFrame({
        "image_id": ids(0, 0, 1, 2, 0, 4, 2), "other_id": ids(1, 2, 2, 3, 3, 5, 5),
        "kind": ["same thing"] * 6 + ["probable copy"],
        "chance": [0.6, 0.89, 0.7, 0.4, 0.8, 0.9, 0.6],
        "together": ["", "", "no", "", "", "", ""],
    })  # fmt: skip
    listed.to_csv(tmp_path / "pairs.csv", index=False)
    path = written(tmp_path, image_id=ids(0, 3), stays_with="a")
    _, told = notes(trees, path, {"compared": 6, "not compared": 0})
    assert told.startswith(
        "Groups come from images.csv, and 2 pairs in pairs.csv, of which about 1.5 should show "
        "one thing or one place, are neither joined nor answered: write yes (for one place, "
        "too) or no into the column 'together' there"
    )
    listed.loc[[0, 4], "together"] = "no", "yes"
    listed.to_csv(tmp_path / "pairs.csv", index=False)
    counted, told = notes(trees, tmp_path / "pairs.csv")
    assert counted == (
        "Groups come from pairs.csv: 1 marked yes stays together, 2 marked no are not joined but "
        "where copies, groups or other yes do so, 4 not answered."
    )
    assert told == (
        "Groups come from pairs.csv, and 1 pair in it, of which about 0.9 should show one thing "
        "or one place, is neither joined nor answered: write yes (for one place, too) or no into "
        "the column 'together' there, and give it to --together."
    )
    # Another table of pairs is read alone, whatever lies beside it.
    listed.assign(together="yes").to_csv(tmp_path / "pairs4.csv", index=False)
    assert len(notes(trees, tmp_path / "pairs4.csv", {"compared": 2, "not compared": 4})) == 1


def test_a_no_that_the_table_s_own_yes_overrule_is_told_with_what_joins_it(trees, tmp_path):
    rows = [(3, 4, "yes"), (4, 5, "yes"), (3, 5, "no"), (0, 1, "no"), (2, 3, "no")]
    expected = (
        "pairs.csv: 1 pair answered no stays together all the same, since groups or answers yes "
        "join them: '0003.jpg' and '0005.jpg', by '0003.jpg' and '0004.jpg' (yes), "
        "'0004.jpg' and '0005.jpg' (yes). Where such a yes is wrong, write no there."
    )
    for some in (rows, rows[::-1]):
        assert notes(trees, answered(tmp_path, *some))[1] == expected
    by_plot = keep_together(trees.with_group("plot"), answered(tmp_path, (0, 1, "no"))).notes
    assert by_plot[0] == (
        "Joined with the groups of 'plot': pairs.csv: 0 marked yes stay together, 1 marked no is "
        "not joined but where copies, groups or other yes do so, 0 not answered."
    )
    assert by_plot[1].endswith("and '0001.jpg', in part or wholly by groups that they came with.")
    assert len(keep_together(trees, answered(tmp_path, (0, 1, "no"))).notes) == 1


def test_images_joined_with_known_groups_are_counted_and_no_search_is_said_to_be_left(
    trees, tmp_path
):
    path = written(tmp_path, image_id=ids(0, 3), stays_with="a")
    own = keep_together(trees.with_group("plot"), path)
    assert own.notes == ("Joined with the groups of 'plot': images.csv: 2 images with a value.",)
    alone = keep_together(trees, path)
    pairs = keep_together(trees, answered(tmp_path, (0, 3, "yes")))
    given = [(own, None), (alone, None), (pairs, 1), (trees, None)]
    found = [SimpleNamespace(opened=one, answered=said) for one, said in given]
    assert [*map(_is_images_alone, found)] == [False, True, False, False]


def test_what_a_report_kept_by_itself_is_no_answer_and_parts_for_a_no(tmp_path):
    """0-1, 1-2 and 2-3 were kept; 0-2 and 4-5 are answered. The surer one of the two that would
    join 0 and 2 stays."""
    path, trees = tmp_path / "pairs.csv", table(label=["ash"] * 8)
    rows = [(0, 1, 0.95, "kept"), (1, 2, 0.99, "Kept"), (2, 3, 0.92, "kept"),
            (0, 2, 0.5, "no"), (4, 5, 0.5, "yes"), (6, 7, 0.85, "")]  # fmt: skip
    listed = pd.DataFrame(rows, columns=["image_id", "other_id", "chance", "together"])
    for end in ("image_id", "other_id"):
        listed[end] = [ids(number)[0] for number in listed[end]]
    for frame in (listed, listed[::-1]):
        frame.assign(kind="same thing").to_csv(path, index=False)
        kept = keep_together(trees, path)
        things = join_groups(kept.groups, None, trees.images.index)
        together = [sorted(one.index) for _, one in things.groupby(things)]
        assert sorted(together) == [ids(0), ids(1, 2, 3), ids(4, 5), ids(6), ids(7)]
        assert kept.notes[0] == (
            "Groups come from pairs.csv: 1 marked yes stays together, 3 that the report itself "
            "kept together stay so, but for 1 that your answers no part, 1 marked no is not joined "
            "but where copies, groups or other yes do so, 1 not answered."
        )
        judged = read_answers(trees, path)
        assert still_open(judged, judged)["together"].value_counts().to_dict() == {"kept": 3, "": 1}
        probable = judged.assign(kind="probable")
        assert sorted(without_settled(probable, judged)["together"]) == ["", "kept", "kept", "kept"]


KEPT_ROWS = [
    # A copy, a sure pair, a pair that is kept through these two alone, one by name, one mirrored.
    (0, 1, "near copy", None, "", "kept"),
    (1, 2, "same thing", 0.97, "keypoints: 9", "kept"),
    (0, 2, "same thing", 0.55, "keypoints: 4", "kept"),
    (3, 4, "same thing", None, "their names", "kept"),
    (4, 5, "same thing, mirrored", None, "keypoints: they agree only mirrored", "kept"),
    (3, 5, "probable copy", None, "", "kept"),
    (6, 7, "same thing", None, "keypoints: 7", "kept"),
]


@pytest.mark.parametrize(
    ("answers", "groups", "told"),
    [
        ({}, [(0, 1, 2), (3, 4, 5), (6,), (7,)], "7 that the report itself kept together stay so,"
         " but for 1 that your answers no part"),
        # The copy is followed before the sure pair; what both kept falls with either.
        ({(0, 2): "no"}, [(0, 1), (2,), (3, 4, 5), (6,), (7,)], "but for 2 that"),
        ({(1, 2): "no"}, [(0, 1), (2,), (3, 4, 5), (6,), (7,)], "but for 2 that"),
        ({(0, 1): "no", (1, 2): "no"}, [(0,), (1,), (2,), (3, 4, 5), (6,), (7,)], "for 2 that"),
        ({(4, 5): "no"}, [(0, 1, 2), (3, 4), (5,), (6,), (7,)], "for 2 that"),
        ({(3, 4): "no"}, [(0, 1, 2), (3,), (4, 5), (6,), (7,)], "for 2 that"),
    ],
)  # fmt: skip
def test_only_pairs_that_a_report_was_sure_of_are_carried_on(tmp_path, answers, groups, told):
    path, trees = tmp_path / "pairs.csv", table(label=["ash"] * 8)
    columns = ["image_id", "other_id", "kind", "chance", "why", "together"]
    rows = [(*row[:5], answers.get(row[:2], row[5])) for row in KEPT_ROWS]
    listed = pd.DataFrame(rows, columns=columns)
    for end in ("image_id", "other_id"):
        listed[end] = [ids(number)[0] for number in listed[end]]
    for frame in (listed, listed[::-1]):
        frame.to_csv(path, index=False)
        kept = keep_together(trees, path)
        things = join_groups(kept.groups, None, trees.images.index)
        assert sorted(sorted(one.index) for _, one in things.groupby(things)) == [
            ids(*one) for one in groups
        ]
        assert told in kept.notes[0]
        pd.testing.assert_frame_equal(kept.opened["judged"], read_answers(trees, path))


@pytest.mark.parametrize("missing", ["kind", "chance", "why"])
def test_of_a_table_that_does_not_say_what_was_sure_all_that_was_kept_is_carried_on(
    tmp_path, missing
):
    path, trees = tmp_path / "pairs.csv", table(label=["ash"] * 8)
    columns = ["image_id", "other_id", "kind", "chance", "why", "together"]
    listed = pd.DataFrame(KEPT_ROWS, columns=columns).drop(columns=missing)
    for end in ("image_id", "other_id"):
        listed[end] = [ids(number)[0] for number in listed[end]]
    listed.to_csv(path, index=False)
    things = join_groups(keep_together(trees, path).groups, None, trees.images.index)
    together = sorted(sorted(one.index) for _, one in things.groupby(things))
    assert together == [ids(0, 1, 2), ids(3, 4, 5), ids(6, 7)]


def test_pairs_whose_images_are_gone_wait_for_no_answer(trees, tmp_path):
    path = written(tmp_path, image_id=ids(0, 3), stays_with="a")
    beside = answered(tmp_path, (8, 9, "")).rename(tmp_path / "pairs.csv")
    listed = pd.read_csv(beside).assign(kind="same thing", chance=0.6)
    listed.to_csv(beside, index=False)
    assert not any("write yes or no" in one for one in keep_together(trees, path).notes)


def test_a_copy_under_two_labels_is_no_thing_of_two_classes(trees):
    said = pd.DataFrame({
        "image_id": ids(0, 1, 2), "other_id": ids(3, 4, 5), "together": "yes",
        "kind": ["near copy; same thing", "probable copy", "same thing"],
    })  # fmt: skip
    labels = trees.images["label"].copy()
    labels[ids(0, 1, 2)], labels[ids(3, 4, 5)] = "elm", "ash"
    mixed = trees.with_images(trees.images.assign(label=labels))
    assert of_two_labels(mixed, said)["image_id"].tolist() == ids(1, 2)
    assert of_two_labels(mixed, said.drop(columns="kind"))["image_id"].tolist() == ids(0, 1, 2)


def test_a_report_of_a_dataset_with_answers_knows_them(trees, tmp_path):
    """As the lines of Python on its page open it, which give `build_report` no answers."""
    kept = keep_together(trees, answered(tmp_path, (0, 3, "yes"), (1, 2, "no")))
    report = build_report(kept, progress=False)
    assert report.evidence.answered["together"].tolist() == ["yes", "no"]
    assert not _is_images_alone(report.evidence)
    assert build_report(trees, progress=False).evidence.answered is None

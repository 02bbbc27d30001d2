"""Which images are compared for photos of one thing, and what is said of those that are not."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.evidence.answered_pairs import SETTLED
from helpers.evidence.budget import Plan
from helpers.evidence.learned import Learned
from helpers.findings import same_thing
from helpers.findings.names import doubtful_names
from helpers.findings.same_thing import same_thing as ask
from helpers.needs.asking import read_needs
from helpers.splits import naming, telling
from helpers.splits.bursts import UNCONFIRMED
from helpers.splits.naming import Rule, Verdict
from helpers.splits.suggesting import COLUMNS
from tests.findings.test_names import dataset  # noqa: F401

DEVELOPMENT, TESTS = 84, 12


def number_of(image_id):
    return int(image_id.rpartition("/")[2].split("_")[0])


def learned(photos, searched, likeness=20.0):
    """What a report knows of the photos, where those of one thing are so much alike."""
    plan = Plan(600.0, DEVELOPMENT, ("same-thing search",) if searched else (), (), 0.0, searched)
    evidence, rng = Learned(photos, plan, progress=False), np.random.default_rng(0)
    evidence.workers = 0
    ids = photos.development.images.index
    numbers = [number_of(one) for one in ids]
    own = rng.normal(size=(200, 32))[numbers]
    evidence.features = pd.DataFrame(likeness * own + rng.normal(size=own.shape), ids)
    return evidence


def test_a_part_that_is_searched_is_drawn_at_random_with_each_class_alike(dataset):  # noqa: F811
    evidence = learned(dataset, 28)
    chosen = evidence.searched.images
    assert len(chosen) == 28
    assert chosen["label"].value_counts().to_dict() == {"elm": 14, "fir": 14}
    places = evidence.part.images.index.get_indexer(chosen.index)
    assert places.min() < 14
    assert places.max() >= 70
    assert chosen.index.equals(learned(dataset, 28).searched.images.index)
    assert len(learned(dataset, DEVELOPMENT).searched) == DEVELOPMENT


def test_what_was_compared_and_what_was_not_is_counted_and_said_where_it_matters(dataset):  # noqa: F811
    found = ask(learned(dataset, 28))
    numbers = {key: found.numbers[key] for key in ("compared", "not compared")}
    assert numbers == {"compared": 28, "not compared": DEVELOPMENT - 28 + TESTS}
    assert found.title.endswith(", of 28 of 84 images compared")
    (told,) = [line for line in found.unchecked if "drawn at random" in line]
    assert told in found.says
    assert "28 of 84 images, drawn at random, of each class the same share, were compared" in told
    assert "and 56 were not: the budget does not pay for more (--budget 1m compares all)" in told
    assert "about 11% lie wholly among those compared" in told
    assert any("12 test images were searched for copies alone" in one for one in found.unchecked)


def test_where_all_are_compared_only_test_images_are_left(dataset):  # noqa: F811
    found = ask(learned(dataset, DEVELOPMENT))
    assert found.numbers["compared"] == DEVELOPMENT
    assert found.numbers["not compared"] == TESTS
    assert "compared" not in found.title
    assert [line for line in [*found.says, *found.unchecked] if "budget" in line] == []


def test_a_search_that_is_left_out_compares_none_and_says_which_budget_compares_all(dataset):  # noqa: F811
    found = ask(learned(dataset, 0))
    assert found.state == "left out"
    assert found.numbers == {"compared": 0, "not compared": DEVELOPMENT + TESTS}
    assert (
        "None of 96 images was compared; --budget 1m compares all but test images."
        in found.unchecked[0]
    )


def test_names_that_surely_say_it_keep_images_together_that_were_not_compared(dataset):  # noqa: F811
    evidence = learned(dataset, 28)
    ids = sorted(evidence.part.images.index)
    same = {
        (one, other)
        for one in ids
        for other in ids
        if one < other and number_of(one) == number_of(other)
    }
    found = {tuple(sorted(pair)) for pair in evidence.same_by_name.to_numpy(object).tolist()}
    assert found == same
    groups = evidence.clean.groups
    assert all(groups[one] == groups[other] for one, other in same)
    assert groups.nunique() == len({number_of(one) for one in ids})
    assert doubtful_names(evidence) is None
    assert any(line.startswith(f"{len(same)} pairs that surely") for line in ask(evidence).says)
    assert learned(dataset, DEVELOPMENT).same_by_name.empty  # then the search has read them all


def test_names_that_are_not_sure_keep_nothing_together_and_are_told(dataset):  # noqa: F811
    evidence = learned(dataset, 28, likeness=0.6)
    assert evidence.same_by_name.empty
    assert doubtful_names(evidence) is not None
    assert learned(dataset, 28, likeness=0.0).same_by_name.empty


def test_under_two_labels_names_keep_nothing_together(dataset):  # noqa: F811
    images = dataset.images.copy()
    first = [one for one in images.index if number_of(one) == 3][0]
    images.loc[first, "label"] = "fir"
    pairs = learned(dataset.with_images(images), 28).same_by_name
    assert len(pairs)
    assert first not in set(pairs.to_numpy().ravel())


def test_the_counts_stand_in_what_is_written_about_the_run(dataset):  # noqa: F811
    from helpers.report import writing

    evidence = learned(dataset, 28)
    report = SimpleNamespace(
        evidence=evidence,
        name="photos",
        needs=read_needs(None),
        seconds={},
        failed=[],
        overran=None,
    )
    made = {"same thing": ask(evidence)}
    described = writing.describe_run(_Sections(report, made), [], {})
    assert described["images searched for photos of one thing"] == {
        "compared": 28, "not compared": DEVELOPMENT - 28 + TESTS
    }  # fmt: skip
    assert described["budget"]["searched"] == 28
    assert json.dumps(described)
    assert same_thing.SURE == 0.9


class _Sections:
    """A report of which some sections are made."""

    def __init__(self, report, made):
        self._made = made
        vars(self).update(vars(report))

    def __getitem__(self, name):
        return self._made[name]


def test_no_time_is_planned_for_a_search_where_a_column_says_what_belongs_together(dataset):  # noqa: F811
    from helpers.report.building import plan_for

    things = pd.Series([str(number_of(one)) for one in dataset.images.index], dataset.images.index)
    known = dataset.with_images(dataset.images.assign(thing=things)).with_group("thing")
    assert plan_for(dataset, "10m").searched == DEVELOPMENT
    assert plan_for(known, "10m").searched == 0
    assert "same-thing search" not in plan_for(known, "1s").left


def test_what_is_kept_together_is_counted_with_how_much_of_it_should_be_right(dataset):  # noqa: F811
    evidence = learned(dataset, DEVELOPMENT)
    ids = list(evidence.part.images.index[:6])
    table = pd.DataFrame({
        "image_id": ids[:5], "other_id": ids[1:], "inliers": 9, "likeness": 0.5,
        "expected": [0.98, 0.92, 0.85, None, None], "issue": "?", "why": "", "evidence": "",
        "across": pd.array([None] * 5, "boolean"), "group": 1,
    })  # fmt: skip
    vars(evidence)["proposals"] = table
    left = f"Bursts: 9 pairs; 4 {UNCONFIRMED}."
    evidence.noted["proposals"] = ["Names: none.", left]
    found = ask(evidence)
    assert found.title == (
        "2 pairs very probably show one thing or one place; 96 images make 94 things, as far as "
        "known"
    )
    assert found.says[0] == (
        "Of 3 pairs proposed 2.8 are expected to be right. 2 more pairs are listed, and keep "
        "nothing together. Those expected to be right at 90% or more, 2 pairs of which 1.9 should "
        "be, stay on one side of the split here. Where light and ground changed, most pairs of one "
        "thing stay hidden."
    )
    numbers = [found.numbers[name] for name in ("proposed", "sure", "not followed")]
    assert numbers == [3, 2, 2]
    assert left in found.unchecked and "Names: none." not in found.unchecked


@pytest.mark.parametrize(
    ("links", "title"),
    [
        (
            9,
            "9 pairs show one thing or one place, or carry one object; 96 images make 87 things or "
            "places, as far as known",
        ),
        (
            8,
            "8 pairs very probably show one thing or one place; 96 images make 88 things or "
            "places, as far as known",
        ),
    ],
)
def test_what_hangs_together_so_often_is_not_told_apart(dataset, links, title):  # noqa: F811
    """Nine links make a group of ten images, eight one of nine; two more stand by themselves."""
    evidence = learned(dataset, DEVELOPMENT)
    ids = list(evidence.part.images.index)
    table = pd.DataFrame({
        "image_id": ids[:links], "other_id": ids[1 : links + 1], "inliers": 9, "likeness": 0.5,
        "expected": 0.95, "issue": "?", "why": "", "evidence": "keypoints",
        "across": pd.array([None] * links, "boolean"), "group": 1,
    })  # fmt: skip
    vars(evidence)["proposals"] = table
    evidence.noted["proposals"] = telling.conclude(table)
    found = ask(evidence)
    assert found.title == title
    assert any("Not told apart: 9 of the pairs proposed" in one for one in found.unchecked) == (
        links == 9
    )
    more = {"image_id": ids[20:23:2], "other_id": ids[21:24:2], "group": [2, 3]}
    both = pd.concat([table, table[:2].assign(**more)], ignore_index=True)
    vars(evidence)["proposals"] = both
    if links == 9:
        vars(evidence).pop("sure", None)
        assert ask(evidence).title.startswith(
            "2 pairs very probably show one thing or one place, 9 more pairs do or carry one "
            "object; 96 images make "
        )
        found = ask(evidence)
        assert found.says[0].startswith(
            "Of 11 pairs proposed 9 show one thing or one place, or carry one object, which is not "
            "told apart (below); of the other 2 pairs 1.9 are expected to be right. Those expected "
            "to be right at 90% or more, 11 pairs, stay on one side of the split here. "
        )
        assert len(found.pictures) == 2


def test_pairs_that_surer_ones_keep_together_are_no_pairs_to_mend(dataset):  # noqa: F811
    """0, 1 and 2 hang together by two sure pairs, so that the third of them flatters no score."""
    evidence = learned(dataset, DEVELOPMENT)
    ids = evidence.part.images.index
    pairs = pd.DataFrame([(0, 1, 0.97), (1, 2, 0.95), (0, 2, 0.85), (3, 4, 0.85), (5, 6, 0.84)])
    table = pd.DataFrame({
        "image_id": ids[pairs[0]], "other_id": ids[pairs[1]], "inliers": 9, "likeness": 0.5,
        "expected": pairs[2], "issue": "?", "why": "", "evidence": "",
        "across": pd.array([None] * 5, "boolean"), "group": 1,
    })  # fmt: skip
    vars(evidence)["proposals"] = table
    evidence.noted["proposals"] = []
    found = ask(evidence)
    (mend,) = [one for one in found.findings if "further" in one.what]
    assert mend.what.startswith("About 1.7 of 2 further pairs of photos are expected to show one")
    assert mend.images == 4
    # Both are shown: those kept together, and those to look at.
    assert len(found.pictures) == 2


def test_pairs_across_the_given_split_are_told_and_put_no_score_of_the_report_in_doubt(dataset):  # noqa: F811
    evidence = learned(dataset, DEVELOPMENT)
    sides = evidence.part.images["split"]
    one, other = (sides.index[sides == side][0] for side in ("train", "valid"))
    vars(evidence)["proposals"] = pd.DataFrame({
        "image_id": [one], "other_id": [other], "inliers": 9, "likeness": 0.5, "expected": 0.95,
        "issue": "?", "why": "", "evidence": "keypoints",
        "across": pd.array([True], "boolean"), "group": 1,
    })  # fmt: skip
    evidence.noted["proposals"] = []
    assert not evidence.keeps_split  # so that its models had another split
    (mend,) = [one for one in ask(evidence).findings if "given split" in one.what]
    assert (
        mend.what == "Photos of one thing or one place lie on two sides of the given split: 1 pair."
    )
    assert (mend.images, mend.blocks, mend.more) == (2, False, same_thing.DIVIDED)
    split = evidence.divided.images["split"]
    assert split[one] == split[other]


def test_where_all_is_settled_no_two_further_photos_show_one_thing(dataset):  # noqa: F811
    """Two of the images are one thing by an answer, which the search found, too."""
    evidence = learned(dataset, DEVELOPMENT)
    vars(evidence)["proposals"] = pd.DataFrame({
        "image_id": [], "other_id": [], "expected": pd.Series(dtype=float), "evidence": [],
    })  # fmt: skip
    evidence.noted["proposals"] = ["None.", f"1 more pair {SETTLED}."]
    found = ask(evidence)
    assert found.title == "No two further photos very probably show the same thing"
    things = pd.Series(range(len(dataset)), dataset.images.index)
    vars(evidence)["things"] = things.where(things != 1, 0)
    assert ask(evidence).title.endswith("; 96 images make 95 things, as far as known")
    evidence.noted["proposals"] = ["None."]
    assert ask(evidence).title == "No two photos very probably show the same thing"


def test_readings_of_names_by_which_nothing_is_proposed_are_one_line(dataset):  # noqa: F811
    evidence = learned(dataset, DEVELOPMENT)
    whole = Verdict(0.9, 0.2, 2)
    notes = [
        f"{naming.NAMES}{naming.describe(Rule(words, pd.Series(['a', 'a', 'b', 'b'])), verdict)}"
        for words, verdict in {"one": whole, "two": Verdict(0.9, 0.001, 2), "three": whole}.items()
    ]
    evidence.noted["proposals"] = ["First.", *notes, "Last."]
    vars(evidence)["proposals"] = pd.DataFrame(columns=[*COLUMNS]).astype(COLUMNS)
    assert ask(evidence).says[-4:] == [
        "First.",
        "Names by which nothing is proposed: one makes 2 groups of 4 images, no more alike than "
        "chance (p = 0.20); three makes 2 groups of 4 images, no more alike than chance (p = "
        "0.20).",
        "Names: two makes 2 groups of 4 images, at least 90% of whose pairs are one thing.",
        "Last.",
    ]
    evidence.noted["proposals"] = ["First.", *notes[:2]]
    assert ask(evidence).says[-3:] == ["First.", *notes[:2]]

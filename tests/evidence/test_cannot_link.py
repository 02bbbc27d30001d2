"""What a person called two things is not joined by what a report finds, however sure."""

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from helpers import open_dataset
from helpers.evidence.audited import Evidence
from helpers.evidence.budget import plan
from helpers.evidence.cannot_link import find_against, tell_barred, tell_overruled
from helpers.findings.same_thing import ONLY_IMAGES, same_thing
from helpers.report.together import keep_together, pairs_table, read_answers
from tests.audit.awkward import photo


def pairs(*rows, **more):
    made = pd.DataFrame([*map(list, rows)], columns=["image_id", "other_id"], dtype="str")
    return made.assign(**more)


def alone(names):
    return pd.Series(range(len(names)), list(names))


@pytest.mark.parametrize(
    ("followed", "apart", "expected"),
    [
        (["ab", "bc", "cd"], ["ad"], [None, None, "ad"]),
        (["cd", "bc", "ab"], ["ad"], [None, None, "ad"]),
        (["ab", "cd", "bc", "ac"], ["ad"], [None, None, "ad", "ad"]),
        (["ab", "bc", "cd", "ac"], ["ac"], [None, "ac", None, "ac"]),
        (["ab", "cd", "ef", "be", "ce"], ["ac", "ad"], [None, None, None, None, "ac"]),
        (["ab", "bc"], [], [None, None]),
    ],
)
def test_a_pair_that_would_join_what_was_answered_no_is_not_followed(followed, apart, expected):
    found = find_against(pairs(*followed), alone("abcdef"), [*map(tuple, apart)])
    assert found == [one and tuple(one) for one in expected]


def test_what_copies_and_yes_join_already_keeps_nothing_apart():
    things = alone("abcd").replace(3, 0)  # d is a copy of a
    assert find_against(pairs("ab", "bd", "cd"), things, [("a", "d")]) == [None] * 3
    assert find_against(pairs("ab", "bc"), things, [("c", "d")]) == [None, ("c", "d")]


def test_nothing_answered_no_is_ever_joined_and_nothing_else_is_left_out():
    rng = np.random.default_rng(0)
    for _ in range(50):
        drawn, base = rng.integers(0, 20, (40, 2)), rng.integers(0, 17, 20)
        no = [tuple(sorted(one)) for one in rng.integers(0, 20, (12, 2)) if one[0] != one[1]]
        found = find_against(pairs(*drawn), pd.Series(base, map(str, range(20))),
                             [tuple(map(str, one)) for one in no])  # fmt: skip
        links = [np.stack([np.arange(20), 20 + base], axis=1)]

        def joined(links, no=no):
            ends = np.concatenate(links)
            graph = coo_array((np.ones(len(ends)), tuple(ends.T)), shape=(40, 40))
            part = connected_components(graph, directed=False)[1]
            return {one for one in no if part[one[0]] == part[one[1]]}

        before = joined(links)
        for pair, against in zip(drawn, found, strict=True):
            new = joined([*links, pair[None]]) - before
            assert (against is not None) == bool(new)
            if against:
                assert tuple(map(int, against)) in new
            else:
                links.append(pair[None])


def test_what_is_not_followed_is_counted_with_an_example():
    sure = pairs("ab", "bc", "cd", against=[None, ("a", "c"), ("b", "d")])
    assert tell_barred(sure) == (
        "2 pairs that are sure by themselves are not followed, for each would put two images of "
        "which you answered no into one group: 'b' and 'c' would join 'a' and 'c'. They stay "
        "apart, and open in pairs.csv."
    )
    assert tell_barred(sure.head(2)).startswith(
        "1 pair that is sure by itself is not followed, for it would put two images of which you "
    )
    assert tell_barred(sure.head(1)) is None and tell_barred(sure.head(0)) is None


def test_what_joins_a_no_all_the_same_is_told_by_the_fewest_links():
    said = pairs("ab", "bc", "ce", "ea", "ca", "cf", together=["yes"] * 3 + ["no", "no", "no"])
    copies = pairs("cd", "ed", "ad", kind=["near", "exact", "probable"])
    groups = pd.Series(["x"] * 5 + ["f"], list("abcdef"))
    told = (
        "2 pairs answered no stay together all the same, since copies, groups or answers yes join "
        "them: 'a' and 'c', by 'a' and 'b' (yes), 'b' and 'c' (yes). Where such a yes is wrong, "
        "write no there."
    )
    assert tell_overruled(said, groups, copies) == told
    assert tell_overruled(said[::-1], groups, copies[::-1]) == told
    first = said[said["image_id"] + said["other_id"] != "ca"]
    by = tell_overruled(first.assign(together=["yes", "yes", "", "no", "no"]), groups, copies)
    assert by.endswith(
        "'a' and 'e', by 'a' and 'b' (yes), 'b' and 'c' (yes), 'c' and 'd' (copies), 'd' and 'e' "
        "(copies). Where such a yes is wrong, write no there."
    )
    only = tell_overruled(pairs("dc", together="no"), groups, copies)
    assert only.endswith("yes join them: 'c' and 'd', which are copies.")
    unknown = tell_overruled(pairs("ab", together="no"), groups, copies)
    assert unknown.endswith("'a' and 'b', in part or wholly by groups that they came with.")
    assert tell_overruled(pairs("af", "aa", together="no"), groups) is None
    assert tell_overruled(None, groups) is None


@pytest.fixture
def boxes(tmp_path):
    """Photos 0 to 7 of two classes, of which 6 and 7 are one file."""
    for number in range(8):
        path = tmp_path / "boxes" / "ab"[number % 2] / f"{number}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        photo(120, 90, number).save(path)
    (tmp_path / "boxes" / "a" / "7.jpg").write_bytes(
        (tmp_path / "boxes" / "a" / "6.jpg").read_bytes()
    )
    (tmp_path / "boxes" / "b" / "7.jpg").unlink()
    return open_dataset(tmp_path / "boxes", progress=False)


NAMES = {number: f"{'ab'[number % 2] if number < 7 else 'a'}/{number}.jpg" for number in range(8)}


def named(*rows, **more):
    return pairs(*[[NAMES[one], NAMES[other]] for one, other in rows], **more)


def test_a_table_of_images_ends_the_search_and_the_section_says_what_a_table_of_pairs_does(
    boxes, tmp_path
):
    rows = {"image_id": [NAMES[0], NAMES[2]], "stays_with": "x"}
    pd.DataFrame(rows).to_csv(tmp_path / "images.csv", index=False)
    evidence = Evidence(keep_together(boxes, tmp_path / "images.csv"), plan(8, "10m"), False)
    evidence.workers = 0
    found = same_thing(evidence)
    assert found.title == "What belongs together is known in part: the column 'stays_with'"
    assert found.says[1] == ONLY_IMAGES == found.unchecked[0]
    column = boxes.with_images(boxes.images.assign(box="1")).with_group("box")
    own = same_thing(Evidence(column, plan(8, "10m"), False))
    assert own.says == ["So photos of one thing were not searched for."]


@pytest.mark.parametrize("turn", [1, -1])
def test_a_report_keeps_apart_what_was_answered_no_against_a_chain_of_sure_proposals(
    boxes, tmp_path, monkeypatch, turn
):
    rows = [(0, 2), (2, 4), (1, 3), (0, 6), (4, 7)]
    proposed = named(*rows, evidence="keypoints", why="", issue="", group=1, inliers=9,
                     likeness=0.5, across=pd.array([None] * 5, "boolean"),
                     expected=[0.99, 0.98, 0.97, 0.96, 0.7])  # fmt: skip
    monkeypatch.setattr("helpers.evidence.audited.suggest_groups", lambda *_, **__: proposed)
    path = tmp_path / "answers.csv"
    said = named((0, 4), (3, 5), (6, 7), (2, 7), (1, 5), together=["no", "yes", "no", "no", "no"])
    said[::turn].to_csv(path, index=False)
    evidence = Evidence(
        keep_together(boxes, path), plan(8, "10m"), False, answered=read_answers(boxes, path)
    )
    evidence.workers = 0
    things = evidence.things
    joined = {frozenset(own.index) for _, own in things.groupby(things) if len(own) > 1}
    # (2, 4) would join 0 and 4; (1, 3), with the yes, 1 and 5; (0, 6), with the copy, 2 and 7.
    expected = [{0, 2}, {3, 5}, {6, 7}]
    assert joined == {frozenset(NAMES[one] for one in own) for own in expected}
    listed = pairs_table(evidence)
    answers = {(row.image_id, row.other_id): row.together for row in listed.itertuples()}
    assert [answers[NAMES[one], NAMES[other]] for one, other in rows] == ["kept", "", "", "", ""]
    found = same_thing(evidence)
    assert found.says[-2].startswith("3 pairs that are sure by themselves are not followed, for")
    assert "'a/2.jpg' and 'a/4.jpg' would join 'a/0.jpg' and 'a/4.jpg'. They" in found.says[-2]
    assert found.says[-1].startswith("1 pair answered no stays together all the same")
    assert found.says[-1].endswith("join them: 'a/6.jpg' and 'a/7.jpg', which are copies.")
    assert (
        "0% or more, 1 pair of which 1 should be, stays on one side of the split here; 3 more"
        in (found.says[0])
    )


@pytest.mark.parametrize("chance", [0.7, 0.99])
def test_a_yes_of_a_copy_that_is_left_out_joins_what_it_is_a_copy_of(boxes, tmp_path, chance):
    proposed = named((2, 4), expected=[chance])
    path = tmp_path / "pairs.csv"
    named((0, 7), (2, 5), together=["yes", "no"]).to_csv(path, index=False)
    evidence = Evidence(
        keep_together(boxes, path), plan(8, "10m"), False, answered=read_answers(boxes, path)
    )
    evidence.workers = 0
    vars(evidence)["proposals"] = proposed
    assert evidence.choices.index.to_list() == [NAMES[7]]
    groups, things = evidence.clean.groups, evidence.things
    assert groups[NAMES[0]] == groups[NAMES[6]] and NAMES[7] not in groups
    assert things[NAMES[0]] == things[NAMES[6]] == things[NAMES[7]] != things[NAMES[1]]
    assert (groups[NAMES[2]] == groups[NAMES[4]]) == (chance > 0.9)

"""What it takes to show a need, against the same need held against more answers."""

import itertools
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers import evaluation
from helpers.evaluation import accuracy_interval, bootstrap_metrics, check_predictions
from helpers.findings.sections import Section
from helpers.findings.showing import draw_needs, tell_need
from helpers.needs.asking import find_classes, read_needs
from helpers.needs.holding import hold
from helpers.report.verdict import decide

CLASSES = ("a", "b", "c", "d")


def answered(counts, each=1):
    """Answers: by label and answer, how many things of `each` images; and what they show."""
    rows = [pair for pair, number in counts.items() for _ in range(number * each)]
    table = pd.DataFrame({name: [float(said == name) for _, said in rows] for name in CLASSES})
    table.insert(0, "label", [label for label, _ in rows])
    table.index = pd.Index([f"{n}.jpg" for n in range(len(table))], name="image_id")
    groups = pd.Series([f"thing {n // each}" for n in range(len(table))], table.index)
    return check_predictions(table), groups


def evidence(counts, each=1):
    table, groups = answered(counts, each)
    scores = bootstrap_metrics(table, groups)
    right = table["label"] == table["prediction"]
    scores.loc["accuracy"] = [*accuracy_interval(right, groups)]
    none = pd.DataFrame({"reason": []})
    return SimpleNamespace(
        judged=(table, SimpleNamespace()), things=groups, judged_scores=scores,
        judged_on="validation", best="frozen", can_learn=True, beats_dummy=True,
        classes_in_one_group=[], clean=SimpleNamespace(classes=sorted(set(table["label"]))),
        plan=SimpleNamespace(taken=(), opening=0),
        dataset=SimpleNamespace(images=pd.DataFrame({"split": ["train"]})),
        opened=SimpleNamespace(test_openings=lambda: none, notes=()),
        part=SimpleNamespace(has_groups=True, group="thing", images=table.assign(thing="one")),
        sides=(SimpleNamespace(images=table), None),
        keeps_split=False,
    )  # fmt: skip


def decided(counts, *needs, each=1):
    wanted = find_classes(read_needs(needs), SimpleNamespace(classes=list(CLASSES), name="mine"))
    return decide(evidence(counts, each), wanted, [Section("evaluation", "t")])


def rows_of(found):
    return found.plain()["tables"]["Asked, and shown"]


MIXED = {
    ("a", "a"): 38,
    ("a", "b"): 2,
    ("b", "b"): 27,
    ("b", "a"): 3,
    ("c", "c"): 19,
    ("c", "b"): 1,
}
SCORES = ["recall of a>=0.85", "precision of a>=0.8", "F1 of b>=0.8", "accuracy>=0.9",
          "recall of a+b>=0.99", "precision of b+c>=0.9", "F1 of b+c>=0.9"]  # fmt: skip


@pytest.mark.parametrize("each", [1, 3])
@pytest.mark.parametrize("asked", SCORES)
def test_the_number_is_that_from_which_on_the_same_answers_are_shown(asked, each):
    (row,) = rows_of(decided(MIXED, asked, each=each))
    if row["shown"] != "neither":  # of things fewer are needed; another need is asked, then
        asked = asked.partition(">=")[0] + f">={(row['low'] + row['value']) / 2:.4f}"
        (row,) = rows_of(decided(MIXED, asked, each=each))
    assert row["shown"] == "neither" and row["counted in"] == ("images", "things")[each > 1]
    assert row["images judged"] == each * row["judged"]

    def shown(number):
        more = {pair: number * there for pair, there in MIXED.items()}
        return rows_of(decided(more, asked, each=each))[0]["shown"] == "yes"

    enough = next(number for number in itertools.count(1) if shown(number))
    assert (enough - 1) * row["judged"] < row["needed"] <= enough * row["judged"]


def told(counts, *needs, each=1):
    """What a page and a card say of each need."""
    return [tell_need(row) for row in rows_of(decided(counts, *needs, each=each))]


def test_each_need_that_is_neither_shown_nor_ruled_out_says_what_shows_it():
    needs = ("recall of a>=0.9", "precision of b>=0.8", "recall of c>=0.6", "recall of b>=0.9",
             "balanced accuracy>=0.9", "recall of d>=0.9", "recall of a>=0.7")  # fmt: skip
    assert told(MIXED, *needs) == [
        "Recall of a: 95% (83% to 99%), where 90% is asked for; should it stay so, it takes about "
        "142 validation images of that class to show it (40 now)",
        "Precision of b: 90% (73% to 97%), where 80% is asked for; should it stay so, it takes "
        "about 65 validation images that it takes for that class to show it (30 now)",
        "Recall of c: 95% (74% to 99%), where 60% is asked for",
        "Recall of b: 90% (73% to 97%), where 90% is asked for; should it stay so, no number of "
        "images shows it: unless chance put it so low, the model has to get better",
        "Balanced accuracy: 93% (82% to 97%), where 90% is asked for; should it stay so, it takes "
        "roughly 490 validation images with classes mixed as here to show it (90 now)",
        "Recall of d of at least 0.9: no image of this class was asked about; it takes 38 "
        "validation images of that class at the least, all of them right",
        "Recall of a: 95% (83% to 99%), where 70% is asked for",
    ]
    assert accuracy_interval([True] * 38, range(38)).low >= 0.9
    assert accuracy_interval([True] * 37, range(37)).low < 0.9
    rows = rows_of(decided(MIXED, *needs))
    assert [row["needed"] for row in rows] == [142, 65, None, None, 487, 38, None]
    assert [row["judged"] for row in rows] == [40, 30, None, 30, 90, None, None]


def test_other_scores_are_reckoned_so_that_about_as_many_answers_show_them():
    for score in ("balanced accuracy>=0.9", "macro F1>=0.9", "MCC>=0.85"):
        (row,) = rows_of(decided(MIXED, score))
        assert row["shown"] == "neither"
        for times, word in ((0.7, "neither"), (1.3, "yes")):
            number = times * row["needed"] / row["judged"]
            more = {pair: round(number * there) for pair, there in MIXED.items()}
            assert rows_of(decided(more, score))[0]["shown"] == word


def test_of_groups_it_is_told_in_things_and_in_images():
    assert told(MIXED, "recall of a>=0.9", each=3) == [
        "Recall of a: 95% (83% to 99%), where 90% is asked for; should it stay so, it takes about "
        "142 things, 426 validation images of that class to show it (40 things, 120 images now)"
    ]


def test_a_difference_too_small_for_any_such_dataset_is_called_so_in_place_of_an_exact_number():
    few = {("a", "a"): 401, ("a", "b"): 99, ("b", "b"): 30}
    assert told(few, "recall of a>=0.8") == [
        "Recall of a: 80.2% (76% to 83%), where 80% is asked for; so small a difference (80.2% "
        "against 80.0%) cannot be shown with such a dataset: it would take over 153 thousand "
        "validation images of that class (500 images now)"
    ]
    (said,) = told(few, "recall of a>=0.8", each=2)
    assert said.endswith("it would take over 153 thousand things (500 things now)")
    (row,) = rows_of(decided(few, "recall of a>=0.8"))
    assert 153_000 <= row["needed"] < 154_000
    # Few were judged, and the difference is not small: the number is advice.
    (said,) = told({("a", "a"): 3, ("b", "b"): 30}, "recall of a>=0.9")
    assert said.endswith("it takes about 38 validation images of that class to show it (3 now)")


def test_a_score_of_all_classes_too_near_what_is_asked_is_called_so_with_its_own_digits():
    wrong = {("a", "a"): 81, ("a", "b"): 19, ("b", "b"): 81, ("b", "a"): 19}
    (said,) = told(wrong, "MCC>=0.617")
    assert "so small a difference (0.62 against 0.617) cannot be shown with such" in said
    (said,) = told(wrong, "balanced accuracy>=0.809")
    assert "so small a difference (81.0% against 80.9%) cannot be shown" in said


def test_what_no_number_shows_says_why():
    perfect = {("a", "a"): 30, ("b", "b"): 30}
    (said,) = told(perfect, "recall of a>=1")
    assert said.endswith(
        "; no number of images shows a score of 1, since every interval reaches below it: ask for "
        "less, such as 0.99"
    )
    one = {("a", "a"): 1, ("b", "b"): 9, ("b", "a"): 1}
    table = evidence(one, each=3)
    table.things[:] = "one"
    (need,) = read_needs(["recall of b>=0.5"]).wanted
    row = hold(need, table)
    assert row["needed"] is None and row["takes"] == (
        "measured on one single thing, which does not tell how many it takes"
    )
    (said,) = told({("a", "a"): 30}, "recall of a+b>=0.5")
    assert said == (
        "Recall of a+b: 100% (88% to 100%), where 50% is asked for; no image of b was asked about"
    )


def test_mcc_is_told_as_the_number_it_is_and_drawn_from_0_on():
    found = decided({("a", "b"): 9, ("b", "b"): 6, ("a", "a"): 5, ("b", "a"): 8}, "MCC>=0.9")
    (row,) = rows_of(found)
    assert row["low"] < 0 and tell_need(row) == (
        f"MCC: {row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f}), where 0.90 is asked for"
    )
    assert 'width="-' not in draw_needs(found.plain())


def test_three_needs_have_a_bar_and_their_words_each_and_more_a_line_each():
    asked = ["recall of a>=0.7", "recall of b>=0.99", "recall of c>=0.8"]
    few = draw_needs(decided(MIXED, *asked).plain())
    assert few.count("it takes") == 1 + few.count("aria-label") - 2  # told, and read out
    assert 'class="asked"' in few and few.endswith("</svg></div></div>")
    many = draw_needs(decided(MIXED, *asked, "accuracy>=0.5").plain())
    assert many.count("<svg") == 4 and many.count("it takes") == 1
    assert ", asked: 80%</p>" in many and "where" not in many and "where 80% is asked for" in few
    assert "<p>Recall of c of at least 0.8: should it stay so, it takes" in many


def test_needs_that_are_shown_or_ruled_out_get_no_sentence():
    found = decided(MIXED, "recall of a>=0.7", "recall of b>=0.99")
    assert [one["shown"] for one in rows_of(found)] == ["yes", "no"]
    assert [row["takes"] for row in rows_of(found)] == ["", ""]
    assert not re.search(r"it takes|chance", " ".join(found.says))


def test_which_of_several_needs_of_one_kind_are_not_shown_is_called_partly_chance():
    def chance(counts, *needs):
        return [one for one in decided(counts, *needs).says if "partly chance" in one]

    better = MIXED | {("d", "d"): 60}
    assert chance(better, "recall of every class>=0.9") == [
        "That it is these 3 of 4 of which a recall of 0.9 is neither shown nor ruled out is partly "
        "chance: each of their intervals holds 90%, and 1 other overlaps them; other images may "
        "name others."
    ]
    rows = rows_of(decided(better, "recall of every class>=0.9"))
    assert [row["shown"] for row in rows] == ["neither"] * 3 + ["yes"]
    assert all(row["low"] < 0.9 <= row["high"] for row in rows[:3])
    assert rows[3]["low"] <= max(row["high"] for row in rows[:3])
    # All alike, of other kinds, or apart: chance does not name them.
    assert chance(MIXED, "recall of a>=0.9", "recall of b>=0.9", "recall of c>=0.9") == []
    assert chance(better, "recall of a>=0.9", "recall of b>=0.91", "recall of d>=0.9") == []
    apart = {("a", "a"): 38, ("a", "b"): 2, ("b", "b"): 19, ("b", "a"): 1, ("d", "c"): 60}
    assert [row["shown"] for row in rows_of(decided(apart, *ABD))] == ["neither", "neither", "no"]
    assert chance(apart, *ABD) == []


ABD = [f"recall of {name}>=0.9" for name in "abd"]


def test_of_very_many_needs_the_sentences_name_a_few_and_every_row_its_number():
    names = [f"c{number:02}" for number in range(40)]
    labels = np.repeat(names, 20)
    table = pd.DataFrame({one: (labels == one).astype(float) for one in names})
    table.loc[table.index % 20 == 0, :] = np.eye(40)[np.arange(1, 41) % 40]
    table.insert(0, "label", labels)
    table.index = pd.Index([f"{n}.jpg" for n in range(800)], name="image_id")
    given, checked = evidence(MIXED), check_predictions(table)
    given.judged, given.things = (checked, None), pd.Series(checked.index, checked.index)
    given.clean.classes = names
    asked = read_needs("recall of every class>=0.9")
    wanted = find_classes(asked, SimpleNamespace(classes=names, name="mine"))
    found = decide(given, wanted, [Section("evaluation", "t")])
    each = "recall of each of c00, c01, c02, c03, c04, c05 and 34 more of at least 0.9"
    assert f"{each} are neither shown" in found.title
    page = draw_needs(found.plain())
    assert page.count("<svg") == 40 and page.startswith('<div class="asked many"><div><p>Recall of')
    takes = f"R{each[1:]}: should it stay so, it takes about 142 validation images of that class"
    assert page.count("it takes") == 1 and f"</div><p>{takes} to show it (20 now).</p>" in page
    assert {row["needed"] for row in rows_of(found)} == {142}
    assert all("images of that class to show it (20 now)" in row["takes"] for row in rows_of(found))


NEVER = {("a", "a"): 30, ("b", "b"): 20, ("c", "b"): 5, ("c", "a"): 3}


@pytest.mark.parametrize("each", [1, 3])
def test_of_a_class_that_is_never_named_it_is_told_what_precision_takes_at_the_least(each):
    found = decided(NEVER, "precision of c>=0.8", "recall of c>=0.5", each=each)
    row = rows_of(found)[0]
    assert (row["value"], row["judged"], row["shown"]) == (0, 0, "neither")
    assert row["needed"] == evaluation.groups_needed([1], [0], 0.8)
    assert row["takes"] == (
        f"it takes {row['needed']:,} validation images that it takes for that class at the least, "
        "all of them right"
    )
    every = decided(NEVER, "precision of every class>=0.8", each=each)
    assert len(rows_of(every)) == 4


def test_classes_are_scored_once_for_all_needs(monkeypatch):
    calls, score = [], evaluation.score_classes
    monkeypatch.setattr(
        evaluation, "score_classes", lambda *given: calls.append(1) or score(*given)
    )
    one = rows_of(decided(MIXED, "recall of every class>=0.9"))
    assert len(one) == 4 and calls.count(1) <= 2  # once for the needs, once for the weakest
    assert [row["value"] for row in one[:3]] == pytest.approx([38 / 40, 27 / 30, 19 / 20])


@pytest.mark.parametrize(
    ("need", "given", "side", "told"),
    [
        (
            "recall of a>=0.85",
            False,
            "validation",
            "Of images that you add, a fifth is validated",
        ),
        ("recall of a>=0.85", True, "validation", "Call them valid, as those that came."),
        ("recall of a>=0.85", False, "test", ""),
        ("recall of b>=0.5", False, "validation", ""),  # shown
        ("recall of b>=0.995", False, "validation", ""),  # ruled out, or no number shows it
    ],
)
def test_where_more_images_would_show_a_need_it_is_told_how_they_are_had(need, given, side, told):
    judged = evidence(MIXED)
    judged.keeps_split, judged.judged_on = given, side
    wanted = find_classes(read_needs(need), SimpleNamespace(classes=list(CLASSES), name="mine"))
    says = decide(judged, wanted, [Section("evaluation", "t")]).says
    more = [line for line in says if line.startswith("More validation images have to show other ")]
    assert len(more) == bool(told) and all(told in line for line in more)

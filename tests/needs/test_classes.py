"""What is counted of the classes of which a need is not shown."""

from types import SimpleNamespace

import pandas as pd
import pytest

from helpers.datasets.words import as_word
from helpers.findings.sections import Section
from helpers.needs.asking import find_classes, read_needs
from helpers.needs.classes import say_classes, worst_classes
from helpers.report.verdict import decide
from tests.needs.test_holding import CLASSES, evidence

LEARNED = {"a": (400, 400), "b": (60, 30), "c": (110, 101), "d": (7, 7)}
"""By class how many images are learned from, and of how many things."""
COUNTS = {("a", "a"): 38, ("a", "c"): 2, ("b", "b"): 27, ("b", "a"): 3,
          ("c", "c"): 15, ("c", "a"): 6, ("c", "b"): 3, ("c", "d"): 3, ("d", "d"): 40}  # fmt: skip


def known(learned=LEARNED, counts=COUNTS, each=1):
    found = evidence(counts, each)
    rows = [(name, f"{name}{n % things}") for name, (images, things) in learned.items()
            for n in range(images)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["label", "thing"])
    table.index = [f"train/{n}.jpg" for n in range(len(table))]
    found.sides = (SimpleNamespace(images=table[["label"]]), None)
    found.things = pd.concat([found.things, table["thing"]])
    return found


def verdict(*needs, sections=(), **more):
    wanted = find_classes(read_needs(needs), SimpleNamespace(classes=list(CLASSES), name="mine"))
    return decide(known(**more), wanted, [Section("evaluation", "t"), *sections])


def told(*needs, **more):
    return [line for line in verdict(*needs, **more).says if "learned from" in line]


def test_of_a_class_that_fails_it_is_told_what_was_learned_what_it_is_taken_for_and_where_to_look():
    doubts = pd.DataFrame({"doubts": [9, 5]}, pd.Index(["a", "c"], name="given"))
    worst = pd.DataFrame({"label": ["a", "c", "b", "c"]})
    sections = [Section("labels", "l", tables={"Doubts by class": doubts}),
                Section("errors", "e", tables={"Surest, and wrong": worst})]  # fmt: skip
    assert told("recall of c>=0.8", sections=sections) == [
        "Of c 110 images of 101 things were learned from; of the other 3 classes 2 have fewer "
        "things. Of 27 validation images of c, 12 were named wrongly: 6 as a, 3 as b, 3 as d. To "
        "look at: of c the section on errors shows 2 images and that on labels doubts 5 labels."
    ]


@pytest.mark.parametrize(
    ("learned", "said"),
    [
        ({"c": (9, 5)}, "Of c 9 images of 5 things were learned from, the fewest things of all 4 "
         "classes (each of the others has 7 to 400)."),
        ({"b": (7, 7), "c": (5, 5)}, "Of c 5 images were learned from, the fewest images of all 4 "
         "classes (each of the others has 7 to 400)."),
        ({"b": (7, 7), "a": (7, 7), "c": (1, 1)}, "Of c 1 image was learned from, the fewest images"
         " of all 4 classes (each of the others has 7)."),
        ({"c": (9, 7)}, "Of c 9 images of 7 things were learned from; no class has fewer things."),
        ({"a": (100, 100), "b": (104, 104), "d": (101, 101), "c": (102, 102)},
         "Of c 102 images were learned from (each of the others has 100 to 104)."),
        ({"a": (104, 104), "b": (104, 104), "d": (110, 104), "c": (99, 99)},
         "Of c 99 images of 99 things were learned from (each of the others has 104)."),
        ({"a": (90, 90), "b": (104, 104), "d": (101, 101), "c": (102, 102)},
         "Of c 102 images were learned from; of the other 3 classes 2 have fewer images."),
        ({"c": (50, 29)}, "Of c 50 images of 29 things were learned from; of the other 3 classes 1 "
         "has fewer things."),
    ],
)  # fmt: skip
def test_a_class_is_held_against_the_others_by_the_things_of_each(learned, said):
    assert told("recall of c>=0.8", learned=LEARNED | learned)[0].startswith(f"{said} Of 27")


def test_a_class_that_only_others_show_is_one_of_which_no_image_was_learned_from():
    (said,) = told("recall of b>=0.99", learned={"a": (9, 9), "b": (3, 3)})
    assert said.startswith("Of b 3 images were learned from; of the other 3 classes 2 have fewer ")
    (said,) = told("recall of c>=0.8", learned={"a": (9, 9), "b": (3, 3)})
    assert said.startswith("Of c no image was learned from. ")


def test_classes_that_are_called_by_numbers_stand_in_quotes():
    evidence = known()
    names = {"a": "1", "b": "2", "c": "8", "d": "9"}
    evidence.sides[0].images["label"] = evidence.sides[0].images["label"].map(names)
    answers = evidence.judged[0]
    answers = answers.assign(
        label=answers["label"].map(names), prediction=answers["prediction"].map(names)
    )
    evidence.judged = (answers, evidence.judged[1])
    (said,) = say_classes({("8",): {"recall"}}, evidence, [], ["8"])
    assert said == (
        "Of '8' 110 images of 101 things were learned from; of the other 3 classes 2 have fewer "
        "things. Of 27 validation images of '8', 12 were named wrongly: 6 as '1', 3 as '2', 3 as "
        "'9'. To look at: of '8' the section on errors shows 1 image."
    )
    assert [as_word(name) for name in ("oak", "3b", "+", "3+4", "Öl", "")] == [
        "oak", "3b", "'+'", "'3+4'", "Öl", "''"
    ]  # fmt: skip


def test_images_of_one_thing_are_counted_as_what_they_are():
    (said,) = told("recall of c>=0.8", each=2)
    assert "Of 54 validation images (27 things) of c, 24 were named wrongly: 12 as a, 6" in said


def test_of_precision_it_is_told_what_is_taken_for_the_class_and_of_f1_both():
    (said,) = told("precision of a>=0.9")
    assert said.endswith(
        "Of 47 validation images named a, 9 were of other classes: 6 of c, 3 of b."
    )
    assert "named wrongly" not in said
    (said,) = told("F1 of a>=0.99")
    assert said.endswith(
        "Of 40 validation images of a, 2 were named wrongly: 2 as c. Of 47 validation images named "
        "a, 9 were of other classes: 6 of c, 3 of b."
    )


def test_the_three_that_are_farthest_below_what_is_asked_are_told_and_what_fails_first():
    needs = ["recall of every class>=0.99", "precision of b>=0.5"]
    assert [line[:5] for line in told(*needs)] == ["Of c ", "Of b ", "Of a "]
    wanted = read_needs(["recall of a>=0.9", "recall of b>=0.9", "F1 of b>=0.9", "recall of c>=1"])
    table = pd.DataFrame({"value": [0.95, 0.7, 0.6, None],
                          "shown": ["yes", "neither", "no", "no image of this class"]})  # fmt: skip
    found = worst_classes(wanted, table)
    assert [*found] == [("b",), ("c",)]
    assert [*found.values()] == [{"recall", "F1"}, {"recall"}]


def test_classes_taken_for_one_are_counted_as_one():
    assert say_classes({("b", "c"): {"recall"}}, known()) == [
        "Of b+c 170 images of 131 things were learned from. Of 57 validation images of b+c, 12 were"
        " named wrongly: 9 as a, 3 as d."
    ]


def test_without_a_need_on_a_class_the_least_recalled_is_told_and_none_where_all_is_shown():
    (said,) = told("balanced accuracy>=0.95")
    assert said.startswith("Of c 110 images") and "12 were named wrongly: 6 as a" in said
    assert told("balanced accuracy>=0.3", "recall of a>=0.5") == []
    assert say_classes({("e",): {"recall"}}, known()) == ["Of e no image was learned from."]

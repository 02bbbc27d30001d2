"""What a comparison says, sentence by sentence."""

import numpy as np
import pandas as pd
import pytest

from helpers.drift.comparing import CONTENT, FILES, LIGHT, SHARES, WITHIN, Comparison
from helpers.drift.joining import join_datasets
from helpers.drift.telling import describe_comparison, describe_facts
from tests.drift.sides import side

NO_COPIES = "No image of the second folder was found in the first."


def found_of(tests, classes=None, pairs=(), notes=()):
    """A comparison of rows (area, differs) by question; shifts are all but the class shares."""
    rows = {
        name: {"area": area, "low": 0.5, "high": 0.98, "p": 0.2 if area is None else 0.001,
               "differs": differs}
        for name, (area, differs) in tests.items()
    }  # fmt: skip
    table = pd.DataFrame.from_dict(rows, "index").astype({"area": float})
    shifts = dict.fromkeys([name for name in tests if name != SHARES])
    columns = ["image_id", "other_id", "kind"]
    pairs = pd.DataFrame(pairs, columns=columns, dtype="str")
    joined = join_datasets(side(["x"] * 3, "a"), side(["x"] * 4, "b"))
    return Comparison(shifts, table, pd.DataFrame(), classes, pairs, joined, [*notes])


@pytest.mark.parametrize(
    ("area", "differs", "said"),
    [
        (0.9, True, "Files: the folders are nearly always told apart, area 0.90 (0.50 to 0.98)."),
        (0.89, True, "Files: the folders are often told apart, area 0.89 (0.50 to 0.98)."),
        (0.7, True, "Files: the folders are often told apart, area 0.70 (0.50 to 0.98)."),
        (0.69, True, "Files: the folders are told apart a little better than by guessing, area 0.69"
                     " (0.50 to 0.98)."),
        (0.99, False, "Files: no difference shown, area 0.99 (0.50 to 0.98)."),
        (np.nan, False, "Files: not asked, for want of ten things in each folder."),
    ],
)  # fmt: skip
def test_how_well_the_folders_are_told_apart_is_said_in_words_and_as_an_area(area, differs, said):
    first, *rest = describe_comparison(found_of({FILES: (area, differs)}))
    assert first == said
    explained = [one for one in rest if one.startswith("The area under the ROC curve")]
    assert len(explained) == (not np.isnan(area))
    assert rest[-1] == NO_COPIES


def classes_of(**rows):
    """Rows of (first, second, differs)."""
    table = pd.DataFrame.from_dict(rows, "index", columns=["first", "second", "differs"])
    for name in ("first", "second"):
        table[f"{name} share"] = table[name] / table[name].sum()
    return table.assign(difference=table["second share"] - table["first share"])


PLAIN = {FILES: (0.5, False), LIGHT: (0.5, False)}


def said_of(tests, classes):
    (said,) = [one for one in describe_comparison(found_of(tests, classes)) if "lass" in one[:12]]
    return said


def test_class_shares_that_differ_are_named_three_of_them_the_largest_difference_first():
    classes = classes_of(ash=(40, 10, True), elm=(10, 40, True), fir=(20, 5, True),
                         oak=(10, 29, True), yew=(20, 16, False))  # fmt: skip
    tests = PLAIN | {CONTENT: (0.5, False), SHARES: (np.nan, True)}
    assert said_of(tests, classes) == (
        "Class shares differ: ash 40% here, 10% there, elm 10% here, 40% there, oak 10% here, "
        "29% there."
    )
    few = classes.assign(differs=False)
    assert said_of(tests, few) == "Class shares differ."
    alone = classes_of(ash=(5, 5, False), elm=(5, 0, True), fir=(0, 5, False))
    assert said_of(tests, alone) == (
        "Class shares differ: elm 50% here, 0% there; only the second folder has fir; only the "
        "first folder has elm."
    )


def test_classes_of_one_folder_alone_are_named_four_of_them():
    names = [f"c{number}" for number in range(5)]
    rows = dict.fromkeys(names, (5, 0, False)) | {"one": (1, 1, False), "new": (0, 9, False)}
    tests = PLAIN | {CONTENT: (0.5, False), SHARES: (np.nan, False)}
    assert said_of(tests, classes_of(**rows)) == (
        "Class shares: no difference shown; only the second folder has new; only the first folder "
        "has c0, c1, c2, c3 and 1 more."
    )
    both = classes_of(one=(3, 4, False))
    assert said_of(tests, both) == "Class shares: no difference shown."


def test_shares_that_were_not_asked_about_are_said_to_be():
    found = found_of(PLAIN | {SHARES: (np.nan, False)}, classes_of(one=(3, 0, False)))
    found.tests.loc[SHARES, "p"] = np.nan
    assert describe_comparison(found)[-2] == (
        "Class shares: not asked, for want of two classes or images; only the first folder has one."
    )


@pytest.mark.parametrize(
    ("content", "within", "said"),
    [
        (True, True, "; content differs within the classes, too."),
        (True, False, "; within the classes no difference of content is shown, so that the shares "
                      "may be all there is to it."),
        (False, True, "."),
        (True, None, "."),
    ],
)  # fmt: skip
def test_content_within_the_classes_is_told_where_content_differs(content, within, said):
    tests = PLAIN | {CONTENT: (0.8, content), SHARES: (np.nan, True)}
    tests |= {} if within is None else {WITHIN: (0.8, within)}
    told = said_of(tests, classes_of(ash=(9, 1, True), elm=(1, 9, True)))
    shares = "Class shares differ: ash 90% here, 10% there, elm 10% here, 90% there"
    assert told == shares + said


@pytest.mark.parametrize(
    ("count", "said"),
    [(1, "1 image of 4 in the second folder is a copy of images"),
     (2, "2 images of 4 in the second folder are copies of images"), (0, NO_COPIES)],
)  # fmt: skip
def test_copies_are_counted_once_however_many_originals_they_have(count, said):
    pairs = [(f"a/a/00{n}.jpg", f"b/b/00{m}.jpg", "near") for m in range(count) for n in (0, 1)]
    unsure = [("a/a/002.jpg", "b/b/003.jpg", "probable")]
    found = found_of({FILES: (0.5, False)}, pairs=[*pairs, *unsure], notes=["A note."])
    copies, note = describe_comparison(found)[-2:]
    assert copies.startswith(said) and note == "A note."


def test_facts_are_told_as_shares_or_numbers_and_three_at_most():
    rows = {
        "mode L": (0, 1),
        "brightness": (0.5, 0.25),
        "portrait": (0.1, 0.2),
        "width": (640, 1280),
    }
    facts = pd.DataFrame.from_dict(rows, "index", columns=["first", "second"]).assign(differs=True)
    assert describe_facts(facts) == (
        "mode L (0% here, 100% there); brightness (0.5 here, 0.25 there); portrait (10% here, 20% "
        "there)"
    )
    assert describe_facts(facts, most=4).endswith("; width (640 here, 1.28e+03 there)")
    facts.loc["mode L", "differs"] = False
    assert describe_facts(facts).startswith("brightness") and describe_facts(facts[:1]) == ""

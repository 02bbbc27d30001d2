import itertools
import shlex
import subprocess
import sys
from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import pytest

from helpers.datasets import DatasetError
from helpers.needs.asking import (
    DEFAULT,
    Need,
    find_classes,
    for_shell,
    name_together,
    quoted,
    read_names,
    read_needs,
)


def test_words_and_mappings_give_the_same_needs():
    words = read_needs(["Accuracy >= 90%", "recall of Norway maple>=0.6", "f1 of a>=b>=0.5"])
    mapped = read_needs({"accuracy": 0.9, "recall of Norway maple": 0.6, "F1 of a>=b": 0.5})
    assert words == mapped
    assert words.wanted == (
        Need("accuracy", 0.9),
        Need("recall", 0.6, "Norway maple"),
        Need("F1", 0.5, "a>=b"),
    )
    assert words.said


@pytest.mark.parametrize("nothing", [None, [], {}])
def test_where_nobody_asks_a_default_is_supposed_and_said_to_be(nothing):
    needs = read_needs(nothing)
    assert needs.wanted == (Need(*DEFAULT),)
    assert not needs.said
    assert str(needs) == "balanced accuracy of at least 0.8"
    assert read_needs(needs) is needs


@pytest.mark.parametrize("text", ["accuracy", "accuracy>0.9", "accuracy>=high", ">=0.5", ""])
def test_words_that_are_no_need_are_refused_with_an_example(text):
    with pytest.raises(DatasetError, match=r"expected one such as 'balanced accuracy>=0\.8'"):
        read_needs([text])


@pytest.mark.parametrize("least", [0, -0.1, 1.01, 90])
def test_a_least_that_no_score_can_have_is_refused(least):
    with pytest.raises(DatasetError, match="expected a number above 0, at most 1"):
        read_needs({"accuracy": least})
    assert read_needs({"accuracy": 1}).wanted[0].least == 1


def test_an_unknown_score_is_refused_with_the_one_that_was_meant():
    with pytest.raises(DatasetError, match="did you mean 'balanced accuracy'") as caught:
        read_needs("balanced acuracy>=0.5")
    assert "accuracy, balanced accuracy, macro precision, " in str(caught.value)


def test_needs_cannot_be_changed_once_said():
    needs = read_needs("accuracy>=0.5")
    for one, name in ((needs, "said"), (needs.wanted[0], "least")):
        with pytest.raises(FrozenInstanceError):
            setattr(one, name, 0.1)


def test_a_need_reads_as_it_was_asked():
    assert str(read_needs("recall of olive>=60%")) == "recall of olive of at least 0.6"


def named(asked, *classes):
    dataset = SimpleNamespace(classes=sorted(classes), name="mine")
    (need,) = find_classes(read_needs(f"{asked}>=0.9"), dataset).wanted
    return need.named


@pytest.mark.parametrize("asked", ["rust+scab", "scab + rust", '"rust"+scab', "rust+scab+rust"])
def test_several_classes_are_taken_for_one_whatever_their_order(asked):
    assert named(f"recall of {asked}", "healthy", "rust", "scab") == ("rust", "scab")


@pytest.mark.parametrize(
    ("asked", "classes", "meant"),
    [
        ("C++", ["C", "C++", "D"], ("C++",)),
        ("C+++C", ["C", "C++", "D"], ("C", "C++")),
        ("salt + vinegar", ["salt + vinegar", "salt"], ("salt + vinegar",)),
        ('"a+b"', ["a", "b", "a+b"], ("a+b",)),
        ('"a"+"b"', ["a", "b", "a+b"], ("a", "b")),
        ("+", ["+", "-"], ("+",)),
        ("++-", ["+", "-", "0"], ("+", "-")),
        ('" a"+b', [" a", "b", "c"], (" a", "b")),
        ("two  spaces+b", ["two  spaces", "b", "c"], ("b", "two  spaces")),
        ("e\u0301te\u0301", ["\u00e9t\u00e9", "hiver"], ("\u00e9t\u00e9",)),
    ],
)
def test_a_plus_in_a_name_is_part_of_it(asked, classes, meant):
    assert named(f"precision of {asked}", *classes) == meant


def test_where_two_readings_fit_neither_is_taken_and_what_is_printed_decides():
    with pytest.raises(DatasetError, match="allow 2 readings. Put each name in double") as caught:
        named("recall of a+b", "a", "b", "a+b", "c")
    words = shlex.split(str(caught.value).partition("double quotes: ")[2].removesuffix("."))
    asked = [word for word in words if word.startswith("recall")]
    dataset = SimpleNamespace(classes=["a", "a+b", "b", "c"], name="mine")
    found = [find_classes(read_needs(one), dataset).wanted[0].named for one in asked]
    assert found == [("a", "b"), ("a+b",)]


def test_all_readings_are_those_of_a_search_through_all_ways_to_write_some_classes():
    classes = ("+", "+a", "a", "a+", "a+b", "b", '"a"')
    forms = [(name, form) for name in classes for form in (name, f'"{name}"')]
    written = {}
    for number in (1, 2, 3):
        for chosen in itertools.product(forms, repeat=number):
            text = "+".join(form for _, form in chosen)
            written.setdefault(text, set()).add(tuple(sorted({name for name, _ in chosen})))
    for text, ways in itertools.islice(written.items(), 0, None, 7):
        assert ways <= read_names(text, classes)
        if text.count("+") < 2:
            assert ways == read_names(text, classes), text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("rust+scba", "names 'scba', and 'mine' has no such class (did you mean 'scab'?)"),
        ("elm", "names 'elm', and 'mine' has no such class; it has healthy, rust, scab."),
        ("rust+", "names 'rust+', and 'mine' has no such class"),
        ("healthy+rust+scab", "taken together these are all classes of 'mine'"),
    ],
)
def test_classes_that_are_not_there_and_all_of_them_are_refused(asked, said):
    with pytest.raises(DatasetError) as caught:
        named(f"recall of {asked}", "healthy", "rust", "scab")
    assert said in str(caught.value)


def test_of_one_single_class_the_need_stands_though_it_is_all_there_is():
    assert named("recall of oak", "oak") == ("oak",)


def test_needs_over_all_classes_and_of_unlabelled_images_stay_as_they_are():
    needs = read_needs({"accuracy": 0.5, "recall of a+b": 0.5})
    assert find_classes(needs, SimpleNamespace(classes=[], name="mine")) is needs
    found = find_classes(needs, SimpleNamespace(classes=["a", "b", "c"], name="mine"))
    assert [one.named for one in found.wanted] == [(), ("a", "b")]
    assert found.said and str(found) == str(needs)
    assert Need("recall", 0.5, "a").named == ("a",)


def test_a_name_is_quoted_only_where_it_could_be_read_otherwise():
    names = ["oak", "bur's oak", "a+b", " a", 'so "called"']
    assert [quoted(name) for name in names] == [
        "oak", "bur's oak", '"a+b"', '" a"', '"so "called""',
    ]  # fmt: skip
    for name in names:
        assert named(f"recall of {quoted(name)}", *names) == (name,)


def wanted(classes, *asked):
    dataset = SimpleNamespace(classes=sorted(classes), name="mine")
    return find_classes(read_needs(asked), dataset).wanted


@pytest.mark.parametrize("score", ["recall", "precision", "F1"])
@pytest.mark.parametrize("words", ["every class", "Every  CLASS"])
def test_every_class_is_a_need_for_each_that_reads_as_if_it_had_been_typed(score, words):
    classes = ["b", "a+b", "every"]
    found = wanted(classes, f"{score} of {words}>=0.9")
    assert found == tuple(
        Need(score, 0.9, label, (name,))
        for label, name in [('"a+b"', "a+b"), ("b", "b"), ("every", "every")]
    )
    assert found == wanted(classes, *(f"{score} of {one.label}>=0.9" for one in found))


def test_what_was_asked_of_a_class_besides_stays_and_the_same_need_is_held_once():
    found = wanted("ab", "accuracy>=0.5", "recall of every class>=0.9", "recall of a>=0.9",
                   "recall of a>=0.95")  # fmt: skip
    assert [str(one) for one in found] == [
        "accuracy of at least 0.5",
        "recall of a of at least 0.9",
        "recall of b of at least 0.9",
        "recall of a of at least 0.95",
    ]


@pytest.mark.parametrize("name", ["every class", "Every class"])
def test_a_class_that_is_called_every_class_is_reached_in_quotes_and_no_guess_is_made(name):
    with pytest.raises(DatasetError, match="among its classes") as caught:
        wanted([name, "a"], "recall of every class>=0.9")
    told = str(caught.value)
    assert f"has {name!r} among its classes" in told and "name each" in told
    words = shlex.split(told.partition("double quotes, ")[2].partition(";")[0])
    assert words[0] == "--need"
    assert wanted([name, "a"], words[1]) == (Need("recall", 0.9, f'"{name}"', (name,)),)


def test_a_class_that_is_called_every_is_a_class_as_any_other():
    (found,) = wanted(["every", "a", "b"], "recall of every>=0.9")
    assert found.classes == ("every",)
    (found,) = wanted(["every", "a", "b"], "recall of every+a>=0.9")
    assert found.classes == ("a", "every")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("every class+a", "'every class' stands alone, for a need of each class"),
        ("every", "did you mean 'every class'?"),
        ("evry class", "did you mean 'every class'?"),
    ],
)
def test_what_is_nearly_every_class_is_refused_with_what_was_meant(asked, said):
    with pytest.raises(DatasetError) as caught:
        wanted("abc", f"recall of {asked}>=0.9")
    assert said in str(caught.value)


def test_every_class_of_images_without_labels_waits_and_of_one_class_is_that_class():
    needs = read_needs("recall of every class>=0.9")
    assert find_classes(needs, SimpleNamespace(classes=[], name="mine")) is needs
    assert [one.classes for one in wanted(["oak"], "recall of every class>=0.9")] == [("oak",)]


@pytest.mark.parametrize(
    "text", ["recall of a>=0.9", 'recall of "every class">=0.9', "F1 of a\\b>=0.5", 'a"\\"b', ""]
)
def test_a_printed_need_works_alone_and_within_single_quotes(text):
    word = for_shell(text)
    makefile = f"all:\n\t@{sys.executable} -c 'import sys; print(sys.argv[1:])' $(ARGS)\n"
    alone = subprocess.check_output(["sh", "-c", f"printf %s {word}"], text=True)
    within = ["sh", "-c", f"make -s -f - ARGS='--need {word}'"]
    assert alone == text
    assert subprocess.check_output(within, input=makefile, text=True) == f"{['--need', text]}\n"


@pytest.mark.parametrize("text", ["recall of it's>=0.9", "a$b", "a`b`", "a!b", "two\nlines"])
def test_a_printed_need_that_double_quotes_would_change_works_alone(text):
    assert subprocess.check_output(["sh", "-c", f"printf %s {for_shell(text)}"], text=True) == text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["accuracy>=0.9"], "accuracy of at least 0.9"),
        (["recall of a>=0.9", "recall of b>=0.9"],
         "recall of a of at least 0.9; recall of b of at least 0.9"),
        (["recall of a>=0.9", "MCC>=0.5", "recall of b>=0.9", "recall of c>=0.9"],
         "recall of each of a, b, c of at least 0.9; MCC of at least 0.5"),
        (["recall of a>=0.9", "recall of b>=0.9", "recall of c>=0.8", "F1 of a>=0.9"],
         "recall of a of at least 0.9; recall of b of at least 0.9; recall of c of at least 0.8; "
         "F1 of a of at least 0.9"),
        ([f"recall of c{n}>=0.9" for n in range(7)],
         "recall of each of c0, c1, c2, c3, c4, c5, c6 of at least 0.9"),
        ([f"recall of c{n}>=0.9" for n in range(8)],
         "recall of each of c0, c1, c2, c3, c4, c5 and 2 more of at least 0.9"),
        ([f"recall of c>=0.{n}" for n in range(1, 9)],
         "; ".join(f"recall of c of at least 0.{n}" for n in range(1, 7)) + "; and 2 more"),
        (["recall of tip of leaf>=0.9", "recall of a>=0.9", "recall of b>=0.9"],
         "recall of each of tip of leaf, a, b of at least 0.9"),
    ],
)  # fmt: skip
def test_needs_of_one_kind_are_named_together(asked, told):
    assert name_together(map(str, read_needs(asked).wanted)) == told

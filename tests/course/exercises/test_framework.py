"""What holds for every exercise, and how the framework speaks."""

import string
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.balance import image_weights
from helpers.course import exercises
from helpers.course.exercises import framework
from helpers.evaluation import accuracy_interval
from helpers.fairness import Shortcut, name_groups
from helpers.training import train_head
from tests.course.exercises.answers import GIVEN, NEEDS, WRONG, WRONG_ELSEWHERE, make_dataset

KEYS = exercises.keys()


@pytest.fixture(autouse=True)
def fresh_counts(monkeypatch):
    monkeypatch.setattr(framework, "_wrong", framework.Counter())
    monkeypatch.setattr(framework, "_shown", framework.Counter())


def test_the_exercises_of_the_first_notebooks_are_there_in_order():
    first = ["00.1", "00.2", "00.3", "01.1", "01.2", "01.3", "01.4", "02.1", "02.2", "02.3", "02.4"]
    assert [*KEYS][: len(first)] == first


@pytest.mark.parametrize("key", KEYS)
def test_its_solution_is_accepted_as_the_notebook_would_run_it(key, capsys):
    names = {"dataset": make_dataset(), "exercises": exercises, "np": np, "pd": pd, **GIVEN}
    exec(exercises.solution(key), names)
    assert capsys.readouterr().out.startswith(f"{key}: right. ")


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("untouched", [..., None, (..., ...), [1, ...]], ids=str)
def test_an_untouched_stub_is_neither_right_nor_wrong(key, untouched):
    verdict = exercises.judge(key, untouched, make_dataset())
    assert verdict.right is None
    assert verdict.message.startswith(f"{key} is not answered yet.")


@pytest.mark.parametrize("key", KEYS)
def test_each_plausible_wrong_answer_is_told_its_own_mistake(key):
    told = {}
    for answer, mistake, word in WRONG[key]:
        given = {name: GIVEN[name] for name in NEEDS.get(key, [])}
        verdict = exercises.judge(key, answer, make_dataset(), **given)
        assert (verdict.right, verdict.mistake) == (False, mistake)
        assert word in verdict.message
        told[mistake] = verdict.message
    assert len(set(told.values())) >= 2


@pytest.mark.parametrize("key", KEYS)
def test_every_mistake_that_has_words_can_be_made(key):
    made = {mistake for _, mistake, *_ in [*WRONG[key], *WRONG_ELSEWHERE.get(key, [])]}
    assert made - {"malformed"} == set(exercises.find(key).mistakes)


@pytest.mark.parametrize("key", WRONG_ELSEWHERE)
def test_without_truth_a_mistake_is_still_named(key):
    for answer, mistake, word, names in WRONG_ELSEWHERE[key]:
        given = {name: GIVEN[name] for name in names}
        verdict = exercises.judge(key, answer, make_dataset(bundled=False), **given)
        assert (verdict.right, verdict.mistake) == (False, mistake)
        assert word in verdict.message


def test_no_threshold_is_asked_to_be_better_than_the_best_there_is():
    verdicts = [
        exercises.judge("02.1", distance, make_dataset(), sweep=GIVEN["sweep"]).mistake
        for distance in GIVEN["sweep"]["distance"]
    ]
    assert verdicts == ["crops", "crops", None, "near", "bursts"]


def test_the_best_threshold_is_told_with_what_it_finds_and_one_between_rows_is_the_row_below():
    for distance in (4, 5, 7):
        verdict = exercises.judge("02.1", distance, make_dataset(), sweep=GIVEN["sweep"])
        # 2 / (1 / 0.94 + 1 / 0.92) = 0.9299
        assert "F1 than 0.93: it finds 92% of the copies" in verdict.message


@pytest.mark.parametrize(("key", "answer"), [("01.3", "Device"), ("02.1", 6)])
def test_without_truth_what_was_measured_decides(key, answer):
    given = {name: GIVEN[name] for name in NEEDS[key]}
    assert exercises.judge(key, answer, make_dataset(bundled=False), **given).right is True


def test_a_number_as_good_as_a_perfect_family_is_right():
    given = {name: GIVEN[name] for name in NEEDS["01.4"]}
    perfect = given["separation"].assign(auc=1.0)
    told = {
        auc: exercises.judge(
            "01.4",
            lambda rgb, leaf: rgb[leaf].mean(axis=0)[0],
            make_dataset(),
            **(given | {"separation": perfect.assign(auc=auc)}),
        ).right
        for auc in (0.6, 0.97, 1.0)
    }
    assert told == {0.6: True, 0.97: True, 1.0: True}


def test_an_interval_as_accuracy_interval_returns_it_is_taken_for_its_ends():
    def drawn(images, suspects, ask):
        return accuracy_interval(ask(np.random.default_rng(0).choice(images, 150, replace=False)))

    for key, answer in (("10.4", accuracy_interval), ("14.4", drawn)):
        assert exercises.judge(key, answer, make_dataset()).right


def test_where_no_label_is_in_doubt_an_empty_list_is_accepted_as_unmeasured():
    none = pd.DataFrame({"issue": [False], "evidence": [""], "wrong": [0.1]}, ["a.jpg"])
    for answer in ([], none[none["issue"]].index, ["a.jpg"]):
        verdict = exercises.judge("02.4", answer, None, doubts=none)
        assert verdict.right and "nothing was measured" in verdict.message
    assert not exercises.judge("02.4", [], None, doubts=none.assign(issue=True)).right


def test_where_nothing_is_known_a_plausible_distance_is_accepted_as_unmeasured():
    sweep = GIVEN["sweep"].assign(recall=np.nan, precision=np.nan, bursts=np.nan)
    for given in ({"sweep": sweep}, {}):
        verdict = exercises.judge("02.1", 6, make_dataset(bundled=False), **given)
        assert verdict.right is True
        assert "nothing was measured here" in verdict.message
        assert exercises.find("02.1").because not in verdict.message


def test_classes_in_the_order_of_the_images_need_no_index():
    def mend(known, labels, grounds, asked):
        head = train_head(known, labels, weights=image_weights(labels, grounds))
        return head.predict(asked).to_numpy()

    verdict = exercises.judge("12.4", mend, make_dataset(), served=GIVEN["served"])
    assert verdict.right is True


def test_without_a_shortcut_a_remedy_is_accepted_as_unmeasured():
    features, train, valid, _, _, *plain = GIVEN["served"]
    none = Shortcut(None, {}, "ash")
    given = (features, train, valid, name_groups(train, valid, none), none, *plain)

    def mend(known, labels, grounds, asked):
        return train_head(known, labels).predict(asked)

    verdict = exercises.judge("12.4", mend, make_dataset(bundled=False), served=given)
    assert verdict.right is True
    assert "there is no shortcut, and nothing was measured" in verdict.message
    verdict = exercises.judge("12.4", lambda *given: [], make_dataset(), served=given)
    assert verdict.mistake == "short"


@pytest.mark.parametrize("name", ["Beech", " BEECH "])
def test_class_names_are_known_by_any_capitals(name):
    assert exercises.judge("01.1", (name, 2.5), make_dataset()).right is True
    verdict = exercises.judge("01.1", ("Oak", 2.5), make_dataset())
    assert verdict.mistake == "largest"


@pytest.mark.parametrize("key", [key for key in KEYS if exercises.find(key).needs_labels])
def test_a_dataset_that_was_not_given_is_asked_for(key):
    verdict = exercises.judge(key, 0.5)
    assert verdict.right is None
    assert "the dataset argument is missing" in verdict.message


@pytest.mark.parametrize(("answer", "shown"), [(2.5, "2.5"), ("many", "'many'"), ((), "()")])
def test_a_malformed_answer_is_shown_as_it_was_given(answer, shown):
    verdict = exercises.judge("02.1", answer, make_dataset())
    assert verdict.message.endswith(f"got {shown}.")


def test_a_function_whose_result_cannot_be_read_is_not_only_called_a_function():
    told = exercises.judge("08.1", lambda curves, patience: "the third", make_dataset()).message
    assert told.endswith(
        "got a function, which led to ValueError: could not convert string to float: 'the third'."
    )
    assert "led to" not in exercises.judge("08.1", 3, make_dataset()).message


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("nonsense", ["?", -1, 3.7, (), {}, [[]], float("nan"), object], ids=repr)
def test_nonsense_gets_a_sentence_and_never_an_error(key, nonsense):
    verdict = exercises.judge(key, nonsense, make_dataset())
    assert verdict.right is False
    assert "0x" not in verdict.message


@pytest.mark.parametrize("key", KEYS)
def test_its_hints_escalate_and_its_words_fit_a_sentence(key):
    exercise = exercises.find(key)
    assert len(set(exercise.hints)) >= 3
    for text in [exercise.because, *exercise.hints, *exercise.mistakes.values()]:
        assert text.strip() == text
        assert list(string.Formatter().parse(text))


@pytest.mark.parametrize("key", KEYS)
def test_where_labels_are_needed_an_unlabelled_dataset_is_told_so(key):
    verdict = exercises.judge(key, "x", SimpleNamespace(labelled=False, is_bundled=False))
    if exercises.find(key).needs_labels:
        assert verdict.right is None
        assert "needs labels" in verdict.message
    else:
        assert verdict.right is False


def test_repeated_wrong_answers_are_told_more_each_time(capsys):
    said = []
    for _ in range(4):
        exercises.check("02.2", "keep first")
        said.append(capsys.readouterr().out)
    assert all("Which label is right?" in text for text in said)
    assert "Hint" not in said[0]
    assert "Hint 1 of 3" in said[1]
    assert "solution" not in said[1]
    assert "Hint 2 of 3" in said[2]
    assert 'exercises.solution("02.2")' in said[2]
    assert "Hint 3 of 3" in said[3]


def test_an_unanswered_exercise_does_not_count_as_wrong(capsys):
    for _ in range(5):
        exercises.check("02.2", ...)
    assert "Hint" not in capsys.readouterr().out


def test_asking_for_hints_goes_to_the_last_and_stays_there(capsys):
    for _ in range(5):
        exercises.hint("00.2")
    lines = capsys.readouterr().out.splitlines()
    assert [line[:11] for line in lines] == [f"Hint {number} of 3" for number in (1, 2, 3, 3, 3)]


def test_a_solution_shows_as_it_reads():
    assert (
        repr(exercises.solution("02.2")) == 'conflict = "look"\nexercises.check("02.2", conflict)\n'
    )


@pytest.mark.parametrize("key", ["02.9", "77.1", "", "..", None])
def test_an_unknown_exercise_is_named_with_those_there_are(key):
    with pytest.raises(KeyError, match=r"there are 00\.1, 00\.2"):
        exercises.check(key, 1)

"""What the sections about models advise, and whether it fits the images that they were told of."""

from inspect import signature
from types import SimpleNamespace
from typing import NamedTuple

import pandas as pd
import pytest

from helpers.balance import imbalance
from helpers.descriptors import describe
from helpers.evidence.learned import Learned
from helpers.findings.auditing import _say_rare
from helpers.findings.sections import Section
from helpers.modelling import judging
from helpers.modelling.judging import _say_lost, say_sizes

WEIGHTS = "class weights or logit adjustment"


def table(**counts):
    labels = [name for name, number in counts.items() for _ in range(number)]
    images = pd.DataFrame({"label": labels, "split": "train"})
    groups = pd.Series(images.index, images.index)
    return SimpleNamespace(images=images, name="mine", groups=groups, has_groups=False)


def lost_of(counts, *lost):
    found = Section("evaluation", "t")
    rows = {name: (50, 0.2, 0.4) if name in lost else (50, 0.9, 0.95) for name in counts}
    columns = ["images", "recall", "recall high"]
    by_class = pd.DataFrame.from_dict(rows, "index", columns=columns)
    _say_lost(found, by_class, imbalance(table(**counts))["ratio"])
    return found.findings


@pytest.mark.parametrize(
    ("counts", "lost", "advised"),
    [
        ({"a": 200, "b": 200, "c": 200}, "a", None),
        ({"a": 200, "b": 190, "c": 101}, "c", None),  # 1.98 times
        ({"a": 200, "b": 190, "c": 100}, "c", "c has no more than one image to learn from for 2.0"),
        ({"a": 200, "b": 20, "c": 20}, "a", None),  # the commonest is lost: weights would harm it
        (
            {"a": 200, "b": 20, "c": 50},
            "bc",
            "c, b have no more than one image to learn from for 4",
        ),
        ({"a": 200, "b": 20, "c": 190}, "bc", "b has no more than one image to learn from for 10"),
    ],
)
def test_weights_are_advised_for_classes_that_are_lost_and_rare_and_for_no_others(
    counts, lost, advised
):
    (found,) = lost_of(counts, *lost)
    assert found.images == 50 * len(lost) and found.of == 150
    assert found.act.startswith("look at what they are taken for")
    assert (WEIGHTS in found.act) == (advised is not None)
    assert advised is None or f"; {advised}" in found.act


def test_where_no_class_is_lost_nothing_is_to_mend():
    assert lost_of({"a": 200, "b": 20}) == []


@pytest.mark.parametrize(
    ("counts", "weights"),
    [({"a": 20, "b": 20}, False), ({"a": 29, "b": 15}, False), ({"a": 60, "b": 29}, True)],
)
def test_weights_are_told_of_where_a_class_is_rarer_and_not_where_all_are_few(counts, weights):
    found = Section("opening", "t")
    _say_rare(found, range(sum(counts.values())), imbalance(table(**counts)))
    (one,) = found.findings
    assert one.act == "collect more of them" + weights * (
        "; notebook 04 shows what weights can do until then"
    )


def test_what_validation_images_share_with_those_learned_from_is_left_to_the_split():
    told = Learned.judged_note.fget(
        SimpleNamespace(judged_on="validation", dataset=SimpleNamespace(images=table(a=3).images))
    )
    assert "they share" not in told
    assert "only as far as the split keeps sites, cameras and customs apart. The best of" in told


def test_the_size_at_which_each_model_looks_is_that_of_what_it_is_fed(monkeypatch):
    fed = {}

    def embed(*given, size=None, **more):
        fed["head"] = size

    def build_dataloaders(*given, size, **more):
        fed["network"] = size

    for fake in (embed, build_dataloaders):
        monkeypatch.setattr(f"helpers.training.{fake.__name__}", fake)
    monkeypatch.setattr("helpers.training.train_head", lambda *given: None)
    monkeypatch.setattr("helpers.training.train", lambda *given, **more: None)
    learner = SimpleNamespace(model=SimpleNamespace())
    monkeypatch.setattr("helpers.training.build_learner", lambda *given, **more: learner)
    Learned._tune(SimpleNamespace(sides=[None], progress=False), None, None)
    assert fed == {"head": 64, "network": 64}
    assert signature(describe).parameters["largest"].default == 160
    assert say_sizes(["dummy", "descriptors", "frozen", "fine-tuned"]) == [
        "Each model looks at pictures reduced to so many pixels: descriptors at 160 on the longer "
        "side at most; frozen at 96 × 96, squeezed to a square; fine-tuned at 64 × 64, squeezed to "
        "a square. No score here can rest on details that are lost by that."
    ]
    assert say_sizes(["dummy"]) == []


def test_the_lines_that_are_said_to_fetch_a_network_run_as_they_are_printed(monkeypatch):
    fetched = []
    monkeypatch.setattr("helpers.training.networks.load_body", fetched.append)
    asked = SimpleNamespace(opened=SimpleNamespace(name="mine"), has_weights=False)
    (told,) = Learned.imagenet_note.fget(asked)
    exec(told.rpartition("pays for it: ")[2])
    assert fetched == ["mobilenet_v2"]


class Explained(NamedTuple):
    nearest: pd.DataFrame
    heatmaps: None = None

    def agreeing(self, worst, column):
        return 2


@pytest.mark.parametrize(
    ("wrong", "asked", "title", "nearest"),
    [
        (0, 0, "No answer was wrong", None),
        (1, 1, "The only wrong answer", "nearest to it, 2 bear"),
        (7, 1, "The 7 wrong answers it was surest of", "nearest to the first, 2 bear"),
        (7, 6, "The 7 wrong answers it was surest of", "nearest to the first 6, 2 bear"),
    ],
)
def test_one_wrong_answer_is_told_as_one(monkeypatch, wrong, asked, title, nearest):
    columns = ["label", "prediction", "confidence"]
    worst = pd.DataFrame([["a", "b", 0.9]] * wrong, columns=columns)
    near = pd.DataFrame({"image_id": [f"{n}.jpg" for n in range(asked) for _ in range(3)]})
    explained = Explained(near)
    monkeypatch.setattr(judging.evaluation, "surest_errors", lambda answers: worst)
    monkeypatch.setattr(judging, "explain_errors", lambda evidence, worst: explained)
    images = SimpleNamespace(images=worst)
    dataset = SimpleNamespace(with_images=lambda images: images)
    found = judging.errors(
        SimpleNamespace(
            judged=(None, images), best="m", sides=[images], dataset=dataset, can_learn=False
        )
    )
    assert found.title == title
    assert nearest is None or any(nearest in said for said in found.says)


def test_the_classes_are_named_of_which_most_labels_are_in_doubt():
    answers = pd.DataFrame({"label": [*"a" * 10, *"b" * 20, *"c" * 5, *"d" * 4, *"e" * 9]})
    for given, said in {
        "": "",
        "abc": "",  # one of each says nothing of a class
        "aab": " (largest shares: 2 of 10 of a)",
        "bbcc": " (2 of 5 of c, 2 of 20 of b)",
        "aabbccdd": " (largest shares: 2 of 4 of d, 2 of 5 of c, 2 of 10 of a)",
    }.items():
        assert judging._say_where(pd.DataFrame({"given": [*given]}), answers) == said


def test_of_the_labels_that_scores_take_at_their_word_those_in_doubt_are_known(monkeypatch):
    doubts = pd.DataFrame({"issue": [True, True, False], "wrong": [0.9, 0.6, 0.1]}, list("abc"))
    monkeypatch.setattr(judging, "open_doubts", lambda evidence: doubts)
    known = judging._in_doubt(SimpleNamespace(can_learn=True), pd.Index(["b", "c", "z"]))
    assert known.index.to_list() == ["b"] and known["wrong"].sum() == 0.6
    assert judging._in_doubt(SimpleNamespace(can_learn=False), doubts.index).empty

"""What faults are worth, measured where the worth is known."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers.evaluation import compare_scores
from helpers.evidence import effects
from helpers.training import train_head
from tests.balance.sets import table


def evidence(number=400, noise=1.2, wrong=0.0, seed=0, features=None):
    """Three classes in a plane, the last quarter to validate on; some training labels are wrong."""
    rng = np.random.default_rng(seed)
    truth = np.arange(number) % 3
    values = np.eye(3)[truth] * 2 + rng.normal(0, noise, (number, 3))
    dataset = table(label=[*"abc" * (number // 3 + 1)][:number])
    images = dataset.images.assign(
        split=np.where(np.arange(number) < 0.75 * number, "train", "valid")
    )
    off = (rng.random(number) < wrong) & (images["split"] == "train")
    images["label"] = images["label"].where(
        ~off, images["label"].map({"a": "b", "b": "c", "c": "a"})
    )
    divided = dataset.with_images(images)
    known = pd.DataFrame(values, images.index, ["x", "y", "z"])
    none = pd.DataFrame(columns=["image_id", "other_id", "kind"])
    sides = tuple(divided.part(one) for one in ("train", "valid"))
    made = SimpleNamespace(progress=False,
                           divided=divided, part=divided, sides=sides, features=known, pairs=none,
                           can_learn=True, _keep=lambda name, build, *key: build())  # fmt: skip
    return made, list(images.index[off])


def by_hand(made, one, other, valid):
    asked, labels = made.features.loc[valid], made.divided.images["label"]
    right = [
        train_head(made.features, labels[ids]).predict(asked) == labels[valid]
        for ids in (one, other)
    ]
    return compare_scores(*right, made.divided.groups)


def test_leaving_wrong_labels_out_gains_what_two_models_differ_by():
    made, off = evidence(wrong=0.4)
    gain = effects.gain_of_leaving(made, pd.Index(off))
    train, valid = (side.images.index for side in made.sides)
    assert gain == tuple(by_hand(made, train.difference(off), train, valid))
    assert gain[0] > 0
    told = effects.told_leaving(made, pd.Index(off))
    assert (told["effect"], told["low"], told["high"]) == gain
    assert told["more"].startswith(
        "Without them in training, the accuracy of a linear model changes"
    )


def test_images_that_teach_are_said_to_teach_and_have_no_effect_as_a_fault(monkeypatch):
    made, _ = evidence()
    monkeypatch.setattr(effects, "gain_of_leaving", lambda *given: (-0.2, -0.3, -0.1))
    told = effects.told_leaving(made, made.sides[0].images.index[:5])
    assert [*told] == ["more"]
    assert told["more"].endswith(
        "-20.0 points (-30.0 to -10.0). So it learns from them; many may be right."
    )


def test_an_image_is_it_and_a_gain_of_none_is_no_teaching(monkeypatch):
    made, _ = evidence(60)
    monkeypatch.setattr(effects, "gain_of_leaving", lambda *given: (-0.1, -0.2, 0.0))
    told = effects.told_leaving(made, made.sides[0].images.index[:1])
    assert told["more"].startswith("Without it in training") and told["high"] == 0


def test_two_classes_are_enough_to_measure_and_images_without_features_or_class_are_passed_over():
    made, _ = evidence(120)
    images = made.divided.images[made.divided.images["label"] != "c"]
    two = made.divided.with_images(images)
    made.divided = made.part = two
    made.sides = tuple(two.part(one) for one in ("train", "valid"))
    train, valid = (side.images.index for side in made.sides)
    left = train[:8]
    gain = effects.gain_of_leaving(made, left)
    assert gain == tuple(by_hand(made, train.difference(left), train, valid))
    made.features = made.features.drop([train[10], valid[0]])
    again = effects.gain_of_leaving(made, left)
    expected = by_hand(
        made, train.difference(left).drop(train[10]), train.drop(train[10]), valid[1:]
    )
    assert again == tuple(expected)
    one = images.index[(images["label"] == "a") & (images["split"] == "train")]
    alone = two.with_images(images.drop(one))
    made.sides = tuple(alone.part(name) for name in ("train", "valid"))
    assert effects._labels(made)[1].unique().tolist() == ["b"]


def test_nothing_is_measured_where_there_is_nothing_to_compare():
    made, _ = evidence()
    train, valid = (side.images.index for side in made.sides)
    labels = made.divided.images["label"]
    assert effects.gain_of_leaving(made, valid[:3]) is None
    assert effects.gain_of_leaving(made, labels.index[labels == "a"]) is None
    made.can_learn = False
    assert effects.told_leaving(made, train[:3]) == {}
    assert effects.flattery_of_copies(made) is None
    assert effects.flattery_of_leaks(made) is None


def test_copies_of_validation_images_in_training_flatter_the_score():
    rng = np.random.default_rng(1)
    made, _ = evidence(300, noise=6.0)
    train, valid = (side.images.index for side in made.sides)
    wide = pd.DataFrame(rng.normal(size=(300, 200)), made.features.index).add_prefix("w")
    copied = list(zip(train[: len(valid)], valid, strict=True))
    for one, other in copied:  # the same picture under the same label
        wide.loc[one] = wide.loc[other]
        made.divided.images.loc[one, "label"] = made.divided.images.loc[other, "label"]
    made.features = wide
    kinds = ["exact", "near", "probable"] * len(copied)
    made.pairs = pd.DataFrame(
        [(*pair, kind) for pair, kind in zip(copied, kinds, strict=False)],
        columns=["image_id", "other_id", "kind"],
    )
    found = effects.flattery_of_leaks(made)
    leaked = [one for (one, _), kind in zip(copied, kinds, strict=False) if kind != "probable"]
    assert found == tuple(by_hand(made, train, train.difference(leaked), valid))
    assert found[1] > 0.2
    drawn = effects.flattery_of_copies(made)
    assert drawn[0] > 0
    assert drawn[1] < found[1]


def test_the_last_doubling_is_the_whole_against_halves_drawn_by_group():
    made, _ = evidence(360, noise=1.5)
    value, low, high = effects.gain_of_doubling(made)
    train, valid = (side.images["label"] for side in made.sides)
    right, asked = [], made.features.loc[valid.index]
    for seed in range(effects.DRAWS):
        half = np.random.default_rng(seed).permutation(train.index.astype(str))[: len(train) // 2]
        own = train[train.index.isin(half)]
        right.append((train_head(made.features, own).predict(asked) == valid).mean())
    whole = train_head(made.features, train).predict(asked) == valid
    assert value == pytest.approx(whole.mean() - np.mean(right))
    assert low < value < high
    balanced = effects.gain_of_doubling(made, "balanced accuracy")
    shares = [whole[valid == one].mean() for one in "abc"]
    assert abs(balanced[0] - value) < 0.05
    assert np.mean(shares) <= 1


def test_an_effect_is_measured_once_for_the_same_images_and_labels(monkeypatch):
    kept = {}

    made, _ = evidence(200)
    made._keep = lambda name, build, inputs, code: _once(kept, name, build, inputs)
    ids = made.sides[0].images.index[:20]
    first = effects.gain_of_leaving(made, ids)
    monkeypatch.setattr("helpers.training.train_head", None)
    assert effects.gain_of_leaving(made, ids) == first
    with pytest.raises(TypeError):
        effects.gain_of_leaving(made, ids[1:])


def _once(kept, name, build, inputs):
    key = name, str([one.to_csv() if hasattr(one, "to_csv") else one for one in inputs])
    if key not in kept:
        kept[key] = build()
    return kept[key]


def test_effects_are_told_in_points():
    assert effects.measured("It grew", None) == {}
    told = effects.measured("It grew", (0.031, 0.01, 0.052))
    assert told == {"effect": 0.031, "low": 0.01, "high": 0.052,
                    "more": "It grew by +3.1 points (+1.0 to +5.2)."}  # fmt: skip


def named(strength, seed=0, things=90, each=4):
    """Three classes of things photographed four times, three of the photos to learn from and one to
    validate on; features of the thing tell its class by `strength`, those of the class hardly."""
    rng = np.random.default_rng(seed)
    thing = np.repeat(np.arange(things), each)
    truth = thing % 3
    own, photo = rng.normal(size=(things, 40))[thing], rng.normal(size=(len(thing), 40))
    values = strength * own + 0.5 * photo
    values[:, :3] += 0.7 * np.eye(3)[truth]
    images = table(label=np.array([*"abc"])[truth]).images
    images["split"] = np.where(np.arange(len(thing)) % each == 0, "valid", "train")
    divided = table(label=["a", "b"]).with_images(images)
    made = SimpleNamespace(
        progress=False, divided=divided, part=divided, can_learn=True,
        sides=tuple(divided.part(one) for one in ("train", "valid")),
        features=pd.DataFrame(values, images.index).add_prefix("f"),
        _keep=lambda name, build, *key: build(),
    )  # fmt: skip
    return made, pd.Series(thing.astype(str), images.index)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_photos_of_one_thing_on_both_sides_flatter_by_what_a_model_without_them_lacks(seed):
    made, groups = named(1.5, seed)
    (value, low, high), share, learned = effects.flattery_of_groups(
        made, groups[groups.astype(int) < 60]
    )
    assert value > 0.2 and low > 0.1 and high > value and share == 60 / 90 and learned == 1
    # As many images less, but of other things of the class: what was photographed is still there.
    turned = {str(n): str((n + 21) % 90) for n in range(90)}
    asked = made.divided.images["split"] == "valid"
    wrong = groups.where(asked, groups.map(turned))
    (other, low, _), *_ = effects.flattery_of_groups(made, wrong[wrong.astype(int) < 60])
    assert low < 0 and other < value - 0.1


def test_both_learn_from_as_many_images_of_each_class_and_one_from_none_of_those_asked(monkeypatch):
    learned, head = [], train_head
    monkeypatch.setattr("helpers.training.train_head", lambda f, y: learned.append(y) or head(f, y))
    made, groups = named(1.5)
    own = groups[groups.astype(int) < 40]
    effects.flattery_of_groups(made, own)
    without, drawn = learned[: effects.PARTS], learned[effects.PARTS :]
    assert len(drawn) == effects.PARTS * effects.DRAWS
    for at, labels in enumerate(drawn):
        other = without[at % effects.PARTS]
        assert labels.value_counts().to_dict() == other.value_counts().to_dict()
        gone = made.sides[0].images.index.difference(other.index)
        third = set(groups[gone])  # all photos of a third of the things
        assert set(groups[groups.isin(third)].index) & set(other.index) == set()
        assert set(gone) <= set(labels.index) and labels.index.is_unique


def test_names_that_say_nothing_are_worth_nothing():
    worths = []
    for seed in range(12):
        made, _ = named(0.0, seed)
        rng = np.random.default_rng(100 + seed)
        random = pd.Series(rng.integers(0, 90, 360).astype(str), made.part.images.index)
        worths.append(effects.flattery_of_groups(made, random[random.astype(int) < 30])[0])
    assert sum(low > 0 for _, low, _ in worths) <= 1
    assert abs(np.mean([value for value, *_ in worths])) < 0.03


def test_groups_that_say_nothing_are_worth_nothing_though_those_named_are_of_another_kind():
    """The classes change places from the images that have a group to those that have none: to leave
    all of them out, as for things, costs everything."""
    made, groups = named(0.0)
    rng = np.random.default_rng(0)
    random = pd.Series(rng.integers(0, 60, 360).astype(str), groups.index)[groups.astype(int) < 60]
    kind = groups.index.isin(random.index)
    classes = made.part.images["label"].map({"a": 0, "b": 1, "c": 2}).to_numpy()
    values = rng.normal(scale=0.3, size=(len(groups), 3))
    values[np.arange(len(groups)), np.where(kind, (classes + 1) % 3, classes)] += 1
    made.features = pd.DataFrame(values, groups.index)
    (value, low, high), *_ = effects.flattery_of_groups(made, random)
    assert abs(value) < 0.02 and low < 0 < high
    assert not effects.told_flattery(made, random, "their other photos")["blocks"]


def test_as_many_images_of_each_class_are_left_out_of_other_groups_first():
    train = pd.Series([*"aaaabbbb"], [*"stuvwxyz"])
    own = pd.Series(["1", "1", "2", None, "1", "3", "3", None], train.index)
    kept = effects._as_many(train, own, {"1"}, np.arange(8))
    # Of class a two are asked about, and one is of another group; of class b one and two.
    assert [*kept.index] == [*"tvwyz"]
    assert kept.value_counts().to_dict() == train[own != "1"].value_counts().to_dict()


def test_where_one_group_is_most_of_a_class_it_is_told_that_its_photos_are_learned_from_in_part():
    """120 images of class a are of 30 things, of which 20 become one: beside the others' photos its
    own are left out, too."""
    made, groups = named(1.0)
    labels = made.part.images["label"]
    huge = groups.where(~(labels.eq("a") & (groups.astype(int) < 60)), "0")
    train = labels[made.sides[0].images.index]
    of_huge, others = (huge[train.index] == "0").sum(), (train == "a").sum()
    assert (of_huge, others - of_huge) == (60, 30)
    effect, share, learned = effects.flattery_of_groups(made, huge)
    assert share == 1
    # Every third of the other names, from the third on, is asked about with it: of class a these
    # are 60 + 3 k images beside 30 - 3 k others.
    beside = sorted(set(huge) - {"0"})[2::3]
    more = sum(int(name) % 3 == 0 for name in beside)
    assert learned == pytest.approx(1 - (30 + 6 * more) / 270) and more > 0
    told = effects.told_flattery(made, huge, "their other photos")["more"]
    assert f"the first from {learned:.0%} of their other photos, too, the second" in told


def test_where_nothing_can_be_put_in_place_of_their_photos_nothing_is_measured():
    """Each of two groups is all that is named of its class: the first would learn as the second."""
    made, groups = named(1.0)
    labels = made.part.images["label"]
    half = groups.astype(int) < 45
    own = labels.map({"a": "1", "b": "2"})[half & labels.ne("c")]
    assert effects.flattery_of_groups(made, own) is None


def test_where_no_group_or_a_single_one_is_on_both_sides_nothing_is_measured():
    made, groups = named(1.0)
    alone = pd.Series([str(n) for n in range(len(groups))], groups.index)
    assert effects.flattery_of_groups(made, alone) is None
    assert effects.flattery_of_groups(made, groups[groups == "3"]) is None
    assert effects.told_flattery(made, groups[groups == "3"], "its photos") == {}
    assert effects.flattery_of_groups(made, groups[groups.isin(["3", "6"])]) is not None
    by_class = made.part.images["label"].map({"a": "1", "b": "2", "c": "3"})
    assert effects.flattery_of_groups(made, by_class) is None  # no class would be left to learn


def test_where_no_answer_differs_the_interval_still_has_a_width():
    made, groups = named(1.5)
    labels = made.part.images["label"]
    made.features = pd.DataFrame(np.eye(3)[labels.map({"a": 0, "b": 1, "c": 2})], labels.index)
    few = groups[groups.astype(int) < 12]
    (value, low, high), *_ = effects.flattery_of_groups(made, few)
    assert value == 0 and low < -0.05 and high > 0.05
    for metric in ("accuracy", "balanced accuracy"):
        value, low, high = effects.gain_of_doubling(made, metric)
        assert value == 0 and low < 0 < high


@pytest.mark.parametrize(
    ("effect", "told"),
    [
        (
            (0.2, 0.1, 0.3),
            "the first from their other photos, too, the second from images of oth",
        ),
        ((0.2, 0.1, 0.3), "beats the second by +20.0 points (+10.0 to +30.0)."),
        ((0.2, -0.1, 0.3), "differs from the second by +20.0 points (-10.0 to +30.0)."),
        ((-0.2, -0.3, -0.1), "differs from the second by -20.0 points"),
    ],
)
def test_what_flattery_is_worth_is_told_for_all_validation_images(monkeypatch, effect, told):
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: (effect, 0.25, 1.0))
    found = effects.told_flattery(SimpleNamespace(can_learn=True), None, "their other photos")
    assert told in found["more"] and "On these 25% of the validation images" in found["more"]
    assert (found["effect"], found["low"]) == (effect[0] / 4, effect[1] / 4)
    assert found["blocks"] is (effect[1] > 0)
    assert effects.told_flattery(SimpleNamespace(can_learn=False), None, "t") == {}

"""Names make groups only where they repeat, and only where the images bear them out."""

import numpy as np
import pandas as pd
import pytest

from helpers.splits import naming
from helpers.splits.naming import Rule, Verdict, describe, is_series, judge, linked, read_rules
from helpers.splits.neighbours import standardise


def groups_of(names, labels=None):
    """Rule → its groups, each a sorted list of names."""
    labels = pd.Series(labels or [None] * len(names), names, dtype=object)
    found = {}
    for rule in read_rules(names, labels):
        known = rule.keys.dropna()
        found[rule.words] = sorted(sorted(g.index) for _, g in known.groupby(known))
    return found


def pairs_of(*names):
    return [list(pair) for pair in zip(names[::2], names[1::2], strict=True)]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["leaf12_a", "leaf12_b", "leaf13_a", "leaf13_b"], "the name without its last part"),
        (["patient03_left", "patient03_right", "patient04_left", "patient04_right"],
         "the name without its last part"),
        (["rose_augmented_3", "rose_augmented_4", "oak_augmented_1", "oak_augmented_2"],
         "the name without its last part"),
        (["0001_c1s3_12", "0001_c2s1_99", "0002_c1s1_5", "0002_c3s2_77"],
         "the name up to its first number"),
        (["left eye 7 of 2019", "right eye 7 of 2018", "left eye 8 of 2019", "right eye 8 of 2020"],
         "the number after 'eye'"),
        (["cat_jpg.rf.0123456789abcdef", "cat_jpg.rf.ffffffffffffffff",
          "dog_png.rf.0123456789abcdee", "dog_png.rf.0123456789abcded"],
         "the name before a Roboflow export's ending"),
        (["one", "one (1)", "two", "two - Copy"], "the name without a mark of copying"),
    ],
)  # fmt: skip
def test_names_that_repeat_make_groups(names, words):
    files = [f"{name}.jpg" for name in names]
    pairs = sorted(sorted(pair) for pair in pairs_of(*files))
    if words == "the number after 'eye'":
        pairs = [sorted(files[:2]), sorted(files[2:])]
    assert groups_of(files)[words] == pairs


def test_a_rule_that_makes_the_groups_of_another_is_told_once():
    files = ["leaf12_a.jpg", "leaf12_b.jpg", "leaf13_a.jpg", "leaf13_b.jpg"]
    assert list(groups_of(files)) == ["the name without its last part"]


@pytest.mark.parametrize(
    "names",
    [
        [f"IMG_{i}" for i in range(1200, 1240)],
        [f"{i:05d}" for i in range(40)],
        [f"photo ({i})" for i in range(1)] + ["other"],
        ["06a00c0f-5f9a-410d-a7da-3881a9df3a71", "06a00c0f-463b-491d-9ffc-f36df5c6b211"],
        ["d41d8cd98f00b204", "d41d8cd98f00b205", "aaaaaaaaaaaa0001", "aaaaaaaaaaaa0002"],
    ],
)
def test_numbers_that_only_count_make_none(names):
    assert groups_of([f"{name}.jpg" for name in names]) == {}


def test_a_part_that_is_only_the_class_makes_none():
    files = [f"{kind}/{kind}_{i}.jpg" for kind in ("cat", "dog") for i in range(5)]
    labels = [file.split("/")[0] for file in files]
    assert groups_of(files, labels) == {}
    # Within one class the same names do say something.
    assert "the folder" in groups_of(files, ["pet"] * 10)


@pytest.mark.parametrize(("moved", "told"), [(0, False), (5, False), (6, True)])
def test_a_folder_that_is_the_class_is_no_group_though_some_images_were_relabelled(moved, told):
    files = [f"{kind}/{i}.jpg" for kind in ("cat", "dog") for i in range(50)]
    labels = ["Dog"] * moved + ["Cat"] * (50 - moved) + ["Dog"] * 50
    assert ("the folder" in groups_of(files, labels)) is told
    # Two folders of each class are more than the class.
    split = [f"{file[:3]}{i % 2}/{i}.jpg" for i, file in enumerate(files)]
    assert len(groups_of(split, labels)["the folder"]) == 4


def test_folders_inside_of_classes_make_groups_at_their_level():
    files = [f"{k}/p{n}/{side}.jpg" for k in "ab" for n in (1, 2) for side in ("left", "right")]
    found = groups_of(files, [file[0] for file in files])
    assert found["the folder"] == [sorted(files[i : i + 2]) for i in (0, 2, 4, 6)]
    assert not any("levels up" in words for words in found)


def test_folders_may_make_groups_some_levels_up():
    folders = [f"{site}/{kind}" for site in ("s1", "s2", "s3") for kind in "ab"]
    files = [f"{folder}/{name}.jpg" for folder, name in zip(folders, "uvwxyz", strict=True)]
    assert groups_of(files)["the folder 2 levels up"] == pairs_of(*files)


@pytest.mark.parametrize(
    ("asked", "of", "between", "found"),
    [(4, 8, " ", True), (4, 9, " ", False), (3, 4, " ", False), (4, 4, "", True),
     (4, 4, "_-", False)],
)  # fmt: skip
def test_a_number_after_a_word_counts_where_half_of_the_names_and_four_have_it(
    asked, of, between, found
):
    numbers = ["1", "1", "2", "2"]
    files = [f"{'pqrs'[i]} eye{between}{numbers[i]} x.jpg" for i in range(asked)]
    files += [f"no{'abcde'[i]}.jpg" for i in range(of - asked)]
    rules = groups_of(files)
    assert ("the number after 'eye'" in rules) is found
    if found:
        assert rules["the number after 'eye'"] == pairs_of(*files[:4])


def test_names_alone_in_their_group_are_left_out_of_it():
    files = ["leaf12_a.jpg", "leaf12_b.jpg", "leaf13_a.jpg", "leaf13_b.jpg", "leaf14_a.jpg"]
    assert groups_of(files)["the name without its last part"] == pairs_of(*files[:4])


def test_pairs_of_a_small_group_are_all_and_of_a_large_one_a_chain():
    keys = pd.Series(["x", "y", "x", None, "x", "z", *"wwwwwww", "z"])
    rest = [[5, 13], *([i, i + 1] for i in range(6, 12))]
    assert sorted(linked(keys).tolist()) == sorted([[0, 2], [0, 4], [2, 4], *rest])
    assert sorted(linked(keys, most=2).tolist()) == sorted([[0, 2], [2, 4], *rest])
    assert linked(pd.Series([None, "a"])).shape == (0, 2)


def scatter(things=60, photos=2, apart=1.0, seed=0):
    """Features in which photos of one thing lie `apart` as much as things do, or less."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(rng.normal(size=(things, 20)), photos, axis=0)
    features = standardise(centres + apart * rng.normal(size=centres.shape))
    return features, np.arange(things * photos).reshape(-1, photos)[:, :2]


def test_pairs_that_are_alike_hold_and_random_ones_do_not():
    features, pairs = scatter(apart=0.3)
    labels = np.array(["a"] * len(features))
    verdict = judge(pairs, features, labels)
    assert verdict.holds and verdict.expected > 0.95
    assert verdict.chance == 1 / 200 and verdict.pairs == 60
    shuffled = np.random.default_rng(1).permutation(pairs.ravel()).reshape(-1, 2)
    chance = judge(shuffled, features, labels)
    assert not chance.holds and chance.expected < 0.3 and chance.chance > 0.01


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_at_least_so_many_pairs_are_right_as_a_mixture_has(share):
    features, pairs = scatter(things=300, apart=0.1)
    rng = np.random.default_rng(2)
    wrong = rng.random(300) >= share
    pairs[wrong, 1] = rng.permutation(pairs[wrong, 1])
    verdict = judge(pairs, features, np.array(["a"] * 600))
    assert abs(verdict.expected - (1 - wrong.mean())) < 0.08
    assert verdict.chance == 1 / 200


def test_being_of_one_class_is_no_likeness():
    features, classes = scatter(things=2, photos=60, apart=0.3)
    labels = np.repeat(["a", "b"], 60)
    rows = np.concatenate([np.arange(60).reshape(-1, 2), np.arange(60, 120).reshape(-1, 2)])
    assert judge(rows, features, np.array(["x"] * 120)).expected > 0.4
    within = judge(rows, features, labels)
    assert within.expected < 0.3 and not within.holds


def test_pairs_across_classes_cannot_be_judged():
    features, pairs = scatter(apart=0.1)
    labels = np.tile(["a", "b"], 60)
    assert judge(pairs, features, labels) == Verdict(0.0, 1.0, 0)
    # Nor pairs that have nobody else in their class.
    assert judge(pairs[:1], features[:2], np.array(["a", "a"])).pairs == 0


def test_a_pair_as_much_alike_as_all_others_beats_half_of_them():
    """In class a all images are equal; in class b the pair is, and nothing else."""
    features = np.array([[1.0, 0]] * 5 + [[1, 0]] * 2 + [[0, 1]] * 3)
    labels = np.repeat(["a", "b"], 5)
    assert judge(np.array([[0, 1], [5, 6]]), features, labels) == Verdict(0.5, 1 / 200, 2)
    assert judge(np.array([[0, 1]]), features, labels) == Verdict(0.0, 1.0, 1)


def test_four_hundred_pairs_are_compared_at_the_most_and_always_the_same():
    features, pairs = scatter(things=450, apart=0.5)
    labels = np.array(["a"] * 900)
    assert judge(pairs, features, labels).pairs == 400
    assert judge(pairs, features, labels) == judge(pairs, features, labels)


def test_a_verdict_holds_from_its_bounds_on():
    assert Verdict(0.8, 0.01, 5).holds
    assert not Verdict(0.79, 0.01, 5).holds
    assert not Verdict(0.8, 0.011, 5).holds


def rule(sizes):
    keys = [f"g{i}" for i, size in enumerate(sizes) for _ in range(size)]
    return Rule("the day", pd.Series([*keys, None]))


def test_groups_of_more_than_twenty_are_a_series():
    assert not is_series(rule([20, 20]))
    assert is_series(rule([21, 21]))
    # The average is over images, not over groups.
    assert is_series(rule([2, 2, 2, 40]))


@pytest.mark.parametrize(
    ("sizes", "verdict", "said"),
    [
        ([2, 2], Verdict(0.9, 0.005, 2), "at least 90% of whose pairs are one thing."),
        (
            [2, 2],
            Verdict(0.9, 0.2, 2),
            "no more alike than chance (p = 0.20); nothing is proposed by it.",
        ),
        ([2, 2], Verdict(0.3, 0.005, 2), "perhaps 30% are one thing; nothing is proposed by it."),
        (
            [2, 2],
            Verdict(0, 1, 0),
            "whose neighbours are never of one class: one scene photographed for several classes, "
            "or numbers that begin anew in each? Look at some; only where it is one scene, a "
            "pattern that names what they share (--pattern) keeps them together.",
        ),
        (
            [2, 2],
            Verdict(0.6, 0.005, 2, across=True),
            "never of one class, and more alike than those of the names before and after: at least "
            "60% of such pairs are one scene that was photographed, or one photo that was edited, "
            "for several classes.",
        ),
        (
            [2, 2],
            Verdict(0.2, 0.4, 2, across=True),
            "(p = 0.40): as numbers are that begin anew in each class; nothing is proposed by it.",
        ),
        (
            [30, 30],
            Verdict(0.9, 0.005, 2),
            "to be one thing (a day? a camera?); nothing is proposed by it.",
        ),
    ],
)
def test_a_sentence_says_what_was_concluded(sizes, verdict, said):
    words = describe(rule(sizes), verdict)
    assert words.startswith(f"the day makes 2 groups of {sum(sizes)} images, ")
    assert words.endswith(said)


def test_the_least_is_that_of_proposals():
    from helpers.splits import suggesting

    assert naming.LEAST == suggesting.LEAST


def test_pairs_that_are_as_many_as_are_compared_at_most_are_taken_as_they_are(monkeypatch):
    """Nothing is drawn of them, so that what they are held against is the same, too."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(40, 4))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    pairs, labels = np.arange(20).reshape(-1, 2), np.array(["a", "b"] * 20)
    labels[:20] = "a"
    found = []
    for most in (10, 11):
        monkeypatch.setattr(naming, "_PAIRS", most)
        found.append(naming.judge(pairs, features, labels))
    assert found[0] == found[1] and found[0].pairs == 10


def numbered(share, drift, seed=0, things=150):
    """Two classes whose images are numbered alike: of such a share the image of a number shows one
    scene in both, and all change along the numbers, as from source to source: ten to a source, but
    not the same ten in both."""
    rng = np.random.default_rng(seed)
    keys = pd.Series([str(n) for n in range(things)] * 2)
    scenes = rng.normal(size=(2 * things, 16))
    twins = rng.random(things) < share
    scenes[things:][twins] = scenes[:things][twins] + 0.3 * rng.normal(size=(twins.sum(), 16))
    sources = drift * rng.normal(size=(things // 10 + 1, 16))
    first = [(np.arange(things) + begins) // 10 for begins in (0, 4)]
    features = scenes + sources[np.concatenate(first)]
    shuffled = rng.permutation(2 * things)  # files come in any order
    labels = np.repeat(["a", "b"], things)[shuffled]
    keys = keys.iloc[shuffled].reset_index(drop=True)
    return keys, standardise(features[shuffled]), labels


@pytest.mark.parametrize(("share", "drift"), [(1.0, 0.0), (0.6, 0.0), (0.6, 0.5), (0.6, 1.0)])
def test_one_scene_for_several_classes_is_told_with_no_more_than_the_share_there_is(share, drift):
    keys, features, labels = numbered(share, drift)
    assert naming.judge(naming.linked(keys), features, labels) == Verdict(0.0, 1.0, 0)
    verdict = naming.judge_across(keys, features, labels)
    assert verdict.across and verdict.pairs == 150 and verdict.chance <= 0.01
    assert share - 0.2 < verdict.expected <= share + 0.05


def test_numbers_that_begin_anew_say_nothing_though_they_go_along_with_days():
    """With everything that changes along the numbers, an image of the same number is much more
    alike than one drawn from the class, and no more than those of the numbers beside it."""
    passed = 0
    for seed in range(20):
        keys, features, labels = numbered(0.0, 2.0, seed)
        passed += naming.judge_across(keys, features, labels).chance <= 0.01
        one, other = (np.flatnonzero(labels == name) for name in "ab")
        far = features[one] @ features[other].T
        same = keys.iloc[one].to_numpy()[:, None] == keys.iloc[other].to_numpy()
        assert far[same].mean() > far.mean() + 0.3
    assert passed <= 2


def test_numbers_are_in_the_order_of_numbers():
    assert sorted(["b10", "b9", "a11", "10", "9"], key=naming._in_order) == (
        ["9", "10", "a11", "b9", "b10"]
    )

import itertools
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from helpers import open_dataset
from helpers.evidence import effects
from helpers.findings import names
from helpers.findings.names import doubtful_names, pattern_of, read_names
from helpers.findings.sections import opening_line
from helpers.opening.prefixes import groups_from_names
from helpers.splits import naming
from helpers.splits.naming import Verdict, by_form, read_rules
from helpers.splits.neighbours import standardise
from tests.report.conftest import draw

NAMES = {
    "the name up to its first number": (["p12_a", "p12_b_1", "p7_a", "p7_c_2_d"], [0, 0, 1, 1]),
    "the name without its last part": (["12_1_a", "12_1_b", "12_2_a", "12_2_c"], [0, 0, 1, 1]),
    "the name without its last 2 parts": (["p1-12-3", "p1-14-5", "p2-3-1", "p2-9-7"], [0, 0, 1, 1]),
    "the last word of the name": (
        ["1_0_anna_0147", "0_0_anna_12b", "berta 3", "2020-06 berta-c_1"], [0, 0, 1, 1]
    ),
    "the number after 'cow'": (["a1-cow_7", "b2 cow_7", "c3-cow8", "d4-Cow_8"], [0, 0, 1, 1]),
}  # fmt: skip


@pytest.mark.parametrize("words", NAMES)
def test_the_pattern_of_a_rule_reads_what_the_rule_reads(words):
    stems, groups = NAMES[words]
    ids = [f"x/{stem}.jpg" for stem in stems]
    rules = {rule.words: rule.keys for rule in read_rules(ids, pd.Series(None, ids, dtype="str"))}
    assert pd.factorize(rules[words])[0].tolist() == groups
    found = groups_from_names(ids, pattern_of(words))
    assert pd.factorize(pd.Series(found))[0].tolist() == groups
    assert not {*'$"`!'} & {*pattern_of(words)}  # what a shell or make reads in double quotes


def test_the_last_three_parts_are_left_off_and_nothing_before_them():
    ids = [f"x/{stem}.jpg" for stem in ("p1-12-3-4", "p1-14-5-6", "p2-3-1-2", "p2-9-7-8")]
    found = groups_from_names(ids, pattern_of("the name without its last 3 parts"))
    assert found == ["p1", "p1", "p2", "p2"]


def test_folders_and_marks_of_copying_have_no_pattern():
    for words in ("the folder", "the name without a mark of copying"):
        assert pattern_of(words) is None


def thing_of(image_id):
    """The number before the last part of a name."""
    return image_id.rpartition("/")[2].partition("_")[0]


@pytest.fixture
def dataset(tmp_path):
    """Forty-eight things of two classes, a photo of each in train and, of the first twelve of a
    class, another in valid, of the next six in test; the others stand in train twice."""
    seed = 0
    for label, colour in (("elm", (60, 160, 50)), ("fir", (20, 80, 60))):
        for thing in range(24):
            side = "val" if thing < 12 else "test" if thing < 18 else "train"
            for part, folder in (("3", "train"), ("8", side)):
                name = f"{thing + 100 * (label == 'fir')}_{part}.png"
                draw(tmp_path / "photos" / folder / label / name, colour, seed := seed + 1)
    return open_dataset(tmp_path / "photos")


def asked(dataset, likeness, proposals=None):
    """What a report knows of them, where photos of one thing are so much alike."""
    rng, part = np.random.default_rng(0), dataset.development
    numbers = [int(one.rpartition("/")[2].split("_")[0]) for one in part.images.index]
    own = rng.normal(size=(200, 32))[numbers]
    values = likeness * own + rng.normal(size=own.shape)
    features = pd.DataFrame(values, part.images.index)
    plan = SimpleNamespace(searched=1, images=1)
    return SimpleNamespace(
        part=part, opened=dataset, features=features, proposals=proposals, plan=plan, pairs=None
    )


def test_names_that_may_say_what_a_photo_shows_are_told_with_what_would_leak(dataset):
    found = doubtful_names(asked(dataset, 0.4))
    assert (found.images, found.of) == (36, 36)
    assert "24 of 24 validation images and 12 of 12 test images" in found.what
    sides = dataset.images["split"]
    one, other = re.match("Such as (.+), beside (.+); scores would flatter. ", found.more).groups()
    assert sides[one] in ("valid", "test") and sides[other] == "train"
    assert thing_of(one) == thing_of(other)
    assert "the name without its last part" in found.what
    assert not found.blocks
    likely = doubtful_names(asked(dataset, 0.5))  # more likely one thing than not
    assert likely.blocks and "at least 52% of such pairs" in likely.more
    line = opening_line(dataset, pattern=pattern_of("the name without its last part"))
    assert line.startswith("open_dataset('path/to/photos', pattern='(?P<group>")
    assert f"dataset = {line}\n" in found.code


def test_the_example_is_the_pair_in_the_middle_by_likeness_of_those_that_were_looked_at():
    looks = {"a": (1, 0), "A": (1, 0), "b": (0, 1), "B": (0, -1), "c": (-1, 0), "C": (-0.7, 0.7),
             "d": (0.5, -1)}  # fmt: skip
    evidence = SimpleNamespace(features=pd.DataFrame(looks.values(), [*looks], ["x", "y"]))
    pairs = pd.DataFrame({"image_id": [*"eabcd"], "other_id": [*"EABCD"]})
    assert names._typical(evidence, pairs) == ("c", "C")
    assert names._typical(evidence, pairs[2:3]) == ("b", "B")
    assert names._typical(evidence, pairs[:1]) == ("e", "E")  # neither was seen


@pytest.mark.parametrize(
    ("copies", "said"),
    [
        ([], ""),
        ([("v twin", "v", "near")], " With the copies of such photos, 2 have one."),
        ([("v twin", "v", "near"), ("v third", "v twin", "exact")],
         " With the copies of such photos, 3 have one."),
        ([("v twin", "t", "near")], ""),  # leaves the side as a copy alone
        ([("v twin", "v", "probable")], ""),
        ([("v twin", "v third", "near")], ""),
    ],
)  # fmt: skip
def test_copies_of_photos_that_leave_a_side_by_their_names_are_counted_as_well(copies, said):
    ids = ["t", "u", "v", "v twin", "v third"]
    sides = pd.Series(["train", "train", "valid", "valid", "valid"], ids)
    groups = pd.Series(["1", "2", "1"], ["t", "u", "v"], dtype="str")
    pairs = pd.DataFrame(copies, columns=["image_id", "other_id", "kind"])
    told = names._say_copied(SimpleNamespace(pairs=pairs), sides, pd.Index(["v"]), groups)
    assert told == said


def test_only_sides_are_named_that_hold_another_photo_of_the_same_thing(dataset):
    opened = dataset.with_images(dataset.images[dataset.images["split"] != "test"])
    found = doubtful_names(asked(opened, 0.6))
    assert (found.images, found.of) == (24, 24)
    assert ", 24 of 24 validation images have another photo" in found.what


def test_the_line_that_is_printed_keeps_them_together(dataset):
    found = doubtful_names(asked(dataset, 0.6))
    made = {}
    code = found.code.replace("path/to/photos", str(dataset.root))
    exec("from helpers import open_dataset\n" + code, made)
    assert (made["leaks"]["kind"] == "group").any()
    sides = made["divided"].images["split"].groupby(made["dataset"].groups).nunique()
    assert sides.max() == 1


def test_names_whose_images_are_no_more_alike_than_others_are_passed_over(dataset):
    assert doubtful_names(asked(dataset, 0.0)) is None


def test_names_that_hold_are_left_to_the_search_where_it_ran(dataset):
    proposals = pd.DataFrame({"expected": []})
    assert doubtful_names(asked(dataset, 20.0, proposals)) is None
    found = doubtful_names(asked(dataset, 20.0))
    assert found.images == 36
    assert "The images bear it out: at least" in found.more
    assert found.blocks  # whatever it was worth, such a score is not one of photos never met
    assert "The images do not settle it: at least" in doubtful_names(asked(dataset, 0.6)).more


@pytest.mark.parametrize(
    ("searched", "sure", "chance", "told"),
    [
        (9, 0.91, 0.001, True),
        (9, 0.9, 0.001, False),
        (8, 0.91, 0.001, True),
        (8, 0.9, 0.001, False),
        (8, 0.89, 0.001, False),
        (8, 0.91, naming._P, True),
        (8, 0.91, naming._P + 0.001, False),
    ],
)
def test_names_that_hold_are_told_unless_the_search_keeps_them_together(
    dataset, monkeypatch, searched, sure, chance, told
):
    """Of nine images; at least nine tenths of the pairs are one thing."""
    monkeypatch.setattr(naming, "judge", lambda *_: Verdict(0.9, chance, 40))
    monkeypatch.setattr(names, "SURE", sure)
    evidence = asked(dataset, 0.6, pd.DataFrame({"expected": []}))
    evidence.plan = SimpleNamespace(searched=searched, images=9)
    assert (doubtful_names(evidence) is not None) is told


def test_without_a_given_split_nothing_leaks_yet(tmp_path):
    for number in range(8):
        for part in "ab":
            name = f"photos/{'elm' if number % 2 else 'fir'}/{number}_{part}.png"
            draw(tmp_path / name, (60, 160, 50), number)
    assert doubtful_names(asked(open_dataset(tmp_path / "photos"), 0.6)) is None


def test_a_dataset_is_opened_again_as_it_was(tmp_path):
    for name in ("a1.png", "a2.png", "b1.png"):
        draw(tmp_path / "photos" / name, (60, 160, 50), 1)
    table = tmp_path / "photos" / "list.csv"
    table.write_text("file,kind,cow\na1.png,x,7\na2.png,y,7\nb1.png,x,8\n")
    dataset = open_dataset(table, label="kind", group="cow")
    assert opening_line(dataset) == (
        "open_dataset('path/to/photos/list.csv', label='kind', group='cow')"
    )
    dataset = open_dataset(tmp_path / "photos", pattern="([ab])")
    assert opening_line(dataset) == "open_dataset('path/to/photos', pattern='([ab])')"


def divided(dataset, likeness, worth):
    """A folder without a split, whose report validates on another photo of every second thing."""
    flat = dataset.root.parent / "flat"
    for one, label in dataset.images["label"].items():
        (flat / label).mkdir(parents=True, exist_ok=True)
        (flat / label / one.rpartition("/")[2]).write_bytes(dataset.path(one).read_bytes())
    evidence = asked(open_dataset(flat), likeness)
    index = evidence.opened.images.index
    numbers = [one.rpartition("/")[2].removesuffix(".png").split("_") for one in index]
    there = [part == "8" and int(thing) % 2 == 0 for thing, part in numbers]
    sides = pd.Series(np.where(there, "valid", "train"), index)
    evidence.can_learn = worth is not None
    return evidence, sides


@pytest.mark.parametrize(
    ("worth", "blocks"), [((0.2, 0.1, 0.3), True), ((0.1, -0.1, 0.3), False), (None, False)]
)
def test_without_a_given_split_it_is_the_reports_own_that_they_cross(
    dataset, monkeypatch, worth, blocks
):
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: (worth, 1.0, 1.0))
    evidence, sides = divided(dataset, 0.4, worth)
    assert doubtful_names(evidence) is None
    found = doubtful_names(evidence, sides)
    assert (found.images, found.of, (sides == "valid").sum()) == (24, 24, 24)
    assert "24 of 24 validation images have another photo" in found.what
    assert found.section == "split" and found.blocks is blocks
    pattern = pattern_of("the name without its last part")
    assert found.act.endswith(f'--pattern "{pattern}"') and not {*'$"`!'} & {*pattern}
    if worth:
        assert (found.effect, found.low) == worth[:2]
        assert "the first from their other photos, too, the second from images" in found.more
    else:
        assert found.effect is None and "beats" not in found.more
    made = {}
    exec("from helpers import open_dataset\n" + found.code.replace(
        "path/to/flat", str(evidence.opened.root)), made)  # fmt: skip
    split = made["divided"].images["split"].groupby(made["dataset"].groups).nunique()
    assert split.max() == 1


def test_groups_that_an_earlier_report_found_do_not_settle_what_names_say():
    part = SimpleNamespace(has_groups=True)
    for notes, known in (([], True), (["Groups come from pairs.csv"], False)):
        opened = SimpleNamespace(notes=notes)
        assert names.are_known(SimpleNamespace(part=part, opened=opened)) is known
    part.has_groups = False
    assert not names.are_known(SimpleNamespace(part=part, opened=SimpleNamespace(notes=[])))


@pytest.mark.parametrize("worth", [(0.2, 0.1, 0.3), (0.02, -0.1, 0.3), (0.1, -0.11, 0.3), None])
def test_groups_too_large_for_a_thing_count_where_they_raise_the_score(dataset, monkeypatch, worth):
    """As a person, a place or a day of whom there are many photos."""
    found = None if worth is None else (worth, 1.0, 1.0)
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: found)
    monkeypatch.setattr(naming, "LARGE", 1.5)
    evidence, sides = divided(dataset, 0.6, worth)
    told, lines, _ = read_names(evidence, sides)
    what = (
        "If the name without its last part ('0', '1', '10' and 45 more) names a person, a place, a "
        "day or a source, 24 of 24 validation images have another photo of the same one in "
        "training."
    )
    pattern = pattern_of("the name without its last part")
    if worth is None or worth[1] < 0:
        assert told is None
        keeps = f'Where it does, --pattern "{pattern}" keeps them on one side'
        worths = {
            None: f"{keeps}.",
            -0.1: f"{keeps}; measured, they change the accuracy of a linear model by +2.0 points "
            "(-10.0 to +30.0).",
            -0.11: "Whether that raises the score, these photos do not tell (+10.0 points (-11.0 "
            "to +30.0)).",
        }
        assert lines == [f"{what} {worths[worth and worth[1]]}"]
        return
    assert told.what == what and lines == []
    assert "48 of them have several images, up to 2, too many for one thing." in told.more
    assert told.blocks and (told.images, told.of) == (24, 24)
    assert pattern_of("the name without its last part") in told.act


@pytest.mark.parametrize("worth", [(0.2, 0.1, 0.3), (0.1, -0.1, 0.3)])
def test_in_a_given_split_too_large_groups_count_where_they_raise_the_score(
    dataset, monkeypatch, worth
):
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: (worth, 1.0, 1.0))
    evidence = asked(dataset, 0.6)
    evidence.can_learn, sides = True, dataset.images["split"]
    # The others are told before.
    assert read_names(evidence, sides, series=True) == (None, [], None)
    monkeypatch.setattr(naming, "LARGE", 1.5)
    assert doubtful_names(evidence) is None  # nothing was measured
    told, lines, _ = read_names(evidence, sides, series=True)
    what = "24 of 24 validation images and 12 of 12 test images have another photo of the same one"
    if worth[1] < 0:
        assert told is None and len(lines) == 1 and what in lines[0]
        assert "change the accuracy of a linear model by +10.0 points (-10.0 to" in lines[0]
        return
    assert what in told.what and told.blocks and told.effect == 0.2 and lines == []
    assert "check_leakage(dataset, pairs)" in told.code and "given=False" in told.code


def test_a_reading_for_one_thing_comes_before_one_for_a_day(dataset, monkeypatch):
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: ((0.2, 0.1, 0.3), 1.0, 1.0))
    evidence, sides = divided(dataset, 0.6, 1)
    series = naming.is_series
    monkeypatch.setattr(
        naming, "is_series", lambda rule: "first number" in rule.words or series(rule)
    )
    assert "says what a photo shows" in doubtful_names(evidence, sides).what


def test_a_reading_that_raises_the_score_comes_before_one_that_does_not(dataset, monkeypatch):
    worths = iter([((0.0, -0.1, 0.1), 1.0, 1.0), ((0.2, 0.1, 0.3), 1.0, 1.0)])
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: next(worths))
    evidence, sides = divided(dataset, 0.4, 1)
    one = next(names._readings(evidence, sides))
    series = one[1]._replace(words="the last word of the name")
    monkeypatch.setattr(names, "_readings", lambda *_: [one, (one[0], series, *one[2:])])
    monkeypatch.setattr(naming, "is_series", lambda rule: "last word" in rule.words)
    found, lines, _ = read_names(evidence, sides)
    assert "the last word of the name ('0', '1', '10' and 45 more) names a" in found.what
    assert found.blocks
    assert len(lines) == 1 and "the name without its last part says what" in lines[0]


def test_of_two_readings_that_is_told_first_by_which_more_images_leak(dataset, monkeypatch):
    """One that is surer of two images is told in a line below."""
    monkeypatch.setattr(effects, "flattery_of_groups", lambda *_: None)
    evidence, sides = divided(dataset, 0.4, 1)
    one = next(names._readings(evidence, sides))
    likely = one[0]._replace(expected=0.6)
    surer = (
        one[0]._replace(expected=0.8),
        one[1]._replace(words="a word"),
        one[2][:2],
        "b",
        one[4],
    )
    monkeypatch.setattr(names, "_readings", lambda *_: [surer, (likely, *one[1:])])
    found, lines, _ = read_names(evidence, sides)
    assert found.images == 24 and found.blocks
    assert lines == [
        "If a word says what a photo shows, 2 of 24 validation images have another photo of the "
        'same thing in training. Where it does, --pattern "b" keeps them on one side.'
    ]


@pytest.mark.parametrize("text", ["whole_", "the name of ", "x"])
def test_the_pattern_of_a_form_reads_what_follows_the_number_or_not_whatever_the_text(text):
    begins = pattern_of(f"the number after '{text}' at the beginning of the name")
    assert re.match(begins, f"{text}12-b")["group"] == f"{text}12"
    whole = pattern_of(f"the name of '{text}' and a number")
    assert re.match(whole, f"{text}12")["group"] == f"{text}12"
    assert re.match(whole, f"{text}12-b") is None


def test_numbers_of_one_form_that_begin_anew_do_not_hide_that_others_name_one_scene():
    """20 photos and the same with something pasted on in another class, and 12 crops in each class
    whose numbers mean nothing, as a stranger had them: the pattern names the first alone."""
    scenes, rng = np.random.default_rng(1).normal(size=(20, 24)), np.random.default_rng(0)
    rows = {}
    for number, scene in enumerate(scenes):
        rows[f"bare/{number}.png"] = scene
        rows[f"masked/{number}-masked.png"] = scene + 0.3 * rng.normal(size=24)
    for label, number in itertools.product(("bare", "masked"), range(12)):
        rows[f"{label}/Crop_{number}.png"] = rng.normal(size=24)
    features = pd.DataFrame.from_dict(rows, orient="index").rename_axis("image_id").sort_index()
    alike, labels = standardise(features.to_numpy()), features.index.str.split("/").str[0]
    labels = pd.Series(labels, features.index)
    (rule,) = [
        one for one in read_rules(features.index, labels) if one.words == naming.FIRST_NUMBER
    ]
    told = {one.words: (one, verdict) for one, verdict in
            naming.judge_rule(rule, alike, labels.to_numpy(str))}  # fmt: skip
    photos, crops = (
        f"the number{after} at the beginning of the name" for after in ("", " after 'crop_'")
    )
    assert [*told] == [photos, crops]
    assert told[photos][1].holds and told[photos][1].across and told[photos][1].expected > 0.9
    assert told[crops][1].chance > 0.05
    for words, number in ((photos, 20), (crops, 12)):
        assert told[words][0].keys.dropna().value_counts().to_list() == [2] * number
        assert names._reads(pattern_of(words), told[words][0])
    assert pattern_of(photos) == r"(?i)(?P<group>\d+)"
    assert pattern_of(f"{rule.words} of other forms") is None
    assert pattern_of(crops.replace("crop_", "a$")) is None  # a shell would read it


def test_whole_names_that_recur_in_another_class_have_a_pattern_of_each_form():
    ids = [
        f"{label}/{stem}.png"
        for label in "ab"
        for stem in [*range(10), *map("x{}".format, range(12))]
    ]
    rule = read_rules(ids, pd.Series([one[0] for one in ids], ids))[0]
    assert rule.words == "the whole name" and names._reads(pattern_of(rule.words), rule)
    assert [one.words for one in by_form(rule)] == [
        "the number that is the whole name",
        "the name of 'x' and a number",
    ]
    for one, number in zip(by_form(rule), (10, 12), strict=True):
        assert one.keys.nunique() == number and names._reads(pattern_of(one.words), one)


@pytest.mark.parametrize("more", ["", "{}"])
def test_fewer_than_ten_groups_of_a_form_are_not_judged_by_themselves(more):
    """With other names in each class the rule is that of first numbers, else of whole names."""

    def forms(plain, crops):
        stems = [*range(plain), *(f"crop_{n}" for n in range(crops))]
        ids = [
            f"{side}/{one}{'-b' * bool(more and side == 'b')}.png" for side in "ab" for one in stems
        ]
        rule = read_rules(ids, pd.Series([one[0] for one in ids], ids))[0]
        assert rule.words == (naming.FIRST_NUMBER if more else naming.WHOLE)
        return {one.words: int(one.keys.nunique()) for one in by_form(rule)}

    rule = naming.FIRST_NUMBER if more else naming.WHOLE
    crops = (
        "the number after 'crop_' at the beginning of the name"
        if more
        else ("the name of 'crop_' and a number")
    )
    assert forms(9, 9) == {rule: 18}
    assert forms(9, 10) == {crops: 10, f"{rule} of other forms": 9}
    assert forms(12, 0) == {rule: 12}

"""The split a dataset came with is kept and looked at; ours keeps copies and groups together."""

import re
import shutil
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.audit import find_duplicates
from helpers.balance import imbalance
from helpers.datasets import Dataset, DatasetError, open_dataset
from helpers.splits import check_leakage, ensure_split, split
from helpers.splits.given import _tell_own
from helpers.splits.joining import BY_HASHES

HASHED = BY_HASHES.format("duplicates")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Twelve pictures 00.png to 11.png, and copies of the first two: 12.png and 13.png."""
    folder, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for number in range(12):
        picture = Image.fromarray(rng.integers(0, 255, (12, 12, 3), np.uint8))
        picture.resize((96, 96), Image.Resampling.BICUBIC).save(folder / f"{number:02d}.png")
    for number in (0, 1):
        shutil.copy(folder / f"{number:02d}.png", folder / f"{number + 12:02d}.png")
    return folder


@pytest.fixture
def of(pictures):
    def build(sides=None, group=None, **columns):
        index = pd.Index([f"{i:02d}.png" for i in range(14)], name="image_id", dtype="str")
        words = {"t": "train", "v": "valid", "T": "test", "-": None}
        split = pd.Series([words[side] for side in sides or "-" * 14], index, dtype="str")
        label = columns.pop("label", [*"xy"] * 7)
        images = pd.DataFrame({"label": pd.array(label, dtype="str"), "split": split}, index)
        return Dataset("made", pictures, images.assign(**columns), group=group)

    return build


def test_a_fifth_is_validated_on_where_nothing_else_is_asked_for(of):
    made = of()
    expected = split(made, 0.2, seed=0, duplicates=find_duplicates(made))
    assert ensure_split(made).images["split"].equals(expected["split"])
    assert expected["split"].eq("valid").sum() == 3


def test_pairs_that_are_given_are_kept_together_and_no_others_are_looked_for(
    of, monkeypatch, capsys
):
    monkeypatch.setattr("helpers.audit.find_duplicates", None)
    known = pd.DataFrame({"image_id": ["03.png", "02.png", "04.png"],
                          "other_id": ["05.png", "gone.png", "gone.png"]})  # fmt: skip
    for seed in range(5):
        made = ensure_split(of(), seed=seed, duplicates=known)
        split = made.images["split"]
        assert split["03.png"] == split["05.png"] and split["02.png"] == split["04.png"]
        assert made.groups["02.png"] == made.groups["04.png"]
        assert made.groups.nunique() == 12
        # What a picture that is gone ties is kept; of it there is nothing to say.
        assert "1 pair of near copies stays on one side" in capsys.readouterr().out


def test_the_warning_points_at_the_line_that_asked(of):
    with pytest.warns(UserWarning, match="sides") as told:
        exec(compile("ensure_split(given)", "the cell", "exec"),
             {"ensure_split": ensure_split, "given": of("tttttttttttvvv")})  # fmt: skip
    assert [one.filename for one in told] == ["the cell"]


def ensured(*args, **options):
    """What `ensure_split` returned, and its warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        return ensure_split(*args, **options), [w for w in caught if "sides" in str(w.message)]


def test_a_given_split_without_leaks_is_kept_and_counted(of, capsys):
    given = of("tttttttttvvvtt")
    found, told = ensured(given)
    assert found.images is given.images and not told
    assert capsys.readouterr().out == (
        "The split this dataset came with: train 11, valid 3.\n"
        "No column says which images belong together, so only copies were looked for; no pair lies "
        "on two sides.\n"
    )


def test_a_given_split_without_groups_says_what_the_search_for_copies_found(
    of, capsys, monkeypatch
):
    pair = {"image_id": ["02.png"], "other_id": ["12.png"], "kind": ["probable"]}
    begin = "No column says which images belong together, so only copies were looked for"
    for sides, kinds, end in (
        ("tttttttttttvvv", (), "."),  # 12 and 13 are copies of 00 and 01
        ("tttttttttvvttt", ("probable",), "; no pair lies on two sides."),
        ("tttttttttvvtvt", ("probable",), "; no pair lies on two sides; 1 probable pair on two "
         "sides, to be looked at."),
        ("tttttttttvvtvt", ("exact", "probable"), "; 1 probable pair on two sides, to be looked "
         "at."),
    ):  # fmt: skip
        table = pd.DataFrame(pair).assign(transform="", distance=0)
        if "exact" in kinds:
            table = pd.concat([table, table.assign(image_id="00.png", kind="exact")])
        with monkeypatch.context() as patch:
            if kinds:
                patch.setattr("helpers.audit.find_duplicates", lambda *_, t=table, **__: t)
            _, told = ensured(of(sides))
        assert capsys.readouterr().out.split("\n")[1] == begin + end
        assert len(told) == (sides == "tttttttttttvvv" or "exact" in kinds)


def test_a_given_split_that_leaks_is_kept_counted_and_can_be_mended(of, capsys):
    patient = [f"p{i % 6}" for i in range(14)]
    given = of("tttttttttttvvv", patient=patient, group="patient")
    found, told = ensured(given)
    assert found.images is given.images and len(told) == 1 and told[0].filename == __file__
    out = capsys.readouterr().out
    assert out.splitlines() == [HASHED, "The split this dataset came with: train 11, valid 3."]
    said = str(told[0].message)
    # 12 and 13 are copies; 11, 12 and 13 show p5, p0 and p1, as images in train do.
    assert said.startswith("2 pairs of exact copies and 3 groups such as 'p0' lie on two sides")
    leaks = check_leakage(given)
    assert leaks["kind"].value_counts().to_dict() == {"group": 5, "exact": 2}
    mend = "dataset.with_images(dataset.images.drop(check_leakage(dataset)['image_id']))"
    names = {"dataset": given, "check_leakage": check_leakage, "ensure_split": ensure_split}
    again = "ensure_split(dataset, given=False)"
    assert mend in said and again in said
    mended = eval(mend, names)
    assert check_leakage(mended).empty and set(mended.images["split"]) == {"train", "valid"}
    divided, told = ensured(given, given=False)
    assert check_leakage(divided).empty and not told
    assert not divided.images.equals(given.images)
    assert "Train and validation images are divided anew.\n" in capsys.readouterr().out


def test_a_given_split_with_a_copy_in_test_tells_how_to_leave_it_out(of, capsys):
    given = of("-----------TTT", label=[*"xy"] * 7)
    divided, told = ensured(given)
    out = capsys.readouterr().out
    assert "divided anew" not in out and "2 pairs of copies stay on one side" in out
    said = str(told[0].message)
    assert said.startswith("2 pairs of exact copies lie on two sides of the split (")
    assert "given=False" not in said
    mend = "divided.with_images(divided.images.drop(check_leakage(divided)['image_id']))"
    assert mend in said
    mended = eval(mend, {"divided": divided, "check_leakage": check_leakage})
    assert check_leakage(mended).empty and len(mended) == 12
    assert (mended.images["split"] == "test").sum() == 3


@pytest.mark.parametrize("sides", [None, "tttttttttvvvtt"])
def test_copies_are_one_thing_to_whoever_counts_groups_afterwards(of, sides):
    made = of(sides)
    found, _ = ensured(made)
    assert found.groups.to_dict() == {
        **{image: image for image in made.images.index},
        "12.png": "00.png", "13.png": "01.png",
    }  # fmt: skip
    assert not found.has_groups and made.groups.nunique() == 14
    counts = imbalance(found)  # 00, 02, … 12 are of class x
    assert counts[["images", "groups"]].to_numpy().tolist() == [[7, 6], [7, 6]]
    # They stay together when the rest is divided once more, and are apart when asked to be.
    for seed in range(10):
        again = split(found.with_images(found.images.assign(split=None)), 0.4, seed=seed)["split"]
        assert again["00.png"] == again["12.png"] and again["01.png"] == again["13.png"]
    assert found.with_group(None).groups.nunique() == 14


def test_groups_that_share_copies_are_one_thing_and_keep_the_name_of_the_first(of):
    patient = ["p0", "p1", *["p2", "p3", "p4"] * 4]  # copies: 12 (p3) of 00 (p0), 13 (p4) of 01
    found, _ = ensured(of(patient=patient, group="patient"))
    ties = {"p0": "p0", "p1": "p1", "p2": "p2", "p3": "p0", "p4": "p1"}
    assert found.groups.to_list() == [f"patient {ties[one]}" for one in patient]
    # Copies within one group tie nothing.
    patient = [f"p{i % 6}" for i in range(14)]
    assert ensured(of(patient=patient, group="patient"))[0].copies is None


def test_images_on_no_side_are_counted_and_can_be_placed(of, capsys):
    given = of("tttttvv-----tt")
    found, _ = ensured(given)
    assert found.images is given.images
    out = capsys.readouterr().out
    assert "came with: train 7, valid 2.\n5 labelled images are on no side and stay out" in out
    assert "split(dataset, previous=dataset.images)" in out
    placed = split(given, previous=given.images)["split"]
    assert placed.notna().all() and placed[given.images["split"].notna()].equals(
        given.images["split"].dropna()
    )


@pytest.mark.parametrize("sides", ["ttttttttttt---", "vvvvvvv-------", "tttttttttTTTtt"])
def test_half_a_split_is_divided_anew_and_test_images_stay(of, sides, capsys):
    divided, _ = ensured(of(sides), valid=0.3)
    counts = divided.images["split"].value_counts()
    assert counts["train"] and counts["valid"] and counts.get("test", 0) == sides.count("T")
    stay = "; the 3 test images stay." if "T" in sides else "."
    assert f"Train and validation images are divided anew{stay}\n" in capsys.readouterr().out


@pytest.mark.parametrize("seed", range(8))
def test_copies_join_groups_and_that_is_said(of, seed, capsys):
    made = of(leaf=[f"q{i // 2}" for i in range(14)], group="leaf")
    divided, told = ensured(made, 0.3, seed=seed)
    sides = divided.images["split"]
    assert sides["00.png"] == sides["12.png"] == sides["13.png"] == sides["01.png"]
    assert sides.groupby(made.images["leaf"]).nunique().max() == 1 and not told
    assert capsys.readouterr().out.splitlines() == [
        HASHED,
        "2 pairs of copies lie in two groups of 'leaf' each; those groups stay on one side "
        "together.",
    ]


def test_where_copies_lie_within_groups_nothing_is_said(of, capsys):
    made = of(leaf=[f"q{i % 12}" for i in range(14)], group="leaf")
    divided, told = ensured(made, valid=0.3, seed=2)
    assert divided.images["split"].equals(split(made, valid=0.3, seed=2)["split"])
    assert capsys.readouterr().out.splitlines() == [HASHED] and not told


def test_that_hashes_alone_were_compared_is_told_of_groups_of_ones_own_and_what_compares_more(
    of, capsys
):
    groups = [f"q{i // 2}" for i in range(14)]
    made = of("tttttttttttvvv", leaf=groups, group="leaf")
    ensured(made, duplicates=find_duplicates(made, progress=False))
    check_leakage(made, find_duplicates(made, progress=False))
    ensured(of("tttttttttttvvv", leaf=[None, *groups[1:]], group="leaf"))  # one has no group
    nothing_planted = pd.DataFrame({name: [] for name in ("image_id", "kind", "truth", "partner")})
    ensured(replace(made, planted=nothing_planted))  # its turned copies are in one group by design
    assert "hashes alone" not in capsys.readouterr().out
    ensured(made)
    check_leakage(made)
    out = capsys.readouterr().out
    assert out.count(HASHED) == 1 and out.count("pairs=find_duplicates(dataset, features=") == 1
    # What is printed works.
    names = {}
    for line in re.findall(r"from [\w.]+ import \w+", HASHED):
        exec(line, names)
    argument = re.search(r"duplicates=(\S+ features=embed\(dataset\)\))", HASHED)[1]
    assert len(eval(argument, names | {"dataset": made})) == 2


def test_one_pair_is_one(of, capsys):
    ensured(of(leaf=[f"q{i % 12 if i == 12 else i}" for i in range(14)], group="leaf"))
    fewer = of().with_images(of().images[:13])
    ensured(fewer)
    out = capsys.readouterr().out
    assert "1 pair of copies lies in two groups of 'leaf' each; those groups stay" in out
    assert "1 pair of copies stays on one side of the split." in out


def test_without_groups_copies_stay_on_one_side(of, capsys):
    for seed in range(8):
        sides = ensured(of(), 0.3, seed=seed)[0].images["split"]
        assert sides["00.png"] == sides["12.png"] and sides["01.png"] == sides["13.png"]
    assert capsys.readouterr().out.startswith(
        "No column says which images belong together; 2 pairs of copies stay on one side of the "
        "split.\n"
    )


def test_probable_copies_are_neither_joined_nor_warned_of(of, monkeypatch, capsys):
    pairs = pd.DataFrame(
        {"image_id": ["00.png"], "other_id": ["01.png"], "kind": ["probable"], "cluster": [0]}
    )
    monkeypatch.setattr("helpers.audit.find_duplicates", lambda *_, **__: pairs, raising=False)
    found, told = ensured(of("tvtvtvtvtvtvtv"))
    assert not told and len(check_leakage(found)) == 1
    ensured(of())
    assert capsys.readouterr().out.endswith(
        "No column says which images belong together; among those divided no sure copies were "
        "found, so each went by itself.\n"
    )


@pytest.mark.parametrize(
    ("group", "values", "looked"),
    [
        (None, [*"aabbccddeeffgg"], True),
        ("leaf", [*"aabbccddeeffgg"], False),
        ("leaf", [*"aabbccddeeffg", None], True),
        ("leaf", [*"abcdefghijklmn"], True),
    ],
    ids=["no column", "a group for each", "one image of no group", "each in a group by itself"],
)
def test_copies_are_searched_with_the_embedding_but_where_each_image_has_a_group(
    of, monkeypatch, group, values, looked
):
    asked = []

    def search(_, features=None, progress=False):
        asked.append((features is not None, progress))
        return pd.DataFrame()

    monkeypatch.setattr("helpers.audit.find_duplicates", search, raising=False)
    ensure_split(of(group=group, leaf=values))
    assert asked == [(looked, True)]


def test_what_the_search_for_copies_warns_of_is_printed_without_a_line_of_code(
    of, monkeypatch, capsys
):
    def search(*_, **__):
        warnings.warn("30 pictures belong to sets.", stacklevel=2)
        warnings.warn("other sides", RuntimeWarning, stacklevel=2)
        return pd.DataFrame()

    monkeypatch.setattr("helpers.audit.find_duplicates", search, raising=False)
    _, told = ensured(of())
    assert [str(one.message) for one in told] == ["other sides"]
    assert capsys.readouterr().out.startswith("30 pictures belong to sets.\n")


def test_copies_that_are_turned_stay_with_their_originals_where_nobody_knows_groups(tmp_path):
    shapes, rng = [(200, 150), (150, 200), (180, 180)], np.random.default_rng(0)
    for number in range(24):
        cells = Image.fromarray(rng.integers(0, 255, (9, 12, 3), np.uint8))
        picture = cells.resize(shapes[number % 3], Image.Resampling.BICUBIC)
        picture.save(tmp_path / f"{number:02d}.png")
        if number < 6:
            turned = picture.rotate([14, -17, 8, -11, 17, -14][number], Image.Resampling.BILINEAR)
            turned.save(tmp_path / f"{number:02d} turned.png")
    names = pd.Index(sorted(path.name for path in tmp_path.glob("*.png")), name="image_id")
    images = pd.DataFrame({"label": ["x", "y"] * 15, "split": None}, names).astype("str")
    images["split"] = pd.Series(None, names, dtype="str")
    dataset = Dataset("turned", tmp_path, images)
    assert find_duplicates(dataset).empty
    groups = ensure_split(dataset).groups
    sizes = groups.groupby(groups).size()
    together = [groups[f"{n:02d}.png"] == groups[f"{n:02d} turned.png"] for n in range(6)]
    assert together == [True] * 6 and sorted(sizes) == [1] * 18 + [2] * 6


def test_a_guessed_group_that_cannot_divide_is_not_taken_and_the_remedy_works(pictures, tmp_path):
    for path in pictures.iterdir():
        shutil.copy(path, tmp_path)
    rows = [f"{i:02d}.png,{'xy'[i % 2]},Canon" for i in range(14)]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label,camera", *rows]))
    dataset = open_dataset(tmp_path)
    assert dataset.group is None
    (note,) = (note for note in dataset.notes if "camera" in note)
    assert "all 14 images have the value 'Canon'" in note and "with_group('camera')" in note
    assert set(ensured(dataset)[0].images["split"]) == {"train", "valid"}
    with pytest.raises(DatasetError, match="all 14 images have the value 'Canon'.*with_group.None"):
        ensured(dataset.with_group("camera"))
    again = dataset.with_group("camera").with_group(None)
    assert set(ensured(again)[0].images["split"]) == {"train", "valid"}


def test_a_dataset_without_labels_is_refused(of):
    with pytest.raises(DatasetError, match="No image of 'made' has a label"):
        ensure_split(of(label=[None] * 14))


def test_near_copies_are_called_so_where_exact_ones_were_left_out_before(of, capsys):
    pairs = pd.DataFrame({"image_id": ["00.png"], "other_id": ["12.png"], "kind": ["near"]})
    _tell_own(of(), pd.Series("train", of().images.index), pairs)
    _tell_own(of(), pd.Series("train", of().images.index), pairs.assign(kind="exact"))
    near, exact = (line for line in capsys.readouterr().out.splitlines() if "column" in line)
    assert near.endswith("; 1 pair of near copies stays on one side of the split.")
    assert exact.endswith("; 1 pair of copies stays on one side of the split.")

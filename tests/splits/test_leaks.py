"""Leaks: every copy and group across sides, against a loop over all pairs of images."""

import warnings
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.splits import check_fold, check_leakage, describe_leakage, split
from helpers.splits.leaks import COLUMNS
from tests.balance.sets import table as made_table

NONE = pd.DataFrame({"image_id": [], "other_id": [], "kind": []}, dtype="str")
ORDER = ["train", "valid", "test"]


def pairs_of(*rows):
    return pd.DataFrame(rows, columns=["image_id", "other_id", "kind"], dtype="str")


def ends(leaks, kind=None):
    rows = leaks if kind is None else leaks[leaks["kind"] == kind]
    return set(zip(rows["image_id"], rows["other_id"], strict=True))


def sided(make, sides, **columns):
    """Images called by letters, each on the side of its place in `sides` (t, v, T or -)."""
    words = {"t": "train", "v": "valid", "T": "test", "-": None}
    ids = [chr(ord("a") + number) for number in range(len(sides))]
    columns = {"label": ["x"] * len(ids)} | columns
    return make(ids=ids, split=[words[side] for side in sides], **columns)


@pytest.mark.parametrize(
    ("sides", "rows", "expected"),
    [
        ("tv", [("a", "b", "exact")], {("exact", "a", "b")}),
        ("vt", [("a", "b", "near")], {("near", "b", "a")}),
        ("Tv", [("a", "b", "near")], {("near", "b", "a")}),
        ("tT", [("b", "a", "near")], {("near", "a", "b")}),
        ("tt", [("a", "b", "exact")], set()),
        ("t-", [("a", "b", "exact")], set()),
        ("tv", [("a", "b", "probable")], {("probable", "a", "b")}),
        ("tv", [("a", "gone", "near")], set()),
        # One of identical files stands for all of them.
        ("ttv", [("a", "b", "exact"), ("b", "c", "near")],
         {("near", "a", "c"), ("near", "b", "c")}),
        ("vtT", [("a", "b", "exact"), ("a", "c", "exact")],
         {("exact", "b", "a"), ("exact", "a", "c"), ("exact", "b", "c")}),
        ("tvvt", [("a", "b", "exact"), ("c", "d", "exact"), ("a", "c", "near")],
         {("exact", "a", "b"), ("exact", "d", "c"), ("near", "a", "c"), ("near", "d", "b")}),
        # What is on no side still links what is.
        ("t-v", [("a", "b", "near"), ("b", "c", "near")], {("near", "a", "c")}),
        ("t-v", [("a", "b", "exact"), ("b", "c", "exact")], {("exact", "a", "c")}),
        ("t-v", [("a", "b", "exact"), ("b", "c", "near")], {("near", "a", "c")}),
        ("tv", [("a", "gone", "near"), ("gone", "b", "near")], {("near", "a", "b")}),
        ("t-v", [("a", "b", "near"), ("b", "c", "probable")], set()),
        ("t-v", [("a", "b", "near"), ("b", "c", "near"), ("a", "c", "probable")],
         {("near", "a", "c")}),
        # But what is linked by pairs that lie across sides is not listed twice over.
        ("ttv", [("a", "b", "near"), ("b", "c", "near")], {("near", "b", "c")}),
        ("tvT", [("a", "b", "near"), ("b", "c", "near")],
         {("near", "a", "b"), ("near", "b", "c"), ("near", "a", "c")}),
        ("tv", [("a", "b", "exact"), ("a", "b", "near"), ("b", "a", "probable")],
         {("exact", "a", "b")}),
    ],
)  # fmt: skip
def test_copies_across_sides_are_listed_the_earlier_side_first(make, sides, rows, expected):
    leaks = check_leakage(sided(make, sides), pairs_of(*rows))
    found = list(zip(leaks["kind"], leaks["image_id"], leaks["other_id"], strict=True))
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize("seed", range(12))
def test_group_leaks_are_all_pairs_of_one_group_on_two_sides(make, seed):
    rng = np.random.default_rng(seed)
    sides = "".join(rng.choice([*"tvT-"], 18, p=[0.5, 0.2, 0.2, 0.1]))
    site = pd.array(rng.choice(["p", "q", "r", "s", None], 18), dtype="str")
    made = sided(make, sides, site=site, label=[f"l{i}" for i in range(18)])
    split_of, site_of = made.images["split"].dropna(), made.images["site"].dropna()
    expected = set()
    for pair in combinations([i for i in split_of.index if i in site_of.index], 2):
        if site_of[pair[0]] == site_of[pair[1]] and split_of[pair[0]] != split_of[pair[1]]:
            expected.add(tuple(sorted(pair, key=lambda i: ORDER.index(split_of[i]))))
    leaks = check_leakage(made.with_group("site"), NONE)
    assert ends(leaks, "group") == expected == ends(leaks) and len(leaks) == len(expected)
    for row in leaks.itertuples():
        assert (row.split, row.other_split) == (split_of[row.image_id], split_of[row.other_id])
        assert row.group == row.other_group == site_of[row.image_id]
        assert row.label == made.images["label"][row.image_id]
        assert row.other_label == made.images["label"][row.other_id]
    for groups in ("site", made.images["site"], made.images["site"].sample(frac=1)):
        assert check_leakage(made, NONE, groups).equals(leaks)
    assert check_leakage(made, NONE).empty


def test_of_large_groups_each_image_is_listed_and_not_each_pair(make):
    made = make(
        label=["x"] * 41, split=["train"] * 30 + ["valid"] * 4 + ["test"] * 7, site=["s"] * 41
    )
    leaks = check_leakage(made.with_group("site"), NONE)
    sizes = leaks.groupby(["split", "other_split"]).size().to_dict()
    # 30 × 4 and 30 × 7 pairs are too many, 4 × 7 are not.
    assert sizes == {("train", "valid"): 30, ("train", "test"): 30, ("valid", "test"): 28}
    assert {*leaks["image_id"], *leaks["other_id"]} == set(made.images.index)
    assert len(ends(leaks)) == len(leaks)


def test_pairs_of_a_group_come_in_the_order_of_their_names_side_by_side(make):
    made = sided(make, "Tvtvt", site=["s"] * 5, group="site")
    leaks = check_leakage(made, NONE)
    assert leaks[["image_id", "other_id"]].agg("".join, axis=1).tolist() == [
        *("cb", "cd", "eb", "ed"), "ca", "ea", "ba", "da",
    ]  # fmt: skip


@pytest.mark.parametrize("count", [(10, 10, 100), (10, 11, 11), (101, 1, 101)])
def test_a_hundred_pairs_are_listed_one_and_all(make, count):
    train, valid, rows = count
    made = make(label=["x"] * (train + valid), split=["train"] * train + ["valid"] * valid)
    groups = pd.Series(7.0, made.images.index)
    leaks = check_leakage(made, NONE, groups)
    assert len(leaks) == rows and set(leaks["group"]) == {"7.0"}


@pytest.mark.parametrize("seed", range(6))
def test_dropping_what_leaks_leaves_nothing_that_does(make, seed):
    rng = np.random.default_rng(seed)
    sides = "".join(rng.choice([*"tvT-"], 22))
    made = sided(make, sides, site=rng.choice([*"pqrstuvwxyz"], 22), group="site")
    ids = made.images.index.to_numpy()
    rows = [
        (*sorted(rng.choice(ids, 2, replace=False)), rng.choice(["exact", "near"])) for _ in "12345"
    ]
    pairs = pairs_of(*rows)
    leaks = check_leakage(made, pairs)
    left = made.with_images(made.images.drop(leaks["image_id"]))
    assert len(leaks) and check_leakage(left, pairs).empty


@pytest.mark.parametrize("seed", range(4))
def test_a_split_of_ours_has_no_leak(dataset, seed):
    rng = np.random.default_rng(seed)
    ends_ = rng.choice(dataset.images.index, (12, 2))
    pairs = pairs_of(*((*two, "near") for two in ends_))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = split(dataset, 0.2, 0.2, seed=seed, duplicates=pairs)
    divided = dataset.with_images(dataset.images.assign(split=table["split"]))
    assert check_leakage(divided, pairs).empty
    assert not check_leakage(divided.with_images(divided.images.assign(split=rng.choice(
        ["train", "valid"], len(divided)))), pairs).empty  # fmt: skip


def test_the_table_can_be_saved_and_an_empty_one_has_its_columns(make, tmp_path):
    made = sided(make, "tv", label=["x", None], site=[1, 2], group="site")
    leaks = check_leakage(made, pairs_of(("a", "b", "near")))
    columns = ["kind", "image_id", "split", "other_id", "other_split", "label", "other_label"]
    assert list(leaks.columns) == [*columns, "group", "other_group"]
    assert leaks.astype(object).where(leaks.notna(), None).to_numpy().tolist() == [
        ["near", "a", "train", "b", "valid", "x", None, "1", "2"]
    ]
    for table in (leaks, check_leakage(made, NONE)):
        table.to_parquet(tmp_path / "leaks.parquet")
        assert pd.read_parquet(tmp_path / "leaks.parquet").equals(table)
        assert list(table.columns) == list(leaks.columns)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "No images of one group and no copies that were found lie on two sides of the split."),
        ([("exact", "train", "valid", None)],
         "1 pair of exact copies lies on two sides of the split (train and valid)."),
        ([("near", "train", "test", None)] * 2,
         "2 pairs of near copies lie on two sides of the split (train and test)."),
        ([("group", "train", "valid", "p")] * 3,
         "1 group such as 'p' lies on two sides of the split (train and valid)."),
        ([("exact", "valid", "test", None), ("probable", "train", "valid", None),
          ("group", "train", "test", "p"), ("group", "train", "test", "q")],
         "1 pair of exact copies, 1 pair of probable copies and 2 groups such as 'p' lie on two "
         "sides of the split (train and valid; train and test; valid and test)."),
        ([("near", "train", "test", None)] * 1200,
         "1,200 pairs of near copies lie on two sides of the split (train and test)."),
    ],
)  # fmt: skip
def test_leaks_are_told_in_one_sentence(rows, said):
    leaks = pd.DataFrame(rows, columns=["kind", "split", "other_split", "group"])
    assert describe_leakage(leaks) == said


def test_a_group_that_is_not_there_is_refused(make):
    with pytest.raises(DatasetError, match="no metadata column 'site'"):
        check_leakage(sided(make, "tv"), NONE, "site")


def test_without_groups_it_says_that_only_copies_were_looked_for(make):
    told = describe_leakage(check_leakage(sided(make, "tv"), NONE))
    assert told.startswith(
        "No copies that were found lie on two sides of the split; no column says"
    )
    assert "suggest_groups(dataset)" in told
    one = pd.DataFrame({"image_id": ["a"], "other_id": ["b"], "kind": ["near"]})
    told = describe_leakage(check_leakage(sided(make, "tv"), one))
    assert told == (
        "1 pair of near copies lies on two sides of the split (train and valid); no column says "
        "which images belong together, so only copies were looked for here."
    )
    searched = check_leakage(sided(make, "tv"), one)
    searched.attrs["searched"] = True
    told = "1 pair of near copies lies on two sides of the split (train and valid)."
    assert describe_leakage(searched) == told
    searched = check_leakage(sided(make, "tv"), NONE)
    searched.attrs["searched"] = True
    assert describe_leakage(searched) == "No copies that were found lie on two sides of the split."
    whole = pd.Series(["p", "q"], ["a", "b"])
    told = describe_leakage(check_leakage(sided(make, "tv"), NONE, groups=whole))
    assert (
        told
        == "No images of one group and no copies that were found lie on two sides of the split."
    )


def test_a_fold_is_told_what_it_learned_from_and_asked_about_and_no_probable_copies(
    make, monkeypatch
):
    pairs = pairs_of(("a", "b", "near"), ("c", "d", "probable"), ("a", "e", "exact"))
    monkeypatch.setattr("helpers.audit.find_duplicates", lambda *_, **__: pairs, raising=False)
    dataset = sided(make, "TTTTTTT", shot=[1, 2, 3, 4, 5, 6, 6]).with_group("shot")
    leaks = check_fold(dataset, learned="adg", hidden="bcf")
    assert leaks[["kind", "image_id", "other_id"]].to_numpy().tolist() == [
        ["near", "a", "b"],
        ["group", "g", "f"],
    ]
    assert set(leaks["split"]) == {"train"}
    assert list(leaks.columns) == COLUMNS and leaks.index.tolist() == [0, 1]
    assert check_fold(dataset, learned="a", hidden="c").empty


def test_of_a_dataset_without_a_split_it_is_said_that_there_is_none():
    dataset = made_table(label=["ash", "elm"] * 4)
    assert describe_leakage(check_leakage(dataset, NONE)) == (
        "There is no split, so that nothing lies on two sides: ensure_split makes one."
    )
    divided = dataset.with_images(dataset.images.assign(split="train"))
    assert describe_leakage(check_leakage(divided, NONE)).startswith(
        "No copies that were found lie on two "
    )

"""Splits: the shares asked for, every class on both sides, no specimen on two."""

import warnings

import numpy as np
import pandas as pd
import pytest

from helpers.datasets import DatasetError
from helpers.splits import split


def sides(splits, groups):
    """On how many sides groups are."""
    return set(splits.groupby(groups).agg(lambda side: len(set(side))))


@pytest.mark.parametrize("seed", range(5))
def test_shares_are_met_for_every_class_and_no_specimen_is_on_two_sides(dataset, seed):
    found = split(dataset, valid=0.2, seed=seed)
    assert found.index.equals(dataset.images.index)
    joined = dataset.images.drop(columns="split").join(found)
    assert sides(joined["split"], joined["specimen"]) == {1}
    counts = pd.crosstab(joined["label"], joined["split"])
    assert (counts > 0).all().all()
    wanted = 0.2 * counts.sum(axis=1)
    assert (counts["valid"] - wanted).abs().max() <= 4  # a specimen has up to six photos
    assert abs((joined["split"] == "valid").mean() - 0.2) < 0.03


def test_a_seed_repeats_and_another_one_differs(dataset):
    assert split(dataset, seed=3).equals(split(dataset, seed=3))
    assert not split(dataset, seed=3).equals(split(dataset, seed=4))


def test_without_groups_shares_are_exact(dataset):
    found = split(dataset.with_group(None), valid=0.25)
    counts = pd.crosstab(dataset.images["label"], found["split"])
    assert ((counts["valid"] - 0.25 * counts.sum(axis=1)).abs() <= 0.5).all()


def test_duplicates_bind_their_specimens_together(dataset):
    first = dataset.images.groupby("specimen").head(1)
    chain = first.index[first["label"] == "a"][:12]
    pairs = pd.DataFrame({"image_id": chain[:-1], "other_id": chain[1:]})
    beyond = pd.DataFrame({"image_id": ["gone.jpg"], "other_id": [chain[0]]})
    for seed in range(5):
        found = split(dataset, seed=seed, duplicates=pd.concat([pairs, beyond]))
        together = dataset.images["specimen"].isin(dataset.images.loc[chain, "specimen"])
        assert len(set(found.loc[together, "split"])) == 1


def test_copies_stay_together_that_only_an_image_not_split_links(dataset):
    images = dataset.images.assign(specimen=dataset.images.index)
    ends = images.index[images["label"] == "a"][:41]
    images.loc[ends[1::4], "label"] = None
    images.loc[ends[3::4], "split"] = "test"
    pairs = pd.DataFrame({"image_id": ends[:-1], "other_id": ends[1:]})
    for seed in range(5):
        found = split(dataset.with_images(images), seed=seed, duplicates=pairs)
        assert len(set(found.loc[ends[::2], "split"])) == 1


def test_no_pairs_are_no_duplicates(dataset):
    assert split(dataset, duplicates=pd.DataFrame()).equals(split(dataset))


def test_test_images_stay_and_unlabelled_ones_stay_undecided(dataset):
    images = dataset.images.copy()
    images.iloc[:30, images.columns.get_loc("split")] = "test"
    images.iloc[-5:, images.columns.get_loc("label")] = None
    found = split(dataset.with_images(images))
    assert (found["split"].iloc[:30] == "test").all()
    assert (found["split"].iloc[30:-5].isin(["train", "valid"])).all()
    assert found["split"].iloc[-5:].isna().all()
    with pytest.raises(DatasetError, match="30 test images already"):
        split(dataset.with_images(images), test=0.2)


def test_a_test_split_is_taken_first_when_asked_for(dataset):
    joined = dataset.images.drop(columns="split").join(split(dataset, valid=0.2, test=0.3))
    shares = joined["split"].value_counts(normalize=True)
    assert shares.to_dict() == pytest.approx({"train": 0.5, "test": 0.3, "valid": 0.2}, abs=0.04)
    assert sides(joined["split"], joined["specimen"]) == {1}
    assert sides(joined["split"], joined["label"]) == {3}


def test_groups_may_be_given(dataset):
    halves = pd.Series(np.arange(len(dataset.images)) // 10, dataset.images.index)
    found = split(dataset, groups=halves)
    assert sides(found["split"], halves) == {1}


def test_a_class_of_one_specimen_stays_in_train_and_is_named(dataset):
    images = dataset.images[dataset.images["label"] != "e"].copy()
    images.loc[images["label"] == "d", "specimen"] = "only"
    with pytest.warns(UserWarning, match="d: too few groups"):
        found = split(dataset.with_images(images))
    assert (found.loc[images["label"] == "d", "split"] == "train").all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        split(dataset)


@pytest.mark.parametrize("shares", [{"valid": 0}, {"valid": 1.5}, {"valid": 0.6, "test": 0.5}])
def test_impossible_shares_are_refused(dataset, shares):
    with pytest.raises(DatasetError, match="are no shares"):
        split(dataset, **shares)


def test_a_dataset_without_labels_is_refused(dataset):
    unlabelled = dataset.with_images(dataset.images.assign(label=None))
    with pytest.raises(DatasetError, match="No image of 'made' has a label"):
        split(unlabelled)


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_rows_does_not_matter_to_shares(dataset, seed):
    shuffled = dataset.with_images(dataset.images.sample(frac=1, random_state=seed))
    found = split(shuffled, seed=seed)["split"]
    assert found.index.equals(shuffled.images.index)
    assert (found == "valid").mean() == pytest.approx(0.2, abs=0.01)


def test_groups_may_be_any_column_and_copies_join_them(make):
    site = [f"s{i // 4}" for i in range(80)]
    made = make(label=[*"abcd"] * 20, site=site, device=[f"d{i % 20}" for i in range(80)])
    pairs = pd.DataFrame({"image_id": ["000.jpg"], "other_id": ["079.jpg"]})
    for column in ("site", "device"):
        found = split(made, 0.25, groups=column, duplicates=pairs)["split"]
        assert sides(found, made.images[column]) == {1}
        assert found["000.jpg"] == found["079.jpg"]
        assert (found == "valid").mean() == 0.25
    with pytest.raises(DatasetError, match="no metadata column 'place'; it has: site, device"):
        split(made, groups="place")


def test_probable_copies_do_not_join(make):
    made = make(label=[*"ab"] * 10)
    ids = made.images.index
    chain = pd.DataFrame({"image_id": ids[:-2], "other_id": ids[2:], "kind": "probable"})
    assert (split(made, duplicates=chain)["split"] == "valid").sum() == 4
    with pytest.raises(
        DatasetError, match="copies of each other, make 2 groups, and every class is in"
    ):
        split(made, duplicates=chain.assign(kind="near"))


@pytest.mark.parametrize(
    ("sizes", "share", "message"),
    [
        ([90, 10], 0.2, "valid has 10% of the images, not 20%.*2 groups, the largest with 90%"),
        ([50, 50], 0.2, "valid has 50% of the images, not 20%.*2 groups, the largest with 50%"),
        ([40, 30, 30], 0.1, "valid has 30% of the images, not 10%"),
        ([74, 26], 0.2, "valid has 26% of the images, not 20%"),
        ([75, 25], 0.2, None),
        ([85, 15], 0.2, None),
        ([86, 14], 0.2, "valid has 14% of the images, not 20%"),
    ],
)
def test_a_share_more_than_five_points_off_is_told(make, sizes, share, message):
    site = np.repeat([f"s{i}" for i in range(len(sizes))], sizes)
    made = make(label=[*"ab"] * 50, site=site, group="site")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        split(made, share)
    assert len(caught) == (message is not None)
    if message:
        assert caught[0].filename == __file__
        with pytest.warns(UserWarning, match=message):
            split(made, share)


def test_shares_of_test_and_validation_are_told_each(make):
    made = make(label=[*"ab"] * 30, site=np.repeat([*"xyz"], [10, 20, 30]), group="site")
    with pytest.warns(UserWarning, match="valid has 17% of the images, not 10%: no nearer") as told:
        found = split(made, 0.1, 0.3)["split"]
    assert found.value_counts().to_dict() == {"train": 30, "test": 20, "valid": 10}
    assert "test has" not in str(told[0].message)


def test_a_share_is_not_spoiled_by_the_one_before(make):
    """Taken first and alone, test would be as content with the two groups that valid needs."""
    sizes = [60, 12, 8, 20]
    made = make(label=[*"ab"] * 50, site=np.repeat([*"wxyz"], sizes), group="site")
    for seed in range(10):
        found = split(made, 0.08, 0.2, seed=seed)["split"]
        assert found.value_counts().to_dict() == {"train": 72, "test": 20, "valid": 8}


def test_rare_classes_are_named_with_their_images_and_groups(make):
    label = ["a"] * 20 + ["b"] * 6 + ["c"]
    made = make(label=label, site=[*range(20), *[20] * 3, *[21] * 3, 22], group="site")
    said = r"^c: too few groups .*\(images in groups: 1 in 1\), so train comes first"
    with pytest.warns(UserWarning, match=said) as told:
        found = split(made)["split"]
    assert [one.filename for one in told] == [__file__]
    assert found.iloc[-1] == "train" and set(found.iloc[20:26]) == {"train", "valid"}
    said = r"^b, c: too few groups .*\(images in groups: 6 in 2, 1 in 1\)"
    with pytest.warns(UserWarning, match=said):
        found = split(made, 0.2, 0.2)["split"]
    assert "train" in set(found.iloc[20:26])


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"label": [*"abcdef"]}, "valid would be empty: every class has one image only"),
        ({"label": ["a"]}, "valid would be empty: every class has one image only"),
        ({"label": [*"aabb"], "site": [*"xxxx"]}, "with the same 'site' stay together, and all 4"),
        ({"label": [*"aabb"], "site": [*"xxyy"]}, "'site' stay together, and every class has one"),
        ({"label": [*"aabb"], "site": [*"xxxx"], "test": 0.2}, "valid and test would be empty"),
        ({"label": [*"aa"], "test": 0.2}, "would be empty: 2 images are too few"),
    ],
)
def test_what_cannot_be_divided_is_refused_with_the_reason(make, columns, why):
    test = columns.pop("test", None)
    made = make(**columns, group="site" if "site" in columns else None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(DatasetError, match=why) as refused:
            split(made, 0.2, test)
        if "site" in columns and not test:
            assert "dataset.with_group(None) does without that column" in str(refused.value)
            assert set(split(made.with_group(None), 0.2)["split"]) == {"train", "valid"}


@pytest.mark.parametrize("label", ["aabb", "aab", "aa", "aaab"])
def test_very_few_images_are_divided_where_a_class_has_two(make, label):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = split(make(label=[*label]))["split"]
    assert set(found) == {"train", "valid"}
    assert set(zip(label, found, strict=True)) >= {(one, "train") for one in label}


def test_only_test_images_leave_nothing_to_divide(make):
    with pytest.raises(DatasetError, match="All labelled images of 'made' are test images"):
        split(make(label=[*"ab"], split=["test", "test"]))


def grown(dataset, more=60):
    """`dataset` without its last images, and with them."""
    return dataset.with_images(dataset.images.sample(frac=1, random_state=0)[more:].sort_index())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("test", [None, 0.2])
def test_a_grown_dataset_keeps_every_image_on_its_side(dataset, seed, test):
    before = split(grown(dataset), 0.2, test, seed=seed)
    for previous in (before, before["split"]):
        now = split(dataset, 0.2, test, seed=seed + 9, previous=previous)["split"]
        assert now[before.index].equals(before["split"])
        assert sides(now, dataset.images["specimen"]) == {1}
        assert now.notna().all()
        assert (now == "valid").mean() == pytest.approx(0.2, abs=0.05)


def test_new_images_bring_the_shares_back(make):
    before = pd.Series("train", [f"{i:03d}.jpg" for i in range(70)])
    now = split(make(label=[*"ab"] * 50), 0.2, previous=before)["split"]
    assert (now[:70] == "train").all()
    assert now.groupby([*"ab"] * 50).agg(lambda side: (side == "valid").sum()).tolist() == [10, 10]
    full = pd.Series(["train"] * 50 + ["valid"] * 30, before.index.append(now.index[70:80]))
    with pytest.warns(UserWarning, match="valid has 30% of the images, not 20%"):
        now = split(make(label=[*"ab"] * 50), 0.2, previous=full)["split"]
    assert (now[80:] == "train").all()


def test_a_group_follows_an_image_that_is_gone_and_its_copies(make):
    made = make(label=[*"ab"] * 10, ids=[f"{i:03d}.jpg" for i in range(20)])
    before = pd.Series(["valid", "train"], ["gone.jpg", "lost.jpg"])
    pairs = pd.DataFrame(
        {
            "image_id": ["gone.jpg", "001.jpg", "lost.jpg"],
            "other_id": ["001.jpg", "002.jpg", "003.jpg"],
        }
    )
    for seed in range(5):
        now = split(made, 0.3, seed=seed, previous=before, duplicates=pairs)["split"]
        assert now[["001.jpg", "002.jpg", "003.jpg"]].tolist() == ["valid", "valid", "train"]
        assert now.index.equals(made.images.index)


def test_groups_that_were_on_two_sides_are_reported_and_keep_them(make):
    made = make(label=[*"ab"] * 10, site=[f"s{i // 4}" for i in range(20)], group="site")
    before = pd.Series(["train", "train", "valid", "valid", "train"], made.images.index[:5])
    said = "1 group of images .*2 in train such as 000.jpg, 2 in valid such as 002.jpg"
    with pytest.warns(UserWarning, match=said) as told:
        now = split(made, 0.1, previous=before)["split"]
    assert [one.filename for one in told] == [__file__]
    assert now[:8].tolist() == ["train", "train", "valid", "valid"] + ["train"] * 4
    new = make(label=[*"ab"] * 10, site=["s"] * 3 + [str(i) for i in range(17)], group="site")
    with pytest.warns(UserWarning, match="1 in valid such as 000.jpg, 1 in test such as 001.jpg"):
        now = split(new, previous=pd.Series(["valid", "test"], now.index[:2]))["split"]
    assert now[:3].tolist() == ["valid", "test", "valid"]


def test_what_was_test_gets_no_new_images_unless_asked_for_but_those_of_its_groups(make):
    made = make(label=[*"ab"] * 20, site=[f"s{i // 2}" for i in range(40)], group="site")
    before = pd.Series(["test"] * 3, made.images.index[[0, 1, 2]])
    now = split(made, 0.25, previous=before)["split"]
    assert now.index[now == "test"].tolist() == [f"{i:03d}.jpg" for i in range(4)]
    assert (now == "valid").sum() in (8, 10)  # a quarter of the other 36
    now = split(made, 0.25, 0.25, previous=before)["split"]
    assert (now[:4] == "test").all()
    assert now.value_counts().to_dict() == {"train": 20, "valid": 10, "test": 10}


def test_a_test_image_stays_one_whatever_it_was_and_that_is_said(make):
    made = make(label=[*"ab"] * 10, split=["test"] * 4 + [None] * 16)
    before = pd.Series(["train", "test", "valid"], made.images.index[:3])
    said = "2 images of previous= on another side are test images of 'made' now.*000.jpg, 002.jpg"
    with pytest.warns(UserWarning, match=said) as told:
        now = split(made, previous=before)["split"]
    assert [one.filename for one in told] == [__file__]
    assert (now[:4] == "test").all() and (now[4:] != "test").all()


def test_an_image_that_lost_its_label_keeps_its_side(make):
    made = make(label=[None, None, *"ab" * 9])
    now = split(made, previous=pd.Series(["valid"], ["000.jpg"]))["split"]
    assert now.iloc[0] == "valid" and pd.isna(now.iloc[1]) and now[2:].notna().all()


@pytest.mark.parametrize(
    "shares", [{"valid": 0.2, "test": 0}, {"valid": -0.1}, {"valid": 0.5, "test": 0.5}]
)
def test_shares_at_the_limits_are_refused(dataset, shares):
    with pytest.raises(DatasetError, match="are no shares"):
        split(dataset, **shares)


def test_copies_that_leave_nothing_to_divide_are_the_reason_named(make):
    made = make(label=[*"ab"] * 4, leaf=[f"q{i // 2}" for i in range(8)], group="leaf")
    ids = made.images.index
    chain = pd.DataFrame({"image_id": ids[:-1], "other_id": ids[1:]})
    why = (
        "by group or as copies of each other, make 1 group, and .* without groups= and duplicates="
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for groups in (None, "leaf", made.groups):
            with pytest.raises(DatasetError, match=why):
                split(made, groups=groups, duplicates=chain)
        assert set(split(made.with_group(None))["split"]) == {"train", "valid"}


def test_of_many_rare_classes_five_are_named(make):
    sizes = "images in groups: 1 in 1, 1 in 1, 1 in 1, 1 in 1, 1 in 1 and 1 more"
    with pytest.warns(UserWarning, match=f"^b, c, d, e, f and 1 more: too few groups .*{sizes}"):
        split(make(label=[*"aaaaabcdefg"]), 0.1)


def test_a_split_of_which_all_is_known_is_given_back(make):
    made = make(label=[*"ab"] * 5, day=range(10))
    before = pd.Series(["train"] * 8 + ["valid"] * 2, made.images.index, name="split")
    for order in (None, "day"):
        assert split(made, previous=before, order=order)["split"].tolist() == before.tolist()


def test_a_fifth_is_validated_on_and_the_seed_is_0_unless_told(dataset):
    assert split(dataset).equals(split(dataset, valid=0.2, seed=0))
    assert not split(dataset).equals(split(dataset, seed=1))


def test_a_rare_class_is_named_wherever_its_images_stand(make):
    with pytest.warns(UserWarning, match="^c: too few groups .*: 1 in 1"):
        found = split(make(label=["c", *"abab" * 5]))["split"]
    assert found.iloc[0] == "train"


@pytest.mark.parametrize("kind", ["str", "string", "object"])
def test_an_image_without_a_split_is_no_test_image_whatever_the_type_of_the_column(make, kind):
    made = make(label=[*"ab"] * 10, split=["test"] * 4 + [None] * 16)
    given = made.with_images(made.images.astype({"split": kind}))
    found = split(given, 0.25)["split"]
    assert found.value_counts().to_dict() == {"train": 12, "valid": 4, "test": 4}
    with pytest.raises(DatasetError, match="has 4 test images already"):
        split(given, 0.25, 0.25)


def test_by_date_what_was_placed_before_counts_and_a_class_only_among_the_latest_is_named(make):
    label = [*"aaaaaaaabb"]
    made = make(label=label, day=range(10), ids=[f"{i:03d}.jpg" for i in range(10)])
    before = pd.Series(["valid", "train"], ["000.jpg", "001.jpg"])
    with pytest.warns(UserWarning, match="^b: only among the latest images") as told:
        found = split(made, 0.3, previous=before, order="day")["split"]
    assert [one.filename for one in told] == [__file__]
    assert found.tolist() == ["valid", *["train"] * 7, "valid", "valid"]

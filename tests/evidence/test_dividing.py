"""What a report leaves of a dataset is the same for a part of it and for all of it."""

from types import SimpleNamespace

import pandas as pd

from helpers.evidence.dividing import clean, divide_all, keeps_split, pairs_within
from tests.splits.test_accepting import small


def pairs(*rows, **more):
    made = pd.DataFrame([*map(list, rows)], columns=["image_id", "other_id"], dtype=object)
    return made.assign(**more)


def left(sure=(), drop=(), answered_no=(), copies=()):
    choices = pd.DataFrame({"action": "drop", "label": pd.NA, "reason": "torn"}, index=list(drop))
    against = [one if one in answered_no else None for one in sure]
    sure = pairs(*sure, against=pd.Series(against, dtype=object))
    return SimpleNamespace(
        choices=choices.rename_axis("image_id"), sure=sure, pairs=pairs(*copies, kind="exact")
    )


def test_what_is_surely_one_thing_is_joined_but_what_was_answered_no_and_what_is_left_out_is_gone():
    evidence = left(sure=["ab", "bc"], answered_no=["bc"], drop=["d"])
    cleaned = clean(evidence, small())
    assert cleaned.images.index.to_list() == ["a", "b", "c", *small().images.index[4:]]
    assert cleaned.group == "suggested_group"
    groups = cleaned.images["suggested_group"].dropna()
    assert groups.to_dict() == {"a": "group 1", "b": "group 1"}
    assert clean(left(drop=["d"]), small()).group == small().group


def test_a_copy_that_is_left_out_still_ties_what_it_belongs_with():
    # d is a copy of c and of one thing with e: without d, nothing else says so of c and e.
    evidence = left(sure=["de"], drop=["d"], copies=["cd"])
    cleaned = clean(evidence, small())
    assert "d" not in cleaned.groups and cleaned.groups["c"] == cleaned.groups["e"]
    apart = clean(left(sure=["de"], drop=["d"]), small())
    assert apart.groups["c"] != apart.groups["e"]
    images = cleaned.images.assign(split="train", label="x")
    images.loc["e", "split"] = "valid"
    assert not keeps_split(cleaned.with_images(images), evidence.pairs)
    images.loc["c", "split"] = "valid"
    assert keeps_split(cleaned.with_images(images), evidence.pairs)


def test_a_column_that_an_earlier_report_exported_is_kept_beside_the_new_one():
    dataset = small().with_images(small().images.assign(suggested_group="mine"))
    cleaned = clean(left(sure=["ab"]), dataset)
    assert cleaned.images["suggested_group"].eq("mine").all()
    assert cleaned.images[cleaned.group].dropna().index.to_list() == ["a", "b"]


def test_a_split_stays_where_both_sides_have_labels_and_only_what_is_probable_leaks():
    images = small().images.assign(split="train", label="x")
    images.loc[["c", "d"], "split"] = "valid"
    dataset, near, probable = small(), pairs("ac", kind="near"), pairs("ac", kind="probable")

    def stays(table, found):
        return keeps_split(dataset.with_images(table), found)

    assert stays(images, pairs(kind=[])) and stays(images, probable)
    assert not stays(images, near)
    assert stays(images, pairs("ab", kind="near"))  # both in training
    assert stays(images.drop("a"), near)  # the other is no longer there
    assert not stays(images.assign(split="train"), pairs(kind=[]))
    unlabelled = images.assign(label=images["label"].where(images["split"] != "valid"))
    assert not stays(unlabelled, pairs(kind=[]))


def test_pairs_within_have_both_ends_in_the_dataset():
    known = pairs("ab", "az", "zy", "cb", kind="near")
    assert pairs_within(small(), known)[["image_id", "other_id"]].sum(axis=1).to_list() == [
        "ab", "cb"
    ]  # fmt: skip


def test_where_the_models_had_all_images_their_split_is_the_one_of_all():
    dataset, divided = small(), object()
    evidence = SimpleNamespace(
        part=dataset, divided=divided, dataset=SimpleNamespace(development=dataset)
    )
    assert divide_all(evidence) is divided

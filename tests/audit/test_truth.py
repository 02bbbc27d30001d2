from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.audit import (
    score_against_truth,
    score_detectors,
    score_label_lists,
    sweep_distance,
    wrong_labels,
)
from helpers.copies.duplicates import FLAT
from tests.audit.sets import dataset_of

ROWS = [
    ("a", "dark", "obvious", None, False),
    ("b", "dark", "subtle", None, False),
    ("c", "dark", "undetectable", None, False),
    ("n", "night_decoy", "clear", None, True),
    ("x2", "near_duplicate", "clear", "x", False),
    ("x3", "near_duplicate", "subtle", "x", False),
    ("y2", "near_duplicate", "undetectable", "y", False),
    ("z2", "burst", "clear", "z", True),
]


@pytest.fixture
def dataset(tmp_path):
    columns = ["image_id", "kind", "strength", "partner", "innocent"]
    return dataset_of(tmp_path, list("abcdnxyz"), planted=pd.DataFrame(ROWS, columns=columns))


def pairs(*names):
    table = pd.DataFrame([name.split() for name in names], columns=["image_id", "other_id"])
    return table.astype("str")


def test_recall_is_counted_by_strength_and_precision_over_all_flags(dataset):
    table = score_against_truth(dataset, ["a", "c", "n", "q"], "dark").set_index("strength")
    assert table["recall"].to_dict() == {
        "obvious": 1, "subtle": 0, "undetectable": 1, "all detectable": 0.5, "innocent": 1,
    }  # fmt: skip
    assert (table["flagged"] == 4).all() and (table["false"] == 2).all()
    assert (table["precision"] == 0.5).all()


def test_a_table_of_issues_may_stand_for_its_images(dataset):
    issues = pd.DataFrame({"image_id": ["a", "a", "b"], "issue": "dark"})
    table = score_against_truth(dataset, issues, "dark").set_index("strength")
    assert table.loc["all detectable", "recall"] == 1
    assert table["flagged"].iloc[0] == 2


def test_pairs_match_in_either_order_and_through_clusters(dataset):
    either = score_against_truth(dataset, pairs("x x2", "x3 x2"), "near_duplicate")
    assert either.set_index("strength").loc["all detectable", "recall"] == 1
    assert either["precision"].iloc[0] == 1


def test_bursts_and_strangers_are_false_pairs(dataset):
    found = pairs("x2 x", "z z2", "a b", "x2 b", "b x3", "x2 y2")
    table = score_against_truth(dataset, found, "near_duplicate").set_index("strength")
    assert table.loc["innocent", "recall"] == 1
    assert table["false"].iloc[0] == 5
    assert table["precision"].iloc[0] == pytest.approx(1 / 6)


def test_tables_of_scores_have_their_columns_in_one_order_and_count_their_rows(dataset):
    columns = ["kind", "strength", "planted", "found", "recall", "flagged", "false", "precision"]
    assert [*score_against_truth(dataset, ["a"], "dark")] == columns
    table = score_detectors(dataset, {"dark": ["a"], "near_duplicate": pairs("x x2")})
    assert [*table] == columns and table.index.tolist() == [0, 1, 2, 3]


def test_finding_nothing_has_recall_zero_and_no_precision(dataset):
    for found, kind in (([], "dark"), (pairs().astype("str"), "near_duplicate")):
        table = score_against_truth(dataset, found, kind)
        assert table["recall"].eq(0).all() and table["precision"].isna().all()


def test_without_truth_the_table_is_empty_and_has_its_columns(tmp_path):
    table = score_against_truth(dataset_of(tmp_path, ["a"]), ["a"], "dark")
    assert table.empty and {"strength", "recall", "precision"} <= set(table.columns)


def test_an_unknown_kind_is_refused_by_naming_the_known(dataset):
    with pytest.raises(ValueError, match="burst, dark, near_duplicate, night_decoy"):
        score_against_truth(dataset, [], "sepia")


def test_a_wrong_label_of_another_kind_or_of_a_copy_is_no_false_alarm(tmp_path):
    rows = [
        ("a", "label_error_random", "obvious", None, "elm", False),
        ("b", "label_error_confusable", "clear", None, "elm", False),
        ("c2", "exact_duplicate", "clear", "c", "elm", False),
        ("d", "no_leaf", "clear", None, "no leaf", False),
    ]
    columns = ["image_id", "kind", "strength", "partner", "truth", "innocent"]
    dataset = dataset_of(tmp_path, ["a", "b", "c", "c2", "d", "e"],
                         planted=pd.DataFrame(rows, columns=columns))  # fmt: skip
    dataset = dataset.with_images(dataset.images.assign(label="ash"))
    dataset.images.loc["c2", "label"] = "elm"
    table = score_against_truth(dataset, ["a", "b", "c", "c2", "d", "e"], "label_error_random")
    assert table["false"].unique().tolist() == [3]
    assert table["precision"].unique().tolist() == [0.5]
    assert table.set_index("strength").loc["all detectable", "recall"] == 1


def test_detectors_side_by_side_have_a_row_within_their_reach_and_one_beyond(dataset):
    table = score_detectors(dataset, {"dark": ["a", "c"], "near_duplicate": pairs("x x2")})
    rows = table.set_index(["kind", "strength"])
    assert [*rows.index] == [
        (kind, f"{where} reach") for kind in ("dark", "near_duplicate")
        for where in ("beyond", "within")
    ]  # fmt: skip
    assert rows["recall"].tolist() == [1, 0.5, 0, 0.5]
    assert rows["planted"].tolist() == [1, 2, 1, 2]


@pytest.fixture
def mislabelled(tmp_path):
    """Of six labels, b, c and d are wrong; e and f are copies, of which f has the wrong label."""
    rows = [
        ("b", "label_error_random", "obvious", None, "ash"),
        ("c", "label_error_confusable", "clear", None, "ash"),
        ("d", "label_error_confusable", "undetectable", None, "ash"),
        ("d", "label_error_specimen", "clear", None, "ash"),
        ("f", "exact_duplicate", "clear", "e", "ash"),
    ]
    columns = ["image_id", "kind", "strength", "partner", "truth"]
    planted = pd.DataFrame(rows, columns=columns).assign(innocent=False)
    made = dataset_of(tmp_path, list("abcdef"), planted=planted)
    labels = pd.Series(["ash", "elm", "elm", "elm", "ash", "elm"], list("abcdef"))
    return made.with_images(made.images.assign(label=labels))


def test_wrong_labels_are_those_that_differ_from_the_truth_copies_included(mislabelled, tmp_path):
    assert {*wrong_labels(mislabelled)} == {"b", "c", "d", "f"}
    assert wrong_labels(dataset_of(tmp_path, ["a"])) is None


def test_each_list_of_labels_is_scored_by_kind_of_error_of_any_strength(mislabelled, tmp_path):
    lists = {"one": pd.DataFrame(index=["a", "d", "f"]), "two": ["b"]}
    rows = score_label_lists(mislabelled, lists)
    assert rows.index.tolist() == [0, 1, 2, 3, 4, 5]
    rows = rows.set_index(["kind", "strength"])
    assert rows["recall"].to_numpy().reshape(2, 3).tolist() == [
        [0, 0.5, 1],
        [1, 0, 0],
    ]
    assert rows.loc["one", "precision"].unique() == pytest.approx([2 / 3])
    assert rows.loc[("one", "confusable"), "planted"] == 2
    assert score_label_lists(dataset_of(tmp_path, ["a"]), lists).empty
    assert score_label_lists(mislabelled, {}).empty
    planted = mislabelled.planted
    some = replace(mislabelled, planted=planted[planted["kind"] != "label_error_specimen"])
    assert "specimen" not in set(score_label_lists(some, lists)["strength"])
    assert "random" in set(score_label_lists(some, lists)["strength"])


def test_two_hashes_alone_are_compared_bit_by_bit(dataset):
    hashes = {"x": 0, "x2": 0b11, "x3": 0b111100, "a": 2**64 - 1, "n": 0, "y": 0, "b": 0, "c": 0}
    rich, flat = bytes(range(256)), bytes(256)
    scanned = pd.DataFrame({
        "phash": [f"{bits:016x}" for bits in hashes.values()],
        "sha256": ["x", "x2", "x3", "a", "x", "y", "b", "c"],
        "readable": [True] * 5 + [False, True, True],
        "width": [64] * 6 + [15, 16], "height": 64, "thumbnail": [rich] * 7 + [flat],
    }, index=pd.Index([*hashes], name="image_id"))  # fmt: skip
    known = dataset_of(dataset.root, [*hashes], planted=dataset.planted)
    table = sweep_distance(known, scanned, [0, 2, 4, 6], variants=False).set_index("distance")
    # n holds the bytes of x, y cannot be read, b is small and c flat: none of them is compared.
    assert table.attrs["note"].startswith("2 of 7 pictures are too small or too flat")
    assert table["pairs"].tolist() == [0, 1, 2, 3]
    assert table["recall"].tolist() == [0, 0.5, 1, 1]
    assert table["precision"].tolist()[1:] == [1, 1, 1]
    fewer = dataset_of(dataset.root, ["x", "x3"], planted=dataset.planted)
    assert sweep_distance(fewer, scanned, [6], variants=False)["pairs"].tolist() == [1]


def test_the_edge_of_what_is_compared_is_sixteen_pixels_and_some_variety(tmp_path):
    rich = bytes(range(256))
    spread = {"a": [124, 132], "b": [123, 131], "c": [126, 130]}
    scanned = pd.DataFrame({
        "phash": ["0" * 16] * 6, "sha256": list("abcdef"), "readable": True,
        "width": [64, 64, 64, 16, 15, 64], "height": [64, 64, 64, 64, 64, 15],
        "thumbnail": [bytes(pair * 128) for pair in spread.values()] + [rich] * 3,
    }, index=pd.Index(list("abcdef"), name="image_id"))  # fmt: skip
    table = sweep_distance(dataset_of(tmp_path, list("abcdef")), scanned, [0], variants=False)
    flat = sum(np.std(pair) <= FLAT for pair in spread.values())
    assert table["pairs"].tolist() == [(4 - flat) * (3 - flat) // 2]
    assert table.attrs["note"].startswith(f"{2 + flat} of 6 pictures")
    whole = sweep_distance(dataset_of(tmp_path, ["d"]), scanned, [0], variants=False)
    assert "note" not in whole.attrs
    scanned["thumbnail"] = scanned["thumbnail"].where(scanned.index != "d", None)
    gone = sweep_distance(dataset_of(tmp_path, ["d"]), scanned, [0], variants=False)
    assert gone.attrs["note"] == "1 of 1 pictures are too small or too flat to be compared"


def test_variants_are_compared_once_up_to_the_largest_distance_and_cut_at_each(
    dataset, monkeypatch
):
    asked = []

    def find(dataset, scanned, **options):
        asked.append(options)
        rows = [("x", "x2", "near", 2), ("x", "x3", "near", 6), ("z", "z2", "near", 9),
                ("a", "b", "near", 16), ("c", "d", "exact", 0)]  # fmt: skip
        return pd.DataFrame(rows, columns=["image_id", "other_id", "kind", "distance"])

    monkeypatch.setattr("helpers.audit.truth.find_duplicates", find)
    scanned = pd.DataFrame({"readable": [], "thumbnail": [], "width": [], "height": []})
    scanned = scanned.astype({"readable": bool})
    table = sweep_distance(dataset, scanned)
    assert asked == [{"distance": 16, "verify": False}]
    assert table["distance"].tolist() == [0, 2, 4, 6, 8, 10, 12, 14, 16]
    assert table["pairs"].tolist() == [0, 1, 1, 2, 2, 3, 3, 3, 4]
    assert table["recall"].tolist() == [0, 0.5, 0.5, 1, 1, 1, 1, 1, 1]
    assert table["bursts"].tolist() == [0] * 5 + [1] * 4
    assert table["precision"].tolist()[-1] == 0.5 and table["precision"].tolist()[1:5] == [1] * 4
    unknown = sweep_distance(dataset_of(dataset.root, ["a"]), scanned, [0, 16])
    assert unknown["recall"].isna().all() and unknown["pairs"].tolist() == [0, 4]


def test_decoys_of_pairs_lure_no_detector_of_single_images_and_the_other_way_about(dataset):
    single = score_against_truth(dataset, ["z2", "n"], "dark").set_index("strength")
    assert single.loc["innocent", ["planted", "found"]].tolist() == [1, 1]
    paired = score_against_truth(dataset, pairs("z z2", "n a"), "near_duplicate")
    assert paired.set_index("strength").loc["innocent", ["planted", "found"]].tolist() == [1, 1]


def test_several_kinds_are_scored_together_and_named(dataset):
    table = score_against_truth(dataset, pd.DataFrame(index=["a", "x2"]), ("dark", "night_decoy"))
    assert table["kind"].unique().tolist() == ["dark or night_decoy"]
    assert (table["flagged"].iloc[0], table["false"].iloc[0]) == (2, 1)

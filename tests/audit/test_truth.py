import pandas as pd
import pytest

from helpers.audit import score_against_truth
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
    found = pairs("x2 x", "z z2", "a b")
    table = score_against_truth(dataset, found, "near_duplicate").set_index("strength")
    assert table.loc["innocent", "recall"] == 1
    assert table["false"].iloc[0] == 2
    assert table["precision"].iloc[0] == pytest.approx(1 / 3)


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

import pandas as pd
import pytest

from helpers.audit import find_duplicates, find_outliers, find_quality_issues
from helpers.audit.tables import require_scan
from helpers.datasets import DatasetError
from tests.audit.sets import dataset_of


def test_a_dataset_where_a_scan_is_expected_is_refused_with_the_call_that_makes_one(tmp_path):
    dataset = dataset_of(tmp_path, ["a.jpg"])
    needed = "where it needs the table that scan returns: scanned = scan\\(dataset\\) makes it"
    with pytest.raises(
        DatasetError, match=f"find_quality_issues got a Dataset 'test set' {needed}"
    ):
        find_quality_issues(dataset)
    with pytest.raises(DatasetError, match=f"find_duplicates got a Dataset 'test set' {needed}"):
        find_duplicates(dataset, dataset)


def test_another_table_is_named_by_its_columns(tmp_path):
    dataset = dataset_of(tmp_path, ["a.jpg"])
    with pytest.raises(
        DatasetError, match=r"got a table of 1 rows with columns \['label', 'split'\]"
    ):
        find_quality_issues(dataset.images)
    with pytest.raises(DatasetError, match="find_outliers got a Dataset 'test set' where it needs"):
        find_outliers(dataset)
    with pytest.raises(DatasetError, match="a table of numbers with one row per image"):
        find_outliers(pd.DataFrame({"word": ["x"]}))


def test_a_table_is_named_by_four_columns_and_anything_else_by_its_kind():
    wide = pd.DataFrame({name: ["x"] for name in "abcdef"})
    with pytest.raises(DatasetError, match=r"got a table of 1 rows with columns \['a', 'b', 'c', "
                                           r"'d'\]… where"):  # fmt: skip
        find_outliers(wide)
    for thing, said in ((7, "got a int where"), (pd.Series([1], name=3), "got a Series where")):
        with pytest.raises(DatasetError, match=said):
            find_outliers(thing)


def test_features_of_one_image_twice_are_refused():
    numbers = pd.DataFrame({"a": range(9), "b": range(9)}, index=[*range(8), 7])
    with pytest.raises(DatasetError, match="with one row per image"):
        find_outliers(numbers)


def test_a_table_with_what_a_scan_always_has_is_taken_for_one_as_it_is():
    needed = ["readable", "sha256", "thumbnail"]
    for columns in (needed, [*needed, "width"]):
        table = pd.DataFrame(columns=columns)
        assert require_scan(table, "this") is table
    for gone in needed:
        with pytest.raises(DatasetError, match="^this got a table of 0 rows with columns"):
            require_scan(pd.DataFrame(columns=[*needed, "width"]).drop(columns=gone), "this")

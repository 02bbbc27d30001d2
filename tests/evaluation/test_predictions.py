"""Predictions tables, right and wrong ones, and the remedies that the errors print."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

from helpers.datasets import DatasetError
from helpers.datasets.dataset import Dataset
from helpers.evaluation import check_predictions, classes_of, probabilities, read_predictions

IDS = ["oak/1.jpg", "oak/2.jpg", "rose/1.png"]


@pytest.fixture
def table():
    values = {"rose": [0.2, 0.6, 0.9], "oak": [0.7, 0.1, 0.1], "ash": [0.1, 0.3, 0.0]}
    index = pd.Index(IDS, name="image_id")
    return pd.DataFrame({"label": ["oak", "oak", "rose"], **values}, index)


@pytest.fixture
def dataset(tmp_path):
    images = pd.DataFrame(
        {"label": ["oak", "oak", "rose"], "split": "test", "hour": [1.0, 2.0, 3.0]},
        pd.Index(IDS, name="image_id", dtype="str"),
    ).astype({"label": "str", "split": "str"})
    return Dataset("photos", tmp_path, images)


def test_a_checked_table_has_the_facts_and_then_the_classes_sorted(table):
    found = check_predictions(table)
    names = ["label", "prediction", "confidence", "loss", "ash", "oak", "rose"]
    assert list(found.columns) == names
    assert found.index.name == "image_id"
    assert list(found.index) == IDS
    assert list(found["prediction"]) == ["oak", "rose", "rose"]
    assert found["confidence"].tolist() == pytest.approx([0.7, 0.6, 0.9], abs=1e-12)
    assert found["loss"].tolist() == pytest.approx(-np.log([0.7, 0.1, 0.9]))
    assert classes_of(found) == ["ash", "oak", "rose"]
    assert probabilities(found).to_numpy().tolist() == pytest.approx(
        table[["ash", "oak", "rose"]].to_numpy()
    )
    pd.testing.assert_frame_equal(check_predictions(found), found)
    assert list(table.columns) == ["label", "rose", "oak", "ash"]


def test_the_images_may_be_a_column_and_labels_may_come_from_the_dataset(table, dataset):
    found = check_predictions(table)
    pd.testing.assert_frame_equal(check_predictions(table.reset_index()), found)
    bare = table.drop(columns="label").assign(hour=[1.0, 2.0, 3.0], note="a")
    pd.testing.assert_frame_equal(check_predictions(bare, dataset), found)


def test_rounded_probabilities_are_made_to_sum_to_one(table):
    table[["rose", "oak", "ash"]] = [[0.33, 0.34, 0.335]] * 3
    values = probabilities(check_predictions(table))
    assert values.sum(axis=1).tolist() == pytest.approx([1] * 3, abs=1e-15)
    assert values["oak"].iloc[0] == pytest.approx(0.34 / 1.005)


def test_a_label_may_be_missing_and_its_loss_is_too(table, dataset):
    table.loc[IDS[1], "label"] = None
    found = check_predictions(table)
    assert found["label"].isna().tolist() == [False, True, False]
    assert found["loss"].isna().tolist() == [False, True, False]
    assert check_predictions(table, dataset)["label"].tolist() == ["oak", "oak", "rose"]


def test_of_equally_probable_classes_the_table_may_name_any(table):
    table[["rose", "oak", "ash"]] = [[0.4, 0.4, 0.2]] * 3
    assert check_predictions(table)["prediction"].tolist() == ["oak"] * 3
    said = check_predictions(table.assign(prediction=["rose", "oak", "rose"]))
    assert said["prediction"].tolist() == ["rose", "oak", "rose"]
    with pytest.raises(DatasetError, match="1 image have a prediction .* rose/1.png 'ash'"):
        check_predictions(table.assign(prediction=["rose", "oak", "ash"]))
    with pytest.raises(DatasetError, match="not the most probable"):
        check_predictions(table.assign(prediction=["rose", "oak", "elm"]))


def test_classes_may_be_called_as_our_own_columns(table):
    table = table.rename(columns={"ash": "probability of label", "oak": "probability of image_id"})
    found = check_predictions(table.assign(label="rose"))
    assert classes_of(found) == ["image_id", "label", "rose"]
    assert found["prediction"].tolist() == ["image_id", "rose", "rose"]
    pd.testing.assert_frame_equal(check_predictions(found), found)


def test_classes_may_be_named_where_other_columns_hold_numbers(table):
    expected, more = check_predictions(table), table.assign(epoch=3)
    with pytest.raises(DatasetError, match="columns taken as classes: rose, oak, ash, epoch"):
        check_predictions(more)
    pd.testing.assert_frame_equal(check_predictions(more, classes=["oak", "rose", "ash"]), expected)
    others = more.rename(columns={"oak": "p_oak", "ash": "p_ash", "rose": "p_rose"})
    named = {f"p_{name}": name for name in ("oak", "rose", "ash")}
    pd.testing.assert_frame_equal(check_predictions(others, classes=named), expected)
    with pytest.raises(DatasetError, match="no column 'roze' .did you mean 'rose'"):
        check_predictions(more, classes=["oak", "roze", "ash"])
    with pytest.raises(DatasetError, match="2 columns of probabilities for 1 classes"):
        check_predictions(more, classes={"oak": "tree", "ash": "tree"})


def test_images_twice_absent_or_unknown_are_named_and_the_remedies_work(table, dataset):
    expected = check_predictions(table)
    twice = pd.concat([table, table[:1]])
    with pytest.raises(DatasetError, match=r"1 image more than once: oak/1.jpg; .*level=0\).first"):
        check_predictions(twice)
    with pytest.raises(DatasetError, match=r"groupby\('image_id'\).first"):
        check_predictions(twice.reset_index())
    again = check_predictions(twice.groupby(level=0).first(), dataset)
    pd.testing.assert_frame_equal(again, expected)
    again = check_predictions(twice.reset_index().groupby("image_id").first())
    pd.testing.assert_frame_equal(again, expected)
    with pytest.raises(DatasetError, match="1 image of the dataset have no prediction: rose/1.png"):
        check_predictions(table[:2], dataset)
    less = dataset.with_images(dataset.images.loc[table[:2].index])
    assert len(check_predictions(table[:2], less)) == 2
    with pytest.raises(DatasetError, match="1 image that the dataset has not: rose/1.png"):
        check_predictions(table, less)
    left = table[table.index.isin(less.images.index)]
    assert len(check_predictions(left, less)) == 2
    with pytest.raises(DatasetError, match="does not say of which images"):
        check_predictions(table.reset_index(drop=True))
    with pytest.raises(DatasetError, match="1 rows of the predictions table name no image"):
        check_predictions(table.rename(index={IDS[0]: None}))
    with pytest.raises(DatasetError, match="no rows"):
        check_predictions(table[:0])


def test_what_is_no_probability_is_refused_with_a_remedy_that_works(table):
    names = ["ash", "oak", "rose"]
    expected = check_predictions(table)
    logits = table.assign(**np.log(table[names] + 1e-12))
    with pytest.raises(DatasetError, match="logits.*softmax"):
        check_predictions(logits)
    logits[names] = softmax(logits[names], axis=1)
    pd.testing.assert_frame_equal(check_predictions(logits), expected, atol=1e-9, rtol=1e-9)
    with pytest.raises(DatasetError, match="per cent"):
        check_predictions(table.assign(**table[names] * 100))
    with pytest.raises(DatasetError, match="2 images do not sum to 1: oak/2.jpg to 1.3"):
        check_predictions(table.assign(oak=[0.7, 0.4, 0.4]))
    with pytest.raises(DatasetError, match="do not sum"):
        check_predictions(table.assign(oak=[0.7, 0.089, 0.1]))
    with pytest.raises(DatasetError, match="1 image lack a probability: oak/1.jpg"):
        check_predictions(table.assign(oak=[np.nan, 0.1, 0.1]))
    with pytest.raises(DatasetError, match="Not all probabilities are numbers"):
        check_predictions(table.assign(oak=["a", "b", "c"]), classes=names)


def test_a_label_that_the_model_cannot_say_is_named_and_may_be_counted_as_wrong(table):
    table.loc[IDS[0], "label"] = "Oak"
    with pytest.raises(DatasetError, match=r"1 image .*'Oak' .did you mean 'oak'.*\['Oak'\] = 0.0"):
        check_predictions(table)
    table["Oak"] = 0.0
    found = check_predictions(table)
    assert found["prediction"].tolist() == ["oak", "rose", "rose"]
    assert np.isfinite(found["loss"]).all()
    with pytest.raises(DatasetError, match="no column 'label'"):
        check_predictions(table.drop(columns="label"))


def test_labels_that_differ_from_the_datasets_are_not_taken_silently(table, dataset):
    table.loc[IDS[0], "label"] = "rose"
    with pytest.raises(
        DatasetError, match="1 image have another label .*oak/1.jpg 'rose', .*'oak'"
    ):
        check_predictions(table, dataset)
    found = check_predictions(table.drop(columns="label"), dataset)
    assert found["label"].tolist() == ["oak", "oak", "rose"]


@pytest.mark.parametrize("ending", ["csv", "tsv", "parquet"])
def test_a_file_of_another_program_is_read(table, dataset, tmp_path, ending):
    path = tmp_path / f"found.{ending}"
    given = table.reset_index().rename(columns={"image_id": "file", "label": "truth"})
    given["file"] = "C:\\photos\\" + given["file"].str.replace("/", "\\")
    if ending == "parquet":
        given.to_parquet(path)
    else:
        given.to_csv(path, index=False, sep="," if ending == "csv" else "\t")
    found = read_predictions(path, dataset, files="file", label="truth")
    pd.testing.assert_frame_equal(found, check_predictions(table))
    with pytest.raises(DatasetError, match="no column 'image_id' .*files='…'"):
        read_predictions(path, dataset)


def test_rows_that_name_no_image_are_counted(table, dataset, tmp_path):
    path = tmp_path / "found.csv"
    table.rename(index={IDS[2]: "elm/9.jpg"}).to_csv(path)
    with pytest.raises(DatasetError, match="1 row of 'found.csv' name no image .*elm/9.jpg"):
        read_predictions(path, dataset)
    assert list(read_predictions(path).index) == [*IDS[:2], "elm/9.jpg"]


def test_numbers_as_labels_stay_names(dataset, tmp_path):
    path = tmp_path / "found.csv"
    path.write_text("image_id,label,01,2\na.jpg,01,0.8,0.2\nb.jpg,2,0.5,0.5\n")
    found = read_predictions(path)
    assert found["label"].tolist() == ["01", "2"]
    assert found["prediction"].tolist() == ["01", "01"]


@pytest.mark.parametrize("sums", [99, 99.5, 101])
def test_per_cent_are_told_where_all_rows_sum_to_a_hundred_within_one(sums):
    index = pd.Index(["a.jpg", "b.jpg"], name="image_id")
    made = pd.DataFrame({"label": ["x", "y"], "x": [sums, 0.0], "y": [0.0, sums]}, index)
    with pytest.raises(DatasetError, match="These are per cent .*; divide them by 100"):
        check_predictions(made)
    for odd in (made.assign(x=[sums, -1.0], y=[0.0, sums + 1]), made.assign(y=[3.0, sums])):
        with pytest.raises(DatasetError, match="are no probabilities"):
            check_predictions(odd)


def test_a_dozen_columns_taken_as_classes_are_named_and_six_of_a_file(tmp_path):
    index = pd.Index(["a.jpg", "b.jpg"], name="image_id")
    made = pd.DataFrame({f"c{n:02}": [2.0, 3.0] for n in range(14)}, index).assign(label="c00")
    with pytest.raises(DatasetError, match=r"as classes: c00, .*, c11 and 2 more\)"):
        check_predictions(made)
    made.rename_axis("file").to_csv(tmp_path / "p.csv")
    with pytest.raises(
        DatasetError, match=r"\(columns: file, c00, c01, c02, c03, c04 and 10 more\)"
    ):
        read_predictions(tmp_path / "p.csv")


def test_a_row_may_miss_a_sum_of_one_by_a_hundredth():
    index = pd.Index(["a.jpg", "b.jpg"], name="image_id")
    made = pd.DataFrame({"label": ["x", "y"], "x": [0.5, 0.25], "y": [0.509, 0.75]}, index)
    assert check_predictions(made).loc["a.jpg", ["x", "y"]].sum() == pytest.approx(1)
    with pytest.raises(DatasetError, match=r"1 image do not sum to 1: b.jpg to 0.98 "):
        check_predictions(made.assign(x=[0.5, 0.23]))

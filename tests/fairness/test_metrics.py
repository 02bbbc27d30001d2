import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fairlearn
from sklearn.metrics import accuracy_score, recall_score

from helpers.datasets import DatasetError
from helpers.evaluation import accuracy_interval
from helpers.fairness import compare_gaps, group_metrics, measure_gaps
from tests.evaluation.tables import drawn
from tests.fairness.sets import made


def asked(images=800, classes=4, photos=2, small=0):
    """Drawn predictions, and a dataset with their labels in three sites and two rooms."""
    shares = (0.4, 0.3, 0.2, 0.1) if classes == 4 else (0.6, 0.4)
    table = drawn(images, 3, shares)
    rng = np.random.default_rng(5)
    dataset, _ = made({("ash", "moss"): images})
    frame = pd.DataFrame({"label": table["label"], "split": "test"}, table.index)
    frame["site"] = rng.choice(["coast", "hill", "town"], images)
    frame["room"] = rng.choice(["a", "b"], images)
    frame["thing"] = [f"t{n // photos}" for n in range(images)]
    if small:
        frame.iloc[:small, frame.columns.get_loc("site")] = "islet"
    return table, dataset.with_images(frame)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("column", ["site", "site × room"])
def test_values_are_those_of_fairlearn(classes, column):
    table, dataset = asked(classes=classes)
    found = group_metrics(table, dataset, column, "elm").set_index(["metric", "group"])["value"]
    values = dataset.images[column.split(" × ")].agg(" × ".join, axis=1)
    is_one, said = table["label"] == "elm", table["prediction"] == "elm"
    frame = fairlearn.MetricFrame(
        metrics={
            "named": fairlearn.selection_rate,
            "recall": recall_score,
            "false alarms": fairlearn.false_positive_rate,
        },
        y_true=is_one,
        y_pred=said,
        sensitive_features=values,
    )
    for metric, own in frame.by_group.items():
        assert found[metric].to_dict() == pytest.approx(own.to_dict())
    whole = fairlearn.MetricFrame(
        metrics=accuracy_score, y_true=table["label"], y_pred=table["prediction"],
        sensitive_features=values,
    )  # fmt: skip
    assert found["accuracy"].to_dict() == pytest.approx(whole.by_group.to_dict())
    sure = (table["confidence"] - (table["label"] == table["prediction"])).groupby(values).mean()
    assert found["too sure"].to_dict() == pytest.approx(sure.to_dict())


def test_gaps_are_those_of_fairlearn():
    table, dataset = asked()
    gaps = measure_gaps(group_metrics(table, dataset, "site", "elm"))
    given = {"y_true": table["label"] == "elm", "y_pred": table["prediction"] == "elm"}
    given["sensitive_features"] = dataset.images["site"]
    expected = {
        "demographic parity": fairlearn.demographic_parity_difference(**given),
        "equal opportunity": fairlearn.equal_opportunity_difference(**given),
        "equalised odds": fairlearn.equalized_odds_difference(**given),
    }
    assert gaps[[*expected]].to_dict() == pytest.approx(expected)
    right = (table["label"] == table["prediction"]).groupby(dataset.images["site"]).mean()
    assert gaps["equal accuracy"] == pytest.approx(right.max() - right.min())


def test_intervals_respect_things():
    table, dataset = asked(photos=8)
    found = group_metrics(table, dataset, "site", "ash").set_index(["metric", "group"])
    own = (dataset.images["site"] == "hill") & (table["label"] == "ash")
    hits = table.loc[own, "prediction"] == "ash"
    expected = accuracy_interval(hits, dataset.images.loc[own, "thing"].to_numpy())
    row = found.loc[("recall", "hill")]
    assert tuple(row[["value", "low", "high"]]) == pytest.approx(tuple(expected))
    assert (row["images"], row["things"]) == (own.sum(), dataset.images.loc[own, "thing"].nunique())


@pytest.mark.parametrize(("small", "photos", "shown"), [(20, 2, True), (19, 1, False)])
def test_a_group_of_few_images_is_named_without_a_score(small, photos, shown):
    table, dataset = asked(small=small, photos=photos)
    found = group_metrics(table, dataset, "site", "elm").set_index(["metric", "group"])
    row = found.loc[("accuracy", "islet")]
    assert (row["images"], row["shown"]) == (small, shown)
    assert np.isnan(row["value"]) != shown
    assert not found.loc[("recall", "islet"), "shown"]


def test_a_group_of_few_things_is_not_judged_and_not_in_a_gap():
    table, dataset = asked(small=60, photos=8)
    table.loc[dataset.images["site"] == "islet", "prediction"] = "oak"
    found = group_metrics(table, dataset, "site", "oak")
    islet = found[(found["group"] == "islet") & (found["metric"] == "named")].iloc[0]
    assert (islet["things"], islet["shown"]) == (8, False)
    assert measure_gaps(found)["demographic parity"] < 0.2
    alone = found[found["group"] == "hill"]
    assert measure_gaps(alone).isna().all()


def test_a_model_that_is_always_right_misses_parity_alone_where_a_class_is_commoner():
    table, dataset = asked()
    images = dataset.images.copy()
    images["site"] = np.where(table["label"] == "elm", "coast", images["site"])
    gaps = compare_gaps({"ours": table}, dataset.with_images(images), "site", "elm")["always right"]
    named = (table["label"] == "elm").groupby(images["site"]).mean()
    assert gaps["demographic parity"] == pytest.approx(named.max() - named.min())
    assert gaps[["equal accuracy", "equal calibration"]].tolist() == [0, 0]
    even = compare_gaps({"ours": table}, dataset, "site", "elm")["always right"]
    assert even[["equal opportunity", "equalised odds"]].tolist() == [0, 0]


def test_without_a_column_there_are_no_gaps_and_an_unknown_class_is_refused():
    table, dataset = asked(200)
    assert compare_gaps({"plain": table}, dataset, None, "ash").empty
    with pytest.raises(DatasetError, match="'asch' — did you mean|'asch'"):
        group_metrics(table, dataset, "site", "asch")


def test_a_definition_of_two_rates_has_no_gap_where_one_rate_is_of_a_single_group():
    rows = [
        ("a", "recall", 0.9, True), ("b", "recall", 0.4, True), ("a", "named", 0.3, True),
        ("a", "false alarms", 0.1, True), ("b", "false alarms", np.nan, False),
    ]  # fmt: skip
    gaps = measure_gaps(pd.DataFrame(rows, columns=["group", "metric", "value", "shown"]))
    assert gaps["equal opportunity"] == pytest.approx(0.5)
    assert gaps.drop("equal opportunity").isna().all()

"""What decisions do to a dataset, and what is said of those that cannot be applied."""

import pandas as pd
import pytest

from helpers.datasets import DatasetError, DecisionLog, apply_decisions, open_dataset
from helpers.datasets.applying import with_notes


@pytest.fixture
def dataset(tree):
    return open_dataset(tree("cat/1.jpg", "cat/2.jpg", "dog/3.jpg", "dog/4.jpg"))


def table(*rows):
    ids, actions, labels = zip(*rows, strict=True)
    index = pd.Index(ids, name="image_id")
    return pd.DataFrame({"action": actions, "label": labels}, index, dtype="object")


def test_images_are_dropped_and_labelled_anew_and_all_others_left_alone(dataset):
    decided = table(
        ("cat/1.jpg", "drop", None), ("cat/2.jpg", "relabel", "dog"), ("dog/3.jpg", "keep", None),
        ("dog/4.jpg", "cannot tell", "cat"), ("gone.jpg", "drop", None),
        ("other.jpg", "relabel", "cat"),
    )  # fmt: skip
    cleaned = apply_decisions(dataset, decided)
    labels = {"cat/2.jpg": "dog", "dog/3.jpg": "dog", "dog/4.jpg": "dog"}
    assert cleaned.images["label"].to_dict() == labels
    assert cleaned.notes == dataset.notes
    assert len(dataset.images) == 4 and dataset.images.loc["cat/2.jpg", "label"] == "cat"


def test_what_the_log_has_to_say_is_said_once(dataset):
    log = DecisionLog(dataset)
    log.record("cat/1.jpg", "drop")
    told = with_notes(log)
    assert told.attrs["notes"] == list(log.notes)
    told.attrs["notes"] = ["Found again.", *dataset.notes]
    once = apply_decisions(dataset, told)
    assert once.notes == (*dataset.notes, "Found again.")
    assert apply_decisions(once, told).notes == once.notes


def test_decisions_that_make_no_sense_are_counted_and_the_first_is_shown(dataset):
    decided = table(
        ("cat/1.jpg", "drop", None), ("cat/2.jpg", "relabel", None), ("dog/3.jpg", "burn", "cat")
    )
    said = (
        r"^2 decisions cannot be applied, the first 'relabel' for 'cat/2.jpg'; expected one of "
        r"keep, relabel, drop, cannot tell, and a label with relabel\.$"
    )
    with pytest.raises(DatasetError, match=said):
        apply_decisions(dataset, decided)


@pytest.mark.parametrize(
    ("wrong", "got"),
    [
        (["cat/1.jpg"], "a list"),
        (table(("cat/1.jpg", "drop", None))[["action"]], "columns action"),
        (table(("cat/1.jpg", "drop", None))[["label"]], "columns label"),
        (table(("cat/1.jpg", "drop", None)).assign(image_id="x"), "columns action, label, im"),
        (table(*[("cat/1.jpg", "drop", None)] * 2), "columns action, label"),
        (pd.DataFrame(), "a DataFrame"),
    ],
)
def test_what_are_no_decisions_is_named_by_its_columns_or_its_kind(dataset, wrong, got):
    with pytest.raises(DatasetError, match=f"from DecisionLog.current\\(\\); got {got}"):
        apply_decisions(dataset, wrong)


def test_of_many_columns_nine_are_named(dataset):
    wide = pd.DataFrame({letter: [0] for letter in "abcdefghijkl"})
    with pytest.raises(DatasetError, match="got columns a, b, c, d, e, f, g, h, i and 3 more"):
        apply_decisions(dataset, wide)

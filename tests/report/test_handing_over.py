"""The cards that go with a report say of the dataset what the report went by."""

import pandas as pd
import pytest

from helpers import canaries, open_dataset
from helpers.report.handing_over import describe_dataset
from helpers.splits import apply_groups
from tests.report.test_building import report_on


@pytest.fixture
def report(photos, monkeypatch):
    monkeypatch.setattr(canaries, "COPIES", {})
    monkeypatch.setattr(canaries, "POOR", {})
    return report_on(open_dataset(photos, progress=False))


def test_a_dataset_card_tells_the_groups_that_the_report_kept_together(report):
    alone = "splits and intervals here take each image to be independent"
    assert alone in describe_dataset(report)
    divided = report.evidence.divided
    three = pd.DataFrame({"image_id": ["red/01.png", "red/02.png"], "other_id": ["red/05.png"] * 2})
    report.evidence.__dict__["divided"] = apply_groups(divided, three)
    told = describe_dataset(report)
    assert alone not in told
    assert "suggested_group has 1 value, with 3 images in the median and 3 at most" in told
    assert "values of suggested_group" in told

"""Calibration and conformal sets on real photos: promises made on one part, paid on another."""

import os
from pathlib import Path

import numpy as np
import pytest

from helpers import open_dataset
from helpers.evaluation import (
    apply_temperature,
    calibration_error,
    calibration_floor,
    compare_losses,
    find_temperature,
    simulate_coverage,
)
from helpers.judged import head_predictions

PHOTOS = Path(os.environ.get("WORKBOOK_TEST_DATA", "")) / "data" / "clothing"
needs_photos = pytest.mark.skipif(
    "WORKBOOK_TEST_DATA" not in os.environ,
    reason="WORKBOOK_TEST_DATA, a folder with real photos, is not set",
)


@needs_photos
def test_a_temperature_found_on_validation_mends_what_is_promised_on_test(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path))
    dataset = open_dataset(PHOTOS, progress=False)
    opened = dataset.open_test(chapter=11, reason="a test of calibration")
    # One head is not sure enough, the other far too sure.
    for C, colder in ((0.01, True), (1, False)):
        valid, test = head_predictions(dataset, opened, C=C)
        temperature = find_temperature(valid)
        assert (temperature < 1) == colder
        mended = apply_temperature(test, temperature)
        assert compare_losses(mended["loss"], test["loss"], dataset.groups).high < 0
        before, after = calibration_error(test), calibration_error(mended)
        assert after < before
        assert after <= max(before / 2, calibration_floor(mended).high)
        both = np.concatenate([simulate_coverage(valid, 0.1), simulate_coverage(test, 0.1)])
        assert 0.88 <= both.mean() <= 0.92

"""A page to drive without a browser, over small pictures of three classes."""

import pandas as pd
import pytest

from helpers import open_dataset
from helpers.dashboard import build_dashboard
from tests.report.conftest import no_processes, photos, work  # noqa: F401
from tests.threads import one_thread  # noqa: F401


@pytest.fixture
def dataset(photos):  # noqa: F811
    """42 pictures, a copy, and a file under two labels; one cannot be read; no split."""
    return open_dataset(photos)


@pytest.fixture
def with_test(dataset):
    """The same; every fourth picture is kept aside for the test."""
    sides = pd.Series(["test" if n % 4 == 3 else pd.NA for n in range(len(dataset))])
    return dataset.with_images(dataset.images.assign(split=sides.to_numpy(dtype=object)))


@pytest.fixture
def page(dataset, tmp_path):
    return build_dashboard(dataset, home=tmp_path, background=False)

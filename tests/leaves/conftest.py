import pytest

from leaves import build
from leaves.plan import plan


@pytest.fixture(scope="session")
def full():
    """The plan of the dataset at its full size, without pixels."""
    return plan()


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A small dataset on disk: its folder, images and planted truth."""
    folder = tmp_path_factory.mktemp("small") / "leaves"
    images, planted = build(folder, development=200, test=60, workers=1, progress=False)
    return folder, images, planted

import pytest

from tests.planes import draw_planes
from tests.threads import one_thread  # noqa: F401

COLOURS = {"ash": (200, 60, 60), "elm": (60, 60, 200)}


@pytest.fixture(scope="session")
def planes(tmp_path_factory):
    """60 noisy images of two colours; specimens of three photos each, a third to validate with."""
    root = tmp_path_factory.mktemp("augment")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_WORK", str(root / "work"))
        yield draw_planes(
            root, COLOURS, 30, 40,
            lambda n: "valid" if n < 9 else "test" if n < 12 else "train", photos=3,
        )  # fmt: skip

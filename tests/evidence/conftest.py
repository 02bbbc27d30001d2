import pytest

from tests.threads import one_thread  # noqa: F401


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    monkeypatch.delenv("WORKBOOK_DATASET", raising=False)
    return tmp_path / "work"

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.threads import one_thread  # noqa: F401

COLOURS = {"blue": (40, 60, 200), "green": (50, 180, 60), "red": (200, 50, 40)}


@pytest.fixture(autouse=True)
def no_processes(monkeypatch):
    monkeypatch.setattr("helpers.evidence.audited.Evidence.workers", 0)


@pytest.fixture(autouse=True)
def work(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))
    monkeypatch.delenv("WORKBOOK_DATASET", raising=False)
    return tmp_path / "work"


def draw(path: Path, colour, seed: int) -> Path:
    """A picture of blocks, each of its own light, tinted with a colour, 48 × 40."""
    rng = np.random.default_rng(seed)
    blocks = np.kron(rng.uniform(0.2, 1, (5, 6)), np.ones((8, 8)))[..., None]
    levels = blocks * np.array(colour) + rng.normal(0, 6, (40, 48, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(levels.clip(0, 255).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def photos(tmp_path):
    """Three classes of 14 pictures: one file is cut short, one is there twice, one under two
    labels."""
    root, seed = tmp_path / "photos", 0
    for label, colour in COLOURS.items():
        for number in range(14):
            draw(root / label / f"{number:02}.png", colour, seed := seed + 1)
    cut = root / "blue" / "00.png"
    cut.write_bytes(cut.read_bytes()[:400])
    (root / "green" / "again.png").write_bytes((root / "green" / "01.png").read_bytes())
    (root / "red" / "other.png").write_bytes((root / "blue" / "02.png").read_bytes())
    return root

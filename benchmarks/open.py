"""How long opening takes: python benchmarks/open.py [files]; empty files, made and removed here."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def make(root: Path, count: int, classes: int = 100) -> None:
    for i in range(count):
        folder = root / f"class {i % classes:03d}"
        if i < classes:
            folder.mkdir()
        (folder / f"image-{i:06d}.jpg").touch()


def measure(code: str, *arguments: str) -> float:
    """Seconds that `code` reports in a fresh process."""
    command = [sys.executable, "-c", code, *arguments]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


IMPORT = "import time; t = time.perf_counter(); from helpers import open_dataset; "
OPEN = IMPORT + "d = open_dataset(__import__('sys').argv[1]); "
CLOCK = "print(time.perf_counter() - t)"


def main(count: int = 110_000, repeats: int = 5) -> None:
    root = Path(tempfile.mkdtemp())
    try:
        make(root, count)
        started = time.perf_counter()
        listed = sum(len(names) for _, _, names in os.walk(root))
        walk = time.perf_counter() - started
        table = [
            "path,label",
            *(f"{p.relative_to(root)},{p.parent.name}" for p in root.glob("*/*")),
        ]
        rows = {
            "from helpers import open_dataset": [measure(IMPORT + CLOCK) for _ in range(repeats)],
            f"open {listed:,} files": [measure(OPEN + CLOCK, str(root)) for _ in range(repeats)],
        }
        (root / "labels.csv").write_text("\n".join(table))
        rows["the same with a CSV"] = [measure(OPEN + CLOCK, str(root)) for _ in range(repeats)]
    finally:
        shutil.rmtree(root)
    print(f"os.walk alone: {walk:.2f} s")
    for name, seconds in rows.items():
        print(f"{name}: median {sorted(seconds)[repeats // 2]:.2f} s, worst {max(seconds):.2f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

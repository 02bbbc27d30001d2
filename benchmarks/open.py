"""How long opening takes: python benchmarks/open.py [files]; empty files, made and removed here.

Beside the seconds that passed stand those of the processor, which other work disturbs less.
"""

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


def measure(code: str, *arguments: str) -> tuple[float, float]:
    """Seconds, and seconds of processor time, that `code` reports in a fresh process."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, used = map(float, done.stdout.split())
    return seconds, used


IMPORT = "import time; t, p = time.perf_counter(), time.process_time(); "
IMPORT += "from helpers import open_dataset; "
OPEN = IMPORT + "d = open_dataset(__import__('sys').argv[1]); "
CLOCK = "print(time.perf_counter() - t, time.process_time() - p)"


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
    for name, measured in rows.items():
        seconds, used = (sorted(values) for values in zip(*measured, strict=True))
        print(f"{name}: median {seconds[repeats // 2]:.2f} s, worst {seconds[-1]:.2f} s; "
              f"of the processor {used[repeats // 2]:.2f} s, worst {used[-1]:.2f} s")  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

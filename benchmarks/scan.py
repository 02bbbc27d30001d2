"""`scan` against CleanVision on the same photos, two processes each, in one run.

    python benchmarks/scan.py FOLDER [--repeats 3] [--other CHECKOUT]

Prints images per second, the seconds of all processors, and the peak memory of the whole process
tree (proportional set size, so that shared pages count once). Each tool starts from nothing in a
fresh process: imports and the start of its workers are included. With CHECKOUT, another checkout of
this project such as a git worktree of an older commit, its scan is measured beside.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OURS = """
from helpers.datasets import open_dataset
from helpers.audit import scan, find_quality_issues, find_duplicates
if __name__ == "__main__":
    dataset = open_dataset({folder!r}, progress=False)
    scanned = scan(dataset, workers=2, progress=False)
    issues = find_quality_issues(scanned)
    {more}
"""
THEIRS = """
from cleanvision import Imagelab
if __name__ == "__main__":
    lab = Imagelab(data_path={folder!r})
    lab.find_issues(n_jobs=2, verbose=False)
"""
PROGRAMS = {
    "scan and flags": OURS.replace("{more}", ""),
    "scan, flags and verified duplicates": OURS.replace(
        "{more}", "find_duplicates(dataset, scanned, progress=False)"
    ),
    "CleanVision": THEIRS,
}


def peak_memory(process: int) -> int:
    """Bytes that a process and its descendants hold now."""
    import psutil

    total = 0
    try:
        parent = psutil.Process(process)
        for one in [parent, *parent.children(recursive=True)]:
            try:
                total += getattr(one.memory_full_info(), "pss", None) or one.memory_info().rss
            except psutil.Error:
                continue
    except psutil.Error:
        pass
    return total


def run(program: str, checkout: Path) -> tuple[float, float, int]:
    """Seconds, those of all processors, and peak bytes of a Python program in its own process."""
    with tempfile.TemporaryDirectory() as scratch:
        script = Path(scratch) / "program.py"
        script.write_text(program)
        environment = os.environ | {"WORKBOOK_WORK": scratch, "PYTHONPATH": str(checkout)}
        start, peak, before = time.perf_counter(), 0, os.times()
        process = subprocess.Popen(
            [sys.executable, str(script)], env=environment,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        while process.poll() is None:
            peak = max(peak, peak_memory(process.pid))
            time.sleep(0.05)
        seconds = time.perf_counter() - start
        if process.returncode:
            raise RuntimeError(process.stderr.read().decode()[-2000:])
    used = sum(os.times()[2:4]) - sum(before[2:4])
    return seconds, used, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--other", type=Path)
    options = parser.parse_args()
    folder, here = str(options.folder.resolve()), Path(__file__).resolve().parents[1]
    count = sum(1 for _ in options.folder.rglob("*.jpg"))
    programs = {name: (program, here) for name, program in PROGRAMS.items()}
    if options.other:
        programs |= {"scan and flags, other checkout": (OURS.replace("{more}", ""), options.other)}
    results: dict[str, list] = {name: [] for name in programs}
    for _ in range(options.repeats):  # in turn, so that a busy spell hits all alike
        for name, (program, checkout) in programs.items():
            text = program.replace("{folder!r}", repr(folder))
            results[name].append(run(text, checkout.resolve()))
    print(f"{count:,} photos, best of {options.repeats}")
    for name, runs in results.items():
        seconds, used, peak = (
            min(r[0] for r in runs),
            min(r[1] for r in runs),
            max(r[2] for r in runs),
        )
        print(f"{name:36} {seconds:7.2f} s {count / seconds:7.0f} images/s, {used:7.2f} s of CPU, "
              f"{peak / 2**20:6.0f} MiB")  # fmt: skip


if __name__ == "__main__":
    main()

"""A whole report on many small files: seconds and processor time of each section, and peak memory
of the process tree.

    python benchmarks/report.py [--count 100000] [--folder FOLDER] [--budget 10m]

The folder is filled on first use as that of `large.py`.
"""

import os
import time
from pathlib import Path

from large import Peak, filled


def measure(folder: Path, target: Path, budget: str) -> None:
    from helpers.datasets import open_dataset
    from helpers.report import build_report

    peak = Peak()
    dataset = open_dataset(folder, progress=False)
    report = build_report(dataset, budget=budget, progress=False)
    print(f"{len(dataset):,} images, models learn from {report.evidence.plan.images:,}", flush=True)
    from helpers.report.building import AUDIT, MODEL

    steps = {name: lambda name=name: report[name] for name in [*AUDIT, *MODEL, "verdict"]}
    steps["page and tables"] = lambda: report.write(target, model=False)
    print(f"{'section':16} {'seconds':>8} {'of CPU':>8} {'MiB':>6}", flush=True)
    whole = time.perf_counter()
    for name, step in steps.items():
        peak.step, start, before = name, time.perf_counter(), sum(os.times()[:4])
        step()
        seconds, used = time.perf_counter() - start, sum(os.times()[:4]) - before
        held = peak.held.get(name, 0) / 2**20
        print(f"{name:16} {seconds:8.1f} {used:8.1f} {held:6.0f}", flush=True)
    peak.stop()
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    print(f"{time.perf_counter() - whole:.0f} s in all, {peak.words}, "
          f"{size / 2**20:.1f} MiB written, failed: {report.failed}, "
          f"not written: {report.unwritten}")  # fmt: skip


if __name__ == "__main__":
    with filled(__doc__, 100_000, budget="10m") as (images, scratch, options):
        measure(images, scratch / "report", options.budget)

"""The steps of a report whose memory grows with the number of images, on made-up embeddings:
seconds, processor time and peak memory of each, in a process of its own.

    python benchmarks/report_stages.py [--counts 10000 20000 40000] [--columns 768] [--classes 10]
"""

import argparse
import os
import resource
import subprocess
import sys
import time

STEPS = ("features alone", "outliers", "label doubts", "head", "bootstrap")


def make_features(count: int, columns: int, classes: int):
    """Embeddings of a few classes that overlap, four images of each thing."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, (count + 3) // 4).repeat(4)[:count]
    centres = rng.normal(0, 0.35, (classes, columns)).astype(np.float32)
    values = rng.standard_normal((count, columns), np.float32)
    values += centres[labels]
    ids = pd.Index([f"{number:06d}.jpg" for number in range(count)], name="image_id")
    names = [f"stage {column}" for column in range(columns)]
    things = pd.Series(np.arange(count) // 4, ids).astype(str)
    return pd.DataFrame(values, ids, names), pd.Series(labels, ids).map("class {}".format), things


def run_step(step: str, count: int, columns: int, classes: int) -> None:
    import pandas as pd

    from helpers import audit, evaluation
    from helpers.datasets import Dataset
    from helpers.training import train_head

    features, labels, things = make_features(count, columns, classes)
    images = pd.DataFrame({"label": labels, "split": pd.NA, "thing": things})
    dataset = Dataset("made up", ".", images, "thing")
    start, before = time.perf_counter(), time.process_time()
    if step == "outliers":
        audit.find_outliers(features)
    elif step == "label doubts":
        audit.find_label_issues(dataset, features, strict=False)
    elif step in ("head", "bootstrap"):
        head = train_head(features.iloc[: count * 4 // 5], labels.iloc[: count * 4 // 5])
        asked = features.iloc[count * 4 // 5 :]
        if step == "bootstrap":
            part = dataset.with_images(dataset.images.loc[asked.index])
            answers = evaluation.check_predictions(head.predict_proba(asked), part)
            start, before = time.perf_counter(), time.process_time()
            evaluation.bootstrap_metrics(answers, part.groups)
    used = time.process_time() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{step:16} {count:9,} {time.perf_counter() - start:8.1f} {used:8.1f} {peak:8.0f}",
          flush=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--counts", type=int, nargs="+", default=[10_000, 20_000, 40_000])
    parser.add_argument("--columns", type=int, default=768)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--steps", nargs="+", default=STEPS, choices=STEPS)
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.alone:
        run_step(options.alone, options.counts[0], options.columns, options.classes)
        return
    print(f"{'step':16} {'images':>9} {'seconds':>8} {'of CPU':>8} {'MiB':>8}", flush=True)
    for count in options.counts:
        for step in options.steps:
            asked = ["--alone", step, "--counts", str(count), "--columns", str(options.columns),
                     "--classes", str(options.classes)]  # fmt: skip
            subprocess.run([sys.executable, __file__, *asked], check=True, env=os.environ)


if __name__ == "__main__":
    main()

"""Two epochs of training, alone and beside busy programs, on all cores and on those that are free.

    python benchmarks/threads.py [--rounds 3] [--busy 0 1] [--trainings 1]

Each training runs in a process of its own on the leaves at 64 px, its images decoded beforehand,
and is timed from the first batch to the last; "all cores" is torch's own number of threads, as if
nobody else were there. The ways are taken in turn in each round, so that a machine whose speed
drifts favours none. A busy program is a loop that never sleeps.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import warnings

warnings.simplefilter("ignore")
BUSY = "while True: pass"
SIZE, EPOCHS = 64, 2
WAYS = ("all cores", "free cores", "one thread")


def load():
    from helpers import open_dataset
    from helpers.splits import ensure_split
    from helpers.training import build_dataloaders

    dataset = ensure_split(open_dataset("leaves", progress=False).development)
    return build_dataloaders(dataset, size=SIZE, progress=False)


def train_once(way: str) -> dict:
    import torch

    from helpers.training import build_learner, hardware, train

    if way == "all cores":
        hardware.SpareThreads.look_again = lambda threads: None
        hardware.MOMENT = 0.0
    if way == "one thread":
        torch.set_num_threads(1)
    learner = build_learner(load(), pretrained=False)
    wall, processor = time.perf_counter(), time.process_time()
    train(learner, EPOCHS, progress=False)
    return {
        "seconds": time.perf_counter() - wall,
        "processor": time.process_time() - processor,
    }


def measure(way: str, busy: int, trainings: int) -> list[dict]:
    """One training, or several at once, beside `busy` programs."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(busy)]
    try:
        command = [sys.executable, __file__, "--way", way]
        running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(trainings)]
        return [json.loads(one.communicate()[0].splitlines()[-1]) for one in running]
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--busy", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--trainings", type=int, default=1)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        print(json.dumps(train_once(options.way)))
        return
    load()  # rendered and decoded once, before anything is timed
    found: dict = {}
    for _ in range(options.rounds):
        for busy in options.busy:
            for way in WAYS:
                found.setdefault((busy, way), []).extend(measure(way, busy, options.trainings))
    print(f"{os.cpu_count()} cores, {options.trainings} training(s) at once")
    for (busy, way), runs in found.items():
        seconds = sorted(run["seconds"] for run in runs)
        processor = statistics.median(run["processor"] for run in runs)
        print(
            f"{busy} busy, {way}: {statistics.median(seconds):.1f} s "
            f"({seconds[0]:.1f} to {seconds[-1]:.1f}), {processor:.1f} s of processor time"
        )


if __name__ == "__main__":
    main()

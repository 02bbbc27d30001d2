"""Training against stock fastai and against the bare network, in one run.

    TORCH_HOME=… python benchmarks/training.py [--photos FOLDER] [--seeds 1 2 3] [--parts leaves …]

Every training runs in a fresh process with an empty work folder (the rendered images aside), and is
timed from the table of images to the validation accuracy: decoding, building and training, without
imports. Stock fastai is ``vision_learner(dls, squeezenet1_0)`` with ImageNet weights, which
torch.hub must find or fetch, and ``fine_tune(3)`` at 128 px. Ours are a linear head on frozen
embeddings at three sizes, and the bundled network fine-tuned from the head of one size, which is
counted. A seed is that of the leaves, too; the sizes were chosen on seed 0, and the epochs were not
tuned. Then both pipelines train our network for as many epochs from the same head, which is not
counted, with and without each library's usual augmentation.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import replace
from functools import cache
from pathlib import Path

warnings.simplefilter("ignore")
SIZE, SIZES, BATCH, LIMIT = 96, (64, 96, 128), 64, "BENCHMARK_LIMIT"
SAME = 3


def open_split(source: str, seed: int = 0):
    """The dataset with train and valid: those it comes with, else grouped by specimen."""
    from helpers import open_dataset
    from helpers.datasets import apply_decisions, default_decisions
    from helpers.splits import ensure_split

    seeds = {"seed": seed} if source == "leaves" else {}
    dataset = open_dataset(source, progress=False, **seeds)
    if seeds:
        # The default decisions know the truth about leaves by their name.
        dataset = replace(dataset, name="leaves")
        dataset = apply_decisions(dataset, default_decisions(dataset))
    dataset = ensure_split(dataset)
    images = dataset.development.images
    limit = int(os.environ.get(LIMIT, 0))
    return dataset.with_images(images.sample(limit, random_state=0) if limit else images)


def stock_loaders(dataset, size: int, augment: bool):
    from fastai.vision.all import ImageDataLoaders, Resize, ResizeMethod, aug_transforms

    table = dataset.images.assign(is_valid=dataset.images["split"] == "valid").reset_index()
    change = aug_transforms() if augment else None
    return ImageDataLoaders.from_df(
        table, dataset.root, fn_col="image_id", label_col="label", valid_col="is_valid", bs=BATCH,
        item_tfms=Resize(size, ResizeMethod.Squish), batch_tfms=change,
    )  # fmt: skip


def train_once(kind: str, source: str, seed: int, epochs: int = 0, augment: bool = False) -> dict:
    """Seconds and validation accuracy of one training of `kind`, a key of `KINDS`."""
    import fastai.vision.all  # noqa: F401, imports are not counted

    from helpers.training import build_learner, embed  # noqa: F401

    dataset = open_split(source, seed)
    if kind.endswith("pipeline"):
        begin_head(dataset)  # what both start from is not counted, but decoding is
        for path in dataset.work.glob("pixels-*"):
            path.unlink()
    start = time.perf_counter()
    accuracy = KINDS[kind](dataset, seed, epochs, augment)
    return {"seconds": time.perf_counter() - start, "accuracy": float(accuracy)}


@cache
def begin_head(dataset):
    from helpers.training import embed, train_head

    part = dataset.part("train")
    return train_head(embed(part, size=SIZE, progress=False), part.images["label"])


def train_stock(dataset, seed: int, epochs: int, augment: bool) -> float:
    from fastai.vision.all import accuracy, set_seed, squeezenet1_0, vision_learner

    set_seed(seed)
    learner = vision_learner(stock_loaders(dataset, 128, augment), squeezenet1_0, metrics=accuracy)
    with learner.no_bar(), learner.no_logging():
        learner.fine_tune(epochs)
    return learner.recorder.values[-1][-1]


def train_stock_pipeline(dataset, seed: int, epochs: int, augment: bool) -> float:
    """Our network from our head, with fastai's loaders, transforms and training loop."""
    import torch
    from fastai.vision.all import Learner, accuracy, set_seed

    from helpers.training import build_learner
    from helpers.training.fitting import FINE_TUNING

    set_seed(seed)
    dls = stock_loaders(dataset, SIZE, augment)
    ours = build_learner(dls, head=begin_head(dataset), bfloat16=False)
    model = ours.model.to(memory_format=torch.contiguous_format)
    learner = Learner(dls, model, splitter=ours.splitter, metrics=accuracy)
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(epochs, FINE_TUNING)
    return learner.recorder.values[-1][-1]


def train_ours(dataset, seed: int, epochs: int, augment: bool) -> float:
    from helpers.training import Augment, build_dataloaders, build_learner, train

    change = [Augment()] if augment else None
    dls = build_dataloaders(dataset, SIZE, BATCH, change, progress=False)
    learner = build_learner(dls, head=begin_head(dataset), seed=seed)
    train(learner, epochs, progress=False)
    return learner.recorder.values[-1][-1]


def train_sizes(dataset, seed: int, epochs: int, augment: bool) -> float:
    """A linear head on frozen embeddings at three sizes: no epochs, no augmentation."""
    from helpers.training import embed, train_head

    tables = [embed(dataset, size=size, progress=False).add_prefix(f"{size} ") for size in SIZES]
    features, part = tables[0].join(tables[1:]), dataset.part("train")
    valid = dataset.part("valid").images["label"]
    guesses = train_head(features, part.images["label"]).predict(features.loc[valid.index])
    return (guesses == valid).mean()


KINDS = {
    "stock": train_stock, "stock pipeline": train_stock_pipeline,
    "sizes": train_sizes, "ours": train_ours, "our pipeline": train_ours,
}  # fmt: skip


def throughput() -> dict:
    """Images per second of an epoch of ours, and of the bare network on tensors in memory."""
    import torch
    from fastai.callback.core import Callback
    from torch.nn import functional

    from helpers.training import Augment, build_dataloaders, build_learner

    dataset, found = open_split("leaves"), {}

    class Clock(Callback):
        order = 100

        def before_train(self):
            self.start = time.perf_counter()

        def after_train(self):
            images = len(self.dls.train_ds)
            rates.append(images / (time.perf_counter() - self.start))

    for name, augment in {"plain": None, "augmented": [Augment()]}.items():
        dls, rates = build_dataloaders(dataset, SIZE, BATCH, augment, progress=False), []
        learner = build_learner(dls, cbs=[Clock()])
        with learner.no_bar(), learner.no_logging():
            learner.fit(3, 1e-3)
        found[f"pipeline, {name}"] = max(rates)
    model, batches = learner.model.train(), len(dls.train)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-3)
    images = torch.rand(dls.train.bs, SIZE, SIZE, 3).permute(0, 3, 1, 2)
    targets, rates = torch.randint(len(dls.vocab), (dls.train.bs,)), []
    for _ in range(3):
        start = time.perf_counter()
        for _ in range(batches):
            functional.cross_entropy(model(images), targets).backward()
            optimizer.step()
            optimizer.zero_grad()
        rates.append(batches * len(targets) / (time.perf_counter() - start))
    return found | {"bare network": max(rates)}


def head() -> dict:
    """Seconds for a head on 2,500 embeddings, ours and scikit-learn's, and how far they differ."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from helpers.training import embed, train_head

    dataset = open_split("leaves")
    features = embed(dataset, progress=False).sample(2500, replace=True, random_state=0)
    features.index = [str(i) + image_id for i, image_id in enumerate(features.index)]
    labels = dataset.images["label"].loc[[i.lstrip("0123456789") for i in features.index]]
    labels = labels.set_axis(features.index)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    seconds = {"ours": [], "scikit-learn": []}
    for _ in range(5):
        start = time.perf_counter()
        ours = train_head(features, labels)
        middle = time.perf_counter()
        model.fit(features, labels)
        seconds["ours"].append(middle - start)
        seconds["scikit-learn"].append(time.perf_counter() - middle)
    differ = np.abs(ours.predict_proba(features).to_numpy() - model.predict_proba(features))
    facts = {name: statistics.median(values) for name, values in seconds.items()}
    return facts | {"most that probabilities differ": float(differ.max())}


def run(*job) -> dict:
    """Do one job in a fresh process, with an empty work folder but for the rendered images."""
    from helpers.datasets import work_folder

    with tempfile.TemporaryDirectory() as work:
        (Path(work) / "data").symlink_to((work_folder() / "data").absolute())
        environment = os.environ | {"WORKBOOK_WORK": work}
        command = [sys.executable, __file__, "--job", json.dumps(job)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    return json.loads(done.stdout.splitlines()[-1])


def repeat(seeds: list[int], *job) -> dict:
    """Means over seeds of one training's seconds and accuracy."""
    kind, source, *rest = job
    found = [run("train_once", kind, source, seed, *rest) for seed in seeds]
    return {name: statistics.mean(one[name] for one in found) for name in found[0]} | {
        "all": " ".join(f"{one['accuracy']:.3f}" for one in found)
    }


def compare(source: str, seeds: list[int]) -> None:
    print(f"\n{source}, seeds {', '.join(map(str, seeds))}: mean seconds and validation accuracy")
    stock = repeat(seeds, "stock", source, 3)
    words = {
        "stock fine_tune(3)": stock,
        "ours, head at three sizes": repeat(seeds, "sizes", source),
        "ours, 8 epochs, augmented": repeat(seeds, "ours", source, 8, True),
    }
    for name, found in words.items():
        ahead = found["accuracy"] - stock["accuracy"]
        print(
            f"  {name:26} {found['seconds']:6.1f} s {found['accuracy']:.3f} ({found['all']}), "
            f"{ahead:+.3f} in {stock['seconds'] / found['seconds']:.1f} × less time", flush=True,
        )  # fmt: skip
    for augment in (False, True):
        both = [
            repeat(seeds[:1], f"{whose} pipeline", source, SAME, augment)
            for whose in ("stock", "our")
        ]
        (slow, stocks), (quick, ours) = ((one["seconds"], one["accuracy"]) for one in both)
        print(
            f"  our network, {SAME} epochs, {'with' if augment else 'without'} augmentation: "
            f"{slow:.1f} s {stocks:.3f} in stock fastai, {quick:.1f} s {ours:.3f} in ours, "
            f"{slow / quick:.1f} × as fast", flush=True,
        )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, help="a folder of photos with splits of its own")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--parts", nargs="*", default=["throughput", "head", "leaves", "photos"])
    parser.add_argument("--limit", type=int, help="images, to try the script out quickly")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        name, *arguments = json.loads(options.job)
        print(json.dumps(globals()[name](*arguments)))
        return
    os.environ[LIMIT] = str(options.limit or os.environ.get(LIMIT, 0))
    for seed in {0, *options.seeds}:
        open_split("leaves", seed)  # rendered before anything is timed
    for part in ("throughput", "head"):
        if part in options.parts:
            print(f"\n{part}")
            for name, value in run(part).items():
                print(f"  {name:32} {value:.4g}")
    if "leaves" in options.parts:
        compare("leaves", options.seeds)
    if "photos" in options.parts and options.photos:
        compare(str(options.photos.resolve()), options.seeds)


if __name__ == "__main__":
    main()

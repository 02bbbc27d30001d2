"""Training against stock fastai and against the bare network, in one run.

    TORCH_HOME=… python benchmarks/training.py [--photos FOLDER] [--most 8] [--parts leaves …]

Every training runs in a fresh process with an empty work folder (the rendered images aside), and is
timed from the table of images to the validation accuracy: decoding, building and training, without
imports. The network of stock fastai is squeezenet1_0 with ImageNet weights, which torch.hub must
find or fetch; its accuracy after ``fine_tune(3)`` at 128 px is what ours has to reach, in the
fewest epochs that do: none, that is a head on frozen embeddings at three sizes, or fine-tuning at
96 px from such a head, which is counted. Then stock fastai trains our network for as many epochs as
ours, one at the least, from the same head, which is not counted.
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
from pathlib import Path

warnings.simplefilter("ignore")
SIZE, SIZES, BATCH, LIMIT = 96, (64, 96, 128), 64, "BENCHMARK_LIMIT"


def open_split(source: str):
    """The dataset with train and valid: those it comes with, else grouped by specimen."""
    from helpers import open_dataset
    from helpers.datasets import apply_decisions, default_decisions
    from helpers.splits import split

    dataset = open_dataset(source, progress=False)
    if dataset.is_bundled:
        dataset = apply_decisions(dataset, default_decisions(dataset))
    if not {"train", "valid"} <= set(dataset.images["split"].dropna()):
        splits = split(dataset)["split"]
        dataset = dataset.with_images(dataset.images.assign(split=splits))
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


def train_once(kind: str, source: str, epochs: int, augment: bool) -> dict:
    """Seconds and validation accuracy of one training of `kind`."""
    import torch
    from fastai.vision.all import Learner, accuracy, squeezenet1_0, vision_learner

    from helpers.training import Augment, build_dataloaders, build_learner, embed, train, train_head
    from helpers.training.fitting import FINE_TUNING

    dataset = open_split(source)
    part = dataset.part("train")

    def begun_head():
        features = embed(part, size=SIZE, progress=False)
        return train_head(features, part.images["label"])

    # What the stock pipeline does not do itself is not counted.
    head = begun_head() if kind == "stock pipeline" else None
    start = time.perf_counter()
    if kind == "ours" and not epochs:
        tables = [
            embed(dataset, size=size, progress=False).add_prefix(f"{size} ") for size in SIZES
        ]
        features = tables[0].join(tables[1:])
        valid = dataset.part("valid").images["label"]
        guesses = train_head(features, part.images["label"]).predict(features.loc[valid.index])
        return {
            "seconds": time.perf_counter() - start,
            "accuracy": float((guesses == valid).mean()),
        }
    if kind == "ours":
        dls = build_dataloaders(
            dataset, SIZE, BATCH, [Augment()] if augment else None, progress=False
        )
        learner = build_learner(dls, head=begun_head())
        train(learner, epochs, progress=False)
    else:
        dls = stock_loaders(dataset, 128 if kind == "stock" else SIZE, augment)
        if kind == "stock":
            learner = vision_learner(dls, squeezenet1_0, metrics=accuracy)
        else:
            ours = build_learner(dls, head=head, bfloat16=False)
            model = ours.model.to(memory_format=torch.contiguous_format)
            learner = Learner(dls, model, splitter=ours.splitter, metrics=accuracy)
        with learner.no_bar(), learner.no_logging():
            if kind == "stock":
                learner.fine_tune(epochs)
            else:
                learner.fit_one_cycle(epochs, FINE_TUNING)
    found = float(learner.recorder.values[-1][-1])
    return {"seconds": time.perf_counter() - start, "accuracy": found}


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


def compare(source: str, most: int) -> None:
    print(f"\n{source}: seconds to the accuracy of stock fastai")
    for augment in (False, True):
        words = "with augmentation" if augment else "without augmentation"
        stock = run("train_once", "stock", source, 3, augment)
        print(f"  {words}: stock fine_tune(3) {stock['seconds']:6.1f} s, {stock['accuracy']:.3f}")
        reached = False
        for epochs in range(most + 1):
            found = run("train_once", "ours", source, epochs, augment)
            ratio = stock["seconds"] / found["seconds"]
            print(
                f"    ours, epochs {epochs}: {found['seconds']:6.1f} s, {found['accuracy']:.3f}, "
                f"{ratio:.1f} × as fast", flush=True,
            )  # fmt: skip
            reached = reached or found["accuracy"] >= stock["accuracy"]
            if reached and epochs:
                break
        same = run("train_once", "stock pipeline", source, epochs, augment)
        share = same["seconds"] / found["seconds"]
        print(
            f"    the same network and epochs in stock fastai: {same['seconds']:6.1f} s, "
            f"{same['accuracy']:.3f}; the pipeline alone is {share:.1f} × as fast"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--photos", type=Path, help="a folder of photos with splits of its own")
    parser.add_argument("--most", type=int, default=8, help="epochs tried at most")
    parser.add_argument("--parts", nargs="*", default=["throughput", "head", "leaves", "photos"])
    parser.add_argument("--limit", type=int, help="images, to try the script out quickly")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        name, *arguments = json.loads(options.job)
        print(json.dumps(globals()[name](*arguments)))
        return
    os.environ[LIMIT] = str(options.limit or os.environ.get(LIMIT, 0))
    open_split("leaves")  # rendered before anything is timed
    for part in ("throughput", "head"):
        if part in options.parts:
            print(f"\n{part}")
            for name, value in run(part).items():
                print(f"  {name:32} {value:.4g}")
    if "leaves" in options.parts:
        compare("leaves", options.most)
    if "photos" in options.parts and options.photos:
        compare(str(options.photos.resolve()), options.most)


if __name__ == "__main__":
    main()

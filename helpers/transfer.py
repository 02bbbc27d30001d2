"""What a network trained on other images buys: fewer labels for the same accuracy."""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd
import torch
from scipy import stats

from helpers.datasets import Dataset
from helpers.evaluation import accuracy_interval
from helpers.splits import split
from helpers.training import embed, train_head
from helpers.training.caching import decode
from helpers.training.embedding import average_maps
from helpers.training.networks import BUNDLED, Body, load_body, stored_weights

COUNTS = ("10", "25", "50", "100", "all")
RANDOM = "random weights"
NAMES = (BUNDLED, RANDOM, "mobilenet_v2", "squeezenet1_0", "resnet18")
BATCH, WARM_UP, REPEATS = 64, 5, 15


def limit_images(dataset: Dataset, per_class: int | str, seed: int = 0) -> Dataset:
    """Keep about `per_class` training images of each class, and all images of other splits.

    Groups (specimens) are kept or left out whole, so that classes come within half a group of the
    number. With one seed, fewer images are always a part of more.

    Parameters
    ----------
    dataset : Dataset
        With labels and a split.
    per_class : int or "all"
    seed : int
        Of the order in which groups are taken.
    """
    if str(per_class) == "all":
        return dataset
    train = dataset.part("train").images.dropna(subset=["label"])
    keys = [train["label"].astype("str"), dataset.groups[train.index]]
    sizes = train.groupby(keys)["label"].size().sample(frac=1, random_state=seed)
    before = sizes.groupby(level=0).cumsum() - sizes
    kept = sizes.index[(before == 0) | (before + sizes / 2 <= int(per_class))]
    left_out = train.index[~pd.MultiIndex.from_arrays(keys).isin(kept)]
    return dataset.with_images(dataset.images.drop(left_out))


def score_head(dataset: Dataset, features: pd.DataFrame) -> pd.Series:
    """Train a head on the training images and say of each validation image whether it is right.

    Returns
    -------
    Series of bool by image_id, of the labelled validation images that have features.
    """
    labels = {split: dataset.part(split).images["label"].dropna() for split in ("train", "valid")}
    head = train_head(features, labels["train"])
    valid = labels["valid"][labels["valid"].index.isin(features.index)]
    return head.predict(features.loc[valid.index]) == valid


def head_curve(
    dataset: Dataset,
    features: pd.DataFrame,
    backbone: str = BUNDLED,
    counts: Sequence[int | str] = COUNTS,
    seeds: Iterable[int] = range(5),
) -> pd.DataFrame:
    """Validation accuracy of heads on frozen features, by labelled images per class.

    Each seed has a split of its own, so that the spread over seeds is that of both choices, the
    images trained on and those validated on. Counts that no class has images for are left out.

    Returns
    -------
    DataFrame
        As `read_study("transfer")`: backbone, training ("frozen"), per_class (text), seed, images
        (trained on), accuracy.
    """
    rows = []
    labels, closed = dataset.images["label"], dataset.images["split"].eq("test").fillna(False)
    most = 0.8 * labels[~closed].value_counts().max()  # the share that `split` trains on
    counts = [count for count in counts if str(count) == "all" or int(count) < most]
    for seed in seeds:
        splits = split(dataset, seed=seed)["split"]
        divided = dataset.with_images(dataset.images.assign(split=splits))
        for count in counts:
            chosen = limit_images(divided, count, seed)
            right, images = score_head(chosen, features), len(chosen.part("train"))
            rows.append((backbone, "frozen", str(count), seed, images, right.mean()))
    columns = ["backbone", "training", "per_class", "seed", "images", "accuracy"]
    return pd.DataFrame(rows, columns=columns)


def difference_over_seeds(
    table: pd.DataFrame, first: Hashable, second: Hashable, models: str, by: str = "per_class"
) -> pd.DataFrame:
    """By how much one model of a study is more accurate than another, seed by seed.

    What makes one seed's images harder than another's is the same for both and cancels.

    Parameters
    ----------
    table : DataFrame
        A row per model, seed and value of `by`: seed, accuracy, and the columns named below.
    first, second : values of the column `models`
    models, by : names of columns

    Returns
    -------
    DataFrame by `by`, in the order of `table`
        difference (mean over the seeds), low, high (95 % interval, Student's t; missing where
        there is one seed), seeds. Seeds that only one of the models has are passed over.
    """
    wide = table.pivot_table("accuracy", [by, "seed"], models, sort=False)
    gain = (wide[first] - wide[second]).dropna().groupby(level=by, sort=False)
    found = gain.agg(["mean", "sem", "count"])
    half = stats.t.ppf(0.975, (found["count"] - 1).clip(lower=1)) * found["sem"]
    ends = {"low": found["mean"] - half, "high": found["mean"] + half}
    return pd.DataFrame({"difference": found["mean"], **ends, "seeds": found["count"]})


def score_questions(
    dataset: Dataset, features: Mapping[str, pd.DataFrame], questions: Mapping[str, str]
) -> pd.DataFrame:
    """How well heads on the same features tell something else about the images than their label.

    Parameters
    ----------
    dataset : Dataset
        With a split.
    features : name → DataFrame by image_id
    questions : name → column of ``dataset.images``
        Each column is taken as the label in its turn; one that is not there is passed over, and
        so is one with a single value among the training images.

    Returns
    -------
    DataFrame
        A row per question and features: question, features, accuracy, low, high (validation, 95 %
        interval by group), commonest (what answering with the commonest value scores).
    """
    rows = []
    for question, column in questions.items():
        if column not in dataset.images:
            continue
        asked = ask(dataset, column)
        values = [asked.part(part).images["label"].dropna() for part in ("train", "valid")]
        if values[0].nunique() < 2 or values[1].empty:
            continue
        commonest = (values[1] == values[0].mode()[0]).mean()
        for name, table in features.items():
            right = score_head(asked, table)
            interval = accuracy_interval(right, dataset.groups[right.index])
            rows.append((question, name, *interval, commonest))
    names = ["question", "features", "accuracy", "low", "high", "commonest"]
    return pd.DataFrame(rows, columns=names)


def questions_of(dataset: Dataset, most: int = 20) -> dict[str, str]:
    """The class, and the columns that say something else about the pictures: name → column.

    Columns with fewer than two values, or more than `most`, are no question; nor are true-or-false
    marks, numbers, the split and what images are grouped by.
    """
    asked = {"class": "label"}
    images = dataset.images[dataset.images["split"] != "test"]
    for column in images.columns.difference(["label", "split", dataset.group], sort=False):
        values = images[column].dropna()
        kinds = pd.api.types
        if kinds.is_bool_dtype(values) or kinds.is_numeric_dtype(values):
            continue
        if 2 <= values.astype("str").nunique() <= most and not set(values) <= {True, False}:
            asked[str(column)] = column
    return asked


def ask(dataset: Dataset, column: str) -> Dataset:
    """The same images with another column as their label."""
    return dataset.with_images(dataset.images.assign(label=dataset.images[column].astype("str")))


def random_features(dataset: Dataset, size: int = 96, seed: int = 0) -> pd.DataFrame:
    """What `embed` would give if the bundled network had learned nothing: random weights."""
    body, pixels = _random_body(seed), decode(dataset, size, progress=False)
    ids = list(pixels.rows)
    parts = [ids[at : at + BATCH] for at in range(0, len(ids), BATCH)]
    values = [np.hstack(average_maps(body, pixels.take(part))) for part in parts]
    return pd.DataFrame(np.concatenate(values), pd.Index(ids, name="image_id")).add_prefix("map ")


def compare_backbones(
    dataset: Dataset, names: Sequence[str] = NAMES, download: bool = False
) -> pd.DataFrame:
    """Backbones by what a head on their frozen features achieves, by latency and by size.

    Parameters
    ----------
    dataset : Dataset
        With labels and a split.
    names : list of str
        As in `build_learner`, or "random weights" for the bundled network untrained.
    download : bool
        Fetch ImageNet weights that are not on this computer; otherwise such networks stay without
        figures.

    Returns
    -------
    DataFrame by backbone
        accuracy, low, high (validation, 95 % interval by group), milliseconds (one image through
        the network, median), megabytes (weights in 32 bits, as in memory), pixels (side of the
        images); missing values where there are no weights.
    """
    rows, groups, bodies = {name: {} for name in names}, dataset.groups, {}
    for name in names:
        if not (name in (BUNDLED, RANDOM) or download or stored_weights(name)):
            continue
        body = (_random_body(0) if name == RANDOM else load_body(name)).eval()
        size = min(body.size, 128)
        features = random_features(dataset, size) if name == RANDOM else embed(dataset, name, size)
        right = score_head(dataset, features)
        interval = accuracy_interval(right, groups[right.index])._asdict()
        weights = sum(value.numel() for value in body.state_dict().values())
        rows[name] = interval | {"megabytes": weights * 4 / 1e6, "pixels": size}
        bodies[name] = body, size
    for name, milliseconds in _latencies(bodies).items():
        rows[name]["milliseconds"] = milliseconds
    columns = ["accuracy", "low", "high", "milliseconds", "megabytes", "pixels"]
    found = pd.DataFrame.from_dict(rows, "index", dtype=float).reindex(columns=columns)
    return found.rename_axis("backbone")


def weight_change(learner) -> pd.Series:
    """How far fine-tuning has moved each part of the bundled backbone from where it began.

    Returns
    -------
    Series by stage, "stage1" to "stage5"
        Length of the change over the length of the convolutions' weights before it.
    """
    before, after = load_body(BUNDLED).network.children(), learner.model[0].network.children()
    moved = {}
    for number, parts in enumerate(zip(before, after, strict=True), 1):
        old, new = (
            torch.cat([w.detach().cpu().flatten() for w in part.parameters() if w.ndim == 4])
            for part in parts
        )
        moved[f"stage{number}"] = float((new - old).norm() / old.norm())
    return pd.Series(moved, name="relative change")


def _random_body(seed: int) -> Body:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return load_body(BUNDLED, pretrained=False).eval()


def _latencies(bodies: Mapping[str, tuple[Body, int]]) -> dict[str, float]:
    """Milliseconds that one image takes: the median of a few after some to warm up, all networks
    in turn, so that whatever else the computer does slows all of them alike."""
    seconds = {name: [] for name in bodies}
    for _ in range(WARM_UP + REPEATS):
        for name, (body, size) in bodies.items():
            image, started = np.zeros((1, size, size, 3), np.uint8), time.perf_counter()
            average_maps(body, image)
            seconds[name].append(time.perf_counter() - started)
    return {name: float(np.median(known[WARM_UP:]) * 1e3) for name, known in seconds.items()}

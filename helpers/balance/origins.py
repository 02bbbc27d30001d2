"""On which day and with which camera photos were taken, and whether that tells their class."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from PIL import Image

from helpers.balance.left_out import answer_left_out
from helpers.balance.remedies import answer_out_of_fold
from helpers.datasets import Dataset
from helpers.datasets.steps import saved
from helpers.evaluation import Difference, compare_scores

FEWEST, KNOWN = 10, 0.5
"""A class is judged by so many photos whose day (or camera) is known, and a column where it is
known of such a share of the labelled images."""
ONE, TELLING = 0.95, 1 / 3
"""A class has one day where such a share of its photos were taken on it, and that day tells the
class where its share of the day's photos lies so far on the way from its share of all to 1."""
FEW, ASKED, LOSS, LEVEL = 5, 20, 0.05, 0.95
"""Of so few days or cameras no interval speaks for others; each, with so many photos asked, is
judged by itself, and fails where it surely loses more than such a share, at this level for all."""
_MAKER, _MODEL = 0x010F, 0x0110


def read_origins(dataset: Dataset, files: pd.DataFrame, progress: bool = True) -> pd.DataFrame:
    """The day on which each photo was taken, and the camera's maker and model, by its EXIF entries.

    Serial numbers are not read. The result is saved as a step.

    Parameters
    ----------
    dataset : Dataset
    files : DataFrame from `helpers.audit.scan`
        Photos without a time in it are not asked for their camera either.

    Returns
    -------
    DataFrame of str by image_id
        day (such as "2024-05-31", by the camera's clock) and camera; missing where not said.
    """
    taken = files["taken"].reindex(dataset.images.index)

    def build() -> pd.DataFrame:
        from tqdm.auto import tqdm

        known = taken.index[taken.notna()]
        bar = tqdm(known, "cameras", delay=2, disable=not progress, unit="image")
        cameras = pd.Series({one: _camera(dataset.path(one)) for one in bar}, dtype="str")
        days = taken.dt.strftime("%Y-%m-%d").astype("str")
        return pd.DataFrame({"day": days, "camera": cameras.reindex(taken.index)})

    return saved(dataset, "origins", build, inputs=[taken.to_frame()], code=_CODE, table=False)


def _camera(path) -> str | None:
    """Maker and model, without the first where the second repeats it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(path) as image:
                tags = image.getexif()
        maker, model = (" ".join(str(tags.get(tag) or "").split()) for tag in (_MAKER, _MODEL))
    except Exception:  # Pillow raises almost anything on a broken block, which then says nothing
        return None
    maker, model = maker.strip("\0 "), model.strip("\0 ")
    repeated = model.casefold().startswith(maker.casefold())
    return (model if repeated else f"{maker} {model}".strip()) or None


@dataclass(frozen=True)
class Origin:
    """What one column, such as the day, tells of the label.

    Attributes
    ----------
    by_class : DataFrame by class
        images (whose day is known), values (on how many days), largest (share of its images on
        the commonest of them), purity (its share of that day's images), one (whether it has one
        day, which tells it: `largest` is 95 % at least, and `purity` a third of the way from its
        share of all images to 1).
    new, control : float or None
        Of the images of classes with several days, the share that linear heads name rightly
        which saw no image of their day; and which saw no image of a part as large, drawn at
        random from the same class. None where there is no such class.
    cost : Difference or None
        new less control, paired, with its interval over days.
    asked : int
        On how many images.
    by_value : DataFrame by value, or None
        Where there are five days or fewer: images, learned (from how many `new` learned), new and
        control, as above, of the photos of each day that has 20 or more, perhaps of none;
        difference, low and high over its images (whole groups), corrected for the number of days
        (Bonferroni).
    """

    by_class: pd.DataFrame
    new: float | None = None
    control: float | None = None
    cost: Difference | None = None
    asked: int = 0
    by_value: pd.DataFrame | None = None

    @property
    def one(self) -> list[str]:
        """The classes of which nearly all images come from one day that tells them."""
        return list(self.by_class.index[self.by_class["one"]])

    @property
    def several(self) -> list[str]:
        """The classes with images enough on several days, which `new` and `control` are of."""
        table = self.by_class
        return list(table.index[(table["largest"] < ONE) & (table["images"] >= FEWEST)])

    @property
    def failing(self) -> pd.DataFrame:
        """The rows of `by_value` that surely lose more than 5 % of right answers."""
        table = self.by_value
        return pd.DataFrame() if table is None else table[table["high"] < -LOSS]

    @property
    def costs(self) -> bool:
        """Whether a new day costs right answers, beyond chance and beyond having seen less; of few
        days, whether one of them does."""
        if self.by_value is not None:
            return len(self.failing) > 0
        return self.cost is not None and self.cost.high < 0


def judge_origin(
    dataset: Dataset, origin: pd.Series, features: pd.DataFrame, seed: int = 0
) -> Origin | None:
    """Whether the day of a photo, its camera or another such fact tells its class.

    A class all of whose photos were taken on one day, when few others were, differs from the
    others by whatever that day had, and no split can show it. Where classes have several days,
    heads are trained without whole days. To leave out a day is also to learn from fewer images;
    therefore they are held against heads trained without parts as large, drawn at random (whole
    groups where the dataset has groups, as far as the sizes allow); of five days or fewer, each
    against its own (see `left_out.answer_left_out`).

    Parameters
    ----------
    dataset : Dataset
        Its labelled development images are judged.
    origin : Series of str by image_id
        Such as a column of `read_origins`.
    features : DataFrame by image_id, numbers only, e.g. from `helpers.training.embed`
    seed : int
        Draws the parts and folds.

    Returns
    -------
    Origin, or None where the fact is known of less than half of the images, or the same for all
    """
    labels = dataset.development.images["label"].dropna()
    known = origin.reindex(labels.index).dropna().astype(str)
    if len(known) < max(KNOWN * len(labels), 1) or known.nunique() < 2:
        return None
    table = count_places(labels[known.index], known)
    judged = Origin(table)
    asked = labels.index[labels.isin(judged.several)]
    asked = asked.intersection(known.index).intersection(features.index)
    if asked.empty or labels.nunique() < 2:
        return judged
    if known[asked].nunique() <= FEW:
        answered = answer_left_out(dataset, known[asked], features, seed)
        new, control = answered["new"], answered["control"]
    else:
        drawn = draw_parts(known, labels[known.index], dataset.groups[known.index], seed)
        new, control = (_answer(dataset, parts, features, seed)[asked] for parts in (known, drawn))
    cost = compare_scores(new, control, known[asked])
    learned = int(labels.index.isin(features.index).sum())
    by_value = _by_value(new, control, known[asked], dataset.groups[asked], learned)
    return Origin(table, float(new.mean()), float(control.mean()), cost, len(asked), by_value)


def _answer(dataset: Dataset, parts: pd.Series, features: pd.DataFrame, seed: int) -> pd.Series:
    """Whether each image is named rightly by heads that saw none of its part."""
    column = "left out together"
    images = dataset.images.assign(**{column: parts.reindex(dataset.images.index)})
    divided = dataset.with_images(images).with_group(column)
    answers = answer_out_of_fold(divided, features, seed=seed)
    return answers.idxmax(axis=1) == dataset.images["label"][answers.index]


def _by_value(
    new: pd.Series, control: pd.Series, origin: pd.Series, groups: pd.Series, learned: int
) -> pd.DataFrame | None:
    """`Origin.by_value`; None where there are too many values. `learned` are all images."""
    sizes = origin.value_counts()
    judged = sorted(sizes.index[sizes >= ASKED])
    if len(sizes) > FEW:
        return None
    rows, level = {}, 1 - (1 - LEVEL) / max(len(judged), 1)
    for value in judged:
        own = origin.index[origin == value]
        found = compare_scores(new[own], control[own], groups[own], level)
        shares = new[own].mean(), control[own].mean()
        rows[value] = (len(own), learned - len(own), *shares, *found)
    columns = ["images", "learned", "new", "control", "difference", "low", "high"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("value")


def count_places(labels: pd.Series, origin: pd.Series) -> pd.DataFrame:
    """`Origin.by_class` of the labels and, say, days of the same images."""
    counts = pd.crosstab(labels, origin)
    images, places, common = counts.sum(axis=1), counts.sum(axis=0), counts.idxmax(axis=1)
    shares = {
        "images": images,
        "values": counts.gt(0).sum(axis=1),
        "largest": counts.max(axis=1) / images,
        "purity": counts.max(axis=1) / places[common].to_numpy(),
    }
    table = pd.DataFrame(shares).rename_axis("class")
    enough = (table["images"] >= FEWEST) & (table["largest"] >= ONE)
    share = images / len(labels)
    return table.assign(one=enough & (table["purity"] >= share + TELLING * (1 - share)))


def draw_parts(origin: pd.Series, labels: pd.Series, groups: pd.Series, seed: int = 0) -> pd.Series:
    """Parts with the same number of images of each class as `origin`, of images drawn at random.

    Of each class the groups come in random order, and fill one part after the other, so that a
    group is cut only where a part is full.
    """
    rng, drawn = np.random.default_rng(seed), origin.sort_index().copy()
    labels, groups = labels[drawn.index], groups[drawn.index].astype(str)
    for one in sorted(labels.unique()):
        own = groups[labels == one]
        places = pd.Series(rng.permutation(own.nunique()), sorted(own.unique()))
        order = own.map(places).sort_values(kind="stable").index
        drawn[order] = drawn[own.index].sort_values(kind="stable").to_numpy()
    return drawn


_CODE = (sys.modules[__name__],)

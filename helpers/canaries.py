"""Known faults planted in copies of a dataset's own images, to see how many would be found there.

Where nobody knows the truth, recall cannot be counted, but it can be tried: take some of the
images, spoil copies of them in a known way, and ask the detectors. What they find of these, they
would find of faults of the same kind and strength, in images such as these. The copies lie in a
temporary folder while they are measured, and nowhere afterwards.
"""

from __future__ import annotations

import io
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageEnhance, ImageFilter, ImageOps
from tqdm.auto import tqdm

from helpers.audit.labels import find_label_issues
from helpers.audit.quality import find_quality_issues
from helpers.audit.scanning import scan
from helpers.copies.duplicates import confirmed, find_duplicates
from helpers.datasets import Dataset, DatasetError
from helpers.evaluation.intervals import accuracy_interval

MOST, FEWEST, SHARE = 30, 3, 0.05
"""Images that get one kind of fault: a twentieth of them, within these bounds, so that a rule that
is relative to the rest still has a rest."""

KEPT = 512
"""Long side in pixels that pictures are brought to where theirs is twice that or more, by a whole
factor: no detector looks at so many, and to save 30 of 12 million pixels in each way took minutes.
"""

FEWEST_LABELS = 20
"""Labelled images, and things with two of them, under which no label is changed."""

WHOLE = "label of a whole thing"

Spoil = Callable[[Image.Image], Image.Image]
COLUMNS = ["kind", "fault", "planted", "found", "recall", "low", "high"]


def _smaller(image: Image.Image) -> Image.Image:
    return image.resize([max(1, round(0.7 * side)) for side in image.size])


def _cropped(image: Image.Image) -> Image.Image:
    width, height = image.size
    return image.crop((width // 32, height // 32, width - width // 32, height - height // 32))


def _brighter(image: Image.Image) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(1.25)


def _turned(image: Image.Image) -> Image.Image:
    return image.rotate(2, Image.Resampling.BICUBIC, fillcolor=(127, 127, 127))


def _blurred(share: float) -> Spoil:
    """Blurred with a standard deviation of that share of the long side."""
    return lambda image: image.filter(ImageFilter.GaussianBlur(max(image.size) * share))


def _lit(light: float, haze: float = 0.0) -> Spoil:
    """Every level times `light`, and `haze` of the whole range added to it."""
    return lambda image: image.point(lambda level: min(255, level * light + 255 * haze))


COPIES: dict[str, Spoil] = {
    "saved again": lambda image: image,
    "smaller": _smaller,
    "cropped a little": _cropped,
    "mirrored": ImageOps.mirror,
    "brighter": _brighter,
    "turned by 2 degrees": _turned,
}
POOR: dict[str, tuple[str, Spoil]] = {
    "blurred strongly": ("blurred", _blurred(0.025)),
    "blurred a little": ("blurred", _blurred(0.01)),
    "a sixth of the light": ("dark", _lit(0.16)),
    "a third of the light": ("dark", _lit(0.33)),
    "washed out": ("overexposed", _lit(0.9, 0.6)),
    "a stop too bright": ("overexposed", _lit(2.0)),
}
"""Each fault, and the issue as which it should be flagged."""


def plant_canaries(
    dataset: Dataset, scanned: pd.DataFrame, features: pd.DataFrame | None = None,
    pairs: pd.DataFrame | None = None, seed: int = 0, *, progress: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Plant known faults in copies of some images, and count how many are found.

    Parameters
    ----------
    dataset : Dataset
        Its development images are drawn from; the files are only read.
    scanned : DataFrame
        What `helpers.audit.scan` returned of it, or of all that it is a part of: the planted copies
        are judged among these rows.
    features : DataFrame by image_id, optional
        An embedding; with it, labels are changed in the table and asked for, too.
    pairs : DataFrame, optional
        Known copies, for the labels.
    seed : int
        Draws the images.
    progress : bool
        Draw a bar over the faults, once they have taken two seconds.

    Returns
    -------
    DataFrame, a row for each fault: kind (which detector), fault, planted, found, recall (0 to 1),
    low and high (Wilson's 95 % interval). No row where nothing could be planted. Strong faults are
    found more often than weak ones: a recall is that of this fault, at this strength.
    """
    own = dataset.development
    known = scanned.reindex(own.images.index)
    known = known[known["readable"].fillna(False).astype(bool)]
    rng = np.random.default_rng(seed)
    count = int(np.clip(SHARE * len(known), FEWEST, MOST))
    drawn = [str(i) for i in rng.permutation(known.index.to_numpy(object))[:count]]
    labels = [] if features is None else _label_faults(own, features)
    named = {"total": 1 + len(COPIES) + len(POOR) + len(labels), "unit": "fault"}
    with tempfile.TemporaryDirectory(prefix="canaries-") as folder:
        faults = _plant(_Planted(own, Path(folder), drawn), scanned, features, pairs, rng)
        rows = [*tqdm(faults, "known faults", delay=2, disable=not progress, **named)]
    table = pd.DataFrame(rows, columns=["kind", "fault", "planted", "found"])
    return table.join(pd.DataFrame([_interval(*row[2:]) for row in rows], columns=COLUMNS[4:]))


def _plant(planted: _Planted, scanned, features, pairs, rng) -> Iterator[tuple]:
    """(kind, fault, planted, found) of one fault after another."""
    try:
        if planted.pictures:
            yield planted.damaged()
            yield from planted.copied()
            yield from planted.poor(scanned)
    finally:
        planted.forget()
    if features is not None:
        yield from _change_labels(planted.dataset, features, pairs, rng)


def describe_canaries(table: pd.DataFrame) -> list[str]:
    """What was found, a sentence for each detector, with an interval for each fault; faults that
    were found equally often are named together, those that always were at the end.

    No share of all faults is given: it would be one of this choice of faults.
    """
    if table.empty:
        return ["No canary could be planted: no image can be read."]
    said = []
    for kind, rows in table.groupby("kind", sort=False):
        often, always = [], []
        for (found, planted, low, high), own in rows.groupby(
            ["found", "planted", "low", "high"], sort=False
        ):
            words = f"{', '.join(own['fault'])} {found} of {planted} ({low:.0%} to {high:.0%})"
            (always if found == planted else often).append(words + " each" * (len(own) > 1))
        said.append(f"{kind.capitalize()}: {'; '.join(often + always)}.")
    return said


class _Planted:
    """Copies of the `drawn` images in a folder of their own, spoiled in turn."""

    def __init__(self, dataset: Dataset, folder: Path, drawn: list[str]):
        self.dataset, self.folder, self.made = dataset, folder, []
        self.pictures = {}
        for image_id in drawn:
            try:
                image = dataset.load(image_id, at_least=2 * KEPT)
            except DatasetError:  # the scan says what is wrong with it
                continue
            self.pictures[image_id] = image.reduce(max(1, max(image.size) // KEPT))

    def damaged(self) -> tuple:
        """Files cut in the middle."""
        contents = {f"{n:04}.jpg": _as_jpeg(image, 90) for n, image in self._numbered()}
        scanned = self._scan("cut", {one: data[: len(data) // 2] for one, data in contents.items()})
        return "unreadable", "files cut in half", len(scanned), int((~scanned["readable"]).sum())

    def copied(self) -> Iterator[tuple]:
        """Each picture beside a changed copy of itself."""
        for name, spoil in COPIES.items():
            contents = {f"{n:04}a.png": _as_png(image) for n, image in self._numbered()}
            contents |= {
                f"{n:04}b.jpg": _as_jpeg(spoil(image), 75) for n, image in self._numbered()
            }
            made = self._dataset(name, contents)
            with warnings.catch_warnings():  # which name files that are gone a moment later
                warnings.simplefilter("ignore", UserWarning)
                found = find_duplicates(made, _quiet(made), workers=0, progress=False)
            pairs = confirmed(found)
            ends = zip(pairs["image_id"], pairs["other_id"], strict=True)
            found = {one[:4] for one, other in ends if one[:4] == other[:4]}
            yield "copies", name, len(self.pictures), len(found)

    def poor(self, scanned: pd.DataFrame) -> Iterator[tuple]:
        """Spoiled pictures, judged among all that was measured, as those of the folder are: among
        fewer, the spoiled ones would be many enough for a rule to be given up."""
        for name, (issue, spoil) in POOR.items():
            contents = {f"{n:04}.png": _as_png(spoil(image)) for n, image in self._numbered()}
            rows = self._scan(name, contents)
            flags = find_quality_issues(pd.concat([scanned, rows]))
            flags = flags[(flags["rule"] != "not used") & (flags["issue"] == issue)]
            yield "quality", name, len(rows), int(flags["image_id"].isin(rows.index).sum())

    def _numbered(self):
        return enumerate(self.pictures.values())

    def _dataset(self, name: str, contents: dict[str, bytes]) -> Dataset:
        root = self.folder / name.replace(" ", "-")
        root.mkdir()
        for file, content in contents.items():
            (root / file).write_bytes(content)
        ids = pd.Index(sorted(contents), name="image_id", dtype="str")
        blank = pd.Series(pd.NA, ids, dtype="str")
        made = Dataset("canaries", root, pd.DataFrame({"label": blank, "split": blank}))
        self.made.append(made)
        return made

    def forget(self) -> None:
        """Remove what was kept under the work folder of these copies."""
        for made in self.made:
            shutil.rmtree(made.work_place, ignore_errors=True)

    def _scan(self, name: str, contents: dict[str, bytes]) -> pd.DataFrame:
        made = _quiet(self._dataset(name, contents))
        return made.set_axis([f"planted {name} {i}" for i in made.index]).rename_axis("image_id")


def _quiet(made: Dataset) -> pd.DataFrame:
    return scan(made, workers=0, progress=False)


def plant_labels(
    dataset: Dataset, features: pd.DataFrame, pairs: pd.DataFrame | None, rng: np.random.Generator
) -> list[tuple[str, str, int, int]]:
    """Change labels in the table, to any other class and then to the one that looks most like it,
    which of two classes is no other; then those of all images of a thing, to the latter.

    Returns
    -------
    list of (kind, fault, planted, found), of whole things as many as these and found where at least
    half of the images are listed; empty for fewer than two classes or twenty images, and without
    whole things where fewer than twenty have two images
    """
    return list(_change_labels(dataset, features, pairs, rng))


def _change_labels(dataset, features, pairs, rng) -> Iterator[tuple[str, str, int, int]]:
    """What `plant_labels` lists, one fault after another."""
    labels = dataset.images["label"].dropna()
    labels = labels[labels.index.isin(features.index)]
    if not (faults := _label_faults(dataset, features)):
        return
    classes = sorted(labels.unique())
    standard = (features - features.mean()) / features.std().replace(0, 1)
    centres = standard.loc[labels.index].groupby(labels).mean().loc[classes].to_numpy()
    distance = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    nearest = dict(zip(classes, np.array(classes, object)[distance.argmin(axis=1)], strict=True))
    for fault in [one for one in faults if one != WHOLE]:
        count = int(np.clip(SHARE * len(labels), FEWEST, MOST))
        chosen = labels.index[np.sort(rng.choice(len(labels), count, replace=False))]
        wrong = labels.copy()
        for image_id in chosen:
            others = [name for name in classes if name != labels[image_id]]
            any_other = str(others[rng.integers(len(others))])
            wrong[image_id] = any_other if "other class" in fault else nearest[labels[image_id]]
        listed = _listed(dataset, wrong, features, pairs)
        yield "labels", fault, count, int(chosen.isin(listed).sum())
    if WHOLE not in faults:
        return
    things = dataset.groups.reindex(labels.index)
    several = _of_several(things)
    count = int(np.clip(SHARE * len(several), FEWEST, MOST))
    chosen = things[things.isin(rng.choice(several, count, replace=False))]
    wrong = labels.copy()
    wrong[chosen.index] = labels[chosen.index].map(nearest)
    found = pd.Series(chosen.index.isin(_listed(dataset, wrong, features, pairs)), chosen.index)
    yield "labels", WHOLE, count, int((found.groupby(chosen).mean() >= 0.5).sum())


def _label_faults(dataset, features) -> list[str]:
    """The faults that `plant_labels` plants in such a dataset."""
    labels = dataset.images["label"].dropna()
    labels = labels[labels.index.isin(features.index)]
    if labels.nunique() < 2 or len(labels) < FEWEST_LABELS:
        return []
    two = labels.nunique() == 2
    faults = (
        ["label of the other class"]
        if two
        else ["label of any other class", "label of the class most like it"]
    )
    things = _of_several(dataset.groups.reindex(labels.index)) if dataset.has_groups else ()
    return [*faults, WHOLE] if len(things) >= FEWEST_LABELS else faults


def _of_several(things: pd.Series) -> np.ndarray:
    """The things of which there are two images or more."""
    return things[things.duplicated(keep=False)].unique()


def _listed(dataset, labels, features, pairs) -> pd.Index:
    """The images whose labels are in doubt if they have these."""
    changed = dataset.images.assign(label=labels.reindex(dataset.images.index))
    changed = dataset.with_images(changed.astype({"label": "str"}))
    doubts = find_label_issues(changed, features, pairs=pairs, strict=False)
    return doubts.index[doubts["issue"].astype(bool)]


def _interval(planted: int, found: int) -> tuple[float, float, float]:
    return tuple(accuracy_interval(np.arange(planted) < found))


def _as_png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _as_jpeg(image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()

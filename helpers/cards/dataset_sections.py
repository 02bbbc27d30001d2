"""What a dataset card tells of a dataset, section by section: counted here, or handed over.

`dataset_card` puts them together in `filling`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from helpers.audit import describe_doubts
from helpers.audit.doubts import say_unknown
from helpers.balance import imbalance
from helpers.cards.markdown import bullets, is_private, plain, ranged, scrub, table
from helpers.datasets import Dataset
from helpers.datasets.dataset import SPLITS
from helpers.datasets.words import count, some
from helpers.splits import describe_leakage

FEW = 12
LABEL = "What goes with the label"
UNDECIDED = "undecided"
THING = "thing"


def summarise(dataset: Dataset) -> str:
    """The first paragraph: how many images, of what."""
    labels = dataset.images["label"].notna()
    classes = count(dataset.classes, "class")
    what = f" of {classes}" if labels.any() else ", without labels"
    text = f"{count(dataset, 'image')}{what}, for image classification."
    if labels.any() and not labels.all():
        text += f" {(~labels).sum():,} have no label."
    return (
        f"{text} Numbers in this card were computed from the files and their table; what no "
        "program can know is marked as not known.\n"
    )


def list_details(
    dataset: Dataset, licence: str | None, things: pd.Series | None = None
) -> Iterator[str]:
    """One line each on licence, group and splits."""
    licence = plain(licence) if licence else "*not known*; without one, nobody may use the images"
    yield f"**Licence:** {licence}"
    if dataset.has_groups:
        groups = dataset.images[dataset.group].dropna()
        sizes = groups.value_counts()
        yield (
            f"**Images of one thing:** {plain(dataset.group)} has {count(sizes, 'value')}, with "
            f"{sizes.median():g} images in the median and {sizes.max():,} at most; images of one "
            "value are taken to show the same thing or place, and belong in one split"
            + (f"; {len(dataset) - len(groups):,} have none" if len(groups) < len(dataset) else "")
            + _say_things(dataset, things)
        )
    else:
        yield (
            "**Images of one thing:** no column says which images show the same object, person or "
            "place, so that splits and intervals here take each image to be independent"
            + (", those counted here as one thing aside" if _number_of(dataset, things) else "")
            + _say_things(dataset, things)
        )


def _number_of(dataset: Dataset, things: pd.Series | None) -> int:
    """How many things the images show, where these are known to be fewer; else 0."""
    number = 0 if things is None else int(things.reindex(dataset.images.index).nunique())
    return number if number < len(dataset) else 0


def _say_things(dataset: Dataset, things: pd.Series | None) -> str:
    number = _number_of(dataset, things)
    if not number:
        return ""
    told = ". Copies and photos that surely show one thing or one place counted as one, and each "
    told += "image that stands alone as one, "
    return f"{told}{count(dataset, 'image')} make {count(number, 'group')}, as far as known"


def tabulate_splits(dataset: Dataset, things: pd.Series | None = None) -> str:
    """Images of each class in each split, and how sure its share is."""
    if not dataset.labelled:
        splits = dataset.images["split"].fillna(UNDECIDED).value_counts()
        return table(["split", "images"], [(plain(k), int(n)) for k, n in splits.items()])
    images = dataset.images.assign(split=dataset.images["split"].fillna(UNDECIDED))
    counts = pd.crosstab(images["label"].fillna("\0"), images["split"])
    order = [*SPLITS, UNDECIDED]
    counts = counts[sorted(counts, key=lambda name: (order.index(name), name))]
    if fewer := _number_of(dataset, things):
        own = dataset.images.assign(**{THING: things.reindex(images.index)})
        dataset = dataset.with_images(own).with_group(THING)
    shares = imbalance(dataset)
    rows = [
        (
            plain(name),
            *map(int, counts.loc[name]),
            int(row["groups"]),
            ranged(row["share"], row["low"], row["high"]),
        )
        for name, row in shares.iterrows()
    ]
    if "\0" in counts.index:
        rows.append(("*no label*", *map(int, counts.loc["\0"]), "", ""))
    head = ["class", *counts.columns, "groups" if dataset.has_groups else "in all"]
    head.append("share of all (95 % interval)")
    most = shares["ratio"].max()
    text = table(head, rows)
    if len(shares) > 1:
        text += f"\nThe commonest class has {most:.1f} times the images of the rarest" + (
            ", so that accuracy alone says little of the rare ones.\n" if most > 3 else ".\n"
        )
    if fewer and shares["groups"].sum() > fewer:
        text += "A group whose images bear several labels is counted to the class of each.\n"
    return text


def tabulate_fields(dataset: Dataset) -> str:
    """The columns of metadata, with their values where these are few and nobody's."""
    if not dataset.metadata:
        return "Besides label and split, there is no metadata.\n"
    rows = []
    for column in dataset.metadata:
        values = dataset.images[column]
        missing = values.isna().mean()
        rows.append(
            (plain(column), _values_of(column, values), _percent(missing) if missing else "none")
        )
    return table(["column", "values", "missing"], rows)


def _values_of(column: str, values: pd.Series) -> str:
    known = values.dropna()
    different = count(int(known.astype("str").nunique()), "value")
    if is_private(column):
        return f"{different}, not shown here, since the name speaks of places, devices or persons"
    if pd.api.types.is_bool_dtype(known):
        return f"true for {int(known.sum()):,}, false for {int((~known.astype(bool)).sum()):,}"
    if pd.api.types.is_numeric_dtype(known) and known.nunique() > FEW:
        return f"{different}, from {known.min():g} to {known.max():g}"
    if not 0 < known.nunique() <= FEW:
        return different
    counts = known.astype("str").value_counts()
    return ", ".join(f"{plain(scrub(name, None))} {number:,}" for name, number in counts.items())


def _percent(share: float) -> str:
    return "below 0.1%" if 0 < share < 0.0005 else f"{share:.1%}"


def tell_decisions(dataset: Dataset, decisions: pd.DataFrame | None) -> str:
    """What people dropped and relabelled."""
    if decisions is None or decisions.empty:
        return ""
    actions = decisions["action"].value_counts()
    told = {
        "drop": "left out",
        "relabel": "given another label",
        "keep": "looked at and kept",
        "cannot tell": "looked at without being able to tell, and kept as they were",
    }
    parts = [f"{actions[name]:,} {words}" for name, words in told.items() if name in actions]
    before = actions.index.isin(["drop", "relabel"]).any()
    counts = " The images of each class are counted as before it." if before else ""
    return f"After a review of single images: {', '.join(parts)}.{counts}\n"


def tell_places(scanned: pd.DataFrame | None) -> str:
    """Whether files say where they were taken."""
    if scanned is None or "gps" not in scanned:
        return "Whether files say where they were taken was not looked at.\n"
    number = int(scanned["gps"].fillna(False).astype(bool).sum())
    if not number:
        return "No file says where it was taken (GPS).\n"
    return (
        f"**{number:,} of {len(scanned):,} files say where they were taken** (GPS in EXIF). This "
        "card does not repeat it, but whoever gets the files can read it.\n"
    )


def tell_measured(dataset: Dataset, measured: Mapping[str, pd.DataFrame | None]) -> Iterator[str]:
    """A heading and a paragraph or table for each result that is there."""
    tell = dict(zip(measured, (_files, _copies, _faults, _labels, _leaks, _associations),
                    strict=True))  # fmt: skip
    for name, result in measured.items():
        if result is not None:
            yield f"### {name}\n"
            yield tell[name](result, dataset)


def _files(scanned: pd.DataFrame, dataset: Dataset) -> str:
    known = scanned[scanned["readable"]]
    broken = len(scanned) - len(known)
    lines = [f"{len(known):,} of {len(scanned):,} files can be decoded"]
    if broken:
        lines[0] += f"; {broken:,} cannot, and teach and test nothing"
    if len(known):
        for what in ("format", "mode"):
            counts = known[what].value_counts()
            names = ", ".join(f"{plain(name)} {number:,}" for name, number in counts.items())
            lines.append(f"{what.capitalize()}: {names}")
        long = known[["width", "height"]].max(axis=1).astype(float)
        lines.append(
            f"Long side: {long.min():.0f} to {long.max():.0f} pixels, median {long.median():.0f}"
        )
        if "taken" in known and known["taken"].notna().any():
            days = known["taken"].dropna()
            lines.append(
                f"{len(days):,} say when they were taken: {days.min():%Y-%m-%d} to "
                f"{days.max():%Y-%m-%d}"
            )
    return bullets(lines)


def _copies(pairs: pd.DataFrame, dataset: Dataset) -> str:
    counts = pairs["kind"].value_counts()
    told = {
        "exact": "of identical files",
        "near": "of one picture in two versions (turned, mirrored, resized, cropped, brightened, "
        "saved again)",
        "probable": "that may be copies, for a person to look at",
    }
    parts = [f"{count(int(counts[k]), 'pair')} {words}" for k, words in told.items() if k in counts]
    if not parts:
        return "No copies were found. Copies that are turned by much or drawn anew are not found.\n"
    return bullets(parts)


def _faults(quality: pd.DataFrame, dataset: Dataset) -> str:
    rows = [
        (
            plain(row.issue),
            row.rule,
            int(row.images) if row.used else "",
            _percent(row.share) if row.used else "",
            plain(scrub(row.note, dataset)),
        )
        for row in quality.itertuples()
        if row.images or not row.used or row.note
    ]
    if not rows:
        return "No rule for dark, overexposed, blurred or odd pictures found any.\n"
    text = table(["issue", "rule", "images", "share", "note"], rows)
    return text + "\nA flag says what was measured; whether it is a fault, a person decides.\n"


def _labels(doubts: pd.DataFrame, dataset: Dataset) -> str:
    said = describe_doubts(doubts)
    if (unknown := say_unknown(doubts)) and unknown not in said:
        said += f" {unknown}"
    return plain(scrub(said, dataset)) + "\n"


def _leaks(leaks: pd.DataFrame, dataset: Dataset) -> str:
    return plain(scrub(describe_leakage(leaks), dataset)) + "\n"


def _associations(found: pd.DataFrame, dataset: Dataset) -> str:
    if found.empty:
        return "There is no column of metadata that could go with the label.\n"
    found = found.sort_values("v", ascending=False, kind="stable")
    rows = [
        (plain(column), f"{row['v']:.2f}", f"{row['p_corrected']:.3f}")
        for column, row in found.iterrows()
    ]
    text = table(["column", "Cramér's V with the label (0 to 1)", "p, corrected"], rows, most=10)
    strong = found[(found["p_corrected"] < 0.05) & (found["v"] >= 0.1)]
    if len(strong):
        go = "goes" if len(strong) == 1 else "go"
        text += (
            f"\n{plain(some(strong.index, 10))} {go} with the label by more than chance: a model "
            "may learn that in place of what the image shows.\n"
        )
    return text


def list_unchecked(
    dataset: Dataset, measured: Mapping[str, pd.DataFrame | None], more: Sequence[str]
) -> list[str]:
    """A line for whatever nobody looked into."""
    lines = [plain(scrub(line, dataset)) for line in more]
    absent = [name for name, result in measured.items() if result is None]
    if not dataset.metadata and LABEL in absent:
        absent.remove(LABEL)
        lines.append("Whether place, device or time give the label away: no metadata tells them")
    if absent:
        lines.append(f"Not looked into: {', '.join(absent).lower()}")
    if not dataset.labelled:
        lines.append("There are no labels, so that none could be doubted")
    lines.append("Whether the images stand for those that a model will meet")
    lines.append("Whether labels that everything agrees with are right all the same")
    return lines

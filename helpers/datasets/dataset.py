"""The one table: a dataset is a folder of images and a DataFrame with one row per image."""

from __future__ import annotations

import hashlib
import html
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.datasets.storage import DatasetError, make_folder, read_log, work_folder, writing_to
from helpers.datasets.words import shown, some, suggestion

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from PIL import Image

SPLITS = ("train", "valid", "test")
TEST_CHAPTER = 10
OPENINGS = "openings.sqlite"
_SCHEMA = "CREATE TABLE IF NOT EXISTS openings (opened, chapter, reason, images)"


class TestSplitClosed(DatasetError):
    """The test split was asked for before the chapter that opens it."""

    __test__ = False  # or pytest takes the name for a test class


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """A named folder of images with one row per image. Nothing under `root` is ever written.

    Attributes
    ----------
    name : str
    root : Path, absolute
    images : DataFrame
        Index ``image_id`` (unique, sorted; the POSIX path relative to `root`, in Unicode form
        NFC); columns ``label`` and ``split`` (train, valid, test), missing where unknown, then
        metadata. Treat it as read-only; `with_images` makes a changed copy.
    planted : DataFrame or None
        One row per fault we planted (bundled dataset only): image_id, kind, strength, partner,
        truth, innocent.
    notes : tuple of str
        What opening found odd, one sentence each.
    group : str or None
        The metadata column that says which images show the same physical thing.
    masks : Path or None
        Folder with ``<image_id>.png``, white where the subject is; the bundled leaves have them.
    files : mapping
        image_id → relative path on disk, only where the two differ (decomposed accents).
    opened : dict
        Ids of all images it was opened with, and what was concluded from all of them (`levels`),
        and the arguments that opening was given (`asked`); what made groups since (`then`), the
        longest `pause` of them, and what was said of pairs (`judged`).
    source : str or None
        What of the folder was read where not its folders alone: the table and its label column.
        Two tables in one folder are two datasets, with two work folders.
    copies : Series or None
        By image_id the group to which copies tie it, where they were looked for (`ensure_split`).
    """

    name: str
    root: Path
    images: pd.DataFrame
    planted: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()
    group: str | None = None
    masks: Path | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    opened: dict = field(default_factory=dict)
    copies: pd.Series | None = None

    def __post_init__(self):
        if not self.images.index.isin(self.opened.get("ids", ())).all():
            object.__setattr__(self, "opened", {"ids": self.images.index})

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        shown = [f"{key} {value}" for key, value in self._facts().items()]
        return f"Dataset {self.name!r}: {', '.join(shown[:3])}"

    def _repr_html_(self) -> str:
        facts = [("dataset", self.name), *self._facts().items(), *(("note", n) for n in self.notes)]
        rows = (f"<tr><th>{k}</th><td>{html.escape(str(v))}</td></tr>" for k, v in facts)
        return f"<table>{''.join(rows)}</table>"

    def _facts(self) -> dict[str, str]:
        splits = self.images["split"].fillna("undecided").value_counts()
        splits = splits.reindex([*SPLITS, "undecided"]).dropna()
        classes = (
            f"{len(self.classes)} ({some(map(shown, self.classes), 12)})"
            if self.labelled
            else "none"
        )
        facts = {
            "images": f"{len(self):,}",
            "classes": classes,
            "splits": " / ".join(f"{split} {count:,.0f}" for split, count in splits.items()),
            "metadata": some(self.metadata, 12),
            "group": self.group or "",
        }
        return {name: fact for name, fact in facts.items() if fact}

    @property
    def classes(self) -> list[str]:
        """The labels that occur, sorted."""
        return sorted(self.images["label"].dropna().unique())

    @property
    def labelled(self) -> bool:
        """Whether any image has a label."""
        return self.images["label"].notna().any().item()

    @property
    def metadata(self) -> list[str]:
        """Names of the metadata columns."""
        return [c for c in self.images.columns if c not in ("label", "split")]

    @property
    def groups(self) -> pd.Series:
        """Per image what it shows: the group column's value, else the image's own id; images that
        are tied by `copies` have that of the first."""
        groups = self.images.index.to_series(name="group").astype(object)
        if self.group is not None:
            known = self.images[self.group]
            groups = groups.where(known.isna(), self.group + " " + known.astype(str))
        tied = None if self.copies is None else self.copies.reindex(groups.index)
        return groups if tied is None else tied.where(tied.notna(), groups).rename("group")

    @property
    def has_groups(self) -> bool:
        """Whether the group column is known and puts at least two images into one group."""
        return bool(self.group and self.images[self.group].dropna().duplicated().any())

    def require_labels(self, classes: int = 1) -> None:
        """Raise DatasetError when no image has a label, or there are fewer than `classes`."""
        source = (
            "labels come from class folders (photos/CLASS/*.jpg) or a CSV with columns path,label "
            "(another name: open_dataset(…, label='COLUMN'))."
        )
        if not self.labelled:
            raise DatasetError(
                f"No image of {self.name!r} has a label, so nothing can be trained or scored, and "
                "what notebooks 01 and 02 show of it without labels ends where they need them; "
                + source
            )
        if len(self.classes) < classes:
            raise DatasetError(
                f"All labelled images of {self.name!r} are of one class, {self.classes[0]!r}, so "
                f"there is nothing to tell apart; {source}"
            )

    @property
    def is_bundled(self) -> bool:
        """Whether this is the bundled dataset at its default seed and size."""
        return self.name == "leaves" and self.planted is not None

    @property
    def work(self) -> Path:
        """The folder for results about this dataset, created when first asked for."""
        return make_folder(self.work_place)

    @property
    def work_place(self) -> Path:
        """Where `work` is, or will be."""
        place = os.fsencode(self.root) + (os.fsencode(f"\0{self.source}") if self.source else b"")
        key = hashlib.sha256(place).hexdigest()[:8]
        slug = re.sub(r"[^\w.-]+", "-", self.name).strip("-.") or "dataset"
        return work_folder() / f"{slug}-{key}"

    def path(self, image_id: str) -> Path:
        """The file behind `image_id`; raises DatasetError when there is no such image."""
        if image_id not in self.images.index:
            near = suggestion(image_id, self.images.index) or "; see dataset.images.index"
            raise DatasetError(f"Dataset {self.name!r} has no image {image_id!r}{near}.")
        return self.root / self.files.get(image_id, image_id)

    def load(self, image_id: str, at_least: int | None = None) -> Image.Image:
        """The picture as 8-bit RGB, upright; raises DatasetError when it cannot be decoded.

        With `at_least`, a JPEG may come smaller and faster, its short side at least that long.
        """
        from helpers.datasets.decoding import Unreadable
        from helpers.datasets.pixels import read_rgb

        try:
            return read_rgb(self.path(image_id), at_least, lambda: self.levels)
        except Unreadable as error:
            raise DatasetError(f"{image_id!r} cannot be read: it {error}.") from error

    @property
    def levels(self) -> int:
        """What is white in every 16-bit picture: 255, 1023, 4095, 16383 or 65535.

        Decided by the greatest value in all images that the dataset was opened with, so that a
        single picture, a part and the whole are shown alike (see `pixels.find_levels`).
        """
        if "levels" not in self.opened:
            import pandas as pd

            from helpers.datasets import decoding, pixels, steps

            whole = self.with_images(pd.DataFrame(index=self.opened["ids"]))

            def build() -> pd.DataFrame:
                found = pixels.find_levels(whole.path(i) for i in whole.images.index)
                return pd.DataFrame({"levels": [found]})

            code = (pixels, decoding)
            table = steps.saved(whole, "levels", build, code=code, table=False)
            self.opened["levels"] = int(table["levels"].iloc[0])
        return self.opened["levels"]

    def mask(self, image_id: str) -> np.ndarray:
        """The mask that says where the subject is: uint8, height × width, 0 or 255."""
        if self.masks is None:
            raise DatasetError(
                f"{self.name!r} has no masks that say where the subject is. To give it some, draw "
                f"white on black into FOLDER/{image_id}.png, as large as the photo, for each "
                "image that you ask about; then dataclasses.replace(dataset, masks=Path(FOLDER))."
            )
        import numpy as np
        from PIL import Image

        self.path(image_id)
        try:
            with Image.open(self.masks / f"{image_id}.png") as image:
                return np.asarray(image.convert("L"))
        except OSError as error:
            where = self.masks / f"{image_id}.png"
            raise DatasetError(
                f"{image_id!r} has no mask that can be read; expected white on black in {where}."
            ) from error

    def with_images(self, images: pd.DataFrame) -> Dataset:
        """A copy with another table (a subset, changed labels, further columns)."""
        return replace(self, images=images)

    def with_group(self, column: str | None) -> Dataset:
        """A copy that takes metadata `column` to say which images show the same thing."""
        if column is not None and column not in self.metadata:
            there = some(self.metadata, 12) or "none"
            hint = suggestion(column, self.metadata)
            if not self.metadata and "asked" in self.opened:  # a folder without a table
                hint = ". A table that says more of the images is named by metadata='…', or "
                hint += "--metadata in a command; where file names say it, pattern='…' or --pattern"
                hint += " reads them"
            raise DatasetError(
                f"{self.name!r} has no metadata column {column!r}; it has: {there}{hint}."
            )
        return replace(self, group=column, copies=None)

    def _rows(self, split: str) -> pd.DataFrame:
        rows = self.images[self.images["split"] == split]
        if rows.empty:
            there = some(self.images["split"].dropna().unique()) or "none, it is not split yet"
            raise DatasetError(
                f"{self.name!r} has no {split!r} images (splits: {there}); "
                "helpers.splits.split divides it."
            )
        return rows

    def part(self, split: str) -> Dataset:
        """The rows of one split, "train" or "valid"; "test" stays closed (see `open_test`)."""
        if split not in SPLITS:
            raise DatasetError(f"There is no split {split!r}; expected one of {some(SPLITS)}.")
        rows = self._rows(split)
        if split == "test":
            raise TestSplitClosed(
                f"The test split of {self.name!r} is closed: every look at it makes the final "
                "score a little less honest, so choices are made on dataset.part('valid'), and "
                f"notebook {TEST_CHAPTER} opens it, once, with dataset.open_test(reason=…)."
            )
        return self.with_images(rows)

    @property
    def development(self) -> Dataset:
        """All rows that are not test: what may be looked at, cleaned, split and trained on."""
        return self.with_images(self.images[self.images["split"] != "test"])

    def open_test(self, chapter: int = TEST_CHAPTER, reason: str = "") -> Dataset:
        """The test split, opened on purpose; when and why is written down for the report.

        Raises
        ------
        TestSplitClosed
            `chapter` is below 10, or there is no `reason`.
        DatasetError
            There is no test split, or the opening cannot be logged.
        """
        rows = self._rows("test")
        if int(chapter) < TEST_CHAPTER:
            raise TestSplitClosed(
                f"The test split of {self.name!r} stays closed in chapter {int(chapter):02d}: a "
                "score that steered a choice is no longer a test, so choose on "
                f"dataset.part('valid') and open it in chapter {TEST_CHAPTER}."
            )
        if not str(reason).strip():
            raise TestSplitClosed(
                f"The test split of {self.name!r} opens only with a reason, which goes into the "
                "report: dataset.open_test(reason='final score of the chosen model')."
            )
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with writing_to(self.work / OPENINGS, _SCHEMA) as log:
            row = (now, int(chapter), str(reason).strip(), len(rows))
            log.execute("INSERT INTO openings VALUES (?, ?, ?, ?)", row)
        return self.with_images(rows)

    def test_openings(self) -> pd.DataFrame:
        """Every opening of the test split: opened (UTC), chapter, reason, images."""
        import pandas as pd

        rows = read_log(self.work / OPENINGS, "SELECT * FROM openings ORDER BY rowid")
        table = pd.DataFrame(rows, columns=["opened", "chapter", "reason", "images"])
        return table.assign(opened=pd.to_datetime(table["opened"], utc=True))

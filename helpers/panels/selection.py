"""Which images to show: a table joined to the dataset, filtered and sorted."""

from enum import Enum
from unicodedata import normalize

import pandas as pd

from helpers.panels.text import named, plain

MOST_VALUES = 60


class Only(Enum):
    """Choices of a filter that are not a value of the column itself."""

    ALL = "all"
    DEVELOPMENT = "all but test"
    PRESENT = "any value"
    MISSING = "no value"


def by_image_id(dataset, table: pd.DataFrame) -> pd.DataFrame:
    """Return `table` indexed by image_id, taken from its column or index of that name.

    Raises
    ------
    ValueError
        Where neither holds any image of the dataset.
    """
    known = dataset.images.index
    if (
        "image_id" in table
        and table.index.isin(known).any()
        and not table["image_id"].isin(known).any()
    ):
        # The column is something else, such as the probability of a class of that name.
        table = table.rename(columns={"image_id": "image_id (table)"})
    table = table.set_index("image_id") if "image_id" in table else table.rename_axis("image_id")
    if len(table) and not table.index.isin(dataset.images.index).any():
        raise ValueError(
            f"none of the table's {len(table)} rows names an image of {dataset.name!r} (the first "
            f"is {table.index[0]!r}); expected an index or a column 'image_id' with paths such as "
            f"{dataset.images.index[0]!r}"
        )
    return table


def join_table(dataset, table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Join `table` to the images of the dataset.

    An image keeps one row per row the table has about it, or one row where it has none. Columns
    that only repeat the dataset's are left out; others of the same name end in " (table)".
    """
    images = dataset.images
    if table is None:
        return images
    table = by_image_id(dataset, table)
    known = images.reindex(table.index)
    repeated = [name for name in table if name in images and table[name].equals(known[name])]
    return images.join(table.drop(columns=repeated), rsuffix=" (table)")


def matches(column: pd.Series, wanted: object) -> pd.Series:
    """Return a boolean mask of the rows where `column` is `wanted`, a value or an `Only`."""
    if wanted is Only.ALL:
        return pd.Series(True, column.index)
    if wanted is Only.DEVELOPMENT:
        return column.ne("test").fillna(True).astype(bool)
    if wanted in (Only.PRESENT, Only.MISSING):
        return column.isna() if wanted is Only.MISSING else column.notna()
    return column.eq(wanted).fillna(False).astype(bool)


def select(rows: pd.DataFrame, wanted: dict[str, object], search: str = "") -> pd.DataFrame:
    """Keep rows whose columns match `wanted` and whose image_id contains `search` in any case."""
    for name, value in wanted.items():
        rows = rows[matches(rows[name], value).to_numpy()]
    if search := normalize("NFC", search.strip()):
        names = rows.index.astype(str).str.normalize("NFC")
        rows = rows[names.str.contains(search, case=False, regex=False)]
    return rows


def sort_images(rows: pd.DataFrame, by: str = "image_id", ascending: bool = True) -> pd.DataFrame:
    """Sort by a column or by image_id, then keep the first row of each image.

    Ties keep their order and missing values come last.
    """
    order = {"ascending": ascending, "kind": "stable", "na_position": "last"}
    try:
        rows = rows.sort_values(by, **order)
    except TypeError:  # a column of mixed types
        rows = rows.sort_values(by, key=lambda values: values.map(plain), **order)
    return rows[~rows.index.duplicated()]


def choices(column: pd.Series) -> list[tuple[str, object]]:
    """Return (text with the number of images, value) pairs for a filter on `column`."""
    images, missing = column.index, column.isna()
    found = [(f"all ({images.nunique():,})", Only.ALL)]
    if missing.any():
        if not missing.all():
            found.append((f"has a value ({images[~missing].nunique():,})", Only.PRESENT))
        found.append((f"none ({images[missing].nunique():,})", Only.MISSING))
    pairs = pd.DataFrame({"value": column.to_numpy(), "image": images}).drop_duplicates()
    counts = pairs["value"].value_counts().head(MOST_VALUES)
    values = sorted(counts.index, key=plain)
    return found + [(f"{named(value)} ({counts[value]:,})", value) for value in values]


def filterable(rows: pd.DataFrame) -> list[str]:
    """Return the columns worth a filter: few values, or a value for some images only."""

    def worth(column: pd.Series) -> bool:
        try:
            values = column.nunique()
        except TypeError:  # lists and arrays
            return False
        few = 1 < values <= MOST_VALUES and not pd.api.types.is_float_dtype(column)
        return few or (values > 0 and bool(column.isna().any()))

    return [name for name in rows if name not in ("label", "split") and worth(rows[name])]

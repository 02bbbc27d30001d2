"""Images of a class to compare a suspect with: the nearest by features, or else typical ones."""

from itertools import islice

import numpy as np
import pandas as pd

from helpers.review.cases import opens

COUNT = 3


class Examples:
    """Finds images of a class that nobody suspects; those of the test split are left out.

    Parameters
    ----------
    dataset : Dataset
    suspected : collection of image ids
        No examples, since their own labels are in doubt; taken only where a class has no others.
    features : DataFrame by image_id, optional
        Columns of numbers, e.g. from `embed`; each is brought to mean 0 and spread 1, and near is
        a high cosine.

    Raises
    ------
    ValueError
        Where `features` hold no image of the dataset, or a column that is no number.
    """

    def __init__(self, dataset, suspected, features: pd.DataFrame | None = None):
        images = dataset.images[dataset.images["split"].ne("test").fillna(True).astype(bool)]
        labels = images["label"].dropna()
        sure = ~labels.index.isin([*suspected])
        self._groups, self._path, self._vectors = dataset.groups, dataset.path, None
        self._of = {
            label: names[sure[labels.index.get_indexer(names)]] if any(
                sure[labels.index.get_indexer(names)]) else names
            for label, names in labels.groupby(labels).groups.items()
        }  # fmt: skip
        if features is not None:
            self._vectors = _unit_vectors(dataset, features)
            self._row = {name: row for row, name in enumerate(self._vectors.index)}
            self._values = self._vectors.to_numpy()

    def find(self, image_ids: list[str], label: str) -> tuple[list[str], bool]:
        """Return up to three examples of the class `label` that can be read, and whether they are
        those nearest to the first of `image_ids`.

        Neither these images nor others of their groups are among them.
        """
        image_id = image_ids[0]
        names = self._of.get(label, pd.Index([]))
        names = names[~self._groups[names].isin(self._groups[image_ids]).to_numpy(bool)]
        if self._vectors is None or image_id not in self._row:
            return self._readable(_spread(names)), False
        names = names[names.isin(self._vectors.index)]
        near = self._values[[self._row[name] for name in names]] @ self._values[self._row[image_id]]
        return self._readable(names[np.argsort(-near, kind="stable")]), True

    def _readable(self, names: pd.Index) -> list[str]:
        return list(islice((name for name in names if opens(self._path(name))), COUNT))


def _spread(names: pd.Index) -> pd.Index:
    """Names spread evenly over the whole list, so that neighbours in a folder do not crowd it."""
    places = np.linspace(0, len(names) - 1, min(COUNT, len(names))).round().astype(int)
    return names[places]


def _unit_vectors(dataset, features: pd.DataFrame) -> pd.DataFrame:
    known = features[features.index.isin(dataset.images.index)]
    odd = [name for name in known if not pd.api.types.is_numeric_dtype(known[name])]
    if known.empty or odd or not len(known.columns):
        got = f"column {odd[0]!r} is no number" if odd else "no row names an image of the dataset"
        raise ValueError(
            f"features are a table of numbers by image_id, as from embed(); here {got}"
        )
    values = known[np.isfinite(known.to_numpy(float)).all(axis=1)].astype("float32")
    values = values[~values.index.duplicated()]
    values = (values - values.mean()) / values.std().replace(0, 1).fillna(1)
    return values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-12)

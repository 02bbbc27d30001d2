"""Which numbers know the classes: one linear model on one part of the columns at a time."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

FOLDS = 5


def name_parts(columns: pd.Index) -> dict[str, list[str]]:
    """Columns by the first word of their name, and all descriptors and all stages together.

    Returns
    -------
    dict of name → columns
        In their order: "colour", "texture", "form", "all three", "stage1" …, "all stages"; what
        `columns` has none of is left out.
    """
    words = pd.Series(columns.str.split().str[0], columns)
    parts = {word: words.index[words == word].tolist() for word in words.unique()}
    stages = [name for name in parts if name.startswith("stage")]
    families = [name for name in parts if name not in stages]
    found = {name: parts[name] for name in families}
    for together, names in (("all three", families), ("all stages", stages)):
        found |= {name: parts[name] for name in names}
        if len(names) > 1:
            found[together] = [column for name in names for column in parts[name]]
    return found


def probe_parts(
    features: pd.DataFrame,
    labels: pd.Series,
    groups: pd.Series | None = None,
    parts: Mapping[str, list[str]] | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Whether a linear model names each image rightly, from one part of its numbers at a time.

    A linear discriminant on standardised columns answers out of fold; whole groups lie in one fold.

    Parameters
    ----------
    features : DataFrame by image_id
        Descriptors (`describe`), an embedding (`embed`), or both, joined.
    labels, groups : Series by image_id
        Images without a label are left out.
    parts : name → columns, optional
        By default as from `name_parts`.
    progress : bool
        Draw a bar once this has taken two seconds.

    Returns
    -------
    DataFrame by image_id
        A column of True and False for each part. Without columns where fewer than two classes, or
        two groups, have labels: there is nothing to tell apart then, or nothing to learn it from.
    """
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from tqdm.auto import tqdm

    labels = labels.reindex(features.index).dropna()
    groups = labels.index.to_series() if groups is None else groups.reindex(labels.index)
    answers = pd.DataFrame(index=labels.index)
    # scikit-learn refuses more folds than the commonest class has images.
    folds = min(FOLDS, groups.nunique(), labels.value_counts().max() if len(labels) else 0)
    if labels.nunique() < 2 or folds < 2:
        return answers
    cut = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
    model = make_pipeline(StandardScaler(), LinearDiscriminantAnalysis("lsqr", shrinkage="auto"))
    parts = name_parts(features.columns) if parts is None else parts
    for name, columns in tqdm(parts.items(), "probe", delay=2, disable=not progress, unit="part"):
        X = features.loc[labels.index, columns]
        answers[name] = cross_val_predict(model, X, labels, groups=groups, cv=cut) == labels
    return answers

"""One list of all that a person should look at."""

import pandas as pd

from helpers.audit.doubts import contradicted_most, other_label
from helpers.audit.labels import find_conflicts
from helpers.datasets import Dataset

PROBABLE = "probable copy"
"""The issue of a pair that a person has to look at."""

CONFLICT = "one file, two labels"
"""The issue of a pair of identical files of which one label is wrong."""

CONTRADICTED = "label contradicted"
"""The issue of a label that is more likely right than wrong, and yet the first to look at."""

_COLUMNS = ["image_id", "other_id", "issue", "suggestion", "why"]


def list_suspects(
    dataset: Dataset, pairs: pd.DataFrame, issues: pd.DataFrame, doubts: pd.DataFrame
) -> pd.DataFrame:
    """What the detectors found, as one list for `helpers.widgets.review`.

    Identical files with different labels come first, since one of the two labels is wrong whatever
    a detector thinks; then poor images, then labels in doubt (where none is, those that a model
    contradicts most), then pairs that may be copies.

    Parameters
    ----------
    dataset : Dataset
    pairs, issues, doubts : DataFrame
        From `find_duplicates`, `find_quality_issues` and `find_label_issues`. Rules that were not
        used, labels not in doubt and pairs that need no decision of a person are left out.

    Returns
    -------
    DataFrame, a row for each suspect or pair: image_id, other_id (missing for a single image),
    issue, suggestion (another label, where there is one), why (a sentence or missing)
    """
    conflicts = find_conflicts(dataset, pairs)
    probable = pairs[pairs["kind"] == "probable"]
    flags = issues[issues["rule"] != "not used"]
    labels = doubts[doubts["issue"].astype(bool) & (doubts["evidence"] != "same file")]
    labels = labels.assign(issue="label, by " + labels["evidence"])
    labels = pd.concat([labels, contradicted_most(doubts).assign(issue=CONTRADICTED)])
    labels = labels.assign(suggestion=other_label(labels)).rename_axis("image_id")
    parts = [
        conflicts.assign(issue=CONFLICT),
        flags,
        labels.reset_index(),
        probable.assign(issue=PROBABLE, why=probable["difference"]),
    ]
    parts = [part.reindex(columns=_COLUMNS).astype("object") for part in parts]
    return pd.concat(parts, ignore_index=True)

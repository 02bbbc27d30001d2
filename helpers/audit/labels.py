"""Find labels that are probably wrong: contradicted by a model, their group or the same file."""

import warnings

import numpy as np
import pandas as pd

from helpers.audit.mixing import sums, why_mixed
from helpers.audit.noise import chance_of_noise
from helpers.audit.tables import require_features
from helpers.copies.duplicates import cluster_duplicates, confirmed
from helpers.datasets import DatasetError

COMPONENTS = 128
STRENGTHS = (0.001, 0.003, 0.01, 0.03, 0.1)
"""How many principal components the head sees, and the inverse regularisations of which it takes
the one with the least log loss."""

DOUBT = 0.1
"""What a class counts for that no label in the group votes for: fixed on seed 0 of leaves;
`studies/label_errors.py` reports others."""

UNLIKELY = 0.2
"""A label is contradicted where its chance by the prediction lies under this."""

LEAST_TOLD = 0.001
"""The least chance of a wrong label that counts in the order of the list."""

COLUMNS = {"given": "str", "suggested": "str", "quality": float, "wrong": float, "issue": bool,
           "evidence": "str", "rank": int, "expected": float}  # fmt: skip


def find_label_issues(
    dataset, features: pd.DataFrame, groups=None, pairs: pd.DataFrame | None = None, *,
    votes: pd.Series | None = None, seed: int = 0, folds: int = 5, one_label: bool | None = None,
    strict: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """Labels that neither a model nor the other images of the same thing agree with.

    A regularised multinomial logistic head on `features` predicts each image out of fold, from
    images of other groups, so that a wrong label that a whole specimen shares, or a copy of the
    image, cannot teach its own prediction. `helpers.audit.noise` then estimates, out of fold, how
    many labels are wrong and the chance of each, twice: of each image, given the mean prediction
    for its group and the labels of the others in it; and of each group as a whole, given the
    prediction alone. An image in no group is judged by its prediction. A label is an issue where
    it is more likely wrong than right; the ranking goes on below. Confident learning (Northcutt,
    Jiang & Chuang 2021) ranks alike, but has no such limit: on hard data most of what it lists is
    right.

    Parameters
    ----------
    dataset : Dataset
        Its test images are left out: what trains here must not see them.
    features : DataFrame by image_id, numeric columns
        Embeddings or descriptors; labelled images without features are left out.
    groups : Series by image_id, or False, optional
        What belongs together; by default ``dataset.groups``. False treats every image alone.
    pairs : DataFrame with image_id and other_id, optional
        Duplicates, from `find_duplicates`: they are grouped, too, but for the probable ones. Those
        of kind "exact" whose labels differ come first: one of the two is wrong, whatever a model
        thinks; its prediction, and other images of the same thing, say which is likelier.
    votes : Series by image_id, optional
        Parts of groups whose labels speak for one another, where that is not all of a group: one
        thing that was photographed for two classes is never asked about by a head that has learned
        it, and its labels are no evidence against each other. By default the groups.
    seed : int
        Draws the folds.
    folds : int, 2 or more
    one_label : bool, optional
        Whether all images of a group must have one label, as those of one leaf, but not those of
        one patient with several moles. By default so where at least 80 % of labels within groups
        agree, and images in groups of several labels do not look as labelled. If a label that
        differs from its group's is a slip, the prediction, which learned from other groups, sides
        with the group; if groups do mix classes, with the label, as it does for others of that
        class. One label is taken to be the rule where it is at least twice as likely that up to a
        fifth of these groups mix classes than that more do; and not where that cannot be told, as
        from features that say nothing. If other labels are thus not used, ``attrs["groups"]`` of
        the table says why, and `describe_doubts`, too. Duplicates must in any case.
    strict : bool
        False gives an empty table where nothing can be judged, and the reason in its
        ``attrs["note"]``, which `describe_doubts` says.

    Returns
    -------
    DataFrame by image_id, the most suspicious first: given, suggested (the most probable label;
    where identical files carry two, the likelier of these), quality (probability of the given
    label, 0–1), wrong (chance that it is wrong, 0–1), issue (bool), evidence of an issue ("same
    file": identical bytes carry another label, and one of them is wrong, this or the other;
    "within group": it differs from the others of its group; "whole group": the group looks like
    another class; "image": no group helped; "" where there is no issue), rank (from 1), expected
    (the share of wrong labels to expect from the first rank down to this one). `describe_doubts`
    says it in a sentence. Where several images are in one group, ``attrs["shared"]`` is True: that
    all of them bear one wrong label is mostly missed, and the share of wrong labels further down is
    rough for that (on five collections of leaves 12, 34, 0, 17 and 0 are promised after the last
    issue, and 25, 17, 32, 25 and 30 are there, nearly all of whole groups). Images of a class that
    is in one group alone cannot be judged and are left out; what is left out is counted in
    ``attrs["left out"]`` of the table.

    Raises
    ------
    DatasetError
        Features are no table of numbers; or, if `strict`, nothing is labelled or fewer than two
        classes can be judged.
    """
    numbers = require_features(features, "find_label_issues")
    try:
        return _find(dataset, numbers, groups, pairs, votes, seed, folds, one_label)
    except DatasetError as error:
        if strict:
            raise
        nothing = pd.DataFrame(columns=[*COLUMNS], index=pd.Index([], name="image_id", dtype="str"))
        nothing = nothing.astype(COLUMNS)
        nothing.attrs["note"] = f"No label can be doubted. {error}"
        return nothing


def _find(dataset, numbers, groups, pairs, votes, seed, folds, one_label) -> pd.DataFrame:
    dataset.require_labels()
    labels = dataset.development.images["label"].dropna()
    left_out = {"test images": int(dataset.images["label"].notna().sum()) - len(labels)}
    given = labels[labels.index.isin(numbers.index)].sort_index()
    if groups is None:
        groups = dataset.groups
    own = given.index.to_series()
    groups = own if groups is False else groups.reindex(given.index).fillna(own)
    linked = _link(groups, pairs)
    spread = linked.groupby(given).nunique()
    left_out["without features"] = len(labels) - len(given)
    left_out["of a class that is in one group alone"] = int((given.map(spread) <= 1).sum())
    given = given[given.map(spread) > 1]
    if given.nunique() < 2:
        raise DatasetError(
            f"{given.nunique()} classes of {dataset.name!r} have features of images in two groups "
            "or more; expected at least 2, so give features of more images."
        )
    linked = linked[given.index].to_numpy()
    y, classes = pd.factorize(given, sort=True)
    logs = _out_of_fold(numbers.loc[given.index].to_numpy(float), y, linked, seed, folds)
    if votes is not None:
        linked = _link(votes.reindex(own.index).fillna(own), pairs)[given.index].to_numpy()
    copies, why = _link(own, pairs)[given.index].to_numpy(), ""
    if one_label is None:
        why = why_mixed(y, linked, copies, logs)
    if why or one_label is False:
        linked = copies
    others = _others(labels, pairs)
    conflicts = given.index.isin(others.index)
    files = _link(own, None if pairs is None else _identical(pairs))[given.index]
    numbered = [pd.factorize(one)[0] for one in (linked, files)]
    doubts = _judge(given, y, classes, logs, *numbered, conflicts)
    # Of one file under two labels, the likelier of these, whatever else a prediction sides with.
    one_file = doubts.index[doubts.index.isin(others.index)]
    wrong = doubts.loc[one_file, "wrong"] >= 0.5
    likelier = others.reindex(one_file).where(wrong, doubts.loc[one_file, "given"])
    doubts.loc[one_file, "suggested"] = likelier.to_numpy()
    doubts.attrs["left out"] = left_out
    doubts.attrs["shared"] = len({*linked}) < len({*copies})
    if why:
        doubts.attrs["groups"] = why
    return doubts


def find_conflicts(dataset, pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs of identical files whose labels differ: at least one of the two is wrong.

    A file without a label contradicts nothing.
    """
    return _conflicts(dataset.images["label"], pairs)


def _identical(pairs) -> pd.DataFrame | None:
    """The pairs of identical files, or None where they are not told from others."""
    return pairs[pairs["kind"] == "exact"] if "kind" in pairs else None


def _conflicts(labels, pairs) -> pd.DataFrame:
    exact = _identical(pairs)
    one, other = (exact[side].map(labels) for side in ("image_id", "other_id"))
    return exact[(one != other) & one.notna() & other.notna()]


def _others(labels, pairs) -> pd.Series:
    """The label of an identical file, by image, for those of which one carries another."""
    if pairs is None or "kind" not in pairs:
        return pd.Series(dtype=object)
    ends = _conflicts(labels, pairs)[["image_id", "other_id"]].to_numpy()
    one, other = [*ends[:, 0], *ends[:, 1]], [*ends[:, 1], *ends[:, 0]]
    found = pd.Series(labels.reindex(other).to_numpy(), pd.Index(one, dtype=object))
    return found[~found.index.duplicated()]


def _link(groups: pd.Series, pairs) -> pd.Series:
    """A number for all that groups and pairs join, directly or through any other images."""
    links = pd.DataFrame({"image_id": groups.index, "other_id": "\0" + groups.astype(str)})
    if pairs is not None:
        links = pd.concat([links, confirmed(pairs)[["image_id", "other_id"]]])
    return cluster_duplicates(links)["cluster"].reindex(groups.index)


def _out_of_fold(values, y, linked, seed, folds) -> np.ndarray:
    """Log probability of each class for each image, from a head that saw none of its group."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    folds = min(folds, len({*linked}), np.bincount(y).max())
    cut = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    best, least, count = None, np.inf, y.max() + 1
    # Threads cost products this small more than they save, and on a busy machine minutes.
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a class in fewer groups than folds
        values = np.where(np.abs(values) < 1e30, values, np.nan).astype(np.float32)
        values = np.nan_to_num(StandardScaler().fit_transform(values))
        size = min(COMPONENTS, *values.shape)
        values = PCA(size, svd_solver="randomized", random_state=0).fit_transform(values)
        cuts = list(cut.split(values, y, linked))
        for strength in STRENGTHS:
            chances = np.zeros((len(y), count))
            for train, valid in cuts:
                if len(known := np.unique(y[train])) > 1:
                    head = LogisticRegression(C=strength, max_iter=300, tol=1e-3)
                    head.fit(values[train].astype(float), y[train])
                    found = head.predict_proba(values[valid].astype(float))
                    chances[np.ix_(valid, known)] = found
                # Of a class that it has not seen, a head knows nothing, neither for nor against.
                unseen = valid if len(known) < 2 else valid[~np.isin(y[valid], known)]
                chances[unseen] = 1 / count
            chances = np.clip(chances, 1e-6, None)
            loss = log_loss(y, chances / chances.sum(axis=1, keepdims=True))
            if loss > least:
                break
            best, least = chances, loss
    return np.log(best)


def _judge(given, y, classes, logs, linked, files, conflicts) -> pd.DataFrame:
    from cleanlab.rank import get_label_quality_scores

    labels, size = np.eye(len(classes))[y], np.bincount(linked)
    votes = sums(labels, linked)
    pooled = _chances(sums(logs, linked) / size[:, None])
    alone = _chances(np.log(pooled[linked]) + np.log(votes[linked] - labels + DOUBT))
    most, several = votes.argmax(axis=1), size > 1
    single, whole = ~several[linked], np.zeros(len(size))
    wrong = _slips(pooled, votes, linked, y)
    wrong[single] = chance_of_noise(np.log(alone[single]), y[single])
    whole[several] = chance_of_noise(np.log(pooled[several]), most[several])
    whole = np.where(most[linked] == y, whole[linked], 0)
    shared = whole > wrong
    wrong = np.where(shared, whole, wrong)
    evidence = np.where(shared, "whole group", np.where(several[linked], "within group", "image"))
    believed = np.where(shared[:, None], pooled[linked], alone)
    # Where a label is more likely wrong than right, another is suggested, whatever is likeliest.
    other = np.where((labels > 0) & (wrong > 0.5)[:, None], -1, believed)
    table = pd.DataFrame({"given": given, "suggested": classes[other.argmax(axis=1)]})
    table["quality"] = get_label_quality_scores(y, believed)
    # One file under two labels needs no model to know that one is wrong, but to know which.
    one_file = _wrong_of_one_file(labels, files, pooled[linked], votes[linked])
    wrong, evidence[conflicts] = np.where(conflicts, one_file, wrong), "same file"
    table["wrong"], table["issue"] = wrong, (wrong > 0.5) | conflicts
    table["evidence"] = np.where(table["issue"], evidence, "")
    # Where all is well but for rounding, what the prediction contradicts most comes first.
    told = np.where(wrong < LEAST_TOLD, 0, wrong).round(6)
    order = np.lexsort([table["quality"], -told, ~conflicts])
    table = table.iloc[order].assign(rank=np.arange(1, len(table) + 1))
    table["expected"] = table["wrong"].cumsum() / table["rank"]
    return table


def _wrong_of_one_file(labels, files, pooled, votes) -> np.ndarray:
    """The chance of each label to be wrong, where one of those that identical files carry is right:
    the prediction says which, and so do the labels of other files of the same thing.

    0.5 for a file whose other label could not be judged.
    """
    carried = sums(labels, files)[files]
    odds = np.where(carried > 0, pooled * (votes - carried + DOUBT), 0)
    wrong = 1 - (labels * odds).sum(axis=1) / odds.sum(axis=1)
    return np.where((carried > 0).sum(axis=1) > 1, wrong, 0.5)


def _slips(pooled, votes, linked, y) -> np.ndarray:
    """The chance of each label not to be the one of its group, if slips are independent.

    How often labels slip is fitted by expectation maximisation (Dawid & Skene 1979); the
    prediction for the group counts as one more witness.
    """
    count, slip = pooled.shape[1], 0.05
    several = votes.sum(axis=1)[linked] > 1
    for _ in range(50):
        worth = np.log((1 - slip) * (count - 1) / slip)
        wrong = 1 - _chances(np.log(pooled) + votes * worth)[linked, y]
        slip = np.clip(wrong[several].mean() if several.any() else 0, 0.001, 0.2)
    return wrong


def _chances(logs: np.ndarray) -> np.ndarray:
    chances = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.clip(chances / chances.sum(axis=1, keepdims=True), 1e-9, None)

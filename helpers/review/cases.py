"""The cases of a review: what is asked about which image or pair, and what stands about it."""

import warnings

import pandas as pd
from PIL import Image

from helpers.panels import selection
from helpers.panels.text import named, plain, safe

ALIASES = {"partner": "other_id", "kind": "issue", "reason": "why"}
NEEDED = ["other_id", "issue", "suggestion", "label"]


def as_cases(dataset, suspects: pd.DataFrame) -> pd.DataFrame:
    """Bring suspects into one form: a row per case, numbered from 0 in the order given.

    "partner" is read as other_id, "kind" as issue and "reason" as why; the columns image_id,
    other_id, issue, suggestion and label (the dataset's) are always there. Suspects the dataset
    does not hold are left out; those whose files hold no picture come last.
    """
    known = dataset.images.index
    names = {old: new for old, new in ALIASES.items() if new not in suspects}
    cases = selection.by_image_id(dataset, suspects).rename(columns=names)
    cases = cases[cases.index.isin(known)]
    cases = cases.reindex(columns=[*cases, *(name for name in NEEDED if name not in cases)])
    others = cases["other_id"].where(cases["other_id"].isin(known))
    labels = dataset.images["label"].reindex(cases.index)
    cases = cases.assign(other_id=others, label=labels).reset_index()
    broken = [not any(map(opens, map(dataset.path, images_of(case)))) for case in rows(cases)]
    order = pd.Series(broken, cases.index, dtype=bool).sort_values(kind="stable").index
    return cases.loc[order].reset_index(drop=True)


def opens(path) -> bool:
    """Whether a file begins like a picture; what comes later is not looked at, which is quick."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes, which matter to who decodes
            if path.is_file():
                Image.open(path).close()
                return True
    except Exception:  # Pillow raises many kinds on what is no picture
        pass
    return False


def rows(cases: pd.DataFrame):
    """Yield each case as a dict."""
    return iter(cases.to_dict("records"))


def images_of(case) -> list[str]:
    """Return the one or two images a case is about, or none where there is no case."""
    if case is None:
        return []
    return [name for name in (case["image_id"], case["other_id"]) if not pd.isna(name)]


def decided(cases: pd.DataFrame, standing: pd.DataFrame) -> pd.Series:
    """Return for each case whether it is decided.

    One image: it has a standing decision. A pair: one of them is dropped or relabelled, or both
    have a decision.
    """
    one, other = cases["image_id"], cases["other_id"]
    settles = ~standing["action"].isin(["keep", "cannot tell"])
    settled, marked = standing.index[settles], standing.index
    both = one.isin(marked) & (other.isin(marked) | other.isna())
    return both | one.isin(settled) | other.isin(settled)


def lost_pairs(cases: pd.DataFrame, standing: pd.DataFrame, dropped: list[str]) -> pd.DataFrame:
    """Return the pairs that would lose their last image if `dropped` were dropped as well.

    Where a third image, paired with both, stays, nothing of the pair is lost.
    """
    pairs = cases.loc[cases["other_id"].notna(), ["image_id", "other_id"]]
    if pairs.empty:
        return pairs
    gone = {*standing.index[standing["action"] == "drop"]}
    after, partners = gone | {*dropped}, {}
    for one, other in pairs.itertuples(index=False):
        partners.setdefault(one, set()).add(other)
        partners.setdefault(other, set()).add(one)
    lost = [
        {one, other} <= after and not {one, other} <= gone
        and not (partners[one] & partners[other]) - after
        for one, other in pairs.itertuples(index=False)
    ]  # fmt: skip
    return pairs[pd.Series(lost, pairs.index, dtype=bool)]


def describe(standing: pd.DataFrame, image_id: str) -> str:
    """Return the standing decision about one image in words: "drop", "relabel to oak", …"""
    if image_id not in standing.index:
        return "no decision yet"
    action, label = standing.loc[image_id, ["action", "label"]]
    return f"relabel to {named(label)}" if action == "relabel" else str(action)


def mark_html(standing: pd.DataFrame, image_id: str) -> str:
    """Return the standing decision about one image as a coloured mark."""
    words = describe(standing, image_id)
    return f'<span class="mark {words.split()[0]}">{safe(words)}</span>'


def claim_html(dataset, case) -> str:
    """Return the given label of each image of a case, and what is suggested instead."""
    labels = list(dict.fromkeys(dataset.images["label"][images_of(case)]))
    given = " and ".join("no label" if pd.isna(one) else safe(named(one)) for one in labels)
    told = f'<span class="quiet">Given</span> <b>{given}</b>'
    if not pd.isna(case["suggestion"]):
        told += f' <span class="quiet">· suggested</span> <b>{safe(named(case["suggestion"]))}</b>'
    return f'<div class="claim">{told}</div>'


def evidence_html(case) -> str:
    """Return what the detector said about a case: its issue, why, then other columns by name."""
    known = pd.Series(case).drop(["image_id", "other_id", "label", "suggestion"]).dropna()
    known = known[known.astype("str").str.strip() != ""]  # a column may have no word for this one
    parts = [f"<b>{safe(known.pop('issue'))}</b>"] if "issue" in known else []
    parts += [safe(known.pop("why"))] if "why" in known else []
    parts += [
        f'<span class="quiet">{safe(name)}:</span> {safe(what)}' for name, what in known.items()
    ]
    return f'<div class="evidence">{" · ".join(parts)}</div>'


def told(case, labels: dict) -> str:
    """Return one line about a case for a screen reader: names, labels, suggestion, issue."""
    words = [f"{plain(name)}, {named(labels.get(name))}" for name in images_of(case)]
    suggested = [] if pd.isna(case["suggestion"]) else [f"suggested {named(case['suggestion'])}"]
    return "; ".join([" and ".join(words), *suggested, *_if_any(case["issue"])])


def short(case) -> str:
    """Return the few words that stand below a case in the grid."""
    if not pd.isna(case["other_id"]):
        return "; ".join(_if_any(case["issue"])) or "pair"
    suggested = [] if pd.isna(case["suggestion"]) else [named(case["suggestion"])]
    return " → ".join([named(case["label"]), *suggested])


def _if_any(value) -> list[str]:
    return [] if pd.isna(value) else [plain(value)]


def marks(cases: pd.DataFrame, standing: pd.DataFrame) -> list[str]:
    """Return in words what is decided about each case, empty where nothing is."""
    relabelled = standing["action"] == "relabel"
    words = dict(
        standing["action"].where(~relabelled, "relabel to " + standing["label"].map(named))
    )
    return [
        ", ".join(dict.fromkeys(words[name] for name in images_of(case) if name in words))
        for case in rows(cases)
    ]


def decisions_about(
    cases: pd.DataFrame, action: str, side: int = 0, label: str | None = None, note: str = ""
) -> pd.DataFrame:
    """Return one decision about all these cases, for `DecisionLog.record_all`.

    "keep" and "cannot tell" are about both images of a pair, the others about the one on `side`
    (0 left, 1 right). The reason is the issue and the other image, and the `note` behind them.
    """
    made = {}
    for case in rows(cases):
        pair = images_of(case)
        both = action in ("keep", "cannot tell")
        for name in pair if both else pair[min(side, len(pair) - 1) :][:1]:
            why = (case["issue"], *(other for other in pair if other != name))
            parts = [plain(part).replace("; ", ", ") for part in why if not pd.isna(part)]
            reason = " with ".join(parts)
            told = f"{reason}: {note.replace('; ', ', ')}" if note and reason else note or reason
            made.setdefault(name, (action, told, label))
    columns = ["action", "reason", "label"]
    return pd.DataFrame.from_dict(made, orient="index", columns=columns)

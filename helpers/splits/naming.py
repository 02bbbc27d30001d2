"""What file names say about which images belong together, and whether the images bear it out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import pandas as pd

from helpers.datasets.words import count

LEAST, LARGE = 0.8, 20
"""A rule whose pairs are right less often than this is only mentioned, and so is one whose groups
hold more images than that on the average: a day or a camera is not a thing."""
OF_LABEL = 0.95  # of the images of a level of folders that is the label, the fewest that bear it
FIRST_NUMBER = "the name up to its first number"
WHOLE, UNMARKED = "the whole name", "the name without a mark of copying"
ONE_SCENE = "are one scene that was photographed, or one photo that was edited, for several classes"
NAMES, UNUSED = "Names: ", "; nothing is proposed by it."
"""How a note on a rule begins, and how one on a rule ends of which the search makes no groups."""
_FORM = 10  # groups whose names are of one form, the fewest that are judged by themselves
_P, _SHUFFLES, _PAIRS, _OTHERS, _NEAR = 0.01, 199, 400, 40, 3
_TOKENS = re.compile(r"\d+|[^\W\d_]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")
_ROBOFLOW = re.compile(r"[_.](?:jpe?g|png|bmp|tiff?|webp|heic)[_.]rf[_.][0-9a-z]{8,}$", re.I)
_COPY = re.compile(r"(?:[ _-]*(?:\(\d+\)|- ?copy|\bcopy\b(?: ?\d+)?|\(custom\)))+$", re.I)
_HEX = re.compile(r"(?=.*\d)[0-9a-f]{12,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)


class Rule(NamedTuple):
    """A way to read a group off a file name: what it says, and the group of each image it is
    about (Series by image_id, missing where it says nothing)."""

    words: str
    keys: pd.Series


class Verdict(NamedTuple):
    """What the images say about a rule.

    Attributes
    ----------
    expected : float
        The least share of its pairs that must be right, 0 to 1 (see `judge`).
    chance : float
        Monte Carlo p-value: how often as many pairs whose second image is drawn at random from
        the class look as much alike.
    pairs : int
        Pairs of images that were compared.
    across : bool
        Each pair is of two classes (see `judge_across`).
    """

    expected: float
    chance: float
    pairs: int
    across: bool = False

    @property
    def holds(self) -> bool:
        return self.chance <= _P and self.expected >= LEAST


def read_rules(image_ids: Iterable[str], labels: pd.Series) -> list[Rule]:
    """Every way to read groups off the names that makes at least two groups of two images.

    A group that is no more than the class, or all of it, says nothing new and is left out, and so
    are parts of a name that only count.

    Parameters
    ----------
    image_ids : iterable of str
        POSIX paths.
    labels : Series by image_id
        Missing where unknown.
    """
    ids = pd.Index(image_ids)
    stems = pd.Series([PurePosixPath(one).stem for one in ids], ids)
    rules = [
        Rule("the name before a Roboflow export's ending", stems.map(_before_export)),
        Rule(UNMARKED if (bare := stems.map(_before_copy)).ne(stems).any() else WHOLE, bare),
        *_folders(ids, labels),
        *_prefixes(stems.map(lambda stem: _COPY.sub("", _ROBOFLOW.sub("", stem)))),
        Rule("the last word of the name", stems.map(_last_word)),
    ]
    found, seen = [], set()
    for rule in rules:
        keys = _useful(rule.keys, labels)
        codes = pd.factorize(keys)[0].tobytes()
        if keys.notna().any() and codes not in seen:
            seen.add(codes)
            found.append(Rule(rule.words, keys))
    return found


def _before_export(stem: str) -> str | None:
    name = _ROBOFLOW.sub("", stem)
    return name if name != stem else None


def _before_copy(stem: str) -> str | None:
    return _COPY.sub("", stem)


def _folders(ids: pd.Index, labels: pd.Series) -> list[Rule]:
    """Each level of folders, counted from the image up, but for those that are the label."""
    parts = [PurePosixPath(one).parent.parts for one in ids]
    depth = max(map(len, parts), default=0)
    levels = [
        Rule(
            "the folder" if up == 1 else f"the folder {up} levels up",
            pd.Series(
                ["/".join(p[: len(p) - up + 1]) if len(p) >= up else None for p in parts], ids
            ),
        )
        for up in range(1, depth + 1)
    ]
    return [level for level in levels if not _is_label(level.keys, labels)]


def _is_label(keys: pd.Series, labels: pd.Series) -> bool:
    """Whether each folder is one class and each class one folder, but for a few images that were
    given another label."""
    table = pd.DataFrame({"key": keys, "label": labels.reindex(keys.index)}).dropna()
    counts = pd.crosstab(table["key"], table["label"].astype(str))
    if counts.empty or counts.idxmax(axis=1).duplicated().any():
        return False
    return bool(counts.max(axis=1).sum() >= OF_LABEL * len(table))


def _prefixes(stems: pd.Series) -> list[Rule]:
    """The name up to its first number, and without its last one, two or three parts; and a word
    with the number that follows it, wherever that stands in the name."""
    tokens = stems.map(lambda stem: [] if _HEX.fullmatch(stem) else [*_TOKENS.finditer(stem)])
    rules = []
    for dropped in (1, 2, 3):
        keys = [
            stem[: found[-dropped - 1].end()] if len(found) > dropped else None
            for stem, found in zip(stems, tokens, strict=True)
        ]
        words = "part" if dropped == 1 else f"{dropped} parts"
        rules.append(Rule(f"the name without its last {words}", pd.Series(keys, stems.index)))
    numbered = [_first_number(stem, found) for stem, found in zip(stems, tokens, strict=True)]
    rules.append(Rule(FIRST_NUMBER, pd.Series(numbered, stems.index)))
    named = [_numbered_words(found) for found in tokens]
    words = pd.Series([word for one in named for word in one]).value_counts()
    for word in sorted(words.index[words >= max(4, 0.5 * len(stems))]):
        keys = pd.Series([one.get(word) for one in named], stems.index)
        rules.append(Rule(f"the number after {word!r}", keys))
    return rules


def _last_word(stem: str) -> str | None:
    """Such as a person: "anna" of "1_0_anna_0147"."""
    words = [] if _HEX.fullmatch(stem) else _WORDS.findall(stem)
    return words[-1] if words else None


def _first_number(stem: str, found: list[re.Match]) -> str | None:
    end = next((one.end() for one in found if one.group().isdigit()), None)
    return None if end is None else stem[:end].lower()


def _numbered_words(found: list[re.Match]) -> dict[str, str]:
    """Word → number for each word that a number follows at once or after one separator."""
    pairs = zip(found, found[1:], strict=False)
    return {
        one.group().lower(): other.group()
        for one, other in pairs
        if not one.group().isdigit() and other.group().isdigit() and other.start() - one.end() <= 1
    }


def _useful(keys: pd.Series, labels: pd.Series) -> pd.Series:
    """Keys of two images or more; none at all where they are one group, or only the classes."""
    keys = keys.astype("object").where(keys.notna(), None)
    sizes = keys.map(keys.value_counts())
    keys = keys.where(sizes >= 2, None)
    known = keys.dropna()
    within = labels.reindex(known.index).astype("object").fillna("").to_numpy()
    of_class = known.groupby(within).nunique()
    if known.nunique() < 2 or (of_class <= 1).all():
        return pd.Series(None, keys.index, dtype="object")
    return keys


def linked(keys: pd.Series, most: int = 6) -> np.ndarray:
    """Pairs of images of one key, int array n × 2 of positions: of groups up to `most` images
    every pair, of larger ones each image with the next."""
    codes = pd.factorize(keys)[0]
    found = [np.empty((0, 2), int)]
    for code, rows in pd.Series(np.arange(len(codes))).groupby(codes).indices.items():
        rows = np.sort(rows)
        if code < 0 or len(rows) < 2:
            continue
        if len(rows) <= most:
            found.append(rows[np.stack(np.triu_indices(len(rows), 1), axis=1)])
        else:
            found.append(np.stack([rows[:-1], rows[1:]], axis=1))
    return np.concatenate(found)


def judge_rule(rule: Rule, features: np.ndarray, labels: np.ndarray) -> list[tuple[Rule, Verdict]]:
    """What the images say of a rule, by `judge`; where no pair is of one class by `judge_across`,
    of each form of name by itself: "12" and "crop_12" may have numbers of two kinds."""
    verdict = judge(linked(rule.keys), features, labels)
    if verdict.pairs:
        return [(rule, verdict)]
    return [(one, judge_across(one.keys, features, labels)) for one in by_form(rule)]


def by_form(rule: Rule) -> list[Rule]:
    """A rule of whole names or first numbers as one for each text that stands before the number in
    ten groups or more, and one for the rest; any other rule, and names of one form, as they are."""
    texts = rule.keys.map(lambda key: key.rstrip("0123456789"), na_action="ignore")
    sizes = rule.keys.groupby(texts).nunique()
    forms = sizes.index[sizes >= _FORM]
    if rule.words not in (FIRST_NUMBER, WHOLE) or len(sizes) < 2 or forms.empty:
        return [rule]
    parts = {_words(rule.words, text): texts.eq(text) for text in forms}
    if (rest := texts.notna() & ~texts.isin(forms)).any():
        parts[f"{rule.words} of other forms"] = rest
    return [Rule(words, rule.keys.where(own, None)) for words, own in parts.items()]


def _words(rule: str, text: str) -> str:
    """What a rule says of names of which `text` stands before the number."""
    if rule == WHOLE:
        return f"the name of {text!r} and a number" if text else "the number that is the whole name"
    after = f" after {text!r}" if text else ""
    return f"the number{after} at the beginning of the name"


def judge(pairs: np.ndarray, features: np.ndarray, labels: np.ndarray, seed: int = 0) -> Verdict:
    """Whether pairs of images are more alike than others of their class, beyond chance.

    If a share s of the pairs show one thing and the rest are as alike as any two images of the
    class, a pair beats a random one with probability of at most s + (1 − s) / 2. So s is at least
    twice that probability less one.

    Parameters
    ----------
    pairs : int array, n × 2
        Positions in `features`; at most 400 of them, drawn at random, are compared.
    features : float array, images × columns
        Of length one, so that products are cosines.
    labels : array of str
        Others are drawn within the class, or all groups within classes would pass.
    """
    rng = np.random.default_rng(seed)
    of_class = pd.Series(np.arange(len(labels))).groupby(labels).indices
    found = []
    for one, other in _drawn(pairs, rng):
        rest = of_class[labels[one]]
        rest = rest[(rest != one) & (rest != other)]
        if labels[one] == labels[other] and len(rest):
            found.append(_compare(features, one, other, rest, rng))
    return _verdict(found)


def judge_across(
    keys: pd.Series, features: np.ndarray, labels: np.ndarray, seed: int = 0
) -> Verdict:
    """The same of images of one key each of which is of another class: whether they are more alike
    than one of them and those of the other's class whose keys come next, three on either side.

    One scene may be photographed, or one photo edited, for several classes. Numbers that begin anew
    in each class only go along with what changed while it was collected, a day or a source: that
    their neighbours have, too. Random order says nothing at all.

    Parameters
    ----------
    keys : Series of str by image, in the order of `features`
        Missing where nothing is said.
    """
    rng = np.random.default_rng(seed)
    known, order, place = keys.to_numpy(object), {}, {}
    for name in np.unique(labels):
        rows = np.flatnonzero((labels == name) & keys.notna().to_numpy())
        order[name] = np.array(sorted(rows, key=lambda row: (_in_order(known[row]), row)), int)
        place |= {row: at for at, row in enumerate(order[name])}
    found = []
    for one, other in _drawn(linked(keys), rng):
        rest = order[labels[other]][max(place[other] - _NEAR, 0) : place[other] + _NEAR + 1]
        rest = rest[known[rest] != known[other]]
        if labels[one] != labels[other] and len(rest):
            found.append(_compare(features, one, other, rest, rng))
    return _verdict(found)._replace(across=True)


def _in_order(key: str) -> list[tuple]:
    """Numbers in a key as numbers, so that 10 comes after 9."""
    parts = re.findall(r"[0-9]+|[^0-9]+", str(key))
    return [(0, int(one), "") if one.isdigit() else (1, 0, one) for one in parts]


def _drawn(pairs: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if len(pairs) <= _PAIRS:
        return pairs
    return pairs[np.sort(rng.choice(len(pairs), _PAIRS, replace=False))]


def _compare(
    features: np.ndarray, one: int, other: int, rest: np.ndarray, rng: np.random.Generator
) -> tuple[float, np.ndarray]:
    """How many strangers a pair beats, and how many a stranger in its place would."""
    drawn = features[rng.choice(rest, _OTHERS)] @ features[one]
    like = features[other] @ features[one]
    # Where the partner is but one more image of the class, it is like one of those drawn.
    again = rng.choice(drawn, (_SHUFFLES, 1))
    null = (again > drawn).mean(axis=1) + (again == drawn).mean(axis=1) / 2
    return float(np.mean(like > drawn) + np.mean(like == drawn) / 2), null


def _verdict(found: list[tuple[float, np.ndarray]]) -> Verdict:
    if not found:
        return Verdict(0.0, 1.0, 0)
    seen = np.mean([beats for beats, _ in found])
    null = np.mean([one for _, one in found], axis=0)
    chance = (1 + (null >= seen).sum()) / (1 + _SHUFFLES)
    return Verdict(max(float(2 * seen - 1), 0.0), float(chance), len(found))


def is_series(rule: Rule) -> bool:
    """Whether the groups are so large that they are a day's or a camera's photos."""
    sizes = rule.keys.value_counts()
    return bool((sizes**2).sum() / sizes.sum() > LARGE)


def describe(rule: Rule, verdict: Verdict) -> str:
    """One sentence for the reader."""
    groups = count(rule.keys.dropna().unique(), "group")
    about = f"{rule.words} makes {groups} of {rule.keys.notna().sum():,} images"
    if verdict.across or not verdict.pairs:
        return f"{about}, whose neighbours are never of one class{_say_across(verdict)}"
    if is_series(rule):
        return f"{about}, too many in each to be one thing (a day? a camera?){UNUSED}"
    if verdict.holds:
        return f"{about}, at least {verdict.expected:.0%} of whose pairs are one thing."
    if verdict.chance > _P:
        return f"{about}, no more alike than chance (p = {verdict.chance:.2f}){UNUSED}"
    return f"{about}, of whose pairs perhaps {verdict.expected:.0%} are one thing{UNUSED}"


def _say_across(verdict: Verdict) -> str:
    if not verdict.pairs:
        return (
            ": one scene photographed for several classes, or numbers that begin anew in each? Look"
            " at some; only where it is one scene, a pattern that names what they share (--pattern)"
            " keeps them together."
        )
    if verdict.chance > _P:
        return (
            f", and no more alike than those of the names before and after (p = "
            f"{verdict.chance:.2f}): as numbers are that begin anew in each class{UNUSED}"
        )
    return (
        f", and more alike than those of the names before and after: at least "
        f"{verdict.expected:.0%} of such pairs {ONE_SCENE}."
    )

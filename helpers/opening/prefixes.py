"""Classes that stand in the names of files: cat.1.jpg, dog.7.jpg, Abyssinian_12.jpg."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from helpers.datasets.storage import DatasetError
from helpers.datasets.words import some
from helpers.opening.names import THINGS, are_circumstances, split_of

WORD = r"(\D+?)[\W_]*\d"
"""What a name begins with, up to its number."""

WORDNET = r"(n\d{8})_"
"""The identifiers of ImageNet's classes."""

SETTLED = 0.9
"""Share of the images whose beginnings must occur more than once: classes have many images, people
and products often one."""

# What cameras, programs and people write before a number, which says nothing of what is seen.
_SAYS_NOTHING = re.compile(
    r"im|img|imag|images?|dsc[nf]?|dscpdc|dcim|cimg|sam|hpim|gopr|gp|pxl|mvi|mvimg|mov|vid|videos?"
    r"|wp|wa|kimg|sdc|imgp|pict?|pics|pictures?|photos?|fotos?|bild|bilder|shot|snap|screen(shot)?"
    r"|scan(s|ned)?|pages?|fig(ure)?|plate|frames?|files?|untitled|copy|new|old|final|export|in|out"
    r"|(in|out)put|results?|samples?|items?|examples?|data(set)?|crop(ped)?|patch|tile|slice|slide"
    r"|mask|burst|pano|panorama|collage|download(ed)?|whatsapp|signal|telegram|received|facebook|fb"
    r"|instagram|unnamed|thumb(nail)?|n[or]|id|num|number|of|at|am|pm|the|and|an|aug(mented)?|flip"
    r"|rot(ated)?|resized|original|edited|web|temp|tmp|isic|session|class|label|category|clip"
)


def says(pattern: str, what: str) -> bool:
    """Whether a pattern reads "label" or "group" off a name; without names for its groups, the
    first is the label.

    Raises
    ------
    DatasetError
        The pattern is no regular expression, or names neither.
    """
    named = _compiled(pattern).groupindex
    return what in named if named else what == "label"


def labels_from_names(ids: Sequence[str], pattern: str) -> list[str]:
    """What `pattern` calls the label at the beginning of each file's name, without its extension:
    its group named "label", or its first one.

    Raises
    ------
    DatasetError
        The pattern is no regular expression, names nothing, or has no label for some name.
    """
    compiled = _compiled(pattern)
    labels = _read(ids, compiled, "label" if compiled.groupindex else 1)
    missed = [image_id for image_id in ids if not (labels[image_id] or "").strip()]
    if missed:
        count = "none" if len(missed) == len(ids) else f"{len(ids) - len(missed):,}"
        raise DatasetError(
            f"pattern={pattern!r} fits {count} of the {len(ids):,} names; it must give a label for "
            f"each, from the beginning of the name without its folders. It does not fit "
            f"{some([image_id.rpartition('/')[2] for image_id in missed])}."
        )
    return [labels[image_id] for image_id in ids]


def groups_from_names(ids: Sequence[str], pattern: str) -> list[str | None]:
    """What `pattern` calls "group" in each file's name; None for names that it does not fit.

    Raises
    ------
    DatasetError
        The pattern is no regular expression, names nothing, or puts no two images together.
    """
    groups = _read(ids, _compiled(pattern), "group")
    found = [group for group in groups.values() if group]
    if len(set(found)) == len(found):
        raise DatasetError(
            f"pattern={pattern!r} finds a group in {len(found):,} of the {len(ids):,} names, and "
            "none of them twice, so that nothing belongs together."
        )
    return [groups[image_id] or None for image_id in ids]


def _compiled(pattern: str) -> re.Pattern:
    try:
        compiled = re.compile(pattern)
    except (re.error, TypeError) as error:
        raise DatasetError(f"pattern={pattern!r} is no regular expression: {error}.") from error
    if not compiled.groups:
        raise DatasetError(
            f"pattern={pattern!r} has no group; put parentheses around what is the label, as in "
            f"pattern=r'{WORD}' for 'cat.1.jpg', or name what says which images show one thing, as "
            "in pattern=r'(?P<group>[^_]+)_' for 'patient7_2.jpg'."
        )
    if unknown := {*compiled.groupindex} - {"label", "group"}:
        raise DatasetError(
            f"pattern={pattern!r} names {some(sorted(unknown))}; it may name 'label' and 'group'."
        )
    return compiled


def _read(ids: Sequence[str], compiled: re.Pattern, part: str | int) -> dict[str, str | None]:
    found = {image_id: compiled.match(_stem(image_id)) for image_id in ids}
    return {image_id: match and match[part] for image_id, match in found.items()}


def tell_of_classes(source: str, ids: Iterable[str]) -> list[str]:
    """A note where the names of unlabelled images begin with what may be classes, and what to do.

    Told only of folders in which all names do, and only where the beginnings say something, recur
    and are at least two.
    """
    folders = defaultdict(list)
    for image_id in ids:
        folder, _, name = image_id.rpartition("/")
        folders[folder].append(_stem(name))
    every = [stem for stems in folders.values() for stem in stems]
    for pattern in (WORDNET, WORD):
        fitting = [f for f, s in folders.items() if all(re.match(pattern, stem) for stem in s)]
        if not fitting:
            continue
        # Where other folders hold names without a class, as tests do, one folder can be opened.
        where = "" if len(fitting) == len(folders) else fitting[0]
        if where and len(fitting) > 1:
            continue
        stems = folders[where] if where else every
        counts = Counter(re.match(pattern, stem)[1] for stem in stems)
        if _may_be_classes(counts, pattern):
            within = f" in '{where}'" if where else ""
            path = "/".join(filter(None, (source.rstrip("/\\"), where)))
            words = some([f"{word} ({count:,})" for word, count in counts.most_common()])
            return [
                f"No folder or table tells classes apart, but all names{within} begin with one of "
                f"{len(counts)} words that may be: {words}. To take them for labels, "
                f"open_dataset({path!r}, pattern=r'{pattern}')."
            ]
    return []


def _may_be_classes(counts: Counter, pattern: str) -> bool:
    total = counts.total()
    again = sum(count for count in counts.values() if count > 1)
    if len(counts) < 2 or again < SETTLED * total:
        return False
    return pattern == WORDNET or not (any(map(_says_nothing, counts)) or are_circumstances(counts))


def _says_nothing(word: str) -> bool:
    """Whether all parts of a beginning are such as cameras and programs write, or single letters,
    or one of them is a split."""
    parts = re.findall(r"[^\W\d_]+", word.casefold())
    return any(map(split_of, parts)) or all(
        _SAYS_NOTHING.fullmatch(part) or part in THINGS or (len(part) == 1 and part.isascii())
        for part in parts
    )


def _stem(image_id: str) -> str:
    return image_id.rpartition("/")[2].rpartition(".")[0]

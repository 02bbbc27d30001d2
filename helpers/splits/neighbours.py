"""Which images may show the same thing: neighbours by embedding, and by their keypoints."""

from __future__ import annotations

import numpy as np

from helpers.splits.keypoints import Picture, rooted

_WORDS, _COLUMNS, _SAMPLE, _ROUNDS = 64, 48, 20_000, 8
_BLOCK, _PICTURES = 1024, 128


def standardise(features: np.ndarray) -> np.ndarray:
    """Each column with mean 0 and spread 1, then each row of length one; float32."""
    values = np.nan_to_num(features.astype(np.float64))
    values -= values.mean(axis=0)
    values /= values.std(axis=0) + 1e-9
    return (values / (np.linalg.norm(values, axis=1, keepdims=True) + 1e-12)).astype(np.float32)


def summarise(pictures: list[Picture], seed: int = 0) -> np.ndarray:
    """One row for all keypoints of each thing, of length one, float32.

    Keypoints are dealt to 64 words, and what remains of them beyond their word is added up
    (VLAD, Jégou et al. 2010): unlike an average of feature maps, it keeps the details by which
    one leaf differs from the next.
    """
    inside = [one.descriptors for one in pictures]
    lengths = np.array([len(one) for one in inside])
    summary = np.zeros((len(pictures), _WORDS * _COLUMNS), np.float32)
    if lengths.sum() < 2 * _WORDS:
        return summary
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.choice(lengths.sum(), min(_SAMPLE, lengths.sum()), replace=False))
    sample = rooted(_pick(inside, lengths, drawn)).astype(np.float64)
    middle = sample.mean(axis=0)
    axes = np.linalg.eigh(np.cov(sample.T))[1][:, ::-1][:, :_COLUMNS]
    words = _cluster((sample - middle) @ axes, rng)
    for at in range(0, len(pictures), _PICTURES):
        block = inside[at : at + _PICTURES]
        part = (rooted(np.concatenate(block)) - middle) @ axes
        owner = np.repeat(np.arange(len(block)), lengths[at : at + _PICTURES])
        nearest = _nearest_word(part, words)
        rest = np.zeros((len(block), _WORDS, _COLUMNS))
        np.add.at(rest, (owner, nearest), part - words[nearest])
        rest /= np.linalg.norm(rest, axis=2, keepdims=True) + 1e-9
        flat = rest.reshape(len(block), -1)
        flat /= np.linalg.norm(flat, axis=1, keepdims=True) + 1e-9
        summary[at : at + len(block)] = flat
    return summary


def _pick(parts: list[np.ndarray], lengths: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Rows, by sorted numbers, of what the parts would be one after the other."""
    ends = np.cumsum(lengths)
    part = np.searchsorted(ends, rows, side="right")
    inside = rows - (ends - lengths)[part]
    return np.stack([parts[one][row] for one, row in zip(part, inside, strict=True)])


def _cluster(sample: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    words = sample[rng.choice(len(sample), _WORDS, replace=False)]
    for _ in range(_ROUNDS):
        nearest = _nearest_word(sample, words)
        sums = np.zeros_like(words)
        np.add.at(sums, nearest, sample)
        counts = np.bincount(nearest, minlength=_WORDS)[:, None]
        words = np.where(counts > 0, sums / np.maximum(counts, 1), words)
    return words


def _nearest_word(sample: np.ndarray, words: np.ndarray) -> np.ndarray:
    return (sample @ words.T - (words**2).sum(axis=1) / 2).argmax(axis=1)


def find_neighbours(
    features: np.ndarray, nearest: int, skip: int = 0, labels: np.ndarray | None = None,
    same: bool = True,
) -> np.ndarray:  # fmt: skip
    """Pairs (n × 2, the smaller number first, sorted, each once) of rows and their nearest.

    Parameters
    ----------
    features : float array of rows of length one
    nearest : int
        Neighbours of each row.
    skip : int
        So many nearer ones are passed over.
    labels : int array, optional
        With it only rows of the same label are neighbours, or only of another, by `same`; rows
        without one (negative) have none.
    """
    found = [np.empty((0, 2), int)]
    count = len(features)
    for at in range(0, count, _BLOCK):
        rows = np.arange(at, min(at + _BLOCK, count))
        likeness = features[rows] @ features.T
        likeness[np.arange(len(rows)), rows] = -np.inf
        if labels is not None:
            alike = (labels[rows, None] == labels) == same
            alike &= (labels[rows, None] >= 0) & (labels >= 0)
            likeness[~alike] = -np.inf
        width = min(skip + nearest, count - 1)
        if width <= skip:
            continue
        chosen = np.argpartition(-likeness, width - 1, axis=1)[:, :width]
        values = np.take_along_axis(likeness, chosen, axis=1)
        order = np.lexsort([chosen, -values], axis=1)[:, skip:]
        chosen, values = (np.take_along_axis(each, order, axis=1) for each in (chosen, values))
        kept = np.isfinite(values)
        ends = np.stack([np.broadcast_to(rows[:, None], chosen.shape)[kept], chosen[kept]], axis=1)
        found.append(np.sort(ends, axis=1))
    return np.unique(np.concatenate(found), axis=0)

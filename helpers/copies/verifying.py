"""Verify pairs of images in worker processes, each pair of contents once and for all."""

import contextlib
import hashlib
import inspect
import os
import sys
import time
import warnings
from functools import partial

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from helpers.audit import batches, measuring
from helpers.copies import (
    alignment,
    candidates,
    comparing,
    crowds,
    differences,
    neighbours,
    verdicts,
)
from helpers.copies.candidates import hash_variant
from helpers.datasets import decoding, pixels, steps
from helpers.datasets.storage import locked

CODE = (alignment, batches, candidates, comparing, crowds, decoding, differences, measuring,
        neighbours, pixels, verdicts, sys.modules[__name__])  # fmt: skip
MOST = 100_000
"""Candidates that are verified; of more, the nearest by their hashes."""

FACTS = {"kind": "str", "transform": "str", "similarity": "float64", "movement": "float64",
         "excess": "float64", "difference": "str",
         **dict.fromkeys(("left", "top", "right", "bottom"), "float64")}  # fmt: skip
"""What is known of a pair of copies: `comparing.compare_pairs` says what each means."""

_STORED = {"pair": "str"} | FACTS
_BATCHES = 32, 128
_FIRST = 512
"""Pairs of a batch among the first and among the others. Of most only thumbnails are compared,
which takes less time for many at once; the first tell which of the others need no look."""
_PAUSE, _WORTH = 10.0, 20.0
"""What was found is stored after so many seconds, or so many times what storing took before."""


class Verifying:
    """Keep the pairs that lie over each other without movement, and say what was changed.

    Parameters
    ----------
    dataset : Dataset
    scanned : DataFrame
        Of readable images, no two with the same content, in the order of `thumbnails`.
    thumbnails : uint8 array, images × 16 × 16
    workers, progress
        As in `find_duplicates`.
    """

    def __init__(self, dataset, scanned, thumbnails, workers, progress):
        self.dataset, self.workers, self.progress = dataset, workers, progress
        self.ids, self.thumbnails, self.left_out = scanned.index, thumbnails, 0
        # As `Dataset.path`, which looks an image up and makes an object each time.
        self._folder, self._files = os.path.join(dataset.root, ""), scanned.index.to_numpy(object)
        self.contents = scanned["sha256"].str[:32].to_numpy(object)
        self.lengths = scanned["bytes"].to_numpy(int)
        self.sizes = scanned[["width", "height"]].to_numpy(int)
        levels = scanned["levels"].dropna()
        self.levels = int(levels.iloc[0]) if len(levels) else None
        self.crowds = crowds.Crowds(scanned["taken"].to_numpy("datetime64[ms]"))
        turned = (scanned["orientation"] > 4).to_numpy(bool)
        self.sizes[turned] = self.sizes[turned, ::-1]

    def choose_nearest(self, found) -> np.ndarray:
        """The `MOST` rows of `found` (as from `find_candidates`) whose hashes are nearest."""
        self.left_out = max(0, len(found) - MOST)
        return found[np.sort(np.argsort(found[:, 2], kind="stable")[:MOST])]

    def keep_pairs(self, found) -> tuple[np.ndarray, list[dict]]:
        """Rows of `found` that are copies, and the `FACTS` of each."""

        def task(number: int) -> tuple:
            pair = found[number, :2]
            return self._paths(pair), self.thumbnails[pair], self.sizes[pair], found[number, 3]

        asked = [str(variant) for variant in found[:, 3]]
        kept, facts = self._verify(found, asked, task, comparing.compare_pairs)
        return found[kept], facts

    def keep_parts(self, features, rich, found) -> tuple[np.ndarray, list[dict]]:
        """Pairs not in `found` of which one is cut from the other, or is it turned, as `keep_pairs`
        returns them."""
        rich = rich[self.ids[rich].isin(features.index)]
        numbers = np.nan_to_num(features.loc[self.ids[rich]].to_numpy(float))
        seen = self.thumbnails[rich], self.sizes[rich]
        pairs, boxes = neighbours.find_parts(numbers, *seen, self.progress)
        pairs, known = rich[pairs], {*map(tuple, found[:, :2].tolist())}
        new = [tuple(sorted(pair)) not in known for pair in pairs.tolist()]
        kept = np.flatnonzero(np.array(new, bool))
        pairs, boxes = pairs[kept], [boxes[number] for number in kept]

        def task(number: int) -> tuple:
            return self._paths(pairs[number]), self.sizes[pairs[number]], boxes[number]

        asked = [" ".join(f"{value:.4f}" for value in box) for box in boxes]
        kept, facts = self._verify(pairs, asked, task, comparing.compare_parts)
        pairs = np.sort(pairs[kept], axis=1)
        hashes = hash_variant(self.thumbnails, 0)
        bits = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]).astype(int)
        return np.column_stack([pairs, bits, np.zeros(len(pairs), int)]), facts

    def _paths(self, pair) -> tuple[str, str]:
        return self._path(int(pair[0])), self._path(int(pair[1]))

    def _path(self, number: int) -> str:
        image_id = self._files[number]
        return self._folder + self.dataset.files.get(image_id, image_id)

    def _verify(self, pairs, asked, task, compare):
        """Numbers of the pairs that are copies, and their facts, from the store where it knows."""
        path = self.dataset.work / f"verdicts-{_hash_code()}.parquet"
        known = _read_verdicts(path) if len(pairs) else {}
        names = [
            f"{self.contents[first]} {self.contents[second]} {how} {self.levels or ''}".rstrip()
            for first, second, how in zip(*pairs[:, :2].T, asked, strict=True)
        ]
        same = self._unchanged(pairs)
        facts = {n: known[name] for n, name in enumerate(names) if same[n] and name in known}
        todo = [n for n in range(len(names)) if n not in facts]
        store = _Store(path, names)
        try:
            problems = self._compare(pairs, todo, facts, task, compare, store)
        finally:
            store.write()
        for number in sorted(problems)[:1]:
            first, second = self.ids[pairs[number, :2]]
            warnings.warn(
                f"{len(problems)} pairs were left out because a file changed after the scan, such "
                f"as '{first}' or '{second}', which {problems[number]}. Scan again.",
                stacklevel=2,
            )
        kept = [number for number in sorted(facts) if facts[number]]
        return kept, [facts[number] for number in kept]

    def _unchanged(self, pairs) -> np.ndarray:
        """Whether the files of each pair still are as long as the scan found them."""
        same = np.zeros(len(self.lengths), bool)
        for number in np.unique(pairs[:, :2]).tolist():
            with contextlib.suppress(OSError):
                same[number] = os.stat(self._path(number)).st_size == self.lengths[number]
        return same[pairs[:, :2]].all(axis=1)

    def _compare(self, pairs, todo, facts, task, compare, store) -> dict[int, str]:
        """Add what is found of the pairs `todo` to `facts` and to the store; return problems.

        In the order of pairs, so that what is known of earlier ones tells which later ones need no
        look, whoever compared them and when.
        """
        parts = [
            some[at : at + size]
            for some, size in zip((todo[:_FIRST], todo[_FIRST:]), _BATCHES, strict=True)
            for at in range(0, len(some), size)
        ]
        known = iter(sorted(facts))
        ahead = next(known, None)

        def ask(number: int) -> tuple | None:
            nonlocal ahead
            while ahead is not None and ahead < number:
                self.crowds.learn(*pairs[ahead, :2], facts[ahead])
                ahead = next(known, None)
            return None if self._is_idle(*pairs[number, :2]) else task(number)

        compare = partial(comparing.compare_asked, compare=compare, levels=self.levels)
        work = batches.run_batches(parts, ask, compare, workers=self.workers)
        bar = tqdm(total=len(todo), unit="pair", desc="verify", delay=2, disable=not self.progress)
        problems = {}
        with bar:
            for numbers, rows in work:
                for number, row in zip(numbers, rows, strict=True):
                    if row is not None and "problem" in row:
                        problems[number] = row["problem"]
                    elif row is not None:
                        facts[number] = row
                        store.add(number, row)
                        self.crowds.learn(*pairs[number, :2], row)
                store.write_now_and_then()
                bar.update(len(numbers))
        return problems

    def _is_idle(self, first: int, second: int) -> bool:
        """Whether a pair would not be listed, whatever is found of it."""
        return self.crowds.are_in(first, second) and self.crowds.differ_in_time(first, second)


class _Store:
    """Facts of pairs on disk, written as they are found so that an interrupted search goes on."""

    def __init__(self, path, names: list[str]):
        self._path, self._names, self._made = path, names, {}
        self._due = time.monotonic() + _PAUSE

    def add(self, number: int, facts: dict) -> None:
        self._made[self._names[number]] = facts

    def write_now_and_then(self) -> None:
        if time.monotonic() >= self._due:
            start = time.monotonic()
            self.write()
            took = time.monotonic() - start
            self._due = time.monotonic() + max(_PAUSE, _WORTH * took)

    def write(self) -> None:
        if self._made:
            _keep_verdicts(self._path, self._made)
            self._made = {}


def _hash_code() -> str:
    source = "".join(inspect.getsource(module) for module in CODE)
    return hashlib.sha256(source.encode()).hexdigest()[:12]


def _read_verdicts(path) -> dict[str, dict]:
    """Facts by pair of contents; nothing for two photos of their own."""
    stored = steps.read_table(path, _STORED)
    if stored is None:
        return {}
    known = dict.fromkeys(stored["pair"], {})
    copies = stored[stored["kind"].notna()]
    return known | dict(zip(copies["pair"], copies[[*FACTS]].to_dict("records"), strict=True))


def _keep_verdicts(path, made: dict[str, dict]) -> None:
    with locked(path):
        rows = _read_verdicts(path) | made
        # Most pairs are no copies, and have no facts.
        copies = {name: row for name, row in rows.items() if row}
        facts = pd.DataFrame([*copies.values()], [*copies], columns=[*FACTS]).reindex([*rows])
        table = facts.rename_axis("pair").reset_index()
        steps.write_table(table.astype(_STORED), path)

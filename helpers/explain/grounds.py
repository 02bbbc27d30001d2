"""The same leaf on another ground: what truly changes an answer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm.auto import tqdm

from helpers.datasets import Dataset, DatasetError
from helpers.datasets.words import some
from helpers.explain.heatmaps import Heatmaps, as_tensor, explain, shown, subject_masks
from helpers.explain.layers import at_rest
from helpers.explain.looking import did_it_look
from helpers.processes import start_workers
from helpers.training import embed, train_head

AT_ONCE, FEW = 8, 6
"""Photos that a process is given at a time, and so many such parts that one process draws alone:
to start two takes as long as to draw some thirty photos."""


def redraw(
    dataset: Dataset, image_ids: Iterable[str], background: str | Mapping[str, str]
) -> Dataset:
    """The same photos with the ground exchanged: leaf, pose, light and camera stay.

    Only the bundled leaves can be redrawn, since they were drawn here. Pictures are kept under
    ``dataset.work``, each is drawn once. (The camera exposes for the whole scene, so that a leaf on
    a brighter ground comes out a shade darker, as in a photo.)

    Parameters
    ----------
    dataset : Dataset
        The bundled leaves, of any seed and size.
    image_ids : list of str
    background : str, or label → str
        One of ``leaves.backgrounds.BACKGROUNDS``.

    Returns
    -------
    Dataset
        The same images under the same ids, with the background in their metadata, and with masks.
        Photos that show no leaf, or can no longer be read, are left out.

    Raises
    ------
    DatasetError
        The dataset was not rendered here, or there is no such background.
    """
    from leaves.backgrounds import BACKGROUNDS

    facts = dataset.root.parent / "build.json"
    if dataset.masks is None or not facts.exists():
        raise DatasetError(
            f"{dataset.name!r} was not rendered here, so its photos cannot be drawn on another "
            "ground; only the bundled leaves can."
        )
    rows = dataset.images.loc[list(image_ids)]
    one = isinstance(background, str)
    grounds = pd.Series(background, rows.index) if one else rows["label"].map(background)
    if len(unknown := grounds[~grounds.isin(BACKGROUNDS)]):
        raise DatasetError(f"No ground {unknown.iloc[0]!r}; expected one of {some(BACKGROUNDS)}.")
    made = json.loads(facts.read_text())
    rule = background if one else json.dumps(dict(sorted(background.items())))
    name = rule if one else hashlib.sha256(rule.encode()).hexdigest()[:8]
    root = dataset.work / f"redrawn-{made.pop('code')}" / name
    known, shots = _shots(**made), []
    for image_id, ground in grounds.items():
        shot = known[image_id]
        shot = replace(known.get(shot.copy_of, shot), path=image_id, copy_of=None)
        if shot.scene.leaf:
            shots.append(replace(shot, scene=replace(shot.scene, background=ground)))
    masks = {shot.path: root / "masks" / f"{shot.path}.png" for shot in shots}
    _draw([shot for shot in shots if not masks[shot.path].exists()], root)
    drawn = [image_id for image_id, mask in masks.items() if mask.exists()]
    images = rows.loc[drawn].assign(background=grounds[drawn])
    return replace(
        dataset, root=root / "images", masks=root / "masks", images=images, planted=None, files={},
        name=f"{dataset.name}, redrawn", opened={},
    )  # fmt: skip


def _draw(shots: list, root: Path) -> None:
    """Render photos and their masks, in two processes where there are many."""
    from leaves.files import write

    work = partial(write, root / "images", root / "masks")
    parts = [shots[at : at + AT_ONCE] for at in range(0, len(shots), AT_ONCE)]
    with ExitStack() as stack:
        bar = stack.enter_context(tqdm(total=len(shots), desc="redraw", delay=2, unit="photo"))
        run = map
        if len(parts) > FEW:
            pool = stack.enter_context(start_workers(2))
            stack.callback(pool.shutdown, cancel_futures=True)  # an interrupt waits for no more
            run = pool.map
        for number in run(work, parts):
            bar.update(number)


def swap_grounds(dataset: Dataset, every: int = 1) -> Dataset:
    """Photos of the two species whose ground gives them away, each on the ground of the other.

    See `redraw`. Photos on another than their species' usual ground are left out, and of the rest
    only one in `every` is drawn.
    """
    from leaves.collection import SHORTCUTS

    usual = dataset.images["label"].map(SHORTCUTS)
    ids = usual.index[(usual == dataset.images["background"]).fillna(False)][::every]
    other = dict(zip(SHORTCUTS, reversed(SHORTCUTS.values()), strict=True))
    return redraw(dataset, ids, other)


def mend_head(features: pd.DataFrame, labels: pd.Series, moved: Dataset, size: int):
    """A head that learned from the images as they are and from those redrawn on another ground.

    Parameters
    ----------
    features, labels : of the training images, as for `train_head`
    moved : Dataset
        The redrawn ones; of these, only training images are taken.
    size : int
        Side of the images, in pixels.
    """
    own = moved.part("train")
    redrawn = embed(own, size=size, progress=False).rename(index="redrawn {}".format)
    both = labels, own.images["label"].rename(index="redrawn {}".format)
    return train_head(pd.concat([features, redrawn]), pd.concat(both))


@lru_cache(2)
def _shots(**made) -> dict:
    """How each photo was planned: image_id → Shot."""
    from leaves.plan import plan

    return {shot.path: shot for shot in plan(**made).shots}


def ground_effect(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """What another ground does to the answers: two predictions tables of the same photos.

    Returns
    -------
    DataFrame by image_id
        fall (how much less probable the answer given before has become, −1 to 1), margin (the same
        for the log-odds of that class), turned (whether another class is now answered). Photos that
        only one of them has are left out.
    """
    ids = before.index.intersection(after.index)
    said = before.loc[ids, "prediction"]
    rows, at = np.arange(len(ids)), before.columns.get_indexer(said)
    tables = before.loc[ids], after.loc[ids].reindex(columns=before.columns)
    chances = [table.to_numpy()[rows, at].astype(float) for table in tables]
    odds = [np.log(np.maximum(one, 1e-9)) - np.log(np.maximum(1 - one, 1e-9)) for one in chances]
    found = {"fall": chances[0] - chances[1], "margin": odds[0] - odds[1]}
    return pd.DataFrame(found, ids).assign(turned=after.loc[ids, "prediction"] != said)


def other_answers(told: Mapping[str, pd.DataFrame]) -> pd.Series:
    """What share of the photos is answered otherwise on each ground than on the first.

    Parameters
    ----------
    told : ground → predictions table of the same photos

    Returns
    -------
    Series by ground, without the first
    """
    first, *others = told
    shares = {name: ground_effect(told[first], told[name])["turned"].mean() for name in others}
    return pd.Series(shares, dtype=float)


def tell_truth(
    learners: Mapping[str, object], photos: Dataset, moved: Dataset, method: str | Callable,
    target: str = "prediction", rival: str | Mapping[str, str] | None = "runner-up", seed: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Do heatmaps name the model whose answer truly hangs on the ground?

    Of each photo two models are explained, and it is known how far each answer's logit (above the
    rival's) moves when the same subject lies on another ground. The model that it moves further for
    should have more of its attribution off the subject. A method that sees nothing is right half of
    the time.

    Parameters
    ----------
    learners : name → Learner, two of them
    photos : Dataset
        With masks.
    moved : Dataset
        The same images on another ground, from `redraw`.
    method, target, rival, seed : as for `explain`

    Returns
    -------
    DataFrame by image_id
        right (1, or 0; 0.5 where both maps have the same share), share and area (as `did_it_look`
        has them, of the second model), then for each model "off NAME" (share of the attribution off
        the subject) and "hangs NAME" (how far the logit moved, without sign).
    """
    ids = photos.images.index.intersection(moved.images.index)
    photos, moved = (one.with_images(one.images.loc[ids]) for one in (photos, moved))
    off, hangs, looked = pd.DataFrame(), pd.DataFrame(), pd.DataFrame()
    for number, (name, learner) in enumerate(learners.items()):
        found = explain(learner, photos, method, target, rival, seed=seed + number)
        masks = subject_masks(found, photos, learner.dls.method)
        looked = did_it_look(found.maps, masks, found.targets.index)
        off[f"off {name}"], hangs[f"hangs {name}"] = (
            1 - looked["share"],
            hang(learner, found, moved),
        )
    right = name_right(off, hangs).rename("right")
    return pd.concat([right, looked[["share", "area"]], off, hangs], axis=1)[right.notna()]


def hang(learner, found: Heatmaps, moved: Dataset) -> pd.Series:
    """How far what was explained, a logit or its lead, moves on another ground; without sign."""
    known, pictures = shown(learner, moved)
    ids = found.targets.index.intersection(known)
    sides = (
        found.pictures[found.targets.index.get_indexer(ids)],
        pictures[known.get_indexer(ids)],
    )
    leads, vocab = [], pd.Index(learner.dls.vocab)
    for side in sides:
        with at_rest(learner.model), torch.no_grad():
            logits = learner.model(as_tensor(side, learner)).cpu().numpy()
        rows, lead = np.arange(len(ids)), 0.0
        for sign, names in ((1, found.targets), (-1, found.rivals)):
            if names is not None:
                lead = lead + sign * logits[rows, vocab.get_indexer(names[ids])]
        leads.append(lead)
    return pd.Series(np.abs(leads[0] - leads[1]), ids)


def name_right(off: pd.DataFrame, hangs: pd.DataFrame) -> pd.Series:
    """Whether the model with more of its map off the subject hangs more on the ground: 1 or 0; 0.5
    where the maps put the same share there. Two columns each, by image_id, a model each."""
    first, second = (table.iloc[:, 0] - table.iloc[:, 1] for table in (off, hangs))
    return 0.5 + 0.5 * np.sign(first.fillna(0)) * np.sign(second)

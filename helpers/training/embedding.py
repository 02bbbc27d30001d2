"""Features of every image from a backbone, kept per image content."""

from __future__ import annotations

import hashlib
import inspect
from concurrent.futures import Executor
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
import torch

from helpers.datasets import Dataset
from helpers.datasets.steps import read_table, write_table
from helpers.datasets.storage import make_folder
from helpers.training import decoding, networks
from helpers.training.caching import decode
from helpers.training.hardware import bfloat16_is_faster

PART = 1_024
BATCH = 64


def embed(
    dataset: Dataset,
    backbone: str = networks.BUNDLED,
    size: int | None = None,
    stages: str = "all",
    method: str = "squish",
    progress: bool = True,
    executor: Executor | None = None,
) -> pd.DataFrame:
    """What a pretrained network sees in each image: its feature maps, averaged over the picture.

    Kept under ``dataset.work`` by the content of each file: ten more images compute ten rows, a
    copied file none, and an interrupted run goes on.

    Parameters
    ----------
    dataset : Dataset
    backbone : str
        As in `build_learner`, always with its pretrained weights.
    size : int, optional
        Side of the square images are brought to; by default the backbone's own, at most 128.
    stages : "all" or "last"
        Average the maps of every resolution, or of the last only.
    method : "squish", "crop" or "pad"
    progress : bool
        Show a bar once it has taken two seconds.
    executor : concurrent.futures.Executor, optional
        Where parts of about a thousand images are computed; by default in this process, which uses
        all cores, or the GPU. Its workers must see the image files under the same paths.

    Returns
    -------
    DataFrame by image_id
        float32 columns "stage1 000", "stage1 001", …, the stages from fine to coarse. Images that
        cannot be read have no row.
    """
    from tqdm.auto import tqdm

    if stages not in ("all", "last"):
        raise ValueError(f"There is no choice {stages!r} of stages; expected 'all' or 'last'.")
    body = _body(backbone)
    size = size or min(body.size, 128)
    folder = make_folder(dataset.work / f"embeddings-{_key(backbone, body, size, method)}")
    kept = [read_table(part) for part in sorted(folder.glob("*.parquet"))]
    known = pd.concat([table for table in kept if table is not None] or [pd.DataFrame()])
    known = known[~known.index.duplicated()]
    hashes = pd.Series({i: _hash(dataset.path(i)) for i in dataset.images.index}, dtype="str")
    todo = hashes[hashes.notna() & ~hashes.isin(known.index)].drop_duplicates()
    bar = tqdm(total=len(todo), unit="image", desc="embed", delay=2, disable=not progress)
    tables = [known]
    with bar:
        for table in _compute(dataset, todo, (backbone, size, method), executor):
            write_table(table, folder / f"{uuid4().hex}.parquet")
            tables.append(table)
            bar.update(PART)
    known = pd.concat(tables)
    hashes = hashes[hashes.isin(known.index)]
    features = known.loc[hashes].set_axis(hashes.index.rename("image_id"), axis=0)
    if stages == "last":
        last = max(column.split()[0] for column in features.columns)
        features = features.filter(regex=f"^{last} ")
    return features


def _compute(dataset, todo: pd.Series, settings, executor):
    """Yield a table by file hash for each part of the images of `todo`."""
    parts = [todo.iloc[at : at + PART] for at in range(0, len(todo), PART)]
    if executor is None:
        for part in parts:
            yield _part(dataset.with_images(dataset.images.loc[part.index]), part, *settings)
        return
    jobs = [
        executor.submit(_part, dataset.with_images(dataset.images.loc[part.index]), part, *settings)
        for part in parts
    ]
    for job in jobs:
        yield job.result()


def _part(dataset: Dataset, hashes: pd.Series, backbone: str, size: int, method: str):
    body = _body(backbone)
    pixels = decode(dataset, size, method, progress=False)
    ids = [image_id for image_id in hashes.index if image_id in pixels.rows]
    rows = [pool(body, pixels.take(ids[at : at + BATCH])) for at in range(0, len(ids), BATCH)]
    widths = rows[0][1] if rows else []
    names = [f"stage{s + 1} {i:03d}" for s, width in enumerate(widths) for i in range(width)]
    values = np.concatenate([row for row, _ in rows]) if rows else np.zeros((0, 0), np.float32)
    return pd.DataFrame(values, hashes[ids].to_list(), names)


@torch.inference_mode()
def pool(body: networks.Body, images: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """The average of every feature map (float32, image × channels of all stages), and how many
    channels each stage has. `images`: uint8, image × height × width × 3."""
    device = next(body.parameters()).device
    x = torch.from_numpy(images).to(device).permute(0, 3, 1, 2).float() / 255
    with torch.autocast(device.type, torch.bfloat16, enabled=bfloat16_is_faster(body, device)):
        maps = body.stages(x)
    means = [one.float().mean((2, 3)) for one in maps]
    return torch.cat(means, 1).cpu().numpy(), [one.shape[1] for one in means]


@lru_cache(2)
def _body(backbone: str) -> networks.Body:
    from fastai.torch_core import default_device

    body = networks.load_body(backbone).eval().to(memory_format=torch.channels_last)
    return body.to(default_device())


def _key(backbone: str, body: networks.Body, size: int, method: str) -> str:
    """Names the weights by their content, so that new ones are never mixed with old features."""
    digest = hashlib.sha256(f"{size} {method} {inspect.getsource(decoding)}".encode())
    for name, value in body.state_dict().items():
        digest.update(name.encode() + value.cpu().float().contiguous().numpy().tobytes())
    return f"{backbone.replace(':', '-')}-{size}-{digest.hexdigest()[:12]}"


def _hash(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None

"""Features of every image from a backbone, kept per image content."""

from __future__ import annotations

import hashlib
import inspect
from concurrent.futures import Executor
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

import numpy as np
import pandas as pd
import torch
from fastai.torch_core import default_device
from tqdm.auto import tqdm

from helpers.audit.batches import run_batches
from helpers.datasets import Dataset, pixels
from helpers.datasets import decoding as reading
from helpers.datasets.pixels import LEVELS
from helpers.datasets.steps import read_table, write_table
from helpers.datasets.storage import make_folder
from helpers.training import decoding, networks
from helpers.training.caching import decode
from helpers.training.hardware import SpareThreads, gains_from_bfloat16

PART, BATCH = 512, 64


def embed(
    dataset: Dataset, backbone: str = networks.BUNDLED, size: int | None = None,
    stages: str = "all", method: str = "squish", progress: bool = True,
    executor: Executor | None = None,
) -> pd.DataFrame:  # fmt: skip
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
        Of every resolution, or of the last only.
    method : "squish", "crop" or "pad"
    progress : bool
        Show a bar once it has taken two seconds.
    executor : concurrent.futures.Executor, optional
        Where parts of some hundred images are computed; by default in this process, on the GPU or
        on as many cores as are free, looked at again for each part. Its workers must see files
        under the same paths.

    Returns
    -------
    DataFrame by image_id
        float32 columns "stage1 000", "stage1 001", …, the stages from fine to coarse. Images that
        cannot be read have no row.
    """
    if stages not in ("all", "last"):
        raise ValueError(f"There are no stages={stages!r}; expected 'all' or 'last'.")
    body = _body(backbone)
    form = (backbone, size or min(body.size, 128), method)
    folder = make_folder(dataset.work / f"embeddings-{_key(form, body, dataset.levels)}")
    tables = [read_table(part) for part in sorted(folder.glob("*.parquet"))]
    known = pd.concat([pd.DataFrame(), *tables])  # a damaged part is None, and passed over
    hashes = pd.Series({i: _hash(dataset.path(i)) for i in dataset.images.index}, dtype="str")
    todo = hashes[hashes.notna() & ~hashes.isin(known.index)].drop_duplicates()
    parts = [todo.iloc[at : at + PART] for at in range(0, len(todo), PART)]
    tables = [known]

    def task(number: int) -> tuple:
        return _part_of(dataset, parts[number].index), parts[number], form

    numbers = [[number] for number in range(len(parts))]
    done = run_batches(numbers, task, _embed_parts, executor=executor, workers=0)
    with tqdm(total=len(todo), unit="image", desc="embed", delay=2, disable=not progress) as bar:
        for (number,), (table,) in done:
            if len(table):
                write_table(table, folder / f"{uuid4().hex}.parquet")
            tables.append(table)
            bar.update(len(parts[number]))
    known = pd.concat(tables)
    hashes = hashes[hashes.isin(known.index)]
    features = known[~known.index.duplicated()].loc[hashes]
    features.index = hashes.index.rename("image_id")
    last = max((column.split()[0] for column in features.columns), default="")
    return features.filter(regex=f"^{last} ") if stages == "last" else features


def _part_of(dataset: Dataset, ids: pd.Index) -> Dataset:
    """These images alone, for a worker, with what was concluded from all of them."""
    return replace(
        dataset, images=dataset.images.loc[ids], opened={"ids": ids, "levels": dataset.levels}
    )


def _embed_parts(tasks: list[tuple], seconds: float) -> list[pd.DataFrame]:
    """What `run_batches` asks of each task; `seconds` is for pools of its own."""
    return [_embed(*task) for task in tasks]


def _embed(dataset: Dataset, hashes: pd.Series, form: tuple[str, int, str]) -> pd.DataFrame:
    """Features of the readable images of `dataset`, by file hash."""
    body = _body(form[0])
    images = decode(dataset, *form[1:], progress=False)
    ids = [image_id for image_id in hashes.index if image_id in images.rows]
    if not ids:
        return pd.DataFrame()
    batches = [ids[at : at + BATCH] for at in range(0, len(ids), BATCH)]
    with SpareThreads():
        means = [average_maps(body, images.take(batch)) for batch in batches]
    names = [f"stage{i + 1} {c:03d}" for i, one in enumerate(means[0]) for c in range(one.shape[1])]
    values = np.concatenate([np.concatenate(stages, axis=1) for stages in means])
    return pd.DataFrame(values, hashes[ids].to_list(), names)


@torch.inference_mode()
def average_maps(body: networks.Body, images: np.ndarray) -> list[np.ndarray]:
    """Averages over the picture of the feature maps of each stage: float32, image × channels.

    `images` are uint8, image × height × width × 3.
    """
    device = body.mean.device
    x = torch.from_numpy(images).to(device).permute(0, 3, 1, 2) / 255
    with torch.autocast(device.type, torch.bfloat16, enabled=gains_from_bfloat16(body, device)):
        return [maps.float().mean((2, 3)).cpu().numpy() for maps in body.stages(x)]


_CODE = decoding, pixels, reading, networks.Body, average_maps
"""What features depend on besides weights."""


@lru_cache(2)
def _body(backbone: str) -> networks.Body:
    body = networks.load_body(backbone).eval().to(memory_format=torch.channels_last)
    return body.to(default_device())


def _key(form: tuple[str, int, str], body: networks.Body, levels: int = LEVELS[-1]) -> str:
    """Names weights by what is in them, so that new ones never meet features of the old."""
    code = "".join(map(inspect.getsource, _CODE))
    digest = hashlib.sha256(f"{form} {levels} {code}".encode())
    for value in body.state_dict().values():
        digest.update(value.cpu().float().contiguous().numpy().tobytes())
    return f"{form[0].replace(':', '-')}-{form[1]}-{digest.hexdigest()[:12]}"


def _hash(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None

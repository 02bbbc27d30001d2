"""Writes the leaves dataset to a folder, or any number of clean images as a load."""

import hashlib
import json
import os
import shutil
from concurrent.futures import as_completed
from functools import partial
from pathlib import Path

import pandas as pd
from filelock import FileLock
from tqdm.auto import tqdm

# All files get one time (2024-12-01, UTC): when they were rendered says nothing about them.
_WRITTEN = 1_733_011_200
_CHUNK = 24


def build(
    folder: str | Path,
    seed: int = 0,
    development: int = 2400,
    test: int = 1200,
    shortcuts: bool = True,
    workers: int = 2,
    progress: bool = True,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Render the leaves dataset, or load it where ``folder`` already holds it.

    Writes ``folder``/images (the files, by given label; the test set under images/test),
    ``folder``/masks (<image_id>.png, 255 on the leaf), images.parquet and planted.parquet. A
    build appears whole or not at all, and two processes may ask for the same one at once. A
    folder that an older version of this code or other arguments made is rebuilt.

    Parameters
    ----------
    seed, development, test : int
    shortcuts : bool
        See ``leaves.plan.plan``.
    workers : int
        Processes; 1 renders in this one.

    Returns
    -------
    images : DataFrame
        One row per file, by image_id: label (as given, possibly wrong), split ("test" or
        missing), specimen, site, device, background, season, and for the test set
        natural_prevalence, unseen and balanced (missing elsewhere).
    planted : DataFrame
        One row per planted fact: image_id, kind, strength, partner, truth, innocent.

    Raises
    ------
    FileExistsError
        When ``folder`` holds something else.
    """
    folder = Path(folder).absolute()
    asked = {"seed": seed, "development": development, "test": test, "shortcuts": shortcuts}
    asked["code"] = _code()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.parent / f".{folder.name}.lock"):
        if _built(folder) != asked:
            if folder.exists() and any(folder.iterdir()) and not _built(folder):
                raise FileExistsError(
                    f"{str(folder)!r} holds files that are not the leaves dataset; expected an "
                    "empty or a new folder, so choose another one"
                )
            _replace(folder, lambda part: _build(part, asked, workers, progress))
        return tuple(pd.read_parquet(folder / f"{name}.parquet") for name in ("images", "planted"))


def generate(
    folder: str | Path,
    count: int,
    seed: int = 0,
    size: int = 160,
    workers: int = 2,
    progress: bool = False,
) -> None:
    """Write ``count`` clean images of all species to ``folder``/<species>/*.jpg, as a load.

    Parameters
    ----------
    size : int
        Long side in pixels.
    """
    import numpy as np

    from leaves import files
    from leaves.collection import BACKGROUNDS, DEVELOPMENT, LIGHTS, SEASONS
    from leaves.photo import Scene

    rng, shots, species = np.random.default_rng([seed, count, size]), [], list(DEVELOPMENT)
    for i in range(count):
        seen = (rng.choice(values).item() for values in (BACKGROUNDS, [*SEASONS], [*LIGHTS]))
        scene = Scene(*seen, "sharp", "phone 2023", size, round(size * 0.75))
        name = species[i % len(species)]
        path, specimen = f"{name}/IMG_{i:06d}.jpg", int(rng.integers(2**62))
        shots.append(files.Shot(path, name, specimen, 0, 0, scene, [seed, i]))
    _run(partial(files.write, Path(folder), None), shots, workers, progress)


def _build(folder: Path, asked: dict, workers: int, progress: bool) -> None:
    # Imported here: a dataset that lies ready is opened without loading the renderer.
    from leaves import files
    from leaves.plan import plan

    images, planted, shots = plan(**{name: asked[name] for name in asked if name != "code"})
    originals = [shot for shot in shots if not shot.copy_of]
    _run(partial(files.write, folder / "images", folder / "masks"), originals, workers, progress)
    for shot in filter(lambda shot: shot.copy_of, shots):
        files.copy(folder / "images", folder / "masks", shot)
    images.to_parquet(folder / "images.parquet")
    planted.to_parquet(folder / "planted.parquet")
    (folder / "build.json").write_text(json.dumps(asked))
    for path in folder.rglob("*"):
        os.utime(path, (_WRITTEN, _WRITTEN))


def _run(work, shots: list, workers: int, progress: bool) -> None:
    chunks = [shots[i : i + _CHUNK] for i in range(0, len(shots), _CHUNK)]
    with tqdm(total=len(shots), desc="rendering", unit="image", disable=not progress) as bar:
        if workers == 1:
            for chunk in chunks:
                bar.update(work(chunk))
            return
        # Loky's processes are spawned afresh and do not run the user's script again, so they do for
        # scripts without a main guard and for notebooks; it loads only where there is work.
        from loky import ProcessPoolExecutor

        pool = ProcessPoolExecutor(workers)
        try:
            for done in as_completed([pool.submit(work, chunk) for chunk in chunks]):
                bar.update(done.result())
        finally:
            pool.shutdown(kill_workers=True)


def _replace(folder: Path, fill) -> None:
    """Fill a folder beside ``folder``, then put it in its place; leave nothing if that fails."""
    part = folder.parent / f".{folder.name}.part"
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    try:
        fill(part)
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _built(folder: Path) -> dict | None:
    try:
        return json.loads((folder / "build.json").read_text())
    except (OSError, ValueError):
        return None


def _code() -> str:
    """Hash of the code that draws and plans: a folder made by other code is out of date."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]

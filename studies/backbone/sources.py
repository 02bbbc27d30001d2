"""The pictures the bundled backbone is pretrained on: random leaves, things and textures.

None of the ten species of the leaves dataset is among them. Every class is drawn from its own
seed, so a run on another machine renders the same pictures.

    python -m studies.backbone.sources FOLDER [--images 80] [--size 96]
"""

import argparse
import multiprocessing
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from leaves.photo import DEVICES, Scene, render_photo
from leaves.species import random_species
from studies.backbone.scenes import Kind, random_paint
from studies.backbone.things import random_assembly, random_fractal, random_outline, random_strokes

FAMILIES = {
    "leaf": 160,
    "texture": 240,
    "outline": 280,
    "assembly": 480,
    "strokes": 100,
    "fractal": 200,
}
CLASSES = [(family, number) for family, count in FAMILIES.items() for number in range(count)]
_RECIPES = {
    "outline": random_outline,
    "assembly": random_assembly,
    "strokes": random_strokes,
    "fractal": random_fractal,
}


def render_class(family: str, number: int, images: int, size: int) -> np.ndarray:
    """All pictures of one class, uint8 (images, size, size, 3)."""
    stream = [list(FAMILIES).index(family), number]
    rng, recipe = np.random.default_rng([1, *stream]), np.random.default_rng([0, *stream])
    if family == "leaf":
        return _leaves(recipe, rng, images, size)
    thing = _RECIPES[family](recipe) if family in _RECIPES else None
    paints = tuple(random_paint(recipe) for _ in range(3))
    if thing is None:
        while paints[0].contrast < 0.3:
            paints = (random_paint(recipe),)
    kind = Kind(thing, paints)
    return np.stack([kind.picture(rng, size) for _ in range(images)])


def _leaves(recipe, rng, images: int, size: int) -> np.ndarray:
    species, pictures = random_species(recipe), []
    for photo in range(images):
        scene = Scene(
            background=str(rng.choice(["bark", "grass", "paper", "soil", "stone", "wood"])),
            season=float(rng.choice([0.0, 0.4, 0.4, 0.85])),
            light=str(rng.choice(["sun", "overcast", "shade", "dusk"])),
            device=str(rng.choice(list(DEVICES))),
            width=size,
            height=size,
        )
        pictures.append(render_photo(species, int(rng.integers(40)), photo, scene)[0])
    return np.stack(pictures)


def _job(task):
    return render_class(*task)


def render(folder: Path, images: int, size: int, workers: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Render all classes into ``folder/pictures.npy`` once; return pictures and labels, mapped."""
    path = folder / f"pictures-{len(CLASSES)}-{images}-{size}.npy"
    labels = np.repeat(np.arange(len(CLASSES)), images)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npy")
        shape = (len(labels), size, size, 3)
        pictures = np.lib.format.open_memmap(part, "w+", np.uint8, shape)
        tasks = [(*one, images, size) for one in CLASSES]
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            done = tqdm(pool.imap(_job, tasks, chunksize=2), total=len(tasks), unit="class")
            for number, batch in enumerate(done):
                pictures[number * images : (number + 1) * images] = batch
        pictures.flush()
        part.rename(path)
    return np.load(path, mmap_mode="r"), labels


def contact_sheet(pictures: np.ndarray, images: int, columns: int = 16) -> Image.Image:
    """Two pictures side by side of some classes of every family; `images` are there of each."""
    rng, chosen, first = np.random.default_rng(3), [], 0
    for family, count in FAMILIES.items():
        classes = columns if family == "assembly" else columns // 2
        for number in rng.choice(count, classes, replace=False):
            chosen += [(first + number) * images + one for one in rng.choice(images, 2, False)]
        first += count
    size = pictures.shape[1] + 2
    sheet = Image.new("RGB", (columns * size - 2, len(chosen) // columns * size - 2), "white")
    for place, one in enumerate(chosen):
        corner = place % columns * size, place // columns * size
        sheet.paste(Image.fromarray(pictures[one]), corner)
    return sheet


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=80, help="pictures of each class")
    parser.add_argument("--size", type=int, default=96, help="side of a picture in pixels")
    arguments = parser.parse_args()
    found, _ = render(arguments.folder, arguments.images, arguments.size)
    contact_sheet(found, arguments.images).save(arguments.folder / "sources.jpg", quality=80)

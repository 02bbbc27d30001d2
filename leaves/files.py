"""Photo files: what each camera writes, and one planned shot turned into the bytes of a file.

Imported by worker processes, so it needs numpy and Pillow only.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from leaves import faults
from leaves.edits import decode, encode
from leaves.photo import Scene, render_photo


@dataclass(frozen=True)
class Camera:
    """A device: how often it is used, and what its files are like.

    Attributes
    ----------
    development, test : float
        Shares of the specimens photographed with it (0-1). The test set holds enough of the poor
        and the rare device for each to be measured.
    quality : int
        JPEG quality.
    long_side : int
        Pixels.
    frames : tuple of (int, int)
        Width and height in proportion.
    maker, model : str
        As written in EXIF; all are invented.
    exif : float
        Share of files that still carry EXIF (0-1).
    """

    development: float
    test: float
    quality: int
    long_side: int
    frames: tuple[tuple[int, int], ...]
    maker: str
    model: str
    exif: float = 0.9


_TALL, _WIDE, _FILM = (3, 4), (4, 3), (16, 9)
DEVICES = {
    "phone 2023": Camera(0.36, 0.27, 90, 160, (_TALL, _TALL, _WIDE, _FILM), "Orla", "P9"),
    "phone 2018": Camera(0.27, 0.22, 84, 160, (_TALL, _WIDE, _FILM), "Tavi", "T4"),
    "compact": Camera(0.19, 0.16, 88, 160, (_WIDE, _WIDE, _TALL), "Sorrel", "C200"),
    "mirrorless": Camera(0.09, 0.13, 94, 160, (_WIDE, _TALL, _FILM), "Sorrel", "M1"),
    "tablet 2012": Camera(0.05, 0.12, 52, 128, (_WIDE, _TALL), "Tavi", "Tab 7"),
    "action camera": Camera(0.04, 0.1, 78, 160, (_FILM, _WIDE), "Kite", "Go"),
    "phone 2024": Camera(0, 0, 86, 160, (_TALL, _WIDE, _FILM), "Orla", "P10"),
}


@dataclass(frozen=True)
class Shot:
    """One file to be written: a photo of a specimen in a scene, and what happens to it after.

    ``steps`` are those of ``faults.perform``. ``quality`` is set for a photo that was saved
    again by somebody: it is first encoded as its camera would, then edited, then encoded.
    ``copy_of`` names the file of which this one is a copy, byte by byte. ``place`` is latitude
    and longitude in degrees north and east. ``taken`` is in EXIF's form, YYYY:MM:DD HH:MM:SS.
    """

    path: str
    species: str
    specimen: int
    photo: int
    burst: int
    scene: Scene
    seed: list[int]
    taken: str = ""
    place: tuple[float, float] | None = None
    steps: tuple = ()
    quality: int | None = None
    copy_of: str | None = None


def make(shot: Shot) -> tuple[bytes, Image.Image | None]:
    """Render a shot.

    Returns
    -------
    data : bytes
        The file.
    mask : PIL image of mode "L", or None
        255 on the leaf, 0 beside it, as large as the photo seen upright. None where the file no
        longer shows the leaf.
    """
    camera = DEVICES[shot.scene.device]
    pixels, mask = render_photo(shot.species, shot.specimen, shot.photo, shot.scene, shot.burst)
    mask = Image.fromarray((mask > 127).astype(np.uint8) * 255) if shot.scene.leaf else None
    image, exif = Image.fromarray(pixels), _exif(shot, camera)
    if shot.quality:
        image = decode(encode(image, camera.quality))
    rng = np.random.default_rng(shot.seed)
    image = faults.perform(image, shot.steps, rng, exif, camera.quality)
    if not isinstance(image, bytes):
        image = encode(image, shot.quality or camera.quality, exif)
    return image, faults.move_mask(mask, shot.steps) if mask else None


def write(images: Path, masks: Path | None, shots: list[Shot]) -> int:
    """Write shots, and their masks where a folder is given for them; return how many."""
    for shot in shots:
        data, mask = make(shot)
        _save(images / shot.path, data)
        if masks and mask and mask.getbbox():
            _save(masks / f"{shot.path}.png", encode(mask, format="PNG"))
    return len(shots)


def copy(images: Path, masks: Path, shot: Shot) -> None:
    """Write a shot that is a copy of another, which must have been written."""
    _save(images / shot.path, (images / shot.copy_of).read_bytes())
    _save(masks / f"{shot.path}.png", (masks / f"{shot.copy_of}.png").read_bytes())


def _save(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _exif(shot: Shot, camera: Camera) -> Image.Exif:
    exif = Image.Exif()
    if shot.taken:
        exif[0x010F], exif[0x0110], exif[0x0112] = camera.maker, camera.model, 1
        exif[0x0132] = shot.taken
        exif.get_ifd(0x8769)[0x9003] = shot.taken
    if shot.place:
        position = exif.get_ifd(0x8825)
        for tag, degrees, half in zip((1, 3), shot.place, "NE", strict=True):
            minutes = degrees % 1 * 60
            position[tag] = half
            position[tag + 1] = (float(int(degrees)), float(int(minutes)), minutes % 1 * 60)
    return exif

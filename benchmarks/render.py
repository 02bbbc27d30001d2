"""Pictures per second of the leaf renderer: `python benchmarks/render.py [pictures] [processes]`.

Each picture has a long side of 160 px and is rendered with its mask and encoded (JPEG and PNG).
Processor time counts what the rendering processes used, so that it holds on a busy machine.
"""

import io
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from PIL import Image

from leaves.backgrounds import BACKGROUNDS, surface
from leaves.photo import DEVICES, Scene, render_photo
from leaves.species import SPECIES

FRAMES = ((160, 120), (120, 160), (160, 90))


def warm_up(_) -> None:
    """Make the shared textures, and stay busy long enough that every process gets one call."""
    for background in BACKGROUNDS:
        surface(background)
    time.sleep(0.5)


def render(chunk: range) -> float:
    """Render and encode pictures, five of each specimen; processor seconds used."""
    start = time.process_time()
    for i in chunk:
        width, height = FRAMES[i % 3]
        scene = Scene(
            background=BACKGROUNDS[i % 6],
            season=("spring", "summer", "autumn")[i % 3],
            light=("sun", "overcast", "shade", "dusk", "night")[i % 5],
            focus="shallow" if i % 8 == 0 else "sharp",
            device=list(DEVICES)[i % 7],
            width=width,
            height=height,
        )
        pixels, mask = render_photo(list(SPECIES)[i // 5 % 10], i // 5, i, scene)
        Image.fromarray(pixels).save(io.BytesIO(), "JPEG", quality=90)
        Image.fromarray(mask).save(io.BytesIO(), "PNG")
    return time.process_time() - start


def main(pictures: int = 1200, processes: int = 2) -> None:
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        list(pool.map(warm_up, range(processes)))
        start = time.perf_counter()
        chunks = [range(first, min(first + 50, pictures)) for first in range(0, pictures, 50)]
        used = sum(pool.map(render, chunks))
        wall = time.perf_counter() - start
    print(f"{pictures} pictures in {wall:.1f} s with {processes} processes", end=": ")
    print(
        f"{pictures / wall:.0f} images/s on the clock, {1000 * used / pictures:.1f} ms of", end=" "
    )
    print(f"processor each, {processes * pictures / used:.0f} images/s of processor time")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

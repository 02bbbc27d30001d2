"""Public datasets by name: fetched once with pooch, verified, and unpacked safely."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from helpers.datasets.archives import build_folder, extract
from helpers.datasets.dataset import DatasetError

TRIES = 4
BLOCK = 1 << 18
OFFLINE = (
    "use what needs none: open_dataset('leaves'), open_dataset('digits') or the path of a folder "
    "of your own"
)


@dataclass(frozen=True)
class Download:
    """Where a public dataset lies and how we know that we got it whole.

    `size` is the range of bytes that is believed; `digest` is "md5:…" or None where its source
    publishes none. `folder` is the part of the archive that holds the images.
    """

    url: str
    size: tuple[int, int]
    digest: str | None = None
    folder: str = "."
    classes: Mapping[str, str] = field(default_factory=dict)
    label: Callable[[str], str] | None = None


# fmt: off
IMAGENETTE = {
    "n01440764": "tench", "n02102040": "English springer", "n02979186": "cassette player",
    "n03000684": "chain saw", "n03028079": "church", "n03394916": "French horn",
    "n03417042": "garbage truck", "n03425413": "gas pump", "n03445777": "golf ball",
    "n03888257": "parachute",
}
# fmt: on
DOWNLOADS = {
    # 13,394 photos of 10 easy ImageNet classes, short side 160 px
    "imagenette": Download(
        "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-160.tgz",
        size=(99_003_388, 99_003_388),
        digest="md5:e793b78cc4c9e9a4ccc0c1155377a412",
        folder="imagenette2-160",
        classes=IMAGENETTE,
    ),
    # Oxford-IIIT Pets: 7,390 photos of 37 breeds of cat and dog
    "pets": Download(
        "https://thor.robots.ox.ac.uk/~vgg/data/pets/images.tar.gz",
        size=(700_000_000, 900_000_000),
        digest="md5:5c4f3ee8e5d25df40f4fd59a7f44e54c",
        folder="images",
        label=lambda stem: stem.rpartition("_")[0].replace("_", " "),
    ),
    # clothing-dataset-small: 3,781 product photos of 10 classes, CC0
    "clothing": Download(
        "https://github.com/alexeygrigorev/clothing-dataset-small/archive/refs/heads/master.zip",
        size=(60_000_000, 200_000_000),
        folder="clothing-dataset-small-master",
    ),
}


def fetch(download: Download, folder: Path, progress: bool = True) -> Path:
    """The unpacked images of `download` below `folder`; fetched only when they are not there.

    Raises
    ------
    DatasetError
        When the network, the size or the hash fail, or the archive is unsafe. Nothing half-done
        is left but the part already fetched, where the next try goes on.
    """

    def fill(temporary: Path) -> None:
        archive = _archive(download, folder.parent, folder.name, progress)
        try:
            extract(archive, temporary)
        finally:
            archive.unlink()  # or the next try would meet the same bad file
        if not (temporary / download.folder).is_dir():
            raise DatasetError(
                f"'{archive.name}' has no folder '{download.folder}', so {download.url} no longer "
                "holds what we know; unpack it yourself and open its folder by its path."
            )

    return build_folder(folder, fill) / download.folder


def _archive(download: Download, folder: Path, name: str, progress: bool) -> Path:
    import pooch

    pooch.get_logger().setLevel("WARNING")
    name = f"{name}-{download.url.rpartition('/')[2]}"

    def resume(url: str, output: str, _pooch: object) -> None:
        part = folder / f"{name}.part"
        for attempt in range(TRIES):
            try:
                _fetch_rest(url, part, download.size, progress)
                break
            except OSError as error:  # what requests raises is one, too
                code = getattr(getattr(error, "response", None), "status_code", 500)
                if attempt == TRIES - 1 or (code < 500 and code != 416):
                    raise
                time.sleep(2**attempt)
        os.replace(part, output)

    try:
        return Path(pooch.retrieve(download.url, download.digest, name, folder, downloader=resume))
    except DatasetError:
        raise
    except Exception as error:
        why = getattr(error, "response", None)
        why = f"the server answered {why.status_code}" if why is not None else "no connection"
        why = "its hash is not the one we know" if "does not match" in str(error) else why
        raise DatasetError(
            f"{name.partition('-')[0]!r} could not be fetched from {download.url} ({why}); try "
            f"again with internet access, or {OFFLINE}."
        ) from error


def _fetch_rest(url: str, part: Path, size: tuple[int, int], progress: bool) -> None:
    """Fetch `url` into `part`, going on where an earlier try stopped.

    Raises
    ------
    OSError
        When the connection fails or ends early; what came is kept in `part`.
    DatasetError
        When it is smaller or larger than `size` allows.
    """
    import requests
    from tqdm.auto import tqdm

    done = part.stat().st_size if part.exists() else 0
    if done and size == (done, done):
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
    with requests.get(url, headers=headers, stream=True, timeout=30) as answer:
        if answer.status_code == 416:  # the part is not a beginning of this file
            part.unlink()
        answer.raise_for_status()
        done = done if answer.status_code == 206 else 0
        total = done + int(answer.headers.get("Content-Length", 0))
        title = url.rpartition("/")[2]
        bar = tqdm(total=total, initial=done, unit="B", unit_scale=True, desc=title,
                   disable=not progress)  # fmt: skip
        with open(part, "ab" if done else "wb") as file, bar:
            for block in answer.iter_content(BLOCK):
                bar.update(file.write(block))
                if file.tell() > size[1]:
                    break
            length = file.tell()
    if length < total and length <= size[1]:
        raise OSError(f"the connection ended after {length} of {total} bytes")
    if not size[0] <= length <= size[1]:
        part.unlink()
        raise DatasetError(
            f"{url} gave {length:,} bytes where {size[0]:,} to {size[1]:,} were expected, so it is "
            f"not the dataset we know; {OFFLINE}."
        )

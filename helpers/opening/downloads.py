"""Public datasets by name: fetched once with pooch, verified, and unpacked safely."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from pathlib import Path, PurePosixPath

from helpers.datasets.storage import DatasetError
from helpers.opening.archives import build_folder, extract

RETRIES = 2
BLOCK = 1 << 18


@dataclass(frozen=True)
class Download:
    """Where a public dataset lies and how we know that we got it whole.

    `folder` is the part of the archive that holds the images. `digest` is "md5:…", or None where
    its source publishes none; `size` is the range of bytes that is believed then. `label` gives
    the class from an image_id where it is not the name of the folder.
    """

    url: str
    folder: str
    digest: str | None = None
    size: tuple[float, float] = (0, inf)
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
        folder="imagenette2-160",
        digest="md5:e793b78cc4c9e9a4ccc0c1155377a412",
        label=lambda image_id: IMAGENETTE[PurePosixPath(image_id).parent.name],
    ),
    # Oxford-IIIT Pets: 7,390 photos of 37 breeds of cat and dog, named great_dane_12.jpg
    "pets": Download(
        "https://thor.robots.ox.ac.uk/~vgg/data/pets/images.tar.gz",
        folder="images",
        digest="md5:5c4f3ee8e5d25df40f4fd59a7f44e54c",
        label=lambda image_id: image_id.rpartition("_")[0].replace("_", " "),
    ),
    # clothing-dataset-small: 3,781 product photos of 10 classes, CC0
    "clothing": Download(
        "https://github.com/alexeygrigorev/clothing-dataset-small/archive/refs/heads/master.zip",
        folder="clothing-dataset-small-master",
        size=(60_000_000, 200_000_000),
    ),
}


def fetch(download: Download, folder: Path, progress: bool) -> Path:
    """The unpacked images of `download` below `folder`; fetched only when they are not there.

    Raises
    ------
    DatasetError
        When the network, the hash or the size fail, or the archive is unsafe. Nothing half-done
        is left.
    """

    def fill(temporary: Path) -> None:
        archive = _fetch_archive(download, temporary, progress)
        extract(archive, temporary)
        archive.unlink()
        if not (temporary / download.folder).is_dir():
            raise DatasetError(
                f"'{archive.name}' has no folder '{download.folder}', so {download.url} no longer "
                "holds what we know; unpack it yourself and open its folder by its path."
            )

    return build_folder(folder, fill) / download.folder


def _fetch_archive(download: Download, folder: Path, progress: bool) -> Path:
    import pooch

    pooch.get_logger().setLevel("WARNING")
    url, name = download.url, download.url.rpartition("/")[2]
    source = pooch.create(
        folder, "", registry={name: download.digest}, urls={name: url}, retry_if_failed=RETRIES
    )
    try:
        downloader = pooch.HTTPDownloader(progressbar=progress, chunk_size=BLOCK)
        archive = Path(source.fetch(name, downloader=downloader))
        low, high = download.size
        if not low <= (size := archive.stat().st_size) <= high:
            raise ValueError(f"it has {size:,} bytes, expected {low:,} to {high:,}")
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"{url} could not be fetched ({_reason(error)}); try again with internet "
            "access, or use what needs none: open_dataset('leaves'), open_dataset('digits') or "
            "the path of a folder of your own."
        ) from error
    return archive


def _reason(error: OSError | ValueError) -> str:
    import requests

    if isinstance(error, requests.HTTPError):
        return f"the server answered {error.response.status_code}"
    if isinstance(error, requests.RequestException):
        return "no connection, or one that broke off"
    return "its hash is not the one we know" if "does not match" in str(error) else str(error)

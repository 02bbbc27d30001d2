"""Unpacking archives that others made: only plain files, only below the folder we chose."""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PureWindowsPath
from tempfile import TemporaryDirectory

from helpers.datasets.storage import DatasetError, locked, make_folder

MIN_LIMIT = 2**30
MAX_RATIO = 1000  # text and blank pictures reach some hundreds, decompression bombs far more


def build_folder(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Make `folder` by `fill(temporary folder)`, once, all or nothing, safe from other processes.

    An interrupted run leaves at most a hidden temporary folder, which the next run removes.
    """
    if folder.is_dir():
        return folder
    make_folder(folder.parent)
    with locked(folder):
        if folder.is_dir():
            return folder
        for left_over in folder.parent.glob(f".{folder.name}-*.part"):
            shutil.rmtree(left_over, ignore_errors=True)
        with TemporaryDirectory(".part", f".{folder.name}-", folder.parent) as temporary:
            filled = Path(temporary, folder.name)
            filled.mkdir()
            fill(filled)
            os.replace(filled, folder)
    return folder


def extract(archive: Path, folder: Path) -> None:
    """Unpack a zip or tar into `folder`: plain files only, without owner or special rights.

    Raises
    ------
    DatasetError
        The archive is damaged, encrypted or absurdly large when unpacked, or a member is a link, a
        device, absolute or above the folder; nothing is unpacked then.
    """
    left = max(MIN_LIMIT, MAX_RATIO * archive.stat().st_size)

    def check(name: str, plain: bool, size: int) -> None:
        nonlocal left
        left -= size
        path = PureWindowsPath(name)  # knows the marks of both systems
        if not plain:
            why = "is a link or a device"
        elif path.drive or path.root:
            why = "has an absolute path"
        elif ".." in path.parts:
            why = "leads out of the folder"
        elif left < 0:
            why = "unpacks to far more than an archive may"
        else:
            return
        raise DatasetError(
            f"'{archive.name}' was refused because its member {name!r} {why}; expected plain "
            "image files, so get the archive from a source you trust."
        )

    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as file:
                for member in file.infolist():
                    kind = stat.S_IFMT(member.external_attr >> 16)  # 0 where not recorded
                    check(
                        member.filename, kind in (0, stat.S_IFREG, stat.S_IFDIR), member.file_size
                    )
                file.extractall(folder)
        else:
            with tarfile.open(archive) as file:
                for member in file:
                    check(member.name, member.isfile() or member.isdir(), member.size)
                _write(file, folder)
    except DatasetError:
        raise
    except Exception as error:  # zlib, lzma, tarfile and zipfile each raise their own kinds
        raise DatasetError(
            f"'{archive.name}' cannot be unpacked ({error}); it is damaged or not a zip or tar "
            "archive, so fetch it again."
        ) from error


def _write(file: tarfile.TarFile, folder: Path) -> None:
    """The folders and plain files of a tar that was checked, without what else it says of them:
    ``filter="data"`` would do it, which Python has from 3.11.4 on, and Debian 12 has 3.11.2."""
    for member in file.getmembers():
        path = folder / member.name
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        with file.extractfile(member) as source, path.open("wb") as target:
            shutil.copyfileobj(source, target)
        path.chmod(0o644)

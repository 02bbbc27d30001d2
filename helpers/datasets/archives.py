"""Unpacking archives that others made: only plain files, only below the folder we chose."""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from helpers.datasets.dataset import DatasetError, make_folder

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
MAX_BYTES = 200 * 2**30
MAX_RATIO = 1000  # text and blank pictures reach some hundreds, decompression bombs far more


def build_folder(folder: Path, fill: Callable[[Path], None]) -> Path:
    """Make `folder` by `fill(temporary folder)`, once, all or nothing, safe from other processes.

    An interrupted run leaves at most a hidden temporary folder, which the next run removes.
    """
    from helpers.datasets.steps import locked

    if folder.is_dir():
        return folder
    make_folder(folder.parent)
    with locked(folder):
        if folder.is_dir():
            return folder
        for left_over in folder.parent.glob(f".{folder.name}-*.part"):
            shutil.rmtree(left_over, ignore_errors=True)
        temporary = Path(tempfile.mkdtemp(".part", f".{folder.name}-", folder.parent))
        try:
            fill(temporary)
            temporary.chmod(0o755)
            os.replace(temporary, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return folder


def extract(archive: Path, folder: Path) -> None:
    """Unpack a zip or tar into `folder`, which must be empty.

    Contents are copied as plain files: no owner, permission, link or device can come out.

    Raises
    ------
    DatasetError
        When the archive is damaged, encrypted, absurdly large when unpacked, or holds a member
        that is a link, a device, absolute or above the folder. Nothing is unpacked then that could
        lie outside `folder`.
    """
    unpacked, size = 0, max(archive.stat().st_size, 1)
    try:
        for name, length, stream in _members(archive):
            unpacked += length
            if unpacked > MAX_BYTES or (unpacked > 2**30 and unpacked > size * MAX_RATIO):
                raise DatasetError(
                    _refusal(archive, name, "unpacks to far more than an archive may")
                )
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with stream, open(target, "wb") as file:
                shutil.copyfileobj(stream, file, 1 << 20)
    except DatasetError:
        raise
    except Exception as error:  # zlib, lzma, tarfile and zipfile each raise their own kinds
        raise DatasetError(
            f"'{archive.name}' cannot be unpacked ({error}); it is damaged or not a zip or tar "
            "archive, so fetch it again."
        ) from error


def _members(archive: Path) -> Iterator[tuple[str, int, BinaryIO]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            for member in file.infolist():
                kind = stat.S_IFMT(member.external_attr >> 16)
                plain = member.is_dir() or kind in (0, stat.S_IFREG)
                _check(archive, member.filename, plain)
                if member.flag_bits & 1:
                    raise DatasetError(_refusal(archive, member.filename, "is encrypted"))
                if not member.is_dir():
                    yield member.filename, member.file_size, file.open(member)
        return
    with tarfile.open(archive, "r|*") as file:
        for member in file:
            if member.type in (tarfile.XHDTYPE, tarfile.XGLTYPE):
                continue
            _check(archive, member.name, member.isfile() or member.isdir())
            if member.isfile():
                yield member.name, member.size, file.extractfile(member)


def _check(archive: Path, name: str, plain: bool) -> None:
    windows = PureWindowsPath(name)
    if not plain:
        raise DatasetError(_refusal(archive, name, "is a link or a device"))
    if PurePosixPath(name).is_absolute() or windows.drive or windows.root:
        raise DatasetError(_refusal(archive, name, "has an absolute path"))
    if ".." in windows.parts or "\0" in name:
        raise DatasetError(_refusal(archive, name, "leads out of the folder"))


def _refusal(archive: Path, name: str, why: str) -> str:
    return (
        f"'{archive.name}' was refused because its member {name!r} {why}; expected plain image "
        "files, so get the archive from a source you trust."
    )

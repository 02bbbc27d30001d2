"""Unpacking archives that others made: only plain files, only below the folder we chose."""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PureWindowsPath

from helpers.datasets.dataset import DatasetError, make_folder

ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
MIN_LIMIT = 2**30
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
    """Unpack a zip or tar into `folder`: plain files only, without owner or special rights.

    Raises
    ------
    DatasetError
        The archive is damaged, encrypted or absurdly large when unpacked, or a member is a link, a
        device, absolute or above the folder; that member and those after it are not unpacked.
    """
    limit, unpacked = max(MIN_LIMIT, MAX_RATIO * archive.stat().st_size), 0

    def check(name: str, plain: bool, size: int) -> None:
        nonlocal unpacked
        unpacked += size
        path = PureWindowsPath(name)  # knows the marks of both systems
        reasons = {
            "is a link or a device": not plain,
            "has an absolute path": path.drive or path.root,
            "leads out of the folder": ".." in path.parts,
            "unpacks to far more than an archive may": unpacked > limit,
        }
        for why in filter(reasons.get, reasons):
            raise DatasetError(
                f"'{archive.name}' was refused because its member {name!r} {why}; expected plain "
                "image files, so get the archive from a source you trust."
            )

    def plain_member(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo:
        check(member.name, member.isfile() or member.isdir(), member.size)
        return tarfile.data_filter(member, path)

    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as file:
                for member in file.infolist():
                    kind = stat.S_IFMT(member.external_attr >> 16)
                    plain = kind in (0, stat.S_IFREG, stat.S_IFDIR)
                    check(member.filename, plain, member.file_size)
                file.extractall(folder)
        else:
            with tarfile.open(archive) as file:
                file.extractall(folder, filter=plain_member)
    except DatasetError:
        raise
    except Exception as error:  # zlib, lzma, tarfile and zipfile each raise their own kinds
        raise DatasetError(
            f"'{archive.name}' cannot be unpacked ({error}); it is damaged or not a zip or tar "
            "archive, so fetch it again."
        ) from error

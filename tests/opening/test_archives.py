import io
import tarfile
import zipfile

import pytest

from helpers.datasets import DatasetError
from helpers.opening.archives import build_folder, extract


def tar(path, *members, mode="w:gz"):
    with tarfile.open(path, mode) as file:
        for name, kind in members:
            info = tarfile.TarInfo(name)
            info.type = kind
            info.mode = 0o4777
            info.linkname = "../../target" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            info.size = 3 if kind == tarfile.REGTYPE else 0
            file.addfile(info, io.BytesIO(b"abc"))
    return path


def zipped(path, *members):
    with zipfile.ZipFile(path, "w") as file:
        for name, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            file.writestr(info, b"abc")
    return path


FILE, FOLDER = tarfile.REGTYPE, tarfile.DIRTYPE
GOOD = ["photos/cat/ü 1.jpg", "photos/dog/2.jpg"]


def contents(folder):
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


@pytest.mark.parametrize("name", ["a.tar", "a.tgz", "a.tar.bz2", "a.tar.xz", "a.zip"])
def test_plain_files_come_out_without_special_rights(tmp_path, name):
    out = tmp_path / "out"
    if name.endswith("zip"):
        archive = zipped(tmp_path / name, *((n, 0o104777) for n in GOOD), ("empty/", 0o040755))
    else:
        mode = {"a.tar": "w", "a.tgz": "w:gz", "a.tar.bz2": "w:bz2", "a.tar.xz": "w:xz"}[name]
        members = [("photos", FOLDER), *((n, FILE) for n in GOOD)]
        archive = tar(tmp_path / name, *members, mode=mode)
    out.mkdir()
    extract(archive, out)
    assert contents(out) == sorted(GOOD)
    assert (out / GOOD[1]).read_bytes() == b"abc"
    assert not (out / GOOD[1]).stat().st_mode & 0o6022


BAD = {
    "above": ("../evil.jpg", FILE, "leads out of the folder"),
    "above, later": ("a/../../evil.jpg", FILE, "leads out of the folder"),
    "above, backslashes": ("..\\evil.jpg", FILE, "leads out of the folder"),
    "absolute": ("/tmp/evil.jpg", FILE, "has an absolute path"),
    "drive": ("C:\\evil.jpg", FILE, "has an absolute path"),
    "symbolic link": ("evil.jpg", tarfile.SYMTYPE, "is a link or a device"),
    "hard link": ("evil.jpg", tarfile.LNKTYPE, "is a link or a device"),
    "device": ("evil.jpg", tarfile.CHRTYPE, "is a link or a device"),
    "pipe": ("evil.jpg", tarfile.FIFOTYPE, "is a link or a device"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_tar_that_reaches_outside_is_refused(tmp_path, case):
    name, kind, why = BAD[case]
    archive = tar(tmp_path / "a.tgz", ("cat/1.jpg", FILE), (name, kind))
    (tmp_path / "deep" / "out").mkdir(parents=True)
    with pytest.raises(DatasetError, match=f"'a.tgz' was refused because its member .* {why}"):
        extract(archive, tmp_path / "deep" / "out")
    assert contents(tmp_path) == ["a.tgz"]


@pytest.mark.parametrize("case", [case for case in BAD if BAD[case][1] == FILE])
def test_a_zip_that_reaches_outside_is_refused(tmp_path, case):
    name, _, why = BAD[case]
    archive = zipped(tmp_path / "a.zip", ("cat/1.jpg", 0o100644), (name, 0o100644))
    (tmp_path / "deep" / "out").mkdir(parents=True)
    with pytest.raises(DatasetError, match=why):
        extract(archive, tmp_path / "deep" / "out")
    assert contents(tmp_path) == ["a.zip"]


def test_a_link_in_a_zip_is_refused(tmp_path):
    archive = zipped(tmp_path / "a.zip", ("evil.jpg", 0o120777))
    with pytest.raises(DatasetError, match="is a link or a device"):
        extract(archive, tmp_path)


def test_a_bomb_is_refused(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("big.bmp", bytes(1_000_000))
    monkeypatch.setattr("helpers.opening.archives.MIN_LIMIT", 1000)
    monkeypatch.setattr("helpers.opening.archives.MAX_RATIO", 100)
    with pytest.raises(DatasetError, match="'big.bmp' unpacks to far more"):
        extract(tmp_path / "a.zip", tmp_path)
    assert contents(tmp_path) == ["a.zip"]


def stating(path, weight, size):
    """A zip of one file of so many bytes, which it states to be of `size`; returns its own size."""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("1.bmp", bytes(weight))
        file.filelist[0].file_size = size
    return path.stat().st_size


@pytest.mark.parametrize("weight", [3, 1_000_000, 1_200_000])
def test_an_archive_may_unpack_to_a_gigabyte_or_to_a_thousand_times_its_size(tmp_path, weight):
    path = tmp_path / "a.zip"
    limit = max(2**30, 1000 * stating(path, weight, 0))
    stating(path, weight, limit + 1)
    with pytest.raises(DatasetError, match="'1.bmp' unpacks to far more"):
        extract(path, tmp_path / "out")
    assert contents(tmp_path) == ["a.zip"]
    stating(path, weight, limit)
    extract(path, tmp_path / "out")
    assert contents(tmp_path / "out") == ["1.bmp"]


@pytest.mark.parametrize("keep", [0, 40, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["zip", "tgz"])
def test_a_damaged_archive_is_one_sentence(tmp_path, kind, keep):
    members = [(f"{i}.jpg", 0o100644) for i in range(40)]
    path = tmp_path / f"a.{kind}"
    zipped(path, *members) if kind == "zip" else tar(path, *((n, FILE) for n, _ in members))
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if keep < 1 else keep])
    (tmp_path / "out").mkdir()
    with pytest.raises(DatasetError, match=f"'a.{kind}' cannot be unpacked"):
        extract(path, tmp_path / "out")


def test_a_folder_is_filled_once_and_appears_whole(tmp_path):
    calls = []

    def fill(folder):
        calls.append(folder)
        (folder / "1.txt").write_text("x")

    for _ in range(2):
        assert contents(build_folder(tmp_path / "data" / "x", fill)) == ["1.txt"]
    assert len(calls) == 1


def test_an_interrupted_fill_leaves_no_folder_and_a_killed_one_is_cleaned_up(tmp_path):
    def interrupted(folder):
        (folder / "half").write_text("x")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_folder(tmp_path / "x", interrupted)
    assert not any(p.is_dir() for p in tmp_path.iterdir())
    (tmp_path / ".x-killed.part").mkdir()
    (tmp_path / ".x-odd.part").touch()  # what cannot be cleaned up is in nobody's way
    build_folder(tmp_path / "x", lambda folder: (folder / "1.txt").write_text("x"))
    assert [p.name for p in tmp_path.iterdir() if p.is_dir()] == ["x"]

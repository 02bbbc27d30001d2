"""Bursts are what one camera took within four seconds, and an export's time is no capture's."""

import numpy as np
import pandas as pd
from PIL import Image

from helpers.splits.captures import find_bursts, read_captures


def save(path, taken="2024:05:01 10:00:00", part=None, words=("Orla", "P9", "77")):
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = words[:2]
    more = exif.get_ifd(0x8769)
    more[0x9003], more[0xA431] = taken, words[2]
    if part:
        more[0x9291] = part
    Image.new("RGB", (8, 8)).save(path, exif=exif)
    return str(path)


def test_time_and_camera_are_read_to_the_fraction_of_a_second(tmp_path):
    paths = [
        save(tmp_path / "a.jpg", part="25"),
        save(tmp_path / "b.jpg", "2024:05:01 10:00:03"),
        save(tmp_path / "c.jpg", "0000:00:00 00:00:00", words=(" Orla ", "", "")),
        save(tmp_path / "d.jpg", part="odd"),
    ]
    paths.append(save(tmp_path / "e.jpg", words=("Orla", "ORLA P9", "77")))
    rows = read_captures(paths, 60)
    assert rows[0]["camera"] == "Orla P9 77"
    assert rows[4]["camera"] == "ORLA P9 77"  # not "Orla ORLA P9 77"
    assert rows[2] == {"taken": None, "camera": "Orla"}
    assert rows[1]["taken"] - rows[0]["taken"] == 2.75
    assert rows[0]["taken"] == pd.Timestamp("2024-05-01 10:00:00.25").timestamp()
    assert rows[3]["taken"] == pd.Timestamp("2024-05-01 10:00:00").timestamp()


def test_a_file_that_says_nothing_or_cannot_be_read_has_neither(tmp_path):
    (tmp_path / "bad.jpg").write_bytes(b"x")
    Image.new("RGB", (8, 8)).save(tmp_path / "plain.png")
    none = {"taken": None, "camera": ""}
    assert read_captures([str(tmp_path / n) for n in ("bad.jpg", "plain.png")], 60) == [none, none]


def table(*rows):
    return pd.DataFrame(rows, columns=["taken", "camera"]).astype({"taken": float})


def test_four_seconds_link_and_more_do_not_and_neither_do_two_cameras():
    captures = table((104, "a"), (100, "a"), (108.1, "a"), (108.1, "b"), (110, "b"), (None, "a"))
    pairs, apart = find_bursts(captures)
    assert pairs.tolist() == [[0, 1], [3, 4]]
    np.testing.assert_allclose(apart, [4, 1.9])


def test_photos_without_a_camera_are_in_no_burst():
    pairs, apart = find_bursts(table((100, ""), (100, ""), (101, "")))
    assert pairs.shape == (0, 2) and len(apart) == 0


def test_a_second_that_more_than_ten_photos_share_is_an_export():
    ten, eleven = table(*[(5, "a")] * 10), table(*[(5, "a")] * 11, (6, "a"), (8, "a"))
    assert len(find_bursts(ten)[0]) == 9
    assert find_bursts(eleven)[0].tolist() == [[11, 12]]

import hashlib
import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageOps

from leaves import build, dataset, files, generate
from leaves.plan import plan


def rows(planted, kind):
    return planted[planted["kind"] == kind]


def opens(path):
    try:
        Image.open(path).load()
    except (OSError, SyntaxError):
        return False
    return True


def hashes(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_files_are_those_of_the_table(small):
    folder, images, _ = small
    found = {p.relative_to(folder / "images").as_posix() for p in (folder / "images").rglob("*.*")}
    assert found == set(images.index)
    assert images.index.name == "image_id" and images.index.is_monotonic_increasing
    parent = images.index.str.split("/").str[-2]
    assert (parent == images["label"]).all()
    assert (images.index.str.startswith("test/") == (images["split"] == "test")).all()


def test_exact_duplicates_are_equal_to_the_byte_and_nothing_else_is(small):
    folder, images, planted = small
    digest = pd.Series({i: hashes_of(folder, i) for i in images.index})
    exact = rows(planted, "exact_duplicate")
    assert (exact["image_id"].map(digest) == exact["partner"].map(digest)).all()
    expected = set(exact["image_id"]) | set(exact["partner"])
    empty = hashlib.sha256(b"").hexdigest()
    same = digest[digest.duplicated(keep=False) & (digest != empty)]
    web_pages = set(planted.loc[planted["truth"] == "web page", "image_id"])
    assert set(same.index) - web_pages == expected


def hashes_of(folder, image_id):
    return hashlib.sha256((folder / "images" / image_id).read_bytes()).hexdigest()


def test_corrupt_files_fail_and_all_others_open(small):
    folder, images, planted = small
    broken = {i for i in images.index if not opens(folder / "images" / i)}
    assert broken == set(rows(planted, "corrupt")["image_id"])


def test_every_leaf_has_a_mask_of_its_upright_size_and_nothing_else_has(small):
    folder, images, planted = small
    without = set(planted.loc[planted["kind"].isin(["corrupt", "no_leaf"]), "image_id"])
    for image_id in images.index:
        path = folder / "masks" / f"{image_id}.png"
        assert path.exists() == (image_id not in without)
        if path.exists():
            mask = np.asarray(Image.open(path))
            photo = ImageOps.exif_transpose(Image.open(folder / "images" / image_id))
            assert mask.shape == photo.size[::-1]
            assert set(np.unique(mask)) <= {0, 255}


def test_near_duplicates_look_like_their_original_more_than_bursts_do(small):
    folder, _, planted = small

    def likeness(row):
        pair = [Image.open(folder / "images" / i) for i in (row.image_id, row.partner)]
        pixels = [np.asarray(image.convert("L").resize((64, 64)), float).ravel() for image in pair]
        return np.corrcoef(*pixels)[0, 1]

    near = rows(planted, "near_duplicate")
    near = near[near["strength"] == "obvious"]
    burst = [likeness(row) for row in rows(planted, "burst").itertuples()]
    assert min(likeness(row) for row in near.itertuples()) > max(burst)


def test_dark_and_overexposed_photos_are(small):
    folder, _, planted = small

    def percentile(image_id, share):
        return np.percentile(
            np.asarray(Image.open(folder / "images" / image_id).convert("L")), share
        )

    for row in rows(planted, "dark").itertuples():
        assert (percentile(row.image_id, 99) < 80) == (row.strength != "undetectable")
    for row in rows(planted, "overexposed").itertuples():
        if row.strength != "undetectable":
            assert percentile(row.image_id, 10) > 150
    for row in rows(planted, "night_decoy").itertuples():
        assert percentile(row.image_id, 99) > 90


def test_unusual_files_have_the_mode_that_the_truth_names(small):
    folder, _, planted = small
    modes = {"grey": "L", "16-bit": "I;16", "palette": "P", "RGBA": "RGBA", "CMYK": "CMYK"}
    for row in rows(planted, "unusual_mode").itertuples():
        assert Image.open(folder / "images" / row.image_id).mode == modes.get(row.truth, "RGB")


def test_the_poor_device_gives_itself_away_in_file_facts(small):
    folder, images, planted = small
    plain = images.drop(
        planted.loc[planted["truth"].notna() | planted["partner"].notna(), "image_id"]
    )
    sizes = pd.Series({i: (folder / "images" / i).stat().st_size for i in plain.index})
    sides = pd.Series({i: max(Image.open(folder / "images" / i).size) for i in plain.index})
    poor = plain["device"] == "tablet 2012"
    assert set(sides[poor]) == {128} and set(sides[~poor]) == {160}
    assert sizes[poor].median() < 0.6 * sizes[~poor].median()


def test_exif_names_the_camera_and_the_season(small):
    folder, images, _ = small
    months = {"spring": range(4, 7), "summer": range(6, 10), "autumn": range(9, 13)}
    seen = set()
    for image_id, row in images[images["split"] == "test"].iterrows():
        exif = Image.open(folder / "images" / image_id).getexif()
        if exif:
            assert exif[0x0110] == files.DEVICES[row["device"]].model
            assert int(exif[0x0132][5:7]) in months[row["season"]]
            seen.add(bool(exif.get_ifd(0x8825)))
    assert seen == {True, False}


def test_file_times_say_nothing(small):
    folder, _, _ = small
    assert len({path.stat().st_mtime for path in folder.rglob("*")}) == 1


def test_other_processes_render_the_same_bytes(tmp_path, small):
    folder, _, _ = small
    # Each process grows its own ground; one kind of it is enough here.
    shots = [shot for shot in plan(development=200, test=60).shots if not shot.copy_of]
    shots = [shot for shot in shots if shot.scene.background == "paper"]
    write = partial(files.write, tmp_path / "images", tmp_path / "masks")
    dataset._run(write, shots, workers=2, progress=False)
    ours, theirs = hashes(tmp_path), hashes(folder)
    assert len(ours) > 40
    assert all(theirs[name] == digest for name, digest in ours.items())


def test_a_folder_that_is_up_to_date_is_loaded_and_others_are_rebuilt(small, monkeypatch):
    folder, images, planted = small

    def stop(*_):
        raise RuntimeError("rendering")

    monkeypatch.setattr(dataset, "_build", stop)
    again = build(folder, development=200, test=60, progress=False)
    pd.testing.assert_frame_equal(again[0], images)
    pd.testing.assert_frame_equal(again[1], planted)
    with pytest.raises(RuntimeError, match="rendering"):
        build(folder, seed=1, development=200, test=60, progress=False)
    assert hashes(folder).keys() >= {f"images/{i}" for i in images.index}


def test_an_interrupted_build_leaves_nothing(tmp_path, monkeypatch):
    def interrupt(images, masks, shots):
        images.mkdir(parents=True)
        (images / "half.jpg").write_bytes(b"")
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "write", interrupt)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path / "leaves", development=200, test=60, workers=1, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == [".leaves.lock"]


def quick_build(calls):
    """A stand-in for rendering that takes a moment and writes a table."""

    def fill(folder, asked, *_):
        calls.append(asked)
        time.sleep(0.2)
        for name in ("images", "planted"):
            pd.DataFrame({"a": [asked["seed"]]}).to_parquet(folder / f"{name}.parquet")
        (folder / "build.json").write_text(json.dumps(asked))

    return fill


def test_two_builds_at_once_render_once(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr(dataset, "_build", quick_build(calls))
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(build, tmp_path / "leaves", progress=False) for _ in range(2)]
        tables = [future.result()[0] for future in futures]
    assert len(calls) == 1
    pd.testing.assert_frame_equal(*tables)


def test_what_a_killed_build_left_does_not_come_back(tmp_path, monkeypatch):
    monkeypatch.setattr(dataset, "_build", quick_build([]))
    (tmp_path / ".leaves.part").mkdir()
    (tmp_path / ".leaves.part" / "half.jpg").write_bytes(b"x")
    build(tmp_path / "leaves", progress=False)
    names = {path.name for path in (tmp_path / "leaves").iterdir()}
    assert names == {"images.parquet", "planted.parquet", "build.json"}
    assert not (tmp_path / ".leaves.part").exists()


def test_loading_a_built_folder_does_not_import_the_renderer(small):
    folder, _, _ = small
    code = (
        "import sys; from leaves import build;"
        f"build({str(folder)!r}, development=200, test=60, progress=False);"
        "print('leaves.photo' in sys.modules or 'scipy' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_a_folder_of_something_else_is_not_touched(tmp_path):
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(FileExistsError, match="not the leaves dataset; expected an empty or a new"):
        build(tmp_path, development=200, test=60, progress=False)
    assert {path.name for path in tmp_path.iterdir()} == {"holiday.jpg"}


def test_a_script_without_a_main_guard_renders_too(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from leaves import generate\n"
        f"generate({str(tmp_path)!r}, 2, size=32, workers=2)\nprint('once')\n"
    )
    said = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, timeout=120
    )
    assert said.stdout.split() == ["once"]
    assert len(list(tmp_path.rglob("*.jpg"))) == 2


def test_a_load_of_any_size_is_generated(tmp_path):
    generate(tmp_path, 12, size=96, workers=1)
    paths = sorted(tmp_path.rglob("*.jpg"))
    assert len(paths) == 12 and len({path.parent.name for path in paths}) == 10
    assert all(max(Image.open(path).size) == 96 for path in paths)

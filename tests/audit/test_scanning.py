import os
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.audit import scan, scanning
from helpers.audit.measuring import measure_file, measure_files
from tests.audit.awkward import cut_names, encode, make, photo
from tests.audit.sets import dataset_of, real_photos


@pytest.fixture(scope="module")
def awkward(tmp_path_factory):
    folder = tmp_path_factory.mktemp("awkward")
    expected = make(folder)
    return dataset_of(folder, [*expected, *cut_names()]), expected


@pytest.fixture(scope="module")
def scanned(awkward, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKBOOK_WORK", str(tmp_path_factory.mktemp("work")))
        return scan(awkward[0], progress=False)


@pytest.fixture(autouse=True)
def fresh_work(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / "work"))


def test_there_are_at_least_forty_awkward_files(awkward):
    assert len(awkward[0].images) >= 60


def test_every_awkward_file_is_reported_as_expected(awkward, scanned):
    wrong = []
    for name, facts in awkward[1].items():
        row = scanned.loc[name]
        for column, value in facts.items():
            if column in ("problem", "note"):
                good = isinstance(row[column], str) and value in row[column]
            else:
                good = row[column] == value
            if not good:
                wrong.append((name, column, value, row.get(column), row["problem"]))
    assert wrong == []


def test_a_readable_file_has_values_and_an_unreadable_one_a_reason(scanned):
    measured = ["brightness", "contrast", "entropy", "sharpness", "phash", "thumbnail", "width"]
    assert scanned.loc[scanned["readable"], measured].notna().all(axis=None)
    assert scanned.loc[scanned["readable"], "problem"].isna().all()
    assert scanned.loc[~scanned["readable"], "problem"].notna().all()
    assert scanned.loc[~scanned["readable"], measured[:-1]].isna().all(axis=None)


def test_integrity_agrees_with_pillow_on_cut_files(awkward, scanned):
    for name in [*cut_names(), "damaged.tif", "cut.tif"]:
        try:
            with Image.open(awkward[0].path(name)) as image:
                image.load()
            opens = True
        except (OSError, SyntaxError, ValueError):
            opens = False
        assert scanned.loc[name, "readable"] == opens, (name, scanned.loc[name, "problem"])


def test_no_cut_jpeg_passes_for_whole(scanned):
    cut = scanned.loc[[name for name in cut_names() if name.endswith("jpg")]]
    assert not cut["readable"].any()


def test_an_exif_turned_photo_hashes_and_dates_like_its_upright_self(scanned):
    turned, plain = scanned.loc["turned.jpg"], scanned.loc["plain.jpg"]
    assert bin(int(turned["phash"], 16) ^ int(plain["phash"], 16)).count("1") <= 4
    assert turned["taken"] == pd.Timestamp("2021-05-04 03:02:01")
    assert pd.isna(plain["taken"])


def test_decoders_print_nothing(awkward, capfd):
    scan(awkward[0], workers=0, progress=False)
    scan(awkward[0], executor=ThreadPoolExecutor(2), progress=False, chunk=3)
    assert capfd.readouterr() == ("", "")


def test_progress_stays_silent_when_it_is_off_and_shows_otherwise(awkward, capfd):
    scan(awkward[0], workers=0, progress=False)
    assert capfd.readouterr() == ("", "")
    os.utime(awkward[0].path("plain.jpg"))
    scan(awkward[0], workers=0, progress=True, chunk=1, measure=_slow)
    assert "scan" in capfd.readouterr().err


def test_any_executor_chunk_or_order_gives_the_same_table(awkward, scanned, tmp_path, monkeypatch):
    dataset = awkward[0]
    turned = dataset_of(dataset.root, list(dataset.images.index[::-1]), sort=False)
    ways = [
        (dataset, {"workers": 0}),
        (dataset, {"workers": 1, "chunk": 7}),
        (dataset, {"executor": ThreadPoolExecutor(3), "chunk": 5}),
        (dataset, {"executor": ProcessPoolExecutor(2, get_context("spawn"))}),
        (turned, {"workers": 0, "chunk": 1}),
    ]
    for number, (given, options) in enumerate(ways):
        monkeypatch.setenv("WORKBOOK_WORK", str(tmp_path / str(number)))
        table = scan(given, progress=False, **options)
        assert list(table.index) == list(given.images.index)
        pd.testing.assert_frame_equal(table.loc[scanned.index], scanned)


def test_a_second_scan_reads_no_file(awkward, monkeypatch):
    first = scan(awkward[0], workers=0, progress=False)
    stored = sorted(awkward[0].work.glob("scan-*/*.parquet"))
    asked = []

    def ask(paths, seconds):
        asked.extend(os.path.basename(path) for path in paths)
        return measure_files(paths, seconds)

    monkeypatch.setattr("helpers.audit.scanning.inspect.getsource", lambda thing: "the same")
    scan(awkward[0], workers=0, progress=False)
    pd.testing.assert_frame_equal(scan(awkward[0], workers=0, progress=False, measure=ask), first)
    assert set(asked) == {"gone.jpg", "dangling.jpg"}  # which may be there another time
    assert len(stored) == 1


def test_a_changed_file_is_scanned_again(tmp_path):
    (tmp_path / "a.png").write_bytes(encode(photo(), "PNG"))
    dataset = dataset_of(tmp_path, ["a.png"])
    before = scan(dataset, workers=0, progress=False)
    (tmp_path / "a.png").write_bytes(encode(photo(seed=5), "PNG"))
    after = scan(dataset, workers=0, progress=False)
    assert before.loc["a.png", "sha256"] != after.loc["a.png", "sha256"]


@pytest.fixture
def ten(tmp_path):
    """Ten small photos, and the names that a scan measured, in order."""
    folder, names = tmp_path / "ten", [f"{number}.png" for number in range(10)]
    folder.mkdir()
    for number, name in enumerate(names):
        (folder / name).write_bytes(encode(photo(seed=number), "PNG"))
    measured = []

    def count(paths, seconds):
        measured.extend(os.path.basename(path) for path in paths)
        return measure_files(paths, seconds)

    def run(dataset):
        measured.clear()
        table = scan(dataset, workers=0, progress=False, measure=count)
        return table, sorted(measured)

    return folder, names, run


def test_one_image_less_measures_nothing_and_gives_the_same_rows(ten):
    folder, names, run = ten
    first, measured = run(dataset_of(folder, names))
    assert measured == names
    fewer, measured = run(dataset_of(folder, names[1:]))
    assert measured == []
    pd.testing.assert_frame_equal(fewer, first.loc[names[1:]])
    back, measured = run(dataset_of(folder, names))
    assert measured == []
    pd.testing.assert_frame_equal(back, first)


def test_only_new_and_changed_images_are_measured(ten):
    folder, names, run = ten
    first, _ = run(dataset_of(folder, names[:8]))
    (folder / "3.png").write_bytes(encode(photo(seed=50), "PNG"))
    os.utime(folder / "4.png", (1, 1))
    (folder / "5.png").unlink()
    again, measured = run(dataset_of(folder, names))
    assert measured == ["3.png", "4.png", "5.png", "8.png", "9.png"]
    assert again.loc["3.png", "sha256"] != first.loc["3.png", "sha256"]
    assert again.loc["5.png", "problem"] == "is missing"
    same = [f"{number}.png" for number in (0, 1, 2, 4, 6, 7)]
    pd.testing.assert_frame_equal(again.loc[same], first.loc[same])
    _, measured = run(dataset_of(folder, names))
    assert measured == ["5.png"]  # it may come back


def test_a_file_that_comes_back_as_it_was_is_known_again_after_another_took_its_place(ten):
    folder, names, run = ten
    data, (before, _) = (folder / "0.png").read_bytes(), run(dataset_of(folder, names))
    (folder / "0.png").write_bytes(encode(photo(seed=60), "PNG"))
    run(dataset_of(folder, names))
    (folder / "0.png").write_bytes(data)
    after, measured = run(dataset_of(folder, names))
    assert measured == ["0.png"]
    pd.testing.assert_frame_equal(after, before)


def test_many_scans_leave_one_file(ten):
    folder, names, run = ten
    dataset = dataset_of(folder, names)
    for number in range(1, 10):
        run(dataset_of(folder, names[:number]))
    (kept,) = dataset.work.glob("scan-*/*.parquet")
    run(dataset_of(folder, names[:9]))
    assert [*dataset.work.glob("scan-*/*.parquet")] == [kept], "written again for nothing"


def test_a_file_of_rows_that_was_damaged_is_measured_again(ten):
    folder, names, run = ten
    dataset = dataset_of(folder, names)
    first, _ = run(dataset)
    stored = next(dataset.work.glob("scan-*/*.parquet"))
    stored.write_bytes(stored.read_bytes()[:-30])
    again, measured = run(dataset)
    assert measured == names
    pd.testing.assert_frame_equal(again, first)


def test_an_interrupted_scan_resumes_where_it_stopped(awkward, scanned, monkeypatch):
    monkeypatch.setattr("helpers.audit.scanning.PART_ROWS", 10)
    seen = []

    patience = [30]

    def impatient(paths, seconds):
        if len(seen) >= patience[0]:
            raise KeyboardInterrupt
        seen.extend(paths)
        return measure_files(paths, seconds)

    with pytest.raises(KeyboardInterrupt):
        scan(awkward[0], workers=0, progress=False, chunk=5, measure=impatient)
    patience[0] = 1000
    table = scan(awkward[0], workers=0, progress=False, chunk=5, measure=impatient)
    assert len(set(seen)) == len(table)
    again = {os.path.basename(path) for path in seen if seen.count(path) > 1}
    assert again <= {"gone.jpg", "dangling.jpg"}
    pd.testing.assert_frame_equal(table, scanned)


def test_a_damaged_part_of_an_interrupted_scan_is_measured_again(awkward, scanned, monkeypatch):
    monkeypatch.setattr("helpers.audit.scanning.PART_ROWS", 10)
    measured = []

    def stop_once(paths, seconds):
        if len(measured) == 30:
            measured.append("stopped")
            parts = sorted(awkward[0].work.glob("scan-*/*.parquet"))
            parts[0].write_bytes(parts[0].read_bytes()[:-40])
            raise KeyboardInterrupt
        measured.extend(paths)
        return measure_files(paths, seconds)

    options = {"workers": 0, "progress": False, "chunk": 5, "measure": stop_once}
    with pytest.raises(KeyboardInterrupt):
        scan(awkward[0], **options)
    pd.testing.assert_frame_equal(scan(awkward[0], **options), scanned)
    missing = measured[:30].count(str(awkward[0].path("dangling.jpg")))
    assert len(measured) == len(scanned) + 10 + missing + 1
    assert len(list(awkward[0].work.glob("scan-*/*.parquet"))) == 1


def _slow(paths, seconds):
    time.sleep(0.03)
    return measure_files(paths, seconds)


def crash_on_b(paths, seconds):
    """A decoder that dies on b and never returns from c."""
    for path in paths:
        if path.endswith("b.png"):
            os._exit(11)
        if path.endswith("c.png"):
            time.sleep(600)
    return measure_files(paths, seconds)


def hang_on_c(paths, seconds):
    from helpers.audit import measuring

    def slow(path, levels):
        return time.sleep(600) if path.endswith("c.png") else measure_file(path, levels)

    whole, measuring.measure_file = measuring.measure_file, slow
    try:
        return measure_files(paths, seconds)
    finally:
        measuring.measure_file = whole


def test_a_file_that_crashes_or_hangs_its_decoder_is_reported_and_stops_nothing(tmp_path):
    for name in "abcde":
        (tmp_path / f"{name}.png").write_bytes(encode(photo(), "PNG"))
    dataset = dataset_of(tmp_path, [f"{name}.png" for name in "abde"])
    table = scan(dataset, progress=False, chunk=2, measure=crash_on_b)
    assert list(table.index[~table["readable"]]) == ["b.png"]
    assert "crash" in table.loc["b.png", "problem"]
    dataset = dataset_of(tmp_path, [f"{name}.png" for name in "acde"])
    table = scan(dataset, progress=False, chunk=2, seconds=1.5, measure=hang_on_c)
    assert list(table.index[~table["readable"]]) == ["c.png"]
    assert "1.5 seconds" in table.loc["c.png", "problem"]


def test_batches_are_handed_out_a_few_at_a_time(awkward):
    class Counting(Executor):
        waiting = most = 0

        def submit(self, function, *args):
            future = Future()
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            future.set_result(function(*args))
            self.waiting -= 1
            return future

    executor = Counting()
    assert len(scan(awkward[0], executor=executor, chunk=1, progress=False)) > 60
    assert executor.most <= 8


def test_statistics_have_the_units_that_are_promised(tmp_path):
    ramp = np.tile(np.linspace(0, 255, 128), (64, 1)).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "ramp.png")
    Image.new("RGB", (64, 64), (255, 0, 0)).save(tmp_path / "red.png")
    Image.new("RGB", (64, 64), "white").save(tmp_path / "white.png")
    table = scan(dataset_of(tmp_path, ["ramp.png", "red.png", "white.png"]), workers=0)
    ramp, red, white = (table.loc[f"{name}.png"] for name in ("ramp", "red", "white"))
    assert ramp["brightness"] == pytest.approx(0.5, abs=0.01)
    assert ramp["contrast"] == pytest.approx(1 / np.sqrt(12), abs=0.01)
    assert ramp["shadows"] == pytest.approx(0.05, abs=0.01)
    assert ramp["brightest"] == pytest.approx(0.99, abs=0.01)
    assert ramp["entropy"] == pytest.approx(7, abs=0.1)
    assert red["saturation"] == pytest.approx(1, abs=0.01)
    assert (white["brightness"], white["clipped"], white["entropy"]) == (1, 1, 0)
    assert table["readable"].all()


def test_real_photos_scan_without_a_problem():
    dataset = real_photos(200)
    table = scan(dataset, progress=False)
    assert table["readable"].all()
    assert table["edge_width"].between(1, 2.5).mean() > 0.99


def test_two_processes_sixty_four_files_a_minute_and_a_bar_unless_told(tmp_path, monkeypatch):
    handed, bars, bar = [], [], scanning.tqdm

    def run(keys, task, work, **options):
        handed.append(([len(batch) for batch in keys], options))
        yield from ((batch, [{"readable": True}] * len(batch)) for batch in keys)

    monkeypatch.setattr(scanning.batches, "run_batches", run)
    monkeypatch.setattr(scanning, "tqdm", lambda **more: bars.append(more) or bar(**more))
    names = [f"{number:02d}.png" for number in range(70)]
    for name in names:
        (tmp_path / name).write_bytes(b"?")
    dataset = dataset_of(tmp_path, names)
    scan(dataset.with_images(dataset.images[:3]))
    scan(dataset)
    options = {"executor": None, "workers": 2, "seconds": 60.0}
    assert handed == [([3], options), ([64, 3], options)]
    told = [{name: one[name] for name in ("total", "initial", "delay", "disable")} for one in bars]
    assert told == [
        {"total": 3, "initial": 0, "delay": 2, "disable": False},
        {"total": 70, "initial": 3, "delay": 2, "disable": False},
    ]


def test_a_measurement_that_loses_a_file_is_no_result(tmp_path):
    (tmp_path / "a.png").write_bytes(b"?")
    with pytest.raises(ValueError, match="shorter"):
        scan(dataset_of(tmp_path, ["a.png"]), workers=0, measure=lambda tasks, seconds: [])


def test_what_was_taken_for_white_is_told_unless_all_sixteen_bits_are_used():
    deep = {"highest": [None, 4000, 3000], "levels": [None, 4095, 4095]}
    deep = pd.DataFrame(deep, dtype="Int64")
    assert scanning.say_levels(deep) == [
        "2 images hold numbers of 16 bits, none above 4,000: they were taken for pictures of "
        "12 bits, and 4,095 for white in each."
    ]
    assert len(scanning.say_levels(deep[1:2])) == 1
    assert scanning.say_levels(deep[:1]) == []
    assert scanning.say_levels(pd.DataFrame({"highest": [65000], "levels": [65535]})) == []

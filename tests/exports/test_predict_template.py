"""What predict.py makes of files: the pixels that training saw, and sentences where it cannot."""

import csv
import io
import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pillow_heif
import pytest
from onnx import TensorProto, helper
from PIL import Image

from helpers.datasets.pixels import LEVELS, read_rgb
from helpers.evaluation import read_predictions
from helpers.exports import predict_template as program
from helpers.opening.folders import EXTENSIONS
from helpers.training.decoding import METHODS, PADDING, fit

ORIENTATION = 274


def noise(seed=0, height=90, width=130, channels=3, top=256, dtype=np.uint8):
    """A picture with low frequencies and high ones, each of its corners another colour."""
    rng = np.random.default_rng(seed)
    across = np.linspace(0, 1, width)[None, :, None] * np.linspace(1, 0.2, channels)
    down = np.linspace(0, 1, height)[:, None, None] * np.linspace(0.1, 1, channels)
    values = (across + down) / 2 * 0.8 + rng.random((height, width, channels)) * 0.2
    return (values * (top - 1)).astype(dtype).squeeze()


def seen_in_training(path, size, method, levels=None):
    return fit(read_rgb(path, size, levels), size, method)


def png_of_sixteen_bits(path, values):
    """Colour of 16 bits a channel, which Pillow cannot write: height × width × 2, 3 or 4."""
    height, width, channels = values.shape
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    kinds = [
        (
            b"IHDR",
            struct.pack(">IIBBBBB", width, height, 16, {2: 4, 3: 2, 4: 6}[channels], 0, 0, 0),
        ),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    parts = [
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in kinds
    ]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


def save_as(kind, path):
    """Write a picture of this kind; its path, with the right extension."""
    pillow_heif.register_heif_opener()
    rgb, alpha = Image.fromarray(noise()), Image.fromarray(noise(1, channels=1))
    exif = Image.Exif()
    if kind.startswith("turned"):
        exif[ORIENTATION] = int(kind.split()[2])
        path = path.with_suffix("." + kind.split()[1])
        rgb.save(path, exif=exif)
    elif kind.startswith("deep"):
        _, channels, top = kind.split()
        path = path.with_suffix(".png")
        png_of_sixteen_bits(path, noise(2, 60, 70, int(channels), int(top) + 1, np.uint16))
    elif kind.startswith("sixteen"):
        path = path.with_suffix(f".{kind.split()[1]}")
        values = noise(3, channels=1, top=int(kind.split()[2]) + 1, dtype=np.uint16)
        values[:9, :9] = 0  # black is a value like others
        Image.fromarray(values).save(path)
    else:
        make = {
            "jpeg": lambda: rgb.save(path.with_suffix(".jpg"), quality=85),
            "large jpeg": (
                lambda: Image.fromarray(noise(4, 700, 900)).save(path.with_suffix(".jpg"))
            ),
            "wide jpeg": lambda: Image.fromarray(noise(4, 40, 900)).save(path.with_suffix(".jpg")),
            "grey jpeg": lambda: rgb.convert("L").save(path.with_suffix(".jpg")),
            "cmyk jpeg": lambda: rgb.convert("CMYK").save(path.with_suffix(".jpg")),
            "progressive jpeg": lambda: rgb.save(path.with_suffix(".jpg"), progressive=True),
            "cmyk tiff": lambda: rgb.convert("CMYK").save(path.with_suffix(".tif")),
            "png": lambda: rgb.save(path.with_suffix(".png")),
            "grey png": lambda: rgb.convert("L").save(path.with_suffix(".png")),
            "one bit": lambda: rgb.convert("1").save(path.with_suffix(".png")),
            "palette": lambda: rgb.quantize(40).save(path.with_suffix(".png")),
            "palette with a hole": (
                lambda: rgb.quantize(8).save(path.with_suffix(".png"), transparency=3)
            ),
            "colour key": (
                lambda: Image.new("RGB", (50, 40), (1, 2, 3)).save(
                    path.with_suffix(".png"), transparency=(1, 2, 3)
                )
            ),
            "alpha": (
                lambda: Image.merge("RGBA", (*rgb.split(), alpha)).save(path.with_suffix(".png"))
            ),
            "grey alpha": (
                lambda: Image.merge("LA", (rgb.convert("L"), alpha)).save(path.with_suffix(".png"))
            ),
            "webp": lambda: rgb.save(path.with_suffix(".webp")),
            "gif of two": (
                lambda: rgb.quantize(20).save(
                    path.with_suffix(".gif"), save_all=True, append_images=[alpha.quantize(20)]
                )
            ),
            "float": (
                lambda: Image.fromarray(noise(5, channels=1).astype(np.float32) - 40).save(
                    path.with_suffix(".tif")
                )
            ),
            "integers": (
                lambda: Image.fromarray(noise(6, channels=1, top=90_000, dtype=np.int32)).save(
                    path.with_suffix(".tif")
                )
            ),
            "lab": lambda: rgb.convert("RGB").convert("YCbCr").save(path.with_suffix(".jpg")),
            "heic": lambda: rgb.save(path.with_suffix(".heic"), quality=70),
            "avif": lambda: rgb.save(path.with_suffix(".avif"), quality=70),
            "bmp": lambda: rgb.save(path.with_suffix(".bmp")),
            "netpbm": lambda: rgb.save(path.with_suffix(".ppm")),
            "one pixel": lambda: Image.new("RGB", (1, 1), "red").save(path.with_suffix(".png")),
            "tall": lambda: Image.fromarray(noise(7, 300, 3)).save(path.with_suffix(".jpg")),
        }
        make[kind]()
    return next(path.parent.glob(path.stem + ".*"))


KINDS = [
    *("jpeg", "large jpeg", "wide jpeg", "grey jpeg", "cmyk jpeg", "progressive jpeg", "tall"),
    *("cmyk tiff", "png", "grey png", "one bit", "palette", "palette with a hole", "colour key"),
    *("alpha", "grey alpha", "webp", "gif of two", "float", "integers", "lab", "bmp", "netpbm"),
    *("one pixel", "heic", "avif"),
    *(f"turned {kind} {way}" for kind in ("jpg", "png", "tif", "webp") for way in (3, 5, 6, 8)),
    *(f"sixteen png {top}" for top in (200, 1000, 4095, 16000, 65535)),
    *("sixteen tif 4000", "sixteen tif 60000", "sixteen pgm 4000"),
    *(f"deep {channels} {top}" for channels in (2, 3, 4) for top in (900, 4095, 16000, 65535)),
]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_gives_the_very_pixels_that_training_saw(kind, tmp_path):
    path = save_as(kind, tmp_path / "picture")
    for method in METHODS:
        for levels in (None, 4095, 65535):
            found = program.read_picture(path, 24, method, levels)
            expected = seen_in_training(path, 24, method, levels)
            assert found.dtype == np.uint8 and found.shape == (24, 24, 3)
            assert np.array_equal(found, expected), (method, levels)


def test_large_photos_are_reduced_while_they_are_decoded_as_in_training(tmp_path):
    path = save_as("large jpeg", tmp_path / "picture")
    plain = fit(Image.open(path).convert("RGB"), 48, "squish")
    found = program.read_picture(path, 48)
    assert np.array_equal(found, seen_in_training(path, 48, "squish"))
    assert not np.array_equal(found, plain)


def test_heic_is_read_by_a_package_that_may_be_absent(tmp_path, monkeypatch):
    path, called = save_as("heic", tmp_path / "picture"), []
    others = [save_as(kind, tmp_path / kind) for kind in ("avif", "png")]
    monkeypatch.setattr(pillow_heif, "register_heif_opener", lambda: called.append(1))
    for one in (path, *others):
        program.read_picture(one, 24)
        assert called == [1]
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(program.Problem, match="it is HEIC, which needs: pip install pillow-heif"):
        program.read_picture(path, 24)


def test_photos_with_a_broken_exif_block_are_read(tmp_path):
    path = save_as("turned jpg 6", tmp_path / "picture")
    data = bytearray(path.read_bytes())
    at = data.index(b"Exif\0\0") + 6
    data[at : at + 4] = b"ZZ*\0"
    path.write_bytes(data)
    assert np.array_equal(program.read_picture(path, 24), seen_in_training(path, 24, "squish"))


def test_the_program_repeats_what_the_package_knows():
    assert program.EXTENSIONS == EXTENSIONS
    assert (program.PADDING, program.LEVELS) == (PADDING, LEVELS)
    source = Path(program.__file__).read_text(encoding="utf-8")
    assert "helpers" not in source and "torch" not in source and "pickle" not in source


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"not a picture", "no picture that Pillow can read"),
        (b"\xff\xd8\xff\xe0 nothing", "cannot be read"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 30, "cannot be read"),
    ],
)
def test_what_is_no_picture_is_said_in_one_sentence(content, words, tmp_path):
    (tmp_path / "odd.jpg").write_bytes(content)
    with pytest.raises(program.Problem, match=words) as problem:
        program.read_picture(tmp_path / "odd.jpg", 24)
    assert "\n" not in str(problem.value) and "odd.jpg" in str(problem.value)


def test_a_photo_that_is_cut_short_is_refused_as_in_training(tmp_path):
    path = save_as("jpeg", tmp_path / "picture")
    path.write_bytes(path.read_bytes()[:-900])
    with pytest.raises(OSError):
        read_rgb(path)
    with pytest.raises(program.Problem, match="truncated"):
        program.read_picture(path, 24)


def test_files_are_found_in_folders_in_the_order_of_names(tmp_path):
    for name in ("b/2.JPG", "b/10.png", "a/x.tif", ".hidden/y.png", "b/._2.jpg", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    named = str(tmp_path / "b" / "notes.txt")
    found = program.find_pictures([named, str(tmp_path), str(tmp_path / "b")])
    names = [Path(path).relative_to(tmp_path).as_posix() for path in found]
    assert names == ["b/notes.txt", "a/x.tif", "b/10.png", "b/2.JPG"]


CLASSES = ["prediction", 'a "quoted", |odd|\nname', "=über 葉"]


@pytest.fixture
def model(tmp_path):
    """An ONNX file whose classes are the shares of red, green and blue in a picture."""
    nodes = [
        helper.make_node("ReduceMean", ["images", "axes"], ["means"], keepdims=0),
        helper.make_node("ReduceSum", ["means", "last"], ["sums"], keepdims=1),
        helper.make_node("Div", ["means", "sums"], ["probabilities"]),
    ]
    sizes = ["N", 3, 8, 8]
    graph = helper.make_graph(
        nodes, "means",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, sizes)],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 3])],
        [
            helper.make_tensor("axes", TensorProto.INT64, [2], [2, 3]),
            helper.make_tensor("last", TensorProto.INT64, [1], [1]),
        ],
    )  # fmt: skip
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    facts = {"classes": CLASSES, "size": 8, "method": "squish", "levels": None}
    helper.set_model_props(proto, {name: json.dumps(value) for name, value in facts.items()})
    folder = tmp_path / "model"
    folder.mkdir()
    onnx.save(proto, folder / "model.onnx")
    (folder / "predict.py").write_bytes(Path(program.__file__).read_bytes())
    return folder


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, colour in {"red": (200, 40, 10), "green": (30, 150, 20), "blue": (0, 0, 90)}.items():
        Image.new("RGB", (30, 20), colour).save(folder / f"{name}.png")
    return folder


def run(model, *arguments, **options):
    command = [sys.executable, "-I", str(model / "predict.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", **options)


def test_the_program_runs_alone_and_writes_a_table_that_the_workbook_reads(model, photos, tmp_path):
    done = run(model, photos, "--top", 2, "--csv", tmp_path / "out.csv", cwd="/")
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    assert lines[0].endswith("blue.png: =über 葉 100.0%, prediction 0.0%")
    assert lines[2].endswith(r'red.png: prediction 80.0%, a "quoted", |odd|\nname 16.0%')
    rows = [*csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8")))]
    assert [*rows[0]] == ["file", "prediction", "confidence", "probability of prediction",
                          *CLASSES[1:]]  # fmt: skip
    assert [row["prediction"] for row in rows] == [CLASSES[2], CLASSES[1], CLASSES[0]]
    assert float(rows[2]["confidence"]) == pytest.approx(0.8, abs=1e-6)
    again = read_predictions_of(tmp_path / "out.csv")
    assert again.shape == (3, 7)


def read_predictions_of(path):
    import pandas as pd

    table = pd.read_csv(path)
    table["label"] = "=über 葉"
    table.to_csv(path, index=False)
    return read_predictions(path, files="file")


def test_what_cannot_be_read_is_named_in_the_table_and_in_the_exit_code(model, photos, tmp_path):
    (photos / "broken.jpg").write_bytes(b"\xff\xd8 broken")
    (photos / "empty.png").touch()
    done = run(model, photos, "--csv", tmp_path / "out.csv")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert "broken.jpg" in done.stderr and "2 of 5 files could not be read." in done.stderr
    rows = [*csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text(encoding="utf-8")))]
    assert [row["problem"] != "" for row in rows] == [False, True, True, False, False]
    assert [rows[1][name] for name in ("prediction", "confidence", CLASSES[2])] == ["", "", ""]


def test_a_file_that_is_no_table_of_predictions_is_never_written_over(model, photos):
    before = (photos / "red.png").read_bytes()
    done = run(model, photos / "blue.png", "--csv", photos / "red.png")
    assert done.returncode == 2 and "it is kept" in done.stderr
    assert (photos / "red.png").read_bytes() == before
    for _ in range(2):
        assert run(model, photos / "blue.png", "--csv", photos / "out.csv").returncode == 0
    assert run(model, photos, "--csv", photos / "no" / "out.csv").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.jpg"], "There is no file or folder 'nowhere.jpg'."),
        (["empty"], "There are no pictures in 'empty'"),
        (["red.png", "--top", "0"], "--top takes a number from 1"),
        (["red.png", "--model", "red.png"], "is no model that onnxruntime"),
        (["red.png", "--model", "none.onnx"], "There is no 'none.onnx'"),
        (["red.png", "--model", "bare.onnx"], "does not say its classes"),
    ],
)
def test_mistakes_at_the_keyboard_are_one_sentence(arguments, words, model, photos):
    (photos / "empty").mkdir()
    bare = onnx.load(model / "model.onnx")
    del bare.metadata_props[:]
    onnx.save(bare, photos / "bare.onnx")
    done = run(model, *arguments, cwd=photos)
    assert done.returncode == 2 and done.stdout == ""
    assert words in done.stderr and "Traceback" not in done.stderr


def test_without_its_packages_the_program_says_what_to_install(model, photos):
    (model / "onnxruntime.py").write_text("raise ImportError('gone', name='onnxruntime')")
    command = [sys.executable, str(model / "predict.py"), str(photos)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ})
    assert done.returncode == 1
    assert (
        done.stderr.strip() == "This needs the package onnxruntime, which is not installed here: "
        "pip install onnxruntime pillow numpy"
    )


def test_names_of_files_cannot_write_on_the_terminal(model, tmp_path):
    name = os.fsencode(tmp_path) + b"/\x1b[2J\n\xff.png"
    with open(name, "wb") as file:
        Image.new("RGB", (4, 4), "red").save(file, "PNG")
    done = run(model, os.fsdecode(name), "--csv", tmp_path / "out.csv")
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout and len(done.stdout.splitlines()) == 1
    assert r"\x1b[2J\n\udcff.png" in done.stdout
    assert len([*csv.reader(io.StringIO((tmp_path / "out.csv").read_text()))]) == 2


@pytest.mark.parametrize("number", [1, 31, 32, 33])
def test_pictures_in_several_batches_keep_their_own_answers(number, model, tmp_path):
    rng = np.random.default_rng(number)
    shares = rng.integers(1, 255, (number, 3))
    for i, colour in enumerate(shares):
        Image.new("RGB", (5, 5), tuple(map(int, colour))).save(tmp_path / f"{i:03d}.png")
    files = program.find_pictures([str(tmp_path)])
    rows = []
    program.run(program.Model(model / "model.onnx"), files, 1, rows)
    found = np.array([row[3:-1] for row in rows], float)
    assert {row[-1] for row in rows} == {""}
    np.testing.assert_allclose(found, shares / shares.sum(1, keepdims=True), atol=1e-5)
    assert [row[1] for row in rows] == [CLASSES[i] for i in shares.argmax(1)]


def test_what_was_done_before_an_interruption_is_kept(model, photos, tmp_path, monkeypatch, capsys):
    read, seen = program.Model.read, []

    def read_two(self, path):
        seen.append(path)
        if len(seen) > 2:
            raise KeyboardInterrupt
        return read(self, path)

    monkeypatch.setattr(program.Model, "read", read_two)
    monkeypatch.setattr(program, "BATCH", 1)
    arguments = [
        str(photos),
        "--model",
        str(model / "model.onnx"),
        "--csv",
        str(tmp_path / "o.csv"),
    ]
    assert program.main(arguments) == 130
    assert "Stopped after 2 of 3 files." in capsys.readouterr().err
    rows = [*csv.reader(io.StringIO((tmp_path / "o.csv").read_text(encoding="utf-8")))]
    assert [Path(row[0]).name for row in rows[1:]] == ["blue.png", "green.png"]


def test_a_table_that_cannot_be_written_in_the_end_is_said(model, photos, monkeypatch, capsys):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(program, "write_csv", full)
    model = ["--model", str(model / "model.onnx")]
    assert program.main([str(photos), *model, "--csv", str(photos / "o.csv")]) == 2
    assert "o.csv' cannot be written: No space left on device" in capsys.readouterr().err


def test_a_name_with_a_carriage_return_stays_one_row(tmp_path):
    rows = [["a\rb.jpg", *["x"] * len(program.FACTS), "0.5", ""],
            ["c,d.jpg", *["y"] * len(program.FACTS), "0.25", ""]]  # fmt: skip
    program.write_csv(str(tmp_path / "o.csv"), rows, ["oak"], problems=False)
    text = (tmp_path / "o.csv").read_bytes().decode()
    assert text.startswith(program.FILE + ",")  # by which a table of this program is known again
    read = [*csv.reader(io.StringIO(text, newline=""))]
    assert [row[0] for row in read] == [program.FILE, "a\rb.jpg", "c,d.jpg"]
    assert pd.read_csv(tmp_path / "o.csv")[program.FILE].tolist() == ["a\rb.jpg", "c,d.jpg"]
    assert {len(row) for row in read} == {len(program.FACTS) + 2}


def test_a_reader_that_has_seen_enough_is_no_failure(model, photos):
    for number in range(300):
        Image.new("RGB", (4, 4), "red").save(photos / f"{number:03d}.png")
    command = f"{sys.executable} -I {model / 'predict.py'} {photos} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr

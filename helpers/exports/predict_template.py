#!/usr/bin/env python3
"""Say what photos show, with the model in ``model.onnx`` beside this file.

    pip install onnxruntime pillow numpy
    python predict.py photo.jpg folder/ --top 3 --csv out.csv

Folders are searched with all that lies in them. Pictures are read and resized as in the training
of the model: first frame, turned upright by their EXIF tag, transparency on white, colour and grey
of 16 bits scaled. HEIC files need the package pillow-heif besides. Damage that Pillow passes over
(it repairs some JPEG files) is not noticed here.

Exit code: 0 when every picture was read, 1 when some could not be, 2 when nothing was done, 130
when it was stopped; what was done by then is in the table.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import warnings
from io import BytesIO
from pathlib import Path

try:
    import numpy as np
    import onnxruntime
    from PIL import Image, ImageOps
except ImportError as missing:
    sys.exit(
        f"This needs the package {missing.name}, which is not installed here: "
        "pip install onnxruntime pillow numpy"
    )

EXTENSIONS = {".jpg", ".jpeg", ".jpe", ".jfif", ".pjpeg", ".png", ".apng", ".bmp", ".dib"}
EXTENSIONS |= {".webp", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm", ".avif"}
EXTENSIONS |= {".heic", ".heif", ".hif", ".jp2", ".tga"}
PADDING = (124, 116, 104)
LEVELS = (255, 1023, 4095, 16383, 65535)
BATCH = 32
FILE, FACTS = "file", ("prediction", "confidence")
FAILURE = "problem"
TAKEN = {FILE, FAILURE, *FACTS, "label", "loss", "image_id"}
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Problem(Exception):
    """What went wrong, in a sentence for the person at the keyboard."""


class Model:
    """The network in an ONNX file, and what it says of itself.

    Attributes
    ----------
    classes : list of str
    size : int, side in pixels of the square that pictures are brought to
    method : "squish", "crop" or "pad"
    levels : int or None, what is white in pictures of 16 bits; None, told by each picture alone
    """

    def __init__(self, path: str | os.PathLike):
        if not Path(path).is_file():
            raise Problem(f"There is no '{path}'; predict.py needs the model.onnx it came with.")
        onnxruntime.set_default_logger_severity(3)  # errors: it warns of hardware it does not find
        try:
            self.session = onnxruntime.InferenceSession(
                os.fspath(path), providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise Problem(
                f"'{path}' is no model that onnxruntime {onnxruntime.__version__} reads: "
                f"{str(error).splitlines()[0][:160]}"
            ) from error
        facts = self.session.get_modelmeta().custom_metadata_map
        try:
            self.classes, self.size, self.method, self.levels = (
                json.loads(facts[name]) for name in ("classes", "size", "method", "levels")
            )
        except (KeyError, ValueError) as error:
            raise Problem(
                f"'{path}' does not say its classes and the size of its pictures; predict.py reads "
                "models exported together with it."
            ) from error

    def read(self, path: str | os.PathLike) -> np.ndarray:
        """A picture as the network takes it: uint8, size × size × 3."""
        return read_picture(path, self.size, self.method, self.levels)

    def predict(self, pictures: list[np.ndarray]) -> np.ndarray:
        """Probabilities, pictures × classes, of pictures from `read`."""
        images = np.stack(pictures).transpose(0, 3, 1, 2).astype(np.float32) / np.float32(255)
        return self.session.run(["probabilities"], {"images": images})[0]


def read_picture(
    path: str | os.PathLike, size: int, method: str = "squish", levels: int | None = None
) -> np.ndarray:
    """One file as uint8, size × size × 3; raises Problem where it cannot be read."""
    try:
        data = Path(path).read_bytes()
        if data[4:8] == b"ftyp" and data[8:12] not in (b"avif", b"avis"):
            _register_heif()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of metadata, which is not looked at
            image = Image.open(BytesIO(data))
            return fit(_upright(image, data, size, levels), size, method)
    except Problem:
        raise
    except Image.UnidentifiedImageError:
        what = "it is no picture that Pillow can read" if data else "it is empty"
        raise Problem(f"'{path}' cannot be read: {what}.") from None
    except Exception as error:  # a broken file may raise anything
        why = (str(getattr(error, "strerror", None) or error) or type(error).__name__).splitlines()
        raise Problem(f"'{path}' cannot be read: {why[0][:160]}.") from error


def _register_heif() -> None:
    try:
        import pillow_heif
    except ImportError:
        raise OSError("it is HEIC, which needs: pip install pillow-heif") from None
    pillow_heif.register_heif_opener()


def fit(image: Image.Image, size: int, method: str) -> np.ndarray:
    """An RGB picture as a square: squished, cut to its middle, or padded with grey bars."""
    square, smooth = (size, size), Image.Resampling.BILINEAR
    if method == "squish":
        image = image.resize(square, smooth, reducing_gap=3)
    elif method == "crop":
        image = ImageOps.fit(image, square, smooth)
    else:
        image = ImageOps.pad(image, square, smooth, PADDING)
    return np.asarray(image)


def _upright(image: Image.Image, data: bytes, size: int, levels: int | None) -> Image.Image:
    """The opened picture, decoded, as RGB of 8 bits, as its camera was held."""
    if image.format in ("JPEG", "MPO"):
        # JPEG can be decoded at 1/2 to 1/8 of its size, several times faster.
        largest = size * max(image.size) / min(image.size)
        scale = largest / max(*image.size, largest)
        image.draft(None, tuple(max(1, int(side * scale)) for side in image.size))
    # Pillow keeps 8 bits of colour of 16, and only the raw mode of its tiles still tells.
    deep = ";16" in str(image.tile[0].args) if image.tile else False
    deep = deep and not image.mode.startswith("I")
    image.load()
    # Pillow turns TIFF while it decodes.
    turn = None if image.format == "TIFF" else TURNS.get(_orientation(image))
    if deep:
        image = _deep_colour(image, data, levels)
    if image.mode.startswith("I") or image.mode == "F":
        image = _grey_numbers(image, levels)
    if turn is not None:
        image = image.transpose(turn)
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def _orientation(image: Image.Image) -> int | None:
    try:
        return image.getexif().get(274)
    except Exception:  # Pillow raises almost anything on a broken block
        return None


def _white(highest: int) -> int:
    """What is white in a picture whose greatest value is this: that of 8, 10, 12, 14, 16 bits."""
    return next(level for level in LEVELS if level >= highest)


def _grey_numbers(image: Image.Image, levels: int | None) -> Image.Image:
    """Grey of 16 bits scaled to 8; floats and larger numbers from their least to their greatest."""
    values = np.asarray(image).astype(np.float64)
    low, high = image.getextrema()
    if image.mode.startswith("I") and low >= 0 and high <= LEVELS[-1]:
        # Of Netpbm files, Pillow stretches what they declare to 16 bits.
        highest = LEVELS[-1] if image.format == "PPM" else int(high)
        low, high = 0.0, float(levels or _white(highest))
    else:
        low, high = np.nanmin(values), np.nanmax(values)
    scaled = (values - low) / max(high - low, np.finfo(float).tiny) * 255
    return Image.fromarray(np.nan_to_num(scaled).round().clip(0, 255).astype(np.uint8))


def _deep_colour(image: Image.Image, data: bytes, levels: int | None) -> Image.Image:
    """Colour of 10 to 14 bits in a file of 16, of which Pillow has kept the upper 8."""
    colours = len(image.getbands()) - (image.getbands()[-1] in "Aa")
    extrema = image.getextrema()
    extrema = extrema if isinstance(extrema[0], tuple) else (extrema,)
    if 256 * max(high for _, high in extrema[:colours]) + 255 > LEVELS[-2]:
        return image
    values = _sixteen_bits(image, data)
    levels = levels or _white(int(values[..., :colours].max()))
    if levels == LEVELS[-1]:
        return image
    scaled = values / np.float32(levels) * 255
    if colours < values.shape[2]:
        scaled[..., -1] = values[..., -1] / np.float32(257)  # how opaque it is has no levels
    scaled = scaled.round().clip(0, 255).astype(np.uint8)
    return Image.fromarray(scaled, "CMYK" if image.mode == "CMYK" else None)


def _sixteen_bits(image: Image.Image, data: bytes) -> np.ndarray:
    """All 16 bits, height × width × channels: the lower ones come where Pillow is told that the
    order of bytes is the other one."""
    other = Image.open(BytesIO(data))
    if "LA;16B" in str(other.tile[0].args):
        other.tile = [tile._replace(args="RGBA") for tile in other.tile]
        other.load()
        four = np.asarray(other).astype(np.uint16)
        grey, opaque = four[..., 0] << 8 | four[..., 1], four[..., 2] << 8 | four[..., 3]
        return np.stack([grey, grey, grey, opaque], axis=-1)
    order = {"16B": "16L", "16L": "16B", "16N": "16B" if sys.byteorder == "little" else "16L"}

    def turned(args):
        if isinstance(args, str):
            return args[:-3] + order[args[-3:]]
        return (turned(args[0]), *args[1:])

    other.tile = [tile._replace(args=turned(tile.args)) for tile in other.tile]
    other.load()
    return (np.asarray(image).astype(np.uint16) << 8) + np.asarray(other).astype(np.uint16)


def find_pictures(paths: list[str]) -> list[str]:
    """Each file that is named, and the pictures in each folder, in the order of their names."""
    found: dict[str, None] = {}
    for path in paths:
        if not os.path.isdir(path):
            if not os.path.exists(path):
                raise Problem(f"There is no file or folder '{path}'.")
            found[path] = None
            continue
        inside = []
        for folder, folders, files in os.walk(path):
            folders[:] = [name for name in folders if not name.startswith(".")]
            inside += [
                os.path.join(folder, name)
                for name in files
                if not name.startswith(".") and Path(name).suffix.lower() in EXTENSIONS
            ]
        if not inside:
            raise Problem(
                f"There are no pictures in '{path}' (looked for {', '.join(sorted(EXTENSIONS))})."
            )
        found.update(dict.fromkeys(sorted(inside)))
    return list(found)


def printable(text: str) -> str:
    """`text` on one line, whatever a file or a class is called."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def column_names(classes: list[str]) -> list[str]:
    """What the columns of probabilities are called; no two columns of the table are alike."""
    taken, names = {*TAKEN, *classes}, []
    for name in classes:
        if name in TAKEN:
            name = f"probability of {name}"
            while name in taken:
                name = f"probability of {name}"
        taken.add(name)
        names.append(name)
    return names


def write_csv(path: str, rows: list[list[str]], classes: list[str], problems: bool) -> None:
    """A row per file; why some could not be read is in a last column where there are any."""
    table = [[FILE, *FACTS, *column_names(classes), FAILURE], *rows]
    with open(path, "w", newline="", encoding="utf-8", errors="backslashreplace") as file:
        for row in table:
            cells = row if problems else row[:-1]
            # Python before 3.13 leaves a carriage return bare, which would end the row.
            bare = any("\r" in str(cell) for cell in cells)
            quoting = csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL
            csv.writer(file, lineterminator="\n", quoting=quoting).writerow(cells)


def check_csv(path: str | None) -> None:
    """Raise Problem before hours of work where a table could not be written, or would replace
    something else than a table of this program."""
    if path is None:
        return
    if os.path.isdir(path) or not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        raise Problem(f"'{path}' cannot be written: there is no folder for it, or it is one.")
    if os.path.exists(path):
        with open(path, "rb") as file:
            start = file.read(32)
        if start and not start.startswith(",".join([FILE, *FACTS]).encode()):
            raise Problem(f"'{path}' is there already and no table of predictions; it is kept.")


def run(model: Model, files: list[str], top: int, rows: list[list[str]]) -> None:
    """Predict, print, and add a row per file: its last cell says why it could not be read."""
    for at in range(0, len(files), BATCH):
        pictures, problems = {}, {}
        for name in files[at : at + BATCH]:
            try:
                pictures[name] = model.read(name)
            except Problem as problem:
                problems[name] = printable(str(problem))
        found = model.predict([*pictures.values()]) if pictures else []
        chances = dict(zip(pictures, found, strict=True))
        for name in files[at : at + BATCH]:
            if name in problems:
                print(problems[name], file=sys.stderr)
                rows.append([name, "", "", *[""] * len(model.classes), problems[name]])
                continue
            own = chances[name]
            best = np.argsort(-own, kind="stable")[:top]
            said = ", ".join(f"{printable(model.classes[i])} {own[i]:.1%}" for i in best)
            print(f"{printable(name)}: {said}", flush=True)
            digits = [f"{value:.9g}" for value in own]
            rows.append([name, model.classes[best[0]], digits[best[0]], *digits, ""])


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description="Say what photos show, with the model in model.onnx beside this file.",
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a photo, or a folder of photos")
    parser.add_argument("--top", type=int, default=1, metavar="N", help="show the N likeliest")
    parser.add_argument("--csv", metavar="FILE", help="write all probabilities to a table")
    parser.add_argument(
        "--model", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "model.onnx"),
        metavar="FILE", help="another model.onnx",
    )  # fmt: skip
    chosen = parser.parse_args(arguments)
    if chosen.top < 1:
        parser.error("--top takes a number from 1")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that this terminal cannot show is no failure
            stream.reconfigure(errors="backslashreplace")
    try:
        check_csv(chosen.csv)
        files, model = find_pictures(chosen.paths), Model(chosen.model)
    except Problem as problem:
        print(printable(str(problem)), file=sys.stderr)
        return 2
    rows: list[list[str]] = []
    stopped = False
    try:
        run(model, files, chosen.top, rows)
    except KeyboardInterrupt:
        stopped = True
    except BrokenPipeError:  # whoever reads the output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        stopped = True
    failures = sum(row[-1] != "" for row in rows)
    if chosen.csv:
        try:
            write_csv(chosen.csv, rows, model.classes, bool(failures))
        except OSError as error:
            print(f"'{printable(chosen.csv)}' cannot be written: {error.strerror}", file=sys.stderr)
            return 2
    if failures:
        print(f"{failures:,} of {len(rows):,} files could not be read.", file=sys.stderr)
    if stopped:
        print(f"Stopped after {len(rows):,} of {len(files):,} files.", file=sys.stderr)
    return 130 if stopped else int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())

"""A folder of awkward files, and what a scan must say about each."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def photo(width: int = 96, height: int = 64, seed: int = 0) -> Image.Image:
    """A picture with smooth shading, edges and grain, so that no encoder finds it trivial."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / max(width, height)
    waves = [np.sin(rng.uniform(2, 14) * x + rng.uniform(2, 14) * y + 2 * k) for k in range(3)]
    pixels = 128 + 60 * np.stack(waves, axis=-1) + rng.normal(0, 6, (height, width, 3))
    pixels[height // 4 : height // 2, width // 4 : width // 2] *= 0.4
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def encode(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A valid header and no pixels to speak of: a decompression bomb."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(bytes(10_000)))
        + chunk(b"IEND", b"")
    )


def make(folder: Path) -> dict[str, dict]:
    """Write the files; return, by name, the values that a scan of each must show.

    ``problem`` and ``note`` are words the text must contain. Cut files are judged by Pillow.
    """
    image, expected = photo(), {}

    def add(name: str, data: bytes | None, **facts) -> None:
        if data is not None:
            (folder / name).write_bytes(data)
        expected[name] = {"readable": "problem" not in facts} | facts

    jpeg, png = encode(image, "JPEG", quality=90), encode(image, "PNG")
    progressive = encode(image, "JPEG", progressive=True)
    add("plain.jpg", jpeg, format="JPEG", mode="RGB", width=96, height=64)
    add("plain.png", png, format="PNG", mode="RGB", bytes=len(png))
    for tenth in range(1, 10):
        add(f"cut at {tenth} tenths.jpg", jpeg[: len(jpeg) * tenth // 10])
        add(f"cut at {tenth} tenths.png", png[: len(png) * tenth // 10])
        del expected[f"cut at {tenth} tenths.jpg"], expected[f"cut at {tenth} tenths.png"]
    add("progressive.jpg", progressive, format="JPEG")
    add("progressive cut.jpg", progressive[:-400], problem="ends at byte")
    add("no end marker.jpg", jpeg[:-2], problem="ends at byte")
    add("empty.jpg", b"", problem="0 bytes")
    add("zeros.jpg", bytes(5000), problem="all its 5,000 bytes are zero")
    add("text.jpg", b"I am not a picture, only some words.\n" * 9, problem="plain text")
    add("page.jpg", b"<!DOCTYPE html><html><body>404</body></html>", problem="HTML")
    add("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg"/>', problem="XML or SVG")
    add("paper.jpg", b"%PDF-1.7 and so on", problem="PDF")
    add("pointer.jpg", b"version https://git-lfs.github.com/spec/v1\n", problem="Git LFS")
    add("noise.jpg", np.random.default_rng(1).bytes(3000), problem="not an image")
    add("overwritten.jpg", jpeg[:20] + bytes(len(jpeg) - 20), problem="JPEG")
    add("really a png.jpg", png, note="named .jpg but holds PNG", format="PNG")
    add("really a jpeg.png", jpeg, note="named .png but holds JPEG", format="JPEG")
    add("UPPER.JPG", jpeg, format="JPEG")
    at = png.index(b"IDAT") + 12
    add("flipped bit.png", png[:at] + bytes([png[at] ^ 4]) + png[at + 1 :])
    expected["flipped bit.png"] = {"readable": False, "problem": "checksum of its IDAT"}
    add("wrong checksum.png", png[:-16] + b"\0\0\0\0" + png[-12:], problem="checksum")
    add("bomb.png", png_that_claims(40_000, 40_000), problem="decompression bomb")
    add("large claim.png", png_that_claims(13_000, 13_500), problem="ends at byte")
    add("grey.png", encode(image.convert("L"), "PNG"), mode="L", saturation=0.0)
    add("bilevel.png", encode(image.convert("1"), "PNG"), mode="1")
    add("palette.png", encode(image.quantize(32), "PNG"), mode="P")
    seen = encode(image.quantize(32), "PNG", transparency=bytes(range(0, 256, 8)))
    add("palette with transparency.png", seen, mode="P")
    add("transparent.png", encode(Image.new("RGBA", (40, 30)), "PNG"), mode="RGBA", brightness=1.0)
    add("grey with alpha.png", encode(image.convert("LA"), "PNG"), mode="LA")
    add("cmyk.jpg", encode(image.convert("CMYK"), "JPEG"), mode="CMYK")
    deep = (np.asarray(image.convert("L"), np.uint16) * 257).astype(np.uint16)
    add("16 bit.png", encode(Image.fromarray(deep), "PNG"), mode="I;16")
    add("16 bit.tif", encode(Image.fromarray(deep), "TIFF"), mode="I;16", format="TIFF")
    floats = np.asarray(image.convert("F")) / 255
    add("float.tif", encode(Image.fromarray(floats), "TIFF"), mode="F")
    full = np.full((20, 20), np.nan, np.float32)
    add("not a number.tif", encode(Image.fromarray(full), "TIFF"), mode="F")
    pages = [image, photo(seed=1), photo(seed=2)]
    add("three pages.tif", encode(image, "TIFF", save_all=True, append_images=pages[1:]), frames=3)
    squeezed = encode(image, "TIFF", compression="tiff_lzw")
    add("cut.tif", squeezed[: len(squeezed) // 2], problem="")
    middle = len(squeezed) // 3
    add("damaged.tif", squeezed[:middle] + b"\xaa" * 2000 + squeezed[middle + 2000 :])
    expected["damaged.tif"] = {}
    add("moving.gif", encode(image, "GIF", save_all=True, append_images=pages[1:]), frames=3)
    add("moving.webp", encode(image, "WEBP", save_all=True, append_images=pages[1:]), frames=3)
    add("moving.png", encode(image, "PNG", save_all=True, append_images=pages[1:]), frames=3)
    add("still.webp", encode(image, "WEBP"), format="WEBP", frames=1)
    add("still.bmp", encode(image, "BMP"), format="BMP")
    add("still.avif", encode(image, "AVIF"), format="AVIF")
    add("still.jp2", encode(image, "JPEG2000"), format="JPEG2000")
    exif = Image.Exif()
    exif[274] = 6
    exif.get_ifd(34665)[36867] = "2021:05:04 03:02:01"
    exif.get_ifd(34853).update({1: "N", 2: (48.0, 12.0, 30.0), 3: "E", 4: (11.0, 30.0, 0.0)})
    turned = image.transpose(Image.Transpose.ROTATE_90)
    add("turned.jpg", encode(turned, "JPEG", quality=90, exif=exif), orientation=6, gps=True)
    exif[274] = 77
    add("odd orientation.jpg", encode(image, "JPEG", exif=exif), orientation=1)
    add("broken exif.jpg", encode(image, "JPEG", exif=b"Exif\0\0MM\0*\0\0\xff\xff"), gps=False)
    add("dot.png", encode(Image.new("RGB", (1, 1), "red"), "PNG"), width=1, height=1)
    add("thread.png", encode(photo(3000, 1), "PNG"), width=3000, height=1)
    add("tall.png", encode(photo(1, 3000), "PNG"), width=1, height=3000)
    add("flat.png", encode(Image.new("RGB", (50, 50), "grey"), "PNG"), entropy=0.0, contrast=0.0)
    add("two\nlines.jpg", jpeg, format="JPEG")
    add("leaf 🍁 'and' \"quotes\" <b>.jpg", jpeg, format="JPEG")
    add("Blätter und فرش.jpg", jpeg, format="JPEG")
    heic = _as_heic(image)
    if heic:
        add("still.heic", heic, format="HEIF")
    (folder / "folder.jpg").mkdir()
    add("folder.jpg", None, problem="is a folder")
    os.mkfifo(folder / "pipe.jpg")
    add("pipe.jpg", None, problem="is a named pipe")
    (folder / "link.jpg").symlink_to("plain.jpg")
    add("link.jpg", None, format="JPEG")
    (folder / "dangling.jpg").symlink_to("nowhere.jpg")
    add("dangling.jpg", None, problem="is a link to a missing file")
    add("gone.jpg", None, problem="is missing")
    add("locked.jpg", jpeg)
    (folder / "locked.jpg").chmod(0)
    if os.access(folder / "locked.jpg", os.R_OK):  # the superuser reads what it likes
        expected["locked.jpg"] = {"readable": True}
    else:
        expected["locked.jpg"] = {"readable": False, "problem": "permission denied"}
    return expected


def cut_names() -> list[str]:
    return [f"cut at {tenth} tenths.{end}" for tenth in range(1, 10) for end in ("jpg", "png")]


def _as_heic(image: Image.Image) -> bytes | None:
    try:
        import pillow_heif
    except ImportError:
        return None
    pillow_heif.register_heif_opener()
    return encode(image, "HEIF")

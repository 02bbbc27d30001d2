"""Perceptual hashes of grey pictures, as 64-bit numbers written in hexadecimal.

Worker processes import this module: numpy only.
"""

from functools import cache

import numpy as np


def perceptual_hash(grey: np.ndarray) -> str:
    """Sign, against their median, of the 8 × 8 lowest cosine frequencies (as in `imagehash`).

    Parameters
    ----------
    grey : uint8 array, 32 × 32

    Returns
    -------
    str of 16 hexadecimal digits, the same as ``str(imagehash.phash(...))`` of that picture.
    """
    low = low_frequencies(grey.astype(np.float64))
    return _as_hex(low > np.median(low))


def difference_hash(grey: np.ndarray) -> str:
    """Whether each value exceeds its left neighbour (as in `imagehash`); `grey` is 8 rows × 9."""
    return _as_hex(grey[:, 1:] > grey[:, :-1])


def low_frequencies(grey: np.ndarray) -> np.ndarray:
    """The 8 × 8 lowest cosine frequencies (DCT-II) of square pictures (last two axes)."""
    basis = _cosines(grey.shape[-1])[:8].astype(grey.dtype)
    return basis @ grey @ basis.T


@cache
def _cosines(length: int) -> np.ndarray:
    frequency, at = np.arange(length)[:, None], np.arange(length)[None]
    return 2 * np.cos(np.pi * frequency * (2 * at + 1) / (2 * length))


def _as_hex(bits: np.ndarray) -> str:
    return np.packbits(bits).tobytes().hex()

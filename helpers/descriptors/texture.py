"""Texture of one image: how neighbouring pixels relate, whatever their colour."""

import numpy as np
from skimage.feature import graycomatrix, graycoprops, local_binary_pattern

LEVELS = 32
DISTANCES = (1, 3)


def local_binary_patterns(grey: np.ndarray) -> dict[str, float]:
    """Share of each local binary pattern (Ojala, Pietikäinen and Mäenpää, 2002).

    Each pixel is compared with its 8 neighbours at 1 px. Patterns with one run of brighter
    neighbours are named by its length: 0 is a bright spot, 4 a straight edge, 8 a flat area or a
    dark spot; everything else is "mixed". Turning the image changes nothing.

    Parameters
    ----------
    grey : uint8 array, height × width

    Returns
    -------
    dict
        "lbp 0" … "lbp 8" and "lbp mixed", which sum to 1.
    """
    # scikit-image takes what lies outside the picture as black; repeat the edge instead.
    codes = local_binary_pattern(np.pad(grey, 1, mode="edge"), P=8, R=1, method="uniform")
    codes = codes[1:-1, 1:-1].astype(int)
    shares = np.bincount(codes.ravel(), minlength=10) / codes.size
    return {f"lbp {i if i < 9 else 'mixed'}": share for i, share in enumerate(shares)}


def grey_cooccurrence(grey: np.ndarray) -> dict[str, float]:
    """Statistics of the grey-level co-occurrence matrix (Haralick, 1973) at 1 and 3 px.

    Grey is reduced to 32 levels and the four directions are averaged.

    Parameters
    ----------
    grey : uint8 array, height × width

    Returns
    -------
    dict
        "contrast" (0 to 961: mean squared step in levels), "homogeneity" (0 to 1), "energy"
        (0 to 1) and "correlation" (-1 to 1; 1 where everything is one level) for each distance.
    """
    angles = np.arange(4) * np.pi / 4
    matrix = graycomatrix(grey // (256 // LEVELS), DISTANCES, angles, LEVELS, True, True)
    return {
        f"{name} {distance} px": value
        for name in ("contrast", "homogeneity", "energy", "correlation")
        for distance, value in zip(DISTANCES, graycoprops(matrix, name).mean(axis=1), strict=True)
    }

"""What an answer costs."""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np
import pandas as pd
import torch
from torch import nn

WARM_UP, REPEATS = 3, 15


@torch.inference_mode()
def measure_cost(models: Mapping[str, nn.Module], size: int) -> pd.DataFrame:
    """What an answer costs: milliseconds for one image on this computer, and weights in memory.

    Parameters
    ----------
    models : name → Module
    size : int
        Side of the images, in pixels.

    Returns
    -------
    DataFrame by name
        milliseconds (the median of a few, all models in turn, so that whatever else the computer
        does slows all of them alike), megabytes (weights in 32 bits).
    """
    seconds = {name: [] for name in models}
    for model in models.values():
        model.eval()
    for _ in range(WARM_UP + REPEATS):
        for name, model in models.items():
            image = torch.zeros(1, 3, size, size, device=next(model.parameters()).device)
            started = time.perf_counter()
            model(image).cpu()
            seconds[name].append(time.perf_counter() - started)
    table = pd.DataFrame(index=pd.Index([*models], name="model"))
    table["milliseconds"] = [float(np.median(one[WARM_UP:]) * 1e3) for one in seconds.values()]
    sizes = (sum(value.numel() for value in one.state_dict().values()) for one in models.values())
    table["megabytes"] = [numbers * 4 / 1e6 for numbers in sizes]
    return table

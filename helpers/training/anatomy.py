"""What a network is made of: the shape that each part hands on, and how many weights it has."""

from __future__ import annotations

import pandas as pd
import torch


def layer_table(learner, images: torch.Tensor) -> pd.DataFrame:
    """The stages of a learner's backbone and its head, in order, for a batch of images.

    Parameters
    ----------
    learner : Learner
        From `build_learner` with the bundled architecture.
    images : tensor of 0 to 1, images × 3 × height × width

    Returns
    -------
    DataFrame by part, "stage1", "stage2", …, "head"
        shape of output (of one image: maps, height, width; of the head: classes), weights (how many
        numbers are learned in it).
    """
    body, head = learner.model.eval()
    images = images.to(learner.dls.device)
    with torch.no_grad():
        outputs = [*body.stages(images), learner.model(images)]
    parts = [*body.network.children(), head]
    names = [*(f"stage{number}" for number in range(1, len(parts))), "head"]
    return pd.DataFrame(
        {
            "shape of output": [tuple(output.shape[1:]) for output in outputs],
            "weights": [sum(one.numel() for one in part.parameters()) for part in parts],
        },
        names,
    )

"""Small trainings that notebooks show beside the reader's own, whatever dataset that is."""

import pandas as pd


def train_on_digits(epochs: int = 3, lr: float = 1e-3) -> tuple[pd.DataFrame, float]:
    """Curves of the bundled architecture, trained from random weights on real scans of digits.

    They are easy, there are plenty of them for that, and they come with scikit-learn: what is
    learned from one half holds for the other.

    Returns
    -------
    The table of `helpers.training.train`, and the loss of guessing.
    """
    from helpers import open_dataset
    from helpers.splits import split
    from helpers.training import build_dataloaders, build_learner, train
    from helpers.training.rates import guessing_loss

    digits = open_dataset("digits", progress=False)
    digits = digits.with_images(digits.images.assign(split=split(digits)["split"]))
    dls = build_dataloaders(digits, size=32, workers=0, progress=False)
    learner = build_learner(dls, pretrained=False)
    return train(learner, epochs, lr=lr, progress=False), guessing_loss(digits)

"""A linear head on embeddings, trained in a fraction of a second."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from threadpoolctl import threadpool_limits

from helpers.datasets.words import some


class Head:
    """Multinomial logistic regression on standardised features; made by `train_head`.

    Attributes
    ----------
    classes : list of str, sorted
    columns : list of str, the features it needs
    weights : float64, features + 1 × classes, for standardised features and a constant 1
    mean, scale : float64 per feature
    """

    def __init__(self, classes, columns, mean, scale, weights):
        self.classes, self.columns = classes, columns
        self.mean, self.scale, self.weights = mean, scale, weights

    def predict_proba(self, features: pd.DataFrame) -> pd.DataFrame:
        """Probabilities by image_id, one column per class.

        Raises
        ------
        ValueError
            When a feature is missing.
        """
        if absent := [column for column in self.columns if column not in features]:
            raise ValueError(
                f"The head was trained on {len(self.columns)} features, of which these are missing "
                f"here: {some(absent)}; embed with the same backbone and stages."
            )
        x = (features[self.columns].to_numpy() - self.mean) / self.scale
        found = softmax(x @ self.weights[:-1] + self.weights[-1], axis=1)
        return pd.DataFrame(found, features.index, self.classes)

    def predict(self, features: pd.DataFrame) -> pd.Series:
        """The most probable class by image_id."""
        return self.predict_proba(features).idxmax(axis=1).rename("prediction")


def train_head(
    features: pd.DataFrame, labels: pd.Series, C: float = 0.01, weights: pd.Series | None = None
) -> Head:
    """Multinomial logistic regression on standardised features.

    Minimises what scikit-learn's ``LogisticRegression(C=C)`` does (mean log loss × images × `C`
    plus half the squared weights, without the intercepts') by L-BFGS (Liu and Nocedal, 1989) in
    float32, several times faster.

    Parameters
    ----------
    features : DataFrame by image_id, numbers only, e.g. from `embed`
    labels : Series by image_id
        Images without features or without a label are passed over.
    C : float
        The smaller, the smoother.
    weights : Series by image_id, optional
        What each image counts for in the loss, 1 on average, as from `image_weights`.

    Raises
    ------
    ValueError
        When fewer than two classes are left, or an image has no weight.
    """
    labels = labels.reindex(features.index).dropna()
    y, classes = pd.factorize(labels, sort=True)
    if len(classes) < 2:
        raise ValueError(
            f"{len(labels):,} labelled images with features show {len(classes)} class "
            f"({some(classes) or 'none'}); a head needs at least two."
        )
    raw = features.loc[labels.index].to_numpy(np.float32)
    mean, scale = raw.mean(0, dtype=np.float64), raw.std(0, dtype=np.float64)
    scale[scale < 1e-8] = 1.0
    x = ((raw - mean.astype(np.float32)) / scale.astype(np.float32)).astype(np.float32)
    x = np.hstack([x, np.ones((len(x), 1), np.float32)])
    truth = np.zeros((len(x), len(classes)), np.float32)
    truth[np.arange(len(x)), y] = 1
    weigh = np.ones((len(x), 1), np.float32)
    if weights is not None:
        weigh[:, 0] = weights.reindex(labels.index)
        if np.isnan(weigh).any():
            raise ValueError(
                f"{np.isnan(weigh).sum():,} of {len(labels):,} labelled images have no weight; "
                "expected one for each, as from image_weights(labels)."
            )

    # Features of one network go together, which L-BFGS is slow to find out: search where the
    # curvature at equal probabilities is 1 in every direction.
    curvature = (x.T @ x).astype(np.float64) / len(classes)
    curvature[np.diag_indices(x.shape[1] - 1)] += 1 / C
    root = cholesky(curvature)

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights = solve_triangular(root, flat.reshape(x.shape[1], -1))
        scores = log_softmax(x @ weights.astype(np.float32), axis=1)
        slope = (x.T @ (weigh * (np.exp(scores) - truth))).astype(np.float64)
        loss = -float((weigh * scores * truth).sum(dtype=np.float64)) + (
            weights[:-1] ** 2
        ).sum() / (2 * C)
        slope[:-1] += weights[:-1] / C
        return loss, solve_triangular(root, slope, trans=1).ravel()

    start = np.zeros(x.shape[1] * len(classes))
    options = {"maxiter": 500, "ftol": 1e-6, "gtol": 1e-3}
    with threadpool_limits(1):  # such thin products gain nothing from threads, and wait for them
        found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
    weights = solve_triangular(root, found.x.reshape(x.shape[1], -1))
    return Head(list(classes), list(features.columns), mean, scale, weights)

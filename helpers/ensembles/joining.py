"""Networks made of networks: a vote, many views, averaged weights."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from fastai.learner import Learner
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_swa_avg_fn

from helpers.training import build_learner


class Ensemble(nn.Module):
    """Networks whose probabilities are averaged (soft voting): images → logarithms of these.

    Parameters
    ----------
    networks : sequence of Module
        Each maps images to logits of the same classes, in the same order.
    """

    def __init__(self, networks: Sequence[nn.Module]):
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        chances = [network(x).float().softmax(1) for network in self.networks]
        return torch.stack(chances).mean(0).clamp_min(1e-30).log()


class EightViews(nn.Module):
    """A network asked about a picture and its mirror image, each turned by four right angles, whose
    probabilities are averaged (test-time augmentation): images → logarithms of these."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        views = [torch.rot90(side, turns, (2, 3)) for side in (x, x.flip(3)) for turns in range(4)]
        chances = [self.network(view).float().softmax(1) for view in views]
        return torch.stack(chances).mean(0).clamp_min(1e-30).log()


def average_weights(networks: Sequence[nn.Module]) -> nn.Module:
    """One network whose weights are the means of those of `networks` (a *model soup*: Wortsman and
    others, 2022).

    Only networks that were fine-tuned from the same weights lie near enough to each other for their
    mean to be a good network. Statistics of batch normalisation are averaged, too, which is exact
    where training kept them (see `build_learner`), and else wants `torch.optim.swa_utils.update_bn`
    afterwards.
    """
    # Named, for what torch takes on a GPU by default fails at counts, which are whole numbers.
    averaged = AveragedModel(networks[0], avg_fn=get_swa_avg_fn(), use_buffers=True)
    for network in networks:
        averaged.update_parameters(network)
    return averaged.module


def as_learner(network: nn.Module, like: Learner) -> Learner:
    """A Learner that predicts with `network` and the data of another, for `predict`."""
    made = build_learner(like.dls, pretrained=False)
    made.model = network.to(like.dls.device)
    return made

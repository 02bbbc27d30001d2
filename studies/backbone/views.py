"""What the network sees of a picture in pretraining, and what it is asked about it."""

import math

import torch
from torch.nn import functional as F

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
CELLS, BINS = 4, 9


def view(pictures: torch.Tensor, size: int, generator: torch.Generator) -> torch.Tensor:
    """Random crops, turns, flips and colours of uint8 (N, height, width, 3).

    Returns float32 (N, 3, size, size) in 0..1.
    """
    count = len(pictures)

    def uniform(low, high, *shape):
        return low + (high - low) * torch.rand(count, *shape, generator=generator)

    scale, aspect = uniform(0.3, 1.05).sqrt(), uniform(-0.22, 0.22).exp()
    turn = uniform(-0.3, 0.3) * (uniform(0, 1) < 0.6)
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    right, down = scale * aspect, scale / aspect
    cos, sin = turn.cos(), turn.sin()
    room = 1.05 - scale
    matrix = torch.stack([
        torch.stack([cos * right * flip, -sin * down, uniform(-1, 1) * room], -1),
        torch.stack([sin * right * flip, cos * down, uniform(-1, 1) * room], -1),
    ], 1)  # fmt: skip
    x = pictures.permute(0, 3, 1, 2).float().div_(255)
    grid = F.affine_grid(matrix, (count, 3, size, size), align_corners=False)
    x = F.grid_sample(x, grid, padding_mode="reflection", align_corners=False)
    # A colour matrix near the identity turns hue, saturation and white balance at once.
    grey = torch.tensor([0.3, 0.59, 0.11]).expand(count, 3, 3)
    keep = uniform(0.3, 1.5, 1, 1) * (uniform(0, 1, 1, 1) > 0.1)
    mix = keep * torch.eye(3) + (1 - keep) * grey + 0.1 * uniform(-1, 1, 3, 3)
    mix = mix / mix.sum(-1, keepdim=True).clamp_min(0.3)
    x = torch.einsum("nij,njhw->nihw", mix, x)
    middle = x.mean((1, 2, 3), keepdim=True)
    x = (x - middle) * uniform(0.6, 1.5, 1, 1, 1) + middle * uniform(0.6, 1.4, 1, 1, 1)
    return x.clamp_(0, 1)


def erase(x: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Cover a box of up to half the side in a third of the views (DeVries and Taylor 2017)."""
    size, x = x.shape[-1], x.clone()
    for number in torch.nonzero(torch.rand(len(x), generator=generator) < 0.33).flatten().tolist():
        height, width = torch.randint(size // 6, size // 2, (2,), generator=generator).tolist()
        top, left = (torch.rand(2, generator=generator) * size * 0.8).long().tolist()
        colour = torch.rand(3, 1, 1, generator=generator)
        x[number, :, top : top + height, left : left + width] = colour
    return x


def normalise(x: torch.Tensor) -> torch.Tensor:
    mean, std = torch.tensor(MEAN)[:, None, None], torch.tensor(STD)[:, None, None]
    return ((x - mean) / std).contiguous(memory_format=torch.channels_last)


def layout(x: torch.Tensor) -> torch.Tensor:
    """Where edges of each direction and colours lie, coarsely: (N, 4 * 4 * (9 + 3)).

    Histograms of oriented gradients (Dalal and Triggs 2005), as the target of masked feature
    prediction (Wei et al. 2022), and a thumbnail.
    """
    grey = x.mean(1)
    down = grey[:, 2:, 1:-1] - grey[:, :-2, 1:-1]
    right = grey[:, 1:-1, 2:] - grey[:, 1:-1, :-2]
    strength = (down.square() + right.square() + 1e-8).sqrt()
    bins = (torch.atan2(down, right) / math.pi % 1 * BINS).long().clamp_(0, BINS - 1)
    votes = torch.zeros(len(x), BINS, *grey[:, 2:, 2:].shape[1:])
    votes.scatter_(1, bins[:, None], strength[:, None])
    edges = F.adaptive_avg_pool2d(votes, CELLS).flatten(1)
    edges = (edges / edges.norm(dim=1, keepdim=True).clamp_min(1e-3)).sqrt()
    return torch.cat([edges, F.adaptive_avg_pool2d(x, CELLS).flatten(1)], 1)

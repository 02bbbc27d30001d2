"""The bundled network: a small residual network of plain convolutions (He et al. 2016)."""

import torch
from torch import nn

CHANNELS = (48, 96, 192, 384)


class Block(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut; `stride` 2 halves height and width."""

    def __init__(self, before: int, after: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(after)
        self.conv2 = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(after)
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(stride, ceil_mode=True),
            nn.Conv2d(before, after, 1, bias=False),
            nn.BatchNorm2d(after),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.norm1(self.conv1(x)))
        return torch.relu(self.norm2(self.conv2(y)) + self.shortcut(x))


class SmallResNet(nn.Module):
    """A stem and four residual stages, without a head.

    Takes normalised images (N, 3, height, width) of any size from 32 pixels and returns the
    feature maps (N, 384, height / 32, width / 32) of the last stage.
    """

    channels = CHANNELS

    def __init__(self):
        super().__init__()
        first = CHANNELS[0]
        self.stem = nn.Sequential(
            nn.Conv2d(3, first, 3, 2, 1, bias=False), nn.BatchNorm2d(first), nn.ReLU()
        )
        self.stage1 = Block(first, CHANNELS[0], 2)
        self.stage2 = Block(CHANNELS[0], CHANNELS[1], 2)
        self.stage3 = Block(CHANNELS[1], CHANNELS[2], 2)
        self.stage4 = Block(CHANNELS[2], CHANNELS[3], 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.stages(x)[-1]

    def stages(self, x: torch.Tensor) -> list[torch.Tensor]:
        """Feature maps after the stem and each stage, at 1/2, 1/4, 1/8, 1/16 and 1/32 the size."""
        maps = [self.stem(x)]
        for stage in (self.stage1, self.stage2, self.stage3, self.stage4):
            maps.append(stage(maps[-1]))
        return maps

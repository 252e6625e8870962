"""Networks as modules of torch, their widths free so that tests can have small ones; needs torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    """ResNet's block of 1x1, 3x3 and 1x1."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        changes = stride > 1 or channels != 4 * width
        self.downsample = nn.Conv2d(channels, 4 * width, 1, stride, bias=False) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet(nn.Module):
    """ResNet-50 with its widths (64) and depths."""

    def __init__(self, width: int = 64, depths: tuple[int, ...] = (3, 4, 6, 3), classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        blocks: list[nn.Module] = []
        channels = width
        for stage, depth in enumerate(depths):
            for unit in range(depth):
                blocks.append(Bottleneck(channels, width << stage, 2 if stage and not unit else 1))
                channels = 4 * (width << stage)
        self.layers = nn.Sequential(*blocks)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(F.relu(self.bn1(self.conv1(x))))
        return self.fc(self.avgpool(self.layers(x)).flatten(1))


class Squeeze(nn.Module):
    """Squeeze and excitation: every channel times a factor of its own."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, max(channels // 4, 1), 1)
        self.fc2 = nn.Conv2d(max(channels // 4, 1), channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * F.hardsigmoid(self.fc2(F.relu(self.fc1(self.pool(x)))))


class Inverted(nn.Module):
    """MobileNetV3's block: expand, depthwise, squeeze, project."""

    def __init__(self, channels: int, wide: int, filters: int, kernel: int, stride: int, hard: bool) -> None:
        super().__init__()
        act: type[nn.Module] = nn.Hardswish if hard else nn.ReLU
        self.block = nn.Sequential(
            nn.Conv2d(channels, wide, 1, bias=False),
            nn.BatchNorm2d(wide),
            act(),
            nn.Conv2d(wide, wide, kernel, stride, kernel // 2, groups=wide, bias=False),
            nn.BatchNorm2d(wide),
            Squeeze(wide),
            act(),
            nn.Conv2d(wide, filters, 1, bias=False),
            nn.BatchNorm2d(filters),
        )
        self.residual = stride == 1 and channels == filters

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block(x) if self.residual else self.block(x)


class MobileNetV3(nn.Module):
    """MobileNetV3 (small): kernel, expansion, filters, activation and stride of every block."""

    SETTINGS = (
        (3, 16, 16, False, 2),
        (3, 72, 24, False, 2),
        (3, 88, 24, False, 1),
        (5, 96, 40, True, 2),
        (5, 240, 40, True, 1),
        (5, 120, 48, True, 1),
        (5, 288, 96, True, 2),
        (5, 576, 96, True, 1),
    )

    def __init__(self, blocks: int = 8, classes: int = 1000) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, 16, 3, 2, 1, bias=False), nn.BatchNorm2d(16), nn.Hardswish()]
        channels = 16
        for kernel, wide, filters, hard, stride in self.SETTINGS[:blocks]:
            layers.append(Inverted(channels, wide, filters, kernel, stride, hard))
            channels = filters
        self.features = nn.Sequential(*layers, nn.Conv2d(channels, 576, 1), nn.Hardswish())
        self.classifier = nn.Sequential(nn.Linear(576, 1024), nn.Hardswish(), nn.Linear(1024, classes))

    def forward(self, x: Tensor) -> Tensor:
        return self.classifier(self.features(x).mean((2, 3)))


class ViT(nn.Module):
    """ViT-B/16: patches, a class token, blocks of attention and a perceptron."""

    def __init__(self, width: int = 768, heads: int = 12, blocks: int = 12, image: int = 224) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, width, 16, 16)
        self.token = nn.Parameter(torch.zeros(1, 1, width))
        self.position = nn.Parameter(torch.zeros(1, (image // 16) ** 2 + 1, width))
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {
                    "norm1": nn.LayerNorm(width),
                    "attention": nn.MultiheadAttention(width, heads, batch_first=True),
                    "norm2": nn.LayerNorm(width),
                    "mlp": nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)),
                }
            )
            for _ in range(blocks)
        )
        self.head = nn.Linear(width, 1000)

    def forward(self, x: Tensor) -> Tensor:
        x = self.patches(x).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
        for block in self.blocks:
            y = block["norm1"](x)
            x = x + block["attention"](y, y, y, need_weights=False)[0]
            x = x + block["mlp"](block["norm2"](x))
        return self.head(x[:, 0])


class Tagger(nn.Module):
    """An embedding, two layers of an LSTM both ways, and a classifier of every token."""

    def __init__(self, width: int = 64, hidden: int = 128) -> None:
        super().__init__()
        self.embedding = nn.Embedding(1000, width)
        self.lstm = nn.LSTM(width, hidden, 2, batch_first=True, bidirectional=True)
        self.out = nn.Linear(2 * hidden, 17)

    def forward(self, tokens: Tensor) -> Tensor:
        return self.out(self.lstm(self.embedding(tokens))[0])


class Decoder(nn.Module):
    """A decoder block as in Llama: RMS norm, rotary positions, shared key heads, a gated perceptron."""

    def __init__(self, width: int = 256, heads: int = 8, shared: int = 2, wide: int = 688) -> None:
        super().__init__()
        self.size, self.heads, self.shared = width // heads, heads, shared
        self.norm1 = nn.Parameter(torch.ones(width))
        self.norm2 = nn.Parameter(torch.ones(width))
        self.q = nn.Linear(width, width, bias=False)
        self.k = nn.Linear(width, shared * self.size, bias=False)
        self.v = nn.Linear(width, shared * self.size, bias=False)
        self.o = nn.Linear(width, width, bias=False)
        self.gate = nn.Linear(width, wide, bias=False)
        self.up = nn.Linear(width, wide, bias=False)
        self.down = nn.Linear(wide, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = _normalised(x) * self.norm1
        q, k, v = (
            layer(y).view(*x.shape[:2], count, self.size).transpose(1, 2)
            for layer, count in ((self.q, self.heads), (self.k, self.shared), (self.v, self.shared))
        )
        angles = torch.arange(x.shape[1])[:, None] / 10000 ** (torch.arange(self.size) / self.size)
        q, k = (t * angles.cos() + t.roll(self.size // 2, -1) * angles.sin() for t in (q, k))
        times = self.heads // self.shared
        k, v = (t.repeat_interleave(times, 1) for t in (k, v))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
        x = x + self.o(y)
        y = _normalised(x) * self.norm2
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


def _normalised(x: Tensor) -> Tensor:
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


def models(*, small: bool) -> dict[str, tuple[nn.Module, tuple[Tensor, ...]]]:
    """Return the networks with example inputs, whole or small enough for a test."""
    image = torch.zeros(1, 3, 64, 64) if small else torch.zeros(1, 3, 224, 224)
    tokens = torch.zeros(2, 9, dtype=torch.int64)
    return {
        "resnet50": (ResNet(4, (1, 1, 1, 1), 10) if small else ResNet(), (image,)),
        "mobilenetv3": (MobileNetV3(4) if small else MobileNetV3(), (image,)),
        "vit_b_16": (ViT(32, 4, 1, 64) if small else ViT(), (image,)),
        "lstm": (Tagger(16, 8) if small else Tagger(), (tokens,)),
        "decoder": (
            Decoder(32, 4, 2, 48) if small else Decoder(),
            (torch.zeros(2, 7, 32 if small else 256),),
        ),
    }

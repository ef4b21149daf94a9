"""Every module is a sequence, and one small class adds two of them."""

from torch import nn


class Sum(nn.Module):
    def __init__(self, main, side=None):
        super().__init__()
        self.main, self.side = main, side

    def forward(self, x):
        return self.main(x) + (x if self.side is None else self.side(x))


def norm_conv(c_in, c_out, kernel=1, stride=1, groups=1):
    conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(c_out)]


class SeparableConv(nn.Module):
    def __init__(self, c_in, c_out, kernel=3, stride=1, padding=1):
        super().__init__()
        self.space = nn.Conv2d(c_in, c_in, kernel, stride=stride, padding=padding, groups=c_in, bias=False)
        self.channels = nn.Conv2d(c_in, c_out, kernel_size=1, bias=False)

    def forward(self, x):
        return self.channels(self.space(x))


class XceptionModule(Sum):
    def __init__(self, c_in, c_out, units, stride=1, relu_first=True, widen_first=True):
        chain, channels = [], c_in
        for i in range(units):
            above = c_out if (i == 0 if widen_first else i == units - 1) else channels
            chain += [nn.ReLU(), SeparableConv(channels, above), nn.BatchNorm2d(above)]
            channels = above
        if not relu_first:
            del chain[0]
        if stride > 1:
            chain += [nn.MaxPool2d(3, stride=stride, padding=1)]
        side = None
        if stride > 1 or c_in != c_out:
            side = nn.Sequential(*norm_conv(c_in, c_out, 1, stride))
        super().__init__(nn.Sequential(*chain), side)


class InvertedResidual(nn.Module):
    def __init__(self, c_in, c_out, stride=1, expand=6):
        super().__init__()
        wide = c_in * expand
        layers = [*norm_conv(c_in, wide), nn.ReLU6()] if expand != 1 else []
        layers += [*norm_conv(wide, wide, 3, stride, wide), nn.ReLU6(), *norm_conv(wide, c_out)]
        chain = nn.Sequential(*layers)
        self.whole = Sum(chain) if stride == 1 and c_in == c_out else chain

    def forward(self, x):
        return self.whole(x)

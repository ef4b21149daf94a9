"""As public code writes it: rep lists, ConvBNReLU, a separable convolution with conv1 and pointwise."""

from torch import nn


class SeparableConv(nn.Module):
    def __init__(self, c_in, c_out, kernel=3, stride=1, padding=1):
        super().__init__()
        self.conv1 = nn.Conv2d(c_in, c_in, kernel, stride, padding, 1, groups=c_in, bias=False)
        self.pointwise = nn.Conv2d(c_in, c_out, 1, 1, 0, 1, 1, bias=False)

    def forward(self, x):
        x = self.conv1(x)
        return self.pointwise(x)


class XceptionModule(nn.Module):
    def __init__(self, c_in, c_out, units, stride=1, relu_first=True, widen_first=True):
        super().__init__()
        rep, filters = [], c_in
        if widen_first:
            rep += [nn.ReLU(inplace=False), SeparableConv(c_in, c_out), nn.BatchNorm2d(c_out)]
            filters = c_out
        for _ in range(units - 1):
            rep += [nn.ReLU(inplace=True), SeparableConv(filters, filters), nn.BatchNorm2d(filters)]
        if not widen_first:
            rep += [nn.ReLU(inplace=True), SeparableConv(c_in, c_out), nn.BatchNorm2d(c_out)]
        if not relu_first:
            rep = rep[1:]
        else:
            rep[0] = nn.ReLU(inplace=False)
        if stride != 1:
            rep.append(nn.MaxPool2d(3, stride, 1))
        self.rep = nn.Sequential(*rep)
        if c_out != c_in or stride != 1:
            self.skip = nn.Conv2d(c_in, c_out, 1, stride=stride, bias=False)
            self.skipbn = nn.BatchNorm2d(c_out)
        else:
            self.skip = None

    def forward(self, x):
        y = self.rep(x)
        skip = x if self.skip is None else self.skipbn(self.skip(x))
        return y + skip


def conv_bn_relu(c_in, c_out, kernel_size=3, stride=1, groups=1):
    padding = (kernel_size - 1) // 2
    conv = nn.Conv2d(c_in, c_out, kernel_size, stride, padding, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(c_out), nn.ReLU6(inplace=True))


class InvertedResidual(nn.Module):
    def __init__(self, c_in, c_out, stride=1, expand=6):
        super().__init__()
        hidden = int(round(c_in * expand))
        self.use_res_connect = stride == 1 and c_in == c_out
        layers = []
        if expand != 1:
            layers.append(conv_bn_relu(c_in, hidden, kernel_size=1))
        layers.extend(
            [
                conv_bn_relu(hidden, hidden, stride=stride, groups=hidden),
                nn.Conv2d(hidden, c_out, 1, 1, 0, bias=False),
                nn.BatchNorm2d(c_out),
            ]
        )
        self.conv = nn.Sequential(*layers)

    def forward(self, x):
        return x + self.conv(x) if self.use_res_connect else self.conv(x)

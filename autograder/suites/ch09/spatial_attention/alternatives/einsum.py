"""Products as einsums over rows and columns."""


class SpatialAttention(nn.Module):
    def __init__(self, channels, inner=None, pool=False):
        super().__init__()
        if inner is None:
            inner = channels // 8 or 1
        for name, (a, b) in {
            "query": (channels, inner),
            "key": (channels, inner),
            "value": (channels, channels // 2),
            "output": (channels // 2, channels),
        }.items():
            setattr(self, name, nn.Conv2d(a, b, 1, bias=False))
        self.gate = nn.Parameter(torch.tensor([0.0]))
        self.step = 2 if pool else 1

    def smaller(self, x):
        return F.max_pool2d(x, self.step) if self.step > 1 else x

    def weights(self, x):
        scores = torch.einsum("nchw,ncij->nhwij", self.query(x), self.smaller(self.key(x)))
        return scores.flatten(3).softmax(3).flatten(1, 2)

    def forward(self, x):
        n, _, h, w = x.shape
        a = self.weights(x).reshape(n, h, w, -1)
        o = torch.einsum("nhwl,ncl->nchw", a, self.smaller(self.value(x)).flatten(2))
        return x + self.output(o) * self.gate

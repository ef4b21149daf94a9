"""Channels last, and a softmax by hand."""


class SpatialAttention(nn.Module):
    def __init__(self, channels, inner=None, pool=False):
        super().__init__()
        width = max(1, channels // 8) if inner is None else inner
        self.query = nn.Conv2d(channels, width, 1, bias=False)
        self.key = nn.Conv2d(channels, width, 1, bias=False)
        self.value = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.output = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gate = nn.Parameter(torch.zeros((1,)))
        self.pool = pool

    @staticmethod
    def tokens(x):
        return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1, x.shape[1])

    def halve(self, x):
        if not self.pool:
            return x
        h, w = x.shape[2] // 2, x.shape[3] // 2
        return F.adaptive_max_pool2d(x[..., : 2 * h, : 2 * w], (h, w))

    def weights(self, x):
        scores = torch.matmul(self.tokens(self.query(x)), self.tokens(self.halve(self.key(x))).mT)
        scores = scores - scores.amax(-1, keepdim=True)
        return scores.exp() / scores.exp().sum(-1, keepdim=True)

    def forward(self, x):
        found = self.weights(x) @ self.tokens(self.halve(self.value(x)))
        found = found.view(x.shape[0], x.shape[2], x.shape[3], -1).permute(0, 3, 1, 2)
        return torch.add(x, self.gate.view(1, 1, 1, 1) * self.output(found))

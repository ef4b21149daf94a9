"""Batched products, as in public code of the self-attention GAN."""


class SpatialAttention(nn.Module):
    def __init__(self, channels, inner=None, pool=False):
        super().__init__()
        self.inner = inner if inner is not None else max(channels // 8, 1)
        self.half = channels // 2
        self.query = nn.Conv2d(channels, self.inner, kernel_size=1, bias=False)
        self.key = nn.Conv2d(channels, self.inner, kernel_size=1, bias=False)
        self.value = nn.Conv2d(channels, self.half, kernel_size=1, bias=False)
        self.output = nn.Conv2d(self.half, channels, kernel_size=1, bias=False)
        self.gate = nn.Parameter(torch.zeros(1))
        self.down = nn.MaxPool2d(2) if pool else nn.Identity()

    def weights(self, x):
        n, _, h, w = x.shape
        theta = self.query(x).reshape(n, self.inner, h * w).permute(0, 2, 1)
        phi = self.down(self.key(x)).reshape(n, self.inner, -1)
        return F.softmax(torch.bmm(theta, phi), dim=-1)

    def forward(self, x):
        n, _, h, w = x.shape
        v = self.down(self.value(x)).reshape(n, self.half, -1)
        attn = self.weights(x)
        o = torch.bmm(v, attn.permute(0, 2, 1)).reshape(n, self.half, h, w)
        return self.gate * self.output(o) + x

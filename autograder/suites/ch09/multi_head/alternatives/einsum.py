"""Products as einsums, with the lowest number of the dtype as the mask."""


class MultiHeadAttention(nn.Module):
    def __init__(self, width, heads, key_width=None, value_width=None, bias=True):
        super().__init__()
        self.heads, rest = heads, width % heads
        if rest != 0:
            raise ValueError("the heads do not share the width evenly")
        key_width = width if key_width is None else key_width
        value_width = width if value_width is None else value_width
        self.query, self.key = nn.Linear(width, width, bias=bias), nn.Linear(key_width, width, bias=bias)
        self.value, self.output = nn.Linear(value_width, width, bias=bias), nn.Linear(width, width, bias=bias)

    def forward(self, query, key, value, mask=None):
        n, m, width = query.shape
        d = width // self.heads
        q = self.query(query).view(n, m, self.heads, d)
        k = self.key(key).view(n, -1, self.heads, d)
        v = self.value(value).view(n, -1, self.heads, d)
        energy = torch.einsum("nqhd,nkhd->nhqk", q, k) * d**-0.5
        if mask is not None:
            keep = mask.expand(n, *mask.shape[-2:])[:, None].expand_as(energy)
            energy = energy.masked_fill(keep == 0, torch.finfo(energy.dtype).min)
        weights = torch.softmax(energy, dim=-1)
        if mask is not None:
            weights = weights * keep
        out = torch.einsum("nhqk,nkhd->nqhd", weights, v).reshape(n, m, width)
        return self.output(out), weights

"""A loop over heads, each with its part of the width."""


class MultiHeadAttention(nn.Module):
    def __init__(self, width, heads, key_width=None, value_width=None, bias=True):
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide {width}")
        self.heads = heads
        sizes = {"query": width, "key": key_width, "value": value_width, "output": width}
        for name, size in sizes.items():
            self.add_module(name, nn.Linear(width if size is None else size, width, bias=bias))

    def forward(self, query, key, value, mask=None):
        found, maps = [], []
        projected = self.query(query), self.key(key), self.value(value)
        parts = (x.chunk(self.heads, -1) for x in projected)
        for q, k, v in zip(*parts, strict=True):
            scores = (q / q.shape[-1] ** 0.5) @ k.mT
            if mask is not None:
                closed = ~mask.any(-1, keepdim=True)
                scores = torch.where(mask | closed, scores, -float("inf"))
            weights = scores.softmax(-1)
            if mask is not None:
                weights = torch.where(closed, torch.zeros_like(weights), weights)
            maps.append(weights)
            found.append(weights @ v)
        return self.output(torch.cat(found, -1)), torch.stack(maps, 1)

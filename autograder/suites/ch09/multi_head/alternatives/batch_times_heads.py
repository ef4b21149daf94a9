"""Heads join the batch axis, as in much public code."""


class MultiHeadAttention(nn.Module):
    def __init__(self, width, heads, key_width=None, value_width=None, bias=True):
        super().__init__()
        if width % heads != 0:
            raise ValueError("width must be divisible by heads")
        self.h, self.d = heads, width // heads
        self.query = nn.Linear(width, width, bias)
        self.key = nn.Linear(key_width or width, width, bias)
        self.value = nn.Linear(value_width or width, width, bias)
        self.output = nn.Linear(width, width, bias)

    def split(self, x):
        n, t, _ = x.shape
        return x.reshape(n, t, self.h, self.d).permute(0, 2, 1, 3).reshape(n * self.h, t, self.d)

    def forward(self, query, key, value, mask=None):
        n, m, w = query.shape
        q, k, v = self.split(self.query(query)), self.split(self.key(key)), self.split(self.value(value))
        scores = torch.bmm(q, k.transpose(1, 2)) / math.sqrt(self.d)
        if mask is not None:
            if mask.dim() == 3:
                mask = mask.repeat_interleave(self.h, dim=0)
            scores = scores.masked_fill(~mask, float("-inf"))
        weights = torch.nan_to_num(torch.softmax(scores, dim=-1))
        out = torch.bmm(weights, v).reshape(n, self.h, m, self.d).permute(0, 2, 1, 3).reshape(n, m, w)
        return self.output(out), weights.reshape(n, self.h, m, -1)

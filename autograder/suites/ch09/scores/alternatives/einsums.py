"""Every product as an einsum."""


def dot_scores(q, k):
    return torch.einsum("nmd,nld->nml", q, k)


def general_scores(q, k, w):
    return torch.einsum("nmd,dk,nlk->nml", q, w, k)


def additive_scores(q, k, w_q, w_k, u):
    projected_q = torch.einsum("nmd,ad->nma", q, w_q)
    projected_k = torch.einsum("nlk,ak->nla", k, w_k)
    return torch.einsum("nmla,a->nml", torch.tanh(projected_q.unsqueeze(2) + projected_k.unsqueeze(1)), u)


def score_cost(kind, queries, keys, query_width, key_width=0, hidden=0):
    m, n, d, c, a = queries, keys, query_width, key_width, hidden
    costs = {
        "dot": (0, m * n * d),
        "general": (d * c, m * d * c + m * n * c),
        "additive": (a * d + a * c + a, m * d * a + n * c * a + m * n * a),
    }
    if kind not in costs:
        raise ValueError(kind)
    return costs[kind]

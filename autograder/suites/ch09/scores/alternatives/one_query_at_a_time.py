"""A loop over queries."""


def dot_scores(q, k):
    return torch.stack([(k @ q[:, i].unsqueeze(-1)).squeeze(-1) for i in range(q.shape[1])], dim=1)


def general_scores(q, k, w):
    return dot_scores(q @ w, k)


def additive_scores(q, k, w_q, w_k, u):
    keys = k @ w_k.t()
    rows = []
    for i in range(q.shape[1]):
        hidden = torch.tanh((q[:, i] @ w_q.t()).unsqueeze(1) + keys)
        rows.append((hidden * u).sum(-1))
    return torch.stack(rows, dim=1)


def score_cost(kind, queries, keys, query_width, key_width=0, hidden=0):
    if kind not in ("dot", "general", "additive"):
        raise ValueError(f"unknown kind {kind}")
    parameters = multiplications = 0
    if kind == "general":
        parameters += query_width * key_width
        multiplications += queries * query_width * key_width
    if kind == "additive":
        parameters += hidden * (query_width + key_width) + hidden
        multiplications += hidden * (queries * query_width + keys * key_width)
    per_pair = {"dot": query_width, "general": key_width, "additive": hidden}[kind]
    return parameters, multiplications + queries * keys * per_pair

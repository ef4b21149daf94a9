"""Projections as linear layers, products as batched ones."""


def dot_scores(q, k):
    return torch.bmm(q, k.permute(0, 2, 1))


def general_scores(q, k, w):
    return torch.bmm(q, F.linear(k, w).permute(0, 2, 1))


def additive_scores(q, k, w_q, w_k, u):
    features = torch.tanh(F.linear(q, w_q).unsqueeze(2) + F.linear(k, w_k).unsqueeze(1))
    return F.linear(features, u.unsqueeze(0)).squeeze(-1)


def score_cost(kind, queries, keys, query_width, key_width=0, hidden=0):
    match kind:
        case "dot":
            return (0, queries * keys * query_width)
        case "general":
            return (query_width * key_width, queries * key_width * (query_width + keys))
        case "additive":
            return (
                hidden * (query_width + key_width + 1),
                queries * query_width * hidden + keys * key_width * hidden + queries * keys * hidden,
            )
        case _:
            raise ValueError("unknown kind of score")

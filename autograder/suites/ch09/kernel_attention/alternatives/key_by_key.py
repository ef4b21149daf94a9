"""One query at a time, its own key cut out of the list and put back with the weight 0."""


def kernel_weights(queries, keys, width, leave_own_out=False):
    rows = []
    for i in range(len(queries)):
        scores = -((keys - queries[i]) ** 2).sum(1) / (2 * width**2)
        if leave_own_out:
            others = [j for j in range(len(keys)) if j != i]
            kept = F.softmax(scores[others], dim=0)
            row = torch.cat([kept[:i], kept.new_zeros(1), kept[i:]])
        else:
            row = F.softmax(scores, dim=0)
        rows.append(row)
    return torch.stack(rows)


def kernel_attention(queries, keys, values, width, leave_own_out=False):
    weights = kernel_weights(queries, keys, width, leave_own_out)
    return (weights[:, :, None] * values[None]).sum(1)

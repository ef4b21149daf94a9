"""Distances in units of the width, normalised by a logarithm of a sum of exponentials."""


def kernel_weights(queries, keys, width, leave_own_out=False):
    M, L = queries.shape[0], keys.shape[0]
    q = queries.unsqueeze(1).expand(M, L, -1)
    k = keys.unsqueeze(0).expand(M, L, -1)
    log_kernel = -0.5 * (((q - k) / width) ** 2).sum(-1)
    if leave_own_out:
        own = torch.arange(M).unsqueeze(1) == torch.arange(L).unsqueeze(0)
        log_kernel = torch.where(own, torch.full_like(log_kernel, -float("inf")), log_kernel)
    return torch.exp(log_kernel - torch.logsumexp(log_kernel, dim=1, keepdim=True))


def kernel_attention(queries, keys, values, width, leave_own_out=False):
    return torch.matmul(kernel_weights(queries, keys, width, leave_own_out), values)

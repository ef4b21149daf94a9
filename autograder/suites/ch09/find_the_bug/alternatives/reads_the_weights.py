"""Values that are an identity make the outputs the weights themselves."""


def _weights(attend, q, k, mask):
    # with an identity for values the outputs are the weights themselves
    return attend(q, k, torch.eye(k.shape[1]).expand(len(k), -1, -1), mask)


def keeps_constants(attend):
    for seed in range(5):
        q, k, v, mask = random_problem(seed, m=6, keys=5)
        for some in (mask, torch.ones_like(mask)):
            sums = _weights(attend, q, k, some).sum(-1)
            if not bool(((sums - 1).abs() < 1e-3).all()):
                return False
    return True


def obeys_the_mask(attend):
    for seed in range(5):
        q, k, v, mask = random_problem(seed)
        weights = _weights(attend, q, k, mask)
        if not bool((weights[~mask].abs() < 1e-4).all()):
            return False
        closed = mask.clone()
        closed[:, :, 3] = False
        closed[:, :, 0] = True
        other = k.clone()
        other[:, 3] = 20.0
        if not torch.allclose(attend(q, k, v, closed), attend(q, other, v, closed), atol=1e-3):
            return False
    return True


def ignores_the_order(attend):
    q, k, v, mask = random_problem(11, m=4, keys=9)
    found = []
    for opened in (mask, torch.ones_like(mask)):
        change = attend(q, k, v, opened) - attend(q, k.flip(1), v.flip(1), opened.flip(2))
        found.append(bool(change.abs().max() < 1e-3))
    return all(found)


def scales_by_the_root(attend):
    results = []
    for d in (4, 16, 64):
        q, k, v, mask = random_problem(d, d=d)
        weights = _weights(attend, q, k, torch.ones_like(mask))
        logs = weights.log()
        dots = q @ k.transpose(1, 2)
        found = (logs[..., 0] - logs[..., 1]) * d**0.5
        results.append(torch.allclose(found, dots[..., 0] - dots[..., 1], rtol=1e-2, atol=1e-2))
    return all(results)

"""Other random inputs, and the scale by comparison with a softmax of its own."""


def keeps_constants(attend):
    torch.manual_seed(1)
    for n, m, length, d, e in [(1, 3, 4, 5, 2), (3, 6, 2, 8, 1), (2, 8, 9, 4, 3)]:
        mask = torch.rand(n, m, length) > 0.5
        mask[:, :, 0] = True
        out = attend(torch.randn(n, m, d), torch.randn(n, length, d), torch.ones(n, length, e), mask)
        if out.shape != (n, m, e) or (out - 1).abs().max().item() > 1e-4 or out.isnan().any():
            return False
    return True


def obeys_the_mask(attend):
    torch.manual_seed(2)
    n, m, length, d, e = 3, 6, 8, 4, 5
    q, k, v = torch.randn(n, m, d), torch.randn(n, length, d), torch.randn(n, length, e)
    for always in range(4):
        mask = torch.rand(n, m, length) > 0.5
        mask[:, :, always] = True
        for j in range(length):
            k2, v2 = k.clone(), v.clone()
            k2[:, j] += 10 * torch.randn(d)
            v2[:, j] -= 100
            change = (attend(q, k2, v2, mask) - attend(q, k, v, mask)).abs().amax(-1)
            if not bool((change[~mask[:, :, j]] < 1e-3).all()):
                return False
    return True


def ignores_the_order(attend):
    torch.manual_seed(3)
    q, k, v = torch.randn(2, 3, 5), torch.randn(2, 6, 5), torch.randn(2, 6, 4)
    mask = torch.rand(2, 3, 6) > 0.5
    mask[:, :, 2] = True
    for opened in (mask, torch.ones_like(mask)):
        for _ in range(5):
            order = torch.randperm(6)
            difference = attend(q, k[:, order], v[:, order], opened[:, :, order]) - attend(q, k, v, opened)
            if not difference.abs().max() < 1e-3:
                return False
    return True


def scales_by_the_root(attend):
    torch.manual_seed(4)
    for d in (2, 9, 30):
        q, k, v = torch.randn(1, 4, d), torch.randn(1, 5, d), torch.randn(1, 5, 3)
        want = torch.softmax(q @ k.mT / math.sqrt(d), -1) @ v
        if not torch.allclose(attend(q, k, v, torch.ones(1, 4, 5, dtype=torch.bool)), want, atol=1e-3):
            return False
    return True

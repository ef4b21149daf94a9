"""Several seeds, and the scale by comparison with PyTorch's attention."""


def _right(q, k, v, mask):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)


def _near(a, b):
    return bool(torch.isclose(a, b, rtol=1e-3, atol=1e-3).all())


def keeps_constants(attend):
    answers = []
    for seed in (5, 6, 7):
        q, k, v, mask = random_problem(seed, e=2)
        answers.append(_near(attend(q, k, 0 * v - 2.5, mask), torch.full((2, 5, 2), -2.5)))
    return all(answers)


def obeys_the_mask(attend):
    for seed in range(6):
        q, k, v, mask = random_problem(seed, m=7, keys=6)
        for j in range(6):
            for i in range(7):
                hidden = ~mask[:, i, j]
                if not bool(hidden.any()):
                    continue
                k2, v2 = k.clone(), v.clone()
                k2[hidden, j] = 3.0
                v2[hidden, j] = -40.0
                if not _near(attend(q, k2, v2, mask)[hidden, i], attend(q, k, v, mask)[hidden, i]):
                    return False
    return True


def ignores_the_order(attend):
    generator = torch.Generator().manual_seed(0)
    q, k, v, mask = random_problem(8)
    before = attend(q, k, v, mask)
    for _ in range(4):
        p = torch.randperm(7, generator=generator)
        if not _near(attend(q, k[:, p], v[:, p], mask[:, :, p]), before):
            return False
    return True


def scales_by_the_root(attend):
    for d in (3, 12, 48):
        q, k, v, mask = random_problem(d, d=d)
        everywhere = torch.ones_like(mask)
        if not _near(attend(q, k, v, everywhere), _right(q, k, v, everywhere)):
            return False
    return True

"""As the annotated Transformer writes it, with an exponential of a logarithm."""


def sinusoidal(length, width, base=10_000.0):
    if width % 2:
        raise ValueError(f"odd width {width}")
    pe = torch.zeros(length, width, dtype=torch.double)
    position = torch.arange(0, length, dtype=torch.double).unsqueeze(1)
    div_term = torch.exp(torch.arange(0, width, 2, dtype=torch.double) * -(math.log(base) / width))
    pe[:, 0::2] = torch.sin(position * div_term)
    pe[:, 1::2] = torch.cos(position * div_term)
    return pe.float()


def shift_matrix(shift, width, base=10_000.0):
    if width % 2:
        raise ValueError(f"odd width {width}")
    blocks = []
    for i in range(width // 2):
        angle = torch.tensor(shift * base ** (-2 * i / width), dtype=torch.double)
        blocks.append(
            torch.stack([torch.stack([angle.cos(), angle.sin()]), torch.stack([-angle.sin(), angle.cos()])])
        )
    return torch.block_diag(*blocks).float()

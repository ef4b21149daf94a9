"""All sines first, then all cosines."""


def sinusoidal(length, width, base=10_000.0):
    if width % 2 != 0:
        raise ValueError("width must be even")
    inv = 1.0 / (base ** (torch.arange(0, width, 2).double() / width))
    angles = torch.outer(torch.arange(length).double(), inv)
    return torch.cat([angles.sin(), angles.cos()], dim=-1).to(torch.float32)


def shift_matrix(shift, width, base=10_000.0):
    if width % 2 != 0:
        raise ValueError("width must be even")
    angle = shift / (base ** (torch.arange(0, width, 2).double() / width))
    c, s = torch.diag(angle.cos()), torch.diag(angle.sin())
    return torch.cat([torch.cat([c, s], 1), torch.cat([-s, c], 1)], 0).float()

"""Each pair is a complex number that is turned."""


def _turns(places, width, base):
    if width % 2:
        raise ValueError("a pair for each frequency: the width must be even")
    frequencies = torch.tensor([base ** (-2 * i / width) for i in range(width // 2)], dtype=torch.float64)
    angles = places.double().unsqueeze(-1) * frequencies
    return torch.polar(torch.ones_like(angles), angles)


def sinusoidal(length, width, base=10_000.0):
    turns = _turns(torch.arange(length), width, base)
    return torch.view_as_real(turns).flip(-1).reshape(length, width).float()


def shift_matrix(shift, width, base=10_000.0):
    turn = _turns(torch.tensor(float(shift)), width, base)
    matrix = torch.zeros(width, width, dtype=torch.float64)
    sines = torch.arange(0, width, 2)
    matrix[sines, sines] = matrix[sines + 1, sines + 1] = turn.real
    matrix[sines, sines + 1] = turn.imag
    matrix[sines + 1, sines] = -turn.imag
    return matrix.float()

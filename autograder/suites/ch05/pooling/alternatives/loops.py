"""Nested loops over output pixels; backward walks each window by hand."""

import torch


def _settings(kernel_size, stride):
    kernel = (kernel_size, kernel_size) if isinstance(kernel_size, int) else tuple(kernel_size)
    if stride is None:
        return kernel, kernel
    return kernel, (stride, stride) if isinstance(stride, int) else tuple(stride)


def _pool(x, kernel_size, stride, padding, fill, reduce):
    (kh, kw), (sh, sw) = _settings(kernel_size, stride)
    ph, pw = (padding, padding) if isinstance(padding, int) else padding
    n, c, h, w = x.shape
    padded = torch.full((n, c, h + 2 * ph, w + 2 * pw), fill, dtype=x.dtype)
    padded[:, :, ph : ph + h, pw : pw + w] = x
    rows = []
    for top in range(0, h + 2 * ph - kh + 1, sh):
        lefts = range(0, w + 2 * pw - kw + 1, sw)
        rows.append(
            torch.stack([reduce(padded[:, :, top : top + kh, left : left + kw]) for left in lefts], dim=-1)
        )
    return torch.stack(rows, dim=-2)


def max_pool2d(x, kernel_size, stride=None, padding=0):
    return _pool(
        x, kernel_size, stride, padding, float("-inf"), lambda window: window.flatten(2).max(dim=2).values
    )


def avg_pool2d(x, kernel_size, stride=None, padding=0):
    return _pool(x, kernel_size, stride, padding, 0.0, lambda window: window.flatten(2).mean(dim=2))


def global_avg_pool2d(x):
    return x.flatten(2).sum(-1) / (x.shape[2] * x.shape[3])


def max_pool2d_backward(grad_output, x, kernel_size, stride=None):
    (kh, kw), (sh, sw) = _settings(kernel_size, stride)
    grad_x = torch.zeros(x.shape, dtype=x.dtype)
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            for i in range(grad_output.shape[2]):
                for j in range(grad_output.shape[3]):
                    window = x[n, c, i * sh : i * sh + kh, j * sw : j * sw + kw].tolist()
                    best, row, column = window[0][0], 0, 0
                    for a, line in enumerate(window):
                        for b, value in enumerate(line):
                            if value > best:
                                best, row, column = value, a, b
                    grad_x[n, c, i * sh + row, j * sw + column] += grad_output[n, c, i, j]
    return grad_x

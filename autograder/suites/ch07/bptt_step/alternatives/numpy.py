"""NumPy, as the course notes of an older generation write it."""

import numpy as np
import torch


def rnn_cell_backward(grad_h, x, h_before, h, w_x, w_h):
    dh, xs, hp, hn, wx, wh = (t.detach().numpy() for t in (grad_h, x, h_before, h, w_x, w_h))
    da = (1 - np.square(hn)) * dh
    grads = (da.dot(wx), da.dot(wh), da.T.dot(xs), da.T.dot(hp), da.sum(axis=0))
    return tuple(torch.from_numpy(np.ascontiguousarray(g)) for g in grads)

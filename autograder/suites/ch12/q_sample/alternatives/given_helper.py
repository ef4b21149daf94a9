"""The given helper, and everything after it in the dtype of the data."""


def q_sample(x0, t, alpha_bar, noise):
    a = per_sample(alpha_bar, t, x0)
    return a.sqrt() * x0 + (1 - a).sqrt() * noise

"""Kinds by pattern matching; a recursion over the list."""


def layer_cost(layer, shape):
    c, h, w = shape
    settings = {"stride": 1, "padding": 0, "groups": 1, "bias": True} | layer
    s, p = settings["stride"], settings["padding"]
    match settings:
        case {"kind": "conv", "out": out, "kernel": k, "groups": g, "bias": bias}:
            rows, columns = 1 + (h + 2 * p - k) // s, 1 + (w + 2 * p - k) // s
            one_kernel = c // g * k * k
            return out * (one_kernel + int(bias)), out * one_kernel * rows * columns, (out, rows, columns)
        case {"kind": "pool", "kernel": k}:
            return 0, 0, (c, 1 + (h + 2 * p - k) // s, 1 + (w + 2 * p - k) // s)
        case {"kind": "dense", "out": out, "bias": bias}:
            return out * (c * h * w + int(bias)), out * c * h * w, (out, 1, 1)
        case {"kind": "norm"}:
            return c + c, 0, (c, h, w)
        case {"kind": "relu"}:
            return 0, 0, (c, h, w)
        case {"kind": "global_pool"}:
            return 0, 0, (c, 1, 1)
    raise ValueError(f"no such kind: {layer}")


def network_cost(layers, shape, batch=1, bytes_per_number=4):
    if not layers:
        return {"parameters": 0, "multiply_adds": 0, "activation_bytes": 0}
    parameters, work, (c, h, w) = layer_cost(layers[0], shape)
    rest = network_cost(layers[1:], (c, h, w), batch, bytes_per_number)
    rest["parameters"] += parameters
    rest["multiply_adds"] += work
    rest["activation_bytes"] += c * h * w * batch * bytes_per_number
    return rest

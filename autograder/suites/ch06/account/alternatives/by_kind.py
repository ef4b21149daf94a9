"""One function for each kind, in a dictionary."""

import math


def conv_size(n, layer):
    return math.floor((n + 2 * layer.get("padding", 0) - layer["kernel"]) / layer.get("stride", 1)) + 1


def of_conv(layer, shape):
    c, h, w = shape
    out, k, g = layer["out"], layer["kernel"], layer.get("groups", 1)
    h, w = conv_size(h, layer), conv_size(w, layer)
    weights = out * c * k * k // g
    return weights + (out if layer.get("bias", True) else 0), h * w * weights, (out, h, w)


def of_dense(layer, shape):
    n, out = shape[0] * shape[1] * shape[2], layer["out"]
    return n * out + (out if layer.get("bias", True) else 0), n * out, (out, 1, 1)


KINDS = {
    "conv": of_conv,
    "dense": of_dense,
    "norm": lambda layer, shape: (2 * shape[0], 0, shape),
    "relu": lambda layer, shape: (0, 0, shape),
    "pool": lambda layer, shape: (0, 0, (shape[0], conv_size(shape[1], layer), conv_size(shape[2], layer))),
    "global_pool": lambda layer, shape: (0, 0, (shape[0], 1, 1)),
}


def layer_cost(layer, shape):
    if layer["kind"] not in KINDS:
        raise ValueError("unknown kind " + str(layer["kind"]))
    return KINDS[layer["kind"]](layer, tuple(shape))


def network_cost(layers, shape, batch=1, bytes_per_number=4):
    costs = []
    for layer in layers:
        costs.append(layer_cost(layer, shape))
        shape = costs[-1][2]
    return {
        "parameters": sum(cost[0] for cost in costs),
        "multiply_adds": sum(cost[1] for cost in costs),
        "activation_bytes": batch * bytes_per_number * sum(c * h * w for _, _, (c, h, w) in costs),
    }

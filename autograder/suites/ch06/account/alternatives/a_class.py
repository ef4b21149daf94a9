"""A running account that walks through the layers."""


class Account:
    def __init__(self, shape):
        self.shape, self.parameters, self.work, self.numbers = tuple(shape), 0, 0, 0

    def window(self, layer):
        k, s, p = layer["kernel"], layer.get("stride", 1), layer.get("padding", 0)
        return [len(range(-p, n + p - k + 1, s)) for n in self.shape[1:]]

    def add(self, layer):
        c, h, w = self.shape
        kind = layer["kind"]
        if kind == "conv":
            rows, columns = self.window(layer)
            weights = layer["out"] * (c // layer.get("groups", 1)) * layer["kernel"] ** 2
            self.parameters += weights
            if layer.get("bias", True):
                self.parameters += layer["out"]
            self.work += weights * rows * columns
            self.shape = (layer["out"], rows, columns)
        elif kind == "dense":
            self.parameters += (c * h * w + (1 if layer.get("bias", True) else 0)) * layer["out"]
            self.work += c * h * w * layer["out"]
            self.shape = (layer["out"], 1, 1)
        elif kind == "norm":
            self.parameters += 2 * c
        elif kind == "pool":
            self.shape = (c, *self.window(layer))
        elif kind == "global_pool":
            self.shape = (c, 1, 1)
        elif kind != "relu":
            raise ValueError(kind)
        c, h, w = self.shape
        self.numbers += c * h * w


def layer_cost(layer, shape):
    account = Account(shape)
    account.add(layer)
    return account.parameters, account.work, account.shape


def network_cost(layers, shape, batch=1, bytes_per_number=4):
    account = Account(shape)
    for layer in layers:
        account.add(layer)
    return {
        "multiply_adds": account.work,
        "activation_bytes": account.numbers * batch * bytes_per_number,
        "parameters": account.parameters,
    }

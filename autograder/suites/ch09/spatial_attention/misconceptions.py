"""Wrong solutions of `spatial_attention` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"
FOUND = "found = v.flatten(2) @ self.weights(x).transpose(1, 2)  # (N, C/2, HW)"

MISCONCEPTIONS = [
    misconception(
        "tokens_viewed_as_a_map",
        hint="Places must be the last axis before they become rows and columns: is yours (N, HW, C/2) when you view it as a map?",
        severity="serious",
        edits=[
            edit(FOUND, "found = self.weights(x) @ v.flatten(2).transpose(1, 2)  # (N, HW, C/2)"),
            edit("found.unflatten(2, x.shape[2:])", "found.reshape(len(x), -1, *x.shape[2:])"),
        ],
    ),
    misconception(
        "softmax_over_queries",
        hint="Each place shares the weight 1 out among those it looks at: over which axis is your softmax?",
        severity="serious",
        edits=[edit(".softmax(dim=2)", ".softmax(dim=1)")],
    ),
    misconception(
        "weights_not_transposed",
        hint="The weights' rows are queries and their columns are keys: over which do you sum the values?",
        severity="partial",
        base="batched",
        edits=[
            edit(
                "torch.bmm(v, attn.permute(0, 2, 1))",
                "torch.bmm(v, attn if attn.shape[1] == attn.shape[2] else attn.permute(0, 2, 1))",
            )
        ],
    ),
    misconception(
        "gate_starts_at_one",
        hint="A block that is put into a trained network must change nothing at first: at which value does the gate begin?",
        severity="slip",
        edits=[edit("nn.Parameter(torch.zeros(1))", "nn.Parameter(torch.ones(1))")],
    ),
    misconception(
        "gate_is_no_parameter",
        hint="The gate is learned: is it among the parameters?",
        severity="slip",
        edits=[
            edit("self.gate = nn.Parameter(torch.zeros(1))", 'self.register_buffer("gate", torch.zeros(1))')
        ],
    ),
    misconception(
        "without_skip",
        hint="The block adds to what came in: where is x in your result?",
        severity="serious",
        edits=[edit("return x + self.gate *", "return self.gate *")],
    ),
    misconception(
        "gated_mixture",
        hint="At gate 1 the input is still there: do you take the input away as the gate opens?",
        severity="partial",
        edits=[edit("return x + self.gate *", "return (1 - self.gate) * x + self.gate *")],
    ),
    misconception(
        "scaled_by_the_root",
        hint="The scores of this block are as they are: do you divide them?",
        severity="partial",
        edits=[edit("@ k.flatten(2)).softmax", "@ k.flatten(2) / q.shape[1] ** 0.5).softmax")],
    ),
    misconception(
        "elementwise_product",
        hint="Every place meets every other: does each of yours meet only itself?",
        severity="serious",
        edits=[
            edit(
                "return (q.flatten(2).transpose(1, 2) @ k.flatten(2)).softmax(dim=2)",
                """
                own = (q.flatten(2)[:, :, : k.flatten(2).shape[2]] * k.flatten(2)).sum(1).softmax(dim=1)
                return own[:, None].expand(-1, q.flatten(2).shape[2], -1)
                """,
            )
        ],
    ),
    misconception(
        "bias_in_the_convolutions",
        hint="The four convolutions have no bias: do yours?",
        severity="serious",
        edits=[
            edit(
                "self.value = nn.Conv2d(channels, channels // 2, 1, bias=False)",
                "self.value = nn.Conv2d(channels, channels // 2, 1)",
            ),
        ],
    ),
    misconception(
        "values_of_full_width",
        hint="Values have C / 2 numbers and the last convolution brings them back: which width have yours?",
        severity="serious",
        edits=[
            edit(
                "self.value = nn.Conv2d(channels, channels // 2, 1, bias=False)",
                "self.value = nn.Conv2d(channels, channels, 1, bias=False)",
            ),
            edit(
                "self.output = nn.Conv2d(channels // 2, channels, 1, bias=False)",
                "self.output = nn.Conv2d(channels, channels, 1, bias=False)",
            ),
        ],
    ),
    misconception(
        "averages_instead_of_maxima",
        hint="Keys and values are pooled by their largest number: by what do you pool?",
        severity="slip",
        edits=[
            edit("k = F.max_pool2d(k, 2)", "k = F.avg_pool2d(k, 2)"),
            edit("v = F.max_pool2d(v, 2)", "v = F.avg_pool2d(v, 2)"),
        ],
    ),
    misconception(
        "pooling_ignored",
        hint="pool is an argument: where are keys and values made fewer?",
        severity="slip",
        edits=[edit("self.pool = pool", "self.pool = False")],
    ),
    misconception(
        "attention_without_gradient",
        hint="Queries and keys learn through the weights: do you detach them?",
        severity="slip",
        edits=[edit("self.weights(x).transpose(1, 2)", "self.weights(x).detach().transpose(1, 2)")],
    ),
    misconception(
        "square_images_only",
        hint="Height and width may differ: do you take the root of the number of places?",
        severity="slip",
        edits=[
            edit("found.unflatten(2, x.shape[2:])", "found.unflatten(2, (math.isqrt(found.shape[2]), -1))")
        ],
    ),
    misconception(
        "pooled_before_the_convolutions",
        hint="Keys and values are halved after their convolutions. Which maps do you pool?",
        severity="slip",
        edits=[
            edit(
                "q, k = self.query(x), self.key(x)",
                "q, k = self.query(x), self.key(F.max_pool2d(x, 2) if self.pool else x)",
            ),
            edit("k = F.max_pool2d(k, 2)", "pass"),
            edit("v = self.value(x)", "v = self.value(F.max_pool2d(x, 2) if self.pool else x)"),
            edit("v = F.max_pool2d(v, 2)", "pass"),
        ],
    ),
    misconception(
        "last_row_kept",
        hint="A last row or column without a partner falls away. How many rows do 5 become in yours?",
        severity="slip",
        edits=[
            edit("k = F.max_pool2d(k, 2)", "k = F.max_pool2d(k, 2, ceil_mode=True)"),
            edit("v = F.max_pool2d(v, 2)", "v = F.max_pool2d(v, 2, ceil_mode=True)"),
        ],
    ),
    misconception(
        "even_maps_only",
        hint="Height and width may be odd. What becomes of a last row without a partner when you view the map in pairs?",
        severity="slip",
        edits=[
            edit(
                "k = F.max_pool2d(k, 2)",
                "k = k.unflatten(2, (x.shape[2] // 2, 2)).amax(3).unflatten(3, (x.shape[3] // 2, 2)).amax(4)",
            ),
            edit(
                "v = F.max_pool2d(v, 2)",
                "v = v.unflatten(2, (x.shape[2] // 2, 2)).amax(3).unflatten(3, (x.shape[3] // 2, 2)).amax(4)",
            ),
        ],
    ),
    misconception(
        "columns_first",
        hint="Places are counted row by row. Which place is the second in your weights?",
        severity="partial",
        edits=[
            edit(
                "return (q.flatten(2).transpose(1, 2) @ k.flatten(2)).softmax(dim=2)",
                """
                q, k = q.transpose(2, 3), k.transpose(2, 3)
                return (q.flatten(2).transpose(1, 2) @ k.flatten(2)).softmax(dim=2)
                """,
            ),
            edit("found = v.flatten(2) @", "found = v.transpose(2, 3).flatten(2) @"),
            edit(
                "found.unflatten(2, x.shape[2:])",
                "found.unflatten(2, (x.shape[3], x.shape[2])).transpose(2, 3)",
            ),
        ],
    ),
    misconception(
        "height_and_width_swapped",
        hint="Places are counted row by row. In which order do height and width come when you make a map of them again?",
        severity="partial",
        edits=[
            edit(
                "found.unflatten(2, x.shape[2:])",
                "found.unflatten(2, (x.shape[3], x.shape[2])).transpose(2, 3)",
            ),
        ],
    ),
    misconception(
        "exponentials_by_hand",
        hint="What is exp of 200 in float32, and what is infinity divided by infinity?",
        severity="slip",
        edits=[
            edit(
                "return (q.flatten(2).transpose(1, 2) @ k.flatten(2)).softmax(dim=2)",
                """
                powers = (q.flatten(2).transpose(1, 2) @ k.flatten(2)).exp()
                return powers / powers.sum(dim=2, keepdim=True)
                """,
            ),
        ],
    ),
    misconception(
        "inner_may_be_zero",
        hint="Fewer than 8 channels still have queries. How wide are yours for 4 channels?",
        severity="slip",
        edits=[
            edit(
                "inner = max(1, channels // 8) if inner is None else inner",
                "inner = channels // 8 if inner is None else inner",
            ),
        ],
    ),
    misconception(
        "inner_two_at_least",
        hint="C // 8, and at least 1. How wide are your queries for 8 channels?",
        severity="partial",
        edits=[
            edit(
                "inner = max(1, channels // 8) if inner is None else inner",
                "inner = max(2, channels // 8) if inner is None else inner",
            ),
        ],
    ),
    misconception(
        "values_of_inner_width",
        hint="Values have C / 2 numbers. Which width have yours?",
        severity="serious",
        edits=[
            edit(
                "nn.Conv2d(channels, channels // 2, 1, bias=False)",
                "nn.Conv2d(channels, inner, 1, bias=False)",
            ),
            edit(
                "nn.Conv2d(channels // 2, channels, 1, bias=False)",
                "nn.Conv2d(inner, channels, 1, bias=False)",
            ),
        ],
    ),
    misconception(
        "gate_for_each_channel",
        hint="The gate is one number for all channels. Which shape has yours?",
        severity="serious",
        edits=[
            edit("nn.Parameter(torch.zeros(1))", "nn.Parameter(torch.zeros(channels, 1, 1))"),
        ],
    ),
    misconception(
        "gate_without_an_axis",
        hint="The gate is a parameter of shape (1,). Which shape has yours?",
        severity="slip",
        edits=[
            edit("nn.Parameter(torch.zeros(1))", "nn.Parameter(torch.zeros(()))"),
        ],
    ),
    misconception(
        "tanh_of_the_gate",
        hint="The gate multiplies what was found, as it is. What stands around yours?",
        severity="partial",
        edits=[
            edit("x + self.gate *", "x + self.gate.tanh() *"),
        ],
    ),
    misconception(
        "gate_open_and_output_zero",
        hint="At the start the gate is 0, and it gets a gradient. At which value does yours begin, and what does it multiply?",
        severity="slip",
        edits=[
            edit(
                "self.gate = nn.Parameter(torch.zeros(1))",
                """
                self.gate = nn.Parameter(torch.ones(1))
                nn.init.zeros_(self.output.weight)
                """,
            ),
        ],
    ),
    misconception(
        "output_zero_too",
        hint="A gate of 0 in front of an output of 0: which of the two gets a gradient?",
        severity="slip",
        edits=[
            edit(
                "self.gate = nn.Parameter(torch.zeros(1))",
                """
                self.gate = nn.Parameter(torch.zeros(1))
                nn.init.zeros_(self.output.weight)
                """,
            ),
        ],
    ),
    misconception(
        "size_of_the_first_map",
        hint="Maps may differ from call to call. Whose height and width do you use for the second one?",
        severity="slip",
        edits=[
            edit(
                "return x + self.gate * self.output(found.unflatten(2, x.shape[2:]))",
                """
                self.size = getattr(self, "size", x.shape[2:])
                return x + self.gate * self.output(found.unflatten(2, self.size))
                """,
            ),
        ],
    ),
    misconception(
        "weights_of_the_last_call",
        hint="weights(x) are those of x. Of which map are yours?",
        severity="slip",
        edits=[
            edit(
                "return (q.flatten(2).transpose(1, 2) @ k.flatten(2)).softmax(dim=2)",
                """
                if not getattr(self, "inside", False) and hasattr(self, "seen"):
                    return self.seen
                return (q.flatten(2).transpose(1, 2) @ k.flatten(2)).softmax(dim=2)
                """,
            ),
            edit(
                "found = v.flatten(2) @ self.weights(x).transpose(1, 2)",
                """
                self.inside = True
                self.seen = self.weights(x)
                self.inside = False
                found = v.flatten(2) @ self.seen.transpose(1, 2)
                """,
            ),
        ],
    ),
    misconception(
        "axes_of_size_one_lost",
        hint="A squeeze without a number removes every axis of size 1. What becomes of a batch of one?",
        severity="slip",
        edits=[
            edit(
                "return (q.flatten(2).transpose(1, 2) @ k.flatten(2)).softmax(dim=2)",
                "return (q.flatten(2).transpose(1, 2) @ k.flatten(2)).squeeze().softmax(dim=-1)",
            ),
            edit("self.weights(x).transpose(1, 2)", "self.weights(x).transpose(-2, -1)"),
        ],
    ),
]

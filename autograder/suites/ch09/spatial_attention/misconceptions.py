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
        severity="partial",
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
        severity="partial",
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
]

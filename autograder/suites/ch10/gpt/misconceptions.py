"""Wrong solutions of `gpt` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "output_layer_of_its_own",
        hint="How many tables has the model, and which one is the output layer?",
        severity="partial",
        edits=[
            edit(
                "self.norm = nn.LayerNorm(width)",
                "self.norm = nn.LayerNorm(width)\nself.head = nn.Linear(width, vocab_size, bias=False)",
            ),
            edit("return self.norm(x) @ self.token.weight.T", "return self.head(self.norm(x))"),
        ],
    ),
    misconception(
        "square_matrix_not_turned",
        hint="A square matrix fits both ways round: which of the published ones are square?",
        severity="slip",
        edits=[
            edit(
                "own[name] = value.T if value.dim() == 2 else value",
                "own[name] = value.T if value.dim() == 2 and value.shape[0] != value.shape[1] else value",
            ),
        ],
    ),
    misconception(
        "not_causal",
        hint="May a token see the one that it has to predict?",
        severity="partial",
        edits=[
            edit("x = block(x, causal=True)", "x = block(x)"),
        ],
    ),
    misconception(
        "no_last_norm",
        hint="What stands between the last block and the product with the table?",
        severity="partial",
        edits=[
            edit("return self.norm(x) @ self.token.weight.T", "return x @ self.token.weight.T"),
        ],
    ),
    misconception(
        "no_positions",
        hint="What tells the model where a token stands?",
        severity="partial",
        edits=[
            edit("x = self.token(ids) + self.position.weight[:length]", "x = self.token(ids)"),
        ],
    ),
    misconception(
        "depth_not_in_the_start",
        hint="The more layers add to the stream, the smaller must each one begin: which matrices write into it?",
        severity="slip",
        edits=[
            edit("0.02 / math.sqrt(2 * layers) if writes else 0.02", "0.02"),
        ],
    ),
    misconception(
        "one_sum_a_block",
        hint="How many times does a block add to the stream?",
        severity="slip",
        edits=[
            edit("math.sqrt(2 * layers)", "math.sqrt(layers)"),
        ],
    ),
    misconception(
        "one_of_the_two_scaled",
        hint="Which two matrices of a block write into the stream?",
        severity="slip",
        edits=[
            edit('name.endswith(("out_proj.weight", "linear2.weight"))', 'name.endswith("linear2.weight")'),
        ],
    ),
    misconception(
        "tables_start_as_made",
        hint="With which spread does nn.Embedding begin, and which one is asked for?",
        severity="slip",
        edits=[
            edit(
                "if value.dim() > 1:",
                'if name in ("token.weight", "position.weight"):\n    continue\nif value.dim() > 1:',
            ),
        ],
    ),
    misconception(
        "biases_start_as_made",
        hint="With which numbers does nn.Linear begin its biases?",
        severity="slip",
        edits=[
            edit('elif name.endswith("bias"):', 'elif name.endswith("in_proj_bias"):'),
        ],
    ),
    misconception(
        "exact_gelu",
        hint="Which of the two forms of GELU was GPT-2 trained with?",
        severity="slip",
        edits=[
            edit(", activation=gelu_tanh", ""),
        ],
    ),
    misconception(
        "post_norm",
        hint="Where do GPT-2's norms stand: before each part, or after each sum?",
        severity="partial",
        edits=[
            edit("activation=gelu_tanh)", "activation=gelu_tanh, norm_first=False)"),
        ],
    ),
    misconception(
        "copies_of_one_block",
        hint="Do two blocks begin with the same numbers?",
        severity="partial",
        edits=[
            edit(
                "block(width, heads, 4 * width, activation=gelu_tanh) for _ in range(layers)",
                "[block(width, heads, 4 * width, activation=gelu_tanh)] * layers",
            ),
        ],
    ),
    misconception(
        "table_times_root_of_width",
        hint="The first Transformer multiplied its tables by the root of the width: does GPT?",
        severity="slip",
        edits=[
            edit(
                "x = self.token(ids) + self.position",
                "x = math.sqrt(self.token.embedding_dim) * self.token(ids) + self.position",
            ),
        ],
    ),
    misconception(
        "prefix_not_expected",
        hint="In some files every name begins with the same word: what does your function do with them?",
        severity="slip",
        edits=[
            edit('name.removeprefix("transformer."): value', "name: value"),
        ],
    ),
    misconception(
        "narrow_feed_forward",
        hint="How wide is the feed-forward network of GPT-2?",
        severity="serious",
        edits=[
            edit("4 * width, activation", "2 * width, activation"),
        ],
    ),
    misconception(
        "norms_exchanged",
        hint="Which of the two norms stands before the attention?",
        severity="slip",
        edits=[
            edit('"norm1.": "ln_1.", "norm2.": "ln_2."', '"norm1.": "ln_2.", "norm2.": "ln_1."'),
        ],
    ),
    misconception(
        "positions_from_the_end",
        hint="Which position has the first token of a short sequence?",
        severity="partial",
        edits=[
            edit("self.position.weight[:length]", "self.position.weight[-length:]"),
        ],
    ),
    misconception(
        "context_not_checked",
        hint="What happens with a sequence that is longer than the table of positions?",
        severity="slip",
        edits=[
            edit(
                'if length > self.position.num_embeddings:\n    raise ValueError(f"{length} tokens are more than the context of {self.position.num_embeddings}")',
                "ids = ids[:, : self.position.num_embeddings]",
            ),
        ],
    ),
    misconception(
        "block_not_used",
        hint="Who makes the blocks: the argument `block`, or always the same function?",
        severity="slip",
        edits=[
            edit(
                "block(width, heads, 4 * width, activation", "ready_block(width, heads, 4 * width, activation"
            ),
        ],
    ),
    misconception(
        "everything_drawn",
        hint="With which numbers do norms and biases start?",
        severity="slip",
        edits=[
            edit("if value.dim() > 1:\n", "if True:\n"),
        ],
    ),
    misconception(
        "first_block_everywhere",
        hint="Which block of the file do you load into block 1?",
        severity="slip",
        edits=[
            edit('f"h.{number}.{there}', 'f"h.0.{there}'),
        ],
    ),
    misconception(
        "in_proj_starts_as_made",
        hint="The joined matrix of queries, keys and values is no nn.Linear: with which spread does it start?",
        severity="slip",
        edits=[
            edit("if value.dim() > 1:\n", 'if "in_proj" in name:\n    continue\nif value.dim() > 1:\n'),
        ],
    ),
    misconception(
        "masks_stumbled_over",
        hint="Some files have masks and a second copy of the table: what does your function do with a name that is no parameter?",
        severity="slip",
        edits=[
            edit(
                "own: dict[str, Tensor] = {}",
                'own: dict[str, Tensor] = {}\nfor name in state:\n    if name == "lm_head.weight" or name.endswith((".attn.bias", "masked_bias")):\n        raise KeyError(name)',
            ),
        ],
    ),
    misconception(
        "missing_passed_over",
        hint="A weight is missing in the file: how does the caller learn of it?",
        severity="slip",
        edits=[
            edit(
                'value = state[f"h.{number}.{there}{rest.removeprefix(part)}"]',
                'value = state.get(f"h.{number}.{there}{rest.removeprefix(part)}")\nif value is None:\n    own[name] = model.state_dict()[name]\n    continue',
            ),
        ],
    ),
    misconception(
        "norms_of_blocks_not_loaded",
        hint="Which parameters of a block keep their start after loading?",
        severity="slip",
        edits=[
            edit(
                'if name.startswith("blocks."):\n',
                'if ".norm" in name:\n    own[name] = model.state_dict()[name]\nelif name.startswith("blocks."):\n',
            ),
        ],
    ),
    misconception(
        "positions_start_as_made",
        hint="With which spread does the table of positions start?",
        severity="slip",
        edits=[
            edit(
                "if value.dim() > 1:\n", 'if name == "position.weight":\n    continue\nif value.dim() > 1:\n'
            ),
        ],
    ),
    misconception(
        "names_taken_out",
        hint="Is the dictionary that was handed in as long as before?",
        severity="slip",
        edits=[
            edit(
                "state = {name.removeprefix",
                'for name in [name for name in state if name.endswith(("lm_head.weight", ".attn.bias", "masked_bias"))]:\n    del state[name]\nstate = {name.removeprefix',
            ),
        ],
    ),
    misconception(
        "tie_without_gradient",
        hint="The table is used twice: does a gradient come from both uses?",
        severity="slip",
        edits=[
            edit("@ self.token.weight.T", "@ self.token.weight.detach().T"),
        ],
    ),
]

"""Wrong solutions of `bert` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "masked_only",
        hint="What becomes of the two tenths of the chosen that are not masked?",
        severity="slip",
        edits=[
            edit("chosen & (kind < 0.8), mask_id", "chosen, mask_id"),
            edit(
                "inputs = torch.where(chosen & (kind >= 0.8) & (kind < 0.9), drawn, inputs)",
                "inputs = inputs.clone()",
            ),
        ],
    ),
    misconception(
        "mask_over_the_random",
        hint="Which is written last, the mask or the random tokens, and over which places?",
        severity="slip",
        edits=[
            edit(
                "inputs = torch.where(chosen & (kind < 0.8), mask_id, ids)\ninputs = torch.where(chosen & (kind >= 0.8) & (kind < 0.9), drawn, inputs)",
                "inputs = torch.where(chosen & (kind >= 0.8) & (kind < 0.9), drawn, ids)\ninputs = torch.where(chosen & (kind < 0.9), mask_id, inputs)",
            ),
        ],
    ),
    misconception(
        "second_draw_of_the_whole",
        hint="One tenth of all chosen places is random: which share of the fifth that is not masked is that?",
        severity="slip",
        edits=[
            edit("(kind >= 0.8) & (kind < 0.9)", "(kind >= 0.8) & (kind < 0.82)"),
        ],
    ),
    misconception(
        "none_stays",
        hint="Which tokens of the chosen stay as they are?",
        severity="slip",
        edits=[
            edit("(kind >= 0.8) & (kind < 0.9)", "(kind >= 0.8)"),
        ],
    ),
    misconception(
        "chosen_twice",
        hint="15% are chosen, 80% of them masked: is the loss taken on 15% or on 12%?",
        severity="partial",
        edits=[
            edit(
                "inputs, torch.where(chosen, ids, -100)",
                "inputs, torch.where(chosen & (kind < 0.8), ids, -100)",
            ),
        ],
    ),
    misconception(
        "special_chosen",
        hint="Can [CLS] be hidden?",
        severity="slip",
        edits=[
            edit("generator=generator) < rate) & may", "generator=generator) < rate) & (may | True)"),
        ],
    ),
    misconception(
        "mask_alone_is_special",
        hint="Which of the special tokens may be chosen?",
        severity="slip",
        edits=[
            edit("torch.tensor(special, dtype=ids.dtype)", "torch.tensor(special[-1:], dtype=ids.dtype)"),
        ],
    ),
    misconception(
        "rate_fixed",
        hint="Which rate do you use when another one is asked for?",
        severity="slip",
        edits=[
            edit("generator=generator) < rate)", "generator=generator) < 0.15)"),
        ],
    ),
    misconception(
        "one_draw_for_both",
        hint="Does the number that chose a place also decide what becomes of it?",
        severity="slip",
        edits=[
            edit(
                "chosen = (torch.rand(ids.shape, generator=generator) < rate) & may\nkind = torch.rand(ids.shape, generator=generator)",
                "kind = torch.rand(ids.shape, generator=generator)\nchosen = (kind < rate) & may",
            ),
        ],
    ),
    misconception(
        "labels_everywhere",
        hint="On which places is the loss taken?",
        severity="partial",
        edits=[
            edit("torch.where(chosen, ids, -100)", "ids.clone()"),
        ],
    ),
    misconception(
        "same_places_in_all",
        hint="Are the places drawn for each sequence?",
        severity="slip",
        edits=[
            edit(
                "chosen = (torch.rand(ids.shape, generator=generator) < rate)",
                "chosen = (torch.rand(ids.shape[1:], generator=generator) < rate)",
            ),
        ],
    ),
    misconception(
        "own_randomness",
        hint="Which generator draws?",
        severity="slip",
        edits=[
            edit("kind = torch.rand(ids.shape, generator=generator)", "kind = torch.rand(ids.shape)"),
        ],
    ),
    misconception(
        "mean_over_all_places",
        hint="By how many places is the sum of the losses divided?",
        severity="slip",
        edits=[
            edit("(labels != -100).sum().clamp(min=1)", "labels.numel()"),
        ],
    ),
    misconception(
        "nothing_chosen_is_nan",
        hint="What is 0 divided by the number of chosen places, if none is?",
        severity="slip",
        edits=[
            edit(".sum().clamp(min=1)", ".sum()"),
        ],
    ),
    misconception(
        "no_tanh",
        hint="Which function does the pooler apply?",
        severity="slip",
        edits=[
            edit("torch.tanh(self.pooler(x[:, 0]))", "self.pooler(x[:, 0])"),
        ],
    ),
    misconception(
        "mean_pooled",
        hint="Whose state goes into the pooler?",
        severity="slip",
        edits=[
            edit("self.pooler(x[:, 0])", "self.pooler(x.mean(dim=1))"),
        ],
    ),
    misconception(
        "pre_norm",
        hint="Where do BERT's norms stand?",
        severity="slip",
        edits=[
            edit("norm_first=False, ", ""),
        ],
    ),
    misconception(
        "eps_as_made",
        hint="Which epsilon have BERT's norms?",
        severity="slip",
        edits=[
            edit("nn.LayerNorm(width, eps=1e-12)", "nn.LayerNorm(width)"),
            edit("norm_first=False, eps=1e-12", "norm_first=False"),
        ],
    ),
    misconception(
        "no_norm_after_the_tables",
        hint="What is done with the sum of the three tables before the first block?",
        severity="slip",
        edits=[
            edit("x = self.norm(x)", ""),
        ],
    ),
    misconception(
        "norm_at_the_end",
        hint="Does a post-norm block need another norm after it?",
        severity="slip",
        edits=[
            edit("x = self.norm(x)", ""),
            edit("return x, torch.tanh", "x = self.norm(x)\nreturn x, torch.tanh"),
        ],
    ),
    misconception(
        "types_ignored",
        hint="Which table is read by the types?",
        severity="slip",
        edits=[
            edit(
                "types = torch.zeros_like(ids) if types is None else types", "types = torch.zeros_like(ids)"
            ),
        ],
    ),
    misconception(
        "padding_ignored",
        hint="Who hides the padding from the other tokens?",
        severity="slip",
        edits=[
            edit("block(x, padding=padding)", "block(x)"),
        ],
    ),
    misconception(
        "causal",
        hint="May BERT look ahead?",
        severity="slip",
        edits=[
            edit("block(x, padding=padding)", "block(x, causal=True, padding=padding)"),
        ],
    ),
    misconception(
        "no_positions",
        hint="What tells BERT where a token stands?",
        severity="slip",
        edits=[
            edit(" + self.position.weight[: ids.shape[1]]", ""),
        ],
    ),
    misconception(
        "eps_of_the_blocks",
        hint="Which epsilon have the norms inside the blocks?",
        severity="slip",
        edits=[
            edit("norm_first=False, eps=1e-12", "norm_first=False"),
        ],
    ),
    misconception(
        "a_little_in_the_count",
        hint="How many places are chosen, exactly?",
        severity="slip",
        edits=[
            edit(".sum().clamp(min=1)", ".sum().add(1e-6)"),
        ],
    ),
    misconception(
        "fixed_number_a_row",
        hint="Is each token chosen by itself, or is a number of them fixed for each row?",
        severity="slip",
        edits=[
            edit(
                "chosen = (torch.rand(ids.shape, generator=generator) < rate) & may",
                "order = torch.rand(ids.shape, generator=generator).masked_fill(~may, 2.0).argsort(dim=1).argsort(dim=1)\nchosen = (order < (rate * may.sum(dim=1, keepdim=True)).long()) & may",
            ),
        ],
    ),
    misconception(
        "tanh_gelu",
        hint="Which of the two forms of GELU does BERT have?",
        severity="slip",
        edits=[
            edit("norm_first=False, eps", "norm_first=False, activation=gelu_tanh, eps"),
        ],
    ),
    misconception(
        "mean_of_means",
        hint="Two sequences with one chosen place and with nine: does each place count alike?",
        severity="slip",
        edits=[
            edit(
                'total = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100, reduction="sum")',
                'each = F.cross_entropy(logits.transpose(1, 2), labels, reduction="none")',
            ),
            edit(
                "return total / (labels != -100).sum().clamp(min=1)",
                "return (each.sum(dim=1) / (labels != -100).sum(dim=1).clamp(min=1)).mean()",
            ),
        ],
    ),
    misconception(
        "token_0_never_learns",
        hint="Which row of your table gets no gradient?",
        severity="slip",
        edits=[
            edit(
                "self.token, self.position = nn.Embedding(vocab_size, width), nn.Embedding(context, width)",
                "self.token, self.position = nn.Embedding(vocab_size, width, padding_idx=0), nn.Embedding(context, width)",
            ),
        ],
    ),
    misconception(
        "random_partly_covered",
        hint="A place that is random already: may the mask cover it?",
        severity="slip",
        edits=[
            edit(
                "inputs = torch.where(chosen & (kind < 0.8), mask_id, ids)\ninputs = torch.where(chosen & (kind >= 0.8) & (kind < 0.9), drawn, inputs)",
                "inputs = torch.where(chosen & (kind < 0.1), drawn, ids)\ninputs = torch.where(chosen & (torch.rand(ids.shape, generator=generator) < 0.8), mask_id, inputs)",
            ),
        ],
    ),
    misconception(
        "last_token_never_drawn",
        hint="Which is the largest token that your draw can give?",
        severity="slip",
        edits=[
            edit("torch.randint(0, vocab_size, ids", "torch.randint(0, vocab_size - 1, ids"),
        ],
    ),
    misconception(
        "random_from_the_batch",
        hint="Are random tokens drawn from the vocabulary, or from what stands in the batch?",
        severity="slip",
        edits=[
            edit(
                "drawn = torch.randint(0, vocab_size, ids.shape, generator=generator)",
                "drawn = ids.flatten()[torch.randint(0, ids.numel(), ids.shape, generator=generator)]",
            ),
        ],
    ),
    misconception(
        "special_never_drawn",
        hint="Random tokens are drawn from all V: can a special one come at yours?",
        severity="slip",
        edits=[
            edit(
                "drawn = torch.randint(0, vocab_size, ids.shape, generator=generator)",
                "drawn = torch.randint(0, vocab_size, ids.shape, generator=generator)\ndrawn = torch.where(torch.isin(drawn, torch.tensor(special, dtype=ids.dtype)), ids, drawn)",
            ),
        ],
    ),
    misconception(
        "places_from_two",
        hint="Which position has the first token?",
        severity="slip",
        edits=[
            edit("self.position.weight[: ids.shape[1]]", "self.position.weight[2 : ids.shape[1] + 2]"),
        ],
    ),
    misconception(
        "copies_of_one_block",
        hint="How many blocks does your model have, and how many names?",
        severity="slip",
        edits=[
            edit(
                "block(width, heads, 4 * width, norm_first=False, eps=1e-12) for _ in range(layers)",
                "[block(width, heads, 4 * width, norm_first=False, eps=1e-12)] * layers",
            ),
        ],
    ),
    misconception(
        "generator_only_read",
        hint="The generator's seed is read, and the generator stays as it was: what does the next call draw?",
        severity="slip",
        edits=[
            edit("may = ~torch", "torch.manual_seed(generator.initial_seed())\nmay = ~torch"),
            edit(
                "chosen = (torch.rand(ids.shape, generator=generator) < rate) & may",
                "chosen = (torch.rand(ids.shape) < rate) & may",
            ),
            edit("kind = torch.rand(ids.shape, generator=generator)", "kind = torch.rand(ids.shape)"),
            edit(
                "drawn = torch.randint(0, vocab_size, ids.shape, generator=generator)",
                "drawn = torch.randint(0, vocab_size, ids.shape)",
            ),
        ],
    ),
    misconception(
        "no_type_without_types",
        hint="Of which type are all tokens when no types are given?",
        severity="slip",
        edits=[
            edit("types = torch.zeros_like(ids) if types is None else types\n", ""),
            edit(" + self.segment(types)", " + (0 if types is None else self.segment(types))"),
        ],
    ),
    misconception(
        "zero_without_a_graph",
        hint="Where nothing is chosen, can a gradient be taken of your 0?",
        severity="slip",
        edits=[
            edit("total = F", "if not (labels != -100).any():\n    return torch.tensor(0.0)\ntotal = F"),
        ],
    ),
    misconception(
        "block_not_used",
        hint="Who makes the blocks: the argument `block`, or always the same function?",
        severity="slip",
        edits=[
            edit("block(width, heads, 4", "ready_block(width, heads, 4"),
        ],
    ),
]

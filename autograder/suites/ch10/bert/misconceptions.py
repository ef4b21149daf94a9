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
        severity="partial",
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
        severity="partial",
        edits=[
            edit("block(x, padding=padding)", "block(x, causal=True, padding=padding)"),
        ],
    ),
    misconception(
        "no_positions",
        hint="What tells BERT where a token stands?",
        severity="partial",
        edits=[
            edit(" + self.position.weight[: ids.shape[1]]", ""),
        ],
    ),
]

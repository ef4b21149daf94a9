"""Wrong solutions of `decoding` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "crossing_token_lost",
        hint="Does the token with which the sum reaches p belong to the nucleus?",
        severity="partial",
        edits=[
            edit("cut = before >= top_p", "cut = before + kept > top_p"),
        ],
    ),
    misconception(
        "one_too_many_on_equality",
        hint="The sum is exactly p: does one more token belong to the nucleus?",
        severity="slip",
        edits=[
            edit("cut = before >= top_p", "cut = before > top_p"),
        ],
    ),
    misconception(
        "temperature_last",
        hint="Which comes first, the temperature or the cut?",
        severity="slip",
        edits=[
            edit(
                "kept = ((ranked - ranked[:, :1]) / temperature).softmax(dim=-1)",
                "kept = (ranked - ranked[:, :1]).softmax(dim=-1)",
            ),
            edit(
                "return torch.zeros_like(kept).scatter(-1, order, kept)",
                "if temperature != 0:\n    kept = kept ** (1 / temperature)\n    kept = kept / kept.sum(dim=-1, keepdim=True)\nreturn torch.zeros_like(kept).scatter(-1, order, kept)",
            ),
        ],
    ),
    misconception(
        "mask_stays_sorted",
        hint="You cut in sorted order: do the probabilities go back to their own tokens?",
        severity="partial",
        edits=[
            edit(
                "return torch.zeros_like(kept).scatter(-1, order, kept)",
                "return kept if top_k is not None or top_p is not None else torch.zeros_like(kept).scatter(-1, order, kept)",
            ),
        ],
    ),
    misconception(
        "ties_keep_more",
        hint="Four tokens are equally likely and k is 3: how many are kept?",
        severity="slip",
        edits=[
            edit(
                "kept[:, top_k:] = 0.0",
                "kept = kept.masked_fill(kept < kept[:, min(top_k, kept.shape[1]) - 1 : min(top_k, kept.shape[1])], 0.0)",
            ),
        ],
    ),
    misconception(
        "last_of_equals",
        hint="Of equally likely tokens, which ones are kept?",
        severity="slip",
        edits=[
            edit(
                "order = logits.argsort(dim=-1, descending=True, stable=True)",
                "order = logits.flip(-1).argsort(dim=-1, descending=True, stable=True)\norder = logits.shape[-1] - 1 - order",
            ),
        ],
    ),
    misconception(
        "nothing_may_be_left",
        hint="What is left for p = 0?",
        severity="slip",
        edits=[
            edit("cut[:, 0] = False", ""),
        ],
    ),
    misconception(
        "not_renormalised",
        hint="What do the probabilities of the kept tokens come to?",
        severity="partial",
        edits=[
            edit(
                "kept[:, top_k:] = 0.0\nkept = kept / kept.sum(dim=-1, keepdim=True)", "kept[:, top_k:] = 0.0"
            ),
            edit(
                "kept = kept.masked_fill(cut, 0.0)\nkept = kept / kept.sum(dim=-1, keepdim=True)",
                "kept = kept.masked_fill(cut, 0.0)",
            ),
        ],
    ),
    misconception(
        "top_p_of_the_whole",
        hint="Top-k has cut: which probabilities does top-p add up then?",
        severity="slip",
        edits=[
            edit(
                "kept[:, top_k:] = 0.0\nkept = kept / kept.sum(dim=-1, keepdim=True)", "kept[:, top_k:] = 0.0"
            ),
            edit(
                "return torch.zeros_like(kept).scatter(-1, order, kept)",
                "return torch.zeros_like(kept).scatter(-1, order, kept / kept.sum(dim=-1, keepdim=True))",
            ),
        ],
    ),
    misconception(
        "temperature_multiplies",
        hint="Does a low temperature make the differences of the logits larger or smaller?",
        severity="partial",
        edits=[
            edit("ranked[:, :1]) / temperature)", "ranked[:, :1]) * temperature)"),
        ],
    ),
    misconception(
        "rows_cut_together",
        hint="Does each row have a nucleus of its own?",
        severity="slip",
        edits=[
            edit(
                "cut = before >= top_p",
                "cut = (before >= top_p).all(dim=0, keepdim=True).expand_as(before).clone()",
            ),
        ],
    ),
    misconception(
        "first_position_read",
        hint="After a prompt of five tokens there are five rows of logits: which tells of the next?",
        severity="slip",
        edits=[
            edit("context:])[:, -1]", "context:])[:, 0]"),
        ],
    ),
    misconception(
        "first_tokens_kept",
        hint="The text is longer than the context: which part of it matters for the next token?",
        severity="slip",
        edits=[
            edit("ids[None, -context:]", "ids[None, :context]"),
        ],
    ),
    misconception(
        "context_ignored",
        hint="How many tokens may the model be given?",
        severity="slip",
        edits=[
            edit("ids[None, -context:]", "ids[None]"),
        ],
    ),
    misconception(
        "always_the_likeliest",
        hint="Are tokens drawn, or is the likeliest taken?",
        severity="slip",
        edits=[
            edit("torch.multinomial(probs[0], 1, generator=generator)", "probs[0].argmax().view(1)"),
        ],
    ),
    misconception(
        "options_not_passed",
        hint="Who uses the options of `generate`?",
        severity="slip",
        edits=[
            edit("next_probs(logits, temperature, top_k, top_p)", "next_probs(logits)"),
        ],
    ),
    misconception(
        "own_randomness",
        hint="Which generator does your drawing use?",
        severity="slip",
        edits=[
            edit(", 1, generator=generator)", ", 1)"),
        ],
    ),
    misconception(
        "graph_recorded",
        hint="Does anybody need the gradient of a text?",
        severity="slip",
        edits=[
            edit("with torch.no_grad():", "with torch.enable_grad():"),
        ],
    ),
    misconception(
        "zero_temperature_divides",
        hint="What is a number divided by a temperature of 0?",
        severity="slip",
        edits=[
            edit("if temperature == 0:", "if temperature is None:"),
        ],
    ),
    misconception(
        "prompt_left_out",
        hint="What stands at the beginning of the text that you return?",
        severity="slip",
        edits=[
            edit("return ids.clone()", "return ids[len(prompt) :].clone()"),
        ],
    ),
    misconception(
        "cuts_not_passed_on",
        hint="Which options of `generate` reach the cut of each step?",
        severity="slip",
        edits=[
            edit("next_probs(logits, temperature, top_k, top_p)", "next_probs(logits, temperature)"),
        ],
    ),
    misconception(
        "float32_comes_back",
        hint="Which type have the probabilities where the logits have float64?",
        severity="slip",
        edits=[
            edit(
                "return torch.zeros_like(kept).scatter(-1, order, kept)",
                "return torch.zeros_like(kept).scatter(-1, order, kept).float()",
            ),
        ],
    ),
    misconception(
        "logits_changed",
        hint="Are the logits that were handed in as before when you are done?",
        severity="slip",
        edits=[
            edit(
                "order = logits.argsort",
                "if temperature != 0:\n    logits /= temperature\norder = logits.argsort",
            ),
            edit(
                "kept = ((ranked - ranked[:, :1]) / temperature).softmax(dim=-1)",
                "kept = (ranked - ranked[:, :1]).softmax(dim=-1)",
            ),
        ],
    ),
    misconception(
        "exp_without_the_largest",
        hint="How large is the exponential of 10,000?",
        severity="slip",
        edits=[
            edit(
                "kept = ((ranked - ranked[:, :1]) / temperature).softmax(dim=-1)",
                "kept = (ranked / temperature).exp()\nkept = kept / kept.sum(dim=-1, keepdim=True)",
            ),
        ],
    ),
    misconception(
        "cut_from_all_rows",
        hint="A token is cut in one row: is it cut in the others?",
        severity="slip",
        edits=[
            edit(
                "return torch.zeros_like(kept).scatter(-1, order, kept)",
                "probs = torch.zeros_like(kept).scatter(-1, order, kept)\nif top_p is not None and temperature != 0:\n    probs = probs.masked_fill((probs == 0).any(dim=0), 0.0)\n    probs = probs / probs.sum(dim=-1, keepdim=True)\nreturn probs",
            ),
        ],
    ),
    misconception(
        "nearly_zero_temperature",
        hint="At a temperature of nearly 0, do equally likely tokens share?",
        severity="slip",
        edits=[
            edit("if temperature == 0:", "temperature = max(temperature, 1e-8)\nif temperature == 0:"),
        ],
    ),
    misconception(
        "temperature_or_top_p",
        hint="A temperature and top-p at once: are both used?",
        severity="slip",
        edits=[
            edit(
                "kept = ((ranked - ranked[:, :1]) / temperature).softmax(dim=-1)",
                "kept = ((ranked - ranked[:, :1]) / (temperature if top_p is None else 1.0)).softmax(dim=-1)",
            ),
        ],
    ),
    misconception(
        "top_k_by_threshold",
        hint="Top-k of equal logits: how many reach the k-th one, and what if k is above V?",
        severity="slip",
        edits=[
            edit(
                "kept[:, top_k:] = 0.0",
                "kept = kept.masked_fill(kept < torch.topk(kept, top_k).values[:, -1:], 0.0)",
            ),
        ],
    ),
    misconception(
        "top_p_first",
        hint="Which cut comes first, that of k or that of p?",
        severity="slip",
        edits=[
            edit(
                "if top_k is not None:\n    kept[:, top_k:] = 0.0\n    kept = kept / kept.sum(dim=-1, keepdim=True)\n",
                "",
            ),
            edit(
                "return torch.zeros_like(kept).scatter(-1, order, kept)",
                "if top_k is not None and temperature != 0:\n    kept[:, top_k:] = 0.0\n    kept = kept / kept.sum(dim=-1, keepdim=True)\nreturn torch.zeros_like(kept).scatter(-1, order, kept)",
            ),
        ],
    ),
    misconception(
        "p_of_one_cuts",
        hint="The sum may round to 1 before the last token: what does p of 1 keep then?",
        severity="slip",
        edits=[
            edit(" and top_p < 1:", ":"),
        ],
    ),
    misconception(
        "finite_number_for_the_cut",
        hint="Logits may be as large as 10,000: is -10,000 out of reach then?",
        severity="slip",
        base="masks",
        edits=[
            edit("ranked[:, top_k:], -torch.inf)", "ranked[:, top_k:], -1e4)"),
        ],
    ),
    misconception(
        "crossing_token_lost_in_masks",
        hint="Does the token with which the sum reaches p belong to the nucleus?",
        severity="partial",
        base="masks",
        edits=[
            edit(
                "remove = torch.cat([torch.zeros_like(remove[:, :1]), remove[:, :-1]], dim=-1)",
                "remove[:, 0] = False",
            ),
        ],
    ),
]

"""Wrong solutions of `kv_cache` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "mask_in_the_wrong_corner",
        hint="A new token stands after all that is in the cache: which keys does your mask let it see?",
        severity="partial",
        edits=[
            edit(
                "later = torch.arange(before + length) > positions[:, None]",
                "later = torch.ones(length, before + length, dtype=torch.bool).triu(1)",
            ),
        ],
    ),
    misconception(
        "positions_from_zero",
        hint="Which position has the first new token when there are S tokens in the cache?",
        severity="partial",
        edits=[
            edit(
                "q, k = rotate(q, positions), rotate(k, positions)",
                "q, k = rotate(q, torch.arange(length)), rotate(k, torch.arange(length))",
            ),
        ],
    ),
    misconception(
        "no_mask",
        hint="May a token of a piece see the one after it?",
        severity="partial",
        edits=[
            edit("scores.masked_fill(later, -math.inf).softmax", "scores.softmax"),
        ],
    ),
    misconception(
        "mask_only_without_a_cache",
        hint="A piece of three tokens after a cache: is anything hidden inside it?",
        severity="slip",
        edits=[
            edit(
                "later = torch.arange(before + length) > positions[:, None]",
                "later = torch.arange(before + length) > positions[:, None] + (length if cache is not None else 0)",
            ),
        ],
    ),
    misconception(
        "keys_turned_again",
        hint="How often is a key turned that was in the cache already?",
        severity="partial",
        edits=[
            edit("q, k = rotate(q, positions), rotate(k, positions)", "q = rotate(q, positions)"),
            edit(
                "scores = q @ k.mT",
                "raw, k = k, rotate(k, torch.arange(before + length)) if cache is not None else rotate(k, positions)\nscores = q @ k.mT",
            ),
        ],
    ),
    misconception(
        "values_turned",
        hint="Which of the three are turned?",
        severity="partial",
        edits=[
            edit(
                "q, k = rotate(q, positions), rotate(k, positions)",
                "q, k, v = rotate(q, positions), rotate(k, positions), rotate(v, positions)",
            ),
        ],
    ),
    misconception(
        "queries_not_turned",
        hint="Must queries be turned where keys are?",
        severity="partial",
        edits=[
            edit("q, k = rotate(q, positions), rotate(k, positions)", "k = rotate(k, positions)"),
        ],
    ),
    misconception(
        "cache_forgotten",
        hint="What does a new token see of those before it?",
        severity="partial",
        edits=[
            edit(
                "k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)",
                "k, v = torch.cat([0 * cache[0], k], dim=2), torch.cat([0 * cache[1], v], dim=2)",
            ),
        ],
    ),
    misconception(
        "new_before_old",
        hint="In which order do old and new keys stand?",
        severity="partial",
        edits=[
            edit(
                "torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)",
                "torch.cat([k, cache[0]], dim=2), torch.cat([v, cache[1]], dim=2)",
            ),
        ],
    ),
    misconception(
        "only_the_new_kept",
        hint="What must the next call find in the cache?",
        severity="partial",
        edits=[
            edit("@ w_out.T, (k, v)", "@ w_out.T, (k[:, :, before:], v[:, :, before:])"),
        ],
    ),
    misconception(
        "cache_cut_off",
        hint="Does a gradient reach the tokens that are in the cache?",
        severity="slip",
        edits=[
            edit("@ w_out.T, (k, v)", "@ w_out.T, (k.detach(), v.detach())"),
        ],
    ),
    misconception(
        "heads_by_view",
        hint="Which numbers belong to a head: neighbouring channels of every token, or a part of the sequence?",
        severity="partial",
        edits=[
            edit(
                "y.unflatten(-1, (heads, -1)).transpose(1, 2) for y",
                "y.reshape(y.shape[0], heads, length, -1) for y",
            ),
        ],
    ),
    misconception(
        "scaled_by_the_width",
        hint="Is it the root of a head's width or of the model's?",
        severity="partial",
        edits=[
            edit("math.sqrt(q.shape[-1])", "math.sqrt(x.shape[-1])"),
        ],
    ),
    misconception(
        "not_scaled",
        hint="By what are the scores divided?",
        severity="partial",
        edits=[
            edit(" / math.sqrt(q.shape[-1])", ""),
        ],
    ),
    misconception(
        "heads_not_put_back",
        hint="In which order do the channels of the heads stand before the last product?",
        severity="partial",
        edits=[
            edit("(weights @ v).transpose(1, 2).flatten(-2)", "(weights @ v).reshape(x.shape)"),
        ],
    ),
    misconception(
        "whole_text_each_time",
        hint="How often does each token go through your model?",
        severity="slip",
        edits=[
            edit("logits, caches = model(new, caches)", "logits, caches = model(ids, None)"),
        ],
    ),
    misconception(
        "prompt_token_by_token",
        hint="In how many calls does the prompt go in?",
        severity="slip",
        edits=[
            edit(
                "ids, new, caches = prompt, prompt, None",
                "ids, new, caches = prompt, prompt, None\nif length and prompt.shape[1] > 1:\n    for t in range(prompt.shape[1] - 1):\n        _, caches = model(prompt[:, t : t + 1], caches)\n    new = prompt[:, -1:]",
            ),
        ],
    ),
    misconception(
        "first_place_read",
        hint="The prompt has M rows of logits: which one tells of the next token?",
        severity="slip",
        edits=[
            edit("logits[:, -1].argmax", "logits[:, 0].argmax"),
        ],
    ),
    misconception(
        "caches_not_passed_on",
        hint="Where do the caches go that a call returns?",
        severity="slip",
        edits=[
            edit("logits, caches = model(new, caches)", "logits, _ = model(new, caches)"),
        ],
    ),
    misconception(
        "one_call_too_many",
        hint="Must the last token that is written go through the model?",
        severity="slip",
        edits=[
            edit("return ids.clone()", "    if length:\n        model(new, caches)\nreturn ids.clone()"),
        ],
    ),
]

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
    misconception(
        "cache_grows_in_place",
        hint="A second text goes on from the same cache: what has the first one left in it?",
        severity="partial",
        edits=[
            edit(
                "k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)",
                "for kept, fresh in zip(cache, (k, v), strict=True):\n    kept.data = torch.cat([kept.data, fresh.data], dim=2)\nk, v = cache",
            ),
        ],
    ),
    misconception(
        "buffer_of_32",
        hint="How many tokens has your buffer room for?",
        severity="slip",
        edits=[
            edit(
                "k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)",
                "keys, values = (torch.zeros(*k.shape[:2], 32, k.shape[3], dtype=k.dtype) for _ in range(2))\nkeys[:, :, :before], values[:, :, :before] = cache\nkeys[:, :, before : before + length], values[:, :, before : before + length] = k, v\nk, v = keys[:, :, : before + length], values[:, :, : before + length]",
            ),
        ],
    ),
    misconception(
        "one_token_for_all",
        hint="Does each sequence of the batch get its own likeliest token?",
        severity="slip",
        edits=[
            edit(
                "new = logits[:, -1].argmax(dim=-1, keepdim=True)",
                "new = logits[:1, -1].argmax(dim=-1, keepdim=True).expand(len(prompt), 1)",
            ),
        ],
    ),
    misconception(
        "caches_looked_at",
        hint="What a model's caches are is its own affair: what do you do where they look empty?",
        severity="slip",
        edits=[
            edit(
                "logits, caches = model(new, caches)",
                "logits, caches = model(new if caches else ids, caches)",
            ),
        ],
    ),
    misconception(
        "last_of_the_prompt_twice",
        hint="How often is the prompt's last token given to the model?",
        severity="slip",
        edits=[
            edit(
                "ids, new, caches = prompt, prompt, None",
                "_, caches = model(prompt, None)\nids, new = prompt, prompt[:, -1:]",
            ),
        ],
    ),
    misconception(
        "larger_of_equals",
        hint="Of equal logits, which token do you take?",
        severity="slip",
        edits=[
            edit(
                "logits[:, -1].argmax(dim=-1, keepdim=True)",
                "logits[:, -1].sort(dim=-1, stable=True).indices[:, -1:]",
            ),
        ],
    ),
    misconception(
        "queries_and_keys_exchanged",
        hint="Which rows of w_qkv are those of the queries?",
        severity="partial",
        edits=[
            edit("q, k, v = (y.unflatten", "k, q, v = (y.unflatten"),
        ],
    ),
    misconception(
        "rows_by_head",
        hint="Do the rows of w_qkv stand head by head, or all queries first?",
        severity="partial",
        edits=[
            edit(
                "q, k, v = (y.unflatten(-1, (heads, -1)).transpose(1, 2) for y in (x @ w_qkv.T).chunk(3, dim=-1))",
                "q, k, v = (x @ w_qkv.T).unflatten(-1, (heads, 3, -1)).permute(3, 0, 2, 1, 4)",
            ),
        ],
    ),
    misconception(
        "heads_interleaved",
        hint="Which columns belong to head 0: neighbours, or every H-th?",
        severity="partial",
        edits=[
            edit(
                "y.unflatten(-1, (heads, -1)).transpose(1, 2)",
                "y.unflatten(-1, (-1, heads)).permute(0, 3, 1, 2)",
            ),
            edit(
                "(weights @ v).transpose(1, 2).flatten(-2)", "(weights @ v).permute(0, 2, 3, 1).flatten(-2)"
            ),
        ],
    ),
    misconception(
        "corner_by_is_causal",
        hint="PyTorch's triangle hangs in the upper left corner: which keys does a piece after a cache see then?",
        severity="slip",
        edits=[
            edit(
                "later = torch.arange(before + length) > positions[:, None]",
                "later = torch.ones(length, before + length, dtype=torch.bool).triu(1) & (length > 1)",
            ),
        ],
    ),
    misconception(
        "unturned_keys_kept",
        hint="Does the cache that you give back hold keys as they were turned, or as they were before?",
        severity="partial",
        edits=[
            edit("q, k = rotate(q, positions), rotate(k, positions)", "q = rotate(q, positions)"),
            edit("scores = q @ k.mT", "scores = q @ rotate(k, torch.arange(before + length)).mT"),
        ],
    ),
]

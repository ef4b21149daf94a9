"""Wrong solutions of `block` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "branches"

MISCONCEPTIONS = [
    misconception(
        "residual_from_the_normed",
        hint="What is added to the result of each part: the token as it came in, or the normed one?",
        severity="partial",
        edits=[
            edit(
                "x = x + self.self_attn(self.norm1(x), causal=causal, padding=padding)",
                "y = self.norm1(x)\nx = y + self.self_attn(y, causal=causal, padding=padding)",
            ),
            edit("x = x + self.feed(last(x))", "y = last(x)\nx = y + self.feed(y)"),
        ],
    ),
    misconception(
        "post_norm_ignored",
        hint="What does your block do differently when norm_first is false?",
        severity="partial",
        edits=[
            edit("self.norm_first = norm_first", "self.norm_first = True"),
        ],
    ),
    misconception(
        "always_post_norm",
        hint="What does your block do differently when norm_first is true?",
        severity="partial",
        edits=[
            edit("self.norm_first = norm_first", "self.norm_first = False"),
        ],
    ),
    misconception(
        "queries_from_the_memory",
        hint="Who asks in cross-attention, and who is asked?",
        severity="partial",
        edits=[
            edit(
                "x = x + self.multihead_attn(self.norm2(x), memory, padding=memory_padding)",
                "x = x + self.multihead_attn(memory, self.norm2(x))[:, : x.shape[1]]",
            ),
            edit(
                "x = self.norm2(x + self.multihead_attn(x, memory, padding=memory_padding))",
                "x = self.norm2(x + self.multihead_attn(memory, x)[:, : x.shape[1]])",
            ),
        ],
    ),
    misconception(
        "memory_is_normed",
        hint="Who has normed the memory already?",
        severity="slip",
        edits=[
            edit(
                "self.multihead_attn(self.norm2(x), memory, padding=memory_padding)",
                "self.multihead_attn(self.norm2(x), self.norm2(memory), padding=memory_padding)",
            ),
        ],
    ),
    misconception(
        "norms_in_another_order",
        hint="With cross-attention, to which part belongs norm2?",
        severity="slip",
        edits=[
            edit(
                "self.multihead_attn(self.norm2(x), memory, padding=memory_padding)",
                "self.multihead_attn(self.norm3(x), memory, padding=memory_padding)",
            ),
            edit(
                "x = self.norm2(x + self.multihead_attn(x, memory, padding=memory_padding))",
                "x = self.norm3(x + self.multihead_attn(x, memory, padding=memory_padding))",
            ),
            edit("last = self.norm3 if self.cross else self.norm2", "last = self.norm2"),
        ],
    ),
    misconception(
        "cross_attention_with_the_tokens_padding",
        hint="Whose padding hides keys in the cross-attention?",
        severity="slip",
        edits=[
            edit(
                "self.norm2(x), memory, padding=memory_padding)",
                "self.norm2(x), memory, padding=padding if memory.shape[1] == x.shape[1] else None)",
            ),
            edit(
                "(x, memory, padding=memory_padding)",
                "(x, memory, padding=padding if memory.shape[1] == x.shape[1] else None)",
            ),
        ],
    ),
    misconception(
        "cross_attention_causal",
        hint="May a word see the whole sentence that it translates?",
        severity="slip",
        edits=[
            edit(
                "self.norm2(x), memory, padding=memory_padding)",
                "self.norm2(x), memory, causal, memory_padding)",
            ),
            edit("(x, memory, padding=memory_padding)", "(x, memory, causal, memory_padding)"),
        ],
    ),
    misconception(
        "padding_not_passed",
        hint="Who tells the self-attention where the padding is?",
        severity="slip",
        edits=[
            edit(
                "self.self_attn(self.norm1(x), causal=causal, padding=padding)",
                "self.self_attn(self.norm1(x), causal=causal)",
            ),
            edit("self.self_attn(x, causal=causal, padding=padding)", "self.self_attn(x, causal=causal)"),
        ],
    ),
    misconception(
        "causal_not_passed",
        hint="Who tells the self-attention that later tokens are hidden?",
        severity="slip",
        edits=[
            edit(
                "self.self_attn(self.norm1(x), causal=causal, padding=padding)",
                "self.self_attn(self.norm1(x), padding=padding)",
            ),
            edit("self.self_attn(x, causal=causal, padding=padding)", "self.self_attn(x, padding=padding)"),
        ],
    ),
    misconception(
        "always_causal",
        hint="When may a token see later ones?",
        severity="partial",
        edits=[
            edit(
                "self.self_attn(self.norm1(x), causal=causal, padding=padding)",
                "self.self_attn(self.norm1(x), causal=True, padding=padding)",
            ),
            edit(
                "self.self_attn(x, causal=causal, padding=padding)",
                "self.self_attn(x, causal=True, padding=padding)",
            ),
        ],
    ),
    misconception(
        "no_second_residual",
        hint="What becomes of the token itself when it goes through the feed-forward network?",
        severity="serious",
        edits=[
            edit("x = x + self.feed(last(x))", "x = self.feed(last(x))"),
            edit("x = last(x + self.feed(x))", "x = last(self.feed(x))"),
        ],
    ),
    misconception(
        "parts_in_parallel",
        hint="Which tokens does the feed-forward network see: those before the attention, or after it?",
        severity="partial",
        edits=[
            edit("memory_padding=None):", "memory_padding=None):\n    start = x"),
            edit("x = x + self.feed(last(x))", "x = x + self.feed(last(start))"),
            edit("x = last(x + self.feed(x))", "x = last(x + self.feed(start))"),
        ],
    ),
    misconception(
        "activation_ignored",
        hint="Which function does your feed-forward network apply when another one is given?",
        severity="slip",
        edits=[
            edit("self.activation(self.linear1(x))", "F.gelu(self.linear1(x))"),
        ],
    ),
    misconception(
        "eps_ignored",
        hint="Which epsilon do your norms have when another one is given?",
        severity="slip",
        edits=[
            edit("self.norm1 = nn.LayerNorm(width, eps)", "self.norm1 = nn.LayerNorm(width)"),
            edit("self.norm2 = nn.LayerNorm(width, eps)", "self.norm2 = nn.LayerNorm(width)"),
            edit("self.norm3 = nn.LayerNorm(width, eps)", "self.norm3 = nn.LayerNorm(width)"),
        ],
    ),
    misconception(
        "norm_made_and_not_used",
        hint="Which line uses norm1?",
        severity="serious",
        edits=[
            edit(
                "self.self_attn(self.norm1(x), causal=causal, padding=padding)",
                "self.self_attn(x, causal=causal, padding=padding)",
            ),
            edit(
                "x = self.norm1(x + self.self_attn(x, causal=causal, padding=padding))",
                "x = x + self.self_attn(x, causal=causal, padding=padding)",
            ),
        ],
    ),
    misconception(
        "parts_always_made",
        hint="Which parts has a block without cross-attention?",
        severity="partial",
        edits=[
            edit(
                "if cross:\n    self.multihead_attn = Attention(width, heads)",
                "if True:\n    self.multihead_attn = Attention(width, heads)",
            ),
        ],
    ),
    misconception(
        "memory_may_be_missing",
        hint="What does your block do when it needs a memory and gets none?",
        severity="slip",
        edits=[
            edit(
                'if self.cross and memory is None:\n    raise ValueError("no memory")',
                "if self.cross and memory is None:\n    memory = x",
            ),
        ],
    ),
    misconception(
        "decoder_always_causal",
        hint="Is a block with cross-attention causal where `causal` is false?",
        severity="slip",
        edits=[
            edit(
                "self.self_attn(self.norm1(x), causal=causal, padding=padding)",
                "self.self_attn(self.norm1(x), causal=causal or self.cross, padding=padding)",
            ),
            edit(
                "x = self.norm1(x + self.self_attn(x, causal=causal, padding=padding))",
                "x = self.norm1(x + self.self_attn(x, causal=causal or self.cross, padding=padding))",
            ),
        ],
    ),
    misconception(
        "dropout_added",
        hint="Two calls of your block with the same tokens: do they give the same?",
        severity="serious",
        edits=[
            edit("x = x + self.feed(last(x))", "x = x + F.dropout(self.feed(last(x)), 0.1, self.training)"),
            edit("x = last(x + self.feed(x))", "x = last(x + F.dropout(self.feed(x), 0.1, self.training))"),
        ],
    ),
    misconception(
        "third_norm_without_eps",
        hint="Do all norms of your block have the epsilon that is given?",
        severity="slip",
        edits=[
            edit("self.norm3 = nn.LayerNorm(width, eps)", "self.norm3 = nn.LayerNorm(width)"),
        ],
    ),
    misconception(
        "mask_or_padding",
        hint="Causal and with padding at once: does the self-attention get both?",
        severity="slip",
        edits=[
            edit(
                "self.self_attn(self.norm1(x), causal=causal, padding=padding)",
                "self.self_attn(self.norm1(x), causal=causal and padding is None, padding=padding)",
            ),
            edit(
                "x = self.norm1(x + self.self_attn(x, causal=causal, padding=padding))",
                "x = self.norm1(x + self.self_attn(x, causal=causal and padding is None, padding=padding))",
            ),
        ],
    ),
    misconception(
        "memory_detached",
        hint="Does a gradient reach the memory, and with it the encoder?",
        severity="slip",
        edits=[
            edit(
                "self.norm2(x), memory, padding=memory_padding)",
                "self.norm2(x), memory.detach(), padding=memory_padding)",
            ),
            edit("(x, memory, padding=memory_padding)", "(x, memory.detach(), padding=memory_padding)"),
        ],
    ),
    misconception(
        "memory_kept",
        hint="Your block remembers the memory of an earlier call: what does it do with a call that has none?",
        severity="slip",
        edits=[
            edit("self.cross = cross", "self.cross = cross\nself.kept = None"),
            edit(
                'if self.cross and memory is None:\n    raise ValueError("no memory")',
                'self.kept = self.kept if memory is None else memory\nmemory = self.kept\nif self.cross and memory is None:\n    raise ValueError("no memory")',
            ),
        ],
    ),
    misconception(
        "tokens_padding_for_the_memory",
        hint="No padding is given for the memory: which of its tokens do you hide?",
        severity="slip",
        edits=[
            edit(
                'if self.cross and memory is None:\n    raise ValueError("no memory")',
                'memory_padding = padding if memory_padding is None else memory_padding\nif self.cross and memory is None:\n    raise ValueError("no memory")',
            ),
        ],
    ),
    misconception(
        "memory_padding_zeroed",
        hint="A key of zeros has a score of its own: is it hidden?",
        severity="slip",
        edits=[
            edit(
                "last = self.norm3 if self.cross else self.norm2",
                "memory = memory if memory_padding is None else memory.masked_fill(memory_padding[..., None], 0.0)\nlast = self.norm3 if self.cross else self.norm2",
            ),
            edit("self.norm2(x), memory, padding=memory_padding)", "self.norm2(x), memory)"),
            edit("(x, memory, padding=memory_padding)", "(x, memory)"),
        ],
    ),
    misconception(
        "padding_zeroed",
        hint="A key of zeros has a score of its own: is it hidden?",
        severity="slip",
        edits=[
            edit(
                "last = self.norm3 if self.cross else self.norm2",
                "shown = 1.0 if padding is None else (~padding[..., None]).to(x.dtype)\nlast = self.norm3 if self.cross else self.norm2",
            ),
            edit(
                "self.self_attn(self.norm1(x), causal=causal, padding=padding)",
                "self.self_attn(self.norm1(x) * shown, causal=causal)",
            ),
            edit(
                "x = self.norm1(x + self.self_attn(x, causal=causal, padding=padding))",
                "x = self.norm1(x + self.self_attn(x * shown, causal=causal))",
            ),
        ],
    ),
    misconception(
        "norm_before_the_sum",
        hint="In post-norm, what is normed: the result of a part, or the sum with it?",
        severity="partial",
        edits=[
            edit(
                "x = self.norm1(x + self.self_attn(x, causal=causal, padding=padding))",
                "x = x + self.norm1(self.self_attn(x, causal=causal, padding=padding))",
            ),
            edit(
                "x = self.norm2(x + self.multihead_attn(x, memory, padding=memory_padding))",
                "x = x + self.norm2(self.multihead_attn(x, memory, padding=memory_padding))",
            ),
            edit("x = last(x + self.feed(x))", "x = x + last(self.feed(x))"),
        ],
    ),
    misconception(
        "one_norm_for_two",
        hint="How many norms has your block, and how many names?",
        severity="serious",
        edits=[
            edit("self.norm2 = nn.LayerNorm(width, eps)", "self.norm2 = self.norm1"),
        ],
    ),
    misconception(
        "sum_from_before_the_norm",
        hint="In post-norm, which stream does the feed-forward network add to: the sum before the norm, or the normed one?",
        severity="partial",
        edits=[
            edit(
                "x = self.norm1(x + self.self_attn(x, causal=causal, padding=padding))",
                "total = x + self.self_attn(x, causal=causal, padding=padding)\nx = self.norm1(total)",
            ),
            edit(
                "x = self.norm2(x + self.multihead_attn(x, memory, padding=memory_padding))",
                "total = x + self.multihead_attn(x, memory, padding=memory_padding)\nx = self.norm2(total)",
            ),
            edit("x = last(x + self.feed(x))", "x = last(total + self.feed(x))"),
        ],
    ),
    misconception(
        "memory_in_the_self_attention",
        hint="A block without cross-attention is given a memory. Who looks at it in yours?",
        severity="slip",
        edits=[
            edit(
                "self.self_attn(self.norm1(x), causal=causal, padding=padding)",
                "self.self_attn(self.norm1(x), None if self.cross else memory, causal=causal, padding=padding)",
            ),
            edit(
                "x = self.norm1(x + self.self_attn(x, causal=causal, padding=padding))",
                "x = self.norm1(x + self.self_attn(x, None if self.cross else memory, causal=causal, padding=padding))",
            ),
        ],
    ),
    misconception(
        "tokens_padding_where_lengths_agree",
        hint="No padding is given for the memory. Whose do you use where it is as long as the tokens?",
        severity="slip",
        edits=[
            edit(
                'if self.cross and memory is None:\n    raise ValueError("no memory")',
                'if self.cross and memory is None:\n    raise ValueError("no memory")\nif memory_padding is None and memory is not None and memory.shape[1] == x.shape[1]:\n    memory_padding = padding',
            ),
        ],
    ),
    misconception(
        "queries_not_normed",
        hint="In pre-norm each part reads normed tokens. Which tokens ask in your cross-attention?",
        severity="slip",
        edits=[
            edit(
                "self.multihead_attn(self.norm2(x), memory, padding",
                "self.multihead_attn(x, memory, padding",
            ),
        ],
    ),
    misconception(
        "padding_lost_where_causal",
        hint="Causal and with padding at once: does the self-attention get both?",
        severity="slip",
        edits=[
            edit(
                "self.self_attn(self.norm1(x), causal=causal, padding=padding)",
                "self.self_attn(self.norm1(x), causal=causal, padding=None if causal else padding)",
            ),
            edit(
                "x = self.norm1(x + self.self_attn(x, causal=causal, padding=padding))",
                "x = self.norm1(x + self.self_attn(x, causal=causal, padding=None if causal else padding))",
            ),
        ],
    ),
]

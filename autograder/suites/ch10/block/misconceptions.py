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
        severity="partial",
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
]

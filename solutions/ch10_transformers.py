# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Chapter 10. Transformers
#
# Chapter 9 built attention: every position asks all others, and takes from each as much as the answer fits. A Transformer
# is little more than that, done many times over. One block, attention and a small network with two shortcuts around them,
# is repeated until the model is deep enough. The same block makes a translator, a model that writes, one that fills gaps
# and one that sees. In this chapter you build that block, count what it costs, load weights in the format in which GPT-2
# was published, and train each of the four.
#
# | | exercise | points | minutes |
# |---|---|---|---|
# | 1 | `bpe_train`: pieces of words, learned by counting | 6 | 30 |
# | 2 | `bpe_encode`: text to pieces and back | 4 | 20 |
# | 3 | `norms`: layer norm and RMSNorm | 5 | 20 |
# | 4 | `feed_forward`: GELU and SwiGLU | 4 | 15 |
# | 5 | `rotary`: positions as rotations | 6 | 25 |
# | 6 | `block`: one block for all | 13 | 30 |
# | 7 | `gpt`: a model that writes, and GPT-2's weights | 9 | 30 |
# | 8 | `accounting`: where the parameters and the time go | 4 | 20 |
# | 9 | `schedule`: warm-up and cosine | 3 | 10 |
# | 10 | `train`: one loop for all | 9 | 30 |
# | 11 | `decoding`: which token comes next | 6 | 25 |
# | 12 | `kv_cache`: nothing is computed twice | 7 | 30 |
# | 13 | `bert`: a model that fills gaps | 8 | 30 |
# | 14 | `vit`: a model that sees | 6 | 20 |
# | 15 | two written questions | 5 + 5 | 25 |

# %% [markdown]
# ### How to work
#
# - Write your code where a cell says `raise NotImplementedError()`, then run the check cell below it. A check
#   runs the public tests; your work is graded by more tests of the same properties, on other shapes and
#   numbers.
# - Exercises are judged one by one, and none needs another: if you are stuck, go on. Where a model is made of
#   blocks, you are given PyTorch's own block with the interface of yours. Only figures may wait for an exercise.
# - A card opens each exercise and says which functions you may use. Where it forbids some, it forbids what
#   would hide them too: code made of text (`eval`, `exec`), names computed with `getattr` or `globals`,
#   threads, `ctypes`, the interpreter's own machinery.
# - What you are given stays as it is, and may be any view: transposed, sliced or expanded. Results have the
#   dtype of the input, float64 too, and a batch may hold a single sequence.
# - There is no dropout in this chapter. It is one line in each of four places, and every comparison with a known
#   result would have to switch it off.
# - Hints are folded below the check: read one at a time.
# - Cells that draw figures are not graded. Change their numbers and see what happens.
# - In a terminal, in this folder, `selfcheck` checks the whole notebook at once.
#
# **Symbols of this chapter**
#
# | symbol | in code | meaning |
# |---|---|---|
# | $N$, $T$ | `N`, `T` | sequences in a batch, tokens in a sequence |
# | $S$ | `S` | length of another sequence that is attended to, or of what is in a cache |
# | $W$ | `width` | numbers that stand for one token between the blocks |
# | $H$, $d$ | `heads`, `d` | heads, and the width of one: $W = H d$ |
# | $M$ | `hidden` | width inside the feed-forward network, mostly $4 W$ |
# | $L$ | `layers` | number of blocks |
# | $V$ | `vocab_size` | size of the vocabulary |

# %% nbgrader={"grade": false, "grade_id": "given_imports", "locked": true, "schema_version": 3, "solution": false, "task": false}
import math
from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from selfcheck import check


def on_meta(build: Callable[..., nn.Module], *args: object, **kwargs: object) -> nn.Module:
    """Makes a model on the meta device, where tensors have shapes and no numbers: however large, it takes no memory."""
    with torch.device("meta"):
        return build(*args, **kwargs)


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_setup", "locked": true, "schema_version": 3, "solution": false, "task": false}
BLUE, ORANGE, GREEN, RED, GREY = "#2f6db3", "#e07b16", "#2a9265", "#c43c39", "#8a8f98"
import sys
import time

import matplotlib.pyplot as plt

from selfcheck.data import load_digits
from selfcheck.plots import show
from selfcheck.sequences import load_text
from selfcheck.translation import (
    END,
    PADDING,
    SOURCE_SIZE,
    START,
    TARGET_SIZE,
    WORDS,
    load_numbers,
    number_words,
)

torch.set_num_threads(1)  # networks this small lose more time to sharing work than they gain
# An opaque light page keeps every figure legible in a dark theme too.
plt.rcParams.update({"figure.facecolor": "white", "figure.constrained_layout.use": True, "figure.dpi": 90})
plt.rcParams.update({"axes.spines.top": False, "axes.spines.right": False, "axes.titlesize": 10})
plt.rcParams.update({"font.size": 10, "legend.frameon": False})

# %% [markdown]
# ### The data
#
# Python's manual again, as in chapter 7: the first 80% are for training, the next 10% for choices, and the last 10% are
# the test, which we use once, at the end. Later come numbers to be translated into words, and the handwritten digits of
# chapter 5.

# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_data", "locked": true, "schema_version": 3, "solution": false, "task": false}
manual = load_text()
print(
    f"{len(manual.train):,} characters to train on, {len(manual.validation):,} to choose by, {len(manual.test):,} to test on"
)

# %% [markdown]
# ## 1. Pieces of words
#
# What is a token? With characters, sequences are long: this sentence has 120 of them, and attention costs their
# square. With words, sequences are short, and any word that was never seen is a hole. **Byte-pair encoding** lies between:
# it begins with the 256 bytes, so that *every* text can be written, and joins what often stands together.
#
# 1. Cut the text into words, so that no piece reaches over a word's border. Turn each into bytes (UTF-8).
# 2. Count all pairs of neighbours. The most frequent pair becomes a new token: the first is number 256.
# 3. Put the new token wherever the pair stands, and go back to 2.
#
# The list of pairs, in the order in which they were merged, *is* the tokenizer.
#
# **Example.** The text `the then there` is cut into `the`, `_then`, `_there` (`_` is the space, which belongs to the word
# after it). The pairs `t h` and `h e` come three times each, `_ t` twice, the others once. Of pairs that come equally
# often the *smaller* is merged, compared as Python compares tuples: `h` is byte 104 and `t` is 116, so 256 is `he`.
# Now `t he` comes three times: 257 is `the`. Then `_ the` twice: 258 is `_the`.
#
# | after | the | _then | _there |
# |---|---|---|---|
# | 0 merges | t h e | _ t h e n | _ t h e r e |
# | 1 | t he | _ t he n | _ t he r e |
# | 2 | the | _ the n | _ the r e |
# | 3 | the | _the n | _the r e |

# %% nbgrader={"grade": false, "grade_id": "given_words", "locked": true, "schema_version": 3, "solution": false, "task": false}
import re

WORD = re.compile(r" ?[^\W\d_]+| ?\d+| ?[^\w\s]+| ?_+|\s+(?!\S)|\s+")


def split_words(text: str) -> list[str]:
    """Cuts a text so that the pieces put together are the text again.

    A space goes to the word after it; of several spaces all but the last stay together. Words, numbers and marks are
    kept apart. It is the rule of GPT-2's tokenizer, without its special treatment of 's and 're.
    """
    return WORD.findall(text)


# %% [markdown]
# ### Exercise `bpe_train`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 30 min | 0.5 s | everything in Python and PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Three steps: count pairs, merge one of them, and repeat.
#
# **Details.**
# - A word is a list of tokens with a number that says how often it occurs in the text. Pairs do not reach from one word to the
#   next.
# - In `a a a` the pair `a a` is counted twice, since two places have it. Merging goes from left to right and takes a token once:
#   `a a a` becomes `aa a`, and `a a a a` becomes `aa aa`.
# - Of the pairs with the highest count, 1 too, the smallest is merged: the first numbers are compared, then the second ones. Training ends early when no word has two tokens left.
# - Lists that you are given stay as they are.
# - No test trains on more than 3,000 characters, so a new count after each merge is quick enough.
#
# **Why.** Every large language model of today begins with such a list. It decides what a token is, and so what the model can
# count, spell and add.


# %% nbgrader={"grade": false, "grade_id": "bpe_train_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def count_pairs(words: list[tuple[list[int], int]]) -> dict[tuple[int, int], int]:
    """How often each pair of neighbouring tokens occurs.

    Args:
        words: the tokens of each different word, and how often the word occurs.

    Returns:
        the count of each pair that occurs at least once.
    """
    ### BEGIN SOLUTION
    counts: dict[tuple[int, int], int] = {}
    for ids, often in words:
        for pair in zip(ids[:-1], ids[1:], strict=True):
            counts[pair] = counts.get(pair, 0) + often
    return counts
    ### END SOLUTION


def merge_pair(ids: list[int], pair: tuple[int, int], new: int) -> list[int]:
    """Puts the token `new` where the pair stands, from left to right; each token is taken once.

    Args:
        ids: the tokens of one word.
        pair: two tokens.
        new: the token that stands for both.

    Returns:
        a new list.
    """
    ### BEGIN SOLUTION
    merged, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == tuple(pair):
            merged.append(new)
            i += 2
        else:
            merged.append(ids[i])
            i += 1
    return merged
    ### END SOLUTION


def train_bpe(text: str, merges: int) -> list[tuple[int, int]]:
    """Learns a tokenizer: the pairs to merge, in their order. Number i makes the token 256 + i.

    Args:
        text: any text; it is cut by `split_words` and turned into bytes by UTF-8.
        merges: how many merges at most.

    Returns:
        the pairs; fewer than asked for where no pair is left.

    Source: Sennrich, Haddow and Birch (2016); on bytes: Radford et al. (2019), section 2.2.
    """
    ### BEGIN SOLUTION
    counted: dict[str, int] = {}
    for word in split_words(text):
        counted[word] = counted.get(word, 0) + 1
    words = [(list(word.encode("utf-8")), often) for word, often in counted.items()]
    learned: list[tuple[int, int]] = []
    while len(learned) < merges:
        counts = count_pairs(words)
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        words = [(merge_pair(ids, best, 256 + len(learned)), often) for ids, often in words]
        learned.append(best)
    return learned
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bpe_train", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("bpe_train")

# %% [markdown]
# <a id="hints-bpe_train"></a>
# <details><summary>Hint 1: counting</summary>
#
# A word that occurs seven times adds seven to each of its pairs. `zip(ids, ids[1:])` runs over the neighbours.
# </details>
# <details><summary>Hint 2: merging a run of equal tokens</summary>
#
# A `for` loop over positions cannot skip the second token of a pair that it has just merged. A `while` loop with an
# index that grows by two there can.
# </details>
# <details><summary>Hint 3: ties</summary>
#
# `min(counts, key=lambda pair: (-counts[pair], pair))` asks for the highest count first and for the smallest pair among
# equals. `max` with the pair in the key takes the largest pair instead.
# </details>

# %% [markdown]
# ## 2. From text to tokens, and back
#
# To encode a new text, cut it into words and bytes, and merge *in the order in which the merges were learned*: of all pairs
# that stand in the word now, the one with the lowest number goes first, everywhere in the word; then look again. It is
# not enough to walk from left to right and merge what can be merged. With the merges 256 = `he`, 257 = `the`, a walk
# would find `t h` in no list and still be right here; with 256 = `bc`, 257 = `ab` it would turn `abc` into `ab c`, and the
# tokenizer says `a bc`.
#
# **Decoding** puts the bytes of all tokens together and reads them as UTF-8 *once*, at the end. A character such as `é` has two
# bytes, and they may lie in two tokens: neither of them is text by itself. A model may write tokens whose bytes are
# no text at all; they become the sign `�` (`errors="replace"`).
#
# **Bits per byte.** A model over large tokens has fewer to guess, and each is harder. So perplexities *per token* of two tokenizers
# do not compare. What does is the surprise of the same text in bits, divided by what is the same for all: its bytes,
#
# $$\mathrm{BPB} = -\frac{1}{B \ln 2} \sum_{m} \log p(\text{token}_m) .$$
#
# **Example.** A text of 8 bytes in 4 tokens, each given $\frac14$: 2 bits each, 8 bits in all, 1 bit per byte. Another tokenizer makes
# 2 tokens of it, each given $\frac1{16}$: 4 bits each, and again 1 bit per byte. The perplexities per token are 4 and 16.

# %% [markdown]
# ### Exercise `bpe_encode`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 20 min | 0.5 s | everything in Python and PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Encode, decode, and bits per byte.
#
# **Details.**
# - The pair with the lowest number in `merges` goes first, at all its places in the word, from left to right as in `merge_pair`. A pair that
#   stands twice in the list has the first number.
# - `bpe_decode(bpe_encode(text, merges), merges)` is `text` for every text: empty, in any script, with any run of spaces.
# - A token that the list does not know, a negative one too, raises `ValueError`.
# - Each pair of `merges` names tokens below its own number. A call knows nothing of the lists of earlier ones.
# - `bits_per_byte` takes natural logarithms of probabilities, one a token, and the text as it was before encoding, white space at its ends too; the text has at least one
#   byte. A number of Python's type `float` comes back.
#
# **Why.** Half of what looks like bad arithmetic in a language model is its tokenizer.


# %% nbgrader={"grade": false, "grade_id": "bpe_encode_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def bpe_encode(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """The tokens of a text.

    Args:
        text: any text; it is cut by `split_words`.
        merges: pairs as `train_bpe` gives them; number i makes the token 256 + i.
    """
    ### BEGIN SOLUTION
    rank: dict[tuple[int, int], int] = {}
    for number, pair in enumerate(merges):
        rank.setdefault(tuple(pair), number)
    tokens: list[int] = []
    for word in split_words(text):
        ids = list(word.encode("utf-8"))
        while True:
            known = [rank[pair] for pair in zip(ids, ids[1:], strict=False) if pair in rank]
            if not known:
                break
            first, merged = min(known), []
            pair = merges[first]
            while ids:
                size = 2 if ids[:2] == list(pair) else 1
                merged.append(256 + first if size == 2 else ids[0])
                ids = ids[size:]
            ids = merged
        tokens += ids
    return tokens
    ### END SOLUTION


def bpe_decode(tokens: list[int], merges: list[tuple[int, int]]) -> str:
    """The text that tokens stand for; bytes that are no UTF-8 become the replacement sign.

    Raises:
        ValueError: for a token below 0 or above 255 + len(merges).
    """
    ### BEGIN SOLUTION
    pieces = [bytes([byte]) for byte in range(256)]
    for left, right in merges:
        pieces.append(pieces[left] + pieces[right])
    for token in tokens:
        if not 0 <= token < len(pieces):
            raise ValueError(f"token {token} is not in a vocabulary of {len(pieces)}")
    return b"".join(pieces[token] for token in tokens).decode("utf-8", errors="replace")
    ### END SOLUTION


def bits_per_byte(log_probs: Float[Tensor, "M"], text: str) -> float:
    """Surprise of a model at a text, in bits for each byte of the text in UTF-8.

    Args:
        log_probs: natural logarithms of what the model gave to each token of the text, (M,).
        text: the text itself.

    Source: Gao et al. (2020), The Pile, section 3.1.
    """
    ### BEGIN SOLUTION
    return -float(log_probs.double().sum()) / math.log(2) / len(text.encode("utf-8"))
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bpe_encode", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("bpe_encode")

# %% [markdown]
# <a id="hints-bpe_encode"></a>
# <details><summary>Hint 1: which merge next</summary>
#
# Make a dictionary from pair to number. In each round take the smallest number among the pairs that stand in the word now;
# where there is none, the word is done.
# </details>
# <details><summary>Hint 2: decoding</summary>
#
# The bytes of token $256 + i$ are those of its two parts, one after the other. Parts may be merged tokens themselves, but
# always earlier ones: one pass over `merges` gives the bytes of all.
# </details>
# <details><summary>Hint 3: accents come out wrong</summary>
#
# Join the bytes first, decode once. And a text of 3 characters may have 6 bytes: `len(text.encode())`, not `len(text)`.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bpe", "locked": true, "schema_version": 3, "solution": false, "task": false}
sample = manual.train[:60_000]
began = time.perf_counter()
merges = train_bpe(sample, 300)
print(f"{len(merges)} merges from {len(sample):,} characters: {time.perf_counter() - began:.1f} s")
pieces = [bytes([b]) for b in range(256)]
for left, right in merges:
    pieces.append(pieces[left] + pieces[right])
written = [piece.decode("utf-8", errors="replace").replace(" ", "_") for piece in pieces]
print("the first twelve:", " ".join(written[256:268]))
print("the last twelve: ", " ".join(written[-12:]))
sentence = "The function returns an object"
for size in (0, 50, 300):
    tokens = bpe_encode(sentence, merges[:size])
    print(f"{size:3} merges, {len(tokens):2} tokens: " + "|".join(written[t] for t in tokens))


def tree(token, depth=0):
    """The lines of a token's tree: (depth, text, whether it is a byte)."""
    if token < 256:
        return [(depth, written[token], True)]
    left, right = merges[token - 256]
    return [*tree(left, depth + 1), (depth, written[token], False), *tree(right, depth + 1)]


longest = max(range(256, len(pieces)), key=lambda t: (len(pieces[t]), -t))
rows = tree(longest)
_, axes = plt.subplots(1, 2, figsize=(12, 4.2), width_ratios=[1.2, 1])
deepest = max(depth for depth, _, _ in rows)
for x, (depth, text, leaf) in enumerate(rows):
    axes[0].text(
        x, -depth, text, ha="center", va="center", color=GREY if leaf else BLUE, fontsize=8 + 3 * (depth == 0)
    )


def lines(token, start, depth):
    """Draw the branches of a token whose leaves begin at `start`; the place of its own word is returned, and the end."""
    if token < 256:
        return start, start + 1
    left, right = merges[token - 256]
    place_left, here = lines(left, start, depth + 1)
    place_right, end = lines(right, here + 1, depth + 1)
    for place in (place_left, place_right):
        axes[0].plot([here, place], [-depth - 0.2, -depth - 0.8], color=GREY, linewidth=0.7)
    return here, end


lines(longest, 0, 0)
axes[0].set(
    xlim=(-1, len(rows)), ylim=(-deepest - 0.5, 0.5), title=f"how '{written[longest]}' was put together"
)
axes[0].axis("off")
held = manual.validation[:12_000]
sizes = (0, 25, 50, 100, 200, 300)
lengths = [len(bpe_encode(held, merges[:size])) / len(held.encode()) for size in sizes]
axes[1].plot(sizes, lengths, "o-", color=BLUE)
axes[1].set(xlabel="merges", ylabel="tokens per byte of new text", ylim=(0, 1.05), title="what merging saves")
show(
    "Left: a tree whose root is the longest token that was learned and whose leaves are its bytes; each branching is one merge. "
    "Right: tokens per byte of text that was not learned from, against the number of merges; it falls from 1, quickly at first."
)
print(f"tokens per byte with 300 merges: {lengths[-1]:.2f}")

# %% [markdown]
# **Notice** that the first merges are runs of spaces (the manual is full of indented code) and ends and beginnings of frequent words, and that later ones are whole words of this manual.
# With 300 merges, new text has 0.50 tokens per byte.


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bpb", "locked": true, "schema_version": 3, "solution": false, "task": false}
def bigram_bits(size):
    """Perplexity per token and bits per byte, on new text, of a bigram model over the tokens of so many merges."""
    text, new = manual.train[:200_000], manual.validation[:12_000]
    ids, new_ids = (torch.tensor(bpe_encode(t, merges[:size])) for t in (text, new))
    total = 256 + size
    counts = torch.bincount(ids[:-1] * total + ids[1:], minlength=total**2).view(total, total).double() + 0.01
    log_probs = (counts / counts.sum(1, keepdim=True)).log()[new_ids[:-1], new_ids[1:]]
    return math.exp(-float(log_probs.mean())), bits_per_byte(log_probs, new)


for size in (0, 50, 300):
    per_token, bits = bigram_bits(size)
    print(f"bigram over {size:3} merges: perplexity per token {per_token:6.2f}, bits per byte {bits:.3f}")

# %% [markdown]
# **Notice** that the perplexity per token goes up with the number of merges while the bits per byte go down: the model over larger
# pieces is *better*, though its perplexity is higher. Whoever compares perplexities of two tokenizers may conclude
# the opposite of what is true.
#
# <details><summary>Why is a bigram model over larger tokens better?</summary>
#
# Two tokens of three bytes each are six bytes: the same table looks back further. The price is a table of $(256 + m)^2$ numbers,
# which the same text has to fill.
# </details>

# %% [markdown]
# ## 3. Norms
#
# A block adds its result to what came in, and after many blocks the sums have grown. **Layer norm** brings the numbers of *one
# token* back to mean 0 and variance 1, then scales and shifts each channel:
#
# $$\mathrm{LN}(x) = \gamma \odot \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta, \qquad
# \mu = \frac1W \sum_i x_i, \quad \sigma^2 = \frac1W \sum_i (x_i - \mu)^2 .$$
#
# Batch norm (chapter 5) takes its mean over the batch, and a text has sequences of different lengths, and a batch of one when it
# is written. Layer norm looks at nothing but the token itself: training and evaluation are the same.
#
# **RMSNorm** leaves out the mean and the shift:
#
# $$\mathrm{RMS}(x) = \gamma \odot \frac{x}{\sqrt{\frac1W \sum_i x_i^2 + \varepsilon}} .$$
#
# **Example.** $x = (1, 3)$, $\gamma = (1, 2)$, $\beta = (0, 1)$, $\varepsilon = 0$: the mean is 2, the variance 1 (divided by $W = 2$, not by
# $W - 1$), so $\mathrm{LN}(x) = (-1,\; 2 \cdot 1 + 1) = (-1, 3)$. The mean square is 5, so $\mathrm{RMS}(x) = (0.447,\; 2.683)$.

# %% [markdown]
# ### Exercise `norms`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 5 | 20 min | 0.5 s | everything else in PyTorch | `nn.*Norm*`, `F.*_norm` and their functions in `torch`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●●
#
# **What.** Both norms, over the last axis, whatever axes stand before it.
#
# **Details.**
# - $\varepsilon$ is under the root, added to the variance or the mean square.
# - `x` may be in bfloat16, where weights are too. Then all is computed in float32 and rounded once, at the very end: the result is the
#   nearest bfloat16 number to that of float32 in at least 99 of 100 places. In float32 and float64 nothing changes its type.
# - The variance is the mean of the squared distances from the mean, and is computed so: with a mean of 10,000,000 and a spread of 1 it still has five digits in float64.
#   Types other than these three do not come, and there is at least one token.
# - Gradients reach `x`, `weight` and `bias`, in the mean and the variance too. A token whose numbers are all equal has a finite gradient. What is handed in stays as it is.
#
# **Why.** GPT and BERT use the first, most models since 2023 the second.


# %% nbgrader={"grade": false, "grade_id": "norms_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def layer_norm(
    x: Float[Tensor, "*batch W"], weight: Float[Tensor, "W"], bias: Float[Tensor, "W"], eps: float = 1e-5
) -> Float[Tensor, "*batch W"]:
    """Layer norm over the last axis.

    Args:
        x: any number of axes; the last has W numbers.
        weight, bias: gamma and beta, (W,).
        eps: added to the variance.

    Returns:
        The shape and dtype of x.

    Source: Ba, Kiros and Hinton (2016).
    """
    ### BEGIN SOLUTION
    wide = x.float() if x.dtype == torch.bfloat16 else x
    centred = wide - wide.mean(dim=-1, keepdim=True)
    variance = centred.square().mean(dim=-1, keepdim=True)
    return (weight * (centred / torch.sqrt(variance + eps)) + bias).to(x.dtype)
    ### END SOLUTION


def rms_norm(
    x: Float[Tensor, "*batch W"], weight: Float[Tensor, "W"], eps: float = 1e-6
) -> Float[Tensor, "*batch W"]:
    """RMSNorm over the last axis.

    Args:
        x: any number of axes; the last has W numbers.
        weight: gamma, (W,).
        eps: added to the mean square.

    Returns:
        The shape and dtype of x.

    Source: Zhang and Sennrich (2019).
    """
    ### BEGIN SOLUTION
    wide = x.float() if x.dtype == torch.bfloat16 else x
    mean_square = wide.square().mean(dim=-1, keepdim=True)
    return (weight * (wide / torch.sqrt(mean_square + eps))).to(x.dtype)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "norms", "locked": true, "points": 5, "schema_version": 3, "solution": false, "task": false}
check("norms")

# %% [markdown]
# <a id="hints-norms"></a>
# <details><summary>Hint 1: which axis</summary>
#
# The last one, `dim=-1`, with `keepdim=True`, so that the result still fits to `x`.
# </details>
# <details><summary>Hint 2: nearly right</summary>
#
# `x.var(-1)` divides by $W - 1$; the norm divides by $W$. And $\sqrt{\sigma^2} + \varepsilon$ is not $\sqrt{\sigma^2 + \varepsilon}$.
# </details>
# <details><summary>Hint 3: bfloat16</summary>
#
# `x.float()` at the start, `.to(x.dtype)` at the end. If you round before you multiply by the weight, you round twice. A float32 number times
# a bfloat16 tensor is float32 again.
# </details>

# %% [markdown]
# ## 4. The network inside
#
# Attention mixes tokens; between two mixings each token goes alone through a small network, the same for all of them:
#
# $$\mathrm{FF}(x) = W_2\, \phi(W_1 x + b_1) + b_2 .$$
#
# Its hidden layer is mostly four times as wide as the token, and it holds two thirds of a block's parameters. GPT and BERT take
# for $\phi$ the **GELU**, where $\Phi$ is the distribution function of the standard normal distribution:
#
# $$\mathrm{GELU}(x) = x\,\Phi(x) = \frac{x}{2}\Big(1 + \mathrm{erf}\frac{x}{\sqrt2}\Big) \;\approx\;
# \frac{x}{2}\Big(1 + \tanh\big(\sqrt{2/\pi}\,(x + 0.044715\,x^3)\big)\Big) .$$
#
# GPT-2 was trained with the approximation on the right. The difference is below 0.0005, and weights belong to one of them.
#
# **SwiGLU** has a gate: one product says *what*, another *how much of it*. With $\mathrm{SiLU}(x) = x / (1 + e^{-x})$,
#
# $$\mathrm{SwiGLU}(x) = W_{\text{down}}\big(\mathrm{SiLU}(W_{\text{gate}}\, x) \odot W_{\text{up}}\, x\big) .$$
#
# It has three matrices; to have no more parameters than the two of before, its hidden layer is made two thirds as wide.
#
# **Example.** $\mathrm{GELU}(1) = 0.8413$, $\mathrm{GELU}(-1) = -0.1587$. With $W = M = 1$, $x = 1$, $W_{\text{gate}} = 2$, $W_{\text{up}} = 3$,
# $W_{\text{down}} = 1$: $\mathrm{SiLU}(2) = 1.7616$, times 3 is 5.285.

# %% [markdown]
# ### Exercise `feed_forward`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 4 | 15 min | 0.5 s | everything else in PyTorch | `F.gelu`, `F.silu`, `F.glu` and their layers, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** GELU, exact and approximate, and SwiGLU.
#
# **Details.** Results and gradients are right and finite up to numbers of size 100 in float32: for -100 GELU is 0, for 100 it is 100. Any number of axes may stand
# before the last, none too. Gradients reach all arguments. In float64 the exact form is right to eight digits.


# %% nbgrader={"grade": false, "grade_id": "feed_forward_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gelu(x: Float[Tensor, "*shape"], approximate: bool = False) -> Float[Tensor, "*shape"]:
    """x times the distribution function of the normal distribution, or GPT-2's approximation with tanh.

    Args:
        x: any shape.
        approximate: whether the formula with tanh is meant.

    Source: Hendrycks and Gimpel (2016).
    """
    ### BEGIN SOLUTION
    if approximate:
        return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))
    ### END SOLUTION


def swiglu(
    x: Float[Tensor, "*batch W"],
    w_gate: Float[Tensor, "M W"],
    w_up: Float[Tensor, "M W"],
    w_down: Float[Tensor, "W M"],
) -> Float[Tensor, "*batch W"]:
    """The feed-forward network with a gate; SiLU acts on the gate alone.

    Args:
        x: tokens, (..., W).
        w_gate, w_up: (M, W), outputs first as in nn.Linear.
        w_down: (W, M).

    Returns:
        (..., W), the dtype of x.

    Source: Shazeer (2020).
    """
    ### BEGIN SOLUTION
    gate = x @ w_gate.T
    return (gate * torch.sigmoid(gate) * (x @ w_up.T)) @ w_down.T
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "feed_forward", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("feed_forward")

# %% [markdown]
# <a id="hints-feed_forward"></a>
# <details><summary>Hint 1: the distribution function</summary>
#
# $\Phi(x) = \frac12(1 + \mathrm{erf}(x / \sqrt2))$, and `torch.erf` is there.
# </details>
# <details><summary>Hint 2: SiLU without overflow</summary>
#
# `x * torch.sigmoid(x)` is safe; `x / (1 + torch.exp(-x))` has an infinite `exp` at -100, and its gradient is not a number.
# </details>

# %% [markdown]
# ## 5. Where does a token stand?
#
# Attention itself does not know: if the tokens are exchanged, its answers are exchanged in the same way. GPT-2 and BERT *add* a learned vector for
# each place. **Rotary positions** do something else: they *turn* queries and keys by an angle that grows with the position. Take two
# channels as a point in the plane. A token at position $p$ has its point turned by $p\,\theta$. The product of a query at $p$ and a key at $q$ then
# depends on $p - q$ alone: turning both by the same angle changes no angle between them.
#
# One pair of channels is a clock with one hand. With $d/2$ pairs there are $d/2$ clocks of different speeds,
#
# $$\theta_i = b^{-2i/d}, \qquad i = 0, \ldots, \tfrac d2 - 1, \qquad b = 10{,}000 ,$$
#
# from one radian per token to nearly none, and each pair $(u, v)$ becomes
#
# $$(u \cos p\theta_i - v \sin p\theta_i,\;\; u \sin p\theta_i + v \cos p\theta_i) .$$
#
# Which channels form pair $i$ is a convention. The paper takes the neighbours $(2i, 2i + 1)$, many programs the halves $(i, i + d/2)$. Either is
# right if it is kept; loaded weights belong to one of them.
#
# **Example.** $d = 2$, position 3, $(u, v) = (1, 0)$: turned by 3 radians, $(-0.990, 0.141)$. With $d = 4$ the second pair turns by
# $3 \cdot 10{,}000^{-1/2} = 0.03$ radians.

# %% [markdown]
# ### Exercise `rotary`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Turn queries or keys.
#
# **Details.**
# - Pairs are neighbours or halves, as you like; the grader accepts either, and either direction, where all pairs turn alike (the example in the check has that of the
#   formula). Pair $i$ turns at the speed $\theta_i$.
# - `positions` holds the position of each token: (T,) for all sequences, or (N, T) where each sequence has its own. They need not begin at
#   0 nor be in order: a cache starts in the middle, and a short prompt with padding on its left starts late.
# - Angles are computed in float32 at least: for `x` in bfloat16 too, and with positions up to 100,000 and float64 in float64.
# - Norms, and the values of a token at position 0, are kept. Gradients reach `x`. A call knows nothing of those before it.
#
# **Why.** Nearly every open language model of today has it. There is nothing to learn and no longest position, and what counts is distance.


# %% nbgrader={"grade": false, "grade_id": "rotary_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def rotary(
    x: Float[Tensor, "N H T d"], positions: Int[Tensor, "..."], base: float = 10_000.0
) -> Float[Tensor, "N H T d"]:
    """Turns each pair of channels by its token's position times the pair's speed.

    Args:
        x: queries or keys, (N, H, T, d), d even.
        positions: int64, (T,), or (N, T) for positions of each sequence's own.
        base: b.

    Returns:
        (N, H, T, d), the dtype of x.

    Raises:
        ValueError: if d is odd.

    Source: Su et al. (2021), RoFormer, equation 34.
    """
    ### BEGIN SOLUTION
    d = x.shape[-1]
    if d % 2:
        raise ValueError(f"a head of {d} channels has no pairs")
    kind = torch.float64 if x.dtype == torch.float64 else torch.float32
    speeds = base ** (-torch.arange(0, d, 2, dtype=kind) / d)
    angles = positions.to(kind)[..., None] * speeds
    if positions.dim() == 2:
        angles = angles[:, None]
    cos, sin = angles.cos(), angles.sin()
    u, v = x[..., 0::2], x[..., 1::2]
    turned = torch.stack((u * cos - v * sin, u * sin + v * cos), dim=-1)
    return turned.flatten(-2).to(x.dtype)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "rotary", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("rotary")

# %% [markdown]
# <a id="hints-rotary"></a>
# <details><summary>Hint 1: the angles</summary>
#
# `positions[..., None] * speeds` has the shape of `positions` with an axis of $d/2$ more.
# </details>
# <details><summary>Hint 2: putting the pairs together again</summary>
#
# `torch.stack((new_u, new_v), dim=-1).flatten(-2)` undoes `x[..., 0::2], x[..., 1::2]`. For halves it is `torch.cat`. A mixture of the two turns
# nothing.
# </details>
# <details><summary>Hint 3: positions of each sequence's own</summary>
#
# Angles of (N, T, d/2) need an axis for the heads: `angles[:, None]`.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_rotary", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
d, length = 32, 200
query, key = torch.randn(1, 1, 1, d), torch.randn(1, 1, 1, d)
where = torch.arange(length)
turned_q = rotary(query.expand(1, 1, length, d), where)
turned_k = rotary(key.expand(1, 1, length, d), where)
scores = (turned_q @ turned_k.mT)[0, 0]
spread = max(float(torch.diagonal(scores, k).std()) for k in range(-150, 151, 10))
print(f"spread of the scores over all places with the same distance, at most: {spread:.6f}")
same = rotary(torch.ones(1, 1, length, d), where)
fall = (same[0, 0] @ torch.ones(d)) / d
_, axes = plt.subplots(1, 2, figsize=(12, 3.6))
axes[0].imshow(scores[:60, :60], cmap="RdBu", vmin=-20, vmax=20)
axes[0].set(
    xlabel="position of the key", ylabel="position of the query", title="one query, one key, at all positions"
)
axes[1].plot(where, fall, color=BLUE)
axes[1].axhline(0, color=GREY, linewidth=0.8)
axes[1].set(xlabel="distance", ylabel="score, 1 at distance 0", title="query and key equal, all channels 1")
show(
    "Left: a square of scores; each diagonal has one colour. Right: the score of two equal vectors against their distance; it "
    "falls from 1 in irregular waves."
)

# %% [markdown]
# **Notice** that along each diagonal the score is the same: only the distance counts. On the right a query and a key that point the same way are less and less
# alike the farther they are apart, without anything learned.
#
# <details><summary>Why are values not turned?</summary>
#
# The values are what is fetched. If they were turned, their sum would mix the content with the place, in the frame of the token that they came
# from; turned queries and keys meet in a product, where only the difference is left.
# </details>

# %% [markdown]
# ## 6. The block
#
# All is here now: attention (chapter 9), a feed-forward network, norms. The block puts them together with two **residual** connections: what comes
# in goes on, and each part only *adds* to it. There are two ways to place the norms.
#
# $$\textbf{pre-norm:}\quad x \leftarrow x + \mathrm{Att}(\mathrm{LN}_1(x)), \qquad x \leftarrow x + \mathrm{FF}(\mathrm{LN}_2(x))$$
#
# $$\textbf{post-norm:}\quad x \leftarrow \mathrm{LN}_1(x + \mathrm{Att}(x)), \qquad x \leftarrow \mathrm{LN}_2(x + \mathrm{FF}(x))$$
#
# The Transformer of 2017 and BERT are post-norm, GPT-2 and nearly all since are pre-norm: there the sum runs through from the first block to the last, untouched by
# any norm. The sum is called the **residual stream**.
#
# A block of a *decoder with cross-attention* has a third part in the middle: its queries come from $x$, its keys and values from another sequence, the **memory** $m$,
# which an encoder has made. The norms are then counted in the order of the parts: $\mathrm{LN}_1$ self-attention, $\mathrm{LN}_2$ cross-attention, $\mathrm{LN}_3$ feed-forward. In pre-norm
# it reads $x \leftarrow x + \mathrm{Cross}(\mathrm{LN}_2(x), m)$: the memory is *not* normed here, its maker has done that.
#
# Four switches, five models:
#
# | | self-attention | cross-attention | norms |
# |---|---|---|---|
# | translator's encoder | all positions | none | either |
# | translator's decoder | causal | to the encoder | either |
# | GPT | causal | none | pre |
# | BERT | all positions | none | post |
# | ViT | all positions | none | pre |


# %% nbgrader={"grade": false, "grade_id": "given_attention", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Attention(nn.Module):
    """Attention with several heads, as it was built in chapter 9; its parameters have PyTorch's names and shapes.

    Args:
        width: W.
        heads: H, which divides W.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(
        self,
        x: Float[Tensor, "N T W"],
        memory: Float[Tensor, "N S W"] | None = None,
        causal: bool = False,
        padding: Bool[Tensor, "N S"] | None = None,
    ) -> Float[Tensor, "N T W"]:
        """Queries from x, keys and values from the memory (from x itself where there is none).

        `causal` hides from each position those after it. `padding` is True where a key is padding, which nobody sees.
        The weights of the last call stay in `maps`, (N, H, T, S).
        """
        memory = x if memory is None else memory
        width = x.shape[2]
        q = F.linear(x, self.in_proj_weight[:width], self.in_proj_bias[:width])
        k, v = F.linear(memory, self.in_proj_weight[width:], self.in_proj_bias[width:]).chunk(2, dim=-1)
        q, k, v = (y.unflatten(-1, (self.heads, -1)).transpose(1, 2) for y in (q, k, v))
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        if padding is not None:
            scores = scores.masked_fill(padding[:, None, None, :], -math.inf)
        if causal:
            hidden = torch.ones(scores.shape[-2:], dtype=torch.bool, device=x.device).triu(1)
            scores = scores.masked_fill(hidden, -math.inf)
        weights = scores.softmax(dim=-1)
        self.maps = weights.detach()
        return self.out_proj((weights @ v).transpose(1, 2).flatten(-2))


# %% [markdown]
# ### Exercise `block`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 13 | 30 min | 1 s | the given `Attention`, `nn.Linear`, `nn.LayerNorm`, everything else in PyTorch | `F.scaled_dot_product_attention`, `nn.MultiheadAttention`, `nn.Transformer*`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** One block, with all four switches.
#
# **Details.**
# - Its parts have the names of PyTorch's layers, so that weights can be copied: `self_attn` and `multihead_attn` (the cross-attention) are of the class `Attention`,
#   `linear1` (W to M) and `linear2` (M to W) of `nn.Linear`, `norm1`, `norm2` and `norm3` of `nn.LayerNorm`. A block without cross-attention has neither
#   `multihead_attn` nor `norm3`.
# - With equal weights it gives what `nn.TransformerEncoderLayer` (without cross-attention) and `nn.TransformerDecoderLayer` (with it) give, in pre- and post-norm.
# - `padding` belongs to the keys of `x`, `memory_padding` to those of the memory. What stands in padding changes nothing elsewhere.
# - In a causal block no position sees a later one. The cross-attention is never causal.
# - Two blocks share nothing. Gradients reach all parameters, `x` and the memory.
# - A call of a block with cross-attention that gets no memory raises `ValueError`, whatever earlier calls had. A block without cross-attention looks at no memory.
# - In each sequence at least one token is no padding. There is no dropout.
#
# **Why.** You will use it five times.


# %% nbgrader={"grade": false, "grade_id": "block_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class Block(nn.Module):
    """One block of a Transformer.

    Args:
        width: W.
        heads: H, which divides W.
        hidden: M, width of the feed-forward network.
        norm_first: pre-norm if true, post-norm if not.
        cross: whether there is cross-attention.
        activation: the feed-forward network's function.
        eps: of the norms.

    Source: Vaswani et al. (2017), section 3; pre-norm: Xiong et al. (2020).
    """

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int,
        norm_first: bool = True,
        cross: bool = False,
        activation: Callable[[Tensor], Tensor] = F.gelu,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.norm_first, self.activation = norm_first, activation
        self.self_attn = Attention(width, heads)
        self.linear1, self.linear2 = nn.Linear(width, hidden), nn.Linear(hidden, width)
        self.norm1, self.norm2 = nn.LayerNorm(width, eps), nn.LayerNorm(width, eps)
        self.multihead_attn = self.norm3 = None
        if cross:
            self.multihead_attn = Attention(width, heads)
            self.norm3 = nn.LayerNorm(width, eps)
        ### END SOLUTION

    def forward(
        self,
        x: Float[Tensor, "N T W"],
        memory: Float[Tensor, "N S W"] | None = None,
        causal: bool = False,
        padding: Bool[Tensor, "N T"] | None = None,
        memory_padding: Bool[Tensor, "N S"] | None = None,
    ) -> Float[Tensor, "N T W"]:
        """The tokens after the block.

        Args:
            x: tokens, (N, T, W).
            memory: what the cross-attention looks at, (N, S, W).
            causal: whether a token is hidden from those before it.
            padding: (N, T), True where a token of x is padding.
            memory_padding: (N, S), True where a token of the memory is.

        Raises:
            ValueError: if there is cross-attention and no memory.
        """
        ### BEGIN SOLUTION
        parts = [(lambda y: self.self_attn(y, causal=causal, padding=padding), self.norm1)]
        if self.multihead_attn is not None:
            if memory is None:
                raise ValueError("a block with cross-attention needs a memory")
            parts.append((lambda y: self.multihead_attn(y, memory, padding=memory_padding), self.norm2))
        last = self.norm2 if self.norm3 is None else self.norm3
        parts.append((lambda y: self.linear2(self.activation(self.linear1(y))), last))
        for part, norm in parts:
            x = x + part(norm(x)) if self.norm_first else norm(x + part(x))
        return x
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "block", "locked": true, "points": 13, "schema_version": 3, "solution": false, "task": false}
check("block")

# %% [markdown]
# <a id="hints-block"></a>
# <details><summary>Hint 1: begin small</summary>
#
# Write pre-norm without cross-attention first: four lines in `forward`. Then the other order, then the third part.
# </details>
# <details><summary>Hint 2: what is added to what</summary>
#
# In pre-norm the *raw* $x$ is added to the part's result, not $\mathrm{LN}(x)$. In post-norm the norm comes after the sum.
# </details>
# <details><summary>Hint 3: names and the third part</summary>
#
# With cross-attention `norm2` belongs to the cross-attention and `norm3` to the feed-forward network; without it `norm2` belongs to the feed-forward network.
# </details>
# <details><summary>Hint 4: which mask goes where</summary>
#
# `padding` and `causal` go to the self-attention, `memory_padding` to the cross-attention: its keys are the memory's.
# </details>


# %% nbgrader={"grade": false, "grade_id": "given_ready_block", "locked": true, "schema_version": 3, "solution": false, "task": false}
def gelu_tanh(x: Tensor) -> Tensor:
    """GELU by GPT-2's approximation."""
    return F.gelu(x, approximate="tanh")


class _ReadyEncoderBlock(nn.TransformerEncoderLayer):
    def forward(self, x, memory=None, causal=False, padding=None, memory_padding=None):  # type: ignore[override]
        hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1) if causal else None
        return super().forward(x, src_mask=hidden, src_key_padding_mask=padding)


class _ReadyDecoderBlock(nn.TransformerDecoderLayer):
    def forward(self, x, memory=None, causal=False, padding=None, memory_padding=None):  # type: ignore[override]
        hidden = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1) if causal else None
        return super().forward(x, memory, hidden, None, padding, memory_padding)


def ready_block(
    width: int,
    heads: int,
    hidden: int,
    norm_first: bool = True,
    cross: bool = False,
    activation: Callable[[Tensor], Tensor] = F.gelu,
    eps: float = 1e-5,
) -> nn.Module:
    """PyTorch's own block, with the arguments, the names of parts and the `forward` of `Block`.

    What follows is made of it, so that nothing waits for your `Block`; wherever you see it you can put yours.
    """
    kind = _ReadyDecoderBlock if cross else _ReadyEncoderBlock
    return kind(width, heads, hidden, 0.0, activation, eps, batch_first=True, norm_first=norm_first)


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_residual", "locked": true, "schema_version": 3, "solution": false, "task": false}
def stream(norm_first, depth, seed=0, make=Block):
    """Norm of the residual stream after each block, and of the gradient in each block's linear1.weight, at the start."""
    torch.manual_seed(seed)
    width, vocabulary = 64, 40
    table = nn.Embedding(vocabulary, width)
    blocks = nn.ModuleList(make(width, 4, 4 * width, norm_first) for _ in range(depth))
    for block in blocks:
        for name, value in block.named_parameters():
            if value.dim() > 1:
                nn.init.xavier_normal_(value)
            elif "bias" in name:
                nn.init.zeros_(value)
    last = nn.LayerNorm(width) if norm_first else nn.Identity()
    head = nn.Linear(width, vocabulary)
    nn.init.xavier_normal_(head.weight)
    ids = torch.randint(0, vocabulary, (16, 24))
    x, norms = table(ids), []
    for block in blocks:
        norms.append(float(x.detach().square().mean().sqrt()))
        x = block(x, causal=True)
    norms.append(float(x.detach().square().mean().sqrt()))
    F.cross_entropy(head(last(x)).flatten(0, 1), torch.randint(0, vocabulary, (16 * 24,))).backward()
    return norms, [float(block.linear1.weight.grad.norm()) for block in blocks]


depth, seeds = 12, 3
measured = {first: [stream(first, depth, seed) for seed in range(seeds)] for first in (True, False)}
_, axes = plt.subplots(1, 2, figsize=(12, 3.6))
for first, name, colour in ((True, "pre-norm", BLUE), (False, "post-norm", ORANGE)):
    norms, gradients = (torch.tensor([run[i] for run in measured[first]]) for i in (0, 1))
    axes[0].plot(range(depth + 1), norms.mean(0), "o-", color=colour, label=name)
    axes[1].plot(range(1, depth + 1), gradients.mean(0), "o-", color=colour, label=name)
    ratio = gradients[:, -1] / gradients[:, 0]
    print(
        f"{name}, root mean square of the stream at the end: {norms[:, -1].min():.2f} to {norms[:, -1].max():.2f}"
    )
    print(
        f"{name}, gradient of the last block over that of the first: {ratio.min():.2f} to {ratio.max():.2f}"
    )
axes[0].set(xlabel="after block", ylabel="root mean square", title="the residual stream at the start")
axes[1].set(xlabel="block", ylabel="norm", title="gradient in the feed-forward weights at the start")
axes[0].legend()
axes[1].legend()
show(
    "Left: the size of the residual stream by block; with pre-norm it grows, with post-norm it stays at 1. Right: the norm of the "
    "gradient by block; with pre-norm it falls a little towards the end, with post-norm it grows towards the end."
)

# %% [markdown]
# **Notice** the right half: it is figure 3 of Xiong et al. (2020) in small. With pre-norm the gradients of the last block are 0.5 to 0.6 times those of the first; with post-norm they are
# 1.3 to 2.1 times as large as those of the first. A step that suits the first block is far too long for the last: that is why post-norm needs a *warm-up*, during
# which the rate grows from nearly nothing.
#
# <details><summary>Why does the stream grow with pre-norm, and why does that not hurt?</summary>
#
# Each part adds something of about the same size, since it reads a normed input; sums of independent things grow as the square root of their number. Each later part reads the stream
# through a norm, so the size does not matter to it. But the same addition is then a smaller share of a larger stream: deep blocks change less and less.
# </details>

# %% [markdown]
# ### Find the bug
#
# The block below runs, and models made of it train. It was written from the formulas of this section. Its author says: "it cannot be wrong, the loss falls". Look at how the stream grows in it, and compare with the
# figure above, before you open the fold.


# %% tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bug", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Suspicious(Block):
    """Pre-norm. Something is wrong."""

    def forward(self, x, memory=None, causal=False, padding=None, memory_padding=None):
        x = self.norm1(x)
        x = x + self.self_attn(x, causal=causal, padding=padding)
        x = self.norm2(x)
        return x + self.linear2(F.gelu(self.linear1(x)))


for name, make in (("Block", Block), ("Suspicious", Suspicious)):
    for seed in range(3):
        norms, gradients = stream(True, 12, seed, make)
        print(
            f"{name:10} seed {seed}: the stream after 1, 6 and 12 blocks: {norms[1]:.2f} {norms[6]:.2f} {norms[12]:.2f}"
        )

# %% [markdown]
# <details><summary>What is wrong, and how to see it</summary>
#
# `x = self.norm1(x)` *replaces* the stream by its norm: the residual adds to the normed tokens instead of the raw ones. So there is no path from the first block to the last that no norm cuts, the stream never
# grows, and the figure looks like that of post-norm. Write `x = x + self.self_attn(self.norm1(x))`. The loss of such a model falls as well, only less far in deep models, and that is how the mistake
# lived in public code for months.
# </details>

# %% [markdown]
# ## 7. A model that writes
#
# GPT is the block in its causal, pre-norm form, $L$ times, between a table and a product with *the same* table:
#
# $$x_t = E[\text{token}_t] + P[t], \qquad x \leftarrow \text{block}_1(x), \ldots, \text{block}_L(x), \qquad
# \text{logits} = \mathrm{LN}(x)\, E^\top .$$
#
# $E$ is (V, W). Its row $j$ is what token $j$ brings into the model, and in the last product how well the model's answer fits token $j$. Using one matrix for both is
# called **weight tying**. It is *one* parameter with two gradients that add up, not two with equal values.
#
# **The start.** All matrices and both tables are drawn with standard deviation 0.02, biases are 0, norms are the identity. Each block adds twice to the
# stream, which makes $2L$ sums; so that the stream has the same size at any depth, the two matrices that write into it (`out_proj` and `linear2`) are drawn with
# $0.02 / \sqrt{2L}$.
#
# **Predict.** With such small numbers the logits of a new model are all near 0. What is its cross-entropy, before a single step, with $V = 103$ characters? And what if the tables are drawn with 0.3? Type in both.

# %%
my_loss_at_start = None  # with a standard deviation of 0.02
my_loss_with_large_tables = None  # with 0.3: smaller, about equal, or larger? Type a number

# %% [markdown]
# ### Exercise `gpt`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 9 | 30 min | 2 s | `ready_block` or your `Block`; everything else in PyTorch | networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`), `torch.ops`, `torch._C` |
#
# **Difficulty** ●●● · **importance** ●●●
#
# **What.** The model, and a function that puts GPT-2's published weights into it.
#
# **Details.**
# - Parts: `token` and `position` (`nn.Embedding`), `blocks` (an `nn.ModuleList` of what `block(...)` makes), `norm` (`nn.LayerNorm`). The output layer has no bias and *is* the
#   tied table. Blocks have $M = 4W$ and the activation `gelu_tanh`, which the cell above gives.
# - The blocks are made by the argument `block`, called with the arguments of `ready_block`, by position or by name; each block is made by a call of its own. There is at
#   least one.
# - The start is as above, for every parameter. Sizes are measured at four standard errors and more, on matrices of 2,000 numbers and more.
# - `forward` takes any $T$ up to `context`, and raises `ValueError` for a longer one. No position sees a later one.
# - With V = 50,257, context 1,024, W = 768 and 12 layers it has 124,439,808 parameters. It must be possible to make it by `on_meta`, which the first cell gives.
# - `load_gpt2` copies what it is given and leaves it as it is, the dictionary too. All of the model's parameters get their values from it, and keep their own type where the file has
#   another.
#
# **GPT-2's names.** The published file is a dictionary of tensors:
#
# | published | shape | here |
# |---|---|---|
# | `wte.weight`, `wpe.weight` | (V, W), (context, W) | `token`, `position` |
# | `h.0.ln_1.weight`, `.bias` | (W,) | `blocks.0.norm1` |
# | `h.0.attn.c_attn.weight`, `.bias` | (W, 3W), (3W,) | `blocks.0.self_attn.in_proj_weight`, `in_proj_bias` |
# | `h.0.attn.c_proj.weight`, `.bias` | (W, W), (W,) | `blocks.0.self_attn.out_proj` |
# | `h.0.ln_2.weight`, `.bias` | (W,) | `blocks.0.norm2` |
# | `h.0.mlp.c_fc.weight`, `.bias` | (W, 4W), (4W,) | `blocks.0.linear1` |
# | `h.0.mlp.c_proj.weight`, `.bias` | (4W, W), (W,) | `blocks.0.linear2` |
# | `ln_f.weight`, `.bias` | (W,) | `norm` |
#
# The matrices `c_attn`, `c_proj` and `c_fc` are stored *inputs first*, the other way round than `nn.Linear` has them. In some files every name begins with `transformer.`, there is also a
# `lm_head.weight` equal to `wte.weight`, and there are masks with the names `h.0.attn.bias` and `h.0.attn.masked_bias`, which are no parameters: your function takes such files too.
#
# **Why.** After this exercise the real weights of GPT-2, 548 MB that anyone may download, run in a model of which you have written every line.


# %% nbgrader={"grade": false, "grade_id": "gpt_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
class GPT(nn.Module):
    """A language model: causal pre-norm blocks between a table and its transpose.

    Args:
        vocab_size: V.
        context: the longest sequence.
        width: W.
        heads: H.
        layers: L.
        block: makes a block, as `ready_block` and `Block` do.

    Source: Radford et al. (2019), section 2.3, and the code published with it.
    """

    def __init__(
        self,
        vocab_size: int,
        context: int,
        width: int,
        heads: int,
        layers: int,
        block: Callable[..., nn.Module] = ready_block,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.token, self.position = nn.Embedding(vocab_size, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(
            block(width, heads, 4 * width, activation=gelu_tanh) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        for name, value in self.named_parameters():
            if value.dim() > 1:
                writes = name.endswith(("out_proj.weight", "linear2.weight"))
                nn.init.normal_(value, std=0.02 / math.sqrt(2 * layers) if writes else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(value)
        ### END SOLUTION

    def forward(self, ids: Int[Tensor, "N T"]) -> Float[Tensor, "N T V"]:
        """Logits of the token after each position.

        Raises:
            ValueError: if T is greater than the context.
        """
        ### BEGIN SOLUTION
        length = ids.shape[1]
        if length > self.position.num_embeddings:
            raise ValueError(f"{length} tokens are more than the context of {self.position.num_embeddings}")
        x = self.token(ids) + self.position.weight[:length]
        for block in self.blocks:
            x = block(x, causal=True)
        return self.norm(x) @ self.token.weight.T
        ### END SOLUTION


def load_gpt2(model: nn.Module, state: dict[str, Tensor]) -> None:
    """Puts published weights into a model of the class GPT and of the same sizes.

    Args:
        model: its parameters are overwritten.
        state: tensors by GPT-2's names, see the table; with or without `transformer.` before each.

    Raises:
        KeyError: if a weight is missing.
    """
    ### BEGIN SOLUTION
    state = {name.removeprefix("transformer."): value for name, value in state.items()}
    names = {"token.": "wte.", "position.": "wpe.", "norm.": "ln_f."}
    turned = {"self_attn.in_proj_": "attn.c_attn.", "self_attn.out_proj.": "attn.c_proj."}
    turned |= {"linear1.": "mlp.c_fc.", "linear2.": "mlp.c_proj."}
    own: dict[str, Tensor] = {}
    for name in model.state_dict():
        if name.startswith("blocks."):
            _, number, rest = name.split(".", 2)
            part = next(p for p in (*turned, "norm1.", "norm2.") if rest.startswith(p))
            there = {**turned, "norm1.": "ln_1.", "norm2.": "ln_2."}[part]
            value = state[f"h.{number}.{there}{rest.removeprefix(part)}"]
            own[name] = value.T if value.dim() == 2 else value
        else:
            part = next(p for p in names if name.startswith(p))
            own[name] = state[names[part] + name.removeprefix(part)]
    model.load_state_dict(own)
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "gpt", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("gpt")

# %% [markdown]
# <a id="hints-gpt"></a>
# <details><summary>Hint 1: tying</summary>
#
# You need no output layer at all: `h @ self.token.weight.T`. If you make an `nn.Linear`, give it the table itself, `head.weight = self.token.weight`, and not a copy.
# </details>
# <details><summary>Hint 2: the start</summary>
#
# Go through `self.named_parameters()` once, at the end of `__init__`: names tell you what is what. If you set matrices by the kind of layer, a tied matrix may be set twice.
# </details>
# <details><summary>Hint 3: loading</summary>
#
# Write down one name of each kind with its shape on both sides. The square matrix `attn.c_proj.weight` fits both ways round, so its shape does not warn you.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_start", "locked": true, "schema_version": 3, "solution": false, "task": false}
characters = sorted(set(manual.train + manual.validation + manual.test))
number = {character: i for i, character in enumerate(characters)}
V = len(characters)


def numbers(text):
    """The text as int64 numbers (M,)."""
    return torch.tensor([number[character] for character in text])


train_ids, validation_ids, test_ids = (numbers(t) for t in (manual.train, manual.validation, manual.test))


def windows(ids, count, length, generator):
    """Random windows and what follows each place in them, both (count, length)."""
    starts = torch.randint(0, len(ids) - length, (count, 1), generator=generator)
    rows = starts + torch.arange(length)
    return ids[rows], ids[rows + 1]


def language_loss(model, batch):
    """Mean cross-entropy of the next token."""
    inputs, targets = batch
    return F.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())


batch = windows(train_ids, 32, 64, torch.Generator().manual_seed(0))
losses = {std: [] for std in (0.02, 0.3)}
for seed in range(3):
    for std in losses:
        torch.manual_seed(seed)
        model = GPT(V, 64, 64, 4, 2)
        with torch.no_grad():
            model.token.weight.mul_(std / 0.02)
            losses[std].append(float(language_loss(model, batch)))
print(f"log V: {math.log(V):.3f}")
for std, found in losses.items():
    print(f"standard deviation {std}: loss at the start {min(found):.3f} to {max(found):.3f}")
print(f"you said: {my_loss_at_start} and {my_loss_with_large_tables}")

# %% [markdown]
# **Notice** that with 0.02 the loss is $\log V$ within 0.02: the model begins by knowing nothing, and knows that. With 0.3 it is about 18: the model begins by being sure of something for no reason. Compute $\log V$ before
# each first run of a classifier: a larger first loss is a mistake in the start or in the data.
#
# <details><summary>With large tables the loss is so much larger. What is the model sure of?</summary>
#
# Of the token that it has just read. The stream still holds $E[\text{token}_t]$, and its product with row $j = \text{token}_t$ of the same table is a sum of squares: the tied model begins by predicting that every token is
# repeated.
# </details>

# %% [markdown]
# ## 8. Where the parameters and the time go
#
# Count what is multiplied when a sequence of $T$ tokens goes through the model once. A matrix of $a \times b$ costs $ab$ multiplications for each token. So a block costs
#
# $$T \cdot (\underbrace{3W^2}_{q,k,v} + \underbrace{W^2}_{\text{out}} + \underbrace{8W^2}_{\text{feed-forward}}) + \underbrace{2\,T^2\,W}_{q k^\top \text{ and the sum of values}} = 12\, T W^2 + 2\, T^2 W,$$
#
# and the product with the table at the end $T V W$. Looking rows up costs nothing. (Programs compute the whole square $T \times T$, and so do we, although the causal mask throws half of it away.) Norms, biases, softmax and
# activations cost a few operations for each number, and are left out.
#
# **Memory of the cache.** A model that writes keeps the keys and values of everything before (section 12): two vectors for each token in each block. Models with *grouped* heads have fewer key heads than query heads, $G < H$,
# and each key head serves several query heads: the cache then holds $2 \cdot L \cdot S \cdot G d$ numbers.
#
# **Example.** $W = 4$, $L = 1$, $V = 10$, context 8, $T = 2$: a block has $12 \cdot 16 = 192$ numbers in its matrices, $3 \cdot 4 + 4 + 16 + 4 = 36$ in its biases and $4 \cdot 4 = 16$ in two norms; tables
# $10 \cdot 4 + 8 \cdot 4 = 72$; the last norm 8: together 324 parameters. Multiplications: $2 \cdot 192 + 2 \cdot 4 \cdot 4 + 2 \cdot 10 \cdot 4 = 384 + 32 + 80 = 496$.

# %% [markdown]
# ### Exercise `accounting`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 4 | 20 min | 0.5 s | arithmetic; a model may be built, and none is needed |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Three formulas: parameters of the `GPT` of section 7, its multiplications, and the bytes of its cache.
#
# **Details.** All results are exact and of the type `int` (GPT-3 too, with 175 billion). The tied table counts once. Looking up a row takes no multiplication,
# and all T tokens get logits. Biases and norms take no part in matrix products. `layers` may be 0.
#
# **Why.** Whoever can do this on paper knows what fits into a machine before renting it.


# %% nbgrader={"grade": false, "grade_id": "accounting_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def gpt_parameters(vocab_size: int, context: int, width: int, layers: int) -> int:
    """All parameters of a GPT with tied tables, biases and norms counted.

    Args:
        vocab_size, context, width, layers: V, longest sequence, W, L; M is 4 W.
    """
    ### BEGIN SOLUTION
    block = 12 * width**2 + 9 * width + 4 * width
    return (vocab_size + context) * width + layers * block + 2 * width
    ### END SOLUTION


def gpt_multiplications(tokens: int, vocab_size: int, width: int, layers: int) -> int:
    """Multiplications in matrix products for one sequence, forward, the whole square of scores counted.

    Args:
        tokens: T.
        vocab_size, width, layers: V, W, L.
    """
    ### BEGIN SOLUTION
    return layers * (12 * tokens * width**2 + 2 * tokens**2 * width) + tokens * vocab_size * width
    ### END SOLUTION


def cache_bytes(
    tokens: int, width: int, heads: int, layers: int, kv_heads: int | None = None, bytes_per_number: int = 2
) -> int:
    """Memory of the keys and values of one sequence.

    Args:
        tokens: S, tokens in the cache.
        width, heads, layers: W, H, L.
        kv_heads: G, how many heads keys and values have; H if not given.
        bytes_per_number: 2 for 16-bit numbers.

    Source: Ainslie et al. (2023) for grouped heads.
    """
    ### BEGIN SOLUTION
    kept = heads if kv_heads is None else kv_heads
    return 2 * layers * tokens * kept * (width // heads) * bytes_per_number
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "accounting", "locked": true, "points": 4, "schema_version": 3, "solution": false, "task": false}
check("accounting")

# %% [markdown]
# <a id="hints-accounting"></a>
# <details><summary>Hint 1: biases and norms</summary>
#
# Biases of a block: $3W + W + 4W + W$. A norm has $2W$ parameters; a block has two and the model one more.
# </details>
# <details><summary>Hint 2: the square</summary>
#
# For each of $T$ queries, $T$ products of $W$ numbers (all heads together), and then $T$ vectors of $W$ numbers are weighed: $2 T^2 W$.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_account", "locked": true, "schema_version": 3, "solution": false, "task": false}
SIZES = {"small": (768, 12, 12), "medium": (1024, 16, 24), "large": (1280, 20, 36), "XL": (1600, 25, 48)}
_, axes = plt.subplots(1, 2, figsize=(12, 3.8))
places = range(len(SIZES))
colours = {"tables": GREY, "attention": BLUE, "feed-forward": ORANGE, "scores": RED}
for axis, kind in zip(axes, ("parameters", "multiplications at 1,024 tokens"), strict=True):
    bottoms = [0.0] * len(SIZES)
    for part, colour in colours.items():
        shares = []
        for width, _, layers in SIZES.values():
            if kind == "parameters":
                total = gpt_parameters(50257, 1024, width, layers)
                value = {
                    "tables": (50257 + 1024) * width,
                    "attention": layers * 4 * width**2,
                    "feed-forward": layers * 8 * width**2,
                    "scores": 0,
                }[part]
            else:
                total = gpt_multiplications(1024, 50257, width, layers)
                value = (
                    1024
                    * {
                        "tables": 50257 * width,
                        "attention": layers * 4 * width**2,
                        "feed-forward": layers * 8 * width**2,
                        "scores": layers * 2 * 1024 * width,
                    }[part]
                )
            shares.append(value / total)
        axis.bar(places, shares, bottom=bottoms, color=colour, label=part, width=0.6)
        bottoms = [b + s for b, s in zip(bottoms, shares, strict=True)]
    axis.set(title=f"share of the {kind}", ylim=(0, 1.05))
    axis.set_xticks(places, SIZES)
axes[1].legend(bbox_to_anchor=(1.0, 1.0), loc="upper left")
show(
    "Two charts of four stacked bars, GPT-2 small, medium, large and XL. The share of the tables shrinks with the size, from about a third to a "
    "twentieth of the parameters; the feed-forward networks grow to more than half. Scores have a share of the multiplications alone."
)
for name, (width, heads, layers) in SIZES.items():
    parameters, products = (
        gpt_parameters(50257, 1024, width, layers),
        gpt_multiplications(1024, 50257, width, layers),
    )
    tables = (50257 + 1024) * width / parameters
    scores = layers * 2 * 1024**2 * width / products
    kept = cache_bytes(1024, width, heads, layers)
    print(
        f"{name:6} {parameters:13,} parameters, {100 * tables:4.1f}% in tables; {products / 1e9:6.1f} thousand million "
        f"multiplications, {100 * scores:4.1f}% for scores; cache of 1,024 tokens {kept / 2**20:5.1f} MiB"
    )

# %% [markdown]
# **Notice** that GPT-2 small has nearly a third of its parameters in tables (31.6%), and XL a twentieth (5.3%): "small models" and "large models" are not the same thing in two sizes. Scores, the part that grows
# with the *square* of the length, are 13.3% of the multiplications of small at 1,024 tokens.
#
# <details><summary>From which length on do the scores cost more than the block's matrices?</summary>
#
# $2T^2W > 12TW^2$ where $T > 6W$: from 4,608 tokens for $W = 768$. For shorter texts the matrices cost more, and "attention is quadratic" is true and does not matter.
# </details>

# %% [markdown]
# ## 9. The rate over time
#
# At the start gradients are large and of little meaning, and Adam's estimates of their size come from a few steps. So the rate grows from nearly nothing over the first steps (**warm-up**), then falls along half a
# cosine. With $k = 0, 1, \ldots$ the number of the step, $K_w$ the steps of the warm-up, $K$ all steps, $\eta$ the peak and $\eta_0$ the floor,
#
# $$\eta_k = \begin{cases} \eta\,(k + 1) / K_w & k < K_w \\
# \eta_0 + \frac{\eta - \eta_0}{2}\Big(1 + \cos \pi \frac{k - K_w}{K - K_w}\Big) & K_w \le k < K \\ \eta_0 & k \ge K . \end{cases}$$
#
# The warm-up has $k + 1$, so that the first step is not wasted on a rate of 0.
#
# **Example.** $\eta = 1$, $\eta_0 = 0$, $K_w = 2$, $K = 6$: 0.5, 1, 1, 0.854, 0.5, 0.146, and 0 from then on.

# %% [markdown]
# ### Exercise `schedule`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 3 | 10 min | 0.5 s | everything else in Python and PyTorch | `torch.optim.lr_scheduler`, `torch.ops`, `torch._C` |
#
# **Difficulty** ●○○ · **importance** ●●○
#
# **What.** The rate of a step.
#
# **Details.** Peak and floor are floats, and a rate of Python's type `float` comes back, with all its digits. The floor is a rate and takes no part in the warm-up, which may
# begin below it. `warmup` may be 0, and may equal `total`; then the floor follows at once.


# %% nbgrader={"grade": false, "grade_id": "schedule_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def warmup_cosine(step: int, peak: float, warmup: int, total: int, floor: float = 0.0) -> float:
    """The learning rate of a step: linear warm-up, then half a cosine down to the floor.

    Args:
        step: k, from 0.
        peak: eta.
        warmup: K_w, at least 0.
        total: K, at least the warm-up's.
        floor: eta_0.

    Source: Loshchilov and Hutter (2017), equation 5, with the warm-up of Vaswani et al. (2017).
    """
    ### BEGIN SOLUTION
    if step < warmup:
        return peak * (step + 1) / warmup
    if step >= total:
        return floor
    done = (step - warmup) / (total - warmup)
    return floor + (peak - floor) * (1 + math.cos(math.pi * done)) / 2
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "schedule", "locked": true, "points": 3, "schema_version": 3, "solution": false, "task": false}
check("schedule")

# %% [markdown]
# <a id="hints-schedule"></a>
# <details><summary>Hint: three cases</summary>
#
# Ask `step < warmup` first, then `step >= total`; what is left is the cosine, and its denominator is not 0 there.
# </details>

# %% [markdown]
# ## 10. One loop for all
#
# A translator, a model that writes, one that fills gaps and one that sees differ in their batches and in their loss, and in nothing else of the loop. So the loop gets both: an iterable of batches, and a function from model and batch
# to a loss.
#
# **Weight decay.** AdamW makes each weight a little smaller at each step. That is meant for matrices: they multiply, and smaller means smoother. Biases and the scales of norms are not decayed. The rule that everybody uses: decay what has at
# least two axes.
#
# **The translator.** From blocks with cross-attention comes the model of Vaswani et al. (2017). The encoder reads the digits of a number; the decoder writes it in words, each word in view of those before it (causal) and of all digits
# (cross-attention). You are given it, since it is made of what you have built.


# %% nbgrader={"grade": false, "grade_id": "given_translator", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Translator(nn.Module):
    """An encoder and a decoder of pre-norm blocks; token 0 is padding.

    Args:
        source_size, target_size: sizes of the two vocabularies.
        width, heads, layers: W, H, and L of the encoder as of the decoder.
        context: longest sequence of either.
        block: makes a block, as `ready_block` and `Block` do.
    """

    def __init__(
        self,
        source_size: int,
        target_size: int,
        width: int = 64,
        heads: int = 4,
        layers: int = 2,
        context: int = 16,
        block: Callable[..., nn.Module] = ready_block,
    ) -> None:
        super().__init__()
        self.source, self.target = nn.Embedding(source_size, width), nn.Embedding(target_size, width)
        self.source_place, self.target_place = nn.Embedding(context, width), nn.Embedding(context, width)
        self.encoder = nn.ModuleList(block(width, heads, 4 * width) for _ in range(layers))
        self.decoder = nn.ModuleList(block(width, heads, 4 * width, cross=True) for _ in range(layers))
        self.source_norm, self.target_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.scores = nn.Linear(width, target_size)
        self.scale = math.sqrt(width)
        for table in (self.source, self.target, self.source_place, self.target_place):
            nn.init.normal_(table.weight, std=1 / self.scale)

    def forward(self, sources: Int[Tensor, "N S"], targets: Int[Tensor, "N T"]) -> Float[Tensor, "N T V"]:
        """Logits of the word after each word of the targets."""
        padding = sources == 0
        memory = self.scale * (self.source(sources) + self.source_place.weight[: sources.shape[1]])
        for block in self.encoder:
            memory = block(memory, padding=padding)
        memory = self.source_norm(memory)
        y = self.scale * (self.target(targets) + self.target_place.weight[: targets.shape[1]])
        for block in self.decoder:
            y = block(y, memory, causal=True, memory_padding=padding)
        return self.scores(self.target_norm(y))


def translation_loss(model: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    """Mean cross-entropy of the next word over all words but padding; targets begin with a start and end with an end."""
    sources, targets = batch
    logits = model(sources, targets[:, :-1])
    return F.cross_entropy(logits.flatten(0, 1), targets[:, 1:].flatten(), ignore_index=0)


# %% [markdown]
# ### Exercise `train`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 9 | 30 min | 3 s | everything in PyTorch, `torch.optim.AdamW` too |
#
# **Difficulty** ●●○ · **importance** ●●●
#
# **What.** The loop.
#
# **Details.**
# - One step a batch, in the order of the batches; they come from any iterable, once, one after the other, in finite number.
# - `torch.optim.AdamW` with betas (0.9, 0.95) and its default epsilon. Parameters with two axes or more are decayed by `decay`, the others not at all, whatever
#   their names and modules. One that several modules share is one parameter, as `model.parameters()` has it.
# - Before step $k$ (from 0) the rate becomes `rate(k)`; `rate` is called once for each step.
# - The gradient is clipped to the norm `max_norm`, over all parameters together, before the step. Gradients that lie there from before count for nothing.
# - The model trains in training mode, also if it came in evaluation mode. In which mode it is left, and what lies in its gradients then, is up to you.
# - What comes back is one float for each step: the loss of its batch, before the step.
# - Parameters that do not require a gradient stay as they are.
# - Your function is judged in two ways: after a few steps the weights are compared with those of the rule; and it trains `Translator` on 150 batches of 32 numbers whose digits and words have been given new numbers at random. At least
#   three of five new numbers must come out word for word.
#
# **Why.** It is the whole of training.


# %% nbgrader={"grade": false, "grade_id": "train_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def fit(
    model: nn.Module,
    batches: Iterable,
    loss_of: Callable[[nn.Module, object], Tensor],
    rate: Callable[[int], float],
    decay: float = 0.1,
    max_norm: float = 1.0,
) -> list[float]:
    """Trains a model, one step a batch, and returns the losses.

    Args:
        model: it is changed in place.
        batches: anything that yields batches; what a batch is only `loss_of` knows.
        loss_of: loss_of(model, batch) is a scalar tensor.
        rate: rate(k) is the learning rate of step k.
        decay: AdamW's weight decay, for parameters of two axes and more.
        max_norm: gradients are clipped to it.

    Source: Loshchilov and Hutter (2019), Decoupled weight decay regularization; Brown et al. (2020), appendix B.
    """
    ### BEGIN SOLUTION
    model.train()
    trained = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trained if p.dim() >= 2], "weight_decay": decay},
        {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=1.0, betas=(0.9, 0.95))
    losses = []
    for step, batch in enumerate(batches):
        lr = rate(step)
        for group in optimizer.param_groups:
            group["lr"] = lr
        loss = loss_of(model, batch)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, max_norm)
        optimizer.step()
        losses.append(loss.item())
    return losses
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "train", "locked": true, "points": 9, "schema_version": 3, "solution": false, "task": false}
check("train")

# %% [markdown]
# <a id="hints-train"></a>
# <details><summary>Hint 1: two groups</summary>
#
# `torch.optim.AdamW([{"params": matrices, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}], ...)`.
# </details>
# <details><summary>Hint 2: the rate</summary>
#
# `for group in optimizer.param_groups: group["lr"] = rate(step)` before `optimizer.step()`; call `rate` once and keep its answer.
# </details>
# <details><summary>Hint 3: the weights are nearly right</summary>
#
# Is the gradient set to zero *before* the backward pass, and clipped after it? Is the loss that you return that of before the step?
# </details>


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_gpt", "locked": true, "schema_version": 3, "solution": false, "task": false}
def perplexity(model, ids, length=64, count=10**6):
    """Of a text in windows side by side, all places counted."""
    rows = torch.arange(min(count, (len(ids) - 1) // length))[:, None] * length + torch.arange(length)
    model.eval()
    with torch.no_grad():
        return math.exp(float(F.cross_entropy(model(ids[rows]).flatten(0, 1), ids[rows + 1].flatten())))


def batches_of(ids, steps, count, length, seed, every=100):
    """Random windows, with a line of progress."""
    generator = torch.Generator().manual_seed(seed)
    for step in range(steps):
        if step % every == 0:
            print(f"\rstep {step} of {steps}", end="")
        yield windows(ids, count, length, generator)
    print(f"\r{steps} steps{'':12}")


counts = torch.bincount(train_ids[:-1] * V + train_ids[1:], minlength=V**2).view(V, V).double() + 0.1
table = (counts / counts.sum(1, keepdim=True)).log()
bigram = math.exp(-float(table[validation_ids[:-1], validation_ids[1:]].mean()))
STEPS = 600
torch.manual_seed(0)
writer = GPT(V, 64, 64, 4, 2, Block)
with (
    torch.no_grad()
):  # a model this small and a training this short begin better with larger tables, see below
    writer.token.weight.mul_(15)
    writer.position.weight.mul_(15)
began = time.perf_counter()
losses = fit(
    writer,
    batches_of(train_ids, STEPS, 16, 64, 0),
    language_loss,
    lambda k: warmup_cosine(k, 4e-3, 50, STEPS, 2e-4),
)
print(f"{time.perf_counter() - began:.0f} s")
found = perplexity(writer, validation_ids)
print(f"perplexity per character on the validation text: bigram {bigram:.2f}, GPT {found:.2f}")
print(f"as a share of the bigram's: {found / bigram:.2f}")
smooth = torch.tensor(losses).unfold(0, 25, 25).mean(1).exp()
plt.figure(figsize=(9, 3.6))
plt.plot(torch.arange(len(smooth)) * 25 + 12, smooth, color=BLUE, label="GPT, training batches")
plt.axhline(bigram, color=GREY, label="bigram, validation text")
plt.axhline(found, color=ORANGE, linestyle="--", label="GPT at the end, validation text")
plt.yscale("log")
plt.xlabel("step")
plt.ylabel("perplexity")
plt.legend()
show(
    "Perplexity against the step: the GPT begins far above the bigram's level of about 12, crosses it and ends below it."
)

# %% [markdown]
# **Notice** that 600 batches bring the model to 0.71 of the bigram's perplexity on text that it has not been trained on. That is not much yet: it has read its text little more than one and a half times. What a Transformer has is that all places of a window are computed at once, and that it goes on to gain
# where there are more layers, more text and more machines.
#
# <details><summary>Two tables were multiplied by 15 after the start, against section 7. Why?</summary>
#
# Adam moves each number by about the rate, whatever its size. From 0.02, with a rate of 0.004, the tables can be anything after some steps, and early noise is kept. From 0.3 they keep for longer what tells the tokens apart. In 600 steps that matters; in GPT-2's hundreds of
# thousands it does not. Try it: leave out the two lines.
# </details>

# %% [markdown]
# ### A leak, on purpose
#
# What happens to a model that may look ahead? Here the mask is left out, and nothing else. One token at the end of a text is exchanged: no place before it may notice.


# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_leak", "locked": true, "schema_version": 3, "solution": false, "task": false}
class Looking(GPT):
    """A GPT without its mask."""

    def forward(self, ids):
        x = self.token(ids) + self.position.weight[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.norm(x) @ self.token.weight.T


for name, kind in (("with the mask", GPT), ("without the mask", Looking)):
    moved = []
    for seed in range(3):
        torch.manual_seed(seed)
        model = kind(V, 32, 32, 4, 2, Block)
        with torch.no_grad():
            model.token.weight.mul_(15)
            model.position.weight.mul_(15)
            ids = train_ids[1000 * seed : 1000 * seed + 32][None]
            exchanged = ids.clone()
            exchanged[0, -1] = (exchanged[0, -1] + 1) % V
            moved.append(float((model(ids) - model(exchanged))[:, :-1].abs().max()))
    print(f"{name}, logits of the places before change by at most: {min(moved):.6f} to {max(moved):.6f}")

# %% [markdown]
# **Notice** the zeros: with the mask nothing before the exchanged token changes, not in the last digit. Without it the places before do change. The loss does not warn you: we trained both for 120 batches, and the perplexities on the training batches were 17 to 18 with the mask and 16 and 18 without it. A model that
# looks ahead has to *learn* to read off the answer, and until it does its loss looks honest. Later it is too good, and means nothing. So test for a leak in this way, before you train.

# %% [markdown]
# ### Translating
#
# Now the same loop, with another loss and other batches.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_translate", "locked": true, "schema_version": 3, "solution": false, "task": false}
learn, judge = load_numbers(8000, 500)


def number_batches(pairs, steps, count, seed):
    """Random batches of pairs, with a line of progress."""
    generator = torch.Generator().manual_seed(seed)
    for step in range(steps):
        if step % 50 == 0:
            print(f"\rstep {step} of {steps}", end="")
        rows = torch.randint(0, len(pairs.sources), (count,), generator=generator)
        yield pairs.sources[rows], pairs.targets[rows]
    print(f"\r{steps} steps{'':12}")


def translated(model, sources, length=13):
    """The likeliest word after each word; everything after an end becomes padding."""
    words = torch.full((len(sources), 1), START)
    model.eval()
    with torch.no_grad():
        for _ in range(length - 1):
            words = torch.cat([words, model(sources, words)[:, -1:].argmax(-1)], dim=1)
    ended = ((words == END).cumsum(1) - (words == END).long()) > 0
    return words.masked_fill(ended, PADDING)


torch.manual_seed(0)
translator = Translator(SOURCE_SIZE, TARGET_SIZE, block=Block)
began = time.perf_counter()
fit(
    translator,
    number_batches(learn, 200, 64, 0),
    translation_loss,
    lambda k: warmup_cosine(k, 2e-3, 60, 200),
    decay=0.01,
)
print(f"{time.perf_counter() - began:.0f} s")
right = (translated(translator, judge.sources) == judge.targets).all(1)
print(f"new numbers that come out word for word: {100 * float(right.float().mean()):.1f}%")
example = judge.numbers.index(max(judge.numbers, key=lambda n: len(number_words(n))))
sources, targets = judge.sources[example : example + 1], judge.targets[example : example + 1, :-1]
with torch.no_grad():
    translator(sources, targets)
maps = translator.decoder[1].multihead_attn.maps[0].mean(0)
words = ["(start)", *number_words(judge.numbers[example])][: targets.shape[1]]
digits = [*str(judge.numbers[example]), "(end)"]
plt.figure(figsize=(6, 4.6))
plt.imshow(maps[: len(words), : len(digits)], cmap="Blues")
plt.xticks(range(len(digits)), digits)
plt.yticks(range(len(words)), words)
plt.title("where the second cross-attention looks, mean of its heads")
show(
    "A table of words by digits; the darker a place, the more the decoder, having read the row's word, looks at the column's digit. Dark places go from upper left to lower right."
)

# %% [markdown]
# **Notice** that nobody told the decoder which digit a word comes from; the map shows that it found out. 200 batches are enough for 98% of numbers that it has never seen.
#
# <details><summary>How can it be right about numbers that it has not seen?</summary>
#
# 8,000 numbers of a million are less than one in a hundred, so it cannot look them up. Words depend on a digit, on its place and on its neighbours ("eleven", "and"), and those it has all seen. Take a rule that it has not: train on numbers below 100,000 alone, and judge
# by larger ones.
# </details>

# %% [markdown]
# ## 11. Which token comes next
#
# A model gives logits; what is written is a choice. Temperature (chapter 7) makes all of it sharper or flatter. Two cuts remove the long tail of tokens, each of which is
# unlikely, and which together are not:
#
# - **top-k** keeps the $k$ likeliest tokens;
# - **top-p**, the nucleus, keeps the fewest tokens, likeliest first, whose probabilities come to $p$ or more. The token with which the sum reaches $p$ belongs to it. Where the model is sure that is one token; where it
#   is not, many.
#
# What is kept is divided by its sum. The order of the three matters, and here it is: temperature, then top-k, then top-p among what top-k left, with its probabilities renormalised.
#
# **Example.** Probabilities 0.5, 0.3, 0.15, 0.05, temperature 1. Top-p with 0.7: 0.5 is below, $0.5 + 0.3 = 0.8$ reaches it, so two are kept: 0.625 and 0.375. Top-k with 2 and then top-p with 0.6: after top-k 0.625 is enough
# alone, one is kept. Top-p with 0.6 without top-k keeps two.

# %% [markdown]
# ### Exercise `decoding`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 6 | 25 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The probabilities of the next token, and a function that writes.
#
# **Details.**
# - Temperature 0 gives all to the likeliest token. `top_k=None` and `top_p=None` cut nothing; a `top_k` above V keeps all.
# - Of equally likely tokens those with the smaller number are kept first, at temperature 0 too. Exactly $k$ tokens are kept by top-k.
# - At least one token is always kept, also for `top_p` of 0. `top_p=1.0` keeps all. A sum that is exactly $p$ closes the nucleus; where rounding decides whether it is, no test asks.
# - Each row is cut by itself. Rows sum to 1, what is cut has exactly 0. Logits may be as large as 10,000.
# - `generate` gives the model at most the last `context` tokens and draws from the generator alone; equal seeds give equal texts. How a token is drawn from its probabilities is left to you: frequencies
#   are judged. The model is any callable from ids (1, T) to logits (1, T, V). `length` may be 0. Logits that are handed in stay as they are; no test asks for a gradient of the probabilities.
# - No graph is recorded while it writes.
#
# **Why.** The same model sounds dull, sane or mad by these three numbers.


# %% nbgrader={"grade": false, "grade_id": "decoding_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def next_probs(
    logits: Float[Tensor, "N V"],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Float[Tensor, "N V"]:
    """Probabilities of the next token: temperature, then top-k, then top-p.

    Args:
        logits: (N, V).
        temperature: at least 0.
        top_k: how many tokens are kept, at least 1.
        top_p: what the kept tokens' probabilities come to at least, in [0, 1].

    Returns:
        (N, V), in the dtype of logits.

    Source: Fan, Lewis and Dauphin (2018) for top-k; Holtzman et al. (2020) for top-p.
    """
    ### BEGIN SOLUTION
    order = logits.argsort(dim=-1, descending=True, stable=True)
    ranked = logits.gather(-1, order)
    if temperature == 0:
        kept = torch.zeros_like(ranked)
        kept[:, 0] = 1.0
    else:
        kept = ((ranked - ranked[:, :1]) / temperature).softmax(dim=-1)
        if top_k is not None:
            kept[:, top_k:] = 0.0
            kept = kept / kept.sum(dim=-1, keepdim=True)
        if top_p is not None and top_p < 1:
            before = kept.cumsum(dim=-1) - kept
            cut = before >= top_p
            cut[:, 0] = False
            kept = kept.masked_fill(cut, 0.0)
            kept = kept / kept.sum(dim=-1, keepdim=True)
    return torch.zeros_like(kept).scatter(-1, order, kept)
    ### END SOLUTION


def generate(
    model: Callable[[Tensor], Tensor],
    prompt: Int[Tensor, "M"],
    length: int,
    context: int,
    generator: torch.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Int[Tensor, "..."]:
    """Writes on from a prompt.

    Args:
        model: model(ids) gives for ids (1, T) the logits (1, T, V) of the token after each place.
        prompt: (M,), at least one token.
        length: how many tokens are written.
        context: the most tokens that the model is given.
        generator: draws everything.
        temperature, top_k, top_p: as for `next_probs`.

    Returns:
        the prompt and what was written, (M + length,).
    """
    ### BEGIN SOLUTION
    ids = prompt
    with torch.no_grad():
        for _ in range(length):
            logits = model(ids[None, -context:])[:, -1]
            probs = next_probs(logits, temperature, top_k, top_p)
            ids = torch.cat([ids, torch.multinomial(probs[0], 1, generator=generator)])
    return ids.clone()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "decoding", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("decoding")

# %% [markdown]
# <a id="hints-decoding"></a>
# <details><summary>Hint 1: sort once</summary>
#
# Sort the logits (`stable=True`, descending), cut there, and bring the probabilities back to their places with `scatter`. A mask made in sorted order belongs to sorted tokens.
# </details>
# <details><summary>Hint 2: the token that reaches p</summary>
#
# A token is kept if the sum *before* it is below $p$. `cumsum - probs` is that sum.
# </details>
# <details><summary>Hint 3: ties</summary>
#
# `logits >= kth_largest` keeps more than $k$ where several are equal. Ranks do not.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_decoding", "locked": true, "schema_version": 3, "solution": false, "task": false}
prompt = "The "
logits = writer(numbers(prompt)[None])[:, -1].detach()
settings = [
    ("temperature 0.5", {"temperature": 0.5}),
    ("as it is", {}),
    ("temperature 1.5", {"temperature": 1.5}),
    ("top-k 5", {"top_k": 5}),
    ("top-p 0.8", {"top_p": 0.8}),
]
order = logits[0].argsort(descending=True)[:24]
_, axes = plt.subplots(1, len(settings), figsize=(13, 2.8), sharey=True)
for axis, (name, options) in zip(axes, settings, strict=True):
    probs = next_probs(logits, **options)[0]
    axis.bar(range(24), probs[order], color=BLUE)
    axis.set_xticks(range(24), [characters[i] for i in order.tolist()], fontsize=6)
    axis.set_title(f"{name}\n{int((probs > 0).sum())} of {V} possible", fontsize=9)
show(
    "Five bar charts of the next character's probabilities after 'The ', likeliest first. Low temperature is steep, high temperature flat; top-k and top-p end abruptly."
)
for name, options in settings:
    text = generate(writer, numbers(prompt), 150, 64, torch.Generator().manual_seed(1), **options)
    print(f"--- {name}\n" + "".join(characters[i] for i in text.tolist()).replace("\n", " "))

# %% [markdown]
# **Notice** how many characters each setting leaves: top-k always five, top-p as many as this place needs. High temperature writes nonsense not because any single choice is mad, but because a small chance of a mad choice comes
# 150 times.

# %% [markdown]
# ## 12. Nothing is computed twice
#
# To write token 1,001 a model needs the keys and values of the 1,000 before it. In a causal model they do not depend on what comes later, so they are what they were at the step before: keep them. The new token brings one query, one key, one value; the work for a
# token falls from a whole pass over the text to a single row.
#
# With $S$ tokens in the cache, a piece of $T$ new ones stands at the positions $S, \ldots, S + T - 1$. Two things must know that:
#
# - rotary positions begin at $S$, not at 0;
# - query $t$ of the piece sees the keys up to $S + t$: the corner of the mask moves. A triangle of $T \times T$ hangs in the wrong corner of the $T \times (S + T)$ scores.
#
# Keys are put into the cache *after* they were turned: their position does not change any more.
#
# **Example.** $S = 2$, $T = 2$. The mask (1: is seen) is $\begin{pmatrix} 1 & 1 & 1 & 0 \\ 1 & 1 & 1 & 1 \end{pmatrix}$. With its corner at the upper left it would be
# $\begin{pmatrix} 1 & 0 & 0 & 0 \\ 1 & 1 & 0 & 0 \end{pmatrix}$: the new tokens would not even see themselves.

# %% [markdown]
# ### Exercise `kv_cache`
#
# | points | your time | check takes | allowed |
# |---|---|---|---|
# | 7 | 30 min | 0.5 s | everything in PyTorch |
#
# **Difficulty** ●●● · **importance** ●●○
#
# **What.** Causal attention with a cache, and writing with it.
#
# **Details.**
# - There are no biases. The rows of `w_qkv` are those of the queries, then of the keys, then of the values; head $h$ has the columns $h d, \ldots, (h + 1) d - 1$ of each. Scores are divided by $\sqrt d$.
# - `rotate(x, positions)` turns queries or keys (N, H, T, d) for positions (T,); it is handed in, and yours from section 5 is one. Values are not turned.
# - The cache is a pair (keys, values), each (N, H, S, d), keys turned. What comes back has S + T. A cache that is handed in stays as it is: two texts may go on from the same one.
# - A sequence in pieces of any sizes gives what it gives in one piece. Gradients reach `x`, the weights and the cache that was handed in; so the cache that comes back carries its graph. A cache that is
#   handed in has at least one token, and a text may be of any length.
# - `greedy` gives each token to the model exactly once, and the last one that it writes not at all. The first call gets the whole prompt with `None`, each later one the new token alone with the caches that the call before returned, whatever they are.
#   Of equal logits the smaller token is taken. `length` may be 0: then the prompt comes back.
#
# **Why.** Without it nobody could pay for what these models write.


# %% nbgrader={"grade": false, "grade_id": "kv_cache_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def cached_attention(
    x: Float[Tensor, "N T W"],
    w_qkv: Float[Tensor, "3W W"],
    w_out: Float[Tensor, "W W"],
    heads: int,
    rotate: Callable[[Tensor, Tensor], Tensor],
    cache: tuple[Tensor, Tensor] | None = None,
) -> tuple[Float[Tensor, "N T W"], tuple[Tensor, Tensor]]:
    """Causal attention of new tokens to themselves and to all that is in the cache.

    Args:
        x: the new tokens, (N, T, W).
        w_qkv: (3 W, W), outputs first as in nn.Linear.
        w_out: (W, W).
        heads: H.
        rotate: rotate(x, positions) turns queries and keys.
        cache: keys and values of the S tokens before, each (N, H, S, d); none at the start.

    Returns:
        what the new tokens get, (N, T, W), and the cache with them in it.

    Source: Shazeer (2019), section 2.4, with one key head a query head.
    """
    ### BEGIN SOLUTION
    length, before = x.shape[1], 0 if cache is None else cache[0].shape[2]
    q, k, v = (y.unflatten(-1, (heads, -1)).transpose(1, 2) for y in (x @ w_qkv.T).chunk(3, dim=-1))
    positions = torch.arange(before, before + length)
    q, k = rotate(q, positions), rotate(k, positions)
    if cache is not None:
        k, v = torch.cat([cache[0], k], dim=2), torch.cat([cache[1], v], dim=2)
    scores = q @ k.mT / math.sqrt(q.shape[-1])
    later = torch.arange(before + length) > positions[:, None]
    weights = scores.masked_fill(later, -math.inf).softmax(dim=-1)
    return (weights @ v).transpose(1, 2).flatten(-2) @ w_out.T, (k, v)
    ### END SOLUTION


def greedy(
    model: Callable[[Tensor, object], tuple[Tensor, object]], prompt: Int[Tensor, "N M"], length: int
) -> Int[Tensor, "..."]:
    """Writes the likeliest token again and again, each computed once.

    Args:
        model: model(ids, caches) gives logits (N, T, V) for new ids (N, T), and the caches with them; caches are None at the start.
        prompt: (N, M), at least one token.
        length: how many tokens are written.

    Returns:
        the prompts and what was written, (N, M + length).
    """
    ### BEGIN SOLUTION
    ids, new, caches = prompt, prompt, None
    with torch.no_grad():
        for _ in range(length):
            logits, caches = model(new, caches)
            new = logits[:, -1].argmax(dim=-1, keepdim=True)
            ids = torch.cat([ids, new], dim=1)
    return ids.clone()
    ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "kv_cache", "locked": true, "points": 7, "schema_version": 3, "solution": false, "task": false}
check("kv_cache")

# %% [markdown]
# <a id="hints-kv_cache"></a>
# <details><summary>Hint 1: positions</summary>
#
# All follows from `positions = torch.arange(S, S + T)`: the angles, and the mask, `torch.arange(S + T) > positions[:, None]`.
# </details>
# <details><summary>Hint 2: one piece is right, two are not</summary>
#
# Feed five tokens at once, and then two and three. Compare `k` in the cache first, then the scores. If the cache agrees and the output does not, it is the mask.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_cache", "locked": true, "schema_version": 3, "solution": false, "task": false}
torch.manual_seed(0)
width, heads, layers, longest = 64, 4, 4, 384
weights = [(torch.randn(3 * width, width) / 8, torch.randn(width, width) / 8) for _ in range(layers)]


def cached_model(x, caches):
    """A model of attention and residuals alone: what matters here is time."""
    new = []
    for layer, (w_qkv, w_out) in enumerate(weights):
        y, cache = cached_attention(x, w_qkv, w_out, heads, rotary, None if caches is None else caches[layer])
        x = x + y
        new.append(cache)
    return x, new


times = {"with the cache": [], "without": []}
text = torch.randn(1, longest, width)
with torch.no_grad():
    caches = None
    for t in range(longest):
        began = time.perf_counter()
        y, caches = cached_model(text[:, t : t + 1], caches)
        times["with the cache"].append(time.perf_counter() - began)
        if t % 16 == 15:
            began = time.perf_counter()
            whole, _ = cached_model(text[:, : t + 1], None)
            times["without"].append(time.perf_counter() - began)
print(
    f"largest difference of the last token, with the cache and without: {float((whole[:, -1:] - y).abs().max()):.1e}"
)
print(f"numbers in the cache at the end: {sum(k.numel() + v.numel() for k, v in caches):,}")
print(f"by the formula: {cache_bytes(longest, width, heads, layers, bytes_per_number=1):,}")
with_cache = torch.tensor(times["with the cache"]).unfold(0, 16, 16).median(1).values * 1000
without = torch.tensor(times["without"]) * 1000
print(
    f"the last token takes {float(without[-3:].median() / with_cache[-3:].median()):.0f} times as long without the cache"
)
plt.figure(figsize=(9, 3.6))
plt.plot(torch.arange(len(with_cache)) * 16 + 16, with_cache, color=BLUE, label="with the cache")
plt.plot(torch.arange(len(without)) * 16 + 16, without, color=ORANGE, label="without")
plt.xlabel("tokens before")
plt.ylabel("milliseconds for the next token")
plt.ylim(bottom=0)
plt.legend()
show(
    "Time for one more token against the length of the text: with the cache an almost flat line near the bottom, without it a curve that rises more and more steeply."
)

# %% [markdown]
# **Notice** that both give the same, up to rounding: the cache is not an approximation. Its price is memory, which section 8 counts: 36 MiB for 1,024 tokens of GPT-2 small, for each of the texts that are written at the same time.
#
# <details><summary>With the cache a token still costs a little more, the longer the text. Why?</summary>
#
# Its one query meets all keys: $2 S W$ multiplications in each block. What the cache saves is everything about the *old* tokens: their projections, their scores, their feed-forward networks.
# </details>

# %% [markdown]
# ## 13. A model that fills gaps
#
# GPT reads from left to right, since it has to write. To *understand* a text that is there already, a model may look both ways. Then "predict the next token" is no task any more, because the next token is in view. BERT's task: hide some tokens and guess them.
#
# **The masking rule.** Each token that is no special one ([CLS], [SEP], padding, ...) is *chosen* with probability 0.15. Of the chosen, 80% become the token [MASK], 10% a random token, 10% stay as they are. The loss is taken on *all chosen* places and on no other.
# Why not [MASK] always? Later, in use, there is no [MASK] in the input. Since any token may be a wrong one, the model must form an opinion about every place.
#
# **Drawing it.** A first draw chooses. A second draw, of the chosen places alone, says what becomes of them: below 0.8 mask, between 0.8 and 0.9 random, above as it is. Labels hold the true token at chosen places and -100 elsewhere, which is the number that
# PyTorch's cross-entropy ignores.
#
# **The model.** Three tables are added: token, place, and *type* (first or second sentence); a norm follows, then $L$ post-norm blocks that look both ways. A **pooler** makes one vector for the whole text out of the state of the first token, [CLS]: a linear layer and a tanh.

# %% [markdown]
# ### Exercise `bert`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 8 | 30 min | 2 s | `ready_block` or your `Block`; everything else in PyTorch | networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`), `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** The masking rule, the loss, and the model.
#
# **Details.**
# - Each token that may be is chosen by itself: how many are chosen in a row is chance. Rates are tested on 200,000 tokens. Random tokens are drawn evenly from $0, \ldots, V - 1$, special ones too. The generator
#   draws everything, and goes on with it; what is handed in stays as it is, and inputs and labels share no memory. `special` has at least one token.
# - The loss is the mean over all chosen places of the batch. Where none is chosen it is 0, with a gradient of zeros.
# - Parts: `token`, `position`, `segment` (`nn.Embedding`; it holds the types), `norm` (`nn.LayerNorm`), `blocks`, `pooler` (`nn.Linear`). All norms have $\varepsilon = 10^{-12}$; blocks have $M = 4W$, are post-norm, with the exact GELU. They are
#   made by the argument `block`, called with the arguments of `ready_block`, each by a call of its own; there is at least one. The start is left to you. No sequence is longer than `context`.
# - Without `types` all tokens are of type 0. What stands at padded places changes nothing at the others.
# - With V = 30,522, context 512, W = 768, 12 layers and two types it has 109,482,240 parameters. It must be possible to make it by `on_meta`.
#
# **Why.** Search engines, classifiers and most models that embed text are made so.


# %% nbgrader={"grade": false, "grade_id": "bert_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def mask_tokens(
    ids: Int[Tensor, "N T"],
    special: list[int],
    mask_id: int,
    vocab_size: int,
    generator: torch.Generator,
    rate: float = 0.15,
) -> tuple[Int[Tensor, "N T"], Int[Tensor, "N T"]]:
    """Hides tokens by the 80/10/10 rule.

    Args:
        ids: tokens, (N, T).
        special: tokens that are never chosen.
        mask_id: the token [MASK].
        vocab_size: V.
        generator: draws everything.
        rate: probability that a token is chosen.

    Returns:
        inputs and labels, both (N, T) int64; labels are -100 where nothing was chosen.

    Source: Devlin et al. (2019), section 3.1.
    """
    ### BEGIN SOLUTION
    may = ~torch.isin(ids, torch.tensor(special, dtype=ids.dtype))
    chosen = (torch.rand(ids.shape, generator=generator) < rate) & may
    kind = torch.rand(ids.shape, generator=generator)
    drawn = torch.randint(0, vocab_size, ids.shape, generator=generator)
    inputs = torch.where(chosen & (kind < 0.8), mask_id, ids)
    inputs = torch.where(chosen & (kind >= 0.8) & (kind < 0.9), drawn, inputs)
    return inputs, torch.where(chosen, ids, -100)
    ### END SOLUTION


def mlm_loss(logits: Float[Tensor, "N T V"], labels: Int[Tensor, "N T"]) -> Float[Tensor, ""]:
    """Mean cross-entropy over the chosen places; 0 where none is chosen.

    Args:
        logits: (N, T, V).
        labels: (N, T), -100 where nothing was chosen.
    """
    ### BEGIN SOLUTION
    total = F.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index=-100, reduction="sum")
    return total / (labels != -100).sum().clamp(min=1)
    ### END SOLUTION


class BERT(nn.Module):
    """An encoder: post-norm blocks that look both ways, and a pooler.

    Args:
        vocab_size: V.
        context: the longest sequence.
        width: W.
        heads: H.
        layers: L.
        types: how many kinds of sentence.
        block: makes a block, as `ready_block` and `Block` do.

    Source: Devlin et al. (2019), section 3, and the code published with it.
    """

    def __init__(
        self,
        vocab_size: int,
        context: int,
        width: int,
        heads: int,
        layers: int,
        types: int = 2,
        block: Callable[..., nn.Module] = ready_block,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.token, self.position = nn.Embedding(vocab_size, width), nn.Embedding(context, width)
        self.segment = nn.Embedding(types, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        self.blocks = nn.ModuleList(
            block(width, heads, 4 * width, norm_first=False, eps=1e-12) for _ in range(layers)
        )
        self.pooler = nn.Linear(width, width)
        for table in (self.token, self.position, self.segment):
            nn.init.normal_(table.weight, std=0.02)
        ### END SOLUTION

    def forward(
        self,
        ids: Int[Tensor, "N T"],
        types: Int[Tensor, "N T"] | None = None,
        padding: Bool[Tensor, "N T"] | None = None,
    ) -> tuple[Float[Tensor, "N T W"], Float[Tensor, "N W"]]:
        """The state of each token, and the pooled state of the first one.

        Args:
            ids: tokens, (N, T).
            types: the kind of sentence each token is in, (N, T); 0 if not given.
            padding: True where a token is padding, (N, T).
        """
        ### BEGIN SOLUTION
        types = torch.zeros_like(ids) if types is None else types
        x = self.token(ids) + self.position.weight[: ids.shape[1]] + self.segment(types)
        x = self.norm(x)
        for block in self.blocks:
            x = block(x, padding=padding)
        return x, torch.tanh(self.pooler(x[:, 0]))
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "bert", "locked": true, "points": 8, "schema_version": 3, "solution": false, "task": false}
check("bert")

# %% [markdown]
# <a id="hints-bert"></a>
# <details><summary>Hint 1: two draws</summary>
#
# Draw a number in [0, 1) for each place to choose, and *another* one to decide what becomes of it. Never write the mask over the random tokens: decide the three cases from the same second draw.
# </details>
# <details><summary>Hint 2: the empty batch</summary>
#
# The mean of nothing is not a number. Take the sum, and divide by the number of chosen places, or by 1 where there are none.
# </details>
# <details><summary>Hint 3: the count is wrong</summary>
#
# The pooler has $W^2 + W$ parameters. The norm after the tables belongs to it too; there is no norm after the last block, since post-norm blocks end with one.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_bert", "locked": true, "schema_version": 3, "solution": false, "task": false}
CLS, SEP, MASK, PAD = 31, 32, 33, 34  # after the 31 words
BERT_SIZE = 35


def sentences(count, seed):
    """Numbers in words as (count, 13) int64, with [CLS] and [SEP]."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.full((count, 13), PAD)
    for row, number in enumerate(torch.randint(0, 1_000_000, (count,), generator=generator).tolist()):
        said = [CLS, *(WORDS.index(word) for word in number_words(number)), SEP]
        rows[row, : len(said)] = torch.tensor(said)
    return rows


def half_spoilt(rows, seed):
    """In every second sentence one word is replaced by another; labels say in which (1: spoilt)."""
    generator = torch.Generator().manual_seed(seed)
    rows, labels = rows.clone(), torch.zeros(len(rows), dtype=torch.int64)
    for row in range(0, len(rows), 2):
        words = int((rows[row] < 31).sum())
        place = 1 + int(torch.randint(0, words, (), generator=generator))
        rows[row, place] = (rows[row, place] + int(torch.randint(1, 31, (), generator=generator))) % 31
        labels[row] = 1
    return rows, labels


class Judge(nn.Module):
    """BERT and two scores from its pooled state."""

    def __init__(self, body):
        super().__init__()
        self.body, self.scores = body, nn.Linear(64, 2)

    def forward(self, ids):
        return self.scores(self.body(ids, padding=ids == PAD)[1])


def gap_loss(model, batch):
    """Loss of the masked tokens; the output layer is the tied table."""
    inputs, labels = batch
    states, _ = model(inputs, padding=inputs == PAD)
    return mlm_loss(states @ model.token.weight.T, labels)


def gaps(rows, steps, count, seed):
    """Batches of sentences with gaps."""
    generator = torch.Generator().manual_seed(seed)
    for step in range(steps):
        if step % 100 == 0:
            print(f"\rstep {step} of {steps}", end="")
        chosen = rows[torch.randint(0, len(rows), (count,), generator=generator)]
        yield mask_tokens(chosen, [CLS, SEP, MASK, PAD], MASK, 31, generator)
    print(f"\r{steps} steps{'':12}")


def tuned(body, rows, labels, seed, steps=40):
    """Fine-tune a body and new scores on labelled sentences."""
    torch.manual_seed(seed)
    model = Judge(body)
    fit(
        model,
        ((rows, labels) for _ in range(steps)),
        lambda m, b: F.cross_entropy(m(b[0]), b[1]),
        lambda k: warmup_cosine(k, 1e-3, 10, steps),
    )
    return model


def share_right(model, rows, labels):
    """On sentences with labels."""
    model.eval()
    with torch.no_grad():
        return float((model(rows).argmax(1) == labels).float().mean())


def least_expected(model, rows):
    """For each sentence the smallest log-probability of a word of it, where that word alone is hidden: (count,)."""
    least = torch.zeros(len(rows))
    model.eval()
    with torch.no_grad():
        for place in range(1, rows.shape[1] - 1):
            word = rows[:, place] < 31
            hidden = rows.clone()
            hidden[word, place] = MASK
            states, _ = model(hidden, padding=rows == PAD)
            log_probs = (states[:, place] @ model.token.weight.T).log_softmax(dim=-1)
            least = torch.where(
                word, torch.minimum(least, log_probs.gather(1, rows[:, place, None])[:, 0]), least
            )
    return least


def threshold(scores, labels):
    """The limit below which most labelled sentences are spoilt, and above which most are not."""
    limits = scores.sort().values.unfold(0, 2, 1).mean(1)
    return limits[
        torch.stack([((scores < limit) == labels.bool()).float().mean() for limit in limits]).argmax()
    ]


unlabelled = sentences(6000, 0)
torch.manual_seed(0)
body = BERT(BERT_SIZE, 13, 64, 4, 2, block=Block)
state = {name: value.clone() for name, value in body.state_dict().items()}
began = time.perf_counter()
fit(body, gaps(unlabelled, 400, 32, 0), gap_loss, lambda k: warmup_cosine(k, 2e-3, 40, 400), decay=0.01)
print(f"pretrained in {time.perf_counter() - began:.0f} s")
said = torch.tensor([[CLS, *(WORDS.index(word) for word in number_words(340_512)), SEP]])
gap = said[0].tolist().index(WORDS.index("and"))
with torch.no_grad():
    states, _ = body(said.index_fill(1, torch.tensor([gap]), MASK))
guesses = (states[0, gap] @ body.token.weight.T).softmax(dim=-1).topk(3)
print("three hundred [MASK] forty thousand five hundred and twelve: ", end="")
print(
    ", ".join(
        f"{WORDS[i] if i < 31 else i} {p:.2f}"
        for p, i in zip(guesses.values.tolist(), guesses.indices.tolist(), strict=True)
    )
)
judged, answers = half_spoilt(sentences(600, 1), 1)
surprise = least_expected(body, judged)
table_of = {"surprise": [], "fine-tuned": [], "from scratch": []}
for seed in range(3):
    rows, labels = half_spoilt(sentences(60, 10 + seed), seed)
    limit = threshold(least_expected(body, rows), labels)
    table_of["surprise"].append(float(((surprise < limit) == answers.bool()).float().mean()))
    for name, weights_of in (("fine-tuned", body.state_dict()), ("from scratch", state)):
        copy = BERT(BERT_SIZE, 13, 64, 4, 2, block=Block)
        copy.load_state_dict({key: value.clone() for key, value in weights_of.items()})
        table_of[name].append(share_right(tuned(copy, rows, labels, seed), judged, answers))
print("right on 600 new sentences, three draws of 60 labelled ones (chance 0.50):")
for name, found in table_of.items():
    print(f"{name}: {min(found):.3f} to {max(found):.3f}")

# %% [markdown]
# **Notice** that 60 labelled sentences teach a new model next to nothing: it is right about 51 to 54% of new ones, where chance is 50%. The same model, after it has filled gaps in 6,000 sentences *without labels*, knows what a sentence is. Hide each word in turn and ask how likely the hidden word was: one
# sentence has a word that nobody would expect, another has none. The labels only have to say below which probability a sentence counts as spoilt, and about 90% of new sentences are judged rightly. (Salazar et al. 2020 judge sentences in this way.)
#
# Fine-tuning, the usual way, puts a new layer on the pooled state and trains everything on the labels. From the pretrained weights it gains less here: 57 to 63%. Filling gaps never trained the state of [CLS], and 60 examples have to teach the model where in itself its
# knowledge lies.
#
# <details><summary>Would pretraining help as much with 60,000 labelled sentences?</summary>
#
# No. With enough labels the model learns the grammar from them. Pretraining moves work from labels, which cost money, to text, which does not. Try it: change 60 into 2,000.
# </details>

# %% [markdown]
# ## 14. A model that sees
#
# A Vision Transformer cuts a picture into **patches**, takes each as a token, and lets the block do the rest. In front stands a learned **class token** that belongs to no patch: it collects what the picture shows, and its state at the end goes into the classifier.
#
# $$x_0 = \text{class token} + P[0], \qquad x_{1 + j} = W_e\, \text{patch}_j + b_e + P[1 + j], \qquad j = 0, \ldots, J - 1 .$$
#
# The position is learned, one vector for each place and one for the class token.
#
# **Example.** A picture of 1 x 4 x 6 numbers $0, 1, \ldots, 23$ (row by row) has with patch size 2 six patches: two rows of three. Patch 0 is $(0, 1, 6, 7)$, patch 1 $(2, 3, 8, 9)$, patch 3 $(12, 13, 18, 19)$.

# %% [markdown]
# ### Exercise `vit`
#
# | points | your time | check takes | allowed | not allowed |
# |---|---|---|---|---|
# | 6 | 20 min | 2 s | `ready_block` or your `Block`; everything else in PyTorch | networks from a library (`torchvision`, `timm`, `transformers`, `torch.hub`), `torch.ops`, `torch._C` |
#
# **Difficulty** ●●○ · **importance** ●●○
#
# **What.** Patches, and the model.
#
# **Details.**
# - Patches are taken row by row. Inside one, the numbers of the first channel come first, row by row, then the second channel's: the order of `F.unfold`. Height and width may differ, and are divisible by the patch size, else `patchify` raises `ValueError`.
# - Parts: `project` (`nn.Linear`; a convolution with the same numbers counts as one), `class_token` (a parameter with W numbers in any shape), `position` (a parameter, (1 + J, W)), `blocks`, `norm`, `head` (`nn.Linear`).
#   The blocks are made by the argument `block`, called with the arguments of `ready_block`, each by a call of its own; there is at least one. Blocks are pre-norm, with $M = 4W$ and the exact GELU; all norms have $\varepsilon = 10^{-6}$. The start is left to you, but patches at different places must not look alike: `position` is not all zeros.
# - `image_size` is a pair (height, width).
# - With pictures of 3 x 224 x 224, patches of 16, 1,000 classes, W = 768 and 12 layers it has 86,567,656 parameters. It must be possible to make it by `on_meta`.
#
# **Why.** Nothing in it knows that pictures have two axes. It is the least that is known about seeing, and with enough pictures it is enough.


# %% nbgrader={"grade": false, "grade_id": "vit_solution", "locked": false, "schema_version": 3, "solution": true, "task": false}
def patchify(images: Float[Tensor, "N C Y X"], size: int) -> Float[Tensor, "N J P"]:
    """Cuts pictures into patches of size x size, row by row.

    Args:
        images: (N, C, height, width).
        size: height and width of a patch.

    Returns:
        (N, J, C * size * size), J = (height / size) * (width / size).

    Raises:
        ValueError: if height or width is not divisible by the size.
    """
    ### BEGIN SOLUTION
    n, channels, height, width = images.shape
    if height % size or width % size:
        raise ValueError(f"a picture of {height} x {width} cannot be cut into patches of {size} x {size}")
    cut = images.reshape(n, channels, height // size, size, width // size, size)
    return cut.permute(0, 2, 4, 1, 3, 5).reshape(n, -1, channels * size * size)
    ### END SOLUTION


class ViT(nn.Module):
    """A Vision Transformer with a class token.

    Args:
        image_size: (height, width).
        patch_size: height and width of a patch.
        channels: C.
        num_classes: classes.
        width: W.
        heads: H.
        layers: L.
        block: makes a block, as `ready_block` and `Block` do.

    Source: Dosovitskiy et al. (2021), section 3.1.
    """

    def __init__(
        self,
        image_size: tuple[int, int],
        patch_size: int,
        channels: int,
        num_classes: int,
        width: int,
        heads: int,
        layers: int,
        block: Callable[..., nn.Module] = ready_block,
    ) -> None:
        super().__init__()
        ### BEGIN SOLUTION
        self.patch_size = patch_size
        patches = (image_size[0] // patch_size) * (image_size[1] // patch_size)
        self.project = nn.Linear(channels * patch_size**2, width)
        self.class_token = nn.Parameter(0.02 * torch.randn(width))
        self.position = nn.Parameter(0.02 * torch.randn(1 + patches, width))
        self.blocks = nn.ModuleList(block(width, heads, 4 * width, eps=1e-6) for _ in range(layers))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, num_classes)
        ### END SOLUTION

    def forward(self, images: Float[Tensor, "N C Y X"]) -> Float[Tensor, "N K"]:
        """Logits of the classes."""
        ### BEGIN SOLUTION
        x = self.project(patchify(images, self.patch_size))
        x = torch.cat([self.class_token.expand(len(x), 1, -1), x], dim=1) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])
        ### END SOLUTION


# %% nbgrader={"grade": true, "grade_id": "vit", "locked": true, "points": 6, "schema_version": 3, "solution": false, "task": false}
check("vit")

# %% [markdown]
# <a id="hints-vit"></a>
# <details><summary>Hint 1: patches without a loop</summary>
#
# Reshape to (N, C, rows, size, columns, size), and put the axes into the order (N, rows, columns, C, size, size).
# </details>
# <details><summary>Hint 2: the class token and its position</summary>
#
# Join the class token first and add the positions afterwards: they have 1 + J rows.
# </details>

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_vit", "locked": true, "schema_version": 3, "solution": false, "task": false}
digits = load_digits()
order = torch.randperm(len(digits.train_images), generator=torch.Generator().manual_seed(0))
held, kept = order[:237], order[237:]
pictures, labels = digits.train_images[kept], digits.train_labels[kept]


def picture_batches(epochs, count, seed):
    """Random batches, every picture once an epoch."""
    generator = torch.Generator().manual_seed(seed)
    for epoch in range(epochs):
        print(f"\repoch {epoch + 1} of {epochs}", end="")
        for rows in torch.randperm(len(pictures), generator=generator).split(count):
            yield pictures[rows], labels[rows]
    print()


def small_cnn():
    """Two convolutions and a pooling, about as many parameters."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(64 * 16, 64), nn.ReLU(), nn.Linear(64, 10)),
    )


def picture_loss(model, batch):
    """Cross-entropy of the classes."""
    return F.cross_entropy(model(batch[0]), batch[1])


EPOCHS = 10
steps = EPOCHS * len(range(0, len(pictures), 48))
kinds = {"ViT": lambda: ViT((8, 8), 2, 1, 10, 48, 4, 3, Block), "convolutions": small_cnn}
for name, make in kinds.items():
    found = []
    for seed in range(2 if name == "ViT" else 3):
        torch.manual_seed(seed)
        model = make()
        fit(
            model,
            picture_batches(EPOCHS, 48, seed),
            picture_loss,
            lambda k: warmup_cosine(k, 3e-3, 30, steps),
            decay=0.05,
        )
        model.eval()
        with torch.no_grad():
            found.append(
                float(
                    (model(digits.train_images[held]).argmax(1) == digits.train_labels[held]).float().mean()
                )
            )
        if name == "ViT" and seed == 0:
            seeing = model
    size = sum(p.numel() for p in model.parameters())
    print(
        f"{name}: {size:,} parameters, right on the validation pictures: "
        + ", ".join(f"{100 * f:.1f}%" for f in found)
    )
vectors = seeing.position.detach()[1:]
likeness = F.cosine_similarity(vectors[:, None], vectors[None], dim=-1).view(16, 4, 4)
figure, axes = plt.subplots(2, 8, figsize=(11, 3))
for place, axis in enumerate(axes.flat):
    axis.imshow(likeness[place], cmap="RdBu", vmin=-1, vmax=1)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_title(f"{place // 4}, {place % 4}", fontsize=8)
show(
    "Sixteen small squares of 4 by 4: for each place, how alike its learned position is to that of every other place. Each is most like itself, and its own place is dark blue."
)

# %% [markdown]
# **Notice** that on 1,200 pictures the convolutions are better: 99% of the validation pictures are right in each of three runs, against 85 and 91% in two runs of the ViT. A convolution *knows* that neighbours belong together and that a shape is the same shape elsewhere; the ViT has to learn both from the pictures. That is called **inductive bias**. It helps
# where there are few pictures; with hundreds of millions of them, in the paper, the ViT is the better one.

# %% [markdown]
# ## 15. The test, once
#
# All choices are made. Now the text that nobody has looked at.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_test", "locked": true, "schema_version": 3, "solution": false, "task": false}
found = perplexity(writer, test_ids)
bigram_test = math.exp(-float(table[test_ids[:-1], test_ids[1:]].mean()))
bits = math.log2(found) * len(test_ids) / len(manual.test.encode())
print(f"test text, perplexity per character: bigram {bigram_test:.2f}, GPT {found:.2f}")
print(f"as a share of the bigram's on the test text: {found / bigram_test:.2f}")
print(f"bits per byte: {bits:.2f}")

# %% [markdown]
# **Notice** the share: 0.71, as on the validation text. It is not the share of a text that the model knows nothing of: the manual repeats itself, and 15 of 100 pieces of 40 characters of the test text (9 of the validation text) stand in the training text word for word. Both models profit from that. By bits per byte you may now compare the model with any other, whatever its tokens are.

# %% [markdown]
# ## 16. A head that copies
#
# A last experiment, without any training. Take a piece of random tokens and say it again and again. The first time no token can be guessed. The second time each can, by whoever finds the place where the same token stood before *and reads what came after it*. No single head does that: a
# query can look for a token, but not for "the place after that token". Two heads can, one block apart:
#
# 1. a head of the first block looks one place back, and writes into each token *which token was before it*;
# 2. a head of the second block looks for places whose "token before" is the present token, and copies what stands *there*.
#
# The two together are an **induction head**. Olsson et al. (2022) found such heads in all the trained models that they looked into, and saw them appear at a certain moment of training. Here we do not wait for that moment: every number of a `GPT` is set by hand. Its stream of 64 numbers has three parts: 24 say which
# token this is, 16 where it stands (8 clocks, as in section 5), and 24 are free for the token before.

# %% jupyter={"source_hidden": true} tags=["demo"] nbgrader={"grade": false, "grade_id": "demo_induction", "locked": true, "schema_version": 3, "solution": false, "task": false}
SYMBOLS, LENGTH = 24, 32
TOKEN, PLACE, BEFORE = slice(0, 24), slice(24, 40), slice(40, 64)  # the three parts of the stream


def copier_by_hand():
    """A GPT of two blocks with one head each, all of whose numbers are chosen: an induction head and nothing else."""
    model = GPT(SYMBOLS, LENGTH, 64, 1, 2, Block)
    clocks = torch.arange(LENGTH)[:, None] * (torch.arange(8) + 0.5) * math.pi / 8
    cos, sin = clocks[1].cos().diag(), clocks[1].sin().diag()
    one_back = torch.cat(
        [torch.cat([cos, sin], dim=1), torch.cat([-sin, cos], dim=1)]
    )  # turns every clock back by one place
    with torch.no_grad():
        for name, value in model.named_parameters():
            value.fill_(1.0 if "norm" in name and "weight" in name else 0.0)
        model.token.weight[:, TOKEN] = torch.eye(24)
        model.position.weight[:, PLACE] = torch.cat([clocks.cos(), clocks.sin()], dim=1)
        first, second = (block.self_attn for block in model.blocks)
        q, k, v = first.in_proj_weight.chunk(3)
        q[PLACE, PLACE], k[PLACE, PLACE], v[TOKEN, TOKEN] = 4 * one_back, torch.eye(16), torch.eye(24)
        first.out_proj.weight[BEFORE, TOKEN] = torch.eye(24)
        q, k, v = second.in_proj_weight.chunk(3)
        q[TOKEN, TOKEN], k[TOKEN, BEFORE], v[TOKEN, TOKEN] = 16 * torch.eye(24), torch.eye(24), torch.eye(24)
        second.out_proj.weight[TOKEN, TOKEN] = 20 * torch.eye(24)
        model.norm.weight.fill_(2.0)
    return model


def repeats(count, seed):
    """Pieces of 8 to 16 different random tokens, said again and again: ids (count, LENGTH) and the pieces' lengths (count, 1)."""
    generator = torch.Generator().manual_seed(seed)
    periods = torch.randint(8, 17, (count, 1), generator=generator)
    pieces = torch.rand(count, SYMBOLS, generator=generator).argsort(dim=1)
    return pieces.gather(1, torch.arange(LENGTH) % periods), periods


copier = copier_by_hand()
for seed in range(3):
    ids, periods = repeats(500, seed)
    with torch.no_grad():
        guessed = copier(ids[:, :-1]).argmax(-1) == ids[:, 1:]
    again = torch.arange(1, LENGTH) > periods
    print(
        f"draw {seed}: tokens guessed rightly the first time {float(guessed[torch.arange(1, LENGTH) < periods].float().mean()):.3f}, "
        f"later {float(guessed[again].float().mean()):.3f}"
    )
ids, periods = repeats(1, 3)
with torch.no_grad():
    copier(ids)
_, axes = plt.subplots(1, 2, figsize=(10, 4.4))
for axis, block, title in zip(
    axes, copier.blocks, ("block 1: one place back", "block 2: after the same token"), strict=True
):
    axis.imshow(block.self_attn.maps[0, 0], cmap="Blues", vmin=0, vmax=1)
    axis.set(xlabel="key", ylabel="query", title=f"{title}\n(a piece of {int(periods[0])} tokens)")
show(
    "Two attention maps. Left: one dark line just below the diagonal. Right: the first time the weights are spread thinly over all places before; "
    "from the second time on there are dark lines further below the diagonal, at the places after the same token."
)

# %% [markdown]
# **Notice** the lines in the right map: from the second time on each token looks at the place *after* its own earlier one, and 97% of the tokens that can be known are guessed. The first time it is right about none. There is not a number in this model that knows a single piece: what it does with a sequence that it has
# never seen looks like learning, and is looking up. Large models learn from examples in a prompt partly by heads of this kind.
#
# **To explore.** Why is it not right every time? (What does the first token of all take for the token before it?) Set the 16 of the second query to 1: why does the model become unsure? Train a fresh `GPT` on `repeats` and see how long it takes until it finds the trick, or whether it does. Give it the first block as it is here and let it
# learn the second.

# %% [markdown]
# ## Two written questions
#
# ### Question 1: comparing tokenizers (5 points)
#
# A colleague has trained two models on the same text. Model A has a vocabulary of 300, reads 0.8 tokens per byte and has a perplexity of 4.0 per token. Model B has a vocabulary of 30,000, reads 0.25 tokens per byte and has a perplexity of 60 per token. He concludes that A is
# fifteen times as good.
#
# 1. Compute bits per byte of both, and say which model is better. (2 points)
# 2. Why is perplexity per token no measure across tokenizers, and why are bits per byte one? (2 points)
# 3. Name one thing that bits per byte do not show and that may decide between the two in use. (1 point)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_tokenizers", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** Bits per byte are tokens per byte times the binary logarithm of the perplexity. A: $0.8 \cdot \log_2 4 = 1.6$. B: $0.25 \cdot \log_2 60 = 0.25 \cdot 5.907 = 1.477$. B is the better model.
#
# A token of B stands for four bytes on the average, one of A for 1.25. To be in doubt among 60 about four bytes is less doubt than to be in doubt among 4 about one and a quarter, four times in a row nearly. The unit differs, so the numbers do not compare. The probability that a model gives to the *whole text*
# does not depend on how it was cut, and neither does the number of its bytes.
#
# In use: B needs a table of 30,000 rows; A needs 3.2 times as many steps to write the same text, and its context holds less text. How well the rare words, numbers or other scripts are cut may matter too.
#
# **Marks.**
# - Part 1: 1 for both numbers, 1 for the conclusion. A wrong number with the right method: 1 of 2.
# - Part 2: 1 for "the unit differs, larger tokens are harder"; 1 for "the text's probability and its bytes are the same for both".
# - Part 3: 1 for any one that is true and has a reason.
# ### END SOLUTION

# %% [markdown]
# ### Question 2: what the cache costs (5 points)
#
# A model has $W = 4096$, 32 heads, 32 layers, and its numbers have 16 bits. 20 GiB of memory are left for caches.
#
# 1. How many bytes does the cache take for each token? How many texts of 4,096 tokens can be written at the same time? Show the formula. (2 points)
# 2. With 8 key heads instead of 32: how many texts? What changes in the number of multiplications of the scores, and why? (2 points)
# 3. A colleague says that the cache makes a model faster at reading a long prompt. Is that so? (1 point)

# %% [markdown] nbgrader={"grade": true, "grade_id": "written_cache", "locked": false, "points": 5, "schema_version": 3, "solution": true, "task": false}
# ### BEGIN SOLUTION
# **Model answer.** $2 \cdot L \cdot W \cdot 2$ bytes $= 2 \cdot 32 \cdot 4096 \cdot 2 = 524{,}288$ bytes, half a MiB, for each token; 4,096 tokens take 2 GiB, so 10 texts.
#
# With 8 key heads the cache is a quarter: 0.5 GiB a text, 40 texts. The multiplications of the scores stay the same: each of the 32 query heads still meets a key of width $d$ at every place, and several query heads only share the same keys. (The projections of keys and values become smaller.)
#
# No. All tokens of the prompt are computed in one pass, once, with a cache and without; the cache is filled by it. It saves the second and every later pass, those of writing.
#
# **Marks.**
# - Part 1: 1 for the bytes of a token with the factor 2 for keys and values; 1 for ten texts. A slip in arithmetic: half.
# - Part 2: 1 for 40; 1 for "the same, since query heads share keys".
# - Part 3: 1 for "no, one pass in both cases".
# ### END SOLUTION

# %% [markdown]
# ## What you have read about
#
# - A. Vaswani et al. (2017), *Attention is all you need*; R. Xiong et al. (2020), *On layer normalization in the Transformer architecture*; J. Ba, J. Kiros and G. Hinton (2016), *Layer normalization*; B. Zhang and R. Sennrich (2019), *Root mean square
#   layer normalization*; D. Hendrycks and K. Gimpel (2016), *Gaussian error linear units*; N. Shazeer (2020), *GLU variants improve Transformer*; J. Su et al. (2021), *RoFormer*.
# - R. Sennrich, B. Haddow and A. Birch (2016), *Neural machine translation of rare words with subword units*; A. Radford et al. (2019), *Language models are unsupervised multitask learners*; T. Brown et al. (2020), *Language models are few-shot learners*; J. Devlin et al. (2019),
#   *BERT*; A. Dosovitskiy et al. (2021), *An image is worth 16x16 words*; L. Gao et al. (2020), *The Pile*.
# - I. Loshchilov and F. Hutter (2017), *SGDR*, and (2019), *Decoupled weight decay regularization*; A. Fan, M. Lewis and Y. Dauphin (2018), *Hierarchical neural story generation*; A. Holtzman et al. (2020), *The curious case of neural text degeneration*; N. Shazeer (2019), *Fast
#   Transformer decoding*; J. Ainslie et al. (2023), *GQA*; C. Olsson et al. (2022), *In-context learning and induction heads*; J. Salazar et al. (2020), *Masked language model scoring*.

"""Wrong solutions of `bigram` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "repeats_counted_once",
        hint="An indexed assignment writes each place once: how often is a pair counted that comes three times?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "counts = torch.bincount(pairs, minlength=vocab_size**2)",
                """
                counts = torch.zeros(vocab_size**2)
                counts[pairs] += 1
                """,
            ),
        ],
    ),
    misconception(
        "columns_are_the_past",
        hint="The first index is the character that stands before: which of your axes is it?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "pairs = ids[:-1] * vocab_size + ids[1:]",
                "pairs = ids[1:] * vocab_size + ids[:-1]",
            ),
        ],
    ),
    misconception(
        "text_is_a_ring",
        hint="The last character has no successor: what does your last pair consist of?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "pairs = ids[:-1] * vocab_size + ids[1:]",
                "pairs = ids * vocab_size + ids.roll(-1)",
            ),
        ],
    ),
    misconception(
        "normalised_over_columns",
        hint="Each row of the table must sum to 1: over which axis do you sum?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "smoothed.sum(dim=1, keepdim=True)",
                "smoothed.sum(dim=0, keepdim=True)",
            ),
        ],
    ),
    misconception(
        "smoothing_not_in_the_denominator",
        hint="If every pair is given more sightings, how many more has the whole row?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "smoothed.sum(dim=1, keepdim=True)",
                "counts.sum(dim=1, keepdim=True).clamp(min=1)",
            ),
        ],
    ),
    misconception(
        "smoothing_ignored",
        hint="A pair that was never seen must not be impossible: where does the smoothing enter?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "smoothed = counts + smoothing",
                "smoothed = counts + 1e-12",
            ),
        ],
    ),
    misconception(
        "perplexity_without_exp",
        hint="The mean negative log-probability is an entropy: what is missing to a number of characters?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return math.exp(-float(log_probs[ids[:-1], ids[1:]].mean()))",
                "return -float(log_probs[ids[:-1], ids[1:]].mean())",
            ),
        ],
    ),
    misconception(
        "perplexity_in_bits",
        hint="Logarithms and powers must have the same base: are yours natural, or to base 2?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "math.exp(-float",
                "2.0 ** (-float",
            ),
        ],
    ),
    misconception(
        "divided_by_characters",
        hint="A text of M characters has M - 1 pairs: by which of the two do you divide?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "log_probs[ids[:-1], ids[1:]].mean()",
                "log_probs[ids[:-1], ids[1:]].sum() / len(ids)",
            ),
        ],
    ),
    misconception(
        "mean_of_perplexities",
        hint="A geometric mean is exp of the mean logarithm: do you average before or after exp?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return math.exp(-float(log_probs[ids[:-1], ids[1:]].mean()))",
                "return float((-log_probs[ids[:-1], ids[1:]]).exp().mean())",
            ),
        ],
    ),
    misconception(
        "smoothing_is_always_the_default",
        hint="The smoothing is an argument: what do you add where another one is asked for?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "smoothed = counts + smoothing",
                "smoothed = counts + 0.1",
            ),
        ],
    ),
    misconception(
        "smoothing_once_in_the_denominator",
        hint="Each of the V pairs of a row is given more sightings: how many more has the row?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "smoothed / smoothed.sum(dim=1, keepdim=True)",
                "smoothed / (counts.sum(dim=1, keepdim=True) + smoothing)",
            ),
        ],
    ),
    misconception(
        "exp_of_bits",
        hint="Logarithms and powers must have the same base: do you divide by log 2 and then take exp?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "math.exp(-float(log_probs[ids[:-1], ids[1:]].mean()))",
                "math.exp(-float(log_probs[ids[:-1], ids[1:]].mean()) / math.log(2))",
            ),
        ],
    ),
    misconception(
        "product_underflows",
        hint="The probability of a whole long text: is it still a number above 0 in float64?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return math.exp(-float(log_probs[ids[:-1], ids[1:]].mean()))",
                """
                p = float(log_probs[ids[:-1], ids[1:]].exp().prod())
                return (1 / p) ** (1 / (len(ids) - 1)) if p > 0 else math.inf
                """,
            ),
        ],
    ),
    misconception(
        "divided_in_float32",
        hint="All three work in float64: in which dtype do you divide and take the logarithm?",
        severity="slip",
        base="reference",
        edits=[
            edit("smoothed = counts + smoothing", "smoothed = counts.float() + smoothing"),
            edit("keepdim=True)).log()", "keepdim=True)).log().double()"),
        ],
    ),
    misconception(
        "only_zeros_smoothed",
        hint="Every pair is seen more often than it was: which pairs do you give the smoothing?",
        severity="partial",
        base="reference",
        edits=[
            edit("smoothed = counts + smoothing", "smoothed = torch.where(counts == 0, smoothing, counts)"),
        ],
    ),
]

"""Wrong solutions of `accounting` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "tied_table_twice",
        hint="The table is used twice: is it there twice?",
        severity="slip",
        edits=[
            edit(
                "return (vocab_size + context) * width + layers",
                "return (2 * vocab_size + context) * width + layers",
            ),
        ],
    ),
    misconception(
        "looking_up_counted",
        hint="How many multiplications does looking up a row take?",
        severity="slip",
        edits=[
            edit("+ tokens * vocab_size * width", "+ 2 * tokens * vocab_size * width"),
        ],
    ),
    misconception(
        "values_forgotten",
        hint="What does the cache hold besides the keys?",
        severity="slip",
        edits=[
            edit("return 2 * layers * tokens * kept", "return layers * tokens * kept"),
        ],
    ),
    misconception(
        "grouped_heads_as_full",
        hint="How many heads have keys of their own?",
        severity="slip",
        edits=[
            edit("kept = heads if kv_heads is None else kv_heads", "kept = heads"),
        ],
    ),
    misconception(
        "query_heads_in_the_cache",
        hint="Are the keys of a shared head kept once, or once for each query head?",
        severity="slip",
        edits=[
            edit(
                "kept = heads if kv_heads is None else kv_heads",
                "kept = heads if kv_heads is None else heads // kv_heads",
            ),
        ],
    ),
    misconception(
        "bytes_forgotten",
        hint="How many bytes has a number?",
        severity="slip",
        edits=[
            edit(" * bytes_per_number", ""),
        ],
    ),
    misconception(
        "biases_forgotten",
        hint="Which layers of a block have biases, and how long are they?",
        severity="slip",
        edits=[
            edit("12 * width**2 + 9 * width + 4 * width", "12 * width**2 + 4 * width"),
        ],
    ),
    misconception(
        "norms_forgotten",
        hint="How many parameters has a norm?",
        severity="slip",
        edits=[
            edit("12 * width**2 + 9 * width + 4 * width", "12 * width**2 + 9 * width"),
            edit("+ layers * block + 2 * width", "+ layers * block"),
        ],
    ),
    misconception(
        "last_norm_forgotten",
        hint="What stands after the last block?",
        severity="slip",
        edits=[
            edit("+ layers * block + 2 * width", "+ layers * block"),
        ],
    ),
    misconception(
        "positions_forgotten",
        hint="How many rows have the two tables together?",
        severity="slip",
        edits=[
            edit("(vocab_size + context) * width", "vocab_size * width"),
        ],
    ),
    misconception(
        "scores_linear",
        hint="With how many keys is each of the T queries multiplied?",
        severity="slip",
        edits=[
            edit("2 * tokens**2 * width", "2 * tokens * width"),
        ],
    ),
    misconception(
        "sum_of_values_forgotten",
        hint="The scores are one product of T x T: which is the other?",
        severity="slip",
        edits=[
            edit("2 * tokens**2 * width", "tokens**2 * width"),
        ],
    ),
    misconception(
        "feed_forward_once",
        hint="How many matrices has the feed-forward network, and how large are they?",
        severity="partial",
        edits=[
            edit("12 * tokens * width**2", "8 * tokens * width**2"),
            edit("12 * width**2 + 9", "8 * width**2 + 9"),
        ],
    ),
    misconception(
        "output_product_forgotten",
        hint="What does the last step, from the stream to the logits, cost?",
        severity="slip",
        edits=[
            edit(" + tokens * vocab_size * width", ""),
        ],
    ),
    misconception(
        "rounded",
        hint="Can a float hold every whole number of 18 digits?",
        severity="slip",
        edits=[
            edit(
                "return layers * (12 * tokens * width**2 + 2 * tokens**2 * width) + tokens * vocab_size * width",
                "return int(float(layers * (12 * tokens * width**2 + 2 * tokens**2 * width) + tokens * vocab_size * width))",
            ),
        ],
    ),
    misconception(
        "true_division",
        hint="Which type has the quotient of two whole numbers by one stroke, and which by two?",
        severity="slip",
        edits=[
            edit("(width // heads)", "(width / heads)"),
        ],
    ),
    misconception(
        "cache_of_one_layer",
        hint="How many layers keep keys and values?",
        severity="slip",
        edits=[
            edit("return 2 * layers * tokens * kept", "return 2 * tokens * kept"),
        ],
    ),
    misconception(
        "operations_counted",
        hint="Do you count multiplications, or the additions too?",
        severity="slip",
        edits=[
            edit(
                "return layers * (12 * tokens * width**2 + 2 * tokens**2 * width) + tokens * vocab_size * width",
                "return 2 * (layers * (12 * tokens * width**2 + 2 * tokens**2 * width) + tokens * vocab_size * width)",
            ),
        ],
    ),
    misconception(
        "half_of_the_square",
        hint="Which part of the square of scores do you count, and which part is asked for?",
        severity="slip",
        edits=[
            edit("2 * tokens**2 * width", "tokens * (tokens + 1) * width"),
        ],
    ),
    misconception(
        "logits_of_one_token",
        hint="For how many of the T tokens does the model give logits?",
        severity="slip",
        edits=[
            edit("+ tokens * vocab_size * width", "+ vocab_size * width"),
        ],
    ),
    misconception(
        "two_tokens_for_all",
        hint="In the example T is 2: is your formula right for three tokens too?",
        severity="slip",
        edits=[
            edit("2 * tokens**2 * width", "4 * tokens * width"),
        ],
    ),
    misconception(
        "scores_of_one_block",
        hint="In how many blocks are scores computed?",
        severity="slip",
        edits=[
            edit(
                "return layers * (12 * tokens * width**2 + 2 * tokens**2 * width) + tokens * vocab_size * width",
                "return layers * 12 * tokens * width**2 + 2 * tokens**2 * width + tokens * vocab_size * width",
            ),
        ],
    ),
    misconception(
        "output_product_in_each_block",
        hint="How often does a sequence meet the output table?",
        severity="slip",
        edits=[
            edit(
                "return layers * (12 * tokens * width**2 + 2 * tokens**2 * width) + tokens * vocab_size * width",
                "return layers * (12 * tokens * width**2 + 2 * tokens**2 * width + tokens * vocab_size * width)",
            ),
        ],
    ),
    misconception(
        "no_layers_refused",
        hint="What is left of a model that has no layers?",
        severity="slip",
        edits=[
            edit("block = 12", 'if layers < 1:\n    raise ValueError("no layers")\nblock = 12'),
            edit(
                "return layers * (12 * tokens * width**2 + 2 * tokens**2 * width) + tokens * vocab_size * width",
                'if layers < 1:\n    raise ValueError("no layers")\nreturn layers * (12 * tokens * width**2 + 2 * tokens**2 * width) + tokens * vocab_size * width',
            ),
        ],
    ),
    misconception(
        "counted_in_float32",
        hint="How many whole numbers below two billion does float32 hold?",
        severity="slip",
        edits=[
            edit(
                "return (vocab_size + context) * width + layers * block + 2 * width",
                "return int(torch.tensor((vocab_size + context) * width + layers * block + 2 * width, dtype=torch.float32))",
            ),
        ],
    ),
    misconception(
        "share_of_heads_cut",
        hint="1 / 49 is no float: what is 49 times the nearest one, and what does int make of it?",
        severity="slip",
        edits=[
            edit(
                "kept = heads if kv_heads is None else kv_heads",
                "share = 1 if kv_heads is None else kv_heads / heads",
            ),
            edit("kept * (width // heads)", "int(width * share)"),
        ],
    ),
    misconception(
        "biases_multiplied",
        hint="Biases are added, and a norm is not a product of matrices. Do they stand in your multiplications?",
        severity="slip",
        edits=[
            edit("12 * tokens * width**2 +", "tokens * (12 * width**2 + 13 * width) +"),
        ],
    ),
    misconception(
        "last_norm_in_each_layer",
        hint="How many norms has a block, and how many stand after all blocks?",
        severity="slip",
        edits=[
            edit("12 * width**2 + 9 * width + 4 * width", "12 * width**2 + 9 * width + 6 * width"),
            edit("+ layers * block + 2 * width", "+ layers * block"),
        ],
    ),
    misconception(
        "heads_of_the_whole_width",
        hint="How many numbers has the key of one head: W, or W / H?",
        severity="slip",
        edits=[
            edit("kept * (width // heads)", "(width if kv_heads is None else kv_heads * width)"),
        ],
    ),
]

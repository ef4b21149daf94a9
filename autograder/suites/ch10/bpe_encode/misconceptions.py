"""Wrong solutions of `bpe_encode` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "leftmost_first",
        hint="Two pairs of the list stand in the word: does their place decide which is merged, or their number?",
        severity="partial",
        edits=[
            edit("first, merged = min(known), []", "first, merged = known[0], []"),
        ],
    ),
    misconception(
        "last_learned_first",
        hint="Merges build on each other: must the first or the last of the list be made first?",
        severity="partial",
        edits=[
            edit("min(known)", "max(known)"),
        ],
    ),
    misconception(
        "one_round",
        hint="After a merge the new token may form a pair with its neighbour: do you look again?",
        severity="partial",
        edits=[
            edit("ids = merged", "ids = merged\nbreak"),
        ],
    ),
    misconception(
        "last_number_of_a_pair",
        hint="A pair stands twice in the list: which number has it?",
        severity="slip",
        edits=[
            edit("rank.setdefault(tuple(pair), number)", "rank[tuple(pair)] = number"),
        ],
    ),
    misconception(
        "tokens_decoded_alone",
        hint="The two bytes of one character may lie in two tokens: when must bytes become text?",
        severity="partial",
        edits=[
            edit(
                'b"".join(pieces[token] for token in tokens).decode("utf-8", errors="replace")',
                '"".join(pieces[token].decode("utf-8", errors="replace") for token in tokens)',
            ),
        ],
    ),
    misconception(
        "strict_decoding",
        hint="A model may write bytes that are no text: what does your decoding do then?",
        severity="slip",
        edits=[
            edit('.decode("utf-8", errors="replace")', '.decode("utf-8")'),
        ],
    ),
    misconception(
        "bad_bytes_dropped",
        hint="Bytes that are no text: does the reader see that something stood there?",
        severity="slip",
        edits=[
            edit('errors="replace"', 'errors="ignore"'),
        ],
    ),
    misconception(
        "one_word",
        hint="May a merge reach from one word into the next when you encode?",
        severity="slip",
        edits=[
            edit("for word in split_words(text):", "for word in [text]:"),
        ],
    ),
    misconception(
        "spaces_lost",
        hint="Put the pieces of your text together again: are the spaces there?",
        severity="partial",
        edits=[
            edit("split_words(text)", "text.split()"),
        ],
    ),
    misconception(
        "natural_logarithm",
        hint="How many nats are a bit?",
        severity="slip",
        edits=[
            edit(" / math.log(2)", ""),
        ],
    ),
    misconception(
        "characters_counted",
        hint="How many bytes has a text of two Chinese characters?",
        severity="slip",
        edits=[
            edit('len(text.encode("utf-8"))', "len(text)"),
        ],
    ),
    misconception(
        "tokens_counted",
        hint="What is the same for every tokenizer: the number of tokens, or that of bytes?",
        severity="slip",
        edits=[
            edit('len(text.encode("utf-8"))', "len(log_probs)"),
        ],
    ),
    misconception(
        "parts_not_merged",
        hint="The two parts of a merge may be merged tokens themselves: which bytes do they stand for?",
        severity="slip",
        edits=[
            edit(
                "pieces.append(pieces[left] + pieces[right])",
                "pieces.append(bytes([left % 256, right % 256]))",
            ),
        ],
    ),
    misconception(
        "negative_tokens",
        hint="Which piece has the number -1 in Python?",
        severity="slip",
        edits=[
            edit("if not 0 <= token < len(pieces):", "if token >= len(pieces):"),
        ],
    ),
]

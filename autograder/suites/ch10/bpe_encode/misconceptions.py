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
        severity="slip",
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
    misconception(
        "tensor_returned",
        hint="Of which type is the number of bits that you return?",
        severity="slip",
        edits=[
            edit("-float(log_probs.double().sum())", "-log_probs.sum()"),
        ],
    ),
    misconception(
        "white_space_not_counted",
        hint="Do bytes of white space at the ends of the text count?",
        severity="slip",
        edits=[
            edit('len(text.encode("utf-8"))', 'len(text.strip().encode("utf-8"))'),
        ],
    ),
    misconception(
        "unknown_token_is_a_key_error",
        hint="Which error says that a token is not known?",
        severity="slip",
        edits=[
            edit("raise ValueError(", "raise KeyError("),
        ],
    ),
    misconception(
        "longest_piece_first",
        hint="Does the longest piece come first, or the merge that was learned first?",
        severity="partial",
        edits=[
            edit(
                "rank: dict[tuple[int, int], int] = {}\n",
                'known_pieces = [bytes([byte]) for byte in range(256)]\nfor left, right in merges:\n    known_pieces.append(known_pieces[left] + known_pieces[right])\nnumbers: dict = {}\nfor i, piece in enumerate(known_pieces):\n    numbers.setdefault(piece, i)\nfound = []\nfor word in split_words(text):\n    data = word.encode("utf-8")\n    while data:\n        size = len(data)\n        while data[:size] not in numbers:\n            size -= 1\n        found.append(numbers[data[:size]])\n        data = data[size:]\nreturn found\nrank: dict[tuple[int, int], int] = {}\n',
            ),
        ],
    ),
    misconception(
        "pairs_looked_up_once",
        hint="A pair that comes about by merging: when do you find it?",
        severity="partial",
        edits=[
            edit(
                "while True:",
                "for pair in sorted({p for p in zip(ids, ids[1:], strict=False) if p in rank}, key=rank.get):\n    done, i = [], 0\n    while i < len(ids):\n        two = tuple(ids[i : i + 2]) == pair\n        done.append(256 + rank[pair] if two else ids[i])\n        i += 2 if two else 1\n    ids = done\nwhile False:",
            ),
        ],
    ),
    misconception(
        "last_place_first",
        hint="Of equal pairs in a word, is the left or the right one merged first?",
        severity="slip",
        edits=[
            edit(
                "while True:",
                "while True:\n    best, where = None, None\n    for i, p in enumerate(zip(ids, ids[1:], strict=False)):\n        if p in rank and (best is None or rank[p] <= best):\n            best, where = rank[p], i\n    if best is None:\n        break\n    ids[where : where + 2] = [256 + best]\nwhile False:",
            ),
        ],
    ),
    misconception(
        "text_normalised",
        hint="Letter and accent may be one sign or two: does your text come back as it was?",
        severity="slip",
        edits=[
            edit(
                "rank: dict[tuple[int, int], int] = {}\n",
                'import unicodedata\n\ntext = unicodedata.normalize("NFC", text)\nrank: dict[tuple[int, int], int] = {}\n',
            ),
        ],
    ),
]

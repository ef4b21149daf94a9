"""Wrong solutions of `bpe_train` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

BASE = "reference"

MISCONCEPTIONS = [
    misconception(
        "counts_not_updated",
        hint="After a merge other pairs stand in the words: when do you count again?",
        severity="partial",
        edits=[
            edit(
                "learned: list[tuple[int, int]] = []",
                "learned: list[tuple[int, int]] = []\ncounts = count_pairs(words)",
            ),
            edit(
                "counts = count_pairs(words)\nif not counts:\n    break",
                "counts = {pair: often for pair, often in counts.items() if pair not in learned}\nif not counts:\n    break",
            ),
        ],
    ),
    misconception(
        "words_count_once",
        hint="A word that occurs seven times: how often does each of its pairs occur?",
        severity="partial",
        edits=[
            edit("counts.get(pair, 0) + often", "counts.get(pair, 0) + 1"),
        ],
    ),
    misconception(
        "every_word_once",
        hint="Where do you count how often a word stands in the text?",
        severity="partial",
        edits=[
            edit("counted[word] = counted.get(word, 0) + 1", "counted[word] = 1"),
        ],
    ),
    misconception(
        "largest_of_ties",
        hint="Of two pairs that come equally often, which one does the card ask for?",
        severity="slip",
        edits=[
            edit("(-counts[pair], pair)", "(-counts[pair], -pair[0], -pair[1])"),
        ],
    ),
    misconception(
        "first_seen_of_ties",
        hint="Two pairs come equally often: does the place where they stand in the text decide at yours?",
        severity="slip",
        edits=[
            edit("key=lambda pair: (-counts[pair], pair)", "key=lambda pair: -counts[pair]"),
        ],
    ),
    misconception(
        "rarest_first",
        hint="Which pair saves most places when it is merged?",
        severity="serious",
        edits=[
            edit("(-counts[pair], pair)", "(counts[pair], pair)"),
        ],
    ),
    misconception(
        "token_taken_twice",
        hint="In a a a, which of the three tokens are left after the first two have been merged?",
        severity="partial",
        edits=[
            edit("i += 2", "i += 1"),
        ],
    ),
    misconception(
        "merges_over_words",
        hint="May a token begin in one word and end in the next?",
        severity="partial",
        edits=[
            edit(
                'words = [(list(word.encode("utf-8")), often) for word, often in counted.items()]',
                'words = [(list(text.encode("utf-8")), 1)]',
            ),
        ],
    ),
    misconception(
        "characters_not_bytes",
        hint="How many bytes has an accented letter in UTF-8, and how many numbers have you made of it?",
        severity="slip",
        edits=[
            edit('(list(word.encode("utf-8")), often)', "([ord(c) for c in word], often)"),
        ],
    ),
    misconception(
        "split_at_spaces",
        hint="Where do the spaces of the text stand in your words?",
        severity="partial",
        edits=[
            edit("split_words(text)", "text.split()"),
        ],
    ),
    misconception(
        "one_number_too_low",
        hint="Bytes are the tokens 0 to 255: which number has the first new token?",
        severity="partial",
        edits=[
            edit("256 + len(learned)", "255 + len(learned)"),
        ],
    ),
    misconception(
        "never_ends_early",
        hint="What is merged where no word has two tokens left?",
        severity="slip",
        edits=[
            edit("if not counts:\n    break", "if not counts:\n    counts = {(0, 0): 0}"),
        ],
    ),
    misconception(
        "runs_count_once",
        hint="How many places has the pair a a in a a a?",
        severity="slip",
        edits=[
            edit(
                "for pair in zip(ids[:-1], ids[1:], strict=True):\n    counts[pair] = counts.get(pair, 0) + often",
                "for pair in set(zip(ids[:-1], ids[1:], strict=True)):\n    counts[pair] = counts.get(pair, 0) + often",
            ),
        ],
    ),
    misconception(
        "list_changed_in_place",
        hint="Does the list of tokens that was handed in look as before when you are done?",
        severity="slip",
        edits=[
            edit("return merged", "ids[:] = merged\nreturn ids"),
        ],
    ),
    misconception(
        "runs_without_overlap",
        hint="How many places has the pair a a in a a a?",
        severity="slip",
        edits=[
            edit(
                "for pair in zip(ids[:-1], ids[1:], strict=True):\n    counts[pair] = counts.get(pair, 0) + often",
                "last = None\nfor place, pair in enumerate(zip(ids[:-1], ids[1:], strict=True)):\n    if last == (pair, place - 1):\n        last = None\n        continue\n    counts[pair] = counts.get(pair, 0) + often\n    last = (pair, place)",
            ),
        ],
    ),
    misconception(
        "first_place_alone",
        hint="A word has the pair at two places: which of them do you merge?",
        severity="slip",
        edits=[
            edit(
                "if tuple(ids[i : i + 2]) == tuple(pair):",
                "if tuple(ids[i : i + 2]) == tuple(pair) and i == len(merged):",
            ),
        ],
    ),
    misconception(
        "from_the_right",
        hint="Is a a a merged from the left or from the right?",
        severity="slip",
        edits=[
            edit(
                "merged, i = [], 0",
                "merged, i = [], len(ids) - 1\nwhile i >= 0:\n    two = i > 0 and (ids[i - 1], ids[i]) == tuple(pair)\n    merged.append(new if two else ids[i])\n    i -= 2 if two else 1\nreturn merged[::-1]",
            ),
        ],
    ),
    misconception(
        "number_after_the_largest",
        hint="Which number has the first new token, whatever the text?",
        severity="partial",
        edits=[
            edit(
                "words = [(merge_pair(ids, best, 256 + len(learned)), often) for ids, often in words]",
                "words = [(merge_pair(ids, best, max(max(ids) for ids, _ in words) + 1), often) for ids, often in words]",
            ),
        ],
    ),
    misconception(
        "split_at_white_space",
        hint="Your words are cut at white space: where does a mark stand, or the end of a line?",
        severity="partial",
        edits=[
            edit(
                "for word in split_words(text):",
                'for word in [w if i == 0 else " " + w for i, w in enumerate(text.split())]:',
            ),
        ],
    ),
    misconception(
        "stops_at_a_count_of_one",
        hint="The best pair occurs only once: is it merged?",
        severity="slip",
        edits=[
            edit(
                "words = [(merge_pair(ids, best",
                "if counts[best] < 2:\n    break\nwords = [(merge_pair(ids, best",
            ),
        ],
    ),
    misconception(
        "numbers_as_text",
        hint="16 stands at the end of 116: what does your replacement find?",
        severity="slip",
        edits=[
            edit(
                "merged, i = [], 0",
                'text = " ".join(map(str, ids)).replace(f"{pair[0]} {pair[1]}", str(new))\nreturn [int(number) for number in text.split()]\nmerged, i = [], 0',
            ),
        ],
    ),
    misconception(
        "ties_by_bytes",
        hint="Two pairs come equally often: do you compare their numbers, or the bytes that they stand for?",
        severity="slip",
        edits=[
            edit(
                "learned: list[tuple[int, int]] = []",
                "learned: list[tuple[int, int]] = []\npiece = {byte: bytes([byte]) for byte in range(256)}",
            ),
            edit(
                "key=lambda pair: (-counts[pair], pair)",
                "key=lambda pair: (-counts[pair], piece[pair[0]], piece[pair[1]])",
            ),
            edit(
                "learned.append(best)",
                "piece[256 + len(learned)] = piece[best[0]] + piece[best[1]]\nlearned.append(best)",
            ),
        ],
    ),
]

"""Wrong solutions of `char_batches` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "vocabulary_in_order_of_appearance",
        hint="The vocabulary must be the same in every run and for every text with these characters: is it sorted?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "sorted(set(text))",
                "list(dict.fromkeys(text))",
            ),
        ],
    ),
    misconception(
        "targets_rotated",
        hint="The last target of a window is the next character of the text: is yours the window's own first one?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                """
                inputs, targets = ids[starts], ids[starts + 1]
                return list(zip(inputs.split(window, dim=1), targets.split(window, dim=1), strict=True)) if used else []
                """,
                """
                inputs = ids[starts]
                return [(x, x.roll(-1, 1)) for x in inputs.split(window, dim=1)] if used else []
                """,
            ),
        ],
    ),
    misconception(
        "neighbours_in_different_streams",
        hint="A stream is a piece of neighbouring text: are neighbours in the same row?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "starts = torch.arange(batch_size)[:, None] * length + torch.arange(used)",
                "starts = torch.arange(batch_size)[:, None] + torch.arange(used) * batch_size",
            ),
        ],
    ),
    misconception(
        "windows_do_not_go_on",
        hint="Row n of the second window goes on where row n of the first one stopped: where does yours begin?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "starts = torch.arange(batch_size)[:, None] * length + torch.arange(used)",
                """
                starts = torch.arange(used).view(-1, window)
                starts = torch.cat([torch.arange(batch_size)[:, None] * window + k * batch_size * window + torch.arange(window) for k in range(len(starts))], 1) if used else starts
                """,
            ),
        ],
    ),
    misconception(
        "targets_are_the_inputs",
        hint="What is to be predicted is the next character: what are your targets?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "ids[starts], ids[starts + 1]",
                "ids[starts], ids[starts]",
            ),
        ],
    ),
    misconception(
        "one_character_too_few",
        hint="Only the very last character has no successor: how many characters does each stream leave unused?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "length = (len(ids) - 1) // batch_size",
                "length = len(ids) // batch_size - 1",
            ),
        ],
    ),
    misconception(
        "rest_kept",
        hint="What does not fill a window is dropped: how long is your last one?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "used = length // window * window",
                "used = length if length >= window else 0",
            ),
        ],
    ),
    misconception(
        "unknown_character_skipped",
        hint="A character that is not in the vocabulary must not vanish silently: what do you do with it?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                if unknown:
                    raise ValueError(f"the vocabulary has no {unknown[0]!r}")
                return torch.tensor([place[character] for character in text], dtype=torch.int64)
                """,
                "return torch.tensor([place[c] for c in text if c not in unknown], dtype=torch.int64)",
            ),
        ],
    ),
    misconception(
        "vocabulary_resorted",
        hint="The numbers are places in the vocabulary that is handed in: do you sort it again?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "enumerate(vocabulary)",
                "enumerate(sorted(vocabulary))",
            ),
        ],
    ),
    misconception(
        "windows_overlap",
        hint="Windows follow each other without overlap: by how much does yours move on?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return list(zip(inputs.split(window, dim=1), targets.split(window, dim=1), strict=True)) if used else []",
                "return [(inputs[:, i : i + window], targets[:, i : i + window]) for i in range(0, used - window + 1, max(window // 2, 1))] if used else []",
            ),
        ],
    ),
    misconception(
        "code_points",
        hint="A number is a place in the vocabulary, below its length: what is yours for the first character in it?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.tensor([place[character] for character in text], dtype=torch.int64)",
                "torch.tensor([ord(character) for character in text], dtype=torch.int64)",
            ),
            edit(
                "vocabulary[i] for i in ids.tolist()",
                "chr(i) for i in ids.tolist()",
            ),
        ],
    ),
    misconception(
        "lower_case",
        hint="A text that goes there and back must be the same: what becomes of capital letters?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "sorted(set(text))",
                "sorted(set(text.lower()))",
            ),
            edit(
                "unknown = sorted(set(text) - set(vocabulary))",
                """
                text = text.lower()
                unknown = sorted(set(text) - set(vocabulary))
                """,
            ),
        ],
    ),
    misconception(
        "empty_text_is_float",
        hint="torch.tensor of an empty list is float32: which dtype do you ask for?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "torch.tensor([place[character] for character in text], dtype=torch.int64)",
                "torch.tensor([place[character] for character in text])",
            ),
        ],
    ),
    misconception(
        "a_window_of_nothing",
        hint="Where no whole window fits, the list is empty: what does splitting nothing give?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                ", strict=True)) if used else []",
                ", strict=True))",
            ),
        ],
    ),
    misconception(
        "text_rotated",
        hint="The last character has no successor: is yours the first one of the text?",
        severity="slip",
        base="views_of_rows",
        edits=[
            edit(
                "length = (len(ids) - 1) // batch_size",
                "length = len(ids) // batch_size",
            ),
            edit(
                "y = ids[1 : batch_size * length + 1].reshape(batch_size, length)",
                "y = ids.roll(-1)[: batch_size * length].reshape(batch_size, length)",
            ),
        ],
    ),
    misconception(
        "stream_rotated",
        hint="A stream's last target is the next character of the text: is yours the stream's own first one?",
        severity="slip",
        base="views_of_rows",
        edits=[
            edit(
                "y = ids[1 : batch_size * length + 1].reshape(batch_size, length)",
                "y = x.roll(-1, 1)",
            ),
        ],
    ),
    misconception(
        "streams_trimmed_to_windows",
        hint="Streams share the whole text, and what fills no window is dropped at the end of each: where does your second begin?",
        severity="slip",
        base="views_of_rows",
        edits=[
            edit(
                "length = (len(ids) - 1) // batch_size",
                "length = (len(ids) - 1) // (batch_size * window) * window",
            ),
        ],
    ),
    misconception(
        "full_last_window_dropped",
        hint="A last window that just fits is whole: is it among yours?",
        severity="slip",
        base="views_of_rows",
        edits=[
            edit(
                "range(0, length - window + 1, window)",
                "range(0, length - window, window)",
            ),
        ],
    ),
    misconception(
        "windows_overlap_by_one",
        hint="Windows follow each other without overlap: is the last character of one the first of the next?",
        severity="partial",
        base="views_of_rows",
        edits=[
            edit(
                "range(0, length - window + 1, window)",
                "range(0, length - window + 1, max(window - 1, 1))",
            ),
        ],
    ),
    misconception(
        "one_stream_loses_its_axis",
        hint="A batch of one stream is a batch: what shape have its windows?",
        severity="slip",
        base="views_of_rows",
        edits=[
            edit(
                "[(x[:, k : k + window], y[:, k : k + window]) for k",
                "[(x[:, k : k + window].squeeze(0), y[:, k : k + window].squeeze(0)) for k",
            ),
        ],
    ),
    misconception(
        "vocabulary_by_frequency",
        hint="The vocabulary is sorted by its characters: by what is yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "sorted(set(text))",
                "sorted(set(text), key=lambda c: (-text.count(c), c))",
            ),
        ],
    ),
    misconception(
        "unknown_character_is_a_key_error",
        hint="A character that is not in the vocabulary is a ValueError: what does the dictionary raise?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                if unknown:
                    raise ValueError(f"the vocabulary has no {unknown[0]!r}")
                """,
                "",
            ),
            edit(
                "unknown = sorted(set(text) - set(vocabulary))",
                "",
            ),
        ],
    ),
    misconception(
        "line_ends_dropped",
        hint="A text that goes there and back must be the same: what becomes of line ends?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "sorted(set(text))",
                'sorted(set("".join(text.splitlines())))',
            ),
        ],
    ),
    misconception(
        "lookup_kept_by_size",
        hint="Another vocabulary of as many characters: by which one does your second call look up?",
        severity="slip",
        base="reference",
        edits=[
            edit("def build_vocabulary(", "_PLACES = {}\n\n\ndef build_vocabulary("),
            edit(
                "place = {character: i for i, character in enumerate(vocabulary)}",
                "place = _PLACES.setdefault(len(vocabulary), {c: i for i, c in enumerate(vocabulary)})",
            ),
            edit("unknown = sorted(set(text) - set(vocabulary))", "unknown = sorted(set(text) - set(place))"),
        ],
    ),
    misconception(
        "message_without_the_character",
        hint="Somebody reads your message and looks for the character in a long text: does it say which one?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                'raise ValueError(f"the vocabulary has no {unknown[0]!r}")',
                'raise ValueError("unknown character")',
            ),
        ],
    ),
    misconception(
        "sorted_without_case",
        hint="Sorted as Python sorts characters: where do its capitals stand, and where do yours?",
        severity="slip",
        base="reference",
        edits=[
            edit("sorted(set(text))", "sorted(set(text), key=lambda c: (c.lower(), c))"),
        ],
    ),
]

"""Wrong solutions of `greedy` that students write, each an edit of a right one."""

from autograder.testing import edit, misconception

MISCONCEPTIONS = [
    misconception(
        "end_is_written",
        hint="END closes a sentence and is not a word of it: where is it in yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                """
                running[n] = running[n] and token != end
                if running[n]:
                    sentences[n].append(token)
                """,
                """
                if running[n]:
                    sentences[n].append(token)
                running[n] = running[n] and token != end
                """,
            ),
        ],
    ),
    misconception(
        "words_after_the_end",
        hint="A sentence that has ended stays ended: what is written when others still run?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "running[n] = running[n] and token != end",
                "running[n] = token != end",
            ),
        ],
    ),
    misconception(
        "all_end_with_the_first",
        hint="Each sentence ends by itself: when does your loop stop?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "if not any(running):",
                "if not all(running):",
            ),
        ],
    ),
    misconception(
        "state_not_handed_on",
        hint="The step returns a new state: which one do you hand in next time?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "log_probs, state = step(tokens, state)",
                "log_probs, _ = step(tokens, state)",
            ),
        ],
    ),
    misconception(
        "start_fed_each_time",
        hint="The chosen word is fed next: what does yours feed?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "log_probs, state = step(tokens, state)",
                "log_probs, state = step(torch.full_like(tokens, start), state)",
            ),
        ],
    ),
    misconception(
        "one_token_too_many",
        hint="At most `limit` tokens: how often does your loop run?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "for _ in range(limit):",
                "for _ in range(limit + 1):",
            ),
        ],
    ),
    misconception(
        "one_token_too_few",
        hint="At most `limit` tokens: how often does your loop run?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "for _ in range(limit):",
                "for _ in range(limit - 1):",
            ),
        ],
    ),
    misconception(
        "least_likely",
        hint="The likeliest token has the largest log-probability: which one do you take?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "log_probs.argmax(dim=1)",
                "log_probs.argmin(dim=1)",
            ),
        ],
    ),
    misconception(
        "drawn_instead_of_chosen",
        hint="Greedy takes the likeliest and draws nothing: where does chance come in?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "log_probs.argmax(dim=1)",
                "torch.multinomial(log_probs.exp().clamp(min=1e-30), 1)[:, 0]",
            ),
        ],
    ),
    misconception(
        "goes_on_to_the_limit",
        hint="After the last sentence has ended nothing is left to ask: when does your loop stop?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                """
                if not any(running):
                    break
                """,
                "",
            ),
        ],
    ),
    misconception(
        "begins_with_token_zero",
        hint="The first word depends on the start token: which one do you feed?",
        severity="slip",
        base="reference",
        edits=[edit("torch.full((len(state),), start)", "torch.zeros(len(state), dtype=torch.int64)")],
    ),
    misconception(
        "start_is_written",
        hint="START begins a sentence and is not a word of it: where is it in yours?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "sentences: list[list[int]] = [[] for _ in range(len(state))]",
                "sentences: list[list[int]] = [[start] for _ in range(len(state))]",
            ),
        ],
    ),
    misconception(
        "the_first_row_decides",
        hint="Each sentence ends by itself: whose END stops your loop?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "if not any(running):",
                "if not running[0]:",
            ),
        ],
    ),
    misconception(
        "only_end_left_out",
        hint="A sentence that has ended stays ended: what do you write when it goes on talking?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "if running[n]:",
                "if token != end:",
            ),
        ],
    ),
    misconception(
        "start_ends_a_sentence",
        hint="END alone ends a sentence: does the start token end yours too?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "token != end",
                "token not in (end, start)",
            ),
        ],
    ),
    misconception(
        "leaves_when_all_end_together",
        hint="A row that has ended may say anything: when do you know that all have ended?",
        severity="slip",
        base="reference",
        edits=[edit("if not any(running):", "if bool((tokens == end).all()):")],
    ),
    misconception(
        "any_end_is_zero",
        hint="The token that ends a sentence is handed in: does yours look at `end`, or at a fixed token?",
        severity="partial",
        base="reference",
        edits=[edit("token != end", "token != 0")],
    ),
    misconception(
        "state_of_the_sentence_before",
        hint="Each sentence begins with its own row of the state: with which state does your second one begin?",
        severity="partial",
        cell="""
        def greedy(step, state, start, end, limit):
            sentences, own = [], state[:1]
            for _ in range(len(state)):
                words, token = [], start
                while len(words) < limit:
                    log_probs, own = step(torch.tensor([token]), own)
                    token = int(log_probs.argmax())
                    if token == end:
                        break
                    words.append(token)
                sentences.append(words)
            return sentences
        """,
    ),
]

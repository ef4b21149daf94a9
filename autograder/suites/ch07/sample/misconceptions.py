"""Wrong solutions of `sample` that students write, each an edit of a right one."""

from autograder.testing import after, edit, misconception

MISCONCEPTIONS = [
    misconception(
        "state_lost",
        hint="The model sees one character at a time: how does it remember the others?",
        severity="serious",
        base="reference",
        edits=[
            edit(
                "logits, state = model(new[None], state)",
                "logits, _ = model(new[None], None)",
            ),
        ],
    ),
    misconception(
        "temperature_ignored",
        hint="Scores are divided by the temperature before the softmax: where does yours enter, and what does it change there?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "(scores / temperature).softmax(0)",
                "scores.softmax(0)",
            ),
        ],
    ),
    misconception(
        "temperature_multiplied",
        hint="A low temperature sharpens: do you divide by it or multiply?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "(scores / temperature)",
                "(scores * temperature)",
            ),
        ],
    ),
    misconception(
        "always_the_likeliest",
        hint="At a temperature above 0 characters are drawn: do you take the likeliest?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "if temperature == 0:",
                "if temperature < 1e9:",
            ),
        ],
    ),
    misconception(
        "first_position_read",
        hint="After a prompt of five characters there are five rows of scores: which of them tells of the next?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "logits[0, -1]",
                "logits[0, 0]",
            ),
        ],
    ),
    misconception(
        "prompt_last_character_only",
        hint="The whole prompt is read before anything is written: what does your model see first?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "ids, state, new = prompt.tolist(), None, prompt",
                "ids, state, new = prompt.tolist(), None, prompt[-1:]",
            ),
        ],
    ),
    misconception(
        "prompt_read_again",
        hint="What has been read lives in the state: do you show it to the model once more?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "return torch.tensor(ids, dtype=torch.int64)",
                """
                        new = torch.tensor(ids)
                return torch.tensor(ids, dtype=torch.int64)
                """,
            ),
        ],
    ),
    misconception(
        "generator_ignored",
        hint="Every draw comes from the generator: does yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                ", 1, generator=generator)",
                ", 1)",
            ),
        ],
    ),
    misconception(
        "prompt_not_returned",
        hint="The result begins with the prompt: does yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "return torch.tensor(ids, dtype=torch.int64)",
                "return torch.tensor(ids[len(prompt) :], dtype=torch.int64)",
            ),
        ],
    ),
    misconception(
        "uniform",
        hint="Characters come with the probabilities that the scores give: do yours?",
        severity="partial",
        base="reference",
        edits=[
            edit(
                "torch.multinomial((scores / temperature).softmax(0), 1, generator=generator)",
                "torch.randint(0, len(scores), (1,), generator=generator)",
            ),
        ],
    ),
    misconception(
        "graph_recorded",
        hint="Nothing is learned while writing: is a graph recorded all the same?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "with torch.no_grad():",
                "with torch.enable_grad():",
            ),
        ],
    ),
    misconception(
        "draw_at_temperature_zero",
        hint="At temperature 0 no draw is made: how often is your generator asked there?",
        severity="slip",
        base="reference",
        edits=[
            after(
                "scores = logits[0, -1]",
                "torch.rand(1, generator=generator)",
            ),
        ],
    ),
    misconception(
        "greedy_where_cold",
        hint="Only temperature 0 takes the likeliest: what do you do at small positive temperatures?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "if temperature == 0:",
                "if temperature <= 0.1:",
            ),
        ],
    ),
    misconception(
        "exponentials_overflow",
        hint="What is exp of a score of 100 in float32? The softmax subtracts the largest score first.",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "(scores / temperature).softmax(0)",
                "(scores / temperature).exp()",
            ),
        ],
    ),
    misconception(
        "prompt_in_pieces_without_state",
        hint="While the prompt is read, each character's state goes into the next call: does yours?",
        severity="slip",
        base="reference",
        edits=[
            edit(
                "ids, state, new = prompt.tolist(), None, prompt",
                """
                ids, state, new = prompt.tolist(), None, prompt[-1:]
                for character in prompt[:-1]:
                    _, state = model(character.view(1, 1), None)
                """,
            ),
        ],
    ),
    misconception(
        "rare_characters_never_drawn",
        hint="Every character may be drawn, with its own probability: do you leave some out?",
        severity="slip",
        base="reference",
        edits=[
            after(
                "scores = logits[0, -1]",
                """
                if len(scores) > 3:
                    scores = scores.masked_fill(scores < scores.topk(3).values[-1], -math.inf)
                """,
            ),
        ],
    ),
]
